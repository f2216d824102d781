//! A list of pledges imported whole, beside the same rows written by hand into the same tables with their keys and
//! indexes: one `COPY` on PostgreSQL, wide prepared inserts on SQLite. One row in a hundred is faulty.
//!
//! ```text
//! cargo bench --bench import                                           # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench import        # PostgreSQL: an empty database
//! ```
//!
//! `COBUILD_BENCH_LINES` (10000,100000: one list after the other), `COBUILD_BENCH_MERCHANTS` (20000) and
//! `COBUILD_BENCH_PAYMENTS` (10000) change the sizes. Peak memory is that of the import alone: the list is written to a
//! file, and read as any other.

#![allow(clippy::print_stdout, reason = "a table for people")]

mod hand;
mod town;

use std::time::{Duration, Instant};

use cobuild::{
    db::Db,
    import::{
        inline::{self, Order, Until},
        job::{Job, OnRefusal, Options, State, worker},
        kind::Kind,
        run::Runner,
    },
    viewer::Viewer,
};
use town::{SOURCE, Town};

/// How long an import took, and what came of it.
struct Imported {
    job: Job,
    /// Until the plan was there.
    planned: Duration,
    /// From the plan to the last row booked.
    booked: Duration,
}

async fn import(db: &Db, town: &Town, kind: Kind, file: &std::path::Path) -> Imported {
    let runner = Runner::new(db.clone(), town.clock.clone(), worker::LEASE).expect("randomness");
    let options = Options { source: Some(SOURCE.into()), on_refusal: OnRefusal::GoOn, ..Options::default() };
    let order = Order { fund_code: "A".into(), kind, file_name: "list.csv".into(), options, until: Until::Committed };
    let viewer = Viewer::operator(town.keeper);
    let file = tokio::fs::File::open(file).await.expect("the list is there");
    let started = Instant::now();
    let mut planned = Duration::ZERO;
    let told = |job: &Job| {
        if matches!(job.state, State::Queued | State::Planning | State::Planned) {
            planned = started.elapsed();
        }
    };
    let job = inline::run(&runner, &viewer, order, file, told).await.expect("imported");
    assert_eq!(job.state, State::Committed, "{:?}", job.error_en);
    Imported { job, planned, booked: started.elapsed() - planned }
}

/// The most memory that this process has had since [`forget_peak`], in MiB; 0 where the system does not say.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn forget_peak() {
    // Where it cannot be forgotten, the peak is that of the whole process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn per_second(count: usize, took: Duration) -> u128 {
    u128::try_from(count).expect("a count") * 1_000_000 / took.as_micros().max(1)
}

fn percent(limit: Duration, own: Duration) -> u128 {
    limit.as_micros() * 100 / own.as_micros().max(1)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let number =
        |name: &str, usual: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let lines = std::env::var("COBUILD_BENCH_LINES").unwrap_or_else(|_| "10000,100000".into());
    let lines: Vec<usize> = lines.split(',').map(|size| size.parse().expect("numbers with commas")).collect();
    let merchants = number("COBUILD_BENCH_MERCHANTS", 20_000);
    let payments = number("COBUILD_BENCH_PAYMENTS", 10_000).min(lines.iter().sum());

    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let town = Town::fill(&db, merchants).await;
    let engine = if db.is_sqlite() { "SQLite" } else { "PostgreSQL" };

    println!("| {engine} | rows | /s | by hand /s | ratio % | peak MiB |");
    println!("|---|---|---|---|---|---|");
    let mut first = 0;
    for lines in lines {
        let list = dir.path().join("pledges.csv");
        town::write_pledges(&list, first..first + lines, merchants);
        forget_peak();
        let done = import(&db, &town, Kind::Pledges, &list).await;
        let peak = peak_mib();
        let good = usize::try_from(done.job.created).expect("a count");
        assert_eq!(good, lines - lines.div_ceil(100));
        let limit = hand::pledges(&db, &town, first, good).await;
        let whole = done.planned + done.booked;
        let by_hand = per_second(good, limit);
        println!("| pledges, planned | {lines} | {} | | | {peak} |", per_second(lines, done.planned));
        for (name, took) in [("pledges, booked", done.booked), ("pledges, both", whole)] {
            println!(
                "| {name} | {lines} | {} | {by_hand} | {} | {peak} |",
                per_second(lines, took),
                percent(limit, took)
            );
        }
        let again = import(&db, &town, Kind::Pledges, &list).await;
        assert_eq!((again.job.created, again.job.unchanged), (0, done.job.created));
        println!("| pledges, again | {lines} | {} | | | |", per_second(lines, again.planned + again.booked));
        first += lines;
    }

    let list = dir.path().join("payments.csv");
    town::write_payments(&list, payments, merchants);
    forget_peak();
    let done = import(&db, &town, Kind::Settlements, &list).await;
    let peak = peak_mib();
    let good = usize::try_from(done.job.created).expect("a count");
    let limit = hand::payments(&db, &town, good).await;
    let by_hand = per_second(good, limit);
    println!("| payments, planned | {payments} | {} | | | {peak} |", per_second(good, done.planned));
    let whole = done.planned + done.booked;
    for (name, took) in [("payments, booked", done.booked), ("payments, both", whole)] {
        println!(
            "| {name} | {payments} | {} | {by_hand} | {} | {peak} |",
            per_second(good, took),
            percent(limit, took)
        );
    }
    db.close().await;
}
