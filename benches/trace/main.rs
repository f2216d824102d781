//! Tracing at size: what it takes to say who paid an expense, what a giver's money paid, and what a year of a giver
//! with very many gifts was, over HTTP and one client; and what `verify` takes.
//!
//! ```text
//! COBUILD_BENCH_LOTS=10000 cargo bench --bench trace                       # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench trace            # PostgreSQL: an empty database
//! ```
//!
//! Five postings a lot, all through the real operations: received, allocated, released, allocated again, paid. The
//! largest giver has one gift in a hundred. Each read stands beside the same as SQL by hand, in the same run and with
//! the same rows; the ratio is how much of the hand's speed the server has, with HTTP, GraphQL and rights.

#![allow(clippy::print_stdout, reason = "a table for people")]

mod hand;
mod world;

use std::time::{Duration, Instant};

use cobuild::{clock::Clock, db::Db, ledger::verify, server};
use hand::Hand;
use serde_json::json;
use world::World;

const GIVERS: &str = "query($id: ID!) { node(id: $id) { ... on Expense { note fundedBy(first: 20) {
    edges { amount { amount } node { name } } others { count } } } } }";
const LOTS: &str = "query($id: ID!) { node(id: $id) { ... on Expense { note paidBy(first: 20) {
    edges { amount { amount } node { id } } } } } }";
const USES: &str = "query($id: ID!) { party(id: $id) { fundedExpenses(first: 20) {
    edges { amount { amount } node { note incurredOn } } } } }";
const STATEMENT: &str = "query($id: ID!) { party(id: $id) {
    statement(period: { from: \"2020-01-01\", to: \"2099-12-31\" }) {
    money { received { amount } paid { amount } closing { amount } }
    gifts(first: 20) { edges { node { totals { paid { amount } } } } }
    expenses(first: 20) { edges { node { amount { amount } } } } } } }";

/// How often each read is asked.
const ROUNDS: usize = 300;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let lots = std::env::var("COBUILD_BENCH_LOTS").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let started = Instant::now();
    let world = World::fill(&db, lots).await;
    let engine = if db.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    println!(
        "{engine}: {} lots, {} postings, {} expenses, {} givers, the largest with {} gifts; made in {:.0?}",
        world.lots,
        world.postings,
        world.expenses.len(),
        world.parties.len(),
        world.gifts_of_largest,
        started.elapsed()
    );
    let options = server::Options { listen: "127.0.0.1:0".into(), ..server::Options::default() };
    let (bound, address) = tokio::sync::oneshot::channel();
    let serving = server::serve(options, db.clone(), Clock::System, |address| {
        bound.send(address).expect("somebody waits for it")
    });
    tokio::spawn(async move { serving.await.expect("the server runs") });
    let base = format!("http://{}", address.await.expect("the server is bound"));

    println!("| read | p50 ms | p99 ms | max ms | by hand, p50 ms | ratio |\n|---|---|---|---|---|---|");
    let expense = |turn: usize| world.expenses[turn * 7919 % world.expenses.len()].clone();
    let party = |turn: usize| world.parties[1 + turn * 7919 % (world.parties.len() - 1)].clone();
    let largest = |_| world.parties[0].clone();
    let (token, server) = (Some(world.token.as_str()), base.as_str());
    let told = async |name: &str, token, query, id: &dyn Fn(usize) -> String, hand: Option<Hand>, rounds| {
        let asked = ask(server, token, query, id, rounds).await;
        let by_hand = match hand {
            Some(hand) => Some(hand::measure(&db, hand, id, rounds).await),
            None => None,
        };
        report(name, asked, by_hand);
    };
    told("an expense's givers, the books", token, GIVERS, &expense, Some(Hand::Givers), ROUNDS).await;
    told("an expense's givers, the public", None, GIVERS, &expense, None, ROUNDS).await;
    told("an expense's lots", token, LOTS, &expense, Some(Hand::Lots), ROUNDS).await;
    told("a party's uses", token, USES, &party, Some(Hand::Uses), ROUNDS).await;
    told("the largest giver's first page", token, USES, &largest, Some(Hand::Uses), ROUNDS).await;
    told("a party's statement", token, STATEMENT, &party, Some(Hand::Statement), 100).await;
    told("the largest giver's statement", token, STATEMENT, &largest, Some(Hand::Statement), 10).await;
    for format in ["json", "csv", "xlsx"] {
        let path =
            format!("{base}/statements/party/{}?from=2020-01-01&to=2099-12-31&format={format}", world.parties[0]);
        let started = Instant::now();
        let answer = reqwest::Client::new().get(path).bearer_auth(&world.token).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        let bytes = answer.bytes().await.expect("the whole file").len();
        println!("| the largest giver's statement, {format}, {bytes} bytes | {} | | | | |", millis(started.elapsed()));
    }
    let started = Instant::now();
    let mut last = started;
    let report = verify::verify(&db, |progress| {
        if let verify::Progress::Ended(check) = progress {
            eprintln!("{} {:.1?}", check.id, last.elapsed());
            last = Instant::now();
        }
    });
    let clean = report.await.expect("the books are read").is_clean();
    println!("verify: clean {clean}, {:.1?}, resident memory at most {} MB", started.elapsed(), peak_mb());
}

fn millis(time: Duration) -> String {
    format!("{}.{:02}", time.as_millis(), time.as_micros() / 10 % 100)
}

fn report(name: &str, mut took: Vec<Duration>, by_hand: Option<Vec<Duration>>) {
    took.sort();
    let at = |took: &[Duration], percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    let (hand, ratio) = match by_hand {
        None => ("–".to_owned(), "–".to_owned()),
        Some(mut hand) => {
            hand.sort();
            let hundredths = at(&hand, 50).as_micros() * 100 / at(&took, 50).as_micros().max(1);
            (millis(at(&hand, 50)), format!("{}.{:02}", hundredths / 100, hundredths % 100))
        }
    };
    let [p50, p99, max] = [50, 99, 100].map(|percent| millis(at(&took, percent)));
    println!("| {name} | {p50} | {p99} | {max} | {hand} | {ratio} |");
}

async fn ask(
    base: &str,
    token: Option<&str>,
    query: &str,
    id: &dyn Fn(usize) -> String,
    rounds: usize,
) -> Vec<Duration> {
    let client = reqwest::Client::new();
    let mut took = Vec::with_capacity(rounds);
    // The first ones warm caches and plans.
    for turn in 0..rounds + 10 {
        let body = json!({ "query": query, "variables": { "id": id(turn) } });
        let started = Instant::now();
        let mut request = client.post(format!("{base}/graphql")).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer: serde_json::Value = request.send().await.expect("an answer").json().await.expect("JSON");
        if turn >= 10 {
            took.push(started.elapsed());
        }
        assert_eq!(answer.get("errors"), None, "{answer}");
    }
    took
}

/// The most memory this process has had, where the system tells.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
