//! `cobuild backup`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Context,
    exit::{CONFLICT, Failure},
    open,
    output::{self, Output},
};
use crate::{
    config::{DatabaseUrl, Place},
    db::{Db, close_log, flaws},
    ledger::verify::{self, PublishedHead},
};

const HELP: &str = "\
The copy is of one moment and is made beside a server that goes on writing. It is checked by SQLite before it gets \
its name; beside it stands its SHA-256, in the form that `sha256sum --check` reads. To restore it, check it, verify \
it, stop the server, put it in the place of cobuild.db (and remove cobuild.db-wal and cobuild.db-shm), and start.

PostgreSQL has tools of its own, which work while the server runs:
  pg_dump --format=custom --file=books.dump postgres://cobuild@db.example/books
  pg_restore --dbname=postgres://cobuild@db.example/restored books.dump
  cobuild verify --database postgres://cobuild@db.example/restored

Examples:
  cobuild backup --to /backup/books-2026-06-30.db
  (cd /backup && sha256sum --check books-2026-06-30.db.sha256)
  cobuild verify --database sqlite:/backup/books-2026-06-30.db --head WUHAN-ROAD=9f86d0…";

/// How `backup` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// The file to write, which must not exist
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    pub place: Place,
}

/// Copies the database, and says what the copy holds.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let to = &args.to;
    let db = open::existing(&context.config.database).await?;
    if !db.is_sqlite() {
        return Err(Failure::usage(
            "a PostgreSQL database is backed up by pg_dump, while the server runs: see `cobuild backup --help`",
        ));
    }
    if to.exists() {
        let sentence = format!("{} exists already, and a backup is not overwritten; name another file", to.display());
        return Err(Failure { code: CONFLICT, sentence });
    }
    let part = with_ending(to, ".part");
    let copied = copy(&db, &part).await;
    let copied = copied.and_then(|copied| {
        fs::rename(&part, to).and_then(|()| keep_name(to)).map_err(|why| unwritable(to, &why))?;
        Ok(copied)
    });
    db.close().await;
    if copied.is_err() {
        // What is left of it is no backup; where it cannot be removed, its name says so.
        let _ = fs::remove_file(&part);
    }
    let Copied { bytes, sha256, heads } = copied?;
    let digest = with_ending(to, ".sha256");
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    fs::write(&digest, format!("{sha256}  {name}\n")).map_err(|why| unwritable(&digest, &why))?;
    match context.output {
        Output::Json => {
            output::print_json(&json!({ "file": to, "bytes": bytes, "sha256": sha256, "heads": heads }));
        }
        Output::Text => {
            let mut lines = vec![format!("{}: {bytes} bytes, SHA-256 {sha256}", to.display())];
            lines.extend(heads.iter().map(|head| format!("head of {}, entry {}: {}", head.fund, head.seq, head.hash)));
            output::print(&lines.join("\n"));
        }
    }
    Ok(())
}

/// What was copied.
struct Copied {
    bytes: u64,
    sha256: String,
    heads: Vec<PublishedHead>,
}

async fn copy(db: &Db, part: &Path) -> Result<Copied, Failure> {
    make_private(part).map_err(|why| unwritable(part, &why))?;
    db.copy_into(part).await?;
    if let Some(flaw) = flaws(part).await?.first() {
        return Err(Failure::fault(format!("the copy is not whole: {flaw}")));
    }
    let url = DatabaseUrl::of_file(part).map_err(|why| Failure::usage(why.0))?;
    let copy = Db::connect(url.secret()).await?;
    let heads = verify::heads(&copy).await?;
    copy.close().await;
    close_log(part).await?;
    // Opening it has written to it: only now is it what it will be.
    let synced = File::open(part).and_then(|file| file.sync_all());
    let (bytes, sha256) = synced.and_then(|()| digest(part)).map_err(|why| unwritable(part, &why))?;
    Ok(Copied { bytes, sha256, heads })
}

/// An empty file that only its owner reads: who gives what is nobody's business on a shared machine.
fn make_private(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn digest(file: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(file)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
    Ok((bytes, hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// A new name is lost with the power until its directory is synced.
fn keep_name(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn unwritable(file: &Path, why: &io::Error) -> Failure {
    Failure::fault(format!("{} cannot be written: {why}", file.display()))
}
