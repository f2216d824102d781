//! Expenses in the database.

use crate::{
    db::{Result, Sql as _, Tx},
    id::PurposeId,
};

/// The name of `purpose` and whether it is `above` or lies below it; `None` when there is no such purpose.
pub async fn purpose_below(tx: &mut Tx, above: PurposeId, purpose: PurposeId) -> Result<Option<(String, bool)>> {
    let found = tx
        .sql(
            "SELECT p.name, CASE WHEN EXISTS (
                 SELECT 1 FROM purpose_closure c WHERE c.ancestor_id = $1 AND c.descendant_id = p.id)
             THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
             FROM purpose p WHERE p.id = $2",
        )
        .bind(above)
        .bind(purpose)
        .optional::<(String, i64)>()
        .await?;
    Ok(found.map(|(name, below)| (name, below == 1)))
}
