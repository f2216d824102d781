//! Decisions in the graph; motions and seats beside them.

mod council;
mod motion;

pub use council::{
    CommitteeById, CommitteeFormPayload, LeadingGroupFormPayload, RuleNode, SeatById, SeatFillPayload, SeatMutation,
    committee_of_fund, leading_group_of_area, rules_of_fund,
};
pub use motion::{
    BallotCastPayload, Motion, MotionById, MotionClosePayload, MotionConnection, MotionEdge, MotionMutation,
    MotionOpenPayload, MotionWithdrawPayload, RecusalDeclarePayload, motions_of_fund,
};

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Annul, Constituency, Decision, DecisionDraft, Seat, Vote, annul, decide, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{DecisionId, FundId, GlobalId, NodeKind, TargetId},
    ledger::idem::Once,
    money::{Fen, Money, MoneyInput},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    project::{TargetById, TargetNode},
    viewer::{Act, Action, Load, On, Request},
};

connection!(DecisionConnection, DecisionEdge, Decision, "decisions");

by_id!(/// Decisions by key.
    DecisionById, DecisionId, Decision, store::by_ids);
all_of!(/// Who sat on each decision.
    SeatsOf, DecisionId, Seat, store::seats_of, |seat: &Seat| seat.decision_id);
page_of!(/// A page of each fund's decisions.
    DecisionsOfFund, FundId, Decision, store::of_funds, |decision: &Decision| decision.fund_id);
page_of!(/// A page of the decisions about each target.
    DecisionsOfTarget, TargetId, Decision, store::of_targets,
    |decision: &Decision| decision.target_id.expect("it was found by its target"));

/// What has been allocated on each decision.
struct AllocatedOn;

impl Load for AllocatedOn {
    type Key = DecisionId;
    type Value = Fen;

    async fn load(request: &Request, keys: Vec<DecisionId>) -> Result<HashMap<DecisionId, Fen>> {
        let sums = store::allocated_on_each(&mut *request.session().await?, &keys).await?;
        Ok(sums.into_iter().collect())
    }
}

/// The page of a list of decisions, the last taken first.
fn latest(args: &PageArgs) -> Result<Page> {
    Ok(Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?)
}

fn connection_of(page: &Page, rows: Vec<Decision>) -> DecisionConnection {
    let key = |decision: &Decision| vec![Key::Date(decision.approved_on), decision.id.into()];
    DecisionConnection::new(page.finish(rows, key), None)
}

/// A page of a fund's decisions, the last taken first.
pub async fn decisions_of_fund(ctx: &Context<'_>, fund: FundId, args: &PageArgs) -> Result<DecisionConnection> {
    let page = latest(args)?;
    let rows = Request::of(ctx).load::<DecisionsOfFund>((fund, page.clone())).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// A page of the decisions about a project or micro-grant, the last taken first.
pub async fn decisions_of_target(ctx: &Context<'_>, target: TargetId, args: &PageArgs) -> Result<DecisionConnection> {
    let page = latest(args)?;
    let rows = Request::of(ctx).load::<DecisionsOfTarget>((target, page.clone())).await?.unwrap_or_default();
    Ok(connection_of(&page, rows))
}

/// A committee's resolution: the outcome of a motion that was carried, and the only thing that money is allocated
/// on.
#[Object]
impl Decision {
    /// The decision's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Decision, self.id).into()
    }

    /// The number of the resolution in the fund's minutes.
    async fn resolution_number(&self) -> &str {
        &self.resolution_number
    }

    /// Whose money it is about.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.fund_id).await
    }

    /// The motion that was carried.
    async fn motion(&self, ctx: &Context<'_>) -> Result<Motion> {
        Ok(Motion(Request::of(ctx).need::<MotionById>(self.motion_id).await?))
    }

    /// What it is about; null for a rule.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.target_id?).await)
    }

    /// The most that may be allocated on it; null where it is not about money.
    async fn amount(&self) -> Option<Money> {
        self.amount.map(Money::from)
    }

    /// What is allocated on it, less what was taken back.
    async fn allocated(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(Request::of(ctx).load::<AllocatedOn>(self.id).await?.unwrap_or_default().into())
    }

    /// The day it was annulled; null while it stands.
    async fn annulled_on(&self) -> Option<Date> {
        self.annulled_on
    }

    /// Why it was annulled; null while it stands.
    async fn annulled_because(&self) -> Option<&str> {
        self.annulled_why.as_deref()
    }

    /// The day it was taken.
    async fn approved_on(&self) -> Date {
        self.approved_on.into()
    }

    /// How many voted for it.
    async fn votes_for(&self) -> i64 {
        self.votes_for
    }

    /// How many sat.
    async fn votes_all(&self) -> i64 {
        self.votes_all
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let allocated = request.load::<AllocatedOn>(self.id).await?.unwrap_or_default();
        Ok(vec![Action::new(request, "decisionAnnul", None, self.may_annul(request.by(), allocated))?])
    }

    /// Who sat, for whom, and how they voted; 99 at most.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<Seat>> {
        Ok(Request::of(ctx).load::<SeatsOf>(self.id).await?.unwrap_or_default())
    }
}

#[ComplexObject]
impl Seat {
    /// Who held it, as the minutes name them; null for those who may not read the fund's journal.
    async fn holder(&self, ctx: &Context<'_>) -> Option<Result<&str>> {
        let request = Request::of(ctx);
        let allowed = async {
            let decision = request.need::<DecisionById>(self.decision_id).await?;
            Ok(request.viewer.may(Act::ReadJournal, On::Fund(decision.fund_id, &decision.area_path)))
        };
        allowed.await.map(|allowed: bool| allowed.then_some(self.holder.as_str())).transpose()
    }
}

/// How one seat of a committee voted.
#[derive(InputObject)]
pub struct SeatInput {
    /// For whom it is held.
    pub constituency: Constituency,
    /// Who held it, at most 100 characters.
    pub holder: String,
    /// How it voted.
    pub vote: Vote,
}

/// What a decision is recorded from.
#[derive(InputObject)]
pub struct DecisionRecordInput {
    /// What makes a retry of this request the same request; 1 to 100 characters, for instance a UUID.
    pub idempotency_key: String,
    /// Whose money it is about.
    pub fund_id: GlobalId,
    /// What the money is for: an open project or micro-grant of that fund.
    pub target_id: GlobalId,
    /// The number of the resolution in the fund's minutes, at most 60 characters, once in the fund.
    pub resolution_number: String,
    /// The most that may be allocated on it.
    pub amount: MoneyInput,
    /// The day it was taken, not to come.
    pub approved_on: Date,
    /// Who sat, for whom, and how they voted; at least the fund's quorum and at most its seats.
    pub seats: Vec<SeatInput>,
}

impl DecisionRecordInput {
    /// As the operation takes it.
    ///
    /// # Errors
    /// When an id is of another type.
    pub fn read(self) -> Result<DecisionDraft> {
        // The decision of each seat is known once it is written.
        let seat = |seat: SeatInput| Seat {
            decision_id: DecisionId(0),
            constituency: seat.constituency,
            holder: seat.holder,
            vote: seat.vote,
        };
        Ok(DecisionDraft {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            target: self.target_id.target()?,
            resolution_number: self.resolution_number,
            amount: self.amount.into(),
            approved_on: self.approved_on.into(),
            seats: self.seats.into_iter().map(seat).collect(),
        })
    }
}

/// What came of recording a decision.
#[derive(SimpleObject)]
pub struct DecisionRecordPayload {
    /// The decision; null when it was refused.
    pub decision: Option<Decision>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Which resolution is annulled, and why.
#[derive(InputObject)]
pub struct DecisionAnnulInput {
    /// The resolution, on which nothing is allocated.
    pub decision_id: GlobalId,
    /// The day, not to come and not before it was taken.
    pub annulled_on: Date,
    /// Why, in at most 4000 characters.
    pub reason: String,
}

/// What came of annulling a resolution.
#[derive(SimpleObject)]
pub struct DecisionAnnulPayload {
    /// The resolution; null when it was refused.
    pub decision: Option<Decision>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of committees.
#[derive(Default)]
pub struct CommitteeMutation;

#[Object]
impl CommitteeMutation {
    /// Records a resolution that a fund's committee took on paper: motion, ballots and resolution in one act. For its
    /// members and host officers.
    async fn decision_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was resolved.")] input: DecisionRecordInput,
    ) -> Result<DecisionRecordPayload> {
        let request = Request::of(ctx);
        let key = input.idempotency_key.clone();
        let draft = input.read()?;
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &key, "decisionRecord", &draft)?;
            decide(tx, by, &once, &draft).await
        });
        let (decided, user_errors) = done.await?;
        let decision = match decided {
            Some(decided) => Some(request.need::<DecisionById>(decided.decision).await?),
            None => None,
        };
        Ok(DecisionRecordPayload { decision, user_errors })
    }

    /// Takes a resolution back, on which nothing is allocated. For members of the committee and host officers.
    async fn decision_annul(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which resolution, and why.")] input: DecisionAnnulInput,
    ) -> Result<DecisionAnnulPayload> {
        let request = Request::of(ctx);
        let wanted = Annul {
            decision: DecisionId(input.decision_id.key_of(NodeKind::Decision)?),
            annulled_on: input.annulled_on.into(),
            reason: input.reason,
        };
        let (decision, user_errors) = request.write(async |tx, by| annul(tx, by, &wanted).await).await?;
        Ok(DecisionAnnulPayload { decision, user_errors })
    }
}
