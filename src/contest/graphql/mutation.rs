//! What is done to contests through the graph.

use async_graphql::{Context, InputObject, Object};

use super::super::{
    ContestCriterion, ContestDraft, ContestState, Counted, EntryDraft, JudgeDraft, Sheet, advance, close, count, open,
    propose, score,
};
use super::{ContestNode, ContestProposalNode};
use crate::{
    clock::Date,
    error::Result,
    id::{AreaId, ContestId, ContestProposalId, FundId, GlobalId, NodeKind, PurposeId},
    money::MoneyInput,
    payloads,
    project::{BudgetLineInput, FundingPartInput, MilestoneInput, Proposal},
    viewer::Request,
};

/// What is scored.
#[derive(InputObject)]
pub struct ContestCriterionInput {
    /// What is looked at, at most 200 characters, once.
    pub name: String,
    /// How often a score counts, 1 to 1000.
    #[graphql(default = 1)]
    pub weight: i64,
    /// The largest score, 1 to 100.
    pub score_max: i64,
}

/// Who scores.
#[derive(InputObject)]
pub struct ContestJudgeInput {
    /// As the papers name them, at most 200 characters.
    pub name: String,
    /// The name of the principal who hands the sheets in; left out where they are entered for the judge.
    pub principal: Option<String>,
    /// The party that the judge is of, whose own proposals are not the judge's to score.
    pub party_id: Option<GlobalId>,
}

/// What a contest is opened from.
#[derive(InputObject)]
pub struct ContestOpenInput {
    /// Whose money the winners ask for.
    pub fund_id: GlobalId,
    /// Its short name, at most 30 characters, once in the fund; the codes of its winners begin with it.
    pub code: String,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// What is called for, at most 4000 characters.
    pub call_text: String,
    /// The most that its winners ask of the fund together.
    pub budget: MoneyInput,
    /// The judges' part of the score in percent, 1 to 100; the residents' is the rest.
    #[graphql(default = 100)]
    pub judges_percent: i64,
    /// The day its call is published, not to come.
    pub opened_on: Date,
    /// The last day of proposals.
    pub proposals_to: Date,
    /// What is scored, 1 to 20.
    pub criteria: Vec<ContestCriterionInput>,
    /// Who scores, 1 to 99.
    pub judges: Vec<ContestJudgeInput>,
}

impl ContestOpenInput {
    fn read(self) -> Result<ContestDraft> {
        // Contest and number are known once it is written.
        let criterion = |one: ContestCriterionInput| ContestCriterion {
            contest_id: ContestId(0),
            criterion_no: 0,
            name: one.name,
            weight: one.weight,
            score_max: one.score_max,
        };
        let judge = |one: ContestJudgeInput| {
            let party = one.party_id.map(GlobalId::party).transpose()?;
            Ok(JudgeDraft { name: one.name, principal: one.principal, party })
        };
        Ok(ContestDraft {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            code: self.code,
            title: self.title,
            call_text: self.call_text,
            budget: self.budget.into(),
            judges_percent: self.judges_percent,
            proposals_to: self.proposals_to.into(),
            opened_on: self.opened_on.into(),
            criteria: self.criteria.into_iter().map(criterion).collect(),
            judges: self.judges.into_iter().map(judge).collect::<Result<_>>()?,
        })
    }
}

/// What is proposed to a contest.
#[derive(InputObject)]
pub struct ContestProposeInput {
    /// The contest, which takes proposals.
    pub contest_id: GlobalId,
    /// Who proposes it.
    pub party_id: GlobalId,
    /// Where it is done: the fund's area or one below it.
    pub area_id: GlobalId,
    /// What it is for: a purpose of the fund's allow-list or one below it.
    pub purpose_id: GlobalId,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// What is done, why and for whom, at most 4000 characters. It is published: name no private person.
    pub summary: String,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it is proposed, within the call and not to come.
    pub proposed_on: Date,
    /// What is bought, 1 to 100 lines.
    pub budget: Vec<BudgetLineInput>,
    /// Who is to pay which part, of which the fund's is at most the contest's budget; adds up to the budget, or is left out.
    #[graphql(default)]
    pub plan: Vec<FundingPartInput>,
    /// What is to be reached, 100 at most.
    #[graphql(default)]
    pub milestones: Vec<MilestoneInput>,
}

impl ContestProposeInput {
    fn read(self) -> Result<EntryDraft> {
        let proposal = Proposal {
            // The fund and the code are the contest's.
            fund: FundId(0),
            code: String::new(),
            area: AreaId(self.area_id.key_of(NodeKind::Area)?),
            purpose: PurposeId(self.purpose_id.key_of(NodeKind::Purpose)?),
            title: self.title,
            summary: self.summary,
            residents: self.residents,
            proposed_on: self.proposed_on.into(),
            budget: self.budget.into_iter().map(Into::into).collect(),
            plan: self.plan.into_iter().map(Into::into).collect(),
            goal: None,
            milestones: self.milestones.into_iter().map(Into::into).collect(),
        };
        Ok(EntryDraft { contest: contest_of(self.contest_id)?, party: self.party_id.party()?, proposal })
    }
}

/// Where a contest goes on to.
#[derive(InputObject)]
pub struct ContestAdvanceInput {
    /// The contest.
    pub contest_id: GlobalId,
    /// SCORING or CANCELLED; it is closed with `contestClose`.
    pub state: ContestState,
    /// The day, not to come and not before the last move.
    pub moved_on: Date,
}

/// What a judge gives for one criterion.
#[derive(InputObject)]
pub struct ContestScoreLineInput {
    /// The number of the criterion.
    pub criterion: i64,
    /// How much, up to its largest score.
    pub score: i64,
}

/// A judge's sheet.
#[derive(InputObject)]
pub struct ContestScoreInput {
    /// The proposal.
    pub proposal_id: GlobalId,
    /// The number of the judge.
    pub judge_no: i64,
    /// A score for every criterion.
    pub scores: Vec<ContestScoreLineInput>,
}

/// What residents gave for one criterion.
#[derive(InputObject)]
pub struct ContestSumInput {
    /// The number of the criterion.
    pub criterion: i64,
    /// All residents' scores added up.
    pub sum: i64,
}

/// The residents' sheets of a proposal, counted.
#[derive(InputObject)]
pub struct ContestCountInput {
    /// The proposal.
    pub proposal_id: GlobalId,
    /// How many sheets there are, at most 1000000.
    pub respondents: i64,
    /// A sum for every criterion.
    pub scores: Vec<ContestSumInput>,
    /// The day they were counted, not to come.
    pub counted_on: Date,
    /// The SHA-256 digest of the sheets, as 64 hexadecimal digits.
    pub sha256: String,
}

/// When a contest is closed.
#[derive(InputObject)]
pub struct ContestCloseInput {
    /// The contest, with every sheet handed in.
    pub contest_id: GlobalId,
    /// The day, not to come and not before the last move.
    pub closed_on: Date,
}

payloads! { contest: ContestNode, "contest";
    /// What came of opening a contest.
    ContestOpenPayload
    /// What came of moving a contest on.
    ContestAdvancePayload
    /// What came of closing a contest.
    ContestClosePayload
}

payloads! { proposal: ContestProposalNode, "proposal";
    /// What came of proposing to a contest.
    ContestProposePayload
    /// What came of handing in a judge's sheet.
    ContestScorePayload
    /// What came of recording residents' sheets.
    ContestCountPayload
}

fn contest_of(id: GlobalId) -> Result<ContestId> {
    Ok(ContestId(id.key_of(NodeKind::Contest)?))
}

fn proposal_of(id: GlobalId) -> Result<ContestProposalId> {
    Ok(ContestProposalId(id.key_of(NodeKind::ContestProposal)?))
}

/// Mutations of contests.
#[derive(Default)]
pub struct ContestMutation;

#[Object]
impl ContestMutation {
    /// Opens a contest with its call. For staff of the fund.
    async fn contest_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is called for, and how it is scored.")] input: ContestOpenInput,
    ) -> Result<ContestOpenPayload> {
        let draft = input.read()?;
        let done = Request::of(ctx).write(async |tx, by| open(tx, by, &draft).await.map(ContestNode)).await?;
        Ok(done.into())
    }

    /// Proposes something to a contest. For whoever speaks for the party, and for staff and committee members of the fund.
    async fn contest_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who proposes what.")] input: ContestProposeInput,
    ) -> Result<ContestProposePayload> {
        let draft = input.read()?;
        let done =
            Request::of(ctx).write(async |tx, by| propose(tx, by, &draft).await.map(ContestProposalNode)).await?;
        Ok(done.into())
    }

    /// Moves a contest to scoring, or gives it up. For staff of the fund; once it is scored, for those who judge.
    async fn contest_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contest, and where to.")] input: ContestAdvanceInput,
    ) -> Result<ContestAdvancePayload> {
        let (contest, on) = (contest_of(input.contest_id)?, input.moved_on.into());
        let request = Request::of(ctx);
        let done =
            request.write(async |tx, by| advance(tx, by, contest, input.state, on).await.map(ContestNode)).await?;
        Ok(done.into())
    }

    /// Hands in a judge's sheet, once. For committee members, street and host officers; where the judge has access of their
    /// own, for that judge alone.
    async fn contest_score(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What which judge gives which proposal.")] input: ContestScoreInput,
    ) -> Result<ContestScorePayload> {
        let sheet = Sheet {
            proposal: proposal_of(input.proposal_id)?,
            judge_no: input.judge_no,
            scores: input.scores.iter().map(|one| (one.criterion, one.score)).collect(),
        };
        let done = Request::of(ctx).write(async |tx, by| score(tx, by, &sheet).await.map(ContestProposalNode)).await?;
        Ok(done.into())
    }

    /// Records the residents' sheets of a proposal, counted, once. For staff of the fund.
    async fn contest_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many residents gave how much.")] input: ContestCountInput,
    ) -> Result<ContestCountPayload> {
        let counted = Counted {
            proposal_id: proposal_of(input.proposal_id)?,
            respondents: input.respondents,
            counted_on: input.counted_on,
            sha256: input.sha256,
        };
        let sums: Vec<_> = input.scores.iter().map(|one| (one.criterion, one.sum)).collect();
        let request = Request::of(ctx);
        let done = request.write(async |tx, by| count(tx, by, &counted, &sums).await.map(ContestProposalNode)).await?;
        Ok(done.into())
    }

    /// Closes a contest: by its ranking, what its budget holds becomes a project each, proposed as it was. For committee
    /// members, street and host officers.
    async fn contest_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contest, and when.")] input: ContestCloseInput,
    ) -> Result<ContestClosePayload> {
        let (contest, on) = (contest_of(input.contest_id)?, input.closed_on.into());
        let done = Request::of(ctx).write(async |tx, by| close(tx, by, contest, on).await.map(ContestNode)).await?;
        Ok(done.into())
    }
}
