//! Contests and their moves in the database; what was proposed and scored is in the files below.

mod proposal;
mod sheet;

pub use proposal::*;
pub use sheet::*;

use chrono::NaiveDate;

use super::{Contest, ContestCriterion, ContestJudge, ContestMoved, ContestState};
use crate::{
    db::{Result, Sql, Tx},
    id::{ContestId, FundId, PrincipalId},
    page::Page,
};

/// The contests that `rest` leaves, with the areas of their funds.
macro_rules! contest {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.fund_id, c.code, c.title, c.call_text, c.budget, c.judges_percent, c.proposals_to, c.state,
                    c.opened_on, c.moved_on, a.path AS area_path
             FROM contest c JOIN fund f ON f.id = c.fund_id JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The contests of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[ContestId]) -> Result<Vec<Contest>> {
    on.sql(contest!("WHERE c.id IN (..)")).bind_list(ids).all().await
}

/// A page of each fund's contests.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Contest>> {
    on.sql(contest!("WHERE c.fund_id = {owner} {page}")).page(page, "c.opened_on, c.id").each_of(funds).all().await
}

/// Whether a contest of the fund has this code.
pub async fn code_taken<'c>(on: impl Sql<'c>, fund: FundId, code: &str) -> Result<bool> {
    let found = on.sql("SELECT id FROM contest WHERE fund_id = $1 AND code = $2").bind(fund).bind(code.to_owned());
    Ok(found.optional::<(ContestId,)>().await?.is_some())
}

/// The criteria of contests, in order.
pub async fn criteria_of<'c>(on: impl Sql<'c>, contests: &[ContestId]) -> Result<Vec<ContestCriterion>> {
    on.sql(
        "SELECT contest_id, criterion_no, name, weight, score_max FROM contest_criterion
         WHERE contest_id IN (..) ORDER BY contest_id, criterion_no",
    )
    .bind_list(contests)
    .all()
    .await
}

/// The judges of contests, in order.
pub async fn judges_of<'c>(on: impl Sql<'c>, contests: &[ContestId]) -> Result<Vec<ContestJudge>> {
    on.sql(
        "SELECT contest_id, judge_no, name, principal_id, party_id FROM contest_judge
         WHERE contest_id IN (..) ORDER BY contest_id, judge_no",
    )
    .bind_list(contests)
    .all()
    .await
}

/// The moves of contests, oldest first.
pub async fn moves_of<'c>(on: impl Sql<'c>, contests: &[ContestId]) -> Result<Vec<ContestMoved>> {
    on.sql(
        "SELECT contest_id, from_state, to_state, moved_on FROM contest_move
         WHERE contest_id IN (..) ORDER BY contest_id, id",
    )
    .bind_list(contests)
    .all()
    .await
}

/// Adds a contest, whose key is given and not read.
pub async fn insert(tx: &mut Tx, contest: &Contest, actor: PrincipalId) -> Result<ContestId> {
    let (id,) = tx
        .sql(
            "INSERT INTO contest (fund_id, code, title, call_text, budget, judges_percent, proposals_to, state, opened_on,
                                  moved_on, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(contest.fund_id)
        .bind(contest.code.clone())
        .bind(contest.title.clone())
        .bind(contest.call_text.clone())
        .bind(contest.budget)
        .bind(contest.judges_percent)
        .bind(contest.proposals_to)
        .bind(contest.state)
        .bind(contest.opened_on)
        .bind(contest.moved_on)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Adds a contest's criteria.
pub async fn insert_criteria(tx: &mut Tx, contest: ContestId, criteria: &[ContestCriterion]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO contest_criterion (contest_id, criterion_no, name, weight, score_max) VALUES (..)",
        criteria,
        |row, one| row.bind(contest).bind(one.criterion_no).bind(one.name.clone()).bind(one.weight).bind(one.score_max),
    )
    .await
}

/// Adds a contest's judges.
pub async fn insert_judges(tx: &mut Tx, contest: ContestId, judges: &[ContestJudge]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO contest_judge (contest_id, judge_no, name, principal_id, party_id) VALUES (..)",
        judges,
        |row, one| {
            row.bind(contest).bind(one.judge_no).bind(one.name.clone()).bind(one.principal_id).bind(one.party_id)
        },
    )
    .await
}

/// Puts a contest into a state.
pub async fn set_state(tx: &mut Tx, contest: ContestId, state: ContestState, on: NaiveDate) -> Result<u64> {
    tx.sql("UPDATE contest SET state = $1, moved_on = $2 WHERE id = $3")
        .bind(state)
        .bind(on)
        .bind(contest)
        .execute()
        .await
}

/// Records a move.
pub async fn insert_move(
    tx: &mut Tx,
    contest: ContestId,
    (from, to): (ContestState, ContestState),
    on: NaiveDate,
    actor: PrincipalId,
) -> Result<u64> {
    tx.sql(
        "INSERT INTO contest_move (contest_id, from_state, to_state, moved_on, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(contest)
    .bind(from)
    .bind(to)
    .bind(on)
    .bind(actor)
    .execute()
    .await
}
