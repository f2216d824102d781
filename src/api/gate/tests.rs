//! The gate before a toy schema: what it lets through keeps its meaning, and runs once.

mod attacks;
mod inputs;
mod random;

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use super::*;
use crate::api::toy::{self, Counts, ToySchema};

struct Toy {
    gate: Gate,
    schema: ToySchema,
    counts: Arc<Counts>,
}

impl Toy {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let (schema, counts) = toy::schema();
        Self { gate: Gate::new(&schema.sdl(), limits), schema, counts }
    }

    fn admit(&self, document: &str, variables: Value) -> Result<Admitted, Vec<GateError>> {
        self.gate.admit(document, None, object(variables))
    }

    /// The first refusal, as "CODE: message".
    fn refusal(&self, document: &str, variables: Value) -> String {
        let errors = self.admit(document, variables).unwrap_err();
        assert!(errors.len() <= ERRORS_MAX);
        for error in &errors {
            assert!(error.message.chars().count() <= MESSAGE_CHARS_MAX);
        }
        errors[0].to_string()
    }

    async fn run(&self, document: &str, variables: Value) -> Value {
        let admitted = self.admit(document, variables).unwrap();
        let response = self.schema.execute(admitted.request).await;
        serde_json::to_value(response).unwrap()
    }

    fn bumps(&self) -> usize {
        self.counts.bumps.load(SeqCst)
    }

    fn owners(&self) -> usize {
        self.counts.owners.load(SeqCst)
    }
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn a_field_written_twice_runs_once() {
    let documents = [
        "mutation { bump bump }",
        "mutation { ...A ...B } fragment A on Mutation { bump } fragment B on Mutation { bump }",
        "mutation { bump ... { bump } ... on Mutation { bump } }",
        "mutation { bump @include(if: true) bump @skip(if: false) bump }",
        "mutation($a: Boolean = true, $b: Boolean = true) { bump @include(if: $a) bump @include(if: $b) }",
    ];
    for document in documents {
        let toy = Toy::new();
        let answer = toy.run(document, json!({})).await;
        assert_eq!(answer, json!({"data": {"bump": 1}}), "{document}");
        assert_eq!(toy.bumps(), 1, "{document}");
    }
}

#[tokio::test]
async fn conditions_are_decided_per_request() {
    let toy = Toy::new();
    let document = "mutation($a: Boolean!, $b: Boolean!) { bump @include(if: $a) bump @skip(if: $b) }";
    for (a, b, bumps) in [(true, true, 1), (false, true, 1), (false, false, 2), (true, false, 3)] {
        toy.run(document, json!({"a": a, "b": b})).await;
        assert_eq!(toy.bumps(), bumps, "{a} {b}");
    }
}

#[test]
fn the_operation_is_chosen_by_name() {
    let toy = Toy::new();
    let document = "query A { hello } mutation B { bump }";
    let choose = |document: &str, name| toy.gate.admit(document, name, Map::new());
    assert_eq!(choose(document, Some("B")).unwrap().kind, OperationKind::Mutation);
    assert_eq!(choose(document, Some("A")).unwrap().kind, OperationKind::Query);
    for (document, name) in [(document, None), (document, Some("C")), ("{ hello }", Some("A"))] {
        let errors = choose(document, name).unwrap_err();
        assert_eq!(errors[0].code, Code::OperationResolutionFailure);
    }
}

#[tokio::test]
async fn a_composite_field_of_a_kind_and_its_interface_runs_once() {
    let toy = Toy::new();
    let document = "{ owned { id owner { id } ... on Item { owner { name } title } } }";
    let answer = toy.run(document, json!({})).await;
    assert_eq!(
        answer["data"]["owned"],
        json!([
            {"id": "i1", "owner": {"id": "uo", "name": "o"}, "title": "Item 1"},
            {"id": "t1", "owner": {"id": "ut"}},
        ])
    );
    assert_eq!(toy.owners(), 2);
}

#[tokio::test]
async fn an_error_points_into_the_clients_document() {
    let toy = Toy::new();
    let document = "query {\n  ...F\n}\nfragment F on Query {\n    leak\n}";
    let answer = toy.run(document, json!({})).await;
    assert_eq!(answer["errors"][0]["locations"], json!([{"line": 5, "column": 5}]));
}

#[tokio::test]
async fn a_plan_is_remembered_within_bounds() {
    for (plans_max, plans_nodes_max) in [(2, 100), (100, 2), (100, 0), (0, 100)] {
        let toy = Toy::with(Limits { plans_max, plans_nodes_max, ..Limits::default() });
        for round in 0..3 {
            for name in ["a", "b", "c"] {
                let document = format!("query($n: String) {{ {name}: hello(name: $n) }}");
                let answer = toy.run(&document, json!({"n": round.to_string()})).await;
                assert_eq!(answer["data"][name], json!(format!("Hello {round}")));
            }
        }
    }
}

#[tokio::test]
async fn a_subscription_streams() {
    let toy = Toy::new();
    let document = "subscription S { ...T } fragment T on Events { ticks }";
    let admitted = toy.gate.admit(document, Some("S"), Map::new());
    let admitted = admitted.unwrap();
    assert_eq!(admitted.kind, OperationKind::Subscription);
    let stream = toy.schema.execute_stream(admitted.request);
    let ticks: Vec<Value> =
        stream.map(|response| serde_json::to_value(response.data).unwrap()["ticks"].clone()).collect().await;
    assert_eq!(ticks, [1, 2, 3]);
}

/// Documents whose meaning the gate must not change.
const CORPUS: [(&str, &str); 30] = [
    ("{ hello }", "{}"),
    ("query Q { hello(name: \"你好 \\\"x\\\"\\n\") }", "{}"),
    ("{ hello(name: \"\"\"\n  block\n    text\n\"\"\") }", "{}"),
    ("query($n: String) { hello(name: $n) }", "{\"n\": \"x\"}"),
    ("query($n: String) { hello(name: $n) }", "{}"),
    ("query($n: String = \"d\") { hello(name: $n) }", "{}"),
    ("{ add(a: 1) b: add(a: 1, b: 2) }", "{}"),
    ("query($b: Int!) { add(a: -1, b: $b) }", "{\"b\": 4}"),
    ("{ node(id: \"u1\") { id ... on User { name } ... on Item { title } } }", "{}"),
    ("{ node(id: \"i1\") { id ... on User { name } ... on Item { title size(unit: 2) } } }", "{}"),
    ("{ node(id: 1) { id } }", "{}"),
    (
        "{ node(id: \"i1\") { ...N } } fragment N on Node { id __typename ...I } fragment I on Item { title owner { ...U } } fragment U on User { id name }",
        "{}",
    ),
    ("{ search { __typename ... on User { id name } ... on Item { id title } } }", "{}"),
    ("{ search { ... on Node { id } ... on Item { title } } }", "{}"),
    ("{ search { ... on Node { ... on User { name } } } }", "{}"),
    ("{ owned { id owner { id } ... on Item { owner { name } } ... on Thing { owner { id name } } } }", "{}"),
    ("{ owned { ... on Node { id } ... on Owned { owner { name } } } }", "{}"),
    (
        "query($y: Boolean!) { hello @include(if: $y) node(id: \"u1\") { id @skip(if: $y) __typename } }",
        "{\"y\": true}",
    ),
    (
        "query($y: Boolean!) { hello @include(if: $y) node(id: \"u1\") { id @skip(if: $y) __typename } }",
        "{\"y\": false}",
    ),
    (
        "query($y: Boolean!) { node(id: \"u1\") { id ... on User @include(if: $y) { name } ...F @skip(if: $y) } } fragment F on User { friend { name } }",
        "{\"y\": true}",
    ),
    (
        "query($y: Boolean!) { node(id: \"u1\") { id ... on User @include(if: $y) { name } ...F @skip(if: $y) } } fragment F on User { friend { name } }",
        "{\"y\": false}",
    ),
    ("{ node(id: \"u1\") { id @skip(if: true) } }", "{}"),
    ("{ hello @skip(if: true) }", "{}"),
    ("{ items(first: 3) { edges { cursor node { id } } edges { node { title } } totalCount } }", "{}"),
    (
        "{ a: items(first: 1) { ...C } b: items { ...C } } fragment C on ItemConnection { edges { node { id owner { name } } } }",
        "{}",
    ),
    ("query($d: Date, $l: [[Int!]!]) { echo(on: $d, list: $l) }", "{\"d\": \"2026-01-31\", \"l\": [[1, 2], [3]]}"),
    ("{ echo(on: \"2024-02-29\", list: [[1], []]) colour(currency: EUR) }", "{}"),
    ("query($c: Currency!) { colour(currency: $c) }", "{\"c\": \"CNY\"}"),
    ("{ __typename __schema { queryType { name } } __type(name: \"User\") { name kind } }", "{}"),
    (
        "query A($i: [ID!]!) { nodes(ids: $i) { id ... on User { friend { friend { name } } } } }",
        "{\"i\": [\"a\", \"b\"]}",
    ),
];

#[tokio::test]
async fn the_gate_does_not_change_what_a_document_means() {
    let toy = Toy::new();
    for (document, variables) in CORPUS {
        let variables: Value = serde_json::from_str(variables).unwrap();
        let plain =
            async_graphql::Request::new(document).variables(async_graphql::Variables::from_json(variables.clone()));
        let plain = toy.schema.execute(plain).await;
        assert!(plain.is_ok(), "{document}: {:?}", plain.errors);
        let plain = serde_json::to_value(plain).unwrap();
        for _ in 0..2 {
            assert_eq!(toy.run(document, variables.clone()).await, plain, "{document}");
        }
    }
}

#[tokio::test]
async fn a_union_as_a_condition_works() {
    let toy = Toy::new();
    let document = "{ node(id: \"i1\") { ... on Found { ... on Item { title } } } }";
    let answer = toy.run(document, json!({})).await;
    assert_eq!(answer, json!({"data": {"node": {"title": "Item 1"}}}));
}
