//! Oversight and the five musts in the graph: open to the public, as a notice is.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;

use super::{
    must::{self, FundFacts, Gap, LOOK_WITHIN, Must, MustKind, ProjectFacts},
    store::{self, Figures, StateCount},
};
use crate::{
    area::{Area, AreaById},
    connection,
    error::Result,
    fund::{Fund, FundById},
    id::{AreaId, FundId, TargetId},
    money::{Fen, Money},
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    project::{Project, ProjectState},
    viewer::{Load, Request, by_page},
};

connection!(FundOversightConnection, FundOversightEdge, FundOversight, "funds with their figures");

/// What the musts of each fund are computed from.
struct FundFactsOf;

impl Load for FundFactsOf {
    type Key = FundId;
    type Value = FundFacts;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, FundFacts>> {
        let today = request.clock.today();
        let looked = today.checked_sub_days(LOOK_WITHIN).unwrap_or(today);
        let found = store::facts_of_funds(&mut *request.session().await?, &keys, today, looked).await?;
        Ok(found.into_iter().map(|facts| (facts.fund_id, facts)).collect())
    }
}

/// What the musts of each project are computed from.
struct ProjectFactsOf;

impl Load for ProjectFactsOf {
    type Key = TargetId;
    type Value = ProjectFacts;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, ProjectFacts>> {
        let found = store::facts_of_projects(&mut *request.session().await?, &keys, request.clock.today()).await?;
        Ok(found.into_iter().map(|facts| (facts.project_id, facts)).collect())
    }
}

/// What each fund did in a period.
struct FiguresOf;

impl Load for FiguresOf {
    type Key = (FundId, (NaiveDate, NaiveDate));
    type Value = Figures;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Figures>> {
        let mut found = HashMap::new();
        for (period, funds) in by_page(keys) {
            let rows = store::figures_of(&mut *request.session().await?, &funds, period.0, period.1).await?;
            found.extend(rows.into_iter().map(|row| ((row.fund_id, period), row)));
        }
        Ok(found)
    }
}

/// How many projects of each fund are how far.
struct StatesOf;

impl Load for StatesOf {
    type Key = FundId;
    type Value = Vec<StateCount>;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, Vec<StateCount>>> {
        let mut found: HashMap<FundId, Vec<StateCount>> = HashMap::new();
        for row in store::states_of(&mut *request.session().await?, &keys).await? {
            found.entry(row.fund_id).or_default().push(row);
        }
        Ok(found)
    }
}

/// The funds of each area and of what lies below it.
struct FundsBelow;

impl Load for FundsBelow {
    type Key = AreaId;
    type Value = Vec<FundId>;

    async fn load(request: &Request, keys: Vec<AreaId>) -> Result<HashMap<AreaId, Vec<FundId>>> {
        let mut found: HashMap<AreaId, Vec<FundId>> = HashMap::new();
        for (area, fund) in store::funds_below(&mut *request.session().await?, &keys).await? {
            found.entry(area).or_default().push(fund);
        }
        Ok(found)
    }
}

/// The five musts of a fund.
pub async fn musts_of_fund(request: &Request, fund: FundId) -> Result<Vec<Must>> {
    let facts = request.need::<FundFactsOf>(fund).await?;
    Ok(must::of_fund(&facts, request.clock.today()))
}

/// The five musts of a project.
pub async fn musts_of_project(request: &Request, project: &Project) -> Result<Vec<Must>> {
    let (facts, fund) = futures_util::future::try_join(
        request.need::<ProjectFactsOf>(project.id),
        request.need::<FundFactsOf>(project.fund_id),
    )
    .await?;
    Ok(must::of_project(&facts, &fund, request.clock.today()))
}

/// Something that a fund or project must have, computed from what is recorded.
#[Object]
impl Must {
    /// What must be.
    async fn kind(&self) -> MustKind {
        self.kind
    }

    /// Whether it is.
    #[graphql(name = "kept")]
    async fn is_kept(&self) -> bool {
        self.kept()
    }

    /// Why it is not; empty when it is kept.
    async fn missing(&self) -> Vec<GapNode> {
        self.missing.iter().cloned().map(GapNode).collect()
    }
}

/// Why a must is not kept.
pub struct GapNode(Gap);

/// Why a must is not kept.
#[Object(name = "MustGap")]
impl GapNode {
    /// In one sentence, in the caller's language.
    async fn message(&self, ctx: &Context<'_>) -> String {
        self.0.sentence(Request::of(ctx).language)
    }

    /// The field of this graph in which to look, for instance `Fund.committee`.
    async fn place(&self) -> &str {
        self.0.place()
    }
}

/// How many projects are how far today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct ProjectStateCount {
    /// How far they are.
    pub state: ProjectState,
    /// How many.
    pub projects: i64,
}

/// What an area's funds did in a period, the area's own and all below it: what is reported upward.
pub struct Oversight {
    area: AreaId,
    period: (NaiveDate, NaiveDate),
    funds: Vec<FundId>,
}

/// What the funds of an area did in a period.
pub async fn oversight(request: &Request, area: AreaId, period: PeriodInput) -> Result<Oversight> {
    let period = period.days()?;
    let funds = request.load::<FundsBelow>(area).await?.unwrap_or_default();
    Ok(Oversight { area, period, funds })
}

impl Oversight {
    async fn figures(&self, request: &Request) -> Result<Vec<Figures>> {
        let each = self.funds.iter().map(|fund| request.need::<FiguresOf>((*fund, self.period)));
        futures_util::future::try_join_all(each).await
    }

    async fn sum(&self, request: &Request, of: impl Fn(&Figures) -> Fen) -> Result<Money> {
        Ok(self.figures(request).await?.iter().map(of).sum::<Fen>().into())
    }

    async fn musts(&self, request: &Request) -> Result<Vec<Must>> {
        let each = self.funds.iter().map(|fund| musts_of_fund(request, *fund));
        Ok(futures_util::future::try_join_all(each).await?.concat())
    }
}

fn long(count: usize) -> i64 {
    i64::try_from(count).expect("a list in memory is shorter")
}

/// What an area's funds did in a period, the area's own and all below it: what is reported upward.
#[Object]
impl Oversight {
    /// The area.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area).await
    }

    /// How many funds there are.
    async fn funds(&self) -> i64 {
        long(self.funds.len())
    }

    /// What arrived in the period, less what was reversed in it.
    async fn received(&self, ctx: &Context<'_>) -> Result<Money> {
        self.sum(Request::of(ctx), |one| one.received).await
    }

    /// What was paid in the period, less what came back.
    async fn spent(&self, ctx: &Context<'_>) -> Result<Money> {
        self.sum(Request::of(ctx), |one| one.spent).await
    }

    /// What was neither spent nor given back on the last day of the period.
    async fn waiting(&self, ctx: &Context<'_>) -> Result<Money> {
        self.sum(Request::of(ctx), |one| one.waiting).await
    }

    /// How many resolutions were taken in the period and stand.
    async fn decisions(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(self.figures(Request::of(ctx)).await?.iter().map(|one| one.decisions).sum())
    }

    /// How many projects are how far today, in the order that projects go; states without projects are left out.
    async fn projects(&self, ctx: &Context<'_>) -> Result<Vec<ProjectStateCount>> {
        let request = Request::of(ctx);
        let each = self.funds.iter().map(|fund| request.load::<StatesOf>(*fund));
        let found = futures_util::future::try_join_all(each).await?;
        Ok(counts(found.into_iter().flatten().flatten()))
    }

    /// How many of the five musts of its funds are kept today.
    async fn musts_kept(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(long(self.musts(Request::of(ctx)).await?.iter().filter(|must| must.kept()).count()))
    }

    /// How many of the five musts of its funds are not kept today.
    async fn musts_broken(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(long(self.musts(Request::of(ctx)).await?.iter().filter(|must| !must.kept()).count()))
    }

    /// How many of its funds have not published a quarter that is due.
    async fn overdue_publications(&self, ctx: &Context<'_>) -> Result<i64> {
        let musts = self.musts(Request::of(ctx)).await?;
        let overdue = musts.iter().filter(|must| must.kind == MustKind::Disclosure && !must.kept());
        Ok(long(overdue.count()))
    }

    /// The funds with the same figures, in the order they were opened here.
    async fn funds_below(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<FundOversightConnection> {
        let request = Request::of(ctx);
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let cursor = page.cursor().and_then(|keys| match keys.first() {
            Some(Key::Int(key)) => Some(*key),
            _ => None,
        });
        let mut funds: Vec<FundId> = self.funds.clone();
        if page.descends() {
            funds.reverse();
        }
        let beyond = |fund: &FundId| match cursor {
            Some(key) if page.descends() => fund.0 < key,
            Some(key) => fund.0 > key,
            None => true,
        };
        let wanted = usize::try_from(page.limit() + 1).unwrap_or(0);
        let funds: Vec<FundId> = funds.into_iter().filter(beyond).take(wanted).collect();
        let each = funds.into_iter().map(|fund| request.need::<FiguresOf>((fund, self.period)));
        let rows = futures_util::future::try_join_all(each).await?.into_iter().map(FundOversight).collect();
        Ok(FundOversightConnection::new(page.finish(rows, |one: &FundOversight| vec![one.0.fund_id.into()]), None))
    }
}

/// What a fund did in a period.
pub struct FundOversight(Figures);

/// What a fund did in a period.
#[Object]
impl FundOversight {
    /// The fund.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// What arrived in the period, less what was reversed in it.
    async fn received(&self) -> Money {
        self.0.received.into()
    }

    /// What was paid in the period, less what came back.
    async fn spent(&self) -> Money {
        self.0.spent.into()
    }

    /// What was neither spent nor given back on the last day of the period.
    async fn waiting(&self) -> Money {
        self.0.waiting.into()
    }

    /// How many resolutions were taken in the period and stand.
    async fn decisions(&self) -> i64 {
        self.0.decisions
    }

    /// How many projects are how far today; states without projects are left out.
    async fn projects(&self, ctx: &Context<'_>) -> Result<Vec<ProjectStateCount>> {
        let found = Request::of(ctx).load::<StatesOf>(self.0.fund_id).await?.unwrap_or_default();
        Ok(counts(found))
    }

    /// The five musts as they are kept today.
    async fn musts(&self, ctx: &Context<'_>) -> Result<Vec<Must>> {
        musts_of_fund(Request::of(ctx), self.0.fund_id).await
    }
}

/// The counts of many funds together, in the order that projects go.
fn counts(found: impl IntoIterator<Item = StateCount>) -> Vec<ProjectStateCount> {
    let mut sums: HashMap<ProjectState, i64> = HashMap::new();
    for one in found {
        *sums.entry(one.state).or_default() += one.projects;
    }
    let states = ProjectState::ALL.into_iter();
    states.filter_map(|state| Some(ProjectStateCount { state, projects: *sums.get(&state)? })).collect()
}
