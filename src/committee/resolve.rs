//! Resolutions on paper, entered with their votes, and annulments.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Ballot, Decision, HOLDER_MAX, MotionKind, MotionOrigin, MotionRow, MotionState, NUMBER_MAX, Rule, SEATS_MAX, Seat,
    TEXT_MAX, Tally, rule,
    session::{check_award, check_target_open, is_series},
    store,
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_size, check_text},
    fund::{self, Fund, head},
    id::{DecisionId, FundId, MotionId, TargetId},
    ledger::idem::Once,
    money::Fen,
    project::{self, Target, TargetKind},
    viewer::{Act, By},
};

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

/// Records a resolution that was taken on paper: its motion, its ballots and itself in one act.
///
/// # Errors
/// Refused for texts, an amount and a day out of bounds, no votes at all, a number that is taken in the
/// fund or is one that cobuild gives, a fund or target that does not exist, a target of another fund or that
/// is closed, fewer votes than the quorum, more than there are seats, and no majority.
pub async fn decide(tx: &mut Tx, by: By<'_>, once: &Once, draft: &DecisionDraft) -> Result<Decided> {
    head::lock(tx, draft.fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let found = fund::store::by_ids(&mut *tx, &[draft.fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::Decide, &[fund.on()])?;
    let actor = by.viewer.actor()?;
    let draft = checked(by, draft)?;
    let number = draft.resolution_number.as_str();
    if is_series(number) {
        return Err(Refusal::NumberGiven {}.at("resolutionNumber"));
    }
    if store::by_number(&mut *tx, fund.id, number).await?.is_some() {
        return Err(Refusal::NameTaken { name: number.to_owned() }.at("resolutionNumber"));
    }
    let found = project::store::targets_by_ids(&mut *tx, &[draft.target]).await?.pop();
    let target = found.ok_or_else(|| Refusal::NotFound { what: "project or grant".into() }.at("targetId"))?;
    if target.fund_id != fund.id {
        return Err(Refusal::AnotherFund { what: "target".into(), fund: fund.name }.at("targetId"));
    }
    check_target_open(&target)?;
    check_award(tx, target.id, MotionKind::Allocation, Some(draft.amount), "amount").await?;
    let rule = rule::on_day(&mut *tx, &fund, draft.approved_on).await?;
    let tally = Tally::of(draft.seats.iter().map(|seat| seat.vote));
    if !rule.carries(tally).map_err(|error| error.below("seats"))? {
        let Tally { votes_for, sat } = tally;
        let needed = rule.majority.needed(sat);
        return Err(Refusal::NoMajority { votes_for, sat, needed }.at("seats"));
    }

    let motion = store::insert_motion(tx, &motion_of(&fund, &target, &rule, &draft), actor).await?;
    store::insert_ballots(tx, &ballots_of(motion, &draft.seats), actor).await?;
    // The key is the database's; the path is a copy of the area's.
    let decision = Decision {
        id: DecisionId(0),
        motion_id: motion,
        fund_id: fund.id,
        target_id: Some(target.id),
        resolution_number: draft.resolution_number,
        amount: Some(draft.amount),
        approved_on: draft.approved_on,
        votes_for: tally.votes_for,
        votes_all: tally.sat,
        annulled_on: None,
        annulled_why: None,
        carried_out: 0,
        area_path: fund.area_path,
    };
    let id = store::insert_decision(tx, &decision, None).await?;
    store::insert_recorder(tx, id, actor).await?;
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

/// The motion that a paper resolution was, under a key that is not read.
fn motion_of(fund: &Fund, target: &Target, rule: &Rule, draft: &DecisionDraft) -> MotionRow {
    MotionRow {
        id: MotionId(0),
        fund_id: fund.id,
        kind: if target.kind == TargetKind::Grant { MotionKind::Grant } else { MotionKind::Allocation },
        title: target.code.clone(),
        target_id: Some(target.id),
        amount: Some(draft.amount),
        new_quorum: None,
        new_majority: None,
        state: MotionState::Carried,
        origin: MotionOrigin::Recorded,
        opened_on: draft.approved_on.into(),
        closed_on: Some(draft.approved_on.into()),
        quorum: Some(rule.quorum),
        majority: Some(rule.majority),
        minutes: None,
        minutes_sha256: None,
        area_path: String::new(),
    }
}

fn ballots_of(motion: MotionId, seats: &[Seat]) -> Vec<Ballot> {
    let ballot = |(seat_no, seat): (i64, &Seat)| Ballot {
        motion_id: motion,
        seat_no,
        seat_id: None,
        constituency: seat.constituency,
        holder: seat.holder.clone(),
        vote: seat.vote,
    };
    (1..).zip(seats).map(ballot).collect()
}

/// What is annulled, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Annul {
    /// The resolution.
    pub decision: DecisionId,
    /// The day.
    pub annulled_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Takes a resolution back, on which nothing is allocated.
///
/// # Errors
/// Refused for a text and a day out of bounds, a resolution that does not exist or is annulled, and one on
/// which money is allocated that was not taken back, or that is carried out.
pub async fn annul(tx: &mut Tx, by: By<'_>, input: &Annul) -> Result<Decision> {
    let not_found = || Refusal::NotFound { what: "decision".into() }.at("decisionId");
    let before = store::by_ids(&mut *tx, &[input.decision]).await?.pop().ok_or_else(not_found)?;
    by.viewer.must(Act::Decide, &[before.on()])?;
    head::lock(tx, before.fund_id).await?;
    let decision = store::by_ids(&mut *tx, &[input.decision]).await?.pop().ok_or_else(not_found)?;
    let reason = check_text(&input.reason, TEXT_MAX, "reason")?;
    check_past(input.annulled_on, by.today, "annulledOn")?;
    let allocated = store::allocated_on(&mut *tx, decision.id).await?;
    decision.may_annul(by, allocated)?;
    if input.annulled_on < decision.approved_on {
        return Err(Refusal::PeriodReversed { from: decision.approved_on, to: input.annulled_on }.at("annulledOn"));
    }
    let input = Annul { reason, ..input.clone() };
    store::insert_annulment(tx, &input, by.viewer.actor()?).await?;
    Ok(Decision { annulled_on: Some(input.annulled_on.into()), annulled_why: Some(input.reason), ..decision })
}

impl Decision {
    /// Whether it may be annulled now, when `allocated` stands on it.
    ///
    /// # Errors
    /// Denied without the right; refused when it is annulled, when money is allocated on it, and when it is carried
    /// out.
    pub fn may_annul(&self, by: By<'_>, allocated: Fen) -> Result<()> {
        by.viewer.must(Act::Decide, &[self.on()])?;
        let resolution = self.resolution_number.clone();
        if let Some(on) = self.annulled_on {
            return Err(Refusal::DecisionAnnulled { resolution, on: on.0 }.at("decisionId"));
        }
        if allocated.is_positive() {
            return Err(Refusal::DecisionUsed { resolution, allocated }.at("decisionId"));
        }
        if self.carried_out == 1 {
            return Err(Refusal::DecisionCarriedOut { resolution }.at("decisionId"));
        }
        Ok(())
    }
}
