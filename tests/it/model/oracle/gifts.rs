//! What is promised and given: pledges, receipts, matches, refunds.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use cobuild::{
    error::UserErrorCode as Code,
    ledger::Asset,
    party::PartyKind,
    pledge::{PledgeKind, PledgeState, terms::Funding},
};

use super::{
    super::operation::{FREE, Only, Part, Pays, Promise, Terms},
    Due, Followed, Lot, No, Oracle, PARTIES, PURPOSES, Place, Pledge, no,
};

/// What becomes of a part: its number, an amount of it, and the pledge and due that it settles.
type Piece = (usize, i64, Option<(usize, usize)>);

/// The largest part of a rate.
const RATE_MAX: i64 = 1_000_000;

impl Oracle {
    /// Whether a fund takes gifts under these terms.
    fn check_terms(&self, fund: usize, terms: Terms) -> Result<(), No> {
        if let Only::Both(..) = terms.only {
            return no(Code::EarmarkMalformed);
        }
        if terms.from.zip(terms.to).is_some_and(|(from, to)| to < from) {
            return no(Code::PeriodReversed);
        }
        match terms.only {
            Only::Purpose(purpose) if purpose >= PURPOSES.len() => no(Code::NotFound),
            Only::Purpose(purpose) if !Self::is_allowed(fund, purpose) => no(Code::PurposeNotAllowed),
            Only::Group(group) if PARTIES.get(group) != Some(&PartyKind::Group) => no(Code::NotFound),
            Only::Target(target) if target >= self.targets.len() => no(Code::NotFound),
            Only::Target(target) if self.targets[target].fund != fund => no(Code::AnotherFund),
            Only::Target(target) => self.check_open(target),
            _ => Ok(()),
        }
    }

    pub(super) fn offer(
        &mut self,
        fund: usize,
        donor: usize,
        promise: &Promise,
        terms: Terms,
        due_on: NaiveDate,
    ) -> Result<(), No> {
        let (kind, amount, rate, funding) = match *promise {
            Promise::Fixed { amount } => (PledgeKind::Fixed, Some(amount), None, Funding::Prefunded),
            Promise::Matching { cap, rate, funding } => (PledgeKind::Matching, Some(cap), Some(rate), funding),
            Promise::Share { basis_points, cap } => {
                (PledgeKind::ShareOfSales, cap, Some((basis_points, 10_000)), Funding::Prefunded)
            }
            Promise::Goods { value } => (PledgeKind::InKind, Some(value), None, Funding::Prefunded),
        };
        let is_share = kind == PledgeKind::ShareOfSales;
        if is_share && !rate.is_some_and(|(basis_points, _)| (1..=10_000).contains(&basis_points)) {
            return no(Code::NumberOutOfRange);
        }
        if let Some(amount) = amount {
            Self::check_amount(amount)?;
        }
        if due_on < self.today && !is_share {
            return no(Code::PeriodReversed);
        }
        Self::check_party(donor)?;
        let fits = |(num, den): (i64, i64)| (1..=RATE_MAX).contains(&num) && (1..=RATE_MAX).contains(&den);
        if rate.is_some_and(|rate| !fits(rate)) {
            return no(Code::RateMalformed);
        }
        self.check_terms(fund, terms)?;
        let mut pledge = Pledge {
            fund,
            donor,
            kind,
            amount,
            rate: rate.unwrap_or((1, 1)),
            funding,
            terms,
            due_on,
            state: PledgeState::Offered,
            dues: vec![],
            basis: 0,
            followed: vec![],
        };
        if !is_share && (kind != PledgeKind::Matching || funding == Funding::Prefunded) {
            pledge.dues.push(self.due(due_on, amount.unwrap()));
        }
        self.pledges.push(pledge);
        Ok(())
    }

    fn due(&mut self, on: NaiveDate, amount: i64) -> Due {
        self.dues += 1;
        Due { order: self.dues, on, amount, received: 0 }
    }

    pub(super) fn report(&mut self, fund: usize, merchant: usize, amount: i64, on: NaiveDate) -> Result<(), No> {
        if amount != 0 {
            Self::check_amount(amount)?;
        }
        self.check_day(on)?;
        Self::check_party(merchant)?;
        if let Some(known) = self.reports.iter().find(|one| (one.0, one.1, one.2) == (fund, merchant, on)) {
            return if known.3 == amount { Ok(()) } else { no(Code::SalesReported) };
        }
        self.reports.push((fund, merchant, on, amount));
        for number in 0..self.pledges.len() {
            let pledge = &self.pledges[number];
            let counts = pledge.kind == PledgeKind::ShareOfSales
                && (pledge.fund, pledge.donor) == (fund, merchant)
                && matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled)
                && pledge.due_on <= on;
            if counts {
                let basis = pledge.basis + amount;
                let due = pledge.share(basis) - pledge.stated();
                let due = self.due(on + Days::new(15), due);
                let pledge = &mut self.pledges[number];
                pledge.basis = basis;
                pledge.dues.push(due);
            }
        }
        Ok(())
    }

    pub(super) fn advance(&mut self, pledge: usize, to: PledgeState) -> Result<(), No> {
        use PledgeState::{Accepted, Cancelled, Lapsed, Offered};
        let Some(pledge) = self.pledges.get_mut(pledge) else { return no(Code::NotFound) };
        let may = match to {
            Accepted => pledge.state == Offered,
            Cancelled | Lapsed => matches!(pledge.state, Offered | Accepted),
            _ => false,
        };
        if !may && pledge.state != to {
            return no(Code::PledgeState);
        }
        pledge.state = to;
        Ok(())
    }

    /// Splits parts over dues: what becomes of each part, by its number, amount and due.
    fn split(&self, fund: usize, asset: Asset, parts: &[Part]) -> Result<Vec<Piece>, No> {
        let mut paid = BTreeMap::<(usize, usize), i64>::new();
        let mut pieces = vec![];
        for (number, part) in parts.iter().enumerate() {
            let exactly = |wanted: usize| {
                let Some(pledge) = self.pledges.get(wanted) else { return no(Code::NotFound) };
                if pledge.dues.is_empty() {
                    return no(Code::NotFound);
                }
                if pledge.fund != fund {
                    return no(Code::AnotherFund);
                }
                if pledge.donor != part.donor {
                    return no(Code::PledgeOfAnother);
                }
                if pledge.asset() != asset {
                    return no(Code::AssetMismatch);
                }
                if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
                    return no(Code::PledgeState);
                }
                Ok(())
            };
            let mut own: Vec<(usize, usize)> = match part.pays {
                Pays::Nothing => vec![],
                Pays::Pledge(wanted) => {
                    exactly(wanted)?;
                    (0..self.pledges[wanted].dues.len()).map(|due| (wanted, due)).collect()
                }
                Pays::Due(wanted, due) => {
                    if self.pledges.get(wanted).is_none_or(|pledge| due >= pledge.dues.len()) {
                        return no(Code::NotFound);
                    }
                    exactly(wanted)?;
                    vec![(wanted, due)]
                }
                Pays::OldestFirst => {
                    let owes = |pledge: &Pledge| {
                        pledge.fund == fund
                            && pledge.donor == part.donor
                            && pledge.state == PledgeState::Accepted
                            && pledge.asset() == asset
                    };
                    let all = self.pledges.iter().enumerate().filter(|(_, pledge)| owes(pledge));
                    all.flat_map(|(number, pledge)| (0..pledge.dues.len()).map(move |due| (number, due))).collect()
                }
            };
            own.sort_by_key(|(pledge, due)| {
                let due = &self.pledges[*pledge].dues[*due];
                (due.on, due.order)
            });
            let left = |at: &(usize, usize), paid: &BTreeMap<(usize, usize), i64>| {
                let due = &self.pledges[at.0].dues[at.1];
                due.amount - due.received - paid.get(at).copied().unwrap_or_default()
            };
            let owed: i64 = own.iter().map(|at| left(at, &paid)).sum();
            if matches!(part.pays, Pays::Pledge(_) | Pays::Due(..)) && part.amount > owed {
                return Err(No(Code::DueExceeded, vec![part.amount, owed]));
            }
            let mut rest = part.amount;
            for at in own {
                let pay = rest.min(left(&at, &paid));
                if pay > 0 {
                    *paid.entry(at).or_default() += pay;
                    rest -= pay;
                    pieces.push((number, pay, Some(at)));
                }
            }
            if rest > 0 {
                pieces.push((number, rest, None));
            }
        }
        Ok(pieces)
    }

    pub(super) fn receive(
        &mut self,
        fund: usize,
        payer: usize,
        reference: usize,
        (on, asset): (NaiveDate, Asset),
        whole: Option<i64>,
        parts: &[Part],
    ) -> Result<(), No> {
        self.check_day(on)?;
        if parts.is_empty() {
            return no(Code::ListSize);
        }
        for part in parts {
            Self::check_amount(part.amount)?;
        }
        let sum: i64 = parts.iter().map(|part| part.amount).sum();
        let whole = whole.unwrap_or(sum);
        Self::check_amount(whole)?;
        if sum != whole {
            return Err(No(Code::SumMismatch, vec![sum, whole]));
        }
        Self::check_party(payer)?;
        for part in parts {
            Self::check_party(part.donor)?;
        }
        let stands = |entry: &super::Entry| {
            !entry.reversed && entry.receipt.is_some_and(|receipt| self.receipts[receipt] == (fund, reference))
        };
        if self.entries.iter().any(stands) {
            return no(Code::ReceiptRepeated);
        }
        let pieces = self.split(fund, asset, parts)?;
        let mut lots = vec![];
        for (number, amount, due) in pieces {
            let promised = due.map(|(pledge, _)| self.pledges[pledge].terms);
            let terms = match (parts[number].terms, promised) {
                (None, promised) => promised.unwrap_or(FREE),
                (Some(asked), promised) => {
                    self.check_terms(fund, asked)?;
                    if promised.is_some_and(|promised| promised != asked) {
                        return no(Code::PledgeEarmark);
                    }
                    asked
                }
            };
            let donor = parts[number].donor;
            let receipt = self.receipts.len();
            lots.push(Lot { fund, receipt, donor, terms, due, asset, amount, at: BTreeMap::new() });
        }
        self.receipts.push((fund, reference));
        let mut moves = vec![];
        for lot in lots {
            let mut to = Place::Pool;
            if let Some((pledge, due)) = lot.due {
                let pledge = &mut self.pledges[pledge];
                pledge.dues[due].received += lot.amount;
                if Some(pledge.received()) == pledge.amount {
                    pledge.state = PledgeState::Fulfilled;
                }
                if pledge.kind == PledgeKind::Matching && pledge.funding == Funding::Prefunded {
                    to = Place::Match;
                }
            }
            moves.push((self.lots.len(), Place::Outside, to, lot.amount));
            self.lots.push(lot);
        }
        let receipt = self.receipts.len() - 1;
        self.book(fund, on, moves).receipt = Some(receipt);
        Ok(())
    }

    /// What a match has followed and not been undone.
    fn followed(&self) -> impl Iterator<Item = &Followed> {
        let moved = self.entries.iter().filter(|entry| !entry.reversed).flat_map(|entry| &entry.followed);
        moved.chain(self.pledges.iter().flat_map(|pledge| &pledge.followed))
    }

    /// Whether a match follows one of these lots.
    pub(super) fn is_followed(&self, lots: &[usize]) -> bool {
        self.followed().any(|one| lots.contains(&one.lot))
    }

    /// Whether a match may follow a gift under these terms: one into an open project that its own terms allow.
    fn may_follow(&self, pledge: &Pledge, gift: Only) -> bool {
        let Only::Target(target) = gift else { return false };
        let place = &self.targets[target];
        let allowed = match pledge.terms.only {
            Only::Free => true,
            Only::Purpose(purpose) => Self::is_below(purpose, place.purpose),
            Only::Group(group) => place.group == Some(group),
            Only::Target(only) => only == target,
            Only::Both(..) => false,
        };
        allowed && !place.closed
    }

    pub(super) fn follow(&mut self, number: usize, on: NaiveDate) -> Result<(), No> {
        self.check_day(on)?;
        let Some(pledge) = self.pledges.get(number) else { return no(Code::NotFound) };
        if pledge.kind != PledgeKind::Matching {
            return no(Code::NotFound);
        }
        if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
            return no(Code::PledgeState);
        }
        if let Only::Target(target) = pledge.terms.only {
            self.check_open(target)?;
        }
        let own: Vec<&Followed> = self.followed().filter(|one| one.pledge == number).collect();
        let mut base: i64 = own.iter().map(|one| one.base).sum();
        let so_far: i64 = own.iter().map(|one| one.amount).sum();
        let mut given = so_far;
        let mut rows = vec![];
        for (id, lot) in self.lots.iter().enumerate() {
            let undone = |entry: &super::Entry| entry.receipt == Some(lot.receipt) && entry.reversed;
            let is_base = lot.fund == pledge.fund
                && self.may_follow(pledge, lot.terms.only)
                && lot.donor != pledge.donor
                && lot.asset == Asset::Cny;
            if !is_base || own.iter().any(|one| one.lot == id) || self.entries.iter().any(undone) {
                continue;
            }
            if pledge.amount.is_some_and(|cap| given >= cap) {
                break;
            }
            base += lot.amount;
            let share = pledge.share(base);
            // What was given stays given, also where an undone match leaves it ahead of its share.
            let total = share.max(given);
            rows.push(Followed { pledge: number, lot: id, base: lot.amount, amount: total - given });
            given = total;
        }
        let amount = given - so_far;
        if amount <= 0 {
            return Err(No(Code::NothingToMatch, vec![so_far]));
        }
        let fund = pledge.fund;
        if pledge.funding == Funding::Due {
            let due_on = pledge.due_on.max(on);
            let due = self.due(due_on, amount);
            let pledge = &mut self.pledges[number];
            pledge.dues.push(due);
            pledge.followed.extend(rows);
            return Ok(());
        }
        let pot = |is_own: &dyn Fn(&Lot) -> bool| -> Vec<(usize, i64)> {
            let mut lots = self.lots_in(fund, Place::Match);
            lots.retain(|(lot, _)| self.lots[*lot].donor == pledge.donor && is_own(&self.lots[*lot]));
            lots.sort();
            lots.reverse();
            lots
        };
        let all = pot(&|_| true).iter().map(|(_, amount)| amount).sum();
        let mut taken = Self::take(&pot(&|lot| lot.due.is_some_and(|(pledge, _)| pledge == number)), all, amount)?;
        taken.sort();
        let mut moves = vec![];
        let mut taken = taken.into_iter();
        let mut lot = taken.next();
        // Each project is given its own, the oldest project first, from the matcher's lots in their order.
        let mut projects = BTreeMap::<usize, i64>::new();
        for row in &rows {
            let Only::Target(target) = self.lots[row.lot].terms.only else { unreachable!("a match follows projects") };
            *projects.entry(target).or_default() += row.amount;
        }
        for (target, mut left) in projects {
            while left > 0 {
                let (number, here) = lot.unwrap();
                let part = here.min(left);
                moves.push((number, Place::Match, Place::Target(target), part));
                left -= part;
                lot = if part == here { taken.next() } else { Some((number, here - part)) };
            }
        }
        self.book(fund, on, moves).followed = rows;
        Ok(())
    }

    pub(super) fn refund(
        &mut self,
        fund: usize,
        donor: usize,
        receipt: Option<usize>,
        amount: i64,
        on: NaiveDate,
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        Self::check_party(donor)?;
        if receipt.is_some_and(|receipt| receipt >= self.receipts.len()) {
            return no(Code::NotFound);
        }
        let mut lots = self.lots_in(fund, Place::Pool);
        lots.retain(|(lot, _)| self.lots[*lot].donor == donor);
        let all = lots.iter().map(|(_, amount)| amount).sum();
        lots.retain(|(lot, _)| receipt.is_none_or(|receipt| self.lots[*lot].receipt == receipt));
        lots.sort();
        lots.reverse();
        let taken = Self::take(&lots, all, amount)?;
        let to = Place::Refund(self.refunds);
        self.refunds += 1;
        let moves = taken.into_iter().map(|(lot, part)| (lot, Place::Pool, to, part)).collect();
        self.book(fund, on, moves);
        Ok(())
    }
}
