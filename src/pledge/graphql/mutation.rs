//! Mutations of pledges.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    super::{
        PledgeState, advance,
        amend::{Amend, amend},
        claim,
        due::{Waive, waive},
        matching, offer,
        schedule::PledgeInterval,
    },
    Pledge, PledgeById,
    due::{Due, DueById},
    input::{PledgeOfferInput, end},
};
use crate::{
    clock::Date,
    error::{Result, UserError},
    id::{DueId, GlobalId, NodeKind, PledgeId},
    ledger::idem::Once,
    money::{Money, MoneyInput},
    project::{TargetById, TargetNode},
    viewer::Request,
};

/// Where a pledge goes from where it is.
#[derive(InputObject)]
pub struct PledgeAdvanceInput {
    /// The pledge.
    pub pledge_id: GlobalId,
    /// ACCEPTED, CANCELLED or LAPSED; a pledge is fulfilled by what arrives on it.
    pub to: PledgeState,
    /// The day of the move; today where it is left out.
    pub on: Option<Date>,
}

/// Which match follows the gifts it was promised for.
#[derive(InputObject)]
pub struct PledgeMatchInput {
    /// The matching pledge.
    pub pledge_id: GlobalId,
    /// The day it takes effect.
    pub effective_on: Date,
    /// Why, in at most 500 characters.
    pub memo: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of a mutation of a pledge.
#[derive(SimpleObject)]
pub struct PledgeOfferPayload {
    /// The pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of moving a pledge.
#[derive(SimpleObject)]
pub struct PledgeAdvancePayload {
    /// The pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What came of letting a match follow.
#[derive(SimpleObject)]
pub struct PledgeMatchPayload {
    /// The matching pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// How much moved into the projects, or became due; null when it was refused.
    pub matched: Option<Money>,
    /// The due that a match which is not paid ahead became; null for others and when it was refused.
    pub due: Option<Due>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// How a recurring pledge goes on; what is left out stays as it is.
#[derive(InputObject)]
pub struct PledgeAmendInput {
    /// The pledge.
    pub pledge_id: GlobalId,
    /// The first day of the change, today at the earliest.
    pub from: Date,
    /// What each due comes to.
    pub amount: Option<MoneyInput>,
    /// How far two dues are apart; where it changes, the days are counted from `from`.
    pub every: Option<PledgeInterval>,
    /// How many dues from `from` on, 520 at most; not together with `lastOn`.
    pub times: Option<i64>,
    /// The day after which nothing is due; not together with `times`.
    pub last_on: Option<Date>,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of amending a pledge.
#[derive(SimpleObject)]
pub struct PledgeAmendPayload {
    /// The pledge; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// What is no longer asked for.
#[derive(InputObject)]
pub struct DueWaiveInput {
    /// The due.
    pub due_id: GlobalId,
    /// How much of it; all that is outstanding where it is left out.
    pub amount: Option<MoneyInput>,
    /// The day; today where it is left out.
    pub on: Option<Date>,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
}

/// What came of waiving a due.
#[derive(SimpleObject)]
pub struct DueWaivePayload {
    /// The due; null when it was refused.
    pub due: Option<Due>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// How a project may be claimed.
#[derive(InputObject)]
pub struct ClaimOpenInput {
    /// The project.
    pub project_id: GlobalId,
    /// How many units it has; not fewer than are claimed.
    pub units: i64,
    /// What one is worth; claims that were made before keep their value.
    pub unit_value: MoneyInput,
}

/// What came of opening a project to claims.
#[derive(SimpleObject)]
pub struct ClaimOpenPayload {
    /// The project; null when it was refused.
    pub project: Option<TargetNode>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// A claim that is given back.
#[derive(InputObject)]
pub struct ClaimReleaseInput {
    /// The claim.
    pub pledge_id: GlobalId,
    /// The day; today where it is left out.
    pub on: Option<Date>,
}

/// What came of giving a claim back.
#[derive(SimpleObject)]
pub struct ClaimReleasePayload {
    /// The claim; null when it was refused.
    pub pledge: Option<Pledge>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of pledges.
#[derive(Default)]
pub struct PledgeMutation;

#[Object]
impl PledgeMutation {
    /// Makes a pledge. For the giver's own representative, and for staff of the fund.
    async fn pledge_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is promised, by whom, to which fund.")] input: PledgeOfferInput,
    ) -> Result<PledgeOfferPayload> {
        let request = Request::of(ctx);
        let (fund, draft, key) = input.read(request.by().today)?;
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &key, "pledgeOffer", &(fund, &draft))?;
            offer(tx, by, fund, &[(Some(once), draft)]).await?.remove(0)
        });
        let (done, user_errors) = done.await?;
        let pledge = match done {
            Some(done) => Some(Pledge(request.need::<PledgeById>(done.pledge).await?)),
            None => None,
        };
        Ok(PledgeOfferPayload { pledge, user_errors })
    }

    /// Accepts, cancels or lets lapse a pledge. For staff of the fund; a giver may cancel its own offer.
    async fn pledge_advance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which pledge, and where it goes.")] input: PledgeAdvanceInput,
    ) -> Result<PledgeAdvancePayload> {
        let request = Request::of(ctx);
        let id = PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?);
        let on = input.on.map_or(request.by().today, Into::into);
        let (pledge, user_errors) = request.write(async |tx, by| advance(tx, by, id, input.to, on).await).await?;
        Ok(PledgeAdvancePayload { pledge: pledge.map(Pledge), user_errors })
    }

    /// Lets a match follow the gifts into projects that its restriction allows and that it has not followed yet. For
    /// staff of the fund.
    async fn pledge_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which matching pledge, and when.")] input: PledgeMatchInput,
    ) -> Result<PledgeMatchPayload> {
        let request = Request::of(ctx);
        let wanted = matching::Match {
            pledge: PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?),
            effective_on: input.effective_on.into(),
            memo: input.memo,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "pledgeMatch", &wanted)?;
            matching::apply(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let pledge = match done {
            Some(_) => Some(Pledge(request.need::<PledgeById>(wanted.pledge).await?)),
            None => None,
        };
        let due = match done.and_then(|done| done.due) {
            Some(due) => Some(Due(request.need::<DueById>(due).await?)),
            None => None,
        };
        Ok(PledgeMatchPayload { pledge, matched: done.map(|done| done.amount.into()), due, user_errors })
    }

    /// Amends a recurring pledge from a day on: earlier and paid dues stay as they were. For staff of the fund.
    async fn pledge_amend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it goes on, and why.")] input: PledgeAmendInput,
    ) -> Result<PledgeAmendPayload> {
        let request = Request::of(ctx);
        let given = input.times.is_some() || input.last_on.is_some();
        let wanted = Amend {
            pledge: PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?),
            from: input.from.into(),
            amount: input.amount.map(Into::into),
            every: input.every,
            end: given.then(|| end(input.times, input.last_on)).transpose()?,
            reason: input.reason,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "pledgeAmend", &wanted)?;
            amend(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let pledge = match done {
            Some(done) => Some(Pledge(request.need::<PledgeById>(done.pledge).await?)),
            None => None,
        };
        Ok(PledgeAmendPayload { pledge, user_errors })
    }

    /// Waives what is outstanding of a due, or part of it. For staff of the fund.
    async fn due_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is no longer asked for, and why.")] input: DueWaiveInput,
    ) -> Result<DueWaivePayload> {
        let request = Request::of(ctx);
        let wanted = Waive {
            due: DueId(input.due_id.key_of(NodeKind::Due)?),
            amount: input.amount.map(Into::into),
            on: input.on.map_or(request.by().today, Into::into),
            reason: input.reason,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "dueWaive", &wanted)?;
            waive(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        let due = match done {
            Some(done) => Some(Due(request.need::<DueById>(done.due).await?)),
            None => None,
        };
        Ok(DueWaivePayload { due, user_errors })
    }

    /// Says how a project may be claimed: how many units it has, and what one is worth. For those who run it.
    async fn claim_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which project, and its units.")] input: ClaimOpenInput,
    ) -> Result<ClaimOpenPayload> {
        let request = Request::of(ctx);
        let project = input.project_id.key_of(NodeKind::Project)?.into();
        let value = input.unit_value.into();
        let done = request.write(async |tx, by| claim::open(tx, by, project, input.units, value).await);
        let (done, user_errors) = done.await?;
        let project = match done {
            Some(_) => Some(request.need::<TargetById>(project).await?),
            None => None,
        };
        Ok(ClaimOpenPayload { project, user_errors })
    }

    /// Gives back the units that a claim holds. For the giver's own representative, and for staff of the fund.
    async fn claim_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which claim.")] input: ClaimReleaseInput,
    ) -> Result<ClaimReleasePayload> {
        let request = Request::of(ctx);
        let id = PledgeId(input.pledge_id.key_of(NodeKind::Pledge)?);
        let on = input.on.map_or(request.by().today, Into::into);
        let (pledge, user_errors) = request.write(async |tx, by| claim::release(tx, by, id, on).await).await?;
        Ok(ClaimReleasePayload { pledge: pledge.map(Pledge), user_errors })
    }
}
