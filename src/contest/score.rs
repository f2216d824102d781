//! The sheets of judges and residents: each handed in once, and whole.

use std::collections::HashMap;

use super::{
    Contest, ContestCriterion, ContestJudge, ContestProposal, RESPONDENTS_MAX, by_number,
    state::{locked, may_do},
    store,
};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_digest, check_past, check_range, check_size},
    id::ContestProposalId,
    viewer::By,
};

/// What a judge gives a proposal for one criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct JudgeScore {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// The number of the judge.
    pub judge_no: i64,
    /// The number of the criterion.
    pub criterion_no: i64,
    /// How much.
    pub score: i64,
}

/// All that a judge gives a proposal.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The proposal.
    pub proposal: ContestProposalId,
    /// The number of the judge.
    pub judge_no: i64,
    /// By the number of the criterion, a score for each.
    pub scores: Vec<(i64, i64)>,
}

/// The residents' sheets of a proposal, counted.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Counted {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// How many there are.
    pub respondents: i64,
    /// The day they were counted.
    pub counted_on: Date,
    /// The digest of the sheets.
    pub sha256: String,
}

/// What all residents gave for one criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CountedScore {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// The number of the criterion.
    pub criterion_no: i64,
    /// All scores added up.
    pub score_sum: i64,
}

impl ContestJudge {
    /// Checks that this judge scores this proposal, through the judge's own access where there is one.
    ///
    /// # Errors
    /// Refused for somebody else's judge, and for one of the party that proposed it.
    pub fn check(&self, by: By<'_>, proposal: &ContestProposal) -> Result<()> {
        let judge = self.judge_no;
        if self.principal_id.is_some() && self.principal_id != by.viewer.principal {
            return Err(Refusal::JudgeOfAnother { judge }.at("judgeNo"));
        }
        if self.party_id == Some(proposal.party_id) {
            return Err(Refusal::JudgeOfProposer { judge }.at("judgeNo"));
        }
        Ok(())
    }
}

/// The proposal with its contest, once the fund is locked.
async fn proposal_of(tx: &mut Tx, id: ContestProposalId) -> Result<(ContestProposal, Contest)> {
    let found = store::proposals_by_ids(&mut *tx, &[id]).await?.pop();
    let proposal = found.ok_or_else(|| Refusal::NotFound { what: "proposal".into() }.at("proposalId"))?;
    let contest = locked(tx, proposal.contest_id).await?;
    Ok((proposal, contest))
}

/// Checks that there is a number for every criterion, once and within its bounds.
fn check_scores(criteria: &[ContestCriterion], scores: &[(i64, i64)], sheets: i64, field: &str) -> Result<()> {
    check_size(scores.len(), criteria.len(), criteria.len(), "scores")?;
    let known = by_number(criteria);
    let mut seen = HashMap::new();
    for (i, (number, value)) in scores.iter().enumerate() {
        let missing =
            || Refusal::NotFound { what: "criterion of this contest".into() }.at(&format!("scores.{i}.criterion"));
        let criterion = known.get(number).ok_or_else(missing)?;
        if seen.insert(number, i).is_some() {
            return Err(Refusal::NameTaken { name: criterion.name.clone() }.at(&format!("scores.{i}.criterion")));
        }
        check_range(*value, 0, criterion.score_max * sheets, &format!("scores.{i}.{field}"))?;
    }
    Ok(())
}

/// Hands in a judge's sheet.
///
/// # Errors
/// Refused for a proposal or judge that does not exist, what [`may_do`] and [`ContestJudge::check`] refuse, a sheet that was
/// handed in, and one that leaves a criterion out, names one twice or is out of bounds.
pub async fn score(tx: &mut Tx, by: By<'_>, sheet: &Sheet) -> Result<ContestProposal> {
    let (proposal, contest) = proposal_of(tx, sheet.proposal).await?;
    may_do(by.viewer, &contest, "contestScore").map_err(about_proposal)?;
    let judges = store::judges_of(&mut *tx, &[contest.id]).await?;
    let judge = judges.iter().find(|judge| judge.judge_no == sheet.judge_no);
    let judge = judge.ok_or_else(|| Refusal::NotFound { what: "judge of this contest".into() }.at("judgeNo"))?;
    judge.check(by, &proposal)?;
    let before = store::scores_of(&mut *tx, &[proposal.id]).await?;
    if before.iter().any(|one| one.judge_no == judge.judge_no) {
        return Err(Refusal::SheetRepeated {}.at("judgeNo"));
    }
    check_scores(&store::criteria_of(&mut *tx, &[contest.id]).await?, &sheet.scores, 1, "score")?;
    let score = |(criterion_no, score): &(i64, i64)| JudgeScore {
        proposal_id: proposal.id,
        judge_no: judge.judge_no,
        criterion_no: *criterion_no,
        score: *score,
    };
    let scores: Vec<JudgeScore> = sheet.scores.iter().map(score).collect();
    store::insert_scores(tx, &scores, by.viewer.actor()?).await?;
    Ok(proposal)
}

/// Records the residents' sheets of a proposal, counted.
///
/// # Errors
/// Refused for a proposal that does not exist, what [`may_do`] refuses, sheets that were counted, numbers, days and a digest
/// out of bounds, and sums that leave a criterion out, name one twice or are more than the sheets could give.
pub async fn count(tx: &mut Tx, by: By<'_>, counted: &Counted, sums: &[(i64, i64)]) -> Result<ContestProposal> {
    let (proposal, contest) = proposal_of(tx, counted.proposal_id).await?;
    may_do(by.viewer, &contest, "contestCount").map_err(about_proposal)?;
    if !store::counts_of(&mut *tx, &[proposal.id]).await?.is_empty() {
        return Err(Refusal::SheetRepeated {}.at("proposalId"));
    }
    check_range(counted.respondents, 1, RESPONDENTS_MAX, "respondents")?;
    check_past(counted.counted_on.0, by.today, "countedOn")?;
    let sha256 = check_digest(&counted.sha256, "sha256")?;
    check_scores(&store::criteria_of(&mut *tx, &[contest.id]).await?, sums, counted.respondents, "sum")?;
    store::insert_count(tx, &Counted { sha256, ..counted.clone() }, by.viewer.actor()?).await?;
    let sum = |(criterion_no, score_sum): &(i64, i64)| CountedScore {
        proposal_id: proposal.id,
        criterion_no: *criterion_no,
        score_sum: *score_sum,
    };
    store::insert_sums(tx, &sums.iter().map(sum).collect::<Vec<_>>()).await?;
    Ok(proposal)
}

/// A sheet names the proposal, not its contest.
fn about_proposal(error: crate::error::Error) -> crate::error::Error {
    match error {
        crate::error::Error::Refused(refused) => refused.refusal.at("proposalId"),
        other => other,
    }
}
