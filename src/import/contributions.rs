//! A table of gifts to drafts of contributions: what one import of a published list would record.
//!
//! Invariants:
//! * every row is a gift, a refusal, a total or passed over, and each is reported by its row;
//! * rows with the same content are each their own gift, and each later one is reported as a repeat;
//! * a row's key depends only on its content and on how often that content stood in the file, so
//!   it survives another encoding, another order, other running numbers and other references.

use std::collections::HashMap;
use std::io::Read;

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::amount::{amount_fen, total_fen};
use super::cell::{clean, folded, given_on, match_key};
use super::decode::Encoding;
use super::header::{self, Columns, TITLE_ROWS_MAX};
use super::mapping::Mapping;
use super::refusal::{CellRefusal, FileRefusal, RowRefusal};
use super::table::{Delimiter, Table, TableRow};
use super::total::{self, ControlRow};
use crate::ledger::reverse::MEMO_MAX;

/// The longest giver's name, in characters: registered names of organisations stay below it.
pub const GIVER_CHARS_MAX: usize = 200;

/// The longest note, in characters: what a receipt keeps.
pub const NOTE_CHARS_MAX: usize = MEMO_MAX;

/// The longest reference, credit code or external id, in characters.
pub const REFERENCE_CHARS_MAX: usize = 200;

/// The refusals that are kept: more than anyone corrects by hand, and few enough for a file of wrong rows.
pub const REFUSALS_MAX: usize = 1_000;

/// What goes before the content in a key, so that a later way of making keys cannot collide with this one.
const KEY_DOMAIN: &[u8] = b"cobuild contribution 1";

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which column is what, where a person said so.
    pub mapping: Mapping,
    /// The day of the import; no gift is given after it.
    pub today: NaiveDate,
    /// The day of gifts whose date is empty or has no column. It becomes part of their keys.
    pub date_default: Option<NaiveDate>,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Contributions {
    /// The gifts, in the order of the file.
    pub rows: Vec<Row>,
    /// Why cells were refused, in the order of the file; at most [`REFUSALS_MAX`].
    pub refusals: Vec<RowRefusal>,
    /// How many refusals there were, those that were not kept included.
    pub refusals_found: u64,
    /// Rows with the same content as an earlier row.
    pub repeats: Vec<Repeat>,
    /// Rows with text but without giver, amount and date, or below a total without the last two: titles, signatures, remarks.
    pub passed_over: Vec<u64>,
    /// The file's own total, in fen; `None` when it has none or an amount above it was refused.
    pub control_total: Option<i64>,
    /// The number of gifts or givers the file's total row claims; reported, never compared.
    pub control_count: Option<u64>,
    /// What the rows add up to, in fen.
    pub total_fen: i64,
    /// How the file's characters are written.
    pub encoding: Encoding,
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// The row of the column names.
    pub header_row: u64,
    /// Which column is what.
    pub columns: Columns,
}

/// A gift as the file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The row as a spreadsheet numbers rows, from 1.
    pub row: u64,
    /// The giver's name as it should be shown.
    pub giver_name: String,
    /// The key two spellings of the name share.
    pub name_key: String,
    /// The giver's unified social credit code, half width and upper case; not checked here.
    pub credit_code: Option<String>,
    /// The giver's number in another system.
    pub external_id: Option<String>,
    /// The amount in fen, from 1 to [`AMOUNT_FEN_MAX`](super::AMOUNT_FEN_MAX).
    pub amount_fen: i64,
    /// The day of the gift, not after today.
    pub given_on: NaiveDate,
    /// The note or purpose; several columns are joined by `；`.
    pub note: Option<String>,
    /// Where the gift stands in the publisher's or the bank's books; several columns are joined by `:`.
    pub reference: Option<String>,
    /// The natural key: 64 hexadecimal digits, unique in the file.
    ///
    /// SHA-256 of name key, amount, day, note key and the occurrence of that content in the file.
    /// Reference, running number, credit code and external id are no part of it.
    pub key: String,
}

/// A row with the same content as an earlier one: kept as a second gift, for a person to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// The later row.
    pub row: u64,
    /// The first row with the content.
    pub of_row: u64,
    /// Which occurrence the later row is, from 2.
    pub occurrence: u64,
}

/// Reads the gifts of a file.
///
/// The result may hold refusals of rows; whether the other rows are imported is the caller's to
/// say. The file is refused as a whole when it is no table, when its columns or their unit are not
/// known, when it has no gift, or when its own total differs from its gifts.
pub fn read(source: &mut impl Read, options: &Options) -> Result<Contributions, FileRefusal> {
    let table = Table::read(source)?;
    let mut rows = table.rows().filter(|row| !row.as_ref().is_ok_and(is_blank));
    let head: Vec<TableRow> = rows.by_ref().take(TITLE_ROWS_MAX + 1).collect::<Result<_, _>>()?;
    let (header, columns) = header::find(&head, &options.mapping, options.date_default.is_none())?;
    let header_row = head[header].number;

    let mut reading = Reading::of(&columns, options);
    for row in head.into_iter().skip(header + 1).map(Ok).chain(rows) {
        reading.take(&row?)?;
    }
    if reading.rows.is_empty() && reading.refusals.is_empty() {
        return Err(FileRefusal::new(
            "no_gifts",
            format!("The file has column names in row {header_row} and no gift below them; add one gift in a row."),
            format!("文件第 {header_row} 行是表头，其下没有捐赠记录；请每行填写一笔捐赠。"),
        )
        .at(header_row));
    }
    let control_total = match reading.is_sum_whole {
        true => total::compare(&reading.controls, reading.listed_fen)?,
        false => None,
    };
    Ok(Contributions {
        total_fen: reading.rows.iter().map(|row| row.amount_fen).sum(),
        control_total,
        control_count: reading.controls.iter().rev().find_map(|control| control.count),
        rows: reading.rows,
        refusals: reading.refusals,
        refusals_found: reading.refusals_found,
        repeats: reading.repeats,
        passed_over: reading.passed_over,
        encoding: table.encoding,
        delimiter: table.delimiter,
        header_row,
        columns,
    })
}

fn is_blank(row: &TableRow) -> bool {
    row.cells.iter().all(|cell| clean(cell).is_empty())
}

/// The state of one pass over the rows.
struct Reading<'a> {
    columns: &'a Columns,
    options: &'a Options,
    rows: Vec<Row>,
    refusals: Vec<RowRefusal>,
    refusals_found: u64,
    repeats: Vec<Repeat>,
    passed_over: Vec<u64>,
    controls: Vec<ControlRow>,
    /// The amounts that could be read, those of refused rows included, in fen.
    listed_fen: i64,
    /// The same since the last total row.
    section_fen: i64,
    /// Whether every amount so far could be read.
    is_sum_whole: bool,
    /// By content: its first row and how often it stood.
    occurrences: HashMap<[u8; 32], (u64, u64)>,
}

impl<'a> Reading<'a> {
    fn of(columns: &'a Columns, options: &'a Options) -> Self {
        Self {
            columns,
            options,
            rows: Vec::new(),
            refusals: Vec::new(),
            refusals_found: 0,
            repeats: Vec::new(),
            passed_over: Vec::new(),
            controls: Vec::new(),
            listed_fen: 0,
            section_fen: 0,
            is_sum_whole: true,
            occurrences: HashMap::new(),
        }
    }

    /// Takes one row that is not blank.
    fn take(&mut self, row: &TableRow) -> Result<(), FileRefusal> {
        let columns = self.columns;
        let is_empty = |column: usize| clean(row.cell(column)).is_empty();
        let no_amount = is_empty(columns.amount);
        let no_date = columns.date.is_none_or(is_empty);
        let no_giver_and_date = is_empty(columns.giver) && no_date;

        if total::is_labelled(row, columns) || (no_giver_and_date && self.equals_sum(row)) {
            self.take_control(row);
            return Ok(());
        }
        // Below a total, a name without day and amount is a signature.
        if no_amount && no_date && (no_giver_and_date || !self.controls.is_empty()) {
            self.passed_over.push(row.number);
            return Ok(());
        }
        self.take_gift(row)
    }

    /// Whether the amount is what the gifts so far add up to.
    fn equals_sum(&self, row: &TableRow) -> bool {
        let amount = row.cell(self.columns.amount);
        self.listed_fen > 0 && total_fen(amount, self.columns.amount_unit) == Ok(self.listed_fen)
    }

    fn take_control(&mut self, row: &TableRow) {
        match total::numbers_of(row, self.columns, self.listed_fen) {
            Ok((total_fen, count)) => self.controls.push(ControlRow {
                row: row.number,
                total_fen,
                count,
                running_fen: self.listed_fen,
                section_fen: self.section_fen,
            }),
            Err(refusal) => self.refuse(refusal, row, self.columns.amount),
        }
        self.section_fen = 0;
    }

    fn take_gift(&mut self, row: &TableRow) -> Result<(), FileRefusal> {
        let columns = self.columns;
        let refusals_before = self.refusals_found;
        let width = columns.names.len();
        if let Some(beyond) = (width..row.cells.len()).find(|&column| !clean(row.cell(column)).is_empty()) {
            self.refuse(CellRefusal::RowTooWide, row, beyond);
        }
        let giver_name = self.text(row, &[columns.giver], GIVER_CHARS_MAX);
        if giver_name.is_none() {
            self.refuse(CellRefusal::GiverMissing, row, columns.giver);
        }
        let amount = amount_fen(row.cell(columns.amount), columns.amount_unit);
        match amount {
            Ok(fen) => self.add(fen)?,
            Err(refusal) => {
                self.is_sum_whole = false;
                self.refuse(refusal, row, columns.amount);
            }
        }
        let date = self.date(row);
        if let Err(refusal) = date {
            self.refuse(refusal, row, columns.date.unwrap_or(usize::MAX));
        }
        let note = self.text(row, &columns.note, NOTE_CHARS_MAX);
        let reference = self.text(row, &columns.reference, REFERENCE_CHARS_MAX);
        let credit_code = self.text(row, columns.credit_code.as_slice(), REFERENCE_CHARS_MAX);
        let external_id = self.text(row, columns.external_id.as_slice(), REFERENCE_CHARS_MAX);

        let (Some(giver_name), Ok(amount_fen), Ok(given_on)) = (giver_name, amount, date) else {
            return Ok(());
        };
        if self.refusals_found > refusals_before {
            return Ok(());
        }
        let mut gift = Row {
            row: row.number,
            name_key: match_key(&giver_name),
            giver_name,
            credit_code: credit_code.map(|code| folded(&code).to_uppercase()),
            external_id,
            amount_fen,
            given_on,
            note,
            reference,
            key: String::new(),
        };
        gift.key = self.key(&gift);
        self.rows.push(gift);
        Ok(())
    }

    fn date(&self, row: &TableRow) -> Result<NaiveDate, CellRefusal> {
        let text = self.columns.date.map_or("", |column| row.cell(column));
        match (given_on(text, self.options.today), self.options.date_default) {
            (Err(CellRefusal::DateMissing), Some(date_default)) => Ok(date_default),
            (read, _) => read,
        }
    }

    /// The cleaned text of one column or of several; `None` when all are empty.
    fn text(&mut self, row: &TableRow, columns: &[usize], chars_max: usize) -> Option<String> {
        let parts: Vec<String> =
            columns.iter().map(|&column| clean(row.cell(column))).filter(|part| !part.is_empty()).collect();
        let separator = if columns == self.columns.note { "；" } else { ":" };
        let text = parts.join(separator);
        if text.chars().count() > chars_max {
            self.refuse(CellRefusal::TextTooLong { chars_max }, row, columns[0]);
        }
        (!text.is_empty()).then_some(text)
    }

    fn add(&mut self, fen: i64) -> Result<(), FileRefusal> {
        let sum = self.listed_fen.checked_add(fen);
        self.listed_fen = sum.ok_or_else(|| {
            FileRefusal::new(
                "sum_too_large",
                "The gifts add up to more than can be recorded; check the unit of the amounts.",
                "捐赠总额超过可登记的上限；请核对金额的单位。",
            )
        })?;
        self.section_fen += fen;
        Ok(())
    }

    /// The key of a gift; a content met before makes it a repeat.
    fn key(&mut self, gift: &Row) -> String {
        let content = content_hash(gift);
        let (of_row, occurrence) = self.occurrences.entry(content).or_insert((gift.row, 0));
        *occurrence += 1;
        if *occurrence > 1 {
            self.repeats.push(Repeat { row: gift.row, of_row: *of_row, occurrence: *occurrence });
        }
        let key = Sha256::new().chain_update(content).chain_update(occurrence.to_be_bytes()).finalize();
        key.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn refuse(&mut self, refusal: CellRefusal, row: &TableRow, column: usize) {
        self.refusals_found += 1;
        if self.refusals.len() >= REFUSALS_MAX {
            return;
        }
        let name = match self.columns.name(column) {
            "" => field_name(refusal),
            name => name,
        };
        self.refusals.push(refusal.of(row.number, name, row.cell(column)));
    }
}

/// What a refusal calls a column that has no name.
fn field_name(refusal: CellRefusal) -> &'static str {
    match refusal {
        CellRefusal::DateMissing => "date",
        _ => "—",
    }
}

/// The hash of what makes two rows the same gift: name key, amount, day and note key.
fn content_hash(gift: &Row) -> [u8; 32] {
    let note_key = gift.note.as_deref().map(match_key).unwrap_or_default();
    let given_on = gift.given_on.to_string();
    let mut hash = Sha256::new();
    let fields: [&[u8]; 5] = [
        KEY_DOMAIN,
        gift.name_key.as_bytes(),
        &gift.amount_fen.to_be_bytes(),
        given_on.as_bytes(),
        note_key.as_bytes(),
    ];
    for field in fields {
        // The length before each field keeps the end of one from being the beginning of the next.
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}
