//! Contests in the graph: what is open to everybody. Who judges is for those who may read the fund's journal, and what was
//! scored is for the public once the contest is closed.

pub mod mutation;
pub mod proposal;

pub use mutation::ContestMutation;
pub use proposal::{ContestProposalById, ContestProposalNode, proposal_of_project};

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;

use super::{
    CONTEST_DEEDS, CONTEST_MOVES, Contest, ContestCriterion, ContestJudge, ContestMoved, ContestState, Tally, may_do,
    may_move, ranking, store,
};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById},
    id::{ContestId, ContestProposalId, FundId, GlobalId, NodeKind},
    money::{Fraction, Money},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    ranking::{Place, Ranked},
    viewer::{Act, Action, Request, value_name},
};
use proposal::{ContestProposalConnection, proposals_of_contest};

connection!(ContestConnection, ContestEdge, ContestNode, "contests");

by_id!(/// Contests by key.
    ContestById, ContestId, Contest, store::by_ids);
page_of!(/// A page of each fund's contests.
    ContestsOfFund, FundId, Contest, store::of_funds, |contest: &Contest| contest.fund_id);
all_of!(/// The criteria of each contest.
    CriteriaOf, ContestId, ContestCriterion, store::criteria_of, |one: &ContestCriterion| one.contest_id);
all_of!(/// The judges of each contest.
    JudgesOf, ContestId, ContestJudge, store::judges_of, |judge: &ContestJudge| judge.contest_id);
all_of!(/// The moves of each contest.
    MovesOf, ContestId, ContestMoved, store::moves_of, |one: &ContestMoved| one.contest_id);
all_of!(/// What the sheets of each contest come to.
    TalliesOf, ContestId, Tally, store::tallies_of, |tally: &Tally| tally.contest_id);

/// A page of a fund's contests, the last opened first.
pub async fn contests_of_fund(request: &Request, fund: FundId, args: &PageArgs) -> Result<ContestConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?;
    let rows = request.load::<ContestsOfFund>((fund, page.clone())).await?.unwrap_or_default();
    let key = |contest: &Contest| vec![Key::Date(contest.opened_on.0), contest.id.into()];
    Ok(ContestConnection::new(page.finish(rows, key), None))
}

/// A fund's call for proposals.
#[derive(Clone, Debug)]
pub struct ContestNode(pub Contest);

impl From<Contest> for ContestNode {
    fn from(contest: Contest) -> Self {
        Self(contest)
    }
}

impl Contest {
    /// Whether the viewer is told what was scored: everybody once it is closed, before that those who judge or oversee.
    fn shows_scores(&self, request: &Request) -> bool {
        let viewer = &request.viewer;
        self.state == ContestState::Closed
            || viewer.may(Act::Review, self.on())
            || viewer.may(Act::ReadJournal, self.on())
    }

    async fn tallies(&self, request: &Request) -> Result<Vec<Tally>> {
        Ok(request.load::<TalliesOf>(self.id).await?.unwrap_or_default())
    }
}

/// A proposal contest (公益提案大赛): a fund calls for proposals, judges and residents score them, and the best become
/// projects.
#[Object(name = "Contest")]
impl ContestNode {
    /// The contest's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Contest, self.0.id).into()
    }

    /// Whose money the winners ask for.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Its short name within the fund.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is called for.
    async fn call_text(&self) -> &str {
        &self.0.call_text
    }

    /// The most that its winners ask of the fund together.
    async fn budget(&self) -> Money {
        self.0.budget.into()
    }

    /// The judges' part of the score, in percent; the residents' is the rest.
    async fn judges_percent(&self) -> i64 {
        self.0.judges_percent
    }

    /// The last day of proposals.
    async fn proposals_to(&self) -> Date {
        self.0.proposals_to
    }

    /// How far it is.
    async fn state(&self) -> ContestState {
        self.0.state
    }

    /// The day its call was published.
    async fn opened_on(&self) -> Date {
        self.0.opened_on
    }

    /// The day its state last changed.
    async fn moved_on(&self) -> Date {
        self.0.moved_on
    }

    /// How it came to its state, oldest move first.
    async fn moves(&self, ctx: &Context<'_>) -> Result<Vec<ContestMoved>> {
        Ok(Request::of(ctx).load::<MovesOf>(self.0.id).await?.unwrap_or_default())
    }

    /// What is scored, in order; 20 at most.
    async fn criteria(&self, ctx: &Context<'_>) -> Result<Vec<ContestCriterion>> {
        Ok(Request::of(ctx).load::<CriteriaOf>(self.0.id).await?.unwrap_or_default())
    }

    /// Who scores, in order; 99 at most.
    async fn judges(&self, ctx: &Context<'_>) -> Result<Vec<JudgeNode>> {
        let judges = Request::of(ctx).load::<JudgesOf>(self.0.id).await?.unwrap_or_default();
        Ok(judges.into_iter().map(|judge| JudgeNode { judge, contest: self.0.clone() }).collect())
    }

    /// What was proposed, the first first.
    async fn proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ContestProposalConnection> {
        proposals_of_contest(Request::of(ctx), self.0.id, &PageArgs { first, after, last, before }).await
    }

    /// The ranking by the sheets that are in, best first, 200 at most: what lacks one is not in it. Null for the public until
    /// the contest is closed.
    async fn ranking(&self, ctx: &Context<'_>) -> Option<Result<Vec<RankedNode>>> {
        let request = Request::of(ctx);
        if !self.0.shows_scores(request) {
            return None;
        }
        let found = self.0.tallies(request).await;
        Some(found.map(|tallies| ranking(&self.0, &tallies).into_iter().map(RankedNode).collect()))
    }

    /// How many sheets of judges and counts of residents are missing.
    async fn missing_sheets(&self, ctx: &Context<'_>) -> Result<i64> {
        let request = Request::of(ctx);
        Ok(self.0.facts(request.clock.today(), &self.0.tallies(request).await?).missing)
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let facts = self.0.facts(request.clock.today(), &self.0.tallies(request).await?);
        let deeds = CONTEST_DEEDS.iter().filter(|(state, ..)| *state == self.0.state);
        let deeds = deeds.map(|(_, name, _)| Action::new(request, name, None, may_do(&request.viewer, &self.0, name)));
        let moves = CONTEST_MOVES.iter().filter(|(from, ..)| *from == self.0.state);
        let moves = moves.map(|(_, to, _, condition)| {
            let outcome = may_move(&request.viewer, &self.0, facts, *to);
            Action::new(request, condition.mutation(), Some(value_name(*to)), outcome)
        });
        deeds.chain(moves).collect()
    }
}

/// A move of a contest from state to state.
#[Object(name = "ContestMove")]
impl ContestMoved {
    /// The state it left.
    async fn from(&self) -> ContestState {
        self.from_state
    }

    /// The state it came to.
    async fn to(&self) -> ContestState {
        self.to_state
    }

    /// The day.
    async fn moved_on(&self) -> Date {
        self.moved_on
    }
}

/// What is scored.
#[Object]
impl ContestCriterion {
    /// Its number in the contest.
    async fn number(&self) -> i64 {
        self.criterion_no
    }

    /// What is looked at.
    async fn name(&self) -> &str {
        &self.name
    }

    /// How often a score counts.
    async fn weight(&self) -> i64 {
        self.weight
    }

    /// The largest score.
    async fn score_max(&self) -> i64 {
        self.score_max
    }
}

/// Who scores.
pub struct JudgeNode {
    judge: ContestJudge,
    contest: Contest,
}

/// Who scores what was proposed to a contest.
#[Object(name = "ContestJudge")]
impl JudgeNode {
    /// The number in the contest.
    async fn number(&self) -> i64 {
        self.judge.judge_no
    }

    /// As the papers name them; null for those who may not read the fund's journal.
    async fn name(&self, ctx: &Context<'_>) -> Option<&str> {
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, self.contest.on());
        may.then_some(self.judge.name.as_str())
    }

    /// The party that the judge is of, whose own proposals are not the judge's to score; null for none, and for those who may
    /// not read the fund's journal.
    async fn party(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        let request = Request::of(ctx);
        let party = self.judge.party_id.filter(|_| request.viewer.may(Act::ReadJournal, self.contest.on()))?;
        Some(request.need::<PartyById>(party).await.map(Into::into))
    }
}

/// A proposal in the ranking.
pub struct RankedNode(Ranked<ContestProposalId>);

/// A proposal in the ranking of its contest.
#[Object(name = "ContestRank")]
impl RankedNode {
    /// The proposal.
    async fn proposal(&self, ctx: &Context<'_>) -> Result<ContestProposalNode> {
        let found = Request::of(ctx).need::<ContestProposalById>(self.0.candidate.key).await?;
        Ok(ContestProposalNode(found))
    }

    /// 1 for the best; those that are alike share it.
    async fn rank(&self) -> i64 {
        self.0.rank
    }

    /// How many share the rank.
    async fn alike(&self) -> i64 {
        self.0.alike
    }

    /// Its exact score: the judges' mean and the residents', each with its percentage.
    async fn score(&self) -> Option<Fraction> {
        self.0.candidate.score.fraction()
    }

    /// Where it stands against the budget.
    async fn place(&self) -> Place {
        self.0.place
    }
}
