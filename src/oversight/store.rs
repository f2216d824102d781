//! What oversight and the five musts are computed from, in the database.

use chrono::NaiveDate;

use super::must::{FundFacts, ProjectFacts};
use crate::{
    db::{Result, Sql},
    id::{AreaId, FundId, TargetId},
    money::Fen,
    project::ProjectState,
};

/// What a fund did in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Figures {
    /// The fund.
    pub fund_id: FundId,
    /// What arrived in the period, less what was reversed in it.
    pub received: Fen,
    /// What was paid in the period, less what came back.
    pub spent: Fen,
    /// What was neither spent nor given back on its last day.
    pub waiting: Fen,
    /// Resolutions of the period that stand.
    pub decisions: i64,
}

/// How many projects of a fund are how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StateCount {
    /// The fund.
    pub fund_id: FundId,
    /// How far they are.
    pub state: ProjectState,
    /// How many.
    pub projects: i64,
}

/// The funds of these areas and of what lies below each, in the order they were opened here.
pub async fn funds_below<'c>(on: impl Sql<'c>, areas: &[AreaId]) -> Result<Vec<(AreaId, FundId)>> {
    on.sql(
        "SELECT top.id, f.id FROM area top
         JOIN area own ON substr(own.path, 1, length(top.path)) = top.path
         JOIN fund f ON f.area_id = own.id
         WHERE top.id IN (..) ORDER BY top.id, f.id",
    )
    .bind_list(areas)
    .all()
    .await
}

/// What these funds did in a period.
pub async fn figures_of<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<Figures>> {
    on.sql(
        "SELECT f.id AS fund_id, CAST(COALESCE(m.received, 0) AS BIGINT) AS received,
                CAST(COALESCE(m.spent, 0) AS BIGINT) AS spent, CAST(COALESCE(m.waiting, 0) AS BIGINT) AS waiting,
                (SELECT COUNT(*) FROM decision d
                 WHERE d.fund_id = f.id AND d.approved_on >= $1 AND d.approved_on <= $2
                   AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)) AS decisions
         FROM fund f
         LEFT JOIN (
             SELECT e.fund_id,
                    SUM(CASE WHEN e.effective_on < $1 THEN 0 WHEN s.kind = 'OUTSIDE' THEN p.amount
                             WHEN d.kind = 'OUTSIDE' THEN -p.amount ELSE 0 END) AS received,
                    SUM(CASE WHEN e.effective_on < $1 THEN 0 WHEN d.kind = 'EXPENSE' THEN p.amount
                             WHEN s.kind = 'EXPENSE' THEN -p.amount ELSE 0 END) AS spent,
                    SUM(CASE WHEN d.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE') THEN p.amount ELSE 0 END
                        - CASE WHEN s.kind IN ('POOL', 'MATCH', 'TARGET', 'ADVANCE') THEN p.amount ELSE 0 END) AS waiting
             FROM entry e
             JOIN posting p ON p.entry_id = e.id
             JOIN account s ON s.id = p.source_id AND s.asset = 'CNY'
             JOIN account d ON d.id = p.destination_id
             WHERE e.effective_on <= $2 AND e.fund_id IN (..)
             GROUP BY e.fund_id) AS m ON m.fund_id = f.id
         WHERE f.id IN (..)",
    )
    .bind(from)
    .bind(to)
    .bind_list(funds)
    .bind_list(funds)
    .all()
    .await
}

/// How many projects of these funds are how far today.
pub async fn states_of<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<StateCount>> {
    on.sql(
        "SELECT t.fund_id, p.state, COUNT(*) AS projects FROM target t JOIN project p ON p.id = t.id
         WHERE t.fund_id IN (..) GROUP BY t.fund_id, p.state",
    )
    .bind_list(funds)
    .all()
    .await
}

/// What the musts of these funds are computed from on `today`; `looked` is the day before which completed work should
/// have been accepted.
pub async fn facts_of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    today: NaiveDate,
    looked: NaiveDate,
) -> Result<Vec<FundFacts>> {
    on.sql(
        "WITH seat AS (
             SELECT c.fund_id, s.duty, CASE WHEN EXISTS (
                 SELECT 1 FROM seat_term h WHERE h.seat_id = s.id AND h.from_on <= $1
                     AND (h.to_on IS NULL OR h.to_on >= $1)) THEN 1 ELSE 0 END AS held
             FROM committee c JOIN committee_seat s ON s.committee_id = c.id),
         late AS (
             SELECT t.fund_id, t.code FROM milestone m
             JOIN project p ON p.id = m.project_id AND p.state IN ('APPROVED', 'UNDERWAY')
             JOIN target t ON t.id = p.id
             WHERE m.reached_on IS NULL AND m.due_on < $1),
         unaccepted AS (
             SELECT t.fund_id, t.code FROM project p JOIN target t ON t.id = p.id
             WHERE p.state = 'COMPLETED' AND p.moved_on < $2)
         SELECT f.id AS fund_id, f.opened_on,
                (SELECT COUNT(*) FROM pledge p WHERE p.fund_id = f.id AND p.state IN ('ACCEPTED', 'FULFILLED')) AS pledges,
                (SELECT COUNT(*) FROM seat x WHERE x.fund_id = f.id AND x.duty = 'MEMBER') AS seats,
                (SELECT COUNT(*) FROM seat x WHERE x.fund_id = f.id AND x.duty = 'MEMBER' AND x.held = 1) AS seats_held,
                (SELECT COUNT(*) FROM seat x WHERE x.fund_id = f.id AND x.duty = 'SUPERVISOR' AND x.held = 1)
                    AS supervisors,
                (SELECT COUNT(*) FROM target t LEFT JOIN project p ON p.id = t.id
                 WHERE t.fund_id = f.id AND (t.kind = 'GRANT' OR p.state NOT IN ('REJECTED', 'CANCELLED'))) AS works,
                (SELECT COUNT(*) FROM late x WHERE x.fund_id = f.id) AS late,
                (SELECT MIN(x.code) FROM late x WHERE x.fund_id = f.id) AS late_code,
                (SELECT COUNT(*) FROM unaccepted x WHERE x.fund_id = f.id) AS unaccepted,
                (SELECT MIN(x.code) FROM unaccepted x WHERE x.fund_id = f.id) AS unaccepted_code,
                (SELECT MAX(d.period_to) FROM disclosure d
                 WHERE d.fund_id = f.id AND d.project_id IS NULL AND d.state = 'PUBLISHED') AS published_to
         FROM fund f WHERE f.id IN (..)",
    )
    .bind(today)
    .bind(looked)
    .bind_list(funds)
    .all()
    .await
}

/// What the musts of these projects are computed from on `today`.
pub async fn facts_of_projects<'c>(
    on: impl Sql<'c>,
    projects: &[TargetId],
    today: NaiveDate,
) -> Result<Vec<ProjectFacts>> {
    on.sql(
        "SELECT p.id AS project_id, t.code, p.state, p.proposed_on, p.moved_on,
                (SELECT COUNT(*) FROM decision d WHERE d.target_id = p.id
                     AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id))
                + (SELECT COUNT(*) FROM earmark k JOIN pledge g ON g.earmark_id = k.id
                   WHERE k.target_id = p.id AND g.state IN ('ACCEPTED', 'FULFILLED')) AS behind,
                (SELECT COUNT(*) FROM funding_part x WHERE x.project_id = p.id) AS parts,
                (SELECT COUNT(*) FROM milestone x WHERE x.project_id = p.id) AS milestones,
                (SELECT COUNT(*) FROM milestone x WHERE x.project_id = p.id AND x.reached_on IS NULL AND x.due_on < $1
                     AND p.state IN ('APPROVED', 'UNDERWAY')) AS late,
                (SELECT MAX(d.period_to) FROM disclosure d
                 WHERE d.fund_id = t.fund_id AND (d.project_id IS NULL OR d.project_id = p.id)
                   AND d.state = 'PUBLISHED') AS published_to
         FROM project p JOIN target t ON t.id = p.id WHERE p.id IN (..)",
    )
    .bind(today)
    .bind_list(projects)
    .all()
    .await
}
