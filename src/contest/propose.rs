//! Opening a contest, and proposing to it.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    CODE_MAX, CRITERIA_MAX, Contest, ContestCriterion, ContestJudge, ContestProposal, ContestState, JUDGES_MAX,
    PROPOSALS_MAX, SCORE_MAX, WEIGHT_MAX,
    state::{locked, may_do},
    store,
};
use crate::{
    committee::store::principals_by_names,
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_range, check_size, check_text},
    fund::{self, head},
    id::{ContestId, ContestProposalId, FundId, PartyId, PrincipalId},
    ledger::place::parties_known,
    money::Fen,
    project::{self, FundingSource, Proposal, SUMMARY_MAX, TITLE_MAX},
    viewer::{Act, By, On},
};

/// Who is to score.
#[derive(Clone, Debug)]
pub struct JudgeDraft {
    /// As the papers name them.
    pub name: String,
    /// The name of the principal who hands the sheets in; `None` where they are entered for the judge.
    pub principal: Option<String>,
    /// The party that the judge is of.
    pub party: Option<PartyId>,
}

/// What a contest is opened from.
#[derive(Clone, Debug)]
pub struct ContestDraft {
    /// Whose money the winners ask for.
    pub fund: FundId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What is called for.
    pub call_text: String,
    /// The most that its winners ask of the fund together.
    pub budget: Fen,
    /// The judges' part of the score, in percent.
    pub judges_percent: i64,
    /// The last day of proposals.
    pub proposals_to: NaiveDate,
    /// The day its call is published.
    pub opened_on: NaiveDate,
    /// What is scored, in order.
    pub criteria: Vec<ContestCriterion>,
    /// Who scores, in order.
    pub judges: Vec<JudgeDraft>,
}

/// What is proposed to a contest.
#[derive(Clone, Debug)]
pub struct EntryDraft {
    /// The contest.
    pub contest: ContestId,
    /// Who proposes it.
    pub party: PartyId,
    /// What a project would be proposed from; fund, code and goal are not read.
    pub proposal: Proposal,
}

/// Opens a contest with its call.
///
/// # Errors
/// Refused for a fund that does not exist, texts, amounts, numbers, days and lists out of bounds, a criterion named twice, a
/// code that is taken in the fund, and a party or principal of a judge that does not exist.
pub async fn open(tx: &mut Tx, by: By<'_>, draft: &ContestDraft) -> Result<Contest> {
    let found = fund::store::by_ids(&mut *tx, &[draft.fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::RunProject, &[fund.on()])?;
    head::lock(tx, fund.id).await?;
    let code = check_text(&draft.code, CODE_MAX, "code")?;
    let title = check_text(&draft.title, TITLE_MAX, "title")?;
    let call_text = check_text(&draft.call_text, SUMMARY_MAX, "callText")?;
    check_amount(draft.budget, "budget")?;
    check_past(draft.opened_on, by.today, "openedOn")?;
    if draft.proposals_to < draft.opened_on {
        return Err(Refusal::PeriodReversed { from: draft.opened_on, to: draft.proposals_to }.at("proposalsTo"));
    }
    check_range(draft.judges_percent, 1, 100, "judgesPercent")?;
    let criteria = criteria_of(draft)?;
    let judges = judges_of(tx, draft).await?;
    if store::code_taken(&mut *tx, fund.id, &code).await? {
        return Err(Refusal::NameTaken { name: code }.at("code"));
    }
    // The key is the database's.
    let contest = Contest {
        id: ContestId(0),
        fund_id: fund.id,
        code,
        title,
        call_text,
        budget: draft.budget,
        judges_percent: draft.judges_percent,
        proposals_to: draft.proposals_to.into(),
        state: ContestState::Call,
        opened_on: draft.opened_on.into(),
        moved_on: draft.opened_on.into(),
        area_path: fund.area_path,
    };
    let id = store::insert(tx, &contest, by.viewer.actor()?).await?;
    store::insert_criteria(tx, id, &criteria).await?;
    store::insert_judges(tx, id, &judges).await?;
    Ok(Contest { id, ..contest })
}

fn criteria_of(draft: &ContestDraft) -> Result<Vec<ContestCriterion>> {
    check_size(draft.criteria.len(), 1, CRITERIA_MAX, "criteria")?;
    let mut criteria: Vec<ContestCriterion> = vec![];
    for (i, one) in draft.criteria.iter().enumerate() {
        let name = check_text(&one.name, TITLE_MAX, &format!("criteria.{i}.name"))?;
        check_range(one.weight, 1, WEIGHT_MAX, &format!("criteria.{i}.weight"))?;
        check_range(one.score_max, 1, SCORE_MAX, &format!("criteria.{i}.scoreMax"))?;
        if criteria.iter().any(|known| known.name == name) {
            return Err(Refusal::NameTaken { name }.at(&format!("criteria.{i}.name")));
        }
        let criterion_no = i64::try_from(i + 1).expect("there are few criteria");
        criteria.push(ContestCriterion { name, criterion_no, ..one.clone() });
    }
    Ok(criteria)
}

/// The judges, whose parties and principals all exist.
async fn judges_of(tx: &mut Tx, draft: &ContestDraft) -> Result<Vec<ContestJudge>> {
    check_size(draft.judges.len(), 1, JUDGES_MAX, "judges")?;
    let parties: Vec<PartyId> = draft.judges.iter().filter_map(|judge| judge.party).collect();
    let parties = parties_known(tx, &parties).await?;
    let names: Vec<&str> = draft.judges.iter().filter_map(|judge| judge.principal.as_deref()).collect();
    let principals: HashMap<String, PrincipalId> = match names.as_slice() {
        [] => HashMap::new(),
        names => principals_by_names(&mut *tx, names).await?.into_iter().collect(),
    };
    let mut judges = vec![];
    for (i, judge) in draft.judges.iter().enumerate() {
        let not_found =
            |what: &str, field: &str| Refusal::NotFound { what: what.to_owned() }.at(&format!("judges.{i}.{field}"));
        if judge.party.is_some_and(|party| !parties.contains(&party)) {
            return Err(not_found("party", "partyId"));
        }
        let principal_id = match &judge.principal {
            Some(name) => Some(*principals.get(name).ok_or_else(|| not_found("principal", "principal"))?),
            None => None,
        };
        judges.push(ContestJudge {
            contest_id: ContestId(0),
            judge_no: i64::try_from(i + 1).expect("there are few judges"),
            name: check_text(&judge.name, TITLE_MAX, &format!("judges.{i}.name"))?,
            principal_id,
            party_id: judge.party,
        });
    }
    Ok(judges)
}

/// Proposes something to a contest, as a project would be proposed.
///
/// # Errors
/// Denied to who speaks neither for the party nor for the fund; refused for a contest or party that does not exist, another
/// state, a day outside of the call, more proposals than are ranked, what [`project::check`] refuses, and more asked of the
/// fund than the contest's budget.
pub async fn propose(tx: &mut Tx, by: By<'_>, draft: &EntryDraft) -> Result<ContestProposal> {
    let contest = locked(tx, draft.contest).await?;
    by.viewer.must(Act::EnterContest, &[contest.on(), On::Party(draft.party)])?;
    may_do(by.viewer, &contest, "contestPropose")?;
    if parties_known(tx, &[draft.party]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("partyId"));
    }
    let on = draft.proposal.proposed_on;
    check_past(on, by.today, "proposedOn")?;
    if on < contest.opened_on.0 {
        return Err(Refusal::PeriodReversed { from: contest.opened_on.0, to: on }.at("proposedOn"));
    }
    if on > contest.proposals_to.0 {
        return Err(Refusal::ContestCall { until: contest.proposals_to.0 }.at("proposedOn"));
    }
    let before = store::proposals_count(&mut *tx, contest.id).await?;
    let proposal_no = before + 1;
    check_size(usize::try_from(proposal_no).unwrap_or(usize::MAX), 1, PROPOSALS_MAX, "contestId")?;
    let found = fund::store::by_ids(&mut *tx, &[contest.fund_id]).await?.pop();
    let fund = found.expect("a contest has a fund");
    // A winner's code is the contest's with this number; the goal of a project is set where it is proposed by itself.
    let (code, goal) = (format!("{}-{proposal_no}", contest.code), None);
    let wanted = Proposal { fund: fund.id, code, goal, ..draft.proposal.clone() };
    let checked = project::check(tx, by, &fund, &wanted).await?;
    let whole = || checked.budget.iter().map(|line| line.amount).sum();
    let own = checked.plan.iter().find(|part| part.source == FundingSource::Fund).map(|part| part.amount);
    let asked = if checked.plan.is_empty() { whole() } else { own.unwrap_or(Fen::ZERO) };
    check_amount(asked, "plan")?;
    if asked > contest.budget {
        return Err(Refusal::ContestBudget { asked, budget: contest.budget }.at("budget"));
    }
    // The key is the database's.
    let proposal = ContestProposal {
        id: ContestProposalId(0),
        contest_id: contest.id,
        proposal_no,
        party_id: draft.party,
        area_id: checked.area,
        purpose_id: checked.purpose,
        title: checked.title.clone(),
        summary: checked.summary.clone(),
        residents: checked.residents,
        asked,
        proposed_on: on.into(),
        project_id: None,
    };
    let id = store::insert_proposal(tx, &proposal, by.viewer.actor()?).await?;
    store::insert_lines(tx, id, &checked.budget).await?;
    store::insert_parts(tx, id, &checked.plan).await?;
    store::insert_milestones(tx, id, &checked.milestones).await?;
    Ok(ContestProposal { id, ..proposal })
}
