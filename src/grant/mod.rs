//! Micro-venture grants (公益微创投): rounds in which groups apply, are scored and win; and how a grant is run.
//!
//! * A round goes from its call to its awards as [`ROUND_MOVES`] says; every move is recorded.
//! * A group applies once in a round. For growth and excellence it has passed the evaluation of the step before.
//! * Judges score at the road-show, each on one sheet for each application, and not where they declared a conflict.
//!   The ranking is computed from the sheets in whole numbers; who is alike is told so.
//! * Objections are taken while the ranking is published, and settled before anything is awarded.
//! * All awards of a round come to its budget at most. An award gets money as any target does: by resolutions of
//!   the committee, which come to the award at most.
//! * A grant goes on as [`GRANT_MOVES`] says. Under contract it is paid by tranches, each after its report: what has
//!   left it is never more than the tranches that may be paid (see [`tranche`]).

mod apply;
pub mod graphql;
mod judge;
mod rank;
mod round;
mod run;
pub mod store;
pub mod tranche;

pub use apply::{
    Application, ApplicationDraft, ApplicationState, Award, Awarded, Check, CheckOutcome, Objection, ObjectionDraft,
    ObjectionOutcome, Settlement, award, check, object, settle, submit,
};
pub use judge::{Conflict, Score, Sheet, declare, score};
pub use rank::{Place, Ranked, Scored, rank};
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

/// What is not for the public while groups apply and judges score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// What is published: the rounds whose ranking is.
    Published,
    /// Everything.
    All,
}

impl Which {
    /// 1 where everything is meant, as a statement takes it.
    pub fn everything(self) -> i64 {
        i64::from(self == Self::All)
    }
}
