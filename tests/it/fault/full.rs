//! The disk is full: what cannot be stored is refused in a sentence, reading goes on, and there is no need to do
//! anything but make room.

use std::time::{Duration, Instant};

use cobuild::db::Db;
use reqwest::Client as Http;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use super::loss::{DECIDED_FEN, check_acknowledged, check_books, check_unanswered, check_whole};
use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Dice, Operation, Unanswered},
        town::{self, Books, Town},
    },
    support::{binary::Server, disk::SmallDisk, postgres::Cluster, times},
};

/// Refused for want of room in each round, one after the other.
const REFUSED_MIN: usize = 5;

/// How often the disk is filled.
const ROUNDS: u64 = 2;

const ROUND_MAX: Duration = Duration::from_secs(60);

/// Mutations until the disk is full; then reads, makes room and goes on.
async fn fill_and_go_on(name: &str, url: &str, disk: &SmallDisk, room: usize) {
    let start = Instant::now();
    let token = town::token(&["--database", url]);
    let server = Server::start(&["serve", "--database", url]);
    let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
    let town = Town::build(&asker, DECIDED_FEN).await;
    let db = Db::connect(url).await.unwrap();
    let (mut all, mut dice, mut at): (Vec<Acknowledged>, _, u64) = (vec![], Dice(9), 0);
    let (mut full, mut away) = (0, 0);
    for round in 0..times(ROUNDS) {
        let filler = disk.fill_but(room);
        let (mut unanswered, begun) = (vec![], Instant::now());
        let mut refused = 0;
        while refused < REFUSED_MIN {
            assert!(begun.elapsed() < ROUND_MAX, "round {round}: {refused} refused in {ROUND_MAX:?}");
            at += 1;
            let operation = Operation::thrown(&mut dice, &town, format!("full/{at}"));
            match asker.send(&operation).await {
                Ok(Answer::Done(done)) => {
                    all.push(Acknowledged { operation, done });
                    continue;
                }
                Ok(Answer::Refused(code)) if code == "STORAGE_FULL" => full += 1,
                Ok(Answer::Refused(code)) if code == "INSUFFICIENT_ELIGIBLE_FUNDS" => continue,
                // A PostgreSQL without room for its log stops, and starts again.
                Err(Unanswered::Away(_)) => away += 1,
                other => panic!("{operation:?}: {other:?}"),
            }
            unanswered.push(operation);
            refused += 1;
            let read = asker.ask("{ fund(code: \"STORM\") { balance { received { amount } } } }", json!({})).await;
            assert!(read.is_ok() || away > 0, "reading goes on");
        }
        drop(filler);
        let (_, late) = check_unanswered(&db, &asker, unanswered).await;
        assert!(!late.is_empty(), "there is room again, and nothing else is needed");
        all.extend(late);
        check_books(&db, &[]).await;
    }
    assert!(full > 0, "what is refused says that the storage is full");
    check_acknowledged(&db, &asker, &all).await.unwrap();
    check_whole(&all, &Books::read(&asker).await);
    // The control: what was refused for want of room is missed, had it been acknowledged.
    let never = Operation::pledge(&town, "never sent".into());
    let done = all[0].done.clone();
    assert!(check_acknowledged(&db, &asker, &[Acknowledged { operation: never, done }]).await.is_err());
    eprintln!(
        "full, {name}: {} acknowledged, {full} refused, {away} without a database; {:?}",
        all.len(),
        start.elapsed()
    );
    db.close().await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_in_a_sentence_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount("24m") else { return };
    let url = format!("sqlite:{}/cobuild.db", disk.path().display());
    fill_and_go_on("SQLite", &url, &disk, 400_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_below_postgres_refuses_in_a_sentence_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount("400m") else { return };
    let Some(cluster) = Cluster::start_private_in(disk.path(), true) else { return };
    let url = cluster.create_database("full").await;
    // Its log has files to go on with: it is the books that find no room.
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for _ in 0..4 {
        sqlx::raw_sql("SELECT pg_switch_wal()").execute(&mut connection).await.unwrap();
        sqlx::raw_sql("CHECKPOINT").execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    fill_and_go_on("PostgreSQL", &url, &disk, 100_000).await;
    // It stops before its disk goes.
    drop(cluster);
}
