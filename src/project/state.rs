//! How far a project is, and how it goes on.

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{AcceptanceOutcome, FundingSource, Project, Raised, store};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_past, ensure_rows},
    fund::head,
    id::TargetId,
    money::Fen,
    viewer::{Act, By, RIGHTS, Viewer, value_name},
};

/// How far a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectState {
    /// It waits to be looked at.
    Proposed,
    /// It is being reviewed.
    UnderReview,
    /// It is published, to be claimed and funded.
    Published,
    /// It may begin.
    Approved,
    /// It is being done.
    Underway,
    /// It is done, and waits to be accepted.
    Completed,
    /// The work was looked at and accepted.
    Accepted,
    /// Those it is for have said what they think of it.
    Evaluated,
    /// It is done, paid and reported on.
    Closed,
    /// It was not wanted.
    Rejected,
    /// Its funding minimum was missed: what was given for it goes back, or to another use that its givers agree to.
    FundingMissed,
    /// It was given up.
    Cancelled,
}

use ProjectState::{
    Accepted, Approved, Cancelled, Closed, Completed, Evaluated, FundingMissed, Proposed, Published, Rejected,
    UnderReview, Underway,
};

impl ProjectState {
    /// All of them, in the order that projects go.
    pub const ALL: [Self; 12] = [
        Proposed,
        UnderReview,
        Published,
        Approved,
        Underway,
        Completed,
        Accepted,
        Evaluated,
        Closed,
        Rejected,
        FundingMissed,
        Cancelled,
    ];

    /// Whether nothing follows: the project's money must be gone, and no more comes.
    pub fn ends(self) -> bool {
        matches!(self, Closed | Rejected | Cancelled)
    }

    /// Whether nothing is given for it, paid into it or out of it from then on.
    fn takes_no_money(self) -> bool {
        self.ends() || self == FundingMissed
    }
}

/// What must be so for a move, beside the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// No money is left in it.
    NoMoneyLeft,
    /// The funding minimum, where it has one, is raised.
    Funded,
    /// The funding minimum is missed, and no money is left in it.
    Missed,
    /// Nothing that was given for it alone waits in the fund.
    NothingBound,
    /// It was accepted.
    Accepted,
    /// It was looked at and sent back.
    Rework,
    /// Its social evaluation is recorded.
    Evaluated,
    /// Its closing report is recorded, and no money is left in it.
    Reported,
}

impl Condition {
    /// The mutation that makes a move under this condition, with what it records.
    pub fn mutation(self) -> &'static str {
        match self {
            Self::Always | Self::NoMoneyLeft | Self::Funded | Self::NothingBound => "projectAdvance",
            Self::Missed => "projectFundingMiss",
            Self::Accepted | Self::Rework => "projectAccept",
            Self::Evaluated => "projectEvaluate",
            Self::Reported => "projectClose",
        }
    }

    /// In words, for the table in the documentation.
    fn words(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::NoMoneyLeft => "no money is left in it",
            Self::Funded => "the funding minimum, where it has one, is raised",
            Self::Missed => {
                "the deadline is past with less than the funding minimum raised, and no money is left in it"
            }
            Self::NothingBound => "nothing that was given for it alone waits in the fund",
            Self::Accepted => "an acceptance is recorded with it",
            Self::Rework => "an acceptance that asks for rework is recorded with it",
            Self::Evaluated => "the social evaluation is recorded with it",
            Self::Reported => "the closing report is recorded with it, and no money is left in it",
        }
    }
}

/// From which state to which, the right it takes, and what must be so.
pub type Move = (ProjectState, ProjectState, Act, Condition);

/// All moves there are. Whoever may propose may withdraw; who runs a project does not judge it.
pub const MOVES: &[Move] = &[
    (Proposed, UnderReview, Act::RunProject, Condition::Always),
    (Proposed, Approved, Act::RunProject, Condition::Always),
    (Proposed, Rejected, Act::RunProject, Condition::NoMoneyLeft),
    (Proposed, Cancelled, Act::Propose, Condition::NoMoneyLeft),
    (UnderReview, Proposed, Act::Review, Condition::Always),
    (UnderReview, Published, Act::Review, Condition::Always),
    (UnderReview, Approved, Act::Review, Condition::Always),
    (UnderReview, Rejected, Act::Review, Condition::NoMoneyLeft),
    (UnderReview, Cancelled, Act::Propose, Condition::NoMoneyLeft),
    (Published, Approved, Act::RunProject, Condition::Always),
    (Published, FundingMissed, Act::BookContribution, Condition::Missed),
    (Published, Cancelled, Act::RunProject, Condition::NoMoneyLeft),
    (Approved, Underway, Act::RunProject, Condition::Funded),
    (Approved, FundingMissed, Act::BookContribution, Condition::Missed),
    (Approved, Cancelled, Act::RunProject, Condition::NoMoneyLeft),
    (Underway, Completed, Act::RunProject, Condition::Always),
    (Underway, Cancelled, Act::RunProject, Condition::NoMoneyLeft),
    (Completed, Underway, Act::Review, Condition::Rework),
    (Completed, Accepted, Act::Review, Condition::Accepted),
    (Completed, Closed, Act::RunProject, Condition::NoMoneyLeft),
    (Accepted, Evaluated, Act::RunProject, Condition::Evaluated),
    (Evaluated, Closed, Act::RunProject, Condition::Reported),
    (FundingMissed, Cancelled, Act::RunProject, Condition::NothingBound),
];

fn find(from: ProjectState, to: ProjectState) -> Option<&'static Move> {
    MOVES.iter().find(|(a, b, ..)| (*a, *b) == (from, to))
}

/// [`MOVES`] as the documentation shows it.
pub fn table() -> String {
    let mut text = String::from("| from | to | who | mutation | condition |\n|---|---|---|---|---|\n");
    for (from, to, act, condition) in MOVES {
        let roles = RIGHTS.iter().find(|(right, _)| right == act).map_or(&[][..], |(_, roles)| roles);
        let who: Vec<String> = roles.iter().map(|role| value_name(*role)).collect();
        let (from, to) = (value_name(*from), value_name(*to));
        let (who, mutation) = (who.join(", "), condition.mutation());
        text.push_str(&format!("| {from} | {to} | {who} | `{mutation}` | {} |\n", condition.words()));
    }
    text
}

/// What is known of a project when it is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Facts {
    /// The project.
    pub project_id: TargetId,
    /// The money left in it: allocated or advanced.
    pub money_left: Fen,
    /// What the last acceptance said since it was completed; `None` before.
    pub acceptance: Option<AcceptanceOutcome>,
    /// 1 when its evaluation is recorded.
    pub evaluated: i64,
    /// 1 when its closing report is recorded.
    pub reported: i64,
    /// The least that others than the fund are to raise; `None` where nothing was said.
    pub minimum: Option<Fen>,
    /// The last day on which that counts.
    pub deadline: Option<Date>,
    /// 1 when that day is past.
    pub overdue: i64,
    /// 1 when it was stated that the minimum was missed.
    pub missed: i64,
    /// What others than the fund have raised.
    #[sqlx(skip)]
    pub raised: Fen,
    /// What of it was given for this project alone and waits in the fund.
    #[sqlx(skip)]
    pub bound: Fen,
}

impl Facts {
    /// With what was raised for the project.
    pub fn with(self, raised: &[Raised]) -> Self {
        let mine = || raised.iter().filter(|one| one.project_id == self.project_id);
        let beside = mine().filter(|one| one.source != FundingSource::Fund).map(|one| one.amount).sum();
        Self { raised: beside, bound: mine().map(|one| one.bound).sum(), ..self }
    }

    /// As they are once what `condition` asks for is recorded.
    pub fn recorded(self, condition: Condition) -> Self {
        match condition {
            Condition::Always | Condition::NoMoneyLeft | Condition::Funded | Condition::NothingBound => self,
            Condition::Missed => Self { missed: 1, ..self },
            Condition::Accepted => Self { acceptance: Some(AcceptanceOutcome::Accepted), ..self },
            Condition::Rework => Self { acceptance: Some(AcceptanceOutcome::Rework), ..self },
            Condition::Evaluated => Self { evaluated: 1, ..self },
            Condition::Reported => Self { reported: 1, ..self },
        }
    }

    fn check(self, condition: Condition) -> Result<()> {
        let recorded = match condition {
            Condition::Always | Condition::NoMoneyLeft | Condition::Funded | Condition::NothingBound => true,
            Condition::Missed => self.missed == 1,
            Condition::Accepted => self.acceptance == Some(AcceptanceOutcome::Accepted),
            Condition::Rework => self.acceptance == Some(AcceptanceOutcome::Rework),
            Condition::Evaluated => self.evaluated == 1,
            Condition::Reported => self.reported == 1,
        };
        if !recorded {
            return Err(Refusal::ProjectStep { mutation: condition.mutation().into() }.at("projectId"));
        }
        self.check_funding(condition)?;
        let empties = matches!(condition, Condition::NoMoneyLeft | Condition::Reported | Condition::Missed);
        if empties && self.money_left != Fen::ZERO {
            return Err(Refusal::MoneyLeft { amount: self.money_left }.at("projectId"));
        }
        Ok(())
    }

    fn check_funding(self, condition: Condition) -> Result<()> {
        let (raised, bound) = (self.raised, self.bound);
        match (condition, self.minimum, self.deadline) {
            (Condition::Funded, Some(minimum), _) if raised < minimum => {
                Err(Refusal::FundingShort { raised, minimum }.at("projectId"))
            }
            (Condition::Missed, Some(minimum), Some(deadline)) if self.overdue == 0 || raised >= minimum => {
                Err(Refusal::FundingNotMissed { minimum, deadline: deadline.0, raised }.at("projectId"))
            }
            (Condition::Missed, None, _) => Err(Refusal::NotFound { what: "funding minimum".into() }.at("projectId")),
            (Condition::NothingBound, ..) if bound != Fen::ZERO => {
                Err(Refusal::MoneyBound { amount: bound }.at("projectId"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether `viewer` may move the project to `to`, as these facts stand.
///
/// # Errors
/// Denied without the right; refused for a move that [`MOVES`] does not have, and for what its condition lacks.
pub fn may_move(viewer: &Viewer, project: &Project, facts: Facts, to: ProjectState) -> Result<()> {
    let Some((.., act, condition)) = find(project.state, to) else {
        viewer.must(Act::RunProject, &[project.on()])?;
        let accepted: Vec<String> =
            MOVES.iter().filter(|(_, b, ..)| *b == to).map(|(a, ..)| format!("{a:?}")).collect();
        let accepted = if accepted.is_empty() { "nothing".to_owned() } else { accepted.join(" or ") };
        return Err(Refusal::ProjectState { state: format!("{:?}", project.state), accepted }.at("projectId"));
    };
    viewer.must(*act, &[project.on()])?;
    facts.check(*condition)
}

/// The project, with its fund locked, as it is once the lock is held.
pub(super) async fn locked(tx: &mut Tx, by: By<'_>, id: TargetId, act: Act) -> Result<Project> {
    let before = found(tx, id).await?;
    by.viewer.must(act, &[before.on()])?;
    head::lock(tx, before.fund_id).await?;
    found(tx, id).await
}

async fn found(tx: &mut Tx, id: TargetId) -> Result<Project> {
    let found = store::by_ids(&mut *tx, &[id]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "project".into() }.at("projectId"))
}

/// Moves a project to another state on the day `on`.
///
/// # Errors
/// Refused for a day to come or before the last move, a project that does not exist, and what [`may_move`] refuses.
pub async fn advance(tx: &mut Tx, by: By<'_>, project: TargetId, to: ProjectState, on: NaiveDate) -> Result<Project> {
    let before = found(tx, project).await?;
    let act = find(before.state, to).map_or(Act::RunProject, |(.., act, _)| *act);
    let before = locked(tx, by, project, act).await?;
    check_day(by, &before, on, "movedOn")?;
    let facts = facts(tx, by, project).await?;
    go(tx, by, before, facts, to, on).await
}

/// A day on which the project may move on.
pub(super) fn check_day(by: By<'_>, project: &Project, on: NaiveDate, field: &str) -> Result<()> {
    check_past(on, by.today, field)?;
    if on < project.moved_on.0 {
        return Err(Refusal::PeriodReversed { from: project.moved_on.0, to: on }.at(field));
    }
    Ok(())
}

/// What is known of a project. Read it with the fund's head locked.
pub(super) async fn facts(tx: &mut Tx, by: By<'_>, project: TargetId) -> Result<Facts> {
    let found = store::facts_of(&mut *tx, &[project], by.today).await?.pop();
    let facts = found.expect("the project was found before");
    Ok(facts.with(&store::raised_of(&mut *tx, &[project]).await?))
}

/// Moves a project that is locked, when it may.
pub(super) async fn go(
    tx: &mut Tx,
    by: By<'_>,
    project: Project,
    facts: Facts,
    to: ProjectState,
    on: NaiveDate,
) -> Result<Project> {
    let actor = by.viewer.actor()?;
    may_move(by.viewer, &project, facts, to)?;
    if to.takes_no_money() {
        ensure_rows(store::set_closed(tx, project.id).await?, 1, "target")?;
    }
    ensure_rows(store::set_state(tx, project.id, to, on).await?, 1, "project")?;
    store::insert_move(tx, project.id, project.state, to, on, actor).await?;
    Ok(Project { state: to, moved_on: on.into(), ..project })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Date,
        error::Error,
        id::{AreaId, FundId, PrincipalId, PurposeId},
        viewer::{Held, Role},
    };

    fn project(state: ProjectState) -> Project {
        let day = Date(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap());
        Project {
            id: TargetId(1),
            fund_id: FundId(1),
            area_id: AreaId(1),
            purpose_id: PurposeId(1),
            code: "P1".into(),
            title: "Windows".into(),
            summary: "Windows.".into(),
            state,
            residents: 1,
            proposed_on: day,
            moved_on: day,
            area_path: "/1/2/".into(),
        }
    }

    fn viewer(role: Role) -> Viewer {
        let mut viewer = Viewer::public();
        (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(role, Held::Fund(FundId(1)))]);
        viewer
    }

    /// All is recorded and no money left, the funding minimum missed: what is refused is refused for the state or the
    /// right.
    const DONE: Facts = Facts {
        project_id: TargetId(1),
        money_left: Fen::ZERO,
        acceptance: None,
        evaluated: 1,
        reported: 1,
        minimum: Some(Fen(100)),
        deadline: Some(DEADLINE),
        overdue: 1,
        missed: 1,
        raised: Fen(99),
        bound: Fen::ZERO,
    };
    const DEADLINE: Date = Date(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());

    /// What lets the work begin is what leaves nothing missed.
    fn done(to: ProjectState) -> Facts {
        if to == Underway { Facts { raised: Fen(100), ..DONE } } else { DONE }
    }

    #[test]
    fn every_role_moves_a_project_as_the_table_says_and_no_other_way() {
        // Rows: from; columns: to, in the order of `ProjectState::ALL`. Who may: r runs projects, j judges, p
        // proposes, g books gifts.
        let allowed = [
            (Proposed, "-r-r-----r-p"),
            (UnderReview, "j-jj-----j-p"),
            (Published, "---r------gr"),
            (Approved, "----r-----gr"),
            (Underway, "-----r-----r"),
            (Completed, "----j-j-r---"),
            (Accepted, "-------r----"),
            (Evaluated, "--------r---"),
            (Closed, "------------"),
            (Rejected, "------------"),
            (FundingMissed, "-----------r"),
            (Cancelled, "------------"),
        ];
        // Host, street, staff, committee, representative, auditor.
        let roles = [
            (Role::HostOfficer, "rjpg"),
            (Role::StreetOfficer, "rjp"),
            (Role::CommunityStaff, "rpg"),
            (Role::CommitteeMember, "jp"),
            (Role::PartyRepresentative, ""),
            (Role::Auditor, ""),
        ];
        let mut asked = 0;
        for (from, row) in allowed {
            for (to, mark) in ProjectState::ALL.into_iter().zip(row.chars()) {
                for (role, rights) in roles {
                    let condition = find(from, to).map_or(Condition::Always, |(.., condition)| *condition);
                    let outcome = may_move(&viewer(role), &project(from), done(to).recorded(condition), to);
                    assert_eq!(outcome.is_ok(), rights.contains(mark), "{role:?} from {from:?} to {to:?}");
                    asked += 1;
                }
                let outcome = may_move(&Viewer::public(), &project(from), DONE, to);
                assert!(matches!(outcome, Err(Error::Denied(_))), "the public from {from:?} to {to:?}");
            }
        }
        assert_eq!(asked, 12 * 12 * 6);
    }

    #[test]
    fn a_move_waits_for_what_it_stands_on() {
        let nothing = Facts { money_left: Fen(5), evaluated: 0, reported: 0, ..DONE };
        let host = viewer(Role::HostOfficer);
        let code = |facts: Facts, from, to| match may_move(&host, &project(from), facts, to) {
            Ok(()) => None,
            Err(Error::Refused(refused)) => Some(refused.refusal),
            Err(other) => panic!("{other:?}"),
        };
        let step = |mutation: &str| Some(Refusal::ProjectStep { mutation: mutation.into() });
        let left = Some(Refusal::MoneyLeft { amount: Fen(5) });
        let rows = [
            (Completed, Accepted, step("projectAccept"), None),
            (Completed, Underway, step("projectAccept"), None),
            (Accepted, Evaluated, step("projectEvaluate"), None),
            (Evaluated, Closed, step("projectClose"), left.clone()),
            (Completed, Closed, left.clone(), left.clone()),
            (Published, Cancelled, left.clone(), left),
        ];
        for (from, to, before, after) in rows {
            let (.., condition) = find(from, to).unwrap();
            assert_eq!(code(nothing, from, to), before, "{from:?} to {to:?}");
            assert_eq!(code(nothing.recorded(*condition), from, to), after, "{from:?} to {to:?}, recorded");
            assert_eq!(code(DONE.recorded(*condition), from, to), None, "{from:?} to {to:?}, without money");
        }
    }

    #[test]
    fn work_begins_with_its_minimum_and_ends_without_it() {
        let host = viewer(Role::HostOfficer);
        let code = |facts: Facts, from, to| match may_move(&host, &project(from), facts, to) {
            Ok(()) => None,
            Err(Error::Refused(refused)) => Some(refused.refusal),
            Err(other) => panic!("{other:?}"),
        };
        let missed = |facts| code(facts, Published, FundingMissed);
        let not_missed =
            |raised| Some(Refusal::FundingNotMissed { minimum: Fen(100), deadline: DEADLINE.0, raised: Fen(raised) });
        let without = Facts { minimum: None, deadline: None, overdue: 0, raised: Fen::ZERO, ..DONE };
        assert_eq!(missed(DONE), None);
        assert_eq!(missed(Facts { overdue: 0, ..DONE }), not_missed(99));
        assert_eq!(missed(Facts { raised: Fen(100), ..DONE }), not_missed(100));
        assert_eq!(missed(Facts { money_left: Fen(1), ..DONE }), Some(Refusal::MoneyLeft { amount: Fen(1) }));
        assert_eq!(
            missed(Facts { missed: 0, ..DONE }),
            Some(Refusal::ProjectStep { mutation: "projectFundingMiss".into() })
        );
        assert_eq!(missed(without), Some(Refusal::NotFound { what: "funding minimum".into() }));
        let short = Some(Refusal::FundingShort { raised: Fen(99), minimum: Fen(100) });
        assert_eq!(code(DONE, Approved, Underway), short);
        assert_eq!(code(Facts { raised: Fen(100), ..DONE }, Approved, Underway), None);
        assert_eq!(code(without, Approved, Underway), None, "no minimum, no waiting");
        let bound = Facts { bound: Fen(7), ..DONE };
        assert_eq!(code(bound, FundingMissed, Cancelled), Some(Refusal::MoneyBound { amount: Fen(7) }));
        assert_eq!(code(DONE, FundingMissed, Cancelled), None);
    }

    #[test]
    fn what_ends_a_project_has_no_way_on_and_all_else_has() {
        for state in ProjectState::ALL {
            assert_eq!(state.ends(), !MOVES.iter().any(|(from, ..)| *from == state), "{state:?}");
        }
        for (_, to, _, condition) in MOVES.iter().filter(|(_, to, ..)| to.ends()) {
            let empty = matches!(condition, Condition::NoMoneyLeft | Condition::Reported | Condition::NothingBound);
            assert!(empty, "{to:?} leaves no money behind");
        }
    }
}
