//! Imports: a file as a publisher left it becomes drafts that the rules of the fund judge, and bookings.
//!
//! Reading is pure: bytes in, drafts and refusals out; it knows no fund, no giver on record and no
//! database. What follows it knows the fund, and books by the operations that the graph books by.
//!
//! | step | file |
//! |---|---|
//! | bytes to text, the encoding found | `decode` |
//! | text to rows of cells, the delimiter found | `table` |
//! | rows to columns, by synonyms or a mapping file | `header`, `synonyms`, `mapping` |
//! | cells to names, days and fen | `cell`, `amount` |
//! | rows to gifts, totals compared, repeats and keys | `contributions`, `total` |
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
mod contributions;
mod decode;
mod giver;
mod header;
mod mapping;
mod plan;
mod refusal;
mod store;
mod summary;
mod synonyms;
mod table;
#[cfg(test)]
mod tests;
mod total;

pub use amount::{AMOUNT_FEN_MAX, Unit, amount_fen, total_fen, yuan_text};
pub use book::{Order, run};
pub use cell::{clean, given_on, match_key};
pub use contributions::{
    Contributions, GIVER_CHARS_MAX, NOTE_CHARS_MAX, Options, REFERENCE_CHARS_MAX, REFUSALS_MAX, Repeat, Row, read,
};
pub use decode::{Encoding, FILE_BYTES_MAX, LINE_BYTES_MAX};
pub use header::{Columns, TITLE_ROWS_MAX};
pub use mapping::{MAPPING_BYTES_MAX, MappedUnit, Mapping};
pub use plan::{BATCH_ROWS, CHANNEL};
pub use refusal::{CellRefusal, FileRefusal, RowRefusal, VALUE_CHARS_MAX};
pub use summary::{Mode, Progress, Step, Summary, cli_text};
pub use table::{CELL_BYTES_MAX, Delimiter, ROW_CELLS_MAX, ROWS_MAX, Rows, Table, TableRow};
