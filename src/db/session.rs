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
}
