//! How projects go on and end, in the graph.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::{
    Acceptance, AcceptanceDraft, AcceptanceOutcome, ClosingReport, Evaluation, EvaluationDraft, EvaluationScore,
    Evaluator, Facts, MOVES, Paper, Project, ReportDraft, accept, close, evaluate, may_move, store,
};
use super::{Milestone, MilestonesOf};
use crate::{
    all_of,
    clock::Date,
    error::Result,
    id::{GlobalId, NodeKind, TargetId},
    ledger::graphql::spending::leverage_of_target,
    money::{Fen, Fraction, Money},
    payloads,
    viewer::{Action, Load, Request, value_name},
};

all_of!(/// The acceptances of each project.
    AcceptancesOf, TargetId, Acceptance, store::acceptances_of, |one: &Acceptance| one.project_id);
all_of!(/// What each acceptance stands on.
    PapersOf, i64, Paper, store::papers_of, |paper: &Paper| paper.acceptance_id);
all_of!(/// The evaluation of each project.
    EvaluationsOf, TargetId, Evaluation, store::evaluations_of, |one: &Evaluation| one.project_id);
all_of!(/// The scores of each evaluation.
    ScoresOf, TargetId, EvaluationScore, store::scores_of, |score: &EvaluationScore| score.project_id);
all_of!(/// The closing report of each project.
    ReportsOf, TargetId, ClosingReport, store::reports_of, |report: &ClosingReport| report.project_id);

/// What is known of each project when it is to be moved.
struct FactsOf;

impl Load for FactsOf {
    type Key = TargetId;
    type Value = Facts;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, Facts>> {
        let mut session = request.session().await?;
        let found = store::facts_of(&mut *session, &keys, request.by().today).await?;
        let raised = store::raised_of(&mut *session, &keys).await?;
        Ok(found.into_iter().map(|facts| (facts.project_id, facts.with(&raised))).collect())
    }
}

/// What became of the money that each project did not need.
struct LeftoversOf;

impl Load for LeftoversOf {
    type Key = TargetId;
    type Value = store::Leftovers;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, store::Leftovers>> {
        let found = store::leftovers_of(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|one| (one.target_id, one)).collect())
    }
}

/// What became of the money that a project did not need.
#[derive(SimpleObject)]
pub struct Leftovers {
    /// What went back from it to the fund.
    pub released: Money,
    /// What is in the fund and was given for this project alone: it waits for its givers to agree to another use, or
    /// is given back.
    pub bound: Money,
}

/// The milestones reached of all, by weight; null where there are none.
pub(super) async fn progress(request: &Request, project: TargetId) -> Result<Option<Fraction>> {
    let milestones = request.load::<MilestonesOf>(project).await?.unwrap_or_default();
    let weight = |reached: bool| -> i64 {
        let counted = |one: &&Milestone| !reached || one.reached_on.is_some();
        milestones.iter().filter(counted).map(|one| one.weight).sum()
    };
    Ok(Fraction::new(weight(true), weight(false)))
}

/// What all spent money comes to for each resident it serves; null while nobody is.
pub(super) async fn cost_per_beneficiary(request: &Request, project: &Project) -> Result<Option<Money>> {
    let total = leverage_of_target(request, project.id).await?.total.amount.0;
    let served = served(request, project).await?;
    Ok((served > 0).then(|| Fen(total.0 / served).into()))
}

async fn served(request: &Request, project: &Project) -> Result<i64> {
    Ok(report(request, project.id).await?.map_or(project.residents, |report| report.served))
}

pub(super) async fn leftovers(request: &Request, project: TargetId) -> Result<Leftovers> {
    let found = request.need::<LeftoversOf>(project).await?;
    Ok(Leftovers { released: found.released.into(), bound: found.bound.into() })
}

pub(super) async fn acceptances(request: &Request, project: TargetId) -> Result<Vec<Acceptance>> {
    Ok(request.load::<AcceptancesOf>(project).await?.unwrap_or_default())
}

pub(super) async fn evaluation(request: &Request, project: TargetId) -> Result<Option<Evaluation>> {
    Ok(request.load::<EvaluationsOf>(project).await?.and_then(|mut found| found.pop()))
}

pub(super) async fn report(request: &Request, project: TargetId) -> Result<Option<ClosingReport>> {
    Ok(request.load::<ReportsOf>(project).await?.and_then(|mut found| found.pop()))
}

/// The moves that lead on from where the project is, each asked of the function that decides.
pub(super) async fn actions(request: &Request, project: &Project) -> Result<Vec<Action>> {
    let facts = request.need::<FactsOf>(project.id).await?;
    let onward = MOVES.iter().filter(|(from, ..)| *from == project.state);
    let action = |(_, to, _, condition): &super::super::Move| {
        let outcome = may_move(&request.viewer, project, facts.recorded(*condition), *to);
        Action::new(request, condition.mutation(), Some(value_name(*to)), outcome)
    };
    onward.map(action).collect()
}

/// A look at the work of a project, by those who did not do it.
#[Object]
impl Acceptance {
    /// What came of it.
    async fn outcome(&self) -> AcceptanceOutcome {
        self.outcome
    }

    /// The day.
    async fn accepted_on(&self) -> Date {
        self.accepted_on
    }

    /// Who looked at it: a body or an office, as the papers name it.
    async fn accepted_by(&self) -> &str {
        &self.accepted_by
    }

    /// What was found.
    async fn note(&self) -> &str {
        &self.note
    }

    /// What it stands on; 100 at most.
    async fn papers(&self, ctx: &Context<'_>) -> Result<Vec<Paper>> {
        Ok(Request::of(ctx).load::<PapersOf>(self.id).await?.unwrap_or_default())
    }
}

/// A paper that an acceptance stands on.
#[Object(name = "AcceptancePaper")]
impl Paper {
    /// What the file is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Its SHA-256 digest, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// What residents or a third party thought of a project.
#[Object]
impl Evaluation {
    /// Who evaluated it.
    async fn evaluator(&self) -> Evaluator {
        self.evaluator
    }

    /// The day.
    async fn evaluated_on(&self) -> Date {
        self.evaluated_on
    }

    /// Who asked, as the papers name them.
    async fn evaluated_by(&self) -> &str {
        &self.evaluated_by
    }

    /// How many answered.
    async fn respondents(&self) -> i64 {
        self.respondents
    }

    /// The most that one of them gives for one criterion.
    async fn score_max(&self) -> i64 {
        self.score_max
    }

    /// The SHA-256 digest of the sheets, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What they gave for each criterion; 20 at most.
    async fn scores(&self, ctx: &Context<'_>) -> Result<Vec<ScoreNode>> {
        let scores = Request::of(ctx).load::<ScoresOf>(self.project_id).await?.unwrap_or_default();
        Ok(scores.into_iter().map(|score| ScoreNode { score, respondents: self.respondents }).collect())
    }

    /// The mean of all scores of all criteria.
    async fn mean(&self, ctx: &Context<'_>) -> Result<Option<Fraction>> {
        let scores = Request::of(ctx).load::<ScoresOf>(self.project_id).await?.unwrap_or_default();
        Ok(self.mean_of(&scores))
    }
}

/// What all respondents together gave for one criterion.
pub struct ScoreNode {
    score: EvaluationScore,
    respondents: i64,
}

/// What all respondents together gave for one criterion.
#[Object(name = "EvaluationScore")]
impl ScoreNode {
    /// The criterion.
    async fn criterion(&self) -> &str {
        &self.score.criterion
    }

    /// All scores added up.
    async fn sum(&self) -> i64 {
        self.score.score_sum
    }

    /// The mean of them.
    async fn mean(&self) -> Option<Fraction> {
        Fraction::new(self.score.score_sum, self.respondents)
    }
}

/// How a project closed.
#[Object]
impl ClosingReport {
    /// The day.
    async fn reported_on(&self) -> Date {
        self.reported_on
    }

    /// What was done, and what came of it.
    async fn summary(&self) -> &str {
        &self.summary
    }

    /// How many residents it has really served.
    async fn served(&self) -> i64 {
        self.served
    }

    /// What the file is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Its SHA-256 digest, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// A paper that an acceptance stands on.
#[derive(InputObject)]
pub struct AcceptancePaperInput {
    /// What the file is called, at most 200 characters.
    pub name: String,
    /// Its SHA-256 digest, as 64 hexadecimal digits.
    pub sha256: String,
}

/// What came of looking at the work of a project.
#[derive(InputObject)]
pub struct ProjectAcceptInput {
    /// The project, which is completed.
    pub project_id: GlobalId,
    /// ACCEPTED, or REWORK, which puts the project underway again.
    pub outcome: AcceptanceOutcome,
    /// The day, not to come and not before it was completed.
    pub accepted_on: Date,
    /// Who looked at it: a body or an office, at most 200 characters. It is published: name no private person.
    pub accepted_by: String,
    /// What was found, at most 4000 characters.
    pub note: String,
    /// What it stands on, for instance photos and the signed record; 1 to 100.
    pub papers: Vec<AcceptancePaperInput>,
}

/// What was given for one criterion.
#[derive(InputObject)]
pub struct EvaluationScoreInput {
    /// The criterion, at most 200 characters, once.
    pub criterion: String,
    /// All respondents' scores added up, at most as many times `scoreMax` as there are respondents.
    pub sum: i64,
}

/// What residents or a third party thought of a project.
#[derive(InputObject)]
pub struct ProjectEvaluateInput {
    /// The project, which is accepted.
    pub project_id: GlobalId,
    /// Who evaluated it.
    pub evaluator: Evaluator,
    /// The day, not to come and not before it was accepted.
    pub evaluated_on: Date,
    /// Who asked, at most 200 characters. It is published: name no private person.
    pub evaluated_by: String,
    /// How many answered.
    pub respondents: i64,
    /// The most that one of them gives for one criterion, 1 to 100.
    pub score_max: i64,
    /// What they gave for each criterion; 1 to 20.
    pub scores: Vec<EvaluationScoreInput>,
    /// The SHA-256 digest of the sheets, as 64 hexadecimal digits.
    pub sha256: String,
}

/// How a project closes.
#[derive(InputObject)]
pub struct ProjectCloseInput {
    /// The project, which is evaluated and has no money left in it.
    pub project_id: GlobalId,
    /// The day, not to come and not before it was evaluated.
    pub reported_on: Date,
    /// What was done, and what came of it, at most 4000 characters.
    pub summary: String,
    /// How many residents it has really served.
    pub served: i64,
    /// What the file of the report is called, at most 200 characters.
    pub name: String,
    /// Its SHA-256 digest, as 64 hexadecimal digits.
    pub sha256: String,
}

payloads! { project: Project, "project";
    /// What came of recording an acceptance.
    ProjectAcceptPayload
    /// What came of recording an evaluation.
    ProjectEvaluatePayload
    /// What came of closing a project.
    ProjectClosePayload
}

/// Mutations at the end of projects.
#[derive(Default)]
pub struct ProjectEndMutation;

fn project_of(id: GlobalId) -> Result<TargetId> {
    Ok(TargetId(id.key_of(NodeKind::Project)?))
}

#[Object]
impl ProjectEndMutation {
    /// Records that somebody looked at the work of a project, and accepts it or sends it back. For committee members,
    /// street and host officers: not for those who did the work.
    async fn project_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who looked at what, and what came of it.")] input: ProjectAcceptInput,
    ) -> Result<ProjectAcceptPayload> {
        let project = project_of(input.project_id)?;
        let (by, note) = (input.accepted_by, input.note);
        let paper = |one: AcceptancePaperInput| Paper { acceptance_id: 0, name: one.name, sha256: one.sha256 };
        let draft = AcceptanceDraft {
            acceptance: Acceptance::new(project, input.outcome, input.accepted_on.into(), by, note),
            papers: input.papers.into_iter().map(paper).collect(),
        };
        Ok(Request::of(ctx).write(async |tx, by| accept(tx, by, &draft).await).await?.into())
    }

    /// Records what residents or a third party thought of an accepted project. For staff of the fund.
    async fn project_evaluate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who was asked, and what they said.")] input: ProjectEvaluateInput,
    ) -> Result<ProjectEvaluatePayload> {
        let project_id = project_of(input.project_id)?;
        let score =
            |one: EvaluationScoreInput| EvaluationScore { project_id, criterion: one.criterion, score_sum: one.sum };
        let draft = EvaluationDraft {
            scores: input.scores.into_iter().map(score).collect(),
            evaluation: Evaluation {
                project_id,
                evaluator: input.evaluator,
                evaluated_on: input.evaluated_on,
                evaluated_by: input.evaluated_by,
                respondents: input.respondents,
                score_max: input.score_max,
                sha256: input.sha256,
            },
        };
        Ok(Request::of(ctx).write(async |tx, by| evaluate(tx, by, &draft).await).await?.into())
    }

    /// Closes an evaluated project with its report. For staff of the fund.
    async fn project_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was done, and for how many.")] input: ProjectCloseInput,
    ) -> Result<ProjectClosePayload> {
        let draft = ReportDraft {
            project_id: project_of(input.project_id)?,
            reported_on: input.reported_on,
            summary: input.summary,
            served: input.served,
            name: input.name,
            sha256: input.sha256,
        };
        Ok(Request::of(ctx).write(async |tx, by| close(tx, by, &draft).await).await?.into())
    }
}
