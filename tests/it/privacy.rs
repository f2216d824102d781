//! Who sees whose money in a trace: role by object, through the API.

use serde_json::{Value, json};

use crate::{
    socket::{Site, allocate, decide, gift, pay, receive, refund, with},
    support::{Fixture, on_both},
};

/// What is told of the givers of an expense, of its project and of the fund's year.
const SEEN: &str = "query($expense: ID!, $project: ID!, $fund: ID!) {
    expense: node(id: $expense) { ... on Expense { fundedBy(first: 50) {
        edges { amount { amount } node { name } } others { count spent { amount } } } } }
    project: node(id: $project) { ... on Project { funders(first: 50) {
        edges { spent { amount } waiting { amount } node { name } } others { count spent { amount } waiting { amount } } } } }
    fund: node(id: $fund) { ... on Fund { flow(period: { from: \"2024-01-01\", to: \"2024-12-31\" }, shape: { givers: PARTY }) {
        nodes { key kind givers giver { name } outgoing { amount } } } } } }";

/// The givers with their parts by name, and then the others with their number.
fn told(connection: &Value, part: &str) -> String {
    let amount = |value: &Value| value["amount"].as_str().unwrap_or_default().to_owned();
    let named = connection["edges"].as_array().unwrap().iter();
    let mut named: Vec<String> =
        named.map(|one| format!("{} {}", one["node"]["name"].as_str().unwrap(), amount(&one[part]))).collect();
    named.sort();
    if let Some(others) = connection["others"].as_object() {
        named.push(format!("{} others {}", others["count"], amount(&others["spent"])));
    }
    named.join(", ")
}

/// Who is a source of the flow, with what they gave.
fn sources(flow: &Value) -> String {
    let node = |node: &&Value| matches!(node["kind"].as_str(), Some("GIVERS" | "GIVER"));
    let name =
        |node: &Value| node["giver"]["name"].as_str().or(node["givers"].as_str()).unwrap_or("together").to_owned();
    let nodes = flow["nodes"].as_array().unwrap().iter().filter(node);
    let mut nodes: Vec<String> =
        nodes.map(|node| format!("{} {}", name(node), node["outgoing"]["amount"].as_str().unwrap())).collect();
    nodes.sort();
    nodes.join(", ")
}

/// A site with seven households, and three units: one wishes no name, one gives its name, one an alias.
async fn people(fixture: &Fixture) -> Site {
    let mut site = Site::open(fixture).await;
    site.fill().await;
    for number in 1..=7 {
        let (name, area) = (format!("household {number}"), json!(["@here"]));
        site.add(&name, "partyRegister", "party", json!({ "kind": "RESIDENT", "name": name, "areaIds": area })).await;
    }
    for (name, publicity, alias) in
        [("shy", "ANON", Value::Null), ("known", "NAME", Value::Null), ("pen name", "ALIAS", json!("A friend"))]
    {
        let input = json!({ "kind": "PARTNER_UNIT", "name": name, "publicity": publicity, "aliasName": alias, "areaIds": ["@here"] });
        site.add(name, "partyRegister", "party", input).await;
    }
    site
}

on_both! {
    async fn givers_are_told_by_name_as_they_chose_and_households_only_in_groups(fixture: Fixture) {
        let mut site = people(&fixture).await;
        // An expense for many: seven households, one unit by name, one by alias, one that wishes no name.
        let line = |donor: &str, amount: &str| gift(&format!("@{donor}"), amount, json!({ "targetId": "@P3" }));
        let mut lines: Vec<Value> = (1..=7).map(|number| line(&format!("household {number}"), "2.00")).collect();
        lines.extend([line("known", "10.00"), line("pen name", "20.00"), line("shy", "30.00")]);
        site.add("gifts", "contributionReceive", "contribution", receive("gifts", "@F1", json!(lines))).await;
        site.add("many", "decisionRecord", "decision", decide("many", "@F1", "@P3", "114.00")).await;
        // The shop's 40.00, which is older, is earmarked for the same project: it is drawn first.
        site.add("drawn", "allocationMake", "allocation", allocate("drawn", "@many", "114.00")).await;
        site.add("expense", "expenseRecord", "expense", pay("expense", "@P3", "114.00")).await;
        let tokens = [
            ("the public", None),
            ("a household", Some(site.token("H1", &["--role", "party-representative", "--party", "@household 1"]))),
            ("the shy unit", Some(site.token("Shy", &["--role", "party-representative", "--party", "@shy"]))),
            ("a stranger", Some(site.token("Group", &["--role", "party-representative", "--party", "@group"]))),
            ("the committee", Some(site.token("Member", &["--role", "committee-member", "--fund", "F1"]))),
            ("an auditor of another fund", Some(site.token("Elsewhere", &["--role", "auditor", "--fund", "F2"]))),
        ];
        let public = "A friend 20.00, known 10.00, shop 40.00, 8 others 44.00";
        let mut wrong = vec![];
        for ((who, token), expected) in tokens.iter().zip([
            public,
            "A friend 20.00, household 1 2.00, known 10.00, shop 40.00, 7 others 42.00",
            "A friend 20.00, known 10.00, shop 40.00, shy 30.00, 7 others 14.00",
            public,
            "A friend 20.00, Anonymous giver 30.00, Resident 2.00, Resident 2.00, Resident 2.00, Resident 2.00, Resident 2.00, \
             Resident 2.00, Resident 2.00, known 10.00, shop 40.00",
            public,
        ]) {
            let variables = json!({ "expense": "@expense", "project": "@P3", "fund": "@F1" });
            let answer = site.ask(token.as_deref(), "en", SEEN, variables).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            let data = &answer["data"];
            let (expense, project) = (told(&data["expense"]["fundedBy"], "amount"), told(&data["project"]["funders"], "spent"));
            for (what, told) in [("the expense", expense), ("the project", project)] {
                let mut sorted: Vec<&str> = told.split(", ").collect();
                let mut wanted: Vec<&str> = expected.split(", ").collect();
                sorted.sort();
                wanted.sort();
                if sorted != wanted {
                    wrong.push(format!("{what} to {who}: {told}"));
                }
            }
            let sources = sources(&data["fund"]["flow"]);
            if who.starts_with("the public") && (sources.contains("household") || sources.contains("shy") || !sources.contains("RESIDENT 34.00")) {
                wrong.push(format!("the flow to {who}: {sources}"));
            }
        }
        assert_eq!(wrong, Vec::<String>::new());

        // One household among a few units: nobody but the largest can be told without telling of it.
        site.add("few gifts", "contributionReceive", "contribution", receive("few gifts", "@F2", json!([
            gift("@household 1", "3.00", json!({ "targetId": "@Q1" })), gift("@known", "10.00", json!({ "targetId": "@Q1" })),
        ]))).await;
        site.add("few", "decisionRecord", "decision", decide("few", "@F2", "@Q1", "13.00")).await;
        site.add("few drawn", "allocationMake", "allocation", allocate("few drawn", "@few", "13.00")).await;
        let waits = "query($project: ID!) { node(id: $project) { ... on Project { funders(first: 9) {
            edges { node { name } } others { count waiting { amount } } } } } }";
        let answer = site.ask(None, "en", waits, json!({ "project": "@Q1" })).await;
        let funders = &answer["data"]["node"]["funders"];
        assert_eq!(*funders, json!({ "edges": [], "others": { "count": null, "waiting": { "amount": "13.00" } } }));
        site.close().await;
    }

    async fn what_residents_gave_is_listed_to_whom_it_concerns_and_to_others_as_a_sum(fixture: Fixture) {
        let mut site = people(&fixture).await;
        let token = |name: &str, more: &[&str]| site.token(name, more);
        let speaks = |name: &str, party: &str| token(name, &["--role", "party-representative", "--party", party]);
        let (household, shy, stranger) = (speaks("H1", "@household 1"), speaks("Shy", "@shy"), speaks("Group", "@group"));
        let member = token("Member", &["--role", "committee-member", "--fund", "F1"]);
        let auditor = token("Auditor", &["--role", "auditor", "--fund", "F2"]);
        let [household, shy, stranger, member, auditor] = [&household, &shy, &stranger, &member, &auditor].map(|token| Some(token.as_str()));
        for number in 1..=5 {
            let (name, payer) = (format!("own {number}"), format!("@household {number}"));
            let gifts = receive(&name, "@F2", json!([gift(&payer, "4.00", json!({}))]));
            site.add(&name, "contributionReceive", "contribution", with(gifts, json!({ "payerId": payer }))).await;
        }
        let arrived = "query($fund: ID!) { node(id: $fund) { ... on Fund {
            contributions(first: 50) { edges { node { amount { amount } payer { __typename } } } }
            otherContributions { payers count amount { amount } inKind { amount } } } } }";
        let seen = async |site: &Site, token: Option<&str>| {
            let answer = site.ask(token, "en", arrived, json!({ "fund": "@F2" })).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            let edges = answer["data"]["node"]["contributions"]["edges"].as_array().unwrap().clone();
            let residents = edges.iter().filter(|edge| edge["node"]["payer"]["__typename"] == "Resident").count();
            (residents, answer["data"]["node"]["otherContributions"].clone())
        };
        // Five households are too few.
        assert_eq!(seen(&site, None).await, (0, Value::Null));
        let gifts = receive("own 6", "@F2", json!([gift("@household 6", "5.00", json!({}))]));
        site.add("own 6", "contributionReceive", "contribution", with(gifts, json!({ "payerId": "@household 6" }))).await;
        let others = |payers: i64, amount: &str| {
            json!({ "payers": payers, "count": payers, "amount": { "amount": amount }, "inKind": { "amount": "0.00" } })
        };
        assert_eq!(seen(&site, None).await, (0, others(6, "25.00")));
        assert_eq!(seen(&site, household).await, (1, others(5, "21.00")), "a household is told its own");
        assert_eq!(seen(&site, member).await, (0, others(6, "25.00")), "a committee is told of its own fund only");
        assert_eq!(seen(&site, auditor).await, (6, Value::Null), "the auditor of this fund is told all");
        // By its id a contribution is told to whom it is told in the list, and to whoever has a part in it.
        site.add("back", "contributionRefund", "refund", with(refund("back", "@household 1", "1.00"), json!({ "fundId": "@F2" }))).await;
        for (id, kind) in [("@own 1", "Contribution"), ("@back", "Refund")] {
            let by_id = format!("query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ amount {{ amount }} }} }} }}");
            for (token, code) in [
                (None, Some("UNAUTHENTICATED")), (household, None), (shy, Some("FORBIDDEN")), (stranger, Some("FORBIDDEN")),
                (member, Some("FORBIDDEN")), (auditor, None),
            ] {
                let answer = site.ask(token, "en", &by_id, json!({ "id": id })).await;
                assert_eq!(answer.pointer("/errors/0/extensions/code").and_then(Value::as_str), code, "{answer}");
                assert_eq!(answer["data"]["node"].is_null(), code.is_some(), "{answer}");
            }
        }
        site.close().await;
    }
}
