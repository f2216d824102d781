//! Decisions in the graph.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Constituency, Decision, DecisionDraft, Seat, Vote, decide, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{DecisionId, FundId, GlobalId, NodeKind, TargetId},
    ledger::idem::Once,
    money::{Money, MoneyInput},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    project::{TargetById, TargetNode},
    viewer::{Act, On, Request},
};

connection!(DecisionConnection, DecisionEdge, Decision, "decisions");

by_id!(/// Decisions by key.
    DecisionById, DecisionId, Decision, store::by_ids);
all_of!(/// Who sat on each decision.
    SeatsOf, DecisionId, Seat, store::seats_of, |seat: &Seat| seat.decision_id);
page_of!(/// A page of each fund's decisions.
    DecisionsOfFund, FundId, Decision, store::of_funds, |decision: &Decision| decision.fund_id);
page_of!(/// A page of the decisions about each target.
    DecisionsOfTarget, TargetId, Decision, store::of_targets, |decision: &Decision| decision.target_id);

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

/// A committee's resolution that money may be allocated.
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

    /// What the money is for.
    async fn target(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.target_id).await
    }

    /// The most that may be allocated on it.
    async fn amount(&self) -> Money {
        self.amount.into()
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

/// Mutations of committees.
#[derive(Default)]
pub struct CommitteeMutation;

#[Object]
impl CommitteeMutation {
    /// Records a resolution of a fund's committee. For its members and host officers.
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
}
