//! What a party's money did: the answer to "what exactly did my money pay for?".
//!
//! All of it is for the party's own representative, and for those who keep or oversee the books of a fund
//! it gave to: they see what it gave to their funds.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{Balance, UseConnection, by_place, uses};
use crate::{
    error::Result,
    expense::{
        funded,
        graphql::{Expense, ExpenseById},
    },
    id::{FundId, GlobalId, NodeKind, PartyId},
    ledger::{
        as_of::{self, Cut},
        trace,
    },
    money::Money,
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    project::{TargetById, TargetNode},
    viewer::{Load, Request},
};

narrowed_page_of!(/// A page of the expenses each party's money paid, as they were booked.
    ExpensesByBooking, PartyId, trace::UseFilter, trace::Use, joined funded::expenses_by_booking,
    |one: &trace::Use| PartyId(one.owner));
narrowed_page_of!(/// A page of the expenses each party's money paid, by how much they took.
    ExpensesByAmount, PartyId, trace::UseFilter, trace::Use, joined funded::expenses_by_amount,
    |one: &trace::Use| PartyId(one.owner));
narrowed_page_of!(/// A page of the places where each party's money waits.
    WaitingOf, PartyId, trace::UseFilter, trace::Use, trace::waiting_of_parties,
    |one: &trace::Use| PartyId(one.owner));
narrowed_page_of!(/// A page of the projects and grants each party's money went to.
    TargetsOf, PartyId, trace::UseFilter, trace::Share, trace::targets_of_parties,
    |one: &trace::Share| one.party_id);

/// Where each party's money is, by kind of place.
struct SumsOf;

impl Load for SumsOf {
    type Key = (PartyId, (trace::UseFilter, Cut));
    type Value = Vec<trace::KindSum>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<trace::KindSum>>> {
        let mut found = HashMap::new();
        for (which, parties) in crate::viewer::by_page(keys) {
            let (filter, cut) = &which;
            let session = &mut *request.session().await?;
            let rows = match cut.is_now() {
                true => trace::sums_of_parties(session, &parties, filter).await?,
                false => as_of::sums_of_parties(session, &parties, filter, cut).await?,
            };
            crate::viewer::deal(&mut found, &which, rows, |sum| PartyId(sum.owner));
        }
        Ok(found)
    }
}

/// What each party's money paid, by month.
struct MonthsOf;

impl Load for MonthsOf {
    type Key = (PartyId, trace::UseFilter);
    type Value = Vec<trace::MonthSum>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<trace::MonthSum>>> {
        let mut found = HashMap::new();
        for (filter, parties) in crate::viewer::by_page(keys) {
            let rows = trace::months_of_parties(&mut *request.session().await?, &parties, &filter).await?;
            crate::viewer::deal(&mut found, &filter, rows, |sum| sum.party_id);
        }
        Ok(found)
    }
}

/// What narrows the uses of a party's money; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UseFilterInput {
    /// Only in this fund.
    pub fund_id: Option<GlobalId>,
    /// Only in this project or micro-grant.
    pub target_id: Option<GlobalId>,
    /// Only what was spent in this period.
    pub period: Option<PeriodInput>,
}

impl UseFilterInput {
    /// The filter within what the viewer may read.
    pub fn read(self, reach: Option<Vec<FundId>>) -> Result<trace::UseFilter> {
        let days = self.period.map(PeriodInput::days).transpose()?;
        Ok(trace::UseFilter {
            fund: self.fund_id.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId),
            target: self.target_id.map(GlobalId::target).transpose()?,
            from: days.map(|(from, _)| from),
            to: days.map(|(_, to)| to),
            reach,
        })
    }
}

/// What a list of the expenses that a party's money paid is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum FundedExpenseOrder {
    /// When it was booked, the last first.
    #[default]
    Booked,
    /// How much of the party's money it took, the largest first.
    Amount,
}

/// What a party gave, and where it is.
pub async fn balance_of_party(
    request: &Request,
    party: PartyId,
    filter: trace::UseFilter,
    cut: Cut,
) -> Result<Balance> {
    Ok(Balance::of(&request.load::<SumsOf>((party, (filter, cut))).await?.unwrap_or_default()))
}

/// Where a party's unspent money waits.
pub async fn waiting_of_party(
    request: &Request,
    party: PartyId,
    filter: trace::UseFilter,
    args: &PageArgs,
) -> Result<UseConnection> {
    let page = by_place(args)?;
    let rows = request.load::<WaitingOf>((party, (filter, page.clone()))).await?.unwrap_or_default();
    Ok(uses(&page, rows))
}

/// What a party's money paid, by month.
pub async fn months_of_party(request: &Request, party: PartyId, filter: trace::UseFilter) -> Result<Vec<SpentInMonth>> {
    let rows = request.load::<MonthsOf>((party, filter)).await?.unwrap_or_default();
    Ok(rows.into_iter().map(|row| SpentInMonth { month: row.month, amount: row.amount.into() }).collect())
}

/// What a party's money paid in one month.
#[derive(Clone, Debug, SimpleObject)]
pub struct SpentInMonth {
    /// The month in which the expenses were paid, "2026-05".
    pub month: String,
    /// How much.
    pub amount: Money,
}

/// The expenses that a party's money paid.
pub async fn expenses_of_party(
    request: &Request,
    party: PartyId,
    filter: trace::UseFilter,
    order: FundedExpenseOrder,
    args: &PageArgs,
) -> Result<FundedExpenseConnection> {
    let by_amount = order == FundedExpenseOrder::Amount;
    let shape = [Key::Int(0), Key::Int(0)];
    let page = Page::new(args, Direction::Desc, &shape[usize::from(!by_amount)..])?;
    let key = (party, (filter, page.clone()));
    let rows = if by_amount {
        request.load::<ExpensesByAmount>(key).await?
    } else {
        request.load::<ExpensesByBooking>(key).await?
    };
    let slice = page.finish(rows.unwrap_or_default(), |one| {
        let account = Key::from(one.account_id);
        if by_amount { vec![one.amount.0.into(), account] } else { vec![account] }
    });
    let page_info = slice.info();
    let edges = slice.rows.into_iter().map(|(cursor, row)| FundedExpenseEdge { cursor, row }).collect();
    Ok(FundedExpenseConnection { edges, page_info })
}

/// A page of the expenses that a party's money paid.
#[derive(SimpleObject)]
pub struct FundedExpenseConnection {
    /// The expenses of this page, each with the party's part.
    pub edges: Vec<FundedExpenseEdge>,
    /// What lies before and after this page.
    pub page_info: async_graphql::connection::PageInfo,
}

/// An expense with a party's part of it.
pub struct FundedExpenseEdge {
    cursor: String,
    row: trace::Use,
}

/// An expense with a party's part of it.
#[Object]
impl FundedExpenseEdge {
    /// Where the expense stands in the list: pass it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The expense.
    async fn node(&self, ctx: &Context<'_>) -> Result<Expense> {
        let id = self.row.expense_id.expect("the list holds expenses only");
        Ok(Expense(Request::of(ctx).need::<ExpenseById>(id).await?))
    }

    /// How much of the party's money it took.
    async fn amount(&self) -> Money {
        self.row.amount.into()
    }
}

/// The projects and micro-grants that a party's money went to.
pub async fn targets_of_party(
    request: &Request,
    party: PartyId,
    filter: trace::UseFilter,
    args: &PageArgs,
) -> Result<FundedTargetConnection> {
    let page = by_place(args)?;
    let rows = request.load::<TargetsOf>((party, (filter, page.clone()))).await?.unwrap_or_default();
    let slice = page.finish(rows, |one| vec![one.target_id.into()]);
    let page_info = slice.info();
    let edges = slice.rows.into_iter().map(|(cursor, row)| FundedTargetEdge { cursor, row }).collect();
    Ok(FundedTargetConnection { edges, page_info })
}

/// A page of the projects and micro-grants that a party's money went to.
#[derive(SimpleObject)]
pub struct FundedTargetConnection {
    /// The projects and micro-grants of this page, each with the party's part.
    pub edges: Vec<FundedTargetEdge>,
    /// What lies before and after this page.
    pub page_info: async_graphql::connection::PageInfo,
}

/// A project or micro-grant with a party's part of its money.
pub struct FundedTargetEdge {
    cursor: String,
    row: trace::Share,
}

/// A project or micro-grant with a party's part of its money.
#[Object]
impl FundedTargetEdge {
    /// Where it stands in the list: pass it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The project or micro-grant.
    async fn node(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.row.target_id).await
    }

    /// How much of the party's money it has spent.
    async fn spent(&self) -> Money {
        self.row.spent.into()
    }

    /// How much of the party's money is allocated to it and not yet spent.
    async fn waiting(&self) -> Money {
        self.row.waiting.into()
    }

    /// What the party gave to it in goods and services, at the stated value; not in `spent` or `waiting`.
    async fn in_kind(&self) -> Money {
        self.row.in_kind.into()
    }
}
