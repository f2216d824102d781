//! Projects, micro-grants and what belongs to them, in the database.

mod end;
mod funding;

pub use end::*;
pub use funding::*;

use chrono::NaiveDate;

use super::{
    BudgetLine, ExternalDraft, ExternalFunding, Facts, FundingPart, MicroGrant, Milestone, MilestoneDraft, Project,
    ProjectFilter, ProjectMove, ProjectOrderField, ProjectState, Target,
};
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, MilestoneId, PartyId, PrincipalId, TargetId},
    ledger::draw::DrawRule,
    money::Fen,
    page::Page,
};

crate::part!(Project {
    id,
    fund_id,
    area_id,
    purpose_id,
    code,
    title,
    summary,
    state,
    residents,
    proposed_on,
    moved_on,
    area_path,
});

/// The targets that `rest` leaves, with the areas of their funds.
macro_rules! target {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.fund_id, t.kind, t.purpose_id, t.group_id, t.code, t.status, t.residents,
                    a.path AS area_path
             FROM target t
             JOIN fund f ON f.id = t.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The projects that `rest` leaves, with the areas of their funds.
macro_rules! project {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, t.fund_id, p.area_id, t.purpose_id, t.code, p.title, p.summary, p.state, t.residents,
                    p.proposed_on, p.moved_on, a.path AS area_path
             FROM project p
             JOIN target t ON t.id = p.id
             JOIN fund f ON f.id = t.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The micro-grants that `rest` leaves, with the areas of their funds.
macro_rules! grant {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, t.fund_id, t.purpose_id, t.group_id, t.code, g.title, g.stage, t.residents, g.awarded_on,
                    g.awarded, a.path AS area_path
             FROM micro_grant g
             JOIN target t ON t.id = g.id
             JOIN fund f ON f.id = t.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The targets of these keys.
pub async fn targets_by_ids<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<Target>> {
    on.sql(target!("WHERE t.id IN (..)")).bind_list(ids).all().await
}

/// The target of this code in a fund.
pub async fn by_code<'c>(on: impl Sql<'c>, fund: FundId, code: &str) -> Result<Option<Target>> {
    on.sql(target!("WHERE t.fund_id = $1 AND t.code = $2")).bind(fund).bind(code.to_owned()).optional().await
}

/// The projects of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<Project>> {
    on.sql(project!("WHERE p.id IN (..)")).bind_list(ids).all().await
}

/// The micro-grants of these keys.
pub async fn grants_by_ids<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<MicroGrant>> {
    on.sql(grant!("WHERE g.id IN (..)")).bind_list(ids).all().await
}

/// The project of this code in the fund of that code.
pub async fn by_codes<'c>(on: impl Sql<'c>, fund: &str, code: &str) -> Result<Option<Project>> {
    on.sql(project!("WHERE f.code = $1 AND t.code = $2")).bind(fund.to_owned()).bind(code.to_owned()).optional().await
}

/// A page of the projects that pass `filter`, in the order of `field`.
pub async fn all<'c>(
    on: impl Sql<'c>,
    filter: ProjectFilter,
    field: ProjectOrderField,
    page: &Page,
) -> Result<Vec<Project>> {
    let columns = match field {
        ProjectOrderField::ProposedOn => "p.proposed_on, p.id",
        ProjectOrderField::Code => "t.code, p.id",
        ProjectOrderField::Residents => "t.residents, p.id",
    };
    on.sql(project!(
        "WHERE (t.fund_id = $1 OR $1 IS NULL)
           AND (p.state = $2 OR $2 IS NULL)
           AND (EXISTS (SELECT 1 FROM area own JOIN area top ON substr(own.path, 1, length(top.path)) = top.path
                        WHERE own.id = p.area_id AND top.id = $3)
                OR $3 IS NULL)
           AND (EXISTS (SELECT 1 FROM purpose_closure c
                        WHERE c.descendant_id = t.purpose_id AND c.ancestor_id = $4)
                OR $4 IS NULL)
           {page}"
    ))
    .bind(filter.fund)
    .bind(filter.state)
    .bind(filter.area)
    .bind(filter.purpose)
    .page(page, columns)
    .all()
    .await
}

/// A page of the projects of each of `funds`.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Project>> {
    on.sql(project!("WHERE t.fund_id = {owner} {page}")).page(page, "p.id").each_of(funds).all().await
}

/// A page of the micro-grants of a fund and to a group, where they are given.
pub async fn grants<'c>(
    on: impl Sql<'c>,
    fund: Option<FundId>,
    group: Option<PartyId>,
    page: &Page,
) -> Result<Vec<MicroGrant>> {
    on.sql(grant!("WHERE (t.fund_id = $1 OR $1 IS NULL) AND (t.group_id = $2 OR $2 IS NULL) {page}"))
        .bind(fund)
        .bind(group)
        .page(page, "g.id")
        .all()
        .await
}

/// The budgets of projects, line by line.
pub async fn budget_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<BudgetLine>> {
    on.sql("SELECT project_id, label, amount FROM budget_line WHERE project_id IN (..) ORDER BY project_id, line_no")
        .bind_list(projects)
        .all()
        .await
}

/// The co-financing plans of projects.
pub async fn plan_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<FundingPart>> {
    on.sql("SELECT project_id, source, amount FROM funding_part WHERE project_id IN (..) ORDER BY project_id, source")
        .bind_list(projects)
        .all()
        .await
}

/// The milestones of projects, by the day they are due.
pub async fn milestones_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<Milestone>> {
    on.sql(
        "SELECT id, project_id, title, due_on, reached_on, weight FROM milestone
         WHERE project_id IN (..) ORDER BY project_id, due_on, id",
    )
    .bind_list(projects)
    .all()
    .await
}

/// The moves of projects, oldest first.
pub async fn moves_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<ProjectMove>> {
    on.sql(
        "SELECT project_id, from_state, to_state, moved_on FROM project_move
         WHERE project_id IN (..) ORDER BY project_id, id",
    )
    .bind_list(projects)
    .all()
    .await
}

/// A page of what was paid for each of `targets` outside of the fund.
pub async fn external_of<'c>(on: impl Sql<'c>, targets: &[TargetId], page: &Page) -> Result<Vec<ExternalFunding>> {
    on.sql(
        "SELECT id, target_id, source, amount, paid_on, sha256 FROM external_funding
         WHERE target_id = {owner} {page}",
    )
    .page(page, "id")
    .each_of(targets)
    .all()
    .await
}

/// The milestone of this key.
pub async fn milestone_by_id<'c>(on: impl Sql<'c>, id: MilestoneId) -> Result<Option<Milestone>> {
    on.sql("SELECT id, project_id, title, due_on, reached_on, weight FROM milestone WHERE id = $1")
        .bind(id)
        .optional()
        .await
}

/// What standing resolutions leave of what a micro-grant was awarded; `None` where no sum was, and for a project.
pub async fn award_left<'c>(on: impl Sql<'c>, target: TargetId) -> Result<Option<Fen>> {
    let found: Option<(Fen,)> = on
        .sql(
            "SELECT CAST(g.awarded - COALESCE((
                 SELECT SUM(d.amount) FROM decision d
                 JOIN motion m ON m.id = d.motion_id AND m.kind IN ('PROJECT', 'ALLOCATION', 'GRANT')
                 WHERE d.target_id = g.id AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = d.id)
             ), 0) AS BIGINT)
             FROM micro_grant g WHERE g.id = $1 AND g.awarded IS NOT NULL",
        )
        .bind(target)
        .optional()
        .await?;
    Ok(found.map(|(left,)| left))
}

/// Adds a target, whose key is given and not read.
pub async fn insert_target(tx: &mut Tx, target: &Target) -> Result<TargetId> {
    let (id,) = tx
        .sql(
            "INSERT INTO target (fund_id, kind, purpose_id, group_id, code, status, residents)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(target.fund_id)
        .bind(target.kind)
        .bind(target.purpose_id)
        .bind(target.group_id)
        .bind(target.code.clone())
        .bind(target.status)
        .bind(target.residents)
        .one()
        .await?;
    Ok(id)
}

/// Adds the project that a target is.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<u64> {
    tx.sql(
        "INSERT INTO project (id, area_id, title, summary, state, proposed_on, moved_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(project.id)
    .bind(project.area_id)
    .bind(project.title.clone())
    .bind(project.summary.clone())
    .bind(project.state)
    .bind(project.proposed_on)
    .bind(project.moved_on)
    .execute()
    .await
}

/// Adds a project's budget.
pub async fn insert_budget(tx: &mut Tx, project: TargetId, lines: &[BudgetLine]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(lines).collect();
    tx.insert_all(
        "INSERT INTO budget_line (project_id, line_no, label, amount) VALUES (..)",
        &numbered,
        |row, (number, line)| row.bind(project).bind(*number).bind(line.label.clone()).bind(line.amount),
    )
    .await
}

/// Adds a project's co-financing plan.
pub async fn insert_plan(tx: &mut Tx, project: TargetId, parts: &[FundingPart]) -> Result<u64> {
    tx.insert_all("INSERT INTO funding_part (project_id, source, amount) VALUES (..)", parts, |row, part| {
        row.bind(project).bind(part.source).bind(part.amount)
    })
    .await
}

/// Adds a project's milestones.
pub async fn insert_milestones(tx: &mut Tx, project: TargetId, milestones: &[MilestoneDraft]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO milestone (project_id, title, due_on, weight) VALUES (..)",
        milestones,
        |row, milestone| row.bind(project).bind(milestone.title.clone()).bind(milestone.due_on).bind(milestone.weight),
    )
    .await
}

/// Adds the micro-grant that a target is.
pub async fn insert_grant(tx: &mut Tx, grant: &MicroGrant) -> Result<u64> {
    tx.sql("INSERT INTO micro_grant (id, title, stage, awarded_on, awarded) VALUES ($1, $2, $3, $4, $5)")
        .bind(grant.id)
        .bind(grant.title.clone())
        .bind(grant.stage)
        .bind(grant.awarded_on)
        .bind(grant.awarded)
        .execute()
        .await
}

/// Writes down that a milestone was reached.
pub async fn set_reached_on(tx: &mut Tx, milestone: MilestoneId, on: NaiveDate) -> Result<u64> {
    tx.sql("UPDATE milestone SET reached_on = $1 WHERE id = $2").bind(on).bind(milestone).execute().await
}

/// Puts a project into a state.
pub async fn set_state(tx: &mut Tx, project: TargetId, state: ProjectState, on: NaiveDate) -> Result<u64> {
    tx.sql("UPDATE project SET state = $1, moved_on = $2 WHERE id = $3")
        .bind(state)
        .bind(on)
        .bind(project)
        .execute()
        .await
}

/// Closes a target to money.
pub async fn set_closed(tx: &mut Tx, target: TargetId) -> Result<u64> {
    tx.sql("UPDATE target SET status = 'CLOSED' WHERE id = $1").bind(target).execute().await
}

/// Records a move.
pub async fn insert_move(
    tx: &mut Tx,
    project: TargetId,
    from: ProjectState,
    to: ProjectState,
    on: NaiveDate,
    actor: PrincipalId,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO project_move (project_id, from_state, to_state, moved_on, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(project)
    .bind(from)
    .bind(to)
    .bind(on)
    .bind(actor)
    .execute()
    .await
}

/// Records money that never entered the fund.
pub async fn insert_external(tx: &mut Tx, draft: &ExternalDraft, actor: PrincipalId) -> Result<ExternalFunding> {
    tx.sql(
        "INSERT INTO external_funding (target_id, source, amount, paid_on, sha256, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6)
         RETURNING id, target_id, source, amount, paid_on, sha256",
    )
    .bind(draft.target)
    .bind(draft.source)
    .bind(draft.amount)
    .bind(draft.paid_on)
    .bind(draft.sha256.clone())
    .bind(actor)
    .one()
    .await
}

/// What is known of these projects when they are to be moved.
pub async fn facts_of<'c>(on: impl Sql<'c>, projects: &[TargetId], today: NaiveDate) -> Result<Vec<Facts>> {
    on.sql(
        "SELECT p.id AS project_id,
                CAST(COALESCE((
                    SELECT SUM(k.balance) FROM account k WHERE k.target_id = p.id AND k.kind IN ('TARGET', 'ADVANCE')
                ), 0) AS BIGINT) AS money_left,
                (SELECT c.outcome FROM acceptance c WHERE c.project_id = p.id AND p.state <> 'COMPLETED'
                 ORDER BY c.id DESC LIMIT 1) AS acceptance,
                (SELECT COUNT(*) FROM evaluation v WHERE v.project_id = p.id) AS evaluated,
                (SELECT COUNT(*) FROM closing_report r WHERE r.project_id = p.id) AS reported,
                f.minimum, f.deadline,
                CAST(CASE WHEN f.deadline < $1 THEN 1 ELSE 0 END AS BIGINT) AS overdue,
                (SELECT COUNT(*) FROM funding_miss m WHERE m.project_id = p.id) AS missed
         FROM project p LEFT JOIN funding_goal f ON f.project_id = p.id
         WHERE p.id IN (..)",
    )
    .bind(today)
    .bind_list(projects)
    .all()
    .await
}

/// Sets how the money of a target is drawn.
pub async fn set_draw(tx: &mut Tx, target: TargetId, draw: DrawRule) -> Result<u64> {
    tx.sql("UPDATE target SET draw = $1 WHERE id = $2").bind(draw).bind(target).execute().await
}

/// Adds who proposed a target.
pub async fn insert_proposer(tx: &mut Tx, target: TargetId, principal: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO target_proposer (target_id, principal_id) VALUES ($1, $2)")
        .bind(target)
        .bind(principal)
        .execute()
        .await
}
