//! Opening a fund: its rows and head, and the accounts its money will be in.

use super::account;
use crate::{
    db::Tx,
    error::Result,
    fund::{self, Fund, FundDraft, head},
    viewer::By,
};

/// Opens a fund, ready for its first gift.
///
/// # Errors
/// Refused as the fund's own rules say, see `fund::create`.
pub async fn open(tx: &mut Tx, by: By<'_>, draft: &FundDraft) -> Result<Fund> {
    let fund = fund::create(tx, by, draft).await?;
    let mut head = head::lock(tx, fund.id).await?;
    account::open_fund(tx, &mut head).await?;
    head::write(tx, &head).await?;
    Ok(fund)
}
