//! Scores and conflicts in the database.

use super::super::{Conflict, Score, Scored};
use crate::{
    db::{Result, Sql, Tx},
    id::{GrantApplicationId, GrantRoundId, PrincipalId},
};

/// What counts of each application that passed in these rounds: the sheets of judges without a conflict, added up.
pub async fn scored_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<Scored>> {
    on.sql(
        "SELECT a.round_id, a.id AS application_id, a.asked,
                COUNT(DISTINCT j.id) AS sheets,
                CAST(COALESCE(SUM(CASE WHEN j.id IS NULL THEN 0 ELSE s.score * c.weight END), 0) AS BIGINT) AS points,
                CAST(CASE WHEN EXISTS (SELECT 1 FROM grant_objection o
                                       WHERE o.application_id = a.id AND o.outcome = 'UPHELD')
                     THEN 1 ELSE 0 END AS BIGINT) AS struck
         FROM grant_application a
         LEFT JOIN grant_score s ON s.application_id = a.id
         LEFT JOIN grant_criterion c ON c.round_id = a.round_id AND c.criterion_no = s.criterion_no
         LEFT JOIN grant_judge j ON j.id = s.judge_id AND COALESCE(j.party_id, 0) <> a.group_id
             AND NOT EXISTS (SELECT 1 FROM judge_conflict x WHERE x.application_id = a.id AND x.judge_id = j.id)
         WHERE a.state = 'PASSED' AND a.round_id IN (..)
         GROUP BY a.round_id, a.id, a.asked ORDER BY a.round_id, a.id",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// What judges gave these applications.
pub async fn scores_of<'c>(on: impl Sql<'c>, applications: &[GrantApplicationId]) -> Result<Vec<Score>> {
    on.sql(
        "SELECT application_id, judge_id, criterion_no, score FROM grant_score
         WHERE application_id IN (..) ORDER BY application_id, judge_id, criterion_no",
    )
    .bind_list(applications)
    .all()
    .await
}

/// Who declared not to score these applications.
pub async fn conflicts_of<'c>(on: impl Sql<'c>, applications: &[GrantApplicationId]) -> Result<Vec<Conflict>> {
    on.sql(
        "SELECT application_id, judge_id, reason FROM judge_conflict
         WHERE application_id IN (..) ORDER BY application_id, judge_id",
    )
    .bind_list(applications)
    .all()
    .await
}

/// Writes a sheet, in place of the one before.
pub async fn put_scores(tx: &mut Tx, scores: &[Score], actor: PrincipalId) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO grant_score (application_id, judge_id, criterion_no, score, principal_id) VALUES (..)
         ON CONFLICT (application_id, judge_id, criterion_no)
         DO UPDATE SET score = excluded.score, principal_id = excluded.principal_id",
        scores,
        |row, one| row.bind(one.application_id).bind(one.judge_id).bind(one.criterion_no).bind(one.score).bind(actor),
    )
    .await
}

/// Adds that a judge does not score an application.
pub async fn insert_conflict(tx: &mut Tx, one: &Conflict, actor: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO judge_conflict (application_id, judge_id, reason, principal_id) VALUES ($1, $2, $3, $4)")
        .bind(one.application_id)
        .bind(one.judge_id)
        .bind(one.reason.clone())
        .bind(actor)
        .execute()
        .await
}
