//! Imports over a socket: every door, what each refuses, and that nothing is booked twice by any of them.

use cobuild::{
    db::{Db, Sql as _},
    ledger::verify,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::door::Clerk;
use crate::support::{
    binary::{self, Server},
    on_both,
};

const LIST: &str = "捐赠者,金额（元）,日期,备注\n甲样例店,100,2026-02-01,\n乙样例店,50.5,2026-02-02,助老\n";

async fn receipts(url: &str) -> i64 {
    let db = Db::connect(url).await.unwrap();
    let (count,): (i64,) = db
        .sql(
            "SELECT COUNT(*) FROM receipt r JOIN entry e ON e.receipt_id = r.id
              WHERE NOT EXISTS (SELECT 1 FROM entry x WHERE x.reverses_id = e.id)",
        )
        .one()
        .await
        .unwrap();
    let report = verify::verify(&db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
    db.close().await;
    count
}

on_both! {
    async fn a_file_is_uploaded_planned_committed_and_taken_back(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let before = receipts(&fixture.url).await;
        let (upload, url) = clerk.stage().await;
        let start = json!({ "fundId": clerk.town.fund, "kind": "CONTRIBUTIONS", "uploadId": upload });
        let early = clerk.write("importStart", start.clone(), "importJob { id }").await;
        assert_eq!(early["userErrors"][0]["code"], "UPLOAD_MISSING");
        let sent = clerk.send(&url, LIST).await;
        assert_eq!(sent.status(), StatusCode::CREATED);
        let sent: Value = sent.json().await.unwrap();
        assert_eq!((&sent["id"], &sent["size"]), (&json!(upload), &json!(LIST.len())));
        let again: Value = clerk.send(&url, "else").await.json().await.unwrap();
        assert_eq!(again["error"]["code"], "CONFLICT");

        let started = clerk.write("importStart", start, "importJob { id state }").await;
        let id = started["importJob"]["id"].as_str().unwrap().to_owned();
        let planned = clerk.ended(&id).await;
        assert_eq!(planned["state"], "PLANNED", "{planned}");
        assert_eq!(planned["format"], "CSV, UTF-8");
        assert_eq!((&planned["counts"]["created"], &planned["counts"]["parties"]), (&json!(2), &json!(2)));
        assert_eq!(planned["createdTotal"]["amount"], "150.50");
        assert_eq!(receipts(&fixture.url).await, before, "a plan books nothing");

        let moved = clerk.write("importCommit", json!({ "importJobId": id, "planHash": "another" }), "importJob { id }").await;
        assert_eq!(moved["userErrors"][0]["code"], "PLAN_MOVED");
        assert_eq!(clerk.commit(&planned).await["userErrors"], json!([]));
        let committed = clerk.ended(&id).await;
        assert_eq!((&committed["state"], &committed["counts"]["created"]), (&json!("COMMITTED"), &json!(2)));
        assert_eq!(clerk.commit(&planned).await["userErrors"], json!([]), "asked again it changes nothing");
        assert_eq!(receipts(&fixture.url).await, before + 2);

        let result = clerk.get(committed["resultUrl"].as_str().unwrap()).await;
        assert!(result.headers()["content-disposition"].to_str().unwrap().contains("list.result.csv"));
        let result = result.text().await.unwrap();
        assert!(result.contains("甲样例店,100,2026-02-01,,created"), "{result}");

        let same = clerk.book("CONTRIBUTIONS", LIST.as_bytes(), json!({})).await;
        assert_eq!((&same["counts"]["unchanged"], &same["earlier"]["id"]), (&json!(2), &json!(id)));

        let undone = clerk.write("importUndo", json!({ "importJobId": id }), "importJob { state }").await;
        assert_eq!(undone["userErrors"], json!([]));
        assert_eq!(clerk.ended(&id).await["state"], "UNDONE");
        assert_eq!(receipts(&fixture.url).await, before);
        let undone = clerk.write("importUndo", json!({ "importJobId": id }), "importJob { state }").await;
        assert_eq!(undone["importJob"]["state"], "UNDONE", "asked again it changes nothing");
        let anew = clerk.book("CONTRIBUTIONS", LIST.as_bytes(), json!({})).await;
        assert_eq!(anew["counts"]["created"], 2, "what was taken back may be imported again");
        assert_eq!(receipts(&fixture.url).await, before + 2);
        clerk.server.stop();
    }

    async fn an_import_whose_money_was_spent_is_not_taken_back(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let booked = clerk.book("CONTRIBUTIONS", LIST.as_bytes(), json!({})).await;
        let allocate = json!({ "decisionId": clerk.town.decisions[0], "amount": { "amount": "6.00" },
            "effectiveOn": clerk.town.today, "memo": "All that was there, and more.", "idempotencyKey": "spend" });
        let spent = clerk.write("allocationMake", allocate, "allocation { id }").await;
        assert_eq!(spent["userErrors"], json!([]));
        let undone = clerk.write("importUndo", json!({ "importJobId": booked["id"] }), "importJob { state }").await;
        assert_eq!(undone["userErrors"][0]["code"], "IMPORT_MOVED_ON");
        assert!(undone["userErrors"][0]["message"].as_str().unwrap().starts_with("Row 2 cannot be taken back"), "{undone}");
        assert_eq!(clerk.job(booked["id"].as_str().unwrap()).await["state"], "COMMITTED");
        clerk.server.stop();
    }

    async fn what_moved_since_the_plan_is_a_conflict_and_then_a_new_plan(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let one = clerk.start("CONTRIBUTIONS", LIST.as_bytes(), json!({})).await;
        let other = clerk.start("CONTRIBUTIONS", format!("{LIST}\n").as_bytes(), json!({})).await;
        let (one, other) = (clerk.ended(&one).await, clerk.ended(&other).await);
        assert_eq!((&one["counts"]["created"], &other["counts"]["created"]), (&json!(2), &json!(2)));
        clerk.commit(&one).await;
        assert_eq!(clerk.ended(one["id"].as_str().unwrap()).await["state"], "COMMITTED");
        let before = receipts(&fixture.url).await;
        clerk.commit(&other).await;
        let conflicted = clerk.ended(other["id"].as_str().unwrap()).await;
        assert_eq!((&conflicted["state"], &conflicted["error"]["code"]), (&json!("CONFLICTED"), &json!("plan_moved")));
        assert_eq!((&conflicted["counts"]["created"], &conflicted["counts"]["unchanged"]), (&json!(0), &json!(2)));
        assert_ne!(conflicted["planHash"], other["planHash"]);
        clerk.commit(&conflicted).await;
        assert_eq!(clerk.ended(other["id"].as_str().unwrap()).await["state"], "COMMITTED");
        assert_eq!(receipts(&fixture.url).await, before);
        clerk.server.stop();
    }

    async fn refused_rows_are_told_by_row_and_the_others_booked_on_demand(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let before = receipts(&fixture.url).await;
        let faulty = format!("{LIST}丙样例店,-1,2026-02-03,\n,5,2026-02-03,\n");
        let id = clerk.start("CONTRIBUTIONS", faulty.as_bytes(), json!({})).await;
        let planned = clerk.ended(&id).await;
        assert_eq!((&planned["state"], &planned["counts"]["refused"]), (&json!("PLANNED"), &json!(2)));
        assert_eq!(clerk.commit(&planned).await["userErrors"][0]["code"], "IMPORT_REFUSED");
        let query = "query($id: ID!) { importJob(id: $id) { rows(outcome: REFUSED, first: 5) {
            edges { node { row outcome column code value message } } } } }";
        let rows = clerk.asker().read(query, json!({ "id": id })).await;
        let told: Vec<_> = rows["importJob"]["rows"]["edges"].as_array().unwrap().iter()
            .map(|edge| (edge["node"]["row"].as_i64().unwrap(), edge["node"]["code"].as_str().unwrap().to_owned())).collect();
        assert_eq!(told, [(4, "amount_negative".to_owned()), (5, "giver_missing".to_owned())]);
        let cancelled = clerk.write("importCancel", json!({ "importJobId": id }), "importJob { state }").await;
        assert_eq!(cancelled["importJob"]["state"], "CANCELLED");
        assert_eq!(clerk.commit(&planned).await["userErrors"][0]["code"], "IMPORT_STATE");

        let booked = clerk.book("CONTRIBUTIONS", faulty.as_bytes(), json!({ "continueOnError": true })).await;
        assert_eq!((&booked["state"], &booked["counts"]["created"], &booked["counts"]["refused"]), (&json!("COMMITTED"), &json!(2), &json!(2)));
        assert_eq!(receipts(&fixture.url).await, before + 2);
        let result = clerk.get(booked["resultUrl"].as_str().unwrap()).await.text().await.unwrap();
        assert!(result.contains("丙样例店,-1,2026-02-03,,refused,\"金额（元）: The amount is below zero"), "{result}");
        clerk.server.stop();
    }

    async fn the_plain_door_takes_a_file_and_gives_a_summary(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &["--upload-max-mib", "1"]).await;
        let before = receipts(&fixture.url).await;
        let (status, planned) = clerk.post("/import/contributions?fund=STORM&expectCount=2&expectTotal=150.50", LIST).await;
        assert_eq!((status, &planned["state"], &planned["created"]), (StatusCode::OK, &json!("planned"), &json!(2)), "{planned}");
        assert_eq!(receipts(&fixture.url).await, before);
        let (status, booked) = clerk.post("/import/contributions?fund=STORM&commit=true&file=june.csv", LIST).await;
        assert_eq!((status, &booked["state"], &booked["created"]), (StatusCode::OK, &json!("committed"), &json!(2)), "{booked}");
        assert_eq!(receipts(&fixture.url).await, before + 2);
        let (_, again) = clerk.post("/import/contributions?fund=STORM&commit=true", LIST).await;
        assert_eq!((&again["unchanged"], &again["earlier_import_job_id"]), (&json!(2), &booked["import_job_id"]));
        let place = format!("/imports/{}", booked["import_job_id"].as_str().unwrap());
        assert_eq!(clerk.get(&place).await.status(), StatusCode::OK);
        assert!(clerk.get(&format!("{place}/result")).await.text().await.unwrap().contains("created"));

        let large = vec![b'x'; (1 << 20) + 1];
        for (path, body, status, part) in [
            ("/import/contributions?fund=STORM&expectCount=3", LIST.as_bytes().to_vec(), 422, "count_differs"),
            ("/import/contributions?fund=STORM&expectTotal=1", LIST.as_bytes().to_vec(), 422, "total_differs"),
            ("/import/contributions?fund=STORM", b"no list".to_vec(), 422, "column_missing"),
            ("/import/contributions?fund=STORM", format!("{LIST}x,y,z,\n").into_bytes(), 422, "amount_unreadable"),
            ("/import/contributions?fund=STORM", vec![], 400, "the file is empty"),
            ("/import/contributions?fund=STORM", large.clone(), 413, "1 MiB"),
            ("/import/contributions?fund=NONE", LIST.as_bytes().to_vec(), 404, "no such fund"),
            ("/import/contributions", LIST.as_bytes().to_vec(), 400, "by its code"),
            ("/import/contributions?fund=STORM&comit=true", LIST.as_bytes().to_vec(), 400, "comit"),
            ("/import/everything?fund=STORM", LIST.as_bytes().to_vec(), 400, "bank-lines"),
        ] {
            let (got, told) = clerk.post(path, body).await;
            assert_eq!(got.as_u16(), status, "{path}: {told}");
            assert!(told.to_string().contains(part), "{path}: {told}");
        }
        let stranger = clerk.http.post(clerk.server.url("/import/contributions?fund=STORM")).body(LIST).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(clerk.http.get(clerk.server.url(&place)).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        let auditor = binary::print(&["token", "create", "--database", &fixture.url, "--name", "A", "--role", "auditor", "--fund", "STORM"]);
        let denied = clerk.http.post(clerk.server.url("/import/contributions?fund=STORM")).bearer_auth(&auditor).body(LIST);
        assert_eq!(denied.send().await.unwrap().status(), StatusCode::FORBIDDEN);
        assert_eq!(receipts(&fixture.url).await, before + 2);

        let (_, url) = clerk.stage().await;
        assert_eq!(clerk.send(&url, large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(clerk.send(&url, LIST).await.status(), StatusCode::CREATED, "it may be sent again");
        assert_eq!(clerk.send("/uploads/unknown", LIST).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(clerk.http.get(clerk.server.url(&url)).send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
        clerk.server.stop();
    }

    async fn a_mapping_is_kept_by_name(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let list = "谁,多少,何日\n甲样例店,7,2026-02-01\n";
        let save = json!({ "fundId": clerk.town.fund, "kind": "CONTRIBUTIONS", "name": "ours",
            "mapping": "giver = \"谁\"\namount = \"多少\"\ndate = \"何日\"\n" });
        for _ in 0..2 {
            let saved = clerk.write("importMappingSave", save.clone(), "mapping { name }").await;
            assert_eq!(saved["mapping"]["name"], "ours");
        }
        let booked = clerk.book("CONTRIBUTIONS", list.as_bytes(), json!({ "mappingName": "ours" })).await;
        assert_eq!(booked["counts"]["created"], 1);
        let (status, again) = clerk.post("/import/contributions?fund=STORM&mapping=ours", list).await;
        assert_eq!((status, &again["unchanged"]), (StatusCode::OK, &json!(1)));
        clerk.server.stop();
    }

    async fn a_thousand_lines_are_booked_once_however_they_come(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let before = receipts(&fixture.url).await;
        let rows: Vec<(String, String, String)> = (0..1_000)
            .map(|n| (format!("样例{:03}号店", n % 300), format!("2026-01-{:02}", n % 28 + 1), format!("{}.{:02}", n / 7 + 1, n % 100)))
            .collect();
        let csv = |rows: &[(String, String, String)]| {
            rows.iter().fold("捐赠者,日期,金额\n".to_owned(), |text, (name, day, yuan)| format!("{text}{name},{day},{yuan}\n"))
        };
        let first = clerk.book("CONTRIBUTIONS", csv(&rows).as_bytes(), json!({})).await;
        assert_eq!((&first["counts"]["created"], &first["counts"]["parties"]), (&json!(1_000), &json!(300)));
        assert_eq!(receipts(&fixture.url).await, before + 1_000);
        let mut reversed = rows.clone();
        reversed.reverse();
        let noted = rows.iter().fold("金额,捐赠者,用途,日期\n".to_owned(), |text, (name, day, yuan)| {
            format!("{text}{yuan},{name},助老餐桌,{day}\n")
        });
        let other = Server::start(&["serve", "--database", &fixture.url]);
        for (bytes, changed) in [(csv(&rows).into_bytes(), 0), (csv(&reversed).into_bytes(), 0), (workbook(&rows), 0), (noted.clone().into_bytes(), 1_000), (noted.into_bytes(), 0)] {
            // Two at once, so that on PostgreSQL each server may take one.
            let (one, two) = tokio::join!(clerk.start("CONTRIBUTIONS", &bytes, json!({})), clerk.start("CONTRIBUTIONS", &bytes, json!({})));
            let (one, two) = (clerk.ended(&one).await, clerk.ended(&two).await);
            tokio::join!(clerk.commit(&one), clerk.commit(&two));
            let mut told = 0;
            for job in [&one, &two] {
                let ended = clerk.ended(job["id"].as_str().unwrap()).await;
                let counts = &ended["counts"];
                assert_eq!((&counts["created"], &counts["refused"]), (&json!(0), &json!(0)), "{ended}");
                assert!(["COMMITTED", "CONFLICTED"].contains(&ended["state"].as_str().unwrap()), "{ended}");
                if ended["state"] == "COMMITTED" {
                    told += counts["changed"].as_i64().unwrap();
                }
            }
            assert_eq!(told, changed, "what is added is added once");
            assert_eq!(receipts(&fixture.url).await, before + 1_000);
        }
        other.stop();
        clerk.server.stop();
    }

    async fn two_servers_book_one_new_file_once(fixture: Fixture) {
        let clerk = Clerk::new(&fixture, &[]).await;
        let other = Server::start(&["serve", "--database", &fixture.url]);
        let before = receipts(&fixture.url).await;
        let list = (0..2_500).fold("giver,date,amount\n".to_owned(), |text, n| format!("{text}Shop {},2026-01-01,{}\n", n % 400, n + 1));
        let (one, two) = tokio::join!(
            clerk.start("CONTRIBUTIONS", list.as_bytes(), json!({})),
            clerk.start("CONTRIBUTIONS", list.as_bytes(), json!({}))
        );
        let (one, two) = (clerk.ended(&one).await, clerk.ended(&two).await);
        assert_eq!((&one["counts"]["created"], &two["counts"]["created"]), (&json!(2_500), &json!(2_500)));
        tokio::join!(clerk.commit(&one), clerk.commit(&two));
        let mut created = 0;
        for job in [&one, &two] {
            let ended = clerk.ended(job["id"].as_str().unwrap()).await;
            if ended["state"] == "COMMITTED" {
                created += ended["counts"]["created"].as_i64().unwrap();
            }
        }
        assert_eq!(created, 2_500);
        assert_eq!(receipts(&fixture.url).await, before + 2_500);
        other.stop();
        clerk.server.stop();
    }
}

/// The rows as a spreadsheet program saves them.
fn workbook(rows: &[(String, String, String)]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(["捐赠者", "日期", "金额"]) {
        sheet.write_string(0, column, name).unwrap();
    }
    for (at, (name, day, yuan)) in (1..).zip(rows) {
        sheet.write_string(at, 0, name).unwrap();
        sheet.write_string(at, 1, day).unwrap();
        sheet.write_number(at, 2, yuan.parse::<f64>().unwrap()).unwrap();
    }
    workbook.save_to_buffer().unwrap()
}
