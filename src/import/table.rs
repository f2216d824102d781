//! A file of a known kind of list: its header found, its rows below.
//!
//! In a workbook the first visible sheet whose header fits is the table, unless one is named.

use super::file::{FileRow, Found, RowReader, Source, Wanted};
use super::header::{self, Columns, Layout, NoHeader, TITLE_ROWS_MAX};
use super::refusal::FileRefusal;

/// The rows of a list, below its header.
pub struct Table {
    reader: RowReader,
    columns: Columns,
    header_row: u64,
    /// The rows that were read to find the header, which is at `header`.
    head: Vec<FileRow>,
    header: usize,
    /// The next row of the head to be given.
    next: usize,
}

impl Table {
    /// Opens a file and finds the header of its list.
    ///
    /// Refused when the file is no list, or its columns are not those of the kind.
    pub fn open(source: impl Source + 'static, layout: Layout<'_>, wanted: &Wanted) -> Result<Self, FileRefusal> {
        let mut reader = RowReader::open(source, wanted)?;
        let mut likeliest: Option<NoHeader> = None;
        loop {
            let head = head_of(&mut reader)?;
            match header::find(&head, layout) {
                Ok((header, columns)) => {
                    let header_row = head[header].number;
                    return Ok(Self { reader, columns, header_row, head, header, next: header + 1 });
                }
                Err(refused) if likeliest.as_ref().is_none_or(|other| refused.likelihood > other.likelihood) => {
                    likeliest = Some(refused);
                }
                Err(_) => {}
            }
            if !reader.next_sheet()? {
                return Err(likeliest.expect("a sheet was refused").refusal);
            }
        }
    }

    /// What was found of the file.
    pub fn found(&self) -> &Found {
        self.reader.found()
    }

    /// Which column is what.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The row of the column names.
    pub fn header_row(&self) -> u64 {
        self.header_row
    }

    /// The titles above the header, and the header.
    pub fn head(&self) -> &[FileRow] {
        &self.head[..=self.header]
    }

    /// Reads the next row below the header that is not blank into `row`; `false` when there is none.
    pub fn read(&mut self, row: &mut FileRow) -> Result<bool, FileRefusal> {
        match self.head.get(self.next) {
            Some(ahead) => {
                self.next += 1;
                row.clone_from(ahead);
                Ok(true)
            }
            None => self.reader.read(row),
        }
    }
}

impl Iterator for Table {
    type Item = Result<FileRow, FileRefusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = FileRow::default();
        self.read(&mut row).map(|found| found.then_some(row)).transpose()
    }
}

/// The rows among which the header is.
fn head_of(reader: &mut RowReader) -> Result<Vec<FileRow>, FileRefusal> {
    reader.take(TITLE_ROWS_MAX + 1).collect()
}
