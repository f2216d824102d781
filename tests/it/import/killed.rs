//! An import whose server is killed, or whose database stops, again and again: each line is there once.

use std::time::{Duration, Instant};

use cobuild::{
    db::{Db, Sql as _},
    ledger::verify,
};
use serde_json::json;

use super::door::Clerk;
use crate::{
    storm::client::Dice,
    support::{
        Fixture,
        binary::{Server, cobuild},
        disk::SmallDisk,
        on_both,
        postgres::Cluster,
    },
};

/// How often it is killed; `COBUILD_IMPORT_KILLS` says otherwise, as `COBUILD_IMPORT_LINES` says of the lines.
const KILLS: u64 = 4;
const LINES: i64 = 6_000;

/// The longest that a killed server's lease stands in the way.
const LEASE: [&str; 2] = ["--import-lease-seconds", "1"];

/// Longer than a busy machine needs for a batch.
const BATCH_MAX: Duration = Duration::from_secs(120);

fn number(name: &str, usual: i64) -> i64 {
    std::env::var(name).map_or(usual, |given| given.parse().unwrap())
}

fn list(lines: i64) -> String {
    let mut text = String::from("giver,date,amount,reference\n");
    for line in 0..lines {
        text.push_str(&format!("Till {},2026-01-{:02},{}.00,{line}\n", line % 500, line % 28 + 1, line % 900 + 1));
    }
    text
}

/// The lines that are booked; `None` where the database does not answer.
async fn booked(db: &Db) -> Option<i64> {
    let counted = db.sql("SELECT COUNT(*) FROM receipt WHERE channel = 'till'").one::<(i64,)>().await;
    counted.ok().map(|(count,)| count)
}

/// Waits until more is booked than before, and some more at random.
async fn worked(db: &Db, before: i64, dice: &mut Dice) {
    let started = Instant::now();
    while booked(db).await.is_none_or(|now| now <= before) {
        if started.elapsed() > BATCH_MAX {
            let job = db
                .sql("SELECT state, rows_done, error_en FROM import_job")
                .all::<(String, i64, Option<String>)>()
                .await;
            panic!("nothing was booked behind line {before} in {BATCH_MAX:?}: {job:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_micros(dice.below(300_000))).await;
}

async fn check(url: &str, lines: i64) {
    let db = Db::connect(url).await.unwrap();
    assert_eq!(booked(&db).await, Some(lines), "each line is there once");
    let (parties,): (i64,) = db.sql("SELECT COUNT(*) FROM party WHERE name LIKE 'Till %'").one().await.unwrap();
    assert_eq!(parties, 500);
    let report = verify::verify(&db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
    db.close().await;
}

on_both! {
    async fn an_import_whose_server_is_killed_again_and_again_finishes_with_each_line_once(fixture: Fixture) {
        let (kills, lines) = (number("COBUILD_IMPORT_KILLS", KILLS.cast_signed()), number("COBUILD_IMPORT_LINES", LINES));
        let mut clerk = Clerk::new(&fixture, &LEASE).await;
        let id = clerk.start("CONTRIBUTIONS", list(lines).as_bytes(), json!({ "source": "till" })).await;
        let planned = clerk.ended(&id).await;
        assert_eq!(planned["counts"]["created"], lines);
        clerk.commit(&planned).await;
        let db = Db::connect(&fixture.url).await.unwrap();
        let mut dice = Dice(7);
        let (mut met, started) = (0, Instant::now());
        for kill in 0..kills {
            let before = booked(&db).await.unwrap();
            if before < lines {
                // Some kills come before a batch has lasted, some after one.
                match dice.below(2) {
                    0 => tokio::time::sleep(Duration::from_micros(dice.below(900_000))).await,
                    _ => worked(&db, before, &mut dice).await,
                }
                met += i64::from(booked(&db).await.unwrap() < lines);
            }
            clerk.server.kill();
            assert!(booked(&db).await.unwrap() <= lines, "kill {kill}");
            clerk.server = Server::start(&[&["serve", "--database", &fixture.url], &LEASE[..]].concat());
        }
        let ended = clerk.ended(&id).await;
        assert_eq!((&ended["state"], &ended["counts"]["created"]), (&json!("COMMITTED"), &json!(lines)), "{ended}");
        assert!(met * 2 >= kills, "only {met} of {kills} kills met the import");
        eprintln!("{:?}: {lines} lines, {kills} kills of the server, {met} in the middle; {:?}", fixture.engine, started.elapsed());
        db.close().await;
        clerk.server.stop();
        check(&fixture.url, lines).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_machine_has_no_room_goes_on_when_there_is() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let spare = disk.path().join("spare");
    let fixture = Fixture::sqlite();
    let mut clerk = Clerk::new(&fixture, &LEASE).await;
    clerk.server.kill();
    let mut command = cobuild();
    command.env("TMPDIR", disk.path()).args(["serve", "--database", &fixture.url]).args(LEASE);
    clerk.server = Server::try_start(command).unwrap();
    // Copying ends where the disk does.
    let _ = std::fs::write(&spare, vec![1; 4 << 20]);
    let id = clerk.start("CONTRIBUTIONS", list(5_000).as_bytes(), json!({ "source": "till" })).await;
    let waits = tokio::task::block_in_place(|| clerk.server.said.iter().find(|line| line.contains("an import waits")));
    assert!(waits.is_some(), "it says that it waits");
    assert!(["QUEUED", "PLANNING"].contains(&clerk.job(&id).await["state"].as_str().unwrap()));
    std::fs::remove_file(spare).unwrap();
    let planned = clerk.ended(&id).await;
    assert_eq!((&planned["state"], &planned["counts"]["created"]), (&json!("PLANNED"), &json!(5_000)));
    clerk.server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_database_stops_at_once_finishes_with_each_line_once() {
    let (kills, lines) = (number("COBUILD_IMPORT_KILLS", KILLS.cast_signed()), number("COBUILD_IMPORT_LINES", LINES));
    let Some(mut cluster) = Cluster::start_private(true) else { return };
    let url = cluster.create_database("stopped").await;
    let fixture = Fixture::at(&url);
    let clerk = Clerk::new(&fixture, &LEASE).await;
    let id = clerk.start("CONTRIBUTIONS", list(lines).as_bytes(), json!({ "source": "till" })).await;
    let planned = clerk.ended(&id).await;
    clerk.commit(&planned).await;
    let mut dice = Dice(11);
    let (mut met, started) = (0, Instant::now());
    for _ in 0..kills {
        let db = Db::connect(&url).await.unwrap();
        let before = booked(&db).await.unwrap();
        if before < lines {
            worked(&db, before, &mut dice).await;
            met += i64::from(booked(&db).await.unwrap() < lines);
        }
        db.close().await;
        cluster.stop_immediate();
        cluster.start_again();
    }
    clerk.answered().await;
    let ended = clerk.ended(&id).await;
    assert_eq!((&ended["state"], &ended["counts"]["created"]), (&json!("COMMITTED"), &json!(lines)), "{ended}");
    assert!(met > 0, "no stop met the import");
    eprintln!("Postgres: {lines} lines, {kills} stops of the database, {met} in the middle; {:?}", started.elapsed());
    clerk.server.signal("TERM");
    clerk.server.end();
    check(&url, lines).await;
}
