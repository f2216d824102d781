//! Receipts and lots in the database, for those who give and those who book.

use std::collections::HashMap;

use crate::{
    db::{Result, Sql as _, Tx},
    id::FundId,
};

/// The last version of each channel and reference in a fund, and whether its entry still stands.
pub async fn versions(
    tx: &mut Tx,
    fund: FundId,
    references: &[(String, String)],
) -> Result<HashMap<(String, String), (i64, bool)>> {
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    let names: Vec<&str> = references.iter().map(|(_, reference)| reference.as_str()).collect();
    let rows: Vec<(String, String, i64, i64)> = tx
        .sql(
            "SELECT r.channel, r.external_ref, r.version,
                    CASE WHEN EXISTS (
                        SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id WHERE e.receipt_id = r.id)
                    THEN CAST(0 AS BIGINT) ELSE CAST(1 AS BIGINT) END
             FROM receipt r
             WHERE r.fund_id = $1 AND r.external_ref IN (..)
             ORDER BY r.version",
        )
        .bind(fund)
        .bind_list(&names)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(channel, name, version, stands)| ((channel, name), (version, stands == 1))).collect())
}
