//! What booking would be answered, without booking: for plans.

use std::collections::HashSet;

use super::{Receive, decide, load, restrictions_checked};
use crate::{
    db::Tx,
    error::Result,
    id::{FundId, PartyId},
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
    wanted: &[(Once, Receive)],
    assumed: &HashSet<PartyId>,
) -> Result<Vec<Result<()>>> {
    let fund = place::fund(tx, fund).await?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    let mut loaded = load(tx, &fund, wanted).await?;
    loaded.known.extend(assumed);
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (_, receive) in wanted {
        let pieces = match decide(by, &fund, receive, &mut loaded) {
            Ok(pieces) => pieces,
            Err(refused) => {
                outcomes.push(Err(refused));
                continue;
            }
        };
        let checked = restrictions_checked(tx, &fund, receive, &pieces, &mut loaded).await?;
        match &checked {
            Err(_) => loaded.dues.give_back(&pieces),
            Ok(()) => {
                let number = (receive.channel.trim().to_owned(), receive.reference.trim().to_owned());
                loaded.references.entry(number).or_insert((0, true)).1 = true;
            }
        }
        outcomes.push(checked);
    }
    Ok(outcomes)
}
