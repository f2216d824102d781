//! Expenses in the graph: what was paid, to whom, with what evidence, and whose gifts paid it.
//!
//! That money was spent, and which organisations' gifts it was, is public; which lots paid is for those
//! who keep or oversee the fund's books.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{
    Advance, Evidence as EvidenceDraft, PaidFrom, Record, Return, ReturnTo, advance, record, store, take_back,
};
use crate::{
    all_of, by_id,
    clock::Date,
    contribution::graphql::own_parties,
    error::{Result, UserError},
    fund::{Fund, FundById, Purpose, PurposeById},
    id::{ExpenseId, FundId, GlobalId, NodeKind, PurposeId, TargetId},
    ledger::{
        Asset,
        as_of::{self, Cut},
        document::{EvidenceDocument, EvidenceKind, ExpenseDocument},
        graphql::{
            EntryById, EntryNode, LotById, LotNode,
            as_of::{AsOfInput, cut_of_funds},
            by_place,
            spending::OtherGivers,
        },
        idem::Once,
        privacy, trace,
    },
    money::{Money, MoneyInput},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs, PeriodInput, Slice},
    page_of,
    party::{PartyById, PartyNode},
    project::{TargetById, TargetNode},
    related::graphql::{RelatedPartyNode, related},
    viewer::{Act, Request},
};

by_id!(/// Expenses by key.
    ExpenseById, ExpenseId, ExpenseDocument, store::by_ids);
all_of!(/// The files that prove each expense.
    EvidenceOf, ExpenseId, EvidenceDocument, store::evidence_of, |one: &EvidenceDocument| one.expense_id);
page_of!(/// A page of the givers of each expense.
    FundersOfExpense, ExpenseId, trace::Funder, trace::parties_of_expenses, |one: &trace::Funder| one.expense_id);
all_of!(/// All givers of each expense, to decide who is shown.
    GiversOfExpense, ExpenseId, privacy::Giver, trace::givers_of_expenses,
    |one: &privacy::Giver| ExpenseId(one.owner));
page_of!(/// A page of the lots that paid each expense.
    LotsOfExpense, ExpenseId, trace::PaidBy, trace::lots_of_expenses, |one: &trace::PaidBy| one.expense_id);
narrowed_page_of!(/// A page of the lots that had paid each expense.
    PastLotsOfExpense, ExpenseId, Cut, trace::PaidBy, as_of::lots_of_expenses, |one: &trace::PaidBy| one.expense_id);
page_of!(/// A page of each target's expenses.
    ExpensesOfTarget, TargetId, ExpenseDocument, store::of_targets, |one: &ExpenseDocument| one.target_id);
narrowed_page_of!(/// A page of each fund's expenses.
    ExpensesOfFund, FundId, store::ExpenseFilter, ExpenseDocument, store::of_funds,
    |one: &ExpenseDocument| one.fund_id);

crate::connection!(ExpenseConnection, ExpenseEdge, Expense, "expenses");

/// Money really paid out: to whom, for what, with which evidence, and from whose gifts.
#[derive(Clone, Debug)]
pub struct Expense(pub ExpenseDocument);

impl From<ExpenseDocument> for Expense {
    fn from(document: ExpenseDocument) -> Self {
        Self(document)
    }
}

/// Money really paid out: to whom, for what, with which evidence, and from whose gifts.
#[Object]
impl Expense {
    /// The expense's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Expense, self.0.id).into()
    }

    /// The fund that paid.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// The project or micro-grant it was for.
    async fn target(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.0.target_id).await
    }

    /// Who was paid.
    async fn payee(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.0.payee_id).await?.into())
    }

    /// The declaration by which who was paid was related on the day; null when nobody said so. For those who
    /// keep or oversee the books.
    async fn related_party(&self, ctx: &Context<'_>) -> Option<Result<RelatedPartyNode>> {
        related(Request::of(ctx), self.0.fund_id, self.0.payee_id, self.0.incurred_on).await.transpose()
    }

    /// What it was used for.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.0.purpose_id).await
    }

    /// Cash paid out, or goods used up.
    async fn asset(&self) -> Asset {
        self.0.asset
    }

    /// How much, before what the vendor credited.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day it was paid.
    async fn incurred_on(&self) -> Date {
        self.0.incurred_on.into()
    }

    /// What was bought.
    async fn note(&self) -> &str {
        &self.0.note
    }

    /// The files that prove it, by their digests; 50 at most.
    async fn evidence(&self, ctx: &Context<'_>) -> Result<Vec<Evidence>> {
        let rows = Request::of(ctx).load::<EvidenceOf>(self.0.id).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|one| Evidence { kind: one.kind, sha256: one.sha256, name: one.name }).collect())
    }

    /// Whose gifts paid it, the largest part first; with `others` all parts add up to the amount. Those who keep or
    /// oversee the books are told every giver; everybody else those who chose to be named, and itself.
    async fn funded_by(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExpenseFunderConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Desc, &[Key::Int(0), Key::Int(0)])?;
        let request = Request::of(ctx);
        let key = |one: &trace::Funder| vec![one.amount.0.into(), one.party_id.into()];
        let fund = request.need::<FundById>(self.0.fund_id).await?;
        let (slice, others) = if request.viewer.may(Act::ReadGiving, fund.on()) {
            let rows = request.load::<FundersOfExpense>((self.0.id, page.clone())).await?.unwrap_or_default();
            (page.finish(rows, key), None)
        } else {
            let givers = request.load::<GiversOfExpense>(self.0.id).await?.unwrap_or_default();
            let seen = privacy::seen(&givers, &own_parties(request).unwrap_or_default());
            let funder =
                |one: privacy::Part| trace::Funder { expense_id: self.0.id, party_id: one.party_id, amount: one.spent };
            (page.pick(seen.named.into_iter().map(funder), key), seen.others.map(OtherGivers::from))
        };
        let page_info = slice.info();
        let edges = slice.rows.into_iter().map(|(cursor, row)| ExpenseFunderEdge { cursor, row }).collect();
        Ok(ExpenseFunderConnection { edges, page_info, others })
    }

    /// Which lots paid it, the oldest first; for those who keep or oversee the books.
    async fn paid_by(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Option<Result<ExpenseLotConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(self.lots_page(Request::of(ctx), as_of, &args).await)
    }
}

impl Expense {
    async fn lots_page(
        &self,
        request: &Request,
        as_of: Option<AsOfInput>,
        args: &PageArgs,
    ) -> Result<ExpenseLotConnection> {
        let fund = request.need::<FundById>(self.0.fund_id).await?;
        request.viewer.must(Act::ReadGiving, &[fund.on()])?;
        let page = by_place(args)?;
        let cut = cut_of_funds(request, as_of, Some(self.0.fund_id)).await?;
        let rows = match cut.is_now() {
            true => request.load::<LotsOfExpense>((self.0.id, page.clone())).await?,
            false => request.load::<PastLotsOfExpense>((self.0.id, (cut, page.clone()))).await?,
        };
        let slice = page.finish(rows.unwrap_or_default(), |one| vec![one.lot_id.into()]);
        let page_info = slice.info();
        let edges = slice.rows.into_iter().map(|(cursor, row)| ExpenseLotEdge { cursor, row }).collect();
        Ok(ExpenseLotConnection { edges, page_info })
    }
}

/// A file that proves an expense, by its digest.
#[derive(Clone, Debug, SimpleObject)]
pub struct Evidence {
    /// What kind of paper it is.
    pub kind: EvidenceKind,
    /// SHA-256 of the file in lower-case hexadecimal: whoever has the file can check that it is this one.
    pub sha256: String,
    /// What the file is called.
    pub name: String,
}

/// A page of the givers of an expense.
#[derive(SimpleObject)]
pub struct ExpenseFunderConnection {
    /// The givers of this page, each with its part.
    pub edges: Vec<ExpenseFunderEdge>,
    /// What lies before and after this page.
    pub page_info: async_graphql::connection::PageInfo,
    /// The givers that are not listed to you, together; null when all are.
    pub others: Option<OtherGivers>,
}

/// A giver with its part of an expense.
pub struct ExpenseFunderEdge {
    cursor: String,
    row: trace::Funder,
}

/// A giver with its part of an expense.
#[Object]
impl ExpenseFunderEdge {
    /// Where the giver stands in the list: pass it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The giver.
    async fn node(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.row.party_id).await?.into())
    }

    /// How much of the expense its gifts paid.
    async fn amount(&self) -> Money {
        self.row.amount.into()
    }
}

/// A page of the lots that paid an expense.
#[derive(SimpleObject)]
pub struct ExpenseLotConnection {
    /// The lots of this page, each with its part.
    pub edges: Vec<ExpenseLotEdge>,
    /// What lies before and after this page.
    pub page_info: async_graphql::connection::PageInfo,
}

/// A lot with its part of an expense.
pub struct ExpenseLotEdge {
    cursor: String,
    row: trace::PaidBy,
}

/// A lot with its part of an expense.
#[Object]
impl ExpenseLotEdge {
    /// Where the lot stands in the list: pass it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The lot.
    async fn node(&self, ctx: &Context<'_>) -> Result<LotNode> {
        Request::of(ctx).need::<LotById>(self.row.lot_id).await.map(LotNode)
    }

    /// How much of the expense it paid.
    async fn amount(&self) -> Money {
        self.row.amount.into()
    }
}

/// What narrows a list of expenses; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExpenseFilterInput {
    /// Only those for this project or micro-grant.
    pub target_id: Option<GlobalId>,
    /// Only those for exactly this purpose.
    pub purpose_id: Option<GlobalId>,
    /// Only those paid in this period.
    pub period: Option<PeriodInput>,
}

/// The page of a list of expenses by the day they were paid.
fn by_day(args: &PageArgs, direction: Option<Direction>) -> Result<Page> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    Ok(Page::new(args, direction.unwrap_or_default(), &shape)?)
}

fn connection_of(page: &Page, rows: Vec<ExpenseDocument>) -> ExpenseConnection {
    let slice: Slice<ExpenseDocument> = page.finish(rows, |one| vec![Key::Date(one.incurred_on), one.id.into()]);
    ExpenseConnection::new(slice, None)
}

/// A page of a fund's expenses: open to the public.
pub async fn expenses_of_fund(
    request: &Request,
    fund: FundId,
    filter: Option<ExpenseFilterInput>,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<ExpenseConnection> {
    let page = by_day(args, direction)?;
    let filter = filter.unwrap_or_default();
    let filter = store::ExpenseFilter {
        target: filter.target_id.map(GlobalId::target).transpose()?,
        purpose: filter.purpose_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId),
        days: filter.period.map(PeriodInput::days).transpose()?,
    };
    let rows = request.load::<ExpensesOfFund>((fund, (filter, page.clone()))).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// A page of a project's or grant's expenses: open to the public.
pub async fn expenses_of_target(
    request: &Request,
    target: TargetId,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<ExpenseConnection> {
    let page = by_day(args, direction)?;
    let rows = request.load::<ExpensesOfTarget>((target, page.clone())).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// A file that proves an expense.
#[derive(InputObject)]
pub struct EvidenceInput {
    /// What kind of paper it is.
    pub kind: EvidenceKind,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// What the file is called, at most 200 characters.
    pub name: String,
}

/// What was paid.
#[derive(InputObject)]
pub struct ExpenseRecordInput {
    /// The project or micro-grant it was for.
    pub target_id: GlobalId,
    /// Where the money comes from: what was allocated, or an advance that this clears.
    #[graphql(default)]
    pub from: PaidFrom,
    /// Cash paid out, or goods used up at their stated value.
    #[graphql(default)]
    pub asset: Asset,
    /// Who was paid.
    pub payee_id: GlobalId,
    /// What it was used for: the target's purpose or one below it; left out, the target's.
    pub purpose_id: Option<GlobalId>,
    /// How much.
    pub amount: MoneyInput,
    /// The day it was paid.
    pub incurred_on: Date,
    /// What was bought, in at most 500 characters.
    pub note: String,
    /// The files that prove it, 1 to 50.
    pub evidence: Vec<EvidenceInput>,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of booking an expense.
#[derive(SimpleObject)]
pub struct ExpenseRecordPayload {
    /// The expense; null when it was refused.
    pub expense: Option<Expense>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What is paid out ahead of its evidence.
#[derive(InputObject)]
pub struct AdvancePayInput {
    /// The project or micro-grant.
    pub target_id: GlobalId,
    /// How much.
    pub amount: MoneyInput,
    /// The day it is paid.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of paying an advance.
#[derive(SimpleObject)]
pub struct AdvancePayPayload {
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What comes back of an advance.
#[derive(InputObject)]
pub struct AdvanceReturnInput {
    /// The project or micro-grant.
    pub target_id: GlobalId,
    /// Back to the fund, or only to the project or micro-grant.
    #[graphql(default)]
    pub to: ReturnTo,
    /// How much.
    pub amount: MoneyInput,
    /// The day it came back.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of taking an advance back.
#[derive(SimpleObject)]
pub struct AdvanceReturnPayload {
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of expenses and advances.
#[derive(Default)]
pub struct ExpenseMutation;

#[Object]
impl ExpenseMutation {
    /// Books an expense with its evidence. For staff of the fund.
    async fn expense_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was paid, to whom, for what.")] input: ExpenseRecordInput,
    ) -> Result<ExpenseRecordPayload> {
        let request = Request::of(ctx);
        let file = |one: EvidenceInput| EvidenceDraft { kind: one.kind, sha256: one.sha256, name: one.name };
        let wanted = Record {
            target: input.target_id.target()?,
            from: input.from,
            asset: input.asset,
            payee: input.payee_id.party()?,
            purpose: input.purpose_id.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId),
            amount: input.amount.into(),
            incurred_on: input.incurred_on.into(),
            note: input.note,
            evidence: input.evidence.into_iter().map(file).collect(),
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "expenseRecord", &wanted)?;
            record(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let expense = match done {
            Some(done) => Some(Expense(request.need::<ExpenseById>(done.expense).await?)),
            None => None,
        };
        Ok(ExpenseRecordPayload { expense, user_errors })
    }

    /// Pays money out ahead of its evidence. For staff of the fund.
    async fn advance_pay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much is paid ahead, for what.")] input: AdvancePayInput,
    ) -> Result<AdvancePayPayload> {
        let request = Request::of(ctx);
        let wanted = Advance {
            target: input.target_id.target()?,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "advancePay", &wanted)?;
            advance(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(AdvancePayPayload { entry: entry(request, done).await?, user_errors })
    }

    /// Takes back what an advance did not need. For staff of the fund.
    async fn advance_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much comes back, and where to.")] input: AdvanceReturnInput,
    ) -> Result<AdvanceReturnPayload> {
        let request = Request::of(ctx);
        let wanted = Return {
            target: input.target_id.target()?,
            to: input.to,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "advanceReturn", &wanted)?;
            take_back(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(AdvanceReturnPayload { entry: entry(request, done).await?, user_errors })
    }
}

/// The entry that a movement was booked as.
pub async fn entry(request: &Request, booked: Option<super::Booked>) -> Result<Option<EntryNode>> {
    match booked {
        Some(booked) => Ok(Some(EntryNode(request.need::<EntryById>(booked.entry).await?))),
        None => Ok(None),
    }
}
