//! What an import promises, tried on made-up files with the faults of published lists.

mod cells;
mod columns;
mod files;
mod formats;
mod gifts;
mod hints;
mod hostile;
mod published;
mod results;
mod tables;
mod workbooks;

use std::io::Cursor;

use chrono::NaiveDate;

use crate::party::NAME_MAX as GIVER_CHARS_MAX;

use super::file::{Delimiter, Encoding, FileRow, Found, LINE_BYTES_MAX, ROW_CELLS_MAX, RowReader, Wanted};
use super::*;
use gifts::{COLUMNS, Contributions, Options, Repeat, read, read_bytes};

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, 30).expect("a day")
}

fn options() -> Options {
    Options { mapping: Mapping::default(), today: today(), date_default: None }
}

/// Reads a file that is accepted as a whole.
fn contributions(text: &str) -> Contributions {
    read_bytes(text.as_bytes()).expect("the file is accepted")
}

/// The code and the English sentence of a file that is refused.
fn refusal(bytes: &[u8]) -> FileRefusal {
    read_bytes(bytes).expect_err("the file is refused")
}

fn keys(contributions: &Contributions) -> std::collections::BTreeSet<&str> {
    contributions.rows.iter().map(|row| row.key.as_str()).collect()
}
