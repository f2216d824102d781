//! The number of statements of a list or dashboard depends on its shape, and not on how many rows it finds.

use cobuild::{
    api::schema,
    clock::Clock,
    db::Db,
    demo::district::{FUND, PILOT},
    error::Language,
    viewer::{Request, Viewer, operator},
};
use serde_json::{Value, json};

use super::{filled, graph::Graph};
use crate::support::on_both;

/// How objects of a type are reached in lists of `$n`: `@` is where their fields are asked for. A type with a list that
/// is not here fails the test.
const ROOTS: &[(&str, &str)] = &[
    ("Query", "@"),
    ("Area", "areas(first: $n) { edges { node { @ } } }"),
    ("Campaign", "fund(code: \"C001\") { campaigns(first: $n) { edges { node { @ } } } }"),
    ("Contest", "funds(first: $n) { edges { node { contests(first: $n) { edges { node { @ } } } } } }"),
    ("Contribution", "fund(code: \"C001\") { contributions(first: $n) { edges { node { @ } } } }"),
    ("Department", "parties(first: $n, kind: DEPARTMENT) { edges { node { ... on Department { @ } } } }"),
    ("Entry", "fund(code: \"C001\") { entries(first: $n) { edges { node { @ } } } }"),
    ("Expense", "fund(code: \"C001\") { expenses(first: $n) { edges { node { @ } } } }"),
    ("Fund", "funds(first: $n) { edges { node { @ } } }"),
    (
        "FundStatementSide",
        "funds(first: $n) { edges { node { statement(period: { from: \"2024-07-01\", to: \"2025-06-30\" }) { money { @ } } } } }",
    ),
    ("GrantRound", "funds(first: $n) { edges { node { grantRounds(first: $n) { edges { node { @ } } } } } }"),
    ("Group", "groups(first: $n) { edges { node { @ } } }"),
    ("GroupRegistration", "groups(first: $n) { edges { node { registration { @ } } } }"),
    ("Host", "hosts(first: $n) { edges { node { @ } } }"),
    (
        "HostStatement",
        "hosts(first: $n) { edges { node { statement(period: { from: \"2024-07-01\", to: \"2025-06-30\" }) { @ } } } }",
    ),
    ("ImportJob", "fund(code: \"C001\") { importJobs(first: $n) { edges { node { @ } } } }"),
    (
        "Lot",
        "fund(code: \"C001\") { contributions(first: 3) { edges { node { lots(first: $n) { edges { node { @ } } } } } } }",
    ),
    ("Merchant", "parties(first: $n, kind: MERCHANT) { edges { node { ... on Merchant { @ } } } }"),
    ("MicroGrant", "microGrants(first: $n) { edges { node { @ } } }"),
    (
        "Oversight",
        "areas(first: $n) { edges { node { oversight(period: { from: \"2024-07-01\", to: \"2025-06-30\" }) { @ } } } }",
    ),
    ("PartnerUnit", "parties(first: $n, kind: PARTNER_UNIT) { edges { node { ... on PartnerUnit { @ } } } }"),
    (
        "PartyStatement",
        "parties(first: $n, kind: PARTNER_UNIT) { edges { node { ... on PartnerUnit { statement(period: { from: \"2024-07-01\", to: \"2025-06-30\" }) { @ } } } } }",
    ),
    ("Pledge", "fund(code: \"C001\") { pledges(first: $n) { edges { node { @ } } } }"),
    ("Project", "projects(first: $n) { edges { node { @ } } }"),
    ("ProjectFunding", "projects(first: $n) { edges { node { funding { @ } } } }"),
    ("Purpose", "purposes(first: $n) { edges { node { @ } } }"),
    ("Resident", "parties(first: $n, kind: RESIDENT) { edges { node { ... on Resident { @ } } } }"),
    ("SalesReport", "fund(code: \"C001\") { salesReports(first: $n) { edges { node { @ } } } }"),
    (
        "SocialOrganization",
        "parties(first: $n, kind: SOCIAL_ORGANIZATION) { edges { node { ... on SocialOrganization { @ } } } }",
    ),
];

/// Lists of which the sample has three rows at most: one association holds all funds, and nothing is imported. They are
/// asked for, and cannot be wide.
const THIN: &[&str] = &[
    "Host.bankLines",
    "ImportJob.rows",
    "Query.hosts",
    "SocialOrganization.areas",
    "SocialOrganization.dues",
    "SocialOrganization.pledges",
];

const NARROW: usize = 3;
const WIDE: usize = 100;

/// Branches that ask for the same kind of row may be fetched together or apart, as their loads happen to meet.
const MEETINGS: u64 = 3;

/// Statements of one step, where the narrow list leads nowhere.
const FOLLOWED: u64 = 2;

struct Asked {
    statements: u64,
    rows: usize,
    /// Whether its innermost list found something.
    followed: bool,
}

/// Edges, and members of other lists, in an answer.
fn rows(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.len() + list.iter().map(rows).sum::<usize>(),
        Value::Object(object) => object.values().map(rows).sum(),
        _ => 0,
    }
}

async fn ask(db: &Db, viewer: &Viewer, query: &str, variables: Value) -> Result<Asked, String> {
    let before = db.statements();
    let request = Request::new(db.clone(), Clock::System, viewer.clone(), Language::En);
    let variables = async_graphql::Variables::from_json(variables);
    let answer = schema::build().execute(async_graphql::Request::new(query).variables(variables).data(request)).await;
    if !answer.errors.is_empty() {
        return Err(format!("{query}: {:?}", answer.errors));
    }
    let statements = db.statements() - before;
    let answer = answer.data.into_json().unwrap();
    Ok(Asked { statements, rows: rows(&answer), followed: answer.to_string().contains("__typename") })
}

macro_rules! dashboards {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../../examples/dashboards/", $name, ".graphql")))),*] };
}

const DASHBOARDS: [(&str, &str); 8] = dashboards!["partner" "community" "committee" "ranking" "contest" "oversight"
    "publications" "groups"];

const ABOUT: &str = "{ areas(first: 1, level: DISTRICT) { edges { node { id } } }
  parties(first: 1, search: \"共建单位 C001-27\") { edges { node { id } } } }";

on_both! {
    async fn every_list_of_the_schema_takes_as_many_statements_wide_as_narrow(fixture: Fixture) {
        let (db, _) = filled(&fixture).await;
        let viewer = operator(&db, Clock::System.now()).await.unwrap();
        let graph = Graph::new().await;
        let (mut thin, mut grown) = (vec![], vec![]);
        let lists = graph.connections();
        assert!(lists.len() > 100, "{}", lists.len());
        for (of, field) in lists {
            let name = format!("{of}.{}", field.name);
            let Some((_, root)) = ROOTS.iter().find(|(name, _)| *name == of) else {
                panic!("{name} is a list that nobody reaches: add how {of} is reached to ROOTS");
            };
            let (below, all, unsure) = graph.below(&field.gives);
            let list = format!("{}(first: $n) {{ {below} }}", field.name);
            let query = format!("query($n: Int!) {{ {} }}", root.replace('@', &list));
            let narrow = ask(&db, &viewer, &query, json!({ "n": NARROW })).await;
            let wide = ask(&db, &viewer, &query, json!({ "n": WIDE })).await;
            let (narrow, wide) = match (narrow, wide) {
                (Ok(narrow), Ok(wide)) => (narrow, wide),
                (Err(why), _) | (_, Err(why)) => {
                    grown.push(format!("{name}: {why}"));
                    continue;
                }
            };
            if wide.rows == narrow.rows {
                thin.push(name.clone());
            }
            // Where the narrow list found nothing, nothing was followed; each step may be a load, and a load some statements.
            let slack = MEETINGS + if narrow.followed { unsure } else { FOLLOWED * all };
            if wide.statements > narrow.statements + slack {
                let (few, many) = (narrow.statements, wide.statements);
                grown.push(format!("{name}: {few} statements for {} rows, {many} for {}", narrow.rows, wide.rows));
            }
        }
        assert!(grown.is_empty(), "{grown:#?}");
        thin.sort();
        assert_eq!(thin, THIN);
        db.close().await;
    }

    async fn every_dashboard_takes_as_many_statements_wide_as_narrow(fixture: Fixture) {
        let (db, _) = filled(&fixture).await;
        let viewer = operator(&db, Clock::System.now()).await.unwrap();
        let request = Request::new(db.clone(), Clock::System, viewer.clone(), Language::En);
        let about = schema::build().execute(async_graphql::Request::new(ABOUT).data(request)).await;
        let about = about.data.into_json().unwrap();
        let id = |list: &str| about[list]["edges"][0]["node"]["id"].clone();
        let mut counts = vec![];
        for (name, query) in DASHBOARDS {
            let code = if ["ranking", "contest"].contains(&name) { FUND } else { PILOT };
            let id = if name == "partner" { id("parties") } else { id("areas") };
            let variables = |first| json!({ "first": first, "code": code, "id": id, "from": "2024-07-01", "to": "2025-06-30" });
            let narrow = ask(&db, &viewer, query, variables(NARROW)).await.unwrap();
            let wide = ask(&db, &viewer, query, variables(WIDE)).await.unwrap();
            assert!(wide.rows > narrow.rows, "{name} is not wider: {}", wide.rows);
            counts.push((name, narrow.statements, wide.statements));
        }
        eprintln!("{:?}: {counts:?}", fixture.engine);
        let alike = |(_, narrow, wide): &(&str, u64, u64)| wide <= &(narrow + MEETINGS);
        assert!(counts.iter().all(alike), "{counts:?}");
        db.close().await;
    }
}
