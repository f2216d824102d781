//! Histories: a seeded generator that mostly asks for what is possible, and often for what is not.

mod giving;

use chrono::{Days, NaiveDate};
use cobuild::project::ProjectState::{self, Approved, Cancelled, Closed, Completed, Rejected, Underway};

use super::{
    operation::{NOBODY, Operation},
    oracle::{Oracle, PARTIES, PURPOSES, Place},
    random::Random,
};

/// How often each operation is tried, in parts of their sum.
const WEIGHTS: [(Kind, usize); 17] = [
    (Kind::Propose, 3),
    (Kind::Move, 5),
    (Kind::Offer, 8),
    (Kind::Accept, 8),
    (Kind::Receive, 20),
    (Kind::Match, 10),
    (Kind::Report, 7),
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
    Report,
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
            Kind::Report => self.report(books),
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
