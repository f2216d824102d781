//! An import whose server is killed, or whose database stops, again and again: each line is there once.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use cobuild::{
    db::{Db, Sql as _},
    id::{GlobalId, NodeKind},
    ledger::verify,
};
use serde_json::{Value, json};

use super::door::Clerk;
use crate::{
    storm::{
        client::{Asker, Dice},
        town::Town,
    },
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

/// Whether each of the lines with these references is booked once, and not taken back.
///
/// # Errors
/// The first that is missing, and the first that is there more often.
pub async fn each_once(db: &Db, references: impl Iterator<Item = String>) -> Result<(), String> {
    let rows: Vec<(String, i64)> = db
        .sql(
            "SELECT r.external_ref, COUNT(*) FROM receipt r JOIN entry e ON e.receipt_id = r.id
             WHERE NOT EXISTS (SELECT 1 FROM entry x WHERE x.reverses_id = e.id) GROUP BY r.external_ref",
        )
        .all()
        .await
        .unwrap();
    let rows: HashMap<String, i64> = rows.into_iter().collect();
    for reference in references {
        match rows.get(&reference) {
            Some(1) => {}
            Some(times) => return Err(format!("{reference} is there {times} times")),
            None => return Err(format!("{reference} is missing")),
        }
    }
    Ok(())
}

/// What [`each_once`] is for is told: a line that is booked again by another way, and one that is taken back.
pub async fn check_controls(db: &Db, asker: &Asker, town: &Town, references: &[String]) {
    assert_eq!(each_once(db, references.iter().cloned()).await, Ok(()));
    let [doubled, missing] = [&references[1], &references[2]];
    let again = json!({ "idempotencyKey": "control", "fundId": town.fund, "payerId": town.donors[0], "channel": "control",
        "reference": doubled, "receivedOn": town.today, "lines": [{ "donorId": town.donors[0], "amount": { "amount": "1.00" } }] });
    write(asker, "contributionReceive", again, "contribution { id }").await;
    let told = each_once(db, references.iter().cloned()).await;
    assert_eq!(told, Err(format!("{doubled} is there 2 times")));
    let sql = "SELECT e.id FROM entry e JOIN receipt r ON r.id = e.receipt_id WHERE r.external_ref = $1";
    let (entry,): (i64,) = db.sql(sql).bind(missing.clone()).one().await.unwrap();
    let reverse = json!({ "idempotencyKey": "control 2", "entryId": GlobalId::new(NodeKind::Entry, entry).to_string(),
        "effectiveOn": town.today, "memo": "A control." });
    write(asker, "entryReverse", reverse, "reversal { id }").await;
    let told = each_once(db, [missing.clone()].into_iter()).await;
    assert_eq!(told, Err(format!("{missing} is missing")));
}

async fn write(asker: &Asker, name: &str, input: Value, selection: &str) {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message }} }} }}"
    );
    let answer = asker.read(&query, json!({ "input": input })).await;
    assert_eq!(answer[name]["userErrors"], json!([]), "{answer}");
}

fn references(lines: i64) -> Vec<String> {
    (0..lines).map(|line| line.to_string()).collect()
}

async fn check(url: &str, lines: i64) {
    let db = Db::connect(url).await.unwrap();
    assert_eq!(booked(&db).await, Some(lines), "each line is there once");
    assert_eq!(each_once(&db, references(lines).into_iter()).await, Ok(()));
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
        check(&fixture.url, lines).await;
        check_controls(&db, &clerk.asker(), &clerk.town, &references(lines)).await;
        db.close().await;
        clerk.server.stop();
    }

    async fn an_import_that_is_cancelled_while_it_books_keeps_its_batches_and_is_finished_by_another(fixture: Fixture) {
        let lines = 5_000;
        let clerk = Clerk::new(&fixture, &[]).await;
        let text = list(lines);
        let id = clerk.start("CONTRIBUTIONS", text.as_bytes(), json!({ "source": "till" })).await;
        clerk.commit(&clerk.ended(&id).await).await;
        let db = Db::connect(&fixture.url).await.unwrap();
        while booked(&db).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let cancelled = clerk.write("importCancel", json!({ "importJobId": id }), "importJob { state }").await;
        assert_eq!(cancelled["importJob"]["state"], "CANCELLED", "{cancelled}");
        let kept = booked(&db).await.unwrap();
        assert!(kept > 0 && kept < lines && kept % 1_000 == 0, "{kept} of {lines} lines are whole batches and not all");
        // The batch in hand finds that it is cancelled. What comes after it has waited for it.
        let again = clerk.book("CONTRIBUTIONS", text.as_bytes(), json!({ "source": "till" })).await;
        let counts = [&again["counts"]["created"], &again["counts"]["unchanged"]].map(|count| count.as_i64().unwrap());
        assert_eq!((&again["state"], counts), (&json!("COMMITTED"), [lines - kept, kept]), "{again}");
        assert_eq!(clerk.job(&id).await["state"], "CANCELLED");
        db.close().await;
        clerk.server.stop();
        check(&fixture.url, lines).await;
    }
}

/// The processes that hold the lease of an import in this state, and how many of its rows are done.
async fn at_work(db: &Db, state: &str) -> Vec<(u32, i64)> {
    let sql = "SELECT lease_owner, rows_done FROM import_job WHERE state = $1 AND lease_owner IS NOT NULL";
    let held: Vec<(String, i64)> = db.sql(sql).bind(state.to_owned()).all().await.unwrap();
    let process = |owner: String| owner.split_once('-').unwrap().0.parse().unwrap();
    held.into_iter().map(|(owner, done)| (process(owner), done)).collect()
}

/// Waits until a server works on an import in this state and some of its rows are done.
async fn is_at_work(db: &Db, server: &Server, state: &str) {
    let looked = async {
        while !at_work(db, state).await.iter().any(|(process, done)| *process == server.child.id() && *done > 0) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(BATCH_MAX, looked).await.expect("it works on it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_work_and_one_finishes_what_the_other_left() {
    let Some(fixture) = Fixture::postgres("two_servers_share").await else { return };
    let lines = 8_000;
    let mut clerk = Clerk::new(&fixture, &LEASE).await;
    let db = Db::connect(&fixture.url).await.unwrap();
    let id = clerk.start("CONTRIBUTIONS", list(lines).as_bytes(), json!({ "source": "till" })).await;
    clerk.commit(&clerk.ended(&id).await).await;
    is_at_work(&db, &clerk.server, "COMMITTING").await;
    // Each server has a few hands: more lists than the first has hands leave some for the second.
    let other = Server::start(&[&["serve", "--database", &fixture.url], &LEASE[..]].concat());
    let mut plans = vec![];
    for source in ["one", "two", "three"] {
        plans.push(clerk.start("CONTRIBUTIONS", list(3_000).as_bytes(), json!({ "source": source })).await);
    }
    is_at_work(&db, &other, "PLANNING").await;
    let held: Vec<u32> = at_work(&db, "COMMITTING").await.into_iter().map(|(process, _)| process).collect();
    assert_eq!(held, [clerk.server.child.id()], "both are at work");
    std::mem::replace(&mut clerk.server, other).kill();
    let left = lines - booked(&db).await.unwrap();
    assert!(left > 0, "something is left to do");
    is_at_work(&db, &clerk.server, "COMMITTING").await;
    let ended = clerk.ended(&id).await;
    assert_eq!((&ended["state"], &ended["counts"]["created"]), (&json!("COMMITTED"), &json!(lines)), "{ended}");
    for plan in plans {
        assert_eq!(clerk.ended(&plan).await["state"], "PLANNED");
    }
    eprintln!("Postgres: two servers, one killed with {left} of {lines} lines left");
    db.close().await;
    clerk.server.stop();
    check(&fixture.url, lines).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_books_have_no_room_goes_on_when_there_is() {
    let lines = 3_000;
    let Some(disk) = SmallDisk::mount("48m") else { return };
    let fixture = Fixture::at(&format!("sqlite:{}/cobuild.db", disk.path().display()));
    let clerk = Clerk::new(&fixture, &LEASE).await;
    let id = clerk.start("CONTRIBUTIONS", list(lines).as_bytes(), json!({ "source": "till" })).await;
    let planned = clerk.ended(&id).await;
    let filler = disk.fill_but(300_000);
    clerk.commit(&planned).await;
    let waits = tokio::task::block_in_place(|| clerk.server.said.iter().find(|line| line.contains("an import waits")));
    assert!(waits.is_some(), "it says that it waits");
    let waiting = clerk.job(&id).await;
    assert_eq!(waiting["state"], "COMMITTING", "{waiting}");
    let db = Db::connect(&fixture.url).await.unwrap();
    let kept = booked(&db).await.unwrap();
    assert!(kept < lines && kept % 1_000 == 0, "{kept} lines found room");
    drop(filler);
    let ended = clerk.ended(&id).await;
    assert_eq!((&ended["state"], &ended["counts"]["created"]), (&json!("COMMITTED"), &json!(lines)), "{ended}");
    db.close().await;
    clerk.server.stop();
    check(&fixture.url, lines).await;
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
