//! Applications: handed in, checked or sent back, objected to, and awarded.

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    APPLICATIONS_MAX, Ranked, Round, RoundState, TEXT_MAX, TITLE_MAX, rank, round::locked as round_locked, store,
};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_range, check_text, ensure_rows},
    id::{GrantApplicationId, GrantObjectionId, GrantRoundId, PartyId, TargetId},
    ledger::idem::Once,
    money::Fen,
    party::{self, PartyKind},
    project::{GrantDraft, GrantStage, RESIDENTS_MAX, grant_award},
    ranking::Place,
    viewer::{Act, By, On, Viewer, value_name},
};

/// Whether an application was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "GrantApplicationState")]
pub enum ApplicationState {
    /// It waits to be checked.
    Submitted,
    /// It was sent back with a reason, and may be handed in again.
    Returned,
    /// It goes to the road-show.
    Passed,
    /// It does not.
    Rejected,
}

/// What came of checking an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "GrantCheckOutcome")]
pub enum CheckOutcome {
    /// It goes to the road-show.
    Passed,
    /// It is sent back, and may be handed in again.
    Returned,
    /// It does not go to the road-show.
    Rejected,
}

impl CheckOutcome {
    fn state(self) -> ApplicationState {
        match self {
            Self::Passed => ApplicationState::Passed,
            Self::Returned => ApplicationState::Returned,
            Self::Rejected => ApplicationState::Rejected,
        }
    }
}

/// A group's application in a round.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Application {
    /// The key.
    pub id: GrantApplicationId,
    /// The round.
    pub round_id: GrantRoundId,
    /// Which group applies.
    pub group_id: PartyId,
    /// For which step of the ladder.
    pub stage: GrantStage,
    /// What it is called.
    pub title: String,
    /// What is to be done, how and with whom.
    pub plan: String,
    /// How much is asked for.
    pub asked: Fen,
    /// How many residents it is to serve.
    pub residents: i64,
    /// Whether it was checked.
    pub state: ApplicationState,
    /// The day it was handed in last.
    pub submitted_on: Date,
    /// The micro-grant that it won.
    pub target_id: Option<TargetId>,
}

/// A look at an application, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Check {
    /// The application.
    pub application_id: GrantApplicationId,
    /// What came of it.
    pub outcome: CheckOutcome,
    /// Why.
    pub reason: String,
    /// The day.
    pub checked_on: Date,
}

/// What came of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "GrantObjectionOutcome")]
pub enum ObjectionOutcome {
    /// It is right: the application is out of the ranking.
    Upheld,
    /// It is not.
    Dismissed,
}

/// What somebody has against an application while the ranking is published.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Objection {
    /// The key.
    pub id: GrantObjectionId,
    /// The application.
    pub application_id: GrantApplicationId,
    /// What is said against it.
    pub objection: String,
    /// The day it was raised.
    pub raised_on: Date,
    /// What came of it; `None` until it is settled.
    pub outcome: Option<ObjectionOutcome>,
    /// What was answered.
    pub answer: Option<String>,
    /// The day it was settled.
    pub settled_on: Option<Date>,
}

/// What an application is handed in from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationDraft {
    /// The round.
    pub round: GrantRoundId,
    /// Which group applies.
    pub group: PartyId,
    /// For which step of the ladder.
    pub stage: GrantStage,
    /// What it is called.
    pub title: String,
    /// What is to be done, how and with whom.
    pub plan: String,
    /// How much is asked for.
    pub asked: Fen,
    /// How many residents it is to serve.
    pub residents: i64,
    /// The day it is handed in.
    pub submitted_on: NaiveDate,
}

/// What an objection is recorded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectionDraft {
    /// Against which application.
    pub application: GrantApplicationId,
    /// What is said against it.
    pub objection: String,
    /// The day it was raised.
    pub raised_on: NaiveDate,
}

/// How an objection is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which objection.
    pub objection: GrantObjectionId,
    /// What comes of it.
    pub outcome: ObjectionOutcome,
    /// What is answered.
    pub answer: String,
    /// The day.
    pub settled_on: NaiveDate,
}

/// What an application is awarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Award {
    /// The application.
    pub application: GrantApplicationId,
    /// The short name of the micro-grant within the fund.
    pub code: String,
    /// How much.
    pub amount: Fen,
    /// The day.
    pub awarded_on: NaiveDate,
}

/// A micro-grant that was awarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awarded {
    /// The application that won.
    pub application: GrantApplicationId,
}

impl Application {
    /// Checks that it is in one of `states`.
    ///
    /// # Errors
    /// [`Refusal::ApplicationState`] at `applicationId`.
    pub fn ensure_state(&self, states: &[ApplicationState]) -> Result<()> {
        if states.contains(&self.state) {
            return Ok(());
        }
        let accepted = states.iter().map(|state| format!("{state:?}")).collect::<Vec<_>>().join(" or ");
        Err(Refusal::ApplicationState { state: format!("{:?}", self.state), accepted }.at("applicationId"))
    }

    /// Whether `viewer` may hand it in again.
    ///
    /// # Errors
    /// Denied without the right; refused when nobody applies any more, and when it was not sent back.
    pub fn may_submit(&self, viewer: &Viewer, round: &Round) -> Result<()> {
        viewer.must(Act::ApplyForGrant, &[round.on(), On::Party(self.group_id)])?;
        match round.state {
            RoundState::Check => self.ensure_state(&[ApplicationState::Returned]),
            _ => round.ensure_state(&[RoundState::Application], "roundId"),
        }
    }

    /// Whether `viewer` may check it.
    ///
    /// # Errors
    /// Denied without the right; refused outside of the round's check, and when it does not wait for one.
    pub fn may_check(&self, viewer: &Viewer, round: &Round) -> Result<()> {
        viewer.must(Act::RunProject, &[round.on()])?;
        round.ensure_state(&[RoundState::Check], "applicationId")?;
        self.ensure_state(&[ApplicationState::Submitted])
    }

    /// Whether `viewer` may record an objection to it that was raised on a day.
    ///
    /// # Errors
    /// Denied without the right; refused while no ranking is published, for an application that is not in it, and
    /// for a day outside of those on which objections are taken.
    pub fn may_object(&self, viewer: &Viewer, round: &Round, on: NaiveDate) -> Result<()> {
        viewer.must(Act::RunProject, &[round.on()])?;
        round.ensure_state(&[RoundState::Objection], "applicationId")?;
        self.ensure_state(&[ApplicationState::Passed])?;
        if on < round.moved_on.0 {
            return Err(Refusal::RoundEarly { from: round.moved_on.0 }.at("raisedOn"));
        }
        let last = round.objections_to.expect("objections are taken up to a day").0;
        if on > last { Err(Refusal::WindowClosed { on: last }.at("raisedOn")) } else { Ok(()) }
    }

    /// How much it may be awarded by `viewer`, as it is ranked and while `awarded` of the budget is.
    ///
    /// # Errors
    /// Denied without the right; refused outside of the round's awards, for one that is awarded, one that the
    /// ranking does not reach with the budget, and when the budget is used up.
    pub fn may_award(&self, viewer: &Viewer, round: &Round, ranked: Option<&Ranked>, awarded: Fen) -> Result<Fen> {
        viewer.must(Act::Propose, &[round.on()])?;
        round.ensure_state(&[RoundState::Award], "applicationId")?;
        self.ensure_state(&[ApplicationState::Passed])?;
        if self.target_id.is_some() {
            let (state, accepted) = ("awarded".to_owned(), "ranked and not awarded".to_owned());
            return Err(Refusal::ApplicationState { state, accepted }.at("applicationId"));
        }
        if ranked.is_none_or(|ranked| ranked.place == Place::Beyond) {
            return Err(Refusal::ApplicationBeyond {}.at("applicationId"));
        }
        match round.budget - awarded {
            Fen::ZERO => Err(Refusal::BudgetExceeded { asked: self.asked, left: Fen::ZERO }.at("amount")),
            left => Ok(left.min(self.asked)),
        }
    }
}

/// The step of the ladder below one; `None` for the first.
fn step_before(stage: GrantStage) -> Option<GrantStage> {
    match stage {
        GrantStage::StartUp => None,
        GrantStage::Growth => Some(GrantStage::StartUp),
        GrantStage::Excellence => Some(GrantStage::Growth),
    }
}

/// Hands an application in, or hands it in again: a group has one in a round.
///
/// # Errors
/// Refused for a round that does not exist, something that is no group, a group that is struck off, texts, sums, numbers and days out of bounds,
/// a round in which nobody applies (any more), an application that was checked, a stage that the round is not for, a
/// sum above the round's largest grant, and a stage whose step before the group has not passed.
pub async fn submit(tx: &mut Tx, by: By<'_>, draft: &ApplicationDraft) -> Result<Application> {
    let round = round_locked(tx, draft.round).await?;
    by.viewer.must(Act::ApplyForGrant, &[round.on(), On::Party(draft.group)])?;
    let group = party::store::by_ids(&mut *tx, &[draft.group]).await?.pop();
    if group.is_none_or(|group| group.kind != PartyKind::Group) {
        return Err(Refusal::NotFound { what: "group".into() }.at("groupId"));
    }
    if let Some(on) = struck_off(tx, draft.group).await? {
        return Err(on.at("groupId"));
    }
    let wanted = checked(by, draft)?;
    let before = store::application_of(&mut *tx, round.id, draft.group).await?;
    match &before {
        Some(before) => {
            before.may_submit(by.viewer, &round)?;
            before.ensure_state(&[ApplicationState::Submitted, ApplicationState::Returned])?;
        }
        None => round.ensure_state(&[RoundState::Application], "roundId")?,
    }
    if round.state == RoundState::Application && draft.submitted_on > round.closes_on.0 {
        return Err(Refusal::WindowClosed { on: round.closes_on.0 }.at("submittedOn"));
    }
    if draft.submitted_on < round.opened_on.0 {
        return Err(Refusal::RoundEarly { from: round.opened_on.0 }.at("submittedOn"));
    }
    check_ladder(tx, &round, draft).await?;
    if draft.asked > round.grant_max {
        return Err(Refusal::GrantTooLarge { asked: draft.asked, max: round.grant_max }.at("asked"));
    }
    let actor = by.viewer.actor()?;
    let id = match before {
        Some(before) => {
            let again = Application { id: before.id, ..wanted.clone() };
            ensure_rows(store::set_application(tx, &again, actor).await?, 1, "grant_application")?;
            before.id
        }
        None => {
            check_range(store::applications_count(&mut *tx, round.id).await? + 1, 1, APPLICATIONS_MAX, "roundId")?;
            store::insert_application(tx, &wanted, actor).await?
        }
    };
    Ok(Application { id, ..wanted })
}

/// Why a group that the register has struck off does not apply.
async fn struck_off(tx: &mut Tx, group: PartyId) -> Result<Option<Refusal>> {
    let line = party::store::registrations_of(&mut *tx, &[group]).await?.pop();
    Ok(line.and_then(|line| Some(Refusal::GroupStruckOff { number: line.number, on: line.struck_off_on?.0 })))
}

fn checked(by: By<'_>, draft: &ApplicationDraft) -> Result<Application> {
    let title = check_text(&draft.title, TITLE_MAX, "title")?;
    let plan = check_text(&draft.plan, TEXT_MAX, "plan")?;
    check_amount(draft.asked, "asked")?;
    check_range(draft.residents, 0, RESIDENTS_MAX, "residents")?;
    check_past(draft.submitted_on, by.today, "submittedOn")?;
    Ok(Application {
        // The key is the database's.
        id: GrantApplicationId(0),
        round_id: draft.round,
        group_id: draft.group,
        stage: draft.stage,
        title,
        plan,
        asked: draft.asked,
        residents: draft.residents,
        state: ApplicationState::Submitted,
        submitted_on: draft.submitted_on.into(),
        target_id: None,
    })
}

async fn check_ladder(tx: &mut Tx, round: &Round, draft: &ApplicationDraft) -> Result<()> {
    let offered = store::stages_of(&mut *tx, &[round.id]).await?;
    if offered.iter().all(|(_, stage)| *stage != draft.stage) {
        return Err(Refusal::StageNotOffered { stage: value_name(draft.stage) }.at("stage"));
    }
    if let Some(before) = step_before(draft.stage)
        && !store::has_passed(&mut *tx, draft.group, before).await?
    {
        let (stage, before) = (value_name(draft.stage), value_name(before));
        return Err(Refusal::StageNotReached { stage, before }.at("stage"));
    }
    Ok(())
}

/// The application and its round, with the fund's head locked.
pub(super) async fn locked(tx: &mut Tx, id: GrantApplicationId) -> Result<(Application, Round)> {
    let not_found = || Refusal::NotFound { what: "application".into() }.at("applicationId");
    let before = store::applications_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    let round = round_locked(tx, before.round_id).await?;
    let application = store::applications_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    Ok((application, round))
}

/// Records what came of checking an application.
///
/// # Errors
/// Refused for texts and days out of bounds, an application that does not exist, and what
/// [`Application::may_check`] refuses.
pub async fn check(tx: &mut Tx, by: By<'_>, wanted: &Check) -> Result<Application> {
    let (application, round) = locked(tx, wanted.application_id).await?;
    application.may_check(by.viewer, &round)?;
    let reason = check_text(&wanted.reason, TEXT_MAX, "reason")?;
    check_past(wanted.checked_on.0, by.today, "checkedOn")?;
    if wanted.checked_on < application.submitted_on {
        let (from, to) = (application.submitted_on.0, wanted.checked_on.0);
        return Err(Refusal::PeriodReversed { from, to }.at("checkedOn"));
    }
    let checked = Application { state: wanted.outcome.state(), ..application };
    ensure_rows(store::set_application_state(tx, &checked).await?, 1, "grant_application")?;
    store::insert_check(tx, &Check { reason, ..wanted.clone() }, by.viewer.actor()?).await?;
    Ok(checked)
}

/// Records an objection to an application.
///
/// # Errors
/// Refused for texts and days out of bounds, an application that does not exist, and what
/// [`Application::may_object`] refuses.
pub async fn object(tx: &mut Tx, by: By<'_>, draft: &ObjectionDraft) -> Result<Objection> {
    let (application, round) = locked(tx, draft.application).await?;
    application.may_object(by.viewer, &round, draft.raised_on)?;
    let objection = check_text(&draft.objection, TEXT_MAX, "objection")?;
    check_past(draft.raised_on, by.today, "raisedOn")?;
    let wanted = Objection {
        // The key is the database's.
        id: GrantObjectionId(0),
        application_id: application.id,
        objection,
        raised_on: draft.raised_on.into(),
        outcome: None,
        answer: None,
        settled_on: None,
    };
    let id = store::insert_objection(tx, &wanted, by.viewer.actor()?).await?;
    Ok(Objection { id, ..wanted })
}

/// Settles an objection; where it is upheld, the application is out of the ranking.
///
/// # Errors
/// Refused for texts and days out of bounds, an objection that does not exist or is settled, and when the ranking
/// is not published for objections (any more).
pub async fn settle(tx: &mut Tx, by: By<'_>, wanted: &Settlement) -> Result<Objection> {
    let not_found = || Refusal::NotFound { what: "objection".into() }.at("objectionId");
    let before = store::objections_by_ids(&mut *tx, &[wanted.objection]).await?.pop().ok_or_else(not_found)?;
    let (_, round) = locked(tx, before.application_id).await?;
    by.viewer.must(Act::Review, &[round.on()])?;
    let objection = store::objections_by_ids(&mut *tx, &[wanted.objection]).await?.pop().ok_or_else(not_found)?;
    round.ensure_state(&[RoundState::Objection], "objectionId")?;
    if let Some(on) = objection.settled_on {
        return Err(Refusal::ObjectionSettled { on: on.0 }.at("objectionId"));
    }
    let answer = check_text(&wanted.answer, TEXT_MAX, "answer")?;
    check_past(wanted.settled_on, by.today, "settledOn")?;
    if wanted.settled_on < objection.raised_on.0 {
        return Err(Refusal::PeriodReversed { from: objection.raised_on.0, to: wanted.settled_on }.at("settledOn"));
    }
    let settled = Objection {
        outcome: Some(wanted.outcome),
        answer: Some(answer),
        settled_on: Some(wanted.settled_on.into()),
        ..objection
    };
    ensure_rows(store::set_settled(tx, &settled, by.viewer.actor()?).await?, 1, "grant_objection")?;
    Ok(settled)
}

/// Awards what an application has won: a micro-grant that waits for the committee's resolution.
///
/// # Errors
/// Refused for a sum and a day out of bounds, an application that does not exist, what [`Application::may_award`]
/// refuses, more than it asks for, more than is left of the budget, and what [`grant_award`] refuses.
pub async fn award(tx: &mut Tx, by: By<'_>, once: &Once, wanted: &Award) -> Result<Awarded> {
    let (application, round) = locked(tx, wanted.application).await?;
    by.viewer.must(Act::Propose, &[round.on()])?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    check_amount(wanted.amount, "amount")?;
    let ranking = rank::of_round(tx, &round).await?;
    let ranked = ranking.iter().find(|one| one.scored.application_id == application.id);
    let awarded = store::awarded_of(&mut *tx, &[round.id]).await?.pop().map_or(Fen::ZERO, |(_, sum)| sum);
    application.may_award(by.viewer, &round, ranked, awarded)?;
    if wanted.amount > application.asked {
        return Err(Refusal::GrantTooLarge { asked: wanted.amount, max: application.asked }.at("amount"));
    }
    let left = round.budget - awarded;
    if wanted.amount > left {
        return Err(Refusal::BudgetExceeded { asked: wanted.amount, left }.at("amount"));
    }
    if wanted.awarded_on < round.moved_on.0 {
        return Err(Refusal::PeriodReversed { from: round.moved_on.0, to: wanted.awarded_on }.at("awardedOn"));
    }
    let draft = GrantDraft {
        fund: round.fund_id,
        group: application.group_id,
        purpose: round.purpose_id,
        code: wanted.code.clone(),
        title: application.title.clone(),
        stage: application.stage,
        residents: application.residents,
        awarded_on: wanted.awarded_on,
        awarded: Some(wanted.amount),
    };
    let grant = grant_award(tx, by, &draft).await?;
    ensure_rows(store::set_won(tx, application.id, grant.id).await?, 1, "grant_application")?;
    let done = Awarded { application: application.id };
    once.remember(tx, None, &done).await?;
    Ok(done)
}
