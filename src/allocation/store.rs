//! Allocations in the database: entries of kind `ALLOCATE` with what they moved.

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql},
    id::{DecisionId, EntryId, TargetId},
    ledger::{
        Asset,
        document::{DecisionDocument, SeatDocument},
    },
    money::Fen,
    page::Page,
};

/// Fund money that a decision moved.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Allocation {
    /// The key of its entry.
    pub id: EntryId,
    /// The decision it stands on.
    pub decision_id: DecisionId,
    /// Where the money went.
    pub target_id: TargetId,
    /// The day it took effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
    /// How much.
    pub amount: Fen,
    /// 1 when it was undone.
    pub reversed: i64,
}

/// The allocations of these entries.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[EntryId]) -> Result<Vec<Allocation>> {
    on.sql(
        "SELECT e.id, e.decision_id, d.target_id, e.effective_on, e.memo,
                CAST((SELECT SUM(p.amount) FROM posting p WHERE p.entry_id = e.id) AS BIGINT) AS amount,
                (SELECT COUNT(*) FROM entry r WHERE r.reverses_id = e.id) AS reversed
         FROM entry e JOIN decision d ON d.id = e.decision_id
         WHERE e.kind = 'ALLOCATE' AND e.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// A page of each target's allocations, in the order they were booked.
pub async fn of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId], page: &Page) -> Result<Vec<Allocation>> {
    on.sql(
        "SELECT e.id, e.decision_id, d.target_id, e.effective_on, e.memo,
                CAST((SELECT SUM(p.amount) FROM posting p WHERE p.entry_id = e.id) AS BIGINT) AS amount,
                (SELECT COUNT(*) FROM entry r WHERE r.reverses_id = e.id) AS reversed
         FROM decision d JOIN entry e ON e.decision_id = d.id
         WHERE d.target_id = {owner} {page}",
    )
    .page(page, "e.id")
    .each_of(targets)
    .all()
    .await
}

/// The decision of this key.
pub async fn decision_by_id<'c>(on: impl Sql<'c>, id: DecisionId) -> Result<Option<DecisionDocument>> {
    on.sql(
        "SELECT id, fund_id, target_id, resolution_number, amount, approved_on, votes_for, votes_all
         FROM decision WHERE id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// What has been allocated on a decision of cash and of goods, without reversed allocations.
pub async fn allocated<'c>(on: impl Sql<'c>, decision: DecisionId) -> Result<Vec<(Asset, Fen)>> {
    on.sql(
        "SELECT a.asset, CAST(SUM(p.amount) AS BIGINT)
         FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.destination_id
         WHERE e.decision_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
         GROUP BY a.asset",
    )
    .bind(decision)
    .all()
    .await
}

/// Who sat on a decision, in the order of the seats.
pub async fn seats_of<'c>(on: impl Sql<'c>, decision: DecisionId) -> Result<Vec<SeatDocument>> {
    on.sql(
        "SELECT decision_id, seat_no, constituency, holder, vote FROM decision_seat
         WHERE decision_id = $1 ORDER BY seat_no",
    )
    .bind(decision)
    .all()
    .await
}
