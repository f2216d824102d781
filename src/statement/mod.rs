//! Statements: what somebody's money did in a period, from what was there before to what is left.
//!
//! * A statement is computed from the journal, so it is the same for the same entries whenever it is asked:
//!   see [`crate::ledger::as_of`] for which entries count.
//! * Every statement adds up: closing = opening + received − paid + returned − refunded − lost − transferred,
//!   for each gift, each giver, each fund and each host; the sums of the parts are the sums of the whole.
//! * Cash and goods are never added to each other.

pub mod file;
pub mod fund;
pub mod graphql;
pub mod host;
pub mod party;
pub mod store;

use async_graphql::SimpleObject;
use chrono::NaiveDate;

use crate::{
    id::FundId,
    ledger::{AccountKind, EntryKind, as_of::Cut},
    money::{Fen, Money},
};

/// What a statement is about: a period, and what of the journal counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Which entries count.
    pub cut: Cut,
    /// Only the books of these funds; `None` for all.
    pub funds: Option<Vec<FundId>>,
}

impl Span {
    /// The last day of which entries count.
    pub fn until(&self) -> NaiveDate {
        self.cut.date.map_or(self.to, |date| date.min(self.to))
    }
}

/// What kinds of places are to the money in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Outside,
    Held,
    Spent,
    Refunded,
    Lost,
    Transit,
}

fn class(kind: AccountKind) -> Class {
    match kind {
        AccountKind::Outside => Class::Outside,
        AccountKind::Pool | AccountKind::Match | AccountKind::Target | AccountKind::Advance => Class::Held,
        AccountKind::Expense => Class::Spent,
        AccountKind::Refund => Class::Refunded,
        AccountKind::Loss => Class::Lost,
        AccountKind::Transit => Class::Transit,
    }
}

/// When money moved, as a statement sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the period.
    Before,
    /// Within it.
    Within,
}

/// Money that moved, once or summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// When.
    pub phase: Phase,
    /// By what kind of entry.
    pub kind: EntryKind,
    /// What kind of place it left.
    pub source: AccountKind,
    /// What kind of place it went to.
    pub destination: AccountKind,
    /// How much.
    pub amount: Fen,
}

/// What some money did in a period. All of it adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// What was unspent when the period began.
    pub opening: Fen,
    /// What arrived, less what was reversed.
    pub received: Fen,
    /// What was paid for expenses, less what was reversed.
    pub paid: Fen,
    /// What came back from expenses: vendors' credits.
    pub returned: Fen,
    /// What was given back to givers.
    pub refunded: Fen,
    /// What was written off.
    pub lost: Fen,
    /// What went to other funds, less what came from them.
    pub transferred: Fen,
}

impl Sums {
    /// What was unspent when the period ended.
    pub fn closing(&self) -> Fen {
        self.opening + self.received - self.paid + self.returned - self.refunded - self.lost - self.transferred
    }

    /// What was spent: paid, less what came back.
    pub fn spent(&self) -> Fen {
        self.paid - self.returned
    }

    /// Whether there was nothing and nothing happened.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what moved.
    pub fn add(&mut self, moved: &Movement) {
        let ends = [(class(moved.source), -moved.amount), (class(moved.destination), moved.amount)];
        for (class, change) in ends {
            match (moved.phase, class) {
                (Phase::Before, Class::Held) => self.opening += change,
                (Phase::Before, _) | (Phase::Within, Class::Held) => {}
                (Phase::Within, Class::Outside) => self.received -= change,
                // Only a vendor's credit is money that came back; the rest takes back what was wrong.
                (Phase::Within, Class::Spent) if moved.kind == EntryKind::Return => self.returned -= change,
                (Phase::Within, Class::Spent) => self.paid += change,
                (Phase::Within, Class::Refunded) => self.refunded += change,
                (Phase::Within, Class::Lost) => self.lost += change,
                (Phase::Within, Class::Transit) => self.transferred += change,
            }
        }
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            opening: a.opening + b.opening,
            received: a.received + b.received,
            paid: a.paid + b.paid,
            returned: a.returned + b.returned,
            refunded: a.refunded + b.refunded,
            lost: a.lost + b.lost,
            transferred: a.transferred + b.transferred,
        })
    }
}

/// What some money did in a period:
/// closing = opening + received − paid + returned − refunded − lost − transferred.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct StatementTotals {
    /// What was unspent when the period began.
    pub opening: Money,
    /// What arrived, less what was reversed.
    pub received: Money,
    /// What was paid for expenses, less what was reversed.
    pub paid: Money,
    /// What came back from expenses: vendors' credits.
    pub returned: Money,
    /// What was given back to givers.
    pub refunded: Money,
    /// What was written off.
    pub lost: Money,
    /// What went to other funds, less what came from them.
    pub transferred: Money,
    /// What was unspent when the period ended.
    pub closing: Money,
}

impl From<Sums> for StatementTotals {
    fn from(sums: Sums) -> Self {
        Self {
            opening: sums.opening.into(),
            received: sums.received.into(),
            paid: sums.paid.into(),
            returned: sums.returned.into(),
            refunded: sums.refunded.into(),
            lost: sums.lost.into(),
            transferred: sums.transferred.into(),
            closing: sums.closing().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_of_movement_is_counted_once() {
        use AccountKind::{Advance, Expense, Loss, Match, Outside, Pool, Refund, Target, Transit};
        use EntryKind as E;
        // What moved from where to where, and what the statement says of it.
        let rows = [
            (E::Receive, Outside, Pool, "received 100 closing 100"),
            (E::Reverse, Pool, Outside, "received -100 closing -100"),
            (E::Receive, Outside, Match, "received 100 closing 100"),
            (E::Allocate, Pool, Target, ""),
            (E::Advance, Target, Advance, ""),
            (E::Return, Advance, Pool, ""),
            (E::Pay, Target, Expense, "paid 100 closing -100"),
            (E::Reverse, Expense, Target, "paid -100 closing 100"),
            (E::Return, Expense, Pool, "returned 100 closing 100"),
            (E::Swap, Expense, Pool, "paid -100 closing 100"),
            (E::Relot, Expense, Outside, "received -100 paid -100"),
            (E::Refund, Pool, Refund, "refunded 100 closing -100"),
            (E::Writeoff, Advance, Loss, "lost 100 closing -100"),
            (E::XferOut, Pool, Transit, "transferred 100 closing -100"),
            (E::XferIn, Transit, Pool, "transferred -100 closing 100"),
        ];
        for (kind, source, destination, told) in rows {
            let mut sums = Sums::default();
            sums.add(&Movement { phase: Phase::Within, kind, source, destination, amount: Fen(100) });
            let named = [
                ("opening", sums.opening),
                ("received", sums.received),
                ("paid", sums.paid),
                ("returned", sums.returned),
                ("refunded", sums.refunded),
                ("lost", sums.lost),
                ("transferred", sums.transferred),
                ("closing", sums.closing()),
            ];
            let said: Vec<String> =
                named.iter().filter(|one| one.1.0 != 0).map(|one| format!("{} {}", one.0, one.1.0)).collect();
            assert_eq!(said.join(" "), told, "{kind:?} from {source:?} to {destination:?}");
        }
    }

    proptest! {
        #[test]
        fn the_closing_of_a_period_is_the_opening_of_the_next(moves in proptest::collection::vec((0..9_usize, 0..9_usize, 1..1000_i64, 0..3_usize), 0..60)) {
            use AccountKind::*;
            let kinds = [Outside, Pool, Match, Target, Advance, Expense, Refund, Loss, Transit];
            let sums = |period: usize| {
                let mut sums = Sums::default();
                for (a, b, amount, when) in moves.iter().filter(|one| one.3 <= period) {
                    let phase = if *when < period { Phase::Before } else { Phase::Within };
                    let (source, destination) = (kinds[*a], kinds[*b]);
                    sums.add(&Movement { phase, kind: EntryKind::Reverse, source, destination, amount: Fen(*amount) });
                }
                sums
            };
            for period in 0..2 {
                prop_assert_eq!(sums(period).closing(), sums(period + 1).opening);
            }
        }
    }
}
