//! The systems of the reports that money comes and goes by, each told through the API from its beginning to the figures of
//! its row in `docs/systems.md`. Those of committees and publication are in `committee`.

use cobuild::ledger::verify;
use serde_json::{Value, json};

use crate::{
    support::on_both,
    world::{FOR, Ids, World, with},
};

fn money(amount: &str) -> Value {
    json!({ "amount": amount })
}

fn earmarked(project: &str) -> Value {
    json!({ "targetId": project })
}

/// A world with a fund in it, and the short ways of saying what is done there.
struct Desk {
    world: World,
    ids: Ids,
}

impl Desk {
    async fn new(fixture: &crate::support::Fixture) -> Self {
        let world = World::new(fixture).await;
        let ids = world.filled().await;
        Self { world, ids }
    }

    /// A project of the fund, proposed on the first of March.
    async fn propose(&self, code: &str, budget: &str, change: Value) -> String {
        let base = json!({ "fundId": self.ids.fund, "areaId": self.ids.community, "purposeId": self.ids.narrow, "code": code,
            "title": code, "summary": "What the neighbours asked for.", "residents": 100, "proposedOn": "2026-03-01",
            "budget": [{ "label": "All of it", "amount": money(budget) }] });
        self.world.add("projectPropose", with(base, change), "project").await
    }

    async fn moved(&self, project: &str, states: &[(&str, &str)]) {
        for (state, on) in states {
            assert_eq!(self.world.advance(project, state, on).await["userErrors"], json!([]), "{state}");
        }
    }

    /// Books what one payer brought for the givers of `lines`.
    async fn receive(&self, key: &str, payer: &str, on: &str, lines: Value) -> String {
        let input = json!({ "idempotencyKey": key, "fundId": self.ids.fund, "payerId": payer, "channel": "BANK",
            "reference": key, "receivedOn": on, "lines": lines });
        self.world.add("contributionReceive", input, "contribution").await
    }

    /// The committee resolves, and the money is allocated.
    async fn allocate(&self, project: &str, amount: &str) {
        let change = json!({ "targetId": project, "amount": money(amount), "approvedOn": "2026-04-10" });
        let number = format!("for {project}");
        let decision = with(crate::world::decision(&self.ids, &number, &FOR), change);
        let decision = self.world.add("decisionRecord", decision, "decision").await;
        let input = json!({ "idempotencyKey": format!("money {project}"), "decisionId": decision, "amount": money(amount),
            "effectiveOn": "2026-04-11", "memo": "As resolved." });
        self.world.add("allocationMake", input, "allocation").await;
    }

    async fn pay(&self, key: &str, project: &str, payee: &str, amount: &str) {
        let input = json!({ "idempotencyKey": key, "targetId": project, "payeeId": payee, "amount": money(amount),
            "incurredOn": "2026-05-02", "note": "Work and material.",
            "evidence": [{ "kind": "INVOICE", "name": "invoice.pdf", "sha256": "cd".repeat(32) }] });
        self.world.add("expenseRecord", input, "expense").await;
    }

    async fn external(&self, project: &str, source: &str, amount: &str) {
        let input = json!({ "targetId": project, "source": source, "amount": money(amount), "paidOn": "2026-05-03",
            "sha256": "ef".repeat(32) });
        let done = self.world.write("externalFundingRecord", input, "").await;
        assert_eq!(done["userErrors"], json!([]));
    }

    async fn pledge(&self, key: &str, donor: &str, terms: Value, change: Value) -> String {
        let base = json!({ "idempotencyKey": key, "fundId": self.ids.fund, "donorId": donor, "offeredOn": "2026-03-02",
            "entered": "ACCEPTED", "terms": terms });
        self.world.add("pledgeOffer", with(base, change), "pledge").await
    }

    /// Parties of one kind, numbered from 1.
    async fn parties(&self, kind: &str, name: &str, count: usize) -> Vec<String> {
        let mut found = vec![];
        for number in 1..=count {
            found.push(self.world.party(kind, &format!("{name} {number}"), &self.ids.community).await);
        }
        found
    }

    /// What the field `funding` of a project says, by `selection`.
    async fn funding(&self, project: &str, selection: &str) -> Value {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Project {{ funding {{ {selection} }} }} }} }}");
        self.world.read(&query, json!({ "id": project })).await["node"]["funding"].take()
    }

    /// 52 more funds: four pilots, and the communities that explore it. The rest of the 112 has none yet.
    async fn district(&self) -> Vec<String> {
        let (world, ids) = (&self.world, &self.ids);
        let mut funds = vec![];
        for number in 2..=112 {
            let community = world.area(Some(&ids.street), "COMMUNITY", &format!("Community {number}")).await;
            if number <= 53 {
                let fund = json!({ "hostId": ids.host, "areaId": community, "code": format!("C-{number}"),
                    "name": format!("Fund {number}"), "openedOn": "2026-01-01", "seats": 7, "quorum": 4,
                    "purposeIds": [ids.purpose] });
                funds.push(world.add("fundOpen", fund, "fund").await);
            }
        }
        funds
    }

    async fn is_clean(&self) {
        let report = verify::verify(&self.world.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.broken().collect::<Vec<_>>());
    }
}

/// The amounts of a selection, field by field.
fn amounts<const N: usize>(read: &Value, fields: [&str; N]) -> [String; N] {
    fields.map(|field| read[field]["amount"].as_str().unwrap_or("null").to_owned())
}

const PROGRESS: &str = "planned { amount } raised { amount } missing { amount } minimum { amount } counted { amount }
    deadline parts { source planned { amount } raised { amount } } missed { missedOn }";

fn part(source: &str, planned: &str, raised: &str) -> Value {
    json!({ "source": source, "planned": money(planned), "raised": money(raised) })
}

on_both! {
    /// S1: one host, a sub-account for each community with books of its own, and three sources of money. Wuhan Road: 15,000
    /// yuan of commercial income and 20,000 of 34 partner units and merchants, 33,000 of both by the end of March (the
    /// report of what was raised), 12,000 of residents for one project; 20,000 of the fund's own in 21 micro-renovations
    /// moved 140,000 for 5,500 residents (the report of what was done). 112 communities, 5 pilots, 48 that follow.
    async fn s1_a_host_keeps_a_sub_account_for_each_community(fixture: Fixture) {
        let desk = Desk::new(&fixture).await;
        let (world, ids) = (&desk.world, &desk.ids);
        let funds = desk.district().await;

        // Commercial income: 3 % of what was sold at the group buys.
        let share = json!({ "shareOfSales": { "basisPoints": 300, "from": "2026-01-01" } });
        desk.pledge("share", &ids.merchant, share, json!({})).await;
        let report = json!({ "idempotencyKey": "sold", "fundId": ids.fund, "merchantId": ids.merchant,
            "amount": money("500000.00"),
            "period": { "from": "2026-01-01", "to": "2026-03-15" }, "reportedOn": "2026-03-20" });
        world.add("salesReportRecord", report, "report").await;
        let due = json!([{ "donorId": ids.merchant, "amount": money("15000.00"), "oldestFirst": true }]);
        desk.receive("platform", &ids.merchant, "2026-03-25", due).await;
        // The standing drive: 34 partner units and merchants, 500 or 1,000 each.
        let mut givers = desk.parties("PARTNER_UNIT", "Unit", 28).await;
        givers.extend(desk.parties("MERCHANT", "Shop", 6).await);
        let line = |(at, giver): (usize, &String)| {
            json!({ "donorId": giver, "amount": money(if at < 28 { "500.00" } else { "1000.00" }) })
        };
        let lines: Vec<Value> = givers.iter().enumerate().map(line).collect();
        desk.receive("drive in March", &ids.association, "2026-03-30", json!(lines[..32])).await;
        desk.receive("drive in April", &ids.association, "2026-04-03", json!(lines[32..])).await;
        // Crowdfunding for one project: 24 households pay their part of it through the fund.
        let windows = json!({ "residents": 320, "plan": [
            { "source": "FUND", "amount": money("6000.00") }, { "source": "RESIDENTS", "amount": money("12000.00") },
            { "source": "PARTNERS", "amount": money("8000.00") }] });
        let windows = desk.propose("W", "26000.00", windows).await;
        let households = desk.parties("RESIDENT", "Household", 24).await;
        let lines: Vec<Value> = households.iter().map(|one| json!({ "donorId": one, "amount": money("500.00"),
            "class": "COPAY", "earmark": earmarked(&windows) })).collect();
        desk.receive("households", &ids.group, "2026-04-05", json!(lines)).await;

        let received = "{ fund(code: \"F6\") { march: balance(asOf: { date: \"2026-03-31\" }) { received { amount } }
            now: balance { received { amount } } } }";
        let read = world.read(received, json!({})).await;
        assert_eq!(amounts(&read["fund"]["march"], ["received"]), ["33000.00"]);
        assert_eq!(amounts(&read["fund"]["now"], ["received"]), ["47000.00"]);

        // 21 micro-renovations: the windows, and twenty of 700 of the fund's own and 5,000 beside it.
        let mut works = vec![(windows, "18000.00", "8000.00")];
        for number in 1..=20 {
            works.push((desk.propose(&format!("M{number}"), "5700.00", json!({ "residents": 259 })).await, "700.00", "5000.00"));
        }
        for (project, inside, beside) in &works {
            desk.moved(project, &[("APPROVED", "2026-04-10")]).await;
            desk.allocate(project, inside).await;
            desk.moved(project, &[("UNDERWAY", "2026-04-12")]).await;
            desk.pay(project, project, &ids.merchant, inside).await;
            desk.external(project, "PARTNERS", beside).await;
            desk.moved(project, &[("COMPLETED", "2026-05-04")]).await;
        }
        let query = "{ fund(code: \"F6\") { leverage { own { amount } copay { amount } external { amount } total { amount } ratio }
            balance { spent { amount } waiting { amount } }
            projects(first: 100) { edges { node { state residents } } } } }";
        let read = world.read(query, json!({})).await;
        let fund = &read["fund"];
        let levered = amounts(&fund["leverage"], ["own", "copay", "external", "total"]);
        assert_eq!(levered, ["20000.00", "12000.00", "108000.00", "140000.00"]);
        assert_eq!(fund["leverage"]["ratio"], "7.00");
        assert_eq!(amounts(&fund["balance"], ["spent", "waiting"]), ["32000.00", "15000.00"]);
        let done: Vec<&Value> = fund["projects"]["edges"].as_array().unwrap().iter().map(|edge| &edge["node"])
            .filter(|project| project["state"] == "COMPLETED").collect();
        assert_eq!(done.len(), 21);
        assert_eq!(done.iter().map(|project| project["residents"].as_i64().unwrap()).sum::<i64>(), 5_500);

        // The books are each community's own: a gift to another pilot is there alone, and is not spent here.
        let gift = json!({ "idempotencyKey": "elsewhere", "fundId": funds[0], "payerId": ids.association, "channel": "BANK",
            "reference": "elsewhere", "receivedOn": "2026-04-01",
            "lines": [{ "donorId": ids.association, "amount": money("888.00") }] });
        world.add("contributionReceive", gift, "contribution").await;
        let decision = with(crate::world::decision(ids, "from elsewhere", &FOR), json!({ "fundId": funds[0] }));
        assert_eq!(world.refused("decisionRecord", decision).await, ("ANOTHER_FUND".into(), "targetId".into()));
        let query = "query($host: ID!, $street: ID!) { host: node(id: $host) { ... on Host { funds(first: 100) { edges { node { code
                balance { received { amount } spent { amount } waiting { amount } } } } } } }
            street: node(id: $street) { ... on Area { oversight(period: { from: \"2026-01-01\", to: \"2026-05-20\" }) {
                funds received { amount } spent { amount } } } } }";
        let read = world.read(query, json!({ "host": ids.host, "street": ids.street })).await;
        let funds = read["host"]["funds"]["edges"].as_array().unwrap();
        assert_eq!(funds.len(), 53);
        let sums = |at: usize| amounts(&funds[at]["node"]["balance"], ["received", "spent", "waiting"]);
        assert_eq!(sums(0), ["47000.00", "32000.00", "15000.00"]);
        assert_eq!(sums(1), ["888.00", "0.00", "888.00"]);
        let above = &read["street"]["oversight"];
        assert_eq!(above["funds"], 53);
        assert_eq!(amounts(above, ["received", "spent"]), ["47888.00", "32000.00"]);
        let query = "query($after: String) { areas(level: COMMUNITY, first: 100, after: $after) { edges { node { name } }
            pageInfo { endCursor } } }";
        let first = world.read(query, json!({})).await;
        let rest = world.read(query, json!({ "after": first["areas"]["pageInfo"]["endCursor"] })).await;
        let counted = [&first, &rest].map(|page| page["areas"]["edges"].as_array().unwrap().len());
        assert_eq!(counted, [100, 12]);
        desk.is_clean().await;
    }

    /// S4: partner units claim a project or units of it, and of two that ask for the last unit at once one has it; an
    /// agreement carries several projects; seven partner units give 41,800 yuan at one banquet, booked as one contribution.
    async fn s4_partner_units_claim_projects_and_earmark_gifts(fixture: Fixture) {
        let desk = Desk::new(&fixture).await;
        let (world, ids) = (&desk.world, &desk.ids);
        let units = desk.parties("PARTNER_UNIT", "Unit", 7).await;
        let bench = desk.propose("BENCH", "6000.00", json!({})).await;
        let lamps = desk.propose("LAMPS", "9000.00", json!({})).await;
        for project in [&bench, &lamps] {
            desk.moved(project, &[("UNDER_REVIEW", "2026-03-01"), ("PUBLISHED", "2026-03-02")]).await;
        }
        // One agreement carries both projects.
        let agreement = json!({ "fundId": ids.fund, "partyId": units[0], "number": "A-2026-1", "kind": "CO_BUILDING",
            "validFrom": "2026-01-01", "validTo": "2026-12-31", "promises": "To carry two projects.",
            "projectIds": [bench, lamps] });
        let agreement = world.add("agreementRecord", agreement, "agreement").await;

        // Three units of 2,000: one is claimed under the agreement, two more, and two ask for the last at once.
        let room = json!({ "projectId": bench, "units": 3, "unitValue": money("2000.00") });
        world.add("claimOpen", room, "project").await;
        let claim = |units: i64| json!({ "claim": { "projectId": bench, "units": units, "expiresOn": "2026-06-30" } });
        let first = desk.pledge("first", &units[0], claim(2), json!({ "agreementId": agreement })).await;
        let ask = |key: &'static str, donor: &str| {
            let input = json!({ "idempotencyKey": key, "fundId": ids.fund, "donorId": donor, "offeredOn": "2026-03-02",
                "entered": "ACCEPTED", "terms": claim(1) });
            world.write("pledgeOffer", input, "pledge { id donor { id } }")
        };
        let (one, two) = tokio::join!(ask("second", &units[1]), ask("third", &units[2]));
        let errors: Vec<&Value> = [&one, &two].into_iter().flat_map(|done| done["userErrors"].as_array().unwrap()).collect();
        assert_eq!(errors.len(), 1, "{one} {two}");
        assert_eq!(errors[0], &json!({ "code": "CLAIM_TAKEN", "field": ["terms", "claim", "units"] }));
        let won = if one["pledge"].is_null() { two } else { one };
        let query = "query($id: ID!) { node(id: $id) { ... on Project { claimRoom { units taken left } } } }";
        let read = world.read(query, json!({ "id": bench })).await;
        assert_eq!(read["node"]["claimRoom"], json!({ "units": 3, "taken": 3, "left": 0 }));
        let winner = won["pledge"]["donor"]["id"].as_str().unwrap();
        for (donor, pledge, amount) in [(units[0].as_str(), json!(first), "4000.00"), (winner, won["pledge"]["id"].clone(), "2000.00")] {
            let line = json!([{ "donorId": donor, "amount": money(amount), "pledgeId": pledge }]);
            desk.receive(&format!("claim of {donor}"), donor, "2026-03-20", line).await;
        }
        assert_eq!(amounts(&desk.funding(&bench, PROGRESS).await, ["planned", "raised", "missing"]), ["6000.00", "6000.00", "0.00"]);

        // The banquet: seven promise, all is brought in one go; one gift is for the lamps alone.
        let banquet = json!({ "fundId": ids.fund, "code": "BANQUET", "name": "Banquet of a hundred families",
            "kind": "BANQUET", "startsOn": "2026-03-28", "endsOn": "2026-03-28" });
        let banquet = world.add("campaignOpen", banquet, "campaign").await;
        let mut lines = vec![];
        for (number, unit) in units.iter().enumerate() {
            let amount = money(if number == 0 { "8800.00" } else { "5500.00" });
            let earmark = if number == 0 { earmarked(&lamps) } else { json!({}) };
            let terms = json!({ "fixed": { "amount": amount, "dueOn": "2026-03-28" } });
            let change = json!({ "campaignId": banquet, "earmark": earmark, "offeredOn": "2026-03-28" });
            let pledge = desk.pledge(&format!("banquet {number}"), unit, terms, change).await;
            lines.push(json!({ "donorId": unit, "amount": amount, "pledgeId": pledge }));
        }
        let contribution = desk.receive("banquet", &ids.association, "2026-03-30", json!(lines)).await;
        let query = "query($contribution: ID!, $campaign: ID!, $agreement: ID!) {
            contribution: node(id: $contribution) { ... on Contribution { amount { amount } lots(first: 100) { edges { node { donor { id } } } } } }
            campaign: node(id: $campaign) { ... on Campaign { kind totals { dues { amount } received { amount } } } }
            agreement: node(id: $agreement) { ... on Agreement { projects { code } } } }";
        let read = world.read(query, json!({ "contribution": contribution, "campaign": banquet, "agreement": agreement })).await;
        assert_eq!(read["contribution"]["amount"]["amount"], "41800.00");
        assert_eq!(read["contribution"]["lots"]["edges"].as_array().unwrap().len(), 7);
        assert_eq!(amounts(&read["campaign"]["totals"], ["dues", "received"]), ["41800.00", "41800.00"]);
        assert_eq!(read["agreement"]["projects"], json!([{ "code": "BENCH" }, { "code": "LAMPS" }]));
        let lamps_raised = desk.funding(&lamps, PROGRESS).await;
        assert_eq!(lamps_raised["parts"], json!([{ "source": "PARTNERS", "planned": null, "raised": money("8800.00") }]));

        // Money given for the lamps pays the lamps: 200 of the others' free money is all that is needed beside it.
        desk.moved(&lamps, &[("APPROVED", "2026-04-10")]).await;
        desk.allocate(&lamps, "9000.00").await;
        desk.moved(&lamps, &[("UNDERWAY", "2026-04-12")]).await;
        desk.pay("lamps", &lamps, &ids.merchant, "9000.00").await;
        let query = "query($id: ID!) { node(id: $id) { ... on PartnerUnit { fundedExpenses(first: 5) { edges { amount { amount }
            node { target { code } } } } } } }";
        let read = world.read(query, json!({ "id": units[0] })).await;
        let edges = read["node"]["fundedExpenses"]["edges"].as_array().unwrap();
        assert_eq!((edges.len(), &edges[0]["amount"]["amount"], &edges[0]["node"]["target"]["code"]), (1, &json!("8800.00"), &json!("LAMPS")));
        desk.is_clean().await;
    }

    /// S6: the windows of one stairwell. The fund pays 6,000, the households raise 12,000 led by the head of their
    /// micro-grid, partners pay 8,000 to the builder: 26,000 in all, 4.33 for each yuan of the fund's own.
    async fn s6_residents_led_by_their_head_raise_their_part(fixture: Fixture) {
        let desk = Desk::new(&fixture).await;
        let (world, ids) = (&desk.world, &desk.ids);
        let plan = json!([{ "source": "FUND", "amount": money("6000.00") }, { "source": "RESIDENTS", "amount": money("12000.00") },
            { "source": "PARTNERS", "amount": money("8000.00") }]);
        let funding = json!({ "minimum": money("12000.00"), "deadline": "2026-04-30" });
        let windows = desk.propose("CLEAR", "26000.00", json!({ "residents": 320, "plan": plan, "funding": funding })).await;
        desk.moved(&windows, &[("UNDER_REVIEW", "2026-03-02"), ("PUBLISHED", "2026-03-03")]).await;
        assert_eq!(desk.funding(&windows, PROGRESS).await, json!({
            "planned": money("26000.00"), "raised": money("0.00"), "missing": money("26000.00"), "minimum": money("12000.00"),
            "counted": money("0.00"), "deadline": "2026-04-30", "missed": null,
            "parts": [part("FUND", "6000.00", "0.00"), part("RESIDENTS", "12000.00", "0.00"), part("PARTNERS", "8000.00", "0.00")],
        }));
        // The head's group brings what 23 households gave; the work waits for the last one.
        desk.receive("units", &ids.association, "2026-03-20", json!([{ "donorId": ids.association, "amount": money("6000.00") }])).await;
        let households = desk.parties("RESIDENT", "Household", 24).await;
        let line = |one: &String| json!({ "donorId": one, "amount": money("500.00"), "class": "COPAY", "earmark": earmarked(&windows) });
        let lines: Vec<Value> = households.iter().map(line).collect();
        desk.receive("households", &ids.group, "2026-04-05", json!(lines[..23])).await;
        desk.moved(&windows, &[("APPROVED", "2026-04-10")]).await;
        let begin = json!({ "projectId": windows, "state": "UNDERWAY", "movedOn": "2026-04-12" });
        assert_eq!(world.refused("projectAdvance", begin).await, ("FUNDING_SHORT".into(), "projectId".into()));
        let actions = "query($id: ID!) { node(id: $id) { ... on Project { actions { name to allowed reason } } } }";
        let told = async || world.read(actions, json!({ "id": windows })).await["node"]["actions"].take();
        let before = told().await;
        assert_eq!(before[0], json!({ "name": "projectAdvance", "to": "UNDERWAY", "allowed": false,
            "reason": "11500.00 of the 12000.00 that others are to raise has come; the work begins once all of it has." }));
        assert_eq!((&before[1]["name"], &before[1]["allowed"]), (&json!("projectFundingMiss"), &json!(true)));
        desk.receive("last household", &ids.group, "2026-04-11", json!(lines[23..])).await;
        let after = told().await;
        assert_eq!((&after[0]["allowed"], &after[1]["allowed"]), (&json!(true), &json!(false)));
        let miss = json!({ "projectId": windows, "missedOn": "2026-05-01" });
        assert_eq!(world.refused("projectFundingMiss", miss).await.0, "FUNDING_NOT_MISSED");

        desk.allocate(&windows, "18000.00").await;
        desk.moved(&windows, &[("UNDERWAY", "2026-04-12")]).await;
        desk.pay("builder", &windows, &ids.merchant, "18000.00").await;
        desk.external(&windows, "PARTNERS", "8000.00").await;
        desk.moved(&windows, &[("COMPLETED", "2026-05-10")]).await;
        assert_eq!(desk.funding(&windows, PROGRESS).await, json!({
            "planned": money("26000.00"), "raised": money("26000.00"), "missing": money("0.00"), "minimum": money("12000.00"),
            "counted": money("20000.00"), "deadline": "2026-04-30", "missed": null,
            "parts": [part("FUND", "6000.00", "6000.00"), part("RESIDENTS", "12000.00", "12000.00"), part("PARTNERS", "8000.00", "8000.00")],
        }));
        let query = "query($id: ID!) { node(id: $id) { ... on Project { costPerBeneficiary { amount }
            leverage { own { amount } copay { amount } external { amount } total { amount } ratio } } } }";
        let read = world.read(query, json!({ "id": windows })).await;
        let leverage = &read["node"]["leverage"];
        assert_eq!(amounts(leverage, ["own", "copay", "external", "total"]), ["6000.00", "12000.00", "8000.00", "26000.00"]);
        assert_eq!((&leverage["ratio"], &read["node"]["costPerBeneficiary"]["amount"]), (&json!("4.33"), &json!("81.25")));
        desk.is_clean().await;
    }

    /// Of 12,000 that others were to raise by the end of April 9,000 came: the households' 4,000 is given back, the
    /// partner's 5,000 goes to another project with its consent, and the trace shows both.
    async fn a_missed_minimum_gives_back_or_finds_another_use_with_consent(fixture: Fixture) {
        let desk = Desk::new(&fixture).await;
        let (world, ids) = (&desk.world, &desk.ids);
        let plan = json!([{ "source": "FUND", "amount": money("6000.00") }, { "source": "RESIDENTS", "amount": money("6000.00") },
            { "source": "PARTNERS", "amount": money("8000.00") }]);
        let funding = json!({ "minimum": money("12000.00"), "deadline": "2026-04-30" });
        let lift = desk.propose("LIFT", "20000.00", json!({ "plan": plan, "funding": funding })).await;
        let canopy = desk.propose("CANOPY", "5000.00", json!({})).await;
        desk.moved(&lift, &[("UNDER_REVIEW", "2026-03-02"), ("PUBLISHED", "2026-03-03"), ("APPROVED", "2026-03-04")]).await;
        let unit = desk.parties("PARTNER_UNIT", "Unit", 1).await.remove(0);
        let households = desk.parties("RESIDENT", "Household", 8).await;
        let line = |one: &String| json!({ "donorId": one, "amount": money("500.00"), "class": "COPAY", "earmark": earmarked(&lift) });
        let lines: Vec<Value> = households.iter().map(line).collect();
        let brought = desk.receive("households", &ids.group, "2026-04-05", json!(lines)).await;
        let given = json!([{ "donorId": unit, "amount": money("5000.00"), "earmark": earmarked(&lift) }]);
        desk.receive("unit", &unit, "2026-04-06", given).await;
        // The fund's own part was allocated already: it goes back to the fund first.
        desk.receive("free", &ids.association, "2026-04-07", json!([{ "donorId": ids.association, "amount": money("6000.00") }])).await;
        desk.allocate(&lift, "6000.00").await;
        // Drawn narrowest first, so 6,000 of the 9,000 is in the project.
        let miss = |on: &str| json!({ "projectId": lift, "missedOn": on });
        assert_eq!(world.refused("projectFundingMiss", miss("2026-04-30")).await, ("FUNDING_NOT_MISSED".into(), "missedOn".into()));
        assert_eq!(world.refused("projectFundingMiss", miss("2026-05-02")).await, ("MONEY_LEFT".into(), "projectId".into()));
        let release = json!({ "idempotencyKey": "release", "targetId": lift, "amount": money("6000.00"),
            "effectiveOn": "2026-05-02", "memo": "The lift is not built." });
        assert_eq!(world.write("allocationRelease", release, "").await["userErrors"], json!([]));
        let stated = world.write("projectFundingMiss", miss("2026-05-02"), "project { state }").await;
        assert_eq!(stated, json!({ "project": { "state": "FUNDING_MISSED" }, "userErrors": [] }));
        assert_eq!(world.refused("projectFundingMiss", miss("2026-05-02")).await.0, "PROJECT_STATE");

        // Nothing more is given for it, and it is not cancelled over the money that waits.
        let late = json!({ "idempotencyKey": "late", "fundId": ids.fund, "payerId": unit, "channel": "BANK", "reference": "late",
            "receivedOn": "2026-05-03", "lines": given_again(&unit, &lift) });
        assert_eq!(world.refused("contributionReceive", late).await.0, "TARGET_CLOSED");
        let cancel = json!({ "projectId": lift, "state": "CANCELLED", "movedOn": "2026-05-10" });
        assert_eq!(world.refused("projectAdvance", cancel.clone()).await, ("MONEY_BOUND".into(), "projectId".into()));

        let waiting = "waitingGifts(first: 100) { edges { node { id amount { amount } class donor { id } contribution { id } } } }";
        let listed = desk.funding(&lift, waiting).await;
        let listed: Vec<Value> = listed["waitingGifts"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect();
        assert_eq!(listed.len(), 9);
        for lot in listed.iter().filter(|lot| lot["class"] == "COPAY") {
            let donor = lot["donor"]["id"].as_str().unwrap();
            let refund = json!({ "idempotencyKey": format!("back to {donor}"), "fundId": ids.fund, "donorId": donor,
                "contributionId": lot["contribution"]["id"], "amount": lot["amount"], "refundedOn": "2026-05-05",
                "reason": "The lift is not built." });
            world.add("contributionRefund", refund, "refund").await;
        }
        let what = "missed { missedOn raised { amount } bound { amount } returned { amount } reassigned { amount } waiting { amount } }";
        let missed = async || desk.funding(&lift, what).await["missed"].take();
        let told = missed().await;
        assert_eq!(told["missedOn"], "2026-05-02");
        let sums = ["raised", "bound", "returned", "reassigned", "waiting"];
        assert_eq!(amounts(&told, sums), ["9000.00", "9000.00", "4000.00", "0.00", "5000.00"]);
        let lot = listed.iter().find(|lot| lot["class"] == "GIFT").unwrap()["id"].clone();
        let relot = json!({ "idempotencyKey": "consent", "lotId": lot, "earmark": earmarked(&canopy), "consentedById": unit,
            "consentedOn": "2026-05-06", "sha256": "ab".repeat(32), "effectiveOn": "2026-05-06", "memo": "For the canopy instead." });
        let nobody = with(relot.clone(), json!({ "consentedById": ids.merchant }));
        assert_eq!(world.refused("lotRelot", nobody).await.0, "CONSENT_OF_ANOTHER");
        let child = world.add("lotRelot", relot, "lot").await;
        assert_eq!(amounts(&missed().await, sums), ["9000.00", "9000.00", "4000.00", "5000.00", "0.00"]);
        desk.moved(&lift, &[("CANCELLED", "2026-05-10")]).await;

        // The canopy is built with it.
        desk.moved(&canopy, &[("APPROVED", "2026-05-07")]).await;
        let change = json!({ "targetId": canopy, "amount": money("5000.00"), "approvedOn": "2026-05-07" });
        let decision = world.add("decisionRecord", with(crate::world::decision(ids, "canopy", &FOR), change), "decision").await;
        let allocate = json!({ "idempotencyKey": "canopy money", "decisionId": decision, "amount": money("5000.00"),
            "effectiveOn": "2026-05-08", "memo": "As resolved." });
        world.add("allocationMake", allocate, "allocation").await;
        desk.moved(&canopy, &[("UNDERWAY", "2026-05-09")]).await;
        let pay = json!({ "idempotencyKey": "canopy paid", "targetId": canopy, "payeeId": ids.merchant, "amount": money("5000.00"),
            "incurredOn": "2026-05-12", "note": "A canopy.", "evidence": [{ "kind": "INVOICE", "name": "a.pdf", "sha256": "cd".repeat(32) }] });
        world.add("expenseRecord", pay, "expense").await;
        both_ways(&desk, &brought, &child, (&lot, &unit), &households).await;
        // The database itself does not take it back.
        use cobuild::db::Sql as _;
        for sql in ["UPDATE funding_goal SET minimum = 1", "DELETE FROM funding_miss", "UPDATE funding_miss SET raised = 1"] {
            let mut tx = world.db.begin().await.unwrap();
            assert!(tx.sql(sql).execute().await.is_err(), "{sql}");
        }
        desk.is_clean().await;
    }
}

fn given_again(unit: &str, project: &str) -> Value {
    json!([{ "donorId": unit, "amount": money("1.00"), "earmark": earmarked(project) }])
}

/// Forward: what came back, and what was paid. Back: who paid the canopy.
async fn both_ways(desk: &Desk, brought: &str, child: &str, (lot, unit): (&Value, &str), households: &[String]) {
    let query = "query($brought: ID!, $child: ID!) {
        brought: node(id: $brought) { ... on Contribution { uses(first: 100) { edges { node { place amount { amount } refund { donor { id } reason } } } } } }
        child: node(id: $child) { ... on Lot { parent { id restriction { target { code } } } restriction { target { code } }
            uses(first: 5) { edges { node { place amount { amount } target { code } } } } } }
        canopy: project(code: \"CANOPY\", fundCode: \"F6\") { funders(first: 5) { edges { node { id } spent { amount } } }
            funding { raised { amount } parts { source raised { amount } } } }
        lift: project(code: \"LIFT\", fundCode: \"F6\") { state funding { raised { amount } } moves { to } } }";
    let read = desk.world.read(query, json!({ "brought": brought, "child": child })).await;
    let uses = read["brought"]["uses"]["edges"].as_array().unwrap();
    assert!(uses.iter().all(|edge| edge["node"]["place"] == "REFUND"), "{uses:?}");
    let back: std::collections::BTreeSet<&str> =
        uses.iter().map(|edge| edge["node"]["refund"]["donor"]["id"].as_str().unwrap()).collect();
    assert_eq!(back, households.iter().map(String::as_str).collect());
    assert_eq!(read["child"]["parent"], json!({ "id": lot, "restriction": { "target": { "code": "LIFT" } } }));
    assert_eq!(
        read["child"]["uses"]["edges"],
        json!([{ "node": { "place": "EXPENSE", "amount": money("5000.00"), "target": { "code": "CANOPY" } } }])
    );
    assert_eq!(read["canopy"]["funders"]["edges"], json!([{ "node": { "id": unit }, "spent": money("5000.00") }]));
    assert_eq!(read["canopy"]["funding"]["parts"], json!([{ "source": "PARTNERS", "raised": money("5000.00") }]));
    assert_eq!(
        read["lift"],
        json!({ "state": "CANCELLED", "funding": { "raised": money("0.00") }, "moves": [
        { "to": "UNDER_REVIEW" }, { "to": "PUBLISHED" }, { "to": "APPROVED" }, { "to": "FUNDING_MISSED" }, { "to": "CANCELLED" }] })
    );
}
