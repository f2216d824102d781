//! Taking back what an import has booked, batch by batch, by reversals.

use super::{Ended, Hand, size};
use crate::{
    db::Tx,
    error::Result,
    import::job::{State, store, store::Counts},
    viewer::settle,
};

/// The rows that are taken back in one transaction: each is an entry of its own.
const UNDO_ROWS: i64 = 100;

impl Hand<'_> {
    /// Takes back what is left of it.
    pub(super) async fn take_back(&self) -> Result<Ended> {
        loop {
            if self.runner.is_stopping() {
                return self.runner.give_up(self.job.id).await;
            }
            let mut tx = self.runner.db.begin().await?;
            let some = self.take_back_some(&mut tx).await;
            match settle(tx, some).await? {
                None => return Ok(Ended::Lost),
                Some(0) => return self.runner.end(self.job.id, State::Undone, None).await,
                Some(_) => {}
            }
        }
    }

    /// Takes back some rows, and says how many; `None` where the job is not in hand any more.
    async fn take_back_some(&self, tx: &mut Tx) -> Result<Option<usize>> {
        let made = store::made_after(&mut *tx, self.job.id, 0, UNDO_ROWS).await?;
        let (Some((first, _)), Some((last, _))) = (made.first(), made.last()) else { return Ok(Some(0)) };
        self.job.kind.take_back(tx, self.by(), &self.job, &made).await?;
        store::delete_made(tx, self.job.id, *first, *last).await?;
        let counts = Counts { rows: size(made.len()), ..Counts::default() };
        Ok(self.advance(tx, State::Undoing, &counts).await?.then_some(made.len()))
    }
}
