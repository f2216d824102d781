//! Proposing a project: its budget, who is to pay it, and what it is to reach.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::{
    BudgetLine, FundingGoal, FundingPart, LINES_MAX, Project, ProjectState, RESIDENTS_MAX, SUMMARY_MAX, TITLE_MAX,
    Target, TargetKind, TargetStatus, check_free, check_purpose, fund_for, funding::check_goal, purpose_by_id, store,
};
use crate::{
    area,
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_range, check_size, check_text},
    fund::{self, Fund, head},
    id::{AreaId, FundId, PurposeId, TargetId},
    ledger::account,
    money::Fen,
    viewer::By,
};

/// Something a project is to reach.
#[derive(Clone, Debug)]
pub struct MilestoneDraft {
    /// What is to be reached.
    pub title: String,
    /// The day by which.
    pub due_on: NaiveDate,
    /// Its part of the progress, against the other milestones.
    pub weight: i64,
}

/// The largest weight of a milestone.
const WEIGHT_MAX: i64 = 1_000;

/// What a project is proposed from.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Whose money it is spent from.
    pub fund: FundId,
    /// Where it is done.
    pub area: AreaId,
    /// What it is for.
    pub purpose: PurposeId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What is done, why and for whom.
    pub summary: String,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it is proposed.
    pub proposed_on: NaiveDate,
    /// What is bought; the project of each line is not read.
    pub budget: Vec<BudgetLine>,
    /// Who is to pay which part; the project of each part is not read. Empty for no plan.
    pub plan: Vec<FundingPart>,
    /// The least that must be raised beside the fund's part; the project is not read. `None` for no minimum.
    pub goal: Option<FundingGoal>,
    /// What is to be reached.
    pub milestones: Vec<MilestoneDraft>,
}

/// Proposes a project and opens its accounts.
///
/// # Errors
/// Refused for texts, amounts, days and numbers out of bounds, a code that is taken in the fund, a source
/// named twice, a fund, area or purpose that does not exist, an area outside of the fund's, a purpose the
/// fund may not spend on, a plan that does not add up to the budget, and a funding goal that the plan does not allow.
pub async fn propose(tx: &mut Tx, by: By<'_>, draft: &Proposal) -> Result<Project> {
    let (fund, mut head) = fund_for(tx, by, draft.fund).await?;
    let draft = checked(by, draft)?;
    check_free(tx, &fund, &draft.code).await?;
    check_parts(tx, &fund, &draft).await?;
    let id = store::insert_target(tx, &target_of(&draft)).await?;
    store::insert_proposer(tx, id, by.viewer.actor()?).await?;
    let project = project_of(&draft, id, fund.area_path);
    store::insert(tx, &project).await?;
    store::insert_budget(tx, id, &draft.budget).await?;
    store::insert_plan(tx, id, &draft.plan).await?;
    if let Some(goal) = &draft.goal {
        store::insert_goal(tx, id, goal).await?;
    }
    store::insert_milestones(tx, id, &draft.milestones).await?;
    account::open_target(tx, &mut head, id).await?;
    head::write(tx, &head).await?;
    Ok(project)
}

/// The draft with its texts trimmed, when it could be proposed to `fund` but for its code.
///
/// # Errors
/// As [`propose`], but for a code that is taken.
pub async fn check(tx: &mut Tx, by: By<'_>, fund: &Fund, draft: &Proposal) -> Result<Proposal> {
    let draft = checked(by, draft)?;
    check_parts(tx, fund, &draft).await?;
    Ok(draft)
}

async fn check_parts(tx: &mut Tx, fund: &Fund, draft: &Proposal) -> Result<()> {
    check_sources(&draft.plan)?;
    let area = area::store::by_ids(&mut *tx, &[draft.area]).await?.pop();
    let area = area.ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("areaId"))?;
    let purpose = purpose_by_id(tx, draft.purpose).await?;
    if !area.path.starts_with(&fund.area_path) {
        return Err(Refusal::AnotherFund { what: "area".into(), fund: fund.name.clone() }.at("areaId"));
    }
    check_purpose(tx, fund, &purpose).await?;
    let whole: Fen = draft.budget.iter().map(|line| line.amount).sum();
    let parts: Fen = draft.plan.iter().map(|part| part.amount).sum();
    if !draft.plan.is_empty() && parts != whole {
        return Err(Refusal::SumMismatch { parts, whole }.at("plan"));
    }
    if let Some(goal) = &draft.goal {
        check_goal(goal, &draft.plan, draft.proposed_on)?;
    }
    Ok(())
}

/// The draft with its texts trimmed, when nothing is wrong with it by itself.
fn checked(by: By<'_>, draft: &Proposal) -> Result<Proposal> {
    let mut kept = draft.clone();
    kept.code = check_text(&draft.code, fund::CODE_MAX, "code")?;
    kept.title = check_text(&draft.title, TITLE_MAX, "title")?;
    kept.summary = check_text(&draft.summary, SUMMARY_MAX, "summary")?;
    for (i, line) in kept.budget.iter_mut().enumerate() {
        line.label = check_text(&line.label, TITLE_MAX, &format!("budget.{i}.label"))?;
    }
    for (i, milestone) in kept.milestones.iter_mut().enumerate() {
        milestone.title = check_text(&milestone.title, TITLE_MAX, &format!("milestones.{i}.title"))?;
    }
    for (i, line) in kept.budget.iter().enumerate() {
        check_amount(line.amount, &format!("budget.{i}.amount"))?;
    }
    for (i, part) in kept.plan.iter().enumerate() {
        check_amount(part.amount, &format!("plan.{i}.amount"))?;
    }
    check_past(draft.proposed_on, by.today, "proposedOn")?;
    for (i, milestone) in kept.milestones.iter().enumerate() {
        if milestone.due_on < draft.proposed_on {
            let refusal = Refusal::PeriodReversed { from: draft.proposed_on, to: milestone.due_on };
            return Err(refusal.at(&format!("milestones.{i}.dueOn")));
        }
        check_range(milestone.weight, 1, WEIGHT_MAX, &format!("milestones.{i}.weight"))?;
    }
    check_size(kept.budget.len(), 1, LINES_MAX, "budget")?;
    check_size(kept.milestones.len(), 0, LINES_MAX, "milestones")?;
    check_range(draft.residents, 0, RESIDENTS_MAX, "residents")?;
    Ok(kept)
}

fn check_sources(plan: &[FundingPart]) -> Result<()> {
    let mut seen = HashSet::new();
    match plan.iter().position(|part| !seen.insert(part.source)) {
        Some(i) => {
            let name = format!("{:?}", plan[i].source);
            Err(Refusal::NameTaken { name }.at(&format!("plan.{i}.source")))
        }
        None => Ok(()),
    }
}

/// The key is the database's, and the path is not the target's own.
fn target_of(draft: &Proposal) -> Target {
    Target {
        id: TargetId(0),
        fund_id: draft.fund,
        kind: TargetKind::Project,
        purpose_id: draft.purpose,
        group_id: None,
        code: draft.code.clone(),
        status: TargetStatus::Open,
        residents: draft.residents,
        area_path: String::new(),
    }
}

fn project_of(draft: &Proposal, id: TargetId, area_path: String) -> Project {
    Project {
        id,
        fund_id: draft.fund,
        area_id: draft.area,
        purpose_id: draft.purpose,
        code: draft.code.clone(),
        title: draft.title.clone(),
        summary: draft.summary.clone(),
        state: ProjectState::Proposed,
        residents: draft.residents,
        proposed_on: draft.proposed_on.into(),
        moved_on: draft.proposed_on.into(),
        area_path,
    }
}
