//! Money: whole fen inside, an exact decimal outside.
//!
//! * No float comes near it: amounts are `i64` fen from the first byte read to the last byte written.
//! * Every amount is at most [`Fen::MAX`], so that a million of them still add up without overflow.

mod capital;

use std::{fmt, iter::Sum, ops, str::FromStr};

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use serde::{Deserialize, Serialize};

/// An amount in fen (a hundredth of a yuan).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, Serialize, Deserialize)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest single amount, a hundred billion yuan: 900,000 of them still fit an `i64`.
    pub const MAX: Self = Self(10_000_000_000_000);

    /// Whether there is something of it.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl ops::Add for Fen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl ops::Sub for Fen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl ops::Neg for Fen {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl ops::AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl ops::SubAssign for Fen {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, ops::Add::add)
    }
}

/// In yuan, with two decimals: `1234.50`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no amount; write yuan with at most two decimals, for instance \"1234.50\"")]
pub struct NotAnAmount(String);

/// Reads yuan with at most two decimals; a sign is accepted, an exponent is not.
impl FromStr for Fen {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let wrong = || NotAnAmount(text.chars().take(40).collect());
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (yuan, fen) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(yuan) || !all_digits(fen) || fen.len() > 2 {
            return Err(wrong());
        }
        let yuan: i64 = yuan.parse().map_err(|_| wrong())?;
        let cents: i64 = format!("{fen:0<2}").parse().map_err(|_| wrong())?;
        let total = yuan.checked_mul(100).and_then(|hundredths| hundredths.checked_add(cents)).ok_or_else(wrong)?;
        Ok(Self(if negative { -total } else { total }))
    }
}

/// An exact decimal number with two places, written as a string: `"1234.50"`.
///
/// Accepts a string or a whole number; a JSON float is refused, because it is not exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal(pub Fen);

/// An exact decimal number with two places, written as a string such as "1234.50". Input may be a
/// string or a whole number; a float is refused, because it is not exact.
#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let exact = match &value {
            Value::String(text) => text.parse().map_err(|why: NotAnAmount| InputValueError::custom(why.to_string())),
            Value::Number(number) => whole(number),
            _ => Err(InputValueError::expected_type(value.clone())),
        };
        exact.map(Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn whole(number: &Number) -> Result<Fen, InputValueError<Decimal>> {
    let yuan = number.as_i64().and_then(|yuan| yuan.checked_mul(100));
    yuan.map(Fen).ok_or_else(|| {
        InputValueError::custom(format!(
            "{number} is a float or too large; write the amount as a string, for instance \"1234.50\""
        ))
    })
}

/// An exact fraction in lowest terms, for what a decimal would round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::SimpleObject)]
pub struct Fraction {
    /// What is divided.
    pub numerator: i64,
    /// What it is divided by; above zero.
    pub denominator: i64,
    /// Their quotient with two decimals, rounded down.
    pub decimal: Decimal,
}

impl Fraction {
    /// `numerator` ÷ `denominator` of numbers that are not negative; `None` for no denominator.
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        let (mut a, mut b) = (numerator, denominator);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        if denominator <= 0 || numerator < 0 {
            return None;
        }
        let hundredths = i128::from(numerator) * 100 / i128::from(denominator);
        let decimal = Decimal(Fen(i64::try_from(hundredths).ok()?));
        Some(Self { numerator: numerator / a, denominator: denominator / a, decimal })
    }
}

/// A currency, by its ISO 4217 code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Currency {
    /// Renminbi yuan.
    #[default]
    Cny,
}

/// A sum of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::SimpleObject)]
pub struct Money {
    /// The sum in units of the currency, with two decimals.
    pub amount: Decimal,
    /// The currency; yuan for every fund.
    pub currency: Currency,
}

impl From<Fen> for Money {
    fn from(fen: Fen) -> Self {
        Self { amount: Decimal(fen), currency: Currency::Cny }
    }
}

/// A sum of money that is given.
#[derive(Clone, Copy, Debug, async_graphql::InputObject)]
pub struct MoneyInput {
    /// The sum in units of the currency, as a string with at most two decimals or as a whole number.
    pub amount: Decimal,
    /// The currency; yuan where it is left out.
    #[graphql(default)]
    pub currency: Currency,
}

impl From<MoneyInput> for Fen {
    fn from(money: MoneyInput) -> Self {
        money.amount.0
    }
}
