//! Hosts, purposes and funds in the graph: what they are and how they are read. What is done to them is in
//! [`mutation`].

use std::collections::HashMap;

mod host;
mod mutation;

pub use mutation::FundMutation;

use async_graphql::{ComplexObject, Context, ID, Object};

use super::{Fund, FundFilter, Host, Purpose, TwoPersons, store};
use crate::{
    agreement::graphql::{AgreementConnection, agreements_of_fund},
    area::{Area, AreaById},
    bank::graphql::{BankLineConnection, Reconciliation, lines_of_fund, reconciliation_of_fund, unmatched_entries},
    by_id,
    campaign::graphql::{CampaignConnection, campaigns_of_fund},
    clock::Date,
    committee::{
        Committee, DecisionConnection, MotionConnection, RuleNode, committee_of_fund, decisions_of_fund,
        motions_of_fund, rules_of_fund,
    },
    connection,
    contest::{ContestConnection, contests_of_fund},
    contribution::graphql::{ContributionConnection, OtherContributions, contributions_of_fund, others_of_fund},
    disclosure::{DisclosureConnection, disclosures_of_fund},
    duty::{DisclosureDutyConnection, Status, duties_of_fund},
    error::Result,
    expense::graphql::{ExpenseConnection, ExpenseFilterInput, expenses_of_fund},
    grant::graphql::{GrantRoundConnection, rounds_of_fund},
    id::{AreaId, FundId, GlobalId, HostId, NodeKind, PurposeId},
    import::graphql::{ImportJobConnection, imports_of_fund},
    ledger::graphql::{
        Balance, ChainHead, EntryConnection, LotConnection,
        as_of::{AsOfInput, cut_of_fund},
        balance_of_fund, chain_head, entries_of_fund,
        flow::{Flow, FlowInput, flow_of_fund},
        spending::{Leverage, leverage_of_fund},
    },
    oversight::{Must, musts_of_fund},
    page::PeriodInput,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    pledge::graphql::{
        PledgeConnection, PledgeFilterInput,
        due::{DueConnection, DueFilterInput, dues_of_fund},
        pledges_of_fund,
    },
    project::{ProjectConnection, projects_of_fund},
    related::graphql::{RelatedPartyConnection, related_expenses, related_lots, related_parties},
    sales::graphql::{SalesReportConnection, reports_of_fund},
    statement::graphql::fund::FundStatement,
    viewer::{Load, Request},
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

/// Which funds ask for different hands.
struct TwoPersonsOf;

impl Load for TwoPersonsOf {
    type Key = FundId;
    type Value = TwoPersons;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, TwoPersons>> {
        let rows = store::two_persons(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|(fund,)| (fund, TwoPersons::Asked)).collect())
    }
}

impl From<store::PurposeOfFund> for Purpose {
    fn from(row: store::PurposeOfFund) -> Self {
        row.purpose
    }
}

/// The page of a list that is in the order of its keys.
fn by_key(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Asc, &[Key::Int(0)])?)
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

    /// Whether who proposed or recorded, who allocates, who pays and who is paid must be different persons.
    async fn two_persons(&self, ctx: &Context<'_>) -> Result<TwoPersons> {
        Ok(Request::of(ctx).load::<TwoPersonsOf>(self.id).await?.unwrap_or(TwoPersons::NotAsked))
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

    /// What its committee is to decide on, or has, the last opened first.
    async fn motions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<MotionConnection> {
        motions_of_fund(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// Who decides on its money; null until a committee is formed.
    async fn committee(&self, ctx: &Context<'_>) -> Option<Result<Committee>> {
        committee_of_fund(ctx, self.id).await.transpose()
    }

    /// The five musts (五有): agreement, management, project, result, disclosure.
    async fn musts(&self, ctx: &Context<'_>) -> Result<Vec<Must>> {
        musts_of_fund(Request::of(ctx), self.id).await
    }

    /// What was published of it, the last period first; what is not published yet for those who keep or oversee the
    /// books.
    async fn disclosures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DisclosureConnection> {
        disclosures_of_fund(Request::of(ctx), self, &PageArgs { first, after, last, before }).await
    }

    /// Its rounds of micro-grants, the last opened first.
    async fn grant_rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<GrantRoundConnection> {
        rounds_of_fund(Request::of(ctx), self.id, &PageArgs { first, after, last, before }).await
    }

    /// How it decides: what it was opened with, and what was set since, in the order it began.
    async fn rules(&self, ctx: &Context<'_>) -> Result<Vec<RuleNode>> {
        rules_of_fund(ctx, self).await
    }

    /// What is, or was, in it and what became of what was.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Result<Balance> {
        let request = Request::of(ctx);
        balance_of_fund(request, self.id, cut_of_fund(request, as_of, self.id).await?).await
    }

    /// What its money did in a period: income by source, spending by purpose and project, and what is left under
    /// whose restrictions; for those who keep or oversee the books.
    async fn statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period, both days included.")] period: PeriodInput,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Option<Result<FundStatement>> {
        Some(FundStatement::of(Request::of(ctx), self, period, as_of).await)
    }

    /// Where its money came from and went to in a period, as nodes and links that add up.
    async fn flow(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period, both days included.")] period: PeriodInput,
        #[graphql(desc = "How it is drawn; left out, every project and purpose, and givers by kind.")] shape: Option<
            FlowInput,
        >,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Result<Flow> {
        let request = Request::of(ctx);
        let cut = cut_of_fund(request, as_of, self.id).await?;
        flow_of_fund(request, self, period, shape.unwrap_or_default(), cut).await
    }

    /// What it, its projects and its campaigns must publish, and by when: all that was due by the day, and what comes
    /// next.
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
        duties_of_fund(Request::of(ctx), self.id, on, status, &args).await
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

    /// Its proposal contests (公益提案大赛), the last opened first.
    async fn contests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ContestConnection> {
        contests_of_fund(Request::of(ctx), self.id, &PageArgs { first, after, last, before }).await
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

    /// What has arrived, by the day it did: from givers who are told by name, and your own. Those who keep or oversee
    /// the books are told all of it.
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
        contributions_of_fund(Request::of(ctx), self, period, direction, &args).await
    }

    /// What has arrived beside `contributions`, together: from residents, and from givers who did not choose to be
    /// named. Null where there is none, where they are too few for it to be told, and for those who keep or oversee
    /// the books, who are told every contribution.
    async fn other_contributions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what arrived in this period.")] period: Option<PeriodInput>,
    ) -> Option<Result<OtherContributions>> {
        others_of_fund(Request::of(ctx), self, period).await.transpose()
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

    /// Who is related to it or to its host, in the order of the declarations; for those who keep or oversee the
    /// books.
    async fn related_parties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<RelatedPartyConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(related_parties(Request::of(ctx), self, &args).await)
    }

    /// What it paid to parties that were related on the day, the latest first; for those who keep or oversee the
    /// books.
    async fn related_expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<ExpenseConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(related_expenses(Request::of(ctx), self, &args).await)
    }

    /// What parties gave it that were related on the day, the latest first; for those who keep or oversee the
    /// books.
    async fn related_gifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<LotConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(related_lots(Request::of(ctx), self, &args).await)
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
