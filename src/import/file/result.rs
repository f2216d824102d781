//! Result files: the rows of a file as they came, and beside each what became of it and why.
//!
//! | the file came as | the result is |
//! |---|---|
//! | CSV, TSV | the same, in its encoding, with its delimiter and line ends |
//! | JSON lines | the same, with two more keys |
//! | XLSX, XLS, ODS | XLSX: no library writes the others, and every program opens it |
//!
//! Invariants:
//! * a cell is written as it was read, an amount to its last digit;
//! * no cell becomes a formula that was none;
//! * rows keep their numbers, and memory is one row.

use std::io::{BufWriter, Seek, Write};

use csv_core::{Terminator, WriterBuilder};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};

use super::decode::Encoding;
use super::row::{FileRow, Kind};
use super::text::{Delimiter, LineEnd};
use super::{Format, Found};

/// The longest text of a workbook's cell, in characters of UTF-16.
const WORKBOOK_CELL_MAX: usize = 32_767;

/// The blank lines that keep the numbers of the rows below them; after more, the numbers are lost.
const BLANK_LINES_MAX: u64 = 1_048_576;

/// Where a result is written.
pub trait Sink: Write + Seek + Send {}

impl<T: Write + Seek + Send> Sink for T {}

/// What became of a row, as its two last cells say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// What became of it, in a word.
    pub outcome: &'a str,
    /// Why; empty where that needs no words.
    pub reason: &'a str,
}

/// Writes the result of a file, row by row.
pub struct ResultWriter {
    /// The cells before the outcome: as many as the header has.
    width: usize,
    target: Target,
}

enum Target {
    Text(TextTarget),
    Json(JsonTarget),
    Workbook(Box<WorkbookTarget>),
}

impl ResultWriter {
    /// Begins the result of a file that was found to be this.
    pub fn of(sink: impl Sink + 'static, found: &Found) -> std::io::Result<Self> {
        let sink: Box<dyn Sink> = Box::new(sink);
        let target = match found.format {
            Format::Csv | Format::Tsv => Target::Text(TextTarget::of(sink, found)?),
            Format::JsonLines => Target::Json(JsonTarget { sink: BufWriter::new(sink), keys: vec![] }),
            Format::Xlsx | Format::Ods | Format::Xls => Target::Workbook(Box::new(WorkbookTarget::of(sink, found)?)),
        };
        Ok(Self { width: 0, target })
    }

    /// What the name of the result ends in, without the dot.
    pub fn extension(format: Format) -> &'static str {
        match format {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::JsonLines => "jsonl",
            Format::Xlsx | Format::Ods | Format::Xls => "xlsx",
        }
    }

    /// Writes a title row, as it came.
    pub fn title(&mut self, row: &FileRow) -> std::io::Result<()> {
        self.write(row, None)
    }

    /// Writes the header and the names of the two columns, in the language of the header.
    pub fn header(&mut self, row: &FileRow) -> std::io::Result<()> {
        self.width = row.width();
        let is_chinese = row.cells().any(|cell| cell.chars().any(|character| character > '\u{2E7F}'));
        let (outcome, reason) = if is_chinese { ("结果", "原因") } else { ("outcome", "reason") };
        self.write(row, Some(Outcome { outcome, reason }))
    }

    /// Writes a row and what became of it.
    pub fn row(&mut self, row: &FileRow, outcome: Outcome<'_>) -> std::io::Result<()> {
        self.write(row, Some(outcome))
    }

    fn write(&mut self, row: &FileRow, outcome: Option<Outcome<'_>>) -> std::io::Result<()> {
        match &mut self.target {
            Target::Text(target) => target.row(row, self.width, outcome),
            Target::Json(target) => target.row(row, outcome),
            Target::Workbook(target) => target.row(row, self.width, outcome).map_err(std::io::Error::other),
        }
    }

    /// Writes what is left.
    pub fn finish(self) -> std::io::Result<()> {
        match self.target {
            Target::Text(mut target) => target.sink.flush(),
            Target::Json(mut target) => target.sink.flush(),
            Target::Workbook(mut target) => {
                target.workbook.save_to_writer(&mut target.sink).map_err(std::io::Error::other)?;
                target.sink.flush()
            }
        }
    }
}

/// A text that a spreadsheet program cannot take for a formula.
fn harmless(text: &str) -> String {
    let text = text.replace(['\r', '\n', '\t'], " ");
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// A CSV or TSV file.
struct TextTarget {
    sink: BufWriter<Box<dyn Sink>>,
    encoding: Encoding,
    delimiter: Delimiter,
    line_end: LineEnd,
    number: u64,
    /// The row in UTF-8.
    line: Vec<u8>,
    encoded: Vec<u8>,
}

impl TextTarget {
    fn of(sink: Box<dyn Sink>, found: &Found) -> std::io::Result<Self> {
        let (encoding, delimiter) = (found.encoding.unwrap_or(Encoding::Utf8), found.delimiter);
        let mut target = Self {
            sink: BufWriter::new(sink),
            encoding,
            delimiter: delimiter.unwrap_or(Delimiter::Comma),
            line_end: found.line_end,
            number: 0,
            line: vec![],
            encoded: vec![],
        };
        if found.has_mark {
            target.line.extend_from_slice("\u{FEFF}".as_bytes());
            target.flush_line()?;
        }
        Ok(target)
    }

    fn row(&mut self, row: &FileRow, width: usize, outcome: Option<Outcome<'_>>) -> std::io::Result<()> {
        let line_end = match self.line_end {
            LineEnd::Lf => "\n",
            LineEnd::CrLf => "\r\n",
            LineEnd::Cr => "\r",
        };
        let blank = row.number.saturating_sub(self.number + 1).min(BLANK_LINES_MAX);
        for _ in 0..blank {
            self.line.extend_from_slice(line_end.as_bytes());
            self.flush_line()?;
        }
        self.number = row.number;
        let mut writer = WriterBuilder::new().delimiter(self.delimiter.byte()).terminator(Terminator::CRLF).build();
        let beyond = outcome.map_or(0, |_| width.saturating_sub(row.width()));
        let padding = std::iter::repeat_n("", beyond);
        let added = outcome.map(|outcome| [harmless(outcome.outcome), harmless(outcome.reason)]);
        let added = added.iter().flatten().map(String::as_str);
        for (at, cell) in row.cells().chain(padding).chain(added).enumerate() {
            if at > 0 {
                put(&mut self.line, 2, |line| writer.delimiter(line).1);
            }
            // Quotes around the cell, and each of its own doubled.
            put(&mut self.line, 2 * cell.len() + 2, |line| writer.field(cell.as_bytes(), line).2);
        }
        put(&mut self.line, 4, |line| writer.terminator(line).1);
        self.line.truncate(self.line.len() - "\r\n".len());
        self.line.extend_from_slice(line_end.as_bytes());
        self.flush_line()
    }

    fn flush_line(&mut self) -> std::io::Result<()> {
        if self.encoding == Encoding::Utf8 {
            self.sink.write_all(&self.line)?;
        } else {
            let text = std::str::from_utf8(&self.line).expect("cells are UTF-8");
            self.encoded.clear();
            self.encoding.encode(text, &mut self.encoded);
            self.sink.write_all(&self.encoded)?;
        }
        self.line.clear();
        Ok(())
    }
}

/// Adds at most so many bytes.
fn put(line: &mut Vec<u8>, bytes_max: usize, write: impl FnOnce(&mut [u8]) -> usize) {
    let start = line.len();
    line.resize(start + bytes_max, 0);
    let written = write(&mut line[start..]);
    line.truncate(start + written);
}

/// A file of JSON lines.
struct JsonTarget {
    sink: BufWriter<Box<dyn Sink>>,
    keys: Vec<String>,
}

impl JsonTarget {
    fn row(&mut self, row: &FileRow, outcome: Option<Outcome<'_>>) -> std::io::Result<()> {
        if self.keys.is_empty() {
            self.keys = row.cells().map(str::to_owned).collect();
            let added = outcome.map(|outcome| [outcome.outcome.to_owned(), outcome.reason.to_owned()]);
            self.keys.extend(added.into_iter().flatten());
            return Ok(());
        }
        let mut open = b'{';
        let columns = self.keys.len().saturating_sub(2);
        for (column, key) in self.keys[..columns].iter().enumerate() {
            let text = row.cell(column);
            match row.kind(column) {
                Kind::Empty => continue,
                Kind::Number | Kind::Percent => write!(self.sink, "{}{}:{text}", char::from(open), json(key))?,
                Kind::Bool => write!(self.sink, "{}{}:{}", char::from(open), json(key), text.to_lowercase())?,
                Kind::Text | Kind::Date | Kind::Error => {
                    write!(self.sink, "{}{}:{}", char::from(open), json(key), json(text))?;
                }
            }
            open = b',';
        }
        let added = outcome.map(|outcome| [outcome.outcome, outcome.reason]);
        for (key, text) in self.keys[columns..].iter().zip(added.iter().flatten()) {
            write!(self.sink, "{}{}:{}", char::from(open), json(key), json(text))?;
            open = b',';
        }
        self.sink.write_all(b"}\n")
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a text becomes JSON")
}

/// A workbook of one sheet.
struct WorkbookTarget {
    sink: BufWriter<Box<dyn Sink>>,
    workbook: Workbook,
    day: CellFormat,
    instant: CellFormat,
    percent: CellFormat,
}

impl WorkbookTarget {
    fn of(sink: Box<dyn Sink>, found: &Found) -> std::io::Result<Self> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(std::io::Error::other)?;
        if let Some(name) = &found.sheet {
            // A name that this format does not allow is left out.
            let _ = sheet.set_name(name);
        }
        Ok(Self {
            sink: BufWriter::new(sink),
            workbook,
            day: CellFormat::new().set_num_format("yyyy-mm-dd"),
            instant: CellFormat::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            percent: CellFormat::new().set_num_format("0.00%"),
        })
    }

    fn row(
        &mut self,
        row: &FileRow,
        width: usize,
        outcome: Option<Outcome<'_>>,
    ) -> Result<(), rust_xlsxwriter::XlsxError> {
        let at = u32::try_from(row.number.saturating_sub(1)).unwrap_or(u32::MAX);
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (column, text) in row.cells().enumerate() {
            let place = u16::try_from(column).unwrap_or(u16::MAX);
            // A workbook has no other numbers. This is the reader's own cell copied back; no amount is taken from it.
            match (row.kind(column), text.parse::<f64>()) {
                (Kind::Empty, _) => {}
                (Kind::Number, Ok(number)) => {
                    sheet.write_number(at, place, number)?;
                }
                (Kind::Percent, Ok(number)) => {
                    sheet.write_number_with_format(at, place, number, &self.percent)?;
                }
                (Kind::Bool, _) => {
                    sheet.write_boolean(at, place, text == "TRUE")?;
                }
                (Kind::Date, _) => {
                    let format = if text.len() > 10 { &self.instant } else { &self.day };
                    match ExcelDateTime::parse_from_str(text) {
                        Ok(instant) => sheet.write_datetime_with_format(at, place, &instant, format)?,
                        Err(_) => sheet.write_string(at, place, text)?,
                    };
                }
                _ => {
                    sheet.write_string(at, place, fitting(text))?;
                }
            }
        }
        let first = u16::try_from(width.max(row.width())).unwrap_or(u16::MAX - 1);
        if let Some(outcome) = outcome {
            sheet.write_string(at, first, fitting(outcome.outcome))?;
            sheet.write_string(at, first + 1, fitting(outcome.reason))?;
        }
        Ok(())
    }
}

/// As much of a text as a workbook's cell holds.
fn fitting(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > WORKBOOK_CELL_MAX
    });
    end.map_or(text, |(end, _)| &text[..end])
}
