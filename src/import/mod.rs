//! Imports: a file as a publisher left it becomes drafts that the rules of the fund judge, and bookings.
//!
//! Reading is pure: bytes in, drafts and refusals out; it knows no fund, no giver on record and no
//! database. What follows it knows the fund, and books by the operations that the graph books by.
//!
//! | step | file |
//! |---|---|
//! | bytes to rows of cells | `file` |
//! | rows to columns, by synonyms or a mapping | `table`, `header`, `column`, `mapping` |
//! | cells to names, days and fen | `record`, `cell`, `amount` |
//! | total rows told apart and compared | `total` |
//! | rows to drafts, one pass at a time | `list`, and one file for each kind of list in `kind` |
//! | contents that stand more than once, in flat memory | `seen` |
//! | whom a row means | `who` |
//! | drafts judged and booked, by the operations of the graph | `kind`, `store` |
//! | the job: a row that outlives the process that works on it | `job` |
//! | plan, compare, book and take back, batch by batch | `run` |
//! | what came of it: in words, and as the file with its outcomes | `word`, `summary`, `result` |
//! | the doors | `graphql`, `inline`, [`crate::server`], [`crate::cli`] |
//! | what the words of a gift tell beyond its cells | `hint` |
//!
//! Invariants:
//! * an amount is never a binary fraction, from the file's digits to fen;
//! * nothing is dropped without being reported by its row;
//! * the same gifts give the same keys, however the file was saved;
//! * memory does not grow with the file.

mod amount;
mod cell;
pub mod column;
pub mod file;
pub mod graphql;
mod header;
mod hint;
pub mod inline;
pub mod job;
pub mod kind;
pub mod list;
mod mapping;
mod record;
mod refusal;
pub mod result;
pub mod run;
pub mod seen;
pub mod store;
pub mod summary;
mod table;
#[cfg(test)]
mod tests;
mod total;
pub mod who;
pub mod word;

pub use amount::{AMOUNT_FEN_MAX, Unit, amount_fen, price, total_fen, yuan_text};
pub use cell::{
    Epoch, Share, basis_points, choice, clean, day, given_on, integer, is_formula_error, match_key, name, yes_no,
};
pub use header::{Columns, Layout, TITLE_ROWS_MAX};
pub use hint::{Part, PassedOn, divided, passed_on};
pub use mapping::{MAPPING_BYTES_MAX, MappedUnit, Mapping};
pub use record::Record;
pub use refusal::{CellRefusal, FileRefusal, RowRefusal, VALUE_CHARS_MAX};
pub use table::Table;
pub use total::{Role, Totals};
