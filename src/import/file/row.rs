//! One row of a file: its number and its cells.

use crate::import::cell::is_blank;

/// What a workbook knows of a cell beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Text, and every cell of a text file.
    #[default]
    Text,
    /// Nothing: no cell, or no value in it.
    Empty,
    /// A number, written by the fewest digits that mean it.
    Number,
    /// A number that is shown as a percentage; `0.03` is what is shown as 3%.
    Percent,
    /// A day or an instant, written `2024-03-01` or `2024-03-01 09:30:00`.
    Date,
    /// Yes or no, written `TRUE` or `FALSE`.
    Bool,
    /// The error a formula came to, such as `#REF!`.
    Error,
}

/// One row, its cells as they stand in the file, unquoted.
///
/// The cells share one buffer, so that a row can be read again and again into the same memory.
#[derive(Debug, Clone, Default)]
pub struct FileRow {
    /// The row as a spreadsheet numbers rows, from 1; the line of a file of JSON lines.
    pub number: u64,
    text: String,
    ends: Vec<usize>,
    /// Beside `ends`; empty where all cells are text.
    kinds: Vec<Kind>,
}

impl FileRow {
    /// A row of texts.
    pub fn of<T: AsRef<str>>(number: u64, cells: impl IntoIterator<Item = T>) -> Self {
        let mut row = Self { number, ..Self::default() };
        for cell in cells {
            row.push(cell.as_ref());
        }
        row
    }

    /// The cell of a column, from 0; empty where the row is shorter.
    pub fn cell(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else { return "" };
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.text[start..end]
    }

    /// What is known of the cell of a column.
    pub fn kind(&self, column: usize) -> Kind {
        self.kinds.get(column).copied().unwrap_or_default()
    }

    /// How many cells the row has.
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// The cells from left to right.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|column| self.cell(column))
    }

    /// Whether no cell has a character to be seen.
    pub fn is_blank(&self) -> bool {
        is_blank(&self.text)
    }

    /// Adds a cell at the right end.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Adds a cell of a kind at the right end.
    pub fn push_kind(&mut self, cell: &str, kind: Kind) {
        self.kinds.resize(self.ends.len(), Kind::Text);
        self.kinds.push(kind);
        self.push(cell);
    }

    /// Empties the row, whose number is `number` then.
    pub(super) fn reset(&mut self, number: u64) {
        self.number = number;
        self.text.clear();
        self.ends.clear();
        self.kinds.clear();
    }

    /// Gives an empty row its cells: their texts one behind the other, and where each ends.
    pub(super) fn fill(&mut self, text: &str, ends: &[usize]) {
        self.text.push_str(text);
        self.ends.extend_from_slice(ends);
    }
}

/// Rows are the same when their numbers and their cells' texts are.
impl PartialEq for FileRow {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.text == other.text && self.ends == other.ends
    }
}

impl Eq for FileRow {}
