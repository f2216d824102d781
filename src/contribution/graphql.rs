//! Contributions and refunds in the graph.
//!
//! That a contribution arrived is public, as on a notice board; whose lines it is made of and where each
//! fen is, is for the givers and for those who keep or oversee the fund's books.

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Line, Receive, Settles, receive, refund, store};
use crate::{
    by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{DueId, FundId, GlobalId, NodeKind, PartyId, PledgeId, ReceiptId, RefundId},
    import::store::{NoteField, notes_of_receipts},
    ledger::{
        Asset,
        document::{Lot, LotClass, Receipt, RefundDocument},
        graphql::{LotConnection, RestrictionInput, UseConnection, by_place, must_read_giving, uses},
        idem::Once,
        trace,
    },
    money::{Money, MoneyInput},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput, Slice},
    page_of,
    party::{PartyById, PartyNode},
    viewer::{Act, Load, On, Request},
};

by_id!(/// Contributions by key.
    ContributionById, ReceiptId, Receipt, store::by_ids);
by_id!(/// Refunds by key.
    RefundById, RefundId, RefundDocument, store::refunds_by_ids);
page_of!(/// A page of the lots of each contribution.
    LotsOfContribution, ReceiptId, Lot, store::lots_of_receipts, |lot: &Lot| lot.receipt_id);
page_of!(/// A page of the places where each contribution's money is.
    UsesOfContribution, ReceiptId, trace::Use, trace::of_receipts, |one: &trace::Use| ReceiptId(one.owner));
narrowed_page_of!(/// A page of each fund's contributions.
    ContributionsOfFund, FundId, store::Days, Receipt, store::of_funds, |receipt: &Receipt| receipt.fund_id);
narrowed_page_of!(/// A page of each party's lots.
    LotsOfParty, PartyId, store::LotFilter, Lot, joined store::lots_of_donors, |lot: &Lot| lot.donor_id);
narrowed_page_of!(/// A page of the contributions in which each party has a part.
    ContributionsOfParty, PartyId, store::LotFilter, store::ReceiptOfDonor, store::of_donors,
    |row: &store::ReceiptOfDonor| row.donor_id);

connection!(ContributionConnection, ContributionEdge, Contribution, "contributions");

/// Money that has really arrived: one receipt with one or many givers' lines.
#[derive(Clone, Debug)]
pub struct Contribution(pub Receipt);

impl From<Receipt> for Contribution {
    fn from(receipt: Receipt) -> Self {
        Self(receipt)
    }
}

impl From<store::ReceiptOfDonor> for Contribution {
    fn from(row: store::ReceiptOfDonor) -> Self {
        Self(row.receipt)
    }
}

/// Money that has really arrived: one receipt with one or many givers' lines.
#[Object]
impl Contribution {
    /// The contribution's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Contribution, self.0.id).into()
    }

    /// The fund it came to.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Who paid; the givers of its lines may be others.
    async fn payer(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.payer_id).await?.into())
    }

    /// Money, or goods at their stated value.
    async fn asset(&self) -> Asset {
        self.0.asset
    }

    /// The whole sum.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day it arrived.
    async fn received_on(&self) -> Date {
        self.0.received_on.into()
    }

    /// How it came, and its number there; for the payer and for those who keep or oversee the books.
    async fn reference(&self, ctx: &Context<'_>) -> Option<Result<ContributionReference>> {
        let shown = must_read_giving(Request::of(ctx), self.0.payer_id, self.0.fund_id).await;
        Some(shown.map(|()| ContributionReference {
            channel: self.0.channel.clone(),
            number: self.0.external_ref.clone(),
            version: self.0.version,
            note: self.0.note.clone(),
            receipt: self.0.id,
        }))
    }

    /// Whose money it is made of, line by line: all lines for the payer and for those who keep or oversee
    /// the books, its own lines for a giver.
    async fn lots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<LotConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(self.lots_page(Request::of(ctx), &args).await)
    }

    /// Where every fen of it is now: what it paid, what waits, what was given back. For the payer and for
    /// those who keep or oversee the books; a giver asks its own lots.
    async fn uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<UseConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(self.uses_page(Request::of(ctx), &args).await)
    }
}

/// How a contribution came.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ContributionReference {
    /// The bank, platform or cash box it came by.
    pub channel: String,
    /// Its number there.
    pub number: String,
    /// 1, and one more each time it was booked anew after a reversal.
    pub version: i64,
    /// What the statement says of it; may be empty.
    pub note: String,
    #[graphql(skip)]
    receipt: ReceiptId,
}

#[ComplexObject]
impl ContributionReference {
    /// The note that a later list added to a contribution without one; null where none did. What is booked is sealed,
    /// so it stands beside it.
    async fn note_added(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.added(ctx, NoteField::Note).await
    }

    /// The number that a later list added to a contribution without one; null where none did.
    async fn number_added(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.added(ctx, NoteField::Reference).await
    }
}

impl ContributionReference {
    async fn added(&self, ctx: &Context<'_>, wanted: NoteField) -> Result<Option<String>> {
        let notes = Request::of(ctx).load::<AddedToReceipt>(self.receipt).await?.unwrap_or_default();
        Ok(notes.into_iter().find(|(field, _)| *field == wanted).map(|(_, text)| text))
    }
}

/// What later lists added to receipts.
struct AddedToReceipt;

impl Load for AddedToReceipt {
    type Key = ReceiptId;
    type Value = Vec<(NoteField, String)>;

    async fn load(request: &Request, keys: Vec<ReceiptId>) -> Result<HashMap<ReceiptId, Self::Value>> {
        let mut added: HashMap<ReceiptId, Self::Value> = HashMap::new();
        for (receipt, field, text) in notes_of_receipts(&mut *request.session().await?, &keys).await? {
            added.entry(receipt).or_default().push((field, text));
        }
        Ok(added)
    }
}

impl Contribution {
    async fn lots_page(&self, request: &Request, args: &PageArgs) -> Result<LotConnection> {
        let page = by_place(args)?;
        let own = match must_read_giving(request, self.0.payer_id, self.0.fund_id).await {
            Ok(()) => None,
            Err(denied) => Some(own_parties(request).ok_or(denied)?),
        };
        let rows = match own {
            None => request.load::<LotsOfContribution>((self.0.id, page.clone())).await?.unwrap_or_default(),
            Some(parties) => {
                store::lots_of_receipt_by(&mut *request.session().await?, self.0.id, &parties, &page).await?
            }
        };
        Ok(LotConnection::new(page.finish(rows, |lot| vec![lot.line_no.into()]), None))
    }

    async fn uses_page(&self, request: &Request, args: &PageArgs) -> Result<UseConnection> {
        must_read_giving(request, self.0.payer_id, self.0.fund_id).await?;
        let page = by_place(args)?;
        let rows = request.load::<UsesOfContribution>((self.0.id, page.clone())).await?.unwrap_or_default();
        Ok(uses(&page, rows))
    }
}

/// The parties whose giving the viewer reads because it speaks for them; `None` where it speaks for none.
fn own_parties(request: &Request) -> Option<Vec<PartyId>> {
    let held = request.viewer.reach(Act::ReadGiving)?;
    let own: Vec<PartyId> = held
        .into_iter()
        .filter_map(|held| if let crate::viewer::Held::Party(party) = held { Some(*party) } else { None })
        .collect();
    (!own.is_empty()).then_some(own)
}

/// Money given back to its giver.
#[derive(Clone, Debug)]
pub struct Refund(pub RefundDocument);

/// Money given back to its giver.
#[Object]
impl Refund {
    /// The refund's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Refund, self.0.id).into()
    }

    /// The fund that gave it back.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// To whom.
    async fn donor(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.donor_id).await?.into())
    }

    /// The sum.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day it was paid.
    async fn refunded_on(&self) -> Date {
        self.0.refunded_on.into()
    }

    /// Why; for the giver and for those who keep or oversee the books.
    async fn reason(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let shown = must_read_giving(Request::of(ctx), self.0.donor_id, self.0.fund_id).await;
        Some(shown.map(|()| self.0.reason.clone()))
    }
}

/// The page of a list by the day money arrived.
fn by_arrival(args: &PageArgs, direction: Option<Direction>) -> Result<Page> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    Ok(Page::new(args, direction.unwrap_or_default(), &shape)?)
}

fn days(period: Option<PeriodInput>) -> Result<store::Days> {
    Ok(period.map(PeriodInput::days).transpose()?)
}

/// A page of a fund's contributions: open to the public.
pub async fn contributions_of_fund(
    request: &Request,
    fund: FundId,
    period: Option<PeriodInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<ContributionConnection> {
    let page = by_arrival(args, direction)?;
    let rows = request.load::<ContributionsOfFund>((fund, (days(period)?, page.clone()))).await?;
    let slice: Slice<Receipt> =
        page.finish(rows.unwrap_or_default(), |one| vec![Key::Date(one.received_on), one.id.into()]);
    Ok(ContributionConnection::new(slice, None))
}

/// What narrows a list of a party's gifts; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct GivingFilterInput {
    /// Only those to this fund.
    pub fund_id: Option<GlobalId>,
    /// Only those that arrived in this period.
    pub period: Option<PeriodInput>,
}

impl GivingFilterInput {
    fn read(self, reach: Option<Vec<FundId>>) -> Result<store::LotFilter> {
        Ok(store::LotFilter {
            fund: self.fund_id.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId),
            days: days(self.period)?,
            reach,
        })
    }
}

/// A page of a party's lots, of those the viewer may read.
pub async fn lots_of_party(
    request: &Request,
    party: PartyId,
    reach: Option<Vec<FundId>>,
    filter: Option<GivingFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<LotConnection> {
    let page = by_arrival(args, direction)?;
    let filter = filter.unwrap_or_default().read(reach)?;
    let rows = request.load::<LotsOfParty>((party, (filter, page.clone()))).await?.unwrap_or_default();
    Ok(LotConnection::new(page.finish(rows, |lot| vec![Key::Date(lot.received_on), lot.id.into()]), None))
}

/// A page of the contributions in which a party has a part, of those the viewer may read.
pub async fn contributions_of_party(
    request: &Request,
    party: PartyId,
    reach: Option<Vec<FundId>>,
    filter: Option<GivingFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<ContributionConnection> {
    let page = by_arrival(args, direction)?;
    let filter = filter.unwrap_or_default().read(reach)?;
    let rows = request.load::<ContributionsOfParty>((party, (filter, page.clone()))).await?.unwrap_or_default();
    let key = |row: &store::ReceiptOfDonor| vec![Key::Date(row.receipt.received_on), row.receipt.id.into()];
    Ok(ContributionConnection::new(page.finish(rows, key), None))
}

/// One giver's part of what has arrived.
#[derive(InputObject)]
pub struct ContributionLineInput {
    /// Whose gift it is.
    pub donor_id: GlobalId,
    /// How much.
    pub amount: MoneyInput,
    /// The pledge it settles, the oldest due first; what it pays must not be more than is outstanding.
    pub pledge_id: Option<GlobalId>,
    /// The due it settles; what it pays must not be more than is outstanding. Not together with `pledgeId`.
    pub due_id: Option<GlobalId>,
    /// Whether it settles what the giver's accepted pledges owe, the oldest due first; the rest is a gift of its
    /// own. Not together with `pledgeId` or `dueId`.
    #[graphql(default)]
    pub oldest_first: bool,
    /// What it may be used for; left out, the pledge's restriction, or free money.
    pub earmark: Option<RestrictionInput>,
    /// A gift, or the residents' own part of a project.
    #[graphql(default)]
    pub class: LotClass,
}

impl ContributionLineInput {
    fn read(self) -> Result<Line> {
        let settles = match (self.pledge_id, self.due_id, self.oldest_first) {
            (Some(id), None, false) => Settles::Pledge(PledgeId(id.key_of(NodeKind::Pledge)?)),
            (None, Some(id), false) => Settles::Due(DueId(id.key_of(NodeKind::Due)?)),
            (None, None, true) => Settles::OldestFirst,
            (None, None, false) => Settles::Nothing,
            _ => {
                let why = "Give one of `pledgeId`, `dueId` and `oldestFirst`, or none of them.";
                return Err(crate::error::Error::BadInput(why.into()));
            }
        };
        Ok(Line {
            donor: self.donor_id.party()?,
            amount: self.amount.into(),
            settles,
            restriction: self.earmark.map(RestrictionInput::read).transpose()?,
            class: self.class,
        })
    }
}

/// What has arrived.
#[derive(InputObject)]
pub struct ContributionReceiveInput {
    /// The fund it came to.
    pub fund_id: GlobalId,
    /// Who paid; the givers of the lines may be others.
    pub payer_id: GlobalId,
    /// How it came: a bank, a platform, a cash box.
    pub channel: String,
    /// Its number in that channel; the same number is not booked twice.
    pub reference: String,
    /// The day it arrived.
    pub received_on: Date,
    /// Money, or goods at their stated value; the two never mix.
    #[graphql(default)]
    pub asset: Asset,
    /// The whole sum, to be checked against the lines; left out, what they add up to.
    pub amount: Option<MoneyInput>,
    /// What the statement says of it, at most 500 characters.
    #[graphql(default)]
    pub note: String,
    /// Whose gifts it is made of, 1 to 5000.
    pub lines: Vec<ContributionLineInput>,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of booking a contribution.
#[derive(SimpleObject)]
pub struct ContributionReceivePayload {
    /// The contribution; null when it was refused.
    pub contribution: Option<Contribution>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What is given back.
#[derive(InputObject)]
pub struct ContributionRefundInput {
    /// The fund that gives it back.
    pub fund_id: GlobalId,
    /// To whom.
    pub donor_id: GlobalId,
    /// Only from this contribution; left out, from the giver's youngest unspent gifts.
    pub contribution_id: Option<GlobalId>,
    /// How much.
    pub amount: MoneyInput,
    /// The day it is paid.
    pub refunded_on: Date,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of giving money back.
#[derive(SimpleObject)]
pub struct ContributionRefundPayload {
    /// The refund; null when it was refused.
    pub refund: Option<Refund>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of contributions.
#[derive(Default)]
pub struct ContributionMutation;

#[Object]
impl ContributionMutation {
    /// Books money that has arrived. For staff of the fund.
    async fn contribution_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What has arrived, from whom.")] input: ContributionReceiveInput,
    ) -> Result<ContributionReceivePayload> {
        let request = Request::of(ctx);
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let wanted = Receive {
            payer: input.payer_id.party()?,
            channel: input.channel,
            reference: input.reference,
            received_on: input.received_on.into(),
            asset: input.asset,
            amount: input.amount.map(Into::into),
            note: input.note,
            lines: input.lines.into_iter().map(ContributionLineInput::read).collect::<Result<_>>()?,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "contributionReceive", &(fund, &wanted))?;
            receive(tx, by, fund, &[(Some(once), wanted)]).await?.remove(0)
        });
        let (done, user_errors) = done.await?;
        let contribution = match done {
            Some(done) => Some(Contribution(request.need::<ContributionById>(done.receipt).await?)),
            None => None,
        };
        Ok(ContributionReceivePayload { contribution, user_errors })
    }

    /// Gives a giver's own unspent money back. For staff of the fund.
    async fn contribution_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much is given back, to whom.")] input: ContributionRefundInput,
    ) -> Result<ContributionRefundPayload> {
        let request = Request::of(ctx);
        let wanted = refund::Refund {
            fund: FundId(input.fund_id.key_of(NodeKind::Fund)?),
            donor: input.donor_id.party()?,
            contribution: input.contribution_id.map(|id| id.key_of(NodeKind::Contribution)).transpose()?.map(ReceiptId),
            amount: input.amount.into(),
            refunded_on: input.refunded_on.into(),
            reason: input.reason,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "contributionRefund", &wanted)?;
            refund::refund(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let refund = match done {
            Some(done) => Some(Refund(request.need::<RefundById>(done.refund).await?)),
            None => None,
        };
        Ok(ContributionRefundPayload { refund, user_errors })
    }
}

/// Whether a viewer may read what `party` gave, and in which funds; `None` for all.
///
/// # Errors
/// A denial when it may in none.
pub async fn reach_of(request: &Request, party: PartyId) -> Result<Option<Vec<FundId>>> {
    if request.viewer.may(Act::ReadGiving, On::Party(party)) {
        return Ok(None);
    }
    let Some(held) = request.viewer.reach(Act::ReadGiving) else { return Ok(None) };
    let mut funds = Vec::new();
    let mut paths = Vec::new();
    for one in held {
        match one {
            crate::viewer::Held::Fund(fund) => funds.push(*fund),
            crate::viewer::Held::Area(path) => paths.push(path.clone()),
            crate::viewer::Held::Party(_) => {}
        }
    }
    if funds.is_empty() && paths.is_empty() {
        return Err(request.viewer.denied(Act::ReadGiving));
    }
    if let Some(below) = request.load::<FundsBelow>(paths).await? {
        funds.extend(below);
    }
    funds.sort();
    funds.dedup();
    Ok(Some(funds))
}

/// The funds of the areas below some paths.
struct FundsBelow;

impl crate::viewer::Load for FundsBelow {
    type Key = Vec<String>;
    type Value = Vec<FundId>;

    async fn load(
        request: &Request,
        keys: Vec<Self::Key>,
    ) -> Result<std::collections::HashMap<Self::Key, Vec<FundId>>> {
        let mut found = std::collections::HashMap::new();
        for paths in keys {
            let mut funds = Vec::new();
            for path in &paths {
                funds.extend(store::funds_below(&mut *request.session().await?, path).await?);
            }
            found.insert(paths, funds);
        }
        Ok(found)
    }
}
