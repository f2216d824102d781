//! A mapping: which column of one publisher's table is what, as a person said it.
//!
//! It is written as TOML, and kept as JSON:
//!
//! ```toml
//! giver = "捐赠(单位/姓名)"
//! amount = "捐赠金额"
//! amount_unit = "wan"                       # yuan, wan or fen, where the header does not say
//! date = "日期"
//! note = ["用途", "备注"]                    # one name or several, where the field may have several
//! reference = ["source_file", "sheet_row"]
//! credit_code = "税号"
//! external_id = ""                          # an empty name: no such column, do not guess
//! sheet = "明细"                             # the sheet of a workbook
//! ```
//!
//! Invariants:
//! * a key that is not known is refused, so that no mistyped key is silently without effect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::amount::Unit;
use super::column::Column;
use super::refusal::{FileRefusal, cut};

/// The longest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 64 * 1024;

/// The key of a workbook's sheet.
const SHEET: &str = "sheet";

/// The columns as a person named them; what is not named is guessed from the header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The names of each field's columns; an empty list for a field that the file has no column of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    columns: BTreeMap<String, Vec<String>>,
    /// The unit of each amount, over what the header says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    units: BTreeMap<String, MappedUnit>,
    /// The sheet of a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
}

/// A unit as a mapping writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MappedUnit {
    /// 元.
    Yuan,
    /// 万元.
    Wan,
    /// 分.
    Fen,
}

impl From<MappedUnit> for Unit {
    fn from(unit: MappedUnit) -> Self {
        match unit {
            MappedUnit::Yuan => Self::Yuan,
            MappedUnit::Wan => Self::Wan,
            MappedUnit::Fen => Self::Fen,
        }
    }
}

/// What stands behind a key.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Mapping {
    /// Reads a mapping file for a kind of list. Refused when it is too long, no TOML, or has a key that is not known.
    pub fn parse(toml: &str, columns: &[Column]) -> Result<Self, FileRefusal> {
        if toml.len() > MAPPING_BYTES_MAX {
            return Err(FileRefusal::new(
                "mapping_too_large",
                "The mapping file is larger than 64 KiB; it needs one line for each column.",
                "对照文件超过 64 KiB；每列只需一行。",
            ));
        }
        let keys: BTreeMap<String, Names> =
            toml::from_str(toml).map_err(|error| unreadable(error.message(), columns))?;
        let mut mapping = Self::default();
        for (key, names) in keys {
            mapping.take(&key, names, columns).map_err(|reason| unreadable(&reason, columns))?;
        }
        Ok(mapping)
    }

    fn take(&mut self, key: &str, names: Names, columns: &[Column]) -> Result<(), String> {
        let mut names = match names {
            Names::One(name) => vec![name],
            Names::Several(names) => names,
        };
        names.retain(|name| !name.is_empty());
        if let Some(column) = columns.iter().find(|column| column.field == key) {
            if names.len() > 1 && !column.several {
                return Err(format!("{key} is one column"));
            }
            self.columns.insert(key.to_owned(), names);
            return Ok(());
        }
        let amount = key
            .strip_suffix("_unit")
            .and_then(|field| columns.iter().find(|column| column.field == field && column.cell.is_money()));
        if let Some(column) = amount {
            let unit = match names.as_slice() {
                [unit] if unit == "yuan" => MappedUnit::Yuan,
                [unit] if unit == "wan" => MappedUnit::Wan,
                [unit] if unit == "fen" => MappedUnit::Fen,
                _ => return Err(format!("{key} is yuan, wan or fen")),
            };
            self.units.insert(column.field.to_owned(), unit);
            return Ok(());
        }
        if key != SHEET || names.len() > 1 {
            return Err(format!("unknown key {}", cut(key)));
        }
        self.sheet = names.pop();
        Ok(())
    }

    /// The names of the columns of a field; `None` where they are guessed.
    pub(super) fn columns(&self, field: &str) -> Option<&[String]> {
        self.columns.get(field).map(Vec::as_slice)
    }

    /// The unit of an amount, where it is said.
    pub(super) fn unit(&self, field: &str) -> Option<Unit> {
        self.units.get(field).copied().map(Unit::from)
    }

    /// The sheet of a workbook, where it is said.
    pub fn sheet(&self) -> Option<&str> {
        self.sheet.as_deref()
    }

    /// All column names the mapping gives.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.values().flatten().map(String::as_str)
    }
}

fn unreadable(reason: &str, columns: &[Column]) -> FileRefusal {
    let mut keys = vec![];
    for column in columns {
        keys.push(column.field.to_owned());
        if column.cell.is_money() {
            keys.push(format!("{}_unit", column.field));
        }
    }
    let (en, zh) = (keys.join(", "), keys.join("、"));
    FileRefusal::new(
        "mapping_unreadable",
        format!(
            "The mapping file cannot be understood: {reason}. Accepted are {en} and {SHEET}, each with a column's name."
        ),
        format!("对照文件无法理解：{reason}。可用 {zh}、{SHEET}，各写列名。"),
    )
}
