//! How far a contest is, what may be done to it, and how it ends.

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{Contest, ranking, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, ensure_rows},
    fund::head,
    id::ContestId,
    project::{self, BudgetLine, FundingPart, MilestoneDraft, Proposal},
    ranking::Place,
    viewer::{Act, By, Held, On, RIGHTS, Viewer, value_name},
};

/// How far a contest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContestState {
    /// Its call is published, and proposals come in.
    Call,
    /// Judges and residents score what was proposed.
    Scoring,
    /// It is ranked, and its winners are projects.
    Closed,
    /// It was given up.
    Cancelled,
}

use ContestState::{Call, Cancelled, Closed, Scoring};

impl ContestState {
    /// All of them, in the order that contests go.
    pub const ALL: [Self; 4] = [Call, Scoring, Closed, Cancelled];
}

/// What must be so for a move, beside the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContestCondition {
    /// Nothing.
    Always,
    /// The last day of proposals is over, and there is one.
    Proposed,
    /// Every sheet is in.
    Scored,
}

impl ContestCondition {
    /// The mutation that makes a move under this condition.
    pub fn mutation(self) -> &'static str {
        match self {
            Self::Always | Self::Proposed => "contestAdvance",
            Self::Scored => "contestClose",
        }
    }

    /// In words, for the table in the documentation.
    fn words(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::Proposed => "the last day of proposals is over, and there is one",
            Self::Scored => "every judge's sheet is in, and the residents' where they count",
        }
    }
}

/// From which state to which, the right it takes, and what must be so.
pub type ContestMove = (ContestState, ContestState, Act, ContestCondition);

/// All moves of a contest there are. Who runs it does not judge it.
pub const CONTEST_MOVES: &[ContestMove] = &[
    (Call, Scoring, Act::RunProject, ContestCondition::Proposed),
    (Call, Cancelled, Act::RunProject, ContestCondition::Always),
    (Scoring, Closed, Act::Review, ContestCondition::Scored),
    (Scoring, Cancelled, Act::Review, ContestCondition::Always),
];

/// What is done to a contest without moving it: in which state, by which mutation, with which right.
pub const CONTEST_DEEDS: &[(ContestState, &str, Act)] = &[
    (Call, "contestPropose", Act::EnterContest),
    (Scoring, "contestScore", Act::Review),
    (Scoring, "contestCount", Act::RunProject),
];

/// Both as the documentation shows them.
pub fn contest_table() -> String {
    let who = |act: Act| {
        let roles = RIGHTS.iter().find(|(right, _)| *right == act).map_or(&[][..], |(_, roles)| roles);
        roles.iter().map(|role| value_name(*role)).collect::<Vec<_>>().join(", ")
    };
    let mut text = String::from("| from | to | who | mutation | condition |\n|---|---|---|---|---|\n");
    for (from, to, act, condition) in CONTEST_MOVES {
        let (from, to, mutation) = (value_name(*from), value_name(*to), condition.mutation());
        text.push_str(&format!("| {from} | {to} | {} | `{mutation}` | {} |\n", who(*act), condition.words()));
    }
    for (state, mutation, act) in CONTEST_DEEDS {
        let state = value_name(*state);
        text.push_str(&format!("| {state} | {state} | {} | `{mutation}` |  |\n", who(*act)));
    }
    text
}

/// What is known of a contest when it is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContestFacts {
    /// The day.
    pub today: NaiveDate,
    /// How many proposals there are.
    pub proposals: i64,
    /// How many sheets of judges and counts of residents are missing.
    pub missing: i64,
}

/// Whether `viewer` may move the contest to `to`, as these facts stand.
///
/// # Errors
/// Denied without the right; refused for a move that [`CONTEST_MOVES`] does not have, and for what its condition lacks.
pub fn may_move(viewer: &Viewer, contest: &Contest, facts: ContestFacts, to: ContestState) -> Result<()> {
    let found = CONTEST_MOVES.iter().find(|(from, onto, ..)| (*from, *onto) == (contest.state, to));
    let Some((.., act, condition)) = found else {
        viewer.must(Act::RunProject, &[contest.on()])?;
        return Err(wrong_state(contest, CONTEST_MOVES.iter().filter(|(_, onto, ..)| *onto == to).map(|one| one.0)));
    };
    viewer.must(*act, &[contest.on()])?;
    match condition {
        ContestCondition::Proposed if facts.today <= contest.proposals_to.0 => {
            Err(Refusal::ContestCall { until: contest.proposals_to.0 }.at("contestId"))
        }
        ContestCondition::Proposed if facts.proposals == 0 => Err(Refusal::ContestEmpty {}.at("contestId")),
        ContestCondition::Scored if facts.missing > 0 => {
            Err(Refusal::ContestSheets { missing: facts.missing }.at("contestId"))
        }
        _ => Ok(()),
    }
}

/// Whether the mutation of this name may be made by `viewer` now, whatever it says.
///
/// # Errors
/// Denied without the right on the contest's fund, or on a party the viewer speaks for where a party may; refused in
/// another state.
pub fn may_do(viewer: &Viewer, contest: &Contest, mutation: &str) -> Result<()> {
    let (state, _, act) = CONTEST_DEEDS.iter().find(|(_, name, _)| *name == mutation).expect("a deed of the table");
    let own = viewer.grants.iter().filter_map(|(_, held)| match held {
        Held::Party(party) if *act == Act::EnterContest => Some(On::Party(*party)),
        _ => None,
    });
    viewer.must(*act, &own.chain([contest.on()]).collect::<Vec<_>>())?;
    if contest.state == *state { Ok(()) } else { Err(wrong_state(contest, [*state].into_iter())) }
}

fn wrong_state(contest: &Contest, accepted: impl Iterator<Item = ContestState>) -> crate::error::Error {
    let accepted: Vec<String> = accepted.map(|state| format!("{state:?}")).collect();
    let accepted = if accepted.is_empty() { "nothing".to_owned() } else { accepted.join(" or ") };
    Refusal::ContestState { state: format!("{:?}", contest.state), accepted }.at("contestId")
}

/// The contest, with its fund locked, as it is once the lock is held.
pub(super) async fn locked(tx: &mut Tx, id: ContestId) -> Result<Contest> {
    let before = found(tx, id).await?;
    head::lock(tx, before.fund_id).await?;
    found(tx, id).await
}

async fn found(tx: &mut Tx, id: ContestId) -> Result<Contest> {
    let found = store::by_ids(&mut *tx, &[id]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "contest".into() }.at("contestId"))
}

async fn facts(tx: &mut Tx, by: By<'_>, contest: &Contest) -> Result<ContestFacts> {
    let tallies = store::tallies_of(&mut *tx, &[contest.id]).await?;
    Ok(contest.facts(by.today, &tallies))
}

fn check_day(by: By<'_>, contest: &Contest, on: NaiveDate, field: &str) -> Result<()> {
    check_past(on, by.today, field)?;
    if on < contest.moved_on.0 {
        return Err(Refusal::PeriodReversed { from: contest.moved_on.0, to: on }.at(field));
    }
    Ok(())
}

async fn go(tx: &mut Tx, by: By<'_>, contest: Contest, to: ContestState, on: NaiveDate) -> Result<Contest> {
    ensure_rows(store::set_state(tx, contest.id, to, on).await?, 1, "contest")?;
    store::insert_move(tx, contest.id, (contest.state, to), on, by.viewer.actor()?).await?;
    Ok(Contest { state: to, moved_on: on.into(), ..contest })
}

/// Moves a contest to scoring, or gives it up.
///
/// # Errors
/// Refused for a contest that does not exist, what [`may_move`] refuses, a move that another mutation makes, and a day to
/// come or before the last move.
pub async fn advance(tx: &mut Tx, by: By<'_>, contest: ContestId, to: ContestState, on: NaiveDate) -> Result<Contest> {
    let contest = locked(tx, contest).await?;
    let facts = facts(tx, by, &contest).await?;
    may_move(by.viewer, &contest, facts, to)?;
    if to == Closed {
        return Err(Refusal::ProjectStep { mutation: ContestCondition::Scored.mutation().into() }.at("state"));
    }
    check_day(by, &contest, on, "movedOn")?;
    go(tx, by, contest, to, on).await
}

/// Closes a contest: what is within its budget by its ranking becomes a project each, in the same act.
///
/// # Errors
/// Refused for a contest that does not exist, what [`may_move`] refuses, a day to come or before the last move, and what
/// [`project::propose`] refuses of a winner.
pub async fn close(tx: &mut Tx, by: By<'_>, contest: ContestId, on: NaiveDate) -> Result<Contest> {
    let contest = locked(tx, contest).await?;
    let facts = facts(tx, by, &contest).await?;
    may_move(by.viewer, &contest, facts, Closed)?;
    check_day(by, &contest, on, "closedOn")?;
    let tallies = store::tallies_of(&mut *tx, &[contest.id]).await?;
    let winners: Vec<_> = ranking(&contest, &tallies).into_iter().filter(|one| one.place == Place::Within).collect();
    let keys: Vec<_> = winners.iter().map(|one| one.candidate.key).collect();
    if !keys.is_empty() {
        let proposals = store::proposals_by_ids(&mut *tx, &keys).await?;
        let lines = store::lines_of(&mut *tx, &keys).await?;
        let parts = store::parts_of(&mut *tx, &keys).await?;
        let milestones = store::milestones_of(&mut *tx, &keys).await?;
        for one in proposals {
            let own = |id| id == one.id;
            let draft = Proposal {
                fund: contest.fund_id,
                area: one.area_id,
                purpose: one.purpose_id,
                code: format!("{}-{}", contest.code, one.proposal_no),
                title: one.title.clone(),
                summary: one.summary.clone(),
                residents: one.residents,
                proposed_on: one.proposed_on.0,
                budget: lines.iter().filter(|line| own(line.proposal_id)).map(BudgetLine::from).collect(),
                plan: parts.iter().filter(|part| own(part.proposal_id)).map(FundingPart::from).collect(),
                goal: None,
                milestones: milestones.iter().filter(|one| own(one.proposal_id)).map(MilestoneDraft::from).collect(),
            };
            let project = project::propose(tx, by, &draft).await.map_err(|error| error.below("contestId"))?;
            ensure_rows(store::set_project(tx, one.id, project.id).await?, 1, "contest proposal")?;
        }
    }
    go(tx, by, contest, Closed, on).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Date,
        error::Error,
        id::{FundId, PartyId, PrincipalId},
        money::Fen,
        viewer::Role,
    };

    const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();

    fn contest(state: ContestState) -> Contest {
        Contest {
            id: ContestId(1),
            fund_id: FundId(1),
            code: "C1".into(),
            title: "Contest".into(),
            call_text: "Propose.".into(),
            budget: Fen(100),
            judges_percent: 60,
            proposals_to: Date(DAY),
            state,
            opened_on: Date(DAY),
            moved_on: Date(DAY),
            area_path: "/1/2/".into(),
        }
    }

    fn viewer(role: Role, held: Held) -> Viewer {
        let mut viewer = Viewer::public();
        (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(role, held)]);
        viewer
    }

    /// Roles with what they may: r runs, j judges, e enters.
    const ROLES: [(Role, &str); 6] = [
        (Role::HostOfficer, "rje"),
        (Role::StreetOfficer, "rje"),
        (Role::CommunityStaff, "re"),
        (Role::CommitteeMember, "je"),
        (Role::PartyRepresentative, "e"),
        (Role::Auditor, ""),
    ];

    fn held(role: Role) -> Held {
        if role == Role::PartyRepresentative { Held::Party(PartyId(1)) } else { Held::Fund(FundId(1)) }
    }

    fn facts() -> ContestFacts {
        ContestFacts { today: DAY.succ_opt().unwrap(), proposals: 1, missing: 0 }
    }

    #[test]
    fn every_role_moves_a_contest_as_the_table_says_and_no_other_way() {
        let allowed = [(Call, "-r-r"), (Scoring, "--jj"), (Closed, "----"), (Cancelled, "----")];
        for (from, row) in allowed {
            for (to, mark) in ContestState::ALL.into_iter().zip(row.chars()) {
                for (role, rights) in ROLES {
                    let outcome = may_move(&viewer(role, held(role)), &contest(from), facts(), to);
                    assert_eq!(outcome.is_ok(), rights.contains(mark), "{role:?} from {from:?} to {to:?}");
                }
                let outcome = may_move(&Viewer::public(), &contest(from), facts(), to);
                assert!(matches!(outcome, Err(Error::Denied(_))), "the public from {from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn every_role_does_what_the_table_says_in_its_state() {
        let deeds = [("contestPropose", Call, 'e'), ("contestScore", Scoring, 'j'), ("contestCount", Scoring, 'r')];
        for (mutation, open, mark) in deeds {
            for state in ContestState::ALL {
                for (role, rights) in ROLES {
                    let outcome = may_do(&viewer(role, held(role)), &contest(state), mutation);
                    assert_eq!(
                        outcome.is_ok(),
                        state == open && rights.contains(mark),
                        "{mutation} {role:?} {state:?}"
                    );
                    assert_eq!(matches!(outcome, Err(Error::Denied(_))), !rights.contains(mark), "{mutation} {role:?}");
                }
                assert!(matches!(may_do(&Viewer::public(), &contest(state), mutation), Err(Error::Denied(_))));
            }
        }
    }

    #[test]
    fn a_move_waits_for_what_it_stands_on() {
        let host = viewer(Role::HostOfficer, held(Role::HostOfficer));
        let code = |facts: ContestFacts, from, to| match may_move(&host, &contest(from), facts, to) {
            Ok(()) => None,
            Err(Error::Refused(refused)) => Some(refused.refusal),
            Err(other) => panic!("{other:?}"),
        };
        let early = ContestFacts { today: DAY, ..facts() };
        assert_eq!(code(early, Call, Scoring), Some(Refusal::ContestCall { until: DAY }));
        assert_eq!(code(ContestFacts { proposals: 0, ..facts() }, Call, Scoring), Some(Refusal::ContestEmpty {}));
        assert_eq!(code(early, Call, Cancelled), None);
        let missing = ContestFacts { missing: 2, ..facts() };
        assert_eq!(code(missing, Scoring, Closed), Some(Refusal::ContestSheets { missing: 2 }));
        assert_eq!(code(missing, Scoring, Cancelled), None);
    }
}
