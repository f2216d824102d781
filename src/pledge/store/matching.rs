//! What matches follow, in the database.

use crate::{
    db::{Result, Sql, Tx},
    id::{DueId, EntryId, LotId, PledgeId, TargetId},
    ledger::document::AccrualDocument,
    money::Fen,
    pledge::Pledge,
};

/// A gift that a match may follow.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Base {
    /// The gift.
    pub lot_id: LotId,
    /// Its amount.
    pub amount: Fen,
    /// The project it was given for.
    pub target_id: TargetId,
}

/// What a match has followed into one project.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Accrued {
    /// The project.
    pub target_id: TargetId,
    /// What was given.
    pub base: Fen,
    /// What it came to.
    pub amount: Fen,
}

/// What a match has followed so far, by project, without reversed matches.
pub async fn accrued<'c>(on: impl Sql<'c>, pledge: PledgeId) -> Result<Vec<Accrued>> {
    on.sql(
        "SELECT k.target_id, CAST(SUM(m.base) AS BIGINT) AS base, CAST(SUM(m.amount) AS BIGINT) AS amount
         FROM (
             SELECT a.base_lot_id, a.base, a.amount FROM match_accrual a
             WHERE a.pledge_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = a.entry_id)
             UNION ALL
             SELECT x.base_lot_id, x.base, x.amount FROM pledge_due d JOIN due_match x ON x.due_id = d.id
             WHERE d.pledge_id = $1) AS m
         JOIN lot l ON l.id = m.base_lot_id
         JOIN earmark k ON k.id = l.earmark_id
         GROUP BY k.target_id",
    )
    .bind(pledge)
    .all()
    .await
}

/// The oldest gifts of others into projects that a match's restriction allows and that it has not followed yet,
/// without reversed ones.
pub async fn bases<'c>(on: impl Sql<'c>, pledge: &Pledge, limit: i64) -> Result<Vec<Base>> {
    on.sql(
        "SELECT l.id AS lot_id, l.amount, k.target_id
         FROM lot l
         JOIN earmark k ON k.id = l.earmark_id AND k.kind = 'TARGET'
         JOIN target t ON t.id = k.target_id AND t.status = 'OPEN'
         JOIN may_spend s ON s.target_id = k.target_id AND s.earmark_id = $2
         JOIN entry e ON e.receipt_id = l.receipt_id AND e.kind = 'RECEIVE'
         WHERE l.fund_id = $1 AND l.donor_id <> $3 AND l.asset = 'CNY' AND l.parent_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
           AND NOT EXISTS (
               SELECT 1 FROM match_accrual m
               WHERE m.pledge_id = $4 AND m.base_lot_id = l.id
                 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = m.entry_id))
           AND NOT EXISTS (
               SELECT 1 FROM due_match x JOIN pledge_due d ON d.id = x.due_id
               WHERE d.pledge_id = $4 AND x.base_lot_id = l.id)
         ORDER BY l.id LIMIT $5",
    )
    .bind(pledge.fund_id)
    .bind(pledge.earmark_id)
    .bind(pledge.donor_id)
    .bind(pledge.id)
    .bind(limit)
    .all()
    .await
}

/// Writes down what a match that was paid ahead followed.
pub async fn insert_accruals(tx: &mut Tx, entry: EntryId, accruals: &[AccrualDocument]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO match_accrual (pledge_id, base_lot_id, entry_id, base, amount) VALUES (..)",
        accruals,
        |row, one| row.bind(one.pledge_id).bind(one.base_lot_id).bind(entry).bind(one.base).bind(one.amount),
    )
    .await
}

/// Writes down what a match that becomes due followed.
pub async fn insert_due_matches(tx: &mut Tx, due: DueId, accruals: &[AccrualDocument]) -> Result<u64> {
    tx.insert_all("INSERT INTO due_match (due_id, base_lot_id, base, amount) VALUES (..)", accruals, |row, one| {
        row.bind(due).bind(one.base_lot_id).bind(one.base).bind(one.amount)
    })
    .await
}

/// The lots that settled a pledge.
pub async fn lots_of_pledge<'c>(on: impl Sql<'c>, pledge: PledgeId) -> Result<Vec<LotId>> {
    let found: Vec<(LotId,)> = on
        .sql("SELECT l.id FROM pledge_due d JOIN lot l ON l.due_id = d.id WHERE d.pledge_id = $1 ORDER BY l.id")
        .bind(pledge)
        .all()
        .await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
