//! How a project is funded, in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::{
    FundingGoal, FundingMiss, FundingPart, FundingSource, Project, Raised, funding_miss,
    store::{self, WayBack},
};
use super::{BudgetOf, PlanOf};
use crate::{
    all_of,
    clock::Date,
    error::Result,
    id::{GlobalId, NodeKind, TargetId},
    ledger::{
        document::Lot,
        graphql::{LotConnection, LotNode},
    },
    money::{Fen, Money, MoneyInput},
    page::{Direction, Key, Page, PageArgs},
    page_of, payloads,
    viewer::{Act, Request},
};

all_of!(/// The funding goal of each project.
    GoalsOf, TargetId, FundingGoal, store::goals_of, |goal: &FundingGoal| goal.project_id);
all_of!(/// What was raised for each project, by source.
    RaisedOf, TargetId, Raised, store::raised_of, |one: &Raised| one.project_id);
all_of!(/// What was missed of each project.
    MissesOf, TargetId, FundingMiss, store::misses_of, |miss: &FundingMiss| miss.project_id);
all_of!(/// What became of what was given for each project whose minimum was missed.
    WaysBackOf, TargetId, WayBack, store::ways_back_of, |one: &WayBack| one.project_id);
page_of!(/// A page of the gifts for each project alone that wait in the fund.
    LotsBoundTo, TargetId, (TargetId, Lot), store::lots_bound_to, |row: &(TargetId, Lot)| row.0);

impl From<(TargetId, Lot)> for LotNode {
    fn from((_, lot): (TargetId, Lot)) -> Self {
        Self(lot)
    }
}

/// How far the money for a project is raised, and by whom.
pub struct ProjectFunding(pub Project);

/// One part of it.
#[derive(SimpleObject)]
pub struct FundingProgress {
    /// Who is to pay it.
    pub source: FundingSource,
    /// How much the plan asks of it; null where the plan does not name it.
    pub planned: Option<Money>,
    /// How much of it is there.
    pub raised: Money,
}

impl ProjectFunding {
    async fn planned_sum(&self, request: &Request) -> Result<Fen> {
        let plan = request.load::<PlanOf>(self.0.id).await?.unwrap_or_default();
        if !plan.is_empty() {
            return Ok(plan.iter().map(|part| part.amount).sum());
        }
        let budget = request.load::<BudgetOf>(self.0.id).await?.unwrap_or_default();
        Ok(budget.iter().map(|line| line.amount).sum())
    }

    async fn raised_rows(&self, request: &Request) -> Result<Vec<Raised>> {
        Ok(request.load::<RaisedOf>(self.0.id).await?.unwrap_or_default())
    }

    async fn goal(&self, request: &Request) -> Result<Option<FundingGoal>> {
        Ok(request.load::<GoalsOf>(self.0.id).await?.and_then(|mut found| found.pop()))
    }
}

/// How far the money for a project is raised, and by whom.
#[Object]
impl ProjectFunding {
    /// Its parts, the fund's first; those that are neither planned nor raised are left out.
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<FundingProgress>> {
        use FundingSource::{Fund, Other, Partners, Residents};
        let request = Request::of(ctx);
        let plan = request.load::<PlanOf>(self.0.id).await?.unwrap_or_default();
        let raised = self.raised_rows(request).await?;
        let part = |source: FundingSource| {
            let planned = plan.iter().find(|part: &&FundingPart| part.source == source).map(|part| part.amount);
            let raised: Fen = raised.iter().filter(|one| one.source == source).map(|one| one.amount).sum();
            let told = planned.is_some() || raised != Fen::ZERO;
            told.then(|| FundingProgress { source, planned: planned.map(Into::into), raised: raised.into() })
        };
        Ok([Fund, Residents, Partners, Other].into_iter().filter_map(part).collect())
    }

    /// What the plan comes to; the budget where there is no plan.
    async fn planned(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(self.planned_sum(Request::of(ctx)).await?.into())
    }

    /// What is there: allocated by the fund, given for this project alone, or paid beside the fund with evidence. What was
    /// given back is not.
    async fn raised(&self, ctx: &Context<'_>) -> Result<Money> {
        let rows = self.raised_rows(Request::of(ctx)).await?;
        Ok(rows.iter().map(|one| one.amount).sum::<Fen>().into())
    }

    /// What is not there yet; nothing where more was raised than planned.
    async fn missing(&self, ctx: &Context<'_>) -> Result<Money> {
        let request = Request::of(ctx);
        let raised: Fen = self.raised_rows(request).await?.iter().map(|one| one.amount).sum();
        Ok((self.planned_sum(request).await? - raised).max(Fen::ZERO).into())
    }

    /// The least that residents, partners and others raise together by the deadline, beside the fund's part; null where
    /// that was not said.
    async fn minimum(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        Ok(self.goal(Request::of(ctx)).await?.map(|goal| goal.minimum.into()))
    }

    /// What of the raised counts towards the minimum: all but the fund's part.
    async fn counted(&self, ctx: &Context<'_>) -> Result<Money> {
        let rows = self.raised_rows(Request::of(ctx)).await?;
        let beside = rows.iter().filter(|one| one.source != FundingSource::Fund);
        Ok(beside.map(|one| one.amount).sum::<Fen>().into())
    }

    /// The last day on which that counts; null where that was not said.
    async fn deadline(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        Ok(self.goal(Request::of(ctx)).await?.map(|goal| goal.deadline))
    }

    /// That the minimum was missed, and what became of what was given; null where that was not stated.
    async fn missed(&self, ctx: &Context<'_>) -> Result<Option<FundingMissNode>> {
        let found = Request::of(ctx).load::<MissesOf>(self.0.id).await?;
        Ok(found.and_then(|mut found| found.pop()).map(FundingMissNode))
    }

    /// The gifts for this project alone that wait in the fund, the first first: once the minimum is missed, each is given
    /// back or its giver agrees to another use. For those who keep or oversee the fund's books.
    async fn waiting_gifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<LotConnection> {
        let request = Request::of(ctx);
        request.viewer.must(Act::ReadGiving, &[self.0.on()])?;
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let rows = request.load::<LotsBoundTo>((self.0.id, page.clone())).await?.unwrap_or_default();
        Ok(LotConnection::new(page.finish(rows, |(_, lot)| vec![lot.id.into()]), None))
    }
}

/// That the funding minimum of a project was missed.
pub struct FundingMissNode(FundingMiss);

/// That the funding minimum of a project was missed, and what became of what was given for it.
#[Object(name = "FundingMiss")]
impl FundingMissNode {
    /// The day.
    async fn missed_on(&self) -> Date {
        self.0.missed_on
    }

    /// What residents, partners and others had raised then.
    async fn raised(&self) -> Money {
        self.0.raised.into()
    }

    /// What of it waited in the fund and was given for this project alone: what has to go back or to another use.
    async fn bound(&self) -> Money {
        self.0.bound.into()
    }

    /// What was given back to its givers from that day on.
    async fn returned(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(self.way_back(ctx).await?.returned.into())
    }

    /// What its givers agreed to another use of from that day on.
    async fn reassigned(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(self.way_back(ctx).await?.reassigned.into())
    }

    /// What still waits.
    async fn waiting(&self, ctx: &Context<'_>) -> Result<Money> {
        let rows = Request::of(ctx).load::<RaisedOf>(self.0.project_id).await?.unwrap_or_default();
        Ok(rows.iter().map(|one| one.bound).sum::<Fen>().into())
    }
}

impl FundingMissNode {
    async fn way_back(&self, ctx: &Context<'_>) -> Result<WayBack> {
        let mut found = Request::of(ctx).need::<WaysBackOf>(self.0.project_id).await?;
        found.pop().ok_or_else(|| anyhow::anyhow!("a miss without its way back").into())
    }
}

/// The least that must be raised for a project by a day.
#[derive(InputObject)]
pub struct FundingGoalInput {
    /// The least that residents, partners and others raise together, at most what the plan asks of them. The work begins
    /// once it is raised.
    pub minimum: MoneyInput,
    /// The last day on which that counts, not before the project is proposed. A minimum that is missed by then closes the
    /// project to money, and what was given for it alone goes back.
    pub deadline: Date,
}

impl From<FundingGoalInput> for FundingGoal {
    fn from(input: FundingGoalInput) -> Self {
        Self { project_id: TargetId(0), minimum: input.minimum.into(), deadline: input.deadline }
    }
}

/// Which project's funding minimum was missed.
#[derive(InputObject)]
pub struct ProjectFundingMissInput {
    /// The project, which is published or approved and has no money left in it.
    pub project_id: GlobalId,
    /// The day, after the deadline and not to come.
    pub missed_on: Date,
}

payloads! { project: Project, "project";
    /// What came of stating that a funding minimum was missed.
    ProjectFundingMissPayload
}

/// The mutation of projects' funding.
#[derive(Default)]
pub struct ProjectFundingMutation;

#[Object]
impl ProjectFundingMutation {
    /// States that a project's funding minimum was missed: nothing more is given for it, and the gifts for it alone
    /// (`funding.waitingGifts`) are given back with `contributionRefund`, or their givers agree to another use with
    /// `lotRelot`; once none waits the project is cancelled. For staff of the fund.
    async fn project_funding_miss(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and when.")] input: ProjectFundingMissInput,
    ) -> Result<ProjectFundingMissPayload> {
        let project = TargetId(input.project_id.key_of(NodeKind::Project)?);
        let on = input.missed_on.into();
        Ok(Request::of(ctx).write(async |tx, by| funding_miss(tx, by, project, on).await).await?.into())
    }
}
