//! The binary from outside: what it says, how it ends, and the server it starts.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::support::{
    Fixture,
    binary::{Server, cobuild, print, print_json, run, stderr, stdout},
    on_both,
};

const AREAS: &str = "{ areas(first: 5) { edges { node { id name level } } } }";
const AREA_CREATE: &str =
    r#"mutation { areaCreate(input: { level: DISTRICT, name: "Wendeng" }) { area { name } userErrors { code } } }"#;

/// The code and message of the one error, which came without data.
async fn refusal(response: Response) -> (String, String) {
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "{body}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&body["errors"][0]["extensions"]["code"]), text(&body["errors"][0]["message"]))
}

fn token(db: &Fixture, more: &[&str]) -> String {
    let token = ["token", "create", "--database", &db.url, "--role", "host-officer", "--district", "Chenghua"];
    print(&[&token, more].concat())
}

on_both! {
    async fn a_token_asks_the_graph_over_a_socket(db: Fixture) {
        let write = token(&db, &["--name", "Wang Fang"]);
        let read = token(&db, &["--name", "A dashboard", "--scope", "read"]);
        assert!(write.starts_with("cobuild_") && write != read);
        let server = Server::of(&db);
        let answer: Value = server.ask_with(AREAS, &write).await.json().await.unwrap();
        let areas = &answer["data"]["areas"]["edges"];
        assert_eq!(areas.as_array().unwrap().len(), 1, "one district for both tokens: {answer}");
        assert_eq!(areas[0]["node"]["name"], "Chenghua");

        let refused = server.ask_with(AREA_CREATE, &read).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refusal(refused).await.0, "FORBIDDEN");
        let public: Value = server.ask(AREA_CREATE, &[]).await.json().await.unwrap();
        assert_eq!(public["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{public}");
        server.stop();
    }

    async fn a_token_that_is_not_good_is_refused_in_the_callers_language(db: Fixture) {
        let good = token(&db, &["--name", "Wang Fang"]);
        let server = Server::of(&db);
        for (header, sentence) in [
            ("Bearer cobuild_unknown", "This token is unknown"),
            ("Bearer something-else", "This token is unknown"),
            ("Basic abc", "The Authorization header must read"),
        ] {
            let refused = server.ask(AREAS, &[("Authorization", header)]).await;
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
            let challenge = refused.headers()["WWW-Authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.starts_with("Bearer realm=\"cobuild\""), "{challenge}");
            let (code, message) = refusal(refused).await;
            assert_eq!(code, "UNAUTHENTICATED");
            assert!(message.starts_with(sentence), "{message}");
        }
        let chinese = [("Authorization", "Bearer x"), ("Accept-Language", "zh-CN,en;q=0.5")];
        assert!(refusal(server.ask(AREAS, &chinese).await).await.1.starts_with("该令牌"));

        assert_eq!(server.ask_with(AREAS, &good).await.status(), StatusCode::OK);
        let listed = print_json(&["token", "list", "--database", &db.url, "--output", "json"]);
        let number = listed["tokens"][0]["id"].to_string();
        print(&["token", "revoke", &number, "--database", &db.url]);
        assert_eq!(server.ask_with(AREAS, &good).await.status(), StatusCode::UNAUTHORIZED);
        let unknown = run(&["token", "revoke", "999", "--database", &db.url]);
        assert_eq!((unknown.status.code(), stderr(&unknown)), (Some(1), "cobuild: There is no such token.\n"));
    }

    async fn what_is_in_hand_is_finished_before_the_server_ends(db: Fixture) {
        let token = token(&db, &["--name", "Wang Fang", "--expires-in-days", "30"]);
        let server = Server::of(&db);
        let body = json!({ "query": AREAS }).to_string();
        let mut client = TcpStream::connect(&server.address).unwrap();
        let length = body.len();
        write!(
            client,
            "POST /graphql HTTP/1.1\r\nHost: cobuild\r\nAuthorization: Bearer {token}\r\nExpect: 100-continue\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        )
        .unwrap();
        // The server says so when it waits for the body: from here on the request is in hand.
        let mut line = String::new();
        let mut answer = BufReader::new(client.try_clone().unwrap());
        answer.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        server.signal("TERM");
        client.write_all(body.as_bytes()).unwrap();
        let mut text = String::new();
        answer.read_to_string(&mut text).unwrap();
        assert!(text.contains("HTTP/1.1 200 OK") && text.contains("Chenghua"), "{text}");
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");

        // So is what runs beside the request: when the token was last used is written.
        let listed = print_json(&["token", "list", "--database", &db.url, "--output", "json"]);
        let one = &listed["tokens"][0];
        assert!(one["lastUsedAt"].is_string() && one["expiresAt"].is_string(), "{listed}");
        assert_eq!((&one["name"], &one["scope"]), (&json!("Wang Fang"), &json!("write")));
        assert_eq!(one["roles"], json!([{ "role": "host-officer", "on": "Chenghua" }]));
    }

    async fn the_server_tells_its_health_and_ends_with_zero(db: Fixture) {
        for signal in ["TERM", "INT"] {
            let server = Server::of(&db);
            let health = server.get("/health").await;
            assert_eq!(health.status(), StatusCode::OK);
            let health: Value = health.json().await.unwrap();
            let engine = if db.url.starts_with("sqlite") { "sqlite" } else { "postgres" };
            assert_eq!(health, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "engine": engine }));
            server.signal(signal);
            let (code, said) = server.end();
            assert_eq!(code, Some(0), "{said}");
        }
    }

    async fn migrations_are_told_once(db: Fixture) {
        let arguments = ["migrate", "--database", &db.url, "--output", "json"];
        assert_eq!(print_json(&arguments)["ran"][0], "0001_area");
        assert_eq!(print_json(&arguments), json!({ "ran": [] }));
        let verified = print_json(&["verify", "--database", &db.url, "--output", "json"]);
        assert_eq!(verified["clean"], true);
    }

    async fn a_role_is_given_on_what_is_there(db: Fixture) {
        let create = |more: &[&str]| {
            run(&[&["token", "create", "--database", &db.url, "--name", "Li Wei"], more].concat())
        };
        print(&["token", "create", "--database", &db.url, "--name", "x", "--role", "auditor", "--district", "Chenghua"]);
        let found = create(&["--role", "community-staff", "--area", "Chenghua"]);
        assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
        for (more, code, sentence) in [
            (["--role", "community-staff", "--area", "Chenghua/Nowhere"], 1, "there is no area \"Chenghua/Nowhere\""),
            (["--role", "auditor", "--fund", "NONE"], 1, "there is no fund with the code \"NONE\""),
            (["--role", "party-representative", "--party", "TWVyY2hhbnQ6MQ"], 1, "there is no party"),
            (["--role", "auditor", "--party", "QXJlYTox"], 2, "That is the id of a Area"),
            (["--role", "party-representative", "--area", "Chenghua"], 2, "A party representative is given a party"),
        ] {
            let refused = create(&more);
            assert_eq!(refused.status.code(), Some(code), "{}", stderr(&refused));
            assert!(stderr(&refused).starts_with(&format!("cobuild: {sentence}")), "{}", stderr(&refused));
            assert_eq!((stdout(&refused), stderr(&refused).lines().count()), ("", 1));
        }
    }

    async fn who_asks_costs_one_statement(fixture: Fixture) {
        let token = token(&fixture, &["--name", "Wang Fang"]);
        let db = cobuild::db::Db::connect(&fixture.url).await.unwrap();
        let before = db.statements();
        let now = cobuild::clock::Clock::System.now();
        let found = cobuild::viewer::token::authenticate(&db, &token, now).await.unwrap();
        assert_eq!(found.unwrap().0.grants.len(), 1);
        assert_eq!(db.statements() - before, 1);
        db.close().await;
    }
}

/// Only PostgreSQL tells who waits for a lock, and so that a mutation has begun.
#[tokio::test]
async fn a_mutation_whose_client_has_left_is_finished_before_the_server_ends() {
    let Some(fixture) = Fixture::postgres("abandoned").await else { return };
    let token = token(&fixture, &["--name", "Wang Fang"]);
    let server = Server::of(&fixture);
    assert_eq!(server.ask_with(AREAS, &token).await.status(), StatusCode::OK);
    let mut holder = PgConnection::connect(&fixture.url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE area IN EXCLUSIVE MODE").execute(&mut holder).await.unwrap();
    let street =
        r#"mutation { areaCreate(input: { level: STREET, name: "Wendeng", parentId: "QXJlYTox" }) { area { id } } }"#;
    let body = json!({ "query": street }).to_string();
    let mut client = TcpStream::connect(&server.address).unwrap();
    write!(
        client,
        "POST /graphql HTTP/1.1\r\nHost: cobuild\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut watcher = PgConnection::connect(&fixture.url).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'area'::regclass";
    let begun = async { while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut watcher).await.unwrap() == 0 {} };
    tokio::time::timeout(Duration::from_secs(30), begun).await.expect("the mutation waits for the lock");
    drop(client);
    server.signal("TERM");
    assert!(server.said.iter().any(|line| line.contains("stopping")));
    sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let areas: i64 =
        sqlx::query_scalar("SELECT count(*) FROM area WHERE name = 'Wendeng'").fetch_one(&mut watcher).await.unwrap();
    assert_eq!(areas, 1, "{said}");
}

#[test]
fn help_says_all_there_is_to_know() {
    let help = print(&["--help"]);
    for word in ["serve", "demo", "migrate", "token", "import", "verify", "schema", "Exit codes:", "Examples:"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    for command in [
        vec!["serve"],
        vec!["demo"],
        vec!["migrate"],
        vec!["token", "create"],
        vec!["import", "contributions"],
        vec!["verify"],
        vec!["schema"],
    ] {
        let help = print(&[&command[..], &["--help"]].concat());
        assert!(help.contains("Examples:"), "{command:?}: {help}");
    }
    assert!(print(&["serve", "--help"]).contains("COBUILD_LISTEN"));
}

#[test]
fn what_the_command_line_does_not_know_is_refused() {
    for wrong in [
        &["nothing"][..],
        &["serve", "--lisen", "x"],
        &["token", "create", "--name", "x", "--role", "auditor"],
        &["import", "contributions", "x.csv", "--fund", "F", "--dry-run", "--commit"],
        &["schema", "--log", "cobuild=loud"],
        &["verify", "--database", "mysql://ann:secret@db/books"],
    ] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("secret"), "{}", stderr(&output));
    }
}

#[test]
fn an_unknown_key_in_the_file_is_refused_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cobuild.toml"), "# ours\nlog = \"info\"\nlisen = \"127.0.0.1:80\"\n").unwrap();
    let output = run(&["serve", "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    for part in ["cobuild.toml, line 3", "`lisen`", "`database`", "`data_dir`", "`listen`", "`log`", "`log_format`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let missing = run(&["serve", "--config", "nowhere.toml"]);
    assert_eq!((missing.status.code(), stderr(&missing)), (Some(2), "cobuild: there is no nowhere.toml.\n"));
}

/// Where `serve` tried to listen, told by its refusal to.
fn listens(dir: &Path, variable: Option<&str>, flag: Option<&str>) -> String {
    let mut command = cobuild();
    command.args(["serve", "--data-dir"]).arg(dir);
    if let Some(value) = variable {
        command.env("COBUILD_LISTEN", value);
    }
    if let Some(value) = flag {
        command.args(["--listen", value]);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let said = stderr(&output).lines().last().unwrap_or_default().to_owned();
    let place = said.strip_prefix("cobuild: cannot listen on ").and_then(|rest| rest.split(':').next());
    place.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn a_flag_comes_before_the_environment_and_the_environment_before_the_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cobuild.toml"), "listen = \"of-the-file\"\n").unwrap();
    assert_eq!(listens(dir.path(), None, None), "of-the-file");
    assert_eq!(listens(dir.path(), Some("of-the-environment"), None), "of-the-environment");
    assert_eq!(listens(dir.path(), Some("of-the-environment"), Some("of-the-flag")), "of-the-flag");
}

#[test]
fn books_that_are_not_there_are_not_made_by_looking() {
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("absent");
    for command in [&["verify"][..], &["token", "list"], &["token", "revoke", "1"]] {
        let output = run(&[command, &["--data-dir", absent.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("cobuild: there is no database"), "{}", stderr(&output));
    }
    assert!(!absent.exists());
}

#[test]
fn a_database_that_cannot_be_opened_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cobuild.db");
    fs::write(&file, "this is no database, however long one reads in it; not one page of it is").unwrap();
    let output = run(&["verify", "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("not a database"), "{}", stderr(&output));
}

#[test]
fn the_committed_schema_is_the_programs() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/schema.graphql");
    print(&["schema", "--check", kept]);
    let dir = tempfile::tempdir().unwrap();
    let stale = dir.path().join("schema.graphql");
    fs::write(&stale, print(&["schema"]).replacen("type ", "type Old", 1)).unwrap();
    let output = run(&["schema", "--check", stale.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is stale from line"), "{}", stderr(&output));
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&["serve", "--data-dir", dir.path().to_str().unwrap()]);
    let page = server.get("/").await;
    let policy = page.headers()["Content-Security-Policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'self'; ") && !policy.contains("unsafe-eval"), "{policy}");
    assert_eq!(page.headers()["X-Content-Type-Options"], "nosniff");
    let page = page.text().await.unwrap();
    let script = server.get("/app.js").await;
    assert!(script.headers()["Content-Type"].to_str().unwrap().starts_with("text/javascript"));
    let script = script.text().await.unwrap();
    assert!(page.contains("src=\"app.js\"") && page.contains("areas(first: $first)"));
    for text in [&page, &script] {
        assert!(!text.contains("://") && !text.contains("=\"//"), "{text}");
    }
    let schema = server.get("/schema.graphql").await.text().await.unwrap();
    assert_eq!(schema.trim_end(), print(&["schema"]));
    assert_eq!(server.get("/elsewhere").await.status(), StatusCode::NOT_FOUND);
    server.stop();
}

/// As many levels as the gate lets in, through lists, interfaces and both directions of the trace.
const DEEPEST: &str = "{ fund(code: \"COMMUNITY-A\") {
  expenses(first: 1, direction: ASC, filter: { period: { from: \"2026-05-20\", to: \"2026-05-20\" } }) { edges { node {
  fundedBy(first: 2) { edges { node { ... on Merchant {
  lots(first: 2) { edges { node { uses(first: 2) { edges { node { expense { payee { ... on Merchant { name } ... on PartnerUnit { name } } } } } } } } } } } } } } } } } }";

#[tokio::test]
async fn the_deepest_query_that_is_let_in_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&["demo", "--data-dir", dir.path().to_str().unwrap()]);
    let tokens = fs::read_to_string(dir.path().join("demo-tokens.json")).unwrap();
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let officer = tokens["hostOfficer"]["token"].as_str().unwrap();
    let answer: Value = server.ask_with(DEEPEST, officer).await.json().await.unwrap();
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    assert!(answer.to_string().contains("payee"), "{answer}");
    let deeper = DEEPEST.replacen("Merchant { name }", "Merchant { areas { edges { node { name } } } }", 1);
    let deeper: Value = server.ask_with(&deeper, officer).await.json().await.unwrap();
    assert_eq!(deeper["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{deeper}");
    server.stop();
}

#[tokio::test]
async fn the_demo_makes_its_books_once_and_serves_them_again() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let server = Server::start(&["demo", "--data-dir", place]);
    assert_eq!(server.get("/").await.status(), StatusCode::OK);
    server.stop();
    let kept = fs::read_to_string(dir.path().join("demo-tokens.json")).unwrap();
    assert!(kept.contains("hostOfficer") && kept.contains("cobuild_"), "{kept}");

    let server = Server::start(&["demo", "--data-dir", place]);
    assert_eq!(server.get("/").await.status(), StatusCode::OK);
    server.stop();
    assert_eq!(fs::read_to_string(dir.path().join("demo-tokens.json")).unwrap(), kept, "they are made once");
    let verified = print(&["verify", "--data-dir", place]);
    assert!(verified.contains("SEAL"), "{verified}");
}

#[tokio::test]
async fn the_district_is_made_told_and_served() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().to_str().unwrap();
    let mut command = cobuild();
    command.args(["demo", "--sample", "district", "--data-dir", place]);
    let server = Server::try_start(command).unwrap();
    let told = &server.before;
    assert!(told.contains("112 communities, 54 funds, 1239 groups"), "{told}");
    let tokens: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("demo-tokens.json")).unwrap()).unwrap();
    let auditor = tokens["auditor"]["token"].as_str().unwrap();
    let query = "{ funds(first: 100) { edges { cursor } } groups { totalCount } }";
    let answer: Value = server.ask_with(query, auditor).await.json().await.unwrap();
    assert_eq!(answer["data"]["funds"]["edges"].as_array().unwrap().len(), 54, "{answer}");
    assert_eq!(answer["data"]["groups"]["totalCount"], 1239);
    // Every dashboard is let in with its widest pages, and finds something.
    let about = "{ areas(first: 1, level: DISTRICT) { edges { node { id } } }
      parties(first: 1, search: \"共建单位 C001-27\") { edges { node { id } } } }";
    let about: Value = server.ask_with(about, auditor).await.json().await.unwrap();
    let id = |list: &str| about["data"][list]["edges"][0]["node"]["id"].clone();
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dashboards")).unwrap() {
        let query = fs::read_to_string(file.unwrap().path()).unwrap();
        let code = if query.contains("query Ranking") || query.contains("query Contest") { "DISTRICT" } else { "C001" };
        let id = id(if query.contains("query Partner") { "parties" } else { "areas" });
        let all = json!({ "first": 100, "code": code, "id": id, "from": "2025-01-01", "to": "2025-12-31" });
        let asked = all.as_object().unwrap().iter().filter(|(name, _)| query.contains(&format!("${name}:")));
        let variables: serde_json::Map<String, Value> =
            asked.map(|(name, value)| (name.clone(), value.clone())).collect();
        let body = json!({ "query": query, "variables": variables });
        let request = reqwest::Client::new().post(server.url("/graphql")).bearer_auth(auditor).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["errors"].is_null() && answer.to_string().contains("\"node\""), "{query}: {answer}");
    }
    server.stop();
    let other = run(&["demo", "--data-dir", place]);
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
    assert!(print(&["verify", "--data-dir", place]).contains("SEAL"));
}
