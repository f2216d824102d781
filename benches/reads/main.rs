//! What must be fast, measured beside its limit in one run.
//!
//! Two reads of a partner's dashboard, asked over HTTP, beside the same rows asked by hand-written SQL on
//! the same database with as many connections as the server has: the nested read (a party's pledges, their
//! projects and communities, the expenses its money paid) and the trace (which gifts are where). Client and server
//! share the machine; what HTTP alone costs both is the line of the empty query.
//!
//! ```text
//! cargo bench --bench reads                                            # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench reads         # PostgreSQL: an empty database
//! ```
//!
//! `COBUILD_BENCH_PARTIES` (500) and `COBUILD_BENCH_SECONDS` (3) change the size and the length.

#![allow(clippy::print_stdout, clippy::type_complexity, reason = "a table for people; rows read once")]

mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cobuild::{
    clock::Clock,
    db::{Db, Session, Sql as _},
    id::PartyId,
    server,
};
use world::World;

const NESTED: &str = "query Nested($id: ID!) { party(id: $id) { name
  pledges(first: 10) { edges { node { amount { amount } state dueOn restriction { target { code title } }
    fund { name area { name } } } } }
  fundedExpenses(first: 10) { edges { amount { amount } node { incurredOn note amount { amount } target { code title } } } } } }";

const TRACE: &str =
    "query Trace($id: ID!) { party(id: $id) { lots(first: 10) { edges { node { amount { amount } receivedOn
  uses(first: 20) { edges { node { place amount { amount } target { code } expense { note } } } } } } } } }";

/// What HTTP, the token and the gate cost, with nothing to read.
const EMPTY: &str = "query Empty($id: ID!) { __typename party(id: $id) @skip(if: true) { name } }";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let parties = usize::try_from(number("COBUILD_BENCH_PARTIES", 500)).expect("a count");
    let seconds = Duration::from_secs(number("COBUILD_BENCH_SECONDS", 3));

    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let started = Instant::now();
    let world = Arc::new(World::fill(&db, parties).await);
    eprintln!(
        "{}: {parties} parties, {} pledges, {} expenses filled in {:?}",
        if db.is_sqlite() { "SQLite" } else { "PostgreSQL" },
        world.pledges,
        world.expenses,
        started.elapsed()
    );
    let options = server::Options { listen: "127.0.0.1:0".into(), ..server::Options::default() };
    let (bound, address) = tokio::sync::oneshot::channel();
    let serving = server::serve(options, db.clone(), Clock::System, |address| {
        bound.send(address).expect("somebody waits for it")
    });
    tokio::spawn(async move { serving.await.expect("the server runs") });
    let address = address.await.expect("the server is bound");

    println!("| read | clients | by hand /s | p50 ms | p99 ms | server /s | p50 ms | p99 ms | statements | ratio |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (name, query) in [("nested", NESTED), ("trace", TRACE)] {
        for clients in [1, 16] {
            let hand = by_hand(&db, &world, name, clients, seconds).await;
            let before = db.statements();
            let http = over_http(&address.to_string(), &world, query, clients, seconds).await;
            // To the nearest: the server also looks for imports meanwhile, which is a small part of one.
            let statements = (db.statements() - before + http.count() / 2) / http.count().max(1);
            let ratio = http.rate() * 100 / hand.rate().max(1);
            println!(
                "| {name} | {clients} | {} | {} | {} | {} | {} | {} | {statements} | {}.{:02} |",
                hand.rate(),
                hand.percentile(50),
                hand.percentile(99),
                http.rate(),
                http.percentile(50),
                http.percentile(99),
                ratio / 100,
                ratio % 100,
            );
        }
    }
    for clients in [1, 16] {
        let http = over_http(&address.to_string(), &world, EMPTY, clients, seconds).await;
        let (rate, p50, p99) = (http.rate(), http.percentile(50), http.percentile(99));
        println!("| empty | {clients} | – | – | – | {rate} | {p50} | {p99} | 1 | – |");
    }
}

/// How long each request of one run took, in microseconds.
struct Run {
    took: Vec<u64>,
    seconds: u64,
}

impl Run {
    fn count(&self) -> u64 {
        u64::try_from(self.took.len()).expect("a count")
    }

    fn rate(&self) -> u64 {
        self.count() / self.seconds
    }

    /// In milliseconds with two decimals.
    fn percentile(&self, percent: usize) -> String {
        let micros = self.took.get(self.took.len() * percent / 100).copied().unwrap_or_default();
        format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
    }
}

/// Runs `clients` tasks of `work` for some time.
async fn measure<F, W>(clients: usize, seconds: Duration, work: W) -> Run
where
    W: Fn(usize) -> F,
    F: Future<Output = Vec<u64>> + Send + 'static,
{
    let tasks: Vec<_> = (0..clients).map(|client| tokio::spawn(work(client))).collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.expect("a client does not panic"));
    }
    took.sort_unstable();
    Run { took, seconds: seconds.as_secs() }
}

async fn over_http(address: &str, world: &Arc<World>, query: &str, clients: usize, seconds: Duration) -> Run {
    let client = reqwest::Client::new();
    let next = Arc::new(AtomicUsize::new(0));
    let (url, query) = (format!("http://{address}/graphql"), query.to_owned());
    measure(clients, seconds, |_| {
        let (client, url, query, world, next) =
            (client.clone(), url.clone(), query.clone(), world.clone(), next.clone());
        async move {
            let until = Instant::now() + seconds;
            let mut took = Vec::new();
            while Instant::now() < until {
                let (id, _) = world.party(next.fetch_add(1, Ordering::Relaxed));
                let started = Instant::now();
                let body = serde_json::json!({ "query": query, "variables": { "id": id } });
                let answer = client.post(&url).bearer_auth(&world.token).json(&body).send().await.expect("an answer");
                let text = answer.text().await.expect("a body");
                took.push(u64::try_from(started.elapsed().as_micros()).expect("a short time"));
                assert!(!text.contains("\"errors\"") && (text.contains("edges") || query == EMPTY), "{text}");
            }
            took
        }
    })
    .await
}

async fn by_hand(db: &Db, world: &Arc<World>, name: &'static str, clients: usize, seconds: Duration) -> Run {
    let next = Arc::new(AtomicUsize::new(0));
    measure(clients, seconds, |_| {
        let (db, world, next) = (db.clone(), world.clone(), next.clone());
        async move {
            let until = Instant::now() + seconds;
            let mut took = Vec::new();
            while Instant::now() < until {
                let (_, key) = world.party(next.fetch_add(1, Ordering::Relaxed));
                let started = Instant::now();
                let mut session = db.session().await.expect("a connection");
                if name == "nested" {
                    nested(&mut session, key).await
                } else {
                    trace(&mut session, key).await
                }
                took.push(u64::try_from(started.elapsed().as_micros()).expect("a short time"));
            }
            took
        }
    })
    .await
}

/// The nested read by hand: one statement for the pledges, one for the expenses.
async fn nested(session: &mut Session, party: PartyId) {
    let pledges: Vec<(String, i64, String, String, String, Option<String>, Option<String>)> = session
        .sql(
            "SELECT g.name, p.amount, p.state, f.name, a.name, t.code, j.title
             FROM party g
             JOIN pledge p ON p.donor_id = g.id
             JOIN earmark k ON k.id = p.earmark_id
             JOIN fund f ON f.id = p.fund_id
             JOIN area a ON a.id = f.area_id
             LEFT JOIN target t ON t.id = k.target_id
             LEFT JOIN project j ON j.id = k.target_id
             WHERE g.id = $1 ORDER BY p.due_on DESC, p.id DESC LIMIT 10",
        )
        .bind(party)
        .all()
        .await
        .expect("the pledges");
    let expenses: Vec<(i64, String, i64, String, Option<String>)> = session
        .sql(
            "SELECT h.amount, x.note, x.amount, t.code, j.title
             FROM party_holding h
             JOIN account a ON a.id = h.account_id AND a.kind = 'EXPENSE'
             JOIN expense x ON x.id = a.expense_id
             JOIN target t ON t.id = x.target_id
             LEFT JOIN project j ON j.id = t.id
             WHERE h.party_id = $1 AND h.amount > 0 ORDER BY h.account_id DESC LIMIT 10",
        )
        .bind(party)
        .all()
        .await
        .expect("the expenses");
    assert!(!pledges.is_empty() && !expenses.is_empty());
}

/// The trace by hand: the lots and where each is, in one statement.
async fn trace(session: &mut Session, party: PartyId) {
    let uses: Vec<(i64, i64, String, i64, Option<String>, Option<String>)> = session
        .sql(
            "SELECT l.id, l.amount, a.kind, h.amount, t.code, x.note
             FROM (SELECT id, amount FROM lot WHERE donor_id = $1 ORDER BY received_on DESC, id DESC LIMIT 10) AS l
             JOIN holding h ON h.lot_id = l.id AND h.amount > 0
             JOIN account a ON a.id = h.account_id
             LEFT JOIN target t ON t.id = a.target_id
             LEFT JOIN expense x ON x.id = a.expense_id",
        )
        .bind(party)
        .all()
        .await
        .expect("the uses");
    assert!(!uses.is_empty());
}
