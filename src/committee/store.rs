//! Decisions in the database.

use super::{Decision, Seat};
use crate::{
    db::{Result, Sql, Tx},
    id::{DecisionId, FundId, PrincipalId, TargetId},
    page::Page,
};

/// The decisions that `rest` leaves, with the areas of their funds.
macro_rules! decision {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.fund_id, d.target_id, d.resolution_number, d.amount, d.approved_on, d.votes_for,
                    d.votes_all, a.path AS area_path
             FROM decision d
             JOIN fund f ON f.id = d.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The decisions of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[DecisionId]) -> Result<Vec<Decision>> {
    on.sql(decision!("WHERE d.id IN (..)")).bind_list(ids).all().await
}

/// The decision of this number in a fund.
pub async fn by_number<'c>(on: impl Sql<'c>, fund: FundId, number: &str) -> Result<Option<Decision>> {
    on.sql(decision!("WHERE d.fund_id = $1 AND d.resolution_number = $2"))
        .bind(fund)
        .bind(number.to_owned())
        .optional()
        .await
}

/// A page of the decisions about each of `funds`.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Decision>> {
    on.sql(decision!("WHERE d.fund_id = {owner} {page}")).page(page, "d.approved_on, d.id").each_of(funds).all().await
}

/// A page of the decisions about each of `targets`.
pub async fn of_targets<'c>(on: impl Sql<'c>, targets: &[TargetId], page: &Page) -> Result<Vec<Decision>> {
    on.sql(decision!("WHERE d.target_id = {owner} {page}"))
        .page(page, "d.approved_on, d.id")
        .each_of(targets)
        .all()
        .await
}

/// Who sat on decisions.
pub async fn seats_of<'c>(on: impl Sql<'c>, decisions: &[DecisionId]) -> Result<Vec<Seat>> {
    on.sql(
        "SELECT decision_id, constituency, holder, vote FROM decision_seat
         WHERE decision_id IN (..) ORDER BY decision_id, seat_no",
    )
    .bind_list(decisions)
    .all()
    .await
}

/// Adds a decision, whose key is given and not read.
pub async fn insert(tx: &mut Tx, decision: &Decision) -> Result<DecisionId> {
    let (id,) = tx
        .sql(
            "INSERT INTO decision (fund_id, target_id, resolution_number, amount, approved_on, votes_for, votes_all)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(decision.fund_id)
        .bind(decision.target_id)
        .bind(decision.resolution_number.clone())
        .bind(decision.amount)
        .bind(decision.approved_on)
        .bind(decision.votes_for)
        .bind(decision.votes_all)
        .one()
        .await?;
    Ok(id)
}

/// Adds who sat on a decision.
pub async fn insert_seats(tx: &mut Tx, decision: DecisionId, seats: &[Seat]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(seats).collect();
    tx.insert_all(
        "INSERT INTO decision_seat (decision_id, seat_no, constituency, holder, vote) VALUES (..)",
        &numbered,
        |row, (number, seat)| {
            row.bind(decision).bind(*number).bind(seat.constituency).bind(seat.holder.clone()).bind(seat.vote)
        },
    )
    .await
}

/// Adds who recorded a decision.
pub async fn insert_recorder(tx: &mut Tx, decision: DecisionId, principal: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO decision_recorder (decision_id, principal_id) VALUES ($1, $2)")
        .bind(decision)
        .bind(principal)
        .execute()
        .await
}
