//! `cobuild verify`.

use std::{str::FromStr, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{
    Context,
    exit::Failure,
    open,
    output::{self, Output},
};
use crate::{
    config::Place,
    db::Session,
    error::Language,
    ledger::{
        seal::GENESIS,
        verify::{self, Broken, Check, Progress, PublishedHead, Report},
    },
};

const HELP: &str = "\
Everything is recomputed from the journal in one snapshot of the database, and nothing is written: it may run \
beside a server. Ends with 0 when the books are whole and with 1 when they are not.

The head of each fund's hash chain is printed last. Publish it: it stands for every entry up to it, and whoever \
kept it can ask later, with --head, whether the journal still begins with those entries.

Examples:
  cobuild verify
  cobuild verify --head WUHAN-ROAD=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  cobuild verify --output json | jq '.checks[] | select(.brokenCount > 0)'";

/// How `verify` is told what to do.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// A head that was published before: the books must still begin with the entries it stands for. May be repeated
    #[arg(long = "head", value_name = "FUND=HASH")]
    heads: Vec<GivenHead>,
    #[command(flatten)]
    pub place: Place,
}

/// A head as it was published: the fund's code and the seal of its last entry then.
#[derive(Clone, Debug)]
struct GivenHead {
    fund: String,
    hash: String,
}

impl FromStr for GivenHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_hash = |hash: &str| hash == GENESIS || hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        match text.rsplit_once('=') {
            Some((fund, hash)) if !fund.is_empty() && is_hash(hash) => {
                let hash = if hash == GENESIS { hash.to_owned() } else { hash.to_ascii_lowercase() };
                Ok(Self { fund: fund.to_owned(), hash })
            }
            _ => Err("write it as the fund's code, = and the 64 hexadecimal digits that were published".to_owned()),
        }
    }
}

/// What came of a head that was given: the entry it is the seal of, where the journal has it.
struct Kept {
    given: GivenHead,
    seq: Option<i64>,
}

/// Verifies the books, and tells every difference.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let db = open::existing(&context.config.database).await?;
    let mut session = db.session().await?;
    let bar = progress_bar();
    let told = verify::verify_session(&mut session, |progress| match progress {
        Progress::Begun(id) => bar.set_message(id.to_owned()),
        Progress::Sealed { done, all } => bar.set_message(format!("SEAL {done}/{all}")),
        Progress::Ended(check) if context.output == Output::Text => bar.suspend(|| output::print(&lines(check))),
        Progress::Ended(_) => {}
    });
    let report = told.await?;
    let kept = kept(&mut session, args.heads).await?;
    let heads = verify::heads(&mut session).await?;
    bar.finish_and_clear();
    match context.output {
        Output::Text => output::print(&head_lines(&heads, &kept).join("\n")),
        Output::Json => output::print_json(&as_json(&report, &heads, &kept)),
    }
    drop(session);
    db.close().await;
    let broken = report.checks.iter().filter(|check| check.broken_count > 0).count();
    let lost = kept.iter().filter(|one| one.seq.is_none()).count();
    if broken > 0 {
        let checks = report.checks.len();
        return Err(Failure::refused(format!("the books are broken: {broken} of {checks} checks fail")));
    }
    if lost > 0 {
        let given = kept.len();
        return Err(Failure::refused(format!(
            "the books agree with themselves, but not with {lost} of the {given} heads given: \
             what was published was rewritten, or these are other books"
        )));
    }
    Ok(())
}

async fn kept(session: &mut Session, given: Vec<GivenHead>) -> Result<Vec<Kept>, Failure> {
    let mut kept = Vec::with_capacity(given.len());
    for given in given {
        let known = verify::head_of(&mut *session, &given.fund).await?;
        let seq = match known {
            None => None,
            // Every journal begins with nothing.
            Some(_) if given.hash == GENESIS => Some(0),
            Some(_) => verify::entry_sealed(&mut *session, &given.fund, &given.hash).await?,
        };
        kept.push(Kept { given, seq });
    }
    Ok(kept)
}

/// Shown on a terminal only; a large journal takes a while.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn lines(check: &Check) -> String {
    let language = output::language();
    let mut lines = vec![check.sentence(language)];
    lines.extend(check.broken.iter().map(|one| format!("    {}", one.sentence(language))));
    lines.join("\n")
}

fn head_lines(heads: &[PublishedHead], kept: &[Kept]) -> Vec<String> {
    let mut lines = vec![];
    for Kept { given: GivenHead { fund, hash }, seq } in kept {
        lines.push(match (output::language(), seq) {
            (Language::En, Some(seq)) => format!("HEAD ok: {fund} still begins with the {seq} entries of {hash}"),
            (Language::En, None) => format!("HEAD BROKEN: {fund} has no entry with the seal {hash}"),
            (Language::Zh, Some(seq)) => format!("HEAD 通过：{fund} 仍以 {hash} 所代表的 {seq} 笔分录开始"),
            (Language::Zh, None) => format!("HEAD 不符：{fund} 没有封印为 {hash} 的分录"),
        });
    }
    for PublishedHead { fund, seq, hash } in heads {
        lines.push(match output::language() {
            Language::En => format!("head of {fund}, entry {seq}: {hash}"),
            Language::Zh => format!("{fund} 的链头，分录 {seq}：{hash}"),
        });
    }
    lines
}

fn as_json(report: &Report, heads: &[PublishedHead], kept: &[Kept]) -> Value {
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
    let is_kept = |one: &Kept| json!({ "fund": one.given.fund, "hash": one.given.hash, "seq": one.seq });
    json!({
        "clean": report.is_clean() && kept.iter().all(|one| one.seq.is_some()),
        "checks": report.checks.iter().map(check).collect::<Vec<_>>(),
        "heads": heads,
        "given": kept.iter().map(is_kept).collect::<Vec<_>>(),
    })
}
