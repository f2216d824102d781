//! One SQL text, two engines: embedded SQLite by default, PostgreSQL where one machine is not enough.
//!
//! * Call sites have no branch and no generic: `on.sql("… $1 …").bind(x).all()`.
//! * Reads of one request share one [`Session`], a snapshot on one connection.
//! * Writes run in a [`Tx`]. SQLite has one writer, whose concurrent jobs share a commit
//!   (see [`writer`]); on PostgreSQL each has a transaction of its own.

mod backup;
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

use crate::failure;
pub use backup::{close_log, flaws};
pub use joined::{Columns, Given, Joined, Part};
pub use migrate::migrations;
pub use session::{Session, Sorting};
pub use statement::{Record, Sql, Statement, Value};
use writer::{Job, Writer};

/// What the database layer answers with; its error is a fault, never a refusal.
pub type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// Connections that read: SQLite's readers cost a thread each, PostgreSQL's a process each.
pub const READERS_MAX: u32 = 8;

/// How long a request waits for a connection, and so for a server that is starting again.
const AWAY_MAX: Duration = Duration::from_secs(5);

/// How long a transaction may stand without a statement; PostgreSQL then takes it back.
const IDLE_IN_TRANSACTION_MAX: &str = "60s";

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
pub struct Tx {
    kind: TxKind,
    statements: Arc<AtomicU64>,
    /// See [`Tx::is_repeatable`].
    repeatable: bool,
}

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
            Engine::Postgres { writers, .. } => TxKind::Postgres(begun(|| writers.begin()).await?),
        };
        Ok(Tx { kind, statements: self.statements.clone(), repeatable: false })
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
                writer.finish().await;
                readers.close().await;
                // Last, for only a connection that may write moves the log into the file and removes it.
                writer.close().await;
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
        match self.kind {
            TxKind::Sqlite(job) => job.commit().await,
            TxKind::Postgres(tx) => tx.commit().await,
        }
    }

    /// Notes that it stores an answer under a key, by which the same work finds out whether it is done.
    pub fn set_repeatable(&mut self) {
        self.repeatable = true;
    }

    /// Whether its work may be done again when nobody knows whether it was committed.
    pub fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// Whether the other writers of this database wait for this transaction anyway (SQLite), so that
    /// nothing need be locked.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.kind, TxKind::Sqlite(_))
    }
}

/// Begins a transaction on a connection of the pool that still leads to the server. After the server was
/// down, or the network, none of those that were open does: each is given up by the first to use it.
async fn begun<T, F: Future<Output = Result<T>>>(begin: impl Fn() -> F) -> Result<T> {
    for _ in 0..READERS_MAX {
        match begin().await {
            Err(why) if failure::is_of_connection(&why) => {}
            begun => return begun,
        }
    }
    begin().await
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
    let settings = [
        ("timezone", "UTC"),
        ("jit", "off"),
        ("max_parallel_workers_per_gather", "0"),
        // A machine that has vanished must not hold a fund's head for ever.
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_MAX),
        // What is asked often is in memory. At the cost of a disk the rows of one giver are looked for by reading
        // the rows of all.
        ("seq_page_cost", "0.1"),
        ("random_page_cost", "0.1"),
    ];
    let options = PgConnectOptions::from_str(url)?.options(settings);
    // A statement that joins seven tables takes seven times as long to plan as to run, so a read is planned once
    // on each connection, as SQLite does it, and not by its values.
    let planned_once = options.clone().options([("plan_cache_mode", "force_generic_plan")]);
    let pool = |size| {
        let pool = PgPoolOptions::new().max_connections(size).test_before_acquire(false);
        pool.acquire_timeout(AWAY_MAX)
    };
    let writers = pool(READERS_MAX).connect_with(options).await?;
    let readers = pool(READERS_MAX).connect_with(planned_once).await?;
    Ok(Engine::Postgres { writers, readers })
}
