//! `cobuild schema`.

use std::{fs, path::PathBuf};

use super::{exit::Failure, output};
use crate::api::schema;

const HELP: &str = "\
Examples:
  cobuild schema > schema/schema.graphql
  cobuild schema --check schema/schema.graphql
      End with 1 when the file is not the schema of this program.";

/// How `schema` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Compare with this file instead of printing
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

/// Prints the schema, or compares it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let sdl = schema::sdl();
    let Some(path) = &args.check else {
        output::print(&sdl);
        return Ok(());
    };
    let shown = path.display();
    let kept = fs::read_to_string(path).map_err(|why| Failure::usage(format!("{shown} cannot be read: {why}")))?;
    let (own, kept): (Vec<&str>, Vec<&str>) = (sdl.trim_end().lines().collect(), kept.trim_end().lines().collect());
    if own == kept {
        return Ok(());
    }
    let same = own.iter().zip(&kept).take_while(|(own, kept)| own == kept).count();
    Err(Failure::refused(format!(
        "{shown} is stale from line {} on; write it anew with `cobuild schema > {shown}`",
        same + 1
    )))
}
