//! Many clients on one fund at once, through GraphQL over HTTP.
//!
//! * What was acknowledged is there afterwards, once, and nothing else is.
//! * Whoever reads meanwhile sees books that add up.

pub mod client;
pub mod town;

use std::{collections::BTreeMap, time::Instant};

use cobuild::{
    clock::Clock,
    db::Db,
    error::{Error, Refusal},
    id::PrincipalId,
    ledger::{idem::Once, verify},
    viewer::{By, Viewer, settle},
};
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{Engine, Fixture, binary::Server, on_both};
use client::{Acknowledged, Answer, Asker, Dice, Kind, Operation, fen};
use town::{BALANCE, Books, GIVEN_FEN, PLEDGED_FEN, Town};

const CLIENTS: u64 = 64;
const READERS: usize = 4;

/// How many operations each client does; about every tenth is sent twice.
const OPERATIONS: u64 = 12;

/// After how many operations of all clients each reader reads again.
const READ_EVERY: u64 = 24;

/// Small enough that the last allocations of the storm exceed their decisions.
const DECIDED_FEN: i64 = 1_000;

/// What a client may be refused in the storm: the decision's money is used up, or the fund's.
const REFUSALS: [&str; 2] = ["DECISION_EXCEEDED", "INSUFFICIENT_ELIGIBLE_FUNDS"];

/// What one client was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Acknowledged>,
    refused: u64,
    repeated: u64,
}

/// Does its operations one after another, some of them twice: at once, or after the answer.
async fn client(number: u64, town: &Town, askers: &[Asker], done: &watch::Sender<u64>) -> Told {
    let mut dice = Dice(number);
    let mut told = Told::default();
    for at in 0..OPERATIONS {
        let operation = Operation::thrown(&mut dice, town, format!("{number}/{at}"));
        // With two servers, the second request goes to the other one.
        let (one, other) = (&askers[at as usize % askers.len()], &askers[(at as usize + 1) % askers.len()]);
        let answers = match dice.below(20) {
            0 => {
                let (first, second) = tokio::join!(one.send(&operation), other.send(&operation));
                vec![first.unwrap(), second.unwrap()]
            }
            1 => vec![one.send(&operation).await.unwrap(), other.send(&operation).await.unwrap()],
            _ => vec![one.send(&operation).await.unwrap()],
        };
        told.repeated += answers.len() as u64 - 1;
        let mut ids = vec![];
        for answer in answers {
            match answer {
                Answer::Done(done) => ids.push(done),
                Answer::Refused(code) => assert!(REFUSALS.contains(&code.as_str()), "{code}: {operation:?}"),
            }
        }
        ids.dedup();
        assert!(ids.len() <= 1, "{operation:?} took effect twice: {ids:?}");
        match ids.pop() {
            Some(done) => told.acknowledged.push(Acknowledged { operation, done }),
            None => told.refused += 1,
        }
        done.send_modify(|count| *count += 1);
    }
    told
}

/// Reads, in one request each, the balance and all contributions; every read adds up. How often it read.
async fn reader(town: &Town, asker: &Asker, mut done: watch::Receiver<u64>) -> u64 {
    let day = |(at, day): (usize, &String)| {
        format!(
            "d{at}: contributions(first: 100, period: {{ from: \"{day}\", to: \"{day}\" }}) {{
                edges {{ node {{ amount {{ amount }} }} }} pageInfo {{ hasNextPage }} }}"
        )
    };
    let days: Vec<String> = town.days.iter().enumerate().map(day).collect();
    let query = format!("{{ fund(code: \"STORM\") {{ {BALANCE} {} }} }}", days.join(" "));
    let (mut before, mut reads) = (0, 0);
    while reads * READ_EVERY < CLIENTS * OPERATIONS {
        done.wait_for(|count| *count >= reads * READ_EVERY).await.unwrap();
        let read = asker.read(&query, json!({})).await["fund"].take();
        let mut sum = 0;
        for at in 0..town.days.len() {
            let page = &read[format!("d{at}")];
            assert_eq!(page["pageInfo"]["hasNextPage"], json!(false), "a day fits a page");
            sum += page["edges"].as_array().unwrap().iter().map(|edge| fen(&edge["node"]["amount"])).sum::<i64>();
        }
        adds_up(&read["balance"]);
        assert_eq!(fen(&read["balance"]["received"]), sum, "the balance and the list are of one moment: {read}");
        assert!(sum >= before, "what was read once is there");
        before = sum;
        reads += 1;
    }
    reads
}

/// Whether the parts of a balance come to its whole.
fn adds_up(balance: &Value) {
    let sum = |parts: &[&str]| parts.iter().map(|part| fen(&balance[*part])).sum::<i64>();
    assert_eq!(sum(&["pool", "matchPot", "allocated", "advanced"]), sum(&["waiting"]), "{balance}");
    assert_eq!(sum(&["waiting", "spent", "refunded", "lost"]), sum(&["received"]), "{balance}");
}

/// Lets all clients loose on `servers` and looks at the books afterwards.
async fn storm(name: &str, fixture: &Fixture, servers: &[Server]) {
    let token = town::token(&["--database", &fixture.url]);
    let http = Http::new();
    let askers: Vec<Asker> = servers.iter().map(|one| Asker::new(&http, one.url("/graphql"), &token)).collect();
    let town = Town::build(&askers[0], DECIDED_FEN).await;

    let db = Db::connect(&fixture.url).await.unwrap();
    // It keeps SQLite from beginning its log anew, so that the commits in it can be counted.
    let mut earlier = db.session().await.unwrap();
    let before = verify::heads(&mut earlier).await.unwrap();
    let commits_before = commits(fixture);

    let start = Instant::now();
    let done = watch::Sender::new(0);
    let readers = (0..READERS).map(|at| reader(&town, &askers[at % askers.len()], done.subscribe()));
    let clients = async {
        let told = join_all((0..CLIENTS).map(|number| client(number, &town, &askers, &done))).await;
        (told, start.elapsed())
    };
    let ((told, took), reads) = tokio::join!(clients, join_all(readers));

    let commits = commits(fixture).zip(commits_before).map(|(after, before)| after - before);
    let acknowledged: Vec<&Acknowledged> = told.iter().flat_map(|one| &one.acknowledged).collect();
    check(&acknowledged, &Books::read(&askers[0]).await);
    assert_eq!(verify::heads(&mut earlier).await.unwrap(), before, "a snapshot does not move");
    drop(earlier);
    let report = verify::verify(&db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    db.close().await;

    let count = acknowledged.len();
    let refused: u64 = told.iter().map(|one| one.refused).sum();
    let repeated: u64 = told.iter().map(|one| one.repeated).sum();
    let rate = u128::from(CLIENTS * OPERATIONS + repeated) * 1_000 / took.as_millis();
    eprintln!(
        "storm {name}: {count} acknowledged, {refused} refused, {repeated} repeated, {} reads that add up, \
         {rate} mutations a second, commits: {commits:?}",
        reads.iter().sum::<u64>()
    );
    assert!(repeated > 0 && refused > 0, "the storm was one");
}

/// Compares the books with what was acknowledged: all of it is there, nothing else is, and it adds up.
fn check(acknowledged: &[&Acknowledged], books: &Books) {
    let mut given = BTreeMap::<&str, i64>::new();
    let mut total = BTreeMap::<Kind, i64>::new();
    for Acknowledged { operation, done } in acknowledged {
        let found = books.made[&operation.kind].get(&done.id);
        assert_eq!(found, Some(&operation.fen), "{operation:?} was acknowledged as {}", done.id);
        *total.entry(operation.kind).or_default() += operation.fen;
        if let (Kind::Contribution, Some(donor)) = (operation.kind, &operation.donor) {
            *given.entry(donor).or_default() += operation.fen;
        }
    }
    let before =
        [(Kind::Pledge, (8, 8 * PLEDGED_FEN)), (Kind::Contribution, (1, GIVEN_FEN)), (Kind::Allocation, (0, 0))];
    for (kind, (count, sum)) in before {
        let told = acknowledged.iter().filter(|one| one.operation.kind == kind).count();
        assert_eq!(books.made[&kind].len(), told + count, "{kind:?}s that nobody was told of");
        assert_eq!(books.sum(kind), total.get(&kind).unwrap_or(&0) + sum, "{kind:?}s");
    }
    for (donor, settled) in &books.settled {
        assert_eq!(*settled, PLEDGED_FEN.min(*given.get(donor.as_str()).unwrap_or(&0)), "the pledge of {donor}");
    }
    adds_up(&books.balance);
    let (received, allocated) = (books.sum(Kind::Contribution), books.sum(Kind::Allocation));
    for (part, expected) in [("received", received), ("allocated", allocated), ("pool", received - allocated)] {
        assert_eq!(fen(&books.balance[part]), expected, "{part}");
    }
    let entries = books.made[&Kind::Contribution].len() + books.made[&Kind::Allocation].len();
    assert!(books.numbers.iter().copied().eq(1..=entries as i64), "the journal's numbers: {:?}", books.numbers);
}

/// How many commits SQLite's log holds; `None` for PostgreSQL.
pub fn commits(fixture: &Fixture) -> Option<usize> {
    let file = fixture.url.strip_prefix("sqlite:")?;
    let log = std::fs::read(format!("{file}-wal")).ok()?;
    let word = |at: usize| log.get(at..at + 4).map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
    let (page, salt) = (word(8)? as usize, word(16)?);
    let frames = (32..log.len()).step_by(24 + page).take_while(|at| word(at + 8) == Some(salt));
    // The last frame of each commit says how large the database is after it.
    Some(frames.filter(|at| word(at + 4) != Some(0)).count())
}

on_both! {
    async fn everything_acknowledged_in_a_storm_is_there_once(fixture: Fixture) {
        let server = Server::start(&["serve", "--database", &fixture.url]);
        let name = if fixture.engine == Engine::Sqlite { "on SQLite" } else { "on PostgreSQL" };
        storm(name, &fixture, std::slice::from_ref(&server)).await;
        server.stop();
    }

    async fn a_reader_that_began_before_a_write_does_not_see_it(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        let mut early = db.session().await.unwrap();
        assert_eq!(names(&mut early).await, Vec::<String>::new());
        let mut tx = db.begin().await.unwrap();
        principal(&mut tx, "one").await;
        assert_eq!(names(&mut db.session().await.unwrap()).await, Vec::<String>::new(), "it is not committed yet");
        tx.commit().await.unwrap();
        assert_eq!(names(&mut early).await, Vec::<String>::new(), "its moment was before");
        assert_eq!(names(&mut db.session().await.unwrap()).await, ["one"]);
        drop(early);
        db.close().await;
    }

    async fn one_key_for_two_requests_on_different_funds_at_once_is_refused_once(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let viewer = Viewer::operator(PrincipalId(principal(&mut tx, "one").await));
        tx.commit().await.unwrap();
        let clock = Clock::System;
        let by = By { viewer: &viewer, now: clock.now(), today: clock.today() };
        let both = tokio::sync::Barrier::new(2);
        let remember = async |input: &str| {
            let once = Once::new(by, "key", "pledgeOffer", &input).unwrap();
            let mut tx = db.begin().await.unwrap();
            let known = once.answered::<String>(&mut tx).await;
            let outcome = match known {
                Ok(known) => {
                    assert_eq!(known, None);
                    // Both come so far before either has ended: no fund's head is between them.
                    if fixture.engine == Engine::Postgres {
                        both.wait().await;
                    }
                    once.remember(&mut tx, None, &input).await
                }
                Err(refused) => Err(refused),
            };
            settle(tx, outcome).await
        };
        let (one, other) = tokio::join!(remember("to one fund"), remember("to the other"));
        let (Ok(()), Err(refused)) = (if one.is_ok() { (one, other) } else { (other, one) }) else {
            panic!("one is done and one is refused");
        };
        let Error::Refused(refused) = refused else { panic!("{refused:?}") };
        assert!(matches!(refused.refusal, Refusal::IdempotencyMismatch { .. } | Refusal::Conflict {}), "{refused:?}");
        db.close().await;
    }
}

/// Two servers share nothing but the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_by_two_servers_on_one_database_is_there_once() {
    let Some(fixture) = Fixture::postgres("two_servers").await else { return };
    let servers = [(); 2].map(|()| Server::start(&["serve", "--database", &fixture.url]));
    storm("on PostgreSQL with two servers", &fixture, &servers).await;
    servers.into_iter().for_each(Server::stop);
    if let Some(cluster) = crate::support::postgres::cluster() {
        cluster.drop_database(&fixture.url).await;
    }
}

/// Adds a principal, the plainest row there is.
pub async fn principal(tx: &mut cobuild::db::Tx, name: &str) -> i64 {
    cobuild::viewer::store::insert_principal(tx, name, Clock::System.now()).await.unwrap().0
}

/// The names of all principals, in the order they were added.
pub async fn names<'c>(on: impl cobuild::db::Sql<'c>) -> Vec<String> {
    let rows: Vec<(String,)> = on.sql("SELECT name FROM principal ORDER BY id").all().await.unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}
