//! What one cell says: a name, a note or a day, out of the text a spreadsheet left there.
//!
//! Invariants:
//! * the text shown keeps the giver's own characters; only padding and invisible characters go;
//! * the key of a text is the same for every way of typing it: full width or half width, upper or
//!   lower case, with or without padding;
//! * a day is read only from forms with the year first, so that no day is taken for a month.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use super::amount::{decimal, scaled};
use super::column::{Choice, column_key};
use super::refusal::CellRefusal;

/// The day that a spreadsheet's day numbers count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Epoch {
    /// The end of 1899, its own leap-year error included: every spreadsheet program today.
    #[default]
    Year1900,
    /// The beginning of 1904: workbooks that began on a Macintosh.
    Year1904,
}

impl Epoch {
    fn day_zero(self) -> NaiveDate {
        match self {
            Self::Year1900 => NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day"),
            Self::Year1904 => NaiveDate::from_ymd_opt(1904, 1, 1).expect("a day"),
        }
    }
}

/// Days after this one are taken for mistyped years.
const DAY_MAX: NaiveDate = NaiveDate::from_ymd_opt(2199, 12, 31).expect("a day");

/// Days before this one are taken for mistyped years.
const DAY_MIN: NaiveDate = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day");

/// Characters that take no room: zero-width spaces and joiners, direction marks, soft hyphens, control characters.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
        || (character.is_control() && !character.is_whitespace())
}

/// The half-width twin of a full-width character; any other character stays as it is.
pub(super) fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character) - 0xFEE0).expect("ASCII is below the full-width block")
        }
        '\u{FFE5}' => '¥',
        '\u{2212}' => '-',
        '〔' | '【' | '﹙' => '(',
        '〕' | '】' | '﹚' => ')',
        '•' | '‧' | '・' | '･' => '·',
        other => other,
    }
}

/// Whether a text has no character to be seen.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is_invisible(character))
}

/// The text as people should see it: invisible characters dropped, padding trimmed, each run of blanks one space.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars().filter(|&character| !is_invisible(character)) {
        if !character.is_whitespace() {
            cleaned.push(character);
        } else if !cleaned.is_empty() && !cleaned.ends_with(' ') {
            cleaned.push(' ');
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// The cleaned text in half-width, lower-case characters: what numbers, days and column names are read from.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    // Most numbers and days are typed as they are compared.
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(clean(text).chars().map(half_width).flat_map(char::to_lowercase).collect())
}

/// The key two spellings of one text share.
///
/// [`clean`], then half width and lower case; a blank stays only between two Latin letters or
/// digits, because `样例 食品` is `样例食品` while `Sample Foods` is two words. Empty for an empty text.
pub fn match_key(text: &str) -> String {
    let folded = folded(text);
    let mut key = String::with_capacity(folded.len());
    let mut characters = folded.chars().peekable();
    while let Some(character) = characters.next() {
        let kept = character != ' '
            || (key.ends_with(|before: char| before.is_ascii_alphanumeric())
                && characters.peek().is_some_and(|after| after.is_ascii_alphanumeric()));
        if kept {
            key.push(character);
        }
    }
    key
}

/// The day a cell names, from 1950 to 2199.
///
/// Understands `2020-1-26`, `2020.01.26`, `2020/01/26`, `2020年1月26日`, `20200126` and a spreadsheet's day number
/// (`43856`), each with or without a time of day, which is dropped. Refused when empty, in another form, in no
/// calendar or out of these years.
pub fn day(text: &str, epoch: Epoch) -> Result<NaiveDate, CellRefusal> {
    let folded = folded(text);
    if folded.is_empty() {
        return Err(CellRefusal::DateMissing);
    }
    let day = match serial_days(&folded) {
        Some(days) => epoch.day_zero().checked_add_days(Days::new(days)).ok_or(CellRefusal::DateImpossible)?,
        None => calendar_day(&folded)?,
    };
    if day < DAY_MIN {
        return Err(CellRefusal::DateTooEarly);
    }
    if day > DAY_MAX {
        return Err(CellRefusal::DateTooLate);
    }
    Ok(day)
}

/// The day of something that has happened: as [`day`], not after `today`.
pub fn given_on(text: &str, epoch: Epoch, today: NaiveDate) -> Result<NaiveDate, CellRefusal> {
    match day(text, epoch) {
        Ok(day) if day > today => Err(CellRefusal::DateInFuture),
        Err(CellRefusal::DateTooLate) => Err(CellRefusal::DateInFuture),
        read => read,
    }
}

/// The day number of a text of exactly five digits, with or without the fraction that is the time of day.
fn serial_days(text: &str) -> Option<u64> {
    let (days, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_serial = days.len() == 5 && all_digits(days) && all_digits(fraction);
    is_serial.then(|| days.parse().ok()).flatten()
}

fn calendar_day(text: &str) -> Result<NaiveDate, CellRefusal> {
    let (year, month, day) = day_parts(text).ok_or(CellRefusal::DateUnreadable)?;
    let number = |digits: &str, len_max: usize| -> Result<u32, CellRefusal> {
        if digits.len() > len_max || !all_digits(digits) {
            return Err(CellRefusal::DateUnreadable);
        }
        digits.parse().map_err(|_| CellRefusal::DateUnreadable)
    };
    if year.len() != 4 {
        return Err(CellRefusal::DateUnreadable);
    }
    let year = i32::try_from(number(year, 4)?).map_err(|_| CellRefusal::DateUnreadable)?;
    let (month, day) = (number(month, 2)?, number(day, 2)?);
    NaiveDate::from_ymd_opt(year, month, day).ok_or(CellRefusal::DateImpossible)
}

/// Year, month and day as they stand in the text, a well-formed time of day behind them left out.
fn day_parts(text: &str) -> Option<(&str, &str, &str)> {
    if let Some((year, rest)) = text.split_once('年') {
        let (month, rest) = rest.split_once('月')?;
        let (day, time) = rest.split_once(['日', '号'])?;
        return is_time_or_empty(time).then_some((year.trim(), month.trim(), day.trim()));
    }
    let (date, time) = text.split_once([' ', 't']).unwrap_or((text, ""));
    if !is_time_or_empty(time) {
        return None;
    }
    let date = date.strip_suffix(".0").filter(|digits| digits.len() == 8).unwrap_or(date);
    if date.len() == 8 && all_digits(date) {
        return Some((&date[..4], &date[4..6], &date[6..]));
    }
    let separator = date.chars().find(|character| ['-', '.', '/'].contains(character))?;
    let mut parts = date.split(separator);
    let found = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(found)
}

/// Whether the text is empty or a time such as `9:30`, `09:30:00` or `09:30:00.000`; a zone is no part of it.
fn is_time_or_empty(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return true;
    }
    let parts: Vec<&str> = text.split(':').collect();
    let below = |digits: &str, limit: u32| {
        (1..=2).contains(&digits.len())
            && all_digits(digits)
            && digits.parse::<u32>().is_ok_and(|number| number < limit)
    };
    match parts.as_slice() {
        [hour, minute] => below(hour, 24) && below(minute, 60),
        [hour, minute, second] => {
            let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
            below(hour, 24) && below(minute, 60) && below(second, 60) && all_digits(fraction)
        }
        _ => false,
    }
}

/// A whole number from zero: `1200`, `1,200`, `1200.0`, `1.2万`, `１２００`, also with a counting word (`12瓶`).
pub fn integer(text: &str) -> Result<i64, CellRefusal> {
    let folded = folded(text);
    if folded.is_empty() {
        return Err(CellRefusal::TextMissing);
    }
    let counted = COUNTERS.iter().find_map(|counter| folded.strip_suffix(counter));
    let digits = counted.unwrap_or(&folded).trim_end();
    let (digits, power) = digits.strip_suffix('万').map_or((digits, 0), |digits| (digits.trim_end(), 4));
    let (whole, exponent) = decimal(digits).ok_or(CellRefusal::IntegerUnreadable)?;
    let exponent = exponent + power;
    let factor = 10_u128.checked_pow(exponent.unsigned_abs());
    let whole = match exponent {
        _ if whole == 0 => Some(0),
        0.. => factor.and_then(|factor| whole.checked_mul(factor)),
        _ => factor.filter(|factor| whole.is_multiple_of(*factor)).map(|factor| whole / factor),
    };
    whole.and_then(|whole| i64::try_from(whole).ok()).ok_or(CellRefusal::IntegerUnreadable)
}

/// What a share's number is worth where its cell has no sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Share {
    /// Of one: only numbers below one, because `3` may be meant as 3 %.
    #[default]
    One,
    /// A hundredth, as the header says: only numbers from one, because a spreadsheet shows 0.03 as 3 %.
    Percent,
    /// A thousandth.
    Permille,
    /// A ten-thousandth.
    BasisPoint,
}

/// A share in basis points, from 0 to 10,000: `3%`, `3‰`, `0.03`, `300bp`, `300个基点`.
///
/// A bare number is understood by `share`, and refused where it could mean two things.
pub fn basis_points(text: &str, share: Share) -> Result<i64, CellRefusal> {
    let folded = folded(text);
    if folded.is_empty() {
        return Err(CellRefusal::TextMissing);
    }
    let signs = [
        ("%", Share::Percent),
        ("‰", Share::Permille),
        ("bps", Share::BasisPoint),
        ("bp", Share::BasisPoint),
        ("个基点", Share::BasisPoint),
        ("基点", Share::BasisPoint),
    ];
    let signed = signs.iter().find_map(|(sign, share)| Some((folded.strip_suffix(sign)?.trim_end(), *share)));
    let (digits, written) = signed.unwrap_or((&folded, share));
    let (whole, exponent) = decimal(digits).ok_or(CellRefusal::RatioUnreadable)?;
    let is_below_one = whole == 0 || digits.starts_with("0.") || digits.starts_with('.');
    let is_ambiguous = match written {
        Share::One => !is_below_one,
        Share::Percent => signed.is_none() && is_below_one && whole > 0,
        Share::Permille | Share::BasisPoint => false,
    };
    if is_ambiguous {
        return Err(CellRefusal::RatioUnreadable);
    }
    let power = match written {
        Share::One => 4,
        Share::Percent => 2,
        Share::Permille => 1,
        Share::BasisPoint => 0,
    };
    points(whole, exponent + power)
}

/// A share of one in basis points, whatever its size: what a workbook shows as a percentage.
pub(super) fn fraction(text: &str) -> Result<i64, CellRefusal> {
    let (whole, exponent) = decimal(text).ok_or(CellRefusal::RatioUnreadable)?;
    points(whole, exponent + 4)
}

fn points(whole: u128, exponent: i32) -> Result<i64, CellRefusal> {
    let points = scaled(whole, exponent).map_err(|refusal| match refusal {
        CellRefusal::AmountPartOfFen => CellRefusal::RatioTooFine,
        _ => CellRefusal::RatioTooLarge,
    })?;
    i64::try_from(points).ok().filter(|points| *points <= 10_000).ok_or(CellRefusal::RatioTooLarge)
}

/// Yes or no, in either language, as a spreadsheet's box or as a tick.
pub fn yes_no(text: &str) -> Result<bool, CellRefusal> {
    match match_key(text).as_str() {
        "" => Err(CellRefusal::TextMissing),
        "是" | "有" | "对" | "真" | "√" | "✓" | "✔" | "yes" | "y" | "true" | "1" => Ok(true),
        "否" | "无" | "错" | "假" | "不是" | "×" | "✗" | "✘" | "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(CellRefusal::YesNoUnreadable),
    }
}

/// The value that a cell names among a few: by the value itself or by one of its words.
pub fn choice(text: &str, choices: &'static [Choice]) -> Result<&'static str, CellRefusal> {
    let key = column_key(text);
    if key.is_empty() {
        return Err(CellRefusal::TextMissing);
    }
    let is_named = |choice: &&Choice| {
        column_key(choice.value) == key || choice.words.split_whitespace().any(|word| column_key(word) == key)
    };
    choices.iter().find(is_named).map(|choice| choice.value).ok_or(CellRefusal::ChoiceUnknown { choices })
}

/// The name a cell holds, cleaned; empty for an empty cell.
///
/// Refused where it begins as a formula, or is the error of one: nobody is called so, and a list with the name
/// would run the formula on the next computer that opens it.
pub fn name(text: &str) -> Result<String, CellRefusal> {
    let name = clean(text);
    // A sign alone is how an empty cell is shown.
    if name.starts_with(['=', '+', '-', '@']) && name.chars().nth(1).is_some_and(|next| next != '-') {
        return Err(CellRefusal::NameFormula);
    }
    if is_formula_error(&name) {
        return Err(CellRefusal::FormulaError);
    }
    Ok(name)
}

/// Whether a text is what spreadsheets show for a formula that failed.
pub fn is_formula_error(text: &str) -> bool {
    const ERRORS: &[&str] =
        &["#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"];
    (text.starts_with('#') && ERRORS.contains(&text)) || (text.starts_with("Err:") && all_digits(&text[4..]))
}

/// Words that count things behind a number.
const COUNTERS: &[&str] =
    &["个", "份", "瓶", "件", "次", "人", "户", "笔", "张", "盒", "袋", "套", "单", "箱", "只", "小时"];

/// Whether the text is one ASCII digit or more and nothing else.
pub(crate) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
