//! One SQL text, two engines: embedded SQLite by default, PostgreSQL where one machine is not enough.
//!
//! * Call sites have no branch and no generic: `on.sql("… $1 …").bind(x).all()`.
//! * Reads of one request share one [`Session`], a snapshot on one connection.
//! * Writes run in a [`Tx`]. SQLite has one writer, whose concurrent jobs share a commit
//!   (see [`writer`]); on PostgreSQL each has a transaction of its own.

mod copy;
mod joined;
mod migrate;
mod session;
mod statement;
mod writer;

use std::{
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool, Postgres, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use joined::{Columns, Given, Joined, Part};
pub use migrate::migrations;
pub use session::Session;
pub use statement::{Record, Sql, Statement, Value};
use writer::{Job, Writer};

/// What the database layer answers with; its error is a fault, never a refusal.
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// Connections that read: SQLite's readers cost a thread each, PostgreSQL's a process each.
const READERS_MAX: u32 = 8;

/// The database: pools of connections to either engine. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    statements: Arc<AtomicU64>,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite { readers: SqlitePool, writer: Writer },
    Postgres { writers: PgPool, readers: PgPool },
}

/// A transaction that writes. Dropping it without [`Tx::commit`] takes back all it did.
#[derive(Debug)]
pub struct Tx(TxKind, Arc<AtomicU64>);

#[derive(Debug)]
enum TxKind {
    Sqlite(Job),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Connects to `sqlite:PATH` (created where absent) or `postgres://…`.
    ///
    /// Nothing is migrated: see [`Db::migrate`].
    pub async fn connect(url: &str) -> Result<Self> {
        let engine = if url.starts_with("sqlite:") { sqlite(url).await? } else { postgres(url).await? };
        Ok(Self { engine, statements: Arc::default() })
    }

    /// Begins a transaction that may write. On PostgreSQL its first statement takes the fund head's
    /// lock; SQLite has one writer at a time and needs none.
    pub async fn begin(&self) -> Result<Tx> {
        let kind = match &self.engine {
            Engine::Sqlite { writer, .. } => TxKind::Sqlite(writer.begin().await?),
            Engine::Postgres { writers, .. } => TxKind::Postgres(writers.begin().await?),
        };
        Ok(Tx(kind, self.statements.clone()))
    }

    /// A connection with a snapshot of the database, for all reads of one request.
    pub async fn session(&self) -> Result<Session> {
        Session::begin(self).await
    }

    /// How many statements have run since the start, on all connections.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether this is the embedded engine.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.engine, Engine::Sqlite { .. })
    }

    /// The engine's version, asked of the engine: it also tells whether the database answers.
    pub async fn version(&self) -> Result<String> {
        let ask = self.either("SELECT sqlite_version()", "SELECT current_setting('server_version')");
        Ok(ask.one::<(String,)>().await?.0)
    }

    /// Closes every connection; the write in hand is finished first.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { readers, writer } => {
                writer.close().await;
                readers.close().await;
            }
            Engine::Postgres { writers, readers } => {
                writers.close().await;
                readers.close().await;
            }
        }
    }
}

impl Tx {
    /// Makes all of it last. When this returns `Ok`, a power cut does not undo it.
    pub async fn commit(self) -> Result<()> {
        match self.0 {
            TxKind::Sqlite(job) => job.commit().await,
            TxKind::Postgres(tx) => tx.commit().await,
        }
    }

    /// Whether the other writers of this database wait for this transaction anyway (SQLite), so that
    /// nothing need be locked.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, TxKind::Sqlite(_))
    }
}

async fn sqlite(url: &str) -> Result<Engine> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-16000")
        // Without it a row that is replaced escapes the guards against deletion.
        .pragma("recursive_triggers", "on")
        .pragma("temp_store", "memory");
    let writer = Writer::connect(&options).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS_MAX)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(writer::stable_plans(connection)))
        .connect_with(options.read_only(true).pragma("query_only", "on"))
        .await?;
    Ok(Engine::Sqlite { readers, writer })
}

async fn postgres(url: &str) -> Result<Engine> {
    // A server's clock zone and plan habits must not change what a query answers; without parallel
    // workers the parts of a UNION ALL arrive in their order.
    let settings = [("timezone", "UTC"), ("jit", "off"), ("max_parallel_workers_per_gather", "0")];
    let options = PgConnectOptions::from_str(url)?.options(settings);
    // A statement that joins seven tables takes seven times as long to plan as to run, so a read is planned once
    // on each connection, as SQLite does it, and not by its values.
    let planned_once = options.clone().options([("plan_cache_mode", "force_generic_plan")]);
    let pool = |size| PgPoolOptions::new().max_connections(size).test_before_acquire(false);
    let writers = pool(READERS_MAX).connect_with(options).await?;
    let readers = pool(READERS_MAX).connect_with(planned_once).await?;
    Ok(Engine::Postgres { writers, readers })
}
