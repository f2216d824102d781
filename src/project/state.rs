//! How far a project is, and how it goes on.

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{Project, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, ensure_rows},
    fund::head,
    id::TargetId,
    ledger::account,
    money::Fen,
    viewer::{Act, By},
};

/// How far a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectState {
    /// It waits for the committee.
    Proposed,
    /// It may begin.
    Approved,
    /// It is being done.
    Underway,
    /// It is done; its accounts are not closed yet.
    Completed,
    /// It is done and paid.
    Closed,
    /// The committee did not want it.
    Rejected,
    /// It was given up.
    Cancelled,
}

use ProjectState::{Approved, Cancelled, Closed, Completed, Proposed, Rejected, Underway};

impl ProjectState {
    /// Whether nothing follows: the project's money must be gone, and no more comes.
    pub fn ends(self) -> bool {
        matches!(self, Closed | Rejected | Cancelled)
    }
}

/// From which state to which, and the right it takes.
pub type Move = (ProjectState, ProjectState, Act);

/// All moves there are. Whoever may propose may withdraw; the rest is for those who run projects.
pub const MOVES: &[Move] = &[
    (Proposed, Approved, Act::RunProject),
    (Proposed, Rejected, Act::RunProject),
    (Proposed, Cancelled, Act::Propose),
    (Approved, Underway, Act::RunProject),
    (Approved, Cancelled, Act::RunProject),
    (Underway, Completed, Act::RunProject),
    (Underway, Cancelled, Act::RunProject),
    (Completed, Closed, Act::RunProject),
];

fn right(from: ProjectState, to: ProjectState) -> Option<Act> {
    MOVES.iter().find(|(a, b, _)| (*a, *b) == (from, to)).map(|(.., act)| *act)
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
/// Refused for a day to come or before the last move, a project that does not exist, a move that
/// [`MOVES`] does not have, and an end with money left in the project.
pub async fn advance(tx: &mut Tx, by: By<'_>, project: TargetId, to: ProjectState, on: NaiveDate) -> Result<Project> {
    let actor = by.viewer.actor()?;
    let before = found(tx, project).await?;
    let act = right(before.state, to).unwrap_or(Act::RunProject);
    let before = locked(tx, by, project, act).await?;
    check_past(on, by.today, "movedOn")?;
    if on < before.moved_on.0 {
        return Err(Refusal::PeriodReversed { from: before.moved_on.0, to: on }.at("movedOn"));
    }
    let Some(act) = right(before.state, to) else {
        let accepted: Vec<String> = MOVES.iter().filter(|(_, b, _)| *b == to).map(|(a, ..)| format!("{a:?}")).collect();
        let accepted = if accepted.is_empty() { "nothing".to_owned() } else { accepted.join(" or ") };
        return Err(Refusal::ProjectState { state: format!("{:?}", before.state), accepted }.at("state"));
    };
    // Another right than before the lock, where somebody else moved it meanwhile.
    by.viewer.must(act, &[before.on()])?;
    if to.ends() {
        let amount: Fen = account::of_target(&mut *tx, project).await?.iter().map(|account| account.balance).sum();
        if amount != Fen::ZERO {
            return Err(Refusal::MoneyLeft { amount }.at("state"));
        }
        ensure_rows(store::set_closed(tx, project).await?, 1, "target")?;
    }
    ensure_rows(store::set_state(tx, project, to, on).await?, 1, "project")?;
    store::insert_move(tx, project, before.state, to, on, actor).await?;
    Ok(Project { state: to, moved_on: on.into(), ..before })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ProjectState; 7] = [Proposed, Approved, Underway, Completed, Closed, Rejected, Cancelled];

    #[test]
    fn a_project_goes_on_as_the_table_says_and_no_other_way() {
        // Rows: from; columns: to, in the order of ALL.
        let allowed = [
            (Proposed, "-A---RC"),
            (Approved, "--U---C"),
            (Underway, "---C--C"),
            (Completed, "----C--"),
            (Closed, "-------"),
            (Rejected, "-------"),
            (Cancelled, "-------"),
        ];
        for (from, row) in allowed {
            for (to, mark) in ALL.into_iter().zip(row.chars()) {
                assert_eq!(right(from, to).is_some(), mark != '-', "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn what_ends_a_project_has_no_way_on_and_all_else_has() {
        for state in ALL {
            assert_eq!(state.ends(), !MOVES.iter().any(|(from, ..)| *from == state), "{state:?}");
        }
    }
}
