//! What is promised and given: pledges, receipts, matches, refunds.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cobuild::{
    error::UserErrorCode as Code,
    party::PartyKind,
    pledge::{PledgeKind, PledgeState},
};

use super::{
    super::operation::{FREE, Only, Part, Pays, Terms},
    Followed, Lot, No, Oracle, PARTIES, PURPOSES, Place, Pledge, no,
};

/// The largest part of a rate.
const RATE_MAX: i64 = 1_000_000;

impl Oracle {
    /// Whether a fund takes gifts under these terms.
    pub(super) fn check_terms(&self, fund: usize, terms: Terms) -> Result<(), No> {
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

    #[allow(clippy::too_many_arguments, reason = "the fields of one operation")]
    pub(super) fn offer(
        &mut self,
        fund: usize,
        donor: usize,
        kind: PledgeKind,
        amount: i64,
        rate: Option<(i64, i64)>,
        terms: Terms,
        due_on: NaiveDate,
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        if due_on < self.today {
            return no(Code::PeriodReversed);
        }
        Self::check_party(donor)?;
        let fits = |(num, den): (i64, i64)| (1..=RATE_MAX).contains(&num) && (1..=RATE_MAX).contains(&den);
        match (kind, rate) {
            (PledgeKind::Fixed, Some(_)) => return no(Code::RateMalformed),
            (PledgeKind::Matching, _) if !matches!(terms.only, Only::Target(_)) => return no(Code::EarmarkMalformed),
            (PledgeKind::Matching, rate) if !rate.is_some_and(fits) => return no(Code::RateMalformed),
            _ => {}
        }
        self.check_terms(fund, terms)?;
        let (rate, state) = (rate.unwrap_or((1, 1)), PledgeState::Offered);
        self.pledges.push(Pledge { fund, donor, kind, amount, rate, terms, due_on, state, received: 0 });
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

    /// Splits parts over pledges: what becomes of each part, by its number, amount and pledge.
    fn split(&self, fund: usize, parts: &[Part]) -> Result<Vec<(usize, i64, Option<usize>)>, No> {
        let mut paid = BTreeMap::<usize, i64>::new();
        let mut pieces = vec![];
        for (number, part) in parts.iter().enumerate() {
            match part.pays {
                Pays::Nothing => pieces.push((number, part.amount, None)),
                Pays::Pledge(wanted) => {
                    let Some(pledge) = self.pledges.get(wanted) else { return no(Code::NotFound) };
                    if pledge.fund != fund {
                        return no(Code::AnotherFund);
                    }
                    if pledge.donor != part.donor {
                        return no(Code::PledgeOfAnother);
                    }
                    if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
                        return no(Code::PledgeState);
                    }
                    let before = paid.entry(wanted).or_default();
                    let left = pledge.amount - pledge.received - *before;
                    if part.amount > left {
                        return Err(No(Code::DueExceeded, vec![part.amount, left]));
                    }
                    *before += part.amount;
                    pieces.push((number, part.amount, Some(wanted)));
                }
                Pays::OldestFirst => {
                    let mut rest = part.amount;
                    let owed = |one: &&usize| {
                        let pledge = &self.pledges[**one];
                        pledge.fund == fund && pledge.donor == part.donor && pledge.state == PledgeState::Accepted
                    };
                    let all: Vec<usize> = (0..self.pledges.len()).collect();
                    let mut own: Vec<usize> = all.iter().filter(owed).copied().collect();
                    own.sort_by_key(|one| (self.pledges[*one].due_on, *one));
                    for one in own {
                        let before = paid.entry(one).or_default();
                        let pay = rest.min(self.pledges[one].amount - self.pledges[one].received - *before);
                        if pay > 0 {
                            *before += pay;
                            rest -= pay;
                            pieces.push((number, pay, Some(one)));
                        }
                    }
                    if rest > 0 {
                        pieces.push((number, rest, None));
                    }
                }
            }
        }
        Ok(pieces)
    }

    pub(super) fn receive(
        &mut self,
        fund: usize,
        payer: usize,
        reference: usize,
        on: NaiveDate,
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
            !entry.reversed
                && entry.receipt.is_some_and(|receipt| {
                    let (in_fund, known, _) = self.receipts[receipt];
                    (in_fund, known) == (fund, reference)
                })
        };
        if self.entries.iter().any(stands) {
            return no(Code::ReceiptRepeated);
        }
        let pieces = self.split(fund, parts)?;
        let mut lots = vec![];
        for (number, amount, pledge) in pieces {
            let promised = pledge.map(|pledge| self.pledges[pledge].terms);
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
            lots.push(Lot { fund, receipt, donor, terms, pledge, parent: None, amount, at: BTreeMap::new() });
        }
        self.receipts.push((fund, reference, payer));
        let mut moves = vec![];
        for lot in lots {
            let mut to = Place::Pool;
            if let Some(pledge) = lot.pledge.map(|pledge| &mut self.pledges[pledge]) {
                pledge.received += lot.amount;
                if pledge.received == pledge.amount {
                    pledge.state = PledgeState::Fulfilled;
                }
                if pledge.kind == PledgeKind::Matching {
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
        self.entries.iter().filter(|entry| !entry.reversed).flat_map(|entry| &entry.followed)
    }

    /// Whether a match follows one of these lots.
    pub(super) fn is_followed(&self, lots: &[usize]) -> bool {
        self.followed().any(|one| lots.contains(&one.lot))
    }

    pub(super) fn follow(&mut self, number: usize, on: NaiveDate) -> Result<(), No> {
        self.check_day(on)?;
        let Some(pledge) = self.pledges.get(number) else { return no(Code::NotFound) };
        let (Only::Target(target), PledgeKind::Matching) = (pledge.terms.only, pledge.kind) else {
            return no(Code::NotFound);
        };
        if !matches!(pledge.state, PledgeState::Accepted | PledgeState::Fulfilled) {
            return no(Code::PledgeState);
        }
        self.check_open(target)?;
        let own: Vec<&Followed> = self.followed().filter(|one| one.pledge == number).collect();
        let mut base: i64 = own.iter().map(|one| one.base).sum();
        let so_far: i64 = own.iter().map(|one| one.amount).sum();
        let mut given = so_far;
        let mut rows = vec![];
        for (id, lot) in self.lots.iter().enumerate() {
            let undone = |entry: &super::Entry| entry.receipt == Some(lot.receipt) && entry.reversed;
            let is_base = lot.fund == pledge.fund && lot.terms == pledge.terms && lot.donor != pledge.donor;
            // A gift that was changed counts for nobody: neither as it was nor as it became.
            let changed = lot.parent.is_some() || self.lots.iter().any(|other| other.parent == Some(id));
            if !is_base || changed || own.iter().any(|one| one.lot == id) || self.entries.iter().any(undone) {
                continue;
            }
            if given >= pledge.amount {
                break;
            }
            base += lot.amount;
            let share = i128::from(base) * i128::from(pledge.rate.0) / i128::from(pledge.rate.1);
            let share = i64::try_from(share.min(i128::from(pledge.amount))).unwrap();
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
        let pot = |is_own: &dyn Fn(&Lot) -> bool| -> Vec<(usize, i64)> {
            let mut lots = self.lots_in(fund, Place::Match);
            lots.retain(|(lot, _)| self.lots[*lot].donor == pledge.donor && is_own(&self.lots[*lot]));
            lots.sort();
            lots.reverse();
            lots
        };
        let all = pot(&|_| true).iter().map(|(_, amount)| amount).sum();
        let mut taken = Self::take(&pot(&|lot| lot.pledge == Some(number)), all, amount)?;
        taken.sort();
        let moves = taken.into_iter().map(|(lot, part)| (lot, Place::Match, Place::Target(target), part)).collect();
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
