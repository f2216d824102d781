//! Bank lines and matches in the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::{BankLine, BankMatch, LineDraft, OwnerPlace};
use crate::{
    db::{Result, Sql, Tx},
    id::{BankLineId, BankMatchId, EntryId, FundId, HostId, PrincipalId},
    ledger::Entry,
    money::Fen,
    page::Page,
};

/// Makes the bank's operations of one host run one after another.
pub async fn lock(tx: &mut Tx, host: HostId) -> Result<u64> {
    tx.sql("UPDATE host SET area_id = area_id WHERE id = $1").bind(host).execute().await
}

/// A host as an owner of accounts.
pub async fn host<'c>(on: impl Sql<'c>, id: HostId) -> Result<Option<OwnerPlace>> {
    on.sql(
        "SELECT h.id AS host_id, CAST(NULL AS BIGINT) AS fund_id, p.name, a.path AS area_path
         FROM host h JOIN party p ON p.id = h.party_id JOIN area a ON a.id = h.area_id WHERE h.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// A fund as an owner of accounts.
pub async fn fund<'c>(on: impl Sql<'c>, id: FundId) -> Result<Option<OwnerPlace>> {
    on.sql(
        "SELECT f.host_id, f.id AS fund_id, f.name, a.path AS area_path
         FROM fund f JOIN area a ON a.id = f.area_id WHERE f.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The owner of each of these lines' accounts, where it is known: a fund, or `None` for the host.
pub async fn owners_of_accounts(
    tx: &mut Tx,
    host: HostId,
    lines: &[&LineDraft],
) -> Result<HashMap<String, Option<FundId>>> {
    let accounts: BTreeSet<&str> = lines.iter().map(|line| line.account.as_str()).collect();
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let accounts: Vec<&str> = accounts.into_iter().collect();
    let rows: Vec<(String, Option<FundId>)> = tx
        .sql("SELECT DISTINCT account, fund_id FROM bank_line WHERE host_id = $1 AND account IN (..)")
        .bind(host)
        .bind_list(&accounts)
        .all()
        .await?;
    Ok(rows.into_iter().collect())
}

/// The lines that are known by the accounts and references of these.
pub async fn by_references(tx: &mut Tx, host: HostId, lines: &[&LineDraft]) -> Result<Vec<BankLine>> {
    let mut references: BTreeSet<(&str, &str)> = BTreeSet::new();
    references.extend(lines.iter().map(|line| (line.account.as_str(), line.reference.as_str())));
    if references.is_empty() {
        return Ok(vec![]);
    }
    let accounts: Vec<&str> = BTreeSet::from_iter(references.iter().map(|one| one.0)).into_iter().collect();
    let names: Vec<&str> = references.iter().map(|one| one.1).collect();
    tx.sql(
        "SELECT l.id, l.host_id, l.fund_id, l.account, l.reference, l.booked_on, l.amount, l.counterparty, l.note,
                CAST(NULL AS BIGINT) AS match_id
         FROM bank_line l WHERE l.host_id = $1 AND l.account IN (..) AND l.reference IN (..)",
    )
    .bind(host)
    .bind_list(&accounts)
    .bind_list(&names)
    .all()
    .await
}

/// Adds lines, and gives the key, the account and the reference of each.
pub async fn insert(
    tx: &mut Tx,
    place: &OwnerPlace,
    lines: &[LineDraft],
    actor: PrincipalId,
    now: DateTime<Utc>,
) -> Result<Vec<(BankLineId, String, String)>> {
    tx.insert_returning(
        "INSERT INTO bank_line (host_id, fund_id, account, reference, booked_on, amount, counterparty, note,
                                recorded_by, recorded_at)
         VALUES (..) RETURNING id, account, reference",
        lines,
        |row, line| {
            row.bind(place.host_id)
                .bind(place.fund_id)
                .bind(line.account.clone())
                .bind(line.reference.clone())
                .bind(line.booked_on)
                .bind(line.amount)
                .bind(line.counterparty.clone())
                .bind(line.note.clone())
                .bind(actor)
                .bind(now)
        },
    )
    .await
}

/// The lines of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[BankLineId]) -> Result<Vec<BankLine>> {
    on.sql(
        "SELECT l.id, l.host_id, l.fund_id, l.account, l.reference, l.booked_on, l.amount, l.counterparty, l.note,
                m.match_id
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id WHERE l.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// Which lines a list holds: all, those in a standing match, or those in none.
pub type IsMatched = Option<bool>;

fn mark(is_matched: IsMatched) -> Option<i64> {
    is_matched.map(i64::from)
}

/// A page of the lines of each fund's own accounts, by the day the bank booked them.
pub async fn of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    is_matched: &IsMatched,
    page: &Page,
) -> Result<Vec<BankLine>> {
    on.sql(
        "SELECT l.id, l.host_id, l.fund_id, l.account, l.reference, l.booked_on, l.amount, l.counterparty, l.note,
                m.match_id
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id
         WHERE l.fund_id = {owner}
           AND (CASE WHEN m.match_id IS NULL THEN 0 ELSE 1 END = $1 OR $1 IS NULL) {page}",
    )
    .bind(mark(*is_matched))
    .page(page, "l.booked_on, l.id")
    .each_of(funds)
    .all()
    .await
}

/// A page of the lines of each host's own accounts, by the day the bank booked them.
pub async fn of_hosts<'c>(
    on: impl Sql<'c>,
    hosts: &[HostId],
    is_matched: &IsMatched,
    page: &Page,
) -> Result<Vec<BankLine>> {
    on.sql(
        "SELECT l.id, l.host_id, l.fund_id, l.account, l.reference, l.booked_on, l.amount, l.counterparty, l.note,
                m.match_id
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id
         WHERE l.host_id = {owner} AND l.fund_id IS NULL
           AND (CASE WHEN m.match_id IS NULL THEN 0 ELSE 1 END = $1 OR $1 IS NULL) {page}",
    )
    .bind(mark(*is_matched))
    .page(page, "l.booked_on, l.id")
    .each_of(hosts)
    .all()
    .await
}

/// A line, as far as matching has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LineToMatch {
    /// The line.
    pub id: BankLineId,
    /// The host whose bank it is.
    pub host_id: HostId,
    /// The fund whose account it is.
    pub fund_id: Option<FundId>,
    /// The bank's number of it.
    pub reference: String,
    /// How much.
    pub amount: Fen,
    /// The match that stands.
    pub match_id: Option<BankMatchId>,
}

/// The lines of these keys, as far as matching has to know them.
pub async fn lines_to_match(tx: &mut Tx, ids: &[BankLineId]) -> Result<Vec<LineToMatch>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    tx.sql(
        "SELECT l.id, l.host_id, l.fund_id, l.reference, l.amount, m.match_id
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id WHERE l.id IN (..) ORDER BY l.id",
    )
    .bind_list(ids)
    .all()
    .await
}

/// An entry, as far as matching has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryToMatch {
    /// The entry.
    pub id: EntryId,
    /// Whose books it is in.
    pub fund_id: FundId,
    /// The fund's host.
    pub host_id: HostId,
    /// Its number.
    pub seq: i64,
    /// What it did to the fund's cash; `None` for a kind that never touches it.
    pub cash: Option<Fen>,
    /// The entry it undoes.
    pub reverses_id: Option<EntryId>,
    /// The entry that undoes it.
    pub reversed_by: Option<EntryId>,
    /// The match that stands.
    pub match_id: Option<BankMatchId>,
}

/// The entries of these keys, as far as matching has to know them.
pub async fn entries_to_match(tx: &mut Tx, ids: &[EntryId]) -> Result<Vec<EntryToMatch>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    tx.sql(
        "SELECT e.id, e.fund_id, f.host_id, e.seq, c.amount AS cash, e.reverses_id, r.id AS reversed_by, m.match_id
         FROM entry e
         JOIN fund f ON f.id = e.fund_id
         LEFT JOIN entry_cash c ON c.entry_id = e.id
         LEFT JOIN entry r ON r.reverses_id = e.id
         LEFT JOIN bank_entry_match m ON m.entry_id = e.id
         WHERE e.id IN (..) ORDER BY e.id",
    )
    .bind_list(ids)
    .all()
    .await
}

/// How many lines and entries a match has.
pub async fn size_of_match(tx: &mut Tx, id: BankMatchId) -> Result<(i64, i64)> {
    tx.sql(
        "SELECT (SELECT COUNT(*) FROM bank_match_line WHERE match_id = $1),
                (SELECT COUNT(*) FROM bank_match_entry WHERE match_id = $1)",
    )
    .bind(id)
    .one()
    .await
}

/// Adds a match without members.
pub async fn insert_match(
    tx: &mut Tx,
    place: &OwnerPlace,
    note: &str,
    actor: PrincipalId,
    now: DateTime<Utc>,
) -> Result<BankMatchId> {
    let (id,) = tx
        .sql(
            "INSERT INTO bank_match (host_id, fund_id, note, matched_by, matched_at)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(place.host_id)
        .bind(place.fund_id)
        .bind(note.to_owned())
        .bind(actor)
        .bind(now)
        .one()
        .await?;
    Ok(id)
}

/// Adds lines to a new match.
pub async fn insert_match_lines(tx: &mut Tx, id: BankMatchId, lines: &[BankLineId]) -> Result<u64> {
    tx.insert_all("INSERT INTO bank_match_line (match_id, line_id) VALUES (..)", lines, |row, line| {
        row.bind(id).bind(*line)
    })
    .await
}

/// Adds entries to a new match.
pub async fn insert_match_entries(tx: &mut Tx, id: BankMatchId, entries: &[EntryId]) -> Result<u64> {
    tx.insert_all("INSERT INTO bank_match_entry (match_id, entry_id) VALUES (..)", entries, |row, entry| {
        row.bind(id).bind(*entry)
    })
    .await
}

/// Adds that a match was taken back.
pub async fn insert_unmatch(
    tx: &mut Tx,
    id: BankMatchId,
    note: &str,
    actor: PrincipalId,
    now: DateTime<Utc>,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO bank_unmatch (match_id, note, unmatched_by, unmatched_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(note.to_owned())
    .bind(actor)
    .bind(now)
    .execute()
    .await
}

/// The matches of these keys.
pub async fn matches_by_ids<'c>(on: impl Sql<'c>, ids: &[BankMatchId]) -> Result<Vec<BankMatch>> {
    on.sql(
        "SELECT m.id, m.host_id, m.fund_id, m.note, m.matched_at, u.unmatched_at
         FROM bank_match m LEFT JOIN bank_unmatch u ON u.match_id = m.id WHERE m.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The lines of each of these matches.
pub async fn lines_of_matches<'c>(on: impl Sql<'c>, ids: &[BankMatchId]) -> Result<Vec<(BankMatchId, BankLineId)>> {
    on.sql("SELECT match_id, line_id FROM bank_match_line WHERE match_id IN (..) ORDER BY match_id, line_id")
        .bind_list(ids)
        .all()
        .await
}

/// The entries of each of these matches.
pub async fn entries_of_matches<'c>(on: impl Sql<'c>, ids: &[BankMatchId]) -> Result<Vec<(BankMatchId, EntryId)>> {
    on.sql("SELECT match_id, entry_id FROM bank_match_entry WHERE match_id IN (..) ORDER BY match_id, entry_id")
        .bind_list(ids)
        .all()
        .await
}

/// A page of the entries of each fund that moved cash, stand, and are in no standing match.
pub async fn unmatched_entries<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Entry>> {
    on.sql(
        "SELECT e.id, e.fund_id, e.seq, e.kind, e.effective_on, e.actor_id, e.receipt_id, e.decision_id, e.reverses_id,
                e.memo, e.booked_at
         FROM entry e JOIN entry_cash c ON c.entry_id = e.id
         WHERE e.fund_id = {owner} AND e.kind <> 'REVERSE'
           AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
           AND NOT EXISTS (SELECT 1 FROM bank_entry_match m WHERE m.entry_id = e.id)
           AND c.amount <> 0 {page}",
    )
    .page(page, "e.seq")
    .each_of(funds)
    .all()
    .await
}

/// An entry that may be what a line is about.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Candidate {
    /// The line.
    pub line_id: BankLineId,
    /// The entry.
    pub entry_id: EntryId,
    /// The day it took effect.
    pub effective_on: NaiveDate,
    /// 1 when the receipt it booked carries the line's reference.
    pub same_reference: i64,
}

/// The entries between two days, in no match, that moved as much as one of these lines.
pub async fn candidates<'c>(
    on: impl Sql<'c>,
    lines: &[BankLineId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Candidate>> {
    on.sql(
        "SELECT l.id AS line_id, e.id AS entry_id, e.effective_on,
                CASE WHEN r.external_ref = l.reference THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
                    AS same_reference
         FROM bank_line l
         JOIN fund f ON f.host_id = l.host_id AND (l.fund_id IS NULL OR l.fund_id = f.id)
         JOIN entry e ON e.fund_id = f.id AND e.effective_on >= $1 AND e.effective_on <= $2
         JOIN entry_cash c ON c.entry_id = e.id AND c.amount = l.amount
         LEFT JOIN receipt r ON r.id = e.receipt_id
         WHERE e.kind <> 'REVERSE' AND l.id IN (..)
           AND NOT EXISTS (SELECT 1 FROM entry x WHERE x.reverses_id = e.id)
           AND NOT EXISTS (SELECT 1 FROM bank_entry_match m WHERE m.entry_id = e.id)",
    )
    .bind(from)
    .bind(to)
    .bind_list(lines)
    .all()
    .await
}

/// What the lines of one owner come to up to a day.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct LineSum {
    /// The fund or the host.
    pub owner: i64,
    /// All of them.
    pub amount: Fen,
    /// Those in no standing match.
    pub unmatched: Fen,
    /// How many those are.
    pub unmatched_count: i64,
}

/// What the lines of each fund's own accounts come to up to a day.
pub async fn line_sums_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], day: NaiveDate) -> Result<Vec<LineSum>> {
    on.sql(
        "SELECT l.fund_id AS owner, CAST(SUM(l.amount) AS BIGINT) AS amount,
                CAST(SUM(CASE WHEN m.match_id IS NULL THEN l.amount ELSE 0 END) AS BIGINT) AS unmatched,
                SUM(CASE WHEN m.match_id IS NULL THEN 1 ELSE 0 END) AS unmatched_count
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id
         WHERE l.booked_on <= $1 AND l.fund_id IN (..) GROUP BY l.fund_id",
    )
    .bind(day)
    .bind_list(funds)
    .all()
    .await
}

/// What all lines of each host's bank come to up to a day, its funds' accounts with its own.
pub async fn line_sums_of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId], day: NaiveDate) -> Result<Vec<LineSum>> {
    on.sql(
        "SELECT l.host_id AS owner, CAST(SUM(l.amount) AS BIGINT) AS amount,
                CAST(SUM(CASE WHEN m.match_id IS NULL THEN l.amount ELSE 0 END) AS BIGINT) AS unmatched,
                SUM(CASE WHEN m.match_id IS NULL THEN 1 ELSE 0 END) AS unmatched_count
         FROM bank_line l LEFT JOIN bank_line_match m ON m.line_id = l.id
         WHERE l.booked_on <= $1 AND l.host_id IN (..) GROUP BY l.host_id",
    )
    .bind(day)
    .bind_list(hosts)
    .all()
    .await
}

/// What the entries of one owner did to cash up to a day.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct CashSum {
    /// The fund or the host.
    pub owner: i64,
    /// All of them.
    pub amount: Fen,
    /// Those in no standing match.
    pub unmatched: Fen,
}

/// What the entries of each fund did to its cash up to a day.
pub async fn cash_sums_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], day: NaiveDate) -> Result<Vec<CashSum>> {
    on.sql(
        "SELECT c.fund_id AS owner, CAST(SUM(c.amount) AS BIGINT) AS amount,
                CAST(SUM(CASE WHEN m.match_id IS NULL THEN c.amount ELSE 0 END) AS BIGINT) AS unmatched
         FROM entry_cash c LEFT JOIN bank_entry_match m ON m.entry_id = c.entry_id
         WHERE c.effective_on <= $1 AND c.fund_id IN (..) GROUP BY c.fund_id",
    )
    .bind(day)
    .bind_list(funds)
    .all()
    .await
}

/// What the entries of all funds of each host did to cash up to a day.
pub async fn cash_sums_of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId], day: NaiveDate) -> Result<Vec<CashSum>> {
    on.sql(
        "SELECT f.host_id AS owner, CAST(SUM(c.amount) AS BIGINT) AS amount,
                CAST(SUM(CASE WHEN m.match_id IS NULL THEN c.amount ELSE 0 END) AS BIGINT) AS unmatched
         FROM entry_cash c
         JOIN fund f ON f.id = c.fund_id
         LEFT JOIN bank_entry_match m ON m.entry_id = c.entry_id
         WHERE c.effective_on <= $1 AND f.host_id IN (..) GROUP BY f.host_id",
    )
    .bind(day)
    .bind_list(hosts)
    .all()
    .await
}

/// An amount of one owner.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OwnerSum {
    /// The fund or the host.
    pub owner: i64,
    /// How much.
    pub amount: Fen,
}

/// What each fund has of the lines on its host's account up to a day: its entries' part of each match, on the
/// day of the match's last line, or where it has none, of its last entry.
pub async fn shares_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], day: NaiveDate) -> Result<Vec<OwnerSum>> {
    on.sql(
        "SELECT c.fund_id AS owner, CAST(SUM(c.amount) AS BIGINT) AS amount
         FROM bank_entry_match m
         JOIN bank_match b ON b.id = m.match_id AND b.fund_id IS NULL
         JOIN entry_cash c ON c.entry_id = m.entry_id
         WHERE c.fund_id IN (..) AND COALESCE(
             (SELECT MAX(l.booked_on) FROM bank_match_line n JOIN bank_line l ON l.id = n.line_id
              WHERE n.match_id = b.id),
             (SELECT MAX(e.effective_on) FROM bank_match_entry n JOIN entry e ON e.id = n.entry_id
              WHERE n.match_id = b.id)) <= $1
         GROUP BY c.fund_id",
    )
    .bind(day)
    .bind_list(funds)
    .all()
    .await
}

/// What came into the funds of each host and has not left them, up to a day, by the other side of the journal:
/// from outside, less what was advanced, spent, given back, written off or is between two funds.
pub async fn control_of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId], day: NaiveDate) -> Result<Vec<OwnerSum>> {
    on.sql(
        "SELECT f.host_id AS owner,
                CAST(SUM(CASE WHEN s.kind IN ('POOL', 'MATCH', 'TARGET') THEN 0 ELSE p.amount END
                       - CASE WHEN t.kind IN ('POOL', 'MATCH', 'TARGET') THEN 0 ELSE p.amount END) AS BIGINT) AS amount
         FROM fund f
         JOIN entry e ON e.fund_id = f.id AND e.effective_on <= $1
         JOIN posting p ON p.entry_id = e.id
         JOIN account s ON s.id = p.source_id AND s.asset = 'CNY'
         JOIN account t ON t.id = p.destination_id
         WHERE f.host_id IN (..) GROUP BY f.host_id",
    )
    .bind(day)
    .bind_list(hosts)
    .all()
    .await
}
