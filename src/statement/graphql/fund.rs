//! The statement of a fund in the graph.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};

use super::days;
use crate::{
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById, Purpose, PurposeById},
    id::{FundId, PurposeId, TargetId},
    ledger::{
        as_of::{self, Mark},
        document::LotClass,
        graphql::{
            as_of::{AsOfInput, JournalMark, cut_of_fund},
            spending::Leverage,
        },
        trace::LeverageSum,
    },
    money::{Fen, Money},
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    party::PartyKind,
    project::{TargetById, TargetNode},
    statement::{
        Span, StatementTotals,
        fund::{Side, Statement, read},
    },
    viewer::{Act, Load, Request},
};

connection!(
    SpendingByProjectConnection,
    SpendingByProjectEdge,
    SpendingByProject,
    "projects and micro-grants with what was spent on them"
);

/// The statement of each fund.
struct StatementOf;

impl Load for StatementOf {
    type Key = (FundId, Span);
    type Value = Statement;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Statement>> {
        let mut found = HashMap::new();
        for (span, funds) in crate::viewer::by_page(keys) {
            for (fund, statement) in read(&mut *request.session().await?, &funds, &span).await? {
                found.insert((fund, span.clone()), statement);
            }
        }
        Ok(found)
    }
}

/// The head of each fund's journal.
struct HeadOf;

impl Load for HeadOf {
    type Key = FundId;
    type Value = Mark;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, Mark>> {
        let heads = as_of::heads_of_funds(&mut *request.session().await?, &keys).await?;
        Ok(heads.into_iter().map(|head| (head.fund_id, head)).collect())
    }
}

/// A fund's statement for a period.
pub struct FundStatement {
    pub(crate) fund: FundId,
    pub(crate) span: Span,
}

impl FundStatement {
    /// The statement that is asked for.
    ///
    /// # Errors
    /// Denied to those who may not read the fund's journal.
    pub async fn of(request: &Request, fund: &Fund, period: PeriodInput, as_of: Option<AsOfInput>) -> Result<Self> {
        request.viewer.must(Act::ReadJournal, &[fund.on()])?;
        let (from, to) = days(period)?;
        let cut = cut_of_fund(request, as_of, fund.id).await?;
        // The fund is the statement's own: funds that are asked about the same days are read together.
        Ok(Self { fund: fund.id, span: Span { from, to, cut, funds: None } })
    }

    /// How far the fund's journal is counted.
    pub async fn counted(&self, request: &Request) -> Result<Mark> {
        let head = request.need::<HeadOf>(self.fund).await?;
        let Some(seq) = self.span.cut.seq else { return Ok(head) };
        let entry = crate::id::EntryId(crate::fund::head::key(self.fund, seq));
        let mark = as_of::marks(&mut *request.session().await?, &[entry]).await?.pop();
        Ok(mark.unwrap_or(head))
    }

    /// The statement.
    pub async fn statement(&self, request: &Request) -> Result<Statement> {
        Ok(request.load::<StatementOf>((self.fund, self.span.clone())).await?.unwrap_or_default())
    }
}

/// What a fund's money did in a period: income by source, spending by purpose and project, and what is left under
/// whose restrictions. For those who keep or oversee its books.
#[Object]
impl FundStatement {
    /// Whose it is.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.fund).await
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.span.from.into()
    }

    /// The last day.
    async fn to(&self) -> Date {
        self.span.to.into()
    }

    /// How far the journal is counted: pass its `seq` as `asOf.seq` to have the same statement again.
    async fn mark(&self, ctx: &Context<'_>) -> Result<JournalMark> {
        Ok(JournalMark(self.counted(Request::of(ctx)).await?))
    }

    /// What its cash did.
    async fn money(&self, ctx: &Context<'_>) -> Result<FundStatementSide> {
        Ok(FundStatementSide(self.statement(Request::of(ctx)).await?.money))
    }

    /// What its goods and services did, at their stated value.
    async fn in_kind(&self, ctx: &Context<'_>) -> Result<FundStatementSide> {
        Ok(FundStatementSide(self.statement(Request::of(ctx)).await?.in_kind))
    }

    /// What its projects moved altogether in the period, for each yuan of gifts spent on them.
    async fn leverage(&self, ctx: &Context<'_>) -> Result<Leverage> {
        let statement = self.statement(Request::of(ctx)).await?;
        let (own, copay) = statement.money.levered;
        let sum = LeverageSum { target_id: TargetId(0), own, copay, external: statement.external };
        Ok(Leverage::of([&sum]))
    }
}

/// The cash or the goods of a fund's statement.
pub struct FundStatementSide(Side);

/// The cash or the goods of a fund's statement.
#[Object]
impl FundStatementSide {
    /// All of it.
    async fn totals(&self) -> StatementTotals {
        self.0.sums.into()
    }

    /// What only its givers may free (限定性): the opening and the closing.
    async fn restricted(&self) -> OpeningClosing {
        OpeningClosing { opening: self.0.restricted.0.into(), closing: self.0.restricted.1.into() }
    }

    /// What the committee may use for anything the fund may (非限定性): the opening and the closing.
    async fn unrestricted(&self) -> OpeningClosing {
        let (opening, closing) = self.0.restricted;
        OpeningClosing {
            opening: (self.0.sums.opening - opening).into(),
            closing: (self.0.sums.closing() - closing).into(),
        }
    }

    /// Where it came from, by kind of giver and gift; it adds up to what was received.
    async fn income(&self) -> Vec<IncomeLine> {
        let line = |(source, amount): (&crate::statement::fund::Source, &Fen)| IncomeLine {
            giver: source.giver,
            class: source.class,
            pledge_kind: source.pledge.clone(),
            amount: (*amount).into(),
        };
        self.0.income.iter().map(line).collect()
    }

    /// What it was spent on, by purpose; it adds up to what was paid less what came back.
    async fn spending_by_purpose(&self) -> Vec<SpendingByPurpose> {
        let line = |(purpose, amount): (&PurposeId, &Fen)| SpendingByPurpose { id: *purpose, amount: *amount };
        self.0.by_purpose.iter().map(line).collect()
    }

    /// What it was spent on, by project; it adds up to what was paid less what came back.
    async fn spending_by_project(
        &self,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<SpendingByProjectConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let line = |(target, amount): (&TargetId, &Fen)| SpendingByProject { id: *target, amount: *amount };
        let rows: Vec<SpendingByProject> = self.0.by_target.iter().map(line).collect();
        Ok(SpendingByProjectConnection::new(page.pick(rows, |row| vec![Key::from(row.id)]), None))
    }
}

/// What there was when a period began and when it ended.
#[derive(SimpleObject)]
pub struct OpeningClosing {
    /// When it began.
    pub opening: Money,
    /// When it ended.
    pub closing: Money,
}

/// Income from one kind of source.
#[derive(SimpleObject)]
pub struct IncomeLine {
    /// What kind of party gave it.
    pub giver: PartyKind,
    /// A gift, the residents' own part of a project, or the host's cover of a loss.
    pub class: LotClass,
    /// The kind of pledge that it settled; null for a gift of its own.
    pub pledge_kind: Option<String>,
    /// How much, less what was reversed.
    pub amount: Money,
}

/// What was spent on one purpose.
pub struct SpendingByPurpose {
    id: PurposeId,
    amount: Fen,
}

/// What was spent on one purpose.
#[Object]
impl SpendingByPurpose {
    /// The purpose.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.id).await
    }

    /// How much, less what came back.
    async fn amount(&self) -> Money {
        self.amount.into()
    }
}

/// What was spent on one project or micro-grant.
#[derive(Clone, Copy)]
pub struct SpendingByProject {
    id: TargetId,
    amount: Fen,
}

/// What was spent on one project or micro-grant.
#[Object]
impl SpendingByProject {
    /// The project or micro-grant.
    async fn target(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.id).await
    }

    /// How much, less what came back.
    async fn amount(&self) -> Money {
        self.amount.into()
    }
}
