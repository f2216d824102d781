//! `cobuild import`: a file from plan to books, in the database itself or over a server.

mod here;
mod there;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Context,
    exit::Failure,
    output::{self, Output},
};
use crate::{
    config::Place,
    import::{
        job::{OnRefusal, Options, State, Then},
        kind::Kind,
        summary::Summary,
    },
    money::Fen,
};

const HELP: &str = "\
Without --commit nothing is booked: the answer says what would be. Where a row is refused nothing is booked, \
unless --continue-on-error books the others. A file may be imported again, also after it was interrupted: what is \
booked already is not booked twice. Refused rows are named by number, column and reason; then it ends with 1.

Examples:
  cobuild import contributions june.csv --fund WUHAN-ROAD
  cobuild import contributions june.xlsx --fund WUHAN-ROAD --expect-total 12000.00 --commit
  cobuild import merchants shops.csv --fund WUHAN-ROAD --map shops.map.toml --commit --output json
  COBUILD_TOKEN=... cobuild import pledges may.csv --fund WUHAN-ROAD --server https://books.example.org --commit";

/// How `import` is told what to do.
#[derive(Debug, ClapArgs)]
#[command(after_help = HELP)]
pub struct Args {
    /// What the rows are
    #[arg(value_enum)]
    pub kind: Kind,
    /// The file: CSV, TSV, XLSX, XLS, ODS or JSON lines, in any usual encoding
    pub file: PathBuf,
    /// The code of the fund to import into
    #[arg(long, value_name = "CODE")]
    pub fund: String,
    /// The file that says which column is what, where their names do not
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// The sheet of a workbook [default: the first that fits]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Whose numbers the references in the file are: a known number is then the same record
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The day of rows that have none
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// How many records there must be
    #[arg(long, value_name = "N")]
    pub expect_count: Option<u64>,
    /// What they must add up to
    #[arg(long, value_name = "YUAN")]
    pub expect_total: Option<String>,
    /// Only say what would be booked, which is also what happens without --commit
    #[arg(long, conflicts_with = "commit")]
    pub dry_run: bool,
    /// Book it
    #[arg(long)]
    pub commit: bool,
    /// Book the rows that are accepted, even when others are refused
    #[arg(long)]
    pub continue_on_error: bool,
    /// Where to write the file back with what came of each row, in the format it came in
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
    /// The server to import through, instead of the database itself: `https://HOST`
    #[arg(long, value_name = "URL", conflicts_with_all = ["database", "data_dir"])]
    pub server: Option<String>,
    /// The token for the server
    #[arg(long, value_name = "TOKEN", env = "COBUILD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    #[command(flatten)]
    pub place: Place,
}

/// Imports a file.
pub async fn run(given: Args, context: &Context) -> Result<(), Failure> {
    let options = options(&given)?;
    let unreadable = |why: std::io::Error| Failure::usage(format!("{}: {why}", given.file.display()));
    let file = tokio::fs::File::open(&given.file).await.map_err(unreadable)?;
    let file_name = given.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let summary = match &given.server {
        Some(server) => there::run(server, &given, file_name, file).await?,
        None => here::run(&given, context, options, file_name, file).await?,
    };
    tell(&summary, context.output, given.commit)
}

fn options(given: &Args) -> Result<Options, Failure> {
    let mapping = match &given.map {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
            let read = given.kind.mapping(&text);
            read.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
            text
        }
        None => String::new(),
    };
    let total = given.expect_total.as_deref().map(|text| {
        let why = || Failure::usage(format!("--expect-total {text}: write yuan with at most two decimals"));
        crate::import::total_fen(text, crate::import::Unit::Yuan).map(Fen).map_err(|_| why())
    });
    Ok(Options {
        mapping,
        sheet: given.sheet.clone(),
        date_default: given.date,
        expect_count: given.expect_count,
        expect_total: total.transpose()?,
        on_refusal: if given.continue_on_error { OnRefusal::GoOn } else { OnRefusal::Stop },
        source: given.source.clone(),
        then: Then::Wait,
    })
}

/// Rows done of all, with the rate and the time left, on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {per_sec}, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn tell(summary: &Summary, output: Output, wanted_commit: bool) -> Result<(), Failure> {
    match output {
        Output::Json => output::print_json(&serde_json::to_value(summary).expect("a summary becomes JSON")),
        Output::Text => output::print(&summary.text(output::language())),
    }
    match summary.state {
        State::Refused => Err(Failure::refused("the file was refused; nothing was booked")),
        State::Conflicted => Err(Failure::conflict("something moved since the plan was made; see above")),
        State::Failed => Err(Failure::fault("the import could not go on; see above")),
        State::Cancelled => Err(Failure::conflict("somebody stopped the import")),
        _ if summary.refused > 0 => {
            let rows = summary.rows;
            let booked = if wanted_commit && summary.state == State::Planned { "; nothing was booked" } else { "" };
            Err(Failure::refused(format!("{} of {rows} rows were refused{booked}", summary.refused)))
        }
        _ => Ok(()),
    }
}
