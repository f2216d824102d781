//! Motions in the graph.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;

use super::super::{
    Ballot, Cast, Close, Constituency, Decision, Floor, Interest, Majority, MotionDraft, MotionKind, MotionOrigin,
    MotionRow, MotionState, Paper, Recusal, RuleDraft, Vote, cast, close, floors, open, recuse, store, withdraw,
};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{FundId, GlobalId, MotionId, NodeKind, SeatId},
    ledger::idem::Once,
    money::{Money, MoneyInput},
    page::{Direction, Key, Page, PageArgs},
    page_of, payloads,
    project::{TargetById, TargetNode},
    viewer::{Act, Action, Load, Request},
};

connection!(MotionConnection, MotionEdge, Motion, "motions");

by_id!(/// Motions by key.
    MotionById, MotionId, MotionRow, store::motions_by_ids);
page_of!(/// A page of each fund's motions.
    MotionsOfFund, FundId, MotionRow, store::motions_of_funds, |motion: &MotionRow| motion.fund_id);
all_of!(/// What each motion stands on.
    PapersOf, MotionId, Paper, store::papers_of, |paper: &Paper| paper.motion_id);

/// What is known of each motion today.
struct FloorOf;

impl Load for FloorOf {
    type Key = MotionId;
    type Value = Floor;

    async fn load(request: &Request, keys: Vec<MotionId>) -> Result<HashMap<MotionId, Floor>> {
        let found = floors(&mut *request.session().await?, &keys, request.clock.today()).await?;
        Ok(found.into_iter().map(|floor| (floor.motion.id, floor)).collect())
    }
}

/// The resolution that each motion came to.
struct DecisionOfMotion;

impl Load for DecisionOfMotion {
    type Key = MotionId;
    type Value = Decision;

    async fn load(request: &Request, keys: Vec<MotionId>) -> Result<HashMap<MotionId, Decision>> {
        let found = store::of_motions(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|decision| (decision.motion_id, decision)).collect())
    }
}

/// A page of a fund's motions, the last opened first.
pub async fn motions_of_fund(ctx: &Context<'_>, fund: FundId, args: &PageArgs) -> Result<MotionConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?;
    let rows = Request::of(ctx).load::<MotionsOfFund>((fund, page.clone())).await?.unwrap_or_default();
    let key = |motion: &MotionRow| vec![Key::Date(motion.opened_on.0), motion.id.into()];
    Ok(MotionConnection::new(page.finish(rows, key), None))
}

/// Something that a fund's committee is to decide on, or has decided.
#[derive(Clone, Debug)]
pub struct Motion(pub MotionRow);

impl From<MotionRow> for Motion {
    fn from(row: MotionRow) -> Self {
        Self(row)
    }
}

/// Something that a fund's committee is to decide on, or has decided.
#[Object]
impl Motion {
    /// The motion's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Motion, self.0.id).into()
    }

    /// Whose committee decides.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// What it asks for.
    async fn kind(&self) -> MotionKind {
        self.0.kind
    }

    /// In one sentence; of a paper resolution the code of what it is about.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is about; null for a rule.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.0.target_id?).await)
    }

    /// How much; null where it is not about money.
    async fn amount(&self) -> Option<Money> {
        self.0.amount.map(Money::from)
    }

    /// The quorum that a motion for a rule asks for; null for others.
    async fn new_quorum(&self) -> Option<i64> {
        self.0.new_quorum
    }

    /// The majority that a motion for a rule asks for; null for others.
    async fn new_majority(&self) -> Option<Majority> {
        self.0.new_majority
    }

    /// How far it is.
    async fn state(&self) -> MotionState {
        self.0.state
    }

    /// How it was voted on.
    async fn origin(&self) -> MotionOrigin {
        self.0.origin
    }

    /// The day it was opened.
    async fn opened_on(&self) -> Date {
        self.0.opened_on
    }

    /// The day it was decided or withdrawn; null while it is open.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on
    }

    /// How many had to sit, by the rule in force on the day it closed; null until then.
    async fn quorum(&self) -> Option<i64> {
        self.0.quorum
    }

    /// How many of those had to vote for it; null until it closed.
    async fn majority(&self) -> Option<Majority> {
        self.0.majority
    }

    /// What was said; null for those who may not read the fund's journal, and before it closed.
    async fn minutes(&self, ctx: &Context<'_>) -> Option<&str> {
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, self.0.on());
        self.0.minutes.as_deref().filter(|_| may)
    }

    /// The SHA-256 digest of the signed minutes, in hexadecimal; null where none was given.
    async fn minutes_sha256(&self) -> Option<&str> {
        self.0.minutes_sha256.as_deref()
    }

    /// What it stands on; 20 at most.
    async fn papers(&self, ctx: &Context<'_>) -> Result<Vec<Paper>> {
        Ok(Request::of(ctx).load::<PapersOf>(self.0.id).await?.unwrap_or_default())
    }

    /// How each seat voted; 99 at most.
    async fn ballots(&self, ctx: &Context<'_>) -> Result<Vec<BallotNode>> {
        let floor = Request::of(ctx).need::<FloorOf>(self.0.id).await?;
        let node = |ballot: &Ballot| BallotNode { ballot: ballot.clone(), motion: self.0.clone() };
        Ok(floor.ballots.iter().map(node).collect())
    }

    /// Which seats do not vote on it, and why; 99 at most.
    async fn recusals(&self, ctx: &Context<'_>) -> Result<Vec<Recusal>> {
        Ok(Request::of(ctx).need::<FloorOf>(self.0.id).await?.recusals)
    }

    /// The resolution that it came to; null unless it was carried.
    async fn decision(&self, ctx: &Context<'_>) -> Option<Result<Decision>> {
        Request::of(ctx).load::<DecisionOfMotion>(self.0.id).await.transpose()
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let floor = request.need::<FloorOf>(self.0.id).await?;
        let viewer = &request.viewer;
        // A vote is one seat's; it is allowed where the viewer may vote for some seat, and else told of the last.
        let mut casting = viewer.must(Act::Decide, &[self.0.on()]);
        for seat in &floor.seats {
            casting = floor.may_cast(viewer, seat.id).map(drop);
            if casting.is_ok() {
                break;
            }
        }
        let mut recusing = viewer.must(Act::Decide, &[self.0.on()]);
        for seat in &floor.seats {
            recusing = floor.may_recuse(viewer, seat.id).map(drop);
            if recusing.is_ok() {
                break;
            }
        }
        Ok(vec![
            Action::new(request, "ballotCast", None, casting)?,
            Action::new(request, "recusalDeclare", None, recusing)?,
            Action::new(request, "motionClose", None, floor.may_close(viewer).map(drop))?,
            Action::new(request, "motionWithdraw", None, floor.may_withdraw(viewer))?,
        ])
    }
}

/// A paper that a motion stands on.
#[Object(name = "MotionPaper")]
impl Paper {
    /// What the file is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Its SHA-256 digest, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// How a seat voted on a motion.
pub struct BallotNode {
    ballot: Ballot,
    motion: MotionRow,
}

/// How a seat voted on a motion.
#[Object(name = "Ballot")]
impl BallotNode {
    /// The number of the seat.
    async fn seat_no(&self) -> i64 {
        self.ballot.seat_no
    }

    /// For whom it is held.
    async fn constituency(&self) -> Constituency {
        self.ballot.constituency
    }

    /// Who held it, as the minutes name them; null for those who may not read the fund's journal.
    async fn holder(&self, ctx: &Context<'_>) -> Option<&str> {
        let may = Request::of(ctx).viewer.may(Act::ReadJournal, self.motion.on());
        may.then_some(self.ballot.holder.as_str())
    }

    /// How it voted.
    async fn vote(&self) -> Vote {
        self.ballot.vote
    }
}

/// A seat that does not vote on a motion.
#[Object]
impl Recusal {
    /// The number of the seat.
    async fn seat_no(&self) -> i64 {
        self.seat_no
    }

    /// Why.
    async fn interest(&self) -> Interest {
        self.interest
    }
}

/// A paper that a motion stands on.
#[derive(InputObject)]
pub struct MotionPaperInput {
    /// What the file is called, at most 200 characters.
    pub name: String,
    /// Its SHA-256 digest, as 64 hexadecimal digits.
    pub sha256: String,
}

/// The rule that a motion asks for.
#[derive(InputObject)]
pub struct MotionRuleInput {
    /// How many must sit, at most as many as there are seats.
    pub quorum: i64,
    /// How many of those must vote for a motion.
    pub majority: Majority,
}

/// What a motion is opened from.
#[derive(InputObject)]
pub struct MotionOpenInput {
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
    /// Whose committee decides.
    pub fund_id: GlobalId,
    /// What it asks for.
    pub kind: MotionKind,
    /// In one sentence of at most 200 characters.
    pub title: String,
    /// The project or micro-grant it is about; needed unless it asks for a rule or a change of purpose.
    pub target_id: Option<GlobalId>,
    /// How much; needed unless it asks for a rule, a change of purpose or the end of a grant.
    pub amount: Option<MoneyInput>,
    /// The rule it asks for; only where its kind is RULE.
    pub rule: Option<MotionRuleInput>,
    /// The day it is opened, not to come.
    pub opened_on: Date,
    /// What it stands on; 20 at most.
    #[graphql(default)]
    pub papers: Vec<MotionPaperInput>,
}

impl MotionOpenInput {
    fn read(self) -> Result<MotionDraft> {
        // The motion of each paper is known once it is written.
        let paper = |paper: MotionPaperInput| Paper { motion_id: MotionId(0), name: paper.name, sha256: paper.sha256 };
        Ok(MotionDraft {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            kind: self.kind,
            title: self.title,
            target: self.target_id.map(GlobalId::target).transpose()?,
            amount: self.amount.map(Into::into),
            rule: self.rule.map(|rule| RuleDraft { quorum: rule.quorum, majority: rule.majority }),
            opened_on: self.opened_on.into(),
            papers: self.papers.into_iter().map(paper).collect(),
        })
    }
}

/// How a seat votes.
#[derive(InputObject)]
pub struct BallotCastInput {
    /// On what.
    pub motion_id: GlobalId,
    /// By which seat.
    pub seat_id: GlobalId,
    /// How.
    pub vote: Vote,
}

/// Which seat does not vote, and why.
#[derive(InputObject)]
pub struct RecusalDeclareInput {
    /// On what.
    pub motion_id: GlobalId,
    /// Which seat.
    pub seat_id: GlobalId,
    /// Why.
    pub interest: Interest,
}

/// How a motion is closed.
#[derive(InputObject)]
pub struct MotionCloseInput {
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
    /// The motion.
    pub motion_id: GlobalId,
    /// The day, not to come and not before it was opened; the rule in force that day decides.
    pub closed_on: Date,
    /// What was said, in at most 4000 characters.
    pub minutes: String,
    /// The SHA-256 digest of the signed minutes, as 64 hexadecimal digits.
    pub minutes_sha256: Option<String>,
}

/// Which motion is taken back.
#[derive(InputObject)]
pub struct MotionWithdrawInput {
    /// The motion, which is open.
    pub motion_id: GlobalId,
    /// The day, not to come and not before it was opened.
    pub closed_on: Date,
}

payloads! { motion: Motion, "motion";
    /// What came of opening a motion.
    MotionOpenPayload
    /// What came of casting a vote.
    BallotCastPayload
    /// What came of declaring that a seat does not vote.
    RecusalDeclarePayload
    /// What came of closing a motion.
    MotionClosePayload
    /// What came of taking a motion back.
    MotionWithdrawPayload
}

/// The motion that something was done to, and why it was not.
async fn shown(
    request: &Request,
    done: Option<MotionId>,
    user_errors: Vec<UserError>,
) -> Result<(Option<Motion>, Vec<UserError>)> {
    let motion = match done {
        Some(motion) => Some(Motion(request.need::<MotionById>(motion).await?)),
        None => None,
    };
    Ok((motion, user_errors))
}

fn motion_of(id: GlobalId) -> Result<MotionId> {
    Ok(MotionId(id.key_of(NodeKind::Motion)?))
}

fn seat_of(id: GlobalId) -> Result<SeatId> {
    Ok(SeatId(id.key_of(NodeKind::CommitteeSeat)?))
}

/// Mutations of motions.
#[derive(Default)]
pub struct MotionMutation;

#[Object]
impl MotionMutation {
    /// Opens a motion, on which the fund's committee votes seat by seat. For staff and committee members.
    async fn motion_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be decided.")] input: MotionOpenInput,
    ) -> Result<MotionOpenPayload> {
        let request = Request::of(ctx);
        let key = input.idempotency_key.clone();
        let draft = input.read()?;
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &key, "motionOpen", &draft)?;
            open(tx, by, &once, &draft).await
        });
        let (done, user_errors) = done.await?;
        Ok(shown(request, done.map(|done| done.motion), user_errors).await?.into())
    }

    /// Casts the vote of a seat, once. For whoever holds it; where its holder has no access of their own, for
    /// members of the committee and host officers.
    async fn ballot_cast(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seat votes, and how.")] input: BallotCastInput,
    ) -> Result<BallotCastPayload> {
        let request = Request::of(ctx);
        let ballot = Cast { motion: motion_of(input.motion_id)?, seat: seat_of(input.seat_id)?, vote: input.vote };
        let (done, user_errors) = request.write(async |tx, by| cast(tx, by, ballot).await).await?;
        Ok(shown(request, done.map(|done| done.id), user_errors).await?.into())
    }

    /// Declares that a seat does not vote on a motion, because its unit gives, receives or is related. For members
    /// of the committee and host officers.
    async fn recusal_declare(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seat does not vote, and why.")] input: RecusalDeclareInput,
    ) -> Result<RecusalDeclarePayload> {
        let request = Request::of(ctx);
        let (motion, seat) = (motion_of(input.motion_id)?, seat_of(input.seat_id)?);
        let (done, user_errors) =
            request.write(async |tx, by| recuse(tx, by, motion, seat, input.interest).await).await?;
        Ok(shown(request, done.map(|done| done.id), user_errors).await?.into())
    }

    /// Closes a motion: carried, it becomes a resolution with the next number of the year. For members of the
    /// committee and host officers.
    async fn motion_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which motion, when, and what was said.")] input: MotionCloseInput,
    ) -> Result<MotionClosePayload> {
        let request = Request::of(ctx);
        let wanted = Close {
            motion: motion_of(input.motion_id)?,
            closed_on: input.closed_on.into(),
            minutes: input.minutes,
            minutes_sha256: input.minutes_sha256,
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "motionClose", &wanted)?;
            close(tx, by, &once, &wanted).await
        });
        let (done, user_errors) = done.await?;
        Ok(shown(request, done.map(|done| done.motion), user_errors).await?.into())
    }

    /// Takes a motion back before it is decided. For staff and committee members.
    async fn motion_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which motion.")] input: MotionWithdrawInput,
    ) -> Result<MotionWithdrawPayload> {
        let request = Request::of(ctx);
        let motion = motion_of(input.motion_id)?;
        let done = request.write(async |tx, by| withdraw(tx, by, motion, input.closed_on.into()).await);
        let (done, user_errors) = done.await?;
        Ok(shown(request, done.map(|()| motion), user_errors).await?.into())
    }
}
