//! The server is killed in the middle of its work, again and again, on the same data.
//!
//! * What it acknowledged is there when it is started again, and answers as it did.
//! * What it did not acknowledge is there once or not at all; asked again, it is there once.
//! * The books are whole after each kill, and every head published before still stands.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cobuild::db::{Db, Sql as _};
use futures_util::future::join_all;
use reqwest::Client as Http;
use tokio::{sync::watch, time::timeout};

use super::loss::{
    CLIENTS, DECIDED_FEN, Told, check_acknowledged, check_books, check_controls, check_unanswered, check_whole,
};
use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Dice, Operation},
        town::{self, Books, Town},
    },
    support::{
        binary::{self, Server, print_json},
        on_both, times,
    },
};

/// How often the server is killed.
const ROUNDS: u64 = 50;

/// Less than that done before a kill, and the kill shows nothing.
const ACKNOWLEDGED_MIN: u64 = 20;

/// Longer than any round takes to come so far.
const FLOOR_MAX: Duration = Duration::from_secs(30);

/// The database that is used over all rounds.
struct Place<'a> {
    url: &'a str,
    token: &'a str,
}

impl Place<'_> {
    fn serve(&self) -> Server {
        Server::start(&["serve", "--database", self.url])
    }

    fn asker(&self, server: &Server) -> Asker {
        // Connections of its own: none leads to the server before.
        Asker::new(&Http::new(), server.url("/graphql"), self.token)
    }
}

/// Asks without pause until no answer comes any more.
async fn client(name: String, town: &Town, asker: &Asker, mut dice: Dice, done: &watch::Sender<u64>) -> Told {
    let mut told = Told::default();
    for at in 0.. {
        let operation = Operation::thrown(&mut dice, town, format!("{name}/{at}"));
        match asker.send(&operation).await {
            Ok(Answer::Done(made)) => {
                told.acknowledged.push(Acknowledged { operation, done: made });
                done.send_modify(|count| *count += 1);
            }
            Ok(Answer::Refused(code)) => assert_eq!(code, "INSUFFICIENT_ELIGIBLE_FUNDS", "{operation:?}"),
            Err(_) => {
                told.unanswered.push(operation);
                break;
            }
        }
    }
    told
}

/// Lets the clients loose, and kills the server some time after enough was done.
async fn storm(server: Server, round: u64, town: &Town, asker: &Asker) -> Told {
    let mut dice = Dice(round.wrapping_mul(1_000));
    let done = watch::Sender::new(0);
    let clients = join_all((0..CLIENTS).map(|number| {
        let dice = Dice(round * 1_000 + number + 1);
        client(format!("{round}/{number}"), town, asker, dice, &done)
    }));
    let kill = async {
        let floor = ACKNOWLEDGED_MIN + dice.below(20);
        let reached = timeout(FLOOR_MAX, done.subscribe().wait_for(|count| *count >= floor)).await.is_ok();
        assert!(reached, "round {round}: only {} of {floor} acknowledged in {FLOOR_MAX:?}", *done.borrow());
        // Anywhere in what a request takes.
        tokio::time::sleep(Duration::from_micros(dice.below(20_000))).await;
        server.kill();
    };
    let (told, ()) = tokio::join!(clients, kill);
    told.into_iter().collect()
}

on_both! {
    async fn a_killed_server_has_lost_nothing_it_acknowledged_and_done_nothing_twice(fixture: Fixture) {
        let rounds = times(ROUNDS);
        let url = fixture.url.as_str();
        let token = town::token(&["--database", url]);
        let place = Place { url, token: &token };
        let start = Instant::now();

        let mut server = place.serve();
        let mut asker = place.asker(&server);
        let town = Town::build(&asker, DECIDED_FEN).await;
        let db = Db::connect(url).await.unwrap();
        let mut heads = check_books(&db, &[]).await;
        let mut all: Vec<Acknowledged> = vec![];
        let (mut unanswered, mut done_unanswered, mut between) = (0, 0, 0);
        for round in 1..=rounds {
            let told = storm(server, round, &town, &asker).await;
            server = place.serve();
            asker = place.asker(&server);
            unanswered += told.unanswered.len();
            let (done, late) = check_unanswered(&db, &asker, told.unanswered).await;
            done_unanswered += done;
            between += u64::from(done > 0);
            check_acknowledged(&db, &asker, &told.acknowledged).await.unwrap();
            heads = check_books(&db, &heads).await;
            all.extend(told.acknowledged);
            all.extend(late);
        }
        assert!(between * 100 >= rounds, "{between} of {rounds} kills came between a commit and its answer");
        check_controls(&db, &asker, all.last().unwrap()).await;
        check_whole(&all, &Books::read(&asker).await);
        server.stop();
        db.close().await;
        assert_eq!(print_json(&["verify", "--database", url, "--output", "json"])["clean"], true);
        eprintln!(
            "{:?}: {rounds} kills, {between} of them between a commit and its answer; {} acknowledged, {unanswered} \
             unanswered, of which {done_unanswered} had been done; {:?}",
            fixture.engine, all.len(), start.elapsed()
        );
    }
}

/// Kills a command that writes while it writes, at a random row, `kills` times; then lets it run to its end.
///
/// `arguments` are the whole command, which must be one that may be run again, such as
/// `import contributions FILE --fund CODE --commit --data-dir DIR`; `rows` tells how many rows it has
/// written. Gives how many kills came before the command had ended.
pub async fn kill_and_repeat(arguments: &[&str], kills: u64, rows_all: i64, rows: impl AsyncFn() -> i64) -> u64 {
    let mut dice = Dice(kills);
    let mut met = 0;
    for _ in 0..kills {
        let before = rows().await;
        let left = u64::try_from(rows_all - before).expect("no row is written twice");
        let at = before + i64::try_from(dice.below(left.max(1) / 2 + 1)).unwrap();
        let mut child = binary::cobuild().args(arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && rows().await <= at {
            tokio::task::yield_now().await;
        }
        met += u64::from(child.try_wait().unwrap().is_none());
        // It may have ended in this moment.
        let _ = child.kill();
        child.wait().unwrap();
        let after = rows().await;
        assert!((before..=rows_all).contains(&after), "{after} rows after a kill, {before} before, {rows_all} in all");
    }
    binary::print(arguments);
    assert_eq!(rows().await, rows_all, "all rows are there once");
    binary::print(arguments);
    assert_eq!(rows().await, rows_all, "and stay so");
    met
}

/// How many gifts are booked by other channels than the town's own.
async fn gifts(db: &Db) -> i64 {
    db.sql("SELECT count(*) FROM receipt WHERE external_ref <> 'before'").one::<(i64,)>().await.unwrap().0
}

/// A spreadsheet of gifts, all different.
fn spreadsheet(path: &Path, rows: i64) {
    let mut text = "donor,date,amount,reference\n".to_owned();
    for row in 0..rows {
        text.push_str(&format!("Shop {},2026-02-{:02},{}.00,line {row}\n", row % 8, row % 28 + 1, row % 90 + 10));
    }
    std::fs::write(path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_is_finished_by_running_it_again() {
    const ROWS: i64 = 5_000;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gifts.csv");
    spreadsheet(&file, ROWS);
    let dir = dir.path().to_str().unwrap();
    let url = format!("sqlite:{dir}/cobuild.db");
    let token = town::token(&["--database", &url]);
    let place = Place { url: &url, token: &token };
    let server = place.serve();
    Town::build(&place.asker(&server), DECIDED_FEN).await;
    server.stop();
    let db = Db::connect(&url).await.unwrap();
    let file = file.to_str().unwrap();
    let import = ["import", "contributions", file, "--fund", "STORM", "--commit", "--data-dir", dir];
    let met = kill_and_repeat(&import, 5, ROWS, async || gifts(&db).await).await;
    assert!(met > 0, "no kill met the import");
    check_books(&db, &[]).await;
    db.close().await;
}
