//! Matching (A9): a pledge that follows what others give into projects.
//!
//! * A match follows the gifts of others that are earmarked for a project its own restriction allows, each once: its
//!   restriction may be that project, a purpose, a group or nothing.
//! * It comes to min(cap, ⌊base × num ÷ den⌋) in all, less what the caps for one gift and one project cut off.
//! * Paid ahead, it moves into the project of each gift. Else it becomes a due of the matcher, and no money moves.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Pledge, PledgeKind, PledgeState,
    accrue::Ratio,
    store::{self, Base, DueRow, MatchRow},
    terms::Funding,
};
use crate::{
    db::Tx,
    error::{Error, Refusal, Result, check_amount, check_past, check_text},
    fund::head::{self, Head},
    id::{AccountId, DueId, EntryId, LotId, PledgeId, TargetId},
    ledger::{
        AccountKind, Asset, Draft, EntryKind, Move, account,
        account::of_fund,
        document::{AccrualDocument, digest_match},
        draw,
        earmark::{self, EarmarkKind},
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

/// A match that followed gifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// The entry that moved it; `None` for a match that became due.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub entry: Option<EntryId>,
    /// The due that it became; `None` for a match that was paid ahead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<DueId>,
    /// How much it comes to.
    pub amount: Fen,
}

/// Gifts that one match follows at most; what is left follows with the next.
const BASES_MAX: i64 = 5_000;

/// What a match has come to so far, and the limits of what it may.
struct Course {
    ratio: Ratio,
    cap: Option<Fen>,
    per_gift: Option<Fen>,
    per_project: Option<Fen>,
    base: i64,
    accrued: Fen,
    projects: HashMap<TargetId, Fen>,
}

impl Course {
    /// What a gift adds; `None` once the cap is reached.
    fn follow(&mut self, gift: &Base) -> Option<Fen> {
        if self.cap.is_some_and(|cap| self.accrued >= cap) {
            return None;
        }
        let before = self.ratio.share(self.base, None);
        self.base += gift.amount.0;
        // What was given stays given: after a reversal the match may be ahead of its share.
        let mut amount = (self.ratio.share(self.base, self.cap) - self.accrued).max(Fen::ZERO);
        if self.per_gift.is_some() || self.per_project.is_some() {
            // What a cap has cut off one gift is not given for the next.
            amount = amount.min(self.ratio.share(self.base, None) - before);
            let so_far = self.projects.get(&gift.target_id).copied().unwrap_or_default();
            let limits = [self.per_gift, self.per_project.map(|most| most - so_far)];
            amount = limits.into_iter().flatten().fold(amount, Fen::min).max(Fen::ZERO);
        }
        self.accrued += amount;
        *self.projects.entry(gift.target_id).or_default() += amount;
        Some(amount)
    }
}

/// What each gift adds to a match, in their order.
fn accrue(pledge: PledgeId, course: &mut Course, gifts: &[Base]) -> Vec<AccrualDocument> {
    let row = |gift: &Base| {
        let amount = course.follow(gift)?;
        Some(AccrualDocument { pledge_id: pledge, base_lot_id: gift.lot_id, base: gift.amount, amount })
    };
    gifts.iter().map_while(row).collect()
}

/// Lets a match follow the gifts that it has not followed yet.
///
/// # Errors
/// Refused when the pledge is no match, has ended, there is nothing to follow, its project is closed, or less was paid
/// ahead than the match now comes to.
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
    by.viewer.must(Act::BookSpending, &[place::fund(tx, pledge.fund_id).await?.on()])?;
    if pledge.kind != PledgeKind::Matching {
        return Err(not_found());
    }
    if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
        let state = format!("{:?}", pledge.state);
        return Err(Refusal::PledgeState { state, accepted: "Accepted or Fulfilled".into() }.at("pledgeId"));
    }
    let earmark = earmark::by_ids(&mut *tx, &[pledge.earmark_id]).await?.pop().ok_or_else(not_found)?;
    if earmark.kind == EarmarkKind::Target {
        let target = place::target(tx, earmark.target_id.ok_or_else(not_found)?).await?;
        target.ensure_open("pledgeId")?;
    }
    let terms = store::matches_of(&mut *tx, &[pledge.id]).await?.pop().ok_or_else(not_found)?;
    let mut course = course(tx, &pledge, &terms).await?;
    let before = course.accrued;
    let gifts = store::bases(&mut *tx, &pledge, BASES_MAX).await?;
    let rows = accrue(pledge.id, &mut course, &gifts);
    let amount: Fen = rows.iter().map(|row| row.amount).sum();
    if !amount.is_positive() {
        return Err(Refusal::NothingToMatch { accrued: before }.at("pledgeId"));
    }
    let done = match terms.funding {
        Funding::Due => become_due(tx, &mut head, &pledge, input, &rows).await?,
        Funding::Prefunded => {
            let mut draft = Draft::new(EntryKind::Match, input.effective_on, memo, vec![]);
            draft.moves = moves(tx, &pledge, &gifts, &rows).await?;
            draft.documents = digest_match(&rows);
            let entry = post(tx, &mut head, by, &[draft]).await?[0];
            store::insert_accruals(tx, entry, &rows).await?;
            Matched { entry: Some(entry), due: None, amount }
        }
    };
    once.remember(tx, done.entry, &done).await?;
    Ok(done)
}

async fn course(tx: &mut Tx, pledge: &Pledge, terms: &MatchRow) -> Result<Course> {
    let projects = store::accrued(&mut *tx, pledge.id).await?;
    Ok(Course {
        ratio: pledge.ratio(),
        cap: pledge.amount,
        per_gift: terms.per_gift,
        per_project: terms.per_project,
        base: projects.iter().map(|one| one.base.0).sum(),
        accrued: projects.iter().map(|one| one.amount).sum(),
        projects: projects.into_iter().map(|one| (one.target_id, one.amount)).collect(),
    })
}

/// The moves of a match that was paid ahead: its own money, the youngest first, into the project of each gift.
async fn moves(tx: &mut Tx, pledge: &Pledge, gifts: &[Base], rows: &[AccrualDocument]) -> Result<Vec<Move>> {
    let mut into: BTreeMap<TargetId, Fen> = BTreeMap::new();
    let targets: HashMap<LotId, TargetId> = gifts.iter().map(|gift| (gift.lot_id, gift.target_id)).collect();
    for row in rows.iter().filter(|row| row.amount.is_positive()) {
        *into.entry(targets[&row.base_lot_id]).or_default() += row.amount;
    }
    let pot = of_fund(pledge.fund_id, AccountKind::Match, Asset::Cny);
    let own = store::lots_of_pledge(&mut *tx, pledge.id).await?;
    let amount = into.values().copied().sum();
    let taken = draw::of_donor(tx, pot, pledge.donor_id, Some(&own), amount).await;
    // The amount is the match's own and no field of the request: the pledge is what lacks money.
    let mut taken = taken.map_err(|error| match error {
        Error::Refused(refused) => refused.refusal.at("pledgeId"),
        other => other,
    })?;
    taken.sort_by_key(|held| held.lot_id);
    let accounts = account::of_targets(&mut *tx, &into.keys().copied().collect::<Vec<_>>()).await?;
    let accounts: HashMap<Option<TargetId>, AccountId> =
        accounts.into_iter().map(|account| (account.target_id, account.id)).collect();
    let mut moves = Vec::with_capacity(taken.len());
    let mut lots = taken.into_iter().peekable();
    for (target, mut left) in into {
        let destination = accounts[&Some(target)];
        while left.is_positive() {
            let lot = lots.peek_mut().expect("as much was taken as is moved");
            let mut part = *lot;
            part.amount = lot.amount.min(left);
            left -= part.amount;
            lot.amount -= part.amount;
            if !lot.amount.is_positive() {
                lots.next();
            }
            moves.extend(draw::moves(&[part], pot, destination));
        }
    }
    Ok(moves)
}

/// What a match that is not paid ahead comes to becomes a due of the matcher.
async fn become_due(
    tx: &mut Tx,
    head: &mut Head,
    pledge: &Pledge,
    input: &Match,
    rows: &[AccrualDocument],
) -> Result<Matched> {
    let amount = check_amount(rows.iter().map(|row| row.amount).sum(), "pledgeId")?;
    let last = store::dues_with_changes(&mut *tx, &[pledge.id]).await?.last().map_or(0, |due| due.due_no);
    let due = DueRow {
        id: head.next_key(),
        pledge_id: pledge.id,
        due_no: last + 1,
        fund_id: pledge.fund_id,
        donor_id: pledge.donor_id,
        due_on: pledge.due_on.max(input.effective_on),
        amount,
    };
    store::insert_dues(tx, std::slice::from_ref(&due)).await?;
    store::insert_due_matches(tx, due.id, rows).await?;
    store::add_stated(tx, &[(pledge.id, amount)]).await?;
    head::write(tx, head).await?;
    Ok(Matched { entry: None, due: Some(due.id), amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(amount: Option<i64>) -> Option<Fen> {
        amount.map(Fen)
    }

    #[test]
    fn a_match_gives_its_share_of_each_gift_up_to_its_caps() {
        // Gifts by amount and project; rate, caps in all, for one gift, into one project; what each adds.
        let gifts = [(100, 1), (50, 2), (33, 1), (100, 1), (7, 2)];
        let rows = [
            ((1, 1), Some(1_000), None, None, vec![100, 50, 33, 100, 7]),
            ((1, 3), Some(1_000), None, None, vec![33, 17, 11, 33, 2]),
            ((1, 1), Some(160), None, None, vec![100, 50, 10]),
            ((1, 1), Some(1_000), Some(40), None, vec![40, 40, 33, 40, 7]),
            ((1, 1), Some(1_000), None, Some(120), vec![100, 50, 20, 0, 7]),
            ((2, 1), Some(1_000), Some(90), Some(150), vec![90, 90, 60, 0, 14]),
            ((1, 1), Some(100), Some(40), None, vec![40, 40, 20]),
        ];
        for (rate, cap, per_gift, per_project, expected) in rows {
            let mut course = Course {
                ratio: Ratio { num: rate.0, den: rate.1 },
                cap: fen(cap),
                per_gift: fen(per_gift),
                per_project: fen(per_project),
                base: 0,
                accrued: Fen::ZERO,
                projects: HashMap::new(),
            };
            let gift = |(amount, target)| Base { lot_id: LotId(1), amount: Fen(amount), target_id: TargetId(target) };
            let gifts: Vec<Base> = gifts.into_iter().map(gift).collect();
            let added: Vec<i64> = accrue(PledgeId(1), &mut course, &gifts).iter().map(|row| row.amount.0).collect();
            assert_eq!(added, expected, "{rate:?} {cap:?} {per_gift:?} {per_project:?}");
        }
    }
}
