//! The scalars of the domain, checked before anything runs.
//!
//! * `Decimal`: a string or a whole number of at most 15 digits before and 2 after the point; never a float,
//!   for a float has lost the amount before anyone looks at it.
//! * `Date`: a day of the calendar, `YYYY-MM-DD`.
//! * `DateTime`: an instant with its offset, as RFC 3339 writes it.
//! * Any other scalar of the schema's own is left to its parser.

use chrono::{DateTime, NaiveDate};

/// A value as written, whether in a document or in the variables.
pub(super) enum Written<'v> {
    /// A string, without its quotes.
    Text(&'v str),
    /// A whole number in digits.
    Whole(&'v str),
    /// A number with a point or an exponent, in digits.
    Float(&'v str),
    /// Anything else, by what it is called in a sentence: "a list", "true".
    Other(&'v str),
}

impl Written<'_> {
    /// The value in a sentence, short enough to be quoted.
    pub fn quoted(&self) -> String {
        match self {
            Self::Text(text) if text.chars().count() <= QUOTED_CHARS_MAX => format!("\"{text}\""),
            Self::Text(_) => "this text".to_owned(),
            Self::Whole(digits) | Self::Float(digits) if digits.len() <= QUOTED_CHARS_MAX => (*digits).to_owned(),
            Self::Whole(_) | Self::Float(_) => "this number".to_owned(),
            Self::Other(name) => (*name).to_owned(),
        }
    }
}

/// The longest value a message repeats: a typing error can be seen in it, a document cannot hide in it.
const QUOTED_CHARS_MAX: usize = 40;

/// The digits of a `Decimal` before the point: with two after it, they fit an `i64` of minor units.
const DECIMAL_WHOLE_DIGITS_MAX: usize = 15;

/// The digits of a `Decimal` after the point.
const DECIMAL_FRACTION_DIGITS_MAX: usize = 2;

/// Says what is wrong with `value` as a `scalar`, as the rest of a sentence that begins with its path.
pub(super) fn check(scalar: &str, value: &Written<'_>) -> Result<(), String> {
    match scalar {
        "Decimal" => check_decimal(value),
        "Date" => check_date(value),
        "DateTime" => check_date_time(value),
        _ => Ok(()),
    }
}

fn check_decimal(value: &Written<'_>) -> Result<(), String> {
    let text = match value {
        Written::Float(_) => {
            return Err(format!(
                "{} is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
                value.quoted()
            ));
        }
        Written::Text(text) | Written::Whole(text) => text,
        Written::Other(_) => "",
    };
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let fits = |digits: &str, max: usize| {
        (1..=max).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if fits(whole, DECIMAL_WHOLE_DIGITS_MAX) && fraction.is_none_or(|digits| fits(digits, DECIMAL_FRACTION_DIGITS_MAX))
    {
        return Ok(());
    }
    Err(format!(
        "{} is not an amount; write at most {DECIMAL_WHOLE_DIGITS_MAX} digits before and \
         {DECIMAL_FRACTION_DIGITS_MAX} after the point, for instance \"12.50\".",
        value.quoted()
    ))
}

fn check_date(value: &Written<'_>) -> Result<(), String> {
    if let Written::Text(text) = value
        // chrono also takes a sign, spaces and single digits.
        && text.len() == "YYYY-MM-DD".len()
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
        && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
    {
        return Ok(());
    }
    Err(format!("{} is not a day of the calendar; write it as \"2026-05-01\".", value.quoted()))
}

fn check_date_time(value: &Written<'_>) -> Result<(), String> {
    if let Written::Text(text) = value
        && DateTime::parse_from_rfc3339(text).is_ok()
    {
        return Ok(());
    }
    Err(format!(
        "{} is not an instant of RFC 3339; write it with its offset, as \"2026-05-01T08:00:00Z\".",
        value.quoted()
    ))
}
