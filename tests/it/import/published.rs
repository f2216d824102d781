//! A real published list, from its file to what the largest giver's money paid; an import that is
//! interrupted; and how fast it goes.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use async_graphql::Variables;
use cobuild::{error::Language, import::job::State, viewer::Request};
use serde_json::{Value, json};

use super::books::{Books, Mode, Rows, file};
use crate::{
    support::{on_both, skipped},
    world::{FOR, decision, mutation, with},
};

/// What the real list adds up to, in fen.
const TOTAL_FEN: i64 = 53_761_006_663;

/// The real list and its twin in GB18030, which are no part of the repository.
fn real() -> Option<[Vec<u8>; 2]> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("COBUILD_DATA").map(PathBuf::from);
    let near = ["../shared/data", "../../shared/data"].map(|path| here.join(path));
    let names = ["hubei_redcross_2020_orgs_only.csv", "hubei_redcross_2020_orgs_only.gb18030.csv"];
    let folder = named.into_iter().chain(near).find(|path| names.iter().all(|name| path.join(name).exists()));
    if folder.is_none() {
        skipped("no folder of real lists; set COBUILD_DATA to one");
    }
    folder.map(|folder| names.map(|name| std::fs::read(folder.join(name)).unwrap()))
}

/// What the operator is answered by the whole graph.
async fn ask(books: &Books, query: &str, variables: Value) -> Value {
    let request = Request::new(books.world.db.clone(), books.world.clock.clone(), books.operator(), Language::En);
    let query = async_graphql::Request::new(query).variables(Variables::from_json(variables)).data(request);
    let response = cobuild::api::schema::build().execute(query).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()
}

/// The object that the mutation `name` makes, without refusals.
async fn make(books: &Books, name: &str, input: Value, object: &str) -> Value {
    let mut answer = ask(books, &mutation(name, object), json!({ "input": input })).await;
    assert_eq!(answer[name]["userErrors"], json!([]), "{name}");
    answer[name].take()
}

/// Decides to spend all of it on one project, and pays one expense.
async fn spend(books: &Books) {
    books.world.advance(&books.ids.project, "APPROVED", "2026-03-11").await;
    books.world.advance(&books.ids.project, "UNDERWAY", "2026-03-12").await;
    let all = json!({ "amount": "537610066.63" });
    let decided = with(decision(&books.ids, "2026-1", &FOR), json!({ "amount": all }));
    let decided = make(books, "decisionRecord", decided, "decision { id }").await;
    let allocated = json!({
        "decisionId": decided["decision"]["id"], "amount": all, "effectiveOn": "2026-03-12", "memo": "All of it",
        "idempotencyKey": "allocate",
    });
    make(books, "allocationMake", allocated, "allocation { id }").await;
    let paid = json!({
        "targetId": books.ids.project, "payeeId": books.ids.merchant, "amount": all, "incurredOn": "2026-04-01",
        "note": "Masks", "evidence": [{ "kind": "INVOICE", "sha256": "ab".repeat(32), "name": "invoice.pdf" }],
        "idempotencyKey": "pay",
    });
    make(books, "expenseRecord", paid, "expense { id }").await;
}

on_both! {
    async fn a_real_list_is_booked_once_and_traced_to_what_it_paid(fixture: Fixture) {
        let Some([utf8, gb18030]) = real() else { return };
        let books = Books::new(&fixture).await;
        let before = books.counts().await;
        let tried = Instant::now();
        let dry = books.import(&utf8, Mode::DryRun).await;
        let tried = tried.elapsed();
        assert_eq!((dry.created, dry.created_fen), (730, TOTAL_FEN));
        assert_eq!(books.counts().await, before);
        let booking = Instant::now();
        let booked = books.import(&utf8, Mode::Commit).await;
        let booking = booking.elapsed();
        assert_eq!((booked.state, booked.refused), (State::Committed, 0));
        assert_eq!((booked.rows, booked.created, booked.created_fen), (730, 730, TOTAL_FEN));
        assert_eq!(booked.repeated, 11);
        assert_eq!(booked.parties_created, dry.parties_created);
        assert_eq!(books.pool_fen().await, TOTAL_FEN);
        let after = books.counts().await;
        assert_eq!(after.receipt - before.receipt, 730);
        let again = Instant::now();
        for twin in [&gb18030, &utf8] {
            let twin = books.import(twin, Mode::Commit).await;
            assert_eq!((twin.created, twin.unchanged, twin.parties_created), (0, 730, 0));
        }
        let again = again.elapsed() / 2;
        assert_eq!(books.counts().await, after);

        let spending = Instant::now();
        spend(&books).await;
        let spending = spending.elapsed();
        let (name, fen) = books.given().await.into_iter().max_by_key(|(_, fen)| *fen).unwrap();
        let query = "query($name: String!) { parties(first: 2, search: $name) { edges { node { ... on PartnerUnit { name
            giving { received { amount } spent { amount } waiting { amount } }
            fundedExpenses(first: 5) { edges { amount { amount } node { note amount { amount } target { ... on Project { code } } } } }
        } } } } }";
        let traced = ask(&books, query, json!({ "name": name })).await;
        let giver = &traced["parties"]["edges"][0]["node"];
        let amount = format!("{}.{:02}", fen / 100, fen % 100);
        assert_eq!(giver["name"], name.as_str());
        assert_eq!(giver["giving"], json!({ "received": { "amount": amount }, "spent": { "amount": amount }, "waiting": { "amount": "0.00" } }));
        let expense = &giver["fundedExpenses"]["edges"][0];
        assert_eq!(expense["amount"]["amount"], amount.as_str());
        assert_eq!(expense["node"], json!({ "note": "Masks", "amount": { "amount": "537610066.63" }, "target": { "code": "P1" } }));
        let checking = Instant::now();
        books.assert_clean().await;
        println!(
            "{:?}: {} givers; dry run {tried:?}, commit {booking:?}, again {again:?}, spend {spending:?}, verify {:?}; {name} gave {amount}",
            fixture.engine, booked.parties_created, checking.elapsed()
        );
    }

    async fn two_imports_of_one_file_at_once_book_it_once(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let rows: Rows = (0..1_200).map(|n| (format!("Unit {}", n % 300), 1 + n, String::new())).collect();
        let text = file(&rows);
        let operator = books.operator();
        let import = || books.import_as(&operator, text.as_bytes(), Mode::Commit);
        let (one, other) = tokio::join!(import(), import());
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.created + other.created, 1_200);
        assert_eq!(one.parties_created + other.parties_created, 300);
        assert_eq!((one.created + one.unchanged, other.created + other.unchanged), (1_200, 1_200));
        assert_eq!(books.counts().await.receipt, 1_200);
        books.assert_clean().await;
    }

    async fn five_thousand_rows_in_a_measured_time(fixture: Fixture) {
        let books = Books::new(&fixture).await;
        let rows: Rows = (0..5_000).map(|n| (format!("Unit {}", n % 2_000), 1 + n, format!("Note {}", n % 50))).collect();
        let text = file(&rows);
        let mut told = format!("{:?}:", fixture.engine);
        for (what, mode) in [("dry run", Mode::DryRun), ("commit", Mode::Commit), ("again", Mode::Commit)] {
            let (started, statements) = (Instant::now(), books.world.db.statements());
            let summary = books.import(text.as_bytes(), mode).await;
            let micros = started.elapsed().as_micros().max(1);
            told += &format!(
                " {what} {} rows/s ({} created, {} statements)",
                5_000_000_000 / micros, summary.created, books.world.db.statements() - statements
            );
        }
        println!("{told}");
        assert_eq!(books.counts().await.receipt, 5_000);
    }
}
