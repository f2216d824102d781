//! Statements in the graph: of a party, of a fund, of a host.

pub mod file;
pub mod fund;
pub mod host;
pub mod party;

use crate::{
    error::{Error, Result},
    page::{Key, Page, PeriodInput, Slice},
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

/// A page of rows that are there already, in the order of their keys.
fn page_of_rows<T: Clone>(page: &Page, rows: &[T], key: impl Fn(&T) -> i64) -> Slice<T> {
    let after = page.cursor().and_then(|keys| match keys {
        [Key::Int(key)] => Some(*key),
        _ => None,
    });
    let beyond = |row: &&T| match (after, page.descends()) {
        (None, _) => true,
        (Some(after), true) => key(row) < after,
        (Some(after), false) => key(row) > after,
    };
    let mut found: Vec<T> = rows.iter().filter(beyond).cloned().collect();
    found.sort_by_key(|row| if page.descends() { -key(row) } else { key(row) });
    found.truncate(usize::try_from(page.limit() + 1).unwrap_or_default());
    page.finish(found, |row| vec![Key::Int(key(row))])
}
