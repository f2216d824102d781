//! How a grant is run, in the graph: contract, tranches, reports, evaluation, and what the group gives back.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::super::{
    Contract, ContractDraft, Evaluation, EvaluationDraft, GRANT_MOVES, GrantFacts, GrantState, POINTS_MAX, Report,
    ReportKind, Tranche, close, evaluate, report, sign, store,
    tranche::{self, Origin},
};
use super::apply::application_of_grant;
use crate::{
    all_of,
    clock::Date,
    contribution::graphql::reach_of,
    error::{Refusal, Result},
    id::{FundId, GlobalId, NodeKind, PartyId, TargetId},
    ledger::{graphql::must_read_giving, idem::Once},
    money::{Fen, Fraction, Money, MoneyInput},
    payloads,
    project::{Evaluator, MicroGrant, TargetById, TargetNode},
    viewer::{Act, Action, Load, On, Request, value_name},
};

all_of!(/// The contract of each grant.
    ContractsOf, TargetId, Contract, store::contracts_of, |one: &Contract| one.target_id);
all_of!(/// The tranches of each grant.
    TranchesOf, TargetId, Tranche, store::tranches_of, |one: &Tranche| one.target_id);
all_of!(/// The reports on each grant.
    ReportsOf, TargetId, Report, store::reports_of, |one: &Report| one.target_id);
all_of!(/// The evaluation of each grant.
    EvaluationsOf, TargetId, Evaluation, store::evaluations_of, |one: &Evaluation| one.target_id);

/// What is known of each grant when something is to be done to it.
struct FactsOf;

impl Load for FactsOf {
    type Key = TargetId;
    type Value = GrantFacts;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, GrantFacts>> {
        let found = store::grant_facts_of(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|facts| (facts.target_id, facts)).collect())
    }
}

/// What has left each grant.
struct PaidOutOf;

impl Load for PaidOutOf {
    type Key = TargetId;
    type Value = Fen;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, Fen>> {
        Ok(store::paid_out_of(&mut *request.session().await?, &keys).await?.into_iter().collect())
    }
}

/// What each grant gave its group, and what that gave back.
struct FedOfGrant;

impl Load for FedOfGrant {
    type Key = TargetId;
    type Value = store::Fed<TargetId>;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, store::Fed<TargetId>>> {
        let found = store::fed_of_grants(&mut *request.session().await?, &keys).await?;
        Ok(found.into_iter().map(|fed| (fed.id, fed)).collect())
    }
}

/// What all grants gave each group, and what that gave back, in the funds whose books the viewer may read.
struct FedOfGroup;

impl Load for FedOfGroup {
    type Key = (PartyId, Option<Vec<FundId>>);
    type Value = store::Fed<PartyId>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Self::Value>> {
        let mut found = HashMap::new();
        for (funds, groups) in crate::viewer::by_page(keys) {
            let rows = store::fed_of_groups(&mut *request.session().await?, &groups, funds.as_deref()).await?;
            found.extend(rows.into_iter().map(|fed| ((fed.id, funds.clone()), fed)));
        }
        Ok(found)
    }
}

/// How far a grant is.
pub async fn state_of(request: &Request, grant: TargetId) -> Result<GrantState> {
    Ok(request.need::<FactsOf>(grant).await?.state())
}

/// What fund and group signed about a grant; `None` until then.
pub async fn contract_of(request: &Request, grant: TargetId) -> Result<Option<GrantContractNode>> {
    let found = request.load::<ContractsOf>(grant).await?.and_then(|mut found| found.pop());
    Ok(found.map(GrantContractNode))
}

/// The reports on a grant, the first first.
pub async fn reports_of(request: &Request, grant: TargetId) -> Result<Vec<GrantReportNode>> {
    let found = request.load::<ReportsOf>(grant).await?.unwrap_or_default();
    Ok(found.into_iter().map(GrantReportNode).collect())
}

/// What was thought of a grant; `None` until it is evaluated.
pub async fn evaluation_of(request: &Request, grant: TargetId) -> Result<Option<GrantEvaluationNode>> {
    let found = request.load::<EvaluationsOf>(grant).await?.and_then(|mut found| found.pop());
    Ok(found.map(GrantEvaluationNode))
}

/// What a grant gave its group, and what that gave back: for the group and those who keep or oversee the books.
pub async fn feedback_of_grant(request: &Request, grant: &MicroGrant) -> Result<GrantFeedback> {
    must_read_giving(request, grant.group_id, grant.fund_id).await?;
    let fed = request.need::<FedOfGrant>(grant.id).await?;
    Ok(GrantFeedback::new(fed.granted, fed.paid, fed.returned))
}

/// What all grants gave a group, and what that gave back, as far as the viewer may read it.
pub async fn feedback_of_group(request: &Request, group: PartyId) -> Result<GrantFeedback> {
    let funds = reach_of(request, group).await?;
    let fed = request.need::<FedOfGroup>((group, funds)).await?;
    Ok(GrantFeedback::new(fed.granted, fed.paid, fed.returned))
}

/// What can be done to a grant next, each asked of the function that decides.
pub async fn grant_actions(request: &Request, grant: &MicroGrant) -> Result<Vec<Action>> {
    let viewer = &request.viewer;
    let facts = request.need::<FactsOf>(grant.id).await?;
    let onward = GRANT_MOVES.iter().filter(|(from, ..)| *from == facts.state());
    let action = |to: GrantState, name: &str| {
        Action::new(request, name, Some(value_name(to)), facts.may_move(viewer, grant, to))
    };
    let mut actions: Vec<Action> = onward.map(|(_, to, .., name)| action(*to, name)).collect::<Result<_>>()?;
    // Paying: whether at least a fen may leave it, as its contract says.
    let tranches = request.load::<TranchesOf>(grant.id).await?.unwrap_or_default();
    let out = request.load::<PaidOutOf>(grant.id).await?.unwrap_or_default();
    let won = application_of_grant(request, grant.id).await?.is_some();
    let origin = if won { Origin::Round } else { Origin::Direct };
    let may_pay = || {
        viewer.must(Act::BookSpending, &[On::Fund(grant.fund_id, &grant.area_path)])?;
        if facts.state().ends() {
            return Err(Refusal::TargetClosed { code: grant.code.clone(), on: String::new() }.at("targetId"));
        }
        tranche::may_pay(&tranches, origin, out, Fen(1))
    };
    for name in ["advancePay", "expenseRecord"] {
        actions.push(Action::new(request, name, None, may_pay())?);
    }
    Ok(actions)
}

/// What fund and group signed about a micro-grant.
pub struct GrantContractNode(Contract);

/// What fund and group signed about a micro-grant.
#[Object(name = "GrantContract")]
impl GrantContractNode {
    /// The day it was signed.
    async fn signed_on(&self) -> Date {
        self.0.signed_on.into()
    }

    /// What the file is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its SHA-256 digest, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// The least score of 100 with which its evaluation is passed.
    async fn pass_score(&self) -> i64 {
        self.0.pass_score
    }

    /// What is paid, in order; 12 at most.
    async fn tranches(&self, ctx: &Context<'_>) -> Result<Vec<TrancheNode>> {
        let request = Request::of(ctx);
        let tranches = request.load::<TranchesOf>(self.0.target_id).await?.unwrap_or_default();
        let out = request.load::<PaidOutOf>(self.0.target_id).await?.unwrap_or_default();
        let paid = tranche::paid(&tranches, out);
        Ok(tranches.into_iter().zip(paid).map(|(tranche, paid)| TrancheNode { tranche, paid }).collect())
    }
}

/// A part of a micro-grant that is paid at once, after a report.
pub struct TrancheNode {
    tranche: Tranche,
    paid: Fen,
}

/// A part of a micro-grant that is paid at once, after a report.
#[Object(name = "GrantTranche")]
impl TrancheNode {
    /// Its number in the contract, from 1.
    async fn number(&self) -> i64 {
        self.tranche.tranche_no
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.tranche.amount.into()
    }

    /// The day it is due.
    async fn due_on(&self) -> Date {
        self.tranche.due_on
    }

    /// The report that must be in before; null where it is paid on signing.
    async fn report(&self) -> Option<ReportKind> {
        self.tranche.report
    }

    /// Whether it may be paid: the report that it waits for is in.
    async fn payable(&self) -> bool {
        self.tranche.payable == 1
    }

    /// What was paid of it: payments and advances fill the tranches in order, and what comes back empties them.
    async fn paid(&self) -> Money {
        self.paid.into()
    }
}

/// What a group says of its micro-grant.
pub struct GrantReportNode(Report);

/// What a group says of its micro-grant.
#[Object(name = "GrantReport")]
impl GrantReportNode {
    /// When it reports.
    async fn kind(&self) -> ReportKind {
        self.0.kind
    }

    /// The day.
    async fn reported_on(&self) -> Date {
        self.0.reported_on
    }

    /// What was done, and what came of it.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// How many residents it has served by then.
    async fn served(&self) -> i64 {
        self.0.served
    }

    /// What the file is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its SHA-256 digest, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }
}

/// What residents or a third party thought of a micro-grant.
pub struct GrantEvaluationNode(Evaluation);

/// What residents or a third party thought of a micro-grant.
#[Object(name = "GrantEvaluation")]
impl GrantEvaluationNode {
    /// Who evaluated it.
    async fn evaluator(&self) -> Evaluator {
        self.0.evaluator
    }

    /// The day.
    async fn evaluated_on(&self) -> Date {
        self.0.evaluated_on
    }

    /// Who asked, as the papers name them.
    async fn evaluated_by(&self) -> &str {
        &self.0.evaluated_by
    }

    /// Points of 100.
    async fn score(&self) -> i64 {
        self.0.score
    }

    /// Whether that is what the contract asks for: with it the group may apply for the next step of the ladder.
    async fn passed(&self, ctx: &Context<'_>) -> Result<bool> {
        let contract = Request::of(ctx).load::<ContractsOf>(self.0.target_id).await?.unwrap_or_default();
        Ok(contract.first().is_some_and(|contract| self.0.score >= contract.pass_score))
    }

    /// The SHA-256 digest of the sheets, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }
}

/// What a group got by micro-grants, and what it gave back, for instance of its sales (反哺); in cash.
#[derive(SimpleObject)]
pub struct GrantFeedback {
    /// What was allocated and did not go back.
    pub granted: Money,
    /// What of it was paid out.
    pub paid: Money,
    /// What the group gave to the fund, and did not get back.
    pub returned: Money,
    /// What it gave back for each yuan that was paid; null while nothing was.
    pub ratio: Option<Fraction>,
}

impl GrantFeedback {
    fn new(granted: Fen, paid: Fen, returned: Fen) -> Self {
        let ratio = Fraction::new(returned.0, paid.0);
        Self { granted: granted.into(), paid: paid.into(), returned: returned.into(), ratio }
    }
}

/// A part of a micro-grant that is paid at once, after a report.
#[derive(InputObject)]
pub struct GrantTrancheInput {
    /// How much.
    pub amount: MoneyInput,
    /// The day it is due, not before the one before it.
    pub due_on: Date,
    /// The report that must be in before; left out, it is paid on signing. In the order of the tranches.
    pub report: Option<ReportKind>,
}

/// What fund and group signed.
#[derive(InputObject)]
pub struct GrantContractSignInput {
    /// A text of your own, 1 to 100 characters, that makes repeating this request harmless.
    pub idempotency_key: String,
    /// The micro-grant, which the committee has resolved.
    pub micro_grant_id: GlobalId,
    /// The day it was signed, not to come and not before the award.
    pub signed_on: Date,
    /// What the file is called, at most 200 characters.
    pub name: String,
    /// Its SHA-256 digest, as 64 hexadecimal digits.
    pub sha256: String,
    /// The least score of 100 with which its evaluation is passed.
    #[graphql(default = 60)]
    pub pass_score: i64,
    /// What is paid, 1 to 12 parts; together at most what was resolved.
    pub tranches: Vec<GrantTrancheInput>,
}

/// What a group says of its micro-grant.
#[derive(InputObject)]
pub struct GrantReportFileInput {
    /// The micro-grant, which is under contract.
    pub micro_grant_id: GlobalId,
    /// When it reports; each report is filed once, MIDTERM before CLOSING.
    pub kind: ReportKind,
    /// The day, not to come and not before the step before.
    pub reported_on: Date,
    /// What was done, and what came of it, at most 4000 characters.
    pub summary: String,
    /// How many residents it has served by then.
    pub served: i64,
    /// What the file is called, at most 200 characters.
    pub name: String,
    /// Its SHA-256 digest, as 64 hexadecimal digits.
    pub sha256: String,
}

/// What residents or a third party thought of a micro-grant.
#[derive(InputObject)]
pub struct MicroGrantEvaluateInput {
    /// The micro-grant, whose report at the end is in.
    pub micro_grant_id: GlobalId,
    /// Who evaluated it.
    pub evaluator: Evaluator,
    /// The day, not to come and not before that report.
    pub evaluated_on: Date,
    /// Who asked, at most 200 characters. It is published: name no private person.
    pub evaluated_by: String,
    /// Points, 0 to 100.
    pub score: i64,
    /// The SHA-256 digest of the sheets, as 64 hexadecimal digits.
    pub sha256: String,
}

/// Which micro-grant is closed.
#[derive(InputObject)]
pub struct MicroGrantCloseInput {
    /// The micro-grant, which is evaluated and has no money left in it.
    pub micro_grant_id: GlobalId,
}

payloads! { micro_grant: MicroGrant, "micro-grant";
    /// What came of recording a contract.
    GrantContractSignPayload
    /// What came of filing a report.
    GrantReportFilePayload
    /// What came of recording an evaluation.
    MicroGrantEvaluatePayload
    /// What came of closing a micro-grant.
    MicroGrantClosePayload
}

fn grant_of(id: GlobalId) -> Result<TargetId> {
    Ok(TargetId(id.key_of(NodeKind::MicroGrant)?))
}

const _: () = assert!(POINTS_MAX == 100, "the descriptions say what a score is out of");

/// Mutations of micro-grants under contract.
#[derive(Default)]
pub struct GrantRunMutation;

#[Object]
impl GrantRunMutation {
    /// Records what fund and group signed: from now on the micro-grant is paid by its tranches. For staff of the fund.
    async fn grant_contract_sign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was signed, and what is paid when.")] input: GrantContractSignInput,
    ) -> Result<GrantContractSignPayload> {
        let request = Request::of(ctx);
        let tranche = |one: GrantTrancheInput| (one.amount.into(), one.due_on.into(), one.report);
        let draft = ContractDraft {
            contract: Contract {
                target_id: grant_of(input.micro_grant_id)?,
                signed_on: input.signed_on.into(),
                name: input.name,
                sha256: input.sha256,
                pass_score: input.pass_score,
            },
            tranches: input.tranches.into_iter().map(tranche).collect(),
        };
        let done = request.write(async |tx, by| {
            let once = Once::new(by, &input.idempotency_key, "grantContractSign", &draft)?;
            sign(tx, by, &once, &draft).await
        });
        let (done, user_errors) = done.await?;
        let grant = match done {
            Some(done) => match request.need::<TargetById>(done.grant).await? {
                TargetNode::MicroGrant(grant) => Some(grant),
                TargetNode::Project(_) => None,
            },
            None => None,
        };
        Ok((grant, user_errors).into())
    }

    /// Files a group's report on its micro-grant: the tranches that waited for it may be paid. For its representative
    /// and staff of the fund.
    async fn grant_report_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the group says.")] input: GrantReportFileInput,
    ) -> Result<GrantReportFilePayload> {
        let draft = Report {
            target_id: grant_of(input.micro_grant_id)?,
            kind: input.kind,
            reported_on: input.reported_on,
            summary: input.summary,
            served: input.served,
            name: input.name,
            sha256: input.sha256,
        };
        Ok(Request::of(ctx).write(async |tx, by| report(tx, by, &draft).await).await?.into())
    }

    /// Records what residents or a third party thought of a micro-grant. For staff of the fund.
    async fn micro_grant_evaluate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who was asked, and what they gave.")] input: MicroGrantEvaluateInput,
    ) -> Result<MicroGrantEvaluatePayload> {
        let draft = EvaluationDraft {
            target_id: grant_of(input.micro_grant_id)?,
            evaluator: input.evaluator,
            evaluated_on: input.evaluated_on,
            evaluated_by: input.evaluated_by,
            score: input.score,
            sha256: input.sha256,
        };
        Ok(Request::of(ctx).write(async |tx, by| evaluate(tx, by, &draft).await).await?.into())
    }

    /// Closes an evaluated micro-grant; what is left of its money is released or returned before. For staff of the fund.
    async fn micro_grant_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which micro-grant.")] input: MicroGrantCloseInput,
    ) -> Result<MicroGrantClosePayload> {
        let grant = grant_of(input.micro_grant_id)?;
        Ok(Request::of(ctx).write(async |tx, by| close(tx, by, grant).await).await?.into())
    }
}
