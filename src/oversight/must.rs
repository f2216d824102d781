//! The five musts of Wendeng: agreement, management, project, result, disclosure (有协议、有管理、有项目、有成果、有公开).

use async_graphql::Enum;
use chrono::{Datelike as _, Days, NaiveDate};

use crate::{
    clock::Date,
    error::Language,
    id::{FundId, TargetId},
    project::ProjectState,
};

/// What a fund or project must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum MustKind {
    /// 有协议: somebody has promised to stand behind it.
    Agreement,
    /// 有管理: somebody decides on it, as the rules ask.
    Management,
    /// 有项目: the money is for something that is planned.
    Project,
    /// 有成果: what was to be done is done, and was looked at.
    Result,
    /// 有公开: what came of the money is published in time.
    Disclosure,
}

/// Why a must is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Gap {
    /// No pledge was accepted.
    NoPledge,
    /// Neither a resolution nor an accepted pledge is about the project.
    NothingBehind,
    /// No committee was formed.
    NoCommittee,
    /// Voting seats are vacant.
    SeatsVacant { held: i64, seats: i64 },
    /// No supervisor sits.
    NoSupervisor,
    /// The fund has no project and no grant.
    NoProject,
    /// The project does not say who pays what.
    NoPlan,
    /// The project has no milestones.
    NoMilestones,
    /// Milestones are past their day.
    Late { milestones: i64, code: String },
    /// Work was completed and not accepted in time.
    NotAccepted { projects: i64, code: String },
    /// Accepted work was not evaluated in time.
    NotEvaluated,
    /// Evaluated work has no closing report.
    NotReported,
    /// What happened up to a day that is past is not published.
    NotPublished { until: NaiveDate },
}

impl Gap {
    /// In one sentence.
    pub fn sentence(&self, language: Language) -> String {
        let (en, zh) = match self {
            Self::NoPledge => (
                "No pledge was accepted: no agreement stands behind the fund.".into(),
                "尚无已接受的认捐,基金没有协议支撑。".into(),
            ),
            Self::NothingBehind => (
                "Neither a resolution nor an accepted pledge is about it.".into(),
                "既无相关决议,也无已接受的认捐。".into(),
            ),
            Self::NoCommittee => ("No committee was formed.".into(), "尚未成立管理委员会或议事会。".into()),
            Self::SeatsVacant { held, seats } => (
                format!("Only {held} of {seats} voting seats are held."),
                format!("{seats} 个表决席中仅 {held} 席有人任职。"),
            ),
            Self::NoSupervisor => ("Nobody supervises the committee.".into(), "委员会无人监督。".into()),
            Self::NoProject => ("It has no project and no micro-grant.".into(), "尚无项目或微创投资助。".into()),
            Self::NoPlan => {
                ("It does not say who pays which part of the budget.".into(), "未说明预算由谁分担。".into())
            }
            Self::NoMilestones => ("It has no milestones.".into(), "未设里程碑。".into()),
            Self::Late { milestones, code } => (
                format!("{milestones} milestones are past their day, the first in {code}."),
                format!("{milestones} 个里程碑已逾期,首个在 {code}。"),
            ),
            Self::NotAccepted { projects, code } => (
                format!("{projects} completed projects were not accepted in time, the first is {code}."),
                format!("{projects} 个已完工项目未按时验收,首个为 {code}。"),
            ),
            Self::NotEvaluated => {
                ("It was accepted, and not evaluated in time.".into(), "已验收但未按时开展社会评估。".into())
            }
            Self::NotReported => {
                ("It was evaluated, and has no closing report.".into(), "已评估但尚无结项报告。".into())
            }
            Self::NotPublished { until } => {
                (format!("What happened up to {until} is not published."), format!("截至 {until} 的情况尚未公示。"))
            }
        };
        match language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// The field of the graph in which to look.
    pub fn place(&self) -> &'static str {
        match self {
            Self::NoPledge => "Fund.pledges",
            Self::NothingBehind => "Project.decisions",
            Self::NoCommittee | Self::SeatsVacant { .. } | Self::NoSupervisor => "Fund.committee",
            Self::NoProject => "Fund.projects",
            Self::NoPlan => "Project.plan",
            Self::NoMilestones | Self::Late { .. } => "Project.milestones",
            Self::NotAccepted { .. } => "Project.acceptances",
            Self::NotEvaluated => "Project.evaluation",
            Self::NotReported => "Project.closingReport",
            Self::NotPublished { .. } => "Fund.disclosures",
        }
    }
}

/// A must, and why it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Must {
    /// What must be.
    pub kind: MustKind,
    /// Why it is not; empty when it is kept.
    pub missing: Vec<Gap>,
}

impl Must {
    /// Whether it is kept.
    pub fn kept(&self) -> bool {
        self.missing.is_empty()
    }
}

/// What the musts of a fund are computed from.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FundFacts {
    /// The fund.
    pub fund_id: FundId,
    /// The day it was opened.
    pub opened_on: Date,
    /// Accepted pledges.
    pub pledges: i64,
    /// Voting seats of its committee.
    pub seats: i64,
    /// Those that are held.
    pub seats_held: i64,
    /// Supervisors who sit.
    pub supervisors: i64,
    /// Projects that were not given up, and micro-grants.
    pub works: i64,
    /// Milestones past their day.
    pub late: i64,
    /// The code of the first project that has one.
    pub late_code: Option<String>,
    /// Completed projects that were not accepted in time.
    pub unaccepted: i64,
    /// The code of the first of them.
    pub unaccepted_code: Option<String>,
    /// The last day of what was published of the whole fund.
    pub published_to: Option<Date>,
}

/// What the musts of a project are computed from.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProjectFacts {
    /// The project.
    pub project_id: TargetId,
    /// Its code.
    pub code: String,
    /// How far it is.
    pub state: ProjectState,
    /// The day it was proposed.
    pub proposed_on: Date,
    /// The day its state last changed.
    pub moved_on: Date,
    /// Resolutions that stand, and accepted pledges, that are about it.
    pub behind: i64,
    /// Parts of its plan.
    pub parts: i64,
    /// Its milestones.
    pub milestones: i64,
    /// Those past their day.
    pub late: i64,
    /// The last day of what was published of it, or of the whole fund.
    pub published_to: Option<Date>,
}

/// Days from completing work to accepting it, and from accepting it to evaluating it: what the funds of the reports
/// ask of themselves is a month.
pub const LOOK_WITHIN: Days = Days::new(30);
/// Days from the end of a quarter to its publication; the law asks for at least one every three months (Charity Law,
/// projects of more than six months).
pub const PUBLISH_WITHIN: Days = Days::new(30);

/// The last day of the last quarter that is due to be published; `None` when it ended before `since`.
pub fn due_until(today: NaiveDate, since: NaiveDate) -> Option<NaiveDate> {
    let ended = today.checked_sub_days(PUBLISH_WITHIN)?;
    let quarter = NaiveDate::from_ymd_opt(ended.year(), ended.month0() / 3 * 3 + 1, 1)?;
    let last = quarter.pred_opt()?;
    (last >= since).then_some(last)
}

fn published(due: Option<NaiveDate>, published_to: Option<Date>) -> Option<Gap> {
    let until = due?;
    published_to.is_none_or(|to| to.0 < until).then_some(Gap::NotPublished { until })
}

/// The five musts of a fund.
pub fn of_fund(facts: &FundFacts, today: NaiveDate) -> Vec<Must> {
    let mut management = vec![];
    if facts.seats == 0 {
        management.push(Gap::NoCommittee);
    } else {
        if facts.seats_held < facts.seats {
            management.push(Gap::SeatsVacant { held: facts.seats_held, seats: facts.seats });
        }
        if facts.supervisors == 0 {
            management.push(Gap::NoSupervisor);
        }
    }
    let mut result = vec![];
    if let Some(code) = &facts.late_code {
        result.push(Gap::Late { milestones: facts.late, code: code.clone() });
    }
    if let Some(code) = &facts.unaccepted_code {
        result.push(Gap::NotAccepted { projects: facts.unaccepted, code: code.clone() });
    }
    let disclosure = published(due_until(today, facts.opened_on.0), facts.published_to);
    five([
        (facts.pledges == 0).then_some(Gap::NoPledge).into_iter().collect(),
        management,
        (facts.works == 0).then_some(Gap::NoProject).into_iter().collect(),
        result,
        disclosure.into_iter().collect(),
    ])
}

/// The five musts of a project of a fund.
pub fn of_project(facts: &ProjectFacts, fund: &FundFacts, today: NaiveDate) -> Vec<Must> {
    use ProjectState::{Accepted, Cancelled, Completed, Evaluated, Proposed, Rejected, UnderReview};
    let management = of_fund(fund, today).swap_remove(1).missing;
    let mut project = vec![];
    if facts.parts == 0 {
        project.push(Gap::NoPlan);
    }
    if facts.milestones == 0 {
        project.push(Gap::NoMilestones);
    }
    let mut result = vec![];
    if facts.late > 0 {
        result.push(Gap::Late { milestones: facts.late, code: facts.code.clone() });
    }
    let waited = facts.moved_on.0.checked_add_days(LOOK_WITHIN).is_some_and(|until| until < today);
    result.extend(match (facts.state, waited) {
        (Completed, true) => Some(Gap::NotAccepted { projects: 1, code: facts.code.clone() }),
        (Accepted, true) => Some(Gap::NotEvaluated),
        (Evaluated, true) => Some(Gap::NotReported),
        _ => None,
    });
    let due = due_until(today, facts.proposed_on.0);
    let due = match facts.state {
        Proposed | UnderReview | Rejected | Cancelled => None,
        state if state.ends() => due.map(|due| due.min(facts.moved_on.0)),
        _ => due,
    };
    five([
        (facts.behind == 0).then_some(Gap::NothingBehind).into_iter().collect(),
        management,
        project,
        result,
        published(due, facts.published_to).into_iter().collect(),
    ])
}

fn five(missing: [Vec<Gap>; 5]) -> Vec<Must> {
    let kinds = [MustKind::Agreement, MustKind::Management, MustKind::Project, MustKind::Result, MustKind::Disclosure];
    kinds.into_iter().zip(missing).map(|(kind, missing)| Must { kind, missing }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_quarter_is_due_a_month_after_it_ended() {
        let rows = [
            ("2026-05-20", "2026-01-01", Some("2026-03-31")),
            ("2026-04-29", "2026-01-01", None),
            ("2026-04-30", "2026-01-01", None),
            ("2026-05-01", "2026-01-01", Some("2026-03-31")),
            ("2026-05-01", "2026-04-01", None),
            ("2027-01-15", "2026-01-01", Some("2026-09-30")),
            ("2027-01-31", "2026-01-01", Some("2026-12-31")),
        ];
        for (today, since, due) in rows {
            assert_eq!(due_until(day(today), day(since)), due.map(day), "{today} since {since}");
        }
    }

    fn kept() -> FundFacts {
        FundFacts {
            fund_id: FundId(1),
            opened_on: Date(day("2026-01-01")),
            pledges: 1,
            seats: 7,
            seats_held: 7,
            supervisors: 1,
            works: 1,
            late: 0,
            late_code: None,
            unaccepted: 0,
            unaccepted_code: None,
            published_to: Some(Date(day("2026-03-31"))),
        }
    }

    #[test]
    fn each_must_of_a_fund_is_broken_by_its_own_gap() {
        let today = day("2026-05-20");
        let broken = |facts: FundFacts| -> Vec<(MustKind, usize)> {
            let musts = of_fund(&facts, today);
            musts.iter().filter(|must| !must.kept()).map(|must| (must.kind, must.missing.len())).collect()
        };
        assert_eq!(broken(kept()), []);
        assert_eq!(broken(FundFacts { pledges: 0, ..kept() }), [(MustKind::Agreement, 1)]);
        assert_eq!(
            broken(FundFacts { seats: 0, seats_held: 0, supervisors: 0, ..kept() }),
            [(MustKind::Management, 1)]
        );
        assert_eq!(broken(FundFacts { seats_held: 6, supervisors: 0, ..kept() }), [(MustKind::Management, 2)]);
        assert_eq!(broken(FundFacts { works: 0, ..kept() }), [(MustKind::Project, 1)]);
        let late = FundFacts { late: 2, late_code: Some("P1".into()), ..kept() };
        assert_eq!(broken(late), [(MustKind::Result, 1)]);
        assert_eq!(broken(FundFacts { published_to: None, ..kept() }), [(MustKind::Disclosure, 1)]);
        assert_eq!(
            broken(FundFacts { published_to: Some(Date(day("2026-03-30"))), ..kept() }),
            [(MustKind::Disclosure, 1)]
        );
    }
}
