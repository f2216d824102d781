//! One request's reads: one connection, one snapshot.

use std::sync::{Arc, atomic::AtomicU64};

use sqlx::{Postgres, Sqlite, Transaction};

use super::{Db, Engine, Result, begun};

/// A connection with a snapshot: sums and the lists they sum agree, whatever is written meanwhile.
#[derive(Debug)]
pub struct Session(pub(super) SessionKind, pub(super) Arc<AtomicU64>);

#[derive(Debug)]
pub(super) enum SessionKind {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Session {
    pub(super) async fn begin(db: &Db) -> Result<Self> {
        let kind = match &db.engine {
            Engine::Sqlite { readers, .. } => SessionKind::Sqlite(readers.begin().await?),
            Engine::Postgres { readers, .. } => {
                let begin = || readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                SessionKind::Postgres(begun(begin).await?)
            }
        };
        Ok(Self(kind, db.statements.clone()))
    }

    /// Says where SQLite sorts what does not fit its cache; PostgreSQL decides by itself.
    pub async fn set_sorting(&mut self, sorting: Sorting) -> Result<()> {
        let SessionKind::Sqlite(tx) = &mut self.0 else { return Ok(()) };
        let pragma = match sorting {
            Sorting::Memory => "PRAGMA temp_store = memory",
            Sorting::Disk => "PRAGMA temp_store = file",
        };
        sqlx::query(pragma).execute(&mut **tx).await.map(drop)
    }
}

/// Where rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    /// In memory, which is faster: for reads that are small.
    Memory,
    /// On disk where there are many, so that the memory is bounded: for reads of whole tables.
    Disk,
}
