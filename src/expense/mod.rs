//! Expenses: money really paid out, to whom, for what, with evidence; and advances on the way there.
//!
//! * An expense is paid from a project's or grant's own money, or clears an advance.
//! * No expense without evidence, and none for a purpose that is not the target's or below it.
//! * What an advance did not need comes back.

pub mod credit;
pub mod funded;
pub mod graphql;
pub mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_digest, check_past, check_text},
    fund::head,
    grant::tranche,
    id::{EntryId, ExpenseId, PartyId, PurposeId, TargetId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind,
        account::{self, of_fund},
        document::{EvidenceDocument, EvidenceKind, ExpenseDocument, digest_expense},
        draw, hands,
        idem::Once,
        place::{self, TargetPlace},
        post,
        reverse::MEMO_MAX,
        store as ledger_store,
    },
    money::Fen,
    viewer::{Act, By},
};

/// Where the money of an expense comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum, Serialize)]
pub enum PaidFrom {
    /// The money allocated to the project or grant.
    #[default]
    Target,
    /// An advance that was paid out before.
    Advance,
}

/// Money that was paid out.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The project or grant it was for.
    pub target: TargetId,
    /// Where the money comes from.
    pub from: PaidFrom,
    /// Cash, or goods at their stated value.
    pub asset: Asset,
    /// Who was paid.
    pub payee: PartyId,
    /// What it was used for; `None` for the target's own purpose.
    pub purpose: Option<PurposeId>,
    /// How much.
    pub amount: Fen,
    /// The day it was paid.
    pub incurred_on: NaiveDate,
    /// What was bought.
    pub note: String,
    /// The files that prove it.
    pub evidence: Vec<Evidence>,
}

/// A file that proves an expense.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// What kind of paper.
    pub kind: EvidenceKind,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// What the file is called.
    pub name: String,
}

/// An expense that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The expense.
    pub expense: ExpenseId,
    /// Its entry.
    pub entry: EntryId,
}

/// Money to be paid out ahead of its evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Advance {
    /// The project or grant.
    pub target: TargetId,
    /// How much.
    pub amount: Fen,
    /// The day it is paid.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// Money of an advance that comes back.
#[derive(Clone, Debug, Serialize)]
pub struct Return {
    /// The project or grant.
    pub target: TargetId,
    /// Back to the fund, or only to the project or grant.
    pub to: ReturnTo,
    /// How much.
    pub amount: Fen,
    /// The day it came back.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// Where unspent money goes back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum, Serialize)]
pub enum ReturnTo {
    /// To the fund.
    #[default]
    Pool,
    /// To the money allocated to the project or grant.
    Target,
}

pub use crate::allocation::Booked;

/// Files of one expense.
const EVIDENCE_MAX: usize = 50;
/// The most characters of a file's name.
const NAME_MAX: usize = 200;
/// States of a project in which it may pay; an invoice often comes after the work is done, and what is held back as a
/// warranty after it was accepted.
const PAYABLE: &[&str] = &["APPROVED", "UNDERWAY", "COMPLETED", "ACCEPTED", "EVALUATED"];

/// Books an expense: from the target's money (A5 pay) or against an advance (A5 clear).
///
/// # Errors
/// Refused, in this order: broken amount, text, date or digest; no evidence; no such target or payee;
/// closed target; project not approved; purpose not the target's; a grant whose contract does not allow it by now; not
/// enough money.
pub async fn record(tx: &mut Tx, by: By<'_>, once: &Once, input: &Record) -> Result<Recorded> {
    let (note, evidence) = check(by, input)?;
    let fund = place::fund_of_target(tx, input.target).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let target = place::target(tx, input.target).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    if place::parties_known(tx, &[input.payee]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("payeeId"));
    }
    hands::ensure_may_pay(tx, by, &target, Some(input.payee)).await?;
    target.ensure_open("targetId")?;
    target.ensure_state(PAYABLE, "targetId")?;
    let purpose = ensure_purpose(tx, &target, input.purpose).await?;
    if (input.from, input.asset) == (PaidFrom::Target, Asset::Cny) {
        tranche::ensure_may_pay(tx, &target, input.amount).await?;
    }
    let (source, kind) = match input.from {
        PaidFrom::Target => (AccountKind::Target, EntryKind::Pay),
        PaidFrom::Advance => (AccountKind::Advance, EntryKind::Clear),
    };
    let source = target.account(tx, &mut head, source, input.asset).await?;
    let taken = draw::by_rule(tx, target.draw, source, target.id, input.incurred_on, input.amount).await?;

    let expense = ExpenseDocument {
        id: head.next_key(),
        fund_id: fund,
        target_id: target.id,
        payee_id: input.payee,
        purpose_id: purpose,
        asset: input.asset,
        amount: input.amount,
        incurred_on: input.incurred_on,
        note,
    };
    let evidence: Vec<_> = (1..)
        .zip(evidence)
        .map(|(line_no, one)| EvidenceDocument {
            expense_id: expense.id,
            line_no,
            kind: one.kind,
            sha256: one.sha256,
            name: one.name,
        })
        .collect();
    let mut place = account::new(&mut head, AccountKind::Expense, input.asset, Some(target.id));
    place.expense_id = Some(expense.id);
    ledger_store::insert_expense(tx, &expense).await?;
    ledger_store::insert_evidence(tx, &evidence).await?;
    account::insert(tx, std::slice::from_ref(&place)).await?;
    let moves = draw::moves(&taken, source, place.id);
    let mut draft = Draft::new(kind, input.incurred_on, expense.note.clone(), moves);
    draft.documents = digest_expense(&expense, &evidence);
    let done = Recorded { expense: expense.id, entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}

fn check(by: By<'_>, input: &Record) -> Result<(String, Vec<Evidence>)> {
    check_amount(input.amount, "amount")?;
    let note = check_text(&input.note, MEMO_MAX, "note")?;
    check_past(input.incurred_on, by.today, "incurredOn")?;
    let size = input.evidence.len();
    if size == 0 {
        return Err(Refusal::EvidenceMissing {}.at("evidence"));
    }
    if size > EVIDENCE_MAX {
        return Err(Refusal::ListSize { size, min: 1, max: EVIDENCE_MAX }.at("evidence"));
    }
    let mut evidence = Vec::with_capacity(size);
    for (at, one) in input.evidence.iter().enumerate() {
        evidence.push(Evidence {
            kind: one.kind,
            sha256: check_digest(&one.sha256, &format!("evidence.{at}.sha256"))?,
            name: check_text(&one.name, NAME_MAX, &format!("evidence.{at}.name"))?,
        });
    }
    Ok((note, evidence))
}

/// The purpose of an expense: the target's, or one below it.
async fn ensure_purpose(tx: &mut Tx, target: &TargetPlace, purpose: Option<PurposeId>) -> Result<PurposeId> {
    let Some(purpose) = purpose else { return Ok(target.purpose_id) };
    match store::purpose_below(tx, target.purpose_id, purpose).await? {
        None => Err(Refusal::NotFound { what: "purpose".into() }.at("purposeId")),
        Some((_, true)) if target.purpose_allowed == 1 => Ok(purpose),
        Some((name, _)) => Err(Refusal::PurposeNotAllowed { purpose: name, fund: target.code.clone() }.at("purposeId")),
    }
}

/// Pays money out ahead of its evidence.
///
/// # Errors
/// Refused for a broken amount, text or date, no such target, a closed or unapproved one, a grant whose contract does
/// not allow it by now, or too little money.
pub async fn advance(tx: &mut Tx, by: By<'_>, once: &Once, input: &Advance) -> Result<Booked> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let fund = place::fund_of_target(tx, input.target).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let target = place::target(tx, input.target).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    hands::ensure_may_pay(tx, by, &target, None).await?;
    target.ensure_open("targetId")?;
    target.ensure_state(PAYABLE, "targetId")?;
    tranche::ensure_may_pay(tx, &target, input.amount).await?;
    let (from, day) = (target.target_account, input.effective_on);
    let taken = draw::by_rule(tx, target.draw, from, target.id, day, input.amount).await?;
    let moves = draw::moves(&taken, target.target_account, target.advance_account);
    let draft = Draft::new(EntryKind::Advance, input.effective_on, memo, moves);
    let done = Booked { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}

/// Takes back what an advance did not need, in the inverse order of the draw.
///
/// # Errors
/// Refused for a broken amount, text or date, no such target, a closed one, or less money out than asked.
pub async fn take_back(tx: &mut Tx, by: By<'_>, once: &Once, input: &Return) -> Result<Booked> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let fund = place::fund_of_target(tx, input.target).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let target = place::target(tx, input.target).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    target.ensure_open("targetId")?;
    let destination = match input.to {
        ReturnTo::Pool => of_fund(fund, AccountKind::Pool, Asset::Cny),
        ReturnTo::Target => target.target_account,
    };
    let taken = draw::to_return(tx, target.advance_account, input.amount).await?;
    let moves = draw::moves(&taken, target.advance_account, destination);
    let draft = Draft::new(EntryKind::Return, input.effective_on, memo, moves);
    let done = Booked { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
