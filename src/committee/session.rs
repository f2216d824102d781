//! What is done to motions: opened, voted on, recused from, closed, withdrawn.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    Ballot, Decision, Interest, Majority, MotionKind, MotionOrigin, MotionRow, MotionState, PAPERS_MAX, Paper, Rule,
    TEXT_MAX, TITLE_MAX, Vote, motion::locked, store,
};
use crate::{
    db::Tx,
    error::{
        Refusal, Result, check_amount, check_digest, check_past, check_range, check_size, check_text, ensure_rows,
    },
    fund::{self, Fund, head},
    id::{DecisionId, FundId, MotionId, SeatId, TargetId},
    ledger::idem::Once,
    money::Fen,
    project::{self, Target, TargetKind, TargetStatus},
    viewer::{Act, By},
};

/// The rule that a motion asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleDraft {
    /// How many must sit.
    pub quorum: i64,
    /// How many of them must vote for it.
    pub majority: Majority,
}

/// What a motion is opened from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MotionDraft {
    /// Whose committee decides.
    pub fund: FundId,
    /// What it asks for.
    pub kind: MotionKind,
    /// In one sentence.
    pub title: String,
    /// What it is about.
    pub target: Option<TargetId>,
    /// How much.
    pub amount: Option<Fen>,
    /// The rule it asks for.
    pub rule: Option<RuleDraft>,
    /// The day it is opened.
    pub opened_on: NaiveDate,
    /// What it stands on.
    pub papers: Vec<Paper>,
}

/// A motion that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The motion.
    pub motion: MotionId,
}

/// A vote of one seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cast {
    /// On what.
    pub motion: MotionId,
    /// By which seat.
    pub seat: SeatId,
    /// How.
    pub vote: Vote,
}

/// How a motion is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Close {
    /// The motion.
    pub motion: MotionId,
    /// The day.
    pub closed_on: NaiveDate,
    /// What was said.
    pub minutes: String,
    /// The digest of the signed minutes.
    pub minutes_sha256: Option<String>,
}

/// A motion that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The motion.
    pub motion: MotionId,
    /// The resolution; `None` where it was rejected.
    pub decision: Option<DecisionId>,
}

/// Opens a motion, on which the fund's committee votes seat by seat.
///
/// # Errors
/// Refused for texts, amounts, days and papers out of bounds, parts that its kind does not have or lacks, a
/// fund without a committee, and a project or grant that does not exist, is another fund's or is closed.
pub async fn open(tx: &mut Tx, by: By<'_>, once: &Once, draft: &MotionDraft) -> Result<Opened> {
    head::lock(tx, draft.fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let found = fund::store::by_ids(&mut *tx, &[draft.fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::OpenMotion, &[fund.on()])?;
    let actor = by.viewer.actor()?;
    let (title, papers) = checked(by, draft)?;
    draft.check_parts()?;
    if store::committee_of(&mut *tx, fund.area_id).await?.is_none() {
        return Err(Refusal::NotFound { what: "committee of this fund; form one first".into() }.at("fundId"));
    }
    let rule = super::rule::on_day(&mut *tx, &fund, draft.opened_on).await?;
    if let Some(asked) = draft.rule {
        check_range(asked.quorum, 1, rule.seats, "rule.quorum")?;
    }
    if let Some(target) = draft.target {
        check_target(tx, &fund, target, draft.kind).await?;
        check_award(tx, target, draft.kind, draft.amount, "amount").await?;
    }
    let motion = MotionRow { title, ..row(&fund, draft) };
    let id = store::insert_motion(tx, &motion, actor).await?;
    store::insert_papers(tx, id, &papers).await?;
    let done = Opened { motion: id };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

/// The motion that a draft is, open, under a key that is not read.
fn row(fund: &Fund, draft: &MotionDraft) -> MotionRow {
    MotionRow {
        id: MotionId(0),
        fund_id: fund.id,
        kind: draft.kind,
        title: String::new(),
        target_id: draft.target,
        amount: draft.amount,
        new_quorum: draft.rule.map(|rule| rule.quorum),
        new_majority: draft.rule.map(|rule| rule.majority),
        state: MotionState::Open,
        origin: MotionOrigin::Voted,
        opened_on: draft.opened_on.into(),
        closed_on: None,
        quorum: None,
        majority: None,
        minutes: None,
        minutes_sha256: None,
        area_path: String::new(),
    }
}

fn checked(by: By<'_>, draft: &MotionDraft) -> Result<(String, Vec<Paper>)> {
    let title = check_text(&draft.title, TITLE_MAX, "title")?;
    if let Some(amount) = draft.amount {
        check_amount(amount, "amount")?;
    }
    check_past(draft.opened_on, by.today, "openedOn")?;
    check_size(draft.papers.len(), 0, PAPERS_MAX, "papers")?;
    let paper = |(i, paper): (usize, &Paper)| -> Result<Paper> {
        let name = check_text(&paper.name, TITLE_MAX, &format!("papers.{i}.name"))?;
        let sha256 = check_digest(&paper.sha256, &format!("papers.{i}.sha256"))?;
        Ok(Paper { motion_id: paper.motion_id, name, sha256 })
    };
    Ok((title, draft.papers.iter().enumerate().map(paper).collect::<Result<_>>()?))
}

impl MotionDraft {
    /// A rule is about a quorum and a majority; a change of use may name a project and an amount; the end of a grant
    /// names the grant; all else must name both.
    fn check_parts(&self) -> Result<()> {
        let money = self.target.is_some() && self.amount.is_some();
        let fits = match self.kind {
            MotionKind::Rule => self.rule.is_some() && self.target.is_none() && self.amount.is_none(),
            MotionKind::Purpose => self.rule.is_none(),
            MotionKind::End => self.rule.is_none() && self.target.is_some() && self.amount.is_none(),
            _ => self.rule.is_none() && money,
        };
        if fits { Ok(()) } else { Err(Refusal::MotionParts {}.at("kind")) }
    }
}

async fn check_target(tx: &mut Tx, fund: &Fund, target: TargetId, kind: MotionKind) -> Result<()> {
    let found = project::store::targets_by_ids(&mut *tx, &[target]).await?.pop();
    let target = found.ok_or_else(|| Refusal::NotFound { what: "project or grant".into() }.at("targetId"))?;
    if target.fund_id != fund.id {
        return Err(Refusal::AnotherFund { what: "target".into(), fund: fund.name.clone() }.at("targetId"));
    }
    let fits = match kind {
        MotionKind::Project => target.kind == TargetKind::Project,
        MotionKind::Grant | MotionKind::End => target.kind == TargetKind::Grant,
        _ => true,
    };
    if !fits {
        return Err(Refusal::MotionParts {}.at("targetId"));
    }
    check_target_open(&target)
}

/// Checks that resolutions on a micro-grant of a round come to what it was awarded at most.
pub(super) async fn check_award(
    tx: &mut Tx,
    target: TargetId,
    kind: MotionKind,
    amount: Option<Fen>,
    field: &str,
) -> Result<()> {
    let Some(asked) = amount.filter(|_| kind.allocates()) else { return Ok(()) };
    match project::store::award_left(&mut *tx, target).await? {
        Some(left) if asked > left => Err(Refusal::AwardExceeded { asked, left: left.max(Fen::ZERO) }.at(field)),
        _ => Ok(()),
    }
}

/// Checks that a project or grant still takes money.
pub(super) fn check_target_open(target: &Target) -> Result<()> {
    match target.status {
        TargetStatus::Open => Ok(()),
        TargetStatus::Closed => {
            Err(Refusal::TargetClosed { code: target.code.clone(), on: String::new() }.at("targetId"))
        }
    }
}

/// Casts the vote of a seat.
///
/// # Errors
/// What [`super::Floor::may_cast`] refuses.
pub async fn cast(tx: &mut Tx, by: By<'_>, cast: Cast) -> Result<MotionRow> {
    let actor = by.viewer.actor()?;
    let floor = locked(tx, cast.motion, by.today).await?;
    let (seat, holder) = floor.may_cast(by.viewer, cast.seat)?;
    let ballot = Ballot {
        motion_id: cast.motion,
        seat_no: seat.seat_no,
        seat_id: Some(seat.id),
        constituency: seat.constituency,
        holder: holder.to_owned(),
        vote: cast.vote,
    };
    store::insert_ballots(tx, &[ballot], actor).await?;
    Ok(floor.motion)
}

/// Declares that a seat does not vote on a motion; saying it again changes nothing.
///
/// # Errors
/// What [`super::Floor::may_recuse`] refuses.
pub async fn recuse(tx: &mut Tx, by: By<'_>, motion: MotionId, seat: SeatId, interest: Interest) -> Result<MotionRow> {
    let actor = by.viewer.actor()?;
    let floor = locked(tx, motion, by.today).await?;
    let seat = floor.may_recuse(by.viewer, seat)?;
    let kept = floor.recusals.iter().any(|one| one.seat_id == seat.id && one.kept == 1);
    if !kept {
        store::insert_recusals(tx, motion, &[(seat.seat_no, seat.id, interest)], "DECLARED", actor).await?;
    }
    Ok(floor.motion)
}

/// Takes a motion back before it is decided.
///
/// # Errors
/// Refused for a day to come or before it was opened, and what [`super::Floor::may_withdraw`] refuses.
pub async fn withdraw(tx: &mut Tx, by: By<'_>, motion: MotionId, on: NaiveDate) -> Result<()> {
    let floor = locked(tx, motion, by.today).await?;
    floor.may_withdraw(by.viewer)?;
    check_days(by, &floor.motion, on)?;
    let ended = MotionRow { state: MotionState::Withdrawn, closed_on: Some(on.into()), ..floor.motion };
    ensure_rows(store::set_outcome(tx, &ended).await?, 1, "motion")
}

fn check_days(by: By<'_>, motion: &MotionRow, on: NaiveDate) -> Result<()> {
    check_past(on, by.today, "closedOn")?;
    if on < motion.opened_on.0 {
        return Err(Refusal::PeriodReversed { from: motion.opened_on.0, to: on }.at("closedOn"));
    }
    Ok(())
}

/// Closes a motion by the rule in force that day: carried, it becomes a resolution with the next number.
///
/// # Errors
/// Refused for texts and days out of bounds, and what [`super::Floor::may_close`] refuses.
pub async fn close(tx: &mut Tx, by: By<'_>, once: &Once, input: &Close) -> Result<Closed> {
    let actor = by.viewer.actor()?;
    let floor = locked(tx, input.motion, input.closed_on).await?;
    by.viewer.must(Act::Decide, &[floor.motion.on()])?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let carried = floor.may_close(by.viewer)?;
    check_days(by, &floor.motion, input.closed_on)?;
    if let Some(target) = floor.motion.target_id.filter(|_| carried) {
        check_award(tx, target, floor.motion.kind, floor.motion.amount, "motionId").await?;
    }
    let minutes = check_text(&input.minutes, TEXT_MAX, "minutes")?;
    let minutes_sha256 =
        input.minutes_sha256.as_ref().map(|digest| check_digest(digest, "minutesSha256")).transpose()?;

    // What the books say of the seats that did not vote is written down, for they go on changing.
    let voted = |seat_no: i64| floor.ballots.iter().any(|ballot| ballot.seat_no == seat_no);
    let found: Vec<_> = floor.recusals.iter().filter(|one| one.kept == 0 && !voted(one.seat_no)).collect();
    let found: Vec<_> = found.into_iter().map(|one| (one.seat_no, one.seat_id, one.interest)).collect();
    store::insert_recusals(tx, input.motion, &found, "FOUND", actor).await?;
    let ended = MotionRow {
        state: if carried { MotionState::Carried } else { MotionState::Rejected },
        closed_on: Some(input.closed_on.into()),
        quorum: Some(floor.rule.quorum),
        majority: Some(floor.rule.majority),
        minutes: Some(minutes),
        minutes_sha256,
        ..floor.motion.clone()
    };
    let decision = if carried { Some(carry(tx, &ended, &floor.rule, floor.tally()).await?) } else { None };
    if let Some(decision) = decision {
        store::insert_recorder(tx, decision, actor).await?;
    }
    ensure_rows(store::set_outcome(tx, &ended).await?, 1, "motion")?;
    let done = Closed { motion: input.motion, decision };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

/// Writes the resolution that a motion has become, and the rule that it sets.
async fn carry(tx: &mut Tx, motion: &MotionRow, rule: &Rule, tally: super::Tally) -> Result<DecisionId> {
    let closed_on = motion.closed_on.expect("a motion that is carried is closed").0;
    let year = i64::from(closed_on.year());
    let number = store::last_number(&mut *tx, motion.fund_id, year).await? + 1;
    // The key is the database's; the path is not the decision's own.
    let decision = Decision {
        id: DecisionId(0),
        motion_id: motion.id,
        fund_id: motion.fund_id,
        target_id: motion.target_id,
        resolution_number: series_text(year, number),
        amount: motion.amount,
        approved_on: closed_on,
        votes_for: tally.votes_for,
        votes_all: tally.sat,
        annulled_on: None,
        annulled_why: None,
        carried_out: 0,
        area_path: String::new(),
    };
    let id = store::insert_decision(tx, &decision, Some((year, number))).await?;
    if let (Some(quorum), Some(majority)) = (motion.new_quorum, motion.new_majority) {
        let valid_from = closed_on.into();
        let rule =
            Rule { fund_id: motion.fund_id, seats: rule.seats, quorum, majority, valid_from, decision_id: Some(id) };
        store::insert_rule(tx, &rule).await?;
    }
    Ok(id)
}

/// How a number that cobuild gives is written, as public bodies write theirs.
fn series_text(year: i64, number: i64) -> String {
    format!("〔{year}〕{number}号")
}

/// Whether a number looks like one that cobuild gives.
pub(super) fn is_series(number: &str) -> bool {
    number.starts_with('〔') && number.ends_with('号')
}
