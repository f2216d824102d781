//! Backups made while others write, restored, verified; a flipped byte is found.

use std::{fs, path::Path, process::Command};

use cobuild::{
    db::Db,
    ledger::verify::{self, PublishedHead},
};
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::Value;
use tokio::sync::watch;

use super::loss::{CLIENTS, DECIDED_FEN, check_books};
use crate::{
    storm::{
        client::{Answer, Asker, Dice, Operation},
        town::{self, Town},
    },
    support::{
        Fixture,
        binary::{self, Server, print_json, run, stderr},
        postgres::cluster,
        times,
    },
};

/// Backups in one storm.
const BACKUPS: u64 = 4;

/// Acknowledged between two of them.
const ACKNOWLEDGED_MIN: u64 = 20;

/// Bytes that are flipped, each in a copy of its own.
const FLIPS: u64 = 24;

/// Asks without pause until told to end.
async fn client(number: u64, town: &Town, asker: &Asker, done: &watch::Sender<u64>, end: watch::Receiver<bool>) {
    let mut dice = Dice(number);
    for at in 0.. {
        if *end.borrow() {
            return;
        }
        let operation = Operation::thrown(&mut dice, town, format!("{number}/{at}"));
        if let Answer::Done(_) = asker.send(&operation).await.unwrap() {
            done.send_modify(|count| *count += 1);
        }
    }
}

/// Lets clients write while `work` runs.
async fn while_writing<T>(asker: &Asker, town: &Town, work: impl AsyncFnOnce(watch::Receiver<u64>) -> T) -> T {
    let (done, end) = (watch::Sender::new(0), watch::Sender::new(false));
    let clients = join_all((0..CLIENTS).map(|number| client(number, town, asker, &done, end.subscribe())));
    let work = async {
        let worked = work(done.subscribe()).await;
        end.send_replace(true);
        worked
    };
    tokio::join!(clients, work).1
}

fn heads_of(backup: &Value) -> Vec<PublishedHead> {
    serde_json::from_value(backup["heads"].clone()).unwrap()
}

fn sum_is_right(dir: &Path, name: &str) -> bool {
    let check = Command::new("sha256sum").args(["--check", "--quiet", name]).current_dir(dir).output().unwrap();
    check.status.success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_others_write_is_whole_and_a_flipped_byte_in_it_is_found() {
    let fixture = Fixture::sqlite();
    let token = town::token(&["--database", &fixture.url]);
    let server = Server::start(&["serve", "--database", &fixture.url]);
    let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
    let town = Town::build(&asker, DECIDED_FEN).await;
    let dir = tempfile::tempdir().unwrap();
    let file = |number: u64| dir.path().join(format!("backup-{number}.db")).to_str().unwrap().to_owned();
    let live = Db::connect(&fixture.url).await.unwrap();
    let backups = while_writing(&asker, &town, async |mut count| {
        let mut backups = vec![];
        for number in 0..times(BACKUPS) {
            let more = *count.borrow() + ACKNOWLEDGED_MIN;
            count.wait_for(|count| *count >= more).await.unwrap();
            let to = file(number);
            let arguments = ["backup", "--database", &fixture.url, "--to", &to, "--output", "json"].map(str::to_owned);
            let backup = tokio::task::spawn_blocking(move || {
                print_json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
            });
            backups.push(backup.await.unwrap());
        }
        backups
    })
    .await;
    let mut seen = 0;
    for (number, backup) in (0..).zip(&backups) {
        let heads = heads_of(backup);
        assert!(heads[0].seq > seen, "each has more than the one before: {heads:?}");
        seen = heads[0].seq;
        assert!(verify::is_kept(&live, &heads[0]).await.unwrap(), "{heads:?}");
        assert!(sum_is_right(dir.path(), &format!("backup-{number}.db.sha256")));
        // A restored one is verified as any other, and has the head that was told.
        let restored = tempfile::tempdir().unwrap();
        fs::copy(file(number), restored.path().join("cobuild.db")).unwrap();
        let restored = restored.path().to_str().unwrap();
        let verified = print_json(&["verify", "--data-dir", restored, "--output", "json"]);
        assert_eq!(verified["clean"], true);
        assert_eq!(verified["heads"], backup["heads"]);
    }
    let last = backups.last().unwrap();
    heads_are_kept(&fixture.url, &heads_of(last)[0]);
    let again = run(&["backup", "--database", &fixture.url, "--to", &file(0)]);
    assert_eq!(again.status.code(), Some(3), "{}", stderr(&again));
    assert!(stderr(&again).contains("is not overwritten"), "{}", stderr(&again));
    // At rest, the copy's heads are the books'.
    let to = dir.path().join("rest.db");
    let rest = print_json(&["backup", "--database", &fixture.url, "--to", to.to_str().unwrap(), "--output", "json"]);
    assert_eq!(heads_of(&rest), check_books(&live, &heads_of(last)).await);
    let left: Vec<String> =
        fs::read_dir(dir.path()).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), 2 * (backups.len() + 1), "a file and its digest each: {left:?}");
    server.stop();
    live.close().await;
    let (digest, verified) = flip(&fs::read(&to).unwrap(), &heads_of(&rest)[0]);
    eprintln!(
        "backup: {} while {seen} entries were written; of {} flipped bytes the digest found {digest}, and verify {verified}",
        backups.len(),
        times(FLIPS)
    );
}

/// A head that was told earlier is compared by the command line; one that never was, is missed.
fn heads_are_kept(url: &str, head: &PublishedHead) {
    let given = |hash: &str| format!("{}={hash}", head.fund);
    let verify = |head: &str| run(&["verify", "--database", url, "--head", head]);
    let kept = verify(&given(&head.hash));
    assert_eq!(kept.status.code(), Some(0), "{}", stderr(&kept));
    let lost = verify(&given(&"0".repeat(64)));
    assert_eq!(lost.status.code(), Some(1));
    assert!(stderr(&lost).contains("but not with 1 of the 1 heads given"), "{}", stderr(&lost));
    assert_eq!(verify("nonsense").status.code(), Some(2));
    assert_eq!(verify(&format!("NOBODY={}", head.hash)).status.code(), Some(1));
}

/// Flips one byte in each of many copies: all are found by the digest, and what is sealed or structure by `verify`.
fn flip(whole: &[u8], head: &PublishedHead) -> (u64, u64) {
    let mut dice = Dice(8);
    let (mut digest, mut verified) = (0, 0);
    for number in 0..times(FLIPS) {
        let at = usize::try_from(dice.below(whole.len() as u64)).unwrap();
        let mut bytes = whole.to_vec();
        bytes[at] ^= 1 << dice.below(8);
        let (by_digest, by_verify) = found(&bytes, whole);
        digest += u64::from(by_digest);
        verified += u64::from(by_verify);
        assert!(by_digest, "flip {number} at {at}");
    }
    // A seal is told by `verify` alone.
    let seal = position(whole, head.hash.as_bytes()).expect("the head's seal is a text in the file");
    let mut bytes = whole.to_vec();
    bytes[seal] = if bytes[seal] == b'0' { b'1' } else { b'0' };
    assert!(found(&bytes, whole).1, "a changed seal is told");
    // And the control: nothing is told of the copy as it is.
    assert!(!found(whole, whole).1);
    (digest, verified)
}

fn position(whole: &[u8], text: &[u8]) -> Option<usize> {
    whole.windows(text.len()).position(|window| window == text)
}

/// Whether the digest differs, and whether `verify` tells something.
fn found(bytes: &[u8], whole: &[u8]) -> (bool, bool) {
    use sha2::{Digest as _, Sha256};
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cobuild.db"), bytes).unwrap();
    let output = binary::run(&["verify", "--data-dir", dir.path().to_str().unwrap(), "--output", "json"]);
    (Sha256::digest(bytes) != Sha256::digest(whole), !output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_postgres_made_while_others_write_is_whole() {
    let Some(fixture) = Fixture::postgres("dumped").await else { return };
    let cluster = cluster().unwrap();
    let said = run(&["backup", "--database", &fixture.url, "--to", "books.db"]);
    assert!(stderr(&said).contains("pg_dump") || said.status.code() == Some(2), "{}", stderr(&said));
    let Some(dump) = cluster.tool("pg_dump") else {
        assert!(std::env::var_os("CI").is_none(), "pg_dump was not found, and CI is set");
        eprintln!("skipped: pg_dump was not found");
        return;
    };
    let restore = cluster.tool("pg_restore").unwrap();
    let token = town::token(&["--database", &fixture.url]);
    let server = Server::start(&["serve", "--database", &fixture.url]);
    let asker = Asker::new(&Http::new(), server.url("/graphql"), &token);
    let town = Town::build(&asker, DECIDED_FEN).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("books.dump");
    while_writing(&asker, &town, async |mut count| {
        count.wait_for(|count| *count >= ACKNOWLEDGED_MIN).await.unwrap();
        let mut dump = Command::new(dump);
        dump.args(["--format=custom", "--file"]).arg(&file).arg(&fixture.url);
        let done = tokio::task::spawn_blocking(move || dump.output().unwrap()).await.unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
        let more = *count.borrow() + ACKNOWLEDGED_MIN;
        count.wait_for(|count| *count >= more).await.unwrap();
    })
    .await;
    let restored = cluster.create_database("restored").await;
    let done =
        Command::new(restore).arg("--exit-on-error").arg(format!("--dbname={restored}")).arg(&file).output().unwrap();
    assert!(done.status.success(), "{}", stderr(&done));
    let verified = print_json(&["verify", "--database", &restored, "--output", "json"]);
    assert_eq!(verified["clean"], true);
    let heads: Vec<PublishedHead> = serde_json::from_value(verified["heads"].clone()).unwrap();
    let live = Db::connect(&fixture.url).await.unwrap();
    let now = check_books(&live, &heads).await;
    assert!(heads[0].seq >= 10 && heads[0].seq < now[0].seq, "the dump is of a moment in between");
    eprintln!("backup: pg_dump at entry {} of {}", heads[0].seq, now[0].seq);
    live.close().await;
    server.stop();
    cluster.drop_database(&restored).await;
    cluster.drop_database(&fixture.url).await;
}
