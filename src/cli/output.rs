//! What is printed, and for whom.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    process,
};

use serde::Serialize;

use super::exit;
use crate::error::Language;

/// For whom standard output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For a script: one JSON document.
    Json,
}

/// Prints a text to standard output, with an end of line.
///
/// A reader that goes away (`| head`) ends the program quietly; it has what it wanted.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.trim_end_matches('\n').as_bytes()).and_then(|()| out.write_all(b"\n"));
    match printed.and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => process::exit(exit::OK.into()),
        Err(why) => {
            eprintln!("cobuild: standard output cannot be written: {why}.");
            process::exit(exit::FAULT.into());
        }
    }
}

/// Prints a value as JSON to standard output.
pub fn print_json(value: &impl Serialize) {
    print(&serde_json::to_string_pretty(value).expect("what is printed has only texts for keys"));
}

/// Whether a person watches standard error: then progress is shown there, in colour.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether standard error may be coloured.
pub fn is_coloured() -> bool {
    is_watched() && !forbids_colour()
}

fn forbids_colour() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// A text in red, for standard error.
pub fn red(text: &str) -> String {
    if is_coloured() { format!("\x1b[31m{text}\x1b[0m") } else { text.to_owned() }
}

/// The language of the person at the terminal: Chinese where the locale is, else English.
pub fn language() -> Language {
    // The first that is set decides, as for every program with messages.
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
    let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    if locale.starts_with("zh") { Language::Zh } else { Language::En }
}
