//! What is done to rounds and applications through the graph.

use async_graphql::{Context, InputObject, Object};

use super::super::{
    ApplicationDraft, Award, Check, CheckOutcome, Criterion, JudgeDraft, ObjectionDraft, ObjectionOutcome, Round,
    RoundDraft, RoundState, Settlement, advance, award, check, object, open, settle, submit,
};
use super::{
    GrantRoundNode,
    apply::{GrantApplicationById, GrantApplicationNode, ObjectionNode},
    judge::{application_of, shown},
};
use crate::{
    clock::Date,
    error::{Result, UserError},
    grant::Objection,
    id::{FundId, GlobalId, GrantObjectionId, GrantRoundId, NodeKind, PurposeId},
    ledger::idem::Once,
    money::{Fen, MoneyInput},
    payloads,
    project::GrantStage,
    viewer::Request,
};

/// What judges score by.
#[derive(InputObject)]
pub struct GrantCriterionInput {
    /// What is judged, at most 200 characters, once in the round.
    pub name: String,
    /// How many times a score counts, 1 to 1000.
    #[graphql(default = 1)]
    pub weight: i64,
    /// The largest score, 1 to 100.
    pub score_max: i64,
}

/// Somebody who scores in a round.
#[derive(InputObject)]
pub struct GrantJudgeInput {
    /// Who it is, as the papers name them, at most 200 characters.
    pub name: String,
    /// The name of the principal whose tokens score for the judge; left out, the sheets are entered for them.
    pub principal: Option<String>,
    /// The party that the judge is of, whose own application is not theirs to score.
    pub party_id: Option<GlobalId>,
}

/// What a round is opened from.
#[derive(InputObject)]
pub struct GrantRoundOpenInput {
    /// Whose money it awards.
    pub fund_id: GlobalId,
    /// What the grants are for: a purpose of the fund's allow-list or one below it.
    pub purpose_id: GlobalId,
    /// Its short name, at most 40 characters, once in the fund.
    pub code: String,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// What is called for, at most 4000 characters.
    pub call_text: String,
    /// The most that all its awards come to.
    pub budget: MoneyInput,
    /// The most of one award.
    pub grant_max: MoneyInput,
    /// The steps of the ladder that it is for; 1 to 3.
    pub stages: Vec<GrantStage>,
    /// What judges score by; 1 to 20.
    pub criteria: Vec<GrantCriterionInput>,
    /// Who scores; 1 to 30.
    pub judges: Vec<GrantJudgeInput>,
    /// The day its call is published, not to come.
    pub opened_on: Date,
    /// The last day of applications.
    pub closes_on: Date,
    /// How many days objections are taken once the ranking is published, 5 to 90.
    #[graphql(default = 7)]
    pub objection_days: i64,
}

impl GrantRoundOpenInput {
    fn read(self) -> Result<RoundDraft> {
        // The key, and with it the round of each criterion, is the database's.
        let round_id = GrantRoundId(0);
        let criterion = |(number, one): (i64, GrantCriterionInput)| Criterion {
            round_id,
            criterion_no: number,
            name: one.name,
            weight: one.weight,
            score_max: one.score_max,
        };
        let judge = |one: GrantJudgeInput| -> Result<JudgeDraft> {
            let party = one.party_id.map(GlobalId::party).transpose()?;
            Ok(JudgeDraft { name: one.name, principal: one.principal, party })
        };
        Ok(RoundDraft {
            round: Round {
                id: round_id,
                fund_id: FundId(self.fund_id.key_of(NodeKind::Fund)?),
                purpose_id: PurposeId(self.purpose_id.key_of(NodeKind::Purpose)?),
                code: self.code,
                title: self.title,
                call_text: self.call_text,
                budget: self.budget.into(),
                grant_max: self.grant_max.into(),
                closes_on: self.closes_on,
                objection_days: self.objection_days,
                state: RoundState::Call,
                opened_on: self.opened_on,
                moved_on: self.opened_on,
                objections_to: None,
                area_path: String::new(),
            },
            stages: self.stages,
            criteria: (1..).zip(self.criteria).map(criterion).collect(),
            judges: self.judges.into_iter().map(judge).collect::<Result<_>>()?,
        })
    }
}

/// Where a round goes on to.
#[derive(InputObject)]
pub struct GrantRoundAdvanceInput {
    /// The round.
    pub round_id: GlobalId,
    /// The state it comes to.
    pub state: RoundState,
    /// The day, not to come and not before the last move.
    pub moved_on: Date,
}

/// What an application is handed in from.
#[derive(InputObject)]
pub struct GrantApplicationSubmitInput {
    /// The round.
    pub round_id: GlobalId,
    /// Which group applies; its application before, where it was not checked or was sent back, is replaced.
    pub group_id: GlobalId,
    /// For which step of the ladder; GROWTH and EXCELLENCE need a grant of the step before that passed its evaluation.
    pub stage: GrantStage,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// What is to be done, how and with whom, at most 4000 characters.
    pub plan: String,
    /// How much is asked for, at most the round's largest grant.
    pub asked: MoneyInput,
    /// How many residents it is to serve.
    #[graphql(default)]
    pub residents: i64,
    /// The day it is handed in, not to come and not after the last day of applications.
    pub submitted_on: Date,
}

/// What came of checking an application.
#[derive(InputObject)]
pub struct GrantApplicationCheckInput {
    /// The application.
    pub application_id: GlobalId,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// Why, in at most 4000 characters.
    pub reason: String,
    /// The day, not to come and not before it was handed in.
    pub checked_on: Date,
}

/// What is said against an application.
#[derive(InputObject)]
pub struct GrantObjectionRecordInput {
    /// The application.
    pub application_id: GlobalId,
    /// What is said against it, at most 4000 characters.
    pub objection: String,
    /// The day it was raised, while objections are taken.
    pub raised_on: Date,
}

/// How an objection is settled.
#[derive(InputObject)]
pub struct GrantObjectionSettleInput {
    /// The objection.
    pub objection_id: GlobalId,
    /// UPHELD, which puts the application out of the ranking, or DISMISSED.
    pub outcome: ObjectionOutcome,
    /// What is answered, at most 4000 characters.
    pub answer: String,
    /// The day, not to come and not before it was raised.
    pub settled_on: Date,
}

/// What an application is awarded.
#[derive(InputObject)]
pub struct GrantApplicationAwardInput {
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
    /// The application, which the ranking reaches with the round's budget.
    pub application_id: GlobalId,
    /// The short name of the micro-grant, at most 40 characters, once in the fund.
    pub code: String,
    /// How much: at most what is asked for, and what is left of the budget.
    pub amount: MoneyInput,
    /// The day, not to come and not before awards began.
    pub awarded_on: Date,
}

payloads! { round: GrantRoundNode, "round";
    /// What came of opening a round.
    GrantRoundOpenPayload
    /// What came of moving a round on.
    GrantRoundAdvancePayload
}

payloads! { application: GrantApplicationNode, "application";
    /// What came of handing in an application.
    GrantApplicationSubmitPayload
    /// What came of checking an application.
    GrantApplicationCheckPayload
    /// What came of awarding a grant to an application.
    GrantApplicationAwardPayload
}

payloads! { objection: ObjectionNode, "objection";
    /// What came of recording an objection.
    GrantObjectionRecordPayload
    /// What came of settling an objection.
    GrantObjectionSettlePayload
}

/// The objection that something was done to, with the round of its application.
async fn objection_shown(
    request: &Request,
    done: (Option<Objection>, Vec<UserError>),
) -> Result<(Option<ObjectionNode>, Vec<UserError>)> {
    let (Some(objection), user_errors) = done else { return Ok((None, done.1)) };
    let application = request.need::<GrantApplicationById>(objection.application_id).await?;
    let round = request.need::<super::GrantRoundById>(application.round_id).await?;
    Ok((Some(ObjectionNode { objection, round }), user_errors))
}

fn round_of(id: GlobalId) -> Result<GrantRoundId> {
    Ok(GrantRoundId(id.key_of(NodeKind::GrantRound)?))
}

/// Mutations of rounds of grants and applications.
#[derive(Default)]
pub struct GrantMutation;

#[Object]
impl GrantMutation {
    /// Opens a round of micro-grants with its call. For staff of the fund.
    async fn grant_round_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is called for, and how it is judged.")] input: GrantRoundOpenInput,
    ) -> Result<GrantRoundOpenPayload> {
        let draft = input.read()?;
        let (done, user_errors) = Request::of(ctx).write(async |tx, by| open(tx, by, &draft).await).await?;
        Ok((done.map(GrantRoundNode), user_errors).into())
    }

    /// Moves a round on to another state. For staff of the fund; the end of scoring and of objections is for members of
    /// the committee, street and host officers.
    async fn grant_round_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which round, and where to.")] input: GrantRoundAdvanceInput,
    ) -> Result<GrantRoundAdvancePayload> {
        let (round, to, on) = (round_of(input.round_id)?, input.state, input.moved_on.into());
        let (done, user_errors) = Request::of(ctx).write(async |tx, by| advance(tx, by, round, to, on).await).await?;
        Ok((done.map(GrantRoundNode), user_errors).into())
    }

    /// Hands in a group's application, or hands it in again. For its representative and staff of the fund.
    async fn grant_application_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who applies for what.")] input: GrantApplicationSubmitInput,
    ) -> Result<GrantApplicationSubmitPayload> {
        let draft = ApplicationDraft {
            round: round_of(input.round_id)?,
            group: input.group_id.party()?,
            stage: input.stage,
            title: input.title,
            plan: input.plan,
            asked: Fen::from(input.asked),
            residents: input.residents,
            submitted_on: input.submitted_on.into(),
        };
        let (done, user_errors) = Request::of(ctx).write(async |tx, by| submit(tx, by, &draft).await).await?;
        Ok((done.map(GrantApplicationNode), user_errors).into())
    }

    /// Records what came of checking an application. For staff of the fund.
    async fn grant_application_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which application, what came of it, and why.")] input: GrantApplicationCheckInput,
    ) -> Result<GrantApplicationCheckPayload> {
        let wanted = Check {
            application_id: application_of(input.application_id)?,
            outcome: input.outcome,
            reason: input.reason,
            checked_on: input.checked_on,
        };
        let (done, user_errors) = Request::of(ctx).write(async |tx, by| check(tx, by, &wanted).await).await?;
        Ok((done.map(GrantApplicationNode), user_errors).into())
    }

    /// Records an objection to an application in the published ranking. For staff of the fund.
    async fn grant_objection_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is said against which application.")] input: GrantObjectionRecordInput,
    ) -> Result<GrantObjectionRecordPayload> {
        let request = Request::of(ctx);
        let draft = ObjectionDraft {
            application: application_of(input.application_id)?,
            objection: input.objection,
            raised_on: input.raised_on.into(),
        };
        let done = request.write(async |tx, by| object(tx, by, &draft).await).await?;
        Ok(objection_shown(request, done).await?.into())
    }

    /// Settles an objection. For members of the committee, street and host officers.
    async fn grant_objection_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which objection, and what comes of it.")] input: GrantObjectionSettleInput,
    ) -> Result<GrantObjectionSettlePayload> {
        let request = Request::of(ctx);
        let wanted = Settlement {
            objection: GrantObjectionId(input.objection_id.key_of(NodeKind::GrantObjection)?),
            outcome: input.outcome,
            answer: input.answer,
            settled_on: input.settled_on.into(),
        };
        let done = request.write(async |tx, by| settle(tx, by, &wanted).await).await?;
        Ok(objection_shown(request, done).await?.into())
    }

    /// Awards what an application has won: a micro-grant, which gets money by resolutions of the committee. For staff
    /// and committee members of the fund.
    async fn grant_application_award(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which application, and how much.")] input: GrantApplicationAwardInput,
    ) -> Result<GrantApplicationAwardPayload> {
        let request = Request::of(ctx);
        let wanted = Award {
            application: application_of(input.application_id)?,
            code: input.code,
            amount: input.amount.into(),
            awarded_on: input.awarded_on.into(),
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "grantApplicationAward", &wanted)?;
            award(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(shown(request, done.map(|done| done.application), user_errors).await?.into())
    }
}
