//! Giving roles: what the person at the command line does before anybody can ask for anything.

use chrono::{DateTime, Utc};

use super::{Role, Viewer, store};
use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    id::{AreaId, FundId, PartyId, PrincipalId},
};

/// In whose name the command line acts.
pub const OPERATOR: &str = "operator";

/// What a role is given on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// An area and all below it.
    Area(AreaId),
    /// One fund.
    Fund(FundId),
    /// One party, which the holder speaks for.
    Party(PartyId),
}

/// The principal of this name, added where there is none.
///
/// # Errors
/// A fault when the database fails.
pub async fn principal(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Result<PrincipalId> {
    if let Some(found) = store::principal_by_name(&mut *tx, name).await? {
        return Ok(found);
    }
    // Another process may add it in this moment.
    store::ensure_principal(tx, name, now).await?;
    let found = store::principal_by_name(&mut *tx, name).await?;
    found.ok_or_else(|| anyhow::anyhow!("the principal that was just added is not there").into())
}

/// Gives a principal a role, once.
///
/// # Errors
/// [`Error::BadInput`] when the role does not fit: a representative speaks for a party, and nobody else does.
pub async fn give(tx: &mut Tx, principal: PrincipalId, role: Role, scene: Scene) -> Result<()> {
    if (role == Role::PartyRepresentative) != matches!(scene, Scene::Party(_)) {
        let why = "A party representative is given a party; every other role is given an area or a fund.";
        return Err(Error::BadInput(why.into()));
    }
    let (area, fund, party) = match scene {
        Scene::Area(area) => (Some(area), None, None),
        Scene::Fund(fund) => (None, Some(fund), None),
        Scene::Party(party) => (None, None, Some(party)),
    };
    if !store::holds(tx, principal, role, area, fund, party).await? {
        store::insert_grant(tx, principal, role, area, fund, party).await?;
    }
    Ok(())
}

/// The person at the command line, as a viewer who may do everything.
///
/// # Errors
/// A fault when the database fails.
pub async fn operator(db: &Db, now: DateTime<Utc>) -> Result<Viewer> {
    // Read first: most commands find it, and need not write.
    if let Some(found) = store::principal_by_name(db, OPERATOR).await? {
        return Ok(Viewer::operator(found));
    }
    let mut tx = db.begin().await?;
    let found = principal(&mut tx, OPERATOR, now).await;
    Ok(Viewer::operator(super::settle(tx, found).await?))
}
