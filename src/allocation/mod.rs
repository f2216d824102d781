//! Allocations: the committee's decision moves fund money to a project or micro-grant, and unspent money back.
//!
//! * No allocation without a decision that stands, for another target than the decision's, before it, or above it.
//! * The money is drawn by the ledger's rule, or from the lots that the committee named.

pub mod graphql;
pub mod store;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_text},
    fund::head,
    id::{DecisionId, EntryId, LotId, TargetId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind,
        account::of_fund,
        document::{DecisionDocument, digest_decision},
        draw, hands,
        idem::Once,
        place, post,
        reverse::MEMO_MAX,
    },
    money::Fen,
    viewer::{Act, By},
};
use store::Standing;

/// Fund money to be moved to what the committee decided.
#[derive(Clone, Debug, Serialize)]
pub struct Allocate {
    /// The decision, which names the project or grant.
    pub decision: DecisionId,
    /// Cash, or goods at their stated value.
    pub asset: Asset,
    /// How much.
    pub amount: Fen,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
    /// The gifts that the committee named, with what to take of each; empty for the ledger's rule.
    pub lots: Vec<(LotId, Fen)>,
}

/// Allocated money to be given back to the fund.
#[derive(Clone, Debug, Serialize)]
pub struct Release {
    /// The project or grant.
    pub target: TargetId,
    /// Cash, or goods at their stated value.
    pub asset: Asset,
    /// How much.
    pub amount: Fen,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// A movement that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// The entry.
    pub entry: EntryId,
}

/// States of a project in which money may be allocated to it.
const FUNDABLE: &[&str] = &["APPROVED", "UNDERWAY"];

/// Moves fund money to the project or grant of a decision.
///
/// # Errors
/// Refused, in this order: broken amount, text or date; no such decision; a decision that is not about money;
/// closed target; project not approved; purpose not allowed; decision annulled or later than the day; a decision on
/// cash for goods, or the other way around; decision exceeded; a named lot that may not be used; not enough eligible
/// money.
pub async fn allocate(tx: &mut Tx, by: By<'_>, once: &Once, input: &Allocate) -> Result<Booked> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let not_found = || Refusal::NotFound { what: "decision".into() }.at("decisionId");
    let decision = store::decision_by_id(&mut *tx, input.decision).await?.ok_or_else(not_found)?;
    let (kind, decision) = (decision.kind, decision.document);
    let mut head = head::lock(tx, decision.fund_id).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    if !kind.allocates() {
        let fund = place::fund(tx, decision.fund_id).await?;
        by.viewer.must(Act::BookSpending, &[fund.on()])?;
        let resolution = decision.resolution_number;
        return Err(Refusal::DecisionWithoutMoney { resolution }.at("decisionId"));
    }
    let target = place::target(tx, decision.target_id).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    hands::ensure_may_allocate(tx, by, &target, decision.id).await?;
    target.ensure_open("decisionId")?;
    target.ensure_state(FUNDABLE, "decisionId")?;
    if target.purpose_allowed == 0 {
        let (purpose, fund) = (target.purpose_name, target.fund_name);
        return Err(Refusal::PurposeNotAllowed { purpose, fund }.at("decisionId"));
    }
    decide(&decision, input, &store::standing(&mut *tx, decision.id).await?)?;

    let pool = of_fund(decision.fund_id, AccountKind::Pool, input.asset);
    let place = target.account(tx, &mut head, AccountKind::Target, input.asset).await?;
    let taken = if input.lots.is_empty() {
        draw::for_target(tx, pool, target.id, input.effective_on, input.amount).await?
    } else {
        let mut lots = BTreeMap::<LotId, Fen>::new();
        for (at, (lot, amount)) in input.lots.iter().enumerate() {
            *lots.entry(*lot).or_default() += check_amount(*amount, &format!("lots.{at}.amount"))?;
        }
        let parts: Fen = lots.values().copied().sum();
        if parts != input.amount {
            return Err(Refusal::SumMismatch { parts, whole: input.amount }.at("lots"));
        }
        let lots: Vec<_> = lots.into_iter().collect();
        draw::named(tx, pool, target.id, input.effective_on, &lots).await?.map_err(|lot| {
            let at = input.lots.iter().position(|(named, _)| *named == lot).expect("it was named");
            Refusal::LotNotEligible { lot: lot.0.to_string() }.at(&format!("lots.{at}.id"))
        })?
    };
    let moves = draw::moves(&taken, pool, place);
    let mut draft = Draft::new(EntryKind::Allocate, input.effective_on, memo, moves);
    draft.decision_id = Some(decision.id);
    draft.documents = digest_decision(&decision, &store::seats_of(&mut *tx, decision.id).await?);
    let done = Booked { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}

fn decide(decision: &DecisionDocument, input: &Allocate, standing: &Standing) -> Result<()> {
    let resolution = decision.resolution_number.clone();
    if let Some(on) = standing.annulled_on {
        return Err(Refusal::DecisionAnnulled { resolution, on }.at("decisionId"));
    }
    if decision.approved_on > input.effective_on {
        return Err(Refusal::DecisionLater { resolution, approved_on: decision.approved_on }.at("effectiveOn"));
    }
    if standing.allocated.iter().any(|(asset, _)| *asset != input.asset) {
        return Err(Refusal::AssetMixed { resolution }.at("asset"));
    }
    let left = decision.amount - standing.allocated.iter().map(|(_, amount)| *amount).sum();
    if input.amount > left {
        return Err(Refusal::DecisionExceeded { resolution, asked: input.amount, left }.at("amount"));
    }
    Ok(())
}

/// Gives allocated money back to the fund, in the inverse order of the draw.
///
/// # Errors
/// Refused for a broken amount, text or date, no such target, a closed one, or less money than asked.
pub async fn release(tx: &mut Tx, by: By<'_>, once: &Once, input: &Release) -> Result<Booked> {
    check_amount(input.amount, "amount")?;
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let fund = place::fund_of_target(tx, input.target).await?;
    let mut head = head::lock(tx, fund).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let target = place::target(tx, input.target).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    target.ensure_open("targetId")?;
    let pool = of_fund(fund, AccountKind::Pool, input.asset);
    let place = target.account(tx, &mut head, AccountKind::Target, input.asset).await?;
    let taken = draw::to_return(tx, place, input.amount).await?;
    let moves = draw::moves(&taken, place, pool);
    let draft = Draft::new(EntryKind::Release, input.effective_on, memo, moves);
    let done = Booked { entry: post(tx, &mut head, by, &[draft]).await?[0] };
    once.remember(tx, Some(done.entry), &done).await?;
    Ok(done)
}
