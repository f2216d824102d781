//! Sales in the graph: for whoever sold, and for those who keep or oversee the fund's books.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Correction, Report, SalesReport as Row, correct, report, store};
use crate::{
    all_of, by_id,
    campaign::{
        Campaign as CampaignRow,
        graphql::{Campaign, CampaignById},
    },
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{CampaignId, FundId, GlobalId, NodeKind, SalesReportId},
    ledger::idem::Once,
    money::{Money, MoneyInput},
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    page_of,
    party::{PartyById, PartyNode},
    pledge::graphql::{
        OriginInput,
        due::{Due, DueById, DueConnection},
    },
    viewer::{Act, Request},
};

by_id!(/// Reports of sales by key.
    SalesReportById, SalesReportId, Row, store::by_ids);
page_of!(/// A page of each fund's reports.
    ReportsOfFund, FundId, Row, store::of_funds, |report: &Row| report.fund_id);
page_of!(/// A page of each campaign's reports.
    ReportsOfCampaign, CampaignId, Row, store::of_campaigns,
    |report: &Row| report.campaign_id.expect("it was found by its campaign"));
page_of!(/// A page of the dues that stand on each first report.
    DuesOfReport, SalesReportId, store::DueOfReport, store::dues_of_reports, |row: &store::DueOfReport| row.report_id);
all_of!(/// The reports of the same sales as each first one.
    TrailOf, SalesReportId, Row, store::trail_of, |report: &Row| report.first_id);

connection!(SalesReportConnection, SalesReportEdge, SalesReport, "reports of sales");

/// What a merchant sold at a campaign or in a period.
#[derive(Clone, Debug)]
pub struct SalesReport(pub Row);

impl From<Row> for SalesReport {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// What a merchant sold at a campaign or in a period.
#[Object]
impl SalesReport {
    /// The report's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::SalesReport, self.0.id).into()
    }

    /// The fund it is made to.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Who sold.
    async fn merchant(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.merchant_id).await?.into())
    }

    /// Where it was sold; null for sales of a period.
    async fn campaign(&self, ctx: &Context<'_>) -> Option<Result<Campaign>> {
        Some(Request::of(ctx).need::<CampaignById>(self.0.campaign_id?).await.map(Campaign))
    }

    /// The first day of what was sold.
    async fn from(&self) -> Date {
        self.0.from_on.into()
    }

    /// The last day of what was sold.
    async fn to(&self) -> Date {
        self.0.to_on.into()
    }

    /// For how much; null where it says pieces only.
    async fn amount(&self) -> Option<Money> {
        self.0.amount.map(Into::into)
    }

    /// How many pieces; null where it says a sum only.
    async fn units(&self) -> Option<i64> {
        self.0.units
    }

    /// The day it was reported.
    async fn reported_on(&self) -> Date {
        self.0.reported_on.into()
    }

    /// Of a correction, why; may else be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// The report that this one puts right; null for a first report.
    async fn corrects(&self, ctx: &Context<'_>) -> Option<Result<SalesReport>> {
        Some(Request::of(ctx).need::<SalesReportById>(self.0.corrects_id?).await.map(SalesReport))
    }

    /// The report that puts this one right; null where it stands.
    async fn corrected_by(&self, ctx: &Context<'_>) -> Result<Option<SalesReport>> {
        let trail = Request::of(ctx).load::<TrailOf>(self.0.first_id).await?.unwrap_or_default();
        Ok(trail.into_iter().find(|one| one.corrects_id == Some(self.0.id)).map(SalesReport))
    }

    /// What became due of these sales; what a correction changed stands in the changes of each due.
    async fn dues(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DueConnection> {
        let request = Request::of(ctx);
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let rows = request.load::<DuesOfReport>((self.0.first_id, page.clone())).await?.unwrap_or_default();
        let dues = rows.iter().map(|row| request.need::<DueById>(row.due_id));
        let dues = futures_util::future::try_join_all(dues).await?;
        Ok(DueConnection::new(page.finish(dues.into_iter().map(Due).collect(), |due| vec![due.0.id.into()]), None))
    }
}

/// A page of a fund's reports by their last day; for those who keep or oversee the books.
pub async fn reports_of_fund(
    request: &Request,
    fund: &Fund,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<SalesReportConnection> {
    request.viewer.must(Act::ReadGiving, &[fund.on()])?;
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    let page = Page::new(args, direction.unwrap_or_default(), &shape)?;
    let rows = request.load::<ReportsOfFund>((fund.id, page.clone())).await?.unwrap_or_default();
    let key = |row: &Row| vec![Key::Date(row.to_on), row.id.into()];
    Ok(SalesReportConnection::new(page.finish(rows, key), None))
}

/// A page of a campaign's reports; for those who keep or oversee the fund's books.
pub async fn reports_of_campaign(
    request: &Request,
    campaign: &CampaignRow,
    args: &PageArgs,
) -> Result<SalesReportConnection> {
    let fund = request.need::<FundById>(campaign.fund_id).await?;
    request.viewer.must(Act::ReadGiving, &[fund.on()])?;
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let rows = request.load::<ReportsOfCampaign>((campaign.id, page.clone())).await?.unwrap_or_default();
    Ok(SalesReportConnection::new(page.finish(rows, |row| vec![row.id.into()]), None))
}

/// What was sold.
#[derive(InputObject)]
pub struct SalesReportRecordInput {
    /// The fund whose pledges follow it.
    pub fund_id: GlobalId,
    /// Who sold.
    pub merchant_id: GlobalId,
    /// Where it was sold.
    pub campaign_id: Option<GlobalId>,
    /// When it was sold; the days of the campaign where it is left out. One of the two is needed.
    pub period: Option<PeriodInput>,
    /// For how much.
    pub amount: Option<MoneyInput>,
    /// How many pieces, at most 1000000000. One of the two is needed.
    pub units: Option<i64>,
    /// The day it is reported; today where it is left out.
    pub reported_on: Option<Date>,
    /// Where it is taken over from. Without it, a merchant's report of a campaign and period is one.
    pub origin: Option<OriginInput>,
    /// At most 500 characters.
    #[graphql(default)]
    pub note: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of reporting sales.
#[derive(SimpleObject)]
pub struct SalesReportRecordPayload {
    /// The report; null when it was refused.
    pub report: Option<SalesReport>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// The right figures of a report.
#[derive(InputObject)]
pub struct SalesReportCorrectInput {
    /// The report, or the last correction of it.
    pub report_id: GlobalId,
    /// For how much was sold; leave it out where that was right.
    pub amount: Option<MoneyInput>,
    /// How many pieces; leave it out where that was right. One of the two is needed.
    pub units: Option<i64>,
    /// The day it is corrected; today where it is left out.
    pub reported_on: Option<Date>,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of correcting a report.
#[derive(SimpleObject)]
pub struct SalesReportCorrectPayload {
    /// The correction; null when it was refused.
    pub report: Option<SalesReport>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of sales.
#[derive(Default)]
pub struct SalesMutation;

#[Object]
impl SalesMutation {
    /// Reports what a merchant sold: what becomes due of it is computed at once. For the merchant's own
    /// representative, and for staff of the fund.
    async fn sales_report_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was sold, by whom, when and where.")] input: SalesReportRecordInput,
    ) -> Result<SalesReportRecordPayload> {
        let request = Request::of(ctx);
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let wanted = Report {
            merchant: input.merchant_id.party()?,
            campaign: input.campaign_id.map(|id| id.key_of(NodeKind::Campaign)).transpose()?.map(CampaignId),
            period: input.period.map(PeriodInput::days).transpose()?,
            amount: input.amount.map(Into::into),
            units: input.units,
            reported_on: input.reported_on.map_or(request.by().today, Into::into),
            origin: input.origin.map(Into::into),
            note: input.note,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "salesReportRecord", &(fund, &wanted))?;
            report(tx, by, fund, &[(Some(once), wanted)]).await?.remove(0)
        });
        let (done, user_errors) = done.await?;
        let report = match done {
            Some(done) => Some(SalesReport(request.need::<SalesReportById>(done.report).await?)),
            None => None,
        };
        Ok(SalesReportRecordPayload { report, user_errors })
    }

    /// Puts a report right by another one; what became due of it changes by correcting lines. For staff of the fund.
    async fn sales_report_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report, and the right figures.")] input: SalesReportCorrectInput,
    ) -> Result<SalesReportCorrectPayload> {
        let request = Request::of(ctx);
        let wanted = Correction {
            report: SalesReportId(input.report_id.key_of(NodeKind::SalesReport)?),
            amount: input.amount.map(Into::into),
            units: input.units,
            reported_on: input.reported_on.map_or(request.by().today, Into::into),
            reason: input.reason,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "salesReportCorrect", &wanted)?;
            correct(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let report = match done {
            Some(done) => Some(SalesReport(request.need::<SalesReportById>(done.report).await?)),
            None => None,
        };
        Ok(SalesReportCorrectPayload { report, user_errors })
    }
}
