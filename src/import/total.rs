//! Total rows: told apart from records, never imported, and compared with what the records add up to.
//!
//! Invariants:
//! * a total that differs by a fen refuses the file, because one of the two is wrong;
//! * a total is not compared once an amount above it could not be read: that amount is refused already.

use super::amount::{Unit, total_fen, yuan_text};
use super::cell::{all_digits, half_width, is_blank, match_key};
use super::column::{Cell, Column, column_key};
use super::file::FileRow;
use super::header::Columns;
use super::refusal::{CellRefusal, FileRefusal};

/// Words that make a row a total row, as [`column_key`] writes them.
pub(super) const LABELS: &[&str] = &[
    "合计",
    "总计",
    "共计",
    "总合计",
    "合计总计",
    "小计",
    "累计",
    "本页合计",
    "本页小计",
    "本日合计",
    "本月合计",
    "合计金额",
    "总计金额",
    "金额合计",
    "总金额",
    "总额",
    "捐款合计",
    "捐赠合计",
    "捐款总计",
    "捐赠总计",
    "捐款总额",
    "捐赠总额",
    "合计元",
    "合计万元",
    "总计元",
    "总计万元",
    "total",
    "grandtotal",
    "subtotal",
    "totals",
    "sum",
    "totalamount",
];

/// The longest cell that is looked at for a total's word and number, in bytes.
const LABEL_BYTES_MAX: usize = 400;

/// Words a total's number may follow in one cell, as in `合计：1,200元` and `合计731人`.
const PREFIXES: &[&str] = &["合计", "总计", "共计", "小计", "累计", "total"];

/// What is counted behind a number that is no amount, as in `731人`.
const COUNTED: &[&str] = &["人次", "个单位", "人", "笔", "家", "户", "条", "个", "单"];

/// A total row as it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ControlRow {
    row: u64,
    /// The total, in fen; `None` when the row names none.
    total_fen: Option<i64>,
    /// The records or givers the row claims to have counted; `None` when it names none.
    count: Option<u64>,
    /// What the records above add up to, in fen.
    running_fen: i64,
    /// What the records since the total row before add up to, in fen.
    section_fen: i64,
}

/// What a row below the header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A record of the list.
    Record,
    /// A total row; refused where its total cannot be read.
    Total(Result<(), CellRefusal>),
    /// A title, a signature, a remark: a row with text but without name, amount and day, or below a total
    /// without the last two.
    PassedOver,
}

/// The columns that tell a total row from a record.
#[derive(Debug, Clone)]
struct Roles {
    name: Option<usize>,
    amount: Option<usize>,
    amount_unit: Unit,
    date: Option<usize>,
    /// The columns where a total's word says nothing beside a name.
    notes: Vec<usize>,
    /// The columns where a number is no total.
    no_totals: Vec<usize>,
}

/// The total rows of a list, met one by one, and what its records add up to.
///
/// The name, the amount and the day are the first columns of these cells in the kind's table; its fields `note`
/// and `reference` may hold words and numbers of a total that are none.
#[derive(Debug, Clone)]
pub struct Totals {
    roles: Roles,
    controls: Vec<ControlRow>,
    /// The amounts that could be read, those of refused rows included, in fen.
    listed_fen: i64,
    /// The same since the last total row.
    section_fen: i64,
    /// Whether every amount so far could be read.
    is_whole: bool,
}

impl Totals {
    /// Of a list of this kind, whose columns were found.
    pub fn of(kind: &[Column], columns: &Columns) -> Self {
        let first = |is: fn(&Cell) -> bool| kind.iter().find(|column| is(&column.cell));
        let at = |column: Option<&Column>| column.and_then(|column| columns.one(column.field));
        let amount = first(|cell| *cell == Cell::Amount);
        let mut no_totals = columns.all("reference").to_vec();
        for column in kind.iter().filter(|column| matches!(column.cell, Cell::Integer | Cell::Ratio)) {
            no_totals.extend_from_slice(columns.all(column.field));
        }
        let roles = Roles {
            name: at(first(|cell| matches!(cell, Cell::Name { .. }))),
            amount: at(amount),
            amount_unit: amount.map_or(Unit::Yuan, |column| columns.unit(column.field)),
            date: at(first(|cell| *cell == Cell::Date)),
            notes: columns.all("note").to_vec(),
            no_totals,
        };
        Self { roles, controls: vec![], listed_fen: 0, section_fen: 0, is_whole: true }
    }

    /// What a row that is not blank is. A total row is kept for [`compared`](Self::compared).
    pub fn role(&mut self, row: &FileRow) -> Role {
        let is_empty = |column: Option<usize>| column.is_none_or(|column| is_blank(row.cell(column)));
        let (no_amount, no_date) = (is_empty(self.roles.amount), is_empty(self.roles.date));
        let no_name_and_date = is_empty(self.roles.name) && no_date;
        if self.roles.is_labelled(row) || (no_name_and_date && self.equals_sum(row)) {
            return Role::Total(self.take_control(row));
        }
        // Below a total, a name without day and amount is a signature.
        let has_either = self.roles.amount.is_some() || self.roles.date.is_some();
        if no_amount && no_date && (no_name_and_date || (has_either && !self.controls.is_empty())) {
            return Role::PassedOver;
        }
        Role::Record
    }

    /// Adds the amount of a record; `None` for one that could not be read. Refused when the sum cannot be recorded.
    pub fn add(&mut self, fen: Option<i64>) -> Result<(), FileRefusal> {
        let Some(fen) = fen else {
            self.is_whole = false;
            return Ok(());
        };
        let sum = self.listed_fen.checked_add(fen);
        self.listed_fen = sum.ok_or_else(|| {
            FileRefusal::new(
                "sum_too_large",
                "The amounts add up to more than can be recorded; check the unit of the amounts.",
                "金额总和超过可登记的上限；请核对金额的单位。",
            )
        })?;
        self.section_fen += fen;
        Ok(())
    }

    /// What the amounts that could be read add up to, in fen.
    pub fn listed_fen(&self) -> i64 {
        self.listed_fen
    }

    /// The number of records or givers that the last total row claims; reported, never compared.
    pub fn count(&self) -> Option<u64> {
        self.controls.iter().rev().find_map(|control| control.count)
    }

    /// The file's own total, in fen, compared with its records; `None` when it has none or an amount was not read.
    ///
    /// Each total is compared with the records above it, with its section, or, above all records, with all of
    /// them. Refused when one differs.
    pub fn compared(&self) -> Result<Option<i64>, FileRefusal> {
        if self.is_whole { compare(&self.controls, self.listed_fen) } else { Ok(None) }
    }

    /// Whether the amount is what the records so far add up to.
    fn equals_sum(&self, row: &FileRow) -> bool {
        let Some(amount) = self.roles.amount else { return false };
        self.listed_fen > 0 && total_fen(row.cell(amount), self.roles.amount_unit) == Ok(self.listed_fen)
    }

    fn take_control(&mut self, row: &FileRow) -> Result<(), CellRefusal> {
        let numbers = self.roles.numbers_of(row, self.listed_fen);
        let section_fen = std::mem::take(&mut self.section_fen);
        let (total_fen, count) = numbers?;
        let (row, running_fen) = (row.number, self.listed_fen);
        self.controls.push(ControlRow { row, total_fen, count, running_fen, section_fen });
        Ok(())
    }
}

impl Roles {
    /// Whether a row is a total row by a word in it.
    ///
    /// A word in a note counts only where nobody is named: a record's note may speak of a total.
    fn is_labelled(&self, row: &FileRow) -> bool {
        let has_name = self.name.is_some_and(|name| !is_blank(row.cell(name)));
        let mut cells = row.cells().enumerate().filter(|(column, _)| !has_name || !self.notes.contains(column));
        cells.any(|(_, cell)| is_label(cell))
    }

    /// The total a total row names, in fen, and the count it claims.
    ///
    /// The amount's column is read first; where it is empty, every other cell is, since the place of the total
    /// moves from sheet to sheet. Among several numbers the one that equals `expected_fen` is the total,
    /// otherwise the largest. Refused when the amount's column has a text that is no number.
    fn numbers_of(&self, row: &FileRow, expected_fen: i64) -> Result<(Option<i64>, Option<u64>), CellRefusal> {
        let counted = |cell| count_of(cell).or_else(|| number_behind_label(cell).and_then(|rest| count_of(&rest)));
        let count = row.cells().find_map(counted);
        let Some(amount) = self.amount else { return Ok((None, count)) };
        let in_place = row.cell(amount);
        if !is_label(in_place) && count_of(in_place).is_none() {
            match total_fen(in_place, self.amount_unit) {
                Ok(fen) => return Ok((Some(fen), count)),
                Err(CellRefusal::AmountMissing) => {}
                Err(_) => return Err(CellRefusal::ControlTotalUnreadable),
            }
        }
        let cells = row.cells().enumerate().filter(|(column, _)| !self.no_totals.contains(column));
        let numbers: Vec<i64> = cells
            .filter_map(|(_, cell)| match number_behind_label(cell) {
                Some(text) => total_fen(&text, self.amount_unit).ok(),
                None => total_fen(cell, self.amount_unit).ok(),
            })
            .collect();
        let equal = numbers.iter().copied().find(|&fen| fen == expected_fen);
        Ok((equal.or_else(|| numbers.into_iter().max()), count))
    }
}

fn is_label(cell: &str) -> bool {
    if !may_be_label(cell) {
        return false;
    }
    let key = column_key(cell);
    LABELS.contains(&key.as_str()) || number_behind_label(cell).is_some()
}

/// Whether a cell has the characters of a total's word; all others need no closer look.
fn may_be_label(cell: &str) -> bool {
    const TOTAL: u8 = 0b000_1111;
    const SUM: u8 = 0b111_0000;
    if cell.len() > LABEL_BYTES_MAX {
        return false;
    }
    let mut letters = 0;
    for character in cell.chars() {
        letters |= match half_width(character).to_ascii_lowercase() {
            '计' | '额' => return true,
            't' => 1,
            'o' => 1 << 1,
            'a' => 1 << 2,
            'l' => 1 << 3,
            's' => 1 << 4,
            'u' => 1 << 5,
            'm' => 1 << 6,
            _ => 0,
        };
    }
    letters & TOTAL == TOTAL || letters & SUM == SUM
}

/// The text behind a total's word in the same cell, if it is an amount or a count.
fn number_behind_label(cell: &str) -> Option<String> {
    let key = match_key(cell);
    let rest = PREFIXES.iter().find_map(|prefix| key.strip_prefix(prefix))?;
    let rest = rest.trim_start_matches([':', ' ']);
    let is_number = count_of(rest).is_some() || total_fen(rest, Unit::Yuan).is_ok();
    is_number.then(|| rest.to_owned())
}

/// The number in a text such as `731人`.
fn count_of(text: &str) -> Option<u64> {
    let key = match_key(text);
    let digits = COUNTED.iter().find_map(|counted| key.strip_suffix(counted))?;
    let digits = digits.trim_start_matches('共').replace(',', "");
    all_digits(&digits).then(|| digits.parse().ok()).flatten()
}

/// Compares each total with the gifts above it, with its section, or, above all gifts, with all of them.
///
/// Answers the last total that covers everything above it. Refused when a total differs.
fn compare(controls: &[ControlRow], all_fen: i64) -> Result<Option<i64>, FileRefusal> {
    let mut control_total = None;
    for (index, control) in controls.iter().enumerate() {
        let Some(total_fen) = control.total_fen else {
            continue;
        };
        let stands_above = control.running_fen == 0;
        if total_fen == control.running_fen || (stands_above && total_fen == all_fen) {
            control_total = Some(total_fen);
        } else if index == 0 || total_fen != control.section_fen {
            let sum_fen = if stands_above { all_fen } else { control.running_fen };
            return Err(differs(control.row, total_fen, sum_fen));
        }
    }
    Ok(control_total)
}

fn differs(row: u64, total_fen: i64, sum_fen: i64) -> FileRefusal {
    let (total, sum) = (yuan_text(total_fen), yuan_text(sum_fen));
    FileRefusal::new(
        "control_total_differs",
        format!("The total in row {row} is {total}, and the amounts add up to {sum}; correct the amount or the total that is wrong, or delete the total row."),
        format!("第 {row} 行的合计是 {total}，而各笔金额相加为 {sum}；请更正有误的一方，或删除合计行。"),
    )
    .at(row)
}
