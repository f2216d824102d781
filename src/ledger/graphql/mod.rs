//! The ledger in the graph: restrictions, lots, where money is, entries, and a fund's balance.

pub mod as_of;
pub mod correction;
pub mod flow;
pub mod giving;
pub mod spending;

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use as_of::{AsOfInput, cut_of_funds};

use super::{
    AccountKind, Asset, Entry, EntryKind,
    as_of::Cut,
    document::{Lot, LotClass},
    earmark,
    earmark::{Earmark, EarmarkKind, Restriction},
    store, trace,
};
use crate::{
    by_id,
    clock::Date,
    connection,
    contribution::graphql::{Contribution, ContributionById, Refund, RefundById},
    error::{Result, UserError},
    expense::{
        funded,
        graphql::{Expense, ExpenseById},
    },
    fund::{Fund, FundById, Purpose, PurposeById, head},
    id::{EarmarkId, EntryId, FundId, GlobalId, LotId, NodeKind, PartyId},
    ledger::idem::Once,
    money::{Fen, Money},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    pledge::graphql::{Pledge, PledgeOfDue},
    project::{TargetById, TargetNode},
    related::graphql::{RelatedPartyNode, related},
    viewer::{Act, Load, On, Request},
};

by_id!(/// Restrictions by key.
    EarmarkById, EarmarkId, Earmark, earmark::by_ids);
by_id!(/// Lots by key.
    LotById, LotId, Lot, store::lots_by_ids);
by_id!(/// Entries by key.
    EntryById, EntryId, Entry, store::entries_by_ids);
page_of!(/// A page of the places where each lot is.
    UsesOfLot, LotId, trace::Use, joined funded::uses_of_lots, |one: &trace::Use| LotId(one.owner));
narrowed_page_of!(/// A page of the places where each lot was.
    PastUsesOfLot, LotId, Cut, trace::Use, super::as_of::of_lots, |one: &trace::Use| LotId(one.owner));
page_of!(/// A page of each fund's journal.
    EntriesOf, FundId, Entry, store::entries_of_funds, |entry: &Entry| entry.fund_id);

connection!(LotConnection, LotEdge, LotNode, "lots");
connection!(UseConnection, UseEdge, UseNode, "places where money is");
connection!(EntryConnection, EntryEdge, EntryNode, "entries");

/// What a gift may be used for, in its giver's words.
pub struct RestrictionNode(pub Earmark);

/// What a gift may be used for, in its giver's words.
#[Object(name = "Restriction")]
impl RestrictionNode {
    /// What it restricts to.
    async fn kind(&self) -> EarmarkKind {
        self.0.kind
    }

    /// The purpose it is for, with all below it; null unless the kind is PURPOSE.
    async fn purpose(&self, ctx: &Context<'_>) -> Option<Result<Purpose>> {
        Some(Request::of(ctx).need::<PurposeById>(self.0.purpose_id?).await)
    }

    /// The self-organized group it is for; null unless the kind is GROUP.
    async fn group(&self, ctx: &Context<'_>) -> Option<Result<PartyNode>> {
        Some(Request::of(ctx).need::<PartyById>(self.0.group_id?).await.map(Into::into))
    }

    /// The project or micro-grant it is for; null unless the kind is TARGET.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.0.target_id?).await)
    }

    /// Whether any fund of the host may spend it, not only the one it came to.
    async fn any_fund(&self) -> bool {
        self.0.fund_id.is_none()
    }

    /// The first day it may be spent; null for any.
    async fn valid_from(&self) -> Option<Date> {
        self.0.valid_from.map(Date)
    }

    /// The last day it may be spent; null for any.
    async fn valid_to(&self) -> Option<Date> {
        self.0.valid_to.map(Date)
    }
}

/// What a gift may be used for. Name one of purpose, group and target, or none for free money.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct RestrictionInput {
    /// Only for this purpose and what is below it.
    pub purpose_id: Option<GlobalId>,
    /// Only for this self-organized group.
    pub group_id: Option<GlobalId>,
    /// Only for this project or micro-grant.
    pub target_id: Option<GlobalId>,
    /// Not to be spent before this day.
    pub valid_from: Option<Date>,
    /// Not to be spent after this day.
    pub valid_to: Option<Date>,
    /// Whether any fund of the host may spend it, not only the one it comes to: then it may be transferred. Not
    /// together with a project or micro-grant.
    #[graphql(default)]
    pub any_fund: bool,
}

impl RestrictionInput {
    /// The restriction it describes.
    pub fn read(self) -> Result<Restriction> {
        Ok(Restriction {
            purpose: self.purpose_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(Into::into),
            group: self.group_id.map(|id| id.key_of(NodeKind::Group)).transpose()?.map(Into::into),
            target: self.target_id.map(GlobalId::target).transpose()?,
            valid_from: self.valid_from.map(Into::into),
            valid_to: self.valid_to.map(Into::into),
            any_fund: self.any_fund,
        })
    }
}

/// Checks that the viewer may read what `party` gave to `fund`.
pub async fn must_read_giving(request: &Request, party: PartyId, fund: FundId) -> Result<()> {
    if request.viewer.may(Act::ReadGiving, On::Party(party)) {
        return Ok(());
    }
    let fund = request.need::<FundById>(fund).await?;
    request.viewer.must(Act::ReadGiving, &[fund.on()])
}

/// One giver's money under one restriction from one line of a contribution: the unit of provenance.
/// It keeps its identity for life, so where it is can always be told. For its giver and for those who
/// keep or oversee the fund's books.
#[derive(Clone, Debug)]
pub struct LotNode(pub Lot);

impl From<Lot> for LotNode {
    fn from(lot: Lot) -> Self {
        Self(lot)
    }
}

/// One giver's money under one restriction from one line of a contribution: the unit of provenance.
/// It keeps its identity for life, so where it is can always be told. For its giver and for those who
/// keep or oversee the fund's books.
#[Object(name = "Lot")]
impl LotNode {
    /// The lot's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Lot, self.0.id).into()
    }

    /// The fund it came to.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// The contribution it is a line of.
    async fn contribution(&self, ctx: &Context<'_>) -> Result<Contribution> {
        Ok(Contribution(Request::of(ctx).need::<ContributionById>(self.0.receipt_id).await?))
    }

    /// Which line of the contribution, counted from 1.
    async fn line_no(&self) -> i64 {
        self.0.line_no
    }

    /// The gift that this one was made of, when its giver or restriction was changed; null for the rest.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<LotNode>> {
        Some(Request::of(ctx).need::<LotById>(self.0.parent_id?).await.map(LotNode))
    }

    /// Whose gift it is.
    async fn donor(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.donor_id).await?.into())
    }

    /// The declaration by which its giver was related on the day; null when nobody said so. For those who keep or
    /// oversee the books.
    async fn related_party(&self, ctx: &Context<'_>) -> Option<Result<RelatedPartyNode>> {
        related(Request::of(ctx), self.0.fund_id, self.0.donor_id, self.0.received_on).await.transpose()
    }

    /// What it may be used for.
    async fn restriction(&self, ctx: &Context<'_>) -> Result<RestrictionNode> {
        Ok(RestrictionNode(Request::of(ctx).need::<EarmarkById>(self.0.earmark_id).await?))
    }

    /// The pledge it settles; null for a gift of its own.
    async fn pledge(&self, ctx: &Context<'_>) -> Option<Result<Pledge>> {
        Request::of(ctx).load::<PledgeOfDue>(self.0.due_id?).await.transpose()
    }

    /// A gift, or the residents' own part of a project.
    async fn class(&self) -> LotClass {
        self.0.class
    }

    /// Cash or goods.
    async fn asset(&self) -> Asset {
        self.0.asset
    }

    /// The sum.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day it arrived.
    async fn received_on(&self) -> Date {
        self.0.received_on.into()
    }

    /// Where every fen of it is, or was: what it paid, what waits, what was given back.
    async fn uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which entries count; all where it is left out. `seq` is of the fund it came to.")]
        as_of: Option<AsOfInput>,
    ) -> Option<Result<UseConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(self.uses_page(Request::of(ctx), as_of, &args).await)
    }
}

impl LotNode {
    async fn uses_page(&self, request: &Request, as_of: Option<AsOfInput>, args: &PageArgs) -> Result<UseConnection> {
        must_read_giving(request, self.0.donor_id, self.0.fund_id).await?;
        let page = by_place(args)?;
        let cut = cut_of_funds(request, as_of, Some(self.0.fund_id)).await?;
        let rows = match cut.is_now() {
            true => request.load::<UsesOfLot>((self.0.id, page.clone())).await?,
            false => request.load::<PastUsesOfLot>((self.0.id, (cut, page.clone()))).await?,
        };
        Ok(uses(&page, rows.unwrap_or_default()))
    }
}

/// The page of a list of places, in the order they were opened.
pub fn by_place(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Asc, &[Key::Int(0)])?)
}

/// A page of places.
pub fn uses(page: &Page, rows: Vec<trace::Use>) -> UseConnection {
    UseConnection::new(page.finish(rows, |one| vec![one.account_id.into()]), None)
}

/// How much of some money is in one place now.
#[derive(Clone, Copy, Debug)]
pub struct UseNode(pub trace::Use);

impl From<trace::Use> for UseNode {
    fn from(row: trace::Use) -> Self {
        Self(row)
    }
}

/// How much of some money is in one place now.
#[Object(name = "Use")]
impl UseNode {
    /// What kind of place it is: EXPENSE for what it paid, REFUND for what was given back, the rest waits.
    async fn place(&self) -> AccountKind {
        self.0.kind
    }

    /// How much of it.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// Whose books the place is in.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// The project or micro-grant it was allocated to, advanced for or spent on; null for the rest.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.0.target_id?).await)
    }

    /// The expense it paid; null when it was not spent.
    async fn expense(&self, ctx: &Context<'_>) -> Option<Result<Expense>> {
        Some(Request::of(ctx).need::<ExpenseById>(self.0.expense_id?).await.map(Expense))
    }

    /// The refund it was given back by; null when it was not.
    async fn refund(&self, ctx: &Context<'_>) -> Option<Result<Refund>> {
        Some(Request::of(ctx).need::<RefundById>(self.0.refund_id?).await.map(Refund))
    }
}

/// How much money is where. All of it adds up: received = spent + refunded + lost + pool + match pot +
/// allocated + advanced.
#[derive(Clone, Copy, Debug, Default, SimpleObject)]
pub struct Balance {
    /// All that has arrived, less what was reversed.
    pub received: Money,
    /// Paid out with evidence.
    pub spent: Money,
    /// Given back to its givers.
    pub refunded: Money,
    /// Written off.
    pub lost: Money,
    /// In the fund, free or earmarked, not yet allocated.
    pub pool: Money,
    /// In the pots of matching pledges, paid ahead.
    pub match_pot: Money,
    /// Allocated to projects and micro-grants, not yet spent.
    pub allocated: Money,
    /// Paid out ahead, evidence due.
    pub advanced: Money,
    /// All that has not been spent, refunded or lost: pool, match pot, allocated and advanced.
    pub waiting: Money,
}

impl Balance {
    /// The balance that these sums by kind of place come to.
    pub fn of(sums: &[trace::KindSum]) -> Self {
        let of = |kind: AccountKind| sums.iter().filter(|sum| sum.kind == kind).map(|sum| sum.amount).sum::<Fen>();
        let waiting =
            of(AccountKind::Pool) + of(AccountKind::Match) + of(AccountKind::Target) + of(AccountKind::Advance);
        let gone = of(AccountKind::Expense) + of(AccountKind::Refund) + of(AccountKind::Loss);
        Self {
            received: (waiting + gone).into(),
            spent: of(AccountKind::Expense).into(),
            refunded: of(AccountKind::Refund).into(),
            lost: of(AccountKind::Loss).into(),
            pool: of(AccountKind::Pool).into(),
            match_pot: of(AccountKind::Match).into(),
            allocated: of(AccountKind::Target).into(),
            advanced: of(AccountKind::Advance).into(),
            waiting: waiting.into(),
        }
    }
}

/// Where each fund's cash is, by kind of place.
pub struct SumsOfFund;

impl Load for SumsOfFund {
    type Key = (FundId, Cut);
    type Value = Vec<trace::KindSum>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<trace::KindSum>>> {
        let mut found = HashMap::new();
        for (cut, funds) in crate::viewer::by_page(keys) {
            let session = &mut *request.session().await?;
            let rows = match cut.is_now() {
                true => trace::sums_of_funds(session, &funds).await?,
                false => super::as_of::sums_of_funds(session, &funds, &cut).await?,
            };
            crate::viewer::deal(&mut found, &cut, rows, |sum| FundId(sum.owner));
        }
        Ok(found)
    }
}

/// What is in a fund and what became of what was: open to the public.
pub async fn balance_of_fund(request: &Request, fund: FundId, cut: Cut) -> Result<Balance> {
    let sums = request.load::<SumsOfFund>((fund, cut)).await?.unwrap_or_default();
    Ok(Balance::of(&sums))
}

/// One business operation in a fund's journal: immutable, numbered without gaps, sealed by a hash chain.
#[derive(Clone, Debug)]
pub struct EntryNode(pub Entry);

impl From<Entry> for EntryNode {
    fn from(entry: Entry) -> Self {
        Self(entry)
    }
}

/// One business operation in a fund's journal: immutable, numbered without gaps, sealed by a hash chain.
#[Object(name = "Entry")]
impl EntryNode {
    /// The entry's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Entry, self.0.id).into()
    }

    /// Whose journal it stands in.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Its number in the fund's journal, from 1 without gaps.
    async fn seq(&self) -> i64 {
        self.0.seq
    }

    /// What it does.
    async fn kind(&self) -> EntryKind {
        self.0.kind
    }

    /// The day it took effect.
    async fn effective_on(&self) -> Date {
        self.0.effective_on.into()
    }

    /// When it was booked.
    async fn booked_at(&self) -> DateTime<Utc> {
        self.0.booked_at
    }

    /// Why, in the words of who booked it.
    async fn memo(&self) -> &str {
        &self.0.memo
    }

    /// The entry that this one undoes; null unless its kind is REVERSE.
    async fn reverses(&self, ctx: &Context<'_>) -> Option<Result<EntryNode>> {
        Some(Request::of(ctx).need::<EntryById>(self.0.reverses_id?).await.map(EntryNode))
    }

    /// The entry it belongs to: of XFER_IN the other fund's, of a SWAP before a refund the refund; null for the
    /// rest.
    async fn pair(&self, ctx: &Context<'_>) -> Option<Result<EntryNode>> {
        Some(Request::of(ctx).need::<EntryById>(self.0.pair_id?).await.map(EntryNode))
    }

    /// What it moved: each posting takes part of a lot from one place to another.
    async fn postings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<PostingConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(postings(Request::of(ctx), &self.0, &args).await)
    }
}

page_of!(/// A page of each entry's postings.
    PostingsOf, EntryId, store::PostingRow, store::postings_of_entries,
    |row: &store::PostingRow| row.posting.entry_id);
connection!(PostingConnection, PostingEdge, PostingNode, "postings");

async fn postings(request: &Request, entry: &Entry, args: &PageArgs) -> Result<PostingConnection> {
    must_read_journal(request, entry.fund_id).await?;
    let page = by_place(args)?;
    let rows = request.load::<PostingsOf>((entry.id, page.clone())).await?.unwrap_or_default();
    Ok(PostingConnection::new(page.finish(rows, |row| vec![row.posting.line_no.into()]), None))
}

async fn must_read_journal(request: &Request, fund: FundId) -> Result<()> {
    let fund = request.need::<FundById>(fund).await?;
    request.viewer.must(Act::ReadJournal, &[fund.on()])
}

/// One row of the journal: part of a lot moves from one place to another.
#[derive(Clone, Debug)]
pub struct PostingNode(store::PostingRow);

impl From<store::PostingRow> for PostingNode {
    fn from(row: store::PostingRow) -> Self {
        Self(row)
    }
}

/// One row of the journal: part of a lot moves from one place to another.
#[Object(name = "Posting")]
impl PostingNode {
    /// Which line of its entry, from 1.
    async fn line_no(&self) -> i64 {
        self.0.posting.line_no
    }

    /// The lot that moved.
    async fn lot(&self, ctx: &Context<'_>) -> Result<LotNode> {
        Request::of(ctx).need::<LotById>(self.0.posting.lot_id).await.map(LotNode)
    }

    /// What kind of place it left.
    async fn source(&self) -> AccountKind {
        self.0.source_kind
    }

    /// What kind of place it went to.
    async fn destination(&self) -> AccountKind {
        self.0.destination_kind
    }

    /// The project or micro-grant that it left, went to, or both; null when neither.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.0.target_id?).await)
    }

    /// The expense that it paid, or came back from; null when neither.
    async fn expense(&self, ctx: &Context<'_>) -> Option<Result<Expense>> {
        Some(Request::of(ctx).need::<ExpenseById>(self.0.expense_id?).await.map(Expense))
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.posting.amount.into()
    }
}

/// A page of a fund's journal, for those who keep or oversee its books.
pub async fn entries_of_fund(request: &Request, fund: &Fund, args: &PageArgs) -> Result<EntryConnection> {
    request.viewer.must(Act::ReadJournal, &[fund.on()])?;
    let page = by_place(args)?;
    let rows = request.load::<EntriesOf>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(EntryConnection::new(page.finish(rows, |entry| vec![entry.seq.into()]), None))
}

/// The head of a fund's hash chain: publish it, and nobody can rewrite the journal unseen.
#[derive(Clone, Debug, SimpleObject)]
pub struct ChainHead {
    /// The number of the last entry; 0 before the first.
    pub seq: i64,
    /// The seal of the last entry, SHA-256 in hexadecimal; GENESIS before the first.
    pub hash: String,
}

/// The head of each fund's hash chain.
struct HeadsOf;

impl Load for HeadsOf {
    type Key = FundId;
    type Value = ChainHead;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, ChainHead>> {
        let found = head::of_funds(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|head| (head.fund_id, ChainHead { seq: head.seq, hash: head.hash })).collect())
    }
}

/// The head of a fund's hash chain.
pub async fn chain_head(request: &Request, fund: FundId) -> Result<ChainHead> {
    request.need::<HeadsOf>(fund).await
}

/// Which entry is undone, and why.
#[derive(InputObject)]
pub struct EntryReverseInput {
    /// The entry.
    pub entry_id: GlobalId,
    /// The day the reversal takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of undoing an entry.
#[derive(SimpleObject)]
pub struct EntryReversePayload {
    /// The entry that undoes it; null when it was refused.
    pub reversal: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of the journal.
#[derive(Default)]
pub struct LedgerMutation;

#[Object]
impl LedgerMutation {
    /// Undoes an entry by its exact mirror, while its money is still where it went. For staff of the fund.
    async fn entry_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entry, and why.")] input: EntryReverseInput,
    ) -> Result<EntryReversePayload> {
        let request = Request::of(ctx);
        let reverse = super::reverse::Reverse {
            entry: EntryId(input.entry_id.key_of(NodeKind::Entry)?),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "entryReverse", &reverse)?;
            super::reverse::reverse(tx, by, &once, &reverse).await
        });
        let (done, user_errors) = done.await?;
        let reversal = match done {
            Some(done) => Some(EntryNode(request.need::<EntryById>(done.entry).await?)),
            None => None,
        };
        Ok(EntryReversePayload { reversal, user_errors })
    }
}
