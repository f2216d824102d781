//! What must be published, and by when.

use cobuild::{db::Db, demo};
use serde_json::{Value, json};

use crate::support::{binary::Server, on_both};

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
}
