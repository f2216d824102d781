//! What projects were accepted, evaluated and reported by, in the database.

use super::super::{Acceptance, ClosingReport, Evaluation, EvaluationScore, Paper};
use crate::{
    db::{Result, Sql, Tx},
    id::{PrincipalId, TargetId},
    money::Fen,
};

/// What became of the money that a project did not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Leftovers {
    /// The project.
    pub target_id: TargetId,
    /// What went back from it to the fund.
    pub released: Fen,
    /// What is in the fund and was given for this project alone.
    pub bound: Fen,
}

/// The acceptances of projects, the first first.
pub async fn acceptances_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<Acceptance>> {
    on.sql(
        "SELECT id, project_id, outcome, accepted_on, accepted_by, note FROM acceptance
         WHERE project_id IN (..) ORDER BY project_id, id",
    )
    .bind_list(projects)
    .all()
    .await
}

/// What acceptances stand on.
pub async fn papers_of<'c>(on: impl Sql<'c>, acceptances: &[i64]) -> Result<Vec<Paper>> {
    on.sql(
        "SELECT acceptance_id, name, sha256 FROM acceptance_paper
         WHERE acceptance_id IN (..) ORDER BY acceptance_id, line_no",
    )
    .bind_list(acceptances)
    .all()
    .await
}

/// The evaluations of projects.
pub async fn evaluations_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<Evaluation>> {
    on.sql(
        "SELECT project_id, evaluator, evaluated_on, evaluated_by, respondents, score_max, sha256 FROM evaluation
         WHERE project_id IN (..)",
    )
    .bind_list(projects)
    .all()
    .await
}

/// The scores of evaluations, in the order of their criteria.
pub async fn scores_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<EvaluationScore>> {
    on.sql(
        "SELECT project_id, criterion, score_sum FROM evaluation_score
         WHERE project_id IN (..) ORDER BY project_id, line_no",
    )
    .bind_list(projects)
    .all()
    .await
}

/// The closing reports of projects.
pub async fn reports_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<ClosingReport>> {
    on.sql("SELECT project_id, reported_on, summary, served, name, sha256 FROM closing_report WHERE project_id IN (..)")
        .bind_list(projects)
        .all()
        .await
}

/// What became of the money that projects did not need.
pub async fn leftovers_of<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<Leftovers>> {
    on.sql(
        "SELECT t.id AS target_id,
                CAST(COALESCE((
                    SELECT SUM(p.amount) FROM account s
                    JOIN posting p ON p.source_id = s.id
                    JOIN account d ON d.id = p.destination_id AND d.kind = 'POOL'
                    JOIN entry e ON e.id = p.entry_id AND e.kind IN ('RELEASE', 'RETURN')
                    WHERE s.target_id = t.id
                      AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)), 0) AS BIGINT) AS released,
                CAST(COALESCE((
                    SELECT SUM(h.amount) FROM earmark k
                    JOIN holding h ON h.earmark_id = k.id
                    JOIN account a ON a.id = h.account_id AND a.kind = 'POOL'
                    WHERE k.target_id = t.id AND a.fund_id = t.fund_id), 0) AS BIGINT) AS bound
         FROM target t WHERE t.id IN (..)",
    )
    .bind_list(projects)
    .all()
    .await
}

/// Adds an acceptance, whose key is given and not read.
pub async fn insert_acceptance(tx: &mut Tx, acceptance: &Acceptance, actor: PrincipalId) -> Result<i64> {
    let (id,) = tx
        .sql(
            "INSERT INTO acceptance (project_id, outcome, accepted_on, accepted_by, note, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(acceptance.project_id)
        .bind(acceptance.outcome)
        .bind(acceptance.accepted_on)
        .bind(acceptance.accepted_by.clone())
        .bind(acceptance.note.clone())
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Adds what an acceptance stands on.
pub async fn insert_acceptance_papers(tx: &mut Tx, acceptance: i64, papers: &[Paper]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(papers).collect();
    tx.insert_all(
        "INSERT INTO acceptance_paper (acceptance_id, line_no, name, sha256) VALUES (..)",
        &numbered,
        |row, (number, paper)| row.bind(acceptance).bind(*number).bind(paper.name.clone()).bind(paper.sha256.clone()),
    )
    .await
}

/// Adds an evaluation.
pub async fn insert_evaluation(tx: &mut Tx, evaluation: &Evaluation, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO evaluation (project_id, evaluator, evaluated_on, evaluated_by, respondents, score_max, sha256,
                                 principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(evaluation.project_id)
    .bind(evaluation.evaluator)
    .bind(evaluation.evaluated_on)
    .bind(evaluation.evaluated_by.clone())
    .bind(evaluation.respondents)
    .bind(evaluation.score_max)
    .bind(evaluation.sha256.clone())
    .bind(actor)
    .execute()
    .await
}

/// Adds the scores of an evaluation.
pub async fn insert_scores(tx: &mut Tx, project: TargetId, scores: &[EvaluationScore]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(scores).collect();
    tx.insert_all(
        "INSERT INTO evaluation_score (project_id, line_no, criterion, score_sum) VALUES (..)",
        &numbered,
        |row, (number, score)| row.bind(project).bind(*number).bind(score.criterion.clone()).bind(score.score_sum),
    )
    .await
}

/// Adds a closing report.
pub async fn insert_report(tx: &mut Tx, report: &ClosingReport, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO closing_report (project_id, reported_on, summary, served, name, sha256, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(report.project_id)
    .bind(report.reported_on)
    .bind(report.summary.clone())
    .bind(report.served)
    .bind(report.name.clone())
    .bind(report.sha256.clone())
    .bind(actor)
    .execute()
    .await
}
