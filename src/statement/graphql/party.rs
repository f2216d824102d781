//! The statement of a party in the graph.

use std::collections::HashMap;

use async_graphql::{Context, Object};

use crate::{
    clock::Date,
    connection,
    contribution::graphql::reach_of,
    error::Result,
    expense::graphql::{Expense, ExpenseById},
    id::{FundId, GlobalId, NodeKind, PartyId},
    ledger::{
        Asset,
        as_of::{self, Mark},
        graphql::{
            LotById, LotNode,
            as_of::{AsOfInput, JournalMark, cut_of_funds},
        },
    },
    money::Money,
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    party::{PartyById, PartyNode},
    project::{TargetById, TargetNode},
    statement::{
        Span, StatementTotals,
        party::{Gift, Totals, gifts_page, totals},
        store,
    },
    viewer::{Load, Request},
};

narrowed_page_of!(/// A page of each giver's gifts with what they did.
    GiftsOf, PartyId, Span, Gift, gifts_page, |gift: &Gift| gift.row.donor_id);
narrowed_page_of!(/// A page of each giver's gifts by project.
    SharesOf, PartyId, Span, store::Share, store::shares_of_parties, |share: &store::Share| share.donor_id);
narrowed_page_of!(/// A page of the expenses each giver's money paid.
    ExpensesOf, PartyId, Span, store::Part, store::expenses_of_parties, |part: &store::Part| part.donor_id);

connection!(StatementGiftConnection, StatementGiftEdge, StatementGift, "gifts of a statement");
connection!(StatementShareConnection, StatementShareEdge, StatementShare, "gifts by project of a statement");
connection!(StatementExpenseConnection, StatementExpenseEdge, StatementExpense, "expenses of a statement");

/// What each giver's money did.
struct TotalsOf;

impl Load for TotalsOf {
    type Key = (PartyId, Span);
    type Value = Totals;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Totals>> {
        let mut found = HashMap::new();
        for (span, parties) in crate::viewer::by_page(keys) {
            for (party, sums) in totals(&mut *request.session().await?, &parties, &span).await? {
                found.insert((party, span.clone()), sums);
            }
        }
        Ok(found)
    }
}

/// The heads of the funds in which each party's money is.
struct HeadsOf;

impl Load for HeadsOf {
    type Key = PartyId;
    type Value = Vec<Mark>;

    async fn load(request: &Request, keys: Vec<PartyId>) -> Result<HashMap<PartyId, Vec<Mark>>> {
        let mut found: HashMap<PartyId, Vec<Mark>> = HashMap::new();
        for (party, mark) in as_of::heads_of_parties(&mut *request.session().await?, &keys).await? {
            found.entry(party).or_default().push(mark);
        }
        Ok(found)
    }
}

/// A party's statement for a period, within what the viewer may read.
pub struct PartyStatement {
    pub(crate) party: PartyId,
    pub(crate) span: Span,
}

impl PartyStatement {
    /// The statement that is asked for.
    ///
    /// # Errors
    /// Denied to those who may not read what the party gave.
    pub async fn of(
        request: &Request,
        party: PartyId,
        period: PeriodInput,
        fund: Option<GlobalId>,
        as_of: Option<AsOfInput>,
    ) -> Result<Self> {
        let reach = reach_of(request, party).await?;
        let (from, to) = super::days(period)?;
        let fund = fund.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId);
        let cut = cut_of_funds(request, as_of, fund).await?;
        let funds = match (fund, reach) {
            (Some(fund), Some(reach)) => Some(reach.into_iter().filter(|one| *one == fund).collect()),
            (Some(fund), None) => Some(vec![fund]),
            (None, reach) => reach,
        };
        Ok(Self { party, span: Span { from, to, cut, funds } })
    }

    /// How far each fund's journal is counted.
    pub async fn counted(&self, request: &Request) -> Result<Vec<Mark>> {
        if let Some(marks) = &self.span.cut.marks {
            return Ok(if marks.is_empty() {
                vec![]
            } else {
                as_of::marks(&mut *request.session().await?, marks).await?
            });
        }
        let mut heads = request.load::<HeadsOf>(self.party).await?.unwrap_or_default();
        heads.retain(|head| self.span.funds.as_ref().is_none_or(|funds| funds.contains(&head.fund_id)));
        Ok(heads)
    }

    /// What the party's money did.
    pub async fn totals(&self, request: &Request) -> Result<Totals> {
        Ok(request.load::<TotalsOf>((self.party, self.span.clone())).await?.unwrap_or_default())
    }
}

/// What a party's money did in a period: what was there, what arrived, what it paid for, and what is left. It is
/// computed from the journal, so that the same `marks` give the same statement for ever.
#[Object]
impl PartyStatement {
    /// Whose it is.
    async fn party(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.party).await?.into())
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.span.from.into()
    }

    /// The last day.
    async fn to(&self) -> Date {
        self.span.to.into()
    }

    /// How far each fund's journal is counted: pass the ids as `asOf.marks` to have the same statement again.
    async fn marks(&self, ctx: &Context<'_>) -> Result<Vec<JournalMark>> {
        Ok(self.counted(Request::of(ctx)).await?.into_iter().map(JournalMark).collect())
    }

    /// What its cash did.
    async fn money(&self, ctx: &Context<'_>) -> Result<StatementTotals> {
        Ok(self.totals(Request::of(ctx)).await?.money.into())
    }

    /// What its goods and services did, at their stated value.
    async fn in_kind(&self, ctx: &Context<'_>) -> Result<StatementTotals> {
        Ok(self.totals(Request::of(ctx)).await?.in_kind.into())
    }

    /// Each gift that was there when the period began or moved within it, by the day it arrived. Their sums are
    /// those of the statement.
    async fn gifts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<StatementGiftConnection> {
        let shape = [Key::Date(chrono::NaiveDate::MIN), Key::Int(0)];
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &shape)?;
        let key = (self.party, (self.span.clone(), page.clone()));
        let rows = Request::of(ctx).load::<GiftsOf>(key).await?.unwrap_or_default();
        let slice = page.finish(rows, |gift| vec![Key::Date(gift.row.received_on), gift.row.lot_id.into()]);
        Ok(StatementGiftConnection::new(slice, None))
    }

    /// The matrix of gifts and projects: how much of which gift went where, to the fen.
    async fn shares(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<StatementShareConnection> {
        let shape = [Key::Int(0), Key::Int(0)];
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &shape)?;
        let key = (self.party, (self.span.clone(), page.clone()));
        let rows = Request::of(ctx).load::<SharesOf>(key).await?.unwrap_or_default();
        let slice = page.finish(rows, |share| vec![share.lot_id.into(), share.target_id.into()]);
        Ok(StatementShareConnection::new(slice, None))
    }

    /// The expenses that its money paid in the period, as they were booked; of an expense that only gave money
    /// back in the period, the amount is below zero.
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<StatementExpenseConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let key = (self.party, (self.span.clone(), page.clone()));
        let rows = Request::of(ctx).load::<ExpensesOf>(key).await?.unwrap_or_default();
        Ok(StatementExpenseConnection::new(page.finish(rows, |part| vec![part.expense_id.into()]), None))
    }
}

/// A gift in a statement.
#[derive(Clone)]
pub struct StatementGift(Gift);

impl From<Gift> for StatementGift {
    fn from(gift: Gift) -> Self {
        Self(gift)
    }
}

/// A gift in a statement, with what it did in the period.
#[Object]
impl StatementGift {
    /// The gift.
    async fn lot(&self, ctx: &Context<'_>) -> Result<LotNode> {
        Request::of(ctx).need::<LotById>(self.0.row.lot_id).await.map(LotNode)
    }

    /// Cash or goods.
    async fn asset(&self) -> Asset {
        self.0.row.asset
    }

    /// What it did.
    async fn totals(&self) -> StatementTotals {
        self.0.sums.into()
    }
}

/// Part of a gift in one project or micro-grant.
#[derive(Clone)]
pub struct StatementShare(store::Share);

impl From<store::Share> for StatementShare {
    fn from(share: store::Share) -> Self {
        Self(share)
    }
}

/// Part of a gift in one project or micro-grant.
#[Object]
impl StatementShare {
    /// The gift.
    async fn lot(&self, ctx: &Context<'_>) -> Result<LotNode> {
        Request::of(ctx).need::<LotById>(self.0.lot_id).await.map(LotNode)
    }

    /// The project or micro-grant.
    async fn target(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.0.target_id).await
    }

    /// What was spent in the period, less what came back.
    async fn spent(&self) -> Money {
        self.0.spent.into()
    }

    /// What was written off in the period.
    async fn lost(&self) -> Money {
        self.0.lost.into()
    }

    /// What was allocated to it and unspent when the period ended.
    async fn waiting(&self) -> Money {
        self.0.waiting.into()
    }
}

/// An expense in a statement.
#[derive(Clone)]
pub struct StatementExpense(store::Part);

impl From<store::Part> for StatementExpense {
    fn from(part: store::Part) -> Self {
        Self(part)
    }
}

/// An expense in a statement, with the party's part of it in the period.
#[Object]
impl StatementExpense {
    /// The expense.
    async fn expense(&self, ctx: &Context<'_>) -> Result<Expense> {
        Ok(Expense(Request::of(ctx).need::<ExpenseById>(self.0.expense_id).await?))
    }

    /// How much of the party's money it took in the period, less what came back.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }
}
