//! What is raised for projects, and what was missed, in the database.

use super::super::{FundingGoal, FundingMiss, Raised};
use crate::{
    db::{Result, Sql, Tx},
    id::{PrincipalId, TargetId},
    ledger::document::Lot,
    money::Fen,
    page::Page,
};

/// What became of what was given for a project whose minimum was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WayBack {
    /// The project.
    pub project_id: TargetId,
    /// What was given back since.
    pub returned: Fen,
    /// What its givers agreed to another use of since.
    pub reassigned: Fen,
}

/// The funding goals of projects.
pub async fn goals_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<FundingGoal>> {
    on.sql("SELECT project_id, minimum, deadline FROM funding_goal WHERE project_id IN (..)")
        .bind_list(projects)
        .all()
        .await
}

/// What was raised for projects, by source.
pub async fn raised_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<Raised>> {
    on.sql(
        "SELECT r.project_id, r.source, CAST(SUM(r.amount) AS BIGINT) AS amount,
                CAST(SUM(r.amount * r.bound) AS BIGINT) AS bound
         FROM funding_raised r WHERE r.project_id IN (..)
         GROUP BY r.project_id, r.source",
    )
    .bind_list(projects)
    .all()
    .await
}

/// What was missed of projects.
pub async fn misses_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<FundingMiss>> {
    on.sql("SELECT project_id, missed_on, raised, bound FROM funding_miss WHERE project_id IN (..)")
        .bind_list(projects)
        .all()
        .await
}

/// What became of what was given for projects whose minimum was missed.
pub async fn ways_back_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<WayBack>> {
    on.sql(
        "SELECT f.project_id,
                CAST(COALESCE((
                    SELECT SUM(h.amount) FROM earmark k
                    JOIN target t ON t.id = k.target_id
                    JOIN account a ON a.fund_id = t.fund_id AND a.kind = 'REFUND' AND a.asset = 'CNY'
                    JOIN refund r ON r.id = a.refund_id AND r.refunded_on >= f.missed_on
                    JOIN holding h ON h.account_id = a.id AND h.earmark_id = k.id
                    WHERE k.target_id = f.project_id), 0) AS BIGINT) AS returned,
                CAST(COALESCE((
                    SELECT SUM(c.amount) FROM earmark k
                    JOIN target t ON t.id = k.target_id
                    JOIN entry e ON e.fund_id = t.fund_id AND e.effective_on >= f.missed_on AND e.kind = 'RELOT'
                    JOIN relot o ON o.entry_id = e.id
                    JOIN lot l ON l.id = o.lot_id AND l.earmark_id = k.id AND l.asset = 'CNY'
                    JOIN lot c ON c.id = o.child_id AND c.earmark_id <> k.id
                    WHERE k.target_id = f.project_id
                      AND NOT EXISTS (SELECT 1 FROM entry v WHERE v.reverses_id = e.id)), 0) AS BIGINT) AS reassigned
         FROM funding_miss f WHERE f.project_id IN (..)",
    )
    .bind_list(projects)
    .all()
    .await
}

/// A page of the gifts for each of `projects` alone that wait in the fund, the first first.
pub async fn lots_bound_to<'c>(on: impl Sql<'c>, projects: &[TargetId], page: &Page) -> Result<Vec<(TargetId, Lot)>> {
    let rows: Vec<Bound> = on
        .sql(
            "SELECT k.target_id, l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id,
                    l.class, l.asset, l.amount, l.received_on
             FROM earmark k
             JOIN target t ON t.id = k.target_id
             JOIN account a ON a.fund_id = t.fund_id AND a.kind IN ('POOL', 'MATCH') AND a.asset = 'CNY'
             JOIN holding h ON h.account_id = a.id AND h.earmark_id = k.id AND h.amount > 0
             JOIN lot l ON l.id = h.lot_id
             WHERE k.target_id = {owner} {page}",
        )
        .page(page, "l.id")
        .each_of(projects)
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.target_id, row.lot)).collect())
}

#[derive(sqlx::FromRow)]
struct Bound {
    target_id: TargetId,
    #[sqlx(flatten)]
    lot: Lot,
}

/// Adds a project's funding goal.
pub async fn insert_goal(tx: &mut Tx, project: TargetId, goal: &FundingGoal) -> Result<u64> {
    tx.sql("INSERT INTO funding_goal (project_id, minimum, deadline) VALUES ($1, $2, $3)")
        .bind(project)
        .bind(goal.minimum)
        .bind(goal.deadline)
        .execute()
        .await
}

/// Adds that the funding minimum of a project was missed.
pub async fn insert_miss(tx: &mut Tx, miss: &FundingMiss, actor: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO funding_miss (project_id, missed_on, raised, bound, principal_id) VALUES ($1, $2, $3, $4, $5)")
        .bind(miss.project_id)
        .bind(miss.missed_on)
        .bind(miss.raised)
        .bind(miss.bound)
        .bind(actor)
        .execute()
        .await
}
