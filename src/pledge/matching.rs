//! Matching (A9): a pledge that follows what others give.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Pledge, PledgeKind, PledgeState, store};
use crate::{
    db::Tx,
    error::{Error, Refusal, Result, check_past, check_text},
    fund::head,
    id::{EntryId, PledgeId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind,
        account::of_fund,
        document::{AccrualDocument, digest_match},
        draw,
        idem::Once,
        place, post,
        reverse::MEMO_MAX,
    },
    money::Fen,
    viewer::{Act, By},
};

/// A match that is to follow the gifts it has not followed yet.
#[derive(Clone, Debug, Serialize)]
pub struct Match {
    /// The matching pledge.
    pub pledge: PledgeId,
    /// The day it takes effect.
    pub effective_on: NaiveDate,
    /// Why.
    pub memo: String,
}

/// A match that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The entry.
    pub entry: EntryId,
    /// How much it moved into the project.
    pub amount: Fen,
}

/// Gifts that one match follows at most; what is left follows with the next.
const BASES_MAX: i64 = 5_000;

/// What each base adds to an accrual of `min(cap, ⌊base × num ÷ den⌋)`, cumulatively.
fn accrue(pledge: &Pledge, (mut base, mut accrued): (Fen, Fen), bases: &[store::Base]) -> Vec<AccrualDocument> {
    let mut rows = Vec::with_capacity(bases.len());
    for one in bases {
        if accrued >= pledge.amount {
            break;
        }
        base += one.amount;
        let floor = i128::from(base.0) * i128::from(pledge.rate_num) / i128::from(pledge.rate_den);
        let share = Fen(i64::try_from(floor.min(i128::from(pledge.amount.0))).expect("not above the cap"));
        // What was given stays given: after a reversal the match may be ahead of its share.
        let total = share.max(accrued);
        rows.push(AccrualDocument {
            pledge_id: pledge.id,
            base_lot_id: one.lot_id,
            base: one.amount,
            amount: total - accrued,
        });
        accrued = total;
    }
    rows
}

/// Lets a match follow the gifts under its restriction that it has not followed yet.
///
/// # Errors
/// Refused when the pledge is no match, has ended, there is nothing to follow, the project is closed, or
/// less was paid ahead than the match now comes to.
pub async fn apply(tx: &mut Tx, by: By<'_>, once: &Once, input: &Match) -> Result<Matched> {
    let memo = check_text(&input.memo, MEMO_MAX, "memo")?;
    check_past(input.effective_on, by.today, "effectiveOn")?;
    let not_found = || Refusal::NotFound { what: "matching pledge".into() }.at("pledgeId");
    let pledge = store::by_ids(&mut *tx, &[input.pledge]).await?.pop().ok_or_else(not_found)?;
    let mut head = head::lock(tx, pledge.fund_id).await?;
    if let Some(done) = once.answered(tx).await? {
        return Ok(done);
    }
    let pledge = store::by_ids(&mut *tx, &[input.pledge]).await?.pop().ok_or_else(not_found)?;
    let earmark = crate::ledger::earmark::by_ids(&mut *tx, &[pledge.earmark_id]).await?.pop();
    let target = earmark.and_then(|earmark| earmark.target_id).ok_or_else(not_found)?;
    let target = place::target(tx, target).await?;
    by.viewer.must(Act::BookSpending, &[target.on()])?;
    if pledge.kind != PledgeKind::Matching {
        return Err(not_found());
    }
    if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
        let state = format!("{:?}", pledge.state);
        return Err(Refusal::PledgeState { state, accepted: "Accepted or Fulfilled".into() }.at("pledgeId"));
    }
    target.ensure_open("pledgeId")?;
    let so_far = store::accrued(&mut *tx, pledge.id).await?;
    let rows = accrue(&pledge, so_far, &store::bases(&mut *tx, &pledge, BASES_MAX).await?);
    let amount: Fen = rows.iter().map(|row| row.amount).sum();
    if !amount.is_positive() {
        return Err(Refusal::NothingToMatch { accrued: so_far.1 }.at("pledgeId"));
    }
    let pot = of_fund(pledge.fund_id, AccountKind::Match, Asset::Cny);
    let own = store::lots_of_pledge(&mut *tx, pledge.id).await?;
    let taken = draw::of_donor(tx, pot, pledge.donor_id, Some(&own), amount).await;
    // The amount is the match's own and no field of the request: the pledge is what lacks money.
    let mut taken = taken.map_err(|error| match error {
        Error::Refused(refused) => refused.refusal.at("pledgeId"),
        other => other,
    })?;
    taken.sort_by_key(|held| held.lot_id);
    let moves = draw::moves(&taken, pot, target.target_account);
    let mut draft = Draft::new(EntryKind::Match, input.effective_on, memo, moves);
    draft.documents = digest_match(&rows);
    let entry = post(tx, &mut head, by, &[draft]).await?[0];
    store::insert_accruals(tx, entry, &rows).await?;
    let done = Matched { entry, amount };
    once.remember(tx, Some(entry), &done).await?;
    Ok(done)
}
