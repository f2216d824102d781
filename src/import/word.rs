//! What comes of a row, and what is said of it.

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

use super::refusal::{RowRefusal, cut};
use crate::{error::Language, id::ImportJobId};

/// What comes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "snake_case")]
#[graphql(name = "ImportOutcome")]
pub enum Outcome {
    /// It makes something new.
    Created,
    /// It fills in or changes what is known.
    Changed,
    /// It says what is known already.
    Unchanged,
    /// It is refused.
    Refused,
    /// It makes something new that looks like something known: for a person to judge.
    Suspected,
}

impl Outcome {
    /// The letter that stands for it where there is one for each row.
    pub fn letter(self) -> char {
        match self {
            Self::Created => 'n',
            Self::Changed => 'c',
            Self::Unchanged => 'u',
            Self::Refused => 'r',
            Self::Suspected => 's',
        }
    }

    /// The word that stands for it in a result.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Suspected => "suspected",
        }
    }

    /// The word that stands for it in a result that people read.
    pub fn shown(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::En, outcome) => outcome.name(),
            (Language::Zh, Self::Created) => "新增",
            (Language::Zh, Self::Changed) => "补充",
            (Language::Zh, Self::Unchanged) => "已有",
            (Language::Zh, Self::Refused) => "未被接受",
            (Language::Zh, Self::Suspected) => "疑似重复",
        }
    }

    /// The outcome of a letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        let all = [Self::Created, Self::Changed, Self::Unchanged, Self::Refused, Self::Suspected];
        all.into_iter().find(|outcome| outcome.letter() == letter)
    }
}

/// Something worth a word about a row.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Word {
    /// The import.
    pub job_id: ImportJobId,
    /// The row as a spreadsheet numbers rows.
    pub row_no: i64,
    /// Which of its words.
    pub word_no: i64,
    /// What comes of the row.
    pub outcome: Outcome,
    /// The column as the header writes it; the field where the file has no such column.
    pub column_name: String,
    /// A stable word for programs.
    pub code: String,
    /// The cell, cut.
    pub value: String,
    /// The sentence in English.
    pub message_en: String,
    /// The sentence in Chinese.
    pub message_zh: String,
}

impl Word {
    /// A word about a row.
    pub fn new(
        row_no: i64,
        outcome: Outcome,
        code: &str,
        column: (&str, &str),
        message: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self {
            job_id: ImportJobId(0),
            row_no,
            word_no: 0,
            outcome,
            column_name: column.0.to_owned(),
            code: code.to_owned(),
            value: cut(column.1),
            message_en: message.0.into(),
            message_zh: message.1.into(),
        }
    }
}

impl From<RowRefusal> for Word {
    fn from(refusal: RowRefusal) -> Self {
        Self {
            job_id: ImportJobId(0),
            row_no: i64::try_from(refusal.row).unwrap_or(i64::MAX),
            word_no: 0,
            outcome: Outcome::Refused,
            column_name: refusal.column,
            code: refusal.code.to_owned(),
            value: refusal.value,
            message_en: refusal.message_en,
            message_zh: refusal.message_zh,
        }
    }
}
