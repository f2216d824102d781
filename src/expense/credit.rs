//! Credit notes: a vendor gives back part of what it was paid, or all of it.
//!
//! * The expense shrinks by as much, and the gifts that paid it last are free again.
//! * The money goes to the fund, or back to where the expense was paid from.

use chrono::NaiveDate;
use serde::Serialize;

use super::Booked;
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_digest, check_past, check_text},
    fund::head,
    id::ExpenseId,
    ledger::{
        AccountKind, Draft, EntryKind, account,
        document::{CreditDocument, digest_credit},
        draw,
        idem::Once,
        place, post,
        reverse::MEMO_MAX,
        store as ledger_store,
    },
    money::Fen,
    viewer::{Act, By},
};

/// A vendor's credit note.
#[derive(Clone, Debug, Serialize)]
pub struct Credit {
    /// The expense.
    pub expense: ExpenseId,
    /// Where the money goes.
    pub to: CreditTo,
    /// How much.
    pub amount: Fen,
    /// The day it came back.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
    /// SHA-256 of the credit note.
    pub sha256: String,
}

/// Where the money of a credit note goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum, Serialize)]
pub enum CreditTo {
    /// To the fund.
    #[default]
    Pool,
    /// To the money allocated to the project or grant.
    Target,
    /// To the advance that the expense cleared.
    Advance,
}

/// Books a vendor's credit note, in the inverse order of the draw.
///
/// # Errors
/// Refused, in this order: broken amount, text, day or digest; no such expense; a day before it; a closed
/// target that the money would go to; less in the expense than asked.
pub async fn credit(tx: &mut Tx, by: By<'_>, once: &Once, input: &Credit) -> Result<Booked> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let sha256 = check_digest(&input.sha256, "sha256")?;
    let fund = head::fund_of(input.expense.0);
    let no_expense = || Refusal::NotFound { what: "expense".into() }.at("expenseId");
    let mut head = head::lock_or(tx, fund, no_expense).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    by.viewer.must(Act::BookSpending, &[place::fund(tx, fund).await?.on()])?;
    let expense = ledger_store::expense_by_id(&mut *tx, input.expense).await?.ok_or_else(no_expense)?;
    if input.effective_on < expense.incurred_on {
        return Err(Refusal::PeriodReversed { from: expense.incurred_on, to: input.effective_on }.at("effectiveOn"));
    }
    let target = place::target(tx, expense.target_id).await?;
    let destination = match input.to {
        CreditTo::Pool => account::of_fund(fund, AccountKind::Pool, expense.asset),
        CreditTo::Target | CreditTo::Advance => {
            target.ensure_open("to")?;
            let kind = if input.to == CreditTo::Target { AccountKind::Target } else { AccountKind::Advance };
            target.account(tx, &mut head, kind, expense.asset).await?
        }
    };
    let spent = ledger_store::account_of_expense(&mut *tx, expense.id).await?;
    let taken = draw::to_return(tx, spent, input.amount).await?;
    let document = CreditDocument { expense_id: expense.id, delta: -input.amount, sha256 };
    let mut draft = Draft::new(EntryKind::Return, input.effective_on, memo, draw::moves(&taken, spent, destination));
    draft.documents = digest_credit(&document);
    let done = Booked { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    ledger_store::insert_credit(tx, done.entry, &document).await?;
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
