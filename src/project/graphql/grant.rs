//! Micro-grants in the graph.

use async_graphql::{ComplexObject, Context, ID};

use super::{super::MicroGrant, ExternalFundingConnection, external};
use crate::{
    allocation::graphql::{AllocationConnection, allocations_of_target},
    committee::{DecisionConnection, decisions_of_target},
    error::Result,
    expense::graphql::{ExpenseConnection, expenses_of_target},
    fund::{Fund, FundById, Purpose, PurposeById},
    grant::{
        GrantState,
        graphql::{
            apply::{GrantApplicationNode, application_of_grant},
            end::{GrantEndingNode, ending_of},
            run::{
                GrantContractNode, GrantEvaluationNode, GrantFeedback, GrantReportNode, contract_of, evaluation_of,
                feedback_of_grant, grant_actions, reports_of, state_of,
            },
        },
    },
    id::{GlobalId, NodeKind},
    ledger::graphql::{
        Balance,
        as_of::{AsOfInput, cut_of_funds},
        spending::{FunderConnection, Leverage, balance_of_target, funders_of_target, leverage_of_target},
    },
    money::Money,
    page::PageArgs,
    party::{Group, PartyById},
    viewer::{Action, Request},
};

#[ComplexObject]
impl MicroGrant {
    /// The micro-grant's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::MicroGrant, self.id).into()
    }

    /// Whose money it is paid from.
    pub async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.fund_id).await
    }

    /// What it is for.
    pub async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.purpose_id).await
    }

    /// The group it supports.
    async fn group(&self, ctx: &Context<'_>) -> Result<Group> {
        Ok(Group(Request::of(ctx).need::<PartyById>(self.group_id).await?))
    }

    /// The most that it was awarded; null where it was awarded outside of a round, by the resolution alone.
    async fn awarded(&self) -> Option<Money> {
        self.awarded.map(Money::from)
    }

    /// The application that won it; null where it was awarded outside of a round.
    async fn application(&self, ctx: &Context<'_>) -> Option<Result<GrantApplicationNode>> {
        application_of_grant(Request::of(ctx), self.id).await.transpose()
    }

    /// How far it is.
    async fn state(&self, ctx: &Context<'_>) -> Result<GrantState> {
        state_of(Request::of(ctx), self.id).await
    }

    /// What fund and group signed, with its tranches; null until then.
    async fn contract(&self, ctx: &Context<'_>) -> Option<Result<GrantContractNode>> {
        contract_of(Request::of(ctx), self.id).await.transpose()
    }

    /// What the group reported; the first first.
    async fn reports(&self, ctx: &Context<'_>) -> Result<Vec<GrantReportNode>> {
        reports_of(Request::of(ctx), self.id).await
    }

    /// What residents or a third party thought of it; null until it is evaluated.
    async fn evaluation(&self, ctx: &Context<'_>) -> Option<Result<GrantEvaluationNode>> {
        evaluation_of(Request::of(ctx), self.id).await.transpose()
    }

    /// That it ended without an evaluation, and why; null where it did not.
    async fn ending(&self, ctx: &Context<'_>) -> Option<Result<GrantEndingNode>> {
        ending_of(Request::of(ctx), self.id).await.transpose()
    }

    /// What the group got by it, and what it gave to the fund since the day of the award. For the group and for those
    /// who keep or oversee the fund's books.
    async fn feedback(&self, ctx: &Context<'_>) -> Option<Result<GrantFeedback>> {
        Some(feedback_of_grant(Request::of(ctx), self).await)
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        grant_actions(Request::of(ctx), self).await
    }

    /// What was paid for it without entering the fund, with evidence.
    pub async fn external_funding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExternalFundingConnection> {
        external(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What the committee resolved about it, the last taken first.
    pub async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DecisionConnection> {
        decisions_of_target(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// Whose money it was given, the largest sum first.
    async fn funders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<FunderConnection> {
        funders_of_target(Request::of(ctx), self.fund_id, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What it was given, less what went back, and where it is or was.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Result<Balance> {
        let request = Request::of(ctx);
        balance_of_target(request, self.id, cut_of_funds(request, as_of, Some(self.fund_id)).await?).await
    }

    /// What it paid, the latest first.
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExpenseConnection> {
        expenses_of_target(Request::of(ctx), self.id, None, &PageArgs { first, after, last, before }).await
    }

    /// What was allocated to it, the first first.
    async fn allocations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<AllocationConnection> {
        allocations_of_target(Request::of(ctx), self.id, &PageArgs { first, after, last, before }).await
    }

    /// What it moved altogether for each yuan of the fund's own money in it.
    async fn leverage(&self, ctx: &Context<'_>) -> Result<Leverage> {
        leverage_of_target(Request::of(ctx), self.id).await
    }
}
