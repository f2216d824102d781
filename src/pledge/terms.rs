//! What is promised: the terms of each kind of pledge, and the dues that stand in them from the start.

use async_graphql::Enum;
use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::schedule::Schedule;
use crate::{
    error::{Refusal, Result, check_amount, check_range, check_text},
    id::TargetId,
    money::Fen,
};

/// How a pledge says what it will give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PledgeKind {
    /// One sum, once.
    Fixed,
    /// A sum each week, month, quarter or year.
    Recurring,
    /// A share of what is sold.
    ShareOfSales,
    /// A sum for each piece that is sold.
    PerUnit,
    /// Goods, services, space or hours, at a stated value.
    InKind,
    /// A sum for each yuan that others give.
    Matching,
    /// 认领: a whole project, or some of its units, at their value.
    Claim,
}

/// What an in-kind pledge gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "InKindCategory")]
pub enum Category {
    /// Things.
    Goods,
    /// Work that is done for somebody.
    Service,
    /// Rooms and places.
    Space,
    /// Time that people give.
    Hours,
}

/// How a match is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "MatchFunding")]
pub enum Funding {
    /// From money that the matcher paid ahead: it moves into the project at once.
    #[default]
    Prefunded,
    /// What the match comes to becomes a due of the matcher; no money moves before it is paid.
    Due,
}

/// Whether a claim leaves room for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "ClaimSharing")]
pub enum Sharing {
    /// Others may claim what is left.
    #[default]
    Shared,
    /// Nobody else may claim the project while the claim stands.
    Exclusive,
}

/// What the pledges that follow sales have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SalesRule {
    /// The most it gives in all; `None` for no limit.
    pub cap: Option<Fen>,
    /// The first day whose sales count.
    pub from: NaiveDate,
    /// The last day whose sales count; `None` for no end.
    pub to: Option<NaiveDate>,
    /// The days from the end of a report's period to the due that comes of it.
    pub settle_days: i64,
}

/// The most days between a report's period and its due.
pub const SETTLE_DAYS_MAX: i64 = 366;

/// The most characters of a unit and of a description of goods.
pub const UNIT_MAX: usize = 20;
/// See [`UNIT_MAX`].
pub const DESCRIPTION_MAX: usize = 500;
/// The largest quantity of an in-kind pledge, in hundredths: ten million of anything.
const QUANTITY_MAX: i64 = 1_000_000_000;
/// The largest numerator or denominator of a rate: a base of a hundred billion yuan times it fits 128 bits.
const RATE_MAX: i64 = 1_000_000;
/// All of something, in basis points.
pub const WHOLE_BPS: i64 = 10_000;
/// The most units of a project that can be claimed.
pub const UNITS_MAX: i64 = 1_000_000;

/// What is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Terms {
    /// One sum, once.
    Fixed {
        /// The sum.
        amount: Fen,
        /// The day it is due.
        due_on: NaiveDate,
    },
    /// A sum at each interval.
    Recurring(Schedule),
    /// A share of what is sold.
    ShareOfSales {
        /// In hundredths of a percent.
        basis_points: i64,
        /// Which sales, up to what.
        rule: SalesRule,
    },
    /// A sum for each piece that is sold.
    PerUnit {
        /// Numerator and denominator of the fen for each piece.
        rate: (i64, i64),
        /// Which sales, up to what.
        rule: SalesRule,
    },
    /// Goods, services, space or hours.
    InKind {
        /// What kind of thing.
        category: Category,
        /// How much, in hundredths of the unit.
        quantity: i64,
        /// What it is counted in.
        unit: String,
        /// What it is.
        description: String,
        /// What it is worth.
        value: Fen,
        /// The day it is due.
        due_on: NaiveDate,
    },
    /// A sum for each yuan that others give.
    Matching {
        /// Numerator and denominator.
        rate: (i64, i64),
        /// The most it gives in all.
        cap: Fen,
        /// The most it gives for one gift.
        per_gift: Option<Fen>,
        /// The most it gives into one project.
        per_project: Option<Fen>,
        /// How it is paid for.
        funding: Funding,
        /// The day the money paid ahead is due; of a match that becomes due, the earliest day.
        due_on: NaiveDate,
    },
    /// A whole project or some of its units.
    Claim {
        /// The project.
        project: TargetId,
        /// How many units; `None` for all of the project.
        units: Option<i64>,
        /// Whether others may claim what is left.
        sharing: Sharing,
        /// The last day it holds its units; what is promised is due on it.
        expires_on: NaiveDate,
    },
}

/// A due that stands in the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The day.
    pub on: NaiveDate,
    /// How much.
    pub amount: Fen,
}

/// What terms come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is promised in all; of a match or a share the most.
    pub amount: Option<Fen>,
    /// The rate; 1/1 where there is none.
    pub rate: (i64, i64),
    /// The day it is due, or begins.
    pub due_on: NaiveDate,
    /// The day it ends, where the terms say one.
    pub ends_on: Option<NaiveDate>,
    /// The days from a report to its due.
    pub settle_days: Option<i64>,
    /// The dues that exist from the start.
    pub dues: Vec<Stated>,
}

impl Plan {
    fn once(amount: Fen, due_on: NaiveDate) -> Self {
        let dues = vec![Stated { on: due_on, amount }];
        Self { amount: Some(amount), rate: (1, 1), due_on, ends_on: None, settle_days: None, dues }
    }

    /// The last day that it is about: the end, or else the last due.
    pub fn last_on(&self) -> Option<NaiveDate> {
        self.ends_on.or(self.dues.last().map(|due| due.on))
    }
}

impl Terms {
    /// Which kind they are.
    pub fn kind(&self) -> PledgeKind {
        match self {
            Self::Fixed { .. } => PledgeKind::Fixed,
            Self::Recurring(_) => PledgeKind::Recurring,
            Self::ShareOfSales { .. } => PledgeKind::ShareOfSales,
            Self::PerUnit { .. } => PledgeKind::PerUnit,
            Self::InKind { .. } => PledgeKind::InKind,
            Self::Matching { .. } => PledgeKind::Matching,
            Self::Claim { .. } => PledgeKind::Claim,
        }
    }

    /// The path of their block in a request.
    pub fn block(&self) -> &'static str {
        match self {
            Self::Fixed { .. } => "terms.fixed",
            Self::Recurring(_) => "terms.recurring",
            Self::ShareOfSales { .. } => "terms.shareOfSales",
            Self::PerUnit { .. } => "terms.perUnit",
            Self::InKind { .. } => "terms.inKind",
            Self::Matching { .. } => "terms.matching",
            Self::Claim { .. } => "terms.claim",
        }
    }

    /// Checks the sums and days of terms that are offered on `offered_on`, and says what they come to. What a
    /// claim comes to is the project's to say: `unit` is the value of one unit and how many there are.
    ///
    /// # Errors
    /// Refused for amounts, days, numbers and texts out of bounds.
    pub fn check(&self, offered_on: NaiveDate, unit: Option<(Fen, i64)>) -> Result<Plan> {
        let at = |field: &str| format!("{}.{field}", self.block());
        let not_before = |day: NaiveDate, field: &str| match day < offered_on {
            true => Err(Refusal::PeriodReversed { from: offered_on, to: day }.at(&at(field))),
            false => Ok(day),
        };
        match self {
            Self::Fixed { amount, due_on } => {
                check_amount(*amount, &at("amount"))?;
                Ok(Plan::once(*amount, not_before(*due_on, "dueOn")?))
            }
            Self::Recurring(schedule) => {
                let days = schedule.check(self.block())?;
                not_before(schedule.first_on, "firstOn")?;
                let dues: Vec<Stated> = days.iter().map(|on| Stated { on: *on, amount: schedule.amount }).collect();
                let whole = dues.iter().map(|due| due.amount).sum();
                let ends_on = days.last().copied();
                Ok(Plan { ends_on, dues, ..Plan::once(whole, schedule.first_on) })
            }
            Self::ShareOfSales { basis_points, rule } => {
                check_range(*basis_points, 1, WHOLE_BPS, &at("basisPoints"))?;
                self.check_rule(rule, (*basis_points, WHOLE_BPS))
            }
            Self::PerUnit { rate, rule } => self.check_rule(rule, *rate),
            Self::InKind { quantity, unit, description, value, due_on, .. } => {
                check_amount(*value, &at("value"))?;
                check_range(*quantity, 1, QUANTITY_MAX, &at("quantity"))?;
                not_before(*due_on, "dueOn")?;
                check_text(unit, UNIT_MAX, &at("unit"))?;
                check_text(description, DESCRIPTION_MAX, &at("description"))?;
                Ok(Plan::once(*value, *due_on))
            }
            Self::Matching { rate, cap, per_gift, per_project, funding, due_on } => {
                check_amount(*cap, &at("cap"))?;
                for (part, field) in [(per_gift, "perGift"), (per_project, "perProject")] {
                    part.map(|part| check_amount(part, &at(field))).transpose()?;
                }
                not_before(*due_on, "dueOn")?;
                let plan = Plan { rate: *rate, ..Plan::once(*cap, *due_on) };
                Ok(match funding {
                    Funding::Prefunded => plan,
                    Funding::Due => Plan { dues: vec![], ..plan },
                })
            }
            Self::Claim { units, expires_on, .. } => {
                not_before(*expires_on, "expiresOn")?;
                units.map(|units| check_range(units, 1, UNITS_MAX, &at("units"))).transpose()?;
                let (value, all) = unit.unwrap_or_default();
                let whole = i128::from(value.0) * i128::from(units.unwrap_or(all));
                // Far above the limit is as refused as a little.
                let whole = Fen(i64::try_from(whole).unwrap_or(i64::MAX));
                let plan = match unit {
                    Some(_) => Plan::once(check_amount(whole, &at("units"))?, *expires_on),
                    None => Plan::once(Fen::ZERO, *expires_on),
                };
                Ok(Plan { ends_on: Some(*expires_on), ..plan })
            }
        }
    }

    /// Checks the rate, where the kind has one.
    ///
    /// # Errors
    /// [`Refusal::RateMalformed`].
    pub fn check_rate(&self) -> Result<()> {
        let (Self::PerUnit { rate, .. } | Self::Matching { rate, .. }) = self else { return Ok(()) };
        match [rate.0, rate.1].iter().all(|part| (1..=RATE_MAX).contains(part)) {
            true => Ok(()),
            false => Err(Refusal::RateMalformed {}.at(&format!("{}.rate", self.block()))),
        }
    }

    fn check_rule(&self, rule: &SalesRule, rate: (i64, i64)) -> Result<Plan> {
        let at = |field: &str| format!("{}.{field}", self.block());
        rule.cap.map(|cap| check_amount(cap, &at("cap"))).transpose()?;
        if let Some(to) = rule.to
            && to < rule.from
        {
            return Err(Refusal::PeriodReversed { from: rule.from, to }.at(&at("to")));
        }
        check_range(rule.settle_days, 0, SETTLE_DAYS_MAX, &at("settleDays"))?;
        Ok(Plan {
            amount: rule.cap,
            rate,
            due_on: rule.from,
            ends_on: rule.to,
            settle_days: Some(rule.settle_days),
            dues: vec![],
        })
    }
}

/// The day that a share of sales up to `to_on` is due.
pub fn settle_on(to_on: NaiveDate, settle_days: i64) -> NaiveDate {
    to_on.checked_add_days(Days::new(settle_days.unsigned_abs())).unwrap_or(to_on)
}
