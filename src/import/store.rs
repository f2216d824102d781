//! The parties that may be the givers of a file, in the database.

use super::giver::Identity;
use crate::{
    db::{Result, Sql},
    id::PartyId,
    party::PartyKind,
};

/// A party that may be meant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Candidate {
    /// The party.
    pub id: PartyId,
    /// What kind of giver it is.
    pub kind: PartyKind,
    /// The name.
    pub name: String,
    /// The name as it is compared.
    pub name_key: String,
    /// The unified social credit code.
    pub credit_code: Option<String>,
    /// Its number in another system.
    pub external_id: Option<String>,
    /// 1 where it is active in the area or below it.
    pub is_active: i64,
}

/// The parties that these identities may mean: by credit code wherever they are active, by external id
/// and by name those that are active in the area of this path or below it.
pub(super) async fn candidates<'c>(on: impl Sql<'c>, path: &str, identities: &[&Identity]) -> Result<Vec<Candidate>> {
    // A list in a statement is never empty; no party has an empty code, number or name.
    let list = |of: &dyn Fn(&Identity) -> Option<&str>| -> Vec<&str> {
        let mut values: Vec<&str> = identities.iter().filter_map(|&identity| of(identity)).chain([""]).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let codes = list(&|identity| identity.credit_code.as_deref());
    let external_ids = list(&|identity| identity.external_id.as_deref());
    let name_keys = list(&|identity| Some(&identity.name_key));
    on.sql(
        "SELECT c.id, c.kind, c.name, c.name_key, c.credit_code, c.external_id,
                CASE WHEN EXISTS (
                    SELECT 1 FROM party_area o JOIN area a ON a.id = o.area_id
                    WHERE o.party_id = c.id AND substr(a.path, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT))
                THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_active
         FROM (
             SELECT id, kind, name, name_key, credit_code, external_id FROM party WHERE credit_code IN (..)
             UNION
             SELECT id, kind, name, name_key, credit_code, external_id FROM party p
             WHERE external_id IN (..)
               AND EXISTS (
                   SELECT 1 FROM party_area o JOIN area a ON a.id = o.area_id
                   WHERE o.party_id = p.id AND substr(a.path, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT))
             UNION
             SELECT id, kind, name, name_key, credit_code, external_id FROM party p
             WHERE name_key IN (..)
               AND EXISTS (
                   SELECT 1 FROM party_area o JOIN area a ON a.id = o.area_id
                   WHERE o.party_id = p.id AND substr(a.path, 1, length(CAST($1 AS TEXT))) = CAST($1 AS TEXT))) AS c
         ORDER BY c.id",
    )
    .bind(path.to_owned())
    .bind_list(&codes)
    .bind_list(&external_ids)
    .bind_list(&name_keys)
    .all()
    .await
}
