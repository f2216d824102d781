//! What is corrected: losses, credit notes, swaps, changed gifts, transfers, and money that is drawn alike.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cobuild::error::UserErrorCode as Code;

use super::{
    super::operation::{Back, Only, Terms},
    FUNDS, HOST, Lot, No, Oracle, Place, no,
};

impl Oracle {
    /// `amount` of all of `lots` alike: whole shares first, then the odd fen by the largest remainders.
    pub(super) fn alike(&self, lots: &[(usize, i64)], amount: i64) -> Vec<(usize, i64)> {
        let total: i64 = lots.iter().map(|(_, here)| here).sum();
        let share = |here: i64| i128::from(here) * i128::from(amount);
        let mut parts: Vec<(usize, i64, i128)> = vec![];
        for (lot, here) in lots {
            let whole = i64::try_from(share(*here) / i128::from(total)).unwrap();
            parts.push((*lot, whole, share(*here) % i128::from(total)));
        }
        let mut odd = amount - parts.iter().map(|(_, part, _)| part).sum::<i64>();
        parts.sort_by_key(|(lot, _, rest)| (-rest, self.age(*lot)));
        for (_, part, _) in &mut parts {
            if odd > 0 {
                *part += 1;
                odd -= 1;
            }
        }
        parts.into_iter().map(|(lot, part, _)| (lot, part)).filter(|(_, part)| *part > 0).collect()
    }

    pub(super) fn set_draw(&mut self, target: usize, alike: bool) -> Result<(), No> {
        self.check_target(target)?;
        self.check_open(target)?;
        self.targets[target].alike = alike;
        Ok(())
    }

    pub(super) fn write_off(&mut self, target: usize, amount: i64, on: NaiveDate) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        self.check_target(target)?;
        self.check_open(target)?;
        let (fund, from, to) = (self.targets[target].fund, Place::Advance(target), Place::Loss(target));
        let taken = Self::take(&self.lots_in(fund, from), self.balance(fund, from), amount)?;
        self.book(fund, on, taken.into_iter().map(|(lot, part)| (lot, from, to, part)).collect());
        Ok(())
    }

    /// The fund, the target and the day of an expense that is not later than `on`.
    fn expense(&self, expense: usize, on: NaiveDate) -> Result<(usize, usize, NaiveDate), No> {
        let Some((target, day)) = self.expenses.get(expense).copied() else { return no(Code::NotFound) };
        if on < day {
            return no(Code::PeriodReversed);
        }
        Ok((self.targets[target].fund, target, day))
    }

    pub(super) fn credit(&mut self, number: usize, to: Back, amount: i64, on: NaiveDate) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        let (fund, target, _) = self.expense(number, on)?;
        let to = match to {
            Back::Pool => Place::Pool,
            Back::Target => Place::Target(target),
            Back::Advance => Place::Advance(target),
        };
        if to != Place::Pool {
            self.check_open(target)?;
        }
        let from = Place::Expense(number);
        let mut lots = self.lots_in(fund, from);
        lots.reverse();
        let taken = Self::take(&lots, self.balance(fund, from), amount)?;
        self.book(fund, on, taken.into_iter().map(|(lot, part)| (lot, from, to, part)).collect());
        Ok(())
    }

    /// A giver's lots in a place, the youngest first.
    fn own(&self, fund: usize, place: Place, donor: usize) -> Vec<(usize, i64)> {
        let mut lots = self.lots_in(fund, place);
        lots.retain(|(lot, _)| self.lots[*lot].donor == donor);
        lots.sort_by_key(|(lot, _)| self.age(*lot));
        lots.reverse();
        lots
    }

    /// Moves money that its givers left to any fund from one fund to another.
    pub(super) fn transfer(&mut self, from: usize, to: usize, amount: i64, on: NaiveDate) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        if from >= FUNDS.len() || to >= FUNDS.len() {
            return no(Code::NotFound);
        }
        if from == to {
            return no(Code::NothingChanges);
        }
        let mut lots = self.lots_in(from, Place::Pool);
        lots.retain(|(lot, _)| self.lots[*lot].terms.only == Only::AnyFund);
        let taken = Self::take(&lots, self.balance(from, Place::Pool), amount)?;
        let half = |from, to| taken.iter().map(|(lot, part)| (*lot, from, to, *part)).collect();
        let (out, into) = (half(Place::Pool, Place::Transit), half(Place::Transit, Place::Pool));
        self.book(from, on, out).is_half = true;
        self.book(to, on, into).is_half = true;
        Ok(())
    }

    /// The moves by which others pay `amount` of a giver's part of an expense.
    fn swapped(
        &self,
        number: usize,
        (fund, target, day): (usize, usize, NaiveDate),
        donor: usize,
        amount: i64,
    ) -> Result<Vec<(usize, Place, Place, i64)>, No> {
        let spent = Place::Expense(number);
        let own = self.own(fund, spent, donor);
        let all = own.iter().map(|(_, here)| here).sum();
        let freed = Self::take(&own, all, amount)?;
        let mut others = self.payable(Place::Pool, target, day);
        others.retain(|(lot, _)| self.lots[*lot].donor != donor);
        let paying = Self::take(&others, self.balance(fund, Place::Pool), amount)?;
        let out = freed.into_iter().map(|(lot, part)| (lot, spent, Place::Pool, part));
        Ok(out.chain(paying.into_iter().map(|(lot, part)| (lot, Place::Pool, spent, part))).collect())
    }

    pub(super) fn swap(&mut self, number: usize, donor: usize, amount: i64, on: NaiveDate) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        if number >= self.expenses.len() {
            return no(Code::NotFound);
        }
        Self::check_party(donor)?;
        let about = self.expense(number, on)?;
        let moves = self.swapped(number, about, donor, amount)?;
        self.book(about.0, on, moves);
        Ok(())
    }

    pub(super) fn refund_spent(
        &mut self,
        fund: usize,
        donor: usize,
        number: usize,
        amount: i64,
        on: NaiveDate,
    ) -> Result<(), No> {
        Self::check_amount(amount)?;
        self.check_day(on)?;
        Self::check_party(donor)?;
        if self.expenses.get(number).is_none_or(|(target, _)| self.targets[*target].fund != fund) {
            return no(Code::NotFound);
        }
        let about = self.expense(number, on)?;
        let unspent: i64 = self.own(fund, Place::Pool, donor).iter().map(|(_, here)| here).sum();
        if unspent < amount {
            let moves = self.swapped(number, about, donor, amount - unspent)?;
            self.book(fund, on, moves);
        }
        self.refund(fund, donor, None, amount, on)
    }

    pub(super) fn relot(
        &mut self,
        number: usize,
        donor: Option<usize>,
        terms: Option<Terms>,
        by: usize,
        on: NaiveDate,
    ) -> Result<(), No> {
        self.check_day(on)?;
        let Some(lot) = self.lots.get(number).cloned() else { return no(Code::NotFound) };
        let new_donor = donor.unwrap_or(lot.donor);
        Self::check_party(new_donor)?;
        Self::check_party(by)?;
        if lot.covers && new_donor != HOST {
            return no(Code::CoverOfAnother);
        }
        // A lot is changed in its own fund, or where nothing of it is left there, in the one it was moved to.
        let is_here = |fund: usize| {
            let here = lot
                .at
                .iter()
                .filter(|((at, place), amount)| *at == fund && **amount > 0 && !matches!(place, Place::Refund(_)));
            here.count() > 0
        };
        let fund = if !is_here(lot.fund) && is_here(1 - lot.fund) { 1 - lot.fund } else { lot.fund };
        if let Some(terms) = terms {
            self.check_terms(fund, terms)?;
        }
        let new_terms = terms.unwrap_or(lot.terms);
        if (new_donor, new_terms) == (lot.donor, lot.terms) {
            return no(Code::NothingChanges);
        }
        let payer = self.receipts[lot.receipt].2;
        if by != lot.donor && (new_donor == lot.donor || by != payer) {
            return no(Code::ConsentOfAnother);
        }
        let pieces: Vec<(Place, i64)> = lot
            .at
            .iter()
            .filter(|((at, place), amount)| {
                let spent = matches!(place, Place::Expense(_) | Place::Loss(_));
                *at == fund && **amount > 0 && !matches!(place, Place::Refund(_)) && (!spent || new_donor != lot.donor)
            })
            .map(|((_, place), amount)| (*place, *amount))
            .collect();
        let child = self.lots.len();
        let moves: Vec<_> = pieces
            .iter()
            .map(|(place, amount)| (number, *place, Place::Outside, *amount))
            .chain(pieces.iter().map(|(place, amount)| (child, Place::Outside, *place, *amount)))
            .collect();
        let allowed = |target: usize| self.fits(new_terms, target);
        if pieces.is_empty() || !self.targets_of(&moves).all(allowed) {
            return no(Code::LotNotEligible);
        }
        let amount = pieces.iter().map(|(_, amount)| amount).sum();
        let (parent, at) = (Some(number), BTreeMap::new());
        self.lots.push(Lot { fund, donor: new_donor, terms: new_terms, parent, amount, at, ..lot.clone() });
        self.book(fund, on, moves);
        Ok(())
    }
}
