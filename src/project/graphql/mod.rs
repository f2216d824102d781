//! Projects and micro-grants in the graph: what they are and how they are read. What is done to them
//! is in [`super::mutation`].

mod end;
mod funding;
mod grant;

pub use end::{ProjectAcceptPayload, ProjectClosePayload, ProjectEndMutation, ProjectEvaluatePayload};
pub use funding::{FundingGoalInput, ProjectFundingMissPayload, ProjectFundingMutation};

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, ID, InputObject, Interface, Object};
use chrono::NaiveDate;

use super::{
    Acceptance, BudgetLine, ClosingReport, Evaluation, ExternalFunding, ExternalSource, FundingPart, FundingSource,
    MicroGrant, Milestone, Project, ProjectFilter, ProjectMove, ProjectOrderField, ProjectState, store,
};
use crate::{
    all_of,
    allocation::graphql::{AllocationConnection, allocations_of_target},
    area::{Area, AreaById},
    clock::Date,
    committee::{DecisionConnection, decisions_of_target},
    connection,
    contest::{ContestProposalNode, proposal_of_project},
    disclosure::{DisclosureConnection, disclosures_of_project},
    duty::{DisclosureDuty, duties_of_project},
    error::Result,
    expense::graphql::{ExpenseConnection, expenses_of_target},
    fund::{Fund, FundById, Purpose, PurposeById},
    id::{AreaId, FundId, GlobalId, NodeKind, PurposeId, TargetId},
    ledger::graphql::{
        Balance,
        as_of::{AsOfInput, cut_of_funds},
        spending::{FunderConnection, Leverage, balance_of_target, funders_of_target, leverage_of_target},
    },
    money::{Fen, Fraction, Money},
    oversight::{Must, musts_of_project},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    pledge::graphql::terms::{ClaimRoom, room_of_project},
    viewer::{Action, Beside, Load, Request},
};

connection!(ProjectConnection, ProjectEdge, Project, "projects");
connection!(MicroGrantConnection, MicroGrantEdge, MicroGrant, "micro-grants");
connection!(ExternalFundingConnection, ExternalFundingEdge, ExternalFunding, "payments outside of the fund");

all_of!(/// The budget of each project.
    BudgetOf, TargetId, BudgetLine, store::budget_of, |line: &BudgetLine| line.project_id);
all_of!(/// The co-financing plan of each project.
    PlanOf, TargetId, FundingPart, store::plan_of, |part: &FundingPart| part.project_id);
all_of!(/// The milestones of each project.
    MilestonesOf, TargetId, Milestone, store::milestones_of, |milestone: &Milestone| milestone.project_id);
all_of!(/// The moves of each project.
    MovesOf, TargetId, ProjectMove, store::moves_of, |one: &ProjectMove| one.project_id);
page_of!(/// A page of what was paid for each target outside of the fund.
    ExternalOf, TargetId, ExternalFunding, store::external_of, |funding: &ExternalFunding| funding.target_id);
page_of!(/// A page of each fund's projects.
    ProjectsOf, FundId, Project, store::of_funds, |project: &Project| project.fund_id);

/// Projects and micro-grants by key.
pub struct TargetById;

impl Load for TargetById {
    type Key = TargetId;
    type Value = TargetNode;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, TargetNode>> {
        let mut session = request.session().await?;
        let projects = store::by_ids(&mut *session, &keys).await?;
        let mut found: HashMap<_, _> =
            projects.into_iter().map(|project| (project.id, TargetNode::from(project))).collect();
        let rest: Vec<TargetId> = keys.into_iter().filter(|key| !found.contains_key(key)).collect();
        if !rest.is_empty() {
            let grants = store::grants_by_ids(&mut *session, &rest).await?;
            found.extend(grants.into_iter().map(|grant| (grant.id, TargetNode::from(grant))));
        }
        Ok(found)
    }
}

impl Beside for Project {
    fn remember(self, request: &Request) {
        request.prime::<TargetById>(self.id, self.into());
    }
}

/// What money is spent on: a project or a micro-grant.
#[derive(Clone, Debug, Interface)]
#[allow(clippy::duplicated_attributes, reason = "two fields of an interface may have the same type")]
#[graphql(
    name = "Target",
    field(name = "id", method = "global_id", ty = "ID", desc = "Its id."),
    field(name = "code", ty = "&String", desc = "Its short name within the fund."),
    field(name = "title", ty = "&String", desc = "What it is called."),
    field(name = "fund", ty = "Fund", desc = "Whose money it is spent from."),
    field(name = "purpose", ty = "Purpose", desc = "What it is for."),
    field(name = "residents", ty = "&i64", desc = "How many residents it serves."),
    field(
        name = "decisions",
        ty = "DecisionConnection",
        desc = "What the committee resolved about it, the last taken first.",
        arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
        arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
        arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
        arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor.")
    ),
    field(
        name = "external_funding",
        ty = "ExternalFundingConnection",
        desc = "What was paid for it without entering the fund, with evidence.",
        arg(name = "first", ty = "Option<i32>", desc = "How many from the start, 100 at most."),
        arg(name = "after", ty = "Option<String>", desc = "Only what comes after this cursor."),
        arg(name = "last", ty = "Option<i32>", desc = "How many from the end, 100 at most."),
        arg(name = "before", ty = "Option<String>", desc = "Only what comes before this cursor.")
    )
)]
#[allow(missing_docs)]
pub enum TargetNode {
    Project(Project),
    MicroGrant(MicroGrant),
}

async fn external(ctx: &Context<'_>, target: TargetId, args: &PageArgs) -> Result<ExternalFundingConnection> {
    let page = Page::new(args, Direction::Asc, &[Key::Int(0)])?;
    let rows = Request::of(ctx).load::<ExternalOf>((target, page.clone())).await?.unwrap_or_default();
    Ok(ExternalFundingConnection::new(page.finish(rows, |funding| vec![funding.id.into()]), None))
}

/// A page of a fund's projects, the last proposed first.
pub async fn projects_of_fund(ctx: &Context<'_>, fund: FundId, args: &PageArgs) -> Result<ProjectConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Int(0)])?;
    let rows = Request::of(ctx).load::<ProjectsOf>((fund, page.clone())).await?.unwrap_or_default();
    Ok(ProjectConnection::new(page.finish(rows, |project| vec![project.id.into()]), None))
}

#[ComplexObject]
impl Project {
    /// The project's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Project, self.id).into()
    }

    /// Whose money it is spent from.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.fund_id).await
    }

    /// How it may be claimed (认领), and what is left; null where it is not open to claims.
    async fn claim_room(&self, ctx: &Context<'_>) -> Result<Option<ClaimRoom>> {
        room_of_project(Request::of(ctx), self.id).await
    }

    /// Where it is done.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area_id).await
    }

    /// What it is for.
    async fn purpose(&self, ctx: &Context<'_>) -> Result<Purpose> {
        Request::of(ctx).need::<PurposeById>(self.purpose_id).await
    }

    /// What is bought, 100 lines at most.
    async fn budget(&self, ctx: &Context<'_>) -> Result<Vec<BudgetLine>> {
        Ok(Request::of(ctx).load::<BudgetOf>(self.id).await?.unwrap_or_default())
    }

    /// The sum of the budget.
    async fn budget_total(&self, ctx: &Context<'_>) -> Result<Money> {
        let lines = Request::of(ctx).load::<BudgetOf>(self.id).await?.unwrap_or_default();
        Ok(lines.iter().map(|line| line.amount).sum::<Fen>().into())
    }

    /// Who is to pay which part of the budget; empty where that is not planned.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Vec<FundingPart>> {
        Ok(Request::of(ctx).load::<PlanOf>(self.id).await?.unwrap_or_default())
    }

    /// How far its money is raised, by whom, and what must come by when.
    async fn funding(&self) -> funding::ProjectFunding {
        funding::ProjectFunding(self.clone())
    }

    /// The proposal to a contest that it was; null where it was proposed by itself.
    async fn contest_proposal(&self, ctx: &Context<'_>) -> Option<Result<ContestProposalNode>> {
        proposal_of_project(Request::of(ctx), self.id).await.transpose()
    }

    /// What is to be reached, by the day it is due; 100 at most.
    async fn milestones(&self, ctx: &Context<'_>) -> Result<Vec<Milestone>> {
        Ok(Request::of(ctx).load::<MilestonesOf>(self.id).await?.unwrap_or_default())
    }

    /// How it came to its state, oldest move first.
    async fn moves(&self, ctx: &Context<'_>) -> Result<Vec<ProjectMove>> {
        Ok(Request::of(ctx).load::<MovesOf>(self.id).await?.unwrap_or_default())
    }

    /// What was paid for it without entering the fund, with evidence.
    async fn external_funding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExternalFundingConnection> {
        external(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What the committee resolved about it, the last taken first.
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DecisionConnection> {
        decisions_of_target(ctx, self.id, &PageArgs { first, after, last, before }).await
    }

    /// Whose money it was given, the largest sum first.
    async fn funders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<FunderConnection> {
        funders_of_target(Request::of(ctx), self.fund_id, self.id, &PageArgs { first, after, last, before }).await
    }

    /// What must be published of it, and by when: all that was due by the day, and what comes next.
    async fn disclosure_duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day that is asked about, at most ten years ahead; today where it is left out.")]
        on: Option<Date>,
    ) -> Result<Vec<DisclosureDuty>> {
        duties_of_project(Request::of(ctx), self.id, on).await
    }

    /// What it was given, less what went back, and where it is or was.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries count; all where it is left out.")] as_of: Option<AsOfInput>,
    ) -> Result<Balance> {
        let request = Request::of(ctx);
        balance_of_target(request, self.id, cut_of_funds(request, as_of, Some(self.fund_id)).await?).await
    }

    /// What it paid, the latest first.
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ExpenseConnection> {
        expenses_of_target(Request::of(ctx), self.id, None, &PageArgs { first, after, last, before }).await
    }

    /// What was allocated to it, the first first.
    async fn allocations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<AllocationConnection> {
        allocations_of_target(Request::of(ctx), self.id, &PageArgs { first, after, last, before }).await
    }

    /// What it moved altogether for each yuan of the fund's own money in it.
    async fn leverage(&self, ctx: &Context<'_>) -> Result<Leverage> {
        leverage_of_target(Request::of(ctx), self.id).await
    }

    /// The milestones reached of all, by weight; null where there are none.
    async fn progress(&self, ctx: &Context<'_>) -> Option<Result<Fraction>> {
        end::progress(Request::of(ctx), self.id).await.transpose()
    }

    /// All that was spent on it, in the fund and beside it, for each resident it serves, rounded down; null while it
    /// serves nobody.
    async fn cost_per_beneficiary(&self, ctx: &Context<'_>) -> Option<Result<Money>> {
        end::cost_per_beneficiary(Request::of(ctx), self).await.transpose()
    }

    /// The five musts (五有): agreement, management, project, result, disclosure.
    async fn musts(&self, ctx: &Context<'_>) -> Result<Vec<Must>> {
        musts_of_project(Request::of(ctx), self).await
    }

    /// What was published of it by itself, the last period first; what is not published yet for those who keep or
    /// oversee the books.
    async fn disclosures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<DisclosureConnection> {
        disclosures_of_project(Request::of(ctx), self, &PageArgs { first, after, last, before }).await
    }

    /// What became of the money that it did not need.
    async fn leftovers(&self, ctx: &Context<'_>) -> Result<end::Leftovers> {
        end::leftovers(Request::of(ctx), self.id).await
    }

    /// Who looked at the work, and what came of it; the first first.
    async fn acceptances(&self, ctx: &Context<'_>) -> Result<Vec<Acceptance>> {
        end::acceptances(Request::of(ctx), self.id).await
    }

    /// What residents or a third party thought of it; null until it is evaluated.
    async fn evaluation(&self, ctx: &Context<'_>) -> Option<Result<Evaluation>> {
        end::evaluation(Request::of(ctx), self.id).await.transpose()
    }

    /// How it closed; null until then, and where it was closed without a report.
    async fn closing_report(&self, ctx: &Context<'_>) -> Option<Result<ClosingReport>> {
        end::report(Request::of(ctx), self.id).await.transpose()
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        end::actions(Request::of(ctx), self).await
    }
}

/// One line of a project's budget.
#[Object]
impl BudgetLine {
    /// What is bought.
    async fn label(&self) -> &str {
        &self.label
    }

    /// What it will cost.
    async fn amount(&self) -> Money {
        self.amount.into()
    }
}

/// One part of a co-financing plan.
#[Object]
impl FundingPart {
    /// Who is to pay it.
    async fn source(&self) -> FundingSource {
        self.source
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.amount.into()
    }
}

#[ComplexObject]
impl Milestone {
    /// The milestone's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Milestone, self.id).into()
    }
}

/// Money that was paid for a project or micro-grant and never entered the fund.
#[Object]
impl ExternalFunding {
    /// Who paid.
    async fn source(&self) -> ExternalSource {
        self.source
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.amount.into()
    }

    /// When.
    async fn paid_on(&self) -> Date {
        self.paid_on.into()
    }

    /// The SHA-256 digest of the evidence, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// Which projects a list holds.
#[derive(Default, InputObject)]
pub struct ProjectFilterInput {
    /// Only projects of this fund.
    pub fund: Option<GlobalId>,
    /// Only projects done in this area or below it.
    pub area: Option<GlobalId>,
    /// Only projects that are this far.
    pub state: Option<ProjectState>,
    /// Only projects for this purpose or one below it.
    pub purpose: Option<GlobalId>,
}

impl ProjectFilterInput {
    fn read(self) -> Result<ProjectFilter> {
        Ok(ProjectFilter {
            fund: self.fund.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId),
            area: self.area.map(|id| id.key_of(NodeKind::Area)).transpose()?.map(AreaId),
            state: self.state,
            purpose: self.purpose.map(|id| id.key_of(NodeKind::Purpose)).transpose()?.map(PurposeId),
        })
    }
}

/// The order of a list of projects.
#[derive(Default, InputObject)]
pub struct ProjectOrder {
    /// By what.
    #[graphql(default)]
    pub field: ProjectOrderField,
    /// Which way.
    #[graphql(default)]
    pub direction: Direction,
}

/// Queries about projects and micro-grants.
#[derive(Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// All projects, the last proposed first unless another order is asked for.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which projects the list holds.")] filter: Option<ProjectFilterInput>,
        #[graphql(desc = "The order of the list.")] order: Option<ProjectOrder>,
    ) -> Result<ProjectConnection> {
        let filter = filter.unwrap_or_default().read()?;
        let ProjectOrder { field, direction } = order.unwrap_or_default();
        let key = |project: &Project| match field {
            ProjectOrderField::ProposedOn => Key::Date(project.proposed_on.0),
            ProjectOrderField::Code => Key::Text(project.code.clone()),
            ProjectOrderField::Residents => Key::Int(project.residents),
        };
        let shape = match field {
            ProjectOrderField::ProposedOn => Key::Date(NaiveDate::MIN),
            ProjectOrderField::Code => Key::Text(String::new()),
            ProjectOrderField::Residents => Key::Int(0),
        };
        let page = Page::new(&PageArgs { first, after, last, before }, direction, &[shape, Key::Int(0)])?;
        let rows = store::all(&mut *Request::of(ctx).session().await?, filter, field, &page).await?;
        Ok(ProjectConnection::new(page.finish(rows, |project| vec![key(project), project.id.into()]), None))
    }

    /// The project of this code in the fund of that code; null where there is none.
    async fn project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project's code.")] code: String,
        #[graphql(desc = "The fund's code.")] fund_code: String,
    ) -> Option<Result<Project>> {
        let found = async { Ok(store::by_codes(&mut *Request::of(ctx).session().await?, &fund_code, &code).await?) };
        found.await.transpose()
    }

    /// All micro-grants, the last awarded first.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn micro_grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those of this fund.")] fund: Option<GlobalId>,
        #[graphql(desc = "Only those to this group.")] group: Option<GlobalId>,
    ) -> Result<MicroGrantConnection> {
        let fund = fund.map(|id| id.key_of(NodeKind::Fund)).transpose()?.map(FundId);
        let group = group.map(GlobalId::party).transpose()?;
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Desc, &[Key::Int(0)])?;
        let rows = store::grants(&mut *Request::of(ctx).session().await?, fund, group, &page).await?;
        Ok(MicroGrantConnection::new(page.finish(rows, |grant| vec![grant.id.into()]), None))
    }
}
