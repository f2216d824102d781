//! Related parties in the graph: declarations, flags, and what was dealt with them.
//!
//! For those who keep or oversee the books; what must be published of it is a disclosure.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Declaration, RelatedParty, To, declare, end, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Error, Result, UserError},
    expense::graphql::ExpenseConnection,
    fund::{Fund, FundById},
    id::{FundId, GlobalId, HostId, NodeKind, PartyId, RelatedPartyId},
    ledger::{
        document::{ExpenseDocument, Lot},
        graphql::{LotConnection, by_place},
    },
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    viewer::{Act, Request},
};

by_id!(/// Declarations by key.
    RelatedPartyById, RelatedPartyId, RelatedParty, store::by_ids);
all_of!(/// All declarations about each party.
    RelatedOf, PartyId, RelatedParty, store::of_parties, |row: &RelatedParty| row.party_id);
page_of!(/// A page of the declarations about each fund.
    RelatedOfFund, FundId, store::OfFund, store::of_funds, |row: &store::OfFund| row.of_fund);
page_of!(/// A page of each fund's expenses to related parties.
    RelatedExpenses, FundId, ExpenseDocument, store::expenses_of_funds, |row: &ExpenseDocument| row.fund_id);
page_of!(/// A page of each fund's gifts from related parties.
    RelatedLots, FundId, Lot, store::lots_of_funds, |row: &Lot| row.fund_id);

connection!(RelatedPartyConnection, RelatedPartyEdge, RelatedPartyNode, "related parties");

/// The declaration that a party is related to a host or a fund (关联方). For those who keep or oversee the books.
#[derive(Clone, Debug)]
pub struct RelatedPartyNode(pub RelatedParty);

impl From<store::OfFund> for RelatedPartyNode {
    fn from(row: store::OfFund) -> Self {
        Self(row.row)
    }
}

/// The declaration that a party is related to a host or a fund (关联方). For those who keep or oversee the books.
#[Object(name = "RelatedParty")]
impl RelatedPartyNode {
    /// The declaration's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::RelatedParty, self.0.id).into()
    }

    /// The party.
    async fn party(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.party_id).await?.into())
    }

    /// The fund it is related to; null for the host and so for all its funds.
    async fn fund(&self, ctx: &Context<'_>) -> Option<Result<Fund>> {
        Some(Request::of(ctx).need::<FundById>(self.0.fund_id?).await)
    }

    /// Why it is related.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The first day.
    async fn valid_from(&self) -> Date {
        self.0.valid_from.into()
    }

    /// The last day; null while it goes on.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
}

/// The declaration by which dealings of `fund` with `party` on `day` are flagged; for those who keep or oversee
/// the books.
pub async fn related(
    request: &Request,
    fund: FundId,
    party: PartyId,
    day: NaiveDate,
) -> Result<Option<RelatedPartyNode>> {
    let fund = request.need::<FundById>(fund).await?;
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let declared = request.load::<RelatedOf>(party).await?.unwrap_or_default();
    Ok(declared.into_iter().find(|one| one.is_about(&fund, day)).map(RelatedPartyNode))
}

/// A page of the declarations about a fund or its host.
pub async fn related_parties(request: &Request, fund: &Fund, args: &PageArgs) -> Result<RelatedPartyConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_place(args)?;
    let rows = request.load::<RelatedOfFund>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(RelatedPartyConnection::new(page.finish(rows, |one| vec![one.row.id.into()]), None))
}

fn by_day(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?)
}

/// A page of a fund's expenses to related parties.
pub async fn related_expenses(request: &Request, fund: &Fund, args: &PageArgs) -> Result<ExpenseConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_day(args)?;
    let rows = request.load::<RelatedExpenses>((fund.id, page.clone())).await?.unwrap_or_default();
    let slice = page.finish(rows, |one| vec![Key::Date(one.incurred_on), one.id.into()]);
    Ok(ExpenseConnection::new(slice, None))
}

/// A page of a fund's gifts from related parties.
pub async fn related_lots(request: &Request, fund: &Fund, args: &PageArgs) -> Result<LotConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_day(args)?;
    let rows = request.load::<RelatedLots>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(LotConnection::new(page.finish(rows, |lot| vec![Key::Date(lot.received_on), lot.id.into()]), None))
}

/// Who is related to what, and since when.
#[derive(InputObject)]
pub struct RelatedPartyDeclareInput {
    /// The host it is related to, and so to all its funds. Name a host or a fund.
    pub host_id: Option<GlobalId>,
    /// The fund it is related to. Name a host or a fund.
    pub fund_id: Option<GlobalId>,
    /// The party.
    pub party_id: GlobalId,
    /// Why it is related, in at most 500 characters.
    pub reason: String,
    /// The first day, not to come.
    pub valid_from: Date,
}

/// What came of declaring a party as related.
#[derive(SimpleObject)]
pub struct RelatedPartyDeclarePayload {
    /// The declaration; null when it was refused.
    pub related_party: Option<RelatedPartyNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which declaration ends, and when.
#[derive(InputObject)]
pub struct RelatedPartyEndInput {
    /// The declaration.
    pub related_party_id: GlobalId,
    /// Its last day, not to come.
    pub valid_to: Date,
}

/// What came of ending a declaration.
#[derive(SimpleObject)]
pub struct RelatedPartyEndPayload {
    /// The declaration; null when it was refused.
    pub related_party: Option<RelatedPartyNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of related parties.
#[derive(Default)]
pub struct RelatedMutation;

#[Object]
impl RelatedMutation {
    /// Declares that a party is related to a host or a fund, so that dealings with it are flagged. For staff.
    async fn related_party_declare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is related to what.")] input: RelatedPartyDeclareInput,
    ) -> Result<RelatedPartyDeclarePayload> {
        let request = Request::of(ctx);
        let to = match (input.host_id, input.fund_id) {
            (Some(host), None) => To::Host(HostId(host.key_of(NodeKind::Host)?)),
            (None, Some(fund)) => To::Fund(FundId(fund.key_of(NodeKind::Fund)?)),
            _ => return Err(Error::BadInput("Give `hostId` or `fundId`, and not both.".into())),
        };
        let wanted = Declaration {
            to,
            party: input.party_id.party()?,
            reason: input.reason,
            valid_from: input.valid_from.into(),
        };
        let (done, user_errors) = request.write(async |tx, by| declare(tx, by, &wanted).await).await?;
        Ok(RelatedPartyDeclarePayload { related_party: done.map(RelatedPartyNode), user_errors })
    }

    /// Ends the declaration that a party is related. For staff. Ending it again changes nothing.
    async fn related_party_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which declaration, and when.")] input: RelatedPartyEndInput,
    ) -> Result<RelatedPartyEndPayload> {
        let request = Request::of(ctx);
        let id = RelatedPartyId(input.related_party_id.key_of(NodeKind::RelatedParty)?);
        let (done, user_errors) = request.write(async |tx, by| end(tx, by, id, input.valid_to.into()).await).await?;
        Ok(RelatedPartyEndPayload { related_party: done.map(RelatedPartyNode), user_errors })
    }
}
