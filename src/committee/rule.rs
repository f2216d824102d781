//! How a committee decides: quorum, majority, and what a count of votes comes to.

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Vote, store};
use crate::{
    clock::Date,
    db::Sql,
    error::{Refusal, Result},
    fund::Fund,
    id::{DecisionId, FundId},
};

/// How many of those who sat must vote for a motion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Majority {
    /// More than half.
    #[default]
    Simple,
    /// Two thirds, or more.
    TwoThirds,
}

impl Majority {
    /// The least number of votes that carries a motion on which `sat` voted.
    pub fn needed(self, sat: i64) -> i64 {
        match self {
            Self::Simple => sat / 2 + 1,
            Self::TwoThirds => (2 * sat + 2) / 3,
        }
    }
}

/// How a fund decides, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Rule {
    /// Whose rule it is.
    pub fund_id: FundId,
    /// How many voting seats there are.
    pub seats: i64,
    /// How many must sit.
    pub quorum: i64,
    /// How many of them must vote for it.
    pub majority: Majority,
    /// The first day it holds.
    pub valid_from: Date,
    /// The resolution that set it; `None` for what the fund or the committee began with.
    pub decision_id: Option<DecisionId>,
}

impl Rule {
    /// The rule that a fund is opened with.
    pub fn opening(fund: &Fund) -> Self {
        Self {
            fund_id: fund.id,
            seats: fund.seats,
            quorum: fund.quorum,
            majority: Majority::Simple,
            valid_from: fund.opened_on,
            decision_id: None,
        }
    }

    /// The rule of `rules`, which stand in the order they began, that is in force on `day`.
    pub fn in_force<'r>(rules: &'r [Self], opening: &'r Self, day: NaiveDate) -> &'r Self {
        rules.iter().rfind(|rule| rule.valid_from.0 <= day).unwrap_or(opening)
    }

    /// Whether the motion is carried.
    ///
    /// # Errors
    /// Refused when fewer sat than the quorum, or more than there are seats: then nothing was decided.
    pub fn carries(&self, tally: Tally) -> Result<bool> {
        let Tally { votes_for, sat } = tally;
        if sat < self.quorum {
            return Err(Refusal::NoQuorum { sat, quorum: self.quorum }.into());
        }
        if sat > self.seats {
            return Err(Refusal::TooManySeats { sat, seats: self.seats }.into());
        }
        Ok(votes_for >= self.majority.needed(sat))
    }
}

/// The rule of `fund` on `day`.
pub async fn on_day<'c>(on: impl Sql<'c>, fund: &Fund, day: NaiveDate) -> Result<Rule> {
    let rules = store::rules_of(on, &[fund.id]).await?;
    Ok(Rule::in_force(&rules, &Rule::opening(fund), day).clone())
}

/// What the ballots of a motion come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// How many voted for it.
    pub votes_for: i64,
    /// How many sat: recused seats do not.
    pub sat: i64,
}

impl Tally {
    /// The count of `votes`.
    pub fn of(votes: impl IntoIterator<Item = Vote>) -> Self {
        let (mut votes_for, mut sat) = (0, 0);
        for vote in votes {
            sat += 1;
            votes_for += i64::from(vote == Vote::For);
        }
        Self { votes_for, sat }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(quorum: i64, majority: Majority) -> Rule {
        let valid_from = Date(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
        Rule { fund_id: FundId(1), seats: 7, quorum, majority, valid_from, decision_id: None }
    }

    #[test]
    fn a_count_carries_as_the_rule_says() {
        use Majority::{Simple, TwoThirds};
        // Quorum, majority, for, sat; None where nothing is decided.
        let rows = [
            (4, Simple, 2, 3, None),
            (4, Simple, 2, 4, Some(false)),
            (4, Simple, 3, 4, Some(true)),
            (3, Simple, 3, 5, Some(true)),
            (4, TwoThirds, 3, 5, Some(false)),
            (4, TwoThirds, 4, 5, Some(true)),
            (4, TwoThirds, 4, 6, Some(true)),
            (4, TwoThirds, 3, 6, Some(false)),
            (4, TwoThirds, 5, 7, Some(true)),
            (4, TwoThirds, 4, 7, Some(false)),
            (4, Simple, 8, 8, None),
        ];
        for (quorum, majority, votes_for, sat, carried) in rows {
            let found = rule(quorum, majority).carries(Tally { votes_for, sat });
            assert_eq!(found.ok(), carried, "{votes_for} of {sat}, {quorum}, {majority:?}");
        }
    }

    #[test]
    fn the_rule_of_a_day_is_the_last_that_began() {
        let opening = rule(4, Majority::Simple);
        let day = |month| NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
        let from = |month, quorum| Rule { valid_from: Date(day(month)), ..rule(quorum, Majority::TwoThirds) };
        let rules = [from(3, 5), from(6, 6)];
        for (month, quorum) in [(2, 4), (3, 5), (5, 5), (6, 6), (12, 6)] {
            assert_eq!(Rule::in_force(&rules, &opening, day(month)).quorum, quorum, "month {month}");
        }
    }
}
