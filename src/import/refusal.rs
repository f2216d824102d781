//! What an import says when it cannot take a file or a row: one sentence, in English and in Chinese.
//!
//! Invariants:
//! * a sentence names what was found and says what would be accepted;
//! * a value quoted from the file is cut, so that no message grows with the file.

use serde::Serialize;

use super::column::Choice;

/// The characters of a cell that a refusal repeats: enough to find it, too few to flood a terminal.
pub const VALUE_CHARS_MAX: usize = 80;

/// The whole file is refused: nothing of it can be imported as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRefusal {
    /// A stable word for programs, such as `file_empty`.
    pub code: &'static str,
    /// The row it was noticed in, as a spreadsheet numbers rows, from 1. `None` when it concerns no single row.
    pub row: Option<u64>,
    /// The sentence in English.
    pub message_en: String,
    /// The sentence in Chinese.
    pub message_zh: String,
}

impl FileRefusal {
    /// A refusal that concerns no single row.
    pub(crate) fn new(code: &'static str, message_en: impl Into<String>, message_zh: impl Into<String>) -> Self {
        Self { code, row: None, message_en: message_en.into(), message_zh: message_zh.into() }
    }

    /// The same refusal, noticed in `row`.
    pub(crate) fn at(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }
}

impl std::fmt::Display for FileRefusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message_en)
    }
}

impl std::error::Error for FileRefusal {}

/// One cell of one row is refused; the other rows are still read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowRefusal {
    /// The row as a spreadsheet numbers rows, from 1, title rows and blank rows counted.
    pub row: u64,
    /// The column's name as the header writes it; the field's name when the file has no such column.
    pub column: String,
    /// A stable word for programs, such as `amount_negative`.
    pub code: &'static str,
    /// The cell as it stands in the file, cut at [`VALUE_CHARS_MAX`] characters.
    pub value: String,
    /// The sentence in English.
    pub message_en: String,
    /// The sentence in Chinese.
    pub message_zh: String,
}

/// Why a cell is refused, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellRefusal {
    /// The row has text beyond the last column of the header: a delimiter stands unquoted in a cell.
    RowTooWide,
    /// The giver's cell is empty.
    GiverMissing,
    /// A text is longer than its field holds.
    TextTooLong {
        /// The characters the field holds.
        chars_max: usize,
    },
    /// The amount's cell is empty, or only a dash.
    AmountMissing,
    /// The amount's cell is not a number.
    AmountUnreadable,
    /// The amount is below zero.
    AmountNegative,
    /// The amount has a part smaller than a fen that no spreadsheet drift explains.
    AmountPartOfFen,
    /// The amount is zero.
    AmountZero,
    /// The amount is above [`AMOUNT_FEN_MAX`](super::AMOUNT_FEN_MAX).
    AmountTooLarge,
    /// The date's cell is empty and no default date was given.
    DateMissing,
    /// The date's cell is in no form that is understood.
    DateUnreadable,
    /// The date is in no calendar, such as 30 February.
    DateImpossible,
    /// The date is before 1950.
    DateTooEarly,
    /// The date is after today.
    DateInFuture,
    /// The date is after 2199.
    DateTooLate,
    /// The cell of a field that every row needs is empty.
    TextMissing,
    /// A name is a formula, or begins as one.
    NameFormula,
    /// A cell holds the error that its formula came to, such as `#REF!`.
    FormulaError,
    /// The price of one thing is finer than can be recorded.
    PriceTooFine,
    /// The cell is no whole number from zero.
    IntegerUnreadable,
    /// The cell is no share.
    RatioUnreadable,
    /// The share is finer than a basis point.
    RatioTooFine,
    /// The share is above the whole.
    RatioTooLarge,
    /// The cell is neither yes nor no.
    YesNoUnreadable,
    /// The cell is none of the values of its column.
    ChoiceUnknown {
        /// The values.
        choices: &'static [Choice],
    },
    /// The row is a total row, and its total cannot be read.
    ControlTotalUnreadable,
}

const AMOUNT_EN: &str =
    "write yuan above zero with at most two decimals, such as 1200, 1,200.50, ¥1,200, 1200元 or 0.12万";
const AMOUNT_ZH: &str = "请填写大于零、最多两位小数的元数，例如 1200、1,200.50、¥1,200、1200元、0.12万";
const DATE_EN: &str =
    "write it as 2020-01-26, 2020.1.26, 2020/1/26, 2020年1月26日, 20200126 or a spreadsheet's day number";
const DATE_ZH: &str = "请写成 2020-01-26、2020.1.26、2020/1/26、2020年1月26日、20200126，或电子表格的日期序号";

impl CellRefusal {
    /// The stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::RowTooWide => "row_too_wide",
            Self::GiverMissing => "giver_missing",
            Self::TextTooLong { .. } => "text_too_long",
            Self::AmountMissing => "amount_missing",
            Self::AmountUnreadable => "amount_unreadable",
            Self::AmountNegative => "amount_negative",
            Self::AmountPartOfFen => "amount_part_of_fen",
            Self::AmountZero => "amount_zero",
            Self::AmountTooLarge => "amount_too_large",
            Self::DateMissing => "date_missing",
            Self::DateUnreadable => "date_unreadable",
            Self::DateImpossible => "date_impossible",
            Self::DateTooEarly => "date_too_early",
            Self::DateInFuture => "date_in_future",
            Self::DateTooLate => "date_too_late",
            Self::TextMissing => "text_missing",
            Self::NameFormula => "name_formula",
            Self::FormulaError => "formula_error",
            Self::PriceTooFine => "price_too_fine",
            Self::IntegerUnreadable => "integer_unreadable",
            Self::RatioUnreadable => "ratio_unreadable",
            Self::RatioTooFine => "ratio_too_fine",
            Self::RatioTooLarge => "ratio_too_large",
            Self::YesNoUnreadable => "yes_no_unreadable",
            Self::ChoiceUnknown { .. } => "choice_unknown",
            Self::ControlTotalUnreadable => "control_total_unreadable",
        }
    }

    /// The sentence in English.
    pub fn message_en(self) -> String {
        match self {
            Self::RowTooWide => {
                "The row has more cells than the header; put the cell that holds the delimiter in double quotes.".into()
            }
            Self::GiverMissing => "The giver is empty; write a name, or 爱心人士 for a giver who stays unnamed.".into(),
            Self::TextTooLong { chars_max } => {
                format!("The text is too long; at most {chars_max} characters are accepted.")
            }
            Self::AmountMissing => format!("The amount is empty; {AMOUNT_EN}."),
            Self::AmountUnreadable => format!("The amount is not a number; {AMOUNT_EN}."),
            Self::AmountNegative => format!("The amount is below zero; {AMOUNT_EN}, and record a refund as a refund."),
            Self::AmountPartOfFen => format!("The amount has a part smaller than a fen; {AMOUNT_EN}."),
            Self::AmountZero => format!("The amount is zero; {AMOUNT_EN}, or leave the row out."),
            Self::AmountTooLarge => {
                "The amount is above ¥100,000,000,000.00, the most one gift can be; check the unit of the column."
                    .into()
            }
            Self::DateMissing => format!("The date is empty; {DATE_EN}, or give a default date."),
            Self::DateUnreadable => format!("The date is in no form that is understood; {DATE_EN}."),
            Self::DateImpossible => format!("There is no such day; {DATE_EN}."),
            Self::DateTooEarly => "The date is before 1950-01-01; check the year.".into(),
            Self::DateInFuture => "The date is after today; a gift is imported once it was given.".into(),
            Self::DateTooLate => "The date is after 2199-12-31; check the year.".into(),
            Self::TextMissing => "The cell is empty; every row needs a value here.".into(),
            Self::NameFormula => {
                "The name begins as a formula does (=, +, - or @); write the name itself, without the sign.".into()
            }
            Self::FormulaError => {
                "The cell holds the error of a formula; write the value itself, or correct the formula.".into()
            }
            Self::PriceTooFine => "The price has more decimals than can be recorded; round it.".into(),
            Self::IntegerUnreadable => "The cell is not a whole number; write digits, such as 1200 or 1,200.".into(),
            Self::RatioUnreadable => {
                "The share cannot be understood; write it with its sign or below one, such as 3%, 3‰, 0.03 or 300bp."
                    .into()
            }
            Self::RatioTooFine => "The share is finer than 0.01%; round it, such as 3.25%.".into(),
            Self::RatioTooLarge => "The share is above 100%; check the number.".into(),
            Self::YesNoUnreadable => "The cell is neither yes nor no; write yes or no, 是 or 否.".into(),
            Self::ChoiceUnknown { choices } => {
                format!("The value is not known here; accepted are {}.", accepted(choices, ", "))
            }
            Self::ControlTotalUnreadable => {
                "This looks like the total row, and its total is not a number; correct it or delete the row.".into()
            }
        }
    }

    /// The sentence in Chinese.
    pub fn message_zh(self) -> String {
        match self {
            Self::RowTooWide => "本行单元格比表头多；单元格内含有分隔符时，请用英文双引号括起来。".into(),
            Self::GiverMissing => "捐赠者为空；请填写名称，不署名的请写“爱心人士”。".into(),
            Self::TextTooLong { chars_max } => format!("文字过长；最多 {chars_max} 个字符。"),
            Self::AmountMissing => format!("金额为空；{AMOUNT_ZH}。"),
            Self::AmountUnreadable => format!("金额不是数字；{AMOUNT_ZH}。"),
            Self::AmountNegative => format!("金额小于零；{AMOUNT_ZH}；退款请按退款登记。"),
            Self::AmountPartOfFen => format!("金额含有不足一分的部分；{AMOUNT_ZH}。"),
            Self::AmountZero => format!("金额为零；{AMOUNT_ZH}，或删除本行。"),
            Self::AmountTooLarge => "金额超过单笔上限 ¥100,000,000,000.00；请核对金额列的单位。".into(),
            Self::DateMissing => format!("日期为空；{DATE_ZH}，或指定默认日期。"),
            Self::DateUnreadable => format!("日期格式无法识别；{DATE_ZH}。"),
            Self::DateImpossible => format!("没有这一天；{DATE_ZH}。"),
            Self::DateTooEarly => "日期早于 1950-01-01；请核对年份。".into(),
            Self::DateInFuture => "日期晚于今天；捐赠到账后才能导入。".into(),
            Self::DateTooLate => "日期晚于 2199-12-31；请核对年份。".into(),
            Self::TextMissing => "单元格为空；每行都须填写此项。".into(),
            Self::NameFormula => "名称以公式符号（=、+、-、@）开头；请直接填写名称，不带符号。".into(),
            Self::FormulaError => "单元格是公式的错误值；请直接填写内容，或更正公式。".into(),
            Self::PriceTooFine => "单价的小数位过多，无法登记；请四舍五入。".into(),
            Self::IntegerUnreadable => "单元格不是整数；请填写数字，例如 1200 或 1,200。".into(),
            Self::RatioUnreadable => "比例无法识别；请带符号填写或填写小于一的小数，例如 3%、3‰、0.03、300bp。".into(),
            Self::RatioTooFine => "比例小于 0.01% 的精度；请四舍五入，例如 3.25%。".into(),
            Self::RatioTooLarge => "比例超过 100%；请核对数字。".into(),
            Self::YesNoUnreadable => "单元格既不是“是”也不是“否”；请填写“是”或“否”。".into(),
            Self::ChoiceUnknown { choices } => format!("不认识的取值；可用 {}。", accepted(choices, "、")),
            Self::ControlTotalUnreadable => "本行像是合计行，但合计不是数字；请更正或删除本行。".into(),
        }
    }

    /// The refusal of `value`, the cell of `row` in `column`.
    pub(crate) fn of(self, row: u64, column: &str, value: &str) -> RowRefusal {
        RowRefusal {
            row,
            column: column.to_owned(),
            code: self.code(),
            value: cut(value),
            message_en: self.message_en(),
            message_zh: self.message_zh(),
        }
    }
}

/// What cells may write for these, the first word of each and the value itself.
fn accepted(choices: &[Choice], comma: &str) -> String {
    let both = |choice: &Choice| match choice.words.split_whitespace().next() {
        Some(word) if word != choice.value => format!("{word} ({})", choice.value),
        _ => choice.value.to_owned(),
    };
    choices.iter().map(both).collect::<Vec<_>>().join(comma)
}

/// The first [`VALUE_CHARS_MAX`] characters of a text.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}
