//! The graph as it describes itself: its connection fields, and what may be asked below each.

use std::collections::BTreeMap;

use async_graphql::Request;
use cobuild::api::schema;
use serde_json::Value;

/// One field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    /// The name of what it gives, without lists.
    pub gives: String,
    /// Whether it always gives something.
    pub sure: bool,
    /// Whether it can be asked without an argument.
    pub plain: bool,
    /// Whether it has no fields of its own.
    pub leaf: bool,
}

/// The types that have fields, with their fields.
pub struct Graph(BTreeMap<String, (bool, Vec<Field>)>);

const INTROSPECTION: &str = "{ __schema { types { name kind fields { name
  args { defaultValue type { kind } }
  type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

fn field(value: &Value) -> Field {
    let (mut kind, sure) = (&value["type"], value["type"]["kind"] == "NON_NULL");
    while kind["ofType"] != Value::Null {
        kind = &kind["ofType"];
    }
    let needed = |argument: &Value| argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"] == Value::Null;
    Field {
        name: value["name"].as_str().unwrap().into(),
        gives: kind["name"].as_str().unwrap().into(),
        sure,
        plain: !value["args"].as_array().unwrap().iter().any(needed),
        leaf: kind["kind"] == "SCALAR" || kind["kind"] == "ENUM",
    }
}

impl Graph {
    pub async fn new() -> Self {
        let answer = schema::build().execute(Request::new(INTROSPECTION)).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        let answer = answer.data.into_json().unwrap();
        let types = answer["__schema"]["types"].as_array().unwrap().iter();
        let with_fields = types.filter(|one| one["fields"] != Value::Null);
        let read = |one: &Value| {
            let fields = one["fields"].as_array().unwrap().iter().map(field).collect();
            (one["name"].as_str().unwrap().to_owned(), (one["kind"] == "INTERFACE", fields))
        };
        Self(with_fields.map(read).collect())
    }

    fn fields(&self, of: &str) -> &[Field] {
        self.0.get(of).map_or(&[], |(_, fields)| fields)
    }

    /// Every field of an object that is a list with pages, with its type.
    pub fn connections(&self) -> Vec<(String, Field)> {
        let objects = self.0.iter().filter(|(_, (interface, _))| !interface);
        let lists = |(name, (_, fields)): (&String, &(bool, Vec<Field>))| {
            let lists = fields.iter().filter(|field| field.gives.ends_with("Connection"));
            lists.map(|field| (name.clone(), field.clone())).collect::<Vec<_>>()
        };
        objects.flat_map(lists).collect()
    }

    /// What a list holds below its edges: the fields of each node with, one step further, the plain ones of whatever it
    /// leads to; how many of those there are, and how many may be missing, so that they are not always fetched.
    pub fn below(&self, connection: &str) -> (String, u64, u64) {
        let edges = self.fields(connection).iter().find(|field| field.name == "edges").expect("a connection has edges");
        let node = self.fields(&edges.gives).iter().find(|field| field.name == "node").expect("an edge has a node");
        let (mut all, mut unsure) = (0, 0);
        let mut parts: Vec<String> = vec!["__typename".into()];
        for field in self.fields(&node.gives).iter().filter(|field| field.plain) {
            if field.leaf {
                parts.push(field.name.clone());
            } else if !field.gives.ends_with("Connection") {
                let leaves = self.fields(&field.gives).iter().filter(|one| one.leaf && one.plain);
                let leaves: Vec<&str> = leaves.map(|one| one.name.as_str()).collect();
                parts.push(format!("{} {{ __typename {} }}", field.name, leaves.join(" ")));
                all += 1;
                unsure += u64::from(!field.sure);
            }
        }
        (format!("edges {{ node {{ {} }} }}", parts.join(" ")), all, unsure)
    }
}
