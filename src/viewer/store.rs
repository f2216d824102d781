//! Principals, roles and tokens in the database.

use chrono::{DateTime, Utc};

use super::{Role, token::Scope};
use crate::{
    db::{Result, Sql, Tx},
    id::{AreaId, FundId, PartyId, PrincipalId},
};

/// One role of a token's principal; a principal without roles gives one row without a role.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct GrantRow {
    /// The token's key.
    pub token_id: i64,
    /// Who holds it.
    pub principal_id: PrincipalId,
    /// What it may be used for.
    pub scope: Scope,
    /// When it ends; `None` for never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the hour.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The role.
    pub role: Option<Role>,
    /// The path of the area it is held on.
    pub area_path: Option<String>,
    /// The fund it is held on.
    pub fund_id: Option<FundId>,
    /// The party it is held on.
    pub party_id: Option<PartyId>,
}

/// The roles behind the token with this digest.
pub async fn grants_of_token<'c>(on: impl Sql<'c>, digest: &str) -> Result<Vec<GrantRow>> {
    on.sql(
        "SELECT t.id AS token_id, t.principal_id, t.scope, t.expires_at, t.last_used_at,
                g.role, a.path AS area_path, g.fund_id, g.party_id
         FROM token t
         LEFT JOIN role_grant g ON g.principal_id = t.principal_id
         LEFT JOIN area a ON a.id = g.area_id
         WHERE t.digest = $1
         ORDER BY g.id",
    )
    .bind(digest.to_owned())
    .all()
    .await
}

/// A role of a principal, whatever token they show.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HeldRow {
    /// The role.
    pub role: Role,
    /// The path of the area it is held on.
    pub area_path: Option<String>,
    /// The fund it is held on.
    pub fund_id: Option<FundId>,
    /// The party it is held on.
    pub party_id: Option<PartyId>,
}

/// The roles of a principal.
pub async fn grants_of_principal<'c>(on: impl Sql<'c>, principal: PrincipalId) -> Result<Vec<HeldRow>> {
    on.sql(
        "SELECT g.role, a.path AS area_path, g.fund_id, g.party_id
         FROM role_grant g LEFT JOIN area a ON a.id = g.area_id
         WHERE g.principal_id = $1
         ORDER BY g.id",
    )
    .bind(principal)
    .all()
    .await
}

/// Writes down that the token was used.
pub async fn set_last_used_at(tx: &mut Tx, token: i64, now: DateTime<Utc>) -> Result<u64> {
    tx.sql("UPDATE token SET last_used_at = $1 WHERE id = $2").bind(now).bind(token).execute().await
}

/// Keeps a token's digest.
pub async fn insert_token(
    tx: &mut Tx,
    principal: PrincipalId,
    digest: &str,
    scope: Scope,
    now: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO token (principal_id, digest, scope, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(principal)
    .bind(digest.to_owned())
    .bind(scope)
    .bind(now)
    .bind(expires_at)
    .execute()
    .await
}

/// When the token of this key ends.
pub async fn expiry_of_token<'c>(on: impl Sql<'c>, token: i64) -> Result<Option<(Option<DateTime<Utc>>,)>> {
    on.sql("SELECT expires_at FROM token WHERE id = $1").bind(token).optional().await
}

/// Sets when a token ends.
pub async fn set_expires_at(tx: &mut Tx, token: i64, at: DateTime<Utc>) -> Result<u64> {
    tx.sql("UPDATE token SET expires_at = $1 WHERE id = $2").bind(at).bind(token).execute().await
}

/// One role behind a token, as whoever keeps the tokens sees it; a token without roles is one row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TokenRow {
    /// The token's key.
    pub id: i64,
    /// Who holds it.
    pub principal: String,
    /// What it may be used for.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; `None` for never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the hour; `None` for never.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The role.
    pub role: Option<Role>,
    /// The name of the area, the code of the fund or the name of the party it is held on.
    pub held_on: Option<String>,
}

/// All tokens with the roles behind them, in the order they were made.
pub async fn tokens<'c>(on: impl Sql<'c>) -> Result<Vec<TokenRow>> {
    on.sql(
        "SELECT t.id, p.name AS principal, t.scope, t.created_at, t.expires_at, t.last_used_at,
                g.role, COALESCE(a.name, f.code, y.name) AS held_on
         FROM token t
         JOIN principal p ON p.id = t.principal_id
         LEFT JOIN role_grant g ON g.principal_id = t.principal_id
         LEFT JOIN area a ON a.id = g.area_id
         LEFT JOIN fund f ON f.id = g.fund_id
         LEFT JOIN party y ON y.id = g.party_id
         ORDER BY t.id, g.id",
    )
    .all()
    .await
}

/// Adds a principal unless there is one of this name.
pub async fn ensure_principal(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Result<u64> {
    tx.sql(
        "INSERT INTO principal (name, created_at) VALUES ($1, $2)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(name.to_owned())
    .bind(now)
    .execute()
    .await
}

/// Whether the principal holds this role on this.
pub async fn holds(
    tx: &mut Tx,
    principal: PrincipalId,
    role: Role,
    area: Option<AreaId>,
    fund: Option<FundId>,
    party: Option<PartyId>,
) -> Result<bool> {
    let found = tx
        .sql(
            "SELECT id FROM role_grant
             WHERE principal_id = $1 AND role = $2 AND (area_id = $3 OR fund_id = $4 OR party_id = $5)",
        )
        .bind(principal)
        .bind(role)
        .bind(area)
        .bind(fund)
        .bind(party)
        .optional::<(i64,)>()
        .await?;
    Ok(found.is_some())
}

/// The principal of this name.
pub async fn principal_by_name<'c>(on: impl Sql<'c>, name: &str) -> Result<Option<PrincipalId>> {
    let found = on.sql("SELECT id FROM principal WHERE name = $1").bind(name.to_owned()).optional::<(_,)>().await?;
    Ok(found.map(|(id,)| id))
}

/// Adds a principal.
pub async fn insert_principal(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Result<PrincipalId> {
    let (id,) = tx
        .sql("INSERT INTO principal (name, created_at) VALUES ($1, $2) RETURNING id")
        .bind(name.to_owned())
        .bind(now)
        .one()
        .await?;
    Ok(id)
}

/// Gives a principal a role on exactly one of an area, a fund and a party.
pub async fn insert_grant(
    tx: &mut Tx,
    principal: PrincipalId,
    role: Role,
    area: Option<AreaId>,
    fund: Option<FundId>,
    party: Option<PartyId>,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO role_grant (principal_id, role, area_id, fund_id, party_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(principal)
    .bind(role)
    .bind(area)
    .bind(fund)
    .bind(party)
    .execute()
    .await
}
