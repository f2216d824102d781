//! Committees, seats, terms and rules in the database.

use chrono::NaiveDate;

use super::super::{Committee, CommitteeSeat, Holder, Rule, SeatDraft};
use crate::{
    clock::Date,
    db::{Result, Sql, Tx},
    id::{AreaId, CommitteeId, FundId, PrincipalId, SeatId},
};

/// The committees of these keys.
pub async fn committees_by_ids<'c>(on: impl Sql<'c>, ids: &[CommitteeId]) -> Result<Vec<Committee>> {
    on.sql("SELECT id, fund_id, area_id, kind, name, formed_on FROM committee WHERE id IN (..)")
        .bind_list(ids)
        .all()
        .await
}

/// The committees of these funds.
pub async fn committees_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Committee>> {
    on.sql("SELECT id, fund_id, area_id, kind, name, formed_on FROM committee WHERE fund_id IN (..)")
        .bind_list(funds)
        .all()
        .await
}

/// The leading groups of these areas.
pub async fn leading_groups<'c>(on: impl Sql<'c>, areas: &[AreaId]) -> Result<Vec<Committee>> {
    on.sql(
        "SELECT id, fund_id, area_id, kind, name, formed_on FROM committee
         WHERE kind = 'LEADING_GROUP' AND area_id IN (..)",
    )
    .bind_list(areas)
    .all()
    .await
}

/// The committee of an area's fund.
pub async fn committee_of<'c>(on: impl Sql<'c>, area: AreaId) -> Result<Option<Committee>> {
    on.sql(
        "SELECT id, fund_id, area_id, kind, name, formed_on FROM committee
         WHERE area_id = $1 AND kind <> 'LEADING_GROUP'",
    )
    .bind(area)
    .optional()
    .await
}

/// The seats that `rest` leaves, with who holds them on day `$1`.
macro_rules! seat {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.committee_id, c.fund_id, s.seat_no, s.constituency, s.duty, h.holder, h.principal_id,
                    h.party_id, h.from_on, h.to_on, a.path AS area_path
             FROM committee_seat s
             JOIN committee c ON c.id = s.committee_id
             JOIN area a ON a.id = c.area_id
             LEFT JOIN seat_term h ON h.seat_id = s.id AND h.from_on <= $1 AND (h.to_on IS NULL OR h.to_on >= $1) ",
            $rest
        )
    };
}

/// The seats of these keys.
pub async fn seats_by_ids<'c>(on: impl Sql<'c>, ids: &[SeatId], day: NaiveDate) -> Result<Vec<CommitteeSeat>> {
    on.sql(seat!("WHERE s.id IN (..)")).bind(day).bind_list(ids).all().await
}

/// The seats of these committees.
pub async fn seats_of_committees<'c>(
    on: impl Sql<'c>,
    committees: &[CommitteeId],
    day: NaiveDate,
) -> Result<Vec<CommitteeSeat>> {
    on.sql(seat!("WHERE s.committee_id IN (..) ORDER BY s.committee_id, s.seat_no"))
        .bind(day)
        .bind_list(committees)
        .all()
        .await
}

/// The seats of the committees of these funds.
pub async fn seats_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], day: NaiveDate) -> Result<Vec<CommitteeSeat>> {
    on.sql(seat!("WHERE c.fund_id IN (..) ORDER BY s.committee_id, s.seat_no")).bind(day).bind_list(funds).all().await
}

/// The days of a term.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Term {
    /// Its key.
    pub id: i64,
    /// The first.
    pub from_on: Date,
    /// The last; `None` for no end.
    pub to_on: Option<Date>,
}

/// The last term of a seat.
pub async fn last_term<'c>(on: impl Sql<'c>, seat: SeatId) -> Result<Option<Term>> {
    on.sql("SELECT id, from_on, to_on FROM seat_term WHERE seat_id = $1 ORDER BY from_on DESC, id DESC LIMIT 1")
        .bind(seat)
        .optional()
        .await
}

/// The principals of these names.
pub async fn principals_by_names<'c>(on: impl Sql<'c>, names: &[&str]) -> Result<Vec<(String, PrincipalId)>> {
    on.sql("SELECT name, id FROM principal WHERE name IN (..)").bind_list(names).all().await
}

/// The rules of these funds, in the order they began; what was annulled is not one.
pub async fn rules_of<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Rule>> {
    on.sql(
        "SELECT r.fund_id, r.seats, r.quorum, r.majority, r.valid_from, r.decision_id FROM committee_rule r
         WHERE r.fund_id IN (..) AND NOT EXISTS (SELECT 1 FROM annulment n WHERE n.decision_id = r.decision_id)
         ORDER BY r.fund_id, r.valid_from, r.id",
    )
    .bind_list(funds)
    .all()
    .await
}

/// Adds a committee, whose key is given and not read.
pub async fn insert_committee(tx: &mut Tx, committee: &Committee) -> Result<CommitteeId> {
    let (id,) = tx
        .sql(
            "INSERT INTO committee (fund_id, area_id, kind, name, formed_on)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        )
        .bind(committee.fund_id)
        .bind(committee.area_id)
        .bind(committee.kind)
        .bind(committee.name.clone())
        .bind(committee.formed_on)
        .one()
        .await?;
    Ok(id)
}

/// Adds the seats of a committee, numbered from 1, and gives their keys in that order.
pub async fn insert_seats(tx: &mut Tx, committee: CommitteeId, seats: &[SeatDraft]) -> Result<Vec<SeatId>> {
    let numbered: Vec<_> = (1_i64..).zip(seats).collect();
    let mut added: Vec<(i64, SeatId)> = tx
        .insert_returning(
            "INSERT INTO committee_seat (committee_id, seat_no, constituency, duty) VALUES (..) RETURNING seat_no, id",
            &numbered,
            |row, (number, seat)| row.bind(committee).bind(*number).bind(seat.constituency).bind(seat.duty),
        )
        .await?;
    added.sort_unstable();
    Ok(added.into_iter().map(|(_, id)| id).collect())
}

/// Adds terms.
pub async fn insert_terms(tx: &mut Tx, terms: &[(SeatId, &Holder, Option<PrincipalId>)]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO seat_term (seat_id, holder, principal_id, party_id, from_on, to_on) VALUES (..)",
        terms,
        |row, (seat, holder, principal)| {
            row.bind(*seat)
                .bind(holder.name.trim().to_owned())
                .bind(*principal)
                .bind(holder.party)
                .bind(holder.from_on)
                .bind(holder.to_on)
        },
    )
    .await
}

/// Sets the last day of a term.
pub async fn set_term_end(tx: &mut Tx, term: i64, on: NaiveDate) -> Result<u64> {
    tx.sql("UPDATE seat_term SET to_on = $1 WHERE id = $2").bind(on).bind(term).execute().await
}

/// Adds a rule.
pub async fn insert_rule(tx: &mut Tx, rule: &Rule) -> Result<u64> {
    tx.sql(
        "INSERT INTO committee_rule (fund_id, seats, quorum, majority, valid_from, decision_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(rule.fund_id)
    .bind(rule.seats)
    .bind(rule.quorum)
    .bind(rule.majority)
    .bind(rule.valid_from)
    .bind(rule.decision_id)
    .execute()
    .await
}
