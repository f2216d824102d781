//! What must be published, and by when: the law's duties, computed from the dates that are held.
//!
//! * A project that lasts more than six months is published every three months while it lasts, and in full within
//!   three months after its end (Charity Law); a fund's year by the 31st of May of the next (Order 81 of the
//!   Ministry of Civil Affairs, in force since 2026-01-01).
//! * The periods are data (`duty_period`), for the law changes without the program.
//! * A duty is told until it is met; nothing is published here.

mod graphql;
pub mod store;

use async_graphql::Enum;
use chrono::{Datelike as _, Months, NaiveDate};

pub use graphql::{
    DisclosureDuty, DisclosureDutyConnection, duties_of_area, duties_of_fund, duties_of_host, duties_of_project,
};

use crate::id::{FundId, TargetId};

/// Why something must be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
#[graphql(name = "DisclosureDutyRule")]
pub enum Rule {
    /// How a project that lasts long gets on (慈善法: more than six months, at least every three months).
    Progress,
    /// A project in full after its end, with what was left over (慈善法, 民政部令第81号: within three months).
    Final,
    /// A fund's year: its work, its accounts and its projects (民政部令第81号: by the 31st of May).
    Yearly,
}

/// How urgent a duty is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
#[graphql(name = "DisclosureDutyStatus")]
pub enum Status {
    /// Its day is more than thirty days ahead.
    Upcoming,
    /// Its day is within thirty days.
    Due,
    /// Its day has passed.
    Overdue,
}

/// Days before its day from which a duty is due.
const DUE_DAYS: i64 = 30;

/// Something that must be published by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duty {
    /// The last day on which it is in time.
    pub due_on: NaiveDate,
    /// Whose duty it is.
    pub fund_id: FundId,
    /// The project it is about; `None` for the fund itself.
    pub target_id: Option<TargetId>,
    /// Why.
    pub rule: Rule,
    /// The first day it is about.
    pub from: NaiveDate,
    /// The last day it is about.
    pub to: NaiveDate,
}

impl Duty {
    /// How urgent it is on a day.
    pub fn status(&self, on: NaiveDate) -> Status {
        match (self.due_on - on).num_days() {
            ..0 => Status::Overdue,
            0..=DUE_DAYS => Status::Due,
            _ => Status::Upcoming,
        }
    }
}

/// How soon what must be published is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// Months beyond which a project lasts long.
    pub long: u32,
    /// Months from one progress report to the next.
    pub progress: u32,
    /// Months from a project's end to its last report.
    pub last: u32,
    /// The month and the day by which a year is told.
    pub yearly: (u32, u32),
}

/// A project, as far as its duties depend on it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProjectDates {
    /// The project.
    pub target_id: TargetId,
    /// Its fund.
    pub fund_id: FundId,
    /// The day it was approved; `None` before.
    pub started_on: Option<NaiveDate>,
    /// The day of its last milestone.
    pub planned_to: Option<NaiveDate>,
    /// The day it was completed, closed or cancelled; `None` before.
    pub ended_on: Option<NaiveDate>,
}

/// A fund, as far as its duties depend on it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundDates {
    /// The fund.
    pub fund_id: FundId,
    /// The day it was opened.
    pub opened_on: NaiveDate,
}

fn after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// What must be published of a project: all that was due by `on`, and the next.
pub fn of_project(project: &ProjectDates, on: NaiveDate, periods: &Periods) -> Vec<Duty> {
    let Some(start) = project.started_on else { return vec![] };
    let duty = |rule, due_on, from, to| Duty {
        due_on,
        fund_id: project.fund_id,
        target_id: Some(project.target_id),
        rule,
        from,
        to,
    };
    let mut duties = vec![];
    let end = project.ended_on.unwrap_or(NaiveDate::MAX);
    // What is planned to last long lasts long, and so does what has lasted longer than planned.
    let lasts_to = project.ended_on.unwrap_or_else(|| project.planned_to.unwrap_or(on).max(on));
    if lasts_to > after(start, periods.long) {
        let mut number = 1;
        loop {
            let (from, due_on) =
                (after(start, (number - 1) * periods.progress), after(start, number * periods.progress));
            if due_on > end {
                break;
            }
            duties.push(duty(Rule::Progress, due_on, from, due_on));
            if due_on > on {
                break;
            }
            number += 1;
        }
    }
    if let Some(ended) = project.ended_on {
        duties.push(duty(Rule::Final, after(ended, periods.last), start, ended));
    }
    duties
}

/// What must be published of a fund: every year that was due by `on`, and the next.
pub fn of_fund(fund: &FundDates, on: NaiveDate, periods: &Periods) -> Vec<Duty> {
    let (month, day) = periods.yearly;
    let mut duties = vec![];
    for year in fund.opened_on.year().. {
        // A day that a month does not have is its last.
        let due = (1..=day).rev().find_map(|day| NaiveDate::from_ymd_opt(year + 1, month, day));
        let ends = (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31), due);
        let (Some(first), Some(to), Some(due_on)) = ends else { break };
        let from = first.max(fund.opened_on);
        duties.push(Duty { due_on, fund_id: fund.fund_id, target_id: None, rule: Rule::Yearly, from, to });
        if due_on > on {
            break;
        }
    }
    duties
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Periods = Periods { long: 6, progress: 3, last: 3, yearly: (5, 31) };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn told(duties: &[Duty], on: &str) -> String {
        let one = |duty: &Duty| format!("{:?} {} {:?}", duty.rule, duty.due_on, duty.status(day(on)));
        duties.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_long_project_is_told_every_three_months_and_in_full_after_its_end() {
        // Approved, planned to, ended; asked on; what is told.
        let rows = [
            (None, None, None, "2026-12-01", ""),
            (Some("2026-01-31"), Some("2026-03-01"), None, "2026-04-01", ""),
            (Some("2026-01-31"), Some("2026-12-01"), None, "2026-04-15", "Progress 2026-04-30 Due"),
            (
                Some("2026-01-31"),
                Some("2026-03-01"),
                None,
                "2026-08-01",
                "Progress 2026-04-30 Overdue, Progress 2026-07-31 Overdue, Progress 2026-10-31 Upcoming",
            ),
            (Some("2026-01-31"), None, Some("2026-03-01"), "2026-08-01", "Final 2026-06-01 Overdue"),
            (
                Some("2026-01-31"),
                None,
                Some("2026-08-01"),
                "2026-08-02",
                "Progress 2026-04-30 Overdue, Progress 2026-07-31 Overdue, Final 2026-11-01 Upcoming",
            ),
            // Six months are not more than six months.
            (Some("2026-01-31"), None, Some("2026-07-31"), "2026-10-30", "Final 2026-10-31 Due"),
        ];
        for (started, planned, ended, on, expected) in rows {
            let dates = [started, planned, ended].map(|text| text.map(day));
            let project = ProjectDates {
                target_id: TargetId(1),
                fund_id: FundId(1),
                started_on: dates[0],
                planned_to: dates[1],
                ended_on: dates[2],
            };
            assert_eq!(told(&of_project(&project, day(on), &LAW), on), expected, "{started:?} {planned:?} {ended:?}");
        }
    }

    #[test]
    fn a_year_of_a_fund_is_told_by_the_end_of_may() {
        let fund = FundDates { fund_id: FundId(1), opened_on: day("2024-07-01") };
        let told = |on: &str| told(&of_fund(&fund, day(on), &LAW), on);
        assert_eq!(told("2024-08-01"), "Yearly 2025-05-31 Upcoming");
        assert_eq!(told("2025-05-31"), "Yearly 2025-05-31 Due, Yearly 2026-05-31 Upcoming");
        assert_eq!(
            told("2026-06-01"),
            "Yearly 2025-05-31 Overdue, Yearly 2026-05-31 Overdue, Yearly 2027-05-31 Upcoming"
        );
        let february = Periods { yearly: (2, 30), ..LAW };
        assert_eq!(of_fund(&fund, day("2024-08-01"), &february)[0].due_on, day("2025-02-28"));
        assert_eq!(of_fund(&fund, day("2024-08-01"), &LAW)[0].from, day("2024-07-01"));
    }
}
