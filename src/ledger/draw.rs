//! The draw: which lots pay.
//!
//! * Narrowest restriction first, then the earliest expiry, then the oldest lot.
//! * A return walks the same order backwards.
//! * A target may be set to draw of all its gifts alike: each pays its share, the largest remainders the
//!   odd fen, ties the older lot.
//! * Lots are read in pages until the amount is met: the work is that of the lots taken, not of the pool.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
};

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{
    post::Move,
    store::{self, EligibleEarmark, Held},
};
use crate::{
    db::Tx,
    error::{Refusal, Result},
    id::{AccountId, EarmarkId, LotId, PartyId, TargetId},
    money::Fen,
};

/// How many lots of each restriction are read at a time.
const PAGE: i64 = 64;

/// Which end of the order is drawn first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To spend: the narrowest and oldest first.
    Forward,
    /// To give back: the widest and youngest first.
    Backward,
}

/// How the money of a project or grant is drawn when it is spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DrawRule {
    /// The narrowest restriction first, then the earliest expiry, then the oldest gift.
    #[default]
    InOrder,
    /// Of all its gifts alike: each pays its share to the fen.
    ProRata,
}

/// Part of a lot that a draw takes.
pub type Taken = Held;

/// Nobody, where no giver's lots are left out.
const NOBODY: PartyId = PartyId(0);

/// The lots of one restriction that are still to be drawn, in order.
#[derive(Clone, Debug)]
struct Source {
    earmark: EligibleEarmark,
    lots: VecDeque<Held>,
    /// Whether the account may hold more than what is in `lots`.
    more: bool,
    /// The last lot that was read.
    last: LotId,
}

/// Restrictions that are drawn as one: alike in narrowness and expiry.
#[derive(Clone, Debug)]
struct Rank(Vec<Source>);

/// Draws `amount` from `account` for spending on `target` on `day`.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn for_target(
    tx: &mut Tx,
    account: AccountId,
    target: TargetId,
    day: NaiveDate,
    amount: Fen,
) -> Result<Vec<Taken>> {
    let earmarks = store::eligible_earmarks(&mut *tx, target, account, day).await?;
    draw(tx, account, earmarks, (Order::Forward, NOBODY), amount).await
}

/// Draws `amount` from `account` for spending on `target` on `day`, of no gift of `donor`.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn of_others(
    tx: &mut Tx,
    account: AccountId,
    target: TargetId,
    day: NaiveDate,
    donor: PartyId,
    amount: Fen,
) -> Result<Vec<Taken>> {
    let earmarks = store::eligible_earmarks(&mut *tx, target, account, day).await?;
    draw(tx, account, earmarks, (Order::Forward, donor), amount).await
}

/// Draws `amount` of a target's money in `account` for spending on it on `day`, by the target's own rule.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn by_rule(
    tx: &mut Tx,
    rule: DrawRule,
    account: AccountId,
    target: TargetId,
    day: NaiveDate,
    amount: Fen,
) -> Result<Vec<Taken>> {
    if rule == DrawRule::InOrder {
        return for_target(tx, account, target, day, amount).await;
    }
    let earmarks = store::eligible_earmarks(&mut *tx, target, account, day).await?;
    let earmarks: Vec<EarmarkId> = earmarks.iter().map(|earmark| earmark.earmark_id).collect();
    let held = if earmarks.is_empty() { vec![] } else { store::held_under(&mut *tx, account, &earmarks).await? };
    let eligible: Fen = held.iter().map(|one| one.amount).sum();
    if eligible < amount {
        let ineligible = store::balance(&mut *tx, account).await? - eligible;
        return Err(Refusal::InsufficientEligibleFunds { asked: amount, eligible, ineligible }.at("amount"));
    }
    Ok(pro_rata(&held, amount))
}

/// `amount` of lots that hold as much together, each its share: the odd fen go to the largest remainders, of
/// alike ones to the older lots.
fn pro_rata(held: &[Held], amount: Fen) -> Vec<Taken> {
    let total: i128 = held.iter().map(|one| i128::from(one.amount.0)).sum();
    let share = |one: &Held| i128::from(one.amount.0) * i128::from(amount.0);
    let mut parts: Vec<Taken> = held
        .iter()
        .map(|one| Held { amount: Fen(i64::try_from(share(one) / total).expect("not above the lot")), ..*one })
        .collect();
    let mut left = amount - parts.iter().map(|one| one.amount).sum();
    let mut by_remainder: Vec<usize> = (0..held.len()).collect();
    by_remainder.sort_by_key(|at| (Reverse(share(&held[*at]) % total), held[*at].lot_id));
    for at in by_remainder {
        if left.is_positive() {
            parts[at].amount += Fen(1);
            left -= Fen(1);
        }
    }
    parts.retain(|one| one.amount.is_positive());
    parts
}

/// Draws `amount` of what is in `account` and may be spent in any fund of the host.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn of_any_fund(tx: &mut Tx, account: AccountId, amount: Fen) -> Result<Vec<Taken>> {
    let earmarks = store::earmarks_of_any_fund(&mut *tx, account).await?;
    draw(tx, account, earmarks, (Order::Forward, NOBODY), amount).await
}

/// Draws `amount` of whatever is in `account`, in the order in which it would have been spent.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn as_spent(tx: &mut Tx, account: AccountId, amount: Fen) -> Result<Vec<Taken>> {
    let earmarks = store::earmarks_in(&mut *tx, account).await?;
    draw(tx, account, earmarks, (Order::Forward, NOBODY), amount).await
}

/// Draws `amount` of whatever is in `account`, to give it back.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn to_return(tx: &mut Tx, account: AccountId, amount: Fen) -> Result<Vec<Taken>> {
    let earmarks = store::earmarks_in(&mut *tx, account).await?;
    draw(tx, account, earmarks, (Order::Backward, NOBODY), amount).await
}

/// Takes the lots that the committee named, each once and with its amount; or gives the first of them
/// that may not be spent on `target` or holds less than asked.
pub async fn named(
    tx: &mut Tx,
    account: AccountId,
    target: TargetId,
    day: NaiveDate,
    lots: &[(LotId, Fen)],
) -> Result<Result<Vec<Taken>, LotId>> {
    let eligible = store::eligible_earmarks(&mut *tx, target, account, day).await?;
    let ids: Vec<LotId> = lots.iter().map(|(id, _)| *id).collect();
    let held = store::held_of_lots(&mut *tx, account, &ids).await?;
    let mut left: BTreeMap<LotId, Held> = held.into_iter().map(|one| (one.lot_id, one)).collect();
    let mut taken = Vec::with_capacity(lots.len());
    for (id, amount) in lots {
        let Some(one) = left.get_mut(id) else { return Ok(Err(*id)) };
        let allowed = eligible.iter().any(|earmark| earmark.earmark_id == one.earmark_id);
        if !allowed || one.amount < *amount {
            return Ok(Err(*id));
        }
        one.amount -= *amount;
        taken.push(Held { amount: *amount, ..*one });
    }
    Ok(Ok(taken))
}

/// A giver's own lots in `account`, or those of `only` where it is given, the youngest first.
pub async fn own(tx: &mut Tx, account: AccountId, donor: PartyId, only: Option<&[LotId]>) -> Result<Vec<Taken>> {
    let mut held = store::held_of_donor(&mut *tx, account, donor).await?;
    held.retain(|one| only.is_none_or(|only| only.contains(&one.lot_id)));
    Ok(held)
}

/// Takes `amount` of a giver's own lots in `account`, the youngest first, or of `only` where it is given.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn of_donor(
    tx: &mut Tx,
    account: AccountId,
    donor: PartyId,
    only: Option<&[LotId]>,
    amount: Fen,
) -> Result<Vec<Taken>> {
    let held = store::held_of_donor(&mut *tx, account, donor).await?;
    let (mut own, others): (Vec<_>, Vec<_>) =
        held.into_iter().partition(|one| only.is_none_or(|only| only.contains(&one.lot_id)));
    let mut taken = Vec::new();
    let mut left = amount;
    for one in &mut own {
        take(one, &mut left, &mut taken);
    }
    if left.is_positive() {
        let ineligible = others.iter().map(|one| one.amount).sum();
        return Err(
            Refusal::InsufficientEligibleFunds { asked: amount, eligible: amount - left, ineligible }.at("amount")
        );
    }
    Ok(taken)
}

/// The moves of what was taken from one place to another.
pub fn moves(taken: &[Taken], source_id: AccountId, destination_id: AccountId) -> Vec<Move> {
    let one = |held: &Held| Move {
        lot_id: held.lot_id,
        donor_id: held.donor_id,
        earmark_id: held.earmark_id,
        source_id,
        destination_id,
        amount: held.amount,
    };
    taken.iter().map(one).collect()
}

async fn draw(
    tx: &mut Tx,
    account: AccountId,
    earmarks: Vec<EligibleEarmark>,
    (order, without): (Order, PartyId),
    amount: Fen,
) -> Result<Vec<Taken>> {
    let mut ranks = ranks(earmarks, order);
    fill(tx, account, (order, without), ranks.iter_mut().flat_map(|rank| &mut rank.0).collect()).await?;
    let mut taken = Vec::new();
    let mut left = amount;
    for rank in &mut ranks {
        while rank.take(order, &mut left, &mut taken) == Step::Read {
            let empty = rank.0.iter_mut().filter(|source| source.more && source.lots.is_empty()).collect();
            fill(tx, account, (order, without), empty).await?;
        }
    }
    if left.is_positive() {
        let eligible = amount - left;
        let ineligible = store::balance(&mut *tx, account).await? - eligible;
        return Err(Refusal::InsufficientEligibleFunds { asked: amount, eligible, ineligible }.at("amount"));
    }
    Ok(taken)
}

/// Reads the next page of each source. Sources that stand at different lots are read apart.
async fn fill(
    tx: &mut Tx,
    account: AccountId,
    (order, without): (Order, PartyId),
    mut sources: Vec<&mut Source>,
) -> Result<()> {
    let mut by_last: BTreeMap<LotId, Vec<EarmarkId>> = BTreeMap::new();
    for source in &sources {
        by_last.entry(source.last).or_default().push(source.earmark.earmark_id);
    }
    for (last, earmarks) in by_last {
        let rows = match order {
            Order::Forward => store::oldest(&mut *tx, account, &earmarks, last, PAGE, without).await?,
            Order::Backward => store::youngest(&mut *tx, account, &earmarks, last, PAGE).await?,
        };
        for source in sources.iter_mut().filter(|source| earmarks.contains(&source.earmark.earmark_id)) {
            source.lots.extend(rows.iter().filter(|row| row.earmark_id == source.earmark.earmark_id));
            source.more = i64::try_from(source.lots.len()).is_ok_and(|read| read >= PAGE);
            source.last = source.lots.back().map_or(source.last, |held| held.lot_id);
        }
    }
    Ok(())
}

fn ranks(mut earmarks: Vec<EligibleEarmark>, order: Order) -> Vec<Rank> {
    let rank = |earmark: &EligibleEarmark| (Reverse(earmark.spec), earmark.until);
    earmarks.sort_by_key(|earmark| (rank(earmark), earmark.earmark_id));
    if order == Order::Backward {
        earmarks.reverse();
    }
    let last = match order {
        Order::Forward => LotId(0),
        Order::Backward => LotId(i64::MAX),
    };
    let source = |earmark: &EligibleEarmark| Source { earmark: *earmark, lots: VecDeque::new(), more: true, last };
    earmarks.chunk_by(|a, b| rank(a) == rank(b)).map(|alike| Rank(alike.iter().map(source).collect())).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// The amount is met, or the rank has no more.
    Done,
    /// The next page of a source has to be read before it is known which lot comes next.
    Read,
}

impl Rank {
    fn take(&mut self, order: Order, left: &mut Fen, taken: &mut Vec<Taken>) -> Step {
        while left.is_positive() {
            if self.0.iter().any(|source| source.more && source.lots.is_empty()) {
                return Step::Read;
            }
            let heads = self.0.iter_mut().filter_map(|source| source.lots.front().copied().map(|head| (head, source)));
            let next = match order {
                Order::Forward => heads.min_by_key(|(head, _)| head.lot_id),
                Order::Backward => heads.max_by_key(|(head, _)| head.lot_id),
            };
            let Some((mut head, source)) = next else { return Step::Done };
            take(&mut head, left, taken);
            source.lots.pop_front();
        }
        Step::Done
    }
}

fn take(held: &mut Held, left: &mut Fen, taken: &mut Vec<Taken>) {
    let amount = held.amount.min(*left);
    if amount.is_positive() {
        *left -= amount;
        taken.push(Held { amount, ..*held });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gift_pays_its_share_and_all_shares_add_up() {
        let lot = |(lot, amount): (i64, i64)| Held {
            lot_id: LotId(lot),
            earmark_id: EarmarkId(1),
            donor_id: PartyId(1),
            amount: Fen(amount),
        };
        type Lots = &'static [(i64, i64)];
        // Held, asked, given: by lot, the nothings left out.
        let rows: [(Lots, i64, Lots); 6] = [
            (&[(1, 100), (2, 100), (3, 100)], 100, &[(1, 34), (2, 33), (3, 33)]),
            (&[(1, 100), (2, 100), (3, 100)], 300, &[(1, 100), (2, 100), (3, 100)]),
            (&[(1, 1), (2, 1), (3, 1)], 2, &[(1, 1), (2, 1)]),
            (&[(1, 10), (2, 35)], 9, &[(1, 2), (2, 7)]),
            (&[(1, 1), (2, 1_000)], 1, &[(2, 1)]),
            (&[(7, Fen::MAX.0), (8, Fen::MAX.0)], Fen::MAX.0 + 1, &[(7, Fen::MAX.0 / 2 + 1), (8, Fen::MAX.0 / 2)]),
        ];
        for (held, asked, given) in rows {
            let held: Vec<Held> = held.iter().copied().map(lot).collect();
            let parts = pro_rata(&held, Fen(asked));
            let parts: Vec<(i64, i64)> = parts.iter().map(|one| (one.lot_id.0, one.amount.0)).collect();
            assert_eq!(parts, given, "{asked} of {held:?}");
        }
    }
}
