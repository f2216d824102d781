//! What was proposed to contests, in the database.

use super::super::{ContestProposal, ProposalLine, ProposalMilestone, ProposalPart};
use crate::{
    db::{Result, Sql, Tx},
    id::{ContestId, ContestProposalId, PrincipalId, TargetId},
    page::Page,
    project::{BudgetLine, FundingPart, MilestoneDraft},
};

/// The proposals that `rest` leaves.
macro_rules! proposal {
    ($rest:literal) => {
        concat!(
            "SELECT id, contest_id, proposal_no, party_id, area_id, purpose_id, title, summary, residents, asked,
                    proposed_on, project_id
             FROM contest_proposal ",
            $rest
        )
    };
}

/// The proposals of these keys, in their order.
pub async fn proposals_by_ids<'c>(on: impl Sql<'c>, ids: &[ContestProposalId]) -> Result<Vec<ContestProposal>> {
    on.sql(proposal!("WHERE id IN (..) ORDER BY id")).bind_list(ids).all().await
}

/// A page of each contest's proposals.
pub async fn proposals_of<'c>(on: impl Sql<'c>, contests: &[ContestId], page: &Page) -> Result<Vec<ContestProposal>> {
    on.sql(proposal!("WHERE contest_id = {owner} {page}")).page(page, "proposal_no").each_of(contests).all().await
}

/// The proposals that became these projects.
pub async fn of_projects<'c>(on: impl Sql<'c>, projects: &[TargetId]) -> Result<Vec<ContestProposal>> {
    on.sql(proposal!("WHERE project_id IN (..)")).bind_list(projects).all().await
}

/// How many proposals a contest has.
pub async fn proposals_count<'c>(on: impl Sql<'c>, contest: ContestId) -> Result<i64> {
    let (count,) = on.sql("SELECT COUNT(*) FROM contest_proposal WHERE contest_id = $1").bind(contest).one().await?;
    Ok(count)
}

/// The budgets of proposals, line by line.
pub async fn lines_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<ProposalLine>> {
    on.sql(
        "SELECT proposal_id, label, amount FROM contest_budget_line
         WHERE proposal_id IN (..) ORDER BY proposal_id, line_no",
    )
    .bind_list(proposals)
    .all()
    .await
}

/// The co-financing plans of proposals.
pub async fn parts_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<ProposalPart>> {
    on.sql(
        "SELECT proposal_id, source, amount FROM contest_funding_part
         WHERE proposal_id IN (..) ORDER BY proposal_id, source",
    )
    .bind_list(proposals)
    .all()
    .await
}

/// What proposals are to reach, by the day it is due.
pub async fn milestones_of<'c>(on: impl Sql<'c>, proposals: &[ContestProposalId]) -> Result<Vec<ProposalMilestone>> {
    on.sql(
        "SELECT proposal_id, title, due_on, weight FROM contest_milestone
         WHERE proposal_id IN (..) ORDER BY proposal_id, due_on, line_no",
    )
    .bind_list(proposals)
    .all()
    .await
}

/// Adds a proposal, whose key is given and not read.
pub async fn insert_proposal(tx: &mut Tx, one: &ContestProposal, actor: PrincipalId) -> Result<ContestProposalId> {
    let (id,) = tx
        .sql(
            "INSERT INTO contest_proposal (contest_id, proposal_no, party_id, area_id, purpose_id, title, summary, residents,
                                           asked, proposed_on, principal_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        )
        .bind(one.contest_id)
        .bind(one.proposal_no)
        .bind(one.party_id)
        .bind(one.area_id)
        .bind(one.purpose_id)
        .bind(one.title.clone())
        .bind(one.summary.clone())
        .bind(one.residents)
        .bind(one.asked)
        .bind(one.proposed_on)
        .bind(actor)
        .one()
        .await?;
    Ok(id)
}

/// Adds a proposal's budget.
pub async fn insert_lines(tx: &mut Tx, proposal: ContestProposalId, lines: &[BudgetLine]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(lines).collect();
    tx.insert_all(
        "INSERT INTO contest_budget_line (proposal_id, line_no, label, amount) VALUES (..)",
        &numbered,
        |row, (number, line)| row.bind(proposal).bind(*number).bind(line.label.clone()).bind(line.amount),
    )
    .await
}

/// Adds a proposal's co-financing plan.
pub async fn insert_parts(tx: &mut Tx, proposal: ContestProposalId, parts: &[FundingPart]) -> Result<u64> {
    tx.insert_all("INSERT INTO contest_funding_part (proposal_id, source, amount) VALUES (..)", parts, |row, part| {
        row.bind(proposal).bind(part.source).bind(part.amount)
    })
    .await
}

/// Adds what a proposal is to reach.
pub async fn insert_milestones(tx: &mut Tx, proposal: ContestProposalId, all: &[MilestoneDraft]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(all).collect();
    tx.insert_all(
        "INSERT INTO contest_milestone (proposal_id, line_no, title, due_on, weight) VALUES (..)",
        &numbered,
        |row, (number, one)| row.bind(proposal).bind(*number).bind(one.title.clone()).bind(one.due_on).bind(one.weight),
    )
    .await
}

/// Writes down the project that a proposal became.
pub async fn set_project(tx: &mut Tx, proposal: ContestProposalId, project: TargetId) -> Result<u64> {
    tx.sql("UPDATE contest_proposal SET project_id = $1 WHERE id = $2").bind(project).bind(proposal).execute().await
}
