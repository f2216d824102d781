//! What the gate must survive, and refuse.

use std::time::{Duration, Instant};

use super::*;

/// A worker's stack: what would overflow it would end the process.
fn on_a_worker(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn nesting_is_refused_wherever_it_is() {
    on_a_worker(|| {
        let toy = Toy::with(Limits { document_bytes_max: 10_000_000, ..Limits::default() });
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(50_000), close.repeat(50_000));
        let documents = [
            format!("{{ echo(list: {}) }}", deep("[", "]")),
            format!("{{ echo(list: {}1{}) }}", "{a:".repeat(50_000), "}".repeat(50_000)),
            format!("{{ {}id{} }}", "node(id: 1) {".repeat(50_000), "}".repeat(50_000)),
            format!("{{ {}hello{} }}", "... {".repeat(50_000), "}".repeat(50_000)),
            format!("query($a: {}Int{}) {{ hello }}", "[".repeat(50_000), "]".repeat(50_000)),
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
        let toy = Toy::with(Limits { depth_max: 1_000, nodes_max: 100_000, ..Limits::default() });
        for levels in [10, 20, 40, 60, 80, 95, 99, 110] {
            let nested = format!(
                "{{ node(id: 1) {{ ... on User {{ {} id {} }} }} }}",
                "friend {".repeat(levels),
                "}".repeat(levels)
            );
            let _ = toy.admit(&nested, json!({}));
            let list = format!("{{ echo(list: {}{}) }}", "[".repeat(levels), "]".repeat(levels));
            let _ = toy.admit(&list, json!({}));
        }
        let chain: String = (0..2_000).map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1)).collect();
        let _ = toy.admit(&format!("{{ ...F0 }} {chain} fragment F2000 on Query {{ hello }}"), json!({}));
    });
}

#[test]
fn exponential_fragments_are_refused_at_once() {
    let toy = Toy::new();
    for inner in ["...F{n} ...F{n}", "a: friend { ...F{n} } b: friend { ...F{n} }"] {
        let levels: String = (0..30)
            .map(|n| {
                let inner = inner.replace("{n}", &(n + 1).to_string());
                format!("fragment F{n} on User{{{inner}}}")
            })
            .collect();
        let document = format!("{{node(id:1){{...F0}}}}{levels}fragment F30 on User{{__typename}}");
        let started = Instant::now();
        let refusal = toy.refusal(&document, json!({}));
        assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());
        assert!(refusal.starts_with("QUERY_TOO_COMPLEX"), "{refusal}");
    }
}

#[test]
fn fragments_in_a_circle_are_refused() {
    let toy = Toy::new();
    let document = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A hello }";
    assert!(toy.refusal(document, json!({})).starts_with("GRAPHQL_VALIDATION_FAILED"));
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
    let friends = format!("{{ node(id: 1) {{ ... on User {{ {} id {} }} }} }}", "friend {".repeat(15), "}".repeat(15));
    assert_eq!(
        toy.refusal(&friends, json!({})),
        "QUERY_TOO_COMPLEX: The document nests 17 levels deep; the limit is 16."
    );
    let long = format!("{{ hello }} #{}", "x".repeat(100_000));
    assert_eq!(toy.refusal(&long, json!({})), "QUERY_TOO_COMPLEX: The document has 100011 bytes; the limit is 100000.");
}

#[test]
fn pages_multiply_the_cost() {
    let toy = Toy::new();
    let nested = "query($n: Int, $m: Int = 4) { items(first: $n) { edges { node { owner { items(first: $m) { edges { node { title } } } } } } } }";
    // 1 + n × (edges + node + owner + items + m × (edges + node + title))
    let cost = |document: &str, variables: Value| toy.admit(document, variables).unwrap().cost;
    assert_eq!(cost(nested, json!({"n": 10})), 1 + 10 * (4 + 4 * 3));
    assert_eq!(cost(nested, json!({"n": 10, "m": 50})), 1 + 10 * (4 + 50 * 3));
    assert_eq!(cost(nested, json!({})), 1 + 20 * (4 + 4 * 3));
    assert_eq!(cost(nested, json!({"n": 1000})), 1 + 100 * (4 + 4 * 3));
    assert_eq!(cost("{ items(first: 3) { totalCount } hello }", json!({})), 1 + 3 + 1);
    assert_eq!(cost("{ items { totalCount } }", json!({})), 1 + 20);
    assert_eq!(cost("query($i: [ID!]!) { nodes(ids: $i) { id } }", json!({"i": [1, 2, 3]})), 4);
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
    assert!(answer["data"]["__schema"]["types"].as_array().unwrap().len() > 20);
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
fn invalid_documents_are_refused_with_their_place() {
    let toy = Toy::new();
    let rows = [
        ("{ hello", Code::ParseFailed),
        ("", Code::ParseFailed),
        ("{ nope }", Code::ValidationFailed),
        ("type A { b: Int }", Code::ValidationFailed),
        ("{ hello @nope }", Code::ValidationFailed),
        ("query($a: String!) { hello(name: $a) add(a: $a) }", Code::ValidationFailed),
        ("{ a: hello a: add(a: 1) }", Code::ValidationFailed),
        ("{ search { id } }", Code::ValidationFailed),
        ("subscription { ticks ticks2: ticks }", Code::ValidationFailed),
    ];
    for (document, code) in rows {
        let errors = toy.admit(document, json!({})).unwrap_err();
        assert_eq!(errors[0].code, code, "{document}: {}", errors[0]);
    }
    let errors = toy.admit("{\n  nope\n}", json!({})).unwrap_err();
    assert_eq!((errors[0].locations[0].line, errors[0].locations[0].column), (2, 3));
    let many = format!("{{ {} }}", (0..500).map(|n| format!("nope{n} ")).collect::<String>());
    assert_eq!(toy.admit(&many, json!({})).unwrap_err().len(), ERRORS_MAX);
    let long = format!("{{ {} }}", "n".repeat(50_000));
    assert!(toy.refusal(&long, json!({})).len() < 1_000);
}

/// What graphql-js 16 sends with every option on.
const INTROSPECTION: &str = include_str!("introspection.graphql");
