//! A text to rows of cells: the delimiter is found, quoted cells are unwrapped, rows are counted.
//!
//! Invariants:
//! * a quote that is never closed is refused, because it would swallow the rows below it;
//! * cells, rows and their number are bounded; one row is in memory at a time.

use std::io::{BufRead, Cursor};

use csv_core::ReadRecordResult;

use super::decode::{Decoding, Encoding};
use super::row::FileRow;
use super::unreadable;
use crate::import::refusal::FileRefusal;

/// The longest cell, in bytes of UTF-8: a spreadsheet's own bound of 32,767 characters, rounded.
pub const CELL_BYTES_MAX: usize = 128 * 1024;

/// The longest line, in bytes: a row of a table is far below it, an image or a dump above.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// The longest row, in bytes of UTF-8; a row of quoted cells may have several lines.
pub const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most cells in a row: no list is as wide, and every row costs its cells.
pub const ROW_CELLS_MAX: usize = 1_000;

/// The most rows in a file: twenty sheets of a spreadsheet.
pub const ROWS_MAX: u64 = 20_971_520;

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// A tab.
    Tab,
    /// `;`
    Semicolon,
}

impl Delimiter {
    const ALL: [Self; 3] = [Self::Comma, Self::Tab, Self::Semicolon];

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Tab => b'\t',
            Self::Semicolon => b';',
        }
    }
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// A line feed: Unix.
    #[default]
    Lf,
    /// A carriage return and a line feed: Windows.
    CrLf,
    /// A carriage return alone: the first Macintosh.
    Cr,
}

/// What ends the first line of a text.
pub(super) fn line_end_of(beginning: &str) -> LineEnd {
    match beginning.find(['\n', '\r']).map(|at| &beginning[at..]) {
        Some(rest) if rest.starts_with("\r\n") => LineEnd::CrLf,
        Some(rest) if rest.starts_with('\r') => LineEnd::Cr,
        _ => LineEnd::Lf,
    }
}

/// The delimiter that divides the beginning of a text into the most columns in the most rows.
///
/// Rows of another width than the usual (titles, notes that hold the delimiter) do not count, so grouped amounts
/// in a tab-separated file do not make it a comma-separated one.
pub(super) fn delimiter_of(sample: &[u8], encoding: Encoding) -> Delimiter {
    let rows = |delimiter: Delimiter| {
        let source = Box::new(Cursor::new(sample.to_vec()));
        TextRows::of(Decoding::of(source, encoding), delimiter)
    };
    let score = |delimiter: Delimiter| -> usize {
        let mut rows_by_width = std::collections::BTreeMap::<usize, usize>::new();
        let (mut rows, mut row) = (rows(delimiter), FileRow::default());
        while let Ok(true) = rows.read(&mut row) {
            *rows_by_width.entry(row.width()).or_default() += 1;
        }
        rows_by_width.into_iter().map(|(width, rows)| (width - 1) * rows).max().unwrap_or(0)
    };
    let (mut found, mut most) = (Delimiter::Comma, 0);
    for delimiter in Delimiter::ALL {
        let score = score(delimiter);
        if score > most {
            (found, most) = (delimiter, score);
        }
    }
    found
}

/// What came of reading one record.
enum Record {
    Row,
    /// The text was over before it.
    None,
}

/// The rows of a text.
pub(super) struct TextRows {
    input: Decoding,
    core: csv_core::Reader,
    /// The number of the last row.
    number: u64,
    /// Whether the last line ended with a carriage return, so that a line feed belongs to it.
    after_cr: bool,
    is_over: bool,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl TextRows {
    pub fn of(input: Decoding, delimiter: Delimiter) -> Self {
        Self {
            input,
            core: csv_core::ReaderBuilder::new().delimiter(delimiter.byte()).build(),
            number: 0,
            after_cr: false,
            is_over: false,
            text: vec![0; 4096],
            ends: vec![0; 64],
        }
    }

    /// Reads the next row that is not blank; `false` when there is none.
    pub fn read(&mut self, row: &mut FileRow) -> Result<bool, FileRefusal> {
        while !self.is_over {
            let record = self.record(row);
            self.is_over = !matches!(record, Ok(Record::Row));
            match record? {
                Record::Row if row.is_blank() => {}
                Record::Row => return Ok(true),
                Record::None => return Ok(false),
            }
        }
        Ok(false)
    }

    fn record(&mut self, row: &mut FileRow) -> Result<Record, FileRefusal> {
        if !self.skip_blank_lines()? {
            return if self.input.is_broken() { Err(self.undecodable(self.number + 1)) } else { Ok(Record::None) };
        }
        self.number += 1;
        if self.number > ROWS_MAX {
            return Err(too_many_rows());
        }
        let (mut text_bytes, mut cells) = (0, 0);
        loop {
            let input = self.input.fill_buf().map_err(unreadable)?;
            if input.is_empty() {
                return self.last_record(row, text_bytes, cells);
            }
            let (result, read, written, ended) =
                self.core.read_record(input, &mut self.text[text_bytes..], &mut self.ends[cells..]);
            self.after_cr = read > 0 && input[read - 1] == b'\r';
            self.input.consume(read);
            (text_bytes, cells) = (text_bytes + written, cells + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    let cell_start = if cells == 0 { 0 } else { self.ends[cells - 1] };
                    if text_bytes - cell_start > CELL_BYTES_MAX || text_bytes >= ROW_BYTES_MAX {
                        return Err(self.overlong());
                    }
                    self.text.resize(2 * self.text.len(), 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    if cells > ROW_CELLS_MAX {
                        return Err(self.too_wide());
                    }
                    self.ends.resize(2 * self.ends.len(), 0);
                }
                ReadRecordResult::Record => return self.finished(row, text_bytes, cells),
                ReadRecordResult::End => unreachable!("the input is not empty"),
            }
        }
    }

    /// Counts the blank lines at the position; `false` when the text is over.
    ///
    /// The parser would pass them over without counting them.
    fn skip_blank_lines(&mut self) -> Result<bool, FileRefusal> {
        loop {
            let input = self.input.fill_buf().map_err(unreadable)?;
            let Some(&first) = input.first() else { return Ok(false) };
            let (mut at, mut next) = (0, first);
            while matches!(next, b'\n' | b'\r') {
                if next == b'\r' || !self.after_cr {
                    self.number += 1;
                }
                self.after_cr = next == b'\r';
                at += 1;
                match input.get(at) {
                    Some(&byte) => next = byte,
                    None => break,
                }
            }
            let is_found = at < input.len();
            self.input.consume(at);
            if self.number > ROWS_MAX {
                return Err(too_many_rows());
            }
            if is_found {
                self.after_cr = false;
                return Ok(true);
            }
        }
    }

    /// The record that the end of the text ends.
    fn last_record(&mut self, row: &mut FileRow, text_bytes: usize, cells: usize) -> Result<Record, FileRefusal> {
        if self.input.is_broken() {
            return Err(self.undecodable(self.number));
        }
        // A line end closes every record but one whose quote is open.
        let mut none = [0; 8];
        self.ends.resize(self.ends.len().max(cells + 2), 0);
        let (result, _, written, ended) = self.core.read_record(b"\n", &mut none, &mut self.ends[cells..]);
        match result {
            ReadRecordResult::Record if written == 0 => self.finished(row, text_bytes, cells + ended),
            _ => Err(self.unclosed()),
        }
    }

    fn finished(&mut self, row: &mut FileRow, text_bytes: usize, cells: usize) -> Result<Record, FileRefusal> {
        if cells > ROW_CELLS_MAX {
            return Err(self.too_wide());
        }
        let mut start = 0;
        for end in &self.ends[..cells] {
            if end - start > CELL_BYTES_MAX {
                return Err(self.cell_too_long());
            }
            start = *end;
        }
        let text = std::str::from_utf8(&self.text[..text_bytes]).expect("what was decoded is UTF-8");
        row.reset(self.number);
        row.fill(text, &self.ends[..cells]);
        Ok(Record::Row)
    }

    /// Why a row that is longer than a row may be is refused: its quote is open to the end, or it is too long.
    fn overlong(&mut self) -> FileRefusal {
        let mut ends = [0; 64];
        let mut text = vec![0; 64 * 1024];
        loop {
            let Ok(input) = self.input.fill_buf() else { return self.cell_too_long() };
            if input.is_empty() {
                let (result, ..) = self.core.read_record(b"\n", &mut text, &mut ends);
                return if result == ReadRecordResult::Record { self.cell_too_long() } else { self.unclosed() };
            }
            let (result, read, ..) = self.core.read_record(input, &mut text, &mut ends);
            self.input.consume(read);
            if result == ReadRecordResult::Record {
                return self.cell_too_long();
            }
        }
    }

    fn unclosed(&self) -> FileRefusal {
        let row = self.number;
        FileRefusal::new(
            "quote_unclosed",
            format!("Row {row} opens a double quote that is never closed; close it or remove it."),
            format!("第 {row} 行的英文双引号没有闭合；请补上或删除。"),
        )
        .at(row)
    }

    fn cell_too_long(&self) -> FileRefusal {
        cell_too_long(self.number)
    }

    fn too_wide(&self) -> FileRefusal {
        too_wide(self.number)
    }

    fn undecodable(&self, row: u64) -> FileRefusal {
        undecodable(row, self.input.encoding())
    }
}

/// The refusal of a cell that is longer than a cell may be.
pub(super) fn cell_too_long(row: u64) -> FileRefusal {
    FileRefusal::new(
        "cell_too_long",
        format!("Row {row} has a cell longer than 128 KiB; a double quote may be missing."),
        format!("第 {row} 行有超过 128 KiB 的单元格；可能缺少英文双引号。"),
    )
    .at(row)
}

/// The refusal of bytes that are no character.
pub(super) fn undecodable(row: u64, encoding: Encoding) -> FileRefusal {
    let encoding = encoding.name();
    FileRefusal::new(
        "undecodable",
        format!("Row {row} has bytes that are no {encoding} character; save the file as UTF-8 and import that."),
        format!("第 {row} 行含有不属于 {encoding} 的字节；请把文件另存为 UTF-8 后导入。"),
    )
    .at(row)
}

/// The refusal of a row that is wider than a list.
pub(super) fn too_wide(row: u64) -> FileRefusal {
    FileRefusal::new(
        "row_too_wide",
        format!("Row {row} has more than {ROW_CELLS_MAX} cells; import a table with one record in a row."),
        format!("第 {row} 行超过 {ROW_CELLS_MAX} 个单元格；请导入每行一条记录的表格。"),
    )
    .at(row)
}

/// The refusal of a file that is longer than a list.
pub(super) fn too_many_rows() -> FileRefusal {
    FileRefusal::new(
        "too_many_rows",
        format!("The file has more than {ROWS_MAX} rows; split it and import the parts."),
        format!("文件超过 {ROWS_MAX} 行；请拆分后分别导入。"),
    )
}
