//! A write from its beginning to its end, begun again where that is safe.
//!
//! * What another transaction was in the way of, or whose connection was lost before COMMIT, has left nothing
//!   and is done again.
//! * A connection lost at COMMIT leaves open whether the transaction is there. What stores an answer under a
//!   key is done again: it finds that answer, or does what it was asked. Anything else is not.
//! * Nobody waits longer than [`PATIENCE`]: then the caller is told to send the same request again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::By;
use crate::{
    db::{Db, Tx},
    error::{Error, Refusal, Result},
    failure::{self, Failure},
};

/// From the first try until no other is begun: well below the time that a request may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often a write that meets another one's key is tried: the second time it reads what the other wrote.
const CONFLICTS_MAX: u32 = 3;

/// The longest wait before another try.
const PAUSE_MAX: Duration = Duration::from_millis(400);

/// Does `work` in a transaction, and commits it.
///
/// # Errors
/// What `work` answers; [`Refusal::StorageFull`], [`Refusal::Conflict`] and [`Error::Unavailable`] when it
/// could not be stored.
pub async fn write<'b, T>(
    db: &Db,
    by: impl Fn() -> By<'b>,
    // Called once for each try: what it is given it borrows, so that a copy costs nothing.
    work: impl AsyncFnOnce(&mut Tx, By<'_>) -> Result<T> + Clone,
) -> Result<T> {
    let start = Instant::now();
    let mut conflicts = 0;
    let mut pause = Duration::from_millis(2);
    loop {
        let (ended, is_safe) = attempt(db, by(), work.clone()).await;
        let again = match &ended {
            Err(Error::Refused(refused)) if refused.refusal == (Refusal::Conflict {}) => {
                conflicts += 1;
                conflicts < CONFLICTS_MAX
            }
            Err(Error::Unavailable(_)) => is_safe && start.elapsed() < PATIENCE,
            _ => false,
        };
        if !again {
            return ended;
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Does it once; and says whether it may be done again when the database has failed.
async fn attempt<T>(db: &Db, by: By<'_>, work: impl AsyncFnOnce(&mut Tx, By<'_>) -> Result<T>) -> (Result<T>, bool) {
    let mut tx = match db.begin().await {
        Ok(tx) => tx,
        Err(why) => return (Err(why.into()), true),
    };
    let outcome = work(&mut tx, by).await;
    let is_safe = outcome.is_err() || tx.is_repeatable();
    (settle(tx, outcome).await, is_safe)
}

/// Commits a transaction whose work went well, and drops one whose work did not.
///
/// # Errors
/// The outcome's own; [`Refusal::StorageFull`] when there was no room to write, [`Refusal::Conflict`] when
/// another transaction took a key between our look and our write.
pub async fn settle<T>(tx: Tx, outcome: Result<T>) -> Result<T> {
    let ended = match outcome {
        Ok(done) => tx.commit().await.map(|()| done).map_err(Error::from),
        Err(error) => Err(error),
    };
    let Err(Error::Fault(fault)) = &ended else { return ended };
    match fault.database().map(failure::of) {
        Some(Failure::Full) => Err(Refusal::StorageFull {}.into()),
        Some(Failure::Taken) => Err(Refusal::Conflict {}.into()),
        _ => ended,
    }
}
