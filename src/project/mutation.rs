//! What is done to projects and micro-grants through the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    BudgetLine, ExternalDraft, ExternalFunding, ExternalSource, FundingPart, FundingSource, GrantDraft, GrantStage,
    MicroGrant, Milestone, MilestoneDraft, Project, ProjectState, Proposal, TargetById, TargetNode, advance,
    external_funding_record, grant_award, graphql::FundingGoalInput, milestone_reach, propose,
};
use crate::{
    clock::Date,
    error::{Result, UserError},
    id::{AreaId, FundId, GlobalId, MilestoneId, NodeKind, PurposeId, TargetId},
    money::MoneyInput,
    viewer::Request,
};

/// One line of a budget.
#[derive(InputObject)]
pub struct BudgetLineInput {
    /// What is bought, at most 200 characters.
    pub label: String,
    /// What it will cost.
    pub amount: MoneyInput,
}

/// One part of a co-financing plan.
#[derive(InputObject)]
pub struct FundingPartInput {
    /// Who is to pay it; each source once.
    pub source: FundingSource,
    /// How much.
    pub amount: MoneyInput,
}

/// Something a project is to reach.
#[derive(InputObject)]
pub struct MilestoneInput {
    /// What is to be reached, at most 200 characters.
    pub title: String,
    /// The day by which, not before the project is proposed.
    pub due_on: Date,
    /// Its part of the progress, against the other milestones; 1 to 1000.
    #[graphql(default = 1)]
    pub weight: i64,
}

/// What a project is proposed from.
#[derive(InputObject)]
pub struct ProjectProposeInput {
    /// Whose money it is spent from.
    pub fund_id: GlobalId,
    /// Where it is done: the fund's area or one below it.
    pub area_id: GlobalId,
    /// What it is for: a purpose of the fund's allow-list or one below it.
    pub purpose_id: GlobalId,
    /// Its short name, at most 40 characters, once in the fund.
    pub code: String,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// What is done, why and for whom, at most 4000 characters.
    pub summary: String,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it is proposed, not to come.
    pub proposed_on: Date,
    /// What is bought, 1 to 100 lines.
    pub budget: Vec<BudgetLineInput>,
    /// Who is to pay which part; adds up to the budget, or is left out.
    #[graphql(default)]
    pub plan: Vec<FundingPartInput>,
    /// The least that must be raised beside the fund's part, and by when; left out for no minimum.
    pub funding: Option<FundingGoalInput>,
    /// What is to be reached, 100 at most.
    #[graphql(default)]
    pub milestones: Vec<MilestoneInput>,
}

/// The key of a row that is not written yet.
const UNWRITTEN: TargetId = TargetId(0);

impl From<BudgetLineInput> for BudgetLine {
    fn from(line: BudgetLineInput) -> Self {
        Self { project_id: UNWRITTEN, label: line.label, amount: line.amount.into() }
    }
}

impl From<FundingPartInput> for FundingPart {
    fn from(part: FundingPartInput) -> Self {
        Self { project_id: UNWRITTEN, source: part.source, amount: part.amount.into() }
    }
}

impl From<MilestoneInput> for MilestoneDraft {
    fn from(one: MilestoneInput) -> Self {
        Self { title: one.title, due_on: one.due_on.into(), weight: one.weight }
    }
}

impl ProjectProposeInput {
    fn read(self) -> Result<Proposal> {
        Ok(Proposal {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            area: AreaId(self.area_id.key_of(NodeKind::Area)?),
            purpose: PurposeId(self.purpose_id.key_of(NodeKind::Purpose)?),
            code: self.code,
            title: self.title,
            summary: self.summary,
            residents: self.residents,
            proposed_on: self.proposed_on.into(),
            budget: self.budget.into_iter().map(Into::into).collect(),
            plan: self.plan.into_iter().map(Into::into).collect(),
            goal: self.funding.map(Into::into),
            milestones: self.milestones.into_iter().map(Into::into).collect(),
        })
    }
}

/// What came of proposing a project.
#[derive(SimpleObject)]
pub struct ProjectProposePayload {
    /// The project; null when it was refused.
    pub project: Option<Project>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Where a project goes on to.
#[derive(InputObject)]
pub struct ProjectAdvanceInput {
    /// The project.
    pub project_id: GlobalId,
    /// The state it comes to.
    pub state: ProjectState,
    /// The day, not to come and not before the last move.
    pub moved_on: Date,
}

/// What came of moving a project on.
#[derive(SimpleObject)]
pub struct ProjectAdvancePayload {
    /// The project; null when it was refused.
    pub project: Option<Project>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which milestone was reached when.
#[derive(InputObject)]
pub struct MilestoneReachInput {
    /// The milestone.
    pub milestone_id: GlobalId,
    /// The day, not to come.
    pub reached_on: Date,
}

/// What came of recording a milestone.
#[derive(SimpleObject)]
pub struct MilestoneReachPayload {
    /// The milestone; null when it was refused.
    pub milestone: Option<Milestone>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What a micro-grant is awarded from.
#[derive(InputObject)]
pub struct MicroGrantAwardInput {
    /// Whose money it is paid from.
    pub fund_id: GlobalId,
    /// The group it supports.
    pub group_id: GlobalId,
    /// What it is for: a purpose of the fund's allow-list or one below it.
    pub purpose_id: GlobalId,
    /// Its short name, at most 40 characters, once in the fund.
    pub code: String,
    /// What it is called, at most 200 characters.
    pub title: String,
    /// How far the group is.
    pub stage: GrantStage,
    /// How many residents it serves.
    #[graphql(default)]
    pub residents: i64,
    /// The day it is awarded, not to come.
    pub awarded_on: Date,
}

impl MicroGrantAwardInput {
    fn read(self) -> Result<GrantDraft> {
        Ok(GrantDraft {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            group: self.group_id.party()?,
            purpose: PurposeId(self.purpose_id.key_of(NodeKind::Purpose)?),
            code: self.code,
            title: self.title,
            stage: self.stage,
            residents: self.residents,
            awarded_on: self.awarded_on.into(),
            awarded: None,
        })
    }
}

/// What came of awarding a micro-grant.
#[derive(SimpleObject)]
pub struct MicroGrantAwardPayload {
    /// The micro-grant; null when it was refused.
    pub micro_grant: Option<MicroGrant>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What was paid outside of the fund.
#[derive(InputObject)]
pub struct ExternalFundingRecordInput {
    /// The project or micro-grant it was paid for.
    pub target_id: GlobalId,
    /// Who paid.
    pub source: ExternalSource,
    /// How much.
    pub amount: MoneyInput,
    /// When, not to come.
    pub paid_on: Date,
    /// The SHA-256 digest of the evidence, as 64 hexadecimal digits.
    pub sha256: String,
}

/// What came of recording a payment outside of the fund.
#[derive(SimpleObject)]
pub struct ExternalFundingRecordPayload {
    /// What was recorded; null when it was refused.
    pub external_funding: Option<ExternalFunding>,
    /// What it was paid for; null when it was refused.
    pub target: Option<TargetNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of projects and micro-grants.
#[derive(Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Proposes a project. For staff and committee members of the fund.
    async fn project_propose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is proposed.")] input: ProjectProposeInput,
    ) -> Result<ProjectProposePayload> {
        let request = Request::of(ctx);
        let draft = input.read()?;
        let (project, user_errors) = request.write(async |tx, by| propose(tx, by, &draft).await).await?;
        Ok(ProjectProposePayload { project, user_errors })
    }

    /// Moves a project on to another state. For staff of the fund.
    async fn project_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and where to.")] input: ProjectAdvanceInput,
    ) -> Result<ProjectAdvancePayload> {
        let request = Request::of(ctx);
        let project = TargetId(input.project_id.key_of(NodeKind::Project)?);
        let (project, user_errors) =
            request.write(async |tx, by| advance(tx, by, project, input.state, input.moved_on.into()).await).await?;
        Ok(ProjectAdvancePayload { project, user_errors })
    }

    /// Records that a milestone was reached. For staff of the fund.
    async fn milestone_reach(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which milestone, and when.")] input: MilestoneReachInput,
    ) -> Result<MilestoneReachPayload> {
        let request = Request::of(ctx);
        let milestone = MilestoneId(input.milestone_id.key_of(NodeKind::Milestone)?);
        let (milestone, user_errors) =
            request.write(async |tx, by| milestone_reach(tx, by, milestone, input.reached_on.into()).await).await?;
        Ok(MilestoneReachPayload { milestone, user_errors })
    }

    /// Awards a micro-grant to a group. For staff and committee members of the fund.
    async fn micro_grant_award(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is awarded.")] input: MicroGrantAwardInput,
    ) -> Result<MicroGrantAwardPayload> {
        let request = Request::of(ctx);
        let draft = input.read()?;
        let (micro_grant, user_errors) = request.write(async |tx, by| grant_award(tx, by, &draft).await).await?;
        Ok(MicroGrantAwardPayload { micro_grant, user_errors })
    }

    /// Records evidenced money that never entered the fund. For staff of the fund.
    async fn external_funding_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was paid.")] input: ExternalFundingRecordInput,
    ) -> Result<ExternalFundingRecordPayload> {
        let request = Request::of(ctx);
        let draft = ExternalDraft {
            target: input.target_id.target()?,
            source: input.source,
            amount: input.amount.into(),
            paid_on: input.paid_on.into(),
            sha256: input.sha256,
        };
        let (external_funding, user_errors) =
            request.write(async |tx, by| external_funding_record(tx, by, &draft).await).await?;
        let target = match &external_funding {
            Some(funding) => request.load::<TargetById>(funding.target_id).await?,
            None => None,
        };
        Ok(ExternalFundingRecordPayload { external_funding, target, user_errors })
    }
}
