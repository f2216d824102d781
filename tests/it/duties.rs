//! What must be published, and by when.

use cobuild::{db::Db, demo};
use serde_json::{Value, json};

use crate::{
    support::{binary::Server, on_both},
    world::{Ids, World},
};

/// The duties of the fund on a day: rule, project or campaign, day, status, day and number of what met it.
async fn told(world: &World, on: &str) -> Vec<String> {
    let query = "query($on: Date!) { fund(code: \"F6\") { disclosureDuties(first: 100, on: $on) { edges { node {
        rule status dueOn metOn metBy { number } project { code } campaign { code } } } } } }";
    let read = world.read(query, json!({ "on": on })).await;
    let edges = read["fund"]["disclosureDuties"]["edges"].as_array().unwrap();
    let line = |edge: &Value| {
        let node = &edge["node"];
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let about = [&node["project"]["code"], &node["campaign"]["code"]].into_iter().find_map(Value::as_str);
        let by = [&node["metOn"], &node["metBy"]["number"]].map(text).join(" ");
        let [rule, due, status] = [&node["rule"], &node["dueOn"], &node["status"]].map(text);
        format!("{rule} {} {due} {status} {by}", about.unwrap_or("-"))
    };
    edges.iter().map(line).collect()
}

/// The status of a duty, and by what it is met.
async fn status(world: &World, on: &str, duty: &str) -> String {
    let told = told(world, on).await;
    let found = told.iter().find_map(|line| line.strip_prefix(duty));
    found.unwrap_or_else(|| panic!("{duty} in {told:#?}")).trim().to_owned()
}

/// Drafts what is published of a period and brings it as far as `steps` say.
async fn publish(world: &World, ids: &Ids, project: Option<&str>, days: [&str; 2], steps: &[&str]) -> String {
    let draft = json!({ "fundId": ids.fund, "projectId": project, "remarks": "A seat is vacant.",
        "period": { "from": days[0], "to": days[1] } });
    let id = world.add("disclosureDraft", draft, "disclosure").await;
    for step in steps {
        world.add(step, json!({ "disclosureId": id }), "disclosure").await;
    }
    id
}

const STEPS: [&str; 3] = ["disclosureCheck", "disclosureApprove", "disclosurePublish"];

on_both! {
    async fn what_must_be_published_is_told_with_its_day(fixture: Fixture) {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        demo::create(&db).await.unwrap();
        db.close().await;
        let server = Server::of(&fixture);
        let query = "{ fund(code: \"COMMUNITY-A\") {
            near: disclosureDuties(first: 100, on: \"2026-05-01\") { edges { node { rule status dueOn from to project { code } } } }
            late: disclosureDuties(first: 100, on: \"2027-06-01\", status: OVERDUE) { edges { node { rule dueOn project { code } } } pageInfo { hasNextPage } }
            host { disclosureDuties(first: 100, on: \"2027-06-01\", status: OVERDUE) { edges { node { dueOn fund { code } } } } }
            area { disclosureDuties(first: 1, on: \"2027-06-01\", status: OVERDUE) { edges { node { dueOn } } pageInfo { hasNextPage } } } }
          project(fundCode: \"COMMUNITY-A\", code: \"P01\") { disclosureDuties(on: \"2027-06-01\") { rule status dueOn } } }";
        let answer: Value = server.ask(query, &[]).await.json().await.unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
        let fund = &answer["data"]["fund"];
        let near = fund["near"]["edges"].as_array().unwrap();
        let year = near.iter().find(|edge| edge["node"]["rule"] == "YEARLY").unwrap();
        assert_eq!(year["node"]["project"], Value::Null);
        assert!(["UPCOMING", "DUE"].contains(&year["node"]["status"].as_str().unwrap()), "{year}");
        let late = fund["late"]["edges"].as_array().unwrap();
        let yearly = late.iter().filter(|edge| edge["node"]["rule"] == "YEARLY").count();
        let finals = late.iter().filter(|edge| edge["node"]["rule"] == "FINAL").count();
        assert!(yearly >= 1 && finals == 18, "{yearly} years and {finals} projects in {late:?}");
        let days: Vec<&str> = late.iter().map(|edge| edge["node"]["dueOn"].as_str().unwrap()).collect();
        assert!(days.is_sorted(), "{days:?}");
        let host = fund["host"]["disclosureDuties"]["edges"].as_array().unwrap();
        assert!(host.len() > late.len(), "the host has more funds than one");
        assert_eq!(fund["area"]["disclosureDuties"]["pageInfo"]["hasNextPage"], json!(true));
        let project = answer["data"]["project"]["disclosureDuties"].as_array().unwrap();
        assert_eq!(project.last().unwrap()["rule"], "FINAL", "{project:?}");
        // Duties go on without an end, so there is a last day to ask about.
        let far = "{ fund(code: \"COMMUNITY-A\") { disclosureDuties(first: 1, on: \"9999-12-31\") { edges { node { dueOn } } } } }";
        let answer: Value = server.ask(far, &[]).await.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        let told = answer["errors"][0]["message"].as_str().unwrap();
        assert!(told.starts_with("`on` is 9999-12-31; the furthest day that can be asked about is "), "{told}");
        server.stop();
    }

    async fn a_duty_is_late_until_what_it_asks_for_is_published(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        world.advance(&ids.project, "APPROVED", "2026-03-05").await;
        world.advance(&ids.project, "CANCELLED", "2026-03-20").await;
        let final_of_project = "FINAL P1 2026-06-20";
        assert_eq!(status(&world, "2026-05-20", final_of_project).await, "UPCOMING - -");
        assert_eq!(status(&world, "2026-06-20", final_of_project).await, "DUE - -");
        assert_eq!(status(&world, "2026-06-21", final_of_project).await, "OVERDUE - -");
        // The fund's report is no entry of the project, and a part of its days is not all of them.
        publish(&world, &ids, None, ["2026-03-01", "2026-03-31"], &STEPS).await;
        publish(&world, &ids, Some(&ids.project), ["2026-03-06", "2026-03-31"], &STEPS).await;
        let draft = publish(&world, &ids, Some(&ids.project), ["2026-03-05", "2026-03-20"], &STEPS[..2]).await;
        assert_eq!(status(&world, "2026-06-21", final_of_project).await, "OVERDUE - -", "what is approved is not published");
        world.add("disclosurePublish", json!({ "disclosureId": draft }), "disclosure").await;
        assert_eq!(status(&world, "2026-06-21", final_of_project).await, "MET 2026-05-20 F6-2026-003");
        assert_eq!(status(&world, "2026-05-19", final_of_project).await, "UPCOMING - -", "as it was the day before");
        // A correction, drafted or published, takes nothing away: the first is what met it.
        let correction = json!({ "disclosureId": draft, "reason": "A sum was wrong.", "remarks": "A seat is vacant." });
        let correction = world.add("disclosureCorrect", correction, "disclosure").await;
        assert_eq!(status(&world, "2026-06-21", final_of_project).await, "MET 2026-05-20 F6-2026-003");
        for step in STEPS {
            world.add(step, json!({ "disclosureId": correction }), "disclosure").await;
        }
        assert_eq!(status(&world, "2026-06-21", final_of_project).await, "MET 2026-05-20 F6-2026-003");
        let of_project = "query($id: ID!) { node(id: $id) { ... on Project { disclosureDuties(on: \"2026-06-21\") {
            rule status metOn metBy { correctedBy { number } } } } } }";
        let read = world.read(of_project, json!({ "id": ids.project })).await;
        let duty = json!({ "rule": "FINAL", "status": "MET", "metOn": "2026-05-20",
            "metBy": { "correctedBy": { "number": "F6-2026-004" } } });
        assert_eq!(read["node"]["disclosureDuties"], json!([duty]));
        let late = "{ fund(code: \"F6\") { disclosureDuties(first: 9, on: \"2026-06-21\", status: MET) { edges { node { rule } } } } }";
        let read = world.read(late, json!({})).await;
        assert_eq!(read["fund"]["disclosureDuties"]["edges"], json!([{ "node": { "rule": "FINAL" } }]));
    }

    async fn a_campaign_and_dealings_with_related_parties_are_published_too(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        let campaign = json!({ "fundId": ids.fund, "code": "FAIR", "name": "A long fair", "kind": "FAIR",
            "startsOn": "2025-07-01", "endsOn": "2026-03-31" });
        world.add("campaignOpen", campaign, "campaign").await;
        let related = json!({ "fundId": ids.fund, "partyId": ids.merchant, "validFrom": "2026-04-01", "reason": "The owner sits on it." });
        world.add("relatedPartyDeclare", related, "relatedParty").await;
        for (key, on) in [("before", "2026-03-31"), ("one", "2026-04-09"), ("two", "2026-04-09")] {
            let gift = json!({ "idempotencyKey": key, "fundId": ids.fund, "payerId": ids.merchant, "channel": "BANK",
                "reference": key, "receivedOn": on, "lines": [{ "donorId": ids.merchant, "amount": { "amount": "1.00" } }] });
            world.add("contributionReceive", gift, "contribution").await;
        }
        let all = ["PROGRESS FAIR 2025-10-01", "PROGRESS FAIR 2026-01-01", "RELATED_GIFT - 2026-05-09", "FINAL FAIR 2026-06-30", "YEARLY - 2027-05-31"];
        let before = told(&world, "2026-05-20").await;
        let states = ["OVERDUE - -", "OVERDUE - -", "OVERDUE - -", "UPCOMING - -", "UPCOMING - -"];
        let expected: Vec<String> = all.iter().zip(states).map(|(duty, state)| format!("{duty} {state}")).collect();
        assert_eq!(before, expected, "one duty for a day, and none for the day before they were related");
        // The first quarter of the year meets what it tells of: late for the second report of the campaign, in time
        // for its last.
        let first = publish(&world, &ids, None, ["2026-01-01", "2026-03-31"], &STEPS).await;
        let states = ["OVERDUE - -", "MET 2026-05-20 F6-2026-001", "OVERDUE - -", "MET 2026-05-20 F6-2026-001", "UPCOMING - -"];
        let expected: Vec<String> = all.iter().zip(states).map(|(duty, state)| format!("{duty} {state}")).collect();
        assert_eq!(told(&world, "2026-05-20").await, expected);
        let second = publish(&world, &ids, None, ["2026-04-01", "2026-04-30"], &STEPS).await;
        assert_eq!(status(&world, "2026-05-20", all[2]).await, "MET 2026-05-20 F6-2026-002");
        // What is published tells of them.
        let text = "query($first: ID!, $second: ID!) { first: node(id: $first) { ... on Disclosure { snapshot } }
            second: node(id: $second) { ... on Disclosure { snapshot } } }";
        let read = world.read(text, json!({ "first": first, "second": second })).await;
        let of = |name: &str| -> Value { serde_json::from_str(read[name]["snapshot"].as_str().unwrap()).unwrap() };
        let entry = json!({ "code": "FAIR", "name": "A long fair", "kind": "FAIR", "from": "2025-07-01", "to": "2026-03-31",
            "closedOn": null, "participants": null, "merchants": 0, "sales": "0.00", "units": 0, "dues": "0.00", "received": "0.00" });
        assert_eq!(of("first")["campaigns"], json!([entry]));
        let income = |related: bool, amount: &str| json!([{ "kind": "MERCHANT", "giver": "Bakery", "related": related, "givers": 1, "amount": amount }]);
        assert_eq!((&of("first")["income"], &of("second")["income"]), (&income(false, "1.00"), &income(true, "2.00")));
        assert_eq!(of("second")["campaigns"], json!([]));
    }

    async fn the_periods_are_what_a_host_has_set(fixture: Fixture) {
        let world = World::new(&fixture).await;
        let ids = world.filled().await;
        world.advance(&ids.project, "APPROVED", "2026-03-05").await;
        world.advance(&ids.project, "CANCELLED", "2026-03-20").await;
        let host = world.party("SOCIAL_ORGANIZATION", "Another Association", &ids.community).await;
        let other = world.add("hostCreate", json!({ "partyId": host, "areaId": ids.community }), "host").await;
        let set = |name: &str, amount: i64| json!({ "hostId": ids.host, "name": name, "amount": amount });
        for _ in 0..2 {
            world.add("dutyPeriodSet", set("FINAL_MONTHS", 1), "host").await;
        }
        world.add("dutyPeriodSet", set("YEARLY_MONTH", 2), "host").await;
        let query = "query($id: ID!) { node(id: $id) { ... on Host { dutyPeriods { name amount law setOn } } } }";
        let periods = async |id: &str| world.read(query, json!({ "id": id })).await["node"]["dutyPeriods"].take();
        let law = [("LONG_MONTHS", 6), ("PROGRESS_MONTHS", 3), ("FINAL_MONTHS", 3), ("YEARLY_MONTH", 5), ("YEARLY_DAY", 31), ("RELATED_DAYS", 30)];
        let mut expected = law.map(|(name, law)| json!({ "name": name, "amount": law, "law": law, "setOn": null }));
        assert_eq!(periods(&other).await, json!(expected), "each host has its own");
        for (at, amount) in [(2, 1), (3, 2)] {
            expected[at]["amount"] = json!(amount);
            expected[at]["setOn"] = json!("2026-05-20");
        }
        assert_eq!(periods(&ids.host).await, json!(expected));
        // The last of February, which is no 31st.
        assert_eq!(told(&world, "2026-05-20").await, ["FINAL P1 2026-04-20 OVERDUE - -", "YEARLY - 2027-02-28 UPCOMING - -"]);
        world.add("dutyPeriodSet", set("FINAL_MONTHS", 3), "host").await;
        assert_eq!(status(&world, "2026-05-20", "FINAL P1 2026-06-20").await, "UPCOMING - -");
        for (name, amount) in [("FINAL_MONTHS", 0), ("PROGRESS_MONTHS", 121), ("YEARLY_MONTH", 13), ("YEARLY_DAY", 32), ("RELATED_DAYS", 367)] {
            let refused = world.refused("dutyPeriodSet", set(name, amount)).await;
            assert_eq!(refused, ("NUMBER_OUT_OF_RANGE".into(), "amount".into()), "{name} {amount}");
        }
        expected[2]["amount"] = json!(3);
        assert_eq!(periods(&ids.host).await, json!(expected));
    }
}
