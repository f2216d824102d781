//! The command line: whoever runs it holds the database, and acts as the principal `operator`.
//!
//! * What a script reads goes to standard output, as JSON with `--output json`; what a person reads while waiting
//!   goes to standard error. Colours and progress only on a terminal, and not with `NO_COLOR`.
//! * A failure is one sentence on standard error and an exit code of [`exit`].
//! * `--help` says all there is to know.

mod demo;
pub mod exit;
mod import;
mod log;
mod migrate;
mod open;
pub mod output;
mod schema;
mod serve;
mod token;
mod verify;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use crate::config::{Config, Log, Serving};
use exit::Failure;
use output::Output;

/// How long what runs on blocking threads may take after a command is done.
const LINGER: Duration = Duration::from_secs(2);

/// The stack of a thread. The executor goes one level of calls down for each level of a query, and the deepest
/// that the gate lets in needs more than the two megabytes a thread is given by default.
const STACK_BYTES: usize = 16 << 20;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  rows were refused, the books are broken, or the schema file is stale
  2  the command line or the configuration is wrong
  3  it conflicts with what is there already
  4  it is not allowed
  5  the server or the database failed";

const EXAMPLES: &str = "\
Examples:
  cobuild demo
      Look around in sample books, kept nowhere.
  cobuild serve
      Serve the books of ./cobuild-data on http://127.0.0.1:8000
  cobuild token create --name \"Wang Fang\" --role host-officer --district 成华区
      Make the first token, and the district with it.
  cobuild import contributions june.csv --fund WUHAN-ROAD --commit
      Book the gifts of a spreadsheet; without --commit, only say what would be booked.
  cobuild verify
      Recompute the books from the journal.";

/// Community co-building funds: who gave, what was decided, what was paid, and which gift paid it, to the fen.
#[derive(Debug, Parser)]
#[command(name = "cobuild", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: Log,
    /// What is printed to standard output: for people, or for a script
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true, help_heading = "What is told")]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the graph and a page to try it on
    Serve(serve::Args),
    /// Serve sample books, to look around
    Demo(demo::Args),
    /// Bring the database up to date
    Migrate(migrate::Args),
    /// Make, list and revoke tokens
    Token(token::Args),
    /// Import a file: parties, gifts and what else comes in bulk
    Import(import::Args),
    /// Recompute the books from the journal, and tell every difference
    Verify(verify::Args),
    /// Print the schema in GraphQL's own language
    Schema(schema::Args),
}

/// What every command is given.
#[derive(Debug)]
struct Context {
    config: Config,
    output: Output,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::from(exit::OK),
        Err(failure) => {
            failure.tell();
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let place = match &cli.command {
        Command::Serve(args) => Some(&args.place),
        Command::Migrate(args) => Some(&args.place),
        Command::Token(args) => Some(&args.place),
        Command::Import(args) => Some(&args.place),
        Command::Verify(args) => Some(&args.place),
        Command::Demo(args) => Some(&args.place),
        Command::Schema(_) => None,
    };
    let config = match place {
        Some(place) => {
            let serving = match &cli.command {
                Command::Serve(args) => args.serving.clone(),
                Command::Demo(args) => args.serving.clone(),
                _ => Serving::default(),
            };
            Config::load(place, &cli.log, &serving)
        }
        None => Config::unplaced(&cli.log),
    };
    let context = Context { config: config.map_err(|why| Failure::usage(why.0))?, output: cli.output };
    log::start(&context.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let runtime = runtime.map_err(|why| Failure::fault(format!("no threads: {why}")))?;
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(_) => serve::run(&context).await,
            Command::Demo(args) => demo::run(args, &context).await,
            Command::Migrate(_) => migrate::run(&context).await,
            Command::Token(args) => token::run(args.command, &context).await,
            Command::Import(args) => import::run(args, &context).await,
            Command::Verify(_) => verify::run(&context).await,
            Command::Schema(args) => schema::run(&args),
        }
    });
    runtime.shutdown_timeout(LINGER);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
