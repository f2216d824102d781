//! Hosts, purposes and funds in the graph.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::{Fund, FundDraft, FundFilter, Host, Purpose, host_create, purpose_create, store};
use crate::{
    agreement::graphql::{AgreementConnection, agreements_of_fund},
    area::{Area, AreaById},
    bank::graphql::{
        BankLineConnection, Reconciliation, lines_of_fund, lines_of_host, reconciliation_of_fund,
        reconciliation_of_host, unmatched_entries,
    },
    by_id,
    campaign::graphql::{CampaignConnection, campaigns_of_fund},
    clock::Date,
    committee::{DecisionConnection, decisions_of_fund},
    connection,
    contribution::graphql::{ContributionConnection, contributions_of_fund},
    error::{Result, UserError},
    expense::graphql::{ExpenseConnection, ExpenseFilterInput, expenses_of_fund},
    id::{AreaId, FundId, GlobalId, HostId, NodeKind, PurposeId},
    import::graphql::{ImportJobConnection, imports_of_fund},
    ledger,
    ledger::graphql::{
        Balance, ChainHead, EntryConnection, balance_of_fund, chain_head, entries_of_fund,
        flow::{Flow, flow_of_fund},
        spending::{Leverage, leverage_of_fund},
    },
    page::PeriodInput,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    pledge::graphql::{
        PledgeConnection, PledgeFilterInput,
        due::{DueConnection, DueFilterInput, dues_of_fund},
        pledges_of_fund,
    },
    project::{ProjectConnection, projects_of_fund},
    sales::graphql::{SalesReportConnection, reports_of_fund},
    viewer::Request,
};

connection!(HostConnection, HostEdge, Host, "hosts");
connection!(PurposeConnection, PurposeEdge, Purpose, "purposes");
connection!(FundConnection, FundEdge, Fund, "funds");

by_id!(/// Hosts by key.
    HostById, HostId, Host, store::hosts_by_ids);
by_id!(/// Purposes by key.
    PurposeById, PurposeId, Purpose, store::purposes_by_ids);
by_id!(/// Funds by key.
    FundById, FundId, Fund, store::by_ids);

page_of!(/// A page of each host's funds.
    FundsOf, HostId, Fund, store::of_hosts, |fund: &Fund| fund.host_id);
page_of!(/// A page of what lies directly below each purpose.
    ChildrenOf, PurposeId, Purpose, store::purposes_of_parents,
    |purpose: &Purpose| purpose.parent_id.expect("it was found below a parent"));
page_of!(/// A page of each fund's allow-list.
    PurposesOf, FundId, store::PurposeOfFund, store::purposes_of_funds,
    |row: &store::PurposeOfFund| row.fund_id);

impl From<store::PurposeOfFund> for Purpose {
    fn from(row: store::PurposeOfFund) -> Self {
        row.purpose
    }
}

/// The page of a list that is in the order of its keys.
fn by_key(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Asc, &[Key::Int(0)])?)
}

/// A charity association in whose bank account funds are held.
#[Object]
impl Host {
    /// The host's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Host, self.id).into()
    }

    /// The charity association.
    async fn party(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.party_id).await?.into())
    }

    /// The area whose funds it may hold.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area_id).await
    }

    /// The funds it holds, in the order they were opened here.
    async fn funds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<FundConnection> {
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = Request::of(ctx).load::<FundsOf>((self.id, page.clone())).await?.unwrap_or_default();
        Ok(FundConnection::new(page.finish(rows, |fund| vec![fund.id.into()]), None))
    }

    /// What the bank said of its own account, which holds several funds; for those who oversee the books.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn bank_lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only lines that are matched, or only those that are not.")] matched: Option<bool>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Option<Result<BankLineConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(lines_of_host(Request::of(ctx), self, matched, direction, &args).await)
    }

    /// How its bank, the books of all its funds and the control account stand at the end of a day; for those
    /// who oversee the books.
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, to its end.")] on: Date,
    ) -> Option<Result<Reconciliation>> {
        Some(reconciliation_of_host(Request::of(ctx), self, on.into()).await)
    }
}

#[ComplexObject]
impl Purpose {
    /// The purpose's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Purpose, self.id).into()
    }

    /// The purpose above; null for a root.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Purpose>> {
        Request::of(ctx).load::<PurposeById>(self.parent_id?).await.transpose()
    }

    /// What lies directly below.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<PurposeConnection> {
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = Request::of(ctx).load::<ChildrenOf>((self.id, page.clone())).await?.unwrap_or_default();
        Ok(PurposeConnection::new(page.finish(rows, |purpose| vec![purpose.id.into()]), None))
    }
}

#[ComplexObject]
impl Fund {
    /// The fund's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Fund, self.id).into()
    }

    /// Whose fund it is.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area_id).await
    }

    /// The imports into the fund, the newest first: for those who may import, and for auditors.
    async fn import_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<ImportJobConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(imports_of_fund(Request::of(ctx), self, &args).await)
    }

    /// Who holds it.
    async fn host(&self, ctx: &Context<'_>) -> Result<Host> {
        Request::of(ctx).need::<HostById>(self.host_id).await
    }

    /// The allow-list: it spends on these purposes and what lies below them, on nothing else.
    async fn purposes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<PurposeConnection> {
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = Request::of(ctx).load::<PurposesOf>((self.id, page.clone())).await?.unwrap_or_default();
        Ok(PurposeConnection::new(page.finish(rows, |row| vec![row.purpose.id.into()]), None))
    }

    /// What its money is spent on, the last proposed first.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ProjectConnection> {
        projects_of_fund(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What its committee resolved, the last taken first.
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DecisionConnection> {
        decisions_of_fund(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What is in it and what became of what was.
    async fn balance(&self, ctx: &Context<'_>) -> Result<Balance> {
        balance_of_fund(Request::of(ctx), self.id).await
    }

    /// Where its money came from and went to in a period, as nodes and links that add up.
    async fn flow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period, both days included.")] period: PeriodInput,
    ) -> Result<Flow> {
        flow_of_fund(Request::of(ctx), self.id, period).await
    }

    /// The head of its journal's hash chain.
    async fn chain_head(&self, ctx: &Context<'_>) -> Result<ChainHead> {
        chain_head(Request::of(ctx), self.id).await
    }

    /// Its journal, the first entry first; for those who keep or oversee the books.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<EntryConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(entries_of_fund(Request::of(ctx), self, &args).await)
    }

    /// The pledges made to it, by the day they are due; for those who keep or oversee the books.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn pledges(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which pledges the list holds.")] filter: Option<PledgeFilterInput>,
        #[graphql(desc = "DESC, the latest due first, where it is left out.")] direction: Option<Direction>,
    ) -> Option<Result<PledgeConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(pledges_of_fund(Request::of(ctx), self, filter, direction, &args).await)
    }

    /// What is owed to it, by the day it is due; for those who keep or oversee the books.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn dues(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which dues the list holds.")] filter: Option<DueFilterInput>,
        #[graphql(desc = "ASC, the oldest first, where it is left out.")] direction: Option<Direction>,
    ) -> Option<Result<DueConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(dues_of_fund(Request::of(ctx), self, filter, direction, &args).await)
    }

    /// What merchants reported, by the last day of it; for those who keep or oversee the books.
    async fn sales_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Option<Result<SalesReportConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(reports_of_fund(Request::of(ctx), self, direction, &args).await)
    }

    /// The campaigns that money was raised at, by their first day.
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Result<CampaignConnection> {
        let args = PageArgs { first, after, last, before };
        campaigns_of_fund(Request::of(ctx), self.id, direction, &args).await
    }

    /// What was signed with partner units and users of venues; for those who keep or oversee the books.
    async fn agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<AgreementConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(agreements_of_fund(Request::of(ctx), self, &args).await)
    }

    /// What has arrived, by the day it did.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn contributions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only what arrived in this period.")] period: Option<PeriodInput>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Result<ContributionConnection> {
        let args = PageArgs { first, after, last, before };
        contributions_of_fund(Request::of(ctx), self.id, period, direction, &args).await
    }

    /// What was paid, by the day it was.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which expenses the list holds.")] filter: Option<ExpenseFilterInput>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Result<ExpenseConnection> {
        let args = PageArgs { first, after, last, before };
        expenses_of_fund(Request::of(ctx), self.id, filter, direction, &args).await
    }

    /// What the bank said of its own account; for those who keep or oversee the books.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn bank_lines(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only lines that are matched, or only those that are not.")] matched: Option<bool>,
        #[graphql(desc = "DESC, the latest first, where it is left out.")] direction: Option<Direction>,
    ) -> Option<Result<BankLineConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(lines_of_fund(Request::of(ctx), self, matched, direction, &args).await)
    }

    /// The entries that moved cash, stand, and are matched to no bank line, the first first; for those who keep
    /// or oversee the books.
    async fn unmatched_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<EntryConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(unmatched_entries(Request::of(ctx), self, &args).await)
    }

    /// How its bank and its books stand at the end of a day; for those who keep or oversee the books.
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, to its end.")] on: Date,
    ) -> Option<Result<Reconciliation>> {
        Some(reconciliation_of_fund(Request::of(ctx), self, on.into()).await)
    }

    /// What its projects moved altogether for each yuan of its own money in them; micro-grants not counted.
    async fn leverage(&self, ctx: &Context<'_>) -> Result<Leverage> {
        leverage_of_fund(Request::of(ctx), self.id).await
    }
}

/// Queries about hosts, purposes and funds.
#[derive(Default)]
pub struct FundQuery;

#[Object]
impl FundQuery {
    /// All hosts, in the order they were added.
    async fn hosts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<HostConnection> {
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = store::hosts(&mut *Request::of(ctx).session().await?, &page).await?;
        Ok(HostConnection::new(page.finish(rows, |host| vec![host.id.into()]), None))
    }

    /// All purposes, in the order they were added.
    async fn purposes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<PurposeConnection> {
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = store::purposes(&mut *Request::of(ctx).session().await?, &page).await?;
        Ok(PurposeConnection::new(page.finish(rows, |purpose| vec![purpose.id.into()]), None))
    }

    /// All funds, in the order they were opened here.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn funds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only the funds of this area and of what lies below it.")] area: Option<GlobalId>,
        #[graphql(desc = "Only the funds this host holds.")] host: Option<GlobalId>,
    ) -> Result<FundConnection> {
        let filter = FundFilter {
            area: area.map(|id| id.key_of(NodeKind::Area)).transpose()?.map(AreaId),
            host: host.map(|id| id.key_of(NodeKind::Host)).transpose()?.map(HostId),
        };
        let page = by_key(&PageArgs { first, after, last, before })?;
        let rows = store::all(&mut *Request::of(ctx).session().await?, filter, &page).await?;
        Ok(FundConnection::new(page.finish(rows, |fund| vec![fund.id.into()]), None))
    }

    /// The fund of this code; null where there is none.
    async fn fund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fund's code.")] code: String,
    ) -> Option<Result<Fund>> {
        let found = async { Ok(store::by_code(&mut *Request::of(ctx).session().await?, &code).await?) };
        found.await.transpose()
    }
}

/// What a host is created from.
#[derive(InputObject)]
pub struct HostCreateInput {
    /// The charity association.
    pub party_id: GlobalId,
    /// The area whose funds it may hold.
    pub area_id: GlobalId,
}

/// What came of creating a host.
#[derive(SimpleObject)]
pub struct HostCreatePayload {
    /// The host; null when it was refused.
    pub host: Option<Host>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What a purpose is created from.
#[derive(InputObject)]
pub struct PurposeCreateInput {
    /// The purpose above; leave it out for a root.
    pub parent_id: Option<GlobalId>,
    /// Its short name, at most 40 characters, unlike any other purpose's.
    pub code: String,
    /// What it is called, at most 100 characters.
    pub name: String,
}

/// What came of creating a purpose.
#[derive(SimpleObject)]
pub struct PurposeCreatePayload {
    /// The purpose; null when it was refused.
    pub purpose: Option<Purpose>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What a fund is opened from.
#[derive(InputObject)]
pub struct FundOpenInput {
    /// Who holds it.
    pub host_id: GlobalId,
    /// Whose fund it is: a community, street or district in the host's area that has none.
    pub area_id: GlobalId,
    /// Its short name, at most 40 characters, unlike any other fund's.
    pub code: String,
    /// What it is called, at most 100 characters.
    pub name: String,
    /// The day it was opened, not to come.
    pub opened_on: Date,
    /// How many seats its committee has, 1 to 99.
    pub seats: i64,
    /// How many must sit for a decision to stand, at most as many as there are seats.
    pub quorum: i64,
    /// The allow-list: it spends on these purposes and what lies below them; 1 to 100.
    pub purpose_ids: Vec<GlobalId>,
}

impl FundOpenInput {
    fn read(self) -> Result<FundDraft> {
        let purposes = self.purpose_ids.iter().map(|id| id.key_of(NodeKind::Purpose).map(PurposeId));
        Ok(FundDraft {
            host: HostId(self.host_id.key_of(NodeKind::Host)?),
            area: AreaId(self.area_id.key_of(NodeKind::Area)?),
            purposes: purposes.collect::<Result<_>>()?,
            code: self.code,
            name: self.name,
            opened_on: self.opened_on.into(),
            seats: self.seats,
            quorum: self.quorum,
        })
    }
}

/// What came of opening a fund.
#[derive(SimpleObject)]
pub struct FundOpenPayload {
    /// The fund; null when it was refused.
    pub fund: Option<Fund>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of hosts, purposes and funds.
#[derive(Default)]
pub struct FundMutation;

#[Object]
impl FundMutation {
    /// Makes a charity association the host of an area's funds. For host officers of that area.
    async fn host_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is created.")] input: HostCreateInput,
    ) -> Result<HostCreatePayload> {
        let request = Request::of(ctx);
        let (party, area) = (input.party_id.party()?, input.area_id.key_of(NodeKind::Area)?);
        let (host, user_errors) = request.write(async |tx, by| host_create(tx, by, party, AreaId(area)).await).await?;
        Ok(HostCreatePayload { host, user_errors })
    }

    /// Adds a purpose to the tree that all funds share. For host officers.
    async fn purpose_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is created.")] input: PurposeCreateInput,
    ) -> Result<PurposeCreatePayload> {
        let request = Request::of(ctx);
        let parent = input.parent_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId);
        let (purpose, user_errors) =
            request.write(async |tx, by| purpose_create(tx, by, parent, &input.code, &input.name).await).await?;
        Ok(PurposeCreatePayload { purpose, user_errors })
    }

    /// Opens a fund with books of its own. For host officers of its area.
    async fn fund_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is opened.")] input: FundOpenInput,
    ) -> Result<FundOpenPayload> {
        let request = Request::of(ctx);
        let draft = input.read()?;
        let (fund, user_errors) = request.write(async |tx, by| ledger::open(tx, by, &draft).await).await?;
        Ok(FundOpenPayload { fund, user_errors })
    }
}
