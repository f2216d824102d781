//! Mappings that are kept by name.

use super::{NAME_MAX, check_mapping, must_import};
use crate::{
    db::{Sql as _, Tx},
    error::{Refusal, Result, check_text},
    fund::{self, Fund},
    id::FundId,
    import::kind::Kind,
    viewer::By,
};

/// Keeps a mapping for imports into a fund; one of the same name is replaced. Gives the name.
///
/// # Errors
/// Refused for a fund that does not exist, a name that is empty or too long and a mapping that cannot be understood;
/// denied to who may not import into the fund.
pub async fn save(tx: &mut Tx, by: By<'_>, fund: FundId, kind: Kind, name: &str, mapping: &str) -> Result<String> {
    let fund = fund_of(tx, fund).await?;
    must_import(by, &fund, kind)?;
    let name = check_text(name, NAME_MAX, "name")?;
    check_mapping(mapping, kind, "mapping")?;
    tx.sql(
        "INSERT INTO import_mapping (fund_id, kind, name, mapping, principal_id, saved_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (fund_id, kind, name)
         DO UPDATE SET mapping = excluded.mapping, principal_id = excluded.principal_id, saved_at = excluded.saved_at",
    )
    .bind(fund.id)
    .bind(kind)
    .bind(name.clone())
    .bind(mapping.to_owned())
    .bind(by.viewer.actor()?)
    .bind(by.now)
    .execute()
    .await?;
    Ok(name)
}

/// The mapping of this name.
///
/// # Errors
/// Refused where there is none.
pub async fn find(tx: &mut Tx, by: By<'_>, fund: FundId, kind: Kind, name: &str) -> Result<String> {
    let fund = fund_of(tx, fund).await?;
    must_import(by, &fund, kind)?;
    let found: Option<(String,)> = tx
        .sql("SELECT mapping FROM import_mapping WHERE fund_id = $1 AND kind = $2 AND name = $3")
        .bind(fund.id)
        .bind(kind)
        .bind(name.trim().to_owned())
        .optional()
        .await?;
    found.map(|(mapping,)| mapping).ok_or_else(|| Refusal::NotFound { what: "mapping".into() }.at("mappingName"))
}

async fn fund_of(tx: &mut Tx, fund: FundId) -> Result<Fund> {
    let found = fund::store::by_ids(&mut *tx, &[fund]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))
}
