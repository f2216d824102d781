//! Pages of lists that can grow: Relay's arguments in, a keyset out.
//!
//! * A cursor is the sort key of its row, so a page costs the same wherever it lies and rows that
//!   arrive meanwhile neither repeat nor hide others.
//! * A page holds at most [`ROWS_MAX`] rows.

use async_graphql::connection::PageInfo;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;

use crate::clock::Date;

/// The most rows of one page.
pub const ROWS_MAX: i64 = 100;
/// Rows of a page when the query does not say.
pub const ROWS_DEFAULT: i64 = 20;

/// One column of a sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Key {
    /// A number or an amount.
    Int(i64),
    /// A date.
    Date(NaiveDate),
    /// A text.
    Text(String),
}

impl<T: Into<i64>> From<T> for Key {
    fn from(key: T) -> Self {
        Self::Int(key.into())
    }
}

/// Which way a list runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum Direction {
    /// Smallest, oldest or first in the alphabet first.
    Asc,
    /// Largest or newest first.
    #[default]
    Desc,
}

/// What a query says about the page it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageArgs {
    /// How many from the start.
    pub first: Option<i32>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
}

/// The part of a list that is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    limit: i64,
    direction: Direction,
    backwards: bool,
    cursor: Option<Vec<Key>>,
}

/// Why no page can be made of what a query says; the sentence is for its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPage(pub String);

impl Page {
    /// The page that `args` ask for of a list in `direction` whose sort key looks like `shape`.
    ///
    /// # Errors
    /// When both ends are asked for, the size is out of bounds, or a cursor is not of this list.
    pub fn new(args: &PageArgs, direction: Direction, shape: &[Key]) -> Result<Self, BadPage> {
        let backwards = args.last.is_some() || (args.before.is_some() && args.first.is_none());
        if args.first.is_some() && args.last.is_some() {
            return Err(BadPage("Ask for `first` or for `last`, not for both.".into()));
        }
        if (backwards && args.after.is_some()) || (!backwards && args.before.is_some()) {
            return Err(BadPage("`after` goes with `first`, `before` with `last`.".into()));
        }
        let (name, size) = if backwards { ("last", args.last) } else { ("first", args.first) };
        let limit = size.map_or(ROWS_DEFAULT, i64::from);
        if !(0..=ROWS_MAX).contains(&limit) {
            return Err(BadPage(format!("`{name}` is {limit}; a page holds 0 to {ROWS_MAX} rows.")));
        }
        let text = if backwards { &args.before } else { &args.after };
        let cursor = text.as_deref().map(|text| decode(text, shape)).transpose()?;
        Ok(Self { limit, direction, backwards, cursor })
    }

    /// The first `limit` rows in `direction`, for reads of our own.
    pub fn start(limit: i64, direction: Direction) -> Self {
        Self { limit, direction, backwards: false, cursor: None }
    }

    /// The `limit` rows after a sort key in `direction`, or the first, for reads of our own.
    pub fn after(limit: i64, direction: Direction, cursor: Option<Vec<Key>>) -> Self {
        Self { limit, direction, backwards: false, cursor }
    }

    /// How many rows it holds at most.
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// The sort key it starts after, in the direction it is read.
    pub fn cursor(&self) -> Option<&[Key]> {
        self.cursor.as_deref()
    }

    /// Whether rows are read from the largest key down.
    pub fn descends(&self) -> bool {
        (self.direction == Direction::Desc) != self.backwards
    }

    /// The page of rows that are there already, in any order.
    pub fn pick<T>(&self, rows: impl IntoIterator<Item = T>, key: impl Fn(&T) -> Vec<Key>) -> Slice<T> {
        let beyond = |row: &T| match (&self.cursor, self.descends()) {
            (None, _) => true,
            (Some(cursor), true) => key(row) < *cursor,
            (Some(cursor), false) => key(row) > *cursor,
        };
        let mut found: Vec<T> = rows.into_iter().filter(beyond).collect();
        found.sort_by_cached_key(&key);
        if self.descends() {
            found.reverse();
        }
        found.truncate(usize::try_from(self.limit + 1).unwrap_or_default());
        self.finish(found, key)
    }

    /// Puts the rows that were read (one more than asked for, in reading order) in the list's order, and
    /// says what lies beyond them.
    pub fn finish<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> Vec<Key>) -> Slice<T> {
        let more = rows.len() > usize::try_from(self.limit).unwrap_or(0);
        rows.truncate(usize::try_from(self.limit).unwrap_or(0));
        if self.backwards {
            rows.reverse();
        }
        let started = self.cursor.is_some();
        let (has_previous, has_next) = if self.backwards { (more, started) } else { (started, more) };
        let rows = rows.into_iter().map(|row| (encode(&key(&row)), row)).collect();
        Slice { rows, has_previous, has_next }
    }
}

/// A page's rows with their cursors.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// Cursor and row, in the list's order.
    pub rows: Vec<(String, T)>,
    /// Whether rows come before these.
    pub has_previous: bool,
    /// Whether rows come after these.
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// A page without rows.
    pub fn empty() -> Self {
        Self { rows: vec![], has_previous: false, has_next: false }
    }

    /// What Relay wants to know of the page.
    pub fn info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: self.rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

fn encode(keys: &[Key]) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_string(keys).expect("numbers, dates and texts become JSON"))
}

fn decode(text: &str, shape: &[Key]) -> Result<Vec<Key>, BadPage> {
    let wrong = || BadPage("That cursor is not of this list; pass one that this list returned in this order.".into());
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let values: Vec<Value> = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if values.len() != shape.len() {
        return Err(wrong());
    }
    // By the shape and not by its looks: a code may look like a date.
    let key = |(value, like): (Value, &Key)| match (value, like) {
        (Value::Number(number), Key::Int(_)) => number.as_i64().map(Key::Int),
        (Value::String(text), Key::Date(_)) => text.parse().ok().map(Key::Date),
        (Value::String(text), Key::Text(_)) => Some(Key::Text(text)),
        _ => None,
    };
    values.into_iter().zip(shape).map(key).collect::<Option<_>>().ok_or_else(wrong)
}

/// Declares a Relay connection: its page type and its edge type, described.
#[macro_export]
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $connection {
            #[doc = concat!("The ", $what, " of this page, each with its cursor.")]
            pub edges: Vec<$edge>,
            /// What lies before and after this page.
            pub page_info: async_graphql::connection::PageInfo,
            /// How many there are in all, counted only when it is asked for.
            pub total_count: Option<i64>,
        }

        #[doc = concat!("One of the ", $what, " of a page.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// Where the item stands in the list: pass it as `after` or `before`.
            pub cursor: String,
            /// The item.
            pub node: $node,
        }

        impl $connection {
            #[doc = concat!("The page of ", $what, " that `slice` holds; `total` where it was asked for.")]
            pub fn new<T: Into<$node>>(slice: $crate::page::Slice<T>, total: Option<i64>) -> Self {
                let page_info = slice.info();
                let edge = |(cursor, row): (String, T)| $edge { cursor, node: row.into() };
                Self { edges: slice.rows.into_iter().map(edge).collect(), page_info, total_count: total }
            }
        }
    };
}

/// A span of days, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, async_graphql::InputObject)]
pub struct PeriodInput {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl PeriodInput {
    /// The first and the last day.
    ///
    /// # Errors
    /// [`BadPage`] when it ends before it begins.
    pub fn days(self) -> Result<(NaiveDate, NaiveDate), BadPage> {
        if self.to < self.from {
            return Err(BadPage(format!("The period ends on {}, before it begins on {}.", self.to.0, self.from.0)));
        }
        Ok((self.from.0, self.to.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_its_list_wrote_it() {
        let date = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
        let (int, day, text) = (Key::Int(-7), Key::Date(date), Key::Text("2026-05-01".into()));
        for keys in [vec![int.clone()], vec![day.clone(), int.clone()], vec![text.clone(), int.clone()], vec![text]] {
            assert_eq!(decode(&encode(&keys), &keys), Ok(keys));
        }
        for (keys, shape) in [(vec![int.clone()], vec![day.clone()]), (vec![day.clone()], vec![day, int])] {
            assert!(decode(&encode(&keys), &shape).is_err());
        }
        assert!(decode("no cursor", &[Key::Int(0)]).is_err());
    }
}
