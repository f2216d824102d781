//! The same request many times at once, from many clients: one effect, and the same answer to everybody, byte by byte.
//!
//! Every mutation that takes a key is tried; the SDL says which these are.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use cobuild::api::schema;
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::{Value, json};

use crate::{
    socket::{
        Site, allocate, ballot, credit, decide, gift,
        grants::{grant_award, grant_contract},
        motion_close, move_money, offer, pay, receive, refund, relot, reverse, sold, swap, transfer, with, write_off,
        yuan,
    },
    support::{on_both, times},
};

const CLIENTS: usize = 8;

/// How many of one request are sent at once, where nobody asks for more.
const AT_ONCE: [usize; 4] = [1, 2, 7, 20];

/// A request to a mutation under a key, and what is selected of its payload.
type Case = (&'static str, fn(&str) -> Value, &'static str);

/// One request to each mutation that takes a key, on a filled [`Site`]. Before each a gift to the project P3
/// arrives, so that there is money to move, a gift to follow and an entry to reverse: `@last`.
const CASES: [Case; 24] = [
    // First: its pledge has promised no more than all these gifts.
    (
        "pledgeMatch",
        |key| json!({ "idempotencyKey": key, "pledgeId": "@paid match", "effectiveOn": "2024-03-25", "memo": "Follows." }),
        "pledge { id } matched { amount }",
    ),
    ("pledgeOffer", |key| offer(key, "@F1", "@unit"), "pledge { id amount { amount } }"),
    (
        "contributionReceive",
        |key| receive(key, "@F1", json!([gift("@shop", "5.00", Value::Null)])),
        "contribution { id amount { amount } }",
    ),
    ("contributionRefund", |key| refund(key, "@shop", "0.01"), "refund { id amount { amount } }"),
    ("decisionRecord", |key| decide(key, "@F1", "@P3", "5.00"), "decision { id resolutionNumber }"),
    ("allocationMake", |key| allocate(key, "@R-P3", "1.00"), "allocation { id amount { amount } }"),
    ("allocationRelease", |key| move_money(key, "@P3", "0.01"), "entry { id seq }"),
    ("advancePay", |key| move_money(key, "@P3", "0.02"), "entry { id seq }"),
    ("advanceReturn", |key| move_money(key, "@P3", "0.01"), "entry { id seq }"),
    ("advanceWriteOff", |key| with(write_off("@P3", "0.01"), keyed_by(key)), "entry { id seq }"),
    ("expenseRecord", |key| pay(key, "@P3", "0.01"), "expense { id amount { amount } }"),
    (
        "expenseCredit",
        |key| with(credit("@paid", "0.01", "2024-03-26"), keyed_by(key)),
        "expense { id } entry { id seq }",
    ),
    ("expenseSwap", |key| with(swap("@paid", "@resident", "0.01"), keyed_by(key)), "expense { id } entry { id seq }"),
    ("fundTransfer", |key| transfer(key, "@F1", "@F2", "0.01"), "entryOut { id seq } entryIn { id seq }"),
    (
        "lotRelot",
        |key| {
            let lot = format!("@before {key}.0");
            with(relot(&lot, json!({ "donorId": "@unit", "consentedById": "@shop" })), keyed_by(key))
        },
        "lot { id } entry { id seq }",
    ),
    ("entryReverse", |key| reverse(key, "@last"), "reversal { id seq }"),
    (
        "dueWaive",
        |key| json!({ "idempotencyKey": key, "dueId": "@due", "amount": yuan("0.01"), "reason": "Agreed." }),
        "due { id }",
    ),
    (
        "pledgeAmend",
        |key| {
            json!({ "idempotencyKey": key, "pledgeId": "@monthly", "from": "2099-02-01", "amount": yuan("4.00"),
                "reason": "Less." })
        },
        "pledge { id }",
    ),
    ("salesReportRecord", sales, "report { id }"),
    (
        "salesReportCorrect",
        |key| json!({ "idempotencyKey": key, "reportId": "@report", "amount": yuan("9.00"), "reason": "A slip." }),
        "report { id }",
    ),
    (
        "grantApplicationAward",
        |key| with(grant_award(&format!("@{key} 0"), key, "1.00"), keyed_by(key)),
        "application { id microGrant { id } }",
    ),
    (
        "grantContractSign",
        |key| {
            let part = json!({ "amount": yuan("1.00"), "dueOn": "2024-03-01", "report": null });
            let contract = json!({ "microGrantId": format!("@{key}"), "tranches": [part] });
            with(with(grant_contract(key, &[]), contract), keyed_by(key))
        },
        "microGrant { id }",
    ),
    ("motionOpen", rule, "motion { id }"),
    ("motionClose", |key| motion_close(key, "@voted"), "motion { id decision { resolutionNumber } }"),
];

fn keyed_by(key: &str) -> Value {
    json!({ "idempotencyKey": key })
}

/// A report that is one by the number it has in a list.
fn sales(key: &str) -> Value {
    let period = json!({ "from": "2024-03-05", "to": "2024-03-06" });
    sold(key, json!({ "period": period, "origin": { "source": "till", "reference": key } }))
}

/// A promise by the month.
fn monthly(key: &str) -> Value {
    let terms = json!({ "amount": yuan("5.00"), "every": "MONTH", "firstOn": "2099-01-31", "times": 3 });
    with(offer(key, "@F1", "@unit"), json!({ "terms": { "recurring": terms } }))
}

/// A motion to keep the rule as it is.
fn rule(key: &str) -> Value {
    json!({ "idempotencyKey": key, "fundId": "@F2", "kind": "RULE", "title": "Three sit.",
        "rule": { "quorum": 3, "majority": "SIMPLE" }, "openedOn": "2024-02-01" })
}

/// The mutations whose input has an `idempotencyKey`, as the SDL has them.
fn keyed() -> BTreeSet<String> {
    let sdl = schema::sdl();
    let inputs = sdl.split("\ninput ").skip(1).filter(|input| {
        let end = input.find("\n}").expect("an input ends");
        input[..end].contains("\n  idempotencyKey:")
    });
    let mutation = |input: &str| {
        let name = input.split(' ').next().unwrap().strip_suffix("Input").unwrap();
        format!("{}{}", name[..1].to_lowercase(), &name[1..])
    };
    inputs.map(mutation).collect()
}

#[test]
fn every_mutation_that_takes_a_key_is_tried_many_times_at_once() {
    let tried: BTreeSet<String> = CASES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert!(tried.len() == CASES.len() && tried.len() > 10);
    assert_eq!(tried, keyed(), "CASES in this file needs one request to each mutation with an idempotencyKey");
}

/// How many rows each table has.
fn rows(fingerprint: &str) -> BTreeMap<String, i64> {
    let pairs = fingerprint.lines().filter_map(|line| line.split_once(' '));
    pairs.map_while(|(table, rows)| Some((table.to_owned(), rows.parse().ok()?))).collect()
}

/// What the tables gained.
fn gained(before: &str, after: &str) -> BTreeMap<String, i64> {
    let before = rows(before);
    let gained = rows(after).into_iter().map(|(table, rows)| (table.clone(), rows - before[&table]));
    gained.filter(|(_, rows)| *rows != 0).collect()
}

/// What a request is answered that is sent `count` times at once, and what the tables gained by it.
async fn storm(site: &Site, clients: &[Http], case: &Case, key: &str, count: usize) -> (String, BTreeMap<String, i64>) {
    let (mutation, input, selection) = case;
    let before = site.fingerprint().await;
    let input = input(key);
    let sent = (0..count).map(|at| site.send(&clients[at % CLIENTS], mutation, &input, selection));
    let mut answers = join_all(sent).await;
    let gained = gained(&before, &site.fingerprint().await);
    assert!(answers[0].contains("\"userErrors\":[]"), "{mutation}: {}", answers[0]);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{mutation}, {count} times at once: {answers:#?}");
    (answers.remove(0), gained)
}

on_both! {
    async fn a_request_sent_many_times_at_once_has_one_effect_and_one_answer(fixture: Fixture) {
        let start = Instant::now();
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        let lines = json!([{ "donorId": "@unit", "amount": { "amount": "50.00" }, "pledgeId": "@unpaid match" }]);
        site.add("match money", "contributionReceive", "contribution", receive("match money", "@F1", lines)).await;
        let general = json!([gift("@association", "3.00", json!({ "anyFund": true }))]);
        site.add("general", "contributionReceive", "contribution", receive("general", "@F1", general)).await;
        let pledge = site.named("@unpaid match");
        site.name("paid match", &json!(pledge));
        let clients: Vec<Http> = (0..CLIENTS).map(|_| Http::new()).collect();
        let counts: Vec<usize> = if times(1) == 1 { AT_ONCE.to_vec() } else { (1..=20).collect() };
        let mut sent = 0;
        for case in &CASES {
            let mut alone: Option<BTreeMap<String, i64>> = None;
            for count in &counts {
                let key = format!("{} {count}", case.0);
                let lines = json!([gift("@shop", "0.20", json!({ "targetId": "@P3" }))]);
                let before = format!("before {key}");
                site.add(&before, "contributionReceive", "contribution", receive(&before, "@F1", lines)).await;
                if case.0 == "salesReportCorrect" {
                    site.add("report", "salesReportRecord", "report", sales(&format!("report {key}"))).await;
                }
                if case.0 == "motionClose" {
                    site.add("voted", "motionOpen", "motion", rule(&format!("open {key}"))).await;
                    for seat in ["@seat 1", "@seat 2", "@seat 3"] {
                        site.add("voted", "ballotCast", "motion", ballot("@voted", seat)).await;
                    }
                }
                if case.0.starts_with("grant") {
                    site.run_round(&key, &[("@band", "1.00")], "AWARD").await;
                }
                if case.0 == "grantContractSign" {
                    site.award(&format!("@{key} 0"), &key, "1.00").await;
                }
                if case.0 == "pledgeAmend" {
                    site.add("monthly", "pledgeOffer", "pledge", monthly(&format!("offer {key}"))).await;
                    let accept = json!({ "pledgeId": "@monthly", "to": "ACCEPTED" });
                    site.add("monthly", "pledgeAdvance", "pledge", accept).await;
                }
                let query = "query($fund: ID!) { node(id: $fund) { ... on Fund { entries(last: 1) { edges { node { id } } } } } }";
                let officer = site.officer.clone();
                let last = site.ask(Some(&officer), "en", query, json!({ "fund": "@F1" })).await;
                site.name("last", &last["data"]["node"]["entries"]["edges"][0]["node"]["id"]);
                let (answer, gained) = storm(&site, &clients, case, &key, *count).await;
                assert_eq!(gained.get("idem"), Some(&1), "{key}");
                // Once more, when all is over.
                let again = site.send(&clients[0], case.0, &case.1(&key), case.2).await;
                assert_eq!(again, answer, "{key}");
                sent += count + 1;
                // A draw from several lots has several lines; all else is as when it was sent once.
                let once = alone.get_or_insert_with(|| gained.clone());
                let counted = |gained: &BTreeMap<String, i64>| {
                    let drawn = ["posting", "holding", "party_holding", "match_accrual", "account"];
                    gained.iter().filter(|(table, _)| !drawn.contains(&table.as_str())).map(|(table, rows)| (table.clone(), *rows)).collect::<Vec<_>>()
                };
                assert_eq!(counted(&gained), counted(once), "{key}");
            }
        }
        // The control: another key is another request.
        let case = CASES.iter().find(|case| case.0 == "pledgeOffer").unwrap();
        let (one, _) = storm(&site, &clients, case, "control", 1).await;
        let (other, gained) = storm(&site, &clients, case, "control again", 1).await;
        assert!(one != other && gained.get("idem") == Some(&1), "a second effect is seen");
        eprintln!("same, {:?}: {sent} requests to {} mutations; {:?}", fixture.engine, CASES.len(), start.elapsed());
        site.close().await;
    }
}
