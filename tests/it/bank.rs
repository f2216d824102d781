//! What the bank says beside what the books say: recorded once, matched to the fen, reconciled by the day.

use cobuild::{
    db::Db,
    error::Language,
    ledger::verify::{self, Check},
};
use serde_json::{Value, json};

use crate::{
    socket::{Site, bank_lines, bank_match, gift, receive, reverse},
    support::on_both,
};

const RECONCILED: &str = "query($fund: ID!, $on: Date!) { node(id: $fund) { ... on Fund { reconciliation(on: $on) {
    bank { amount } books { amount } difference { amount } linesUnmatched { amount } linesUnmatchedCount
    entriesUnmatched { amount } onItsWay { amount } hasBankLines agrees } } } }";
const HOST: &str = "query($host: ID!, $on: Date!) { node(id: $host) { ... on Host { reconciliation(on: $on) {
    bank { amount } books { amount } control { amount } difference { amount } agrees }
    bankLines(first: 9) { edges { node { reference fund { code } match { entries { fund { code } } } } } } } } }";

/// What a reconciliation says: bank, books, difference, lines and entries unmatched, on its way, whether all agrees.
fn sums(reconciliation: &Value) -> (Vec<String>, bool) {
    let names = ["bank", "books", "difference", "linesUnmatched", "entriesUnmatched", "onItsWay"];
    let amounts = names.map(|name| reconciliation[name]["amount"].as_str().unwrap().to_owned());
    (amounts.to_vec(), reconciliation["agrees"].as_bool().unwrap())
}

async fn reconciled(site: &Site, on: &str) -> (Vec<String>, bool) {
    let read = site.ask(Some(&site.officer), "en", RECONCILED, json!({ "fund": "@F1", "on": on })).await;
    sums(&read["data"]["node"]["reconciliation"])
}

/// Records lines of F1's account and calls them by their references.
async fn recorded(site: &mut Site, lines: &[(&str, &str, &str)]) {
    let read = site
        .mutate(
            Some(&site.officer),
            "en",
            "bankLineRecord",
            &bank_lines("@F1", "6217", lines),
            "knownCount bankLines { id reference }",
        )
        .await;
    let payload = &read["data"]["bankLineRecord"];
    assert_eq!(payload["userErrors"], json!([]), "{read}");
    for line in payload["bankLines"].as_array().unwrap() {
        site.name(line["reference"].as_str().unwrap(), &line["id"]);
    }
}

async fn check(url: &str) -> Check {
    let db = Db::connect(url).await.unwrap();
    let report = verify::verify(&db, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    db.close().await;
    report.checks.into_iter().find(|check| check.id == "I15").unwrap()
}

on_both! {
    async fn a_fund_agrees_with_its_bank_once_every_line_and_entry_is_matched(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        // In came 100, 40 and 20, and 7 that was undone; out went 24. The bank has said 100 and −24.
        let sum = |texts: [&str; 6]| texts.map(str::to_owned).to_vec();
        assert_eq!(reconciled(&site, "2024-12-31").await, (sum(["76.00", "136.00", "-60.00", "-24.00", "36.00", "0.00"]), false));
        // On the first of March the books were ahead of the bank, by 100 that came the next day.
        assert_eq!(reconciled(&site, "2024-03-01").await, (sum(["0.00", "167.00", "-167.00", "0.00", "67.00", "-100.00"]), false));
        let said = check(&fixture.url).await.sentence(Language::En);
        assert!(said.ends_with("(1 of 2 funds have bank lines; 1 of 2 lines and 3 entries of those funds are not matched yet)"), "{said}");

        let query = "query($fund: ID!) { node(id: $fund) { ... on Fund {
            bankLines(first: 9, matched: false) { edges { node { reference counterparty suggestions { seq kind } } } }
            unmatchedEntries(first: 9) { edges { node { seq } } } } } }";
        let read = site.ask(Some(&site.officer), "en", query, json!({ "fund": "@F1" })).await;
        let lines = &read["data"]["node"]["bankLines"]["edges"];
        assert_eq!(*lines, json!([{ "node": { "reference": "B2", "counterparty": "Somebody", "suggestions": [{ "seq": 7, "kind": "PAY" }] } }]));
        let open = &read["data"]["node"]["unmatchedEntries"]["edges"];
        assert_eq!(*open, json!([{ "node": { "seq": 2 } }, { "node": { "seq": 4 } }, { "node": { "seq": 7 } }]));

        // One to one; one entry in two lines; and the last.
        recorded(&mut site, &[("B3", "2024-03-03", "25.00"), ("B4", "2024-03-04", "15.00"), ("B5", "2024-03-04", "20.00")]).await;
        site.add("m2", "bankLineMatch", "match", bank_match(&["@line 2"], &["@entry 7"])).await;
        site.add("m3", "bankLineMatch", "match", bank_match(&["@B3", "@B4"], &["@entry 2"])).await;
        assert_eq!(reconciled(&site, "2024-12-31").await, (sum(["136.00", "136.00", "0.00", "20.00", "20.00", "0.00"]), false));
        site.add("m4", "bankLineMatch", "match", bank_match(&["@B5"], &["@entry 4"])).await;
        assert_eq!(reconciled(&site, "2024-12-31").await, (sum(["136.00", "136.00", "0.00", "0.00", "0.00", "0.00"]), true));
        assert!(!reconciled(&site, "2024-03-03").await.1);
        let said = check(&fixture.url).await.sentence(Language::Zh);
        assert!(said.starts_with("I15 通过") && said.contains("5 条流水中 0 条"), "{said}");

        // The same statement again changes nothing, and neither does the same match.
        let before = site.fingerprint().await;
        let again = bank_lines("@F1", "6217", &[("B3", "2024-03-03", "25.00"), ("B4", "2024-03-04", "15.00")]);
        let read = site.mutate(Some(&site.officer), "en", "bankLineRecord", &again, "knownCount bankLines { id }").await;
        assert_eq!(read["data"]["bankLineRecord"]["knownCount"], 2, "{read}");
        site.add("m3 again", "bankLineMatch", "match", bank_match(&["@B4", "@B3"], &["@entry 2"])).await;
        assert_eq!(site.named("@m3 again"), site.named("@m3"));
        assert_eq!(site.fingerprint().await, before);
        site.close().await;
    }

    async fn the_host_agrees_when_its_funds_together_are_what_its_bank_says(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        // A collection of 35: 5 for one fund, 30 for the other, in one line of the host's account.
        let five = receive("five", "@F1", json!([gift("@unit", "5.00", Value::Null)]));
        site.add("five", "contributionReceive", "contribution", five).await;
        let query = "query($f1: ID!, $f2: ID!) { a: node(id: $f1) { ... on Fund { entries(last: 1) { edges { node { id } } } } }
            b: node(id: $f2) { ... on Fund { entries(first: 1) { edges { node { id } } } } } }";
        let read = site.ask(Some(&site.officer), "en", query, json!({ "f1": "@F1", "f2": "@F2" })).await;
        for (name, at) in [("five entry", "a"), ("thirty entry", "b")] {
            site.name(name, &read["data"][at]["entries"]["edges"][0]["node"]["id"].clone());
        }
        let line = json!({ "reference": "H1", "bookedOn": "2024-03-05", "amount": { "amount": "35.00" } });
        let host = json!({ "hostId": "@host", "account": "0001", "lines": [line] });
        let read = site.mutate(Some(&site.officer), "en", "bankLineRecord", &host, "bankLines { id }").await;
        site.name("H1", &read["data"]["bankLineRecord"]["bankLines"][0]["id"].clone());
        // A line of the host's account is not one of a fund's.
        let mixed = bank_match(&["@line 2", "@H1"], &["@five entry"]);
        let read = site.mutate(Some(&site.officer), "en", "bankLineMatch", &mixed, "").await;
        assert_eq!(read["data"]["bankLineMatch"]["userErrors"][0]["code"], "ANOTHER_FUND", "{read}");
        site.add("m", "bankLineMatch", "match", bank_match(&["@H1"], &["@five entry", "@thirty entry"])).await;
        recorded(&mut site, &[("B3", "2024-03-03", "60.00")]).await;
        site.add("m2", "bankLineMatch", "match", bank_match(&["@line 2"], &["@entry 7"])).await;
        site.add("m3", "bankLineMatch", "match", bank_match(&["@B3"], &["@entry 2", "@entry 4"])).await;
        assert!(reconciled(&site, "2024-12-31").await.1, "the fund's part of the collection is in its bank");
        let read = site.ask(Some(&site.officer), "en", HOST, json!({ "host": "@host", "on": "2024-12-31" })).await;
        let host = &read["data"]["node"];
        let sums = ["bank", "books", "control", "difference"].map(|name| host["reconciliation"][name]["amount"].as_str().unwrap().to_owned());
        assert_eq!(sums, ["171.00", "171.00", "171.00", "0.00"]);
        assert_eq!(host["reconciliation"]["agrees"], true);
        let lines = &host["bankLines"]["edges"];
        let expected = json!({ "reference": "H1", "fund": null, "match": { "entries": [{ "fund": { "code": "F1" } }, { "fund": { "code": "F2" } }] } });
        assert_eq!(*lines, json!([{ "node": expected }]));
        assert_eq!(check(&fixture.url).await.broken_count, 0);
        site.close().await;
    }

    async fn a_payment_that_the_bank_took_back_is_matched_with_its_reversal(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        site.add("paid", "bankLineMatch", "match", bank_match(&["@line 2"], &["@entry 7"])).await;
        let refused = site.mutate(Some(&site.officer), "en", "entryReverse", &reverse("taken back", "@entry 7"), "").await;
        assert_eq!(refused["data"]["entryReverse"]["userErrors"][0]["code"], "BANK_MATCHED", "{refused}");
        let input = json!({ "matchId": "@paid", "note": "The bank took it back." });
        for _ in 0..2 {
            let read = site.mutate(Some(&site.officer), "en", "bankLineUnmatch", &input, "match { unmatchedAt note }").await;
            assert_ne!(read["data"]["bankLineUnmatch"]["match"]["unmatchedAt"], Value::Null, "{read}");
        }
        site.add("undone", "entryReverse", "reversal", reverse("taken back", "@entry 7")).await;
        recorded(&mut site, &[("B3", "2024-04-02", "24.00")]).await;
        let alone = bank_match(&["@line 2"], &["@entry 7"]);
        let read = site.mutate(Some(&site.officer), "en", "bankLineMatch", &alone, "").await;
        assert_eq!(read["data"]["bankLineMatch"]["userErrors"][0]["code"], "ENTRY_UNDONE", "{read}");
        site.add("both", "bankLineMatch", "match", bank_match(&["@line 2", "@B3"], &["@entry 7", "@undone"])).await;
        let (sums, _) = reconciled(&site, "2024-12-31").await;
        assert_eq!(sums, ["100.00", "160.00", "-60.00", "0.00", "60.00", "0.00"]);
        // Lines of the bank that cancel each other out need no entry.
        recorded(&mut site, &[("B4", "2024-04-03", "9.00"), ("B5", "2024-04-03", "-9.00")]).await;
        site.add("error", "bankLineMatch", "match", bank_match(&["@B4", "@B5"], &[])).await;
        assert_eq!(reconciled(&site, "2024-12-31").await.0, sums);
        assert_eq!(check(&fixture.url).await.broken_count, 0);
        site.close().await;
    }
}
