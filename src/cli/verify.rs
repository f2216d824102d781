//! `cobuild verify`.

use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::{
    config::Place,
    ledger::verify::{self, Broken, Check, Report},
};

const HELP: &str = "\
Everything is recomputed from the journal in one snapshot of the database, and nothing is written: it may run \
beside a server. Ends with 0 when the books are whole and with 1 when they are not.

Examples:
  cobuild verify
  cobuild verify --output json | jq '.checks[] | select(.brokenCount > 0)'";

/// How `verify` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    #[command(flatten)]
    pub place: Place,
}

/// Verifies the books, and tells every difference.
pub async fn run(context: &Context) -> Result<(), Failure> {
    let db = open::existing(&context.config.database).await?;
    let report = match context.output {
        Output::Text => verify::verify(&db, |check| output::print(&lines(check))).await?,
        Output::Json => {
            // Shown on a terminal only.
            let bar = ProgressBar::new_spinner();
            let report = verify::verify(&db, |check| bar.set_message(check.id.clone())).await?;
            bar.finish_and_clear();
            output::print_json(&as_json(&report));
            report
        }
    };
    db.close().await;
    if report.is_clean() {
        return Ok(());
    }
    let broken = report.checks.iter().filter(|check| check.broken_count > 0).count();
    Err(Failure::refused(format!("the books are broken: {broken} of {} checks fail", report.checks.len())))
}

fn lines(check: &Check) -> String {
    let language = output::language();
    let mut lines = vec![check.sentence(language)];
    lines.extend(check.broken.iter().map(|one| format!("    {}", one.sentence(language))));
    lines.join("\n")
}

fn as_json(report: &Report) -> Value {
    let place = |one: &Broken| json!({ "at": one.a, "expected": one.b, "found": one.c });
    let check = |check: &Check| {
        json!({
            "id": check.id,
            "title": { "en": check.title_en, "zh": check.title_zh },
            "ran": check.ran,
            "note": check.note.as_ref().map(|(en, zh)| json!({ "en": en, "zh": zh })),
            "broken": check.broken.iter().map(place).collect::<Vec<_>>(),
            "brokenCount": check.broken_count,
        })
    };
    json!({ "clean": report.is_clean(), "checks": report.checks.iter().map(check).collect::<Vec<_>>() })
}
