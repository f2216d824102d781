//! Proposal contests (公益提案大赛): a call, proposals of anyone, sheets of judges and residents, and the projects that win.
//!
//! * A proposal says what a project's does, and is checked like one: a winner becomes that project, in the act that closes
//!   the contest.
//! * A sheet is handed in once and whole, while the contest is scored. No judge scores what their own party proposed.
//! * The ranking is computed from the sheets, exactly, and its winners are what the budget holds from the first rank down.

pub mod graphql;
mod propose;
mod score;
mod state;
pub mod store;

use std::collections::HashMap;

use chrono::NaiveDate;

pub use graphql::{
    ContestById, ContestConnection, ContestMutation, ContestNode, ContestProposalById, ContestProposalNode,
    contests_of_fund, proposal_of_project,
};
pub use propose::{ContestDraft, EntryDraft, JudgeDraft, open, propose};
pub use score::{Counted, CountedScore, JudgeScore, Sheet, count, score};
pub use state::{
    CONTEST_DEEDS, CONTEST_MOVES, ContestCondition, ContestFacts, ContestMove, ContestState, advance, close,
    contest_table, may_do, may_move,
};

use crate::{
    clock::Date,
    id::{AreaId, ContestId, ContestProposalId, FundId, PartyId, PrincipalId, PurposeId, TargetId},
    money::Fen,
    project::{BudgetLine, FundingPart, FundingSource, MilestoneDraft},
    ranking::{Candidate, Part, Ranked, Score, rank},
    viewer::On,
};

/// A fund's call for proposals.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Contest {
    /// The key.
    pub id: ContestId,
    /// Whose money the winners ask for.
    pub fund_id: FundId,
    /// Its short name within the fund.
    pub code: String,
    /// What it is called.
    pub title: String,
    /// What is called for.
    pub call_text: String,
    /// The most that its winners ask of the fund together.
    pub budget: Fen,
    /// The judges' part of the score; the residents' is the rest.
    pub judges_percent: i64,
    /// The last day of proposals.
    pub proposals_to: Date,
    /// How far it is.
    pub state: ContestState,
    /// The day its call was published.
    pub opened_on: Date,
    /// The day its state last changed.
    pub moved_on: Date,
    /// The path of the fund's area.
    pub area_path: String,
}

/// What is scored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ContestCriterion {
    /// The contest; not read where it is opened.
    pub contest_id: ContestId,
    /// Its number in the contest, from 1; not read where it is opened.
    pub criterion_no: i64,
    /// What is looked at.
    pub name: String,
    /// How often a score counts.
    pub weight: i64,
    /// The largest score.
    pub score_max: i64,
}

/// Who scores.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ContestJudge {
    /// The contest.
    pub contest_id: ContestId,
    /// The number in the contest, from 1.
    pub judge_no: i64,
    /// As the papers name them.
    pub name: String,
    /// Who hands the sheets in; `None` where they are entered for the judge.
    pub principal_id: Option<PrincipalId>,
    /// The party that the judge is of.
    pub party_id: Option<PartyId>,
}

/// A move of a contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ContestMoved {
    /// The contest.
    pub contest_id: ContestId,
    /// The state it left.
    pub from_state: ContestState,
    /// The state it came to.
    pub to_state: ContestState,
    /// The day.
    pub moved_on: Date,
}

/// Something that was proposed to a contest.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ContestProposal {
    /// The key.
    pub id: ContestProposalId,
    /// The contest.
    pub contest_id: ContestId,
    /// Its number in the contest, from 1.
    pub proposal_no: i64,
    /// Who proposed it.
    pub party_id: PartyId,
    /// Where it is done.
    pub area_id: AreaId,
    /// What it is for.
    pub purpose_id: PurposeId,
    /// What it is called.
    pub title: String,
    /// What is done, why and for whom.
    pub summary: String,
    /// How many residents it serves.
    pub residents: i64,
    /// What it asks of the fund.
    pub asked: Fen,
    /// The day it was proposed.
    pub proposed_on: Date,
    /// The project that it became.
    pub project_id: Option<TargetId>,
}

/// A line of a proposal's budget.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProposalLine {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// What is bought.
    pub label: String,
    /// What it will cost.
    pub amount: Fen,
}

/// A part of a proposal's co-financing plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProposalPart {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// Who is to pay it.
    pub source: FundingSource,
    /// How much.
    pub amount: Fen,
}

/// Something that a proposal is to reach.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProposalMilestone {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// What is to be reached.
    pub title: String,
    /// The day by which.
    pub due_on: Date,
    /// Its part of the progress.
    pub weight: i64,
}

/// The project of these is the database's to name.
const UNWRITTEN: TargetId = TargetId(0);

impl From<&ProposalLine> for BudgetLine {
    fn from(line: &ProposalLine) -> Self {
        Self { project_id: UNWRITTEN, label: line.label.clone(), amount: line.amount }
    }
}

impl From<&ProposalPart> for FundingPart {
    fn from(part: &ProposalPart) -> Self {
        Self { project_id: UNWRITTEN, source: part.source, amount: part.amount }
    }
}

impl From<&ProposalMilestone> for MilestoneDraft {
    fn from(one: &ProposalMilestone) -> Self {
        Self { title: one.title.clone(), due_on: one.due_on.0, weight: one.weight }
    }
}

/// What the sheets of a proposal come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    /// The proposal.
    pub proposal_id: ContestProposalId,
    /// The contest.
    pub contest_id: ContestId,
    /// What it asks of the fund.
    pub asked: Fen,
    /// How many judges score it: all but those of the party that proposed it.
    pub judges: i64,
    /// How many of their sheets are in.
    pub sheets: i64,
    /// The scores of those, each times the weight of its criterion, added up.
    pub points: i64,
    /// How many residents' sheets were counted.
    pub respondents: i64,
    /// The scores of those, in the same way.
    pub resident_points: i64,
}

impl Contest {
    /// What an act on this contest is about: its fund.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.fund_id, &self.area_path)
    }

    /// What is known of it on a day, from what its sheets come to.
    pub fn facts(&self, today: NaiveDate, tallies: &[Tally]) -> ContestFacts {
        let own = || tallies.iter().filter(|tally| tally.contest_id == self.id);
        // A proposal that no judge may score is never scored.
        let judged = |tally: &Tally| tally.judges.max(1) - tally.sheets;
        let counted = |tally: &Tally| i64::from(self.judges_percent < 100 && tally.respondents == 0);
        let missing = own().map(|tally| judged(tally) + counted(tally)).sum();
        let proposals = i64::try_from(own().count()).expect("a list in memory is shorter");
        ContestFacts { today, proposals, missing }
    }

    /// The score of a proposal, exactly; `None` while a sheet that counts is missing.
    pub fn score(&self, tally: &Tally) -> Option<Score> {
        Score::of(&[
            Part { percent: self.judges_percent, points: tally.points, sheets: tally.sheets },
            Part { percent: 100 - self.judges_percent, points: tally.resident_points, sheets: tally.respondents },
        ])
    }
}

/// The ranking of a contest, best first; what has no score is not in it.
pub fn ranking(contest: &Contest, tallies: &[Tally]) -> Vec<Ranked<ContestProposalId>> {
    let candidate = |tally: &Tally| {
        let score = contest.score(tally)?;
        Some(Candidate { key: tally.proposal_id, asked: tally.asked, score })
    };
    let own = tallies.iter().filter(|tally| tally.contest_id == contest.id);
    rank(&own.filter_map(candidate).collect::<Vec<_>>(), contest.budget)
}

/// The criteria of a contest by their numbers.
fn by_number(criteria: &[ContestCriterion]) -> HashMap<i64, &ContestCriterion> {
    criteria.iter().map(|one| (one.criterion_no, one)).collect()
}

/// The most characters of a contest's code, which the codes of its winners begin with.
pub const CODE_MAX: usize = 30;
/// The most criteria of a contest.
pub const CRITERIA_MAX: usize = 20;
/// The largest weight of a criterion.
pub const WEIGHT_MAX: i64 = 1_000;
/// The largest score for a criterion.
pub const SCORE_MAX: i64 = 100;
/// The most judges of a contest.
pub const JUDGES_MAX: usize = 99;
/// The most proposals to a contest, so that it is ranked at one sitting.
pub const PROPOSALS_MAX: usize = 200;
/// The most residents' sheets of a proposal, so that scores stay exact in 64 bits when they are shown.
pub const RESPONDENTS_MAX: i64 = 1_000_000;
