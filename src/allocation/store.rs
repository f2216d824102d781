//! Allocations in the database: entries of kind `ALLOCATE` with what they moved.

use chrono::NaiveDate;

use crate::{
    committee::MotionKind,
    db::{Result, Sql, Tx},
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

/// A decision, and what its motion asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DecisionOfMotion {
    /// What the motion asked for.
    pub kind: MotionKind,
    /// The decision; its target and amount are only read where money may be allocated on it.
    #[sqlx(flatten)]
    pub document: DecisionDocument,
}

/// The decision of this key.
pub async fn decision_by_id<'c>(on: impl Sql<'c>, id: DecisionId) -> Result<Option<DecisionOfMotion>> {
    on.sql(
        "SELECT m.kind, d.id, d.fund_id, COALESCE(d.target_id, 0) AS target_id, d.resolution_number,
                COALESCE(d.amount, 0) AS amount, d.approved_on, d.votes_for, d.votes_all
         FROM decision d JOIN motion m ON m.id = d.motion_id WHERE d.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// What stands on a decision, and whether it still stands itself.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What has been allocated on it of cash and of goods, without reversed allocations.
    pub allocated: Vec<(Asset, Fen)>,
    /// The day it was annulled.
    pub annulled_on: Option<NaiveDate>,
}

/// What stands on a decision. Read it with the fund's head locked.
pub async fn standing(tx: &mut Tx, decision: DecisionId) -> Result<Standing> {
    let annulled = tx.sql("SELECT annulled_on FROM annulment WHERE decision_id = $1").bind(decision);
    let annulled_on = annulled.optional::<(NaiveDate,)>().await?.map(|(on,)| on);
    let allocated = tx.sql(
        "SELECT a.asset, CAST(SUM(p.amount) AS BIGINT)
         FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.destination_id
         WHERE e.decision_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
         GROUP BY a.asset",
    );
    Ok(Standing { allocated: allocated.bind(decision).all().await?, annulled_on })
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
