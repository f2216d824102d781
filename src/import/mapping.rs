//! The mapping file: which column of one publisher's table is what, in TOML.
//!
//! ```toml
//! giver = "捐赠(单位/姓名)"
//! amount = "捐赠金额"
//! amount_unit = "wan"                       # yuan, wan or fen, where the header does not say
//! date = "日期"
//! note = ["用途", "备注"]                    # one name or several
//! reference = ["source_file", "sheet_row"]  # one name or several
//! credit_code = "税号"
//! external_id = ""                          # an empty name: no such column, do not guess
//! ```
//!
//! Invariants:
//! * a key that is not known is refused, so that no mistyped key is silently without effect.

use serde::{Deserialize, Deserializer};

use super::amount::Unit;
use super::refusal::FileRefusal;

/// The longest mapping file, in bytes.
pub const MAPPING_BYTES_MAX: usize = 64 * 1024;

/// The columns as a person named them; what is `None` is guessed from the header.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The column of the giver's name.
    pub giver: Option<String>,
    /// The column of the amount.
    pub amount: Option<String>,
    /// The unit of the amount column, over what the header says.
    pub amount_unit: Option<MappedUnit>,
    /// The column of the day.
    pub date: Option<String>,
    /// The columns of notes and purposes; empty for none.
    #[serde(default, deserialize_with = "one_or_several")]
    pub note: Option<Vec<String>>,
    /// The columns the reference is made of; empty for none.
    #[serde(default, deserialize_with = "one_or_several")]
    pub reference: Option<Vec<String>>,
    /// The column of the giver's unified social credit code.
    pub credit_code: Option<String>,
    /// The column of the giver's number in another system.
    pub external_id: Option<String>,
}

/// A unit as a mapping file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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

impl Mapping {
    /// Reads a mapping file. Refused when it is too long, no TOML, or has a key that is not known.
    pub fn parse(toml: &str) -> Result<Self, FileRefusal> {
        if toml.len() > MAPPING_BYTES_MAX {
            return Err(FileRefusal::new(
                "mapping_too_large",
                "The mapping file is larger than 64 KiB; it needs one line for each column.",
                "对照文件超过 64 KiB；每列只需一行。",
            ));
        }
        toml::from_str(toml).map_err(|error| {
            let reason = error.message();
            FileRefusal::new(
                "mapping_unreadable",
                format!("The mapping file cannot be understood: {reason}. Accepted are giver, amount, amount_unit, date, note, reference, credit_code and external_id, each with a column's name."),
                format!("对照文件无法理解：{reason}。可用 giver、amount、amount_unit、date、note、reference、credit_code、external_id，各写列名。"),
            )
        })
    }

    /// All column names the mapping gives.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let single = [&self.giver, &self.amount, &self.date, &self.credit_code, &self.external_id];
        let several = [&self.note, &self.reference];
        single
            .into_iter()
            .flatten()
            .chain(several.into_iter().flatten().flatten())
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrSeveral {
    One(String),
    Several(Vec<String>),
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let mut names = match OneOrSeveral::deserialize(deserializer)? {
        OneOrSeveral::One(name) => vec![name],
        OneOrSeveral::Several(names) => names,
    };
    names.retain(|name| !name.is_empty());
    Ok(Some(names))
}
