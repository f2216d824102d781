//! Motions: opened, voted on seat by seat, closed with an outcome.
//!
//! * What is known of a motion is its [`Floor`], loaded once; its methods decide, and `actions` asks the same ones.
//! * Ballots are cast by whoever holds the seat; where the holder has no access of their own, by whoever may
//!   record resolutions.

use std::collections::HashSet;

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{CommitteeSeat, Constituency, Majority, Rule, SeatDuty, Tally, Vote, store};
use crate::{
    clock::Date,
    db::{Sql, Tx},
    error::{Refusal, Result},
    fund::{self, head},
    id::{FundId, MotionId, SeatId, TargetId},
    money::Fen,
    viewer::{Act, On, Viewer},
};

/// What a motion asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MotionKind {
    /// That a project be done, and get up to an amount.
    Project,
    /// That a project or micro-grant get up to an amount.
    Allocation,
    /// That a micro-grant be awarded, and get up to an amount.
    Grant,
    /// That money be used for something else than it was given for, where its givers agree.
    Purpose,
    /// That the fund decide by another quorum and majority.
    Rule,
    /// That an advance be written off.
    WriteOff,
    /// That a micro-grant end without an evaluation.
    End,
}

impl MotionKind {
    /// Whether money may be allocated on a resolution of this kind.
    pub fn allocates(self) -> bool {
        matches!(self, Self::Project | Self::Allocation | Self::Grant)
    }
}

/// How far a motion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MotionState {
    /// Seats vote on it.
    Open,
    /// Enough voted for it: it is a resolution.
    Carried,
    /// Enough sat, and too few voted for it.
    Rejected,
    /// Taken back before it was decided.
    Withdrawn,
}

/// How a motion was voted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MotionOrigin {
    /// Seat by seat, here.
    Voted,
    /// On paper, and entered afterwards.
    Recorded,
}

/// Why a seat does not vote on a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Interest {
    /// Its holder's unit gives for what the motion is about.
    Gives,
    /// Its holder's unit receives of it.
    Receives,
    /// It is related to who gives or receives, as was declared.
    Related,
}

/// Something a committee is to decide on, or has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MotionRow {
    /// The key.
    pub id: MotionId,
    /// Whose committee decides.
    pub fund_id: FundId,
    /// What it asks for.
    pub kind: MotionKind,
    /// In one sentence.
    pub title: String,
    /// What it is about; `None` for a rule.
    pub target_id: Option<TargetId>,
    /// How much.
    pub amount: Option<Fen>,
    /// The quorum that a motion for a rule asks for.
    pub new_quorum: Option<i64>,
    /// The majority that a motion for a rule asks for.
    pub new_majority: Option<Majority>,
    /// How far it is.
    pub state: MotionState,
    /// How it was voted on.
    pub origin: MotionOrigin,
    /// The day it was opened.
    pub opened_on: Date,
    /// The day it was decided or withdrawn.
    pub closed_on: Option<Date>,
    /// How many had to sit.
    pub quorum: Option<i64>,
    /// How many of those had to vote for it.
    pub majority: Option<Majority>,
    /// What was said.
    pub minutes: Option<String>,
    /// The digest of the signed minutes.
    pub minutes_sha256: Option<String>,
    /// The path of the fund's area.
    pub area_path: String,
}

impl MotionRow {
    /// What an act on this motion is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }
}

/// A paper that a motion stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Paper {
    /// The motion; not read where it is opened.
    #[serde(skip)]
    pub motion_id: MotionId,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// How a seat voted on a motion.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ballot {
    /// The motion.
    pub motion_id: MotionId,
    /// The number of the seat.
    pub seat_no: i64,
    /// The seat; `None` on a paper resolution.
    pub seat_id: Option<SeatId>,
    /// For whom it is held.
    pub constituency: Constituency,
    /// Who held it.
    pub holder: String,
    /// How it voted.
    pub vote: Vote,
}

/// A seat that does not vote on a motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Recusal {
    /// The motion.
    pub motion_id: MotionId,
    /// The seat.
    pub seat_id: SeatId,
    /// Its number.
    pub seat_no: i64,
    /// Why.
    pub interest: Interest,
    /// 1 when it was declared or written down at the end, 0 when it is what the books say now.
    pub kept: i64,
}

/// All that is known of a motion when something is to be done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The motion.
    pub motion: MotionRow,
    /// The seats of the committee with who holds them on the day.
    pub seats: Vec<CommitteeSeat>,
    /// What was cast.
    pub ballots: Vec<Ballot>,
    /// Who does not vote.
    pub recusals: Vec<Recusal>,
    /// The rule in force on the day.
    pub rule: Rule,
}

impl Floor {
    fn check_open(&self) -> Result<()> {
        match self.motion.state {
            MotionState::Open => Ok(()),
            state => {
                let (state, accepted) = (format!("{state:?}"), "Open".into());
                Err(Refusal::MotionState { state, accepted }.at("motionId"))
            }
        }
    }

    /// The seat that may vote now, with the name of its holder.
    ///
    /// # Errors
    /// Denied without the right; refused for a motion that is closed, a seat that is not the committee's, a
    /// supervisor, a vacant seat, somebody else's seat, a recused one, and one that has voted.
    pub fn may_cast(&self, viewer: &Viewer, seat: SeatId) -> Result<(&CommitteeSeat, &str)> {
        viewer.must(Act::Decide, &[self.motion.on()])?;
        self.check_open()?;
        let found = self.seats.iter().find(|one| one.id == seat);
        let found = found.ok_or_else(|| Refusal::NotFound { what: "seat of this committee".into() }.at("seatId"))?;
        if found.duty == SeatDuty::Supervisor {
            return Err(Refusal::SeatWithoutVote { seat: found.seat_no }.at("seatId"));
        }
        let Some(holder) = &found.holder else {
            return Err(Refusal::SeatVacant { seat: found.seat_no }.at("seatId"));
        };
        if found.principal_id.is_some() && found.principal_id != viewer.principal {
            return Err(Refusal::SeatOfAnother { seat: found.seat_no }.at("seatId"));
        }
        if let Some(recusal) = self.recusals.iter().find(|one| one.seat_id == seat) {
            let why = format!("{:?}", recusal.interest).to_uppercase();
            return Err(Refusal::SeatRecused { seat: found.seat_no, why }.at("seatId"));
        }
        self.check_not_voted(found)?;
        Ok((found, holder))
    }

    fn check_not_voted(&self, seat: &CommitteeSeat) -> Result<()> {
        match self.ballots.iter().find(|ballot| ballot.seat_no == seat.seat_no) {
            Some(ballot) => {
                let vote = format!("{:?}", ballot.vote).to_uppercase();
                Err(Refusal::SeatVoted { seat: seat.seat_no, vote }.at("seatId"))
            }
            None => Ok(()),
        }
    }

    /// The seat that may be recused now.
    ///
    /// # Errors
    /// As [`Floor::may_cast`], but for the holder: whoever records resolutions may declare for another.
    pub fn may_recuse(&self, viewer: &Viewer, seat: SeatId) -> Result<&CommitteeSeat> {
        viewer.must(Act::Decide, &[self.motion.on()])?;
        self.check_open()?;
        let found = self.seats.iter().find(|one| one.id == seat && one.duty == SeatDuty::Member);
        let found = found.ok_or_else(|| Refusal::NotFound { what: "seat of this committee".into() }.at("seatId"))?;
        self.check_not_voted(found)?;
        Ok(found)
    }

    /// Whether the motion is carried, when it may be closed now.
    ///
    /// # Errors
    /// Denied without the right; refused for a motion that is closed and for a missed quorum.
    pub fn may_close(&self, viewer: &Viewer) -> Result<bool> {
        viewer.must(Act::Decide, &[self.motion.on()])?;
        self.check_open()?;
        self.rule.carries(self.tally()).map_err(|error| error.below("motionId"))
    }

    /// Whether it may be taken back now.
    ///
    /// # Errors
    /// Denied without the right; refused for a motion that is closed.
    pub fn may_withdraw(&self, viewer: &Viewer) -> Result<()> {
        viewer.must(Act::OpenMotion, &[self.motion.on()])?;
        self.check_open()
    }

    /// What the ballots come to.
    pub fn tally(&self) -> Tally {
        Tally::of(self.ballots.iter().map(|ballot| ballot.vote))
    }
}

/// The floors of these motions on `day`: as many statements for all of them as for one.
pub async fn floors<D>(on: &mut D, motions: &[MotionId], day: NaiveDate) -> Result<Vec<Floor>>
where
    for<'d> &'d mut D: Sql<'d>,
{
    let rows = store::motions_by_ids(&mut *on, motions).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let funds: Vec<FundId> = rows.iter().map(|row| row.fund_id).collect();
    let openings: Vec<Rule> = fund::store::by_ids(&mut *on, &funds).await?.iter().map(Rule::opening).collect();
    let rules = store::rules_of(&mut *on, &funds).await?;
    let seats = store::seats_of_funds(&mut *on, &funds, day).await?;
    let ballots = store::ballots_of(&mut *on, motions).await?;
    let recusals = store::recusals_of(&mut *on, motions, day).await?;
    let floor = |motion: MotionRow| {
        let own: Vec<Rule> = rules.iter().filter(|rule| rule.fund_id == motion.fund_id).cloned().collect();
        let opening = openings.iter().find(|rule| rule.fund_id == motion.fund_id).expect("a motion has a fund");
        // What is written down stands first, and a seat is recused once.
        let mut seen = HashSet::new();
        let own_recusals = recusals.iter().filter(|one| one.motion_id == motion.id && seen.insert(one.seat_id));
        Floor {
            rule: Rule::in_force(&own, opening, day).clone(),
            seats: seats.iter().filter(|seat| seat.fund_id == Some(motion.fund_id)).cloned().collect(),
            ballots: ballots.iter().filter(|ballot| ballot.motion_id == motion.id).cloned().collect(),
            recusals: own_recusals.copied().collect(),
            motion,
        }
    };
    Ok(rows.into_iter().map(floor).collect())
}

/// The floor of a motion on `day`, with its fund's head locked.
pub(super) async fn locked(tx: &mut Tx, motion: MotionId, day: NaiveDate) -> Result<Floor> {
    let not_found = || Refusal::NotFound { what: "motion".into() }.at("motionId");
    let before = store::motions_by_ids(&mut *tx, &[motion]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, before.fund_id).await?;
    floors(tx, &[motion], day).await?.pop().ok_or_else(not_found)
}
