//! SQLite's one writer, whose concurrent jobs share a commit.
//!
//! A job is a savepoint inside an open transaction. A finished job puts itself behind the jobs that
//! already wait for the connection; whoever gets it back first commits for all of them. So the jobs
//! that arrive during one commit are committed together by the next, and a job alone commits at once.
//!
//! * No job is acknowledged before the commit that holds it has returned.
//! * A job that fails or is dropped takes back its own savepoint and no more.
//! * A commit that fails, fails every job it held.

use std::{borrow::Cow, error::Error as StdError, sync::Arc};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqliteConnection,
    error::{DatabaseError, ErrorKind},
    sqlite::SqliteConnectOptions,
};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::Result;

/// The writer's connection, shared by all who want to write.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Mutex<Shared>>);

#[derive(Debug)]
pub struct Shared {
    /// `None` once closed.
    connection: Option<SqliteConnection>,
    /// The open transaction, where there is one.
    batch: Option<Batch>,
}

/// The jobs that will be committed together.
#[derive(Debug)]
struct Batch {
    jobs: usize,
    /// Tells the finished jobs how their commit ended.
    outcome: watch::Sender<Outcome>,
}

#[derive(Clone, Debug)]
enum Outcome {
    Open,
    Committed,
    Failed(CommitFailed),
}

/// Why a commit failed, as each of its jobs is told it: the engine's own error cannot be cloned.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
struct CommitFailed {
    message: String,
    /// As the engine's error has it: a full disk is known by it.
    code: Option<String>,
}

/// One job's turn on the writer's connection.
#[derive(Debug)]
pub struct Job {
    /// `None` once the turn was passed on.
    turn: Option<OwnedMutexGuard<Shared>>,
    writer: Writer,
}

impl Writer {
    /// Opens the connection that writes.
    pub async fn connect(options: &SqliteConnectOptions) -> Result<Self> {
        let mut connection = options.connect().await?;
        stable_plans(&mut connection).await?;
        let shared = Shared { connection: Some(connection), batch: None };
        Ok(Self(Arc::new(Mutex::new(shared))))
    }

    /// Waits for the connection and opens a savepoint on it.
    pub async fn begin(&self) -> Result<Job> {
        let turn = self.0.clone().lock_owned().await;
        // From here on a caller who goes away drops the job, which takes back what it has begun.
        let mut job = Job { turn: Some(turn), writer: self.clone() };
        let shared = job.shared();
        if shared.batch.is_none() {
            shared.run("BEGIN IMMEDIATE").await?;
            shared.batch = Some(Batch { jobs: 0, outcome: watch::Sender::new(Outcome::Open) });
        }
        shared.run("SAVEPOINT job").await?;
        Ok(job)
    }

    /// Waits for the connection, with no transaction open on it: for the migrator, which begins its own.
    pub async fn alone(&self) -> Result<OwnedMutexGuard<Shared>> {
        let mut turn = self.0.clone().lock_owned().await;
        turn.commit().await?;
        Ok(turn)
    }

    /// Commits what is finished.
    pub async fn finish(&self) {
        // What cannot be committed now was never acknowledged.
        let _ = self.0.lock().await.commit().await;
    }

    /// Commits what is finished and closes the connection.
    pub async fn close(&self) {
        let mut shared = self.0.lock().await;
        let _ = shared.commit().await;
        if let Some(connection) = shared.connection.take() {
            let _ = connection.close().await;
        }
    }
}

impl Job {
    /// The connection, for a statement of this job.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        self.shared().connection.as_mut().expect("begin has run a statement on it")
    }

    fn shared(&mut self) -> &mut Shared {
        self.turn.as_mut().expect("the turn is passed on only by commit and drop")
    }

    /// Ends the job and waits for the commit that holds it.
    pub async fn commit(self) -> Result<()> {
        // In a task of its own: a caller who goes away must not leave the others uncommitted, nor this
        // job ended by halves.
        tokio::spawn(self.finish()).await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    async fn finish(mut self) -> Result<()> {
        self.shared().run("RELEASE job").await?;
        let mut turn = self.turn.take().expect("the turn is passed on only by commit and drop");
        let batch = turn.batch.as_mut().expect("begin opened one");
        batch.jobs += 1;
        let mut outcome = batch.outcome.subscribe();
        drop(turn);
        tokio::select! {
            biased;
            _ = outcome.changed() => {}
            mut shared = self.writer.0.lock() => {
                if matches!(*outcome.borrow(), Outcome::Open) {
                    shared.commit().await?;
                }
            }
        }
        match &*outcome.borrow() {
            Outcome::Committed => Ok(()),
            Outcome::Failed(why) => Err(why.clone().into()),
            Outcome::Open => Err(sqlx::Error::WorkerCrashed),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move { turn.take_back().await });
    }
}

impl Shared {
    /// The connection, where it is still open.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    async fn run(&mut self, sql: &'static str) -> Result<()> {
        self.connection()?.execute(sql).await.map(drop)
    }

    /// Commits the open transaction, and tells its jobs.
    async fn commit(&mut self) -> Result<()> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let done = self.run("COMMIT").await;
        if done.is_err() {
            // Where the engine has already rolled back there is nothing left to do.
            let _ = self.run("ROLLBACK").await;
        }
        batch.outcome.send_replace(match &done {
            Ok(()) => Outcome::Committed,
            Err(why) => Outcome::Failed(CommitFailed::of(why)),
        });
        done
    }

    /// Undoes an unfinished job. Where the engine has thrown away the whole transaction with it (a full
    /// disk does that), the finished jobs of the batch have failed too.
    async fn take_back(&mut self) {
        let undone = match self.run("ROLLBACK TO job").await {
            Ok(()) => self.run("RELEASE job").await,
            failed => failed,
        };
        if let Err(why) = undone {
            let _ = self.run("ROLLBACK").await;
            if let Some(batch) = self.batch.take() {
                batch.outcome.send_replace(Outcome::Failed(CommitFailed::of(&why)));
            }
        } else if self.batch.as_ref().is_some_and(|batch| batch.jobs == 0) {
            let _ = self.run("ROLLBACK").await;
            self.batch = None;
        }
        // A batch with finished jobs is committed by the first of them, which waits for this turn.
    }
}

impl CommitFailed {
    fn of(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code().map(Cow::into_owned));
        Self { message: error.to_string(), code }
    }
}

impl DatabaseError for CommitFailed {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.code.as_deref().map(Cow::Borrowed)
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Makes SQLite keep a prepared statement's plan when its values change.
///
/// Without it a cached statement is prepared anew after each binding: seven times slower with two readers.
#[allow(unsafe_code)]
pub async fn stable_plans(connection: &mut SqliteConnection) -> Result<()> {
    let mut handle = connection.lock_handle().await?;
    // SAFETY: the handle is locked, so the connection is open and nobody else uses it; the option takes
    // an int and a pointer that may be null.
    let code = unsafe {
        libsqlite3_sys::sqlite3_db_config(
            handle.as_raw_handle().as_ptr(),
            libsqlite3_sys::SQLITE_DBCONFIG_ENABLE_QPSG,
            1_i32,
            std::ptr::null_mut::<i32>(),
        )
    };
    assert_eq!(code, libsqlite3_sys::SQLITE_OK, "SQLite refused a stable query plan");
    Ok(())
}
