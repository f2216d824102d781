//! Tables in a file: CSV, XLSX or JSON, written row by row.
//!
//! * Memory does not grow with the rows: what is written is sent on, and a workbook keeps its rows in
//!   temporary files until it is packed.
//! * Amounts are exact: text with two decimals in CSV and JSON, a number with a format of two decimals in
//!   XLSX, where a spreadsheet can add them; a text there too, where a spreadsheet would round.
//! * A text that a spreadsheet would take for a formula is kept from being one.

use chrono::NaiveDate;
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::Sender;

use crate::{
    error::{Language, Result},
    money::Fen,
};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values in UTF-8, with the mark by which spreadsheets know it.
    Csv,
    /// A workbook with a sheet for each part.
    Xlsx,
    /// One object with a list for each part; keys are English in every language.
    Json,
}

impl Format {
    /// The format with this name, which is also the ending of a file's name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx, Self::Json].into_iter().find(|format| format.ending() == name)
    }

    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// A label in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

impl Label {
    /// The label in a language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::En => self.en,
            Language::Zh => self.zh,
        }
    }
}

/// A column: its key in JSON and its label for people.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// In JSON.
    pub key: &'static str,
    /// For people.
    pub label: Label,
}

/// A part of a file: a table with a title.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// In JSON.
    pub key: &'static str,
    /// The title; a sheet's name, so at most 31 characters.
    pub label: Label,
    /// The columns.
    pub columns: &'static [Column],
}

/// What stands in one column of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A day.
    Day(NaiveDate),
    /// An amount.
    Money(Fen),
    /// A number of things.
    Count(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Fen> for Cell {
    fn from(amount: Fen) -> Self {
        Self::Money(amount)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(maybe: Option<T>) -> Self {
        maybe.map_or(Self::Empty, Into::into)
    }
}

/// Bytes that wait before they are sent on.
const CHUNK_BYTES: usize = 64 * 1024;

/// A file that is being written.
pub struct Sheets {
    language: Language,
    sink: Sender<Vec<u8>>,
    part: Option<&'static Part>,
    rows: u32,
    kind: Kind,
}

enum Kind {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Json(Vec<u8>),
    Xlsx(Box<Book>),
}

struct Book {
    workbook: Workbook,
    sheet: usize,
    bold: Style,
    money: Style,
    day: Style,
}

fn csv_writer(start: &[u8]) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(start.to_vec())
}

impl Sheets {
    /// A file in `format` whose bytes go to `sink`.
    pub fn new(format: Format, language: Language, sink: Sender<Vec<u8>>) -> Self {
        let kind = match format {
            Format::Csv => Kind::Csv(Box::new(csv_writer("\u{feff}".as_bytes()))),
            Format::Json => Kind::Json(b"{".to_vec()),
            Format::Xlsx => Kind::Xlsx(Box::new(Book {
                workbook: Workbook::new(),
                sheet: 0,
                bold: Style::new().set_bold(),
                money: Style::new().set_num_format("#,##0.00"),
                day: Style::new().set_num_format("yyyy-mm-dd"),
            })),
        };
        Self { language, sink, part: None, rows: 0, kind }
    }

    /// Begins a part, which ends the one before it.
    pub async fn part(&mut self, part: &'static Part) -> Result<()> {
        let (first, labels) = (self.part.is_none(), part.columns.iter().map(|one| one.label.of(self.language)));
        match &mut self.kind {
            Kind::Csv(out) => {
                if !first {
                    out.write_record([""]).map_err(anyhow::Error::from)?;
                }
                out.write_record([part.label.of(self.language)]).map_err(anyhow::Error::from)?;
                out.write_record(labels).map_err(anyhow::Error::from)?;
            }
            Kind::Json(out) => {
                let before = if first { "" } else { "],\n" };
                out.extend_from_slice(format!("{before}{}:[", json!(part.key)).as_bytes());
            }
            Kind::Xlsx(book) => {
                book.sheet = book.workbook.worksheets().len();
                let sheet = book.workbook.add_worksheet_with_constant_memory().map_err(anyhow::Error::from)?;
                sheet.set_name(part.label.of(self.language)).map_err(anyhow::Error::from)?;
                for (column, label) in (0..).zip(labels) {
                    sheet.set_column_width(column, 16).map_err(anyhow::Error::from)?;
                    sheet.write_with_format(0, column, label, &book.bold).map_err(anyhow::Error::from)?;
                }
            }
        }
        (self.part, self.rows) = (Some(part), 0);
        self.drain(CHUNK_BYTES).await
    }

    /// Adds a row to the part.
    ///
    /// # Panics
    /// Before the first part, and with another number of cells than the part has columns.
    pub async fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let part = self.part.expect("a row stands in a part");
        assert_eq!(cells.len(), part.columns.len(), "a cell for each column of {}", part.key);
        match &mut self.kind {
            Kind::Csv(out) => out.write_record(cells.iter().map(csv_text)).map_err(anyhow::Error::from)?,
            Kind::Json(out) => {
                let pairs = part.columns.iter().zip(cells).map(|(column, cell)| (column.key.to_owned(), as_json(cell)));
                let before = if self.rows == 0 { "\n" } else { ",\n" };
                out.extend_from_slice(format!("{before}{}", Value::Object(pairs.collect::<Map<_, _>>())).as_bytes());
            }
            Kind::Xlsx(book) => {
                let sheet = book.workbook.worksheet_from_index(book.sheet).map_err(anyhow::Error::from)?;
                let row = self.rows + 1;
                for (column, cell) in (0..).zip(cells) {
                    write_cell(sheet, row, column, cell, &book.money, &book.day).map_err(anyhow::Error::from)?;
                }
            }
        }
        self.rows += 1;
        self.drain(CHUNK_BYTES).await
    }

    /// Ends the file.
    pub async fn end(mut self) -> Result<()> {
        match &mut self.kind {
            Kind::Csv(_) => {}
            Kind::Json(out) => out.extend_from_slice(if self.part.is_some() { b"]}\n" } else { b"}\n" }),
            Kind::Xlsx(book) => {
                let mut workbook = std::mem::take(&mut book.workbook);
                let pipe = Pipe { sink: self.sink.clone(), buffer: Vec::with_capacity(CHUNK_BYTES) };
                let packed = tokio::task::spawn_blocking(move || workbook.save_to_writer(pipe)).await;
                packed.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?;
            }
        }
        self.drain(0).await
    }

    /// Sends on what waits, where it is more than `most`.
    async fn drain(&mut self, most: usize) -> Result<()> {
        let bytes = match &mut self.kind {
            Kind::Json(out) if out.len() > most => std::mem::take(out),
            Kind::Csv(out) => {
                out.flush().map_err(anyhow::Error::from)?;
                if out.get_ref().len() <= most {
                    return Ok(());
                }
                let full = std::mem::replace(&mut **out, csv_writer(b""));
                full.into_inner().map_err(|why| anyhow::anyhow!("{why}"))?
            }
            _ => return Ok(()),
        };
        self.sink.send(bytes).await.map_err(|_| left())
    }
}

fn left() -> crate::error::Error {
    anyhow::anyhow!("whoever was sent the file has left").into()
}

/// What a workbook is packed into: each full buffer is sent on.
struct Pipe {
    sink: Sender<Vec<u8>>,
    buffer: Vec<u8>,
}

impl std::io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.send()
    }
}

impl Pipe {
    fn send(&mut self) -> std::io::Result<()> {
        let full = std::mem::take(&mut self.buffer);
        if full.is_empty() {
            return Ok(());
        }
        self.sink.blocking_send(full).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // A reader that has left is told of by the next use of the sink.
        let _ = self.send();
    }
}

/// Spreadsheets run a text that begins like a formula.
fn csv_text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Cell::Text(text) => text.clone(),
        Cell::Day(day) => day.to_string(),
        Cell::Money(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

fn as_json(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Day(day) => json!(day),
        Cell::Money(amount) => json!(amount.to_string()),
        Cell::Count(count) => json!(count),
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    money: &Style,
    day: &Style,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write_string(row, column, text.as_str())?),
        Cell::Day(on) => drop(sheet.write_date_with_format(row, column, on, day)?),
        Cell::Money(amount) => match number(amount.to_string()) {
            Ok(number) => drop(sheet.write_number_with_format(row, column, number, money)?),
            Err(text) => drop(sheet.write_string(row, column, text)?),
        },
        Cell::Count(count) => match number(count.to_string()) {
            Ok(number) => drop(sheet.write_number(row, column, number)?),
            Err(text) => drop(sheet.write_string(row, column, text)?),
        },
    }
    Ok(())
}

/// The digits that a spreadsheet keeps of a number.
const DIGITS_MAX: usize = 15;

/// A number as a workbook holds it: a workbook has no other than floats, and nothing is computed with this one. A
/// text of more digits than are exact in it is given back, to be written as it is.
fn number(text: String) -> Result<f64, String> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits > DIGITS_MAX { Err(text) } else { text.parse().map_err(|_| text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_workbook_would_round_stays_a_text() {
        for (amount, is_number) in [
            (Fen::MAX, true),
            (Fen(-1), true),
            (Fen(999_999_999_999_999), true),
            (Fen(1_000_000_000_000_000), false),
            (Fen(-9_007_199_254_740_993), false),
        ] {
            let written = number(amount.to_string());
            assert_eq!(written.is_ok(), is_number, "{amount}");
            // What is a number reads to the fen as it was written.
            assert_eq!(written.map_or_else(|text| text, |number| format!("{number:.2}")), amount.to_string());
        }
    }
}
