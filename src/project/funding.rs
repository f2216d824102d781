//! How a project is funded: who raises which part, the least that must come by a day, and the way back when it does not.
//!
//! * Beside the fund's own part, what residents, partners and others raise counts: in the fund and given for this project
//!   alone, or paid beside the fund with evidence.
//! * Work does not begin before the minimum is raised.
//! * A minimum that was missed closes the project to money. What was given for it alone is given back, or its giver agrees
//!   to another use; the project is cancelled once nothing of it waits.
//! * What was asked for, and that it was missed, stays as it was written.

use chrono::NaiveDate;

use super::{
    Condition, FundingPart, FundingSource, Project, ProjectState,
    state::{check_day, facts, go, locked},
    store,
};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_amount},
    id::TargetId,
    money::Fen,
    viewer::{Act, By},
};

/// The least that must be raised for a project by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundingGoal {
    /// The project; not read where it is proposed.
    pub project_id: TargetId,
    /// The least that residents, partners and others raise together.
    pub minimum: Fen,
    /// The last day on which that counts.
    pub deadline: Date,
}

/// What was raised for a project by one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Raised {
    /// The project.
    pub project_id: TargetId,
    /// Who raised it.
    pub source: FundingSource,
    /// How much.
    pub amount: Fen,
    /// What of it was given for this project alone and waits in the fund.
    pub bound: Fen,
}

/// That the funding minimum of a project was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundingMiss {
    /// The project.
    pub project_id: TargetId,
    /// The day.
    pub missed_on: Date,
    /// What others than the fund had raised.
    pub raised: Fen,
    /// What of it was given for this project alone and waited in the fund.
    pub bound: Fen,
}

/// Checks a goal against the plan of the project it is for.
///
/// # Errors
/// Refused for an amount out of bounds, a deadline before the project is proposed, and more than the plan asks of others
/// than the fund.
pub(super) fn check_goal(goal: &FundingGoal, plan: &[FundingPart], proposed_on: NaiveDate) -> Result<()> {
    check_amount(goal.minimum, "funding.minimum")?;
    if goal.deadline.0 < proposed_on {
        let refusal = Refusal::PeriodReversed { from: proposed_on, to: goal.deadline.0 };
        return Err(refusal.at("funding.deadline"));
    }
    let beside: Fen = plan.iter().filter(|part| part.source != FundingSource::Fund).map(|part| part.amount).sum();
    if goal.minimum > beside {
        return Err(Refusal::FundingMinimum { minimum: goal.minimum, beside }.at("funding.minimum"));
    }
    Ok(())
}

/// States that the funding minimum of a project was missed on the day `on`: nothing more is given for it, and what was
/// given for it alone goes back or to another use.
///
/// # Errors
/// Refused for a project that does not exist, a day to come, before the last move or not after the deadline, and what
/// [`super::may_move`] refuses.
pub async fn funding_miss(tx: &mut Tx, by: By<'_>, project: TargetId, on: NaiveDate) -> Result<Project> {
    let project = locked(tx, by, project, Act::BookContribution).await?;
    check_day(by, &project, on, "missedOn")?;
    let facts = facts(tx, by, project.id).await?;
    if let (Some(minimum), Some(deadline)) = (facts.minimum, facts.deadline)
        && on <= deadline.0
    {
        let raised = facts.raised;
        return Err(Refusal::FundingNotMissed { minimum, deadline: deadline.0, raised }.at("missedOn"));
    }
    let (id, facts) = (project.id, facts.recorded(Condition::Missed));
    let missed = go(tx, by, project, facts, ProjectState::FundingMissed, on).await?;
    let miss = FundingMiss { project_id: id, missed_on: on.into(), raised: facts.raised, bound: facts.bound };
    store::insert_miss(tx, &miss, by.viewer.actor()?).await?;
    Ok(missed)
}
