//! A town with one fund, made by the command line and the API, and what its books say.

use std::collections::BTreeMap;

use cobuild::clock::Clock;
use serde_json::{Value, json};

use super::client::{Asker, Kind, fen, yuan};
use crate::support::binary::print;

/// What each giver has pledged before the storm, to be settled by what arrives in it.
pub const PLEDGED_FEN: i64 = 300;

/// What is in the fund before the storm.
pub const GIVEN_FEN: i64 = 500;

/// What clients need to know.
#[derive(Clone, Debug)]
pub struct Town {
    pub fund: String,
    pub donors: Vec<String>,
    pub decisions: Vec<String>,
    /// The days on which money arrives; the list of one day's is one page.
    pub days: Vec<String>,
    pub today: String,
}

/// A token for the database that these arguments name.
pub fn token(place: &[&str]) -> String {
    let create = ["token", "create", "--name", "Wang Fang", "--role", "host-officer", "--district", "Jianxi"];
    print(&[&create[..], place].concat())
}

impl Town {
    /// A fund with a little money, eight givers with a pledge each, and decisions of `decided_fen` each.
    pub async fn build(asker: &Asker, decided_fen: i64) -> Self {
        let today = Clock::System.today();
        let days = (0..16).map(|back| (today - chrono::Days::new(back)).to_string()).collect();
        let today = today.to_string();
        let areas = asker.read("{ areas(first: 1) { edges { node { id } } } }", json!({})).await;
        let district = areas["areas"]["edges"][0]["node"]["id"].clone();
        let community = json!({ "parentId": district, "level": "STREET", "name": "Wuhan Road" });
        let community = asker.add("areaCreate", "area", community).await;
        let party = async |kind: &str, name: String| {
            asker.add("partyRegister", "party", json!({ "kind": kind, "name": name, "areaIds": [district] })).await
        };
        let association = party("SOCIAL_ORGANIZATION", "Charity Association".into()).await;
        let mut donors = vec![];
        for number in 0..8 {
            donors.push(party("MERCHANT", format!("Shop {number}")).await);
        }
        let host = asker.add("hostCreate", "host", json!({ "partyId": association, "areaId": district })).await;
        let purpose = asker.add("purposeCreate", "purpose", json!({ "code": "all", "name": "All" })).await;
        let fund = json!({
            "hostId": host, "areaId": community, "code": "STORM", "name": "Fund", "openedOn": "2026-01-01",
            "seats": 3, "quorum": 3, "purposeIds": [purpose],
        });
        let fund = asker.add("fundOpen", "fund", fund).await;
        let project = json!({
            "fundId": fund, "areaId": community, "purposeId": purpose, "code": "P1", "title": "Windows",
            "summary": "New windows.", "residents": 120, "proposedOn": "2026-03-01",
            "budget": [{ "label": "Glass", "amount": { "amount": 100_000 } }],
        });
        let project = asker.add("projectPropose", "project", project).await;
        let approve = json!({ "projectId": project, "state": "APPROVED", "movedOn": "2026-03-11" });
        asker.add("projectAdvance", "project", approve).await;
        let seat = json!({ "constituency": "RESIDENTS", "holder": "Somebody", "vote": "FOR" });
        let mut decisions = vec![];
        for number in 1..=8 {
            let decision = json!({
                "idempotencyKey": format!("decision {number}"), "fundId": fund, "targetId": project,
                "resolutionNumber": number.to_string(), "amount": { "amount": yuan(decided_fen) },
                "approvedOn": "2026-03-10", "seats": [seat, seat, seat],
            });
            decisions.push(asker.add("decisionRecord", "decision", decision).await);
        }
        let town = Self { fund, donors, decisions, days, today };
        town.give(asker).await;
        town
    }

    async fn give(&self, asker: &Asker) {
        for donor in &self.donors {
            let pledge = json!({
                "fundId": self.fund, "donorId": donor, "note": "before",
                "terms": { "fixed": { "amount": { "amount": yuan(PLEDGED_FEN) } } },
                "idempotencyKey": format!("pledge of {donor}"), "offeredOn": "2026-01-02",
            });
            let pledge = asker.add("pledgeOffer", "pledge", pledge).await;
            asker.add("pledgeAdvance", "pledge", json!({ "pledgeId": pledge, "to": "ACCEPTED" })).await;
        }
        let line = json!({ "donorId": self.donors[0], "amount": { "amount": yuan(GIVEN_FEN) } });
        let gift = json!({
            "fundId": self.fund, "payerId": self.donors[0], "channel": "bank", "reference": "before",
            "receivedOn": self.today, "lines": [line], "idempotencyKey": "before",
        });
        asker.add("contributionReceive", "contribution", gift).await;
    }
}

/// What the API shows of the fund when nothing is in hand.
#[derive(Debug)]
pub struct Books {
    /// Everything that is there, by id, with its amount in fen.
    pub made: BTreeMap<Kind, BTreeMap<String, i64>>,
    /// What arrived on each giver's first pledge.
    pub settled: BTreeMap<String, i64>,
    pub balance: Value,
    /// The numbers of the journal's entries.
    pub numbers: Vec<i64>,
}

impl Books {
    pub async fn read(asker: &Asker) -> Self {
        let money = "id amount { amount }";
        let pledges = list(asker, "pledges", &format!("{money} note received {{ amount }} donor {{ id }}")).await;
        let contributions = list(asker, "contributions", money).await;
        let entries = list(asker, "entries", "seq").await;
        let allocations = list(asker, "allocations", money).await;
        let balance = asker.read(&format!("{{ fund(code: \"STORM\") {{ {BALANCE} }} }}"), json!({})).await;
        let first = pledges.iter().filter(|pledge| pledge["note"] == "before");
        let settled = first.map(|one| (text(&one["donor"]["id"]), fen(&one["received"]))).collect();
        let by_id = |rows: &[Value]| rows.iter().map(|row| (text(&row["id"]), fen(&row["amount"]))).collect();
        let made = [
            (Kind::Pledge, by_id(&pledges)),
            (Kind::Contribution, by_id(&contributions)),
            (Kind::Allocation, by_id(&allocations)),
        ];
        Self {
            made: made.into(),
            settled,
            balance: balance["fund"]["balance"].clone(),
            numbers: entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect(),
        }
    }

    pub fn sum(&self, kind: Kind) -> i64 {
        self.made[&kind].values().sum()
    }
}

/// The balance with all its parts.
pub const BALANCE: &str = "balance {
    received { amount } pool { amount } matchPot { amount } allocated { amount } advanced { amount }
    spent { amount } refunded { amount } lost { amount } waiting { amount } }";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// All pages of a list of the fund, or of its one project.
async fn list(asker: &Asker, name: &str, selection: &str) -> Vec<Value> {
    let of = if name == "allocations" { "project(code: \"P1\", fundCode: \"STORM\")" } else { "fund(code: \"STORM\")" };
    let query = format!(
        "query($after: String) {{ of: {of} {{ {name}(first: 100, after: $after) {{
            edges {{ node {{ {selection} }} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
    );
    let mut rows = vec![];
    let mut after = Value::Null;
    loop {
        let mut page = asker.read(&query, json!({ "after": after })).await["of"][name].take();
        rows.extend(page["edges"].as_array_mut().unwrap().iter_mut().map(|edge| edge["node"].take()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return rows;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}
