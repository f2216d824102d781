//! Corrections in the graph: changed gifts, swaps, transfers between funds, losses and credit notes.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{EntryById, EntryNode, LotById, LotNode, RestrictionInput};
use crate::{
    clock::Date,
    error::{Result, UserError},
    expense::{
        credit::{Credit, CreditTo, credit},
        graphql::{Expense, ExpenseById},
    },
    id::{EntryId, ExpenseId, FundId, GlobalId, LotId, NodeKind},
    ledger::{
        draw::DrawRule,
        idem::Once,
        relot::{Relot, relot},
        swap::{Swap, swap},
        transfer::{Transfer, transfer},
        write_off::{WriteOff, write_off},
    },
    money::MoneyInput,
    project::{TargetById, TargetNode, set_draw},
    viewer::Request,
};

/// Which gift is changed, to what, and who agreed.
#[derive(InputObject)]
pub struct LotRelotInput {
    /// The gift.
    pub lot_id: GlobalId,
    /// Whose gift it really is: all that is left of it, spent or not. Left out, the giver stays.
    pub donor_id: Option<GlobalId>,
    /// What it may be used for from now on: all of it that is not yet spent. Left out, the restriction stays.
    pub earmark: Option<RestrictionInput>,
    /// Who agreed: the giver, or who paid it in where the giver itself was wrong.
    pub consented_by_id: GlobalId,
    /// When.
    pub consented_on: Date,
    /// SHA-256 of the paper that says so, 64 hexadecimal digits.
    pub sha256: String,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of changing a gift.
#[derive(SimpleObject)]
pub struct LotRelotPayload {
    /// The gift that it became; null when it was refused.
    pub lot: Option<LotNode>,
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which giver's part of which expense others are to pay.
#[derive(InputObject)]
pub struct ExpenseSwapInput {
    /// The expense.
    pub expense_id: GlobalId,
    /// Whose gifts are freed.
    pub donor_id: GlobalId,
    /// How much.
    pub amount: MoneyInput,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of paying a giver's part of an expense with others' gifts.
#[derive(SimpleObject)]
pub struct ExpenseSwapPayload {
    /// The expense; null when it was refused.
    pub expense: Option<Expense>,
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// A vendor's credit note.
#[derive(InputObject)]
pub struct ExpenseCreditInput {
    /// The expense that was credited.
    pub expense_id: GlobalId,
    /// Where the money goes.
    #[graphql(default)]
    pub to: CreditTo,
    /// How much.
    pub amount: MoneyInput,
    /// The day it came back.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// SHA-256 of the credit note, 64 hexadecimal digits.
    pub sha256: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of booking a credit note.
#[derive(SimpleObject)]
pub struct ExpenseCreditPayload {
    /// The expense; null when it was refused.
    pub expense: Option<Expense>,
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What is moved from one fund to another.
#[derive(InputObject)]
pub struct FundTransferInput {
    /// The fund that gives.
    pub from_fund_id: GlobalId,
    /// The fund that gets: another one of the same host.
    pub to_fund_id: GlobalId,
    /// How much: of money only that its givers left to any fund of the host.
    pub amount: MoneyInput,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of moving money from one fund to another.
#[derive(SimpleObject)]
pub struct FundTransferPayload {
    /// The entry of the fund that gave; null when it was refused.
    pub entry_out: Option<EntryNode>,
    /// The entry of the fund that got; null when it was refused.
    pub entry_in: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What was lost of an advance.
#[derive(InputObject)]
pub struct AdvanceWriteOffInput {
    /// The project or micro-grant it was for.
    pub target_id: GlobalId,
    /// How much.
    pub amount: MoneyInput,
    /// The day it takes effect.
    pub effective_on: Date,
    /// What happened, in at most 500 characters.
    pub memo: String,
    /// SHA-256 of the paper that shows the loss and who allowed this, 64 hexadecimal digits.
    pub sha256: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of writing off a loss.
#[derive(SimpleObject)]
pub struct AdvanceWriteOffPayload {
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// How the money of a project or micro-grant is drawn from now on.
#[derive(InputObject)]
pub struct TargetDrawInput {
    /// The project or micro-grant.
    pub target_id: GlobalId,
    /// How its money is drawn when it is spent.
    pub draw: DrawRule,
}

/// What came of setting how money is drawn.
#[derive(SimpleObject)]
pub struct TargetDrawPayload {
    /// The project or micro-grant; null when it was refused.
    pub target: Option<TargetNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations that correct what was booked.
#[derive(Default)]
pub struct CorrectionMutation;

#[Object]
impl CorrectionMutation {
    /// Gives a gift another giver, where a mistake was made, or another restriction, where its giver agrees.
    /// For staff of the fund.
    async fn lot_relot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which gift, and who agreed to what.")] input: LotRelotInput,
    ) -> Result<LotRelotPayload> {
        let request = Request::of(ctx);
        let wanted = Relot {
            lot: LotId(input.lot_id.key_of(NodeKind::Lot)?),
            donor: input.donor_id.map(GlobalId::party).transpose()?,
            restriction: input.earmark.map(RestrictionInput::read).transpose()?,
            consented_by: input.consented_by_id.party()?,
            consented_on: input.consented_on.into(),
            sha256: input.sha256,
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "lotRelot", &wanted)?;
            relot(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let lot = match done {
            Some(done) => Some(LotNode(request.need::<LotById>(done.child).await?)),
            None => None,
        };
        Ok(LotRelotPayload { lot, entry: entry(request, done.map(|done| done.entry)).await?, user_errors })
    }

    /// Pays a giver's part of an expense with others' unspent gifts, so that it may be given back. For staff of
    /// the fund.
    async fn expense_swap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which giver's part of which expense.")] input: ExpenseSwapInput,
    ) -> Result<ExpenseSwapPayload> {
        let request = Request::of(ctx);
        let id = ExpenseId(input.expense_id.key_of(NodeKind::Expense)?);
        let wanted = Swap {
            expense: id,
            donor: input.donor_id.party()?,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "expenseSwap", &wanted)?;
            swap(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let entry = entry(request, done.map(|done| done.entry)).await?;
        Ok(ExpenseSwapPayload { expense: expense(request, id, entry.is_some()).await?, entry, user_errors })
    }

    /// Books a vendor's credit note: the expense shrinks, and its money is free again. For staff of the fund.
    async fn expense_credit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much came back, of which expense.")] input: ExpenseCreditInput,
    ) -> Result<ExpenseCreditPayload> {
        let request = Request::of(ctx);
        let id = ExpenseId(input.expense_id.key_of(NodeKind::Expense)?);
        let wanted = Credit {
            expense: id,
            to: input.to,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
            sha256: input.sha256,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "expenseCredit", &wanted)?;
            credit(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let entry = entry(request, done.map(|done| done.entry)).await?;
        Ok(ExpenseCreditPayload { expense: expense(request, id, entry.is_some()).await?, entry, user_errors })
    }

    /// Moves money that its givers left to any fund of the host from one of its funds to another. For the
    /// host's officers.
    async fn fund_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much, from which fund to which.")] input: FundTransferInput,
    ) -> Result<FundTransferPayload> {
        let request = Request::of(ctx);
        let wanted = Transfer {
            from: FundId(input.from_fund_id.key_of(NodeKind::Fund)?),
            to: FundId(input.to_fund_id.key_of(NodeKind::Fund)?),
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "fundTransfer", &wanted)?;
            transfer(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let entry_out = entry(request, done.map(|done| done.out)).await?;
        let entry_in = entry(request, done.map(|done| done.into)).await?;
        Ok(FundTransferPayload { entry_out, entry_in, user_errors })
    }

    /// Writes off what was lost of an advance. For the host's officers.
    async fn advance_write_off(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much was lost, and the paper that shows it.")] input: AdvanceWriteOffInput,
    ) -> Result<AdvanceWriteOffPayload> {
        let request = Request::of(ctx);
        let wanted = WriteOff {
            target: input.target_id.target()?,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
            sha256: input.sha256,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "advanceWriteOff", &wanted)?;
            write_off(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(AdvanceWriteOffPayload { entry: entry(request, done.map(|done| done.entry)).await?, user_errors })
    }

    /// Sets how the money of a project or micro-grant is drawn when it is spent from now on. For staff of the
    /// fund. Setting it again changes nothing.
    async fn target_draw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project or micro-grant, and how.")] input: TargetDrawInput,
    ) -> Result<TargetDrawPayload> {
        let request = Request::of(ctx);
        let id = input.target_id.target()?;
        let (done, user_errors) = request.write(async |tx, by| set_draw(tx, by, id, input.draw).await).await?;
        let target = match done {
            Some(()) => Some(request.need::<TargetById>(id).await?),
            None => None,
        };
        Ok(TargetDrawPayload { target, user_errors })
    }
}

async fn entry(request: &Request, id: Option<EntryId>) -> Result<Option<EntryNode>> {
    match id {
        Some(id) => Ok(Some(EntryNode(request.need::<EntryById>(id).await?))),
        None => Ok(None),
    }
}

/// The expense, where it `was_changed`.
async fn expense(request: &Request, id: ExpenseId, was_changed: bool) -> Result<Option<Expense>> {
    if !was_changed {
        return Ok(None);
    }
    Ok(Some(Expense(request.need::<ExpenseById>(id).await?)))
}
