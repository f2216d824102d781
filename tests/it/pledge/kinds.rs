//! A pledge of each kind through the API, and how it stands on any day.

use cobuild::id::NodeKind;
use serde_json::{Value, json};

use super::{Desk, yuan};
use crate::support::on_both;

const DUES: &str = "query($id: ID!) { node(id: $id) { ... on Pledge { state amount { amount } endsOn
    schedules { version from amount { amount } every times lastOn promised { amount } reason }
    dues(first: 20) { edges { node { dueOn owed { amount } dueStatus } } } } } }";

async fn standing(desk: &Desk, pledge: &Value, on: &str) -> Vec<String> {
    let query = "query($id: ID!, $on: Date!) { node(id: $id) { ... on Pledge { standing(on: $on) {
        promised { amount } due { amount } received { amount } outstanding { amount } overdue { amount } } } } }";
    let read = desk.read(query, json!({ "id": pledge, "on": on })).await;
    let standing = &read["node"]["standing"];
    let fields = ["promised", "due", "received", "outstanding", "overdue"];
    fields.map(|field| standing[field]["amount"].as_str().unwrap_or("-").to_owned()).into()
}

fn short(dues: &Value) -> Vec<String> {
    let row = |edge: &Value| {
        let node = &edge["node"];
        let (on, owed) = (node["dueOn"].as_str().unwrap(), node["owed"]["amount"].as_str().unwrap());
        format!("{on} {owed} {}", node["dueStatus"].as_str().unwrap())
    };
    dues["edges"].as_array().unwrap().iter().map(row).collect()
}

on_both! {
    async fn an_amendment_keeps_the_past_and_shows_what_was_agreed_when(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let monthly = json!({ "recurring": { "amount": yuan("50.00"), "every": "MONTH", "firstOn": "2026-01-31", "times": 8 } });
        let pledge = desk.pledge("monthly", 4, monthly, json!({ "offeredOn": "2026-01-01" })).await;
        let fund = desk.id(NodeKind::Fund, desk.fund());
        // Two and a half dues are paid in March, and one fen is waived of the third.
        let pay = json!({ "idempotencyKey": "pay", "fundId": fund, "payerId": desk.party(1), "channel": "bank", "reference": "1", "receivedOn": "2026-03-10",
            "lines": [{ "donorId": desk.party(4), "oldestFirst": true, "amount": yuan("125.00") }] });
        desk.write("contributionReceive", pay, "contribution { payer { name } }").await;
        let read = desk.read("query($id: ID!) { node(id: $id) { ... on Pledge { dues { edges { node { id } } } } } }", json!({ "id": pledge })).await;
        let third = read["node"]["dues"]["edges"][2]["node"]["id"].clone();
        let waive = json!({ "idempotencyKey": "waive", "dueId": third, "amount": yuan("0.01"), "on": "2026-04-02", "reason": "A slip." });
        let waived = desk.write("dueWaive", waive, "due { outstanding { amount } waived { amount } dueStatus remindOn }").await;
        assert_eq!(waived["due"], json!({ "outstanding": yuan("24.99"), "waived": yuan("0.01"), "dueStatus": "OVERDUE",
            "remindOn": ["2026-03-24", "2026-03-31", "2026-04-01", "2026-04-14", "2026-04-30"] }));

        let amend = json!({ "idempotencyKey": "less", "pledgeId": pledge, "from": "2026-06-01", "amount": yuan("30.00"), "lastOn": "2026-07-31", "reason": "Less trade." });
        desk.write("pledgeAmend", amend, "pledge { id }").await;
        let read = desk.read(DUES, json!({ "id": pledge })).await["node"].take();
        assert_eq!(short(&read["dues"]), [
            "2026-01-31 50.00 PAID", "2026-02-28 50.00 PAID", "2026-03-31 50.00 OVERDUE", "2026-04-30 50.00 OVERDUE", "2026-05-31 50.00 DUE",
            "2026-06-30 0.00 WITHDRAWN", "2026-07-31 0.00 WITHDRAWN", "2026-08-31 0.00 WITHDRAWN", "2026-06-30 30.00 DUE", "2026-07-31 30.00 DUE",
        ]);
        assert_eq!((&read["amount"], &read["endsOn"]), (&yuan("310.00"), &json!("2026-07-31")));
        assert_eq!(read["schedules"], json!([
            { "version": 1, "from": "2026-01-31", "amount": yuan("50.00"), "every": "MONTH", "times": 8, "lastOn": null, "promised": yuan("400.00"), "reason": "" },
            { "version": 2, "from": "2026-06-01", "amount": yuan("30.00"), "every": "MONTH", "times": null, "lastOn": "2026-07-31", "promised": yuan("310.00"), "reason": "Less trade." },
        ]));
        for (on, expected) in [
            ("2026-01-30", "400.00 0.00 0.00 0.00 0.00"),
            ("2026-01-31", "400.00 50.00 0.00 50.00 0.00"),
            ("2026-02-01", "400.00 50.00 0.00 50.00 50.00"),
            ("2026-03-09", "400.00 100.00 0.00 100.00 100.00"),
            ("2026-03-10", "400.00 100.00 125.00 0.00 0.00"),
            ("2026-03-31", "400.00 150.00 125.00 25.00 0.00"),
            ("2026-04-02", "400.00 150.00 125.00 24.99 24.99"),
            ("2026-05-20", "310.00 200.00 125.00 74.99 74.99"),
            ("2026-12-31", "310.00 310.00 125.00 184.99 184.99"),
        ] {
            assert_eq!(standing(&desk, &pledge, on).await.join(" "), expected, "{on}");
        }
        let query = "query($fund: ID!, $status: DueStatus) { node(id: $fund) { ... on Fund { dues(first: 50, filter: { status: $status }) {
            edges { node { dueOn dueStatus owed { amount } } } } } } }";
        for (status, expected) in [("OVERDUE", 2), ("DUE", 3), ("PAID", 2), ("WITHDRAWN", 3), ("WAIVED", 0), ("PART_PAID", 0)] {
            let read = desk.read(query, json!({ "fund": fund, "status": status })).await;
            let found = short(&read["node"]["dues"]);
            assert_eq!(found.len(), expected, "{status}: {found:?}");
            assert!(found.iter().all(|due| due.ends_with(status)), "{found:?}");
        }
        desk.assert_clean().await;
    }

    async fn goods_settle_promises_of_goods_and_never_money(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let fund = desk.id(NodeKind::Fund, desk.fund());
        let lunches = json!({ "inKind": { "category": "GOODS", "quantity": "10.00", "unit": "份", "description": "Lunches for the elderly",
            "value": yuan("150.00"), "dueOn": "2026-05-01" } });
        let goods = desk.pledge("lunches", 4, lunches, json!({})).await;
        let money = desk.pledge("money", 4, json!({ "fixed": { "amount": yuan("80.00") } }), json!({})).await;
        let receive = |key: &str, asset: &str, settles: Value| {
            let mut line = json!({ "donorId": desk.party(4), "amount": yuan("60.00") });
            for (field, value) in settles.as_object().unwrap() {
                line[field] = value.clone();
            }
            json!({ "idempotencyKey": key, "fundId": fund, "payerId": desk.party(4), "channel": "desk", "reference": key, "receivedOn": "2026-05-02",
                "asset": asset, "lines": [line] })
        };
        for (asset, pledge) in [("CNY", &goods), ("KIND", &money)] {
            let refused = desk.refused("contributionReceive", receive("no", asset, json!({ "pledgeId": pledge }))).await;
            assert_eq!(refused, ("ASSET_MISMATCH".into(), "lines.0.pledgeId".into()));
        }
        desk.write("contributionReceive", receive("a", "KIND", json!({ "oldestFirst": true })), "contribution { asset }").await;
        desk.write("contributionReceive", receive("b", "CNY", json!({ "oldestFirst": true })), "contribution { asset }").await;
        let query = "query($id: ID!) { node(id: $id) { ... on Pledge { received { amount } outstanding { amount } goods { category quantity unit description } } } }";
        let read = desk.read(query, json!({ "id": goods })).await;
        assert_eq!(read["node"], json!({ "received": yuan("60.00"), "outstanding": yuan("90.00"),
            "goods": { "category": "GOODS", "quantity": "10.00", "unit": "份", "description": "Lunches for the elderly" } }));
        assert_eq!(desk.read(query, json!({ "id": money })).await["node"]["outstanding"], yuan("20.00"));
        let read = desk.read("query($id: ID!) { node(id: $id) { ... on Fund { balance { pool { amount } } } } }", json!({ "id": fund })).await;
        assert_eq!(read["node"]["balance"]["pool"], yuan("60.00"), "goods are no money in the pool");
        desk.assert_clean().await;
    }

    async fn a_match_follows_gifts_into_the_projects_of_its_purpose_ahead_or_as_a_due(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let fund = desk.id(NodeKind::Fund, desk.fund());
        let (one, two) = (desk.project("P1").await, desk.project("P2").await);
        let rate = json!({ "numerator": 1, "denominator": 2 });
        let ahead = json!({ "matching": { "rate": rate, "cap": yuan("100.00"), "perGift": yuan("30.00"), "perProject": yuan("40.00") } });
        let purpose = json!({ "earmark": { "purposeId": desk.id(NodeKind::Purpose, desk.scene.purposes[0]) } });
        let ahead = desk.pledge("ahead", 1, ahead, purpose).await;
        let due = json!({ "matching": { "rate": rate, "cap": yuan("65.00"), "funding": "DUE" } });
        let due = desk.pledge("due", 2, due, json!({})).await;
        let receive = |key: &str, lines: Value| json!({ "idempotencyKey": key, "fundId": fund, "payerId": desk.party(8), "channel": "bank",
            "reference": key, "receivedOn": "2026-05-02", "lines": lines });
        desk.write("contributionReceive", receive("pot", json!([{ "donorId": desk.party(1), "pledgeId": ahead, "amount": yuan("100.00") }])), "contribution { id }").await;
        let gift = |project: &Value, amount: &str| json!({ "donorId": desk.party(8), "amount": yuan(amount), "earmark": { "targetId": project } });
        let gifts = json!([gift(&one, "80.00"), gift(&two, "20.01"), gift(&one, "50.00"), { "donorId": desk.party(9), "amount": yuan("7.00") }]);
        desk.write("contributionReceive", receive("gifts", gifts), "contribution { id }").await;
        let follow = |key: &str, pledge: &Value| json!({ "idempotencyKey": key, "pledgeId": pledge, "effectiveOn": "2026-05-10", "memo": "Matched." });
        // Half of 80.00 is capped at 30.00, half of 20.01 is 10.00, and P1 has room for 10.00 more.
        let moved = desk.write("pledgeMatch", follow("m1", &ahead), "matched { amount } due { id }").await;
        assert_eq!((&moved["matched"], &moved["due"]), (&yuan("50.00"), &Value::Null));
        let became = desk.write("pledgeMatch", follow("m2", &due), "matched { amount } due { amount { amount } outstanding { amount } }").await;
        // The pot's own money is earmarked for a purpose and no gift into a project: half of 150.01, below the cap.
        assert_eq!(became["due"], json!({ "amount": yuan("65.00"), "outstanding": yuan("65.00") }));
        assert_eq!(desk.refused("pledgeMatch", follow("m3", &due)).await, ("NOTHING_TO_MATCH".into(), "pledgeId".into()));
        let balances = "query($id: ID!) { node(id: $id) { ... on Fund { balance { matchPot { amount } allocated { amount } } } } }";
        let read = desk.read(balances, json!({ "id": fund })).await;
        assert_eq!(read["node"]["balance"], json!({ "matchPot": yuan("50.00"), "allocated": yuan("50.00") }));
        desk.assert_clean().await;
        desk.write("contributionReceive", receive("paid", json!([{ "donorId": desk.party(2), "oldestFirst": true, "amount": yuan("65.00") }])), "contribution { id }").await;
        let read = desk.read("query($id: ID!) { node(id: $id) { ... on Pledge { state } } }", json!({ "id": due })).await;
        assert_eq!(read["node"]["state"], "FULFILLED");
        desk.assert_clean().await;
    }

    async fn a_pledge_under_an_agreement_lies_in_its_term(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let fund = desk.id(NodeKind::Fund, desk.fund());
        let project = desk.project("P1").await;
        let venue = json!({ "fundId": fund, "partyId": desk.party(4), "number": "V-7", "kind": "VENUE", "validFrom": "2026-01-01", "validTo": "2026-12-31",
            "promises": "A fifth of the fees of the dance class.", "revenueBasisPoints": 2000, "projectIds": [project] });
        let signed = desk.write("agreementRecord", venue.clone(), "agreement { id revenueBasisPoints projects { ... on Project { code } } }").await;
        assert_eq!(signed["agreement"]["projects"], json!([{ "code": "P1" }]));
        assert_eq!(desk.refused("agreementRecord", venue.clone()).await, ("NAME_TAKEN".into(), "number".into()));
        let mut unit = venue;
        (unit["number"], unit["kind"]) = (json!("U-1"), json!("CO_BUILDING"));
        assert_eq!(desk.refused("agreementRecord", unit).await, ("NUMBER_OUT_OF_RANGE".into(), "revenueBasisPoints".into()));
        let under = json!({ "agreementId": signed["agreement"]["id"], "offeredOn": "2026-01-10" });
        let share = json!({ "shareOfSales": { "basisPoints": 2000 } });
        let pledge = desk.pledge("share", 4, share.clone(), under.clone()).await;
        let read = desk.read("query($id: ID!) { node(id: $id) { ... on Pledge { agreement { number kind } } } }", json!({ "id": pledge })).await;
        assert_eq!(read["node"]["agreement"], json!({ "number": "V-7", "kind": "VENUE" }));
        let offer = |donor: usize, offered: &str, terms: Value| json!({ "idempotencyKey": "x", "fundId": fund, "donorId": desk.party(donor),
            "offeredOn": offered, "agreementId": signed["agreement"]["id"], "terms": terms });
        let late = json!({ "recurring": { "amount": yuan("1.00"), "every": "MONTH", "firstOn": "2026-11-30", "times": 3 } });
        for (input, code) in [
            (offer(5, "2026-02-01", share.clone()), "AGREEMENT_OF_ANOTHER"),
            (offer(4, "2025-12-31", share), "AGREEMENT_TERM"),
            (offer(4, "2026-02-01", late), "AGREEMENT_TERM"),
        ] {
            assert_eq!(desk.refused("pledgeOffer", input).await, (code.into(), "agreementId".into()));
        }
    }

    async fn a_pledge_that_is_taken_over_again_is_known(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let origin = json!({ "origin": { "source": "list 2026", "reference": "17" } });
        let fixed = json!({ "fixed": { "amount": yuan("40.00") } });
        let first = desk.pledge("one", 4, fixed.clone(), origin.clone()).await;
        assert_eq!(desk.pledge("other", 4, fixed, origin).await, first);
        let read = desk.read("query($id: ID!) { node(id: $id) { ... on Pledge { origin { source reference } } } }", json!({ "id": first })).await;
        assert_eq!(read["node"]["origin"], json!({ "source": "list 2026", "reference": "17" }));
        let offers: Vec<_> = (0..3).map(|number| super::listed(desk.scene.parties[4], number % 2, 100, super::day("2026-05-01"))).collect();
        let made = desk.take_over(&offers).await;
        assert_eq!(made[0], made[2], "the same number of one list is one pledge");
        assert_eq!(desk.take_over(&offers).await, made);
        desk.assert_clean().await;
    }
}
