//! The sample corrected through the graph, over HTTP: a duplicate undone, a wrong giver, a spent gift given
//! back, a credit note, a consent, goods, a transfer, a loss and a pro rata project.
//!
//! `worked_example_corrections.txt` and its trace were computed by the design's own model before this program
//! was written.

use std::collections::HashMap;

use chrono::{TimeZone as _, Utc};
use cobuild::{ledger::verify, money::Fen};
use serde_json::{Value, json};

use crate::{
    support::{Fixture, on_both},
    worked_example::{Sample, edges, fen, key, short, target_number, text},
};

const JOURNAL: &str = include_str!("worked_example_corrections.txt");
const TRACE: &str = include_str!("worked_example_corrections_trace.txt");

const ENTRIES: &str = "query($after: String) { fund(code: \"FUND\") { entries(first: 8, after: $after) {
    edges { node { id seq kind effectiveOn memo postings(first: 40) { edges { node {
        source destination amount { amount } target { code } expense { id } lot { id asset donor { id } } } }
        pageInfo { hasNextPage } } } }
    pageInfo { hasNextPage endCursor } } } }";
const THINGS: &str = "{ a: fund(code: \"COMMUNITY-A\") { id area { id } } b: fund(code: \"COMMUNITY-B\") { id }
    purposes(first: 90) { edges { node { id code } } } }";

/// The numbers that the design gives to what the corrections add.
const LOTS_ADDED: [usize; 4] = [200, 201, 210, 211];
/// The entries of the sample itself.
const BEFORE: usize = 56;

/// The sample with an officer who corrects it.
struct Desk {
    sample: Sample,
    officer: String,
    /// Ids by what the design calls them.
    ids: HashMap<String, String>,
    done: usize,
}

fn yuan(amount: &str) -> Value {
    json!({ "amount": amount })
}

fn paper(name: &str) -> String {
    format!("{:0>64}", name.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

impl Desk {
    async fn open(fixture: &Fixture) -> Self {
        let sample = Sample::new(fixture).await;
        sample.clock.set(Utc.with_ymd_and_hms(2026, 7, 10, 2, 0, 0).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let officer = sample.tokens(&dir).await["hostOfficer"].token.clone();
        let mut ids = HashMap::new();
        for (number, (_, lot)) in (1..).zip(sample.lots().await.into_values()) {
            ids.insert(format!("L{number}"), text(&lot["id"]));
        }
        for (id, number) in sample.expense_numbers().await {
            ids.insert(format!("X{number}"), id);
        }
        let read = sample.data(Some(&officer), THINGS, json!({})).await;
        ids.insert("A".into(), text(&read["a"]["id"]));
        ids.insert("B".into(), text(&read["b"]["id"]));
        ids.insert("area".into(), text(&read["a"]["area"]["id"]));
        for edge in edges(&read["purposes"]) {
            ids.insert(text(&edge["node"]["code"]), text(&edge["node"]["id"]));
        }
        let parties = "query($after: String) { parties(first: 50, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }";
        for party in sample.all(Some(&officer), parties, "/parties").await {
            ids.insert(sample.codes[&key(&party["id"])].clone(), text(&party["id"]));
        }
        let targets = "{ fund(code: \"COMMUNITY-A\") { projects(first: 50) { edges { node { id code } } } }
            project(fundCode: \"COMMUNITY-A\", code: \"P21\") { id } }";
        let read = sample.data(Some(&officer), targets, json!({})).await;
        for edge in edges(&read["fund"]["projects"]) {
            ids.insert(text(&edge["node"]["code"]), text(&edge["node"]["id"]));
        }
        let mut desk = Self { sample, officer, ids, done: 0 };
        let entries = desk.entries("COMMUNITY-A").await;
        let grant = "query($id: ID!) { node(id: $id) { ... on Entry { postings(first: 1) { edges { node { target { id } } } } } } }";
        let read = desk.sample.data(Some(&desk.officer), grant, json!({ "id": entries[26]["id"] })).await;
        let grant = text(&read["node"]["postings"]["edges"][0]["node"]["target"]["id"]);
        desk.ids.insert("G1 grant".into(), grant);
        desk
    }

    async fn entries(&self, fund: &str) -> Vec<Value> {
        let query = ENTRIES.replace("FUND", fund);
        self.sample.all(Some(&self.officer), &query, "/fund/entries").await
    }

    fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("nothing is called {name}"))
    }

    /// Runs the mutation `name` under a key of its own, and gives its payload.
    async fn run(&mut self, name: &str, mut input: Value, selection: &str) -> Value {
        self.done += 1;
        if !["projectPropose", "projectAdvance", "partyRegister", "targetDraw"].contains(&name) {
            input["idempotencyKey"] = json!(format!("correction-{}", self.done));
        }
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        let payload = self.sample.data(Some(&self.officer), &query, json!({ "input": input })).await[name].take();
        assert_eq!(payload["userErrors"], json!([]), "{name} {input}");
        payload
    }

    /// A resolution and the allocation that follows it.
    async fn allocate(&mut self, target: &str, asset: &str, amount: &str, on: &str, memo: &str) {
        let seats =
            json!([1, 2, 3, 4].map(|_| json!({ "constituency": "RESIDENTS", "holder": "居民席", "vote": "FOR" })));
        let decision = json!({ "fundId": self.id("A"), "targetId": self.id(target), "amount": yuan(amount), "approvedOn": on,
            "resolutionNumber": format!("2026-C{}", self.done), "seats": seats });
        let decision = text(&self.run("decisionRecord", decision, "decision { id }").await["decision"]["id"]);
        let input =
            json!({ "decisionId": decision, "asset": asset, "amount": yuan(amount), "effectiveOn": on, "memo": memo });
        self.run("allocationMake", input, "allocation { id }").await;
    }

    async fn pay(&mut self, target: &str, asset: &str, amount: &str, on: &str, note: &str) {
        let evidence = json!([{ "kind": "INVOICE", "sha256": paper("invoice"), "name": "invoice.pdf" }]);
        let input = json!({ "targetId": self.id(target), "asset": asset, "payeeId": self.id("V3"), "amount": yuan(amount),
            "incurredOn": on, "note": note, "evidence": evidence });
        self.run("expenseRecord", input, "expense { id asset }").await;
    }

    /// e57 to e61: what was keyed by mistake, and a gift that was spent and is charged back.
    async fn mistakes(&mut self) {
        self.allocate("P21", "CNY", "700", "2026-06-15", "keyed twice by mistake").await;
        let twice = text(&self.entries("COMMUNITY-A").await.last().unwrap()["id"]);
        let input = json!({ "entryId": twice, "effectiveOn": "2026-06-15", "memo": "undo duplicate allocation" });
        self.run("entryReverse", input, "reversal { id }").await;
        let unit = json!({ "kind": "PARTNER_UNIT", "name": "共建单位 35", "areaIds": [self.id("area")] });
        let unit = text(&self.run("partyRegister", unit, "party { id }").await["party"]["id"]);
        self.ids.insert("U35".into(), unit);
        let input = json!({ "lotId": self.id("L16"), "donorId": self.id("U35"), "consentedById": self.id("U10"),
            "consentedOn": "2026-06-16", "sha256": paper("U10"), "effectiveOn": "2026-06-16", "memo": "U10 line was U35" });
        let made = self.run("lotRelot", input, "lot { parent { id } donor { id } }").await;
        assert_eq!(made["lot"]["parent"]["id"], self.id("L16"));
        let input = json!({ "expenseId": self.id("X6"), "donorId": self.id("M2"), "amount": yuan("300"),
            "effectiveOn": "2026-06-17", "memo": "cover spent M2 money with pool lots (expense P05)" });
        self.run("expenseSwap", input, "entry { kind }").await;
        let input = json!({ "fundId": self.id("A"), "donorId": self.id("M2"), "amount": yuan("300"),
            "refundedOn": "2026-06-17", "reason": "chargeback M2" });
        self.run("contributionRefund", input, "refund { id }").await;
    }

    /// e62 to e66: a vendor's credit, a household's consent, and goods.
    async fn changes(&mut self) {
        let input = json!({ "expenseId": self.id("X1"), "amount": yuan("200"), "effectiveOn": "2026-06-18",
            "memo": "V1 credit note", "sha256": paper("credit note") });
        self.run("expenseCredit", input, "entry { kind }").await;
        let input = json!({ "lotId": self.id("L59"), "earmark": { "purposeId": self.id("HOUSING") },
            "consentedById": self.id("H18"), "consentedOn": "2026-06-19", "sha256": paper("H18"),
            "effectiveOn": "2026-06-19", "memo": "H18 consents: housing instead of P01" });
        self.run("lotRelot", input, "lot { id }").await;
        let lines = json!([{ "donorId": self.id("M3"), "amount": yuan("800") }]);
        let input = json!({ "fundId": self.id("A"), "payerId": self.id("M3"), "channel": "goods", "reference": "paint",
            "receivedOn": "2026-06-20", "asset": "KIND", "note": "paint, fair value 800", "lines": lines });
        self.run("contributionReceive", input, "contribution { asset }").await;
        self.allocate("G1 grant", "KIND", "800", "2026-06-20", "paint to G1").await;
        self.pay("G1 grant", "KIND", "800", "2026-06-21", "paint used up").await;
    }

    /// e67 to e72: money for any community moves to another, and an advance is lost.
    async fn moves(&mut self) {
        let lines = json!([{ "donorId": self.id("HOST"), "amount": yuan("1000"), "earmark": { "anyFund": true } }]);
        let input = json!({ "fundId": self.id("A"), "payerId": self.id("HOST"), "channel": "bank", "reference": "general",
            "receivedOn": "2026-06-21", "note": "association general money, any community", "lines": lines });
        self.run("contributionReceive", input, "contribution { id }").await;
        let input = json!({ "fromFundId": self.id("A"), "toFundId": self.id("B"), "amount": yuan("1000"),
            "effectiveOn": "2026-06-22", "memo": "general money" });
        let made = self
            .run("fundTransfer", input, "entryOut { id fund { code } } entryIn { pair { id } fund { code } }")
            .await;
        assert_eq!(made["entryIn"]["pair"]["id"], made["entryOut"]["id"]);
        assert_eq!(
            (&made["entryOut"]["fund"]["code"], &made["entryIn"]["fund"]["code"]),
            (&json!("COMMUNITY-A"), &json!("COMMUNITY-B"))
        );
        self.allocate("G1 grant", "CNY", "100", "2026-06-23", "G1 extra 100").await;
        let input = json!({ "targetId": self.id("G1 grant"), "amount": yuan("100"), "effectiveOn": "2026-06-23", "memo": "G1 extra advance" });
        self.run("advancePay", input, "entry { id }").await;
        let input = json!({ "targetId": self.id("G1 grant"), "amount": yuan("100"), "effectiveOn": "2026-06-30",
            "memo": "100 cash lost", "sha256": paper("police report") });
        self.run("advanceWriteOff", input, "entry { kind }").await;
    }

    /// e73 to e75: a project that all its gifts pay alike.
    async fn pro_rata(&mut self) {
        let project = json!({ "fundId": self.id("A"), "areaId": self.id("area"), "purposeId": self.id("HOUSING"), "code": "P22",
            "title": "屋面", "summary": "Roofs.", "residents": 10, "proposedOn": "2026-06-25",
            "budget": [{ "label": "Roof", "amount": yuan("3000.01") }] });
        let project = text(&self.run("projectPropose", project, "project { id }").await["project"]["id"]);
        let input = json!({ "projectId": project, "state": "APPROVED", "movedOn": "2026-06-30" });
        self.run("projectAdvance", input, "project { state }").await;
        self.run("targetDraw", json!({ "targetId": project, "draw": "PRO_RATA" }), "target { id }").await;
        self.ids.insert("P22".into(), project);
        self.allocate("P22", "CNY", "3000.01", "2026-07-01", "P22 pro-rata project").await;
        self.pay("P22", "CNY", "1000", "2026-07-02", "P22 first invoice, pro rata").await;
        let input = json!({ "targetId": self.id("P22"), "amount": yuan("2000.01"), "effectiveOn": "2026-07-03",
            "memo": "P22 finished below budget" });
        self.run("allocationRelease", input, "entry { id }").await;
    }
}

/// The design's name of a party.
fn code_of(desk: &Desk, donor: &Value) -> String {
    let id = text(donor);
    let name = desk.ids.iter().find(|(name, known)| **known == id && !name.starts_with("viewer")).unwrap().0;
    if name == "HOST" { "ASSOC".into() } else { name.clone() }
}

/// The lines of one entry, as the design writes them.
fn lines_of(
    desk: &Desk,
    number: usize,
    entry: &Value,
    lots: &HashMap<i64, usize>,
    expenses: &HashMap<String, usize>,
) -> Vec<String> {
    assert_eq!(entry["postings"]["pageInfo"]["hasNextPage"], json!(false));
    let in_b = number == 69;
    let mut moves: Vec<(String, Fen, Vec<String>)> = vec![];
    for edge in edges(&entry["postings"]) {
        let one = &edge["node"];
        let goods = one["lot"]["asset"] == json!("KIND");
        let place = |name: &Value| match name.as_str().unwrap() {
            "EXPENSE" => format!("EXPENSE/{}", expenses[one["expense"]["id"].as_str().unwrap()]),
            "REFUND" => "REFUND/2".to_owned(),
            name @ ("TARGET" | "ADVANCE" | "LOSS") => {
                let target = target_number(one["target"]["code"].as_str().unwrap());
                format!("{name}/{target}{}", if goods { "/KIND" } else { "" })
            }
            "POOL" if in_b => "f2/POOL".to_owned(),
            name => format!("{name}{}", if goods { "/KIND" } else { "" }),
        };
        let (way, amount) = (format!("{}→{}", place(&one["source"]), place(&one["destination"])), fen(&one["amount"]));
        let part = format!(
            "L{}·{}={}",
            lots[&key(&one["lot"]["id"])],
            code_of(desk, &one["lot"]["donor"]["id"]),
            short(amount)
        );
        match moves.iter_mut().find(|(known, ..)| *known == way) {
            Some((_, sum, parts)) => {
                *sum += amount;
                parts.push(part);
            }
            None => moves.push((way, amount, vec![part])),
        }
    }
    let kind = match text(&entry["kind"]).as_str() {
        "WRITEOFF" | "WRITE_OFF" => "WRITEOFF".to_owned(),
        kind => kind.to_owned(),
    };
    let on = text(&entry["effectiveOn"]);
    let line = |(way, sum, parts): (String, Fen, Vec<String>)| {
        format!("e{number} {kind:<8} {on} {way} Σ{} [{}]: {}", short(sum), parts.len(), parts.join(" "))
    };
    moves.into_iter().map(line).collect()
}

/// One line of the trace, its places in the order of their names.
fn trace_line(number: usize, code: &str, lot: &Value, expenses: &HashMap<String, usize>) -> String {
    let restriction = &lot["restriction"];
    let to = restriction["purpose"]["code"].as_str().or(restriction["target"]["code"].as_str());
    let kind = text(&restriction["kind"]);
    let restriction = to.map_or(kind.clone(), |to| format!("{kind}/{to}"));
    let uses = edges(&lot["uses"]).map(|edge| &edge["node"]).map(|one| {
        let amount = short(fen(&one["amount"]));
        match (one["expense"]["id"].as_str(), text(&one["place"]).as_str()) {
            (Some(id), _) => format!("{}:X{} {amount}", text(&one["target"]["code"]), expenses[id]),
            (None, "LOSS") => format!("LOSS {} {amount}", text(&one["target"]["code"])),
            (None, place) => format!("{place} {amount}"),
        }
    });
    let mut uses: Vec<String> = uses.collect();
    uses.sort();
    let uses = if uses.is_empty() { "(re-lotted)".to_owned() } else { uses.join(" + ") };
    let code = if code == "HOST" { "ASSOC" } else { code };
    format!("L{number} {code} {restriction} {} → {uses}", short(fen(&lot["amount"])))
}

fn sorted(line: &str) -> String {
    let (what, uses) = line.split_once(" → ").unwrap();
    let mut uses: Vec<&str> = uses.split(" + ").collect();
    uses.sort_unstable();
    format!("{what} → {}", uses.join(" + "))
}

on_both! {
    async fn every_correction_is_booked_and_traced_as_the_design_says(fixture: Fixture) {
        let mut desk = Desk::open(&fixture).await;
        desk.mistakes().await;
        desk.changes().await;
        desk.moves().await;
        desk.pro_rata().await;
        let expenses = desk.sample.expense_numbers().await;
        assert_eq!(expenses.len(), 27);
        let unit = key(&json!(desk.id("U35")));
        desk.sample.codes.insert(unit, "U35".into());
        let lots = desk.sample.lots().await;
        let numbers: HashMap<i64, usize> = lots.keys().copied().zip((1..=65).chain(LOTS_ADDED)).collect();
        let lines = lots.iter().map(|(id, (code, lot))| trace_line(numbers[id], code, lot, &expenses));
        let lines: Vec<String> = lines.collect();
        let expected: Vec<String> = TRACE.lines().map(sorted).collect();
        assert_eq!(lines, expected);

        let mut entries = desk.entries("COMMUNITY-A").await.split_off(BEFORE);
        entries.insert(12, desk.entries("COMMUNITY-B").await.remove(0));
        let mut expected = JOURNAL.lines().map(|line| line.split_once("   # ").map_or(line, |(line, _)| line));
        for (number, entry) in (BEFORE + 1..).zip(&entries) {
            for line in lines_of(&desk, number, entry, &numbers, &expenses) {
                assert_eq!(Some(line.as_str()), expected.next());
            }
        }
        assert_eq!(expected.next(), None);
        let report = verify::verify(&desk.sample.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    }
}
