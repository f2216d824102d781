//! Refunds (A7): a giver gets its own money back, and nobody else's.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::{Sql as _, Tx},
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head,
    id::{EntryId, FundId, LotId, PartyId, ReceiptId, RefundId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, account,
        document::{RefundDocument, digest_refund},
        draw,
        idem::Once,
        place, post,
        reverse::MEMO_MAX,
        store as ledger_store,
    },
    money::Fen,
    viewer::{Act, By},
};

/// Money to be given back.
#[derive(Clone, Debug, Serialize)]
pub struct Refund {
    /// The fund that gives it back.
    pub fund: FundId,
    /// To whom.
    pub donor: PartyId,
    /// Only from this contribution; `None` for the giver's youngest gifts first.
    pub contribution: Option<ReceiptId>,
    /// How much.
    pub amount: Fen,
    /// The day it is paid.
    pub refunded_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// A refund that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The refund.
    pub refund: RefundId,
    /// Its entry.
    pub entry: EntryId,
}

/// Gives a giver's unspent money back.
///
/// # Errors
/// Refused for a broken amount or date, a giver that is not known, or when less of the giver's own money
/// is unspent.
pub async fn refund(tx: &mut Tx, by: By<'_>, once: &Once, input: &Refund) -> Result<Refunded> {
    check_amount(input.amount, "amount")?;
    let reason = check_text(&input.reason, MEMO_MAX, "reason")?;
    check_past(input.refunded_on, by.today, "refundedOn")?;
    let mut head = head::lock(tx, input.fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let fund = place::fund(tx, input.fund).await?;
    by.viewer.must(Act::BookContribution, &[fund.on()])?;
    if place::parties_known(tx, &[input.donor]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("donorId"));
    }
    let only = match input.contribution {
        Some(receipt) => {
            let lots: Vec<(LotId,)> =
                tx.sql("SELECT id FROM lot WHERE receipt_id = $1 ORDER BY id").bind(receipt).all().await?;
            if lots.is_empty() {
                return Err(Refusal::NotFound { what: "contribution".into() }.at("contributionId"));
            }
            Some(lots.into_iter().map(|(id,)| id).collect::<Vec<_>>())
        }
        None => None,
    };
    let pool = account::of_fund(fund.id, AccountKind::Pool, Asset::Cny);
    let taken = draw::of_donor(tx, pool, input.donor, only.as_deref(), input.amount).await?;

    let document = RefundDocument {
        id: head.next_key(),
        fund_id: fund.id,
        donor_id: input.donor,
        amount: input.amount,
        refunded_on: input.refunded_on,
        reason,
    };
    let mut place = account::new(&mut head, AccountKind::Refund, Asset::Cny, None);
    place.refund_id = Some(document.id);
    ledger_store::insert_refund(tx, &document).await?;
    account::insert(tx, std::slice::from_ref(&place)).await?;
    let moves = draw::moves(&taken, pool, place.id);
    let mut draft = Draft::new(EntryKind::Refund, input.refunded_on, document.reason.clone(), moves);
    draft.documents = digest_refund(&document);
    let done = Refunded { refund: document.id, entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
