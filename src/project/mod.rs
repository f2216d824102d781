//! What money is spent on: projects and micro-grants.
//!
//! * Both are targets of the ledger, of one fund, for one purpose that the fund may spend on.
//! * A project goes from state to state as [`MOVES`] says, and every move is recorded.
//! * Work is accepted by whoever did not do it, evaluated by those it is for, and closed with a report.
//! * A target ends with no money left in it, and nothing is paid into it or out of it afterwards.
//! * A co-financing plan adds up to the budget. A minimum that others than the fund are to raise is raised before the
//!   work begins, or missed: then what was given goes back.

mod end;
mod funding;
mod grant;
mod graphql;
mod mutation;
mod proposal;
mod state;
pub mod store;

use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;

pub use end::{
    Acceptance, AcceptanceDraft, AcceptanceOutcome, ClosingReport, Evaluation, EvaluationDraft, EvaluationScore,
    Evaluator, Paper, ReportDraft, accept, close, evaluate,
};
pub use funding::{FundingGoal, FundingMiss, Raised, funding_miss};
pub use grant::{GrantDraft, grant_award};
pub use graphql::{
    ExternalFundingConnection, ExternalFundingEdge, MicroGrantConnection, MicroGrantEdge, ProjectAcceptPayload,
    ProjectClosePayload, ProjectConnection, ProjectEdge, ProjectEndMutation, ProjectEvaluatePayload,
    ProjectFundingMissPayload, ProjectFundingMutation, ProjectQuery, TargetById, TargetNode, projects_of_fund,
};
pub use mutation::{BudgetLineInput, FundingPartInput, MilestoneInput, ProjectMutation};
pub use proposal::{MilestoneDraft, Proposal, check, propose};
pub use state::{Condition, Facts, MOVES, Move, ProjectState, advance, may_move, table};

use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_amount, check_digest, check_past, ensure_rows},
    fund::{self, Fund, Purpose, head, purpose_allowed},
    id::{AreaId, FundId, MilestoneId, NodeKind, PartyId, PurposeId, TargetId},
    ledger::draw::DrawRule,
    money::Fen,
    viewer::{Act, By, On},
};

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetKind {
    /// A project.
    Project,
    /// A micro-grant.
    Grant,
    /// A fund's own administration.
    Admin,
}

/// Whether a target takes money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetStatus {
    /// It does.
    Open,
    /// Nothing is paid into it or out of it any more.
    Closed,
}

/// What money is spent on, as the ledger and the committee see it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Target {
    /// The key.
    pub id: TargetId,
    /// Whose money it is spent from.
    pub fund_id: FundId,
    /// What it is.
    pub kind: TargetKind,
    /// What it is for.
    pub purpose_id: PurposeId,
    /// The group that a micro-grant supports.
    pub group_id: Option<PartyId>,
    /// Its short name within the fund.
    pub code: String,
    /// Whether it takes money.
    pub status: TargetStatus,
    /// How many residents it serves.
    pub residents: i64,
    /// The path of the fund's area.
    pub area_path: String,
}

impl Target {
    /// What an act on this target is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }

    /// The type of the object in the graph.
    pub fn node(&self) -> NodeKind {
        if self.kind == TargetKind::Grant { NodeKind::MicroGrant } else { NodeKind::Project }
    }
}

/// A project: what a community does with its fund's money.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Project {
    /// The key.
    #[graphql(skip)]
    pub id: TargetId,
    /// Whose money it is spent from.
    #[graphql(skip)]
    pub fund_id: FundId,
    /// Where it is done.
    #[graphql(skip)]
    pub area_id: AreaId,
    /// What it is for.
    #[graphql(skip)]
    pub purpose_id: PurposeId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What is done, why and for whom.
    pub summary: String,
    /// How far it is.
    pub state: ProjectState,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it was proposed.
    pub proposed_on: Date,
    /// The day its state last changed.
    pub moved_on: Date,
    /// The path of the fund's area.
    #[graphql(skip)]
    pub area_path: String,
}

impl Project {
    /// What an act on this project is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }
}

/// Which projects a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProjectFilter {
    /// Only those of this fund.
    pub fund: Option<FundId>,
    /// Only those done in this area or below it.
    pub area: Option<AreaId>,
    /// Only those that are this far.
    pub state: Option<ProjectState>,
    /// Only those for this purpose or one below it.
    pub purpose: Option<PurposeId>,
}

/// What a list of projects is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
pub enum ProjectOrderField {
    /// The day it was proposed.
    #[default]
    ProposedOn,
    /// Its code.
    Code,
    /// How many residents it serves.
    Residents,
}

/// One move of a project from state to state.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
pub struct ProjectMove {
    /// The project.
    #[graphql(skip)]
    pub project_id: TargetId,
    /// The state it left.
    #[graphql(name = "from")]
    pub from_state: ProjectState,
    /// The state it came to.
    #[graphql(name = "to")]
    pub to_state: ProjectState,
    /// The day.
    pub moved_on: Date,
}

/// One line of a project's budget.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BudgetLine {
    /// The project.
    pub project_id: TargetId,
    /// What is bought.
    pub label: String,
    /// What it will cost.
    pub amount: Fen,
}

/// Who is to pay part of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FundingSource {
    /// The fund.
    Fund,
    /// Residents, for instance the households of a stairwell.
    Residents,
    /// Partner units and merchants, outside of the fund.
    Partners,
    /// Anybody else, for instance the public budget.
    Other,
}

/// One part of a co-financing plan.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundingPart {
    /// The project.
    pub project_id: TargetId,
    /// Who is to pay it.
    pub source: FundingSource,
    /// How much.
    pub amount: Fen,
}

/// Something a project is to reach by a day.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Milestone {
    /// The key.
    #[graphql(skip)]
    pub id: MilestoneId,
    /// The project.
    #[graphql(skip)]
    pub project_id: TargetId,
    /// What is to be reached.
    pub title: String,
    /// The day by which.
    pub due_on: Date,
    /// The day it was reached; null until then.
    pub reached_on: Option<Date>,
    /// Its part of the progress, against the other milestones of the project.
    pub weight: i64,
}

/// How far a supported group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantStage {
    /// 起步: it begins.
    StartUp,
    /// 发展: it grows.
    Growth,
    /// 创优: it leads.
    Excellence,
}

/// A micro-grant: support for a self-organized group at one stage of its growth.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct MicroGrant {
    /// The key.
    #[graphql(skip)]
    pub id: TargetId,
    /// Whose money it is paid from.
    #[graphql(skip)]
    pub fund_id: FundId,
    /// What it is for.
    #[graphql(skip)]
    pub purpose_id: PurposeId,
    /// The group it supports.
    #[graphql(skip)]
    pub group_id: PartyId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// How far the group is.
    pub stage: GrantStage,
    /// How many residents it serves.
    pub residents: i64,
    /// The day it was awarded.
    pub awarded_on: Date,
    /// The most that it was awarded; `None` where it was awarded outside of a round.
    #[graphql(skip)]
    pub awarded: Option<Fen>,
    /// The path of the fund's area.
    #[graphql(skip)]
    pub area_path: String,
}

/// Who paid for a target without the money's entering the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExternalSource {
    /// Residents, for instance to the builder.
    Residents,
    /// Partner units and merchants.
    Partners,
    /// Anybody else.
    Other,
}

/// Evidenced money that never entered the fund.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ExternalFunding {
    /// The key.
    pub id: i64,
    /// What it was paid for.
    pub target_id: TargetId,
    /// Who paid.
    pub source: ExternalSource,
    /// How much.
    pub amount: Fen,
    /// When.
    pub paid_on: NaiveDate,
    /// The digest of the evidence.
    pub sha256: String,
}

/// The most characters of a title.
pub const TITLE_MAX: usize = 200;
/// The most characters of a summary.
pub const SUMMARY_MAX: usize = 4000;
/// The most residents one project serves: there are cities of thirty million.
pub const RESIDENTS_MAX: i64 = 100_000_000;
/// The most lines of a budget, and the most milestones.
pub const LINES_MAX: usize = 100;

/// The fund a target is to be opened in, which the viewer may propose to, locked.
async fn fund_for(tx: &mut Tx, by: By<'_>, fund: FundId) -> Result<(Fund, head::Head)> {
    let found = fund::store::by_ids(&mut *tx, &[fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::Propose, &[fund.on()])?;
    let head = head::lock(tx, fund.id).await?;
    Ok((fund, head))
}

/// A code no other target of the fund has, and a purpose the fund may spend on.
async fn check_free(tx: &mut Tx, fund: &Fund, code: &str) -> Result<()> {
    match store::by_code(&mut *tx, fund.id, code).await? {
        Some(_) => Err(Refusal::NameTaken { name: code.to_owned() }.at("code")),
        None => Ok(()),
    }
}

async fn check_purpose(tx: &mut Tx, fund: &Fund, purpose: &Purpose) -> Result<()> {
    if purpose_allowed(&mut *tx, fund.id, purpose.id).await? {
        return Ok(());
    }
    Err(Refusal::PurposeNotAllowed { purpose: purpose.name.clone(), fund: fund.name.clone() }.at("purposeId"))
}

async fn purpose_by_id(tx: &mut Tx, purpose: PurposeId) -> Result<Purpose> {
    let found = fund::store::purposes_by_ids(&mut *tx, &[purpose]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "purpose".into() }.at("purposeId"))
}

/// Sets how the money of a project or grant is drawn when it is spent from now on.
///
/// # Errors
/// Refused when there is no such target, or it is closed.
pub async fn set_draw(tx: &mut Tx, by: By<'_>, target: TargetId, draw: DrawRule) -> Result<()> {
    let not_found = || Refusal::NotFound { what: "project or grant".into() }.at("targetId");
    let found = store::targets_by_ids(&mut *tx, &[target]).await?.pop().ok_or_else(not_found)?;
    by.viewer.must(Act::BookSpending, &[found.on()])?;
    head::lock(tx, found.fund_id).await?;
    let found = store::targets_by_ids(&mut *tx, &[target]).await?.pop().ok_or_else(not_found)?;
    if found.status == TargetStatus::Closed {
        return Err(Refusal::TargetClosed { code: found.code, on: String::new() }.at("targetId"));
    }
    ensure_rows(store::set_draw(tx, target, draw).await?, 1, "target")
}

/// Records that a milestone was reached; saying the same again changes nothing.
///
/// # Errors
/// Refused for a day to come, a milestone that does not exist, a project that is not underway, and a
/// milestone that was reached on another day.
pub async fn milestone_reach(
    tx: &mut Tx,
    by: By<'_>,
    milestone: MilestoneId,
    reached_on: NaiveDate,
) -> Result<Milestone> {
    let project = milestone_by_id(tx, milestone).await?.project_id;
    let project = state::locked(tx, by, project, Act::RunProject).await?;
    let milestone = milestone_by_id(tx, milestone).await?;
    check_past(reached_on, by.today, "reachedOn")?;
    if milestone.reached_on == Some(Date(reached_on)) {
        return Ok(milestone);
    }
    if project.state != ProjectState::Underway {
        let (state, accepted) = (format!("{:?}", project.state), "Underway".into());
        return Err(Refusal::ProjectState { state, accepted }.at("milestoneId"));
    }
    if let Some(reached_on) = milestone.reached_on {
        return Err(Refusal::MilestoneReached { reached_on: reached_on.0 }.at("reachedOn"));
    }
    ensure_rows(store::set_reached_on(tx, milestone.id, reached_on).await?, 1, "milestone")?;
    Ok(Milestone { reached_on: Some(Date(reached_on)), ..milestone })
}

async fn milestone_by_id(tx: &mut Tx, id: MilestoneId) -> Result<Milestone> {
    let found = store::milestone_by_id(&mut *tx, id).await?;
    found.ok_or_else(|| Refusal::NotFound { what: "milestone".into() }.at("milestoneId"))
}

/// What evidenced money outside of the fund is recorded from.
#[derive(Clone, Debug)]
pub struct ExternalDraft {
    /// What it was paid for.
    pub target: TargetId,
    /// Who paid.
    pub source: ExternalSource,
    /// How much.
    pub amount: Fen,
    /// When.
    pub paid_on: NaiveDate,
    /// The digest of the evidence.
    pub sha256: String,
}

/// Records money that was paid for a target and never entered the fund. A closed target takes it, too:
/// the builder's receipts come late.
///
/// # Errors
/// Refused for an amount that is not positive or too large, a day to come, a malformed digest, and a
/// target that does not exist.
pub async fn external_funding_record(tx: &mut Tx, by: By<'_>, draft: &ExternalDraft) -> Result<ExternalFunding> {
    let found = store::targets_by_ids(&mut *tx, &[draft.target]).await?.pop();
    let target = found.ok_or_else(|| Refusal::NotFound { what: "project or grant".into() }.at("targetId"))?;
    by.viewer.must(Act::RunProject, &[target.on()])?;
    let actor = by.viewer.actor()?;
    check_amount(draft.amount, "amount")?;
    check_past(draft.paid_on, by.today, "paidOn")?;
    let sha256 = check_digest(&draft.sha256, "sha256")?;
    Ok(store::insert_external(tx, &ExternalDraft { sha256, ..draft.clone() }, actor).await?)
}
