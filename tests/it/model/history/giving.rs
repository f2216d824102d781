//! Operations on what is promised and given.

use chrono::{Days, TimeDelta};
use cobuild::{
    ledger::Asset,
    party::PartyKind,
    pledge::{PledgeKind, PledgeState, terms::Funding},
};

use super::{
    super::{
        operation::{FREE, NOBODY, Only, Operation, Part, Pays, Promise, Terms},
        oracle::{Oracle, PARTIES, PURPOSES, Place},
        random::Random,
    },
    History,
};

impl History {
    pub(super) fn terms(&mut self, books: &Oracle, fund: usize) -> Terms {
        let groups: Vec<usize> = (0..PARTIES.len()).filter(|one| PARTIES[*one] == PartyKind::Group).collect();
        let own: Vec<usize> = (0..books.targets.len())
            .filter(|one| books.targets[*one].fund == fund && !books.targets[*one].closed)
            .collect();
        let only = match self.random.below(100) {
            0..35 => Only::Free,
            35..60 => Only::Purpose([0, 1, 2, 3][self.random.below(4)]),
            60..72 => Only::Group(self.random.pick(&groups).unwrap()),
            72..92 => Only::Target(self.random.pick(&own).unwrap_or(NOBODY)),
            92 => Only::Both(0, groups[0]),
            93 => Only::Purpose(PURPOSES.len() - 1),
            94 => Only::Purpose(NOBODY),
            95 => Only::Group(1),
            _ => Only::Target(self.target(books)),
        };
        let mut day = |percent: usize, least: i64, most: i64| {
            let days = self.random.between(least, most);
            self.random.chance(percent).then(|| books.today.checked_add_signed(TimeDelta::days(days)).unwrap())
        };
        // A few days only, so that gifts share a restriction and its draw is decided by their age.
        let (from, to) = (day(12, -30, -28), day(30, -2, 2));
        if from.is_some() && self.random.chance(4) {
            return Terms { only, from, to: Some(books.today - Days::new(40)) };
        }
        Terms { only, from, to }
    }

    pub(super) fn offer(&mut self, books: &Oracle) -> Operation {
        let fund = self.fund();
        let mut terms = self.terms(books, fund);
        let kind = match self.random.below(100) {
            0..45 => PledgeKind::Matching,
            45..70 => PledgeKind::Fixed,
            70..88 => PledgeKind::ShareOfSales,
            _ => PledgeKind::InKind,
        };
        let own: Vec<usize> = (0..books.targets.len())
            .filter(|one| books.targets[*one].fund == fund && !books.targets[*one].closed)
            .collect();
        if kind == PledgeKind::Matching && self.random.chance(92) {
            terms.only = Only::Target(self.random.pick(&own).unwrap_or(NOBODY));
            // Gifts into the project have any window.
            (terms.from, terms.to) = (None, None);
        }
        let rates = [(1, 1), (1, 3), (2, 3), (3, 2), (1, 7)];
        let broken = [(1, 0), (0, 1), (1, 1_000_001)];
        let rates = if self.random.chance(96) { &rates[..] } else { &broken[..] };
        let rate = self.random.pick(rates).unwrap();
        let amount = self.random.between(1, 900);
        let amount = self.odd(amount);
        let promise = match kind {
            PledgeKind::Matching => {
                let funding = if self.random.chance(25) { Funding::Due } else { Funding::Prefunded };
                Promise::Matching { cap: amount, rate, funding }
            }
            PledgeKind::ShareOfSales => {
                let cap = self.random.chance(40).then_some(amount);
                Promise::Share { basis_points: [300, 777, 10_000, 1, 0][self.random.below(5)], cap }
            }
            PledgeKind::InKind => Promise::Goods { value: amount },
            _ => Promise::Fixed { amount },
        };
        let least = if self.random.chance(95) { 0 } else { -2 };
        let due = self.random.between(least, 40);
        let due_on = books.today.checked_add_signed(TimeDelta::days(due)).unwrap();
        Operation::Offer { fund, donor: self.party(), promise, terms, due_on }
    }

    pub(super) fn report(&mut self, books: &Oracle) -> Operation {
        let all = 0..books.pledges.len();
        let share = |one: &usize| {
            books.pledges[*one].kind == PledgeKind::ShareOfSales && books.pledges[*one].state == PledgeState::Accepted
        };
        let following: Vec<usize> = all.filter(share).collect();
        let pledge = self.random.pick(&following).map(|one| &books.pledges[one]);
        let (fund, merchant) = match pledge {
            Some(pledge) if self.random.chance(90) => (pledge.fund, pledge.donor),
            _ => (self.fund(), self.party()),
        };
        let amount = self.random.between(1, 9_000);
        Operation::Report { fund, merchant, amount: self.odd(amount), on: self.day(books) }
    }

    /// The amount, or seldom one that no operation takes.
    pub(super) fn odd(&mut self, amount: i64) -> i64 {
        match self.random.below(200) {
            0 => 0,
            1 => -1,
            2 => 10_000_000_000_001,
            _ => amount,
        }
    }

    pub(super) fn accept(&mut self, books: &Oracle) -> Operation {
        let offered: Vec<usize> =
            (0..books.pledges.len()).filter(|one| books.pledges[*one].state == PledgeState::Offered).collect();
        let pledge = match self.random.pick(&offered) {
            Some(pledge) if self.random.chance(85) => pledge,
            _ if self.random.chance(10) => NOBODY,
            _ => self.random.below(books.pledges.len()),
        };
        let to = match self.random.below(100) {
            0..80 => PledgeState::Accepted,
            80..88 => PledgeState::Cancelled,
            88..96 => PledgeState::Lapsed,
            _ => PledgeState::Fulfilled,
        };
        Operation::Advance { pledge, to }
    }

    pub(super) fn part(&mut self, books: &Oracle, fund: usize) -> Part {
        let all = 0..books.pledges.len();
        let owed: Vec<usize> = all
            .filter(|one| books.pledges[*one].fund == fund && books.pledges[*one].state == PledgeState::Accepted)
            .collect();
        let mut part = Part { donor: self.party(), amount: 0, pays: Pays::Nothing, terms: None };
        let most = if self.random.chance(10) { 50_000 } else { 600 };
        let amount = self.random.between(1, most);
        part.amount = self.odd(amount);
        match self.random.below(100) {
            0..35 => {
                let Some(pledge) = self.random.pick(&owed) else { return part };
                let (donor, terms) = (books.pledges[pledge].donor, books.pledges[pledge].terms);
                let left = books.pledges[pledge].left();
                let dues = books.pledges[pledge].dues.len();
                (part.donor, part.pays) = (donor, Pays::Pledge(pledge));
                if self.random.chance(30) {
                    part.pays = Pays::Due(pledge, self.random.below(dues + 1));
                }
                part.amount = if self.random.chance(40) { left } else { self.random.between(1, left) };
                part.terms = self.random.chance(20).then_some(terms);
                match self.random.below(100) {
                    0..3 => part.donor = self.party(),
                    3..6 => part.amount = left + 1,
                    6..9 => part.pays = Pays::Pledge(self.random.below(books.pledges.len())),
                    9 => part.pays = Pays::Pledge(NOBODY),
                    10..13 => part.terms = Some(self.terms(books, fund)),
                    _ => {}
                }
            }
            35..55 => {
                part.pays = Pays::OldestFirst;
                part.donor = self.random.pick(&owed).map_or(part.donor, |pledge| books.pledges[pledge].donor);
            }
            55..75 => {
                // What the match of a pledge follows.
                let matching = owed.iter().copied().filter(|one| books.pledges[*one].kind == PledgeKind::Matching);
                let terms = self.random.pick(&matching.collect::<Vec<_>>()).map(|one| books.pledges[one].terms);
                part.terms = terms;
            }
            _ => part.terms = Some(self.terms(books, fund)),
        }
        part
    }

    pub(super) fn receive(&mut self, books: &Oracle) -> Operation {
        let fund = self.fund();
        let on = self.day(books);
        let fresh = self.references;
        self.references += 1;
        let old = self.random.below(fresh.max(1));
        // A batch from the bank: more lots under one restriction than the ledger reads at a time.
        let reference = if self.random.chance(5) { old } else { fresh };
        if self.random.chance(2) {
            let terms = if self.random.chance(50) { FREE } else { self.terms(books, fund) };
            let count = self.random.between(65, 140);
            let one = |random: &mut Random| Part {
                donor: random.below(PARTIES.len()),
                amount: random.between(1, 20),
                pays: Pays::Nothing,
                terms: Some(terms),
            };
            let parts = (0..count).map(|_| one(&mut self.random)).collect();
            return Operation::Receive { fund, payer: 0, reference, on, asset: Asset::Cny, whole: None, parts };
        }
        let count = self.random.between(1, 4);
        let parts: Vec<Part> = (0..count).map(|_| self.part(books, fund)).collect();
        let sum: i64 = parts.iter().map(|part| part.amount).sum();
        let whole = match self.random.below(100) {
            0..70 => None,
            70..97 => Some(sum),
            _ => Some(sum + 1),
        };
        let parts = if self.random.chance(1) { vec![] } else { parts };
        // Goods, where they were promised, and seldom where they were not.
        let goods = parts.iter().any(|part| match part.pays {
            Pays::Pledge(pledge) | Pays::Due(pledge, _) => {
                books.pledges.get(pledge).is_some_and(|pledge| pledge.kind == PledgeKind::InKind)
            }
            _ => false,
        });
        let asset = if goods != self.random.chance(4) { Asset::Kind } else { Asset::Cny };
        Operation::Receive { fund, payer: self.party(), reference, on, asset, whole, parts }
    }

    pub(super) fn follow(&mut self, books: &Oracle) -> Operation {
        let all = 0..books.pledges.len();
        let ready: Vec<usize> = all
            .filter(|one| {
                let pledge = &books.pledges[*one];
                pledge.kind == PledgeKind::Matching && (pledge.received() > 0 || pledge.funding == Funding::Due)
            })
            .collect();
        let pledge = match self.random.pick(&ready) {
            Some(pledge) if self.random.chance(93) => pledge,
            _ if self.random.chance(20) => NOBODY,
            _ => self.random.below(books.pledges.len()),
        };
        Operation::Match { pledge, on: self.day(books) }
    }

    pub(super) fn refund(&mut self, books: &Oracle) -> Operation {
        let fund = self.fund();
        let pool = books.lots_in(fund, Place::Pool);
        let (lot, _) = self.random.pick(&pool).unwrap_or_default();
        let donor = books.lots.get(lot).map_or(0, |lot| lot.donor);
        let receipt = self.random.chance(50).then(|| books.lots.get(lot).map_or(NOBODY, |lot| lot.receipt));
        let own = pool.iter().filter(|(one, _)| {
            books.lots[*one].donor == donor && receipt.is_none_or(|receipt| books.lots[*one].receipt == receipt)
        });
        // Seldom all of it: the pool must live.
        let there: i64 = own.map(|(_, amount)| amount).sum();
        let there = if self.random.chance(70) { (there / 4).max(1) } else { there };
        let amount = self.part_of(there);
        let donor = if self.random.chance(5) { self.party() } else { donor };
        Operation::Refund { fund, donor, receipt, amount, on: self.day(books) }
    }
}
