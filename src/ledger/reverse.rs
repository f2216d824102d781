//! Reversal: a mistake is undone by its exact mirror, once, while its money is still where it went.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    account::AccountKind,
    idem::Once,
    place,
    post::{Draft, EntryKind, Move, post},
    store,
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, check_text},
    fund::head,
    id::EntryId,
    viewer::{Act, By},
};

/// An entry to be undone.
#[derive(Clone, Debug, Serialize)]
pub struct Reverse {
    /// The entry.
    pub entry: EntryId,
    /// The day the reversal takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// The entry that undid another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    /// The reversal.
    pub entry: EntryId,
}

/// The most characters of a memo.
pub const MEMO_MAX: usize = 500;

/// Undoes an entry by its mirror.
///
/// # Errors
/// Refused when there is no such entry, it is a reversal, a transfer or was reversed before, it is matched to the bank's
/// statement, a project it touches is closed, or its money has moved on.
pub async fn reverse(tx: &mut Tx, by: By<'_>, once: &Once, input: &Reverse) -> Result<Reversed> {
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let fund = head::fund_of(input.entry.0);
    let no_entry = || Refusal::NotFound { what: "entry".into() }.at("entryId");
    let mut head = head::lock_or(tx, fund, no_entry).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    by.viewer.must(Act::Reverse, &[place::fund(tx, fund).await?.on()])?;
    let entry = store::entries_by_ids(&mut *tx, &[input.entry]).await?.pop().ok_or_else(no_entry)?;
    let number = entry.seq.to_string();
    if entry.kind == EntryKind::Reverse {
        return Err(Refusal::IsReversal { entry: number }.at("entryId"));
    }
    if matches!(entry.kind, EntryKind::XferOut | EntryKind::XferIn) {
        return Err(Refusal::NotReversible { entry: number }.at("entryId"));
    }
    if input.effective_on < entry.effective_on {
        return Err(Refusal::PeriodReversed { from: entry.effective_on, to: input.effective_on }.at("effectiveOn"));
    }
    if store::reversal_of(&mut *tx, entry.id).await?.is_some() {
        return Err(Refusal::AlreadyReversed { entry: number }.at("entryId"));
    }
    if store::is_bank_matched(&mut *tx, entry.id).await? {
        return Err(Refusal::BankMatched { what: format!("entry {number}") }.at("entryId"));
    }
    let postings = store::postings_of_entry(&mut *tx, entry.id).await?;
    if let Some(code) = store::closed_targets_of_entry(&mut *tx, entry.id).await?.pop() {
        return Err(Refusal::TargetClosed { code, on: String::new() }.at("entryId"));
    }
    // An entry moves a lot to a place in one posting, so each posting can be judged by itself.
    // What a changed gift left behind is outside, and always there.
    let moved_on = postings.iter().filter(|one| one.destination_kind != AccountKind::Outside);
    let moved_on = moved_on.into_iter().any(|one| one.held.is_none_or(|held| held < one.posting.amount));
    // A match that followed a gift would stand on nothing without it.
    if moved_on || store::is_followed(&mut *tx, entry.id).await? {
        return Err(Refusal::MoneyMovedOn { entry: number }.at("entryId"));
    }
    let mirror = |one: &store::PostingWithLot| Move {
        lot_id: one.posting.lot_id,
        donor_id: one.donor_id,
        earmark_id: one.earmark_id,
        source_id: one.posting.destination_id,
        destination_id: one.posting.source_id,
        amount: one.posting.amount,
    };
    let moves = postings.iter().map(mirror).collect();
    if entry.kind == EntryKind::Receive {
        store::take_back_from_pledges(tx, entry.id).await?;
    }
    let mut draft = Draft::new(EntryKind::Reverse, input.effective_on, memo, moves);
    draft.reverses_id = Some(entry.id);
    let ids = post(tx, &mut head, by, &[draft]).await?;
    let done = Reversed { entry: ids[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
