//! Pledges in the graph. For their givers, and for those who keep or oversee the fund's books.

use std::collections::HashMap;

pub mod due;
mod input;
mod mutation;
pub mod terms;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

pub use input::OriginInput;
pub use mutation::PledgeMutation;

use self::{
    due::{DueConnection, PledgeStanding, dues_of_pledge},
    terms::{
        ClaimOf, GoodsOf, MatchOf, PledgeAccrual, PledgeClaim, PledgeGoods, PledgeMatchTerms, PledgeSchedule,
        SchedulesOf, StandingOf, accrual,
    },
};
use super::{Pledge as Row, PledgeFilter, PledgeKind, PledgeState, store};
use crate::{
    agreement::graphql::{Agreement, AgreementById},
    by_id,
    campaign::graphql::{Campaign, CampaignById},
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById},
    id::{DueId, FundId, GlobalId, NodeKind, PartyId, PledgeId, PurposeId},
    ledger::{
        earmark::EarmarkKind,
        graphql::{EarmarkById, RestrictionNode, UseConnection, by_place, must_read_giving, uses},
        trace,
    },
    money::Money,
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, Slice},
    page_of,
    party::{PartyById, PartyNode},
    viewer::{Act, Load, Request},
};

/// A page of pledges is narrowed by what the viewer may read, too.
type DonorFilter = (PledgeFilter, Option<Vec<FundId>>);

by_id!(/// Pledges by key.
    PledgeById, PledgeId, Row, store::by_ids);
narrowed_page_of!(/// A page of each fund's pledges.
    PledgesOfFund, FundId, PledgeFilter, Row, store::of_funds, |pledge: &Row| pledge.fund_id);
page_of!(/// A page of the places where what arrived on each pledge is.
    UsesOfPledge, PledgeId, trace::Use, trace::of_pledges, |one: &trace::Use| PledgeId(one.owner));

connection!(PledgeConnection, PledgeEdge, Pledge, "pledges");

/// A page of each party's pledges.
struct PledgesOfParty;

impl Load for PledgesOfParty {
    type Key = (PartyId, (DonorFilter, Page));
    type Value = Vec<Row>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<Row>>> {
        let mut found = HashMap::new();
        for (which, donors) in crate::viewer::by_page(keys) {
            let ((filter, funds), page) = &which;
            let mut session = request.session().await?;
            let rows = store::of_donors(&mut *session, &donors, filter, funds.as_deref(), page).await?;
            crate::viewer::deal(&mut found, &which, request.rows(rows), |pledge| pledge.donor_id);
        }
        Ok(found)
    }
}

/// The pledge that each due is of.
pub struct PledgeOfDue;

impl Load for PledgeOfDue {
    type Key = DueId;
    type Value = Pledge;

    async fn load(request: &Request, keys: Vec<DueId>) -> Result<HashMap<DueId, Pledge>> {
        let rows = store::of_dues(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.due_id, Pledge(row.pledge))).collect())
    }
}

/// A promise to give: a sum once or again and again, a share of sales, goods, a match of what others give, or
/// units of a project; free, or for a purpose, group or project.
#[derive(Clone, Debug)]
pub struct Pledge(pub Row);

impl From<Row> for Pledge {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// A promise to give: a sum once or again and again, a share of sales, goods, a match of what others give, or
/// units of a project; free, or for a purpose, group or project.
#[Object]
impl Pledge {
    /// The pledge's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Pledge, self.0.id).into()
    }

    /// The fund it is made to.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Who makes it.
    async fn donor(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.donor_id).await?.into())
    }

    /// What it may be used for.
    async fn restriction(&self, ctx: &Context<'_>) -> Result<RestrictionNode> {
        Ok(RestrictionNode(Request::of(ctx).need::<EarmarkById>(self.0.earmark_id).await?))
    }

    /// How it says what it will give.
    async fn kind(&self) -> PledgeKind {
        self.0.kind
    }

    /// How far it has come.
    async fn state(&self) -> PledgeState {
        self.0.state
    }

    /// What is promised in all; of a match or a share of sales the most it will give, null where it has no limit.
    async fn amount(&self) -> Option<Money> {
        self.0.amount.map(Into::into)
    }

    /// What a match gives for each yuan, a share of sales for each yuan sold, and a pledge per unit, in fen, for
    /// each piece; null for other kinds.
    async fn rate(&self) -> Option<Rate> {
        let has_rate = matches!(self.0.kind, PledgeKind::Matching | PledgeKind::ShareOfSales | PledgeKind::PerUnit);
        has_rate.then_some(Rate { numerator: self.0.rate_num, denominator: self.0.rate_den })
    }

    /// What its dues come to so far, with what was corrected and withdrawn.
    async fn stated(&self) -> Money {
        self.0.stated.into()
    }

    /// What of its dues is no longer asked for.
    async fn waived(&self) -> Money {
        self.0.waived.into()
    }

    /// What has arrived on it.
    async fn received(&self) -> Money {
        self.0.received.into()
    }

    /// What is still expected; nothing once it was cancelled or has lapsed.
    async fn outstanding(&self) -> Money {
        self.0.outstanding().into()
    }

    /// The day it was made.
    async fn offered_on(&self) -> Date {
        self.0.offered_on.into()
    }

    /// The day it is due; of several dues the first, of a share of sales the first day whose sales count.
    async fn due_on(&self) -> Date {
        self.0.due_on.into()
    }

    /// The last due, the last day whose sales count, or the day a claim expires; null where there is none.
    async fn ends_on(&self) -> Option<Date> {
        self.0.ends_on.map(Date)
    }

    /// The day it was fulfilled, cancelled or lapsed; null before.
    async fn ended_on(&self) -> Option<Date> {
        self.0.ended_on.map(Date)
    }

    /// What its giver says of it; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// What is owed of it, in order.
    async fn dues(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DueConnection> {
        dues_of_pledge(Request::of(ctx), self.0.id, &PageArgs { first, after, last, before }).await
    }

    /// How it stood at the end of a day: told from its lines, so that every day can be asked.
    async fn standing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today where it is left out.")] on: Option<Date>,
    ) -> Result<PledgeStanding> {
        let request = Request::of(ctx);
        let on = on.map_or_else(|| request.by().today, Into::into);
        Ok(PledgeStanding(request.need::<StandingOf>((self.0.id, on)).await?))
    }

    /// What a recurring pledge promised when, the offer first; empty for other kinds.
    async fn schedules(&self, ctx: &Context<'_>) -> Result<Vec<PledgeSchedule>> {
        let rows = Request::of(ctx).load::<SchedulesOf>(self.0.id).await?.unwrap_or_default();
        Ok(rows.into_iter().map(PledgeSchedule).collect())
    }

    /// What an in-kind pledge gives; null for other kinds.
    async fn goods(&self, ctx: &Context<'_>) -> Result<Option<PledgeGoods>> {
        let rows = Request::of(ctx).load::<GoodsOf>(self.0.id).await?;
        Ok(rows.and_then(|mut rows| rows.pop()).map(Into::into))
    }

    /// How a match is paid for; null for other kinds.
    async fn match_terms(&self, ctx: &Context<'_>) -> Result<Option<PledgeMatchTerms>> {
        let rows = Request::of(ctx).load::<MatchOf>(self.0.id).await?;
        Ok(rows.and_then(|mut rows| rows.pop()).map(Into::into))
    }

    /// What a claim takes; null for other kinds.
    async fn claim(&self, ctx: &Context<'_>) -> Result<Option<PledgeClaim>> {
        let rows = Request::of(ctx).load::<ClaimOf>(self.0.id).await?;
        Ok(rows.and_then(|mut rows| rows.pop()).map(PledgeClaim))
    }

    /// What the sales reported so far come to; null for pledges that do not follow sales.
    async fn accrual(&self, ctx: &Context<'_>) -> Result<Option<PledgeAccrual>> {
        if !matches!(self.0.kind, PledgeKind::ShareOfSales | PledgeKind::PerUnit) {
            return Ok(None);
        }
        let basis = Request::of(ctx).load::<BasisOfPledge>(self.0.id).await?.unwrap_or_default();
        Ok(Some(accrual(&self.0, basis)))
    }

    /// The agreement it stands under; null for none.
    async fn agreement(&self, ctx: &Context<'_>) -> Option<Result<Agreement>> {
        Some(Request::of(ctx).need::<AgreementById>(self.0.agreement_id?).await.map(Agreement))
    }

    /// The campaign it was made at; null for none.
    async fn campaign(&self, ctx: &Context<'_>) -> Option<Result<Campaign>> {
        Some(Request::of(ctx).need::<CampaignById>(self.0.campaign_id?).await.map(Campaign))
    }

    /// Where it was taken over from; null where it was made here.
    async fn origin(&self) -> Option<OriginNode> {
        let (source, reference) = (self.0.source.clone()?, self.0.external_ref.clone()?);
        Some(OriginNode { source, reference })
    }

    /// Where what arrived on it is now: what it paid, what waits, what was given back.
    async fn uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<UseConnection> {
        let request = Request::of(ctx);
        must_read_giving(request, self.0.donor_id, self.0.fund_id).await?;
        let page = by_place(&PageArgs { first, after, last, before })?;
        let rows = request.load::<UsesOfPledge>((self.0.id, page.clone())).await?.unwrap_or_default();
        Ok(uses(&page, rows))
    }
}

/// Where something was taken over from.
#[derive(SimpleObject)]
#[graphql(name = "Origin")]
pub struct OriginNode {
    /// The list, platform or system.
    pub source: String,
    /// Its number there.
    pub reference: String,
}

/// What each pledge's sales come to: fen or pieces.
struct BasisOfPledge;

impl Load for BasisOfPledge {
    type Key = PledgeId;
    type Value = i64;

    async fn load(request: &Request, keys: Vec<PledgeId>) -> Result<HashMap<PledgeId, i64>> {
        let rows = crate::sales::store::bases_of(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().collect())
    }
}

/// A ratio of whole numbers: exact where a decimal would not be.
#[derive(Clone, Copy, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "RateInput")]
pub struct Rate {
    /// How many fen are given …
    pub numerator: i64,
    /// … for this many fen or pieces of the base.
    pub denominator: i64,
}

/// What narrows a list of pledges; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct PledgeFilterInput {
    /// Only those made to this fund.
    pub fund_id: Option<GlobalId>,
    /// Only those of this kind.
    pub kind: Option<PledgeKind>,
    /// Only those in this state.
    pub state: Option<PledgeState>,
    /// Only those with a restriction of this kind.
    pub restriction: Option<EarmarkKind>,
    /// Only those earmarked for exactly this purpose.
    pub purpose_id: Option<GlobalId>,
    /// Only those earmarked for this project or micro-grant.
    pub target_id: Option<GlobalId>,
    /// Only those due on this day or later.
    pub due_from: Option<Date>,
    /// Only those due on this day or earlier.
    pub due_to: Option<Date>,
}

impl PledgeFilterInput {
    fn read(self) -> Result<PledgeFilter> {
        Ok(PledgeFilter {
            fund: self.fund_id.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId),
            kind: self.kind,
            state: self.state,
            earmark: self.restriction,
            purpose: self.purpose_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId),
            target: self.target_id.map(GlobalId::target).transpose()?,
            due_from: self.due_from.map(Into::into),
            due_to: self.due_to.map(Into::into),
        })
    }
}

/// The page of a list of pledges by the day they are due.
fn by_due(args: &PageArgs, direction: Option<Direction>) -> Result<Page> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    Ok(Page::new(args, direction.unwrap_or_default(), &shape)?)
}

fn finish(page: &Page, rows: Vec<Row>) -> Slice<Row> {
    page.finish(rows, |pledge| vec![Key::Date(pledge.due_on), pledge.id.into()])
}

/// A page of a party's pledges, of those the viewer may read.
pub async fn pledges_of_party(
    request: &Request,
    party: PartyId,
    reach: Option<Vec<FundId>>,
    filter: Option<PledgeFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<PledgeConnection> {
    let page = by_due(args, direction)?;
    let filter = filter.unwrap_or_default().read()?;
    let rows = request.load::<PledgesOfParty>((party, ((filter, reach), page.clone()))).await?;
    Ok(PledgeConnection::new(finish(&page, rows.unwrap_or_default()), None))
}

/// A page of a fund's pledges.
pub async fn pledges_of_fund(
    request: &Request,
    fund: &Fund,
    filter: Option<PledgeFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<PledgeConnection> {
    request.viewer.must(Act::ReadGiving, &[fund.on()])?;
    let page = by_due(args, direction)?;
    let filter = filter.unwrap_or_default().read()?;
    let rows = request.load::<PledgesOfFund>((fund.id, (filter, page.clone()))).await?;
    Ok(PledgeConnection::new(finish(&page, rows.unwrap_or_default()), None))
}
