//! Sample books: what a newcomer finds when nothing has been given or spent yet.

use crate::{clock::Clock, db::Db, error::Result, server::Example};

/// What the sample books come with.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// The queries that the page offers.
    pub examples: Vec<Example>,
    /// Tokens for a tour at the command line, each with whom it speaks for.
    pub tokens: Vec<(String, String)>,
}

/// Fills an empty, migrated database.
///
/// # Errors
/// What the operations that fill it refuse, and faults.
#[expect(clippy::unused_async, reason = "whoever fills it will wait for the database")]
pub async fn create(_db: &Db, _clock: &Clock) -> Result<Demo> {
    Ok(Demo::default())
}
