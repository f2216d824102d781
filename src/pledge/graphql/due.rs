//! Dues in the graph, for their givers and for those who keep or oversee the fund's books.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;

use super::{
    super::{
        due::{Change, ChangeKind, Due as Row, DueStatus},
        store,
    },
    Pledge, PledgeById,
};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById},
    id::{DueId, FundId, GlobalId, NodeKind, PartyId, PledgeId},
    money::{Decimal, Money},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput, Slice},
    page_of,
    party::{PartyById, PartyNode},
    sales::graphql::{SalesReport, SalesReportById},
    viewer::{Act, Request},
};

by_id!(/// Dues by key.
    DueById, DueId, Row, store::dues_by_ids);
page_of!(/// A page of each pledge's dues.
    DuesOfPledge, PledgeId, Row, store::dues_page_of, |due: &Row| due.pledge_id);
narrowed_page_of!(/// A page of what is owed to each fund.
    DuesOfFund, FundId, store::DueFilter, Row, store::dues_of_funds, |due: &Row| due.fund_id);
narrowed_page_of!(/// A page of what each party owes.
    DuesOfParty, PartyId, store::DueFilter, Row, store::dues_of_parties, |due: &Row| due.donor_id);
all_of!(/// The changes of each due.
    ChangesOfDue, DueId, Change, store::changes_of, |change: &Change| change.due_id);

connection!(DueConnection, DueEdge, Due, "dues");

/// What is owed of a pledge on one day.
#[derive(Clone, Debug)]
pub struct Due(pub Row);

impl From<Row> for Due {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// What is owed of a pledge on one day.
#[Object]
impl Due {
    /// The due's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Due, self.0.id).into()
    }

    /// The pledge it is of.
    async fn pledge(&self, ctx: &Context<'_>) -> Result<Pledge> {
        Ok(Pledge(Request::of(ctx).need::<PledgeById>(self.0.pledge_id).await?))
    }

    /// The fund it is owed to.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Who owes it.
    async fn donor(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.donor_id).await?.into())
    }

    /// Which of the pledge's dues, counted from 1.
    async fn number(&self) -> i64 {
        self.0.due_no
    }

    /// The day it is due.
    async fn due_on(&self) -> Date {
        self.0.due_on.into()
    }

    /// As it was first stated.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// What it comes to with what was corrected and withdrawn.
    async fn owed(&self) -> Money {
        self.0.owed().into()
    }

    /// What has arrived on it.
    async fn received(&self) -> Money {
        self.0.received.into()
    }

    /// What is no longer asked for.
    async fn waived(&self) -> Money {
        self.0.waived.into()
    }

    /// What has not arrived and is still asked for.
    async fn outstanding(&self) -> Money {
        self.0.outstanding().into()
    }

    /// How it stands.
    async fn due_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether its day has passed is told as of this day; today where it is left out.")] on: Option<
            Date,
        >,
    ) -> DueStatus {
        self.0.status(on.map_or_else(|| Request::of(ctx).by().today, Into::into))
    }

    /// The days on which its giver is to be reminded; empty when nothing is outstanding.
    async fn remind_on(&self) -> Vec<Date> {
        self.0.remind_on().into_iter().map(Date).collect()
    }

    /// How it changed after it was stated, the oldest change first.
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<DueChange>> {
        let changes = Request::of(ctx).load::<ChangesOfDue>(self.0.id).await?.unwrap_or_default();
        Ok(changes.into_iter().map(DueChange).collect())
    }
}

/// A change of a due, made by a line of its own.
pub struct DueChange(Change);

/// A change of a due, made by a line of its own.
#[Object]
impl DueChange {
    /// Why.
    async fn kind(&self) -> ChangeKind {
        self.0.kind
    }

    /// What it adds to what is owed; below zero where it lowers it.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day.
    async fn changed_on(&self) -> Date {
        self.0.changed_on.into()
    }

    /// In the words of who changed it.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The report that a correction stands on; null for other changes.
    async fn report(&self, ctx: &Context<'_>) -> Option<Result<SalesReport>> {
        Some(Request::of(ctx).need::<SalesReportById>(self.0.report_id?).await.map(SalesReport))
    }
}

/// What narrows a list of dues; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DueFilterInput {
    /// Only those that stand so today.
    pub status: Option<DueStatus>,
    /// Only those due in this period.
    pub period: Option<PeriodInput>,
    /// Only those of this party.
    pub party_id: Option<GlobalId>,
    /// Only those owed to this fund.
    pub fund_id: Option<GlobalId>,
}

impl DueFilterInput {
    fn read(self, today: NaiveDate, reach: Option<Vec<FundId>>) -> Result<store::DueFilter> {
        Ok(store::DueFilter {
            status: self.status.map(|status| (status, today)),
            days: self.period.map(PeriodInput::days).transpose()?,
            donor: self.party_id.map(GlobalId::party).transpose()?,
            fund: self.fund_id.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId),
            reach,
        })
    }
}

fn by_day(args: &PageArgs, direction: Option<Direction>) -> Result<Page> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    Ok(Page::new(args, direction.unwrap_or(Direction::Asc), &shape)?)
}

fn finish(page: &Page, rows: Option<Vec<Row>>) -> DueConnection {
    let slice: Slice<Row> = page.finish(rows.unwrap_or_default(), |due| vec![Key::Date(due.due_on), due.id.into()]);
    DueConnection::new(slice, None)
}

/// A page of what is owed to a fund; for those who keep or oversee the books.
pub async fn dues_of_fund(
    request: &Request,
    fund: &Fund,
    filter: Option<DueFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<DueConnection> {
    request.viewer.must(Act::ReadGiving, &[fund.on()])?;
    let page = by_day(args, direction)?;
    let filter = filter.unwrap_or_default().read(request.by().today, None)?;
    Ok(finish(&page, request.load::<DuesOfFund>((fund.id, (filter, page.clone()))).await?))
}

/// A page of what a party owes, of that which the viewer may read.
pub async fn dues_of_party(
    request: &Request,
    party: PartyId,
    reach: Option<Vec<FundId>>,
    filter: Option<DueFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<DueConnection> {
    let page = by_day(args, direction)?;
    let filter = filter.unwrap_or_default().read(request.by().today, reach)?;
    Ok(finish(&page, request.load::<DuesOfParty>((party, (filter, page.clone()))).await?))
}

/// A page of a pledge's dues, in their order.
pub async fn dues_of_pledge(request: &Request, pledge: PledgeId, args: &PageArgs) -> Result<DueConnection> {
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let rows = request.load::<DuesOfPledge>((pledge, page.clone())).await?.unwrap_or_default();
    Ok(DueConnection::new(page.finish(rows, |due| vec![due.due_no.into()]), None))
}

/// How a pledge stood at the end of a day.
pub struct PledgeStanding(pub store::Standing);

/// How a pledge stood at the end of a day.
#[Object]
impl PledgeStanding {
    /// What was promised in all; null for a share of sales without limit.
    async fn promised(&self) -> Option<Money> {
        self.0.promised.map(Into::into)
    }

    /// What had become due.
    async fn due(&self) -> Money {
        self.0.due.into()
    }

    /// What had arrived.
    async fn received(&self) -> Money {
        self.0.received.into()
    }

    /// What had become due, had not arrived and was still asked for.
    async fn outstanding(&self) -> Money {
        self.0.outstanding.into()
    }

    /// The part of it whose day had passed.
    async fn overdue(&self) -> Money {
        self.0.overdue.into()
    }
}

/// A quantity in hundredths, as the API writes it.
pub fn quantity(hundredths: i64) -> Decimal {
    Decimal(crate::money::Fen(hundredths))
}
