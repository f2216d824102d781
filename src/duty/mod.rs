//! What must be published, by when, and whether it is: the law's duties, computed from the dates that are held.
//!
//! * What lasts more than six months, a project or a campaign, is published every three months while it lasts, and in
//!   full within three months after its end (Charity Law); a fund's year by the 31st of May of the next, and what
//!   related parties gave or were paid within thirty days (Order 81 of the Ministry of Civil Affairs, in force since
//!   2026-01-01).
//! * The periods are settings of each host, for the law changes without the program.
//! * A duty is met by what is published, on the day it is published: a correction, which comes later and tells of the
//!   same days, takes nothing away. Nothing is published here.

mod graphql;
mod setting;
pub mod store;

use std::collections::HashMap;

use async_graphql::Enum;
use chrono::{Datelike as _, Days, Months, NaiveDate};

pub use graphql::{
    DisclosureDuty, DisclosureDutyConnection, DutyMutation, DutyPeriod, duties_of_area, duties_of_fund, duties_of_host,
    duties_of_project, periods_of_host,
};
pub use setting::{Period, Periods, set_period};

use crate::id::{CampaignId, DisclosureId, FundId, HostId, TargetId};

/// Why something must be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
#[graphql(name = "DisclosureDutyRule")]
pub enum Rule {
    /// How what lasts long gets on, a project or a campaign (慈善法: more than six months, at least every three
    /// months). Met by what is published of any of its days.
    Progress,
    /// A project or a campaign in full after its end, with what was left over (慈善法, 民政部令第81号: within three
    /// months). Met by what is published of all days of the project, and of a campaign by what its fund publishes of
    /// its last day.
    Final,
    /// A fund's year: its work, its accounts and its projects (民政部令第81号: by the 31st of May). Met by what the
    /// fund publishes of all of it.
    Yearly,
    /// What a related party gave on a day (民政部令第81号: within thirty days). Met by what the fund publishes of it.
    RelatedGift,
    /// What a related party was paid on a day (民政部令第81号: within thirty days). Met by what the fund publishes of
    /// it.
    RelatedExpense,
}

/// How urgent a duty is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
#[graphql(name = "DisclosureDutyStatus")]
pub enum Status {
    /// Its day is more than thirty days ahead.
    Upcoming,
    /// Its day is within thirty days.
    Due,
    /// Its day has passed, and it is not published.
    Overdue,
    /// It is published, in time or late.
    Met,
}

/// Days before its day from which a duty is due.
const DUE_DAYS: i64 = 30;

/// What a duty is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The fund itself.
    Fund,
    /// One of its projects.
    Project(TargetId),
    /// One of its campaigns.
    Campaign(CampaignId),
}

/// Something that must be published by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duty {
    /// The last day on which it is in time.
    pub due_on: NaiveDate,
    /// Whose duty it is.
    pub fund_id: FundId,
    /// What it is about.
    pub about: About,
    /// Why.
    pub rule: Rule,
    /// The first day it is about.
    pub from: NaiveDate,
    /// The last day it is about.
    pub to: NaiveDate,
    /// By what it was met first, and when; `None` while it is not.
    pub met: Option<(NaiveDate, DisclosureId)>,
}

impl Duty {
    /// How urgent it is on a day, when it was looked at on that day.
    pub fn status(&self, on: NaiveDate) -> Status {
        match (self.due_on - on).num_days() {
            _ if self.met.is_some() => Status::Met,
            ..0 => Status::Overdue,
            0..=DUE_DAYS => Status::Due,
            _ => Status::Upcoming,
        }
    }

    /// The project that has to be published by itself; `None` where the fund's own publication tells of it.
    fn publishes(&self) -> Option<TargetId> {
        match self.about {
            About::Project(project) => Some(project),
            // What a fund publishes has an entry for each of its campaigns.
            About::Fund | About::Campaign(_) => None,
        }
    }

    /// Whether a publication of its fund or project tells of the days that it asks for.
    fn is_met_by(&self, published: &Publication) -> bool {
        let (from, to) = (published.period_from, published.period_to);
        match (self.rule, self.about) {
            // The first day is the last one of the report before.
            (Rule::Progress, _) => from <= self.to && to > self.from,
            // The entry of a campaign has all that it came to, so far.
            (Rule::Final, About::Campaign(_)) => from <= self.to && to >= self.to,
            _ => from <= self.from && to >= self.to,
        }
    }
}

/// What is published, as far as it meets duties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Publication {
    /// Its key.
    pub id: DisclosureId,
    /// Whose books it tells of.
    pub fund_id: FundId,
    /// The project; `None` for the whole fund.
    pub project_id: Option<TargetId>,
    /// The first day it tells of.
    pub period_from: NaiveDate,
    /// The last day it tells of.
    pub period_to: NaiveDate,
    /// The day it was published.
    pub published_on: NaiveDate,
}

/// Marks the duties that are met by what was published up to `on`: each by what met it first.
pub fn meet(duties: &mut [Duty], published: &[Publication], on: NaiveDate) {
    let mut by_subject: HashMap<(FundId, Option<TargetId>), Vec<&Publication>> = HashMap::new();
    for one in published.iter().filter(|one| one.published_on <= on) {
        by_subject.entry((one.fund_id, one.project_id)).or_default().push(one);
    }
    for duty in duties {
        let candidates = by_subject.get(&(duty.fund_id, duty.publishes())).into_iter().flatten();
        let first = candidates.filter(|one| duty.is_met_by(one)).min_by_key(|one| (one.published_on, one.id));
        duty.met = first.map(|one| (one.published_on, one.id));
    }
}

/// A project or a campaign, as far as its duties depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// What it is.
    pub about: About,
    /// Its fund.
    pub fund_id: FundId,
    /// Its first day, which is that of a project's approval; `None` before.
    pub started_on: Option<NaiveDate>,
    /// The day it is planned to end: of a project its last milestone.
    pub planned_to: Option<NaiveDate>,
    /// Its last day, when it is over; `None` before.
    pub ended_on: Option<NaiveDate>,
}

/// A fund, as far as its duties depend on it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundDates {
    /// The fund.
    pub fund_id: FundId,
    /// Who holds it, and sets its periods.
    pub host_id: HostId,
    /// The path of its area.
    pub area_path: String,
    /// The day it was opened.
    pub opened_on: NaiveDate,
}

/// A day on which a fund had dealings with a related party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelatedDay {
    /// The fund.
    pub fund_id: FundId,
    /// Whether the party gave or was paid.
    pub rule: Rule,
    /// The day.
    pub on: NaiveDate,
}

fn after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// What must be published of a project or a campaign: all that was due by `on`, and the next.
pub fn of_lasting(one: &Lasting, on: NaiveDate, periods: &Periods) -> Vec<Duty> {
    let Some(start) = one.started_on else { return vec![] };
    let duty =
        |rule, due_on, from, to| Duty { due_on, fund_id: one.fund_id, about: one.about, rule, from, to, met: None };
    let mut duties = vec![];
    let end = one.ended_on.unwrap_or(NaiveDate::MAX);
    // What is planned to last long lasts long, and so does what has lasted longer than planned.
    let lasts_to = one.ended_on.unwrap_or_else(|| one.planned_to.unwrap_or(on).max(on));
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
    if let Some(ended) = one.ended_on {
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
        let (fund_id, about, rule) = (fund.fund_id, About::Fund, Rule::Yearly);
        duties.push(Duty { due_on, fund_id, about, rule, from, to, met: None });
        if due_on > on {
            break;
        }
    }
    duties
}

/// What must be published of a day's dealings with related parties, when they were before `on` or on it.
pub fn of_related(day: &RelatedDay, on: NaiveDate, periods: &Periods) -> Option<Duty> {
    let due_on = day.on.checked_add_days(Days::new(periods.related.into())).unwrap_or(NaiveDate::MAX);
    let RelatedDay { fund_id, rule, on: dealt_on } = *day;
    let duty = Duty { due_on, fund_id, about: About::Fund, rule, from: dealt_on, to: dealt_on, met: None };
    (dealt_on <= on).then_some(duty)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let project = Lasting {
                about: About::Project(TargetId(1)),
                fund_id: FundId(1),
                started_on: dates[0],
                planned_to: dates[1],
                ended_on: dates[2],
            };
            assert_eq!(
                told(&of_lasting(&project, day(on), &Periods::LAW), on),
                expected,
                "{started:?} {planned:?} {ended:?}"
            );
        }
    }

    #[test]
    fn a_year_of_a_fund_is_told_by_the_end_of_may() {
        let fund =
            FundDates { fund_id: FundId(1), host_id: HostId(1), area_path: "/1/".into(), opened_on: day("2024-07-01") };
        let told = |on: &str| told(&of_fund(&fund, day(on), &Periods::LAW), on);
        assert_eq!(told("2024-08-01"), "Yearly 2025-05-31 Upcoming");
        assert_eq!(told("2025-05-31"), "Yearly 2025-05-31 Due, Yearly 2026-05-31 Upcoming");
        assert_eq!(
            told("2026-06-01"),
            "Yearly 2025-05-31 Overdue, Yearly 2026-05-31 Overdue, Yearly 2027-05-31 Upcoming"
        );
        let february = Periods { yearly: (2, 30), ..Periods::LAW };
        assert_eq!(of_fund(&fund, day("2024-08-01"), &february)[0].due_on, day("2025-02-28"));
        assert_eq!(of_fund(&fund, day("2024-08-01"), &Periods::LAW)[0].from, day("2024-07-01"));
    }

    #[test]
    fn what_is_published_of_the_days_meets_a_duty_and_nothing_else_does() {
        let (project, campaign) = (About::Project(TargetId(1)), About::Campaign(CampaignId(1)));
        // The duty's subject, rule and days; the publication's project and days; whether it meets the duty.
        let rows = [
            (project, Rule::Progress, "2026-02-10 2026-05-10", Some(1), "2026-01-01 2026-03-31", true),
            (project, Rule::Progress, "2026-02-10 2026-05-10", Some(1), "2025-10-01 2026-02-10", false),
            (project, Rule::Progress, "2026-02-10 2026-05-10", Some(1), "2026-05-11 2026-05-31", false),
            (project, Rule::Progress, "2026-02-10 2026-05-10", Some(2), "2026-01-01 2026-05-31", false),
            (project, Rule::Progress, "2026-02-10 2026-05-10", None, "2026-01-01 2026-05-31", false),
            (project, Rule::Final, "2026-02-10 2026-05-10", Some(1), "2026-02-10 2026-05-10", true),
            (project, Rule::Final, "2026-02-10 2026-05-10", Some(1), "2026-02-11 2026-05-10", false),
            (project, Rule::Final, "2026-02-10 2026-05-10", Some(1), "2026-02-10 2026-05-09", false),
            (campaign, Rule::Final, "2026-02-10 2026-05-10", None, "2026-05-01 2026-05-31", true),
            (campaign, Rule::Final, "2026-02-10 2026-05-10", None, "2026-01-01 2026-05-09", false),
            (campaign, Rule::Final, "2026-02-10 2026-05-10", Some(1), "2026-01-01 2026-05-31", false),
            (About::Fund, Rule::Yearly, "2025-07-01 2025-12-31", None, "2025-07-01 2025-12-31", true),
            (About::Fund, Rule::Yearly, "2025-07-01 2025-12-31", None, "2025-10-01 2025-12-31", false),
            (About::Fund, Rule::RelatedGift, "2026-03-09 2026-03-09", None, "2026-03-01 2026-03-31", true),
            (About::Fund, Rule::RelatedExpense, "2026-03-09 2026-03-09", None, "2026-03-10 2026-03-31", false),
        ];
        for (about, rule, days, published, period, expected) in rows {
            let days_of = |text: &str| text.split_once(' ').map(|(from, to)| (day(from), day(to))).unwrap();
            let ((from, to), (period_from, period_to)) = (days_of(days), days_of(period));
            let mut duties = [Duty { due_on: to, fund_id: FundId(1), about, rule, from, to, met: None }];
            let one = |id, on: &str| Publication {
                id: DisclosureId(id),
                fund_id: FundId(1),
                project_id: published.map(TargetId),
                period_from,
                period_to,
                published_on: day(on),
            };
            // The second is a correction of the first; the third belongs to another fund.
            let other = Publication { fund_id: FundId(2), ..one(1, "2026-06-01") };
            let all = [one(3, "2026-06-20"), one(2, "2026-06-10"), other];
            meet(&mut duties, &all, day("2026-06-30"));
            let met = expected.then_some((day("2026-06-10"), DisclosureId(2)));
            assert_eq!(duties[0].met, met, "{about:?} {rule:?} {days}, published {published:?} {period}");
            meet(&mut duties, &all, day("2026-06-09"));
            assert_eq!(duties[0].met, None, "before anything was published");
        }
    }

    #[test]
    fn a_dealing_with_a_related_party_is_told_within_thirty_days() {
        let dealt = RelatedDay { fund_id: FundId(1), rule: Rule::RelatedGift, on: day("2026-03-09") };
        let told = |on: &str| of_related(&dealt, day(on), &Periods::LAW).map(|duty| told(&[duty], on));
        assert_eq!(told("2026-03-08"), None);
        assert_eq!(told("2026-04-08").unwrap(), "RelatedGift 2026-04-08 Due");
        assert_eq!(told("2026-04-09").unwrap(), "RelatedGift 2026-04-08 Overdue");
    }
}
