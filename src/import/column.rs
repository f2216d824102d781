//! The columns a kind of list has: what each is called, whether it is needed, and what its cells say.
//!
//! A kind of list is a constant table of these. The header of a file is understood by it, a mapping is checked
//! against it, and its cells are read by it.
//!
//! Invariants of a table, which [`faults`] checks:
//! * synonyms are written as [`column_key`] writes them: lower case, no blanks, brackets, hyphens;
//! * no name belongs to two fields, and no field stands twice.

use super::cell::match_key;

/// A column that a kind of list may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The field, as the mapping file and the reference call it.
    pub field: &'static str,
    /// Whether a file without the column is refused.
    pub required: bool,
    /// Whether several columns of a file may be the field, joined from left to right.
    pub several: bool,
    /// What its cells say.
    pub cell: Cell,
    /// Chinese names of the column, the likeliest first, divided by blanks.
    pub synonyms_zh: &'static str,
    /// English names of the column, the likeliest first, divided by blanks.
    pub synonyms_en: &'static str,
}

/// What the cells of a column say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Any text of at most so many characters.
    Text {
        /// The characters the field holds.
        chars_max: usize,
    },
    /// The name of a party or a thing: a text that is no formula and no formula's error.
    Name {
        /// The characters the field holds.
        chars_max: usize,
    },
    /// Money, in fen; the unit is what the header, the titles or the cell say.
    Amount,
    /// The price of one thing, which may be finer than a fen.
    Price {
        /// The decimals of a fen that are kept.
        decimals: u8,
    },
    /// A day.
    Date,
    /// A whole number.
    Integer,
    /// A share, in basis points: `3%`, `3‰`, `0.03`.
    Ratio,
    /// Yes or no.
    YesNo,
    /// One of these.
    Choice(&'static [Choice]),
}

impl Cell {
    /// Whether its header may say the unit of money.
    pub(super) fn is_money(self) -> bool {
        matches!(self, Self::Amount | Self::Price { .. })
    }
}

/// One of the values of a column that has only a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The value, as the code calls it.
    pub value: &'static str,
    /// What cells write for it, in both languages, divided by blanks; the first is shown in sentences.
    pub words: &'static str,
}

impl Column {
    /// A column that a file must have.
    pub const fn required(
        field: &'static str,
        cell: Cell,
        synonyms_zh: &'static str,
        synonyms_en: &'static str,
    ) -> Self {
        Self { field, required: true, several: false, cell, synonyms_zh, synonyms_en }
    }

    /// A column that a file may have.
    pub const fn optional(
        field: &'static str,
        cell: Cell,
        synonyms_zh: &'static str,
        synonyms_en: &'static str,
    ) -> Self {
        Self { required: false, ..Self::required(field, cell, synonyms_zh, synonyms_en) }
    }

    /// Columns that a file may have, joined from left to right.
    pub const fn several(
        field: &'static str,
        cell: Cell,
        synonyms_zh: &'static str,
        synonyms_en: &'static str,
    ) -> Self {
        Self { several: true, ..Self::optional(field, cell, synonyms_zh, synonyms_en) }
    }

    /// The place of a name among the synonyms, the likeliest first; the two languages are equal.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        let place = |words: &'static str| words.split_whitespace().position(|word| word == key);
        let zh = place(self.synonyms_zh).map(|at| 2 * at + 1);
        zh.or_else(|| place(self.synonyms_en).map(|at| 2 * at))
    }

    /// A place behind those of all synonyms.
    pub(super) fn places(&self) -> usize {
        2 * (self.synonyms_zh.split_whitespace().count() + self.synonyms_en.split_whitespace().count())
    }

    /// A few of the names, in both languages, for a sentence.
    pub fn accepted(&self) -> String {
        let english = self.synonyms_en.split_whitespace().take(2);
        let chinese = self.synonyms_zh.split_whitespace().take(4);
        english.chain(chinese).collect::<Vec<_>>().join(", ")
    }
}

/// The key of a column's name: half width, lower case, without blanks, brackets, hyphens, underscores and per cent signs.
pub fn column_key(name: &str) -> String {
    match_key(name)
        .chars()
        .filter(|character| !matches!(character, ' ' | '(' | ')' | '_' | '-' | '*' | ':' | '.' | '[' | ']' | '%' | '‰'))
        .collect()
}

/// What is wrong with a table of columns, for the test of each kind; empty for a sound one.
pub fn faults(columns: &[Column]) -> Vec<String> {
    let mut faults = vec![];
    let mut owners = std::collections::HashMap::new();
    for (at, column) in columns.iter().enumerate() {
        if columns[..at].iter().any(|other| other.field == column.field) {
            faults.push(format!("{} stands twice", column.field));
        }
        for name in column.synonyms_zh.split_whitespace().chain(column.synonyms_en.split_whitespace()) {
            if column_key(name) != name {
                faults.push(format!("{name} of {} is not written as it is compared", column.field));
            }
            if let Some(other) = owners.insert(name, column.field) {
                faults.push(format!("{name} belongs to {other} and to {}", column.field));
            }
        }
    }
    faults
}
