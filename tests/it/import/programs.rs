//! Programs that import through a server: the command line, and the example that a scheduler runs.

use std::{
    path::Path,
    process::{Command, Output},
};

use cobuild::{
    db::{Db, Sql as _},
    id::{GlobalId, NodeKind},
};
use serde_json::{Value, json};

use super::door::Clerk;
use crate::support::{binary, on_both};

/// What the script prints, where it ends with `code`.
async fn run(clerk: &Clerk, token: &str, more: &[&str], code: i32) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bulk_import.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["--fund", "STORM", "--url", &clerk.server.url("")]).args(more);
    command.env("COBUILD_TOKEN", token);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}{told}");
    serde_json::from_str(said.trim()).unwrap_or(Value::Null)
}

fn path(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// `cobuild import` through the clerk's server.
async fn import(server: &str, token: &str, more: &[&str]) -> Output {
    let mut command = binary::cobuild();
    command.args(["import", "contributions", "--fund", "STORM", "--server", server]).args(more);
    command.env("COBUILD_TOKEN", token).env("LC_ALL", "C");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

on_both! {
    async fn the_command_line_imports_through_a_server(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let server = clerk.server.url("");
        let folder = tempfile::tempdir().unwrap();
        let list = path(folder.path(), "june.csv", "谁,日期,金额\n甲样例店,2026-01-05,10.50\n乙样例店,2026-01-06,20\n");
        let map = path(folder.path(), "june.map.toml", "giver = \"谁\"\n");
        let result = folder.path().join("result.csv");
        let file = [list.as_str(), "--map", &map, "--expect-count", "2", "--expect-total", "30.50"];
        let commit = [&file[..], &["--commit", "--result", result.to_str().unwrap()]].concat();
        for (arguments, said) in [
            (&file[..], "would be: 2 new (¥30.50)"),
            (&commit[..], "Booked: 2 new (¥30.50)"),
            (&commit[..], "0 new (¥0.00), 0 completed, 2 known already"),
        ] {
            let done = import(&server, &clerk.token, arguments).await;
            let text = binary::stdout(&done);
            assert_eq!(done.status.code(), Some(0), "{text}{}", binary::stderr(&done));
            assert!(text.contains(said), "{text}");
        }
        assert!(std::fs::read_to_string(&result).unwrap().contains("甲样例店,2026-01-05,10.50,"));
        let wrong = path(folder.path(), "wrong.csv", "giver,date,amount\nA,2026-01-05,ten\n");
        for (server, token, arguments, code, said) in [
            (server.as_str(), "cobuild_wrong", &file[..], 4, ""),
            (&server, &clerk.token, &[&wrong, "--commit"][..], 1, "1 of 1 rows were refused; nothing was booked"),
            (&server, &clerk.token, &[&list, "--map", &map, "--expect-count", "3"][..], 1, "the file was refused"),
            (&server, "", &file[..], 2, "--server needs a token"),
            ("nowhere", &clerk.token, &file[..], 2, "write http://HOST:PORT"),
            ("http://127.0.0.1:1", &clerk.token, &file[..], 5, "cannot be reached"),
        ] {
            let done = import(server, token, arguments).await;
            let told = binary::stderr(&done);
            assert_eq!(done.status.code(), Some(code), "{arguments:?}: {told}");
            assert!(told.contains(said), "{told}");
        }
        clerk.server.stop();
    }

    async fn a_command_whose_import_somebody_else_stops_ends_as_a_conflict(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let folder = tempfile::tempdir().unwrap();
        let rows = (0..20_000).fold("giver,date,amount\n".to_owned(), |text, n| format!("{text}Shop {n},2026-01-05,{}\n", n + 1));
        let list = path(folder.path(), "long.csv", &rows);
        let db = Db::connect(&fixture.url).await.unwrap();
        let stop = async {
            let id = loop {
                let found: Vec<(i64,)> = db.sql("SELECT id FROM import_job WHERE state IN ('QUEUED', 'PLANNING')").all().await.unwrap();
                if let Some((id,)) = found.first() {
                    break GlobalId::new(NodeKind::ImportJob, *id).to_string();
                }
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            };
            clerk.write("importCancel", json!({ "importJobId": id }), "importJob { state }").await
        };
        let address = clerk.server.url("");
        let arguments = [list.as_str(), "--commit"];
        let (done, stopped) = tokio::join!(import(&address, &clerk.token, &arguments), stop);
        assert_eq!(stopped["importJob"]["state"], "CANCELLED", "{stopped}");
        let told = binary::stderr(&done);
        assert_eq!(done.status.code(), Some(3), "{told}");
        assert!(told.contains("somebody stopped the import"), "{told}");
        db.close().await;
        clerk.server.stop();
    }

    async fn a_scheduler_imports_a_file_and_may_do_it_again(fixture: Fixture) {
        if Command::new("python3").arg("--version").output().is_err() {
            println!("skipped: there is no python3 to run the example with");
            return;
        }
        let clerk = Clerk::new(&fixture, &[]).await;
        let folder = tempfile::tempdir().unwrap();
        let list = path(folder.path(), "june.csv", "捐赠者,日期,金额\n甲样例店,2026-01-05,10.50\n乙样例店,2026-01-06,20\n");
        let result = folder.path().join("result.csv");
        let file = ["contributions", list.as_str(), "--expect-count", "2", "--expect-total", "30.50"];
        let commit = [&file[..], &["--commit", "--result", result.to_str().unwrap()]].concat();
        let planned = run(&clerk, &clerk.token, &file, 0).await;
        assert_eq!((&planned["state"], &planned["created"]), (&json!("PLANNED"), &json!(2)));
        let booked = run(&clerk, &clerk.token, &commit, 0).await;
        assert_eq!((&booked["state"], &booked["created"], &booked["total"]), (&json!("COMMITTED"), &json!(2), &json!("30.50")));
        assert!(std::fs::read_to_string(&result).unwrap().contains("甲样例店,2026-01-05,10.50,"));
        let again = run(&clerk, &clerk.token, &commit, 0).await;
        assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)));
        run(&clerk, &clerk.token, &["contributions", &list, "--expect-count", "3", "--commit"], 1).await;
        let wrong = path(folder.path(), "wrong.csv", "捐赠者,日期,金额\n甲样例店,2026-01-05,ten\n");
        assert_eq!(run(&clerk, &clerk.token, &["contributions", &wrong, "--commit"], 1).await["refused"], 1);
        run(&clerk, "cobuild_wrong", &commit, 4).await;
        clerk.server.stop();
    }
}
