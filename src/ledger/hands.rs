//! Different hands: who proposed or recorded, who allocates, who pays and who is paid are different persons,
//! in funds that ask for it.

use super::place::TargetPlace;
use crate::{
    db::{Sql as _, Tx},
    error::{Refusal, Result},
    id::{DecisionId, PartyId, PrincipalId},
    viewer::By,
};

/// Checks that whoever allocates on `decision` neither proposed the target nor recorded the decision, and
/// does not speak for the group that it supports.
///
/// # Errors
/// [`Refusal::TwoPersons`] at `decisionId`, in a fund that asks for it.
pub async fn ensure_may_allocate(tx: &mut Tx, by: By<'_>, target: &TargetPlace, decision: DecisionId) -> Result<()> {
    if target.two_persons == 0 {
        return Ok(());
    }
    ensure_not_paid(by, target, target.group_id, "decisionId")?;
    let hands = tx.sql(
        "SELECT principal_id FROM target_proposer WHERE target_id = $1
         UNION ALL SELECT principal_id FROM decision_recorder WHERE decision_id = $2",
    );
    ensure_other(by, target, &hands.bind(target.id).bind(decision).all().await?, "decisionId")
}

/// Checks that whoever pays for a target neither proposed it, nor recorded a resolution on it, nor allocated
/// money to it, and does not speak for whoever is paid.
///
/// # Errors
/// [`Refusal::TwoPersons`] at `targetId` or `payeeId`, in a fund that asks for it.
pub async fn ensure_may_pay(tx: &mut Tx, by: By<'_>, target: &TargetPlace, payee: Option<PartyId>) -> Result<()> {
    if target.two_persons == 0 {
        return Ok(());
    }
    ensure_not_paid(by, target, payee, "payeeId")?;
    ensure_not_paid(by, target, target.group_id, "targetId")?;
    let hands = tx.sql(
        "SELECT principal_id FROM target_proposer WHERE target_id = $1
         UNION ALL
         SELECT r.principal_id FROM decision_recorder r
         JOIN decision d ON d.id = r.decision_id WHERE d.target_id = $1
         UNION ALL
         SELECT e.actor_id FROM entry e JOIN decision d ON d.id = e.decision_id
         WHERE d.target_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)",
    );
    ensure_other(by, target, &hands.bind(target.id).all().await?, "targetId")
}

fn ensure_not_paid(by: By<'_>, target: &TargetPlace, payee: Option<PartyId>, field: &str) -> Result<()> {
    if payee.is_some_and(|payee| by.viewer.speaks_for(payee)) {
        return Err(refused(target).at(field));
    }
    Ok(())
}

fn ensure_other(by: By<'_>, target: &TargetPlace, hands: &[(PrincipalId,)], field: &str) -> Result<()> {
    if hands.contains(&(by.viewer.actor()?,)) {
        return Err(refused(target).at(field));
    }
    Ok(())
}

fn refused(target: &TargetPlace) -> Refusal {
    Refusal::TwoPersons { fund: target.fund_name.clone() }
}
