//! Purposes: what money may be used for, one tree for all funds.
//!
//! * A purpose stays where it was added; its closure holds itself and everything above it.
//! * The narrower, the deeper: money given for a narrow purpose is drawn before money for a wide one.

use async_graphql::SimpleObject;

use super::{CODE_MAX, NAME_MAX, store};
use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result, check_text},
    id::{FundId, PurposeId},
    viewer::{Act, By},
};

/// What money may be used for.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Purpose {
    /// The key.
    #[graphql(skip)]
    pub id: PurposeId,
    /// The purpose above; `None` for a root.
    #[graphql(skip)]
    pub parent_id: Option<PurposeId>,
    /// How many purposes are above it: 0 for a root.
    pub depth: i64,
    /// Its short name, unlike any other purpose's.
    pub code: String,
    /// What it is called.
    pub name: String,
}

/// The most purposes above one: the ranks of restrictions have room for as many.
pub const DEPTH_MAX: i64 = 39;

/// Adds a purpose below `parent`, or at the top. The tree is everybody's, so a set-up right anywhere is
/// enough.
///
/// # Errors
/// Refused for a text that is empty or too long, a code that is taken, and a parent that does not exist
/// or is too deep.
pub async fn purpose_create(
    tx: &mut Tx,
    by: By<'_>,
    parent: Option<PurposeId>,
    code: &str,
    name: &str,
) -> Result<Purpose> {
    let somewhere = by.viewer.reach(Act::SetUp).is_none_or(|held| !held.is_empty());
    if by.viewer.read_only || !somewhere {
        return Err(by.viewer.denied(Act::SetUp));
    }
    let code = check_text(code, CODE_MAX, "code")?;
    let name = check_text(name, NAME_MAX, "name")?;
    if store::purpose_by_code(&mut *tx, &code).await?.is_some() {
        return Err(Refusal::NameTaken { name: code }.at("code"));
    }
    let above = match parent {
        Some(id) => {
            let found = store::purposes_by_ids(&mut *tx, &[id]).await?.pop();
            Some(found.ok_or_else(|| Refusal::NotFound { what: "purpose".into() }.at("parentId"))?)
        }
        None => None,
    };
    let depth = above.as_ref().map_or(0, |above| above.depth + 1);
    if depth > DEPTH_MAX {
        return Err(Refusal::PurposeTooDeep { max: DEPTH_MAX }.at("parentId"));
    }
    let id = store::insert_purpose(tx, parent, depth, &code, &name).await?;
    store::insert_closure(tx, id, parent).await?;
    Ok(Purpose { id, parent_id: parent, depth, code, name })
}

/// Whether `fund` may spend on `purpose`: it or a purpose above it is on the allow-list.
pub async fn purpose_allowed<'c>(on: impl Sql<'c>, fund: FundId, purpose: PurposeId) -> Result<bool> {
    Ok(store::allowance(on, fund, purpose).await?.is_some())
}
