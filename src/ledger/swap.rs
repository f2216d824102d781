//! Changing the money an expense was paid with (A11): a giver's spent gifts against others' unspent ones.
//!
//! * Both sums are the same, so the expense and the fund hold as much as before.
//! * The other gifts must have allowed the expense on the day it was made; the giver's own do not count.
//! * It is how a gift that was spent can still be given back: swapped first, then refunded.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    account::{AccountKind, of_fund},
    document::ExpenseDocument,
    draw,
    idem::Once,
    place,
    post::{Draft, EntryKind, Move, post},
    reverse::MEMO_MAX,
    store,
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head,
    id::{EntryId, ExpenseId, LotId, PartyId},
    money::Fen,
    viewer::{Act, By},
};

/// A giver's part of an expense that others are to pay.
#[derive(Clone, Debug, Serialize)]
pub struct Swap {
    /// The expense.
    pub expense: ExpenseId,
    /// Whose gifts are freed.
    pub donor: PartyId,
    /// How much.
    pub amount: Fen,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// A swap that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swapped {
    /// The entry.
    pub entry: EntryId,
}

/// Pays a giver's part of an expense with others' unspent gifts.
///
/// # Errors
/// Refused, in this order: broken amount, text or day; no such expense or party; a day before the expense;
/// less of the giver's money in the expense than asked; too little unspent money of others that may pay it.
pub async fn swap(tx: &mut Tx, by: By<'_>, once: &Once, input: &Swap) -> Result<Swapped> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let fund = head::fund_of(input.expense.0);
    let no_expense = || Refusal::NotFound { what: "expense".into() }.at("expenseId");
    let mut head = head::lock_or(tx, fund, no_expense).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    by.viewer.must(Act::Correct, &[place::fund(tx, fund).await?.on()])?;
    let expense = store::expense_by_id(&mut *tx, input.expense).await?.ok_or_else(no_expense)?;
    if place::parties_known(tx, &[input.donor]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("donorId"));
    }
    if input.effective_on < expense.incurred_on {
        return Err(Refusal::PeriodReversed { from: expense.incurred_on, to: input.effective_on }.at("effectiveOn"));
    }
    let moves = moves(tx, &expense, input.donor, None, input.amount).await?;
    let draft = Draft::new(EntryKind::Swap, input.effective_on, memo, moves);
    let done = Swapped { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}

/// The moves that free `amount` of a giver's gifts, or of `only` where they are given, from an expense: out to
/// the fund, and others' in their place.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`: of the giver's in the expense, or of others' in the fund.
pub async fn moves(
    tx: &mut Tx,
    expense: &ExpenseDocument,
    donor: PartyId,
    only: Option<&[LotId]>,
    amount: Fen,
) -> Result<Vec<Move>> {
    let spent = store::account_of_expense(&mut *tx, expense.id).await?;
    let pool = of_fund(expense.fund_id, AccountKind::Pool, expense.asset);
    let freed = draw::of_donor(tx, spent, donor, only, amount).await?;
    let paying = draw::of_others(tx, pool, expense.target_id, expense.incurred_on, donor, amount).await?;
    let mut moves = draw::moves(&freed, spent, pool);
    moves.extend(draw::moves(&paying, pool, spent));
    Ok(moves)
}
