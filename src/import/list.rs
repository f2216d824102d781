//! One pass over the rows of a list: each becomes a draft, is refused, or says nothing.
//!
//! * A pass is pure: it knows no fund and no database, and gives the same each time.
//! * Reading runs on a thread of its own and a few batches ahead, so that neither waits for the other for long.

use std::{fs::File, path::Path};

use chrono::NaiveDate;
use tokio::sync::mpsc;

use super::amount::{amount_fen, yuan_text};
use super::cell::Epoch;
use super::column::{Choice, Column};
use super::file::{FileRow, Found, Source, Wanted};
use super::header::{Columns, Layout};
use super::job::Options;
use super::kind::{Draft, Kind};
use super::mapping::Mapping;
use super::record::Record as Cell;
use super::refusal::{CellRefusal, FileRefusal, RowRefusal, cut};
use super::seen::Contents;
use super::table::Table;
use super::total::{Role, Totals};
use super::who::Namesakes;
use super::word::{Outcome, Word};
use crate::money::Fen;

/// How a list is read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What the rows are.
    pub kind: Kind,
    /// How the caller wants it read.
    pub options: Options,
    /// The day of the import.
    pub today: NaiveDate,
}

/// A row that says something.
#[allow(clippy::large_enum_variant, reason = "nearly every record is a draft")]
#[derive(Clone, Debug)]
pub enum Record {
    /// It could be read.
    Draft(Draft),
    /// It is refused as it stands.
    Refused {
        /// The row as a spreadsheet numbers rows.
        row_no: i64,
        /// Why.
        words: Vec<Word>,
    },
}

/// What the first pass over a file finds.
pub struct Scan {
    /// What the file is.
    pub format: String,
    /// The rows that say something.
    pub rows: u64,
    /// What those that could be read add up to, in fen.
    pub total_fen: i64,
    /// The file's own total, in fen, where it was compared.
    pub control_total_fen: Option<i64>,
    /// The rows that hold no record, as far as they are told one by one.
    pub remarks: Vec<Word>,
    /// The contents that stand more than once.
    pub contents: Contents,
    /// The names that stand beside several numbers.
    pub namesakes: Namesakes,
}

/// A list that is being read.
pub(super) struct Pass {
    pub table: Table,
    pub columns: Columns,
    pub totals: Totals,
    reading: Reading,
    row: FileRow,
    /// The rows that hold no record, as far as they are told one by one.
    pub remarks: Vec<Word>,
}

/// The rows without a record that are told one by one.
const REMARKS_MAX: usize = 1_000;

impl Pass {
    fn open(path: &Path, reading: &Reading) -> Result<Self, FileRefusal> {
        let file = File::open(path).map_err(|why| {
            FileRefusal::new(
                "file_unreadable",
                format!("The file cannot be read: {why}."),
                format!("文件无法读取：{why}。"),
            )
        })?;
        Self::of(file, reading, &reading.kind.mapping(&reading.options.mapping)?)
    }

    /// Opens a list and finds its header.
    pub fn of(source: impl Source + 'static, reading: &Reading, mapping: &Mapping) -> Result<Self, FileRefusal> {
        let defaulted: &[&str] = if reading.options.date_default.is_some() { &["date"] } else { &[] };
        let kind = reading.kind.columns();
        let layout = Layout { columns: kind, mapping, defaulted };
        let sheet = reading.options.sheet.clone().or_else(|| mapping.sheet().map(str::to_owned));
        let wanted = Wanted { sheet, bytes_max: None };
        let table = Table::open(source, layout, &wanted)?;
        let columns = table.columns().clone();
        let totals = Totals::of(kind, &columns);
        let (reading, row) = (reading.clone(), FileRow::default());
        Ok(Self { table, columns, totals, reading, row, remarks: vec![] })
    }

    /// The next row that says something.
    pub fn next(&mut self) -> Result<Option<Record>, FileRefusal> {
        while self.table.read(&mut self.row)? {
            let row_no = i64::try_from(self.row.number).unwrap_or(i64::MAX);
            match self.totals.role(&self.row) {
                Role::Total(Ok(())) => {}
                Role::PassedOver => self.pass_over(row_no),
                Role::Total(Err(refusal)) => {
                    let column = self.columns.one("amount").unwrap_or(usize::MAX);
                    let name = self.columns.name(column);
                    let refused = refusal.of(self.row.number, name, self.row.cell(column));
                    return Ok(Some(Record::Refused { row_no, words: vec![refused.into()] }));
                }
                Role::Record => return self.record(row_no).map(Some),
            }
        }
        Ok(None)
    }

    fn record(&mut self, row_no: i64) -> Result<Record, FileRefusal> {
        let cell = Cell { row: &self.row, columns: &self.columns };
        let epoch = self.table.found().epoch;
        let mut cells = Cells { cell, epoch, reading: &self.reading, refusals: vec![], amount: None };
        cells.refusals.extend(cell.too_wide());
        let draft = self.reading.kind.draft(&mut cells);
        let Cells { refusals, amount, .. } = cells;
        // What could be read counts, though the row is refused for something else.
        if self.reading.kind.has_total() {
            self.totals.add(amount)?;
        }
        Ok(match draft.filter(|_| refusals.is_empty()) {
            Some(draft) => Record::Draft(Draft { row_no, ..draft }),
            None => Record::Refused { row_no, words: refusals.into_iter().map(Word::from).collect() },
        })
    }

    /// Notes that a row holds no record.
    fn pass_over(&mut self, row_no: i64) {
        if self.remarks.len() < REMARKS_MAX {
            let text = self.row.cells().find(|cell| !cell.trim().is_empty()).unwrap_or_default();
            let message =
                ("The row holds no record: a title, a signature or a remark.", "本行不是记录：为标题、落款或说明。");
            self.remarks.push(Word::new(row_no, Outcome::Unchanged, "passed_over", ("", &cut(text)), message));
        }
    }

    /// Why a list without a record is refused.
    pub fn no_rows(&self) -> FileRefusal {
        let row = self.table.header_row();
        FileRefusal::new(
            "no_rows",
            format!("The file has column names in row {row} and nothing below them; add one record in a row."),
            format!("文件第 {row} 行是表头，其下没有记录；请每行填写一条记录。"),
        )
        .at(row)
    }

    fn format(&self) -> String {
        let found = self.table.found();
        let parts = [Some(found.format.name()), found.encoding.map(super::file::Encoding::name)];
        let parts = parts.into_iter().flatten().map(str::to_owned).chain(found.sheet.clone());
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// The cells of one row, read by their fields; what is wrong with them is collected.
pub struct Cells<'a> {
    cell: Cell<'a>,
    epoch: Epoch,
    reading: &'a Reading,
    refusals: Vec<RowRefusal>,
    amount: Option<i64>,
}

impl Cells<'_> {
    /// The cleaned text of a field's column or columns, joined by `separator`; `None` when all are empty.
    pub fn text(&mut self, field: &str, separator: &str, chars_max: usize) -> Option<String> {
        let read = self.cell.text(field, separator, chars_max);
        self.take(read)
    }

    /// The name in a field; `None` where it is empty.
    pub fn name(&mut self, field: &str, chars_max: usize) -> Option<String> {
        let read = self.cell.name(field, chars_max);
        self.take(read)
    }

    /// The name in a field that must not be empty.
    pub fn name_needed(&mut self, field: &str, chars_max: usize) -> Option<String> {
        let read = self.cell.name(field, chars_max);
        self.needed(read, field, CellRefusal::GiverMissing)
    }

    /// The amount of a field, in fen, above zero. The first that is read is what the list's total adds up.
    pub fn amount(&mut self, field: &str) -> Option<i64> {
        let read = self.cell.amount_fen(field);
        let fen = self.needed(read, field, CellRefusal::AmountMissing)?;
        Some(*self.amount.get_or_insert(fen))
    }

    /// The day of a field, not after today; the caller's default where the cell is empty.
    pub fn day_past(&mut self, field: &str) -> Option<NaiveDate> {
        let read = self.cell.day(field, self.epoch).map(|day| day.or(self.reading.options.date_default));
        let day = self.needed(read, field, CellRefusal::DateMissing)?;
        if day > self.reading.today {
            self.refuse(CellRefusal::DateInFuture, field);
            return None;
        }
        Some(day)
    }

    /// The day of a field, not after today; `None` where the cell is empty.
    pub fn day_past_or_none(&mut self, field: &str) -> Option<NaiveDate> {
        let day = self.day_or_none(field)?;
        if day > self.reading.today {
            self.refuse(CellRefusal::DateInFuture, field);
            return None;
        }
        Some(day)
    }

    /// The day of a field; `None` where the cell is empty.
    pub fn day_or_none(&mut self, field: &str) -> Option<NaiveDate> {
        let read = self.cell.day(field, self.epoch);
        self.take(read)
    }

    /// The amount of a field, in fen, above zero; `None` where the cell is empty.
    pub fn amount_or_none(&mut self, field: &str) -> Option<i64> {
        let read = self.cell.amount_fen(field);
        self.take(read)
    }

    /// The amount of a field, in fen, from zero; `None` where the cell is empty. The first that is read is what the
    /// list's total adds up.
    pub fn total(&mut self, field: &str) -> Option<i64> {
        let read = self.cell.total_fen(field);
        let fen = self.take(read)?;
        self.amount.get_or_insert(fen);
        Some(fen)
    }

    /// The amount of a field, in fen, below zero where it went out.
    pub fn signed(&mut self, field: &str) -> Option<i64> {
        let fen = match self.cell.amount_fen(field) {
            Err(refused) if refused.code == CellRefusal::AmountNegative.code() => {
                let digits: String = self.cell.raw(field).chars().filter(|symbol| !is_minus(*symbol)).collect();
                amount_fen(&digits, self.cell.columns.unit(field)).ok().map(|fen| -fen)
            }
            read => return self.needed(read, field, CellRefusal::AmountMissing),
        };
        if fen.is_none() {
            self.refuse(CellRefusal::AmountUnreadable, field);
        }
        fen
    }

    /// The whole number of a field; `None` where the cell is empty.
    pub fn integer(&mut self, field: &str) -> Option<i64> {
        let read = self.cell.integer(field);
        self.take(read)
    }

    /// The share of a field, in basis points; `None` where the cell is empty.
    pub fn basis_points(&mut self, field: &str) -> Option<i64> {
        let read = self.cell.basis_points(field);
        self.take(read)
    }

    /// The price of a field, in parts of a fen with so many decimals; `None` where the cell is empty.
    pub fn price(&mut self, field: &str, decimals: u8) -> Option<i64> {
        let read = self.cell.price(field, decimals);
        self.take(read)
    }

    /// The value of a field that has only a few; `None` where the cell is empty.
    pub fn choice(&mut self, field: &str, choices: &'static [Choice]) -> Option<&'static str> {
        let read = self.cell.choice(field, choices);
        self.take(read)
    }

    /// The day of the import.
    pub fn today(&self) -> NaiveDate {
        self.reading.today
    }

    /// The day of rows that have none, where the caller says one.
    pub fn date_default(&self) -> Option<NaiveDate> {
        self.reading.options.date_default
    }

    /// Whose numbers the references are, where the caller says so.
    pub fn source(&self) -> Option<String> {
        self.reading.options.source.clone()
    }

    /// Refuses the row for a cell that this row needs and that is empty.
    pub fn refuse_empty(&mut self, field: &str) {
        self.refuse(CellRefusal::TextMissing, field);
    }

    /// Refuses the row for what stands in a field.
    pub fn refuse(&mut self, refusal: CellRefusal, field: &str) {
        self.refusals.push(self.cell.refusal(field, refusal));
    }

    fn take<T>(&mut self, read: Result<Option<T>, RowRefusal>) -> Option<T> {
        read.unwrap_or_else(|refusal| {
            self.refusals.push(refusal);
            None
        })
    }

    fn needed<T>(&mut self, read: Result<Option<T>, RowRefusal>, field: &str, missing: CellRefusal) -> Option<T> {
        let is_empty = matches!(read, Ok(None));
        if is_empty {
            self.refuse(missing, field);
        }
        self.take(read)
    }
}

/// Whether a symbol is how a cell writes "below zero".
fn is_minus(symbol: char) -> bool {
    matches!(symbol, '-' | '\u{2212}' | '\u{FF0D}' | '(' | ')' | '（' | '）')
}

/// What the header calls the column of a field; the field's name where the file has none.
fn column_name(columns: &Columns, field: &str) -> String {
    let name = columns.one(field).map_or("", |column| columns.name(column));
    if name.is_empty() { field.to_owned() } else { name.to_owned() }
}

/// Reads a whole file once: counts it, adds it up, and compares it with what was expected of it.
///
/// Refused when it is no list of this kind, holds nothing, or adds up to something else than its own total or
/// the caller's.
pub fn scan(path: &Path, reading: &Reading) -> Result<Scan, FileRefusal> {
    let mut pass = Pass::open(path, reading)?;
    let mut scan = Scan {
        format: pass.format(),
        rows: 0,
        total_fen: 0,
        control_total_fen: None,
        remarks: vec![],
        contents: Contents::default(),
        namesakes: Namesakes::default(),
    };
    while let Some(record) = pass.next()? {
        scan.rows += 1;
        let Record::Draft(draft) = record else { continue };
        scan.contents.meet(&draft.bare);
        scan.namesakes.meet(&draft.who);
    }
    if scan.rows == 0 {
        return Err(pass.no_rows());
    }
    scan.total_fen = pass.totals.listed_fen();
    scan.control_total_fen = pass.totals.compared()?;
    scan.remarks = pass.remarks;
    check_expected(&scan, &reading.options)?;
    Ok(scan)
}

/// What a list is made of, for whoever writes it again.
pub enum Part<'a> {
    /// What the file is, the titles above its header, and the header.
    Head(&'a Found, &'a [FileRow]),
    /// A row that says something.
    Record(&'a FileRow),
    /// Any other row.
    Other(&'a FileRow),
}

/// Visits every row of a list, as it stands in the file; the inner error is the visitor's.
pub fn visit(
    path: &Path,
    reading: &Reading,
    mut visit: impl FnMut(Part<'_>) -> std::io::Result<()>,
) -> crate::error::Result<std::io::Result<()>> {
    let refused = |refusal: FileRefusal| crate::error::Error::BadInput(refusal.message_en);
    let mut pass = Pass::open(path, reading).map_err(refused)?;
    let mut done = visit(Part::Head(pass.table.found(), pass.table.head()));
    while done.is_ok() && pass.table.read(&mut pass.row).map_err(refused)? {
        let role = pass.totals.role(&pass.row);
        done = match role {
            Role::Record | Role::Total(Err(_)) => visit(Part::Record(&pass.row)),
            Role::Total(Ok(())) | Role::PassedOver => visit(Part::Other(&pass.row)),
        };
        if role == Role::Record && pass.reading.kind.has_total() {
            // What a total row is depends on what stands above it.
            let amount = pass.columns.one("amount").map(|_| Cell { row: &pass.row, columns: &pass.columns });
            let fen = amount.and_then(|cell| cell.amount_fen("amount").ok().flatten());
            pass.totals.add(fen).map_err(refused)?;
        }
    }
    Ok(done)
}

fn check_expected(scan: &Scan, options: &Options) -> Result<(), FileRefusal> {
    let rows = scan.rows;
    if let Some(expected) = options.expect_count.filter(|expected| *expected != rows) {
        return Err(FileRefusal::new(
            "count_differs",
            format!(
                "The file has {rows} records, and {expected} were expected; check that it is the right file and complete."
            ),
            format!("文件有 {rows} 条记录，而预期为 {expected} 条；请核对文件是否正确、完整。"),
        ));
    }
    if let Some(Fen(expected)) = options.expect_total.filter(|expected| expected.0 != scan.total_fen) {
        let (is, expected) = (yuan_text(scan.total_fen), yuan_text(expected));
        return Err(FileRefusal::new(
            "total_differs",
            format!(
                "The file adds up to {is}, and {expected} was expected; check that it is the right file and complete."
            ),
            format!("文件合计 {is}，而预期为 {expected}；请核对文件是否正确、完整。"),
        ));
    }
    Ok(())
}

/// What the header calls each field of a kind, for words about rows whose cells are gone.
#[derive(Clone, Debug)]
pub struct Names(Vec<(&'static str, String)>);

impl Names {
    fn of(kind: &'static [Column], columns: &Columns) -> Self {
        Self(kind.iter().map(|column| (column.field, column_name(columns, column.field))).collect())
    }

    /// What the header calls the column of a field; the field's name where the file has none.
    pub fn get<'n>(&'n self, field: &'n str) -> &'n str {
        self.0.iter().find(|(one, _)| *one == field).map_or(field, |(_, name)| name)
    }
}

/// The batches of a list, read ahead.
pub struct Batches {
    /// What the header calls each field.
    pub names: Names,
    batches: mpsc::Receiver<Result<Vec<Record>, FileRefusal>>,
}

/// How many batches are read ahead.
const AHEAD: usize = 2;

impl Batches {
    /// Begins to read a list in batches of `rows`.
    pub async fn open(path: &Path, reading: &Reading, rows: usize) -> Result<Self, FileRefusal> {
        let mut pass = Pass::open(path, reading)?;
        let names = Names::of(reading.kind.columns(), &pass.columns);
        let (send, batches) = mpsc::channel(AHEAD);
        // It ends with its list, or with the receiver.
        tokio::task::spawn_blocking(move || {
            loop {
                let mut batch = Vec::with_capacity(rows);
                while batch.len() < rows {
                    match pass.next() {
                        Ok(Some(record)) => batch.push(record),
                        Ok(None) => break,
                        Err(refusal) => {
                            let _ = send.blocking_send(Err(refusal));
                            return;
                        }
                    }
                }
                let is_last = batch.len() < rows;
                if (!batch.is_empty() && send.blocking_send(Ok(batch)).is_err()) || is_last {
                    return;
                }
            }
        });
        Ok(Self { names, batches })
    }

    /// The next batch; `None` behind the last.
    pub async fn next(&mut self) -> Option<Result<Vec<Record>, FileRefusal>> {
        self.batches.recv().await
    }
}
