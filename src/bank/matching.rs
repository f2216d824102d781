//! Matching: which lines of the bank and which entries of the books are the same money.

use std::collections::BTreeSet;

use super::{BankMatch, OwnerPlace, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_note, check_size, ensure_rows},
    fund::head,
    id::{BankLineId, BankMatchId, EntryId, FundId, HostId},
    money::Fen,
    viewer::{Act, By},
};

/// Lines and entries to be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The lines; none where entries cancel each other out within the bank.
    pub lines: Vec<BankLineId>,
    /// The entries; none where lines cancel each other out.
    pub entries: Vec<EntryId>,
    /// Why they belong together; may be empty.
    pub note: String,
}

/// Lines, and entries, of one match: what one settlement of a platform collects stays below it.
pub const SIDE_MAX: usize = 100;

/// Says that some lines and some entries are the same money; saying it again changes nothing.
///
/// # Errors
/// Refused, in this order: a broken text or size; no such line or entry; lines or entries of other owners;
/// one that is matched already; an entry without cash; an entry without its reversal, or the other way
/// around; sides that add up to different sums.
pub async fn matched(tx: &mut Tx, by: By<'_>, wanted: &Match) -> Result<BankMatchId> {
    let actor = by.viewer.actor()?;
    let note = check_note(&wanted.note, super::NOTE_MAX, "note")?;
    let line_ids: Vec<BankLineId> = BTreeSet::from_iter(wanted.lines.iter().copied()).into_iter().collect();
    let entry_ids: Vec<EntryId> = BTreeSet::from_iter(wanted.entries.iter().copied()).into_iter().collect();
    check_size(line_ids.len(), 0, SIDE_MAX, "lineIds")?;
    check_size(entry_ids.len(), 0, SIDE_MAX, "entryIds")?;
    check_size(line_ids.len() + entry_ids.len(), 2, 2 * SIDE_MAX, "lineIds")?;
    let place = place(tx, &line_ids, &entry_ids, wanted).await?;
    store::lock(tx, place.host_id).await?;
    let funds: BTreeSet<FundId> = entry_ids.iter().map(|entry| head::fund_of(entry.0)).collect();
    for fund in funds {
        head::lock(tx, fund).await?;
    }
    by.viewer.must(Act::KeepBank, &[place.on()])?;
    let lines = store::lines_to_match(tx, &line_ids).await?;
    let entries = store::entries_to_match(tx, &entry_ids).await?;
    if let Some(same) = same_match(&lines, &entries)
        && store::size_of_match(tx, same).await? == (size(lines.len()), size(entries.len()))
    {
        return Ok(same);
    }
    decide(&place, &lines, &entries, wanted)?;
    let id = store::insert_match(tx, &place, &note, actor, by.now).await?;
    ensure_rows(store::insert_match_lines(tx, id, &line_ids).await?, line_ids.len(), "lines matched")?;
    ensure_rows(store::insert_match_entries(tx, id, &entry_ids).await?, entry_ids.len(), "entries matched")?;
    Ok(id)
}

fn size(length: usize) -> i64 {
    i64::try_from(length).expect("a list in memory is shorter")
}

/// The match in which all of them stand, where they stand in one.
fn same_match(lines: &[store::LineToMatch], entries: &[store::EntryToMatch]) -> Option<BankMatchId> {
    let mut all = lines.iter().map(|line| line.match_id).chain(entries.iter().map(|entry| entry.match_id));
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// Whose account a match is on: that of its lines, or where it has none, of its entries.
async fn place(tx: &mut Tx, line_ids: &[BankLineId], entry_ids: &[EntryId], wanted: &Match) -> Result<OwnerPlace> {
    let lines = store::lines_to_match(tx, line_ids).await?;
    let entries = store::entries_to_match(tx, entry_ids).await?;
    for (at, id) in wanted.lines.iter().enumerate() {
        if !lines.iter().any(|line| line.id == *id) {
            return Err(Refusal::NotFound { what: "bank line".into() }.at(&format!("lineIds.{at}")));
        }
    }
    for (at, id) in wanted.entries.iter().enumerate() {
        if !entries.iter().any(|entry| entry.id == *id) {
            return Err(Refusal::NotFound { what: "entry".into() }.at(&format!("entryIds.{at}")));
        }
    }
    let owner: (HostId, Option<FundId>) = match (lines.first(), entries.first()) {
        (Some(line), _) => (line.host_id, line.fund_id),
        (None, Some(entry)) => {
            let one_fund = entries.iter().all(|other| other.fund_id == entry.fund_id);
            (entry.host_id, one_fund.then_some(entry.fund_id))
        }
        (None, None) => unreachable!("a match has two members at least"),
    };
    let found = match owner {
        (_, Some(fund)) => store::fund(&mut *tx, fund).await?,
        (host, None) => store::host(&mut *tx, host).await?,
    };
    found.ok_or_else(|| anyhow::anyhow!("the owner of a bank line is not there").into())
}

fn decide(
    place: &OwnerPlace,
    lines: &[store::LineToMatch],
    entries: &[store::EntryToMatch],
    wanted: &Match,
) -> Result<()> {
    let line_field = |id| format!("lineIds.{}", wanted.lines.iter().position(|one| *one == id).unwrap_or_default());
    let entry_field = |id| format!("entryIds.{}", wanted.entries.iter().position(|one| *one == id).unwrap_or_default());
    let another =
        |what: &str, field: &str| Refusal::AnotherFund { what: what.into(), fund: place.name.clone() }.at(field);
    for line in lines {
        if (line.host_id, line.fund_id) != (place.host_id, place.fund_id) {
            return Err(another("bank line", &line_field(line.id)));
        }
    }
    for entry in entries {
        if entry.host_id != place.host_id || place.fund_id.is_some_and(|fund| fund != entry.fund_id) {
            return Err(another("entry", &entry_field(entry.id)));
        }
    }
    if let Some(line) = lines.iter().find(|line| line.match_id.is_some()) {
        let what = format!("bank line {}", line.reference);
        return Err(Refusal::BankMatched { what }.at(&line_field(line.id)));
    }
    if let Some(entry) = entries.iter().find(|entry| entry.match_id.is_some()) {
        let what = format!("entry {}", entry.seq);
        return Err(Refusal::BankMatched { what }.at(&entry_field(entry.id)));
    }
    for entry in entries {
        let number = entry.seq.to_string();
        if entry.cash.is_none_or(|cash| cash == Fen::ZERO) {
            return Err(Refusal::EntryWithoutCash { entry: number }.at(&entry_field(entry.id)));
        }
        let partner = entry.reverses_id.or(entry.reversed_by);
        if partner.is_some_and(|partner| !entries.iter().any(|other| other.id == partner)) {
            return Err(Refusal::EntryUndone { entry: number }.at(&entry_field(entry.id)));
        }
    }
    let whole: Fen = lines.iter().map(|line| line.amount).sum();
    let parts: Fen = entries.iter().filter_map(|entry| entry.cash).sum();
    if parts != whole {
        return Err(Refusal::SumMismatch { parts, whole }.at("entryIds"));
    }
    Ok(())
}

/// Takes a match back: its lines and entries are free again. Taking it back twice changes nothing.
///
/// # Errors
/// Refused for a broken text and when there is no such match.
pub async fn unmatch(tx: &mut Tx, by: By<'_>, id: BankMatchId, note: &str) -> Result<BankMatch> {
    let actor = by.viewer.actor()?;
    let note = check_note(note, super::NOTE_MAX, "note")?;
    let not_found = || Refusal::NotFound { what: "match".into() }.at("matchId");
    let before = store::matches_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    store::lock(tx, before.host_id).await?;
    let place = match before.fund_id {
        Some(fund) => store::fund(&mut *tx, fund).await?,
        None => store::host(&mut *tx, before.host_id).await?,
    };
    by.viewer.must(Act::KeepBank, &[place.ok_or_else(not_found)?.on()])?;
    let before = store::matches_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    if before.unmatched_at.is_some() {
        return Ok(before);
    }
    store::insert_unmatch(tx, id, &note, actor, by.now).await?;
    Ok(BankMatch { unmatched_at: Some(by.now), ..before })
}
