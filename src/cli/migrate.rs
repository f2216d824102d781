//! `cobuild migrate`.

use serde_json::json;

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::config::Place;

const HELP: &str = "\
Running it again changes nothing. `serve` and `token create` do it by themselves; run it by hand before a \
new version takes over from an old one. Take a backup first: there is no way back but that.

Examples:
  cobuild migrate
  cobuild migrate --database postgres://cobuild@db.example/books --output json";

/// How `migrate` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    #[command(flatten)]
    pub place: Place,
}

/// Brings the database up to date, and says what ran.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let url = &context.config.database;
    let db = open::connect(url).await?;
    let ran = db.pending().await?;
    open::migrate(&db).await?;
    db.close().await;
    match context.output {
        Output::Json => output::print_json(&json!({ "ran": ran })),
        Output::Text if ran.is_empty() => output::print(&format!("{url} is up to date.")),
        Output::Text => {
            let named: Vec<String> = ran.iter().map(|name| format!("ran {name}")).collect();
            output::print(&named.join("\n"));
        }
    }
    Ok(())
}
