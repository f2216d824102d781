//! Decisions in the database; motions and seats beside them.

mod motion;
mod seat;

pub use motion::*;
pub use seat::*;

use super::{Annul, Decision, Seat};
use crate::{
    db::{Result, Sql, Tx},
    id::{DecisionId, FundId, PrincipalId, TargetId},
    money::Fen,
    page::Page,
};

/// The decisions that `rest` leaves, with the areas of their funds.
macro_rules! decision {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.motion_id, d.fund_id, d.target_id, d.resolution_number, d.amount, d.approved_on,
                    d.votes_for, d.votes_all, n.annulled_on, n.reason AS annulled_why,
                    CAST(CASE WHEN EXISTS (SELECT 1 FROM grant_ending o WHERE o.decision_id = d.id)
                         THEN 1 ELSE 0 END AS BIGINT) AS carried_out,
                    a.path AS area_path
             FROM decision d
             JOIN fund f ON f.id = d.fund_id
             JOIN area a ON a.id = f.area_id
             LEFT JOIN annulment n ON n.decision_id = d.id ",
            $rest
        )
    };
}

/// The decisions of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[DecisionId]) -> Result<Vec<Decision>> {
    on.sql(decision!("WHERE d.id IN (..)")).bind_list(ids).all().await
}

/// The decisions that these motions came to.
pub async fn of_motions<'c>(on: impl Sql<'c>, motions: &[crate::id::MotionId]) -> Result<Vec<Decision>> {
    on.sql(decision!("WHERE d.motion_id IN (..)")).bind_list(motions).all().await
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

/// What has been allocated on a decision, without reversed allocations.
pub async fn allocated_on<'c>(on: impl Sql<'c>, decision: DecisionId) -> Result<Fen> {
    let sums = allocated_on_each(on, &[decision]).await?;
    Ok(sums.first().map_or(Fen::ZERO, |(_, amount)| *amount))
}

/// What has been allocated on each of these decisions, without reversed allocations.
pub async fn allocated_on_each<'c>(on: impl Sql<'c>, decisions: &[DecisionId]) -> Result<Vec<(DecisionId, Fen)>> {
    on.sql(
        "SELECT e.decision_id, CAST(SUM(p.amount) AS BIGINT)
         FROM entry e JOIN posting p ON p.entry_id = e.id
         WHERE e.decision_id IN (..) AND NOT EXISTS (SELECT 1 FROM entry r WHERE r.reverses_id = e.id)
         GROUP BY e.decision_id",
    )
    .bind_list(decisions)
    .all()
    .await
}

/// The last number that was given in a fund's year; 0 before the first.
pub async fn last_number<'c>(on: impl Sql<'c>, fund: FundId, year: i64) -> Result<i64> {
    let (last,) = on
        .sql("SELECT CAST(COALESCE(MAX(series_no), 0) AS BIGINT) FROM decision WHERE fund_id = $1 AND series_year = $2")
        .bind(fund)
        .bind(year)
        .one()
        .await?;
    Ok(last)
}

/// Adds a decision, whose key is given and not read; with the year and number in it that are given here.
pub async fn insert_decision(tx: &mut Tx, decision: &Decision, series: Option<(i64, i64)>) -> Result<DecisionId> {
    let (id,) = tx
        .sql(
            "INSERT INTO decision (motion_id, fund_id, target_id, resolution_number, series_year, series_no, amount,
                                   approved_on, votes_for, votes_all)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        )
        .bind(decision.motion_id)
        .bind(decision.fund_id)
        .bind(decision.target_id)
        .bind(decision.resolution_number.clone())
        .bind(series.map(|(year, _)| year))
        .bind(series.map(|(_, number)| number))
        .bind(decision.amount)
        .bind(decision.approved_on)
        .bind(decision.votes_for)
        .bind(decision.votes_all)
        .one()
        .await?;
    Ok(id)
}

/// Adds who recorded a decision.
pub async fn insert_recorder(tx: &mut Tx, decision: DecisionId, principal: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO decision_recorder (decision_id, principal_id) VALUES ($1, $2)")
        .bind(decision)
        .bind(principal)
        .execute()
        .await
}

/// Adds an annulment.
pub async fn insert_annulment(tx: &mut Tx, annul: &Annul, actor: PrincipalId) -> Result<u64> {
    tx.sql("INSERT INTO annulment (decision_id, annulled_on, reason, principal_id) VALUES ($1, $2, $3, $4)")
        .bind(annul.decision)
        .bind(annul.annulled_on)
        .bind(annul.reason.clone())
        .bind(actor)
        .execute()
        .await
}
