//! Rounds of grants in the database; applications, scores and how grants are run beside them.

mod apply;
mod judge;
mod run;

pub use apply::*;
pub use judge::*;
pub use run::*;

use chrono::NaiveDate;

use super::{Criterion, Judge, Round, RoundFacts, RoundMove, RoundState};
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, GrantJudgeId, GrantRoundId, PrincipalId},
    page::Page,
    project::GrantStage,
};

/// The rounds that `rest` leaves, with the areas of their funds.
macro_rules! round {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.fund_id, r.purpose_id, r.code, r.title, r.call_text, r.budget, r.grant_max, r.closes_on,
                    r.objection_days, r.state, r.opened_on, r.moved_on, r.objections_to, a.path AS area_path
             FROM grant_round r
             JOIN fund f ON f.id = r.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The rounds of these keys.
pub async fn rounds_by_ids<'c>(on: impl Sql<'c>, ids: &[GrantRoundId]) -> Result<Vec<Round>> {
    on.sql(round!("WHERE r.id IN (..)")).bind_list(ids).all().await
}

/// The round of this code in a fund.
pub async fn round_by_code<'c>(on: impl Sql<'c>, fund: FundId, code: &str) -> Result<Option<Round>> {
    on.sql(round!("WHERE r.fund_id = $1 AND r.code = $2")).bind(fund).bind(code.to_owned()).optional().await
}

/// A page of the rounds of each of `funds`.
pub async fn rounds_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Round>> {
    on.sql(round!("WHERE r.fund_id = {owner} {page}")).page(page, "r.opened_on, r.id").each_of(funds).all().await
}

/// The steps of the ladder that these rounds are for.
pub async fn stages_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<(GrantRoundId, GrantStage)>> {
    on.sql(
        "SELECT round_id, stage FROM grant_round_stage WHERE round_id IN (..)
         ORDER BY round_id, CASE stage WHEN 'START_UP' THEN 1 WHEN 'GROWTH' THEN 2 ELSE 3 END",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// What the judges of these rounds score by.
pub async fn criteria_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<Criterion>> {
    on.sql(
        "SELECT round_id, criterion_no, name, weight, score_max FROM grant_criterion
         WHERE round_id IN (..) ORDER BY round_id, criterion_no",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// Who scores in these rounds.
pub async fn judges_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<Judge>> {
    on.sql(
        "SELECT id, round_id, judge_no, name, principal_id, party_id FROM grant_judge
         WHERE round_id IN (..) ORDER BY round_id, judge_no",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// The judges of these keys.
pub async fn judges_by_ids<'c>(on: impl Sql<'c>, ids: &[GrantJudgeId]) -> Result<Vec<Judge>> {
    on.sql("SELECT id, round_id, judge_no, name, principal_id, party_id FROM grant_judge WHERE id IN (..)")
        .bind_list(ids)
        .all()
        .await
}

/// The moves of these rounds, oldest first.
pub async fn round_moves_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<RoundMove>> {
    on.sql(
        "SELECT round_id, from_state, to_state, moved_on FROM grant_round_move
         WHERE round_id IN (..) ORDER BY round_id, id",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// What is known of these rounds when they are to be moved.
pub async fn round_facts_of<'c>(on: impl Sql<'c>, rounds: &[GrantRoundId]) -> Result<Vec<RoundFacts>> {
    on.sql(
        "SELECT r.id AS round_id,
                (SELECT COUNT(*) FROM grant_application a
                 WHERE a.round_id = r.id AND a.state = 'SUBMITTED') AS unchecked,
                (SELECT COUNT(*) FROM grant_application a WHERE a.round_id = r.id AND a.state = 'PASSED') AS passed,
                (SELECT COUNT(*) FROM grant_application a JOIN grant_judge j ON j.round_id = a.round_id
                 WHERE a.round_id = r.id AND a.state = 'PASSED'
                   AND COALESCE(j.party_id, 0) <> a.group_id
                   AND NOT EXISTS (SELECT 1 FROM judge_conflict c
                                   WHERE c.application_id = a.id AND c.judge_id = j.id)
                   AND NOT EXISTS (SELECT 1 FROM grant_score s
                                   WHERE s.application_id = a.id AND s.judge_id = j.id)) AS unscored,
                (SELECT COUNT(*) FROM grant_application a JOIN grant_objection o ON o.application_id = a.id
                 WHERE a.round_id = r.id AND o.outcome IS NULL) AS unsettled
         FROM grant_round r WHERE r.id IN (..)",
    )
    .bind_list(rounds)
    .all()
    .await
}

/// Adds a round, whose key is given and not read.
pub async fn insert_round(tx: &mut Tx, round: &Round, actor: PrincipalId) -> Result<GrantRoundId> {
    let (id,) = tx
        .sql(
            "INSERT INTO grant_round (fund_id, purpose_id, code, title, call_text, budget, grant_max, closes_on,
                                      objection_days, state, opened_on, moved_on, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
        )
        .bind(round.fund_id)
        .bind(round.purpose_id)
        .bind(round.code.clone())
        .bind(round.title.clone())
        .bind(round.call_text.clone())
        .bind(round.budget)
        .bind(round.grant_max)
        .bind(round.closes_on)
        .bind(round.objection_days)
        .bind(round.state)
        .bind(round.opened_on)
        .bind(round.moved_on)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Adds the steps of the ladder that a round is for.
pub async fn insert_stages(tx: &mut Tx, round: GrantRoundId, stages: &[GrantStage]) -> Result<u64> {
    tx.insert_all("INSERT INTO grant_round_stage (round_id, stage) VALUES (..)", stages, |row, stage| {
        row.bind(round).bind(*stage)
    })
    .await
}

/// Adds what judges score by.
pub async fn insert_criteria(tx: &mut Tx, round: GrantRoundId, criteria: &[Criterion]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO grant_criterion (round_id, criterion_no, name, weight, score_max) VALUES (..)",
        criteria,
        |row, one| row.bind(round).bind(one.criterion_no).bind(one.name.clone()).bind(one.weight).bind(one.score_max),
    )
    .await
}

/// Adds who scores.
pub async fn insert_judges(tx: &mut Tx, round: GrantRoundId, judges: &[Judge]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO grant_judge (round_id, judge_no, name, principal_id, party_id) VALUES (..)",
        judges,
        |row, one| row.bind(round).bind(one.judge_no).bind(one.name.clone()).bind(one.principal_id).bind(one.party_id),
    )
    .await
}

/// Puts a round into its state.
pub async fn set_round_state(tx: &mut Tx, round: &Round) -> Result<u64> {
    tx.sql("UPDATE grant_round SET state = $1, moved_on = $2, objections_to = $3 WHERE id = $4")
        .bind(round.state)
        .bind(round.moved_on)
        .bind(round.objections_to)
        .bind(round.id)
        .execute()
        .await
}

/// Records a move of a round.
pub async fn insert_round_move(
    tx: &mut Tx,
    round: GrantRoundId,
    from: RoundState,
    to: RoundState,
    on: NaiveDate,
    actor: PrincipalId,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO grant_round_move (round_id, from_state, to_state, moved_on, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(round)
    .bind(from)
    .bind(to)
    .bind(on)
    .bind(actor)
    .execute()
    .await
}
