//! A fund's committee and what it resolves: the gate of every allocation.
//!
//! * A decision is about one open target of the committee's own fund, and allows money up to its amount.
//! * As many sat as the fund's rules ask for, and more than half of them voted for it; who sat for whom
//!   and how is kept.
//! * A resolution number is used once in a fund.

mod graphql;
pub mod store;

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use graphql::{
    CommitteeMutation, DecisionById, DecisionConnection, DecisionEdge, DecisionRecordInput, DecisionRecordPayload,
    decisions_of_fund, decisions_of_target,
};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_size, check_text},
    fund::{self, head},
    id::{DecisionId, FundId, TargetId},
    ledger::idem::Once,
    money::Fen,
    project::{self, Target, TargetStatus},
    viewer::{Act, By, On},
};

/// For whom somebody sits on a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Vote {
    /// For it.
    For,
    /// Against it.
    Against,
    /// Neither; counts among those who sat.
    Abstain,
}

/// A committee's resolution that money may be allocated.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Decision {
    /// The key.
    pub id: DecisionId,
    /// Whose money it is about.
    pub fund_id: FundId,
    /// What the money is for.
    pub target_id: TargetId,
    /// The number of the resolution in the fund's minutes.
    pub resolution_number: String,
    /// The most that may be allocated on it.
    pub amount: Fen,
    /// The day it was taken.
    pub approved_on: NaiveDate,
    /// How many voted for it.
    pub votes_for: i64,
    /// How many sat.
    pub votes_all: i64,
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

/// What a decision is recorded from.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionDraft {
    /// Whose money it is about.
    pub fund: FundId,
    /// What the money is for.
    pub target: TargetId,
    /// The number of the resolution in the fund's minutes.
    pub resolution_number: String,
    /// The most that may be allocated on it.
    pub amount: Fen,
    /// The day it was taken.
    pub approved_on: NaiveDate,
    /// Who sat, for whom, and how they voted; the decision of each is not read.
    pub seats: Vec<Seat>,
}

/// A decision that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The decision.
    pub decision: DecisionId,
}

/// The most votes that are read of one decision; a fund's own seats are fewer or as many.
pub const SEATS_MAX: usize = 99;
/// The most characters of a resolution number.
pub const NUMBER_MAX: usize = 60;
/// The most characters of a seat holder's name.
pub const HOLDER_MAX: usize = 100;

/// Records a resolution of a fund's committee.
///
/// # Errors
/// Refused for texts, an amount and a day out of bounds, no votes at all, a number that is taken in the
/// fund, a fund or target that does not exist, a target of another fund or that is closed, fewer votes
/// than the quorum, more than there are seats, and no majority.
pub async fn decide(tx: &mut Tx, by: By<'_>, once: &Once, draft: &DecisionDraft) -> Result<Decided> {
    head::lock(tx, draft.fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let found = fund::store::by_ids(&mut *tx, &[draft.fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::Decide, &[fund.on()])?;
    let draft = checked(by, draft)?;
    let number = draft.resolution_number.as_str();
    if store::by_number(&mut *tx, fund.id, number).await?.is_some() {
        return Err(Refusal::NameTaken { name: number.to_owned() }.at("resolutionNumber"));
    }
    let found = project::store::targets_by_ids(&mut *tx, &[draft.target]).await?.pop();
    let target = found.ok_or_else(|| Refusal::NotFound { what: "project or grant".into() }.at("targetId"))?;
    if target.fund_id != fund.id {
        return Err(Refusal::AnotherFund { what: "target".into(), fund: fund.name }.at("targetId"));
    }
    check_open(&target)?;
    let (votes_for, votes_all) = count(&draft.seats);
    check_votes(votes_for, votes_all, fund.quorum, fund.seats)?;
    // The key is the database's; the path is a copy of the area's.
    let decision = Decision {
        id: DecisionId(0),
        fund_id: fund.id,
        target_id: target.id,
        resolution_number: draft.resolution_number,
        amount: draft.amount,
        approved_on: draft.approved_on,
        votes_for,
        votes_all,
        area_path: fund.area_path,
    };
    let id = store::insert(tx, &decision).await?;
    store::insert_seats(tx, id, &draft.seats).await?;
    store::insert_recorder(tx, id, by.viewer.actor()?).await?;
    let done = Decided { decision: id };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

/// The draft with its texts trimmed, when nothing is wrong with it by itself.
fn checked(by: By<'_>, draft: &DecisionDraft) -> Result<DecisionDraft> {
    let mut kept = draft.clone();
    kept.resolution_number = check_text(&draft.resolution_number, NUMBER_MAX, "resolutionNumber")?;
    for (i, seat) in kept.seats.iter_mut().enumerate() {
        seat.holder = check_text(&seat.holder, HOLDER_MAX, &format!("seats.{i}.holder"))?;
    }
    check_amount(draft.amount, "amount")?;
    check_past(draft.approved_on, by.today, "approvedOn")?;
    check_size(kept.seats.len(), 1, SEATS_MAX, "seats")?;
    Ok(kept)
}

fn check_open(target: &Target) -> Result<()> {
    match target.status {
        TargetStatus::Open => Ok(()),
        TargetStatus::Closed => {
            Err(Refusal::TargetClosed { code: target.code.clone(), on: String::new() }.at("targetId"))
        }
    }
}

/// How many voted for it, and how many sat.
fn count(seats: &[Seat]) -> (i64, i64) {
    let votes_for = seats.iter().filter(|seat| seat.vote == Vote::For).count();
    let long = |number: usize| i64::try_from(number).expect("a list in memory is shorter");
    (long(votes_for), long(seats.len()))
}

fn check_votes(votes_for: i64, sat: i64, quorum: i64, seats: i64) -> Result<()> {
    if sat < quorum {
        return Err(Refusal::NoQuorum { sat, quorum }.at("seats"));
    }
    if sat > seats {
        return Err(Refusal::TooManySeats { sat, seats }.at("seats"));
    }
    if votes_for * 2 <= sat {
        return Err(Refusal::NoMajority { votes_for, sat }.at("seats"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_stands_on_a_quorum_and_a_majority_of_those_who_sat() {
        // for, sat, accepted: 7 seats, a quorum of 4.
        let rows =
            [(3, 3, false), (3, 4, true), (2, 4, false), (4, 7, true), (3, 7, false), (8, 8, false), (0, 4, false)];
        for (votes_for, sat, accepted) in rows {
            assert_eq!(check_votes(votes_for, sat, 4, 7).is_ok(), accepted, "{votes_for} of {sat}");
        }
    }
}
