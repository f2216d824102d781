//! Histories: a seeded generator that mostly asks for what is possible, and often for what is not.

use chrono::{Days, NaiveDate};
use cobuild::{
    party::PartyKind,
    pledge::{PledgeKind, PledgeState},
    project::ProjectState::{self, Approved, Cancelled, Closed, Completed, Rejected, Underway},
};

use super::{
    operation::{FREE, NOBODY, Only, Operation, Part, Pays, Terms},
    oracle::{Oracle, PARTIES, PURPOSES, Place},
    random::Random,
};

/// How often each operation is tried, in parts of their sum.
const WEIGHTS: [(Kind, usize); 16] = [
    (Kind::Propose, 3),
    (Kind::Move, 5),
    (Kind::Offer, 8),
    (Kind::Accept, 8),
    (Kind::Receive, 20),
    (Kind::Match, 10),
    (Kind::Decide, 8),
    (Kind::Allocate, 12),
    (Kind::AllocateNamed, 6),
    (Kind::Release, 5),
    (Kind::PayAhead, 7),
    (Kind::Pay, 9),
    (Kind::Clear, 6),
    (Kind::Return, 7),
    (Kind::Refund, 5),
    (Kind::Reverse, 9),
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Propose,
    Move,
    Offer,
    Accept,
    Receive,
    Match,
    Decide,
    Allocate,
    AllocateNamed,
    Release,
    PayAhead,
    Pay,
    Clear,
    Return,
    Refund,
    Reverse,
}

/// Makes one operation after another.
pub struct History {
    random: Random,
    references: usize,
}

impl History {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), references: 0 }
    }

    /// The first operations: what money can be given to and spent on.
    pub fn opening(today: NaiveDate) -> Vec<Operation> {
        let on = today - Days::new(60);
        let mut all: Vec<Operation> = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 2)]
            .map(|(fund, purpose)| Operation::Propose { fund, purpose, on })
            .into();
        all.push(Operation::Award { fund: 0, group: 6, purpose: 3, on });
        all.extend((0..6).map(|target| Operation::Move { target, to: Approved, on }));
        all
    }

    /// The operation that follows on these books.
    pub fn next(&mut self, books: &Oracle) -> Operation {
        let mut at = self.random.below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
        let chosen = WEIGHTS.iter().find(|(_, weight)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        match chosen.unwrap().0 {
            Kind::Propose => self.propose(books),
            Kind::Move => self.move_project(books),
            Kind::Offer => self.offer(books),
            Kind::Accept => self.accept(books),
            Kind::Receive => self.receive(books),
            Kind::Match => self.follow(books),
            Kind::Decide => self.decide(books),
            Kind::Allocate => self.allocate(books, false),
            Kind::AllocateNamed => self.allocate(books, true),
            Kind::Release => {
                let target = self.target_with(books, Place::Target);
                let amount = self.part_of(self.in_place(books, target, Place::Target));
                Operation::Release { target, amount, on: self.day(books) }
            }
            Kind::PayAhead => {
                let target = self.target_with(books, Place::Target);
                let on = self.day(books);
                let amount = self.part_of(self.payable(books, target, Place::Target, on));
                Operation::PayAhead { target, amount, on }
            }
            Kind::Pay => self.pay(books, false),
            Kind::Clear => self.pay(books, true),
            Kind::Return => {
                let target = self.target_with(books, Place::Advance);
                let amount = self.part_of(self.in_place(books, target, Place::Advance));
                Operation::Return { target, to_pool: self.random.chance(50), amount, on: self.day(books) }
            }
            Kind::Refund => self.refund(books),
            Kind::Reverse => self.reverse(books),
        }
    }

    /// Usually today, at times earlier, seldom tomorrow.
    fn day(&mut self, books: &Oracle) -> NaiveDate {
        match self.random.below(100) {
            0..70 => books.today,
            70..98 => books.today - Days::new(self.random.between(1, 50).unsigned_abs()),
            _ => books.today + Days::new(1),
        }
    }

    fn fund(&mut self) -> usize {
        usize::from(self.random.chance(30))
    }

    fn party(&mut self) -> usize {
        if self.random.chance(1) { NOBODY } else { self.random.below(PARTIES.len()) }
    }

    fn target(&mut self, books: &Oracle) -> usize {
        if self.random.chance(2) {
            return NOBODY;
        }
        let open: Vec<usize> = (0..books.targets.len()).filter(|target| !books.targets[*target].closed).collect();
        match self.random.pick(&open) {
            Some(target) if self.random.chance(95) => target,
            _ => self.random.below(books.targets.len()),
        }
    }

    /// A target that has money in a place, where there is one.
    fn target_with(&mut self, books: &Oracle, place: fn(usize) -> Place) -> usize {
        let has = |target: &usize| books.balance(books.targets[*target].fund, place(*target)) > 0;
        let with: Vec<usize> = (0..books.targets.len()).filter(has).collect();
        match self.random.pick(&with) {
            Some(target) if self.random.chance(92) => target,
            _ => self.target(books),
        }
    }

    fn in_place(&self, books: &Oracle, target: usize, place: fn(usize) -> Place) -> i64 {
        books.targets.get(target).map_or(0, |one| books.balance(one.fund, place(target)))
    }

    fn payable(&self, books: &Oracle, target: usize, place: fn(usize) -> Place, on: NaiveDate) -> i64 {
        if target >= books.targets.len() {
            return 0;
        }
        books.payable(place(target), target, on).iter().map(|(_, amount)| amount).sum()
    }

    /// Usually a part of what there is, at times all of it, at times more, seldom nonsense.
    fn part_of(&mut self, there: i64) -> i64 {
        match self.random.below(100) {
            0..66 => self.random.between(1, there.max(1)),
            66..84 => there.max(1),
            84..97 => there + self.random.between(1, 500),
            97 => 0,
            98 => -5,
            _ => 10_000_000_000_001,
        }
    }

    fn terms(&mut self, books: &Oracle, fund: usize) -> Terms {
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
            self.random.chance(percent).then(|| books.today.checked_add_signed(chrono::TimeDelta::days(days)).unwrap())
        };
        // A few days only, so that gifts share a restriction and its draw is decided by their age.
        let (from, to) = (day(12, -30, -28), day(30, -2, 2));
        if from.is_some() && self.random.chance(4) {
            return Terms { only, from, to: Some(books.today - Days::new(40)) };
        }
        Terms { only, from, to }
    }

    fn propose(&mut self, books: &Oracle) -> Operation {
        let fund = self.fund();
        let purpose = if self.random.chance(80) { self.random.below(3) } else { self.random.below(5) };
        Operation::Propose { fund, purpose, on: self.day(books) }
    }

    fn move_project(&mut self, books: &Oracle) -> Operation {
        let target = self.target(books);
        let state = books.targets.get(target).and_then(|one| one.state);
        let onward = match state {
            Some(ProjectState::Proposed) => Approved,
            Some(Approved) => Underway,
            Some(Underway) => Completed,
            _ => Closed,
        };
        // Projects must not all end: a history needs some that take money.
        let funding = books.targets.iter().filter(|one| matches!(one.state, Some(Approved | Underway))).count();
        let to = if funding < 6 && onward == Completed { Underway } else { onward };
        let to = if self.random.chance(25) {
            [Approved, Rejected, Cancelled, Closed][self.random.below(if funding < 6 { 1 } else { 4 })]
        } else {
            to
        };
        Operation::Move { target, to, on: self.day(books) }
    }

    fn offer(&mut self, books: &Oracle) -> Operation {
        let fund = self.fund();
        let mut terms = self.terms(books, fund);
        let kind = if self.random.chance(55) { PledgeKind::Matching } else { PledgeKind::Fixed };
        let own: Vec<usize> = (0..books.targets.len())
            .filter(|one| books.targets[*one].fund == fund && !books.targets[*one].closed)
            .collect();
        if kind == PledgeKind::Matching && self.random.chance(92) {
            terms.only = Only::Target(self.random.pick(&own).unwrap_or(NOBODY));
            // Gifts that a match follows carry exactly its restriction.
            (terms.from, terms.to) = (None, None);
        }
        let rates = [(1, 1), (1, 3), (2, 3), (3, 2), (1, 7)];
        let rate = match kind {
            PledgeKind::Matching if self.random.chance(96) => self.random.pick(&rates),
            PledgeKind::Matching => [None, Some((0, 1)), Some((1, 1_000_001))][self.random.below(3)],
            PledgeKind::Fixed => self.random.chance(4).then_some((1, 1)),
        };
        let amount = self.random.between(1, 900);
        let least = if self.random.chance(95) { 0 } else { -2 };
        let due = self.random.between(least, 40);
        let due_on = books.today.checked_add_signed(chrono::TimeDelta::days(due)).unwrap();
        Operation::Offer { fund, donor: self.party(), kind, amount: self.odd(amount), rate, terms, due_on }
    }

    /// The amount, or seldom one that no operation takes.
    fn odd(&mut self, amount: i64) -> i64 {
        match self.random.below(200) {
            0 => 0,
            1 => -1,
            2 => 10_000_000_000_001,
            _ => amount,
        }
    }

    fn accept(&mut self, books: &Oracle) -> Operation {
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

    fn part(&mut self, books: &Oracle, fund: usize) -> Part {
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
                let left = books.pledges[pledge].amount - books.pledges[pledge].received;
                (part.donor, part.pays) = (donor, Pays::Pledge(pledge));
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

    fn receive(&mut self, books: &Oracle) -> Operation {
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
            return Operation::Receive { fund, payer: 0, reference, on, whole: None, parts };
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
        Operation::Receive { fund, payer: self.party(), reference, on, whole, parts }
    }

    fn follow(&mut self, books: &Oracle) -> Operation {
        let all = 0..books.pledges.len();
        let ready: Vec<usize> = all
            .filter(|one| {
                let pledge = &books.pledges[*one];
                pledge.kind == PledgeKind::Matching && pledge.received > 0
            })
            .collect();
        let pledge = match self.random.pick(&ready) {
            Some(pledge) if self.random.chance(93) => pledge,
            _ if self.random.chance(20) => NOBODY,
            _ => self.random.below(books.pledges.len()),
        };
        Operation::Match { pledge, on: self.day(books) }
    }

    fn decide(&mut self, books: &Oracle) -> Operation {
        let target = self.target(books);
        let fund = books.targets.get(target).map_or(0, |one| one.fund);
        let fund = if self.random.chance(4) { 1 - fund } else { fund };
        let votes = match self.random.below(100) {
            0..88 => (4, 5),
            88..91 => (3, 3),
            91..94 => (8, 8),
            94..97 => (3, 6),
            97 => (0, 0),
            _ => (7, 7),
        };
        let most = if self.random.chance(15) { 60_000 } else { 2_000 };
        let amount = self.random.between(1, most);
        Operation::Decide { fund, target, amount: self.odd(amount), on: self.day(books), votes }
    }

    fn allocate(&mut self, books: &Oracle, named: bool) -> Operation {
        let open = |one: &usize| !books.targets[books.decisions[*one].target].closed && books.left_of(*one) > 0;
        let ready: Vec<usize> = (0..books.decisions.len()).filter(open).collect();
        let decision = match self.random.pick(&ready) {
            Some(decision) if self.random.chance(93) => decision,
            _ if self.random.chance(15) => NOBODY,
            _ => self.random.below(books.decisions.len()),
        };
        let on = self.day(books);
        let Some(found) = books.decisions.get(decision) else {
            return Operation::Allocate { decision, amount: 5, on, lots: vec![] };
        };
        let payable = books.payable(Place::Pool, found.target, on);
        let there: i64 = payable.iter().map(|(_, amount)| amount).sum();
        let amount = self.part_of(there.min(books.left_of(decision)));
        if !named {
            return Operation::Allocate { decision, amount, on, lots: vec![] };
        }
        let mut left = books.left_of(decision);
        let mut lots = vec![];
        for _ in 0..self.random.between(1, 3) {
            let from = if self.random.chance(93) { payable.clone() } else { books.lots_in(found.fund, Place::Pool) };
            let Some((lot, here)) = self.random.pick(&from) else { break };
            let most = here.min(left);
            let part = if self.random.chance(95) { self.random.between(1, most) } else { here + 1 };
            left -= part;
            lots.push((lot, part));
        }
        if lots.is_empty() {
            lots.push((self.random.below(books.lots.len()), 1));
        }
        let sum: i64 = lots.iter().map(|(_, part)| part).sum();
        Operation::Allocate { decision, amount: if self.random.chance(97) { sum } else { sum + 1 }, on, lots }
    }

    fn pay(&mut self, books: &Oracle, ahead: bool) -> Operation {
        let place = if ahead { Place::Advance } else { Place::Target };
        let target = self.target_with(books, place);
        let on = self.day(books);
        let amount = self.part_of(self.payable(books, target, place, on));
        let own = books.targets.get(target).map_or(0, |one| one.purpose);
        let purpose = match self.random.below(100) {
            0..60 => None,
            60..90 => Some(own),
            90..97 => Some(self.random.below(PURPOSES.len())),
            97 => Some(NOBODY),
            _ => None,
        };
        let files = if self.random.chance(97) { 1 + self.random.below(2) } else { 0 };
        Operation::Pay { target, ahead, amount, on, payee: self.party(), purpose, files }
    }

    fn refund(&mut self, books: &Oracle) -> Operation {
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

    fn reverse(&mut self, books: &Oracle) -> Operation {
        let count = books.entries.len();
        let entry = match self.random.below(100) {
            0..70 => count.saturating_sub(1 + self.random.below(8)),
            70..98 => self.random.below(count.max(1)),
            _ => NOBODY,
        };
        let on = if self.random.chance(92) { books.today } else { self.day(books) };
        Operation::Reverse { entry, on }
    }
}
