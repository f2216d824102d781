//! Rounds: opened with a call, criteria and judges, and moved on from stage to stage.

use async_graphql::Enum;
use chrono::{Days, NaiveDate};

use super::{CRITERIA_MAX, JUDGES_MAX, TEXT_MAX, TITLE_MAX, store};
use crate::{
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_amount, check_past, check_range, check_size, check_text, ensure_rows},
    fund::{self, head, purpose_allowed},
    id::{FundId, GrantJudgeId, GrantRoundId, PartyId, PrincipalId, PurposeId},
    money::Fen,
    party,
    project::GrantStage,
    viewer::{self, Act, By, On, RIGHTS, Viewer, value_name},
};

/// How far a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "GrantRoundState")]
pub enum RoundState {
    /// Its call is published, and nobody applies yet.
    Call,
    /// Groups apply.
    Application,
    /// Applications are checked; those sent back may be handed in again.
    Check,
    /// Judges score at the road-show (路演).
    RoadShow,
    /// The ranking is published (公示), and objections are taken.
    Objection,
    /// What won is awarded.
    Award,
    /// Nothing more is awarded.
    Closed,
    /// It was given up before anything was awarded.
    Cancelled,
}

use RoundState::{Application, Award, Call, Cancelled, Check, Closed, Objection, RoadShow};

impl RoundState {
    /// All of them, in the order that rounds go.
    pub const ALL: [Self; 8] = [Call, Application, Check, RoadShow, Objection, Award, Closed, Cancelled];

    /// Whether its ranking is published.
    pub fn is_published(self) -> bool {
        matches!(self, Objection | Award | Closed)
    }
}

/// What must be so for a move of a round, beside the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundCondition {
    /// Nothing.
    Always,
    /// The last day of applications is over.
    ApplicationsClosed,
    /// Every application was checked, and one passed.
    Checked,
    /// Every judge without a conflict has scored every application that passed.
    Scored,
    /// The last day of objections is over, and every objection is settled.
    Settled,
}

impl RoundCondition {
    /// In words, for the table in the documentation.
    fn words(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::ApplicationsClosed => "the last day of applications is over",
            Self::Checked => "every application is checked, and one has passed",
            Self::Scored => "every judge without a conflict has scored every application that passed",
            Self::Settled => "the last day of objections is over, and every objection is settled",
        }
    }
}

/// From which state to which, the right it takes, and what must be so.
type Move = (RoundState, RoundState, Act, RoundCondition);

/// All moves of a round there are. Who runs it does not end the scoring or the objections.
pub const ROUND_MOVES: &[Move] = &[
    (Call, Application, Act::RunProject, RoundCondition::Always),
    (Application, Check, Act::RunProject, RoundCondition::ApplicationsClosed),
    (Check, RoadShow, Act::RunProject, RoundCondition::Checked),
    (RoadShow, Objection, Act::Review, RoundCondition::Scored),
    (Objection, Award, Act::Review, RoundCondition::Settled),
    (Award, Closed, Act::RunProject, RoundCondition::Always),
    (Call, Cancelled, Act::RunProject, RoundCondition::Always),
    (Application, Cancelled, Act::RunProject, RoundCondition::Always),
    (Check, Cancelled, Act::RunProject, RoundCondition::Always),
    (RoadShow, Cancelled, Act::Review, RoundCondition::Always),
    (Objection, Cancelled, Act::Review, RoundCondition::Always),
];

/// [`ROUND_MOVES`] as the documentation shows it.
pub fn round_table() -> String {
    let mut text = String::from("| from | to | who | condition |\n|---|---|---|---|\n");
    for (from, to, act, condition) in ROUND_MOVES {
        let (from, to) = (value_name(*from), value_name(*to));
        text.push_str(&format!("| {from} | {to} | {} | {} |\n", who(*act), condition.words()));
    }
    text
}

/// The roles that allow an act, for the tables of the documentation.
pub(super) fn who(act: Act) -> String {
    let roles = RIGHTS.iter().find(|(right, _)| *right == act).map_or(&[][..], |(_, roles)| roles);
    roles.iter().map(|role| value_name(*role)).collect::<Vec<_>>().join(", ")
}

/// A fund's call for applications, from its text to the last award.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Round {
    /// The key.
    pub id: GrantRoundId,
    /// Whose money it awards.
    pub fund_id: FundId,
    /// What the grants are for.
    pub purpose_id: PurposeId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What is called for.
    pub call_text: String,
    /// The most that all its awards come to.
    pub budget: Fen,
    /// The most of one award.
    pub grant_max: Fen,
    /// The last day of applications.
    pub closes_on: Date,
    /// How many days objections are taken.
    pub objection_days: i64,
    /// How far it is.
    pub state: RoundState,
    /// The day its call was published.
    pub opened_on: Date,
    /// The day its state last changed.
    pub moved_on: Date,
    /// The last day of objections; `None` until the ranking is published.
    pub objections_to: Option<Date>,
    /// The path of the fund's area.
    pub area_path: String,
}

impl Round {
    /// What an act on this round is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }

    /// Checks that it is in one of `states`.
    ///
    /// # Errors
    /// [`Refusal::RoundState`] at `field`.
    pub fn ensure_state(&self, states: &[RoundState], field: &str) -> Result<()> {
        if states.contains(&self.state) {
            return Ok(());
        }
        let accepted = states.iter().map(|state| format!("{state:?}")).collect::<Vec<_>>().join(" or ");
        Err(Refusal::RoundState { state: format!("{:?}", self.state), accepted }.at(field))
    }

    /// Whether `viewer` may move it to `to` on the day `on`, as these facts stand.
    ///
    /// # Errors
    /// Denied without the right; refused for a move that [`ROUND_MOVES`] does not have, and for what its condition
    /// lacks.
    pub fn may_move(&self, viewer: &Viewer, facts: RoundFacts, to: RoundState, on: NaiveDate) -> Result<()> {
        let Some((.., act, condition)) = ROUND_MOVES.iter().find(|(a, b, ..)| (*a, *b) == (self.state, to)) else {
            viewer.must(Act::RunProject, &[self.on()])?;
            let from = ROUND_MOVES.iter().filter(|(_, b, ..)| *b == to).map(|(a, ..)| format!("{a:?}"));
            let from: Vec<String> = from.collect();
            let accepted = if from.is_empty() { "nothing".to_owned() } else { from.join(" or ") };
            return Err(Refusal::RoundState { state: format!("{:?}", self.state), accepted }.at("roundId"));
        };
        viewer.must(*act, &[self.on()])?;
        self.check(facts, *condition, on)
    }

    fn check(&self, facts: RoundFacts, condition: RoundCondition, on: NaiveDate) -> Result<()> {
        let after = |last: NaiveDate| match last.succ_opt() {
            Some(from) if on <= last => Err(Refusal::RoundEarly { from }.at("movedOn")),
            _ => Ok(()),
        };
        match condition {
            RoundCondition::Always => Ok(()),
            RoundCondition::ApplicationsClosed => after(self.closes_on.0),
            RoundCondition::Checked if facts.unchecked > 0 => {
                Err(Refusal::ApplicationsUnchecked { count: facts.unchecked }.at("roundId"))
            }
            RoundCondition::Checked if facts.passed == 0 => Err(Refusal::RoundEmpty {}.at("roundId")),
            RoundCondition::Checked => Ok(()),
            RoundCondition::Scored if facts.unscored > 0 => {
                Err(Refusal::SheetsMissing { count: facts.unscored }.at("roundId"))
            }
            RoundCondition::Scored => Ok(()),
            RoundCondition::Settled => {
                after(self.objections_to.expect("objections are taken up to a day").0)?;
                match facts.unsettled {
                    0 => Ok(()),
                    count => Err(Refusal::ObjectionsOpen { count }.at("roundId")),
                }
            }
        }
    }
}

/// What is known of a round when it is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RoundFacts {
    /// The round.
    pub round_id: GrantRoundId,
    /// Applications that nobody has checked.
    pub unchecked: i64,
    /// Applications that passed.
    pub passed: i64,
    /// Sheets that judges without a conflict owe.
    pub unscored: i64,
    /// Objections that are not settled.
    pub unsettled: i64,
}

/// What judges score by: a score counts `weight` times.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Criterion {
    /// The round; not read where it is opened.
    pub round_id: GrantRoundId,
    /// Its number in the round, from 1.
    pub criterion_no: i64,
    /// What is judged.
    pub name: String,
    /// How many times a score counts.
    pub weight: i64,
    /// The largest score.
    pub score_max: i64,
}

/// Somebody who scores in a round.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Judge {
    /// The key; not read where the round is opened.
    pub id: GrantJudgeId,
    /// The round.
    pub round_id: GrantRoundId,
    /// The number in the round, from 1.
    pub judge_no: i64,
    /// As the papers name them.
    pub name: String,
    /// Who scores for the judge through the API.
    pub principal_id: Option<PrincipalId>,
    /// The party that the judge is of.
    pub party_id: Option<PartyId>,
}

/// One move of a round from state to state.
#[derive(Clone, Debug, PartialEq, Eq, async_graphql::SimpleObject, sqlx::FromRow)]
#[graphql(name = "GrantRoundMove")]
pub struct RoundMove {
    /// The round.
    #[graphql(skip)]
    pub round_id: GrantRoundId,
    /// The state it left.
    #[graphql(name = "from")]
    pub from_state: RoundState,
    /// The state it came to.
    #[graphql(name = "to")]
    pub to_state: RoundState,
    /// The day.
    pub moved_on: Date,
}

/// A judge, as a round is opened with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeDraft {
    /// As the papers name them.
    pub name: String,
    /// The name of the principal who scores for them.
    pub principal: Option<String>,
    /// The party that they are of.
    pub party: Option<PartyId>,
}

/// What a round is opened from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundDraft {
    /// What it is; its key, state and later days are not read.
    pub round: Round,
    /// The steps of the ladder that it is for.
    pub stages: Vec<GrantStage>,
    /// What judges score by.
    pub criteria: Vec<Criterion>,
    /// Who scores.
    pub judges: Vec<JudgeDraft>,
}

/// Bounds of the days on which objections are taken.
const OBJECTION_DAYS: (i64, i64) = (5, 90);
/// Bounds of weights and of scores.
const WEIGHT_MAX: i64 = 1000;
const SCORE_MAX: i64 = 100;

/// Opens a round with its call.
///
/// # Errors
/// Refused for texts, sums, numbers and days out of bounds, a grant larger than the budget, no stage, a criterion or
/// stage named twice, a code that is taken, a fund, purpose, party or principal that does not exist, and a purpose
/// that the fund may not spend on.
pub async fn open(tx: &mut Tx, by: By<'_>, draft: &RoundDraft) -> Result<Round> {
    let found = fund::store::by_ids(&mut *tx, &[draft.round.fund_id]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    by.viewer.must(Act::RunProject, &[fund.on()])?;
    head::lock(tx, fund.id).await?;
    let round = checked(by, draft)?;
    let criteria = criteria_of(draft)?;
    if store::round_by_code(&mut *tx, fund.id, &round.code).await?.is_some() {
        return Err(Refusal::NameTaken { name: round.code }.at("code"));
    }
    let found = fund::store::purposes_by_ids(&mut *tx, &[round.purpose_id]).await?.pop();
    let purpose = found.ok_or_else(|| Refusal::NotFound { what: "purpose".into() }.at("purposeId"))?;
    if !purpose_allowed(&mut *tx, fund.id, purpose.id).await? {
        return Err(Refusal::PurposeNotAllowed { purpose: purpose.name, fund: fund.name }.at("purposeId"));
    }
    let judges = judges_of(tx, draft).await?;
    let id = store::insert_round(tx, &round, by.viewer.actor()?).await?;
    store::insert_stages(tx, id, &draft.stages).await?;
    store::insert_criteria(tx, id, &criteria).await?;
    store::insert_judges(tx, id, &judges).await?;
    Ok(Round { id, area_path: fund.area_path, ..round })
}

fn checked(by: By<'_>, draft: &RoundDraft) -> Result<Round> {
    let round = &draft.round;
    let code = check_text(&round.code, fund::CODE_MAX, "code")?;
    let title = check_text(&round.title, TITLE_MAX, "title")?;
    let call_text = check_text(&round.call_text, TEXT_MAX, "callText")?;
    check_amount(round.budget, "budget")?;
    check_amount(round.grant_max, "grantMax")?;
    if round.grant_max > round.budget {
        return Err(Refusal::BudgetExceeded { asked: round.grant_max, left: round.budget }.at("grantMax"));
    }
    check_past(round.opened_on.0, by.today, "openedOn")?;
    if round.closes_on < round.opened_on {
        return Err(Refusal::PeriodReversed { from: round.opened_on.0, to: round.closes_on.0 }.at("closesOn"));
    }
    check_range(round.objection_days, OBJECTION_DAYS.0, OBJECTION_DAYS.1, "objectionDays")?;
    check_size(draft.stages.len(), 1, 3, "stages")?;
    for (i, stage) in draft.stages.iter().enumerate() {
        if draft.stages[..i].contains(stage) {
            return Err(Refusal::NameTaken { name: value_name(*stage) }.at(&format!("stages.{i}")));
        }
    }
    Ok(Round { code, title, call_text, state: Call, moved_on: round.opened_on, objections_to: None, ..round.clone() })
}

fn criteria_of(draft: &RoundDraft) -> Result<Vec<Criterion>> {
    check_size(draft.criteria.len(), 1, CRITERIA_MAX, "criteria")?;
    let mut kept: Vec<Criterion> = vec![];
    for (i, one) in draft.criteria.iter().enumerate() {
        let name = check_text(&one.name, TITLE_MAX, &format!("criteria.{i}.name"))?;
        if kept.iter().any(|known| known.name == name) {
            return Err(Refusal::NameTaken { name }.at(&format!("criteria.{i}.name")));
        }
        check_range(one.weight, 1, WEIGHT_MAX, &format!("criteria.{i}.weight"))?;
        check_range(one.score_max, 1, SCORE_MAX, &format!("criteria.{i}.scoreMax"))?;
        kept.push(Criterion { name, ..one.clone() });
    }
    Ok(kept)
}

/// The judges with their principals and parties looked up, under keys that are not read.
async fn judges_of(tx: &mut Tx, draft: &RoundDraft) -> Result<Vec<Judge>> {
    check_size(draft.judges.len(), 1, JUDGES_MAX, "judges")?;
    let parties: Vec<PartyId> = draft.judges.iter().filter_map(|judge| judge.party).collect();
    let known = if parties.is_empty() { vec![] } else { party::store::by_ids(&mut *tx, &parties).await? };
    let mut judges = vec![];
    for (i, judge) in draft.judges.iter().enumerate() {
        let name = check_text(&judge.name, TITLE_MAX, &format!("judges.{i}.name"))?;
        if judge.party.is_some_and(|party| known.iter().all(|one| one.id != party)) {
            return Err(Refusal::NotFound { what: "party".into() }.at(&format!("judges.{i}.partyId")));
        }
        let principal_id = match &judge.principal {
            None => None,
            Some(principal) => {
                let found = viewer::store::principal_by_name(&mut *tx, principal).await?;
                let missing = || Refusal::NotFound { what: "principal".into() }.at(&format!("judges.{i}.principal"));
                Some(found.ok_or_else(missing)?)
            }
        };
        // The keys are the database's, and the number is the place in the list.
        let (id, round_id) = (GrantJudgeId(0), draft.round.id);
        let judge_no = i64::try_from(i + 1).expect("a list in memory is shorter");
        judges.push(Judge { id, round_id, judge_no, name, principal_id, party_id: judge.party });
    }
    Ok(judges)
}

/// The round, with its fund's head locked.
pub(super) async fn locked(tx: &mut Tx, id: GrantRoundId) -> Result<Round> {
    let not_found = || Refusal::NotFound { what: "round of grants".into() }.at("roundId");
    let before = store::rounds_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, before.fund_id).await?;
    store::rounds_by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)
}

/// Moves a round on to another state on the day `on`; where its ranking is published, the days of objections begin.
///
/// # Errors
/// Refused for a day to come or before the last move, a round that does not exist, and what [`Round::may_move`]
/// refuses.
pub async fn advance(tx: &mut Tx, by: By<'_>, id: GrantRoundId, to: RoundState, on: NaiveDate) -> Result<Round> {
    let round = locked(tx, id).await?;
    let found = store::round_facts_of(&mut *tx, &[id]).await?.pop();
    let facts = found.expect("the round was found before");
    round.may_move(by.viewer, facts, to, on)?;
    check_past(on, by.today, "movedOn")?;
    if on < round.moved_on.0 {
        return Err(Refusal::PeriodReversed { from: round.moved_on.0, to: on }.at("movedOn"));
    }
    let days = Days::new(round.objection_days.unsigned_abs() - 1);
    let objections_to = match to {
        Objection => on.checked_add_days(days).map(Into::into),
        _ => round.objections_to,
    };
    let moved = Round { state: to, moved_on: on.into(), objections_to, ..round.clone() };
    ensure_rows(store::set_round_state(tx, &moved).await?, 1, "grant_round")?;
    store::insert_round_move(tx, id, round.state, to, on, by.viewer.actor()?).await?;
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::Error,
        viewer::{Held, Role},
    };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn round(state: RoundState) -> Round {
        Round {
            id: GrantRoundId(1),
            fund_id: FundId(1),
            purpose_id: PurposeId(1),
            code: "R1".into(),
            title: "Round".into(),
            call_text: "Apply.".into(),
            budget: Fen(100),
            grant_max: Fen(50),
            closes_on: day("2026-03-10").into(),
            objection_days: 7,
            state,
            opened_on: day("2026-03-01").into(),
            moved_on: day("2026-03-01").into(),
            objections_to: Some(day("2026-04-10").into()),
            area_path: "/1/".into(),
        }
    }

    fn viewer(role: Role) -> Viewer {
        let mut viewer = Viewer::public();
        (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(role, Held::Fund(FundId(1)))]);
        viewer
    }

    /// Nothing is missing: what is refused is refused for the state or the right.
    const DONE: RoundFacts =
        RoundFacts { round_id: GrantRoundId(1), unchecked: 0, passed: 3, unscored: 0, unsettled: 0 };

    #[test]
    fn every_role_moves_a_round_as_the_table_says_and_no_other_way() {
        // Rows: from; columns: to, in the order of `RoundState::ALL`. Who may: r runs, j judges.
        let allowed = [
            (Call, "-r-----r"),
            (Application, "--r----r"),
            (Check, "---r---r"),
            (RoadShow, "----j--j"),
            (Objection, "-----j-j"),
            (Award, "------r-"),
            (Closed, "--------"),
            (Cancelled, "--------"),
        ];
        let roles = [
            (Role::HostOfficer, "rj"),
            (Role::StreetOfficer, "rj"),
            (Role::CommunityStaff, "r"),
            (Role::CommitteeMember, "j"),
            (Role::PartyRepresentative, ""),
            (Role::Auditor, ""),
        ];
        let mut asked = 0;
        for (from, row) in allowed {
            for (to, mark) in RoundState::ALL.into_iter().zip(row.chars()) {
                for (role, rights) in roles {
                    let outcome = round(from).may_move(&viewer(role), DONE, to, day("2026-05-01"));
                    assert_eq!(outcome.is_ok(), rights.contains(mark), "{role:?} from {from:?} to {to:?}");
                    asked += 1;
                }
                let outcome = round(from).may_move(&Viewer::public(), DONE, to, day("2026-05-01"));
                assert!(matches!(outcome, Err(Error::Denied(_))), "the public from {from:?} to {to:?}");
            }
        }
        assert_eq!(asked, 8 * 8 * 6);
    }

    #[test]
    fn a_round_waits_for_its_days_checks_sheets_and_objections() {
        let rows = [
            (Application, Check, DONE, "2026-03-10", Some(Refusal::RoundEarly { from: day("2026-03-11") })),
            (Application, Check, DONE, "2026-03-11", None),
            (
                Check,
                RoadShow,
                RoundFacts { unchecked: 2, ..DONE },
                "2026-03-12",
                Some(Refusal::ApplicationsUnchecked { count: 2 }),
            ),
            (Check, RoadShow, RoundFacts { passed: 0, ..DONE }, "2026-03-12", Some(Refusal::RoundEmpty {})),
            (
                RoadShow,
                Objection,
                RoundFacts { unscored: 1, ..DONE },
                "2026-04-04",
                Some(Refusal::SheetsMissing { count: 1 }),
            ),
            (Objection, Award, DONE, "2026-04-10", Some(Refusal::RoundEarly { from: day("2026-04-11") })),
            (
                Objection,
                Award,
                RoundFacts { unsettled: 1, ..DONE },
                "2026-04-11",
                Some(Refusal::ObjectionsOpen { count: 1 }),
            ),
            (Objection, Award, DONE, "2026-04-11", None),
        ];
        for (from, to, facts, on, expected) in rows {
            let told = match round(from).may_move(&viewer(Role::HostOfficer), facts, to, day(on)) {
                Ok(()) => None,
                Err(Error::Refused(refused)) => Some(refused.refusal),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(told, expected, "{from:?} to {to:?} on {on}");
        }
    }
}
