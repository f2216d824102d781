//! The books a second time, as simply as they can be told: a list of lots, each with what of it is where.
//!
//! Nothing here is shared with the ledger. A draw sorts all lots that are in a place; an operation looks at
//! everything; there is no index, no page, no running sum. It is slow and it is meant to be obviously right.

mod gifts;
mod spending;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cobuild::{
    error::{Refusal, UserErrorCode},
    ledger::Asset,
    party::PartyKind,
    pledge::{PledgeKind, PledgeState, terms::Funding},
    project::ProjectState,
};

use super::operation::{Only, Operation, Terms};

/// The parent of each purpose.
pub const PURPOSES: [Option<usize>; 5] = [None, Some(0), Some(1), None, None];
/// The allow-list of each fund; the last purpose is on none.
pub const FUNDS: [&[usize]; 2] = [&[0, 3], &[0]];
/// The seats and the quorum of each committee.
pub const SEATS: (usize, usize) = (7, 4);
/// What each party is.
pub const PARTIES: [PartyKind; 10] = [
    PartyKind::SocialOrganization,
    PartyKind::PartnerUnit,
    PartyKind::PartnerUnit,
    PartyKind::PartnerUnit,
    PartyKind::Merchant,
    PartyKind::Merchant,
    PartyKind::Group,
    PartyKind::Group,
    PartyKind::Resident,
    PartyKind::Resident,
];
/// The most that one operation moves.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

/// A place money can be; a fund's pool is told from another's by the lot's fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Outside,
    Pool,
    Match,
    Target(usize),
    Advance(usize),
    Expense(usize),
    Refund(usize),
}

#[derive(Clone, Debug)]
pub struct Lot {
    pub fund: usize,
    pub receipt: usize,
    pub donor: usize,
    pub terms: Terms,
    /// The pledge, and which of its dues it settles.
    pub due: Option<(usize, usize)>,
    pub asset: Asset,
    pub amount: i64,
    pub at: BTreeMap<Place, i64>,
}

#[derive(Clone, Debug)]
pub struct Target {
    pub fund: usize,
    pub purpose: usize,
    pub group: Option<usize>,
    /// `None` for a grant, which has no states.
    pub state: Option<ProjectState>,
    pub moved_on: NaiveDate,
    pub closed: bool,
}

/// What is owed of a pledge on a day.
#[derive(Clone, Debug)]
pub struct Due {
    /// Which of all dues it is, in the order they were made.
    pub order: usize,
    pub on: NaiveDate,
    pub amount: i64,
    pub received: i64,
}

#[derive(Clone, Debug)]
pub struct Pledge {
    pub fund: usize,
    pub donor: usize,
    pub kind: PledgeKind,
    /// The most it gives; nothing for a share without limit.
    pub amount: Option<i64>,
    pub rate: (i64, i64),
    pub funding: Funding,
    pub terms: Terms,
    pub due_on: NaiveDate,
    pub state: PledgeState,
    pub dues: Vec<Due>,
    /// What was sold.
    pub basis: i64,
    /// What a match that becomes due followed.
    pub followed: Vec<Followed>,
}

impl Pledge {
    pub fn asset(&self) -> Asset {
        if self.kind == PledgeKind::InKind { Asset::Kind } else { Asset::Cny }
    }

    pub fn stated(&self) -> i64 {
        self.dues.iter().map(|due| due.amount).sum()
    }

    pub fn received(&self) -> i64 {
        self.dues.iter().map(|due| due.received).sum()
    }

    pub fn left(&self) -> i64 {
        self.stated() - self.received()
    }

    /// ⌊base × rate⌋, up to the cap.
    pub fn share(&self, base: i64) -> i64 {
        let share = i128::from(base) * i128::from(self.rate.0) / i128::from(self.rate.1);
        i64::try_from(share.min(i128::from(self.amount.unwrap_or(i64::MAX)))).unwrap()
    }
}

#[derive(Clone, Debug)]
pub struct Decision {
    pub fund: usize,
    pub target: usize,
    pub amount: i64,
    pub on: NaiveDate,
}

/// A gift that a match followed.
#[derive(Clone, Debug)]
pub struct Followed {
    pub pledge: usize,
    pub lot: usize,
    pub base: i64,
    pub amount: i64,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub fund: usize,
    /// Its number in the fund's journal.
    pub seq: i64,
    pub on: NaiveDate,
    /// Lot, from, to, how much.
    pub moves: Vec<(usize, Place, Place, i64)>,
    pub receipt: Option<usize>,
    pub decision: Option<usize>,
    pub followed: Vec<Followed>,
    pub reverses: Option<usize>,
    pub reversed: bool,
}

/// A deliberate mistake, to see that the comparison tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    None,
    NewestFirst,
    WidestFirst,
    LatestExpiryFirst,
    WindowsIgnored,
}

/// Why the oracle expects a refusal: its code, and its amounts where it names some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No(pub UserErrorCode, pub Vec<i64>);

impl No {
    /// What the product refused with, in the same form.
    pub fn of(refusal: &Refusal) -> Self {
        let amounts = match refusal {
            Refusal::InsufficientEligibleFunds { asked, eligible, ineligible } => {
                vec![asked.0, eligible.0, ineligible.0]
            }
            Refusal::DecisionExceeded { asked, left, .. } => vec![asked.0, left.0],
            Refusal::DueExceeded { asked, outstanding } => vec![asked.0, outstanding.0],
            Refusal::SumMismatch { parts, whole } => vec![parts.0, whole.0],
            Refusal::MoneyLeft { amount } => vec![amount.0],
            Refusal::NothingToMatch { accrued } => vec![accrued.0],
            _ => vec![],
        };
        Self(refusal.code(), amounts)
    }
}

fn no<T>(code: UserErrorCode) -> Result<T, No> {
    Err(No(code, vec![]))
}

/// The books.
#[derive(Clone, Debug)]
pub struct Oracle {
    pub today: NaiveDate,
    pub mistake: Mistake,
    pub lots: Vec<Lot>,
    pub targets: Vec<Target>,
    pub pledges: Vec<Pledge>,
    pub decisions: Vec<Decision>,
    pub entries: Vec<Entry>,
    /// The fund and the reference of each receipt.
    pub receipts: Vec<(usize, usize)>,
    /// How many dues were ever stated.
    pub dues: usize,
    /// The fund, the seller and the day of each report.
    pub reports: Vec<(usize, usize, NaiveDate, i64)>,
    pub expenses: usize,
    pub refunds: usize,
}

impl Oracle {
    pub fn new(today: NaiveDate, mistake: Mistake) -> Self {
        Self {
            today,
            mistake,
            lots: vec![],
            targets: vec![],
            pledges: vec![],
            decisions: vec![],
            entries: vec![],
            receipts: vec![],
            dues: 0,
            reports: vec![],
            expenses: 0,
            refunds: 0,
        }
    }

    /// Does `operation`, or says why it must be refused and changes nothing.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), No> {
        match operation {
            Operation::Propose { fund, purpose, on } => self.open(*fund, *purpose, None, *on),
            Operation::Award { fund, group, purpose, on } => self.open(*fund, *purpose, Some(*group), *on),
            Operation::Move { target, to, on } => self.move_project(*target, *to, *on),
            Operation::Offer { fund, donor, promise, terms, due_on } => {
                self.offer(*fund, *donor, promise, *terms, *due_on)
            }
            Operation::Advance { pledge, to } => self.advance(*pledge, *to),
            Operation::Receive { fund, payer, reference, on, asset, whole, parts } => {
                self.receive(*fund, *payer, *reference, (*on, *asset), *whole, parts)
            }
            Operation::Report { fund, merchant, amount, on } => self.report(*fund, *merchant, *amount, *on),
            Operation::Match { pledge, on } => self.follow(*pledge, *on),
            Operation::Decide { fund, target, amount, on, votes } => self.decide(*fund, *target, *amount, *on, *votes),
            Operation::Allocate { decision, amount, on, lots } => self.allocate(*decision, *amount, *on, lots),
            Operation::Release { target, amount, on } => {
                self.give_back(*target, Place::Target(*target), Place::Pool, *amount, *on)
            }
            Operation::Return { target, to_pool, amount, on } => {
                let to = if *to_pool { Place::Pool } else { Place::Target(*target) };
                self.give_back(*target, Place::Advance(*target), to, *amount, *on)
            }
            Operation::PayAhead { target, amount, on } => self.pay_ahead(*target, *amount, *on),
            Operation::Pay { target, ahead, amount, on, payee, purpose, files } => {
                let from = if *ahead { Place::Advance(*target) } else { Place::Target(*target) };
                self.pay(*target, from, (*amount, *on), *payee, *purpose, *files)
            }
            Operation::Refund { fund, donor, receipt, amount, on } => {
                self.refund(*fund, *donor, *receipt, *amount, *on)
            }
            Operation::Reverse { entry, on } => self.reverse(*entry, *on),
        }
    }

    /// Whether `purpose` is `above` or lies below it.
    pub fn is_below(above: usize, purpose: usize) -> bool {
        purpose == above || PURPOSES[purpose].is_some_and(|parent| Self::is_below(above, parent))
    }

    pub fn is_allowed(fund: usize, purpose: usize) -> bool {
        FUNDS[fund].iter().any(|above| Self::is_below(*above, purpose))
    }

    /// How narrow a restriction is.
    fn narrowness(only: Only) -> usize {
        let depth = |mut purpose: usize| {
            let mut depth = 0;
            while let Some(parent) = PURPOSES[purpose] {
                (depth, purpose) = (depth + 1, parent);
            }
            depth
        };
        match only {
            Only::Target(_) => 100,
            Only::Group(_) => 50,
            Only::Purpose(purpose) => 10 + depth(purpose),
            Only::Free | Only::Both(..) => 0,
        }
    }

    /// Whether money under these terms may be spent on `target` on `day`.
    fn may_pay(&self, lot: &Lot, target: usize, day: NaiveDate) -> bool {
        let place = &self.targets[target];
        let in_window = lot.terms.from.is_none_or(|from| from <= day) && lot.terms.to.is_none_or(|to| day <= to);
        let fits = match lot.terms.only {
            Only::Free => true,
            Only::Purpose(purpose) => Self::is_below(purpose, place.purpose),
            Only::Group(group) => place.group == Some(group),
            Only::Target(only) => only == target,
            Only::Both(..) => false,
        };
        lot.fund == place.fund && fits && (in_window || self.mistake == Mistake::WindowsIgnored)
    }

    /// The lots of a fund that are in a place, in the order in which they pay.
    pub fn lots_in(&self, fund: usize, place: Place) -> Vec<(usize, i64)> {
        let here = |(number, lot): (usize, &Lot)| Some((number, *lot.at.get(&place)?));
        let own = self.lots.iter().enumerate().filter(|(_, lot)| lot.fund == fund && lot.asset == Asset::Cny);
        let mut lots: Vec<(usize, i64)> = own.filter_map(here).filter(|(_, amount)| *amount > 0).collect();
        lots.sort_by_key(|(number, _)| {
            let terms = self.lots[*number].terms;
            let narrow = i64::try_from(Self::narrowness(terms.only)).unwrap();
            let until = terms.to.map_or(i64::MAX, |to| to.signed_duration_since(NaiveDate::MIN).num_days());
            let age = i64::try_from(*number).unwrap();
            (
                if self.mistake == Mistake::WidestFirst { narrow } else { -narrow },
                if self.mistake == Mistake::LatestExpiryFirst { -until } else { until },
                if self.mistake == Mistake::NewestFirst { -age } else { age },
            )
        });
        lots
    }

    /// The lots in a place that may pay for `target` on `day`, in their order.
    pub fn payable(&self, place: Place, target: usize, day: NaiveDate) -> Vec<(usize, i64)> {
        let mut lots = self.lots_in(self.targets[target].fund, place);
        lots.retain(|(lot, _)| self.may_pay(&self.lots[*lot], target, day));
        lots
    }

    /// What a fund has in a place.
    pub fn balance(&self, fund: usize, place: Place) -> i64 {
        self.lots_in(fund, place).iter().map(|(_, amount)| amount).sum()
    }

    /// Takes `amount` off `lots` from the front; `all` is what there is with what may not be taken.
    fn take(lots: &[(usize, i64)], all: i64, amount: i64) -> Result<Vec<(usize, i64)>, No> {
        let there: i64 = lots.iter().map(|(_, amount)| amount).sum();
        if there < amount {
            return Err(No(UserErrorCode::InsufficientEligibleFunds, vec![amount, there, all - there]));
        }
        let mut left = amount;
        let mut taken = vec![];
        for (lot, here) in lots {
            let part = left.min(*here);
            if part > 0 {
                taken.push((*lot, part));
                left -= part;
            }
        }
        Ok(taken)
    }

    /// Books an entry and moves its money.
    fn book(&mut self, fund: usize, on: NaiveDate, moves: Vec<(usize, Place, Place, i64)>) -> &mut Entry {
        for (lot, from, to, amount) in &moves {
            let at = &mut self.lots[*lot].at;
            for (place, change) in [(*from, -amount), (*to, *amount)] {
                if place != Place::Outside {
                    *at.entry(place).or_default() += change;
                    assert!(at[&place] >= 0, "the oracle itself is wrong");
                }
            }
        }
        let seq = 1 + i64::try_from(self.entries.iter().filter(|entry| entry.fund == fund).count()).unwrap();
        self.entries.push(Entry {
            fund,
            seq,
            on,
            moves,
            receipt: None,
            decision: None,
            followed: vec![],
            reverses: None,
            reversed: false,
        });
        self.entries.last_mut().unwrap()
    }

    fn check_amount(amount: i64) -> Result<(), No> {
        match amount {
            ..=0 => no(UserErrorCode::AmountNotPositive),
            1..=AMOUNT_MAX => Ok(()),
            _ => no(UserErrorCode::AmountTooLarge),
        }
    }

    fn check_day(&self, on: NaiveDate) -> Result<(), No> {
        if on > self.today { no(UserErrorCode::DateInFuture) } else { Ok(()) }
    }

    fn check_open(&self, target: usize) -> Result<(), No> {
        if self.targets[target].closed { no(UserErrorCode::TargetClosed) } else { Ok(()) }
    }

    fn check_state(&self, target: usize, states: &[ProjectState]) -> Result<(), No> {
        match self.targets[target].state {
            Some(state) if !states.contains(&state) => no(UserErrorCode::ProjectState),
            _ => Ok(()),
        }
    }

    fn check_target(&self, target: usize) -> Result<(), No> {
        if target < self.targets.len() { Ok(()) } else { no(UserErrorCode::NotFound) }
    }

    fn check_party(party: usize) -> Result<(), No> {
        if party < PARTIES.len() { Ok(()) } else { no(UserErrorCode::NotFound) }
    }
}
