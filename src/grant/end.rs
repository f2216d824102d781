//! How a grant ends whose report or evaluation never comes: by the committee's resolution, or by staff with a reason.
//!
//! * What is left of its money was released or given back before, as for one that is closed.
//! * It ended without an evaluation, so it is no step of the ladder.
//! * That it ended, and why, stays as it was written.

use chrono::NaiveDate;

use super::{
    GrantState, TEXT_MAX,
    run::{check_day, locked},
    store,
};
use crate::{
    clock::Date,
    committee::{self, MotionKind},
    db::Tx,
    error::{Refusal, Result, check_text, ensure_rows},
    id::{DecisionId, TargetId},
    project::{self, MicroGrant},
    viewer::By,
};

/// That a grant ended without an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ending {
    /// The grant.
    pub target_id: TargetId,
    /// The day.
    pub ended_on: Date,
    /// Why.
    pub reason: String,
    /// The committee's resolution that it end; `None` where staff of the fund ended it.
    pub decision_id: Option<DecisionId>,
}

/// Ends a grant without an evaluation.
///
/// # Errors
/// Refused for a text and a day out of bounds, a grant that does not exist, is evaluated or has ended, money that is
/// left in it, and a resolution that is not one to end this grant, is annulled, or was taken after the day.
pub async fn end(tx: &mut Tx, by: By<'_>, draft: &Ending) -> Result<MicroGrant> {
    let (grant, facts) = locked(tx, draft.target_id).await?;
    facts.may_move(by.viewer, &grant, GrantState::Ended)?;
    let reason = check_text(&draft.reason, TEXT_MAX, "reason")?;
    check_day(by, &grant, facts, draft.ended_on.0, "endedOn")?;
    if let Some(decision) = draft.decision_id {
        check_decision(tx, &grant, decision, draft.ended_on.0).await?;
    }
    let actor = by.viewer.actor()?;
    store::insert_ending(tx, &Ending { reason, ..draft.clone() }, actor).await?;
    ensure_rows(project::store::set_closed(tx, grant.id).await?, 1, "target")?;
    Ok(grant)
}

async fn check_decision(tx: &mut Tx, grant: &MicroGrant, id: DecisionId, on: NaiveDate) -> Result<()> {
    let not_found = || Refusal::NotFound { what: "resolution to end this grant".into() }.at("decisionId");
    let decision = committee::store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    let motion = committee::store::motions_by_ids(&mut *tx, &[decision.motion_id]).await?.pop();
    if motion.is_none_or(|motion| motion.kind != MotionKind::End) || decision.target_id != Some(grant.id) {
        return Err(not_found());
    }
    let resolution = decision.resolution_number;
    if let Some(annulled_on) = decision.annulled_on {
        return Err(Refusal::DecisionAnnulled { resolution, on: annulled_on.0 }.at("decisionId"));
    }
    if decision.approved_on > on {
        return Err(Refusal::PeriodReversed { from: decision.approved_on, to: on }.at("endedOn"));
    }
    Ok(())
}
