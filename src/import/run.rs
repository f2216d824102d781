//! An import from its file to the books: read, match to what is on record, judge, and book.
//!
//! Placeholder: the signature is what `cobuild import contributions` calls; the body is written elsewhere.

use std::path::PathBuf;

use chrono::NaiveDate;

use crate::{
    db::Db,
    error::{Error, Result},
    money::Fen,
    viewer::By,
};

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct Order {
    /// The file.
    pub file: PathBuf,
    /// The code of the fund that the gifts are given to.
    pub fund: String,
    /// The file that says which column is what; `None` to find out by their names.
    pub map: Option<PathBuf>,
    /// The day of gifts whose rows have none.
    pub date: Option<NaiveDate>,
    /// Who handed all of it over, where that is not the giver of each row.
    pub payer: Option<String>,
    /// Whether anything is booked.
    pub mode: Mode,
}

/// Whether an import books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Says what would be booked.
    DryRun,
    /// Books.
    Commit,
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Rows with a gift.
    pub rows: u64,
    /// Gifts that were booked, or would be.
    pub booked: u64,
    /// What they add up to.
    pub amount: Fen,
    /// Gifts that were booked by an earlier run.
    pub repeated: u64,
    /// Rows that were refused.
    pub refused: Vec<RowRefused>,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRefused {
    /// Its number in the file, from 1.
    pub row: u64,
    /// The column at fault, as the file calls it; `None` when it is the row.
    pub column: Option<String>,
    /// Why, in the caller's language.
    pub message: String,
}

/// Imports gifts; `progress` is told how many rows are done, and of how many.
///
/// Nothing is booked when the file as a whole is refused; running it again books nothing twice.
///
/// # Errors
/// The refusal of the whole file, a denial, or a fault. Refused rows are no error: they stand in the outcome.
#[expect(clippy::unused_async, reason = "whoever writes the body will wait for the database")]
pub async fn run(_db: &Db, _by: By<'_>, _order: &Order, _progress: impl FnMut(u64, u64)) -> Result<Outcome> {
    Err(Error::BadInput("importing is not built into this cobuild yet".into()))
}
