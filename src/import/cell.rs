//! What one cell says: a name, a note or a day, out of the text a spreadsheet left there.
//!
//! Invariants:
//! * the text shown keeps the giver's own characters; only padding and invisible characters go;
//! * the key of a text is the same for every way of typing it: full width or half width, upper or
//!   lower case, with or without padding;
//! * a day is read only from forms with the year first, so that no day is taken for a month.

use chrono::{Days, NaiveDate};

use super::refusal::CellRefusal;

/// The first day a spreadsheet's day number counts from, its own leap-year error included.
const SERIAL_EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day");

/// Gifts before this day are taken for mistyped years.
const GIVEN_ON_MIN: NaiveDate = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day");

/// Characters that take no room: zero-width spaces and joiners, direction marks, soft hyphens, control characters.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
        || (character.is_control() && !character.is_whitespace())
}

/// The half-width twin of a full-width character; any other character stays as it is.
fn half_width(character: char) -> char {
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
pub(crate) fn folded(text: &str) -> String {
    clean(text).chars().map(half_width).flat_map(char::to_lowercase).collect()
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

/// The day a cell names.
///
/// Understands `2020-1-26`, `2020.01.26`, `2020/01/26`, `2020年1月26日`, `20200126` and a spreadsheet's day number
/// (`43856`), each with or without a time of day, which is dropped. Refused when empty, in another
/// form, in no calendar, before 1950 or after `today`.
pub fn given_on(text: &str, today: NaiveDate) -> Result<NaiveDate, CellRefusal> {
    let folded = folded(text);
    if folded.is_empty() {
        return Err(CellRefusal::DateMissing);
    }
    let day = match serial_days(&folded) {
        Some(days) => SERIAL_EPOCH.checked_add_days(Days::new(days)).ok_or(CellRefusal::DateImpossible)?,
        None => calendar_day(&folded)?,
    };
    if day < GIVEN_ON_MIN {
        return Err(CellRefusal::DateTooEarly);
    }
    if day > today {
        return Err(CellRefusal::DateInFuture);
    }
    Ok(day)
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
    let parts: Vec<&str> = text.split(':').collect();
    let below = |digits: &str, limit: u32| {
        (1..=2).contains(&digits.len())
            && all_digits(digits)
            && digits.parse::<u32>().is_ok_and(|number| number < limit)
    };
    match parts.as_slice() {
        [""] => true,
        [hour, minute] => below(hour, 24) && below(minute, 60),
        [hour, minute, second] => {
            let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
            below(hour, 24) && below(minute, 60) && below(second, 60) && all_digits(fraction)
        }
        _ => false,
    }
}

/// Whether the text is one ASCII digit or more and nothing else.
pub(crate) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
