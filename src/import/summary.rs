//! What an import says of itself, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::amount::yuan_text;
use super::book::Order;
use super::contributions::{Contributions, REFUSALS_MAX, Repeat};
use super::plan::{Plan, by_sheet};
use super::refusal::{FileRefusal, RowRefusal};
use crate::error::Language;

/// Whether an import books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Says what would be booked.
    DryRun,
    /// Books all rows, or none when one is refused.
    Commit,
    /// Books the rows that are accepted, and goes on after those that are not.
    CommitAccepted,
}

/// What an import is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tries the rows out.
    Check,
    /// Books them.
    Book,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub step: Step,
    /// The rows of this step that are done; at [`Step::Book`] they last.
    pub done: usize,
    /// All rows of this step; those that were booked before are in none.
    pub all: usize,
}

/// What came of an import.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What the file is called.
    pub file: String,
    /// The code of the fund.
    pub fund: String,
    /// Whether it was to book.
    pub mode: Mode,
    /// Why the file as a whole was refused; nothing was booked then.
    pub file_refusal: Option<FileRefusal>,
    /// How the file's characters are written; `None` for a refused file.
    pub encoding: Option<&'static str>,
    /// The gifts that could be read.
    pub rows: u64,
    /// What they add up to, in fen.
    pub total_fen: i64,
    /// The file's own total, in fen, where it has one that was compared.
    pub control_total_fen: Option<i64>,
    /// The gifts that were booked; in a dry run, that would be.
    pub created: u64,
    /// What they add up to, in fen.
    pub created_fen: i64,
    /// The gifts that were booked before.
    pub unchanged: u64,
    /// The givers that were registered; in a dry run, that would be.
    pub parties_created: u64,
    /// Why rows were refused, by row; at most [`REFUSALS_MAX`].
    pub refused: Vec<RowRefusal>,
    /// How many refusals there were.
    pub refused_count: u64,
    /// Rows with the same content as an earlier row of the same sheet: each is a gift of its own.
    pub repeats: Vec<Repeat>,
    /// Rows with the same content as a row of another sheet: each is a gift of its own, for a person to judge.
    pub published_again: Vec<Repeat>,
    /// Rows that hold no gift: titles, signatures, remarks.
    pub passed_over: Vec<u64>,
}

impl Summary {
    pub(super) fn of(order: &Order<'_>, list: &Contributions, plan: &Plan) -> Self {
        let (repeats, published_again) = by_sheet(list);
        let mut summary = Self {
            encoding: list.found.encoding.map(|encoding| encoding.name()),
            rows: list.rows.len().try_into().expect("a count fits 64 bits"),
            total_fen: list.total_fen,
            control_total_fen: list.control_total,
            unchanged: plan.unchanged,
            refused: list.refusals.clone(),
            refused_count: list.refusals_found,
            repeats,
            published_again,
            passed_over: list.passed_over.clone(),
            ..Self::empty(order)
        };
        summary.refuse(plan.refused.iter().cloned());
        summary
    }

    pub(super) fn of_refused_file(order: &Order<'_>, refusal: FileRefusal) -> Self {
        Self { file_refusal: Some(refusal), ..Self::empty(order) }
    }

    fn empty(order: &Order<'_>) -> Self {
        Self {
            file: order.file_name.to_owned(),
            fund: order.fund_code.to_owned(),
            mode: order.mode,
            file_refusal: None,
            encoding: None,
            rows: 0,
            total_fen: 0,
            control_total_fen: None,
            created: 0,
            created_fen: 0,
            unchanged: 0,
            parties_created: 0,
            refused: vec![],
            refused_count: 0,
            repeats: vec![],
            published_again: vec![],
            passed_over: vec![],
        }
    }

    /// Adds refused rows, in their place.
    pub(super) fn refuse(&mut self, refused: impl IntoIterator<Item = RowRefusal>) {
        for one in refused {
            self.refused_count += 1;
            self.refused.push(one);
        }
        self.refused.sort_by_key(|one| one.row);
        self.refused.truncate(REFUSALS_MAX);
    }

    /// Forgets what was tried out.
    pub(super) fn nothing_booked(&mut self) {
        (self.created, self.created_fen, self.parties_created) = (0, 0, 0);
    }

    /// Whether nothing was refused.
    pub fn is_accepted(&self) -> bool {
        self.file_refusal.is_none() && self.refused_count == 0
    }
}

/// The repeats and refusals that a person is shown; a program gets them all.
const SHOWN_MAX: usize = 50;

/// The summary as a person reads it.
pub fn cli_text(summary: &Summary, language: Language) -> String {
    if let Some(refusal) = &summary.file_refusal {
        return match language {
            Language::En => format!("{}: nothing was booked. {}", summary.file, refusal.message_en),
            Language::Zh => format!("{}：未入账。{}", summary.file, refusal.message_zh),
        };
    }
    let mut lines = vec![read_line(summary, language), booked_line(summary, language)];
    lines.extend(refusal_lines(summary, language));
    lines.extend(repeat_lines(
        &summary.repeats,
        language,
        ["repeated within a sheet, each kept as a gift of its own", "笔在同一表内重复，均作为独立捐赠保留"],
    ));
    lines.extend(repeat_lines(
        &summary.published_again,
        language,
        [
            "published again in another sheet, each kept as a gift of its own; please check",
            "笔在另一张表中再次公示，均作为独立捐赠保留，请核对",
        ],
    ));
    lines.join("\n")
}

fn read_line(summary: &Summary, language: Language) -> String {
    let Summary { file, fund, rows, .. } = summary;
    let total = yuan_text(summary.total_fen);
    let encoding = summary.encoding.unwrap_or_default();
    match language {
        Language::En => format!("{file} ({encoding}): {rows} gifts of {total} in all, to fund {fund}."),
        Language::Zh => format!("{file}（{encoding}）：共 {rows} 笔捐赠，合计 {total}，捐入基金 {fund}。"),
    }
}

fn booked_line(summary: &Summary, language: Language) -> String {
    let Summary { created, unchanged, parties_created: parties, .. } = summary;
    let sum = yuan_text(summary.created_fen);
    let is_dry = summary.mode == Mode::DryRun;
    let stopped = summary.mode == Mode::Commit && !summary.is_accepted();
    match (language, is_dry, stopped && *created == 0) {
        (Language::En, true, _) => format!(
            "Nothing was booked yet. {created} gifts of {sum} would be booked and {parties} givers registered; {unchanged} gifts were booked before."
        ),
        (Language::Zh, true, _) => {
            format!("尚未入账。将入账 {created} 笔、合计 {sum}，新登记捐赠者 {parties} 个；{unchanged} 笔此前已入账。")
        }
        (Language::En, _, true) => {
            "Nothing was booked, because rows were refused. Correct them, or import the accepted rows alone.".into()
        }
        (Language::Zh, _, true) => "因有行未被接受，全部未入账。请更正，或仅导入被接受的行。".into(),
        (Language::En, ..) => {
            let rest =
                if stopped { " Then a row was refused; correct it and run the import again for the rest." } else { "" };
            format!(
                "{created} gifts of {sum} were booked and {parties} givers registered; {unchanged} gifts were booked before.{rest}"
            )
        }
        (Language::Zh, ..) => {
            let rest = if stopped {
                "随后有行未被接受；请更正后再次运行，导入其余各行。"
            } else {
                ""
            };
            format!("已入账 {created} 笔、合计 {sum}，新登记捐赠者 {parties} 个；{unchanged} 笔此前已入账。{rest}")
        }
    }
}

fn refusal_lines(summary: &Summary, language: Language) -> Vec<String> {
    let count = summary.refused_count;
    if count == 0 {
        return vec![];
    }
    let head = match language {
        Language::En => format!("Refused: {count}"),
        Language::Zh => format!("未被接受：{count} 处"),
    };
    let shown = summary.refused.iter().take(SHOWN_MAX).map(|one| {
        let (row, column, value) = (one.row, &one.column, &one.value);
        match language {
            Language::En => format!("  row {row}, {column} {value:?}: {}", one.message_en),
            Language::Zh => format!("  第 {row} 行，{column} {value:?}：{}", one.message_zh),
        }
    });
    let hidden = count.saturating_sub(SHOWN_MAX.try_into().expect("a small number"));
    let rest = (hidden > 0).then(|| match language {
        Language::En => format!("  and {hidden} more"),
        Language::Zh => format!("  另有 {hidden} 处"),
    });
    std::iter::once(head).chain(shown).chain(rest).collect()
}

fn repeat_lines(repeats: &[Repeat], language: Language, [en, zh]: [&str; 2]) -> Option<String> {
    let count = repeats.len();
    if count == 0 {
        return None;
    }
    let (mut line, open, comma) = match language {
        Language::En => (format!("{count} {en}:"), " row ", ","),
        Language::Zh => (format!("{count} {zh}："), "第 ", "、"),
    };
    for (at, repeat) in repeats.iter().take(SHOWN_MAX).enumerate() {
        let (row, of_row) = (repeat.row, repeat.of_row);
        let between = if at == 0 { "" } else { comma };
        let _ = match language {
            Language::En => write!(line, "{between}{open}{row} (as row {of_row})"),
            Language::Zh => write!(line, "{between}{open}{row} 行（同第 {of_row} 行）"),
        };
    }
    if count > SHOWN_MAX {
        line.push('…');
    }
    Some(line)
}
