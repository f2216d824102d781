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
//! | rows to gifts, repeats and keys | `contributions` |
//! | gifts to givers, those booked before set aside | `plan`, `giver`, `store` |
//! | givers and gifts to the books, batch by batch | `book` |
//! | what came of it, in words | `summary` |
//!
//! Invariants:
//! * an amount is never a binary fraction, from the file's digits to fen;
//! * nothing is dropped without being reported by its row;
//! * the same gifts give the same keys, however the file was saved.

mod amount;
mod book;
mod cell;
pub mod column;
mod contributions;
pub mod file;
mod giver;
mod header;
mod mapping;
mod plan;
mod record;
mod refusal;
mod store;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod total;

pub use amount::{AMOUNT_FEN_MAX, Unit, amount_fen, price, total_fen, yuan_text};
pub use book::{Order, run};
pub use cell::{
    Epoch, Share, basis_points, choice, clean, day, given_on, integer, is_formula_error, match_key, name, yes_no,
};
pub use contributions::{
    COLUMNS, Contributions, FILE_BYTES_MAX, GIVER_CHARS_MAX, NOTE_CHARS_MAX, Options, REFERENCE_CHARS_MAX,
    REFUSALS_MAX, Repeat, Row, read,
};
pub use header::{Columns, Layout, TITLE_ROWS_MAX};
pub use mapping::{MAPPING_BYTES_MAX, MappedUnit, Mapping};
pub use plan::{BATCH_ROWS, CHANNEL};
pub use record::Record;
pub use refusal::{CellRefusal, FileRefusal, RowRefusal, VALUE_CHARS_MAX};
pub use summary::{Mode, Progress, Step, Summary, cli_text};
pub use table::Table;
pub use total::{Role, Totals};
