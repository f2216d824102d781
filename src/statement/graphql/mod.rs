//! Statements in the graph: of a party, of a fund, of a host.

pub mod file;
pub mod fund;
pub mod host;
pub mod party;

use crate::{
    error::{Error, Result},
    page::PeriodInput,
};

/// Days of a statement at most: a year, and one of its days twice.
const DAYS_MAX: i64 = 366;

/// The first and the last day of a statement's period.
pub fn days(period: PeriodInput) -> Result<(chrono::NaiveDate, chrono::NaiveDate)> {
    Ok(period.days()?)
}

/// The same, of a period whose days are told one by one.
pub fn days_of_a_year(period: PeriodInput) -> Result<(chrono::NaiveDate, chrono::NaiveDate)> {
    let (from, to) = period.days()?;
    let days = (to - from).num_days() + 1;
    if days > DAYS_MAX {
        return Err(Error::BadInput(format!("The period has {days} days; ask for {DAYS_MAX} at most.")));
    }
    Ok((from, to))
}
