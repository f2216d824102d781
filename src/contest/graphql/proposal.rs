//! What was proposed to a contest, in the graph.

use async_graphql::{Context, ID, Object};

use super::super::{
    Contest, ContestProposal, Counted, CountedScore, JudgeScore, ProposalLine, ProposalMilestone, ProposalPart, store,
};
use super::{ContestById, ContestNode};
use crate::{
    all_of,
    area::{Area, AreaById},
    by_id,
    clock::Date,
    connection,
    error::Result,
    fund::{Purpose, PurposeById},
    id::{ContestId, ContestProposalId, GlobalId, NodeKind, TargetId},
    money::Money,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    project::{BudgetLine, FundingPart, Project, TargetById, TargetNode},
    viewer::Request,
};

connection!(ContestProposalConnection, ContestProposalEdge, ContestProposalNode, "proposals to a contest");

by_id!(/// Proposals to contests by key.
    ContestProposalById, ContestProposalId, ContestProposal, store::proposals_by_ids);
page_of!(/// A page of each contest's proposals.
    ProposalsOf, ContestId, ContestProposal, store::proposals_of, |one: &ContestProposal| one.contest_id);
all_of!(/// The proposal that each project was.
    OfProject, TargetId, ContestProposal, store::of_projects,
    |one: &ContestProposal| one.project_id.expect("it was found by its project"));
all_of!(/// The budget of each proposal.
    LinesOf, ContestProposalId, ProposalLine, store::lines_of, |line: &ProposalLine| line.proposal_id);
all_of!(/// The co-financing plan of each proposal.
    PartsOf, ContestProposalId, ProposalPart, store::parts_of, |part: &ProposalPart| part.proposal_id);
all_of!(/// What each proposal is to reach.
    MilestonesOf, ContestProposalId, ProposalMilestone, store::milestones_of,
    |one: &ProposalMilestone| one.proposal_id);
all_of!(/// The judges' scores of each proposal.
    ScoresOf, ContestProposalId, JudgeScore, store::scores_of, |one: &JudgeScore| one.proposal_id);
all_of!(/// The residents' sheets of each proposal.
    CountsOf, ContestProposalId, Counted, store::counts_of, |one: &Counted| one.proposal_id);
all_of!(/// What residents gave each proposal.
    SumsOf, ContestProposalId, CountedScore, store::sums_of, |one: &CountedScore| one.proposal_id);

/// A page of a contest's proposals, the first first.
pub async fn proposals_of_contest(
    request: &Request,
    contest: ContestId,
    args: &PageArgs,
) -> Result<ContestProposalConnection> {
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let rows = request.load::<ProposalsOf>((contest, page.clone())).await?.unwrap_or_default();
    Ok(ContestProposalConnection::new(page.finish(rows, |one| vec![Key::Int(one.proposal_no)]), None))
}

/// The proposal to a contest that a project was; `None` for those that were proposed by themselves.
pub async fn proposal_of_project(request: &Request, project: TargetId) -> Result<Option<ContestProposalNode>> {
    let found = request.load::<OfProject>(project).await?;
    Ok(found.and_then(|mut found| found.pop()).map(ContestProposalNode))
}

/// Something that was proposed to a contest.
#[derive(Clone, Debug)]
pub struct ContestProposalNode(pub ContestProposal);

impl From<ContestProposal> for ContestProposalNode {
    fn from(one: ContestProposal) -> Self {
        Self(one)
    }
}

impl ContestProposalNode {
    async fn contest_row(&self, request: &Request) -> Result<Contest> {
        request.need::<ContestById>(self.0.contest_id).await
    }
}

/// Something that was proposed to a contest; what is in it is what a project's proposal says.
#[Object(name = "ContestProposal")]
impl ContestProposalNode {
    /// The proposal's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::ContestProposal, self.0.id).into()
    }

    /// The contest.
    async fn contest(&self, ctx: &Context<'_>) -> Result<ContestNode> {
        Ok(ContestNode(self.contest_row(Request::of(ctx)).await?))
    }

    /// Its number in the contest.
    async fn number(&self) -> i64 {
        self.0.proposal_no
    }

    /// Who proposed it.
    async fn party(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.party_id).await?.into())
    }

    /// Where it is done.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.0.area_id).await
    }

    /// What it is for.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.0.purpose_id).await
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is done, why and for whom.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// How many residents it serves.
    async fn residents(&self) -> i64 {
        self.0.residents
    }

    /// What it asks of the fund: the fund's part of its plan, or all of its budget where it has no plan.
    async fn asked(&self) -> Money {
        self.0.asked.into()
    }

    /// The day it was proposed.
    async fn proposed_on(&self) -> Date {
        self.0.proposed_on
    }

    /// What is bought, 100 lines at most.
    async fn budget(&self, ctx: &Context<'_>) -> Result<Vec<BudgetLine>> {
        let lines = Request::of(ctx).load::<LinesOf>(self.0.id).await?.unwrap_or_default();
        Ok(lines.iter().map(BudgetLine::from).collect())
    }

    /// Who is to pay which part of the budget; empty where that is not planned.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Vec<FundingPart>> {
        let parts = Request::of(ctx).load::<PartsOf>(self.0.id).await?.unwrap_or_default();
        Ok(parts.iter().map(FundingPart::from).collect())
    }

    /// What is to be reached, by the day it is due; 100 at most.
    async fn milestones(&self, ctx: &Context<'_>) -> Result<Vec<ProposalMilestone>> {
        Ok(Request::of(ctx).load::<MilestonesOf>(self.0.id).await?.unwrap_or_default())
    }

    /// The judges' sheets, 99 at most; null for the public until the contest is closed.
    async fn sheets(&self, ctx: &Context<'_>) -> Option<Result<Vec<SheetNode>>> {
        let request = Request::of(ctx);
        let sheets = async {
            if !self.contest_row(request).await?.shows_scores(request) {
                return Ok(None);
            }
            let scores = request.load::<ScoresOf>(self.0.id).await?.unwrap_or_default();
            let sheet = |same: &[JudgeScore]| SheetNode(same.to_vec());
            Ok(Some(scores.chunk_by(|a, b| a.judge_no == b.judge_no).map(sheet).collect()))
        };
        sheets.await.transpose()
    }

    /// The residents' sheets, counted; null until they are, and for the public until the contest is closed.
    async fn counted(&self, ctx: &Context<'_>) -> Option<Result<CountedNode>> {
        let request = Request::of(ctx);
        let counted = async {
            if !self.contest_row(request).await?.shows_scores(request) {
                return Ok(None);
            }
            let found = request.load::<CountsOf>(self.0.id).await?;
            Ok(found.and_then(|mut found| found.pop()).map(CountedNode))
        };
        counted.await.transpose()
    }

    /// The project that it became; null unless it won.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let id = self.0.project_id?;
        match Request::of(ctx).need::<TargetById>(id).await {
            Ok(TargetNode::Project(project)) => Some(Ok(project)),
            Ok(TargetNode::MicroGrant(_)) => Some(Err(anyhow::anyhow!("a winner is a project").into())),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Something that a proposal is to reach.
#[Object(name = "ContestMilestone")]
impl ProposalMilestone {
    /// What is to be reached.
    async fn title(&self) -> &str {
        &self.title
    }

    /// The day by which.
    async fn due_on(&self) -> Date {
        self.due_on
    }

    /// Its part of the progress, against the other milestones.
    async fn weight(&self) -> i64 {
        self.weight
    }
}

/// The sheet of one judge, criterion by criterion.
pub struct SheetNode(Vec<JudgeScore>);

/// What a judge gave a proposal.
#[Object(name = "ContestSheet")]
impl SheetNode {
    /// The number of the judge.
    async fn judge(&self) -> i64 {
        self.0.first().map_or(0, |one| one.judge_no)
    }

    /// The scores, in the order of the contest's criteria.
    async fn scores(&self) -> Vec<i64> {
        self.0.iter().map(|one| one.score).collect()
    }
}

/// The residents' sheets of a proposal.
pub struct CountedNode(Counted);

/// What residents gave a proposal.
#[Object(name = "ContestCounted")]
impl CountedNode {
    /// How many sheets there are.
    async fn respondents(&self) -> i64 {
        self.0.respondents
    }

    /// The day they were counted.
    async fn counted_on(&self) -> Date {
        self.0.counted_on
    }

    /// The SHA-256 digest of the sheets, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// All scores added up, in the order of the contest's criteria.
    async fn sums(&self, ctx: &Context<'_>) -> Result<Vec<i64>> {
        let sums = Request::of(ctx).load::<SumsOf>(self.0.proposal_id).await?.unwrap_or_default();
        Ok(sums.iter().map(|one| one.score_sum).collect())
    }
}
