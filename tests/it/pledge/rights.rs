//! Who may promise, report, accept, correct and waive, and who reads what came of it.

use cobuild::{
    id::{NodeKind, PartyId},
    viewer::{Held, Role, Viewer},
};
use serde_json::{Value, json};

use super::{Desk, mutation, yuan};
use crate::support::on_both;

on_both! {
    async fn a_merchant_promises_and_reports_for_itself_and_staff_does_the_rest(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let holder = |role, held| {
            let mut viewer = Viewer::public();
            (viewer.principal, viewer.grants) = (desk.scene.viewer.principal, vec![(role, held)]);
            viewer
        };
        let merchant = holder(Role::PartyRepresentative, Held::Party(desk.scene.parties[4]));
        let other = holder(Role::PartyRepresentative, Held::Party(PartyId(desk.scene.parties[5].0)));
        let staff = holder(Role::CommunityStaff, Held::Fund(desk.fund()));
        let member = holder(Role::CommitteeMember, Held::Fund(desk.fund()));
        let fund = desk.id(NodeKind::Fund, desk.fund());
        let project = desk.project("P1").await;
        let fair = json!({ "fundId": fund, "code": "FAIR", "name": "Fair", "kind": "FAIR", "startsOn": "2026-04-01", "endsOn": "2026-04-03" });
        let fair = desk.write("campaignOpen", fair, "campaign { id }").await["campaign"]["id"].take();
        let pledge = desk.pledge("share", 4, json!({ "shareOfSales": { "basisPoints": 500 } }), json!({})).await;
        let monthly = json!({ "recurring": { "amount": yuan("5.00"), "every": "MONTH", "firstOn": "2026-06-30", "times": 3 } });
        let monthly = desk.pledge("monthly", 4, monthly, json!({})).await;
        let sold = json!({ "idempotencyKey": "first", "fundId": fund, "merchantId": desk.party(4), "campaignId": fair, "amount": yuan("100.00") });
        let sold = desk.write("salesReportRecord", sold, "report { id dues(first: 1) { edges { node { id } } } }").await["report"].take();
        let due = sold["dues"]["edges"][0]["node"]["id"].clone();
        let claimed = json!({ "projectId": project, "units": 3, "unitValue": yuan("10.00") });
        desk.write("claimOpen", claimed.clone(), "project { __typename }").await;
        let claim = json!({ "claim": { "projectId": project, "units": 1, "expiresOn": "2026-12-31" } });
        let claim = desk.pledge("claim", 4, claim, json!({})).await;

        let offer = |key: &str, entered: &str| json!({ "idempotencyKey": key, "fundId": fund, "donorId": desk.party(4), "entered": entered,
            "terms": { "fixed": { "amount": yuan("5.00") } } });
        let report = |key: &str| json!({ "idempotencyKey": key, "fundId": fund, "merchantId": desk.party(4), "amount": yuan("5.00"),
            "period": { "from": "2026-05-01", "to": "2026-05-02" } });
        // The mutation, what it is asked, and whether the merchant, another one, staff and a member of the committee may.
        let rows: [(&str, Value, [bool; 4]); 11] = [
            ("pledgeOffer", offer("o", "OFFERED"), [true, false, true, false]),
            ("pledgeOffer", offer("a", "ACCEPTED"), [false, false, true, false]),
            ("salesReportRecord", report("r"), [true, false, true, false]),
            ("salesReportCorrect", json!({ "idempotencyKey": "c", "reportId": sold["id"], "amount": yuan("90.00"), "reason": "A slip." }), [false, false, true, false]),
            ("pledgeAmend", json!({ "idempotencyKey": "m", "pledgeId": monthly, "from": "2026-06-01", "amount": yuan("4.00"), "reason": "Less." }), [false, false, true, false]),
            ("dueWaive", json!({ "idempotencyKey": "w", "dueId": due, "amount": yuan("0.01"), "reason": "A slip." }), [false, false, true, false]),
            ("claimOpen", claimed, [false, false, true, false]),
            ("claimRelease", json!({ "pledgeId": claim }), [true, false, true, false]),
            ("pledgeAdvance", json!({ "pledgeId": pledge, "to": "LAPSED" }), [false, false, true, false]),
            ("agreementRecord", json!({ "fundId": fund, "partyId": desk.party(4), "number": "1", "kind": "CO_BUILDING", "validFrom": "2026-01-01",
                "validTo": "2026-12-31", "promises": "To help." }), [false, false, true, false]),
            ("campaignClose", json!({ "campaignId": fair, "participants": 3 }), [false, false, true, false]),
        ];
        for (name, input, may) in rows {
            for ((who, viewer), may) in [("merchant", &merchant), ("other", &other), ("staff", &staff), ("member", &member)].iter().zip(may) {
                // A second key, so that no answer is another's.
                let mut input = input.clone();
                if let Some(key) = input.get("idempotencyKey").and_then(Value::as_str).map(str::to_owned) {
                    input["idempotencyKey"] = json!(format!("{key} by {who}"));
                }
                let (_, errors) = desk.ask(viewer, &mutation(name, "__typename"), json!({ "input": input })).await;
                let denied = errors.iter().any(|error| error.starts_with("None of your roles allows"));
                assert_eq!(denied, !may, "{name} by {who}: {errors:?}");
            }
        }
        let (_, errors) = desk.ask(&Viewer::public(), &mutation("campaignOpen", "__typename"), json!({ "input": {
            "fundId": fund, "code": "X", "name": "X", "kind": "OTHER", "startsOn": "2026-04-01", "endsOn": "2026-04-03" } })).await;
        assert!(errors[0].contains("not open to the public"), "{errors:?}");

        // The public reads what a campaign came to, and nothing of who owes what.
        let totals = "query($id: ID!) { node(id: $id) { ... on Campaign { totals { sales { amount } } } } }";
        let (read, errors) = desk.ask(&Viewer::public(), totals, json!({ "id": fair })).await;
        assert_eq!((&read["node"]["totals"]["sales"], errors.len()), (&yuan("90.00"), 0));
        let node = "query($id: ID!) { node(id: $id) { id } }";
        for id in [&due, &sold["id"]] {
            for (viewer, may) in [(&Viewer::public(), false), (&other, false), (&merchant, true), (&staff, true)] {
                let (read, errors) = desk.ask(viewer, node, json!({ "id": id })).await;
                assert_eq!((read["node"].is_null(), errors.is_empty()), (!may, may), "{errors:?}");
            }
        }
        let owed = "query($id: ID!) { node(id: $id) { ... on Merchant { dues { edges { node { dueOn } } } } } }";
        for (viewer, may) in [(&Viewer::public(), false), (&other, false), (&merchant, true), (&staff, true)] {
            let (_, errors) = desk.ask(viewer, owed, json!({ "id": desk.party(4) })).await;
            assert_eq!(errors.is_empty(), may, "{errors:?}");
        }
        desk.assert_clean().await;
    }
}
