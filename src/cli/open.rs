//! Opening the database.
//!
//! * What makes or fills books creates the database and brings it up to date.
//! * What only looks, or ends something, needs a database that is there: a misspelt path must not look like
//!   empty books.

use std::{fs, io, path::Path};

use super::exit::Failure;
use crate::{config::DatabaseUrl, db::Db};

/// The first SQLite without the corruption that a reset of the write-ahead log could do.
const SQLITE_MIN: [u32; 3] = [3, 51, 3];

/// Opens the database, made where there is none and brought up to date.
pub async fn current(url: &DatabaseUrl) -> Result<Db, Failure> {
    let db = connect(url).await?;
    migrate(&db).await?;
    Ok(db)
}

/// Opens a database that must be there and up to date.
pub async fn existing(url: &DatabaseUrl) -> Result<Db, Failure> {
    if let Some(file) = url.file()
        && !file.exists()
    {
        let why = "start with `cobuild serve` or `cobuild migrate`, or name another with --database or --data-dir";
        return Err(Failure::usage(format!("there is no database {}; {why}", file.display())));
    }
    let db = connect(url).await?;
    let pending = db.pending().await?;
    if pending.is_empty() {
        return Ok(db);
    }
    let named = pending.join(", ");
    Err(Failure::usage(format!("the database {url} is not up to date ({named}); run `cobuild migrate` first")))
}

/// Connects, and refuses an engine that would not keep the books.
pub async fn connect(url: &DatabaseUrl) -> Result<Db, Failure> {
    if let Some(dir) = url.file().as_deref().and_then(Path::parent) {
        make_private(dir).map_err(|why| Failure::fault(format!("{} cannot be made: {why}", dir.display())))?;
    }
    let unreachable = |why: sqlx::Error| {
        let Failure { code, sentence } = why.into();
        Failure { code, sentence: format!("{url}: {sentence}") }
    };
    let db = Db::connect(url.secret()).await.map_err(unreachable)?;
    if db.is_sqlite() {
        check_sqlite(&db.version().await.map_err(unreachable)?)?;
    }
    Ok(db)
}

/// Makes a directory where there is none. Who gives what is nobody's business on a shared machine.
fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // A database in the current directory has no directory to make.
    if dir.as_os_str().is_empty() { Ok(()) } else { builder.create(dir) }
}

/// Brings the database up to date.
pub async fn migrate(db: &Db) -> Result<(), Failure> {
    use sqlx::migrate::MigrateError;
    db.migrate().await.map_err(|why| match why {
        MigrateError::VersionMissing(version) => Failure::fault(format!(
            "the database was brought up to {version} by a newer cobuild; run that one, or restore a backup"
        )),
        MigrateError::VersionMismatch(version) => Failure::fault(format!(
            "migration {version} ran here with another text; this is not the cobuild that made this database"
        )),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Failure::fault(format!("the database cannot be brought up to date: {other}")),
    })
}

fn check_sqlite(version: &str) -> Result<(), Failure> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let parts = [(); 3].map(|()| parts.next().unwrap_or(0));
    if parts >= SQLITE_MIN {
        return Ok(());
    }
    Err(Failure::fault(format!(
        "this cobuild was built with SQLite {version}, which can corrupt its write-ahead log; 3.51.3 is the first that is accepted"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_can_corrupt_its_log_is_refused() {
        for (version, accepted) in [
            ("3.51.2", false),
            ("3.9.9", false),
            ("2.99.99", false),
            ("x", false),
            ("3.51.3", true),
            ("3.52", true),
            ("4.0.0", true),
        ] {
            assert_eq!(check_sqlite(version).is_ok(), accepted, "{version}");
        }
    }
}
