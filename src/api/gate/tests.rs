//! The gate before a toy schema.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

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
        Self {
            gate: Gate::new(&schema.sdl(), limits),
            schema,
            counts,
        }
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
    let document =
        "mutation($a: Boolean!, $b: Boolean!) { bump @include(if: $a) bump @skip(if: $b) }";
    for (a, b, bumps) in [
        (true, true, 1),
        (false, true, 1),
        (false, false, 2),
        (true, false, 3),
    ] {
        toy.run(document, json!({"a": a, "b": b})).await;
        assert_eq!(toy.bumps(), bumps, "{a} {b}");
    }
}

#[tokio::test]
async fn nothing_runs_when_a_variable_is_wrong() {
    let toy = Toy::new();
    let document = "mutation($by: Int!) { bump bumpBy(by: $by) }";
    let rows = [
        (json!({}), "`$by` is missing; give a value of type Int!."),
        (
            json!({"by": null}),
            "`$by` is null; give a value of type Int!.",
        ),
        (
            json!({"by": "3"}),
            "`$by`: \"3\" is not a valid Int; give a whole number between -2147483648 and 2147483647.",
        ),
        (
            json!({"by": 3_000_000_000_u64}),
            "`$by`: 3000000000 is not a valid Int; give a whole number between -2147483648 and 2147483647.",
        ),
    ];
    for (variables, message) in rows {
        assert_eq!(
            toy.refusal(document, variables),
            format!("BAD_USER_INPUT: {message}")
        );
    }
    let document = "mutation($by: Int) { bump bumpBy(by: $by) }";
    assert_eq!(
        toy.refusal(document, json!({"by": null})),
        "BAD_USER_INPUT: `$by`: null is not accepted where it is used; leave it out."
    );
    assert_eq!(toy.bumps(), 0);
    let answer = toy.run(document, json!({})).await;
    assert_eq!(answer, json!({"data": {"bump": 1, "bumpBy": 2}}));
}

const PAY: &str = "mutation($input: PayInput!) { pay(input: $input) }";

fn pay(change: impl FnOnce(&mut Value)) -> Value {
    let mut input = json!({"amount": {"amount": "12.50", "currency": "CNY"}});
    change(&mut input);
    json!({"input": input})
}

#[test]
fn a_wrong_value_is_named_by_its_path() {
    let toy = Toy::new();
    let rows: [(Value, &str); 14] = [
        (
            pay(|input| input["amount"]["amount"] = json!(12.5)),
            "`$input.amount.amount`: 12.5 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!("12.505")),
            "`$input.amount.amount`: \"12.505\" is not an amount; write at most 15 digits before and 2 after the point, for instance \"12.50\".",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!(true)),
            "`$input.amount.amount`: true is not an amount; write at most 15 digits before and 2 after the point, for instance \"12.50\".",
        ),
        (
            pay(|input| input["amount"]["amount"] = json!(null)),
            "`$input.amount.amount` is null; give a value of type Decimal!.",
        ),
        (
            pay(|input| input["amount"]["currency"] = json!("USD")),
            "`$input.amount.currency`: \"USD\" is not a Currency; it is one of CNY, EUR.",
        ),
        (
            pay(|input| input["amount"] = json!({"currency": "CNY"})),
            "`$input.amount.amount` is missing; give a value of type Decimal!.",
        ),
        (
            pay(|input| input["amout"] = json!(1)),
            "`$input.amout` is not a field of PayInput; it has amount, on, at, target, tags, times.",
        ),
        (
            pay(|input| input["amount"] = json!("12")),
            "`$input.amount`: \"12\" is not a MoneyInput; give an object with its fields.",
        ),
        (
            pay(|input| input["on"] = json!("2026-02-30")),
            "`$input.on`: \"2026-02-30\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            pay(|input| input["on"] = json!("2026-2-3")),
            "`$input.on`: \"2026-2-3\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            pay(|input| input["at"] = json!("2026-02-03T08:00:00")),
            "`$input.at`: \"2026-02-03T08:00:00\" is not an instant of RFC 3339; write it with its offset, as \"2026-05-01T08:00:00Z\".",
        ),
        (
            pay(|input| input["target"] = json!({"user": "u1", "item": "i1"})),
            "`$input.target`: a TargetInput takes exactly one field, and not null.",
        ),
        (
            pay(|input| input["target"] = json!({"user": null})),
            "`$input.target`: a TargetInput takes exactly one field, and not null.",
        ),
        (
            pay(|input| input["tags"] = json!(["a", 1])),
            "`$input.tags.1`: 1 is not a valid String; give a string.",
        ),
    ];
    for (variables, message) in rows {
        assert_eq!(
            toy.refusal(PAY, variables),
            format!("BAD_USER_INPUT: {message}")
        );
    }
}

#[test]
fn a_wrong_literal_is_named_by_its_path() {
    let toy = Toy::new();
    let rows = [
        (
            "amount: {amount: 12.5, currency: CNY}",
            "BAD_USER_INPUT: `pay.input.amount.amount`: 12.5 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            "amount: {amount: 1e3, currency: CNY}",
            "BAD_USER_INPUT: `pay.input.amount.amount`: 1e3 is a float; write the amount as a string, for instance \"12.50\", or as a whole number.",
        ),
        (
            "amount: {amount: \"1\", currency: CNY}, on: \"yesterday\"",
            "BAD_USER_INPUT: `pay.input.on`: \"yesterday\" is not a day of the calendar; write it as \"2026-05-01\".",
        ),
        (
            "amount: {amount: 1, currency: CNY}, at: 5",
            "BAD_USER_INPUT: `pay.input.at`: 5 is not an instant of RFC 3339; write it with its offset, as \"2026-05-01T08:00:00Z\".",
        ),
        (
            "amount: {amount: 1, currency: CNY}, target: {user: 1, item: 2}",
            "GRAPHQL_VALIDATION_FAILED: `pay.input.target`: a TargetInput takes exactly one field, not 2.",
        ),
    ];
    for (input, message) in rows {
        let document = format!("mutation {{ bump pay(input: {{{input}}}) }}");
        assert_eq!(toy.refusal(&document, json!({})), message);
    }
    let default = "query($on: Date = 5) { echo(on: $on) }";
    assert!(
        toy.refusal(default, json!({}))
            .starts_with("BAD_USER_INPUT: `$on`: 5 is not a day")
    );
}

#[tokio::test]
async fn amounts_reach_the_resolver_as_they_were_written() {
    let toy = Toy::new();
    for (amount, text) in [
        (json!("12.50"), "12.50"),
        (json!(12), "12"),
        (json!("-0.1"), "-0.1"),
        (json!("999999999999999.99"), "999999999999999.99"),
        (json!(-999_999_999_999_999_i64), "-999999999999999"),
    ] {
        let variables = pay(|input| {
            input["amount"]["amount"] = amount.clone();
            input["tags"] = json!("one");
            input["target"] = json!({"item": "i1"});
        });
        let answer = toy.run(PAY, variables).await;
        assert_eq!(
            answer["data"]["pay"],
            json!(format!("{text} CNY   i1 one 7"))
        );
    }
    for amount in [
        "1.",
        ".5",
        "1.234",
        "+1",
        "1e3",
        "",
        "1234567890123456",
        "１",
    ] {
        let variables = pay(|input| input["amount"]["amount"] = json!(amount));
        assert!(toy.admit(PAY, variables).is_err(), "{amount}");
    }
}

/// A worker's stack: what would overflow it would end the process.
fn on_a_worker(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn nesting_is_refused_wherever_it_is() {
    on_a_worker(|| {
        let toy = Toy::with(Limits {
            document_bytes_max: 10_000_000,
            ..Limits::default()
        });
        let deep =
            |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
        let documents = [
            format!("{{ echo(list: {}) }}", deep("[", "]")),
            format!(
                "{{ echo(list: {}1{}) }}",
                "{a:".repeat(50_000),
                "}".repeat(50_000)
            ),
            format!(
                "{{ {}id{} }}",
                "node(id: 1) {".repeat(50_000),
                "}".repeat(50_000)
            ),
            format!(
                "{{ {}hello{} }}",
                "... {".repeat(50_000),
                "}".repeat(50_000)
            ),
            format!(
                "query($a: {}Int{}) {{ hello }}",
                "[".repeat(50_000),
                "]".repeat(50_000)
            ),
            format!("query($a: [Int] = {}) {{ hello }}", deep("[", "]")),
            format!("{{ hello @include(if: {}) }}", deep("[", "]")),
            "{".repeat(50_000),
            "[".repeat(50_000),
        ];
        for document in documents {
            let started = Instant::now();
            let refusal = toy.refusal(&document, json!({}));
            assert!(started.elapsed() < Duration::from_millis(1500), "{refusal}");
        }
    });
}

#[test]
fn what_passes_the_limits_fits_a_workers_stack() {
    on_a_worker(|| {
        let toy = Toy::with(Limits {
            depth_max: 1_000,
            nodes_max: 100_000,
            ..Limits::default()
        });
        for levels in [10, 20, 40, 60, 80, 95, 99, 110] {
            let nested = format!(
                "{{ node(id: 1) {{ ... on User {{ {} id {} }} }} }}",
                "friend {".repeat(levels),
                "}".repeat(levels)
            );
            let _ = toy.admit(&nested, json!({}));
            let list = format!(
                "{{ echo(list: {}{}) }}",
                "[".repeat(levels),
                "]".repeat(levels)
            );
            let _ = toy.admit(&list, json!({}));
        }
        let chain: String = (0..2_000)
            .map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1))
            .collect();
        let _ = toy.admit(
            &format!("{{ ...F0 }} {chain} fragment F2000 on Query {{ hello }}"),
            json!({}),
        );
    });
}

#[test]
fn exponential_fragments_are_refused_at_once() {
    let toy = Toy::new();
    for inner in [
        "...F{n} ...F{n}",
        "a: friend { ...F{n} } b: friend { ...F{n} }",
    ] {
        let levels: String = (0..30)
            .map(|n| {
                let inner = inner.replace("{n}", &(n + 1).to_string());
                format!("fragment F{n} on User{{{inner}}}")
            })
            .collect();
        let document = format!("{{node(id:1){{...F0}}}}{levels}fragment F30 on User{{__typename}}");
        let started = Instant::now();
        let refusal = toy.refusal(&document, json!({}));
        assert!(
            started.elapsed() < Duration::from_millis(100),
            "{:?}",
            started.elapsed()
        );
        assert!(refusal.starts_with("QUERY_TOO_COMPLEX"), "{refusal}");
    }
}

#[test]
fn fragments_in_a_circle_are_refused() {
    let toy = Toy::new();
    let document = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A hello }";
    assert!(
        toy.refusal(document, json!({}))
            .starts_with("GRAPHQL_VALIDATION_FAILED")
    );
}

#[test]
fn limits_are_named_with_what_was_asked() {
    let toy = Toy::new();
    let aliases: String = (0..101).map(|n| format!("a{n}: hello ")).collect();
    assert_eq!(
        toy.refusal(&format!("{{ {aliases} }}"), json!({})),
        "QUERY_TOO_COMPLEX: The document has 101 aliases; the limit is 100."
    );
    let bumps: String = (0..11).map(|n| format!("a{n}: bump ")).collect();
    assert_eq!(
        toy.refusal(&format!("mutation {{ {bumps} }}"), json!({})),
        "QUERY_TOO_COMPLEX: `bump` is asked for 11 times in one request; the limit is 10. Send several requests, or import a file."
    );
    let friends = format!(
        "{{ node(id: 1) {{ ... on User {{ {} id {} }} }} }}",
        "friend {".repeat(15),
        "}".repeat(15)
    );
    assert_eq!(
        toy.refusal(&friends, json!({})),
        "QUERY_TOO_COMPLEX: The document nests 17 levels deep; the limit is 16."
    );
    let long = format!("{{ hello }} #{}", "x".repeat(100_000));
    assert_eq!(
        toy.refusal(&long, json!({})),
        "QUERY_TOO_COMPLEX: The document has 100011 bytes; the limit is 100000."
    );
}

#[test]
fn pages_multiply_the_cost() {
    let toy = Toy::new();
    let nested = "query($n: Int, $m: Int = 4) { items(first: $n) { edges { node { owner { items(first: $m) { edges { node { title } } } } } } } }";
    // 1 + n × (edges + node + owner + items + m × (edges + node + title))
    let cost = |document: &str, variables: Value| toy.admit(document, variables).unwrap().cost;
    assert_eq!(cost(nested, json!({"n": 10})), 1 + 10 * (4 + 4 * 3));
    assert_eq!(
        cost(nested, json!({"n": 10, "m": 50})),
        1 + 10 * (4 + 50 * 3)
    );
    assert_eq!(cost(nested, json!({})), 1 + 20 * (4 + 4 * 3));
    assert_eq!(cost(nested, json!({"n": 1000})), 1 + 100 * (4 + 4 * 3));
    assert_eq!(
        cost("{ items(first: 3) { totalCount } hello }", json!({})),
        1 + 3 + 1
    );
    assert_eq!(cost("{ items { totalCount } }", json!({})), 1 + 20);
    assert_eq!(
        cost(
            "query($i: [ID!]!) { nodes(ids: $i) { id } }",
            json!({"i": [1, 2, 3]})
        ),
        4
    );
    assert_eq!(cost("{ nodes(ids: [1, 2]) { id } }", json!({})), 3);
    let kinds = "{ search { ... on User { id name } ... on Item { id title owner { id } } } }";
    assert_eq!(cost(kinds, json!({})), 1 + 4);
    assert_eq!(
        toy.refusal(nested, json!({"n": 100, "m": 100})),
        "QUERY_TOO_COMPLEX: The operation costs 30401; the limit is 20000. Ask for fewer fields or smaller pages (`first`)."
    );
}

#[tokio::test]
async fn the_standard_introspection_passes_and_a_circular_one_does_not() {
    let toy = Toy::new();
    let answer = toy.run(INTROSPECTION, json!({})).await;
    assert!(
        answer["data"]["__schema"]["types"]
            .as_array()
            .unwrap()
            .len()
            > 20
    );
    assert!(answer.get("errors").is_none(), "{answer}");
    let circular = [
        "{ __schema { types { fields { type { fields { name } } } } } }",
        "{ __type(name: \"User\") { fields { type { ...T } } } } fragment T on __Type { fields { name } }",
        "{ __schema { types { interfaces { possibleTypes { name } } } } }",
        "{ __schema { a: types { name } b: types { name } c: types { name } } }",
    ];
    for document in circular {
        let refusal = toy.refusal(document, json!({}));
        assert!(refusal.starts_with("QUERY_TOO_COMPLEX"), "{refusal}");
    }
}

#[test]
fn the_operation_is_chosen_by_name() {
    let toy = Toy::new();
    let document = "query A { hello } mutation B { bump }";
    let choose = |document: &str, name| toy.gate.admit(document, name, Map::new());
    assert_eq!(
        choose(document, Some("B")).unwrap().kind,
        OperationKind::Mutation
    );
    assert_eq!(
        choose(document, Some("A")).unwrap().kind,
        OperationKind::Query
    );
    for (document, name) in [
        (document, None),
        (document, Some("C")),
        ("{ hello }", Some("A")),
    ] {
        let errors = choose(document, name).unwrap_err();
        assert_eq!(errors[0].code, Code::OperationResolutionFailure);
    }
}

#[test]
fn invalid_documents_are_refused_with_their_place() {
    let toy = Toy::new();
    let rows = [
        ("{ hello", Code::ParseFailed),
        ("", Code::ParseFailed),
        ("{ nope }", Code::ValidationFailed),
        ("type A { b: Int }", Code::ValidationFailed),
        ("{ hello @nope }", Code::ValidationFailed),
        (
            "query($a: String!) { hello(name: $a) add(a: $a) }",
            Code::ValidationFailed,
        ),
        ("{ a: hello a: add(a: 1) }", Code::ValidationFailed),
        ("{ search { id } }", Code::ValidationFailed),
        (
            "subscription { ticks ticks2: ticks }",
            Code::ValidationFailed,
        ),
    ];
    for (document, code) in rows {
        let errors = toy.admit(document, json!({})).unwrap_err();
        assert_eq!(errors[0].code, code, "{document}: {}", errors[0]);
    }
    let errors = toy.admit("{\n  nope\n}", json!({})).unwrap_err();
    assert_eq!(
        (errors[0].locations[0].line, errors[0].locations[0].column),
        (2, 3)
    );
    let many = format!(
        "{{ {} }}",
        (0..500).map(|n| format!("nope{n} ")).collect::<String>()
    );
    assert_eq!(toy.admit(&many, json!({})).unwrap_err().len(), ERRORS_MAX);
    let long = format!("{{ {} }}", "n".repeat(50_000));
    assert!(toy.refusal(&long, json!({})).len() < 1_000);
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
    assert_eq!(
        answer["errors"][0]["locations"],
        json!([{"line": 5, "column": 5}])
    );
}

#[tokio::test]
async fn a_plan_is_remembered_within_bounds() {
    let toy = Toy::with(Limits {
        plans_max: 2,
        ..Limits::default()
    });
    for round in 0..3 {
        for name in ["a", "b", "c"] {
            let document = format!("query($n: String) {{ {name}: hello(name: $n) }}");
            let answer = toy.run(&document, json!({"n": round.to_string()})).await;
            assert_eq!(answer["data"][name], json!(format!("Hello {round}")));
        }
    }
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
    (
        "{ node(id: \"u1\") { id ... on User { name } ... on Item { title } } }",
        "{}",
    ),
    (
        "{ node(id: \"i1\") { id ... on User { name } ... on Item { title size(unit: 2) } } }",
        "{}",
    ),
    ("{ node(id: 1) { id } }", "{}"),
    (
        "{ node(id: \"i1\") { ...N } } fragment N on Node { id __typename ...I } fragment I on Item { title owner { ...U } } fragment U on User { id name }",
        "{}",
    ),
    (
        "{ search { __typename ... on User { id name } ... on Item { id title } } }",
        "{}",
    ),
    (
        "{ search { ... on Node { id } ... on Item { title } } }",
        "{}",
    ),
    ("{ search { ... on Node { ... on User { name } } } }", "{}"),
    (
        "{ owned { id owner { id } ... on Item { owner { name } } ... on Thing { owner { id name } } } }",
        "{}",
    ),
    (
        "{ owned { ... on Node { id } ... on Owned { owner { name } } } }",
        "{}",
    ),
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
    (
        "{ items(first: 3) { edges { cursor node { id } } edges { node { title } } totalCount } }",
        "{}",
    ),
    (
        "{ a: items(first: 1) { ...C } b: items { ...C } } fragment C on ItemConnection { edges { node { id owner { name } } } }",
        "{}",
    ),
    (
        "query($d: Date, $l: [[Int!]!]) { echo(on: $d, list: $l) }",
        "{\"d\": \"2026-01-31\", \"l\": [[1, 2], [3]]}",
    ),
    (
        "{ echo(on: \"2024-02-29\", list: [[1], []]) colour(currency: EUR) }",
        "{}",
    ),
    (
        "query($c: Currency!) { colour(currency: $c) }",
        "{\"c\": \"CNY\"}",
    ),
    (
        "{ __typename __schema { queryType { name } } __type(name: \"User\") { name kind } }",
        "{}",
    ),
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
        let plain = async_graphql::Request::new(document)
            .variables(async_graphql::Variables::from_json(variables.clone()));
        let plain = toy.schema.execute(plain).await;
        assert!(plain.is_ok(), "{document}: {:?}", plain.errors);
        let plain = serde_json::to_value(plain).unwrap();
        for _ in 0..2 {
            assert_eq!(
                toy.run(document, variables.clone()).await,
                plain,
                "{document}"
            );
        }
    }
}

#[tokio::test]
async fn an_absent_variable_leaves_the_default_of_the_argument() {
    let toy = Toy::new();
    let document = "query($b: Int) { add(a: 1, b: $b) }";
    assert_eq!(
        toy.run(document, json!({})).await,
        json!({"data": {"add": 11}})
    );
    assert_eq!(
        toy.run(document, json!({"b": 2})).await,
        json!({"data": {"add": 3}})
    );
}

#[tokio::test]
async fn a_union_as_a_condition_works() {
    let toy = Toy::new();
    let document = "{ node(id: \"i1\") { ... on Found { ... on Item { title } } } }";
    let answer = toy.run(document, json!({})).await;
    assert_eq!(answer, json!({"data": {"node": {"title": "Item 1"}}}));
}

/// What graphql-js 16 sends with every option on.
const INTROSPECTION: &str = include_str!("introspection.graphql");
