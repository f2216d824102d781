//! As of: what the books said on a day, or at a number of the journal.
//!
//! An entry has two times: the day it takes effect, and its number in the fund's journal, which is when it was
//! booked. *As of a day* counts the entries booked so far that took effect on that day or before, so an entry
//! booked later with an earlier day changes the answer about that day, as it should. *As of a number* counts the
//! entries up to that number, whatever their days. With both, an entry counts when both allow it: that answer
//! never changes again, so that whoever keeps the number can ask for the same bytes a year later.
//!
//! * Everything here is computed from the journal. Holdings, balances and roll-ups are of now; of a fund they
//!   are used as the end from which later entries are taken back, so that the work is what was booked since.
//! * A number counts within one fund. What is about several funds takes a mark for each: the key of the last entry
//!   that counts.

use chrono::NaiveDate;

use super::trace::{KindSum, PaidBy, Use, UseFilter};
use crate::{
    db::{Result, Sql},
    id::{EntryId, ExpenseId, FundId, LotId, PartyId, TargetId},
    page::Page,
};

/// Which entries count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cut {
    /// Only those that took effect on this day or before.
    pub date: Option<NaiveDate>,
    /// Only those up to this number of the fund that is asked about; `None` for all.
    pub seq: Option<i64>,
    /// Only those up to the mark of their fund, and none of a fund without a mark; `None` for all.
    pub marks: Option<Vec<EntryId>>,
}

impl Cut {
    /// Whether it leaves nothing out.
    pub fn is_now(&self) -> bool {
        *self == Self::default()
    }
}

/// Where each fund's cash was, by kind of place: as it is, less what counts no more.
pub async fn sums_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], cut: &Cut) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT u.owner, u.kind, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT a.fund_id AS owner, a.kind, a.balance AS amount
             FROM account a WHERE a.fund_id = {owner} AND a.asset = 'CNY'
             UNION ALL
             SELECT e.fund_id, t.kind, -p.amount
             FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account t ON t.id = p.destination_id
             WHERE e.fund_id = {owner} AND t.asset = 'CNY' AND (e.effective_on > $1 OR e.seq > $2)
             UNION ALL
             SELECT e.fund_id, f.kind, p.amount
             FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account f ON f.id = p.source_id
             WHERE e.fund_id = {owner} AND f.asset = 'CNY' AND (e.effective_on > $1 OR e.seq > $2)) AS u
         GROUP BY u.owner, u.kind",
    )
    .bind(cut.date)
    .bind(cut.seq)
    .each_of(funds)
    .all()
    .await
}

/// Where each project's or grant's cash was, by kind of place.
pub async fn sums_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId], cut: &Cut) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT u.owner, u.kind, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT a.target_id AS owner, a.kind, p.entry_id, p.amount
             FROM account a JOIN posting p ON p.destination_id = a.id
             WHERE a.target_id = {owner} AND a.asset = 'CNY'
             UNION ALL
             SELECT a.target_id, a.kind, p.entry_id, -p.amount
             FROM account a JOIN posting p ON p.source_id = a.id
             WHERE a.target_id = {owner} AND a.asset = 'CNY') AS u
         JOIN entry e ON e.id = u.entry_id
         WHERE true [AND e.effective_on <= {}] [AND EXISTS (
               SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
         GROUP BY u.owner, u.kind",
    )
    .given(cut.date)
    .given_list(cut.marks.as_deref())
    .each_of(targets)
    .all()
    .await
}

/// Where each party's cash was, by kind of place: the work grows with the party's gifts.
pub async fn sums_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &UseFilter,
    cut: &Cut,
) -> Result<Vec<KindSum>> {
    on.sql(
        "SELECT u.owner, a.kind, CAST(SUM(u.amount) AS BIGINT) AS amount
         FROM (
             SELECT l.donor_id AS owner, p.entry_id, p.destination_id AS account_id, p.amount
             FROM lot l JOIN posting p ON p.lot_id = l.id WHERE l.donor_id = {owner}
             UNION ALL
             SELECT l.donor_id, p.entry_id, p.source_id, -p.amount
             FROM lot l JOIN posting p ON p.lot_id = l.id WHERE l.donor_id = {owner}) AS u
         JOIN entry e ON e.id = u.entry_id
         JOIN account a ON a.id = u.account_id
         WHERE true [AND e.effective_on <= {}] [AND EXISTS (
               SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
           AND a.asset = 'CNY' [AND a.fund_id = {}] [AND a.target_id = {}] [AND a.fund_id IN (..)]
         GROUP BY u.owner, a.kind",
    )
    .given(cut.date)
    .given_list(cut.marks.as_deref())
    .given(filter.fund)
    .given(filter.target)
    .given_list(filter.reach.as_deref())
    .each_of(parties)
    .all()
    .await
}

/// Where each of these lots was.
pub async fn of_lots<'c>(on: impl Sql<'c>, lots: &[LotId], cut: &Cut, page: &Page) -> Result<Vec<Use>> {
    on.sql(
        "SELECT u.owner, u.account_id, a.kind, a.fund_id, a.target_id, a.expense_id, a.refund_id, u.amount
         FROM (
             SELECT s.owner, s.account_id, CAST(SUM(s.amount) AS BIGINT) AS amount
             FROM (
                 SELECT p.lot_id AS owner, p.entry_id, p.destination_id AS account_id, p.amount
                 FROM posting p WHERE p.lot_id = {owner}
                 UNION ALL
                 SELECT p.lot_id, p.entry_id, p.source_id, -p.amount FROM posting p WHERE p.lot_id = {owner}) AS s
             JOIN entry e ON e.id = s.entry_id
             WHERE true [AND e.effective_on <= {}] [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
             GROUP BY s.owner, s.account_id) AS u
         JOIN account a ON a.id = u.account_id
         WHERE u.amount > 0 AND a.kind <> 'OUTSIDE' {page}",
    )
    .given(cut.date)
    .given_list(cut.marks.as_deref())
    .page(page, "u.account_id")
    .each_of(lots)
    .all()
    .await
}

/// Which lots had paid each of these expenses.
pub async fn lots_of_expenses<'c>(
    on: impl Sql<'c>,
    expenses: &[ExpenseId],
    cut: &Cut,
    page: &Page,
) -> Result<Vec<PaidBy>> {
    on.sql(
        "SELECT u.expense_id, u.lot_id, u.amount
         FROM (
             SELECT s.expense_id, s.lot_id, CAST(SUM(s.amount) AS BIGINT) AS amount
             FROM (
                 SELECT a.expense_id, p.entry_id, p.lot_id, p.amount
                 FROM account a JOIN posting p ON p.destination_id = a.id WHERE a.expense_id = {owner}
                 UNION ALL
                 SELECT a.expense_id, p.entry_id, p.lot_id, -p.amount
                 FROM account a JOIN posting p ON p.source_id = a.id WHERE a.expense_id = {owner}) AS s
             JOIN entry e ON e.id = s.entry_id
             WHERE true [AND e.effective_on <= {}] [AND EXISTS (
                   SELECT 1 FROM entry m WHERE m.id IN (..) AND m.fund_id = e.fund_id AND m.seq >= e.seq)]
             GROUP BY s.expense_id, s.lot_id) AS u
         WHERE u.amount > 0 {page}",
    )
    .given(cut.date)
    .given_list(cut.marks.as_deref())
    .page(page, "u.lot_id")
    .each_of(expenses)
    .all()
    .await
}

/// The head of a fund's journal, as it is told with an answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Mark {
    /// The fund.
    pub fund_id: FundId,
    /// The number of the last entry that counts; 0 before the first.
    pub seq: i64,
    /// Its seal.
    pub hash: String,
}

/// A head, and a party whose money is or was in the fund.
#[derive(Clone, Debug, sqlx::FromRow)]
struct HeadOfParty {
    party_id: PartyId,
    #[sqlx(flatten)]
    mark: Mark,
}

/// The heads of the funds in which each party's money is or was.
pub async fn heads_of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId]) -> Result<Vec<(PartyId, Mark)>> {
    let rows: Vec<HeadOfParty> = on
        .sql(
            "SELECT u.party_id, h.fund_id, h.seq, h.hash
             FROM (
                 SELECT DISTINCT g.party_id, a.fund_id FROM party_holding g JOIN account a ON a.id = g.account_id
                 WHERE g.party_id = {owner}) AS u
             JOIN fund_head h ON h.fund_id = u.fund_id
             WHERE true ORDER BY h.fund_id",
        )
        .each_of(parties)
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.party_id, row.mark)).collect())
}

/// The heads of these funds.
pub async fn heads_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Mark>> {
    on.sql("SELECT h.fund_id, h.seq, h.hash FROM fund_head h WHERE h.fund_id IN (..) ORDER BY h.fund_id")
        .bind_list(funds)
        .all()
        .await
}

/// The seals of these entries.
pub async fn marks<'c>(on: impl Sql<'c>, entries: &[EntryId]) -> Result<Vec<Mark>> {
    on.sql(
        "SELECT s.fund_id, s.seq, s.hash FROM entry e JOIN entry_seal s ON s.fund_id = e.fund_id AND s.seq = e.seq
         WHERE e.id IN (..) ORDER BY s.fund_id",
    )
    .bind_list(entries)
    .all()
    .await
}
