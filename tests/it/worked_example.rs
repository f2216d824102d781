//! The sample through the graph, over HTTP, with the tokens of those concerned: every entry and every fen
//! of every gift is where the ledger's design says.
//!
//! `worked_example_journal.txt` and `worked_example_trace.txt` were computed by the design's own model
//! before this program was written.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    process::Command,
};

use chrono::{TimeZone as _, Utc};
use cobuild::{
    clock::Clock,
    db::{Db, Sql as _},
    demo,
    id::{GlobalId, NodeKind, PartyId},
    ledger::verify,
    money::Fen,
    server::{Options, serve},
    viewer::{self, Role, Scene, token::Scope},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::support::{Fixture, on_both};

const JOURNAL: &str = include_str!("worked_example_journal.txt");
const TRACE: &str = include_str!("worked_example_trace.txt");

const LOTS: &str = "query($after: String) { viewer { roles { party { lots(first: 10, after: $after, direction: ASC) {
    edges { node { id amount { amount } restriction { kind purpose { code } target { code } }
        uses(first: 100) { edges { node { place amount { amount } target { code } expense { id } } } pageInfo { hasNextPage } } } }
    pageInfo { hasNextPage endCursor } } } } } }";
const EXPENSES: &str = "query($after: String) { fund(code: \"COMMUNITY-A\") { expenses(first: 20, after: $after) {
    edges { node { id } } pageInfo { hasNextPage endCursor } } } }";
const ENTRIES: &str = "query($after: String) { fund(code: \"COMMUNITY-A\") { entries(first: 8, after: $after) {
    edges { node { seq kind effectiveOn memo postings(first: 100) { edges { node {
        source destination amount { amount } target { code } lot { id donor { id } } } } pageInfo { hasNextPage } } } }
    pageInfo { hasNextPage endCursor } } } }";
const PROJECTS: &str = "query($after: String) { fund(code: \"COMMUNITY-A\") { projects(first: 10, after: $after) {
    edges { node { code residents leverage { own { amount } } } } pageInfo { hasNextPage endCursor } } } }";

/// The sample, and a server over it.
pub struct Sample {
    pub db: Db,
    pub clock: Clock,
    address: SocketAddr,
    server: JoinHandle<()>,
    /// The codes of the parties, by key.
    pub codes: HashMap<i64, String>,
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sample {
    pub async fn new(fixture: &Fixture) -> Self {
        let db = created(fixture).await;
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 7, 1, 2, 0, 0).unwrap());
        let (say, address) = oneshot::channel();
        let options = Options::default();
        let serving = serve(options, db.clone(), clock.clone(), |at| say.send(at).unwrap());
        let server = tokio::spawn(async { serving.await.unwrap() });
        let rows: Vec<(PartyId, String)> = (&db).sql("SELECT id, external_id FROM party").all().await.unwrap();
        let codes = rows.into_iter().map(|(id, code)| (id.0, code)).collect();
        Self { db, clock, address: address.await.unwrap(), server, codes }
    }

    /// The whole answer, asked as the public without a token.
    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut request = reqwest::Client::new().post(format!("http://{}/graphql", self.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let body = json!({ "query": query, "variables": variables });
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    pub async fn data(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(token, query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    /// The nodes of all pages of the connection at `path`.
    pub async fn all(&self, token: Option<&str>, query: &str, path: &str) -> Vec<Value> {
        let (mut nodes, mut after) = (vec![], Value::Null);
        loop {
            let data = self.data(token, query, json!({ "after": after })).await;
            let page = data.pointer(path).unwrap();
            nodes.extend(edges(page).map(|edge| edge["node"].clone()));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                return nodes;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    /// A token of whoever speaks for the party of this key.
    async fn token_of(&self, party: i64) -> String {
        let mut tx = self.db.begin().await.unwrap();
        let holder = viewer::principal(&mut tx, &format!("for {party}"), self.clock.now()).await.unwrap();
        viewer::give(&mut tx, holder, Role::PartyRepresentative, Scene::Party(PartyId(party))).await.unwrap();
        let token = viewer::token::issue(&mut tx, holder, Scope::Read, self.clock.now(), None).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    pub async fn tokens(&self, dir: &tempfile::TempDir) -> demo::Tokens {
        demo::tokens(&self.db, &self.clock, dir.path(), demo::Sample::Community).await.unwrap()
    }

    /// Expenses by id, numbered in the order they were booked.
    pub async fn expense_numbers(&self) -> HashMap<String, usize> {
        let mut ids: Vec<(i64, String)> = vec![];
        for expense in self.all(None, EXPENSES, "/fund/expenses").await {
            ids.push((key(&expense["id"]), text(&expense["id"])));
        }
        ids.sort();
        (1..).zip(ids).map(|(number, (_, id))| (id, number)).collect()
    }

    /// The lots of every giver, each asked with the giver's own token: by key, with the giver's code.
    pub async fn lots(&self) -> BTreeMap<i64, (String, Value)> {
        let mut lots = BTreeMap::new();
        for (party, code) in &self.codes {
            let token = self.token_of(*party).await;
            for lot in self.all(Some(&token), LOTS, "/viewer/roles/0/party/lots").await {
                lots.insert(key(&lot["id"]), (code.clone(), lot));
            }
        }
        lots
    }
}

pub async fn created(fixture: &Fixture) -> Db {
    let db = Db::connect(&fixture.url).await.unwrap();
    db.migrate().await.unwrap();
    assert!(demo::create(&db).await.unwrap());
    db
}

pub fn edges(connection: &Value) -> impl Iterator<Item = &Value> {
    connection["edges"].as_array().unwrap().iter()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn key(id: &Value) -> i64 {
    text(id).parse::<GlobalId>().unwrap().key
}

pub fn fen(money: &Value) -> Fen {
    money["amount"].as_str().unwrap().parse().unwrap()
}

/// An amount as the expected texts write it: without decimals where there are none.
pub fn short(amount: Fen) -> String {
    let text = amount.to_string();
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

/// One line of the trace.
fn trace_line(number: usize, code: &str, lot: &Value, expenses: &HashMap<String, usize>) -> String {
    let restriction = &lot["restriction"];
    let to = restriction["purpose"]["code"].as_str().or(restriction["target"]["code"].as_str());
    let kind = text(&restriction["kind"]);
    let restriction = to.map_or(kind.clone(), |to| format!("{kind}/{to}"));
    assert_eq!(lot["uses"]["pageInfo"]["hasNextPage"], json!(false));
    let uses = edges(&lot["uses"]).map(|edge| &edge["node"]).map(|one| {
        let place = match one["expense"]["id"].as_str() {
            Some(id) => format!("{}:X{}", text(&one["target"]["code"]), expenses[id]),
            None => text(&one["place"]),
        };
        format!("{place} {}", short(fen(&one["amount"])))
    });
    let uses: Vec<String> = uses.collect();
    format!("L{number} {code} {restriction} {} → {}", short(fen(&lot["amount"])), uses.join(" + "))
}

/// The number of a target in the expected journal.
pub fn target_number(code: &str) -> usize {
    if code == "G1" { 31 } else { code[1..].parse().unwrap() }
}

/// The lines of one entry in the expected journal, and its memo.
fn journal_lines(
    sample: &Sample,
    entry: &Value,
    lots: &HashMap<i64, usize>,
    seen: &mut HashMap<String, usize>,
) -> Vec<String> {
    let postings = &entry["postings"];
    assert_eq!(postings["pageInfo"]["hasNextPage"], json!(false));
    // Expenses and refunds are numbered as they are first paid into.
    for edge in edges(postings).take(1) {
        *seen.entry(text(&edge["node"]["destination"])).or_default() += 1;
    }
    let place = |name: &Value, target: &Value| match name.as_str().unwrap() {
        name @ ("EXPENSE" | "REFUND") => format!("{name}/{}", seen[name]),
        name @ ("TARGET" | "ADVANCE") => format!("{name}/{}", target_number(target["code"].as_str().unwrap())),
        name => name.to_owned(),
    };
    let mut moves: Vec<(String, Fen, Vec<String>)> = vec![];
    for edge in edges(postings) {
        let one = &edge["node"];
        let (from, to) = (place(&one["source"], &one["target"]), place(&one["destination"], &one["target"]));
        let (way, amount) = (format!("{from}→{to}"), fen(&one["amount"]));
        let giver = &sample.codes[&key(&one["lot"]["donor"]["id"])];
        let part = format!("L{}·{giver}={}", lots[&key(&one["lot"]["id"])], short(amount));
        match moves.iter_mut().find(|(known, ..)| *known == way) {
            Some((_, sum, parts)) => {
                *sum += amount;
                parts.push(part);
            }
            None => moves.push((way, amount, vec![part])),
        }
    }
    let (seq, kind, on) = (format!("e{}", entry["seq"]), text(&entry["kind"]), text(&entry["effectiveOn"]));
    let line = |(way, sum, parts): (String, Fen, Vec<String>)| {
        format!("{seq:<3} {kind:<8} {on} {way} Σ{} [{}]: {}", short(sum), parts.len(), parts.join(" "))
    };
    moves.into_iter().map(line).collect()
}

on_both! {
    async fn every_fen_of_every_gift_is_where_the_design_says(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let expenses = sample.expense_numbers().await;
        assert_eq!(expenses.len(), 25);
        let lots = sample.lots().await;
        let lines = (1..).zip(lots.values()).map(|(number, (code, lot))| trace_line(number, code, lot, &expenses));
        let lines: Vec<String> = lines.collect();
        let expected: Vec<&str> = TRACE.lines().collect();
        assert_eq!(lines, expected);

        let dir = tempfile::tempdir().unwrap();
        let officer = sample.tokens(&dir).await["hostOfficer"].token.clone();
        let entries = sample.all(Some(&officer), ENTRIES, "/fund/entries").await;
        assert_eq!(entries.len(), 56);
        let numbers: HashMap<i64, usize> = lots.into_keys().zip(1..).collect();
        let mut seen = HashMap::new();
        let mut expected = JOURNAL.lines().map(|line| line.split_once("   # ").map_or((line, None), |(line, memo)| (line, Some(memo))));
        for entry in &entries {
            let mut memo = None;
            for line in journal_lines(&sample, entry, &numbers, &mut seen) {
                let (wanted, said) = expected.next().unwrap();
                assert_eq!(line, wanted);
                memo = said;
            }
            // The sample's memos say it in Chinese, too.
            let english = text(&entry["memo"]).split(" · ").next().unwrap().to_owned();
            assert_eq!(Some(english.as_str()), memo);
        }
        assert_eq!(expected.next(), None);
    }

    async fn the_sums_are_the_published_ones_and_the_public_sees_no_more_than_a_notice_shows(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let statements = sample.db.statements();
        assert!(!demo::create(&sample.db).await.unwrap(), "it is there");
        // The server beside it looks for imports now and then; making the sample takes hundreds of statements.
        assert!(sample.db.statements() - statements < 20, "nothing was done");
        let query = "{ fund(code: \"COMMUNITY-A\") { balance { received { amount } spent { amount } refunded { amount }
            pool { amount } waiting { amount } } leverage { own { amount } total { amount } ratio } }
            empty: fund(code: \"COMMUNITY-B\") { balance { received { amount } } } }";
        let read = sample.data(None, query, json!({})).await;
        let balance = &read["fund"]["balance"];
        let sums = ["received", "spent", "refunded", "pool", "waiting"].map(|name| text(&balance[name]["amount"]));
        assert_eq!(sums, ["47000.00", "34600.00", "500.00", "11900.00", "11900.00"]);
        let leverage = &read["fund"]["leverage"];
        assert_eq!(*leverage, json!({ "own": { "amount": "20000.00" }, "total": { "amount": "140000.00" }, "ratio": "7.00" }));
        assert_eq!(read["empty"]["balance"]["received"]["amount"], "0.00");
        let projects = sample.all(None, PROJECTS, "/fund/projects").await;
        assert_eq!(projects.len(), 21);
        assert_eq!(projects.iter().map(|one| one["residents"].as_i64().unwrap()).sum::<i64>(), 5_500);
        let own: Fen = projects.iter().map(|one| fen(&one["leverage"]["own"])).sum();
        assert_eq!(own, Fen(2_000_000));
        flow_adds_up(&sample).await;
        public_sees_a_notice(&sample).await;
        let report = verify::verify(&sample.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
        assert!(report.checks.iter().filter(|check| check.ran).count() > 15);
    }

    async fn what_is_published_is_downloaded_byte_for_byte(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let query = "{ fund(code: \"COMMUNITY-A\") { disclosures { edges { node { number path digest snapshot
            received { amount } spent { amount } closing { amount } publishedOn noticeTo } } }
            committee { kind seats { duty } } motions(first: 1) { edges { node { state origin } } } } }";
        let read = sample.data(None, query, json!({})).await;
        let published = &read["fund"]["disclosures"]["edges"][0]["node"];
        assert_eq!(published["number"], "COMMUNITY-A-2026-001");
        let sums = ["received", "spent", "closing"].map(|name| text(&published[name]["amount"]));
        assert_eq!(sums, ["47000.00", "34600.00", "11900.00"]);
        let answer = reqwest::get(format!("http://{}{}", sample.address, text(&published["path"]))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["etag"].to_str().unwrap(), format!("{}", published["digest"]));
        let body = answer.text().await.unwrap();
        assert_eq!(body, text(&published["snapshot"]));
        assert_eq!(cobuild::disclosure::digest(&body), text(&published["digest"]));
        assert!(!body.contains("住户"), "residents are masked");
        assert!(body.contains("\"amount\":\"12000.00\",\"giver\":\"居民\",\"givers\":24"), "24 households together");
        for path in ["COMMUNITY-A-2026-002.json", "COMMUNITY-A-2026-001", "x"] {
            let answer = reqwest::get(format!("http://{}/disclosures/{path}", sample.address)).await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
        }
        // The council of seven with its supervisor, and what is on its table.
        let seats = read["fund"]["committee"]["seats"].as_array().unwrap();
        assert_eq!(seats.iter().filter(|seat| seat["duty"] == "MEMBER").count(), 7);
        assert_eq!(seats.len(), 8);
        let motion = &read["fund"]["motions"]["edges"][0]["node"];
        assert_eq!(*motion, json!({ "state": "OPEN", "origin": "VOTED" }));
    }

    async fn the_examples_are_answered_as_committed(fixture: Fixture) {
        let sample = Sample::new(&fixture).await;
        let dir = tempfile::tempdir().unwrap();
        let tokens = sample.tokens(&dir).await;
        let examples = demo::Sample::Community.examples(&tokens);
        let names = ["fund", "my_money", "flow"];
        assert_eq!(examples.len(), names.len());
        for (name, example) in names.into_iter().zip(examples) {
            let token = example.token.as_deref();
            assert_eq!(token.is_some(), example.token_hint.is_some());
            let data = sample.data(token, &example.query, example.variables).await;
            let path = format!("{}/examples/queries/{name}.answer.json", env!("CARGO_MANIFEST_DIR"));
            let answer = format!("{}\n", serde_json::to_string_pretty(&json!({ "data": data })).unwrap());
            if std::env::var_os("COBUILD_WRITE_ANSWERS").is_some() {
                std::fs::write(&path, &answer).unwrap();
            }
            assert_eq!(answer, std::fs::read_to_string(&path).unwrap(), "{name}: write it with COBUILD_WRITE_ANSWERS=1");
        }
        the_file_of_tokens_is_kept_and_its_owners(&sample, &dir, &tokens).await;
        a_client_reads_its_own_gifts(&sample, &tokens).await;
    }
}

async fn flow_adds_up(sample: &Sample) {
    let query = "{ fund(code: \"COMMUNITY-A\") { flow(period: { from: \"2026-01-01\", to: \"2026-12-31\" }) {
        nodes { key kind opening { amount } incoming { amount } outgoing { amount } closing { amount } }
        links { source destination amount { amount } } } } }";
    let flow = sample.data(None, query, json!({})).await["fund"]["flow"].take();
    let nodes = flow["nodes"].as_array().unwrap();
    let links = flow["links"].as_array().unwrap();
    for node in nodes {
        let of = |name: &str| fen(&node[name]);
        assert_eq!(of("opening") + of("incoming"), of("outgoing") + of("closing"), "{node}");
        let along = |end: &str| -> Fen {
            links.iter().filter(|link| link[end] == node["key"]).map(|link| fen(&link["amount"])).sum()
        };
        assert_eq!(along("destination"), of("incoming"), "{node}");
        assert_eq!(along("source"), of("outgoing"), "{node}");
    }
    let closing = |kind: &str| nodes.iter().filter(|node| node["kind"] == kind).map(|node| fen(&node["closing"])).sum();
    let sums: [Fen; 4] = ["FUND", "PURPOSE", "REFUNDS", "TARGET"].map(closing);
    assert_eq!(sums, [Fen(1_190_000), Fen(3_460_000), Fen(50_000), Fen::ZERO]);
}

async fn public_sees_a_notice(sample: &Sample) {
    let find = |wanted: &str| *sample.codes.iter().find(|(_, code)| *code == wanted).unwrap().0;
    let household = GlobalId::new(NodeKind::Resident, find("H18")).to_string();
    let query = "query($id: ID!) { party(id: $id) { name lots(first: 1) { edges { cursor } } } }";
    let stranger = sample.token_of(find("M1")).await;
    for (token, code) in [(None, "UNAUTHENTICATED"), (Some(stranger.as_str()), "FORBIDDEN")] {
        let answer = sample.ask(token, query, json!({ "id": household })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert_eq!(answer["data"]["party"], json!({ "name": "Resident", "lots": null }));
    }
    let own = sample.token_of(find("H18")).await;
    let read = sample.data(Some(&own), query, json!({ "id": household })).await;
    assert_eq!(read["party"]["name"], "住户 18");
    let funders =
        "{ project(fundCode: \"COMMUNITY-A\", code: \"P01\") { funders(first: 100) { edges { node { kind name } }
        others { count spent { amount } waiting { amount } } } } }";
    let read = sample.data(None, funders, json!({})).await;
    let kinds: Vec<String> = edges(&read["project"]["funders"]).map(|edge| text(&edge["node"]["kind"])).collect();
    assert_eq!(kinds.len(), 5, "the organisations by name");
    assert!(!kinds.contains(&"RESIDENT".to_owned()));
    let others = json!({ "count": 24, "spent": { "amount": "12000.00" }, "waiting": { "amount": "0.00" } });
    assert_eq!(read["project"]["funders"]["others"], others, "the households as one group");
    let read = sample.data(Some(&own), funders, json!({})).await;
    let names: Vec<String> = edges(&read["project"]["funders"]).map(|edge| text(&edge["node"]["name"])).collect();
    assert!(names.contains(&"住户 18".to_owned()), "itself: {names:?}");
    assert_eq!(read["project"]["funders"]["others"]["count"], 23);
    let answer = sample.ask(None, ENTRIES, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

async fn the_file_of_tokens_is_kept_and_its_owners(sample: &Sample, dir: &tempfile::TempDir, tokens: &demo::Tokens) {
    let secrets = |tokens: &demo::Tokens| tokens.values().map(|one| one.token.clone()).collect::<Vec<_>>();
    let file = dir.path().join(demo::FILE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(secrets(&sample.tokens(dir).await), secrets(tokens), "the file is there");
    for (name, one) in tokens {
        let role = sample.data(Some(&one.token), "{ viewer { roles { role } } }", json!({})).await;
        assert_eq!(role["viewer"]["roles"], json!([{ "role": one.role }]), "{name}");
    }
    std::fs::remove_file(&file).unwrap();
    assert_ne!(secrets(&sample.tokens(dir).await), secrets(tokens), "new ones, for the file is gone");
}

/// Runs the client of the examples, as whoever has Python would.
async fn a_client_reads_its_own_gifts(sample: &Sample, tokens: &demo::Tokens) {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3 to run the example client with");
        return;
    }
    let url = format!("http://{}/graphql", sample.address);
    let party = sample.codes.iter().find(|(_, code)| *code == "U14").unwrap().0;
    for (token, totals) in [
        (tokens["merchantM1"].token.clone(), "total received 3703.70 spent 3703.70 refunded 0.00 waiting 0.00"),
        (sample.token_of(*party).await, "total received 500.00 spent 100.00 refunded 0.00 waiting 400.00"),
    ] {
        let url = url.clone();
        let run = move || {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/my_contributions.py");
            Command::new("python3").args([script, "--url", &url]).env("COBUILD_TOKEN", token).output().unwrap()
        };
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(said.lines().last(), Some(totals), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_seal_the_same_chain() {
    let Some(postgres) = Fixture::postgres("heads").await else { return };
    let mut heads = vec![];
    for fixture in [Fixture::sqlite(), postgres] {
        let db = created(&fixture).await;
        heads.push(verify::heads(&db).await.unwrap());
        db.close().await;
    }
    assert_eq!(heads[0], heads[1]);
    assert_eq!(heads[0][0].seq, 56);
    assert_eq!(heads[0][1].hash, "GENESIS");
}
