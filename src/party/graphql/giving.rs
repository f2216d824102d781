//! What a party promised and gave, narrowed to what the viewer may read: the same for every kind of party.

use async_graphql::Context;

use super::Party;
use crate::{
    contribution::graphql::{
        ContributionConnection, GivingFilterInput, contributions_of_party, lots_of_party, reach_of,
    },
    error::Result,
    ledger::{
        graphql::{
            Balance, LotConnection, UseConnection,
            giving::{
                FundedExpenseConnection, FundedExpenseOrder, FundedTargetConnection, SpentInMonth, UseFilterInput,
                balance_of_party, expenses_of_party, months_of_party, targets_of_party, waiting_of_party,
            },
        },
        trace::UseFilter,
    },
    page::{Direction, PageArgs},
    pledge::graphql::{
        PledgeConnection, PledgeFilterInput,
        due::{DueConnection, DueFilterInput, dues_of_party},
        pledges_of_party,
    },
    viewer::Request,
};

/// A page of what a party promised, of that which the viewer may read.
pub(super) async fn pledges(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<PledgeFilterInput>,
    direction: Option<Direction>,
    args: PageArgs,
) -> Result<PledgeConnection> {
    let request = Request::of(ctx);
    let reach = reach_of(request, party.id).await?;
    pledges_of_party(request, party.id, reach, filter, direction, &args).await
}

/// A page of what a party owes, of that which the viewer may read.
pub(super) async fn dues(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<DueFilterInput>,
    direction: Option<Direction>,
    args: PageArgs,
) -> Result<DueConnection> {
    let request = Request::of(ctx);
    let reach = reach_of(request, party.id).await?;
    dues_of_party(request, party.id, reach, filter, direction, &args).await
}

/// A page of the contributions a party has a part in, of those the viewer may read.
pub(super) async fn contributions(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<GivingFilterInput>,
    direction: Option<Direction>,
    args: PageArgs,
) -> Result<ContributionConnection> {
    let request = Request::of(ctx);
    let reach = reach_of(request, party.id).await?;
    contributions_of_party(request, party.id, reach, filter, direction, &args).await
}

/// A page of a party's gifts, of those the viewer may read.
pub(super) async fn lots(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<GivingFilterInput>,
    direction: Option<Direction>,
    args: PageArgs,
) -> Result<LotConnection> {
    let request = Request::of(ctx);
    let reach = reach_of(request, party.id).await?;
    lots_of_party(request, party.id, reach, filter, direction, &args).await
}

/// The filter of a party's uses, within what the viewer may read.
async fn narrowed(request: &Request, party: &Party, filter: Option<UseFilterInput>) -> Result<UseFilter> {
    let reach = reach_of(request, party.id).await?;
    filter.unwrap_or_default().read(reach)
}

/// What a party gave, and what became of it.
pub(super) async fn giving_of(ctx: &Context<'_>, party: &Party, filter: Option<UseFilterInput>) -> Result<Balance> {
    let request = Request::of(ctx);
    balance_of_party(request, party.id, narrowed(request, party, filter).await?).await
}

/// A page of the projects and grants that a party's money went to.
pub(super) async fn funded_targets(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<UseFilterInput>,
    args: PageArgs,
) -> Result<FundedTargetConnection> {
    let request = Request::of(ctx);
    targets_of_party(request, party.id, narrowed(request, party, filter).await?, &args).await
}

/// A page of the expenses that a party's money paid.
pub(super) async fn funded_expenses(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<UseFilterInput>,
    order: FundedExpenseOrder,
    args: PageArgs,
) -> Result<FundedExpenseConnection> {
    let request = Request::of(ctx);
    expenses_of_party(request, party.id, narrowed(request, party, filter).await?, order, &args).await
}

/// What a party's money paid, by month.
pub(super) async fn funded_by_month(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<UseFilterInput>,
) -> Result<Vec<SpentInMonth>> {
    let request = Request::of(ctx);
    months_of_party(request, party.id, narrowed(request, party, filter).await?).await
}

/// A page of where a party's money waits.
pub(super) async fn waiting(
    ctx: &Context<'_>,
    party: &Party,
    filter: Option<UseFilterInput>,
    args: PageArgs,
) -> Result<UseConnection> {
    let request = Request::of(ctx);
    waiting_of_party(request, party.id, narrowed(request, party, filter).await?, &args).await
}
