//! Claims (认领): a party takes a whole project, or some of its units, at their value.
//!
//! * A project says how many units it has and what one is worth before anybody claims it.
//! * Claims that stand never take more units than there are. They are decided behind the fund's head, so that
//!   two that come at once are decided one after the other.
//! * A claim that has expired frees its units to the next one, which lets it lapse.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    Pledge, PledgeKind, PledgeState, store,
    terms::{Sharing, UNITS_MAX},
};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_range},
    fund::head,
    id::{PledgeId, TargetId},
    ledger::place,
    money::Fen,
    viewer::{Act, By, On},
};

/// How a project may be claimed, and what is taken of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Room {
    /// The project.
    pub project_id: TargetId,
    /// How many units it has.
    pub units: i64,
    /// What one is worth.
    pub unit_value: Fen,
    /// How many units are claimed.
    pub taken: i64,
    /// How many claims leave no room for others.
    pub exclusive: i64,
}

impl Room {
    /// The value of one unit, and how many there are.
    pub(super) fn unit(&self) -> (Fen, i64) {
        (self.unit_value, self.units)
    }

    /// How many units there are in all.
    pub(super) fn all(&self) -> i64 {
        self.units
    }

    /// How many units are left to claim.
    pub fn left(&self) -> i64 {
        if self.exclusive > 0 { 0 } else { self.units - self.taken }
    }

    /// Takes `units`, or all of the project.
    ///
    /// # Errors
    /// [`Refusal::ClaimTaken`].
    pub(super) fn take(&mut self, units: Option<i64>, sharing: Sharing) -> Result<()> {
        let asked = units.unwrap_or(self.units);
        let left = if sharing == Sharing::Exclusive && self.taken > 0 { 0 } else { self.left() };
        if asked > left {
            return Err(Refusal::ClaimTaken { asked, left }.at("terms.claim.units"));
        }
        self.taken += asked;
        self.exclusive += i64::from(sharing == Sharing::Exclusive);
        Ok(())
    }
}

/// The room of projects that may be claimed, without claims that had expired on `today`.
pub(super) async fn rooms(tx: &mut Tx, projects: &[TargetId], today: NaiveDate) -> Result<HashMap<TargetId, Room>> {
    if projects.is_empty() {
        return Ok(HashMap::new());
    }
    let rooms = store::rooms(&mut *tx, projects, today).await?;
    Ok(rooms.into_iter().map(|room| (room.project_id, room)).collect())
}

/// Lets claims of projects lapse that had expired on `today`.
pub(super) async fn lapse_expired(tx: &mut Tx, projects: &[TargetId], today: NaiveDate) -> Result<()> {
    if !projects.is_empty() {
        store::lapse_expired(tx, projects, today).await?;
    }
    Ok(())
}

/// Says how a project may be claimed; saying it again changes what the next claims take.
///
/// # Errors
/// Refused for numbers out of bounds, a project that is not there or closed, and fewer units than are claimed.
pub async fn open(tx: &mut Tx, by: By<'_>, project: TargetId, units: i64, unit_value: Fen) -> Result<Room> {
    check_range(units, 1, UNITS_MAX, "units")?;
    check_amount(unit_value, "unitValue")?;
    let not_found = || Refusal::NotFound { what: "project".into() }.at("projectId");
    let fund = place::fund_of_target(tx, project).await.map_err(|_| not_found())?;
    head::lock(tx, fund).await?;
    let target = place::target(tx, project).await?;
    by.viewer.must(Act::RunProject, &[target.on()])?;
    if target.project_state.is_none() {
        return Err(not_found());
    }
    target.ensure_open("projectId")?;
    check_amount(Fen(unit_value.0.saturating_mul(units)), "unitValue")?;
    let taken = rooms(tx, &[project], by.today).await?.get(&project).map_or(0, |room| room.taken);
    if units < taken {
        return Err(Refusal::NumberOutOfRange { number: units, min: taken, max: UNITS_MAX }.at("units"));
    }
    lapse_expired(tx, &[project], by.today).await?;
    store::set_claimable(tx, project, units, unit_value).await?;
    let room = rooms(tx, &[project], by.today).await?.remove(&project);
    room.ok_or_else(|| anyhow::anyhow!("what was just opened to claims is not").into())
}

/// Gives back what a claim took, for its giver or for staff; giving it back twice is not an error.
///
/// # Errors
/// Refused when it is no claim, or it is fulfilled or has lapsed.
pub async fn release(tx: &mut Tx, by: By<'_>, id: PledgeId, on: NaiveDate) -> Result<Pledge> {
    let not_found = || Refusal::NotFound { what: "claim".into() }.at("pledgeId");
    let pledge = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, pledge.fund_id).await?;
    let pledge = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    let fund = place::fund(tx, pledge.fund_id).await?;
    by.viewer.must(Act::OfferPledge, &[fund.on(), On::Party(pledge.donor_id)])?;
    match (pledge.kind, pledge.state) {
        (PledgeKind::Claim, PledgeState::Cancelled) => Ok(pledge),
        (PledgeKind::Claim, PledgeState::Offered | PledgeState::Accepted) => {
            store::set_state(tx, id, PledgeState::Cancelled, Some(on)).await?;
            Ok(Pledge { state: PledgeState::Cancelled, ended_on: Some(on), ..pledge })
        }
        (PledgeKind::Claim, state) => {
            let accepted = "Offered or Accepted".into();
            Err(Refusal::PledgeState { state: format!("{state:?}"), accepted }.at("pledgeId"))
        }
        _ => Err(not_found()),
    }
}
