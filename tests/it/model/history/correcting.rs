//! Corrections: credit notes, swaps, spent gifts given back, changed gifts.

use super::{
    super::{
        operation::{Back, FREE, NOBODY, Only, Operation, Terms},
        oracle::{Oracle, PARTIES, Place},
    },
    History,
};

impl History {
    /// An expense that holds money, where there is one, with a giver whose money it holds.
    fn expense(&mut self, books: &Oracle) -> (usize, usize, i64) {
        let held = |expense: usize| {
            let (target, _) = books.expenses[expense];
            books.lots_in(books.targets[target].fund, Place::Expense(expense))
        };
        let live: Vec<usize> = (0..books.expenses.len()).filter(|expense| !held(*expense).is_empty()).collect();
        let Some(expense) = self.random.pick(&live).filter(|_| self.random.chance(95)) else {
            return (if self.random.chance(50) { NOBODY } else { 0 }, 1, 5);
        };
        let lots = held(expense);
        let (lot, _) = self.random.pick(&lots).unwrap();
        let donor = books.lots[lot].donor;
        let own = lots.iter().filter(|(one, _)| books.lots[*one].donor == donor).map(|(_, amount)| amount).sum();
        (expense, donor, own)
    }

    pub(super) fn credit(&mut self, books: &Oracle) -> Operation {
        let (expense, _, there) = self.expense(books);
        let to = [Back::Pool, Back::Target, Back::Advance][self.random.below(3)];
        let amount = self.part_of(there);
        Operation::Credit { expense, to, amount, on: self.day(books) }
    }

    pub(super) fn swap(&mut self, books: &Oracle) -> Operation {
        let (expense, donor, there) = self.expense(books);
        let donor = if self.random.chance(4) { self.party() } else { donor };
        let amount = self.part_of((there / 2).max(1));
        Operation::Swap { expense, donor, amount, on: self.day(books) }
    }

    pub(super) fn refund_spent(&mut self, books: &Oracle) -> Operation {
        let (expense, donor, there) = self.expense(books);
        let fund = books.expenses.get(expense).map_or(0, |(target, _)| books.targets[*target].fund);
        let pool = books.lots_in(fund, Place::Pool);
        let unspent: i64 = pool.iter().filter(|(lot, _)| books.lots[*lot].donor == donor).map(|(_, here)| here).sum();
        // Mostly a little more than what is unspent.
        let amount = if self.random.chance(80) {
            unspent + self.random.between(1, (there / 3).max(1))
        } else {
            self.part_of(there)
        };
        let fund = if self.random.chance(4) { 1 - fund } else { fund };
        Operation::RefundSpent { fund, donor, expense, amount, on: self.day(books) }
    }

    pub(super) fn transfer(&mut self, books: &Oracle) -> Operation {
        let general = |fund: usize| -> i64 {
            let mut lots = books.lots_in(fund, Place::Pool);
            lots.retain(|(lot, _)| books.lots[*lot].terms.only == Only::AnyFund);
            lots.iter().map(|(_, amount)| amount).sum()
        };
        let from = if general(0) >= general(1) || self.random.chance(10) { 0 } else { 1 };
        let to = match self.random.below(100) {
            0..93 => 1 - from,
            93..97 => from,
            _ => NOBODY,
        };
        // Seldom all of it: it must go both ways.
        let amount = self.part_of((general(from) / 2).max(1));
        Operation::Transfer { from, to, amount, on: self.day(books) }
    }

    pub(super) fn relot(&mut self, books: &Oracle) -> Operation {
        let lot = if self.random.chance(97) { self.random.below(books.lots.len()) } else { NOBODY };
        let own = books.lots.get(lot).map_or(0, |lot| lot.donor);
        let payer = books.lots.get(lot).map_or(0, |lot| books.receipts[lot.receipt].2);
        let donor = self.random.chance(50).then(|| self.party());
        let terms = self.random.chance(60).then(|| match self.random.below(7) {
            0 | 1 => FREE,
            6 => Terms { only: Only::AnyFund, ..FREE },
            2 => Terms { only: Only::Purpose(self.random.below(5)), ..FREE },
            3 => Terms { only: Only::Target(self.target(books)), ..FREE },
            4 => Terms { only: Only::Group(6), ..FREE },
            _ => Terms { to: Some(books.today), ..FREE },
        });
        let by = match self.random.below(100) {
            0..75 => own,
            75..90 => payer,
            _ => self.random.below(PARTIES.len()),
        };
        Operation::Relot { lot, donor, terms, by, on: self.day(books) }
    }
}
