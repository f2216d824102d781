//! The dashboards of a whole district, at one client.
//!
//! The queries of `examples/dashboards`, asked over HTTP of the district sample, with lists of 20 and of 100: how long each
//! takes, and with how many statements. What HTTP, the token and the gate cost with nothing to read is the line of the empty
//! query; client and server share the machine.
//!
//! ```text
//! cargo bench --bench district                                            # SQLite
//! COBUILD_BENCH_DATABASE=postgres://… cargo bench --bench district         # PostgreSQL: an empty database
//! ```
//!
//! `COBUILD_BENCH_SECONDS` (3) changes the length.

#![allow(clippy::print_stdout, reason = "a table for people")]

use std::time::{Duration, Instant};

use cobuild::{
    clock::Clock,
    db::Db,
    demo::{self, Sample, district},
    server,
};
use serde_json::{Value, json};

macro_rules! dashboards {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../examples/dashboards/", $name, ".graphql")))),*] };
}

const DASHBOARDS: [(&str, &str); 8] = dashboards!["partner" "community" "committee" "ranking" "contest" "oversight"
    "publications" "groups"];

/// What HTTP, the token and the gate cost, with nothing to read.
const EMPTY: &str = "query Empty { __typename }";

/// What the dashboards are about.
const ABOUT: &str = "{ areas(first: 1, level: DISTRICT) { edges { node { id } } }
  parties(first: 1, search: \"共建单位 C001-27\") { edges { node { id } } } }";

/// Asks over HTTP, as a program with the auditor's token does.
struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    async fn ask(&self, query: &str, variables: &Value) -> String {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.http.post(&self.url).bearer_auth(&self.token).json(&body).send().await.expect("an answer");
        answer.text().await.expect("a body")
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().expect("the temporary directory can be written");
    let url = std::env::var("COBUILD_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", dir.path().join("bench.db").display()));
    let seconds = std::env::var("COBUILD_BENCH_SECONDS").map_or(3, |text| text.parse().expect("whole seconds"));
    let db = Db::connect(&url).await.expect("the database can be opened");
    db.migrate().await.expect("an empty database can be migrated");
    let started = Instant::now();
    let made =
        district::create(&db, &district::WHOLE).await.expect("the district is made").expect("the database is empty");
    let engine = if db.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    println!("{engine}: made in {:?}\n{made}\n", started.elapsed());
    let tokens = demo::tokens(&db, &Clock::System, dir.path(), Sample::District).await.expect("tokens");

    let options = server::Options { listen: "127.0.0.1:0".into(), ..server::Options::default() };
    let (bound, address) = tokio::sync::oneshot::channel();
    let serving = server::serve(options, db.clone(), Clock::System, |address| {
        bound.send(address).expect("somebody waits for it")
    });
    tokio::spawn(async move { serving.await.expect("the server runs") });
    let address = address.await.expect("the server is bound");
    let (http, token) = (reqwest::Client::new(), tokens["auditor"].token.clone());
    let client = Client { http, url: format!("http://{address}/graphql"), token };
    let about: Value = serde_json::from_str(&client.ask(ABOUT, &json!({})).await).expect("JSON");
    let id = |list: &str| about["data"][list]["edges"][0]["node"]["id"].clone();

    println!("| dashboard | first | statements | p50 ms | p99 ms |\n|---|---|---|---|---|");
    for (name, query) in DASHBOARDS.into_iter().chain([("empty", EMPTY)]) {
        for first in [20, 100] {
            let code = if ["ranking", "contest"].contains(&name) { district::FUND } else { district::PILOT };
            let id = if name == "partner" { id("parties") } else { id("areas") };
            let all = json!({ "first": first, "code": code, "id": id, "from": "2025-01-01", "to": "2025-12-31" });
            let asked = |name: &String| query.contains(&format!("${name}:"));
            let variables = all.as_object().expect("an object").iter().filter(|(name, _)| asked(name));
            let variables = Value::Object(variables.map(|(name, value)| (name.clone(), value.clone())).collect());
            measure(&client, &db, (name, query), first, &variables, Duration::from_secs(seconds)).await;
        }
    }
}

/// Asks for some time, one request after the other, and prints the line.
async fn measure(
    client: &Client,
    db: &Db,
    (name, query): (&str, &str),
    first: usize,
    variables: &Value,
    length: Duration,
) {
    let (until, before) = (Instant::now() + length, db.statements());
    let mut took = vec![];
    while Instant::now() < until {
        let started = Instant::now();
        let text = client.ask(query, variables).await;
        took.push(u64::try_from(started.elapsed().as_micros()).expect("a short time"));
        assert!(text.contains("\"data\"") && !text.contains("\"errors\""), "{name}: {text}");
    }
    let count = u64::try_from(took.len()).expect("a count");
    // To the nearest: the server also looks for imports meanwhile, which is a small part of one.
    let statements = (db.statements() - before + count / 2) / count;
    took.sort_unstable();
    let shown = |percent: usize| {
        let micros = took[took.len() * percent / 100];
        format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
    };
    println!("| {name} | {first} | {statements} | {} | {} |", shown(50), shown(99));
}
