//! A text file to rows of cells: the delimiter is found, quoted cells are unwrapped, rows are counted.
//!
//! Invariants:
//! * a row's number is the one a spreadsheet shows: every record counts, blank ones and titles too,
//!   and a quoted cell with line breaks is part of one row;
//! * a quote that is never closed is refused, because it would swallow the rows below it;
//! * cells, rows and the file are bounded; one row is in memory at a time beside the text.

use std::io::Read;

use super::decode::{Encoding, decode, read_bounded};
use super::refusal::FileRefusal;

/// The longest cell, in bytes of UTF-8: a spreadsheet's own bound of 32,767 characters, rounded.
pub const CELL_BYTES_MAX: usize = 128 * 1024;

/// The most cells in a row: no list of gifts is as wide, and every row costs its cells.
pub const ROW_CELLS_MAX: usize = 1_000;

/// The most rows in a file: what one spreadsheet sheet holds.
pub const ROWS_MAX: u64 = 1_048_576;

/// The beginning of the file that the delimiter is found in.
const SAMPLE_BYTES: usize = 64 * 1024;

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

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Tab => b'\t',
            Self::Semicolon => b';',
        }
    }
}

/// A decoded file and how its cells are divided.
pub struct Table {
    text: String,
    /// How the file's characters are written.
    pub encoding: Encoding,
    /// What stands between two cells.
    pub delimiter: Delimiter,
}

/// One row, its cells as they stand in the file, unquoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The row as a spreadsheet numbers rows, from 1.
    pub number: u64,
    /// The cells; a blank row has one empty cell.
    pub cells: Vec<String>,
}

impl TableRow {
    /// The cell of a column; empty where the row is shorter.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

impl Table {
    /// Reads a file and finds its encoding and delimiter.
    ///
    /// Refused when it is empty, too large, no text, has a line above 1 MiB or bytes that are no character.
    pub fn read(source: &mut impl Read) -> Result<Self, FileRefusal> {
        let decoded = decode(read_bounded(source)?);
        let delimiter = delimiter_of(&decoded.text);
        if decoded.is_broken {
            let row = last_row(&decoded.text, delimiter);
            let encoding = decoded.encoding.name();
            return Err(FileRefusal::new(
                "undecodable",
                format!(
                    "Row {row} has bytes that are no {encoding} character; save the file as UTF-8 and import that."
                ),
                format!("第 {row} 行含有不属于 {encoding} 的字节；请把文件另存为 UTF-8 后导入。"),
            )
            .at(row));
        }
        Ok(Self { text: decoded.text, encoding: decoded.encoding, delimiter })
    }

    /// The rows in the order of the file; nothing follows a refusal.
    pub fn rows(&self) -> Rows<'_> {
        Rows::of(&self.text, self.delimiter)
    }
}

/// The row the text ends in.
fn last_row(text: &str, delimiter: Delimiter) -> u64 {
    let mut rows = Rows::of(text, delimiter);
    while let Some(Ok(_)) = rows.next() {}
    let ends_with_line = text.is_empty() || text.ends_with(['\n', '\r']);
    rows.number + u64::from(ends_with_line)
}

/// The delimiter that divides the beginning of the text into the most columns in the most rows.
///
/// Rows of another width than the usual (titles, notes that hold the delimiter) do not count, so
/// grouped amounts in a tab-separated file do not make it a comma-separated one.
fn delimiter_of(text: &str) -> Delimiter {
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    let score = |delimiter: Delimiter| -> usize {
        let mut rows_by_width = std::collections::BTreeMap::<usize, usize>::new();
        for row in Rows::of(sample, delimiter).map_while(Result::ok) {
            *rows_by_width.entry(row.cells.len()).or_default() += 1;
        }
        rows_by_width.into_iter().map(|(width, rows)| (width - 1) * rows).max().unwrap_or(0)
    };
    let mut found = Delimiter::Comma;
    for delimiter in Delimiter::ALL {
        if score(delimiter) > score(found) {
            found = delimiter;
        }
    }
    found
}

/// The rows of a text, one at a time.
pub struct Rows<'text> {
    text: &'text str,
    delimiter: u8,
    position: usize,
    number: u64,
    is_over: bool,
}

impl<'text> Rows<'text> {
    fn of(text: &'text str, delimiter: Delimiter) -> Self {
        Self { text, delimiter: delimiter.byte(), position: 0, number: 0, is_over: false }
    }

    fn row(&mut self) -> Result<TableRow, FileRefusal> {
        let number = self.number;
        if number > ROWS_MAX {
            return Err(FileRefusal::new(
                "too_many_rows",
                format!("The file has more than {ROWS_MAX} rows; split it and import the parts."),
                format!("文件超过 {ROWS_MAX} 行；请拆分后分别导入。"),
            ));
        }
        let mut cells = Vec::new();
        loop {
            cells.push(self.cell()?);
            if cells.len() > ROW_CELLS_MAX {
                return Err(FileRefusal::new(
                    "row_too_wide",
                    format!("Row {number} has more than {ROW_CELLS_MAX} cells; import a table with one gift in a row."),
                    format!("第 {number} 行超过 {ROW_CELLS_MAX} 个单元格；请导入每行一笔捐赠的表格。"),
                )
                .at(number));
            }
            match self.next_byte() {
                Some(byte) if byte == self.delimiter => self.position += 1,
                end => {
                    self.position += usize::from(end.is_some());
                    if end == Some(b'\r') && self.next_byte() == Some(b'\n') {
                        self.position += 1;
                    }
                    return Ok(TableRow { number, cells });
                }
            }
        }
    }

    /// The cell at the position, which is left at the delimiter, line end or end of text behind it.
    fn cell(&mut self) -> Result<String, FileRefusal> {
        let mut cell = String::new();
        if self.next_byte() == Some(b'"') {
            self.position += 1;
            self.quoted(&mut cell)?;
        }
        // Text behind a closing quote belongs to the cell: `"爱心"人士` is how some programs write it.
        let rest = &self.text[self.position..];
        let end = rest
            .bytes()
            .position(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r')
            .unwrap_or(rest.len());
        cell.push_str(&rest[..end]);
        self.position += end;
        if cell.len() > CELL_BYTES_MAX {
            return Err(self.cell_too_long());
        }
        Ok(cell)
    }

    /// The text up to the closing quote; a doubled quote is one.
    fn quoted(&mut self, cell: &mut String) -> Result<(), FileRefusal> {
        loop {
            let rest = &self.text[self.position..];
            let Some(quote) = rest.find('"') else {
                let row = self.number;
                return Err(FileRefusal::new(
                    "quote_unclosed",
                    format!("Row {row} opens a double quote that is never closed; close it or remove it."),
                    format!("第 {row} 行的英文双引号没有闭合；请补上或删除。"),
                )
                .at(row));
            };
            cell.push_str(&rest[..quote]);
            self.position += quote + 1;
            if cell.len() > CELL_BYTES_MAX {
                return Err(self.cell_too_long());
            }
            if self.next_byte() != Some(b'"') {
                return Ok(());
            }
            cell.push('"');
            self.position += 1;
        }
    }

    fn next_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn cell_too_long(&self) -> FileRefusal {
        let row = self.number;
        FileRefusal::new(
            "cell_too_long",
            format!("Row {row} has a cell longer than 128 KiB; a double quote may be missing."),
            format!("第 {row} 行有超过 128 KiB 的单元格；可能缺少英文双引号。"),
        )
        .at(row)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<TableRow, FileRefusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over || self.position >= self.text.len() {
            return None;
        }
        self.number += 1;
        let row = self.row();
        self.is_over = row.is_err();
        Some(row)
    }
}
