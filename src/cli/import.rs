//! `cobuild import`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args as ClapArgs, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::{
    clock::Clock,
    config::Place,
    import::run::{self as import, Mode, Order, Outcome, RowRefused},
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
Without --commit nothing is booked: the answer says what would be. A file may be run again: what is booked \
already is not booked twice. Rows that are refused are listed with their number and the reason; the others \
are booked. Ends with 1 when rows were refused.

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
    /// Who handed all of it over, where that is not the giver of each row: a party's id or name
    #[arg(long, value_name = "PARTY")]
    payer: Option<String>,
    /// Only say what would be booked, which is also what happens without --commit
    #[arg(long, conflicts_with = "commit")]
    dry_run: bool,
    /// Book it
    #[arg(long)]
    commit: bool,
}

/// Imports a file.
pub async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let Command::Contributions(given) = command;
    let mode = if given.commit && !given.dry_run { Mode::Commit } else { Mode::DryRun };
    let Contributions { file, fund, map, date, payer, .. } = given;
    if !file.exists() {
        return Err(Failure::usage(format!("there is no file {}", file.display())));
    }
    let order = Order { file, fund, map, date, payer, mode };
    let db = open::existing(&context.config.database).await?;
    let clock = Clock::System;
    let viewer = operator(&db, clock.now()).await?;
    let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
    let bar = progress_bar();
    let told = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let outcome = import::run(&db, by, &order, told).await;
    bar.finish_and_clear();
    db.close().await;
    tell(&outcome?, mode, context.output)
}

/// Rows done of all, on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell(outcome: &Outcome, mode: Mode, output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => {
            let refused = |row: &RowRefused| json!({ "row": row.row, "column": row.column, "message": row.message });
            output::print_json(&json!({
                "committed": mode == Mode::Commit,
                "rows": outcome.rows,
                "booked": outcome.booked,
                "amount": outcome.amount.to_string(),
                "repeated": outcome.repeated,
                "refused": outcome.refused.iter().map(refused).collect::<Vec<_>>(),
            }));
        }
        Output::Text => {
            let done = if mode == Mode::Commit { "booked" } else { "would be booked; --commit books them" };
            let mut lines = vec![format!(
                "{} gifts of {} in all {done}; {} were booked before.",
                outcome.booked, outcome.amount, outcome.repeated
            )];
            lines.extend(outcome.refused.iter().map(|row| {
                let column = row.column.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
                format!("row {}{column}: {}", row.row, row.message)
            }));
            output::print(&lines.join("\n"));
        }
    }
    match outcome.refused.len() {
        0 => Ok(()),
        count => Err(Failure::refused(format!("{count} of {} rows were refused", outcome.rows))),
    }
}
