//! Different hands: who proposed or recorded, who allocates, who pays and who is paid are different persons,
//! in funds that ask for it.

use super::place::TargetPlace;
use crate::{
    db::{Sql as _, Tx},
    error::{Refusal, Result},
    id::{DecisionId, PartyId, PrincipalId},
    viewer::By,
};

/// What somebody did for a target before.
#[derive(Debug, sqlx::FromRow)]
struct Hand {
    /// Who.
    principal_id: PrincipalId,
    /// 0 proposed it, 1 recorded a resolution on it, 2 allocated money to it.
    did: i64,
}

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
        "SELECT principal_id, CAST(0 AS BIGINT) AS did FROM target_proposer WHERE target_id = $1
         UNION ALL SELECT principal_id, CAST(1 AS BIGINT) FROM decision_recorder WHERE decision_id = $2",
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
        "SELECT principal_id, CAST(0 AS BIGINT) AS did FROM target_proposer WHERE target_id = $1
         UNION ALL
         SELECT r.principal_id, CAST(1 AS BIGINT) FROM decision_recorder r
         JOIN decision d ON d.id = r.decision_id WHERE d.target_id = $1
         UNION ALL
         SELECT e.actor_id, CAST(2 AS BIGINT) FROM entry e JOIN decision d ON d.id = e.decision_id
         WHERE d.target_id = $1 AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)",
    );
    ensure_other(by, target, &hands.bind(target.id).all().await?, "targetId")
}

fn ensure_not_paid(by: By<'_>, target: &TargetPlace, payee: Option<PartyId>, field: &str) -> Result<()> {
    if payee.is_some_and(|payee| by.viewer.speaks_for(payee)) {
        return Err(refused(target, "speaks for the receiver").at(field));
    }
    Ok(())
}

fn ensure_other(by: By<'_>, target: &TargetPlace, hands: &[Hand], field: &str) -> Result<()> {
    let actor = by.viewer.actor()?;
    let Some(hand) = hands.iter().find(|hand| hand.principal_id == actor) else { return Ok(()) };
    let before = match hand.did {
        0 => "proposed it",
        1 => "recorded the resolution",
        _ => "allocated the money",
    };
    Err(refused(target, before).at(field))
}

fn refused(target: &TargetPlace, before: &str) -> Refusal {
    Refusal::TwoPersons { fund: target.fund_name.clone(), before: before.to_owned() }
}
