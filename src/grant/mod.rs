//! Micro-venture grants (公益微创投): rounds in which groups apply, are scored and win; and how a grant is run.
//!
//! * A round goes from its call to its awards as [`ROUND_MOVES`] says; every move is recorded.
//! * A group applies once in a round. For growth and excellence it has passed the evaluation of the step before.
//! * Judges score at the road-show, each on one sheet for each application, and not where they declared a conflict.
//!   The ranking is computed from the sheets in whole numbers; who is alike is told so.
//! * Objections are taken while the ranking is published, and settled before anything is awarded.
//! * All awards of a round come to its budget at most. An award gets money as any target does: by resolutions of
//!   the committee, which come to the award at most.
//! * A grant goes on as [`GRANT_MOVES`] says; one that was not evaluated can end all the same (see [`end`]). Under contract it is paid by tranches, each after its report: what has
//!   left it is never more than the tranches that may be paid (see [`tranche`]).

mod apply;
mod end;
pub mod graphql;
mod judge;
mod rank;
mod round;
mod run;
pub mod store;
pub mod tranche;

use crate::{
    id::{FundId, PartyId},
    viewer::{Act, Held, Viewer},
};
pub use apply::{
    Application, ApplicationDraft, ApplicationState, Award, Awarded, Check, CheckOutcome, Objection, ObjectionDraft,
    ObjectionOutcome, Settlement, award, check, object, settle, submit,
};
pub use end::{Ending, end};
pub use judge::{Conflict, Score, Sheet, declare, score};
pub use rank::{Ranked, Scored, rank};
pub use round::{
    Criterion, Judge, JudgeDraft, ROUND_MOVES, Round, RoundCondition, RoundDraft, RoundFacts, RoundMove, RoundState,
    advance, open, round_table,
};
pub use run::{
    Contract, ContractDraft, Evaluation, EvaluationDraft, GRANT_MOVES, GrantCondition, GrantFacts, GrantState, Report,
    ReportKind, Signed, close, evaluate, grant_table, report, sign,
};
pub use tranche::Tranche;

/// The most criteria of a round.
pub const CRITERIA_MAX: usize = 20;
/// The most judges of a round.
pub const JUDGES_MAX: usize = 30;
/// The most applications of a round, so that its ranking is computed in memory.
pub const APPLICATIONS_MAX: i64 = 1000;
/// The most tranches of a contract.
pub const TRANCHES_MAX: usize = 12;
/// The most characters of a title or name.
pub const TITLE_MAX: usize = 200;
/// The most characters of a call, plan, reason or summary.
pub const TEXT_MAX: usize = 4000;
/// What an evaluation is out of.
pub const POINTS_MAX: i64 = 100;

/// Which applications a viewer may read, beside those in published rankings. A list holds what its nodes may be read
/// by, so that there is one verdict on an application however it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sight {
    /// All of them.
    pub all: bool,
    /// Those of these groups; never empty.
    pub groups: Vec<PartyId>,
    /// Those in rounds of these funds; never empty.
    pub funds: Vec<FundId>,
    /// Those in rounds of funds in these areas or below; never empty.
    pub paths: Vec<String>,
}

impl Sight {
    /// What `viewer` may read: its own groups', and where it may read the journal.
    pub fn of(viewer: &Viewer) -> Self {
        // A list in a statement is never empty: no group and no fund has this key, and no area this path.
        let mut sight = Self {
            all: viewer.is_operator(),
            groups: vec![PartyId(0)],
            funds: vec![FundId(0)],
            paths: vec![String::new()],
        };
        for held in viewer.reach(Act::ReadJournal).into_iter().flatten() {
            match held {
                Held::Fund(fund) => sight.funds.push(*fund),
                Held::Area(path) => sight.paths.push(path.clone()),
                Held::Party(_) => {}
            }
        }
        for held in viewer.reach(Act::ReadGiving).into_iter().flatten() {
            if let Held::Party(party) = held {
                sight.groups.push(*party);
            }
        }
        sight
    }
}
