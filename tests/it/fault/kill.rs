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
    import::killed,
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

/// What a command that is killed and run again has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The rows that are booked.
    pub rows: i64,
    /// The batches that were planned, by all runs.
    pub planned: i64,
}

/// How the kills of a command have met it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Those that came when the run had planned or booked something, and had not ended.
    pub at_work: u64,
    /// Those of them that came when it had booked something itself, and not all.
    pub booking: u64,
}

/// Kills a command in the middle of its work, `kills` times; then lets it run to its end.
///
/// `arguments` are the whole command, which must be one that may be run again, such as
/// `import contributions FILE --fund CODE --commit --data-dir DIR`; `done` tells what is done. Every other kill waits
/// for a row that is booked, while there are some to book.
pub async fn kill_and_repeat(arguments: &[&str], kills: u64, rows_all: i64, done: impl AsyncFn() -> Done) -> Met {
    let mut dice = Dice(kills);
    let mut met = Met::default();
    for kill in 0..kills {
        let before = done().await;
        let waits_for_rows = kill % 2 == 0 && before.rows < rows_all;
        let mut child = binary::cobuild().args(arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
        loop {
            let now = done().await;
            let has_worked = if waits_for_rows { now.rows > before.rows } else { now.planned > before.planned };
            if has_worked || child.try_wait().unwrap().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(dice.below(30_000))).await;
        let is_running = child.try_wait().unwrap().is_none();
        // It may have ended in this moment.
        let _ = child.kill();
        child.wait().unwrap();
        let after = done().await;
        assert!(
            (before.rows..=rows_all).contains(&after.rows),
            "{after:?} after a kill, {before:?} before, {rows_all} in all"
        );
        if is_running && after != before {
            met.at_work += 1;
            met.booking += u64::from(after.rows > before.rows && after.rows < rows_all);
        }
    }
    for why in ["all rows are there once", "and stay so"] {
        binary::print(arguments);
        assert_eq!(done().await.rows, rows_all, "{why}");
    }
    met
}

/// The gifts that are booked by other channels than the town's own, and the batches that were planned.
async fn done(db: &Db) -> Done {
    let sql =
        "SELECT (SELECT COUNT(*) FROM receipt WHERE external_ref <> 'before'), (SELECT COUNT(*) FROM import_batch)";
    let (rows, planned) = db.sql(sql).one::<(i64, i64)>().await.unwrap();
    Done { rows, planned }
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
    const ROWS: i64 = 6_000;
    const KILLS: u64 = 20;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("gifts.csv");
    spreadsheet(&file, ROWS);
    let dir = dir.path().to_str().unwrap();
    let url = format!("sqlite:{dir}/cobuild.db");
    let token = town::token(&["--database", &url]);
    let place = Place { url: &url, token: &token };
    let server = place.serve();
    let town = Town::build(&place.asker(&server), DECIDED_FEN).await;
    server.stop();
    let db = Db::connect(&url).await.unwrap();
    let file = file.to_str().unwrap();
    let import =
        ["import", "contributions", file, "--fund", "STORM", "--source", "till", "--commit", "--data-dir", dir];
    let start = Instant::now();
    let met = kill_and_repeat(&import, KILLS, ROWS, async || done(&db).await).await;
    assert!(met.at_work * 10 >= KILLS * 9, "only {met:?} of {KILLS} kills met the import at work");
    assert!(met.booking >= 2, "only {met:?} of {KILLS} kills met it while it booked");
    check_books(&db, &[]).await;
    let references: Vec<String> = (0..ROWS).map(|row| format!("line {row}")).collect();
    let server = place.serve();
    killed::check_controls(&db, &place.asker(&server), &town, &references).await;
    server.stop();
    check_books(&db, &[]).await;
    eprintln!(
        "import, SQLite: {KILLS} kills, {} at work, {} while it booked; {:?}",
        met.at_work,
        met.booking,
        start.elapsed()
    );
    db.close().await;
}
