//! Time as a value that is passed in: nothing below asks the machine what time it is.

use std::sync::Arc;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound as _, Utc};

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// An instant that only [`Clock::set`] changes, for tests and samples.
    Fixed(Arc<std::sync::Mutex<DateTime<Utc>>>),
}

/// Dates are China's: a gift at one in the morning is of that day, wherever the server stands.
const CHINA_SECONDS_EAST: i32 = 8 * 3600;

impl Clock {
    /// A clock that stands at `instant`.
    pub fn fixed(instant: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(std::sync::Mutex::new(instant)))
    }

    /// Moves a fixed clock; the machine's clock stays as it is.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Self::Fixed(at) = self {
            *at.lock().expect("nothing panics while it holds this lock") = instant;
        }
    }

    /// The time now, cut to microseconds, which is what both engines keep.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Fixed(at) => *at.lock().expect("nothing panics while it holds this lock"),
        }
    }

    /// The date now, in China.
    pub fn today(&self) -> NaiveDate {
        let zone = FixedOffset::east_opt(CHINA_SECONDS_EAST).expect("eight hours are within a day");
        self.now().with_timezone(&zone).date_naive()
    }
}

/// A day of the calendar, written `2026-05-20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Date(pub NaiveDate);

/// A day of the calendar in China, written "2026-05-20" (ISO 8601).
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            InputValueError::custom(format!("{shown:?} is no day; write it as \"2026-05-20\""))
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

impl From<Date> for NaiveDate {
    fn from(date: Date) -> Self {
        date.0
    }
}
