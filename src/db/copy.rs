//! `COPY`: how PostgreSQL takes many rows, at several times the speed of an `INSERT`.
//!
//! Its binary form writes a value as a statement's binary parameters are written, its length before it; so
//! whatever can be bound can be copied, where its type is exactly the column's.

use sqlx::{Encode, PgConnection, Postgres, Type, encode::IsNull, postgres::PgArgumentBuffer};

use super::Result;

/// Rows from which copying is worth its two round trips.
pub(super) const ROWS_MIN: usize = 32;

/// Bytes after which what has been written goes out.
const PART_BYTES: usize = 1 << 20;

/// What every binary copy begins with: the signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Rows in `COPY`'s binary form.
#[derive(Default)]
pub(super) struct Rows {
    buffer: PgArgumentBuffer,
    /// Where the row in hand begins, and how many values it has.
    row: usize,
    values: i16,
}

impl Rows {
    /// Begins a row.
    pub(super) fn begin(&mut self) {
        self.row = self.buffer.len();
        self.values = 0;
        self.buffer.extend_from_slice(&[0; 2]);
    }

    /// Adds a value to the row in hand.
    pub(super) fn add<'t>(
        &mut self,
        value: impl Encode<'t, Postgres> + Type<Postgres>,
    ) -> Result<(), sqlx::error::BoxDynError> {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&[0; 4]);
        let length = match value.encode(&mut self.buffer)? {
            IsNull::Yes => -1,
            IsNull::No => i32::try_from(self.buffer.len() - at - 4)?,
        };
        self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        self.values += 1;
        let row = self.row;
        let values = self.values.to_be_bytes();
        self.buffer[row..row + 2].copy_from_slice(&values);
        Ok(())
    }
}

/// The `COPY` that does what `sql` does, where that adds rows and nothing else.
pub(super) fn statement(sql: &str) -> Option<String> {
    let table = sql.trim().strip_prefix("INSERT INTO ")?.strip_suffix("VALUES (..)")?;
    Some(format!("COPY {table} FROM STDIN (FORMAT binary)"))
}

/// Copies `rows`, each written by `write`.
pub(super) async fn run<R>(
    on: &mut PgConnection,
    statement: &str,
    rows: &[R],
    mut write: impl FnMut(Rows, &R) -> Rows,
) -> Result<u64> {
    let mut copy = on.copy_in_raw(statement).await?;
    let mut written = Rows::default();
    written.buffer.extend_from_slice(HEADER);
    for row in rows {
        written.begin();
        written = write(written, row);
        if written.buffer.len() > PART_BYTES {
            copy.send(&**written.buffer).await?;
            written.buffer.clear();
        }
    }
    written.buffer.extend_from_slice(&TRAILER);
    copy.send(&**written.buffer).await?;
    copy.finish().await
}
