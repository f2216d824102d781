//! `cobuild export`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::{Args as ClapArgs, Subcommand};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::{Context, exit::Failure, open};
use crate::{config::Place, ledger::journal};

/// How `export` is told what to do.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub place: Place,
}

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a fund's journal as JSON lines
    Journal(Journal),
}

const HELP: &str = "\
The journal is read in one snapshot and written a line an entry, with its postings, documents and seals, the \
places and what they hold: enough to check the chain and every sum without cobuild. docs/journal.md describes \
it; examples/check_journal.py checks it with nothing but Python.

Examples:
  cobuild export journal --fund WUHAN-ROAD --to journal.jsonl
  cobuild export journal --fund WUHAN-ROAD | gzip > journal.jsonl.gz";

/// How `export journal` is told what to do.
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Journal {
    /// The code of the fund
    #[arg(long, value_name = "CODE")]
    fund: String,
    /// The file that is written; standard output where it is left out
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Batches that wait to be written before the reading waits too.
const BATCHES_MAX: usize = 2;

/// Exports a journal.
pub async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let Command::Journal(given) = command;
    let db = open::existing(&context.config.database).await?;
    let mut session = db.session().await?;
    let (sink, mut batches) = mpsc::channel::<Vec<u8>>(BATCHES_MAX);
    let to = given.to.clone();
    let writing = tokio::task::spawn_blocking(move || {
        let mut out: Box<dyn Write> = match &to {
            Some(path) => Box::new(BufWriter::new(File::create(path)?)),
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        while let Some(batch) = batches.blocking_recv() {
            out.write_all(&batch)?;
        }
        out.flush()
    });
    // Shown on a terminal only.
    let bar = ProgressBar::new_spinner().with_message(given.fund.clone());
    let exported = journal::export(&mut session, &given.fund, &sink).await;
    drop(sink);
    bar.finish_and_clear();
    let place = given.to.as_ref().map_or("standard output".to_owned(), |path| path.display().to_string());
    let written = writing.await.map_err(|why| Failure::fault(format!("the journal could not be written: {why}")))?;
    drop(session);
    db.close().await;
    match written {
        // A reader that goes away has what it wanted.
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Err(why) => return Err(Failure::usage(format!("{place} cannot be written: {why}"))),
        Ok(()) => {}
    }
    let written = exported?;
    if given.to.is_some() {
        eprintln!("{} entries with {} postings were written to {place}", written.entries, written.postings);
    }
    Ok(())
}
