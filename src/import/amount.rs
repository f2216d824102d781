//! What an amount cell says, in fen, by the digits as they are written.
//!
//! Invariants:
//! * no binary fraction is ever made of an amount: the digits become a whole number and a power of ten;
//! * a part smaller than a fen is refused, unless it is the drift of a spreadsheet's own arithmetic;
//! * what the cell says of its unit (`元`, `万`) wins over what the header says.

use super::cell::{all_digits, folded};
use super::refusal::CellRefusal;

/// The most one gift can be, in fen: a hundred billion yuan, above which a column's unit was mistaken.
pub const AMOUNT_FEN_MAX: i64 = 10_000_000_000_000;

/// Digits that still fit a whole number with the power of ten they are multiplied by.
const DIGITS_MAX: usize = 30;

/// A spreadsheet's drift is at most a ten-thousandth of a fen (0.000001 yuan) …
const DRIFT_FEN_DIVISOR: u128 = 10_000;

/// … and shows in more decimals of a yuan than a person would type.
const TYPED_DECIMALS_MAX: u32 = 4;

/// What one of an amount column's numbers is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 分, a hundredth of a yuan.
    Fen,
    /// 元.
    Yuan,
    /// 万元, ten thousand yuan.
    Wan,
}

impl Unit {
    /// The power of ten that makes fen of the unit.
    fn fen_exponent(self) -> i32 {
        match self {
            Self::Fen => 0,
            Self::Yuan => 2,
            Self::Wan => 6,
        }
    }

    /// The unit a word names, such as `万元` or `单位:元`; `None` for any other word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let word = word.trim().trim_start_matches("单位").trim_start_matches([':', ' ']);
        let word = word.strip_prefix("人民币").unwrap_or(word).trim();
        match word {
            "元" | "圆" | "yuan" | "rmb" | "cny" | "rmb元" | "rmb yuan" | "¥" | "" => Some(Self::Yuan),
            "万元" | "万" | "wan" | "10k yuan" | "10,000 yuan" => Some(Self::Wan),
            "分" | "fen" => Some(Self::Fen),
            _ => None,
        }
    }
}

/// The gift an amount cell names, in fen, from 1 to [`AMOUNT_FEN_MAX`].
///
/// `unit` is what the header says of the column. Understands `1000000`, `4,000,000.00`, `¥3,000`, `12元`,
/// `1.2万`, `1.5E6`, full-width digits and drifted numbers such as `38422322.23999998`.
/// Refused when empty, no number, below zero, finer than a fen, zero or too large.
pub fn amount_fen(text: &str, unit: Unit) -> Result<i64, CellRefusal> {
    let fen = total_fen(text, unit)?;
    if fen == 0 {
        return Err(CellRefusal::AmountZero);
    }
    if fen > AMOUNT_FEN_MAX {
        return Err(CellRefusal::AmountTooLarge);
    }
    Ok(fen)
}

/// A sum of gifts in fen, never negative: as [`amount_fen`], but zero and more than one gift can be are accepted.
pub fn total_fen(text: &str, unit: Unit) -> Result<i64, CellRefusal> {
    price(text, unit, 0).map_err(|refusal| match refusal {
        CellRefusal::PriceTooFine => CellRefusal::AmountPartOfFen,
        other => other,
    })
}

/// The price of one thing, in fractions of a fen: whole numbers of `10^-decimals` fen, never negative.
///
/// As [`total_fen`], for prices such as `0.005` yuan an item, which may be finer than a fen.
pub fn price(text: &str, unit: Unit, decimals: u8) -> Result<i64, CellRefusal> {
    let folded = folded(text);
    let (digits, negative, unit) = stripped(&folded, unit);
    if digits.is_empty() {
        return Err(CellRefusal::AmountMissing);
    }
    let (whole, exponent) = decimal(digits).ok_or(CellRefusal::AmountUnreadable)?;
    if negative && whole > 0 {
        return Err(CellRefusal::AmountNegative);
    }
    let parts = scaled(whole, exponent + unit.fen_exponent() + i32::from(decimals));
    let parts = parts.map_err(|refusal| match refusal {
        CellRefusal::AmountPartOfFen => CellRefusal::PriceTooFine,
        other => other,
    })?;
    i64::try_from(parts).map_err(|_| CellRefusal::AmountTooLarge)
}

/// An amount as messages write it, such as `¥1,234.50`.
pub fn yuan_text(fen: i64) -> String {
    let (yuan, rest) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    let digits = yuan.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}¥{grouped}.{rest:02}")
}

/// The digits of an amount without sign, currency and unit; whether they are below zero; the unit they are in.
fn stripped(text: &str, unit: Unit) -> (&str, bool, Unit) {
    let mut text = text.trim();
    let mut negative = false;
    // Accountants write a negative number in brackets.
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        text = inner.trim();
        negative = true;
    }
    loop {
        let before = text;
        for currency in ["¥", "人民币", "rmb", "cny"] {
            text = text.strip_prefix(currency).unwrap_or(text).trim_start();
        }
        if !negative && let Some(rest) = text.strip_prefix('-') {
            text = rest.trim_start();
            negative = true;
        }
        if text == before {
            break;
        }
    }
    for currency in ["人民币", "rmb", "cny", "整"] {
        text = text.strip_suffix(currency).unwrap_or(text).trim_end();
    }
    let written =
        [("万元", Unit::Wan), ("万", Unit::Wan), ("元", Unit::Yuan), ("圆", Unit::Yuan), ("yuan", Unit::Yuan)];
    for (suffix, written_unit) in written {
        if let Some(rest) = text.strip_suffix(suffix) {
            return (rest.trim_end(), negative, written_unit);
        }
    }
    // A dash alone is how a spreadsheet shows an empty amount.
    (text.trim_matches('—'), negative, unit)
}

/// A number as its digits and the power of ten they are multiplied by. `None` when the text is no number.
pub(super) fn decimal(text: &str) -> Option<(u128, i32)> {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (text, 0),
    };
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((integer, fraction)) if all_digits(fraction) => (integer, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    if !is_grouped(integer) || (integer.is_empty() && fraction.is_empty()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > DIGITS_MAX {
        return None;
    }
    let (mut whole, mut digits) = (0_u128, 0);
    for digit in integer.bytes().filter(|byte| *byte != b',').chain(fraction.bytes()) {
        digits += usize::from(whole > 0 || digit != b'0');
        if digits > DIGITS_MAX {
            return None;
        }
        whole = 10 * whole + u128::from(digit - b'0');
    }
    let decimals = i32::try_from(fraction.len()).ok()?;
    Some((whole, exponent - decimals))
}

/// The number behind an `E`, from -99 to 99.
fn exponent_of(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.len() > 2 || !all_digits(digits) {
        return None;
    }
    let exponent: i32 = digits.parse().ok()?;
    Some(if negative { -exponent } else { exponent })
}

/// Whether a text is digits, or digits that commas group by three; also when it is empty.
fn is_grouped(text: &str) -> bool {
    let Some((first, groups)) = text.split_once(',') else { return text.is_empty() || all_digits(text) };
    first.len() <= 3 && all_digits(first) && groups.split(',').all(|group| group.len() == 3 && all_digits(group))
}

/// `whole` times ten to `exponent`, in whole fen.
pub(super) fn scaled(whole: u128, exponent: i32) -> Result<u128, CellRefusal> {
    if whole == 0 {
        return Ok(0);
    }
    let power = exponent.unsigned_abs();
    let factor = 10_u128.checked_pow(power);
    if exponent >= 0 {
        return factor.and_then(|factor| whole.checked_mul(factor)).ok_or(CellRefusal::AmountTooLarge);
    }
    let factor = factor.ok_or(CellRefusal::AmountPartOfFen)?;
    let (fen, part) = (whole / factor, whole % factor);
    if part == 0 {
        return Ok(fen);
    }
    let distance = part.min(factor - part);
    // The digits end in no zero here, so the power counts the decimals beyond a fen.
    if power + 2 <= TYPED_DECIMALS_MAX || distance > factor / DRIFT_FEN_DIVISOR {
        return Err(CellRefusal::AmountPartOfFen);
    }
    Ok(if distance == part { fen } else { fen + 1 })
}
