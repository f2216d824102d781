//! Documents drawn at random mean the same with and without the gate.

use async_graphql::ValidationMode;
use proptest::prelude::*;

use super::*;

/// What may be selected where, by the type of the parent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Parent {
    Query,
    Node,
    Found,
    Owned,
    User,
    Item,
    Thing,
}

use Parent::{Found, Item, Node, Owned, Query, Thing, User};

impl Parent {
    fn name(self) -> String {
        format!("{self:?}")
    }

    fn leaves(self) -> &'static [&'static str] {
        match self {
            Query => &["hello", "add(a: 1)", "x: hello(name: $s)", "__typename"],
            Node | Owned | Thing => &["id", "__typename", "i: id"],
            Found => &["__typename"],
            User => &["id", "name", "n: name"],
            Item => &["id", "title", "size", "s: size(unit: $i)"],
        }
    }

    fn branches(self) -> &'static [(&'static str, Parent)] {
        match self {
            Query => &[("node(id: \"u1\")", Node), ("i: node(id: \"i1\")", Node), ("search", Found), ("owned", Owned)],
            User => &[("friend", User), ("f: friend", User)],
            Item | Owned | Thing => &[("owner", User), ("o: owner", User)],
            Node | Found => &[],
        }
    }

    /// Types a fragment may narrow or widen to; unions aside, which the executor does not widen to.
    fn conditions(self) -> &'static [Parent] {
        match self {
            Query => &[Query],
            Node => &[Node, User, Item],
            Found => &[User, Item, Node],
            Owned => &[Owned, Item, Thing],
            User => &[User, Node],
            Item => &[Item, Node, Owned],
            Thing => &[Thing, Owned],
        }
    }
}

fn condition() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just(""),
        1 => Just(" @include(if: $t)"),
        1 => Just(" @skip(if: $f)"),
        1 => Just(" @skip(if: $t)"),
        1 => Just(" @include(if: false)"),
    ]
}

/// A selection set of a parent, in braces.
fn set(parent: Parent, depth: u32) -> BoxedStrategy<String> {
    prop::collection::vec(selection(parent, depth), 1..4)
        .prop_map(|selections| format!("{{ __typename {} }}", selections.join(" ")))
        .boxed()
}

fn selection(parent: Parent, depth: u32) -> BoxedStrategy<String> {
    let leaf = (prop::sample::select(parent.leaves()), condition())
        .prop_map(|(leaf, condition)| format!("{leaf}{condition}"))
        .boxed();
    if depth == 0 {
        return leaf;
    }
    let narrowed = prop::sample::select(parent.conditions()).prop_flat_map(move |on| {
        (set(on, depth - 1), condition())
            .prop_map(move |(set, condition)| format!("... on {}{condition} {set}", on.name()))
    });
    let spread = condition().prop_map(move |condition| format!("...{parent:?}Parts{condition}"));
    if parent.branches().is_empty() {
        return prop_oneof![2 => leaf, 2 => narrowed, 1 => spread].boxed();
    }
    let branch = prop::sample::select(parent.branches()).prop_flat_map(move |(field, of)| {
        (set(of, depth - 1), condition()).prop_map(move |(set, condition)| format!("{field}{condition} {set}"))
    });
    prop_oneof![2 => leaf, 3 => branch, 2 => narrowed, 1 => spread].boxed()
}

/// A document in which every fragment it defines may be spread.
fn document() -> impl Strategy<Value = String> {
    let fragments = [Query, Node, Found, Owned, User, Item, Thing].map(|parent| {
        // Depth 0 spreads nothing, so there are no circles.
        set(parent, 0).prop_map(move |set| format!("fragment {parent:?}Parts on {parent:?} {set}"))
    });
    (set(Query, 5), fragments).prop_map(|(query, fragments)| {
        let used: Vec<String> = fragments
            .into_iter()
            .filter(|fragment| {
                let name = fragment.split(' ').nth(1).unwrap_or_default();
                query.contains(&format!("...{name}"))
            })
            .collect();
        let body = format!("{query} {}", used.join(" "));
        let variables = [("$t", "$t: Boolean!"), ("$f", "$f: Boolean!"), ("$s", "$s: String"), ("$i", "$i: Int = 4")];
        let variables: Vec<&str> =
            variables.iter().filter(|(name, _)| body.contains(name)).map(|(_, definition)| *definition).collect();
        match variables.is_empty() {
            true => body,
            false => format!("query({}) {body}", variables.join(", ")),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_documents_keep_their_meaning(document in document()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let variables = json!({"t": true, "f": false, "s": "you"});
            let gated = Toy::new();
            let (plain, counts) = toy::schema_with(ValidationMode::Fast);
            let request = async_graphql::Request::new(&document)
                .variables(async_graphql::Variables::from_json(variables.clone()));
            let expected = plain.execute(request).await;
            prop_assert!(expected.is_ok(), "{:?} in {document}", expected.errors);
            let expected = serde_json::to_value(expected).unwrap();
            let answer = gated.run(&document, variables).await;
            prop_assert_eq!(&answer, &expected, "{}", document);
            prop_assert!(gated.owners() <= counts.owners.load(SeqCst));
            Ok(())
        })?;
    }
}
