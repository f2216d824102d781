//! Related parties in the database.

use chrono::NaiveDate;

use super::RelatedParty;
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, HostId, PartyId, PrincipalId, RelatedPartyId},
    ledger::document::{ExpenseDocument, Lot},
    page::Page,
};

/// What a party is related to, as far as a declaration has to know it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Place {
    /// The host.
    pub host_id: HostId,
    /// The fund; `None` for the host itself.
    pub fund_id: Option<FundId>,
    /// The path of its area.
    pub area_path: String,
}

/// A host.
pub async fn host<'c>(on: impl Sql<'c>, id: HostId) -> Result<Option<Place>> {
    on.sql(
        "SELECT h.id AS host_id, CAST(NULL AS BIGINT) AS fund_id, a.path AS area_path
         FROM host h JOIN area a ON a.id = h.area_id WHERE h.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// A fund.
pub async fn fund<'c>(on: impl Sql<'c>, id: FundId) -> Result<Option<Place>> {
    on.sql(
        "SELECT f.host_id, f.id AS fund_id, a.path AS area_path
         FROM fund f JOIN area a ON a.id = f.area_id WHERE f.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Makes the declarations of one host run one after another.
pub async fn lock(tx: &mut Tx, host: HostId) -> Result<u64> {
    tx.sql("UPDATE host SET area_id = area_id WHERE id = $1").bind(host).execute().await
}

/// The declarations of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[RelatedPartyId]) -> Result<Vec<RelatedParty>> {
    on.sql("SELECT id, host_id, fund_id, party_id, reason, valid_from, valid_to FROM related_party WHERE id IN (..)")
        .bind_list(ids)
        .all()
        .await
}

/// All declarations about each of these parties.
pub async fn of_parties<'c>(on: impl Sql<'c>, parties: &[PartyId]) -> Result<Vec<RelatedParty>> {
    on.sql(
        "SELECT id, host_id, fund_id, party_id, reason, valid_from, valid_to FROM related_party
         WHERE party_id IN (..) ORDER BY id",
    )
    .bind_list(parties)
    .all()
    .await
}

/// A declaration, as it is one about a fund.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfFund {
    /// The fund.
    pub of_fund: FundId,
    /// The declaration.
    #[sqlx(flatten)]
    pub row: RelatedParty,
}

/// A page of the declarations about each fund or its host, in the order they were made.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<OfFund>> {
    on.sql(
        "SELECT f.id AS of_fund, r.id, r.host_id, r.fund_id, r.party_id, r.reason, r.valid_from, r.valid_to
         FROM fund f JOIN related_party r ON r.host_id = f.host_id AND (r.fund_id IS NULL OR r.fund_id = f.id)
         WHERE f.id = {owner} {page}",
    )
    .page(page, "r.id")
    .each_of(funds)
    .all()
    .await
}

/// Adds a declaration.
pub async fn insert(tx: &mut Tx, row: &RelatedParty, actor: PrincipalId) -> Result<RelatedPartyId> {
    let (id,) = tx
        .sql(
            "INSERT INTO related_party (host_id, fund_id, party_id, reason, valid_from, recorded_by)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(row.host_id)
        .bind(row.fund_id)
        .bind(row.party_id)
        .bind(row.reason.clone())
        .bind(row.valid_from)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Sets the last day of a declaration.
pub async fn set_valid_to(tx: &mut Tx, id: RelatedPartyId, on: NaiveDate) -> Result<u64> {
    tx.sql("UPDATE related_party SET valid_to = $1 WHERE id = $2").bind(on).bind(id).execute().await
}

/// A page of each fund's expenses to parties that were related on the day, by that day.
pub async fn expenses_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<ExpenseDocument>> {
    on.sql(
        "SELECT x.id, x.fund_id, x.target_id, x.payee_id, x.purpose_id, x.asset, x.amount, x.incurred_on, x.note
         FROM expense x JOIN fund f ON f.id = x.fund_id
         WHERE x.fund_id = {owner} AND EXISTS (
             SELECT 1 FROM related_party r
             WHERE r.party_id = x.payee_id AND r.host_id = f.host_id AND (r.fund_id IS NULL OR r.fund_id = f.id)
               AND r.valid_from <= x.incurred_on AND (r.valid_to IS NULL OR r.valid_to >= x.incurred_on)) {page}",
    )
    .page(page, "x.incurred_on, x.id")
    .each_of(funds)
    .all()
    .await
}

/// A page of each fund's gifts from parties that were related on the day, by that day.
pub async fn lots_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Lot>> {
    on.sql(
        "SELECT l.id, l.fund_id, l.receipt_id, l.line_no, l.parent_id, l.donor_id, l.earmark_id, l.due_id, l.class,
                l.asset, l.amount, l.received_on
         FROM lot l JOIN fund f ON f.id = l.fund_id
         WHERE l.fund_id = {owner} AND EXISTS (
             SELECT 1 FROM related_party r
             WHERE r.party_id = l.donor_id AND r.host_id = f.host_id AND (r.fund_id IS NULL OR r.fund_id = f.id)
               AND r.valid_from <= l.received_on AND (r.valid_to IS NULL OR r.valid_to >= l.received_on)) {page}",
    )
    .page(page, "l.received_on, l.id")
    .each_of(funds)
    .all()
    .await
}
