//! What an import has to know of the books, in the database: who may be meant, what is booked already, and what of it
//! has moved on.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::who::Identity;
use crate::{
    db::{Result, Sql, Tx},
    id::{EntryId, FundId, ImportJobId, PartyId, ReceiptId},
    money::Fen,
    party::PartyKind,
};

/// A party that may be meant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Candidate {
    /// The party.
    pub id: PartyId,
    /// What kind of giver it is.
    pub kind: PartyKind,
    /// The name.
    pub name: String,
    /// The name as it is compared.
    pub name_key: String,
    /// The unified social credit code.
    pub credit_code: Option<String>,
    /// Its number in another system.
    pub external_id: Option<String>,
    /// 1 where it is active in the area or below it.
    pub is_active: i64,
}

/// The parties that these identities may mean: by credit code wherever they are active, by external id
/// and by name those that are active in the area of this path or below it.
pub(super) async fn candidates<'c>(on: impl Sql<'c>, path: &str, identities: &[&Identity]) -> Result<Vec<Candidate>> {
    // A list in a statement is never empty; no party has an empty code, number or name.
    let list = |of: &dyn Fn(&Identity) -> Option<&str>| -> Vec<&str> {
        let mut values: Vec<&str> = identities.iter().filter_map(|&identity| of(identity)).chain([""]).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let codes = list(&|identity| identity.credit_code.as_deref());
    let external_ids = list(&|identity| identity.external_id.as_deref());
    let name_keys = list(&|identity| Some(&identity.name_key));
    let found: Vec<Candidate> = on
        .sql(
            "SELECT c.id, c.kind, c.name, c.name_key, c.credit_code, c.external_id,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM party_area o JOIN area a ON a.id = o.area_id
                        WHERE o.party_id = c.id AND substr(a.path, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT))
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_active
             FROM (
                 SELECT p.id, p.kind, p.name, p.name_key, p.credit_code, p.external_id
                 FROM {list} k JOIN party p ON p.credit_code = k.value
                 UNION
                 SELECT p.id, p.kind, p.name, p.name_key, p.credit_code, p.external_id
                 FROM {list} k JOIN party p ON p.external_id = k.value
                 UNION
                 SELECT p.id, p.kind, p.name, p.name_key, p.credit_code, p.external_id
                 FROM {list} k JOIN party p ON p.name_key = k.value) AS c
             ORDER BY c.id",
        )
        .bind(path.to_owned())
        .bind_table(&codes)
        .bind_table(&external_ids)
        .bind_table(&name_keys)
        .all()
        .await?;
    let codes: HashSet<&str> = codes.into_iter().collect();
    let is_meant =
        |one: &Candidate| one.is_active == 1 || one.credit_code.as_deref().is_some_and(|it| codes.contains(it));
    Ok(found.into_iter().filter(is_meant).collect())
}

/// What a plan for `fund` stands on, in a text that is the same as long as that is.
pub async fn basis<'c>(on: impl Sql<'c>, fund: FundId) -> Result<String> {
    let facts: Vec<(i64, i64, i64)> = on
        .sql(
            "SELECT CAST(1 AS BIGINT) AS place, h.seq AS one, h.last_key AS other FROM fund_head h WHERE h.fund_id = $1
             UNION ALL SELECT 2, COALESCE(MAX(p.id), 0), COUNT(p.credit_code) + COUNT(p.external_id) FROM party p
             UNION ALL SELECT 3, COUNT(*), 0 FROM party_area o
             UNION ALL SELECT 4, COALESCE(MAX(g.id), 0), COUNT(*) FROM pledge g WHERE g.fund_id = $1
             UNION ALL SELECT 5, COUNT(*), 0 FROM pledge g WHERE g.fund_id = $1 AND g.state = 'ACCEPTED'
             UNION ALL SELECT 6, COUNT(*), 0 FROM target t WHERE t.fund_id = $1 AND t.status = 'OPEN'
             UNION ALL SELECT 7, COUNT(*), 0 FROM receipt_note n
             ORDER BY place",
        )
        .bind(fund)
        .all()
        .await?;
    Ok(facts.iter().map(|(_, one, other)| format!("{one}.{other}")).collect::<Vec<_>>().join("/"))
}

/// A gift that is booked and stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownGift {
    /// The receipt.
    pub id: ReceiptId,
    /// How it came.
    pub channel: String,
    /// Its number there.
    pub external_ref: String,
    /// The sum.
    pub amount: Fen,
    /// The day it arrived.
    pub received_on: NaiveDate,
    /// The words beside it.
    pub note: String,
    /// Whose gift its first line is.
    pub donor_id: PartyId,
}

/// The gifts of a fund that stand under these ways and numbers.
pub(super) async fn gifts_known(
    tx: &mut Tx,
    fund: FundId,
    numbers: &[(String, String)],
) -> Result<HashMap<(String, String), KnownGift>> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let channels: HashSet<&str> = numbers.iter().map(|(channel, _)| channel.as_str()).collect();
    let channels: Vec<&str> = channels.into_iter().collect();
    let mut found = HashMap::new();
    for some in numbers.chunks(Tx::ROWS_MAX * 4) {
        let names: Vec<&str> = some.iter().map(|(_, number)| number.as_str()).collect();
        let rows: Vec<KnownGift> = tx
            .sql(
                "SELECT r.id, r.channel, r.external_ref, r.amount, r.received_on, r.note, l.donor_id
                 FROM receipt r JOIN lot l ON l.receipt_id = r.id AND l.line_no = 1
                 WHERE r.fund_id = $1 AND r.channel IN (..) AND r.external_ref IN (..)
                   AND NOT EXISTS (
                       SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = r.id)",
            )
            .bind(fund)
            .bind_list(&channels)
            .bind_list(&names)
            .all()
            .await?;
        found.extend(rows.into_iter().map(|gift| ((gift.channel.clone(), gift.external_ref.clone()), gift)));
    }
    Ok(found)
}

/// For each giver, day and amount of a gift that stands, one such gift.
pub(super) async fn gifts_alike(
    tx: &mut Tx,
    fund: FundId,
    givers: &HashSet<PartyId>,
    days: &HashSet<NaiveDate>,
) -> Result<HashMap<(PartyId, NaiveDate, i64), ReceiptId>> {
    let givers: Vec<PartyId> = givers.iter().copied().collect();
    let days: Vec<NaiveDate> = days.iter().copied().collect();
    if givers.is_empty() || days.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PartyId, NaiveDate, i64, ReceiptId)> = tx
        .sql(
            "SELECT l.donor_id, l.received_on, l.amount, MIN(l.receipt_id)
             FROM lot l
             WHERE l.donor_id IN (..) AND l.received_on IN (..) AND l.fund_id = $1
               AND NOT EXISTS (
                   SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = l.receipt_id)
             GROUP BY l.donor_id, l.received_on, l.amount",
        )
        .bind(fund)
        .bind_list(&givers)
        .bind_list(&days)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(giver, day, fen, receipt)| ((giver, day, fen), receipt)).collect())
}

/// The names of parties that are active where a fund is, and as they are compared.
pub(super) async fn names<'c>(on: impl Sql<'c>, path: &str, limit: i64) -> Result<Vec<(PartyId, String, String)>> {
    on.sql(
        "SELECT p.id, p.name, p.name_key
         FROM party p
         WHERE EXISTS (
             SELECT 1 FROM party_area o JOIN area a ON a.id = o.area_id
             WHERE o.party_id = p.id AND substr(a.path, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT))
         ORDER BY p.id
         LIMIT $2",
    )
    .bind(path.to_owned())
    .bind(limit)
    .all()
    .await
}

/// What of a receipt a later copy adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoteField {
    /// Its note.
    Note,
    /// Its number.
    Reference,
}

/// What has been added to these receipts.
pub(super) async fn notes_kept(tx: &mut Tx, receipts: &[ReceiptId]) -> Result<Vec<(ReceiptId, NoteField)>> {
    tx.sql("SELECT receipt_id, field FROM receipt_note WHERE receipt_id IN (..) ORDER BY receipt_id, note_no")
        .bind_list(receipts)
        .all()
        .await
}

/// Adds to receipts that are booked: the receipt, which of its additions, what it adds to, and the text.
pub(super) async fn insert_notes(
    tx: &mut Tx,
    job: ImportJobId,
    notes: &[(ReceiptId, usize, NoteField, String)],
    now: DateTime<Utc>,
) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO receipt_note (receipt_id, note_no, job_id, field, text, noted_at) VALUES (..)",
        notes,
        |row, (receipt, note_no, field, text)| {
            row.bind(*receipt)
                .bind(i64::try_from(*note_no).expect("a short list"))
                .bind(job)
                .bind(*field)
                .bind(text.clone())
                .bind(now)
        },
    )
    .await
}

/// What was added to these receipts, in the order it was.
pub async fn notes_of_receipts<'c>(
    on: impl Sql<'c>,
    receipts: &[ReceiptId],
) -> Result<Vec<(ReceiptId, NoteField, String)>> {
    on.sql(
        "SELECT receipt_id, field, text FROM receipt_note WHERE receipt_id IN (..)
         ORDER BY receipt_id, note_no",
    )
    .bind_list(receipts)
    .all()
    .await
}

/// The first row of an import whose gift is not where it arrived any more, or was followed by a match.
pub(super) async fn gift_moved_on(tx: &mut Tx, job: ImportJobId) -> Result<Option<i64>> {
    let found: Option<(i64,)> = tx
        .sql(
            "SELECT m.row_no
             FROM import_made m
             JOIN entry e ON e.receipt_id = m.object_id
             JOIN posting p ON p.entry_id = e.id
             LEFT JOIN holding h ON h.lot_id = p.lot_id AND h.account_id = p.destination_id
             WHERE m.job_id = $1
               AND NOT EXISTS (SELECT 1 FROM entry x WHERE x.reverses_id = e.id)
               AND (COALESCE(h.amount, 0) < p.amount
                    OR EXISTS (
                        SELECT 1 FROM match_accrual a
                        WHERE a.base_lot_id = p.lot_id
                          AND NOT EXISTS (SELECT 1 FROM entry y WHERE y.reverses_id = a.entry_id)))
             ORDER BY m.row_no LIMIT 1",
        )
        .bind(job)
        .optional()
        .await?;
    Ok(found.map(|(row,)| row))
}

/// The entries of these receipts that were not reversed.
pub(super) async fn entries_standing(tx: &mut Tx, receipts: &[ReceiptId]) -> Result<Vec<(ReceiptId, EntryId)>> {
    tx.sql(
        "SELECT e.receipt_id, e.id FROM entry e
         WHERE e.receipt_id IN (..) AND NOT EXISTS (SELECT 1 FROM entry x WHERE x.reverses_id = e.id)",
    )
    .bind_list(receipts)
    .all()
    .await
}

/// The first row of an import on whose pledge something has arrived, and how much.
pub(super) async fn pledge_moved_on(tx: &mut Tx, job: ImportJobId) -> Result<Option<(i64, i64)>> {
    tx.sql(
        "SELECT m.row_no, p.received FROM import_made m JOIN pledge p ON p.id = m.object_id
         WHERE m.job_id = $1 AND p.received > 0
         ORDER BY m.row_no LIMIT 1",
    )
    .bind(job)
    .optional()
    .await
}

/// The first row of an import that has made something.
pub(super) async fn first_made(tx: &mut Tx, job: ImportJobId) -> Result<Option<i64>> {
    let found: Option<(i64,)> =
        tx.sql("SELECT row_no FROM import_made WHERE job_id = $1 ORDER BY row_no LIMIT 1").bind(job).optional().await?;
    Ok(found.map(|(row,)| row))
}
