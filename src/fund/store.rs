//! Hosts, purposes and funds in the database.

use super::{Fund, FundFilter, Host, Purpose};
use crate::{
    db::{Result, Sql, Tx},
    id::{AreaId, FundId, HostId, PartyId, PurposeId},
    page::Page,
};

crate::part!(Fund { id, host_id, area_id, code, name, opened_on, seats, quorum, area_path });

/// A purpose, and a fund that has it on its allow-list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PurposeOfFund {
    /// The fund.
    pub fund_id: FundId,
    /// The purpose.
    #[sqlx(flatten)]
    pub purpose: Purpose,
}

/// The funds that `rest` leaves, with their areas.
macro_rules! fund {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.host_id, f.area_id, f.code, f.name, f.opened_on, f.seats, f.quorum, a.path AS area_path
             FROM fund f JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The hosts of these keys.
pub async fn hosts_by_ids<'c>(on: impl Sql<'c>, ids: &[HostId]) -> Result<Vec<Host>> {
    on.sql("SELECT id, party_id, area_id FROM host WHERE id IN (..)").bind_list(ids).all().await
}

/// The host that a party is.
pub async fn host_of_party<'c>(on: impl Sql<'c>, party: PartyId) -> Result<Option<Host>> {
    on.sql("SELECT id, party_id, area_id FROM host WHERE party_id = $1").bind(party).optional().await
}

/// A page of all hosts.
pub async fn hosts<'c>(on: impl Sql<'c>, page: &Page) -> Result<Vec<Host>> {
    on.sql("SELECT id, party_id, area_id FROM host WHERE true {page}").page(page, "id").all().await
}

/// Adds a host.
pub async fn insert_host(tx: &mut Tx, party: PartyId, area: AreaId) -> Result<Host> {
    tx.sql("INSERT INTO host (party_id, area_id) VALUES ($1, $2) RETURNING id, party_id, area_id")
        .bind(party)
        .bind(area)
        .one()
        .await
}

/// The purposes of these keys.
pub async fn purposes_by_ids<'c>(on: impl Sql<'c>, ids: &[PurposeId]) -> Result<Vec<Purpose>> {
    on.sql("SELECT id, parent_id, depth, code, name FROM purpose WHERE id IN (..)").bind_list(ids).all().await
}

/// The purpose of this code.
pub async fn purpose_by_code<'c>(on: impl Sql<'c>, code: &str) -> Result<Option<Purpose>> {
    on.sql("SELECT id, parent_id, depth, code, name FROM purpose WHERE code = $1")
        .bind(code.to_owned())
        .optional()
        .await
}

/// A page of all purposes.
pub async fn purposes<'c>(on: impl Sql<'c>, page: &Page) -> Result<Vec<Purpose>> {
    on.sql("SELECT id, parent_id, depth, code, name FROM purpose WHERE true {page}").page(page, "id").all().await
}

/// A page of the purposes directly below each of `parents`.
pub async fn purposes_of_parents<'c>(on: impl Sql<'c>, parents: &[PurposeId], page: &Page) -> Result<Vec<Purpose>> {
    on.sql("SELECT id, parent_id, depth, code, name FROM purpose WHERE parent_id = {owner} {page}")
        .page(page, "id")
        .each_of(parents)
        .all()
        .await
}

/// A page of each fund's allow-list.
pub async fn purposes_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<PurposeOfFund>> {
    on.sql(
        "SELECT l.fund_id AS fund_id, p.id AS id, p.parent_id AS parent_id, p.depth AS depth, p.code AS code,
                p.name AS name
         FROM fund_purpose l JOIN purpose p ON p.id = l.purpose_id
         WHERE l.fund_id = {owner} {page}",
    )
    .page(page, "l.purpose_id")
    .each_of(funds)
    .all()
    .await
}

/// A purpose of the fund's allow-list that covers `purpose`.
pub async fn allowance<'c>(on: impl Sql<'c>, fund: FundId, purpose: PurposeId) -> Result<Option<(PurposeId,)>> {
    on.sql(
        "SELECT l.purpose_id FROM fund_purpose l
         JOIN purpose_closure c ON c.ancestor_id = l.purpose_id
         WHERE l.fund_id = $1 AND c.descendant_id = $2
         LIMIT 1",
    )
    .bind(fund)
    .bind(purpose)
    .optional()
    .await
}

/// Adds a purpose.
pub async fn insert_purpose(
    tx: &mut Tx,
    parent: Option<PurposeId>,
    depth: i64,
    code: &str,
    name: &str,
) -> Result<PurposeId> {
    let (id,) = tx
        .sql("INSERT INTO purpose (parent_id, depth, code, name) VALUES ($1, $2, $3, $4) RETURNING id")
        .bind(parent)
        .bind(depth)
        .bind(code.to_owned())
        .bind(name.to_owned())
        .one()
        .await?;
    Ok(id)
}

/// Writes down what is above a new purpose, and itself.
pub async fn insert_closure(tx: &mut Tx, purpose: PurposeId, parent: Option<PurposeId>) -> Result<u64> {
    tx.sql(
        "INSERT INTO purpose_closure (ancestor_id, descendant_id)
         SELECT ancestor_id, CAST($1 AS BIGINT) FROM purpose_closure WHERE descendant_id = $2
         UNION ALL
         SELECT CAST($1 AS BIGINT), CAST($1 AS BIGINT)",
    )
    .bind(purpose)
    .bind(parent)
    .execute()
    .await
}

/// The funds of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[FundId]) -> Result<Vec<Fund>> {
    on.sql(fund!("WHERE f.id IN (..)")).bind_list(ids).all().await
}

/// The fund of this code.
pub async fn by_code<'c>(on: impl Sql<'c>, code: &str) -> Result<Option<Fund>> {
    on.sql(fund!("WHERE f.code = $1")).bind(code.to_owned()).optional().await
}

/// The fund that an area owns.
pub async fn of_area<'c>(on: impl Sql<'c>, area: AreaId) -> Result<Option<Fund>> {
    on.sql(fund!("WHERE f.area_id = $1")).bind(area).optional().await
}

/// A page of the funds that pass `filter`.
pub async fn all<'c>(on: impl Sql<'c>, filter: FundFilter, page: &Page) -> Result<Vec<Fund>> {
    on.sql(fund!(
        "WHERE (f.host_id = $1 OR $1 IS NULL)
           AND (EXISTS (SELECT 1 FROM area top
                        WHERE top.id = $2 AND substr(a.path, 1, length(top.path)) = top.path)
                OR $2 IS NULL)
           {page}"
    ))
    .bind(filter.host)
    .bind(filter.area)
    .page(page, "f.id")
    .all()
    .await
}

/// A page of the funds that each of `hosts` holds.
pub async fn of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId], page: &Page) -> Result<Vec<Fund>> {
    on.sql(fund!("WHERE f.host_id = {owner} {page}")).page(page, "f.id").each_of(hosts).all().await
}

/// Adds a fund, whose key is given and not read.
pub async fn insert(tx: &mut Tx, fund: &Fund) -> Result<FundId> {
    let (id,) = tx
        .sql(
            "INSERT INTO fund (host_id, area_id, code, name, opened_on, seats, quorum)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(fund.host_id)
        .bind(fund.area_id)
        .bind(fund.code.clone())
        .bind(fund.name.clone())
        .bind(fund.opened_on)
        .bind(fund.seats)
        .bind(fund.quorum)
        .one()
        .await?;
    Ok(id)
}

/// Puts purposes on a fund's allow-list.
pub async fn insert_purposes(tx: &mut Tx, fund: FundId, purposes: &[PurposeId]) -> Result<u64> {
    tx.insert_all("INSERT INTO fund_purpose (fund_id, purpose_id) VALUES (..)", purposes, |row, purpose| {
        row.bind(fund).bind(*purpose)
    })
    .await
}

/// Adds the head of a new fund.
pub async fn insert_head(tx: &mut Tx, fund: FundId) -> Result<u64> {
    tx.sql("INSERT INTO fund_head (fund_id, seq, last_key, hash) VALUES ($1, 0, 0, 'GENESIS')")
        .bind(fund)
        .execute()
        .await
}

/// Which of these funds ask for different hands.
pub async fn two_persons<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<(FundId,)>> {
    on.sql("SELECT id FROM fund WHERE two_persons_since IS NOT NULL AND id IN (..)").bind_list(funds).all().await
}

/// Sets after which entry a fund asks for different hands; `None` when it does not.
pub async fn set_two_persons_since(tx: &mut Tx, fund: FundId, since: Option<i64>) -> Result<u64> {
    tx.sql("UPDATE fund SET two_persons_since = $1 WHERE id = $2").bind(since).bind(fund).execute().await
}
