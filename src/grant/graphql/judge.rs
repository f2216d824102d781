//! Judges, their sheets and conflicts in the graph.

use async_graphql::{Context, ID, InputObject, Object};

use super::super::{Conflict, Judge, Round, Score, Sheet, declare, score};
use super::{
    CriteriaOf,
    apply::{GrantApplicationById, GrantApplicationNode},
};
use crate::{
    error::{Result, UserError},
    id::{GlobalId, GrantApplicationId, GrantJudgeId, NodeKind},
    party::{PartyById, PartyNode},
    payloads,
    viewer::{Act, Request},
};

/// Somebody who scores in a round.
#[derive(Clone, Debug)]
pub struct JudgeNode {
    /// The judge.
    pub judge: Judge,
    /// The round, for who may read the name.
    pub round: Round,
}

/// Somebody who scores in a round.
#[Object(name = "GrantJudge")]
impl JudgeNode {
    /// The judge's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::GrantJudge, self.judge.id).into()
    }

    /// The number in the round, from 1.
    async fn number(&self) -> i64 {
        self.judge.judge_no
    }

    /// Who it is, as the papers name them; null for those who may not read the fund's journal.
    async fn name(&self, ctx: &Context<'_>) -> Option<&str> {
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, self.round.on());
        may.then_some(self.judge.name.as_str())
    }

    /// The party that the judge is of, whose own application is not theirs to score; null where none was named.
    async fn party(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        Some(Request::of(ctx).need::<PartyById>(self.judge.party_id?).await.map(Into::into))
    }
}

/// All that a judge gives an application.
pub struct SheetNode {
    judge: JudgeNode,
    scores: Vec<Score>,
    counts: bool,
}

impl SheetNode {
    /// The sheet of a judge, and whether it counts.
    pub fn new(judge: JudgeNode, scores: Vec<Score>, counts: bool) -> Self {
        Self { judge, scores, counts }
    }
}

/// All that a judge gives an application.
#[Object(name = "GrantSheet")]
impl SheetNode {
    /// The judge.
    async fn judge(&self) -> JudgeNode {
        self.judge.clone()
    }

    /// A score for every criterion; 20 at most.
    async fn scores(&self) -> Vec<ScoreNode> {
        self.scores.iter().map(|score| ScoreNode(*score)).collect()
    }

    /// The scores times their weights, added up.
    async fn points(&self, ctx: &Context<'_>) -> Result<i64> {
        let criteria = Request::of(ctx).load::<CriteriaOf>(self.judge.round.id).await?.unwrap_or_default();
        let weight = |number: i64| criteria.iter().find(|one| one.criterion_no == number).map_or(0, |one| one.weight);
        Ok(self.scores.iter().map(|one| one.score * weight(one.criterion_no)).sum())
    }

    /// Whether it counts; false once its judge has declared a conflict.
    async fn counts(&self) -> bool {
        self.counts
    }
}

/// What a judge gives for one criterion.
pub struct ScoreNode(Score);

/// What a judge gives for one criterion.
#[Object(name = "GrantScore")]
impl ScoreNode {
    /// The number of the criterion in the round.
    async fn criterion(&self) -> i64 {
        self.0.criterion_no
    }

    /// How much, up to the criterion's largest score.
    async fn score(&self) -> i64 {
        self.0.score
    }
}

/// A judge who does not score an application.
pub struct ConflictNode {
    /// What was declared.
    pub conflict: Conflict,
    /// The judge.
    pub judge: JudgeNode,
}

/// A judge who does not score an application.
#[Object(name = "JudgeConflict")]
impl ConflictNode {
    /// The judge.
    async fn judge(&self) -> JudgeNode {
        self.judge.clone()
    }

    /// Why; null for those who may not read the fund's journal.
    async fn reason(&self, ctx: &Context<'_>) -> Option<&str> {
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, self.judge.round.on());
        may.then_some(self.conflict.reason.as_str())
    }
}

/// What a judge gives for one criterion.
#[derive(InputObject)]
pub struct GrantScoreInput {
    /// The number of the criterion in the round.
    pub criterion: i64,
    /// How much, from 0 to the criterion's largest score.
    pub score: i64,
}

/// All that a judge gives an application.
#[derive(InputObject)]
pub struct ScoreSheetSubmitInput {
    /// The application.
    pub application_id: GlobalId,
    /// The judge.
    pub judge_id: GlobalId,
    /// A score for every criterion of the round, each once.
    pub scores: Vec<GrantScoreInput>,
}

/// Which judge does not score which application.
#[derive(InputObject)]
pub struct JudgeConflictDeclareInput {
    /// The application.
    pub application_id: GlobalId,
    /// The judge.
    pub judge_id: GlobalId,
    /// Why, in at most 4000 characters: an interest, or that the judge is absent.
    pub reason: String,
}

payloads! { application: GrantApplicationNode, "application";
    /// What came of handing in a sheet.
    ScoreSheetSubmitPayload
    /// What came of declaring that a judge does not score.
    JudgeConflictDeclarePayload
}

/// The key of an application.
pub fn application_of(id: GlobalId) -> Result<GrantApplicationId> {
    Ok(GrantApplicationId(id.key_of(NodeKind::GrantApplication)?))
}

fn judge_of(id: GlobalId) -> Result<GrantJudgeId> {
    Ok(GrantJudgeId(id.key_of(NodeKind::GrantJudge)?))
}

/// The application that something was done to, and why it was not.
pub async fn shown(
    request: &Request,
    done: Option<GrantApplicationId>,
    user_errors: Vec<UserError>,
) -> Result<(Option<GrantApplicationNode>, Vec<UserError>)> {
    let application = match done {
        Some(id) => Some(GrantApplicationNode(request.need::<GrantApplicationById>(id).await?)),
        None => None,
    };
    Ok((application, user_errors))
}

/// Mutations of judges.
#[derive(Default)]
pub struct JudgeMutation;

#[Object]
impl JudgeMutation {
    /// Hands in a judge's sheet for an application, in place of the one before. For the judge; where the judge has no
    /// access of their own, for members of the committee, street and host officers.
    async fn score_sheet_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who gives what.")] input: ScoreSheetSubmitInput,
    ) -> Result<ScoreSheetSubmitPayload> {
        let request = Request::of(ctx);
        let (application, judge) = (application_of(input.application_id)?, judge_of(input.judge_id)?);
        let one = |given: GrantScoreInput| Score {
            application_id: application,
            judge_id: judge,
            criterion_no: given.criterion,
            score: given.score,
        };
        let sheet = Sheet { application, judge, scores: input.scores.into_iter().map(one).collect() };
        let (done, user_errors) = request.write(async |tx, by| score(tx, by, &sheet).await).await?;
        Ok(shown(request, done.map(|one| one.id), user_errors).await?.into())
    }

    /// Declares that a judge does not score an application; a sheet from before does not count any more. For members of
    /// the committee, street and host officers.
    async fn judge_conflict_declare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which judge, which application, and why.")] input: JudgeConflictDeclareInput,
    ) -> Result<JudgeConflictDeclarePayload> {
        let request = Request::of(ctx);
        let conflict = Conflict {
            application_id: application_of(input.application_id)?,
            judge_id: judge_of(input.judge_id)?,
            reason: input.reason,
        };
        let (done, user_errors) = request.write(async |tx, by| declare(tx, by, &conflict).await).await?;
        Ok(shown(request, done.map(|one| one.id), user_errors).await?.into())
    }
}
