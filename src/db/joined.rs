//! Rows of several tables that stand beside each other in one answer: a pledge, its fund, the fund's area.
//!
//! * The columns of each part follow those of the part before, in the order [`part!`](crate::part) lists them;
//!   a column of another name there is an error, not another value.
//! * A part of which there is none (a `LEFT JOIN`) is an `Option`: its first column, the key, is NULL.

use sqlx::{
    Column as _, Decode, FromRow, Postgres, Row as _, Sqlite, Type, ValueRef as _, error::Error, postgres::PgRow,
    sqlite::SqliteRow,
};

use super::Result;

/// A Rust value both engines can give.
pub trait Given: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}
impl<T> Given for T where T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

/// What can stand beside others in a row; [`part!`](crate::part) declares it for a struct.
pub trait Part: Sized {
    /// How many columns it takes.
    const WIDTH: usize;

    /// Reads it from the columns that come next.
    fn read(columns: &mut Columns<'_>) -> Result<Self>;
}

/// Declares that a struct can stand beside others in a row, with its columns in the order of the SELECT.
#[macro_export]
macro_rules! part {
    ($row:ident { $($column:ident),+ $(,)? }) => {
        impl $crate::db::Part for $row {
            const WIDTH: usize = [$(stringify!($column)),+].len();

            fn read(columns: &mut $crate::db::Columns<'_>) -> $crate::db::Result<Self> {
                Ok(Self { $($column: columns.next(stringify!($column))?),+ })
            }
        }
    };
}

/// The columns of a row, read from the first to the last.
pub struct Columns<'r> {
    row: RowOf<'r>,
    next: usize,
}

enum RowOf<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

impl Columns<'_> {
    /// The next column, which must have this name.
    pub fn next<T: Given>(&mut self, name: &'static str) -> Result<T> {
        let at = self.next;
        self.next += 1;
        let found = match self.row {
            RowOf::Sqlite(row) => row.try_column(at)?.name(),
            RowOf::Postgres(row) => row.try_column(at)?.name(),
        };
        // SQLite tells columns of one name apart by a number behind a colon.
        if !found.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) {
            return Err(Error::ColumnNotFound(format!("{name}, where the answer has {found}")));
        }
        match self.row {
            RowOf::Sqlite(row) => row.try_get(at),
            RowOf::Postgres(row) => row.try_get(at),
        }
    }

    fn is_null(&self) -> Result<bool> {
        Ok(match self.row {
            RowOf::Sqlite(row) => row.try_get_raw(self.next)?.is_null(),
            RowOf::Postgres(row) => row.try_get_raw(self.next)?.is_null(),
        })
    }
}

impl<T: Part> Part for Option<T> {
    const WIDTH: usize = T::WIDTH;

    fn read(columns: &mut Columns<'_>) -> Result<Self> {
        if columns.is_null()? {
            columns.next += T::WIDTH;
            return Ok(None);
        }
        T::read(columns).map(Some)
    }
}

macro_rules! tuple {
    ($($part:ident)+) => {
        impl<$($part: Part),+> Part for ($($part,)+) {
            const WIDTH: usize = 0 $(+ $part::WIDTH)+;

            fn read(columns: &mut Columns<'_>) -> Result<Self> {
                Ok(($($part::read(columns)?,)+))
            }
        }
    };
}

tuple!(A B);
tuple!(A B C D);

/// A row of parts, as a statement gives it.
#[derive(Clone, Debug)]
pub struct Joined<T>(pub T);

impl<'r, T: Part> FromRow<'r, SqliteRow> for Joined<T> {
    fn from_row(row: &'r SqliteRow) -> Result<Self> {
        T::read(&mut Columns { row: RowOf::Sqlite(row), next: 0 }).map(Self)
    }
}

impl<'r, T: Part> FromRow<'r, PgRow> for Joined<T> {
    fn from_row(row: &'r PgRow) -> Result<Self> {
        T::read(&mut Columns { row: RowOf::Postgres(row), next: 0 }).map(Self)
    }
}
