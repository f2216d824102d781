//! Schedules: the days on which a recurring pledge is due.
//!
//! * A schedule ends, by a count or by a last day, so that all its dues exist from the start.
//! * Days are counted from the first one: a pledge that begins on the 31st is due on the last day of shorter
//!   months and on the 31st again in those that have one.

use async_graphql::Enum;
use chrono::{Days, Months, NaiveDate};
use serde::Serialize;

use crate::{
    error::{Refusal, Result, check_amount, check_range},
    money::Fen,
};

/// How far two dues of a recurring pledge are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PledgeInterval {
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

/// When a recurring pledge ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum End {
    /// After this many dues.
    Times(i64),
    /// With the last due on or before this day.
    On(NaiveDate),
}

impl End {
    /// The count, where it says one.
    pub fn times(self) -> Option<i64> {
        if let Self::Times(times) = self { Some(times) } else { None }
    }

    /// The last day, where it says one.
    pub fn last_on(self) -> Option<NaiveDate> {
        if let Self::On(last) = self { Some(last) } else { None }
    }
}

/// What a recurring pledge promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Schedule {
    /// What each due comes to.
    pub amount: Fen,
    /// How far two dues are apart.
    pub every: PledgeInterval,
    /// The day of the first.
    pub first_on: NaiveDate,
    /// When it ends.
    pub end: End,
}

/// Dues of one pledge: ten years of weeks.
pub const DUES_MAX: i64 = 520;

impl Schedule {
    /// The days of its dues, the first one first; at most one more than [`DUES_MAX`].
    pub fn days(&self) -> Vec<NaiveDate> {
        self.days_from(self.first_on)
    }

    /// The days of its dues from `from` on, of which a count counts; at most one more than [`DUES_MAX`].
    pub fn days_from(&self, from: NaiveDate) -> Vec<NaiveDate> {
        let most = self.end.times().map_or(DUES_MAX + 1, |times| times.min(DUES_MAX + 1));
        let last = self.end.last_on().unwrap_or(NaiveDate::MAX);
        let all = (0..).map_while(|number| self.day(number)).skip_while(|day| *day < from);
        all.take_while(|day| *day <= last).take(usize::try_from(most).unwrap_or_default()).collect()
    }

    /// The day of the due after `number` others; `None` beyond the calendar.
    fn day(&self, number: i64) -> Option<NaiveDate> {
        let number = u32::try_from(number).ok()?;
        match self.every {
            PledgeInterval::Week => self.first_on.checked_add_days(Days::new(u64::from(number) * 7)),
            PledgeInterval::Month => self.first_on.checked_add_months(Months::new(number)),
            PledgeInterval::Quarter => self.first_on.checked_add_months(Months::new(number * 3)),
            PledgeInterval::Year => self.first_on.checked_add_months(Months::new(number * 12)),
        }
    }

    /// Checks it, and gives the days of its dues; fields are below `at`.
    ///
    /// # Errors
    /// Refused for a broken amount, no due or too many, and more in all than one pledge may promise.
    pub fn check(&self, at: &str) -> Result<Vec<NaiveDate>> {
        check_amount(self.amount, &format!("{at}.amount"))?;
        if let End::On(last) = self.end
            && last < self.first_on
        {
            return Err(Refusal::PeriodReversed { from: self.first_on, to: last }.at(&format!("{at}.lastOn")));
        }
        let field = match self.end {
            End::Times(times) => {
                check_range(times, 1, DUES_MAX, &format!("{at}.times"))?;
                format!("{at}.times")
            }
            End::On(_) => format!("{at}.lastOn"),
        };
        let days = self.days();
        let count = i64::try_from(days.len()).expect("not above the most");
        check_range(count, 1, DUES_MAX, &field)?;
        check_amount(Fen(self.amount.0 * count), &format!("{at}.amount"))?;
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn schedule(every: PledgeInterval, first_on: &str, end: End) -> Schedule {
        Schedule { amount: Fen(5_000), every, first_on: day(first_on), end }
    }

    #[test]
    fn a_schedule_keeps_its_day_and_takes_the_last_where_a_month_has_none() {
        use PledgeInterval::{Month, Quarter, Week, Year};
        let rows = [
            (Month, "2026-01-31", End::Times(5), "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
            (Month, "2024-01-30", End::Times(3), "2024-01-30 2024-02-29 2024-03-30"),
            (Quarter, "2025-11-30", End::Times(3), "2025-11-30 2026-02-28 2026-05-30"),
            (Year, "2024-02-29", End::Times(5), "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
            (Week, "2026-12-28", End::Times(2), "2026-12-28 2027-01-04"),
            (Month, "2026-01-31", End::On(day("2026-03-30")), "2026-01-31 2026-02-28"),
            (Month, "2026-01-31", End::On(day("2026-03-31")), "2026-01-31 2026-02-28 2026-03-31"),
            (Week, "2026-01-01", End::On(day("2026-01-01")), "2026-01-01"),
        ];
        for (every, first, end, expected) in rows {
            let days: Vec<String> = schedule(every, first, end).days().iter().map(ToString::to_string).collect();
            assert_eq!(days.join(" "), expected, "{every:?} from {first}");
        }
    }

    #[test]
    fn a_schedule_that_does_not_end_in_time_is_refused() {
        use PledgeInterval::{Month, Week};
        let rows = [
            (Week, End::Times(0), "terms.recurring.times"),
            (Week, End::Times(DUES_MAX + 1), "terms.recurring.times"),
            (Week, End::On(day("2036-01-02")), "terms.recurring.lastOn"),
            (Week, End::On(day("2025-12-31")), "terms.recurring.lastOn"),
            (Month, End::On(NaiveDate::MAX), "terms.recurring.lastOn"),
        ];
        for (every, end, field) in rows {
            let refused = schedule(every, "2026-01-01", end).check("terms.recurring").unwrap_err();
            let crate::error::Error::Refused(refused) = refused else { panic!("{refused:?}") };
            assert_eq!(refused.field.join("."), field, "{end:?}");
        }
        assert_eq!(schedule(Week, "2026-01-01", End::Times(DUES_MAX)).check("x").unwrap().len(), 520);
        let mut much = schedule(Month, "2026-01-01", End::Times(2));
        much.amount = Fen(Fen::MAX.0 / 2 + 1);
        assert!(much.check("x").is_err(), "in all it is more than one pledge promises");
    }
}
