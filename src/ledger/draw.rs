//! The draw: which lots pay.
//!
//! * Narrowest restriction first, then the earliest expiry, then the oldest lot.
//! * A return walks the same order backwards.
//! * Lots are read in pages until the amount is met: the work is that of the lots taken, not of the pool.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
};

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

/// Part of a lot that a draw takes.
pub type Taken = Held;

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
    draw(tx, account, earmarks, Order::Forward, amount).await
}

/// Draws `amount` of whatever is in `account`, to give it back.
///
/// # Errors
/// [`Refusal::InsufficientEligibleFunds`] at `amount`, with what there is.
pub async fn to_return(tx: &mut Tx, account: AccountId, amount: Fen) -> Result<Vec<Taken>> {
    let earmarks = store::earmarks_in(&mut *tx, account).await?;
    draw(tx, account, earmarks, Order::Backward, amount).await
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
    order: Order,
    amount: Fen,
) -> Result<Vec<Taken>> {
    let mut ranks = ranks(earmarks, order);
    fill(tx, account, order, ranks.iter_mut().flat_map(|rank| &mut rank.0).collect()).await?;
    let mut taken = Vec::new();
    let mut left = amount;
    for rank in &mut ranks {
        while rank.take(order, &mut left, &mut taken) == Step::Read {
            let empty = rank.0.iter_mut().filter(|source| source.more && source.lots.is_empty()).collect();
            fill(tx, account, order, empty).await?;
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
async fn fill(tx: &mut Tx, account: AccountId, order: Order, mut sources: Vec<&mut Source>) -> Result<()> {
    let mut by_last: BTreeMap<LotId, Vec<EarmarkId>> = BTreeMap::new();
    for source in &sources {
        by_last.entry(source.last).or_default().push(source.earmark.earmark_id);
    }
    for (last, earmarks) in by_last {
        let rows = match order {
            Order::Forward => store::oldest(&mut *tx, account, &earmarks, last, PAGE).await?,
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
