//! A server with two communities' funds, filled over its socket, and what is asked of it in two languages.

pub mod grants;

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

    /// What `client` is answered by the mutation `name`, to the byte.
    pub async fn send(&self, client: &reqwest::Client, name: &str, input: &Value, selection: &str) -> String {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        let body = json!({ "query": query, "variables": { "input": self.filled(input) } });
        let request = client.post(self.server.url("/graphql")).bearer_auth(&self.officer).json(&body);
        request.send().await.unwrap().text().await.unwrap()
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
            "SELECT CAST(id AS TEXT) || ' ' || state FROM motion ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || state FROM contest ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || COALESCE(CAST(to_on AS TEXT), '-') FROM seat_term ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || balance FROM account ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || state || ' ' || moved_on FROM grant_round ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || state || ' ' || asked FROM grant_application ORDER BY id",
            "SELECT CAST(id AS TEXT) || ' ' || COALESCE(outcome, '-') FROM grant_objection ORDER BY id",
            "SELECT CAST(application_id AS TEXT) || ' ' || judge_id || ' ' || score FROM grant_score ORDER BY 1",
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
            ("DONE", "@F1", "@here", &["APPROVED", "UNDERWAY", "COMPLETED"]),
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
        self.form_committee().await;
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
        self.reach_milestone().await;
        self.call_for_proposals().await;
        self.draft_badly().await;
        self.call_for_grants().await;
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

    /// Has the committee of the second fund carry a motion, and calls its resolution `decision`.
    async fn carry(&mut self, motion: &str, decision: &str) {
        let at = format!("@{motion}");
        for seat in ["@seat 1", "@seat 2", "@seat 3"] {
            self.add(motion, "ballotCast", "motion", ballot(&at, seat)).await;
        }
        self.add(motion, "motionClose", "motion", motion_close(&format!("close {motion}"), &at)).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Motion { decision { id } } } }";
        let read = self.ask(None, "en", query, json!({ "id": at })).await;
        self.name(decision, &read["data"]["node"]["decision"]["id"]);
    }

    /// A committee of the second fund: seat 2 is recused from the open motion, seat 3 has voted on it, seat 4 is
    /// another's, seat 5 is vacant, seat 6 supervises; a motion for a rule was carried, and a grant
    /// has ended on another. A resolution of the first fund was annulled.
    async fn form_committee(&mut self) {
        self.token("Holder of seat 4", &["--role", "committee-member", "--fund", "F2"]);
        self.add("committee", "committeeForm", "committee", committee_form("@F2", &["MEMBER"; 5])).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Committee { seats { id } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "id": "@committee" })).await;
        for (number, seat) in (1..).zip(read["data"]["node"]["seats"].as_array().unwrap()) {
            self.name(&format!("seat {number}"), &seat["id"]);
        }
        self.add("motion", "motionOpen", "motion", motion_open("motion", "@Q1", "10.00")).await;
        let rule = json!({ "idempotencyKey": "rule", "fundId": "@F2", "kind": "RULE", "title": "Three sit.",
            "rule": { "quorum": 3, "majority": "SIMPLE" }, "openedOn": "2024-02-01" });
        self.add("rule motion", "motionOpen", "motion", rule).await;
        let declared = json!({ "motionId": "@motion", "seatId": "@seat 2", "interest": "RELATED" });
        self.add("motion", "recusalDeclare", "motion", declared).await;
        self.add("motion", "ballotCast", "motion", ballot("@motion", "@seat 3")).await;
        self.carry("rule motion", "R-RULE").await;
        let grant = json!({ "fundId": "@F2", "groupId": "@group", "purposeId": "@places", "code": "ENDED", "title": "Songs",
            "stage": "START_UP", "awardedOn": "2024-01-20" });
        self.add("ENDED", "microGrantAward", "microGrant", grant).await;
        let end = with(motion_open("end", "@ENDED", "1.00"), json!({ "kind": "END", "amount": null }));
        self.add("end motion", "motionOpen", "motion", end).await;
        self.carry("end motion", "R-ENDED").await;
        let ended = json!({ "microGrantId": "@ENDED", "endedOn": "2024-02-06", "reason": "It never began.",
            "decisionId": "@R-ENDED" });
        self.add("ENDED", "microGrantEnd", "microGrant", ended).await;
        self.add("R-ANNULLED", "decisionRecord", "decision", decide("R-ANNULLED", "@F1", "@P1", "5.00")).await;
        self.add("R-ANNULLED", "decisionAnnul", "decision", decision_annul("@R-ANNULLED")).await;
        let explained = |month| with(disclosure(month), json!({ "remarks": "A seat is vacant." }));
        self.add("published", "disclosureDraft", "disclosure", explained("01")).await;
        for step in ["disclosureCheck", "disclosureApprove", "disclosurePublish"] {
            self.add("published", step, "disclosure", json!({ "disclosureId": "@published" })).await;
        }
        // Money arrives in March before this is checked.
        self.add("stale", "disclosureDraft", "disclosure", explained("03")).await;
    }

    /// Drafts that a check refuses: a must is not explained, a resident is named.
    async fn draft_badly(&mut self) {
        self.add("draft", "disclosureDraft", "disclosure", disclosure("02")).await;
        // Of a time before the books, so that nothing that is booked changes it.
        let period = json!({ "from": "2023-12-01", "to": "2023-12-31" });
        let named = json!({ "fundId": "@F2", "period": period, "remarks": "Our resident helped." });
        self.add("named", "disclosureDraft", "disclosure", named).await;
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

    /// Three contests: one takes proposals and has one, one has none, and one is scored: there judge 1 has handed a sheet in,
    /// judge 2 is another's, judge 3 is of the shop, which proposed.
    async fn call_for_proposals(&mut self) {
        for (name, until) in [("CALL", "2999-01-01"), ("EMPTY", "2024-03-31"), ("SCORED", "2024-03-31")] {
            self.add(name, "contestOpen", "contest", contest_open(name, until)).await;
        }
        for name in ["CALL", "SCORED"] {
            let entry = contest_propose(&format!("@{name}"), "@shop", "100.00");
            self.add(&format!("{name} entry"), "contestPropose", "proposal", entry).await;
        }
        let scoring = json!({ "contestId": "@SCORED", "state": "SCORING", "movedOn": "2024-04-01" });
        self.add("SCORED", "contestAdvance", "contest", scoring).await;
        self.add("SCORED entry", "contestScore", "proposal", contest_score("@SCORED entry", 1)).await;
    }

    async fn reach_milestone(&mut self) {
        let query = "query($id: ID!) { node(id: $id) { ... on Project { milestones { id } } } }";
        let read = self.ask(Some(&self.officer), "en", query, json!({ "id": "@P1" })).await;
        self.name("milestone", &read["data"]["node"]["milestones"][0]["id"]);
        let input = json!({ "milestoneId": "@milestone", "reachedOn": "2024-04-01" });
        self.add("milestone", "milestoneReach", "milestone", input).await;
    }

    /// Three projects of 500.00 of which a group is to raise 25.00, and 20.00 by the end of March: it was raised, it was
    /// not, and it was stated that it was not.
    pub async fn ask_for_money(&mut self) {
        for (code, raised) in [("RAISED", "20.00"), ("SHORT", "19.99"), ("MISSED", "5.00")] {
            self.add(code, "projectPropose", "project", funded(code, "20.00", "2024-03-31")).await;
            self.move_project(code, "APPROVED").await;
            let part = json!([gift("@group", raised, json!({ "targetId": format!("@{code}") }))]);
            self.add(&code.to_lowercase(), "contributionReceive", "contribution", receive(code, "@F1", part)).await;
        }
        self.add("MISSED", "projectFundingMiss", "project", miss("@MISSED", "2024-04-01")).await;
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

pub fn committee_form(fund: &str, duties: &[&str]) -> Value {
    let seat = |(number, duty): (usize, &&str)| {
        json!({ "constituency": "RESIDENTS", "duty": duty, "holder": {
            "name": format!("Seat {number}"), "principal": (number == 4).then_some("Holder of seat 4"),
            "from": "2024-01-01", "to": (number == 5).then_some("2024-02-28") } })
    };
    let seats: Value = (1..).zip(duties.iter().chain(&["SUPERVISOR"])).map(seat).collect();
    json!({ "fundId": fund, "kind": "COMMITTEE", "name": "Committee", "formedOn": "2024-01-15", "quorum": 3, "seats": seats })
}

pub fn motion_open(key: &str, target: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "fundId": "@F2", "kind": "ALLOCATION", "title": "Money for it.", "targetId": target,
        "amount": yuan(amount), "openedOn": "2024-02-01" })
}

pub fn ballot(motion: &str, seat: &str) -> Value {
    json!({ "motionId": motion, "seatId": seat, "vote": "FOR" })
}

pub fn motion_close(key: &str, motion: &str) -> Value {
    json!({ "idempotencyKey": key, "motionId": motion, "closedOn": "2024-02-05", "minutes": "All agreed." })
}

pub fn disclosure(month: &str) -> Value {
    json!({ "fundId": "@F2", "period": { "from": format!("2024-{month}-01"), "to": format!("2024-{month}-28") } })
}

pub fn decision_annul(decision: &str) -> Value {
    json!({ "decisionId": decision, "annulledOn": "2024-02-20", "reason": "Taken by mistake." })
}

pub fn propose(code: &str, fund: &str, area: &str) -> Value {
    json!({ "fundId": fund, "areaId": area, "purposeId": "@stairs", "code": code, "title": code, "summary": "Work.",
        "residents": 9, "proposedOn": "2024-01-10", "budget": [{ "label": "Work", "amount": yuan("500.00") }],
        "milestones": [{ "title": "Done", "dueOn": "2024-06-01" }] })
}

pub fn contest_open(code: &str, until: &str) -> Value {
    let judge =
        |name: &str, principal: Value, party: Value| json!({ "name": name, "principal": principal, "partyId": party });
    let judges = json!([
        judge("One", Value::Null, Value::Null),
        judge("Two", json!("Holder of seat 4"), Value::Null),
        judge("Three", Value::Null, json!("@shop")),
        judge("Four", Value::Null, Value::Null),
    ]);
    json!({ "fundId": "@F1", "code": code, "title": code, "callText": "Propose.", "budget": yuan("1000.00"),
        "judgesPercent": 60, "openedOn": "2024-03-01", "proposalsTo": until,
        "criteria": [{ "name": "Use", "weight": 2, "scoreMax": 10 }], "judges": judges })
}

pub fn contest_propose(contest: &str, party: &str, amount: &str) -> Value {
    json!({ "contestId": contest, "partyId": party, "areaId": "@here", "purposeId": "@stairs", "title": "A bench",
        "summary": "To sit on.", "residents": 9, "proposedOn": "2024-03-02",
        "budget": [{ "label": "Wood", "amount": yuan(amount) }] })
}

pub fn contest_score(proposal: &str, judge: i64) -> Value {
    json!({ "proposalId": proposal, "judgeNo": judge, "scores": [{ "criterion": 1, "score": 7 }] })
}

pub fn contest_count(proposal: &str, respondents: i64, sum: i64) -> Value {
    json!({ "proposalId": proposal, "respondents": respondents, "scores": [{ "criterion": 1, "sum": sum }],
        "countedOn": "2024-04-02", "sha256": "ab".repeat(32) })
}

/// A project of which residents are to raise 25.00.
pub fn funded(code: &str, minimum: &str, deadline: &str) -> Value {
    let part = |source: &str, amount: &str| json!({ "source": source, "amount": yuan(amount) });
    let plan = json!([part("FUND", "475.00"), part("RESIDENTS", "25.00")]);
    let funding = json!({ "minimum": yuan(minimum), "deadline": deadline });
    with(propose(code, "@F1", "@here"), json!({ "plan": plan, "funding": funding }))
}

pub fn miss(project: &str, on: &str) -> Value {
    json!({ "projectId": project, "missedOn": on })
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

pub fn relot(lot: &str, change: Value) -> Value {
    let base = json!({ "idempotencyKey": "row", "lotId": lot, "consentedById": "@unit", "consentedOn": "2024-03-26",
        "sha256": "ab".repeat(32), "effectiveOn": "2024-03-26", "memo": "A mistake." });
    with(base, change)
}

pub fn related(party: &str) -> Value {
    json!({ "fundId": "@F1", "partyId": party, "reason": "The director is a member.", "validFrom": "2024-01-01" })
}

pub fn swap(expense: &str, donor: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": "row", "expenseId": expense, "donorId": donor, "amount": yuan(amount),
        "effectiveOn": "2024-03-26", "memo": "Charged back." })
}

pub fn credit(expense: &str, amount: &str, on: &str) -> Value {
    json!({ "idempotencyKey": "row", "expenseId": expense, "amount": yuan(amount), "effectiveOn": on,
        "memo": "Too dear.", "sha256": "ab".repeat(32) })
}

pub fn transfer(key: &str, from: &str, to: &str, amount: &str) -> Value {
    json!({ "idempotencyKey": key, "fromFundId": from, "toFundId": to, "amount": yuan(amount),
        "effectiveOn": "2024-03-26", "memo": "For the other." })
}

pub fn write_off(target: &str, amount: &str) -> Value {
    with(move_money("row", target, amount), json!({ "sha256": "ab".repeat(32) }))
}

pub fn reverse(key: &str, entry: &str) -> Value {
    json!({ "idempotencyKey": key, "entryId": entry, "effectiveOn": "2024-04-01", "memo": "A mistake." })
}
