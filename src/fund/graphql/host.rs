//! Hosts in the graph.

use async_graphql::{Context, ID, Object};

use super::{FundConnection, FundsOf, by_key};
use crate::{
    area::{Area, AreaById},
    bank::graphql::{BankLineConnection, Reconciliation, lines_of_host, reconciliation_of_host},
    clock::Date,
    duty::{DisclosureDutyConnection, DutyPeriod, Status, duties_of_host, periods_of_host},
    error::Result,
    fund::Host,
    id::{GlobalId, NodeKind},
    ledger::graphql::as_of::AsOfInput,
    page::{Direction, PageArgs, PeriodInput},
    party::{PartyById, PartyNode},
    statement::graphql::host::HostStatement,
    viewer::Request,
};

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

    /// What its funds, their projects and their campaigns must publish, and by when; ask for OVERDUE to see what is
    /// late.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn disclosure_duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "The day that is asked about, at most ten years ahead; today where it is left out.")]
        on: Option<Date>,
        #[graphql(desc = "Only duties of this urgency.")] status: Option<Status>,
    ) -> Result<DisclosureDutyConnection> {
        let args = PageArgs { first, after, last, before };
        duties_of_host(Request::of(ctx), self.id, on, status, &args).await
    }

    /// The periods within which its funds publish, the law's and those it has set in their place.
    async fn duty_periods(&self, ctx: &Context<'_>) -> Result<Vec<DutyPeriod>> {
        periods_of_host(Request::of(ctx), self.id).await
    }

    /// That its funds together are its control account, day by day of a period of a year at most; for those who
    /// oversee all its funds.
    async fn statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period, both days included.")] period: PeriodInput,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Option<Result<HostStatement>> {
        Some(HostStatement::of(Request::of(ctx), self, period, as_of).await)
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
