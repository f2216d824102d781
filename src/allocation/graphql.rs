//! Allocations in the graph: what the committee's decisions moved to projects and micro-grants.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{Allocate, Release, allocate, release, store};
use crate::{
    by_id,
    clock::Date,
    committee::{Decision, DecisionById},
    connection,
    error::{Result, UserError},
    expense::graphql::entry,
    id::{DecisionId, EntryId, GlobalId, LotId, NodeKind, TargetId},
    ledger::{
        Asset,
        graphql::{EntryById, EntryNode, by_place},
        idem::Once,
    },
    money::{Fen, Money, MoneyInput},
    page::PageArgs,
    page_of,
    project::{TargetById, TargetNode},
    viewer::Request,
};

by_id!(/// Allocations by the key of their entry.
    AllocationById, EntryId, store::Allocation, store::by_ids);
page_of!(/// A page of each target's allocations.
    AllocationsOfTarget, TargetId, store::Allocation, store::of_targets, |one: &store::Allocation| one.target_id);

connection!(AllocationConnection, AllocationEdge, Allocation, "allocations");

/// Fund money that a committee's decision moved to a project or micro-grant.
#[derive(Clone, Debug)]
pub struct Allocation(pub store::Allocation);

impl From<store::Allocation> for Allocation {
    fn from(row: store::Allocation) -> Self {
        Self(row)
    }
}

/// Fund money that a committee's decision moved to a project or micro-grant.
#[Object]
impl Allocation {
    /// The allocation's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Allocation, self.0.id).into()
    }

    /// The decision it stands on.
    async fn decision(&self, ctx: &Context<'_>) -> Result<Decision> {
        Request::of(ctx).need::<DecisionById>(self.0.decision_id).await
    }

    /// The project or micro-grant it moved money to.
    async fn target(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.0.target_id).await
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// The day it took effect.
    async fn effective_on(&self) -> Date {
        self.0.effective_on.into()
    }

    /// Why, in the words of who booked it.
    async fn memo(&self) -> &str {
        &self.0.memo
    }

    /// Whether it was undone.
    async fn reversed(&self) -> bool {
        self.0.reversed == 1
    }

    /// Its entry in the journal.
    async fn entry(&self, ctx: &Context<'_>) -> Result<EntryNode> {
        Ok(EntryNode(Request::of(ctx).need::<EntryById>(self.0.id).await?))
    }
}

/// A page of a project's or grant's allocations, in the order they were booked: open to the public.
pub async fn allocations_of_target(
    request: &Request,
    target: TargetId,
    args: &PageArgs,
) -> Result<AllocationConnection> {
    let page = by_place(args)?;
    let rows = request.load::<AllocationsOfTarget>((target, page.clone())).await?.unwrap_or_default();
    Ok(AllocationConnection::new(page.finish(rows, |one| vec![one.id.into()]), None))
}

/// A gift that the committee named, and what to take of it.
#[derive(InputObject)]
pub struct AllocationLotInput {
    /// The lot.
    pub id: GlobalId,
    /// How much of it.
    pub amount: MoneyInput,
}

/// What is allocated.
#[derive(InputObject)]
pub struct AllocationMakeInput {
    /// The committee's decision, which names the project or micro-grant.
    pub decision_id: GlobalId,
    /// Cash, or goods at their stated value; one decision is about one of them.
    #[graphql(default)]
    pub asset: Asset,
    /// How much.
    pub amount: MoneyInput,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// The gifts that the committee named, adding up to the amount; left out, the narrowest restriction
    /// is drawn first, then the oldest gift.
    #[graphql(default)]
    pub lots: Vec<AllocationLotInput>,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of allocating money.
#[derive(SimpleObject)]
pub struct AllocationMakePayload {
    /// The allocation; null when it was refused.
    pub allocation: Option<Allocation>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What is given back to the fund.
#[derive(InputObject)]
pub struct AllocationReleaseInput {
    /// The project or micro-grant.
    pub target_id: GlobalId,
    /// Cash, or goods at their stated value.
    #[graphql(default)]
    pub asset: Asset,
    /// How much.
    pub amount: MoneyInput,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of giving allocated money back.
#[derive(SimpleObject)]
pub struct AllocationReleasePayload {
    /// The entry that booked it; null when it was refused.
    pub entry: Option<EntryNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of allocations.
#[derive(Default)]
pub struct AllocationMutation;

#[Object]
impl AllocationMutation {
    /// Moves fund money to the project or micro-grant of a decision. For staff of the fund.
    async fn allocation_make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much is allocated, on which decision.")] input: AllocationMakeInput,
    ) -> Result<AllocationMakePayload> {
        let request = Request::of(ctx);
        let lot = |one: AllocationLotInput| -> Result<(LotId, Fen)> {
            Ok((LotId(one.id.key_of(NodeKind::Lot)?), one.amount.into()))
        };
        let wanted = Allocate {
            decision: DecisionId(input.decision_id.key_of(NodeKind::Decision)?),
            asset: input.asset,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
            lots: input.lots.into_iter().map(lot).collect::<Result<_>>()?,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "allocationMake", &wanted)?;
            allocate(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let allocation = match done {
            Some(done) => Some(Allocation(request.need::<AllocationById>(done.entry).await?)),
            None => None,
        };
        Ok(AllocationMakePayload { allocation, user_errors })
    }

    /// Gives allocated, unspent money back to the fund. For staff of the fund.
    async fn allocation_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much goes back, from which project.")] input: AllocationReleaseInput,
    ) -> Result<AllocationReleasePayload> {
        let request = Request::of(ctx);
        let wanted = Release {
            target: input.target_id.target()?,
            asset: input.asset,
            amount: input.amount.into(),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "allocationRelease", &wanted)?;
            release(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(AllocationReleasePayload { entry: entry(request, done).await?, user_errors })
    }
}
