//! How a project ends: its work is accepted, it is evaluated by those it is for, and it is closed with a report.
//!
//! * Each step is recorded with what it stands on, and moves the project in the same act.
//! * What is recorded stays as it was written.

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{
    Condition, LINES_MAX, Project, ProjectState, RESIDENTS_MAX, SUMMARY_MAX, TITLE_MAX,
    state::{check_day, facts, go, locked},
    store,
};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_digest, check_range, check_size, check_text},
    id::TargetId,
    money::Fraction,
    viewer::{Act, By},
};

/// What came of looking at the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AcceptanceOutcome {
    /// It is as it should be.
    Accepted,
    /// It must be done better: the project is underway again.
    Rework,
}

/// Who evaluated a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Evaluator {
    /// Residents.
    Residents,
    /// A third party, for instance a social work agency.
    ThirdParty,
}

/// A paper that an acceptance stands on.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Paper {
    /// The acceptance; not read where it is recorded.
    pub acceptance_id: i64,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// A look at the work of a project.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Acceptance {
    /// The key.
    pub id: i64,
    /// The project.
    pub project_id: TargetId,
    /// What came of it.
    pub outcome: AcceptanceOutcome,
    /// The day.
    pub accepted_on: Date,
    /// Who looked at it.
    pub accepted_by: String,
    /// What they found.
    pub note: String,
}

/// The social evaluation of a project.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Evaluation {
    /// The project.
    pub project_id: TargetId,
    /// Who evaluated it.
    pub evaluator: Evaluator,
    /// The day.
    pub evaluated_on: Date,
    /// Who asked, as the papers name them.
    pub evaluated_by: String,
    /// How many answered.
    pub respondents: i64,
    /// The most that one of them gives for one criterion.
    pub score_max: i64,
    /// The digest of the sheets.
    pub sha256: String,
}

/// What all respondents together gave for one criterion.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EvaluationScore {
    /// The project.
    pub project_id: TargetId,
    /// The criterion.
    pub criterion: String,
    /// All scores added up.
    pub score_sum: i64,
}

/// How a project closes.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ClosingReport {
    /// The project.
    pub project_id: TargetId,
    /// The day.
    pub reported_on: Date,
    /// What was done, and what came of it.
    pub summary: String,
    /// How many residents it has really served.
    pub served: i64,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// What an acceptance is recorded from.
#[derive(Clone, Debug)]
pub struct AcceptanceDraft {
    /// What it says; its key is not read.
    pub acceptance: Acceptance,
    /// What it stands on.
    pub papers: Vec<Paper>,
}

/// What an evaluation is recorded from.
#[derive(Clone, Debug)]
pub struct EvaluationDraft {
    /// Who evaluated it, and how.
    pub evaluation: Evaluation,
    /// What they gave for each criterion.
    pub scores: Vec<EvaluationScore>,
}

/// What a closing report is recorded from.
pub type ReportDraft = ClosingReport;

/// The most respondents of an evaluation, so that sums of scores stay small.
const RESPONDENTS_MAX: i64 = 10_000_000;
/// The most criteria of an evaluation.
const CRITERIA_MAX: usize = 20;
/// The largest score for one criterion.
const SCORE_MAX: i64 = 100;

impl Evaluation {
    /// The mean of all scores of all criteria, exactly.
    pub fn mean_of(&self, scores: &[EvaluationScore]) -> Option<Fraction> {
        let criteria = i64::try_from(scores.len()).expect("a list in memory is shorter");
        Fraction::new(scores.iter().map(|score| score.score_sum).sum(), self.respondents * criteria)
    }
}

/// Records that somebody looked at the work: the project is accepted, or underway again.
///
/// # Errors
/// Refused for texts, papers and days out of bounds, no paper at all, a project that does not exist, and one that
/// is not completed.
pub async fn accept(tx: &mut Tx, by: By<'_>, draft: &AcceptanceDraft) -> Result<Project> {
    let wanted = &draft.acceptance;
    let project = locked(tx, by, wanted.project_id, Act::Review).await?;
    let (to, condition) = match wanted.outcome {
        AcceptanceOutcome::Accepted => (ProjectState::Accepted, Condition::Accepted),
        AcceptanceOutcome::Rework => (ProjectState::Underway, Condition::Rework),
    };
    let accepted_by = check_text(&wanted.accepted_by, TITLE_MAX, "acceptedBy")?;
    let note = check_text(&wanted.note, SUMMARY_MAX, "note")?;
    check_size(draft.papers.len(), 1, LINES_MAX, "papers")?;
    let paper = |(i, paper): (usize, &Paper)| -> Result<Paper> {
        let name = check_text(&paper.name, TITLE_MAX, &format!("papers.{i}.name"))?;
        let sha256 = check_digest(&paper.sha256, &format!("papers.{i}.sha256"))?;
        Ok(Paper { name, sha256, ..paper.clone() })
    };
    let papers: Vec<Paper> = draft.papers.iter().enumerate().map(paper).collect::<Result<_>>()?;
    let on = wanted.accepted_on.0;
    check_day(by, &project, on, "acceptedOn")?;
    let facts = facts(tx, by, project.id).await?.recorded(condition);
    let accepted = go(tx, by, project, facts, to, on).await?;
    let acceptance = Acceptance { accepted_by, note, ..wanted.clone() };
    let id = store::insert_acceptance(tx, &acceptance, by.viewer.actor()?).await?;
    store::insert_acceptance_papers(tx, id, &papers).await?;
    Ok(accepted)
}

/// Records what residents or a third party thought of an accepted project.
///
/// # Errors
/// Refused for texts, numbers and days out of bounds, a sum of scores above what the respondents could give, a
/// criterion named twice, a project that does not exist, and one that is not accepted.
pub async fn evaluate(tx: &mut Tx, by: By<'_>, draft: &EvaluationDraft) -> Result<Project> {
    let wanted = &draft.evaluation;
    let project = locked(tx, by, wanted.project_id, Act::RunProject).await?;
    let evaluated_by = check_text(&wanted.evaluated_by, TITLE_MAX, "evaluatedBy")?;
    let sha256 = check_digest(&wanted.sha256, "sha256")?;
    check_range(wanted.respondents, 1, RESPONDENTS_MAX, "respondents")?;
    check_range(wanted.score_max, 1, SCORE_MAX, "scoreMax")?;
    check_size(draft.scores.len(), 1, CRITERIA_MAX, "scores")?;
    let mut scores: Vec<EvaluationScore> = vec![];
    for (i, score) in draft.scores.iter().enumerate() {
        let criterion = check_text(&score.criterion, TITLE_MAX, &format!("scores.{i}.criterion"))?;
        if scores.iter().any(|known| known.criterion == criterion) {
            return Err(Refusal::NameTaken { name: criterion }.at(&format!("scores.{i}.criterion")));
        }
        let most = wanted.respondents * wanted.score_max;
        check_range(score.score_sum, 0, most, &format!("scores.{i}.sum"))?;
        scores.push(EvaluationScore { criterion, ..score.clone() });
    }
    let on = wanted.evaluated_on.0;
    check_day(by, &project, on, "evaluatedOn")?;
    let facts = facts(tx, by, project.id).await?.recorded(Condition::Evaluated);
    let evaluated = go(tx, by, project, facts, ProjectState::Evaluated, on).await?;
    let evaluation = Evaluation { evaluated_by, sha256, ..wanted.clone() };
    store::insert_evaluation(tx, &evaluation, by.viewer.actor()?).await?;
    store::insert_scores(tx, evaluation.project_id, &scores).await?;
    Ok(evaluated)
}

/// Closes an evaluated project with its report. What is left of its money was released or given back before.
///
/// # Errors
/// Refused for texts, numbers and days out of bounds, a project that does not exist or is not evaluated, and money
/// that is left in it.
pub async fn close(tx: &mut Tx, by: By<'_>, draft: &ReportDraft) -> Result<Project> {
    let project = locked(tx, by, draft.project_id, Act::RunProject).await?;
    let summary = check_text(&draft.summary, SUMMARY_MAX, "summary")?;
    let name = check_text(&draft.name, TITLE_MAX, "name")?;
    let sha256 = check_digest(&draft.sha256, "sha256")?;
    check_range(draft.served, 0, RESIDENTS_MAX, "served")?;
    let on = draft.reported_on.0;
    check_day(by, &project, on, "reportedOn")?;
    let facts = facts(tx, by, project.id).await?.recorded(Condition::Reported);
    let closed = go(tx, by, project, facts, ProjectState::Closed, on).await?;
    let report = ClosingReport { summary, name, sha256, ..draft.clone() };
    store::insert_report(tx, &report, by.viewer.actor()?).await?;
    Ok(closed)
}

impl Acceptance {
    /// An acceptance whose key is not known yet.
    pub fn new(
        project: TargetId,
        outcome: AcceptanceOutcome,
        on: NaiveDate,
        accepted_by: String,
        note: String,
    ) -> Self {
        Self { id: 0, project_id: project, outcome, accepted_on: on.into(), accepted_by, note }
    }
}
