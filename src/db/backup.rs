//! A copy of a SQLite database, made while others read and write.
//!
//! * The copy is of one moment: what is written meanwhile waits for nobody and is not in it.
//! * It is one file, without a log beside it.

use std::path::Path;

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{Db, Engine, Result};

impl Db {
    /// Copies the database into `file`, which must be empty or absent.
    ///
    /// # Errors
    /// When there is no room, or this is not SQLite.
    pub async fn copy_into(&self, file: &Path) -> Result<()> {
        let Engine::Sqlite { readers, .. } = &self.engine else {
            return Err(sqlx::Error::Configuration("only an embedded database is copied as a file".into()));
        };
        // Detached: a connection that was allowed to write goes back to no pool of readers.
        let mut reader = readers.acquire().await?.detach();
        reader.execute("PRAGMA query_only = off").await?;
        let path = file.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO $1").bind(path).execute(&mut reader).await?;
        reader.close().await
    }
}

/// What is wrong with the structure of a database file, by SQLite's own check; nothing is written.
///
/// # Errors
/// When it cannot be read at all.
pub async fn flaws(file: &Path) -> Result<Vec<String>> {
    let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let rows: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check").fetch_all(&mut connection).await?;
    connection.close().await?;
    Ok(rows.into_iter().map(|(flaw,)| flaw).filter(|flaw| flaw != "ok").collect())
}

/// Puts all that was written into the file itself, so that no log stands beside it.
///
/// # Errors
/// When somebody else has it open, or there is no room.
pub async fn close_log(file: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Delete);
    options.connect().await?.close().await
}
