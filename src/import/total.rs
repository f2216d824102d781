//! Total rows: told apart from gifts, never imported, and compared with what the gifts add up to.
//!
//! Invariants:
//! * a total that differs by a fen refuses the file, because one of the two is wrong;
//! * a total is not compared once an amount above it could not be read: that amount is refused already.

use super::amount::{Unit, total_fen, yuan_text};
use super::cell::{all_digits, clean, match_key};
use super::header::{Columns, column_key};
use super::refusal::{CellRefusal, FileRefusal};
use super::table::TableRow;

/// Words that make a row a total row, as [`column_key`] writes them.
const LABELS: &[&str] = &[
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

/// Words a total's number may follow in one cell, as in `合计：1,200元` and `合计731人`.
const PREFIXES: &[&str] = &["合计", "总计", "共计", "小计", "累计", "total"];

/// What is counted behind a number that is no amount, as in `731人`.
const COUNTED: &[&str] = &["人次", "个单位", "人", "笔", "家", "户", "条", "个", "单"];

/// A total row as it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ControlRow {
    pub row: u64,
    /// The total, in fen; `None` when the row names none.
    pub total_fen: Option<i64>,
    /// The gifts or givers the row claims to have counted; `None` when it names none.
    pub count: Option<u64>,
    /// What the gifts above add up to, in fen.
    pub running_fen: i64,
    /// What the gifts since the total row before add up to, in fen.
    pub section_fen: i64,
}

/// Whether a row is a total row by a word in it.
///
/// A word in a note counts only where no giver is named: a gift's note may speak of a total.
pub(super) fn is_labelled(row: &TableRow, columns: &Columns) -> bool {
    let has_giver = !clean(row.cell(columns.giver)).is_empty();
    row.cells
        .iter()
        .enumerate()
        .filter(|(column, _)| !has_giver || !columns.note.contains(column))
        .any(|(_, cell)| is_label(cell))
}

fn is_label(cell: &str) -> bool {
    let key = column_key(cell);
    LABELS.contains(&key.as_str()) || number_behind_label(cell).is_some()
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

/// The total a total row names, in fen, and the count it claims.
///
/// The amount column is read first; where it is empty, every other cell but the reference is, since the place of the
/// total moves from sheet to sheet. Among several numbers the one that equals `expected_fen` is the
/// total, otherwise the largest. Refused when the amount column has a text that is no number.
pub(super) fn numbers_of(
    row: &TableRow,
    columns: &Columns,
    expected_fen: i64,
) -> Result<(Option<i64>, Option<u64>), CellRefusal> {
    let count = row
        .cells
        .iter()
        .find_map(|cell| count_of(cell).or_else(|| number_behind_label(cell).and_then(|rest| count_of(&rest))));
    let in_place = row.cell(columns.amount);
    if !is_label(in_place) && count_of(in_place).is_none() {
        match total_fen(in_place, columns.amount_unit) {
            Ok(fen) => return Ok((Some(fen), count)),
            Err(CellRefusal::AmountMissing) => {}
            Err(_) => return Err(CellRefusal::ControlTotalUnreadable),
        }
    }
    let numbers: Vec<i64> = row
        .cells
        .iter()
        .enumerate()
        .filter(|(column, _)| !columns.reference.contains(column))
        .filter_map(|(_, cell)| {
            let text = number_behind_label(cell).unwrap_or_else(|| cell.clone());
            total_fen(&text, columns.amount_unit).ok()
        })
        .collect();
    let equal = numbers.iter().copied().find(|&fen| fen == expected_fen);
    Ok((equal.or_else(|| numbers.into_iter().max()), count))
}

/// Compares each total with the gifts above it, with its section, or, above all gifts, with all of them.
///
/// Answers the last total that covers everything above it. Refused when a total differs.
pub(super) fn compare(controls: &[ControlRow], all_fen: i64) -> Result<Option<i64>, FileRefusal> {
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
        format!("The total in row {row} is {total}, and the gifts add up to {sum}; correct the gift or the total that is wrong, or delete the total row."),
        format!("第 {row} 行的合计是 {total}，而各笔捐赠相加为 {sum}；请更正有误的一方，或删除合计行。"),
    )
    .at(row)
}
