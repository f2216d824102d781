//! Claims (认领): units of a project, never more than there are.

use cobuild::{
    id::NodeKind,
    ledger::{earmark::Restriction, idem::Once},
    pledge::{self, Entered, Offer, Terms, terms::Sharing},
    viewer,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Desk, day, yuan};
use crate::support::on_both;

const CLIENTS: usize = 32;

fn claim(project: &Value, units: Option<i64>, sharing: &str, expires: &str) -> Value {
    json!({ "claim": { "projectId": project, "units": units, "sharing": sharing, "expiresOn": expires } })
}

async fn open(desk: &Desk, project: &Value, units: i64) {
    let input = json!({ "projectId": project, "units": units, "unitValue": yuan("20.00") });
    desk.write("claimOpen", input, "project { ... on Project { claimRoom { left } } }").await;
}

async fn left(desk: &Desk, project: &Value) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Project { claimRoom { units taken left } } } }";
    desk.read(query, json!({ "id": project })).await["node"]["claimRoom"].take()
}

on_both! {
    async fn thirty_two_clients_ask_for_the_last_unit_and_one_has_it(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let project = desk.project("bench").await;
        open(&desk, &project, 3).await;
        desk.pledge("first", 1, claim(&project, Some(2), "SHARED", "2026-06-30"), json!({})).await;
        let target: cobuild::id::TargetId = project.as_str().unwrap().parse::<cobuild::id::GlobalId>().unwrap().target().unwrap();
        let ask = async |number: usize| {
            let terms = Terms::Claim { project: target, units: Some(1), sharing: Sharing::Shared, expires_on: day("2026-06-30") };
            let offer = Offer {
                donor: desk.scene.parties[1 + number % 9],
                terms,
                restriction: Restriction::default(),
                offered_on: desk.scene.today,
                agreement: None,
                campaign: None,
                origin: None,
                entered: Entered::Offered,
                note: String::new(),
            };
            let once = Once::new(desk.scene.by(), &format!("client-{number}"), "pledgeOffer", &offer).unwrap();
            let mut tx = desk.scene.db.begin().await.unwrap();
            let done = pledge::offer(&mut tx, desk.scene.by(), desk.fund(), &[(Some(once), offer)]).await;
            viewer::settle(tx, done.and_then(|mut done| done.remove(0))).await
        };
        let answers = join_all((0..CLIENTS).map(ask)).await;
        let refused = answers.iter().filter_map(|answer| match answer {
            Err(cobuild::error::Error::Refused(refused)) => Some(refused.refusal.clone()),
            _ => None,
        });
        let taken = cobuild::error::Refusal::ClaimTaken { asked: 1, left: 0 };
        assert_eq!(refused.filter(|refusal| *refusal == taken).count(), CLIENTS - 1, "{answers:?}");
        assert_eq!(left(&desk, &project).await, json!({ "units": 3, "taken": 3, "left": 0 }));
        desk.assert_clean().await;
    }

    async fn a_claim_holds_its_units_until_it_is_released_or_has_expired(fixture: Fixture) {
        let desk = Desk::open(&fixture.url).await;
        let project = desk.project("bench").await;
        let offer = |key: &str, terms: Value| {
            let fund = desk.id(NodeKind::Fund, desk.fund());
            json!({ "idempotencyKey": key, "fundId": fund, "donorId": desk.party(2), "offeredOn": "2026-05-01", "terms": terms })
        };
        let whole = |expires| claim(&project, None, "SHARED", expires);
        assert_eq!(desk.refused("pledgeOffer", offer("a", whole("2026-06-30"))).await.0, "NOT_CLAIMABLE");
        open(&desk, &project, 5).await;
        let first = desk.pledge("b", 1, claim(&project, Some(2), "SHARED", "2026-06-30"), json!({ "offeredOn": "2026-05-01" })).await;
        let alone = claim(&project, Some(1), "EXCLUSIVE", "2026-06-30");
        assert_eq!(desk.refused("pledgeOffer", offer("c", alone.clone())).await, ("CLAIM_TAKEN".into(), "terms.claim.units".into()));
        assert_eq!(desk.refused("pledgeOffer", offer("d", whole("2026-06-30"))).await.0, "CLAIM_TAKEN");
        for _ in 0..2 {
            let released = desk.write("claimRelease", json!({ "pledgeId": first }), "pledge { state outstanding { amount } }").await;
            assert_eq!(released["pledge"], json!({ "state": "CANCELLED", "outstanding": yuan("0.00") }));
        }
        desk.pledge("e", 2, alone, json!({ "offeredOn": "2026-05-01" })).await;
        assert_eq!(left(&desk, &project).await, json!({ "units": 5, "taken": 1, "left": 0 }));
        let one = claim(&project, Some(1), "SHARED", "2026-06-30");
        assert_eq!(desk.refused("pledgeOffer", offer("f", one.clone())).await.0, "CLAIM_TAKEN");
        desk.assert_clean().await;

        // The day after the exclusive claim has expired, the whole project is free.
        let mut later = desk;
        later.scene.now += chrono::Duration::days(60);
        later.scene.today = day("2026-07-19");
        let whole = claim(&project, None, "SHARED", "2026-12-31");
        let pledge = later.pledge("g", 3, whole, json!({ "offeredOn": "2026-07-01" })).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Pledge { amount { amount } claim { units sharing }
            restriction { target { code } } dues { edges { node { dueOn amount { amount } } } } } } }";
        let read = later.read(query, json!({ "id": pledge })).await;
        assert_eq!(read["node"], json!({
            "amount": yuan("100.00"), "claim": { "units": 5, "sharing": "SHARED" }, "restriction": { "target": { "code": "bench" } },
            "dues": { "edges": [{ "node": { "dueOn": "2026-12-31", "amount": yuan("100.00") } }] },
        }));
        later.assert_clean().await;
    }
}
