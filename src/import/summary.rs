//! What an import says of itself, for people and for programs.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::amount::yuan_text;
use super::job::{Job, OnRefusal, State, store};
use super::kind::Kind;
use super::word::{Outcome, Word};
use crate::{
    db::Db,
    error::{Language, Result},
    id::{GlobalId, ImportJobId, NodeKind},
    page::{Direction, Page},
};

/// The words that a summary holds; the graph and the result file have all that are kept.
pub const WORDS_MAX: i64 = 1_000;

/// The words that a person is shown.
const SHOWN_MAX: usize = 50;

/// What came of an import, or would come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// The import, as the graph calls it.
    pub import_job_id: String,
    /// What the rows are.
    pub kind: Kind,
    /// What the file is called.
    pub file: String,
    /// The code of the fund.
    pub fund: String,
    /// How far it has come.
    pub state: State,
    /// What the file turned out to be.
    pub format: Option<String>,
    /// The rows that say something.
    pub rows: i64,
    /// How many of them the step at hand has done.
    pub rows_done: i64,
    /// What those that could be read add up to, in fen.
    pub total_fen: i64,
    /// The file's own total, in fen, where it has one that was compared.
    pub control_total_fen: Option<i64>,
    /// The rows that made something, or would.
    pub created: i64,
    /// What they add up to, in fen.
    pub created_fen: i64,
    /// The rows that filled something in, or would.
    pub changed: i64,
    /// The rows that say what is known already.
    pub unchanged: i64,
    /// The rows that are refused.
    pub refused: i64,
    /// The rows that repeat another row of the file; each is kept.
    pub repeated: i64,
    /// The rows that look like something booked before from elsewhere; each is kept.
    pub suspected: i64,
    /// The parties that were registered, or would be.
    pub parties_created: i64,
    /// What to commit with.
    pub plan_hash: Option<String>,
    /// The last committed import of the same file.
    pub earlier_import_job_id: Option<String>,
    /// Why it ended without effect.
    pub error: Option<SummaryError>,
    /// What is worth a word, by row: at most a thousand.
    pub words: Vec<SummaryWord>,
    /// Whether the rows that are accepted are booked when others are refused.
    pub continue_on_error: bool,
}

/// Why an import ended without effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SummaryError {
    /// For programs.
    pub code: String,
    /// In English.
    pub message_en: String,
    /// In Chinese.
    pub message_zh: String,
}

/// Something worth a word about a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SummaryWord {
    /// The row as a spreadsheet numbers rows.
    pub row: i64,
    /// What comes of it.
    pub outcome: Outcome,
    /// The column as the header writes it.
    pub column: String,
    /// A stable word for programs.
    pub code: String,
    /// The cell, cut.
    pub value: String,
    /// The sentence in English.
    pub message_en: String,
    /// The sentence in Chinese.
    pub message_zh: String,
}

impl From<Word> for SummaryWord {
    fn from(word: Word) -> Self {
        let Word { row_no, outcome, column_name, code, value, message_en, message_zh, .. } = word;
        Self { row: row_no, outcome, column: column_name, code, value, message_en, message_zh }
    }
}

/// The id of an import in the graph.
pub fn global_id(job: ImportJobId) -> String {
    GlobalId::new(NodeKind::ImportJob, job).to_string()
}

impl Summary {
    /// Of a job as it is now; refusals come first.
    pub async fn of(db: &Db, job: &Job, fund_code: &str) -> Result<Self> {
        let page = Page::start(WORDS_MAX, Direction::Asc);
        let mut words = store::words_of_jobs(db, &[job.id], &Some(Outcome::Refused), &page).await?;
        if words.is_empty() {
            words = store::words_of_jobs(db, &[job.id], &None, &page).await?;
        }
        words.truncate(usize::try_from(WORDS_MAX).unwrap_or(usize::MAX));
        let error = job.error_code.clone().map(|code| SummaryError {
            code,
            message_en: job.error_en.clone().unwrap_or_default(),
            message_zh: job.error_zh.clone().unwrap_or_default(),
        });
        Ok(Self {
            import_job_id: global_id(job.id),
            kind: job.kind,
            file: job.file_name.clone(),
            fund: fund_code.to_owned(),
            state: job.state,
            format: job.format.clone(),
            rows: job.rows_total.unwrap_or(0),
            rows_done: job.rows_done,
            total_fen: job.total_fen,
            control_total_fen: job.control_total_fen,
            created: job.created,
            created_fen: job.created_fen,
            changed: job.changed,
            unchanged: job.unchanged,
            refused: job.refused,
            repeated: job.repeated,
            suspected: job.suspected,
            parties_created: job.parties,
            plan_hash: job.plan_hash.clone(),
            earlier_import_job_id: job.earlier_id.map(global_id),
            error,
            words: words.into_iter().map(Into::into).collect(),
            continue_on_error: job.options()?.on_refusal == OnRefusal::GoOn,
        })
    }

    /// The summary as a person reads it.
    pub fn text(&self, language: Language) -> String {
        let mut lines = vec![];
        if let Some(error) = &self.error {
            lines.push(match language {
                Language::En => format!("{}: {}", self.file, error.message_en),
                Language::Zh => format!("{}：{}", self.file, error.message_zh),
            });
        }
        if self.rows > 0 {
            lines.push(self.read_line(language));
            lines.push(self.done_line(language));
        }
        lines.extend(self.earlier_line(language));
        lines.extend(self.word_lines(language));
        lines.join("\n")
    }

    fn read_line(&self, language: Language) -> String {
        let Self { file, fund, rows, .. } = self;
        let format = self.format.as_deref().unwrap_or_default();
        let total = if self.kind.has_total() { yuan_text(self.total_fen) } else { String::new() };
        match (language, total.is_empty()) {
            (Language::En, false) => format!("{file} ({format}): {rows} records of {total} in all, to fund {fund}."),
            (Language::En, true) => format!("{file} ({format}): {rows} records, to fund {fund}."),
            (Language::Zh, false) => format!("{file}（{format}）：共 {rows} 条记录，合计 {total}，导入基金 {fund}。"),
            (Language::Zh, true) => format!("{file}（{format}）：共 {rows} 条记录，导入基金 {fund}。"),
        }
    }

    fn done_line(&self, language: Language) -> String {
        let Self { created, changed, unchanged, refused, parties_created: parties, .. } = self;
        let sum = if self.kind.has_total() { format!(" ({})", yuan_text(self.created_fen)) } else { String::new() };
        let begin = match (language, self.state) {
            (Language::En, State::Committed) => "Booked",
            (Language::En, State::Undone) => "Taken back; it had been",
            (Language::En, _) => "Nothing was booked yet; it would be",
            (Language::Zh, State::Committed) => "已入账",
            (Language::Zh, State::Undone) => "已撤回；原为",
            (Language::Zh, _) => "尚未入账；将为",
        };
        let mut line = match language {
            Language::En => format!(
                "{begin}: {created} new{sum}, {changed} completed, {unchanged} known already, {refused} refused; {parties} parties registered."
            ),
            Language::Zh => format!(
                "{begin}：新增 {created} 条{sum}，补充 {changed} 条，已有 {unchanged} 条，未被接受 {refused} 条；新登记主体 {parties} 个。"
            ),
        };
        if *refused > 0 && self.state == State::Planned && !self.continue_on_error {
            line.push_str(match language {
                Language::En => {
                    " A file is booked whole or not at all: correct the refused rows, or have the others booked alone."
                }
                Language::Zh => "文件整体入账或整体不入账：请更正未被接受的行，或选择仅导入其余各行。",
            });
        }
        line
    }

    fn earlier_line(&self, language: Language) -> Option<String> {
        let earlier = self.earlier_import_job_id.as_ref()?;
        Some(match language {
            Language::En => format!("The same file was imported before, as {earlier}."),
            Language::Zh => format!("同一文件此前已导入，编号 {earlier}。"),
        })
    }

    fn word_lines(&self, language: Language) -> Vec<String> {
        let mut lines = vec![];
        for word in self.words.iter().take(SHOWN_MAX) {
            let SummaryWord { row, column, value, .. } = word;
            let outcome = word.outcome.shown(language);
            let mut line = String::new();
            let _ = match language {
                Language::En => write!(line, "  row {row}, {outcome}, {column} {value:?}: {}", word.message_en),
                Language::Zh => write!(line, "  第 {row} 行，{outcome}，{column} {value:?}：{}", word.message_zh),
            };
            lines.push(line);
        }
        if self.words.len() > SHOWN_MAX {
            let hidden = self.words.len() - SHOWN_MAX;
            lines.push(match language {
                Language::En => format!("  and {hidden} more, or more than that; see the result file"),
                Language::Zh => format!("  另有 {hidden} 条或更多；详见结果文件"),
            });
        }
        lines
    }
}
