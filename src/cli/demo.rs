//! `cobuild demo`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use super::{Context, exit::Failure, open, output, serve};
use crate::{
    clock::Clock,
    config::{DatabaseUrl, LISTEN},
    demo::{self, Tokens},
};

const HELP: &str = "\
The sample books are made anew in a directory that goes when the server stops, unless --keep names one. \
No other database is touched: COBUILD_DATABASE and the configuration file are not read.

Examples:
  cobuild demo
  cobuild demo --keep sample --listen 127.0.0.1:0";

/// How `demo` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = LISTEN)]
    listen: String,
    /// Make the sample books in this directory and leave them there; it must not hold a database yet
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// A directory that goes with this value.
struct Throwaway(PathBuf);

impl Drop for Throwaway {
    fn drop(&mut self) {
        // What the machine's temporary directory still holds, the machine clears.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes sample books and serves them.
pub async fn run(args: Args, _context: &Context) -> Result<(), Failure> {
    let (dir, _throwaway) = match args.keep {
        Some(dir) => (dir, None),
        None => {
            let dir = env::temp_dir().join(format!("cobuild-demo-{}", process::id()));
            (dir.clone(), Some(Throwaway(dir)))
        }
    };
    let url = fresh(&dir)?;
    let db = open::current(&url).await?;
    demo::create(&db).await?;
    let tokens = demo::tokens(&db, &Clock::System, &dir).await?;
    serve::serve(args.listen, demo::examples(&tokens), db, |_| introduce(&tokens, &dir)).await
}

/// The database of a directory that has none.
fn fresh(dir: &Path) -> Result<DatabaseUrl, Failure> {
    let url = DatabaseUrl::in_dir(dir).map_err(|why| Failure::usage(why.0))?;
    match url.file() {
        Some(file) if file.exists() => Err(Failure::usage(format!(
            "{} is there already; serve it with `cobuild serve --data-dir {}`",
            file.display(),
            dir.display()
        ))),
        _ => Ok(url),
    }
}

fn introduce(tokens: &Tokens, dir: &Path) {
    if output::is_watched() {
        eprintln!("Open it in a browser; Ctrl+C ends it. The tokens are in {}:", dir.join(demo::FILE).display());
    }
    for one in tokens.values() {
        eprintln!("  {}  {} ({} · {})", one.token, one.holder, one.role, one.on);
    }
}
