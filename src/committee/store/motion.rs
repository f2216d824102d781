//! Motions, their papers, ballots and recusals in the database.

use chrono::NaiveDate;

use super::super::{Ballot, Interest, MotionRow, Paper, Recusal};
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, MotionId, PrincipalId, SeatId},
    page::Page,
};

/// The motions that `rest` leaves, with the areas of their funds.
macro_rules! motion {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.fund_id, m.kind, m.title, m.target_id, m.amount, m.new_quorum, m.new_majority, m.state,
                    m.origin, m.opened_on, m.closed_on, m.quorum, m.majority, m.minutes, m.minutes_sha256,
                    a.path AS area_path
             FROM motion m
             JOIN fund f ON f.id = m.fund_id
             JOIN area a ON a.id = f.area_id ",
            $rest
        )
    };
}

/// The motions of these keys.
pub async fn motions_by_ids<'c>(on: impl Sql<'c>, ids: &[MotionId]) -> Result<Vec<MotionRow>> {
    on.sql(motion!("WHERE m.id IN (..)")).bind_list(ids).all().await
}

/// A page of the motions of each of `funds`.
pub async fn motions_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<MotionRow>> {
    on.sql(motion!("WHERE m.fund_id = {owner} {page}")).page(page, "m.opened_on, m.id").each_of(funds).all().await
}

/// What these motions stand on.
pub async fn papers_of<'c>(on: impl Sql<'c>, motions: &[MotionId]) -> Result<Vec<Paper>> {
    on.sql("SELECT motion_id, name, sha256 FROM motion_paper WHERE motion_id IN (..) ORDER BY motion_id, line_no")
        .bind_list(motions)
        .all()
        .await
}

/// How seats voted on these motions.
pub async fn ballots_of<'c>(on: impl Sql<'c>, motions: &[MotionId]) -> Result<Vec<Ballot>> {
    on.sql(
        "SELECT motion_id, seat_no, seat_id, constituency, holder, vote FROM ballot
         WHERE motion_id IN (..) ORDER BY motion_id, seat_no",
    )
    .bind_list(motions)
    .all()
    .await
}

/// Who does not vote on these motions: what was written down, and for open ones what the books say on `day` of
/// the units of those who hold the seats. What was written down stands first.
pub async fn recusals_of<'c>(on: impl Sql<'c>, motions: &[MotionId], day: NaiveDate) -> Result<Vec<Recusal>> {
    on.sql(
        "WITH held AS (
             SELECT m.id AS motion_id, m.target_id, s.id AS seat_id, s.seat_no, h.party_id
             FROM motion m
             JOIN committee c ON c.fund_id = m.fund_id
             JOIN committee_seat s ON s.committee_id = c.id AND s.duty = 'MEMBER'
             JOIN seat_term h ON h.seat_id = s.id AND h.party_id IS NOT NULL AND h.from_on <= $1
                 AND (h.to_on IS NULL OR h.to_on >= $1)
             WHERE m.state = 'OPEN' AND m.target_id IS NOT NULL)
         SELECT u.motion_id, u.seat_id, u.seat_no, u.interest, u.kept
         FROM (
             SELECT r.motion_id, r.seat_id, r.seat_no, r.interest, CAST(1 AS BIGINT) AS kept FROM recusal r
             UNION ALL
             SELECT x.motion_id, x.seat_id, x.seat_no, 'RECEIVES', CAST(0 AS BIGINT) FROM held x
             WHERE EXISTS (SELECT 1 FROM target t WHERE t.id = x.target_id AND t.group_id = x.party_id)
                OR EXISTS (SELECT 1 FROM expense e WHERE e.target_id = x.target_id AND e.payee_id = x.party_id)
             UNION ALL
             SELECT x.motion_id, x.seat_id, x.seat_no, 'GIVES', CAST(0 AS BIGINT) FROM held x
             WHERE EXISTS (SELECT 1 FROM earmark k JOIN lot l ON l.earmark_id = k.id
                           WHERE k.target_id = x.target_id AND l.donor_id = x.party_id)
                OR EXISTS (SELECT 1 FROM earmark k JOIN pledge p ON p.earmark_id = k.id
                           WHERE k.target_id = x.target_id AND p.donor_id = x.party_id
                             AND p.state NOT IN ('CANCELLED', 'LAPSED'))) AS u
         WHERE u.motion_id IN (..)
         ORDER BY u.motion_id, u.kept DESC, u.seat_no",
    )
    .bind(day)
    .bind_list(motions)
    .all()
    .await
}

/// Adds a motion, whose key is given and not read.
pub async fn insert_motion(tx: &mut Tx, motion: &MotionRow, actor: PrincipalId) -> Result<MotionId> {
    let (id,) = tx
        .sql(
            "INSERT INTO motion (fund_id, kind, title, target_id, amount, new_quorum, new_majority, state, origin,
                                 opened_on, closed_on, quorum, majority, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
        )
        .bind(motion.fund_id)
        .bind(motion.kind)
        .bind(motion.title.clone())
        .bind(motion.target_id)
        .bind(motion.amount)
        .bind(motion.new_quorum)
        .bind(motion.new_majority)
        .bind(motion.state)
        .bind(motion.origin)
        .bind(motion.opened_on)
        .bind(motion.closed_on)
        .bind(motion.quorum)
        .bind(motion.majority)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Adds what a motion stands on.
pub async fn insert_papers(tx: &mut Tx, motion: MotionId, papers: &[Paper]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(papers).collect();
    tx.insert_all(
        "INSERT INTO motion_paper (motion_id, line_no, name, sha256) VALUES (..)",
        &numbered,
        |row, (number, paper)| row.bind(motion).bind(*number).bind(paper.name.clone()).bind(paper.sha256.clone()),
    )
    .await
}

/// Adds ballots.
pub async fn insert_ballots(tx: &mut Tx, ballots: &[Ballot], actor: PrincipalId) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO ballot (motion_id, seat_no, seat_id, constituency, holder, vote, principal_id) VALUES (..)",
        ballots,
        |row, ballot| {
            row.bind(ballot.motion_id)
                .bind(ballot.seat_no)
                .bind(ballot.seat_id)
                .bind(ballot.constituency)
                .bind(ballot.holder.clone())
                .bind(ballot.vote)
                .bind(actor)
        },
    )
    .await
}

/// Writes down which seats do not vote on a motion, and whether that was `DECLARED` or `FOUND`.
pub async fn insert_recusals(
    tx: &mut Tx,
    motion: MotionId,
    seats: &[(i64, SeatId, Interest)],
    declared: &'static str,
    actor: PrincipalId,
) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO recusal (motion_id, seat_no, seat_id, interest, declared, principal_id) VALUES (..)",
        seats,
        |row, (number, seat, interest)| {
            row.bind(motion).bind(*number).bind(*seat).bind(*interest).bind(declared).bind(actor)
        },
    )
    .await
}

/// Writes down what a motion came to, and by which rule.
pub async fn set_outcome(tx: &mut Tx, motion: &MotionRow) -> Result<u64> {
    tx.sql(
        "UPDATE motion SET state = $1, closed_on = $2, quorum = $3, majority = $4, minutes = $5, minutes_sha256 = $6
         WHERE id = $7 AND state = 'OPEN'",
    )
    .bind(motion.state)
    .bind(motion.closed_on)
    .bind(motion.quorum)
    .bind(motion.majority)
    .bind(motion.minutes.clone())
    .bind(motion.minutes_sha256.clone())
    .bind(motion.id)
    .execute()
    .await
}
