//! Applications, their checks and objections, and what was awarded, in the database.

use super::super::{Application, Check, Objection, Sight};
use crate::{
    db::{Result, Sql, Tx},
    id::{GrantApplicationId, GrantObjectionId, GrantRoundId, PartyId, PrincipalId, TargetId},
    money::Fen,
    page::Page,
    project::GrantStage,
};

/// The applications that `rest` leaves, with their rounds.
macro_rules! application {
    ($rest:expr) => {
        concat!(
            "SELECT a.id, a.round_id, a.group_id, a.stage, a.title, a.plan, a.asked, a.residents, a.state,
                    a.submitted_on, a.target_id
             FROM grant_application a
             JOIN grant_round r ON r.id = a.round_id ",
            $rest
        )
    };
}

/// The applications of these keys.
pub async fn applications_by_ids<'c>(on: impl Sql<'c>, ids: &[GrantApplicationId]) -> Result<Vec<Application>> {
    on.sql(application!("WHERE a.id IN (..)")).bind_list(ids).all().await
}

/// A group's application in a round.
pub async fn application_of<'c>(on: impl Sql<'c>, round: GrantRoundId, group: PartyId) -> Result<Option<Application>> {
    on.sql(application!("WHERE a.round_id = $1 AND a.group_id = $2")).bind(round).bind(group).optional().await
}

/// The applications that won these micro-grants.
pub async fn applications_of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId]) -> Result<Vec<Application>> {
    on.sql(application!("WHERE a.target_id IN (..)")).bind_list(targets).all().await
}

/// The applications of an owner that are in a published ranking, or within the sight that `$1` and three lists are.
macro_rules! seen {
    ($owner:literal) => {
        application!(concat!(
            "WHERE ",
            $owner,
            " = {owner}
               AND ((r.state IN ('OBJECTION', 'AWARD', 'CLOSED') AND a.state = 'PASSED')
                    OR $1 = 1
                    OR a.group_id IN (..)
                    OR r.fund_id IN (..)
                    OR EXISTS (SELECT 1 FROM fund f JOIN area own ON own.id = f.area_id
                               JOIN area held ON substr(own.path, 1, length(held.path)) = held.path
                               WHERE f.id = r.fund_id AND held.path IN (..))) {page}"
        ))
    };
}

async fn seen<'c, O>(
    on: impl Sql<'c>,
    sql: &'static str,
    owners: &[O],
    sight: &Sight,
    page: &Page,
) -> Result<Vec<Application>>
where
    O: for<'t> crate::db::Value<'t> + Copy,
{
    let paths: Vec<&str> = sight.paths.iter().map(String::as_str).collect();
    on.sql(sql)
        .bind(i64::from(sight.all))
        .bind_list(&sight.groups)
        .bind_list(&sight.funds)
        .bind_list(&paths)
        .page(page, "a.id")
        .each_of(owners)
        .all()
        .await
}

/// A page of the applications in each of `rounds` that `sight` reaches.
pub async fn applications_of_rounds<'c>(
    on: impl Sql<'c>,
    rounds: &[GrantRoundId],
    sight: &Sight,
    page: &Page,
) -> Result<Vec<Application>> {
    seen(on, seen!("a.round_id"), rounds, sight, page).await
}

/// A page of the applications of each of `groups` that `sight` reaches.
pub async fn applications_of_groups<'c>(
    on: impl Sql<'c>,
    groups: &[PartyId],
    sight: &Sight,
    page: &Page,
) -> Result<Vec<Application>> {
    seen(on, seen!("a.group_id"), groups, sight, page).await
}

/// How many applications a round has.
pub async fn applications_count<'c>(on: impl Sql<'c>, round: GrantRoundId) -> Result<i64> {
    let (count,) = on.sql("SELECT COUNT(*) FROM grant_application WHERE round_id = $1").bind(round).one().await?;
    Ok(count)
}

/// Whether a group has passed the evaluation of a grant of this step.
pub async fn has_passed<'c>(on: impl Sql<'c>, group: PartyId, stage: GrantStage) -> Result<bool> {
    let found: Option<(TargetId,)> = on
        .sql(
            "SELECT t.id FROM target t
             JOIN micro_grant g ON g.id = t.id AND g.stage = $2
             JOIN grant_contract c ON c.target_id = t.id
             JOIN grant_evaluation v ON v.target_id = t.id AND v.score >= c.pass_score
             WHERE t.group_id = $1 LIMIT 1",
        )
        .bind(group)
        .bind(stage)
        .optional()
        .await?;
    Ok(found.is_some())
}

/// How each of these applications was checked, oldest first.
pub async fn checks_of<'c>(on: impl Sql<'c>, applications: &[GrantApplicationId]) -> Result<Vec<Check>> {
    on.sql(
        "SELECT application_id, outcome, reason, checked_on FROM application_check
         WHERE application_id IN (..) ORDER BY application_id, id",
    )
    .bind_list(applications)
    .all()
    .await
}

/// The objections of these keys.
pub async fn objections_by_ids<'c>(on: impl Sql<'c>, ids: &[GrantObjectionId]) -> Result<Vec<Objection>> {
    on.sql(
        "SELECT id, application_id, objection, raised_on, outcome, answer, settled_on FROM grant_objection
         WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// What was said against each of these applications, oldest first.
pub async fn objections_of<'c>(on: impl Sql<'c>, applications: &[GrantApplicationId]) -> Result<Vec<Objection>> {
    on.sql(
        "SELECT id, application_id, objection, raised_on, outcome, answer, settled_on FROM grant_objection
         WHERE application_id IN (..) ORDER BY application_id, id",
    )
    .bind_list(applications)
    .all()
    .await
}

/// What was awarded in each of these rounds.
pub async fn awarded_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<(GrantRoundId, Fen)>> {
    on.sql(
        "SELECT a.round_id, CAST(COALESCE(SUM(g.awarded), 0) AS BIGINT)
         FROM grant_application a JOIN micro_grant g ON g.id = a.target_id
         WHERE a.round_id IN (..) GROUP BY a.round_id",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// Adds an application, whose key is given and not read.
pub async fn insert_application(tx: &mut Tx, one: &Application, actor: PrincipalId) -> Result<GrantApplicationId> {
    let (id,) = tx
        .sql(
            "INSERT INTO grant_application (round_id, group_id, stage, title, plan, asked, residents, state,
                                            submitted_on, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        )
        .bind(one.round_id)
        .bind(one.group_id)
        .bind(one.stage)
        .bind(one.title.clone())
        .bind(one.plan.clone())
        .bind(one.asked)
        .bind(one.residents)
        .bind(one.state)
        .bind(one.submitted_on)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Writes an application that is handed in again.
pub async fn set_application(tx: &mut Tx, one: &Application, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "UPDATE grant_application SET stage = $1, title = $2, plan = $3, asked = $4, residents = $5, state = $6,
                submitted_on = $7, principal_id = $8
         WHERE id = $9",
    )
    .bind(one.stage)
    .bind(one.title.clone())
    .bind(one.plan.clone())
    .bind(one.asked)
    .bind(one.residents)
    .bind(one.state)
    .bind(one.submitted_on)
    .bind(actor)
    .bind(one.id)
    .execute()
    .await
}

/// Puts an application into its state.
pub async fn set_application_state(tx: &mut Tx, one: &Application) -> Result<u64> {
    tx.sql("UPDATE grant_application SET state = $1 WHERE id = $2").bind(one.state).bind(one.id).execute().await
}

/// Links an application with the micro-grant that it won.
pub async fn set_won(tx: &mut Tx, application: GrantApplicationId, grant: TargetId) -> Result<u64> {
    tx.sql("UPDATE grant_application SET target_id = $1 WHERE id = $2 AND target_id IS NULL")
        .bind(grant)
        .bind(application)
        .execute()
        .await
}

/// Adds a look at an application.
pub async fn insert_check(tx: &mut Tx, check: &Check, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO application_check (application_id, outcome, reason, checked_on, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(check.application_id)
    .bind(check.outcome)
    .bind(check.reason.clone())
    .bind(check.checked_on)
    .bind(actor)
    .execute()
    .await
}

/// Adds an objection, whose key is given and not read.
pub async fn insert_objection(tx: &mut Tx, one: &Objection, actor: PrincipalId) -> Result<GrantObjectionId> {
    let (id,) = tx
        .sql(
            "INSERT INTO grant_objection (application_id, objection, raised_on, recorder_id)
             VALUES ($1, $2, $3, $4) RETURNING id",
        )
        .bind(one.application_id)
        .bind(one.objection.clone())
        .bind(one.raised_on)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Writes down what came of an objection.
pub async fn set_settled(tx: &mut Tx, one: &Objection, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "UPDATE grant_objection SET outcome = $1, answer = $2, settled_on = $3, settler_id = $4
         WHERE id = $5 AND outcome IS NULL",
    )
    .bind(one.outcome)
    .bind(one.answer.clone())
    .bind(one.settled_on)
    .bind(actor)
    .bind(one.id)
    .execute()
    .await
}
