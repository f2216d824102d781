//! The `cobuild` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    cobuild::cli::main()
}
