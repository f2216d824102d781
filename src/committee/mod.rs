//! A fund's committee and what it resolves: the gate of every allocation.
//!
//! * A committee has an odd number of voting seats, five at least (a council seven), unpaid, and one or more
//!   supervisors who do not vote (the guideline of Hunan for community funds; the councils of Wendeng).
//! * What is decided is a motion; a motion that is carried becomes one resolution, and a resolution is never
//!   anything but the outcome of its motion. A resolution on paper is entered as all three at once.
//! * A seat votes once, while the motion is open, and not where its own unit gives, receives or is related.
//! * The rule that is in force on the day a motion closes decides it.
//! * Resolution numbers that cobuild gives have no gaps in a fund and a year; a number is used once in a fund.
//! * A resolution is annulled only while nothing stands on it, and nothing is allocated on it after.

mod council;
mod graphql;
mod motion;
mod resolve;
mod rule;
mod session;
pub mod store;

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use council::{
    Committee, CommitteeDraft, CommitteeKind, CommitteeSeat, Holder, Institution, SeatDraft, SeatDuty, fill, form,
};
pub use graphql::{
    BallotCastPayload, CommitteeById, CommitteeFormPayload, CommitteeMutation, DecisionById, DecisionConnection,
    DecisionEdge, DecisionRecordInput, DecisionRecordPayload, LeadingGroupFormPayload, Motion, MotionById,
    MotionClosePayload, MotionConnection, MotionEdge, MotionMutation, MotionOpenPayload, MotionWithdrawPayload,
    RecusalDeclarePayload, RuleNode, SeatById, SeatFillPayload, SeatMutation, committee_of_fund, decisions_of_fund,
    decisions_of_target, leading_group_of_area, motions_of_fund, rules_of_fund,
};
pub use motion::{Ballot, Floor, Interest, MotionKind, MotionOrigin, MotionRow, MotionState, Paper, Recusal, floors};
pub use resolve::{Annul, Decided, DecisionDraft, annul, decide};
pub use rule::{Majority, Rule, Tally};
pub use session::{Cast, Close, Closed, MotionDraft, Opened, RuleDraft, cast, close, open, recuse, withdraw};

use crate::{
    clock::Date,
    id::{DecisionId, FundId, MotionId, TargetId},
    money::Fen,
    viewer::On,
};

/// For whom somebody sits on a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Constituency {
    /// The community's own staff.
    Community,
    /// Its residents.
    Residents,
    /// Those who give.
    Donors,
    /// The street office.
    Street,
}

/// How a seat voted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Vote {
    /// For it.
    For,
    /// Against it.
    Against,
    /// Neither; counts among those who sat.
    Abstain,
}

/// A committee's resolution: the outcome of a motion that was carried.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Decision {
    /// The key.
    pub id: DecisionId,
    /// The motion that was carried.
    pub motion_id: MotionId,
    /// Whose committee took it.
    pub fund_id: FundId,
    /// What it is about; `None` for a rule.
    pub target_id: Option<TargetId>,
    /// The number of the resolution in the fund's minutes.
    pub resolution_number: String,
    /// The most that may be allocated on it; `None` where it is not about money.
    pub amount: Option<Fen>,
    /// The day it was taken.
    pub approved_on: NaiveDate,
    /// How many voted for it.
    pub votes_for: i64,
    /// How many sat.
    pub votes_all: i64,
    /// The day it was annulled.
    pub annulled_on: Option<Date>,
    /// Why it was annulled.
    pub annulled_why: Option<String>,
    /// 1 when a grant has ended on it.
    pub carried_out: i64,
    /// The path of the fund's area.
    pub area_path: String,
}

impl Decision {
    /// What an act on this decision is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }
}

/// One seat of a committee as it voted on a decision.
#[derive(Serialize, Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Seat {
    /// The decision.
    #[graphql(skip)]
    pub decision_id: DecisionId,
    /// For whom it is held.
    pub constituency: Constituency,
    /// Who held it.
    #[graphql(skip)]
    pub holder: String,
    /// How it voted.
    pub vote: Vote,
}

/// The most votes that are read of one decision; a fund's own seats are fewer or as many.
pub const SEATS_MAX: usize = 99;
/// The most characters of a resolution number.
pub const NUMBER_MAX: usize = 60;
/// The most characters of a seat holder's name.
pub const HOLDER_MAX: usize = 100;
/// The most characters of a motion's or committee's name.
pub const TITLE_MAX: usize = 200;
/// The most characters of minutes and reasons.
pub const TEXT_MAX: usize = 4000;
/// The most papers of a motion.
pub const PAPERS_MAX: usize = 20;
