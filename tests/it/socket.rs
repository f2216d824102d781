//! A server with two communities' funds, filled over its socket, and what is asked of it in two languages.

use std::collections::{BTreeMap, BTreeSet};

use cobuild::db::{Db, Sql as _};
use serde_json::{Value, json};

use crate::{
    support::Fixture,
    support::binary::{self, Server},
};

/// A server on a database, with the ids of what was added to it by the names that the tests give.
pub struct Site {
    server: Server,
    client: reqwest::Client,
    db: Db,
    url: String,
    ids: BTreeMap<String, String>,
    /// The token of an officer of the host, who may do everything.
    pub officer: String,
}

/// The two languages, as `Accept-Language` asks for them.
pub const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

pub fn yuan(amount: &str) -> Value {
    json!({ "amount": amount })
}

pub fn seats(votes: &[&str]) -> Value {
    votes.iter().map(|vote| json!({ "constituency": "RESIDENTS", "holder": "Somebody", "vote": vote })).collect()
}

/// `base` with the fields of `change` in place of its own.
pub fn with(mut base: Value, change: Value) -> Value {
    for (key, value) in change.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

impl Site {
    pub async fn open(fixture: &Fixture) -> Self {
        let officer = ["token", "create", "--database", &fixture.url, "--role", "host-officer", "--district", "Jianxi"];
        let officer = binary::print(&[&officer[..], &["--name", "Officer"]].concat());
        let server = Server::of(fixture);
        let db = Db::connect(&fixture.url).await.unwrap();
        let (client, url) = (reqwest::Client::new(), fixture.url.clone());
        let mut site = Self { server, client, db, url, ids: BTreeMap::new(), officer };
        let read =
            site.ask(Some(&site.officer), "en", "{ areas(first: 1) { edges { node { id } } } }", json!({})).await;
        site.name("district", &read["data"]["areas"]["edges"][0]["node"]["id"]);
        site
    }

    /// A token of another principal.
    pub fn token(&self, name: &str, more: &[&str]) -> String {
        let more: Vec<String> = more.iter().map(|word| self.named(word)).collect();
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        binary::print(&[&["token", "create", "--database", &self.url, "--name", name], &more[..]].concat())
    }

    pub async fn close(self) {
        self.db.close().await;
        self.server.stop();
    }

    pub fn name(&mut self, name: &str, id: &Value) {
        self.ids.insert(name.to_owned(), id.as_str().unwrap_or_else(|| panic!("{name}: {id}")).to_owned());
    }

    /// The id that a text which begins with `@` names; another text as it is.
    pub fn named(&self, text: &str) -> String {
        match text.strip_prefix('@') {
            Some(name) => self.ids.get(name).unwrap_or_else(|| panic!("nothing is called {name}")).clone(),
            None => text.to_owned(),
        }
    }

    /// Puts ids in the place of their names.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.named(text)),
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), self.filled(value))).collect(),
            other => other.clone(),
        }
    }

    pub async fn ask(&self, token: Option<&str>, language: &str, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": self.filled(&variables) });
        let mut request = self.client.post(self.server.url("/graphql")).json(&body);
        request = request.header("Accept", "application/graphql-response+json").header("Accept-Language", language);
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What the mutation `name` answers.
    pub async fn mutate(&self, token: Option<&str>, language: &str, name: &str, input: &Value, object: &str) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {object} userErrors {{ code field message }} }} }}"
        );
        self.ask(token, language, &query, json!({ "input": input })).await
    }

    /// What the input of the mutation `name` is made of.
    pub async fn input_fields(&self, name: &str) -> BTreeSet<String> {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = "query($kind: String!) { __type(name: $kind) { inputFields { name } } }";
        let read = self.ask(None, "en", query, json!({ "kind": kind })).await;
        let fields = read["data"]["__type"]["inputFields"].as_array().unwrap();
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Adds something, and calls its id `name`.
    pub async fn add(&mut self, name: &str, mutation: &str, object: &str, input: Value) {
        let object = object.to_owned();
        let lots = " lots(first: 9) { edges { node { id } } }";
        let more = if mutation == "contributionReceive" { lots } else { "" };
        let selection = format!("{object} {{ id{more} }}");
        let answer = self.mutate(Some(&self.officer), "en", mutation, &input, &selection).await;
        let payload = &answer["data"][mutation];
        assert_eq!(payload["userErrors"], json!([]), "{name}: {answer}");
        self.name(name, &payload[&object]["id"]);
        for (number, lot) in payload[&object]["lots"]["edges"].as_array().into_iter().flatten().enumerate() {
            self.name(&format!("{name}.{number}"), &lot["node"]["id"]);
        }
    }

    /// Everything that a request could have written: how many rows each table has, the chains, the states.
    pub async fn fingerprint(&self) -> String {
        let tables = self.db.either(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name",
        );
        let tables: Vec<(String,)> = tables.all().await.unwrap();
        assert!(tables.len() > 25, "{tables:?}");
        let mut seen = String::new();
        for (table,) in tables {
            let (rows,): (i64,) = self.db.sql(format!("SELECT COUNT(*) FROM {table}").leak()).one().await.unwrap();
            seen.push_str(&format!("{table} {rows}\n"));
        }
        for sql in [
            "SELECT CAST(fund_id AS TEXT) || ' ' || seq || ' ' || last_key || ' ' || hash FROM fund_head ORDER BY fund_id",
            "SELECT CAST(id AS TEXT) || ' ' || state || ' ' || received FROM pledge ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || state || ' ' || moved_on FROM project ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || status FROM target ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || balance FROM account ORDER BY id",
        ] {
            let rows: Vec<(String,)> = self.db.sql(sql).all().await.unwrap();
            seen.extend(rows.into_iter().map(|(row,)| row + "\n"));
        }
        seen
    }

    /// Two communities with a fund each; projects in every state; gifts, promises, a decision and what came of it.
    pub async fn fill(&mut self) {
        for (name, level) in [("here", "COMMUNITY"), ("there", "COMMUNITY"), ("third", "COMMUNITY")] {
            self.add(name, "areaCreate", "area", json!({ "parentId": "@district", "level": level, "name": name }))
                .await;
        }
        let code = "91110000101623741K";
        for (name, kind, code) in [
            ("association", "SOCIAL_ORGANIZATION", None),
            ("unit", "PARTNER_UNIT", Some(code)),
            ("shop", "MERCHANT", None),
            ("group", "GROUP", None),
            ("resident", "RESIDENT", None),
        ] {
            let input = json!({ "kind": kind, "name": name, "areaIds": ["@here", "@there"], "creditCode": code });
            self.add(name, "partyRegister", "party", input).await;
        }
        self.add("host", "hostCreate", "host", json!({ "partyId": "@association", "areaId": "@district" })).await;
        for (name, parent) in [("places", Value::Null), ("stairs", json!("@places")), ("feasts", Value::Null)] {
            let input = json!({ "parentId": parent, "code": name, "name": name });
            self.add(name, "purposeCreate", "purpose", input).await;
        }
        for (fund, area) in [("F1", "@here"), ("F2", "@there")] {
            self.add(fund, "fundOpen", "fund", fund_open(fund, area)).await;
        }
        for (code, fund, area, states) in [
            ("P1", "@F1", "@here", &["APPROVED", "UNDERWAY"][..]),
            ("PROPOSED", "@F1", "@here", &[]),
            ("CLOSING", "@F1", "@here", &["APPROVED"]),
            ("P3", "@F1", "@here", &["APPROVED", "UNDERWAY"]),
            ("Q1", "@F2", "@there", &["APPROVED"]),
        ] {
            self.add(code, "projectPropose", "project", propose(code, fund, area)).await;
            for state in states {
                self.move_project(code, state).await;
            }
        }
        for (name, fund, target, amount) in [
            ("R-P1", "@F1", "@P1", "500.00"),
            ("R-PROPOSED", "@F1", "@PROPOSED", "500.00"),
            ("R-CLOSED", "@F1", "@CLOSING", "500.00"),
            ("R-P3", "@F1", "@P3", "5000.00"),
            ("R-Q1", "@F2", "@Q1", "500.00"),
        ] {
            self.add(name, "decisionRecord", "decision", decide(name, fund, target, amount)).await;
        }
        self.move_project("CLOSING", "CANCELLED").await;
        for (name, fund, donor, change) in [
            ("promise", "@F1", "@unit", json!({})),
            ("offered", "@F1", "@unit", json!({})),
            ("elsewhere", "@F2", "@unit", json!({})),
            ("match", "@F1", "@unit", matching("@PROPOSED")),
            ("unpaid match", "@F1", "@unit", matching("@P3")),
        ] {
            self.add(name, "pledgeOffer", "pledge", with(offer(name, fund, donor), change)).await;
            if name != "offered" {
                let input = json!({ "pledgeId": format!("@{name}"), "to": "ACCEPTED" });
                self.add(name, "pledgeAdvance", "pledge", input).await;
            }
        }
        self.sell().await;
        for (name, fund, lines) in [
            ("free", "@F1", json!([gift("@unit", "100.00", Value::Null)])),
            ("earmarked", "@F1", json!([gift("@shop", "40.00", json!({ "targetId": "@P3" }))])),
            ("returned", "@F1", json!([gift("@shop", "7.00", Value::Null)])),
            ("moved", "@F1", json!([gift("@resident", "20.00", json!({ "targetId": "@P1" }))])),
            ("over there", "@F2", json!([gift("@shop", "30.00", Value::Null)])),
        ] {
            self.add(name, "contributionReceive", "contribution", receive(name, fund, lines)).await;
        }
        self.add("allocated", "allocationMake", "allocation", allocate("allocated", "@R-P1", "25.00")).await;
        self.add("allocated more", "allocationMake", "allocation", allocate("more", "@R-P1", "1.00")).await;
        self.add("paid", "expenseRecord", "expense", pay("paid", "@P1", "24.00")).await;
        let query =
            "query($fund: ID!) { node(id: $fund) { ... on Fund { entries(first: 90) { edges { node { id } } } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "fund": "@F1" })).await;
        for (number, entry) in (1..).zip(read["data"]["node"]["entries"]["edges"].as_array().unwrap()) {
            self.name(&format!("entry {number}"), &entry["node"]["id"]);
        }
        self.add("reversal", "entryReverse", "reversal", reverse("reversal", "@entry 3")).await;
        self.hear_the_bank().await;
        let query = "query($id: ID!) { node(id: $id) { ... on Project { milestones { id } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "id": "@P1" })).await;
        self.name("milestone", &read["data"]["node"]["milestones"][0]["id"]);
        let input = json!({ "milestoneId": "@milestone", "reachedOn": "2024-04-01" });
        self.add("milestone", "milestoneReach", "milestone", input).await;
        self.plan_imports().await;
    }

    /// A list that can be booked, one that cannot, and room for a third.
    async fn plan_imports(&mut self) {
        self.stage("file", "@F1", Some("giver,date,amount\nunit,2024-03-01,5.00\n")).await;
        self.stage("faulty file", "@F1", Some("giver,date,amount\nunit,2024-03-01,5.00\nunit,2024-03-02,-1\n")).await;
        self.stage("unsent file", "@F1", None).await;
        self.plan("import", "@file").await;
        self.plan("faulty import", "@faulty file").await;
    }

    /// Two lines of the bank, of which one is matched.
    async fn hear_the_bank(&mut self) {
        let lines = [("B1", "2024-03-02", "100.00"), ("B2", "2024-03-22", "-24.00")];
        let input = bank_lines("@F1", "6217", &lines);
        let read = self.mutate(Some(&self.officer), "en", "bankLineRecord", &input, "bankLines { id }").await;
        for (number, line) in (1..).zip(read["data"]["bankLineRecord"]["bankLines"].as_array().unwrap()) {
            self.name(&format!("line {number}"), &line["id"]);
        }
        self.add("bank match", "bankLineMatch", "match", bank_match(&["@line 1"], &["@entry 1"])).await;
    }

    /// Makes room for a file of a fund and calls it `name`; sends it, where there is a text.
    async fn stage(&mut self, name: &str, fund: &str, text: Option<&str>) {
        let input = json!({ "fundId": fund, "fileName": format!("{name}.csv") });
        let answer = self.mutate(Some(&self.officer), "en", "stagedUploadCreate", &input, "upload { id url }").await;
        let upload = &answer["data"]["stagedUploadCreate"]["upload"];
        self.name(name, &upload["id"]);
        if let Some(text) = text {
            let url = self.server.url(upload["url"].as_str().unwrap());
            let sent = self.client.put(url).body(text.to_owned()).send().await.unwrap();
            assert_eq!(sent.status(), reqwest::StatusCode::CREATED);
        }
    }

    /// Plans an import and calls it `name`, and its hash `name hash`.
    async fn plan(&mut self, name: &str, upload: &str) {
        let input = json!({ "fundId": "@F1", "kind": "CONTRIBUTIONS", "uploadId": upload });
        self.add(name, "importStart", "importJob", input).await;
        let query = "query($id: ID!) { importJob(id: $id) { state planHash } }";
        let planned = async {
            loop {
                let read = self.ask(Some(&self.officer), "en", query, json!({ "id": format!("@{name}") })).await;
                let job = &read["data"]["importJob"];
                if job["state"] == "PLANNED" {
                    break job["planHash"].clone();
                }
                assert!(["QUEUED", "PLANNING"].contains(&job["state"].as_str().unwrap()), "{read}");
                tokio::task::yield_now().await;
            }
        };
        let hash = tokio::time::timeout(std::time::Duration::from_secs(60), planned).await.unwrap();
        self.name(&format!("{name} hash"), &hash);
    }

    /// An agreement, campaigns, a report that was corrected, a claim, and what is due of a promise.
    async fn sell(&mut self) {
        let agreement = json!({ "fundId": "@F1", "partyId": "@unit", "number": "A-1", "kind": "CO_BUILDING",
            "validFrom": "2024-01-01", "validTo": "2024-12-31", "promises": "To help." });
        self.add("agreement", "agreementRecord", "agreement", agreement).await;
        for code in ["fair", "closed fair"] {
            self.add(code, "campaignOpen", "campaign", campaign_open(code)).await;
        }
        let close = json!({ "campaignId": "@closed fair", "participants": 5, "on": "2024-04-01" });
        self.add("closed fair", "campaignClose", "campaign", close).await;
        self.add("sold", "salesReportRecord", "report", sold("sold", json!({ "campaignId": "@fair" }))).await;
        let right =
            json!({ "idempotencyKey": "right", "reportId": "@sold", "amount": yuan("9.00"), "reason": "A slip." });
        self.add("right", "salesReportCorrect", "report", right).await;
        let room = json!({ "projectId": "@P3", "units": 4, "unitValue": yuan("10.00") });
        self.add("P3", "claimOpen", "project", room).await;
        let claim = json!({ "claim": { "projectId": "@P3", "units": 1, "expiresOn": "2099-01-01" } });
        let claim = with(offer("claim", "@F1", "@unit"), json!({ "terms": claim }));
        self.add("claim", "pledgeOffer", "pledge", claim).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Pledge { dues { edges { node { id } } } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "id": "@promise" })).await;
        self.name("due", &read["data"]["node"]["dues"]["edges"][0]["node"]["id"]);
    }

    async fn move_project(&mut self, project: &str, state: &str) {
        let input = json!({ "projectId": format!("@{project}"), "state": state, "movedOn": "2024-02-01" });
        self.add(project, "projectAdvance", "project", input).await;
    }
}

pub fn fund_open(code: &str, area: &str) -> Value {
    json!({ "hostId": "@host", "areaId": area, "code": code, "name": code, "openedOn": "2024-01-01", "seats": 5,
        "quorum": 3, "purposeIds": ["@places"] })
}

pub fn propose(code: &str, fund: &str, area: &str) -> Value {
    json!({ "fundId": fund, "areaId": area, "purposeId": "@stairs", "code": code, "title": code, "summary": "Work.",
        "residents": 9, "proposedOn": "2024-01-10", "budget": [{ "label": "Work", "amount": yuan("500.00") }],
        "milestones": [{ "title": "Done", "dueOn": "2024-06-01" }] })
}

pub fn decide(number: &str, fund: &str, target: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": number, "fundId": fund, "targetId": target, "resolutionNumber": number,
        "amount": yuan(amount), "approvedOn": "2024-02-10", "seats": seats(&["FOR", "FOR", "AGAINST"]) })
}

pub fn offer(key: &str, fund: &str, donor: &str) -> Value {
    json!({ "idempotencyKey": key, "fundId": fund, "donorId": donor, "offeredOn": "2024-02-01",
        "terms": { "fixed": { "amount": yuan("50.00"), "dueOn": "2024-03-01" } } })
}

fn matching(target: &str) -> Value {
    let rate = json!({ "numerator": 1, "denominator": 1 });
    json!({ "terms": { "matching": { "rate": rate, "cap": yuan("50.00") } }, "earmark": { "targetId": target } })
}

pub fn campaign_open(code: &str) -> Value {
    json!({ "fundId": "@F1", "code": code, "name": code, "kind": "FAIR", "startsOn": "2024-03-01",
        "endsOn": "2024-03-02" })
}

/// A report of what the shop sold.
pub fn sold(key: &str, change: Value) -> Value {
    let base = json!({ "idempotencyKey": key, "fundId": "@F1", "merchantId": "@shop", "amount": yuan("10.00") });
    with(base, change)
}

pub fn gift(donor: &str, amount: &str, earmark: Value) -> Value {
    json!({ "donorId": donor, "amount": yuan(amount), "earmark": earmark })
}

pub fn receive(key: &str, fund: &str, lines: Value) -> Value {
    json!({ "idempotencyKey": key, "fundId": fund, "payerId": "@unit", "channel": "BANK", "reference": key,
        "receivedOn": "2024-03-01", "lines": lines })
}

pub fn allocate(key: &str, decision: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "decisionId": decision, "amount": yuan(amount), "effectiveOn": "2024-03-10",
        "memo": "As decided." })
}

pub fn pay(key: &str, target: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "targetId": target, "payeeId": "@shop", "amount": yuan(amount),
        "incurredOn": "2024-03-20", "note": "Work.",
        "evidence": [{ "kind": "INVOICE", "name": "invoice.pdf", "sha256": "ab".repeat(32) }] })
}

pub fn move_money(key: &str, target: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "targetId": target, "amount": yuan(amount), "effectiveOn": "2024-03-25",
        "memo": "Not needed." })
}

pub fn refund(key: &str, donor: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "fundId": "@F1", "donorId": donor, "amount": yuan(amount),
        "refundedOn": "2024-03-25", "reason": "Asked for." })
}

pub fn bank_lines(fund: &str, account: &str, lines: &[(&str, &str, &str)]) -> Value {
    let line = |(reference, on, amount): &(&str, &str, &str)| json!({ "reference": reference, "bookedOn": on, "amount": yuan(amount), "counterparty": "Somebody" });
    json!({ "fundId": fund, "account": account, "lines": lines.iter().map(line).collect::<Vec<_>>() })
}

pub fn bank_match(lines: &[&str], entries: &[&str]) -> Value {
    json!({ "lineIds": lines, "entryIds": entries, "note": "The same sum." })
}

pub fn reverse(key: &str, entry: &str) -> Value {
    json!({ "idempotencyKey": key, "entryId": entry, "effectiveOn": "2024-04-01", "memo": "A mistake." })
}
