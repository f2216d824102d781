//! Tokens: 256 random bits with a prefix, shown once, kept as SHA-256.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest as _, Sha256};

use super::{Held, Viewer, store};
use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result},
    id::{FundId, PartyId, PrincipalId},
};

/// What every token begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "cobuild_";

/// What a token may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Queries only.
    Read,
    /// Queries and mutations.
    #[default]
    Write,
}

/// The use of a token is written down once in this time, so that a busy token is not a busy row.
const LAST_USE_EVERY: Duration = Duration::hours(1);

/// The digest under which a token is kept: SHA-256 in hexadecimal.
pub fn digest(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a token for `principal` and returns it; it is kept nowhere.
///
/// # Errors
/// A fault when the machine has no randomness or the database fails.
pub async fn issue(
    tx: &mut Tx,
    principal: PrincipalId,
    scope: Scope,
    now: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<String> {
    let mut bits = [0_u8; 32];
    getrandom::fill(&mut bits).map_err(|why| anyhow::anyhow!("no randomness for a token: {why}"))?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
    store::insert_token(tx, principal, &digest(&token), scope, now, expires_at).await?;
    Ok(token)
}

/// Who shows `token`; `None` when it is unknown or has expired. One statement.
///
/// # Errors
/// A fault when the database fails.
pub async fn authenticate<'c>(on: impl Sql<'c>, token: &str, now: DateTime<Utc>) -> Result<Option<(Viewer, Stale)>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let rows = store::grants_of_token(on, &digest(token)).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    if first.expires_at.is_some_and(|at| at <= now) {
        return Ok(None);
    }
    let stale = first.last_used_at.is_none_or(|at| now - at >= LAST_USE_EVERY).then_some(first.token_id);
    let held = |row: &store::GrantRow| Some((row.role?, held_on(&row.area_path, row.fund_id, row.party_id)?));
    let viewer = Viewer {
        principal: Some(first.principal_id),
        grants: rows.iter().filter_map(held).collect(),
        read_only: first.scope == Scope::Read,
        operator: false,
    };
    Ok(Some((viewer, stale)))
}

/// What a role is held on.
fn held_on(area_path: &Option<String>, fund: Option<FundId>, party: Option<PartyId>) -> Option<Held> {
    match (area_path, fund, party) {
        (Some(path), ..) => Some(Held::Area(path.clone())),
        (_, Some(fund), _) => Some(Held::Fund(fund)),
        (.., Some(party)) => Some(Held::Party(party)),
        _ => None,
    }
}

/// A principal with the roles held now, for work that goes on when no token is shown any more.
///
/// # Errors
/// A fault when the database fails.
pub async fn on_behalf<'c>(on: impl Sql<'c>, principal: PrincipalId) -> Result<Viewer> {
    let rows = store::grants_of_principal(on, principal).await?;
    let held = |row: &store::HeldRow| Some((row.role, held_on(&row.area_path, row.fund_id, row.party_id)?));
    let grants = rows.iter().filter_map(held).collect();
    Ok(Viewer { principal: Some(principal), grants, ..Viewer::public() })
}

/// The token whose last use is worth writing down again.
pub type Stale = Option<i64>;

/// Ends a token now; one that has ended stays as it is.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn revoke(tx: &mut Tx, token: i64, now: DateTime<Utc>) -> Result<()> {
    let Some((expires_at,)) = store::expiry_of_token(&mut *tx, token).await? else {
        return Err(Refusal::NotFound { what: "token".into() }.into());
    };
    if expires_at.is_none_or(|at| at > now) {
        store::set_expires_at(tx, token, now).await?;
    }
    Ok(())
}
