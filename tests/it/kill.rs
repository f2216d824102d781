//! The server is killed in the middle of its work, again and again, on the same data.
//!
//! * What it acknowledged is there when it is started again, and answers as it did.
//! * What it did not acknowledge is there once or not at all; asked again, it is there once.
//! * The books are whole after each kill, and every head published before still stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

use cobuild::{
    db::{Db, Sql as _},
    ledger::verify::{self, PublishedHead},
};
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::json;
use tokio::{sync::watch, time::timeout};

use crate::{
    storm::{
        client::{Acknowledged, Answer, Asker, Dice, Kind, Operation},
        town::{self, Books, Town},
    },
    support::binary::{self, Server, print_json},
};

const CLIENTS: u64 = 8;

/// How often the server is killed; `COBUILD_KILL_ROUNDS` says otherwise.
const ROUNDS: u64 = 20;

/// Less than that done before a kill, and the kill shows nothing.
const ACKNOWLEDGED_MIN: u64 = 20;

/// Longer than any round takes to come so far.
const FLOOR_MAX: Duration = Duration::from_secs(30);

/// Enough for every round.
const DECIDED_FEN: i64 = 1_000_000;

/// What the clients of one round know.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Acknowledged>,
    unanswered: Vec<Operation>,
}

/// The data directory that is used over all rounds.
struct Place<'a> {
    dir: &'a str,
    token: &'a str,
}

impl Place<'_> {
    fn serve(&self) -> Server {
        Server::start(&["serve", "--data-dir", self.dir])
    }

    fn asker(&self, server: &Server) -> Asker {
        // Connections of its own: none leads to the server before.
        Asker::new(&Http::new(), server.url("/graphql"), self.token)
    }

    async fn db(&self) -> Db {
        Db::connect(&format!("sqlite:{}/cobuild.db", self.dir)).await.unwrap()
    }
}

/// Asks without pause until no answer comes any more.
async fn client(name: String, town: &Town, asker: &Asker, mut dice: Dice, done: &watch::Sender<u64>) -> Told {
    let mut told = Told::default();
    for at in 0.. {
        let operation = Operation::thrown(&mut dice, town, format!("{name}/{at}"));
        match asker.send(&operation).await {
            Ok(Answer::Done(id)) => {
                told.acknowledged.push(Acknowledged { operation, id });
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
    let mut all = Told::default();
    for one in told {
        all.acknowledged.extend(one.acknowledged);
        all.unanswered.extend(one.unanswered);
    }
    all
}

/// How many rows an operation has made, and how many answers are kept for its key.
async fn effects(db: &Db, operation: &Operation) -> (i64, i64) {
    let rows = match operation.kind {
        Kind::Pledge => "SELECT count(*) FROM pledge WHERE note = $1",
        Kind::Contribution => "SELECT count(*) FROM receipt WHERE external_ref = $1",
        Kind::Allocation => "SELECT count(*) FROM entry WHERE memo = $1",
    };
    let mut counts = vec![];
    for sql in [rows, "SELECT count(*) FROM idem WHERE key = $1"] {
        counts.push(db.sql(sql).bind(operation.key.clone()).one::<(i64,)>().await.unwrap().0);
    }
    (counts[0], counts[1])
}

/// Whether everything acknowledged is there, and answers as it did.
async fn check_acknowledged(asker: &Asker, acknowledged: &[Acknowledged]) -> Result<(), String> {
    for some in acknowledged.chunks(100) {
        let ids: Vec<&str> = some.iter().map(|one| one.id.as_str()).collect();
        let read =
            asker.read("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", json!({ "ids": ids })).await;
        for (one, node) in some.iter().zip(read["nodes"].as_array().unwrap()) {
            let expected = json!({ "__typename": format!("{:?}", one.operation.kind), "id": one.id });
            if *node != expected {
                return Err(format!("{} was acknowledged as {}, which is {node}", one.operation.key, one.id));
            }
        }
        // Only now: a key that was never used would be done here.
        for eight in some.chunks(8) {
            let answers = join_all(eight.iter().map(|one| asker.send(&one.operation))).await;
            for (one, answer) in eight.iter().zip(answers) {
                let answer = answer.map_err(|_| "the server is gone".to_owned())?;
                if answer != Answer::Done(one.id.clone()) {
                    return Err(format!("{} was acknowledged as {}, now {answer:?}", one.operation.key, one.id));
                }
            }
        }
    }
    Ok(())
}

/// Whether what got no answer is there once or not at all; asks again, and then it is there once. Gives how
/// many had been done, and what is acknowledged now.
async fn check_unanswered(db: &Db, asker: &Asker, unanswered: Vec<Operation>) -> (u64, Vec<Acknowledged>) {
    let mut done = 0;
    let mut acknowledged = vec![];
    for operation in unanswered {
        let before = effects(db, &operation).await;
        assert!(before == (0, 0) || before == (1, 1), "{operation:?} was done by halves: {before:?}");
        done += u64::from(before == (1, 1));
        let answer = asker.send(&operation).await.unwrap();
        let after = effects(db, &operation).await;
        match answer {
            Answer::Done(id) => {
                assert_eq!(after, (1, 1), "{operation:?}");
                acknowledged.push(Acknowledged { operation, id });
            }
            Answer::Refused(_) => assert_eq!((before, after), ((0, 0), (0, 0)), "{operation:?}"),
        }
    }
    (done, acknowledged)
}

/// Whether the books are whole and still begin with what `heads` stand for; gives the heads now.
async fn check_books(db: &Db, heads: &[PublishedHead]) -> Vec<PublishedHead> {
    let report = verify::verify(db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    for head in heads {
        assert!(verify::is_kept(db, head).await.unwrap(), "{head:?}");
    }
    verify::heads(db).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_has_lost_nothing_it_acknowledged_and_done_nothing_twice() {
    let rounds = std::env::var("COBUILD_KILL_ROUNDS").map_or(ROUNDS, |given| given.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let token = town::token(&["--data-dir", dir]);
    let place = Place { dir, token: &token };
    let start = Instant::now();

    let mut server = place.serve();
    let mut asker = place.asker(&server);
    let town = Town::build(&asker, DECIDED_FEN).await;
    let db = place.db().await;
    let mut heads = check_books(&db, &[]).await;
    let mut all: Vec<Acknowledged> = vec![];
    let (mut unanswered, mut done_unanswered, mut in_flight) = (0, 0, 0);
    for round in 1..=rounds {
        let told = storm(server, round, &town, &asker).await;
        server = place.serve();
        asker = place.asker(&server);
        in_flight += u64::from(!told.unanswered.is_empty());
        unanswered += told.unanswered.len();
        let (done, late) = check_unanswered(&db, &asker, told.unanswered).await;
        done_unanswered += done;
        check_acknowledged(&asker, &told.acknowledged).await.unwrap();
        heads = check_books(&db, &heads).await;
        all.extend(told.acknowledged);
        all.extend(late);
    }
    assert!(in_flight > 0, "no kill met a request");
    let last = all.last().unwrap();
    a_false_acknowledgement_is_found(&asker, last).await;
    check_whole(&all, &Books::read(&asker).await);
    server.stop();
    db.close().await;
    assert_eq!(print_json(&["verify", "--data-dir", dir, "--output", "json"])["clean"], true);
    eprintln!(
        "kill: {rounds} kills, {in_flight} of them with requests in flight; {} acknowledged, {unanswered} unanswered, \
         of which {done_unanswered} had been done; {:?}",
        all.len(),
        start.elapsed()
    );
}

/// The control: what never was must not pass for what was.
async fn a_false_acknowledgement_is_found(asker: &Asker, true_one: &Acknowledged) {
    check_acknowledged(asker, std::slice::from_ref(true_one)).await.unwrap();
    // Of the right type, with a key that no row has: 4,095 × 2³² + 1.
    let never = cobuild::id::GlobalId::new(kind_of(true_one.operation.kind), (4_095_i64 << 32) | 1).to_string();
    let found = check_acknowledged(asker, &[Acknowledged { id: never, ..true_one.clone() }]).await;
    assert!(found.is_err_and(|why| why.ends_with("which is null")), "an id that never was");
}

fn kind_of(kind: Kind) -> cobuild::id::NodeKind {
    match kind {
        Kind::Pledge => cobuild::id::NodeKind::Pledge,
        Kind::Contribution => cobuild::id::NodeKind::Contribution,
        Kind::Allocation => cobuild::id::NodeKind::Allocation,
    }
}

/// Whether the books hold what was acknowledged in all rounds, and nothing else but what was there before.
fn check_whole(all: &[Acknowledged], books: &Books) {
    let mut told = BTreeMap::<Kind, BTreeSet<&str>>::new();
    for one in all {
        assert!(told.entry(one.operation.kind).or_default().insert(&one.id), "{} was given twice", one.id);
    }
    for (kind, before) in [(Kind::Pledge, 8), (Kind::Contribution, 1), (Kind::Allocation, 0)] {
        let made = &books.made[&kind];
        assert!(told[&kind].iter().all(|id| made.contains_key(*id)), "a {kind:?} is lost");
        assert_eq!(made.len(), told[&kind].len() + before, "{kind:?}s that nobody was told of");
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
    let token = town::token(&["--data-dir", dir]);
    let place = Place { dir, token: &token };
    let server = place.serve();
    Town::build(&place.asker(&server), DECIDED_FEN).await;
    server.stop();
    let db = place.db().await;
    let file = file.to_str().unwrap();
    let import = ["import", "contributions", file, "--fund", "STORM", "--commit", "--data-dir", dir];
    let met = kill_and_repeat(&import, 5, ROWS, async || gifts(&db).await).await;
    assert!(met > 0, "no kill met the import");
    check_books(&db, &[]).await;
    db.close().await;
}
