//! Agreements in the database.

use super::{Agreement, AgreementDraft};
use crate::{
    db::{Result, Sql, Tx},
    id::{AgreementId, FundId, PartyId, PrincipalId, TargetId},
    page::Page,
};

/// The agreements of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[AgreementId]) -> Result<Vec<Agreement>> {
    on.sql(
        "SELECT id, fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps
         FROM agreement WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The agreements of these keys, of which there may be none.
pub async fn by_ids_or_none<'c>(on: impl Sql<'c>, ids: &[AgreementId]) -> Result<Vec<Agreement>> {
    if ids.is_empty() { Ok(vec![]) } else { by_ids(on, ids).await }
}

/// The agreement of this number in a fund.
pub async fn by_number<'c>(on: impl Sql<'c>, fund: FundId, number: &str) -> Result<Option<Agreement>> {
    on.sql(
        "SELECT id, fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps
         FROM agreement WHERE fund_id = $1 AND number = $2",
    )
    .bind(fund)
    .bind(number.to_owned())
    .optional()
    .await
}

/// A page of each fund's agreements, in the order they were recorded.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Agreement>> {
    on.sql(
        "SELECT id, fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps
         FROM agreement WHERE fund_id = {owner} {page}",
    )
    .page(page, "id")
    .each_of(funds)
    .all()
    .await
}

/// A page of what each party signed, in the order it was recorded.
pub async fn of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId], page: &Page) -> Result<Vec<Agreement>> {
    on.sql(
        "SELECT id, fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps
         FROM agreement WHERE party_id = {owner} {page}",
    )
    .page(page, "id")
    .each_of(parties)
    .all()
    .await
}

/// A project that an agreement carries.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Carried {
    /// The agreement.
    pub agreement_id: AgreementId,
    /// The project.
    pub project_id: TargetId,
}

/// The projects that agreements carry.
pub async fn projects_of<'c>(on: impl Sql<'c>, agreements: &[AgreementId]) -> Result<Vec<Carried>> {
    on.sql(
        "SELECT agreement_id, project_id FROM agreement_project
         WHERE agreement_id IN (..) ORDER BY agreement_id, project_id",
    )
    .bind_list(agreements)
    .all()
    .await
}

/// Adds an agreement with the projects it carries.
pub async fn insert(tx: &mut Tx, draft: &AgreementDraft, actor: PrincipalId) -> Result<Agreement> {
    let agreement: Agreement = tx
        .sql(
            "INSERT INTO agreement (fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps,
                                    principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             RETURNING id, fund_id, party_id, number, kind, valid_from, valid_to, promises, revenue_bps",
        )
        .bind(draft.fund)
        .bind(draft.party)
        .bind(draft.number.clone())
        .bind(draft.kind)
        .bind(draft.valid_from)
        .bind(draft.valid_to)
        .bind(draft.promises.clone())
        .bind(draft.revenue_bps)
        .bind(actor)
        .one()
        .await?;
    tx.insert_all(
        "INSERT INTO agreement_project (agreement_id, project_id) VALUES (..)",
        &draft.projects,
        |row, project| row.bind(agreement.id).bind(*project),
    )
    .await?;
    Ok(agreement)
}
