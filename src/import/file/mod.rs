//! Files: from the bytes that somebody uploaded to rows of cells, and back with what came of each row.
//!
//! A file is known by its content, never by its name. Reading knows no kind of list, no fund and no database.
//!
//! | step | file |
//! |---|---|
//! | what the bytes are: a workbook, a text and in which encoding, or neither | `sniff` |
//! | bytes to characters, a piece at a time | `decode` |
//! | characters to rows, the delimiter found | `text` |
//! | lines of JSON to rows | `json` |
//! | a workbook weighed, so that it cannot ask for more than is stated | `package` |
//! | its sheets to rows | `workbook` |
//! | rows and what became of them, in the format they came in | `result` |
//!
//! Invariants:
//! * a text of any length is read in the memory of its longest row, and that is bounded;
//! * a row's number is the one a spreadsheet shows: every row counts, blank ones and titles too, and a
//!   quoted cell with line breaks is part of one row;
//! * no byte is replaced or dropped in silence: what cannot be read is refused, with its row.

mod decode;
mod json;
mod package;
mod result;
mod row;
mod sniff;
mod text;
mod workbook;

use std::io::{Read, Seek, SeekFrom};

pub use decode::Encoding;
pub use package::{INFLATED_BYTES_MAX, KEPT_BYTES_MAX, KEPT_CELLS_MAX, ODS_BYTES_MAX, WORKBOOK_BYTES_MAX};
pub use result::{Outcome, ResultWriter, Sink};
pub use row::{FileRow, Kind};
pub use text::{CELL_BYTES_MAX, Delimiter, LINE_BYTES_MAX, LineEnd, ROW_BYTES_MAX, ROW_CELLS_MAX, ROWS_MAX};

use self::{json::JsonRows, sniff::Sniffed, text::TextRows, workbook::WorkbookRows};
use super::cell::Epoch;
use super::refusal::FileRefusal;

/// The largest file that is read: some twenty million rows of a list.
pub const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// What a file is, as its content shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Cells divided by commas or semicolons.
    Csv,
    /// Cells divided by tabs.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// A workbook of Excel since 2007.
    Xlsx,
    /// A workbook of Excel until 2003.
    Xls,
    /// A workbook of LibreOffice.
    Ods,
}

impl Format {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::JsonLines => "JSON lines",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::Ods => "ODS",
        }
    }
}

/// What was found of a file before its rows are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the file is.
    pub format: Format,
    /// How the characters of a text are written; `None` for a workbook.
    pub encoding: Option<Encoding>,
    /// Whether a text begins with a byte order mark.
    pub has_mark: bool,
    /// What stands between two cells of a text.
    pub delimiter: Option<Delimiter>,
    /// What ends a line of a text.
    pub line_end: LineEnd,
    /// The sheet of a workbook that the rows are of.
    pub sheet: Option<String>,
    /// What a workbook's day numbers count from.
    pub epoch: Epoch,
}

/// How a file is to be read, where that is not left to its content.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The sheet of a workbook; otherwise the visible ones are tried from the left.
    pub sheet: Option<String>,
    /// The largest file, in bytes, where it is below [`FILE_BYTES_MAX`].
    pub bytes_max: Option<u64>,
}

/// Where a file's bytes come from: read from the beginning as often as needed.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// The rows of a file, one at a time, in the order of the file; blank rows are counted and passed over.
pub struct RowReader {
    found: Found,
    rows: Rows,
}

enum Rows {
    Text(Box<TextRows>),
    Json(Box<JsonRows>),
    Workbook(Box<WorkbookRows>),
}

impl RowReader {
    /// Opens a file and finds out what it is.
    ///
    /// A text is read once to its end to know its encoding, and again by its rows; a workbook is weighed first.
    /// Refused when it is empty, too large, no list at all, or has a line that no list has.
    pub fn open(mut source: impl Source + 'static, wanted: &Wanted) -> Result<Self, FileRefusal> {
        let bytes = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
        let bytes_max = wanted.bytes_max.unwrap_or(FILE_BYTES_MAX).min(FILE_BYTES_MAX);
        if bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        source.rewind().map_err(unreadable)?;
        let sniffed = sniff::sniff(&mut source)?;
        source.rewind().map_err(unreadable)?;
        if !matches!(sniffed, Sniffed::Text(_)) && bytes > WORKBOOK_BYTES_MAX {
            return Err(too_large(WORKBOOK_BYTES_MAX));
        }
        match sniffed {
            Sniffed::Text(encoding) => Self::text(source, encoding),
            Sniffed::Archive => {
                let format = package::check(&mut source)?;
                Self::workbook(source, format, wanted)
            }
            Sniffed::Compound => {
                package::check_xls(&mut source)?;
                Self::workbook(source, Format::Xls, wanted)
            }
        }
    }

    fn text(mut source: impl Source + 'static, encoding: Encoding) -> Result<Self, FileRefusal> {
        let sample = sniff::sample(&mut source).map_err(unreadable)?;
        source.rewind().map_err(unreadable)?;
        let (beginning, _) = encoding.codec().decode_with_bom_removal(&sample);
        let mut found = Found {
            format: Format::JsonLines,
            encoding: Some(encoding),
            has_mark: sniff::has_mark(&sample),
            delimiter: None,
            line_end: text::line_end_of(&beginning),
            sheet: None,
            epoch: Epoch::default(),
        };
        let rows = match json::beginning_of(&beginning) {
            json::Beginning::List => return Err(json::is_list()),
            json::Beginning::Object => Rows::Json(Box::new(JsonRows::of(Box::new(source), encoding)?)),
            json::Beginning::Other => {
                let delimiter = text::delimiter_of(&sample, encoding);
                found.format = if delimiter == Delimiter::Tab { Format::Tsv } else { Format::Csv };
                found.delimiter = Some(delimiter);
                let decoding = decode::Decoding::of(Box::new(source), encoding);
                Rows::Text(Box::new(TextRows::of(decoding, delimiter)))
            }
        };
        Ok(Self { found, rows })
    }

    fn workbook(mut source: impl Source + 'static, format: Format, wanted: &Wanted) -> Result<Self, FileRefusal> {
        source.rewind().map_err(unreadable)?;
        let rows = WorkbookRows::of(Box::new(source), format, wanted.sheet.as_deref())?;
        let found = Found {
            format,
            encoding: None,
            has_mark: false,
            delimiter: None,
            line_end: LineEnd::default(),
            sheet: Some(rows.sheet().to_owned()),
            epoch: rows.epoch(),
        };
        Ok(Self { found, rows: Rows::Workbook(Box::new(rows)) })
    }

    /// What was found of the file.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Reads the next row that is not blank into `row`; `false` when there is none. Nothing follows a refusal.
    pub fn read(&mut self, row: &mut FileRow) -> Result<bool, FileRefusal> {
        match &mut self.rows {
            Rows::Text(rows) => rows.read(row),
            Rows::Json(rows) => rows.read(row),
            Rows::Workbook(rows) => rows.read(row),
        }
    }

    /// Goes to the beginning of the next visible sheet; `false` when there is none, or only one is wanted.
    pub fn next_sheet(&mut self) -> Result<bool, FileRefusal> {
        let Rows::Workbook(rows) = &mut self.rows else { return Ok(false) };
        let is_found = rows.next_sheet()?;
        self.found.sheet = Some(rows.sheet().to_owned());
        Ok(is_found)
    }
}

impl Iterator for RowReader {
    type Item = Result<FileRow, FileRefusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = FileRow::default();
        self.read(&mut row).map(|found| found.then_some(row)).transpose()
    }
}

fn unreadable(error: std::io::Error) -> FileRefusal {
    FileRefusal::new(
        "file_unreadable",
        format!("The file cannot be read to its end: {error}."),
        format!("文件无法完整读取：{error}。"),
    )
}

fn too_large(bytes_max: u64) -> FileRefusal {
    let mib = bytes_max / (1024 * 1024);
    FileRefusal::new(
        "file_too_large",
        format!("The file is larger than {mib} MiB; split it and import the parts."),
        format!("文件超过 {mib} MiB；请拆分后分别导入。"),
    )
}
