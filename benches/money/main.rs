//! One gift after another, each booked in a transaction of its own under its own key, beside a bare transaction that
//! locks the fund, writes the same rows by hand and computes nothing.
//!
//! ```text
//! cargo bench --bench money                                            # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench money         # PostgreSQL: an empty database
//! ```
//!
//! `COBUILD_BENCH_SECONDS` (5) is how long each line is measured.

#![allow(clippy::print_stdout, reason = "a table for people")]

mod hand;
#[allow(dead_code, reason = "the bench of imports needs more of it")]
#[path = "../import/town.rs"]
mod town;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use cobuild::{
    contribution::{self, Line, Receive, Settles},
    db::Db,
    ledger::{Asset, document::LotClass, idem::Once},
    money::Fen,
    viewer::{self, By, Viewer},
};
use town::Town;

/// What each gift is, in fen.
const GIFT: i64 = 5_000;
const MERCHANTS: usize = 1_000;

/// Books gift `number` as the mutation does.
async fn booked(db: &Db, town: &Town, viewer: &Viewer, number: i64) {
    let donor = town.merchants[usize::try_from(number).expect("a count") % MERCHANTS];
    let gift = Receive {
        payer: donor,
        channel: "bank".into(),
        reference: number.to_string(),
        received_on: town::day(0),
        asset: Asset::Cny,
        amount: None,
        note: String::new(),
        lines: vec![Line {
            donor,
            amount: Fen(GIFT),
            settles: Settles::Nothing,
            restriction: None,
            class: LotClass::Gift,
        }],
    };
    let by = || By { viewer, now: town.clock.now(), today: town.clock.today() };
    let once = Once::new(by(), &format!("gift {number}"), "contributionReceive", &gift).expect("a short key");
    let wanted = [(Some(once), gift)];
    let received = viewer::write(db, by, async |tx, by| contribution::receive(tx, by, town.fund, &wanted).await).await;
    received.expect("received").remove(0).expect("accepted");
}

/// How many of `work` are done in a second by so many at once; no number is used twice.
async fn per_second<F>(clients: usize, seconds: u64, work: impl Fn(i64) -> F + Clone + Send + 'static) -> u64
where
    F: Future<Output = ()> + Send,
{
    let first = i64::try_from(clients).expect("a few") << 32;
    let (next, end) = (Arc::new(AtomicI64::new(first)), Instant::now() + Duration::from_secs(seconds));
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (work, next) = (work.clone(), next.clone());
            tokio::spawn(async move {
                while Instant::now() < end {
                    work(next.fetch_add(1, Ordering::Relaxed)).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client does not panic");
    }
    u64::try_from(next.load(Ordering::Relaxed) - first).expect("a count") / seconds
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let seconds = std::env::var("COBUILD_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let town = Arc::new(Town::fill(&db, MERCHANTS).await);
    let viewer = Arc::new(Viewer::operator(town.keeper));
    let engine = if db.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    println!("| engine | at once | gifts booked, a second | by hand, a second | ratio |");
    println!("|---|---|---|---|---|");
    for clients in [1, 16] {
        let (own, given, sees) = (db.clone(), town.clone(), viewer.clone());
        let own = per_second(clients, seconds, move |number| {
            let (db, town, viewer) = (own.clone(), given.clone(), sees.clone());
            async move { booked(&db, &town, &viewer, number).await }
        })
        .await;
        let (bare, given) = (db.clone(), town.clone());
        let bare = per_second(clients, seconds, move |number| {
            let (db, town) = (bare.clone(), given.clone());
            async move { hand::written(&db, &town, number).await }
        })
        .await;
        let ratio = own * 100 / bare.max(1);
        println!("| {engine} | {clients} | {own} | {bare} | {}.{:02} |", ratio / 100, ratio % 100);
    }
    db.close().await;
}
