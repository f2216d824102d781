//! A list of any length is planned and booked in the same memory: the whole path, from the file to the books.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use super::killed::each_once;
use crate::{
    storm::town,
    support::{
        binary::{self, Server},
        on_both, times,
    },
};
use cobuild::db::Db;

const FEW: usize = 6_000;
const MANY: usize = 60_000;

/// What ten times the lines may take besides: the pages of a larger database that SQLite's two caches still have room
/// for, and less than the lines take by themselves.
const MORE_BYTES_MAX: u64 = 32 << 20;

/// Runs a command that must succeed, and gives what it had in memory at most, in bytes; `None` where the system does
/// not say.
async fn peak(mut command: Command) -> Option<u64> {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        let read = std::fs::read_to_string(&status).unwrap_or_default();
        let line = read.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = kib.map(|kib| kib * 1024).max(peak);
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert!(ended.success(), "{command:?}");
    peak
}

/// A list of made-up gifts whose numbers begin with `name`.
fn list(name: &str, lines: usize) -> String {
    (0..lines).fold("giver,date,amount,reference\n".to_owned(), |mut text, line| {
        let (shop, day, yuan) = (line % 500, line % 28 + 1, line % 900 + 1);
        let _ = writeln!(text, "Shop {shop},2026-01-{day:02},{yuan}.00,{name} {line}");
        text
    })
}

on_both! {
    async fn ten_times_the_lines_take_no_more_memory(fixture: Fixture) {
        let token = town::token(&["--database", &fixture.url]);
        let server = Server::of(&fixture);
        let asker = crate::storm::client::Asker::new(&reqwest::Client::new(), server.url("/graphql"), &token);
        town::Town::build(&asker, 1_000).await;
        server.stop();
        let folder = tempfile::tempdir().unwrap();
        let import = async |name: &str, lines: usize| {
            let path = folder.path().join(format!("{name}.csv"));
            std::fs::write(&path, list(name, lines)).unwrap();
            let mut command = binary::cobuild();
            let path = path.to_str().unwrap();
            command.args(["import", "contributions", path, "--fund", "STORM", "--source", name, "--commit"]);
            command.args(["--database", &fixture.url]);
            peak(command).await
        };
        let many = MANY * usize::try_from(times(1)).unwrap();
        // The first one makes what all need.
        import("first", 2_000).await;
        let (few, lots) = (import("few", FEW).await, import("many", many).await);
        let db = Db::connect(&fixture.url).await.unwrap();
        assert_eq!(each_once(&db, (0..FEW).map(|line| format!("few {line}"))).await, Ok(()));
        assert_eq!(each_once(&db, (0..many).map(|line| format!("many {line}"))).await, Ok(()));
        db.close().await;
        let (Some(few), Some(lots)) = (few, lots) else { return crate::support::skipped("the system does not say how much memory is used") };
        eprintln!("{:?}: {} KiB for {FEW} lines, {} KiB for {many}", fixture.engine, few / 1024, lots / 1024);
        assert!(lots <= few + MORE_BYTES_MAX, "{few} bytes for {FEW} lines, {lots} for {many}");
    }
}

#[tokio::test]
async fn what_a_process_takes_is_seen() {
    let take = async |size: &str| {
        let mut command = Command::new("dd");
        command.args(["if=/dev/zero", "of=/dev/null", &format!("bs={size}"), "count=1"]).stderr(Stdio::null());
        command.arg("iflag=fullblock");
        peak(command).await
    };
    let Some(much) = take("256M").await else { return };
    let little = take("1M").await.unwrap_or_default();
    assert!(much > little + MORE_BYTES_MAX, "{much} bytes are more than {little}");
}
