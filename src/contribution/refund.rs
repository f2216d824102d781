//! Refunds (A7): a giver gets its own money back, and nobody else's.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::{Sql as _, Tx},
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head,
    id::{AccountId, EntryId, ExpenseId, FundId, LotId, PartyId, ReceiptId, RefundId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, account,
        document::{RefundDocument, digest_pair, digest_refund},
        draw::{self, Taken},
        idem::Once,
        place, post,
        reverse::MEMO_MAX,
        store as ledger_store, swap,
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
    /// An expense whose part of the giver's money others pay first, as far as too little is unspent.
    pub expense: Option<ExpenseId>,
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

/// Gives a giver's money back: what is unspent, and where an expense is named, what others' unspent gifts
/// take over of it first. Both are one command, of two entries.
///
/// # Errors
/// Refused, in this order: broken amount, text or day; no such giver, contribution or expense; less of the
/// giver's own money unspent, or in the expense; too little of others that may pay the expense.
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
    let (mut drafts, taken) = match input.expense {
        None => (vec![], draw::of_donor(tx, pool, input.donor, only.as_deref(), input.amount).await?),
        Some(expense) => free(tx, input, expense, pool, only.as_deref()).await?,
    };

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
    let number = i64::try_from(drafts.len()).expect("one or none") + 1;
    let entry = EntryId(head::key(fund.id, head.seq + number));
    for swap in &mut drafts {
        swap.pair_id = Some(entry);
        swap.documents = digest_pair(entry);
    }
    drafts.push(draft);
    let booked = post(tx, &mut head, by, &drafts).await?;
    assert_eq!(booked.last(), Some(&entry), "entries are numbered one after another");
    let done = Refunded { refund: document.id, entry };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}

/// What is given back of a giver's money when part of it was spent: the swap that frees that part of the
/// expense, where anything is missing, and the lots that are given back then.
async fn free(
    tx: &mut Tx,
    input: &Refund,
    expense: ExpenseId,
    pool: AccountId,
    only: Option<&[LotId]>,
) -> Result<(Vec<Draft>, Vec<Taken>)> {
    let not_found = || Refusal::NotFound { what: "expense".into() }.at("expenseId");
    let expense = ledger_store::expense_by_id(&mut *tx, expense).await?.ok_or_else(not_found)?;
    if expense.fund_id != input.fund || expense.asset != Asset::Cny {
        return Err(not_found());
    }
    if input.refunded_on < expense.incurred_on {
        return Err(Refusal::PeriodReversed { from: expense.incurred_on, to: input.refunded_on }.at("refundedOn"));
    }
    let own = draw::own(tx, pool, input.donor, only).await?;
    let unspent: Fen = own.iter().map(|one| one.amount).sum();
    let missing = input.amount - unspent;
    if !missing.is_positive() {
        return Ok((vec![], draw::of_donor(tx, pool, input.donor, only, input.amount).await?));
    }
    let moves = swap::moves(tx, &expense, input.donor, only, missing).await?;
    let mut taken: BTreeMap<LotId, Taken> = own.into_iter().map(|one| (one.lot_id, one)).collect();
    for one in moves.iter().filter(|one| one.donor_id == input.donor) {
        let nothing =
            Taken { lot_id: one.lot_id, earmark_id: one.earmark_id, donor_id: one.donor_id, amount: Fen::ZERO };
        taken.entry(one.lot_id).or_insert(nothing).amount += one.amount;
    }
    let draft = Draft::new(EntryKind::Swap, input.refunded_on, input.reason.trim().to_owned(), moves);
    Ok((vec![draft], taken.into_values().rev().collect()))
}
