//! Pledges in the graph. For their givers, and for those who keep or oversee the fund's books.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Offer, Pledge as Row, PledgeFilter, PledgeKind, PledgeState, advance, matching, offer, store};
use crate::{
    by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{DueId, FundId, GlobalId, NodeKind, PartyId, PledgeId, PurposeId},
    ledger::{
        earmark::EarmarkKind,
        graphql::{EarmarkById, RestrictionInput, RestrictionNode, UseConnection, by_place, must_read_giving, uses},
        idem::Once,
        trace,
    },
    money::{Money, MoneyInput},
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

/// A promise to give: a fixed sum, or a match of what others give; free, or for a purpose, group or project.
#[derive(Clone, Debug)]
pub struct Pledge(pub Row);

impl From<Row> for Pledge {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// A promise to give: a fixed sum, or a match of what others give; free, or for a purpose, group or project.
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

    /// The sum promised; of a matching pledge, the most it will give.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// What a matching pledge gives for each yuan of its base; null for other kinds.
    async fn rate(&self) -> Option<Rate> {
        (self.0.kind == PledgeKind::Matching)
            .then_some(Rate { numerator: self.0.rate_num, denominator: self.0.rate_den })
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

    /// The day it is due.
    async fn due_on(&self) -> Date {
        self.0.due_on.into()
    }

    /// The day it was fulfilled, cancelled or lapsed; null before.
    async fn ended_on(&self) -> Option<Date> {
        self.0.ended_on.map(Date)
    }

    /// What its giver says of it; may be empty.
    async fn note(&self) -> &str {
        &self.0.note
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

/// A ratio of whole numbers: exact where a decimal would not be.
#[derive(Clone, Copy, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "RateInput")]
pub struct Rate {
    /// How many fen are given …
    pub numerator: i64,
    /// … for this many fen of the base.
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

/// What a pledge is made of.
#[derive(InputObject)]
pub struct PledgeOfferInput {
    /// The fund it is made to.
    pub fund_id: GlobalId,
    /// Who makes it.
    pub donor_id: GlobalId,
    /// How it says what it will give.
    #[graphql(default_with = "PledgeKind::Fixed")]
    pub kind: PledgeKind,
    /// The sum promised; of a matching pledge, the most it will give.
    pub amount: MoneyInput,
    /// What a matching pledge gives for each yuan of its base; not for other kinds.
    pub rate: Option<Rate>,
    /// What it may be used for; leave it out for free money.
    pub earmark: Option<RestrictionInput>,
    /// The day it is made; today where it is left out.
    pub offered_on: Option<Date>,
    /// The day it is due; the day it is made where it is left out.
    pub due_on: Option<Date>,
    /// What its giver says of it, at most 500 characters.
    #[graphql(default)]
    pub note: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// Where a pledge goes from where it is.
#[derive(InputObject)]
pub struct PledgeAdvanceInput {
    /// The pledge.
    pub pledge_id: GlobalId,
    /// ACCEPTED, CANCELLED or LAPSED; a pledge is fulfilled by what arrives on it.
    pub to: PledgeState,
    /// The day of the move; today where it is left out.
    pub on: Option<Date>,
}

/// Which match follows the gifts it was promised for.
#[derive(InputObject)]
pub struct PledgeMatchInput {
    /// The matching pledge.
    pub pledge_id: GlobalId,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of a mutation of a pledge.
#[derive(SimpleObject)]
pub struct PledgeOfferPayload {
    /// The pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of moving a pledge.
#[derive(SimpleObject)]
pub struct PledgeAdvancePayload {
    /// The pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of letting a match follow.
#[derive(SimpleObject)]
pub struct PledgeMatchPayload {
    /// The matching pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// How much moved into the project; null when it was refused.
    pub matched: Option<Money>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of pledges.
#[derive(Default)]
pub struct PledgeMutation;

#[Object]
impl PledgeMutation {
    /// Makes a pledge. For the giver's own representative, and for staff of the fund.
    async fn pledge_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is promised, by whom, to which fund.")] input: PledgeOfferInput,
    ) -> Result<PledgeOfferPayload> {
        let request = Request::of(ctx);
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let offered_on = input.offered_on.map_or(request.by().today, Into::into);
        let draft = Offer {
            donor: input.donor_id.party()?,
            kind: input.kind,
            amount: input.amount.into(),
            rate: input.rate.map(|rate| (rate.numerator, rate.denominator)),
            restriction: input.earmark.unwrap_or_default().read()?,
            offered_on,
            due_on: input.due_on.map_or(offered_on, Into::into),
            note: input.note,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "pledgeOffer", &(fund, &draft))?;
            offer(tx, by, fund, &[(once, draft)]).await?.remove(0)
        });
        let (done, user_errors) = done.await?;
        let pledge = match done {
            Some(done) => Some(Pledge(request.need::<PledgeById>(done.pledge).await?)),
            None => None,
        };
        Ok(PledgeOfferPayload { pledge, user_errors })
    }

    /// Accepts, cancels or lets lapse a pledge. For staff of the fund; a giver may cancel its own offer.
    async fn pledge_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which pledge, and where it goes.")] input: PledgeAdvanceInput,
    ) -> Result<PledgeAdvancePayload> {
        let request = Request::of(ctx);
        let id = PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?);
        let on = input.on.map_or(request.by().today, Into::into);
        let (pledge, user_errors) = request.write(async |tx, by| advance(tx, by, id, input.to, on).await).await?;
        Ok(PledgeAdvancePayload { pledge: pledge.map(Pledge), user_errors })
    }

    /// Lets a match follow the gifts under its restriction that it has not followed yet. For staff of the fund.
    async fn pledge_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which matching pledge, and when.")] input: PledgeMatchInput,
    ) -> Result<PledgeMatchPayload> {
        let request = Request::of(ctx);
        let wanted = matching::Match {
            pledge: PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "pledgeMatch", &wanted)?;
            matching::apply(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let pledge = match done {
            Some(_) => Some(Pledge(request.need::<PledgeById>(wanted.pledge).await?)),
            None => None,
        };
        Ok(PledgeMatchPayload { pledge, matched: done.map(|done| done.amount.into()), user_errors })
    }
}
