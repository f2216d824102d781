//! What booking would be answered, without booking: for plans.

use std::collections::HashSet;

use super::{Receive, Version, decide, load, reference};
use crate::{
    db::Tx,
    error::Result,
    id::{FundId, PartyId, ReceiptId},
    ledger::{idem::Once, place},
    viewer::{Act, By},
};

/// What [`receive`](super::receive) would answer to each receipt, all booked in their order; nothing is written, and
/// keys that were used before are not looked at. The parties of `assumed` count as known.
///
/// # Errors
/// As [`receive`](super::receive).
pub async fn judge(
    tx: &mut Tx,
    by: By<'_>,
    fund: FundId,
    wanted: &[(Option<Once>, Receive)],
    assumed: &HashSet<PartyId>,
) -> Result<Vec<Result<()>>> {
    let fund = place::fund(tx, fund).await?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    let mut loaded = load(tx, &fund, wanted).await?;
    loaded.known.extend(assumed);
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (_, receive) in wanted {
        let decided = decide(by, &fund, receive, &mut loaded);
        if decided.is_ok() {
            let stands = Version { receipt: ReceiptId(0), number: 1, stands: true };
            loaded.references.insert(reference(receive), stands);
        }
        outcomes.push(decided.map(drop));
    }
    Ok(outcomes)
}
