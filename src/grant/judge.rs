//! Judges: what they give at the road-show, and what they do not score.
//!
//! * A judge has one sheet for an application, with a score for every criterion. Another one replaces it, while the
//!   road-show goes on.
//! * A judge who declared a conflict, or is of the group itself, does not score; a sheet from before does not count.

use super::{Application, ApplicationState, Criterion, Judge, Round, RoundState, TEXT_MAX, apply::locked, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_range, check_size, check_text},
    id::{GrantApplicationId, GrantJudgeId, PrincipalId},
    viewer::{Act, By, Viewer},
};

/// What a judge gives for one criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Score {
    /// The application.
    pub application_id: GrantApplicationId,
    /// The judge.
    pub judge_id: GrantJudgeId,
    /// The number of the criterion in the round.
    pub criterion_no: i64,
    /// How much, up to the criterion's largest score.
    pub score: i64,
}

/// All that a judge gives an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The application.
    pub application: GrantApplicationId,
    /// The judge.
    pub judge: GrantJudgeId,
    /// A score for every criterion; application and judge of each are not read.
    pub scores: Vec<Score>,
}

/// A judge who does not score an application.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Conflict {
    /// The application.
    pub application_id: GrantApplicationId,
    /// The judge.
    pub judge_id: GrantJudgeId,
    /// Why.
    pub reason: String,
}

impl Judge {
    /// Whether `viewer` may hand in the sheet of this judge for an application.
    ///
    /// # Errors
    /// Denied without the right; refused outside of the road-show, for an application that does not take part,
    /// another's sheet, and a judge with a conflict.
    pub fn may_score(
        &self,
        viewer: &Viewer,
        round: &Round,
        application: &Application,
        conflicts: &[Conflict],
    ) -> Result<()> {
        viewer.must(Act::Review, &[round.on()])?;
        round.ensure_state(&[RoundState::RoadShow], "applicationId")?;
        application.ensure_state(&[ApplicationState::Passed])?;
        if self.principal_id.is_some() && self.principal_id != viewer.principal {
            return Err(Refusal::JudgeOfAnother { judge: self.judge_no }.at("judgeId"));
        }
        let declared = conflicts.iter().any(|one| (one.application_id, one.judge_id) == (application.id, self.id));
        if declared || self.party_id == Some(application.group_id) {
            return Err(Refusal::JudgeConflicted { judge: self.judge_no }.at("judgeId"));
        }
        Ok(())
    }
}

async fn judge_of(tx: &mut Tx, round: &Round, judge: GrantJudgeId) -> Result<Judge> {
    let judges = store::judges_of(&mut *tx, &[round.id]).await?;
    let found = judges.into_iter().find(|one| one.id == judge);
    found.ok_or_else(|| Refusal::NotFound { what: "judge of this round".into() }.at("judgeId"))
}

/// Hands in a judge's sheet for an application; the last one before the road-show ends is what counts.
///
/// # Errors
/// Refused for an application or judge that does not exist, what [`Judge::may_score`] refuses, and a sheet that
/// leaves a criterion out, names one twice or gives more than its largest score.
pub async fn score(tx: &mut Tx, by: By<'_>, sheet: &Sheet) -> Result<Application> {
    let (application, round) = locked(tx, sheet.application).await?;
    by.viewer.must(Act::Review, &[round.on()])?;
    let judge = judge_of(tx, &round, sheet.judge).await?;
    let conflicts = store::conflicts_of(&mut *tx, &[application.id]).await?;
    judge.may_score(by.viewer, &round, &application, &conflicts)?;
    let criteria = store::criteria_of(&mut *tx, &[round.id]).await?;
    check_scores(&criteria, &sheet.scores)?;
    let actor: PrincipalId = by.viewer.actor()?;
    let whole = |one: &Score| Score { application_id: application.id, judge_id: judge.id, ..*one };
    let scores: Vec<Score> = sheet.scores.iter().map(whole).collect();
    store::put_scores(tx, &scores, actor).await?;
    Ok(application)
}

fn check_scores(criteria: &[Criterion], scores: &[Score]) -> Result<()> {
    check_size(scores.len(), criteria.len(), criteria.len(), "scores")?;
    for (i, one) in scores.iter().enumerate() {
        let criterion = criteria.iter().find(|criterion| criterion.criterion_no == one.criterion_no);
        let missing =
            || Refusal::NotFound { what: "criterion of this round".into() }.at(&format!("scores.{i}.criterion"));
        let criterion = criterion.ok_or_else(missing)?;
        if scores[..i].iter().any(|before| before.criterion_no == one.criterion_no) {
            return Err(Refusal::NameTaken { name: criterion.name.clone() }.at(&format!("scores.{i}.criterion")));
        }
        check_range(one.score, 0, criterion.score_max, &format!("scores.{i}.score"))?;
    }
    Ok(())
}

/// Declares that a judge does not score an application; saying it again changes nothing.
///
/// # Errors
/// Refused for a text out of bounds, an application or judge that does not exist, and once the road-show is over.
pub async fn declare(tx: &mut Tx, by: By<'_>, conflict: &Conflict) -> Result<Application> {
    let (application, round) = locked(tx, conflict.application_id).await?;
    by.viewer.must(Act::Review, &[round.on()])?;
    let judge = judge_of(tx, &round, conflict.judge_id).await?;
    round.ensure_state(&[RoundState::Application, RoundState::Check, RoundState::RoadShow], "applicationId")?;
    let reason = check_text(&conflict.reason, TEXT_MAX, "reason")?;
    let known = store::conflicts_of(&mut *tx, &[application.id]).await?;
    if known.iter().all(|one| one.judge_id != judge.id) {
        store::insert_conflict(tx, &Conflict { reason, ..conflict.clone() }, by.viewer.actor()?).await?;
    }
    Ok(application)
}
