//! How a grant is run: resolved, put under contract, reported on, evaluated and closed.
//!
//! * How far a grant is is told from what is recorded of it, and kept nowhere else.
//! * What is recorded stays as it was written.

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{POINTS_MAX, TEXT_MAX, TITLE_MAX, TRANCHES_MAX, Tranche, round::who, store};
use crate::{
    clock::Date,
    db::Tx,
    error::{
        Refusal, Result, check_amount, check_digest, check_past, check_range, check_size, check_text, ensure_rows,
    },
    fund::head,
    id::TargetId,
    ledger::idem::Once,
    money::Fen,
    project::{self, Evaluator, MicroGrant, RESIDENTS_MAX},
    viewer::{Act, By, On, Viewer, value_name},
};

/// How far a micro-grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "MicroGrantState")]
pub enum GrantState {
    /// It was chosen, and waits for the committee's resolution.
    Proposed,
    /// The committee has resolved it.
    Awarded,
    /// Fund and group have signed.
    Contracted,
    /// The group has reported at half-time.
    Midterm,
    /// The group has reported at the end.
    Reported,
    /// It was evaluated.
    Evaluated,
    /// Nothing is paid into it or out of it any more.
    Closed,
    /// It ended without an evaluation: nothing is paid any more, and it is no step of the ladder.
    Ended,
}

use GrantState::{Awarded, Closed, Contracted, Ended, Evaluated, Midterm, Proposed, Reported};

impl GrantState {
    /// All of them, in the order that grants go.
    pub const ALL: [Self; 8] = [Proposed, Awarded, Contracted, Midterm, Reported, Evaluated, Closed, Ended];

    /// Whether nothing follows.
    pub fn ends(self) -> bool {
        matches!(self, Closed | Ended)
    }
}

/// What must be so for a move of a grant, beside the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantCondition {
    /// Nothing but what the mutation records.
    Recorded,
    /// No tranche waits for a report at half-time.
    NoMidterm,
    /// No money is left in it.
    NoMoneyLeft,
}

/// From which state to which, the right it takes, what must be so, and the mutation that does it.
type Move = (GrantState, GrantState, Act, GrantCondition, &'static str);

/// All moves of a grant there are.
pub const GRANT_MOVES: &[Move] = &[
    (Proposed, Awarded, Act::OpenMotion, GrantCondition::Recorded, "motionOpen"),
    (Awarded, Contracted, Act::RunProject, GrantCondition::Recorded, "grantContractSign"),
    (Contracted, Midterm, Act::ApplyForGrant, GrantCondition::Recorded, "grantReportFile"),
    (Contracted, Reported, Act::ApplyForGrant, GrantCondition::NoMidterm, "grantReportFile"),
    (Midterm, Reported, Act::ApplyForGrant, GrantCondition::Recorded, "grantReportFile"),
    (Reported, Evaluated, Act::RunProject, GrantCondition::Recorded, "microGrantEvaluate"),
    (Evaluated, Closed, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantClose"),
    (Proposed, Ended, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantEnd"),
    (Awarded, Ended, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantEnd"),
    (Contracted, Ended, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantEnd"),
    (Midterm, Ended, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantEnd"),
    (Reported, Ended, Act::RunProject, GrantCondition::NoMoneyLeft, "microGrantEnd"),
];

/// [`GRANT_MOVES`] as the documentation shows it.
pub fn grant_table() -> String {
    let mut text = String::from("| from | to | who | mutation | condition |\n|---|---|---|---|---|\n");
    for (from, to, act, condition, mutation) in GRANT_MOVES {
        let words = match condition {
            GrantCondition::Recorded if *to == Awarded => "the committee carries the motion",
            GrantCondition::Recorded => "",
            GrantCondition::NoMidterm => "no tranche waits for a report at half-time",
            GrantCondition::NoMoneyLeft => "no money is left in it",
        };
        let (from, to) = (value_name(*from), value_name(*to));
        text.push_str(&format!("| {from} | {to} | {} | `{mutation}` | {words} |\n", who(*act)));
    }
    text
}

/// What is known of a grant when something is to be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GrantFacts {
    /// The grant.
    pub target_id: TargetId,
    /// What standing resolutions allow it.
    pub resolved: Fen,
    /// 1 when its contract is signed.
    pub signed: i64,
    /// 1 when the report at half-time is in.
    pub midterm: i64,
    /// 1 when a tranche waits for that report, or did.
    pub midterm_due: i64,
    /// 1 when the report at the end is in.
    pub closing: i64,
    /// 1 when it was evaluated.
    pub evaluated: i64,
    /// 1 when it is closed.
    pub closed: i64,
    /// 1 when it ended without an evaluation.
    pub ended: i64,
    /// The money left in it: allocated or advanced.
    pub money_left: Fen,
    /// The day of the last step; `None` before its contract.
    pub last_on: Option<NaiveDate>,
}

impl GrantFacts {
    /// How far the grant is.
    pub fn state(self) -> GrantState {
        match self {
            Self { ended: 1, .. } => Ended,
            Self { closed: 1, .. } => Closed,
            Self { evaluated: 1, .. } => Evaluated,
            Self { closing: 1, .. } => Reported,
            Self { midterm: 1, .. } => Midterm,
            Self { signed: 1, .. } => Contracted,
            Self { resolved, .. } if resolved.is_positive() => Awarded,
            _ => Proposed,
        }
    }

    /// Whether `viewer` may do to `grant` what leads to `to`.
    ///
    /// # Errors
    /// Denied without the right; refused for a move that [`GRANT_MOVES`] does not have, and for what its condition
    /// lacks.
    pub fn may_move(self, viewer: &Viewer, grant: &MicroGrant, to: GrantState) -> Result<()> {
        let on = On::Fund(grant.fund_id, &grant.area_path);
        let state = self.state();
        let act = GRANT_MOVES.iter().find(|(_, next, ..)| *next == to).map_or(Act::RunProject, |(_, _, act, ..)| *act);
        // A group's representative has a right on the group.
        match act {
            Act::ApplyForGrant => viewer.must(act, &[on, On::Party(grant.group_id)])?,
            _ => viewer.must(act, &[on])?,
        }
        let Some((.., condition, _)) = GRANT_MOVES.iter().find(|(a, b, ..)| (*a, *b) == (state, to)) else {
            let from = GRANT_MOVES.iter().filter(|(_, next, ..)| *next == to).map(|(a, ..)| format!("{a:?}"));
            let from: Vec<String> = from.collect();
            let accepted = if from.is_empty() { "nothing".to_owned() } else { from.join(" or ") };
            return Err(Refusal::GrantState { state: format!("{state:?}"), accepted }.at("microGrantId"));
        };
        match condition {
            GrantCondition::NoMidterm if self.midterm_due == 1 => {
                let (state, accepted) = (format!("{state:?}"), format!("{Midterm:?}"));
                Err(Refusal::GrantState { state, accepted }.at("microGrantId"))
            }
            GrantCondition::NoMoneyLeft if self.money_left != Fen::ZERO => {
                Err(Refusal::MoneyLeft { amount: self.money_left }.at("microGrantId"))
            }
            _ => Ok(()),
        }
    }
}

/// What fund and group signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Contract {
    /// The grant.
    pub target_id: TargetId,
    /// The day.
    pub signed_on: NaiveDate,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub sha256: String,
    /// The least score of 100 with which its evaluation is passed.
    pub pass_score: i64,
}

/// What a contract is recorded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContractDraft {
    /// The paper.
    pub contract: Contract,
    /// What is paid, when and after which report.
    pub tranches: Vec<(Fen, NaiveDate, Option<ReportKind>)>,
}

/// A contract that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The grant.
    pub grant: TargetId,
}

/// When a group reports.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type, serde::Serialize, serde::Deserialize,
)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "GrantReportKind")]
pub enum ReportKind {
    /// 中期: at half-time.
    Midterm,
    /// 结项: at the end.
    Closing,
}

/// What a group says of its grant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Report {
    /// The grant.
    pub target_id: TargetId,
    /// When it reports.
    pub kind: ReportKind,
    /// The day.
    pub reported_on: Date,
    /// What was done, and what came of it.
    pub summary: String,
    /// How many residents it has served by then.
    pub served: i64,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub sha256: String,
}

/// What residents or a third party thought of a grant.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Evaluation {
    /// The grant.
    pub target_id: TargetId,
    /// Who evaluated it.
    pub evaluator: Evaluator,
    /// The day.
    pub evaluated_on: Date,
    /// Who asked, as the papers name them.
    pub evaluated_by: String,
    /// Points of 100.
    pub score: i64,
    /// The digest of the sheets.
    pub sha256: String,
}

/// What an evaluation is recorded from.
pub type EvaluationDraft = Evaluation;

/// The grant with what is known of it, and its fund's head locked.
pub(super) async fn locked(tx: &mut Tx, id: TargetId) -> Result<(MicroGrant, GrantFacts)> {
    let not_found = || Refusal::NotFound { what: "micro-grant".into() }.at("microGrantId");
    let grant = project::store::grants_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, grant.fund_id).await?;
    let facts = store::grant_facts_of(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    Ok((grant, facts))
}

/// A day on which a grant may go on: not to come, and not before its award or last step.
pub(super) fn check_day(by: By<'_>, grant: &MicroGrant, facts: GrantFacts, on: NaiveDate, field: &str) -> Result<()> {
    check_past(on, by.today, field)?;
    let from = facts.last_on.unwrap_or(grant.awarded_on.0);
    if on < from {
        return Err(Refusal::PeriodReversed { from, to: on }.at(field));
    }
    Ok(())
}

/// Records what fund and group signed: from now on the grant is paid by its tranches.
///
/// # Errors
/// Refused for texts, sums, numbers and days out of bounds, tranches whose reports are not in the order of the
/// tranches, a grant that does not exist, one that the committee has not resolved or that has a contract, and
/// tranches that come to more than was resolved.
pub async fn sign(tx: &mut Tx, by: By<'_>, once: &Once, draft: &ContractDraft) -> Result<Signed> {
    let wanted = &draft.contract;
    let (grant, facts) = locked(tx, wanted.target_id).await?;
    by.viewer.must(Act::RunProject, &[On::Fund(grant.fund_id, &grant.area_path)])?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let name = check_text(&wanted.name, TITLE_MAX, "name")?;
    let sha256 = check_digest(&wanted.sha256, "sha256")?;
    check_range(wanted.pass_score, 1, POINTS_MAX, "passScore")?;
    check_size(draft.tranches.len(), 1, TRANCHES_MAX, "tranches")?;
    for (i, (amount, due_on, report)) in draft.tranches.iter().enumerate() {
        check_amount(*amount, &format!("tranches.{i}.amount"))?;
        let before = if i == 0 { (wanted.signed_on, None) } else { (draft.tranches[i - 1].1, draft.tranches[i - 1].2) };
        if *due_on < before.0 {
            return Err(Refusal::PeriodReversed { from: before.0, to: *due_on }.at(&format!("tranches.{i}.dueOn")));
        }
        if *report < before.1 {
            return Err(Refusal::TranchesOutOfOrder {}.at(&format!("tranches.{i}.report")));
        }
    }
    facts.may_move(by.viewer, &grant, Contracted)?;
    check_day(by, &grant, facts, wanted.signed_on, "signedOn")?;
    let sum: Fen = draft.tranches.iter().map(|(amount, ..)| *amount).sum();
    if sum > facts.resolved {
        return Err(Refusal::AwardExceeded { asked: sum, left: facts.resolved }.at("tranches"));
    }
    store::insert_contract(tx, &Contract { name, sha256, ..wanted.clone() }, by.viewer.actor()?).await?;
    let tranche = |(number, (amount, due_on, report)): (i64, &(Fen, NaiveDate, Option<ReportKind>))| Tranche {
        target_id: grant.id,
        tranche_no: number,
        amount: *amount,
        due_on: (*due_on).into(),
        report: *report,
        payable: 0,
    };
    let tranches: Vec<Tranche> = (1..).zip(&draft.tranches).map(tranche).collect();
    store::insert_tranches(tx, &tranches).await?;
    let done = Signed { grant: grant.id };
    once.remember(tx, None, &done).await?;
    Ok(done)
}

/// Files a group's report: the tranches that waited for it may be paid.
///
/// # Errors
/// Refused for texts, numbers and days out of bounds, a grant that does not exist or is not under contract, a report
/// that is in, and one at the end while a tranche waits for that at half-time.
pub async fn report(tx: &mut Tx, by: By<'_>, draft: &Report) -> Result<MicroGrant> {
    let (grant, facts) = locked(tx, draft.target_id).await?;
    let to = match draft.kind {
        ReportKind::Midterm => Midterm,
        ReportKind::Closing => Reported,
    };
    facts.may_move(by.viewer, &grant, to)?;
    let summary = check_text(&draft.summary, TEXT_MAX, "summary")?;
    let name = check_text(&draft.name, TITLE_MAX, "name")?;
    let sha256 = check_digest(&draft.sha256, "sha256")?;
    check_range(draft.served, 0, RESIDENTS_MAX, "served")?;
    check_day(by, &grant, facts, draft.reported_on.0, "reportedOn")?;
    let report = Report { summary, name, sha256, ..draft.clone() };
    store::insert_report(tx, &report, by.viewer.actor()?).await?;
    Ok(grant)
}

/// Records what residents or a third party thought of a grant: passed or not, by the score that its contract asks for.
///
/// # Errors
/// Refused for texts, numbers and days out of bounds, a grant that does not exist, and one that was not reported on
/// at the end or is evaluated.
pub async fn evaluate(tx: &mut Tx, by: By<'_>, draft: &EvaluationDraft) -> Result<MicroGrant> {
    let (grant, facts) = locked(tx, draft.target_id).await?;
    facts.may_move(by.viewer, &grant, Evaluated)?;
    let evaluated_by = check_text(&draft.evaluated_by, TITLE_MAX, "evaluatedBy")?;
    let sha256 = check_digest(&draft.sha256, "sha256")?;
    check_range(draft.score, 0, POINTS_MAX, "score")?;
    check_day(by, &grant, facts, draft.evaluated_on.0, "evaluatedOn")?;
    let evaluation = Evaluation { evaluated_by, sha256, ..draft.clone() };
    store::insert_evaluation(tx, &evaluation, by.viewer.actor()?).await?;
    Ok(grant)
}

/// Closes an evaluated grant. What is left of its money was released or given back before.
///
/// # Errors
/// Refused for a grant that does not exist or is not evaluated, and for money that is left in it.
pub async fn close(tx: &mut Tx, by: By<'_>, id: TargetId) -> Result<MicroGrant> {
    let (grant, facts) = locked(tx, id).await?;
    facts.may_move(by.viewer, &grant, Closed)?;
    by.viewer.actor()?;
    ensure_rows(project::store::set_closed(tx, grant.id).await?, 1, "target")?;
    Ok(grant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::Error,
        id::{FundId, PartyId, PrincipalId, PurposeId},
        project::GrantStage,
        viewer::{Held, Role},
    };

    fn grant() -> MicroGrant {
        MicroGrant {
            id: TargetId(1),
            fund_id: FundId(1),
            purpose_id: PurposeId(1),
            group_id: PartyId(5),
            code: "G1".into(),
            title: "Oven".into(),
            stage: GrantStage::StartUp,
            residents: 1,
            awarded_on: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().into(),
            awarded: Some(Fen(100)),
            area_path: "/1/".into(),
        }
    }

    /// What is known of a grant that is this far.
    fn facts(state: GrantState) -> GrantFacts {
        let reached = |from: GrantState| {
            let at = |one: GrantState| GrantState::ALL.iter().position(|all| *all == one);
            i64::from(state != Ended && at(state) >= at(from))
        };
        GrantFacts {
            target_id: TargetId(1),
            resolved: Fen(100 * reached(Awarded)),
            signed: reached(Contracted),
            midterm: reached(Midterm),
            midterm_due: 0,
            closing: reached(Reported),
            evaluated: reached(Evaluated),
            closed: i64::from(state.ends()),
            ended: i64::from(state == Ended),
            money_left: Fen::ZERO,
            last_on: None,
        }
    }

    #[test]
    fn every_role_moves_a_grant_as_the_table_says_and_no_other_way() {
        // Rows: from; columns: to, in the order of `GrantState::ALL`. o opens motions, r runs, g is of the group.
        let allowed = [
            (Proposed, "-o-----r"),
            (Awarded, "--r----r"),
            (Contracted, "---gg--r"),
            (Midterm, "----g--r"),
            (Reported, "-----r-r"),
            (Evaluated, "------r-"),
            (Closed, "--------"),
            (Ended, "--------"),
        ];
        let on_fund = Held::Fund(FundId(1));
        let roles = [
            (Role::HostOfficer, on_fund.clone(), "org"),
            (Role::StreetOfficer, on_fund.clone(), "or"),
            (Role::CommunityStaff, on_fund.clone(), "org"),
            (Role::CommitteeMember, on_fund.clone(), "o"),
            (Role::PartyRepresentative, Held::Party(PartyId(5)), "g"),
            (Role::PartyRepresentative, Held::Party(PartyId(6)), ""),
            (Role::Auditor, on_fund, ""),
        ];
        let mut asked = 0;
        for (from, row) in allowed {
            assert_eq!(facts(from).state(), from);
            for (to, mark) in GrantState::ALL.into_iter().zip(row.chars()) {
                for (role, held, rights) in &roles {
                    let mut viewer = Viewer::public();
                    (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(*role, held.clone())]);
                    let outcome = facts(from).may_move(&viewer, &grant(), to);
                    assert_eq!(outcome.is_ok(), rights.contains(mark), "{role:?} of {held:?} from {from:?} to {to:?}");
                    asked += 1;
                }
                let outcome = facts(from).may_move(&Viewer::public(), &grant(), to);
                assert!(matches!(outcome, Err(Error::Denied(_))), "the public from {from:?} to {to:?}");
            }
        }
        assert_eq!(asked, 8 * 8 * 7);
    }

    #[test]
    fn a_grant_waits_for_its_report_at_half_time_and_ends_without_money() {
        let host = Viewer::operator(PrincipalId(1));
        let due = GrantFacts { midterm_due: 1, ..facts(Contracted) };
        assert!(due.may_move(&host, &grant(), Reported).is_err());
        assert!(due.may_move(&host, &grant(), Midterm).is_ok());
        assert!(GrantFacts { midterm: 1, ..due }.may_move(&host, &grant(), Reported).is_ok());
        let left = GrantFacts { money_left: Fen(1), ..facts(Evaluated) };
        let Err(Error::Refused(refused)) = left.may_move(&host, &grant(), Closed) else { panic!("it is closed") };
        assert_eq!(refused.refusal, Refusal::MoneyLeft { amount: Fen(1) });
        let left = GrantFacts { money_left: Fen(1), ..facts(Midterm) };
        assert!(left.may_move(&host, &grant(), Ended).is_err());
    }
}
