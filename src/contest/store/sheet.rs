//! The sheets of contests, in the database.

use super::super::{Counted, CountedScore, JudgeScore, Tally};
use crate::{
    db::{Result, Sql, Tx},
    id::{ContestId, ContestProposalId, PrincipalId},
};

/// The judges' scores of proposals, sheet by sheet.
pub async fn scores_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<JudgeScore>> {
    on.sql(
        "SELECT proposal_id, judge_no, criterion_no, score FROM contest_score
         WHERE proposal_id IN (..) ORDER BY proposal_id, judge_no, criterion_no",
    )
    .bind_list(proposals)
    .all()
    .await
}

/// The residents' sheets of proposals.
pub async fn counts_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<Counted>> {
    on.sql("SELECT proposal_id, respondents, counted_on, sha256 FROM contest_count WHERE proposal_id IN (..)")
        .bind_list(proposals)
        .all()
        .await
}

/// What residents gave proposals, by criterion.
pub async fn sums_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<CountedScore>> {
    on.sql(
        "SELECT proposal_id, criterion_no, score_sum FROM contest_count_score
         WHERE proposal_id IN (..) ORDER BY proposal_id, criterion_no",
    )
    .bind_list(proposals)
    .all()
    .await
}

/// What the sheets of all proposals of contests come to.
pub async fn tallies_of<'c>(on: impl Sql<'c>, contests: &[ContestId]) -> Result<Vec<Tally>> {
    on.sql(
        "SELECT p.id AS proposal_id, p.contest_id, p.asked,
                (SELECT COUNT(*) FROM contest_judge j
                 WHERE j.contest_id = p.contest_id AND (j.party_id IS NULL OR j.party_id <> p.party_id)) AS judges,
                (SELECT COUNT(DISTINCT s.judge_no) FROM contest_score s WHERE s.proposal_id = p.id) AS sheets,
                CAST(COALESCE((
                    SELECT SUM(s.score * c.weight) FROM contest_score s
                    JOIN contest_criterion c ON c.contest_id = p.contest_id AND c.criterion_no = s.criterion_no
                    WHERE s.proposal_id = p.id), 0) AS BIGINT) AS points,
                CAST(COALESCE((
                    SELECT n.respondents FROM contest_count n WHERE n.proposal_id = p.id), 0) AS BIGINT) AS respondents,
                CAST(COALESCE((
                    SELECT SUM(s.score_sum * c.weight) FROM contest_count_score s
                    JOIN contest_criterion c ON c.contest_id = p.contest_id AND c.criterion_no = s.criterion_no
                    WHERE s.proposal_id = p.id), 0) AS BIGINT) AS resident_points
         FROM contest_proposal p WHERE p.contest_id IN (..) ORDER BY p.contest_id, p.proposal_no",
    )
    .bind_list(contests)
    .all()
    .await
}

/// Adds a judge's sheet.
pub async fn insert_scores(tx: &mut Tx, scores: &[JudgeScore], actor: PrincipalId) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO contest_score (proposal_id, judge_no, criterion_no, score, principal_id) VALUES (..)",
        scores,
        |row, one| row.bind(one.proposal_id).bind(one.judge_no).bind(one.criterion_no).bind(one.score).bind(actor),
    )
    .await
}

/// Adds the residents' sheets of a proposal.
pub async fn insert_count(tx: &mut Tx, counted: &Counted, actor: PrincipalId) -> Result<u64> {
    tx.sql(
        "INSERT INTO contest_count (proposal_id, respondents, counted_on, sha256, principal_id)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(counted.proposal_id)
    .bind(counted.respondents)
    .bind(counted.counted_on)
    .bind(counted.sha256.clone())
    .bind(actor)
    .execute()
    .await
}

/// Adds what residents gave, by criterion.
pub async fn insert_sums(tx: &mut Tx, sums: &[CountedScore]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO contest_count_score (proposal_id, criterion_no, score_sum) VALUES (..)",
        sums,
        |row, one| row.bind(one.proposal_id).bind(one.criterion_no).bind(one.score_sum),
    )
    .await
}
