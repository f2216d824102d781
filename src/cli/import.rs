//! `cobuild import`.

use std::{fs::File, path::PathBuf};

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::{
    clock::Clock,
    config::Place,
    import::{self, Mapping, Mode, Options, Order, Summary, cli_text},
    viewer::{By, operator},
};

/// How `import` is told what to do.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub place: Place,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Book gifts from a spreadsheet saved as CSV or TSV
    Contributions(Contributions),
}

const HELP: &str = "\
Without --commit nothing is booked: the answer says what would be. Where a row is refused nothing is booked, \
unless --continue-on-error books the others. A file may be run again, also after it was interrupted: what is \
booked already is not booked twice. Refused rows are named by number, column and reason; then it ends with 1.

Examples:
  cobuild import contributions june.csv --fund WUHAN-ROAD
  cobuild import contributions june.csv --fund WUHAN-ROAD --commit
  cobuild import contributions list.csv --fund WUHAN-ROAD --map list.map.toml --date 2026-06-30 --commit --output json";

/// How `import contributions` is told what to do.
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Contributions {
    /// The file, in UTF-8 or GB 18030
    file: PathBuf,
    /// The code of the fund that the gifts are given to
    #[arg(long, value_name = "CODE")]
    fund: String,
    /// The file that says which column is what, where their names do not
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The day of gifts whose rows have none
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Only say what would be booked, which is also what happens without --commit
    #[arg(long, conflicts_with = "commit")]
    dry_run: bool,
    /// Book it
    #[arg(long)]
    commit: bool,
    /// Book the rows that are accepted, even when others are refused
    #[arg(long, requires = "commit")]
    continue_on_error: bool,
}

/// Imports a file.
pub async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let Command::Contributions(given) = command;
    let mode = match (given.commit, given.continue_on_error) {
        (false, _) => Mode::DryRun,
        (true, false) => Mode::Commit,
        (true, true) => Mode::CommitAccepted,
    };
    let unreadable = |path: &PathBuf, why: std::io::Error| Failure::usage(format!("{}: {why}", path.display()));
    let source = File::open(&given.file).map_err(|why| unreadable(&given.file, why))?;
    let mapping = match &given.map {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|why| unreadable(path, why))?;
            Mapping::parse(&text, import::COLUMNS)
                .map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?
        }
        None => Mapping::default(),
    };
    let db = open::existing(&context.config.database).await?;
    let clock = Clock::System;
    let viewer = operator(&db, clock.now()).await?;
    let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
    let options = Options { mapping, today: by.today, date_default: given.date };
    let name = given.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let order = Order { fund_code: &given.fund, file_name: &name, options: &options, mode };
    let bar = progress_bar();
    let told = |progress: import::Progress| {
        bar.set_length(progress.all.try_into().unwrap_or(u64::MAX));
        bar.set_position(progress.done.try_into().unwrap_or(u64::MAX));
    };
    let summary = import::run(&db, by, order, source, told).await;
    bar.finish_and_clear();
    db.close().await;
    tell(&summary?, context.output)
}

/// Rows done of all, with the rate and the time left, on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {per_sec}, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell(summary: &Summary, output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => output::print_json(&serde_json::to_value(summary).expect("a summary becomes JSON")),
        Output::Text => output::print(&cli_text(summary, output::language())),
    }
    match (&summary.file_refusal, summary.refused_count) {
        (None, 0) => Ok(()),
        (Some(_), _) => Err(Failure::refused("the file was refused; nothing was booked")),
        (None, count) => Err(Failure::refused(format!("{count} of {} rows were refused", summary.rows + count))),
    }
}
