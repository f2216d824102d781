//! A database with a fund and its project in it, and the graph over it.

use async_graphql::Variables;
use chrono::{TimeZone as _, Utc};
use cobuild::{
    api,
    clock::Clock,
    db::Db,
    error::Language,
    id::PrincipalId,
    viewer::{self, Request, Viewer},
};
use serde_json::{Value, json};

use crate::support::Fixture;

/// A database and the graph over it.
pub struct World {
    pub db: Db,
    pub clock: Clock,
    pub principal: PrincipalId,
    pub schema: api::schema::Schema,
}

/// The ids of what [`World::filled`] adds.
pub struct Ids {
    pub street: String,
    pub community: String,
    pub association: String,
    pub group: String,
    pub merchant: String,
    pub resident: String,
    pub host: String,
    pub purpose: String,
    pub narrow: String,
    pub other_purpose: String,
    pub fund: String,
    pub project: String,
}

impl World {
    pub async fn new(fixture: &Fixture) -> Self {
        let db = Db::connect(&fixture.url).await.unwrap();
        db.migrate().await.unwrap();
        let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 5, 20, 4, 0, 0).unwrap());
        let mut tx = db.begin().await.unwrap();
        let principal = viewer::store::insert_principal(&mut tx, "tester", clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        Self { db, clock, principal, schema: api::schema::build() }
    }

    /// What `viewer` is answered: data and errors.
    pub async fn ask(&self, viewer: Viewer, query: &str, variables: Value) -> (Value, Vec<String>) {
        let request = Request::new(self.db.clone(), self.clock.clone(), viewer, Language::En);
        let query = async_graphql::Request::new(query).variables(Variables::from_json(variables)).data(request);
        let response = self.schema.execute(query).await;
        let errors = response.errors.iter().map(|error| error.message.clone()).collect();
        (response.data.into_json().unwrap(), errors)
    }

    /// What the operator is answered, without errors.
    pub async fn read(&self, query: &str, variables: Value) -> Value {
        let (data, errors) = self.ask(Viewer::operator(self.principal), query, variables).await;
        assert_eq!(errors, Vec::<String>::new(), "{query}");
        data
    }

    /// Runs the mutation `name` with `input` and gives its payload's `selection` and user errors.
    pub async fn write(&self, name: &str, input: Value, selection: &str) -> Value {
        self.read(&mutation(name, selection), json!({ "input": input })).await[name].take()
    }

    /// The id of what the mutation `name` adds.
    pub async fn add(&self, name: &str, input: Value, object: &str) -> String {
        let payload = self.write(name, input, &format!("{object} {{ id }}")).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload[object]["id"].as_str().unwrap().to_owned()
    }

    /// The code and the field of the one refusal of the mutation `name`.
    pub async fn refused(&self, name: &str, input: Value) -> (String, String) {
        let payload = self.write(name, input, "").await;
        let error = &payload["userErrors"][0];
        let field = error["field"].as_array().unwrap().iter().map(|part| part.as_str().unwrap());
        (error["code"].as_str().unwrap().to_owned(), field.collect::<Vec<_>>().join("."))
    }

    pub async fn area(&self, parent: Option<&str>, level: &str, name: &str) -> String {
        self.add("areaCreate", json!({ "parentId": parent, "level": level, "name": name }), "area").await
    }

    pub async fn party(&self, kind: &str, name: &str, area: &str) -> String {
        self.add("partyRegister", json!({ "kind": kind, "name": name, "areaIds": [area] }), "party").await
    }

    pub async fn purpose(&self, parent: Option<&str>, code: &str) -> String {
        self.add("purposeCreate", json!({ "parentId": parent, "code": code, "name": code }), "purpose").await
    }

    pub async fn filled(&self) -> Ids {
        let district = self.area(None, "DISTRICT", "Jianxi").await;
        let street = self.area(Some(&district), "STREET", "Wuhan Road").await;
        let community = self.area(Some(&street), "COMMUNITY", "No. 6").await;
        let association = self.party("SOCIAL_ORGANIZATION", "Charity Association", &district).await;
        let group = self.party("GROUP", "Catering Group", &community).await;
        let merchant = self.party("MERCHANT", "Bakery", &community).await;
        let resident = self.party("RESIDENT", "Somebody", &community).await;
        let host = self.add("hostCreate", json!({ "partyId": association, "areaId": district }), "host").await;
        let purpose = self.purpose(None, "renovation").await;
        let narrow = self.purpose(Some(&purpose), "windows").await;
        let other_purpose = self.purpose(None, "festivals").await;
        let fund = json!({
            "hostId": host, "areaId": community, "code": "F6", "name": "Fund of No. 6", "openedOn": "2026-01-01",
            "seats": 7, "quorum": 4, "purposeIds": [purpose],
        });
        let fund = self.add("fundOpen", fund, "fund").await;
        let project = json!({
            "fundId": fund, "areaId": community, "purposeId": narrow, "code": "P1", "title": "Windows",
            "summary": "New windows for the stairwell.", "residents": 120, "proposedOn": "2026-03-01",
            "budget": [{ "label": "Glass", "amount": { "amount": "600.50" } }, { "label": "Work", "amount": { "amount": 400 } }],
            "plan": [{ "source": "FUND", "amount": { "amount": "700.50" } }, { "source": "RESIDENTS", "amount": { "amount": 300 } }],
            "milestones": [{ "title": "Opened", "dueOn": "2026-06-01" }, { "title": "Measured", "dueOn": "2026-04-01" }],
        });
        let project = self.add("projectPropose", project, "project").await;
        Ids {
            street,
            community,
            association,
            group,
            merchant,
            resident,
            host,
            purpose,
            narrow,
            other_purpose,
            fund,
            project,
        }
    }

    pub async fn advance(&self, project: &str, state: &str, moved_on: &str) -> Value {
        let input = json!({ "projectId": project, "state": state, "movedOn": moved_on });
        self.write("projectAdvance", input, "project { state movedOn }").await
    }
}

pub fn mutation(name: &str, selection: &str) -> String {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field }} }} }}")
}

pub fn decision(ids: &Ids, number: &str, votes: &[&str]) -> Value {
    let seats: Vec<Value> = votes
        .iter()
        .map(|vote| json!({ "constituency": "RESIDENTS", "holder": "Holder of a seat", "vote": vote }))
        .collect();
    json!({
        "idempotencyKey": number, "fundId": ids.fund, "targetId": ids.project, "resolutionNumber": number,
        "amount": { "amount": "700.50" }, "approvedOn": "2026-03-10", "seats": seats,
    })
}

pub const FOR: [&str; 5] = ["FOR", "FOR", "FOR", "AGAINST", "ABSTAIN"];

pub fn with(mut base: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

/// The answer without what is opaque.
pub fn without_ids(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "id");
            fields.values_mut().for_each(|field| *field = without_ids(field.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_ids(item.take())),
        _ => {}
    }
    value
}
