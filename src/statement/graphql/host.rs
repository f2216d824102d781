//! The statement of a host in the graph.

use async_graphql::{Context, Object, SimpleObject};

use super::{days_of_a_year, fund::OpeningClosing};
use crate::{
    area::AreaById,
    clock::Date,
    connection,
    error::Result,
    fund::{Fund, FundById, Host},
    ledger::graphql::as_of::{AsOfInput, cut_of_funds},
    money::Money,
    page::{Direction, Key, Page, PageArgs, PeriodInput},
    statement::{
        Span,
        host::{Bank, Day, Statement, read},
        store::FundCash,
    },
    viewer::{Act, On, Request},
};

connection!(FundCashConnection, FundCashEdge, FundCashNode, "funds with their cash");

/// A host's statement for a period.
pub struct HostStatement {
    pub(crate) span: Span,
    pub(crate) statement: Statement,
}

impl HostStatement {
    /// The statement that is asked for.
    ///
    /// # Errors
    /// Denied to those who may not read the journals of all the host's funds.
    pub async fn of(request: &Request, host: &Host, period: PeriodInput, as_of: Option<AsOfInput>) -> Result<Self> {
        let area = request.need::<AreaById>(host.area_id).await?;
        request.viewer.must(Act::ReadJournal, &[On::Area(&area.path)])?;
        let (from, to) = days_of_a_year(period)?;
        let cut = cut_of_funds(request, as_of, None).await?;
        let span = Span { from, to, cut, funds: None };
        let statement = read(&mut *request.session().await?, host.id, &span).await?;
        Ok(Self { span, statement })
    }
}

/// That a host's funds together are its control account, day by day: cash in pools, match pots and projects, which
/// is what the bank has; what is advanced has left it. For those who oversee all its funds.
#[Object]
impl HostStatement {
    /// The first day.
    async fn from(&self) -> Date {
        self.span.from.into()
    }

    /// The last day.
    async fn to(&self) -> Date {
        self.span.to.into()
    }

    /// What the funds have together, by their accounts.
    async fn funds_total(&self) -> OpeningClosing {
        let (opening, closing) = self.statement.funds_total();
        OpeningClosing { opening: opening.into(), closing: closing.into() }
    }

    /// What the control account has: every cash movement added up from the first entry on.
    async fn control(&self) -> OpeningClosing {
        let (opening, closing) = self.statement.control;
        OpeningClosing { opening: opening.into(), closing: closing.into() }
    }

    /// What the bank has, and why it differs; null where no bank lines are kept.
    async fn bank(&self) -> Option<HostBank> {
        let (opening, closing) = self.statement.bank?;
        Some(HostBank { opening: opening.into(), closing: closing.into() })
    }

    /// Whether the bank has to the fen what the control account has when the period ends; null where no bank lines are
    /// kept.
    async fn agrees_with_bank(&self) -> Option<bool> {
        Some(self.statement.bank?.1.balance == self.statement.control.1)
    }

    /// Whether the funds and the control account agree to the fen, at the beginning and at the end.
    async fn agrees(&self) -> bool {
        self.statement.funds_total() == self.statement.control
    }

    /// Each fund, in the order they were opened; together they are `fundsTotal`.
    async fn funds(
        &self,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<FundCashConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        Ok(FundCashConnection::new(
            page.pick(self.statement.funds.iter().cloned(), |row| vec![Key::from(row.fund_id)]),
            None,
        ))
    }

    /// The days on which cash moved, in the books or at the bank, 366 at most.
    async fn days(&self) -> Vec<HostDay> {
        self.statement.days.iter().map(HostDay::from).collect()
    }
}

/// One day of a host's control account.
#[derive(SimpleObject)]
pub struct HostDay {
    /// The day.
    pub day: Date,
    /// What came in.
    pub incoming: Money,
    /// What went out.
    pub outgoing: Money,
    /// What the control account had at its end.
    pub control: Money,
    /// What the funds had together at its end.
    pub funds: Money,
    /// The bank at its end; null where no bank lines are kept.
    pub bank: Option<BankBesideBooks>,
}

/// What the bank has when a period begins and ends.
#[derive(SimpleObject)]
pub struct HostBank {
    /// When it begins.
    pub opening: BankBesideBooks,
    /// When it ends.
    pub closing: BankBesideBooks,
}

/// What the bank has at the end of a day, and why that is not what the control account has:
/// balance = control + notInBooks − notAtBank + onItsWay, as lines and entries are matched now.
#[derive(SimpleObject)]
pub struct BankBesideBooks {
    /// What its lines add up to.
    pub balance: Money,
    /// The lines that are matched to no entry.
    pub not_in_books: Money,
    /// The entries that are matched to no line.
    pub not_at_bank: Money,
    /// Of what is matched: the lines up to this day less the entries up to this day.
    pub on_its_way: Money,
}

impl From<Bank> for BankBesideBooks {
    fn from(bank: Bank) -> Self {
        Self {
            balance: bank.balance.into(),
            not_in_books: bank.not_in_books.into(),
            not_at_bank: bank.not_at_bank.into(),
            on_its_way: bank.on_its_way.into(),
        }
    }
}

impl From<&Day> for HostDay {
    fn from(day: &Day) -> Self {
        Self {
            day: day.day.into(),
            incoming: day.incoming.into(),
            outgoing: day.outgoing.into(),
            control: day.control.into(),
            funds: day.funds.into(),
            bank: day.bank.map(Into::into),
        }
    }
}

/// A fund with its cash.
#[derive(Clone)]
pub struct FundCashNode(FundCash);

impl From<FundCash> for FundCashNode {
    fn from(row: FundCash) -> Self {
        Self(row)
    }
}

/// A fund with its cash when a period began and ended.
#[Object(name = "FundCash")]
impl FundCashNode {
    /// The fund.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// When it began.
    async fn opening(&self) -> Money {
        self.0.opening.into()
    }

    /// When it ended.
    async fn closing(&self) -> Money {
        self.0.closing.into()
    }
}
