//! One row of a list read by the fields of its kind.
//!
//! Every reader gives `None` for an empty cell, and the refusal of the cell as people read it: with row, column
//! name, code, value and a sentence.

use chrono::NaiveDate;

use super::amount::{amount_fen, price, total_fen};
use super::cell::{
    Epoch, basis_points, choice, clean, day, fraction, integer, is_blank, is_formula_error, name, yes_no,
};
use super::column::Choice;
use super::file::{FileRow, Kind};
use super::header::Columns;
use super::refusal::{CellRefusal, RowRefusal};

/// A row and the columns it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The row.
    pub row: &'a FileRow,
    /// Which column is what.
    pub columns: &'a Columns,
}

impl<'a> Record<'a> {
    /// The cell of a field as it stands in the file; empty when the file has no such column.
    pub fn raw(&self, field: &str) -> &'a str {
        self.columns.one(field).map_or("", |column| self.row.cell(column))
    }

    /// A text of at most `chars_max` characters, cleaned; several columns are joined by `separator`.
    pub fn text(&self, field: &str, separator: &str, chars_max: usize) -> Result<Option<String>, RowRefusal> {
        let mut text = String::new();
        for column in self.columns.all(field) {
            let cell = clean(self.row.cell(*column));
            if !cell.is_empty() {
                if !text.is_empty() {
                    text.push_str(separator);
                }
                text.push_str(&cell);
            }
        }
        if text.len() > chars_max && text.chars().count() > chars_max {
            return Err(self.refusal(field, CellRefusal::TextTooLong { chars_max }));
        }
        Ok((!text.is_empty()).then_some(text))
    }

    /// The name of a party or a thing; a formula and a formula's error are refused.
    pub fn name(&self, field: &str, chars_max: usize) -> Result<Option<String>, RowRefusal> {
        self.read(field, |text| match name(text) {
            Ok(name) if name.chars().count() > chars_max => Err(CellRefusal::TextTooLong { chars_max }),
            read => read,
        })
    }

    /// An amount above zero, in fen.
    pub fn amount_fen(&self, field: &str) -> Result<Option<i64>, RowRefusal> {
        self.read(field, |text| amount_fen(text, self.columns.unit(field)))
    }

    /// An amount from zero, in fen.
    pub fn total_fen(&self, field: &str) -> Result<Option<i64>, RowRefusal> {
        self.read(field, |text| total_fen(text, self.columns.unit(field)))
    }

    /// The price of one thing, in `10^-decimals` fen.
    pub fn price(&self, field: &str, decimals: u8) -> Result<Option<i64>, RowRefusal> {
        self.read(field, |text| price(text, self.columns.unit(field), decimals))
    }

    /// A day, from 1950 to 2199.
    pub fn day(&self, field: &str, epoch: Epoch) -> Result<Option<NaiveDate>, RowRefusal> {
        self.read(field, |text| day(text, epoch))
    }

    /// A whole number from zero.
    pub fn integer(&self, field: &str) -> Result<Option<i64>, RowRefusal> {
        self.read(field, integer)
    }

    /// A share, in basis points.
    pub fn basis_points(&self, field: &str) -> Result<Option<i64>, RowRefusal> {
        // A workbook keeps what it shows as 3% as 0.03, and what it shows as 100% as 1.
        let is_percent = self.columns.one(field).is_some_and(|column| self.row.kind(column) == Kind::Percent);
        if is_percent {
            return self.read(field, fraction);
        }
        let share = self.columns.share(field);
        self.read(field, |text| basis_points(text, share))
    }

    /// Yes or no.
    pub fn yes_no(&self, field: &str) -> Result<Option<bool>, RowRefusal> {
        self.read(field, yes_no)
    }

    /// One of a few values.
    pub fn choice(&self, field: &str, choices: &'static [Choice]) -> Result<Option<&'static str>, RowRefusal> {
        self.read(field, |text| choice(text, choices))
    }

    /// The refusal of the cell of a field.
    pub fn refusal(&self, field: &str, refusal: CellRefusal) -> RowRefusal {
        let column = self.columns.one(field);
        let name = column.map(|column| self.columns.name(column)).filter(|name| !name.is_empty()).unwrap_or(field);
        refusal.of(self.row.number, name, self.raw(field))
    }

    /// Why the row as a whole is refused: it has text beyond the last column of the header.
    pub fn too_wide(&self) -> Option<RowRefusal> {
        let mut beyond = self.columns.names.len()..self.row.width();
        let column = beyond.find(|column| !is_blank(self.row.cell(*column)))?;
        Some(CellRefusal::RowTooWide.of(self.row.number, "—", self.row.cell(column)))
    }

    /// Reads a cell that is not empty.
    fn read<T>(&self, field: &str, read: impl FnOnce(&str) -> Result<T, CellRefusal>) -> Result<Option<T>, RowRefusal> {
        let text = self.raw(field);
        if is_blank(text) {
            return Ok(None);
        }
        let refusal = match read(text) {
            Ok(value) => return Ok(Some(value)),
            Err(_) if is_formula_error(text.trim()) => CellRefusal::FormulaError,
            // A dash alone is how a spreadsheet shows an empty amount.
            Err(CellRefusal::AmountMissing | CellRefusal::TextMissing | CellRefusal::DateMissing) => return Ok(None),
            Err(refusal) => refusal,
        };
        Err(self.refusal(field, refusal))
    }
}
