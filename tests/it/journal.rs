//! The journal as a file for auditors, and the checker that needs nothing but it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use cobuild::{db::Db, demo, ledger::verify};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    support::{
        Fixture,
        binary::{Server, print, run, stderr},
        on_both,
    },
    tamper::book::Book,
};

/// What the checker says of a file, and whether it is satisfied; `None` where there is no Python.
fn check(path: &Path, more: &[&str]) -> Option<(bool, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/check_journal.py");
    let output = Command::new("python3").arg(script).arg(path).args(more).output().ok()?;
    let said = String::from_utf8(output.stdout).unwrap() + std::str::from_utf8(&output.stderr).unwrap();
    Some((output.status.success(), said))
}

/// A fund's journal by the command line.
fn exported(fixture: &Fixture, fund: &str, dir: &Path) -> PathBuf {
    let path = dir.join(format!("{fund}.jsonl"));
    print(&["export", "journal", "--database", &fixture.url, "--fund", fund, "--to", path.to_str().unwrap()]);
    path
}

/// The first line of a kind (an entry of a kind), and where it stands.
fn find(lines: &[Value], what: &str) -> usize {
    let at = lines.iter().position(|line| line["line"] == what || line["kind"] == what);
    at.unwrap_or_else(|| panic!("there is no {what}"))
}

/// One thing that somebody could do to a file, and what the checker must say of it.
type Tampering = (&'static str, fn(&mut Vec<Value>), &'static str);

const TAMPERINGS: [Tampering; 22] = [
    ("an amount", |f| change(f, "PAY", "/postings/0/4", json!(1)), "its seal is not the one"),
    ("a memo", |f| change(f, "ALLOCATE", "/memo", json!("As nobody decided.")), "its seal is not the one"),
    ("a day", |f| change(f, "RECEIVE", "/effectiveOn", json!("2020-01-01")), "its seal is not the one"),
    ("a giver", |f| change(f, "RECEIVE", "/document/lots/0/donorId", json!(1)), "its seal is not the one"),
    ("a restriction", |f| change(f, "RECEIVE", "/document/lots/0/terms/spec", json!(3)), "its seal is not the one"),
    ("a vote", |f| change(f, "ALLOCATE", "/document/votesFor", json!(7)), "its seal is not the one"),
    ("evidence", |f| change(f, "PAY", "/document/evidence/0/sha256", json!("00")), "its seal is not the one"),
    ("a seal", |f| change(f, "PAY", "/hash", json!("00")), "its seal is not the one"),
    ("the link of a seal", |f| change(f, "PAY", "/prevHash", json!("00")), "not chained to the entry before"),
    ("a document taken out", |f| change(f, "PAY", "/document", Value::Null), "its document is missing"),
    ("a document of another kind", |f| change(f, "PAY", "/document/type", json!("refund")), "is no document of it"),
    ("an entry taken out", |f| drop(f.remove(find(f, "PAY"))), "one is missing or doubled"),
    (
        "two entries in each other's place",
        |f| {
            let at = find(f, "PAY");
            f.swap(at, at + 1);
        },
        "one is missing or doubled",
    ),
    (
        "an entry twice",
        |f| {
            let at = find(f, "PAY");
            f.insert(at, f[at].clone());
        },
        "one is missing or doubled",
    ),
    (
        "a posting to another place",
        |f| {
            let kept = f[find(f, "RECEIVE")]["postings"][0][2].clone();
            change(f, "PAY", "/postings/0/3", kept);
        },
        "does not move from",
    ),
    ("a holding", |f| change(f, "holding", "/amount", json!(1)), "fen by the journal, 1 in the file"),
    ("a holding taken out", |f| drop(f.remove(find(f, "holding"))), "fen by the journal, 0 in the file"),
    ("a balance", |f| change(f, "account", "/balance", json!(5)), "fen by the journal, 5 in the file"),
    ("the head", |f| change(f, "journal", "/head/seq", json!(3)), "the head is 3:"),
    ("an account taken out", |f| drop(f.remove(find(f, "account"))), "joins a place that is not in this journal"),
    ("the end cut off", |f| drop(f.pop()), "the file was cut off"),
    ("another format", |f| change(f, "journal", "/format", json!("cobuild-journal-0")), "no journal in the format"),
];

fn change(lines: &mut [Value], what: &str, at: &str, value: Value) {
    let place = lines[find(lines, what)].pointer_mut(at).unwrap_or_else(|| panic!("{what} has no {at}"));
    assert_ne!(*place, value, "nothing is changed");
    *place = value;
}

fn rewrite(path: &Path, lines: &[Value]) {
    std::fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

async fn sample(fixture: &Fixture) -> Db {
    let db = Db::connect(&fixture.url).await.unwrap();
    db.migrate().await.unwrap();
    demo::create(&db).await.unwrap();
    db
}

on_both! {
    async fn a_stranger_checks_the_sample_from_its_file_alone(fixture: Fixture) {
        let db = sample(&fixture).await;
        let head = verify::head_of(&db, "COMMUNITY-A").await.unwrap().unwrap();
        db.close().await;
        let dir = tempfile::tempdir().unwrap();
        let path = exported(&fixture, "COMMUNITY-A", dir.path());
        let published = format!("{}:{}", head.seq, head.hash);
        let Some((whole, said)) = check(&path, &["--head", &published]) else {
            return eprintln!("skipped: there is no python3");
        };
        assert!(whole, "{said}");
        for line in ["56 entries with 205 postings", "CNY       POOL            11,900.00", "CNY       all             47,000.00"] {
            assert!(said.contains(line), "{said}");
        }
        // A fund in which nothing was ever booked has a journal, too.
        let empty = check(&exported(&fixture, "COMMUNITY-B", dir.path()), &[]).unwrap();
        assert!(empty.0, "{}", empty.1);

        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let forged = dir.path().join("forged.jsonl");
        for (what, tamper, reason) in TAMPERINGS {
            let mut changed = lines.clone();
            tamper(&mut changed);
            rewrite(&forged, &changed);
            let (whole, said) = check(&forged, &[]).unwrap();
            assert!(!whole && said.contains(reason), "{what}: {said}");
        }
        // A byte of an entry that is changed anywhere is found, or the line is no JSON any more.
        let start = text.find("{\"actorId\"").unwrap();
        let end = text.find("\"line\":\"holding\"").unwrap();
        for step in 0..12 {
            let mut bytes = text.clone().into_bytes();
            let at = start + (end - start) * step / 12;
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            std::fs::write(&forged, &bytes).unwrap();
            assert!(!check(&forged, &[]).unwrap().0, "byte {at}");
        }
        let (whole, said) = check(&path, &["--head", &format!("{}:{}", head.seq, "0".repeat(64))]).unwrap();
        assert!(!whole && said.contains("it was rewritten"), "{said}");
    }

    async fn every_kind_of_entry_passes_the_checker(fixture: Fixture) {
        let book = Book::open(&fixture.url).await;
        book.db.close().await;
        let dir = tempfile::tempdir().unwrap();
        for fund in ["EAST", "WEST"] {
            let Some((whole, said)) = check(&exported(&fixture, fund, dir.path()), &[]) else { return };
            assert!(whole, "{fund}: {said}");
        }
    }

    async fn the_journal_is_sent_to_those_who_may_read_it(fixture: Fixture) {
        sample(&fixture).await.close().await;
        let dir = tempfile::tempdir().unwrap();
        let file = std::fs::read(exported(&fixture, "COMMUNITY-A", dir.path())).unwrap();
        let token = |name: &str, more: &[&str]| {
            print(&[&["token", "create", "--database", &fixture.url, "--name", name][..], more].concat())
        };
        let auditor = token("Auditor", &["--role", "auditor", "--fund", "COMMUNITY-A"]);
        let other = token("Other", &["--role", "auditor", "--fund", "COMMUNITY-B"]);
        let server = Server::of(&fixture);
        let get = async |path: &str, token: Option<&str>, language: &str| {
            let mut request = reqwest::Client::new().get(server.url(path)).header("Accept-Language", language);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            request.send().await.unwrap()
        };
        let here = "/export/journal?fund=COMMUNITY-A";
        let sent = get(here, Some(&auditor), "zh-CN").await;
        assert_eq!(sent.status(), StatusCode::OK);
        let named = "attachment; filename=\"journal-COMMUNITY-A.jsonl\"; filename*=UTF-8''%E6%AD%A6%E6%B1%89%E8%B7%AF%E7%A4%BE%E5%8C%BA%E6%B2%BB%E7%90%86%E5%8F%91%E5%B1%95%E5%9F%BA%E9%87%91%E5%88%86%E5%BD%95.jsonl";
        assert_eq!(sent.headers()["content-disposition"], named);
        assert_eq!(sent.bytes().await.unwrap(), file, "as the command line writes it");
        for (path, token, status, code) in [
            (here, None, 401, "UNAUTHENTICATED"),
            (here, Some("cobuild_x"), 401, "UNAUTHENTICATED"),
            (here, Some(other.as_str()), 403, "FORBIDDEN"),
            ("/export/journal?fund=NOWHERE", Some(auditor.as_str()), 404, "NOT_FOUND"),
            ("/export/journal", Some(auditor.as_str()), 400, "BAD_USER_INPUT"),
        ] {
            let refused = get(path, token, "en").await;
            assert_eq!(refused.status(), status, "{path}");
            let body: Value = refused.json().await.unwrap();
            assert_eq!(body["errors"][0]["extensions"]["code"], code, "{body}");
        }
        server.stop();
        let unknown = run(&["export", "journal", "--database", &fixture.url, "--fund", "NOWHERE"]);
        assert_eq!((unknown.status.code(), stderr(&unknown)), (Some(1), "cobuild: fund: There is no such fund.\n"));
    }
}
