//! Different hands where a fund asks for them, and dealings with those who stand close to it.

use serde_json::{Value, json};

use crate::{
    socket::{Site, allocate, move_money, pay, related},
    support::on_both,
};

/// What the mutation was refused with: the code and the field; nothing when it was done.
async fn refused(site: &Site, token: &str, mutation: &str, input: Value) -> Option<(String, String)> {
    let answer = site.mutate(Some(token), "en", mutation, &input, "").await;
    let payload = &answer["data"][mutation];
    assert!(payload.is_object(), "{answer}");
    let error = payload["userErrors"].get(0)?;
    Some((error["code"].as_str().unwrap().into(), error["field"][0].as_str().unwrap().into()))
}

fn two_persons(field: &str) -> Option<(String, String)> {
    Some(("TWO_PERSONS".into(), field.into()))
}

on_both! {
    async fn whoever_proposed_allocated_or_is_paid_does_not_pay(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        let staff = ["--role", "community-staff", "--fund", "F1"];
        let (first, second) = (site.token("First", &staff), site.token("Second", &staff));
        let officer = site.officer.clone();
        let asked = |rule: &str| json!({ "fundId": "@F1", "twoPersons": rule });
        site.add("F1", "fundTwoPersons", "fund", asked("ASKED")).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Fund { twoPersons } } }";
        let read = site.ask(None, "en", query, json!({ "id": "@F1" })).await;
        assert_eq!(read["data"]["node"]["twoPersons"], "ASKED");

        // The officer proposed the project and recorded the resolution.
        assert_eq!(refused(&site, &officer, "allocationMake", allocate("a", "@R-P3", "5.00")).await, two_persons("decisionId"));
        assert_eq!(refused(&site, &first, "allocationMake", allocate("a", "@R-P3", "5.00")).await, None);
        assert_eq!(refused(&site, &first, "expenseRecord", pay("b", "@P3", "1.00")).await, two_persons("targetId"));
        assert_eq!(refused(&site, &first, "advancePay", move_money("b", "@P3", "1.00")).await, two_persons("targetId"));
        assert_eq!(refused(&site, &officer, "expenseRecord", pay("b", "@P3", "1.00")).await, two_persons("targetId"));
        assert_eq!(refused(&site, &second, "expenseRecord", pay("b", "@P3", "1.00")).await, None);
        // Who pays does not speak for the shop that is paid.
        let second = site.token("Second", &["--role", "party-representative", "--party", "@shop"]);
        assert_eq!(refused(&site, &second, "expenseRecord", pay("c", "@P3", "1.00")).await, two_persons("payeeId"));
        assert_eq!(refused(&site, &second, "advancePay", move_money("c", "@P3", "1.00")).await, None);
        // A community with one clerk does not ask.
        site.add("F1", "fundTwoPersons", "fund", asked("NOT_ASKED")).await;
        assert_eq!(refused(&site, &officer, "expenseRecord", pay("d", "@P3", "1.00")).await, None);
        site.close().await;
    }

    async fn dealings_with_a_related_party_are_flagged_by_their_day_and_listed(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        site.add("related", "relatedPartyDeclare", "relatedParty", related("@shop")).await;
        let query = "query($fund: ID!, $paid: ID!, $lot: ID!) {
            paid: node(id: $paid) { ... on Expense { relatedParty { id reason } } }
            lot: node(id: $lot) { ... on Lot { relatedParty { id } } }
            fund: node(id: $fund) { ... on Fund {
                relatedParties(first: 9) { edges { node { party { name } validFrom validTo fund { code } } } }
                relatedExpenses(first: 9) { edges { node { id } } }
                relatedGifts(first: 9) { edges { node { id } } } } } }";
        let ids = json!({ "fund": "@F1", "paid": "@paid", "lot": "@earmarked.0" });
        let read = site.ask(Some(&site.officer), "en", query, ids.clone()).await;
        let data = &read["data"];
        assert_eq!(data["paid"]["relatedParty"]["reason"], "The director is a member.", "{read}");
        assert_eq!(data["lot"]["relatedParty"]["id"], site.named("@related"));
        let declared = json!({ "party": { "name": "shop" }, "validFrom": "2024-01-01", "validTo": null, "fund": { "code": "F1" } });
        assert_eq!(data["fund"]["relatedParties"]["edges"], json!([{ "node": declared }]));
        assert_eq!(data["fund"]["relatedExpenses"]["edges"], json!([{ "node": { "id": site.named("@paid") } }]));
        let gifts = data["fund"]["relatedGifts"]["edges"].as_array().unwrap();
        let gifts: Vec<&str> = gifts.iter().map(|edge| edge["node"]["id"].as_str().unwrap()).collect();
        assert_eq!(gifts, [site.named("@returned.0"), site.named("@earmarked.0")]);
        // It ended between the gifts and the expense.
        let end = json!({ "relatedPartyId": "@related", "validTo": "2024-03-10" });
        for _ in 0..2 {
            site.add("related", "relatedPartyEnd", "relatedParty", end.clone()).await;
        }
        let read = site.ask(Some(&site.officer), "en", query, ids.clone()).await;
        assert_eq!(read["data"]["paid"]["relatedParty"], Value::Null);
        assert_eq!(read["data"]["fund"]["relatedExpenses"]["edges"], json!([]));
        assert_eq!(read["data"]["fund"]["relatedGifts"]["edges"].as_array().unwrap().len(), 2);
        // The public is told nothing of it.
        let read = site.ask(None, "en", query, json!({ "fund": "@F1", "paid": "@paid", "lot": "@earmarked.0" })).await;
        assert_eq!(read["data"]["paid"]["relatedParty"], Value::Null);
        assert_eq!(read["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        site.close().await;
    }
}
