//! A request without a key many times at once: one effect, told by the same object or the same sentence.
//!
//! Every mutation without an `idempotencyKey` is tried, but for those of [`ANOTHER`]; the SDL says which there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use cobuild::api::schema;
use futures_util::future::join_all;
use reqwest::Client as Http;
use serde_json::{Value, json};

use super::same::{gained, keyed};
use crate::{
    refusals::{filled, one_of_each},
    socket::Site,
    support::{on_both, times},
};

const CLIENTS: usize = 8;

/// How many of one request are sent at once, where nobody asks for more.
const AT_ONCE: usize = 6;

/// What is another one each time it is asked for: nothing tells a second from a repeat.
const ANOTHER: [&str; 0] = [];

/// The mutations there are.
async fn all(site: &Site) -> BTreeSet<String> {
    let read = site.ask(None, "en", "{ __type(name: \"Mutation\") { fields { name } } }", json!({})).await;
    let fields = read["data"]["__type"]["fields"].as_array().unwrap();
    fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

/// The fields of a type of the SDL, each with its type.
fn fields(sdl: &str, kind: &str) -> Vec<(String, String)> {
    let begins = ["type", "interface"].map(|word| format!("\n{word} {kind} "));
    let Some(at) = begins.iter().find_map(|begin| sdl.find(begin)) else { return vec![] };
    let block = sdl[at..].split("\n}").next().unwrap();
    let field = |line: &str| {
        let (name, kind) = line.strip_prefix("  ")?.split_once(": ")?;
        let is_name = |text: &str| text.chars().all(char::is_alphanumeric);
        let kind = kind.trim_end_matches('!');
        (is_name(name) && is_name(kind)).then(|| (name.to_owned(), kind.to_owned()))
    };
    block.lines().filter_map(field).collect()
}

/// What of a mutation's payload says which object it is about.
fn selection(sdl: &str, mutation: &str) -> String {
    let payload = format!("{}{}Payload", mutation[..1].to_uppercase(), &mutation[1..]);
    let has_id = |kind: &str| fields(sdl, kind).iter().any(|(name, _)| name == "id");
    let with_id = fields(sdl, &payload).into_iter().filter(|(_, kind)| has_id(kind));
    with_id.map(|(name, _)| format!("{name} {{ id }} ")).collect()
}

/// What a request is answered that is sent many times at once: the answer of who did it, the sentence of who came
/// too late, and what the tables gained.
async fn storm(
    site: &Site,
    clients: &[Http],
    mutation: &str,
    input: &Value,
    count: usize,
) -> Result<BTreeMap<String, i64>, String> {
    let selection = selection(&schema::sdl(), mutation);
    let before = site.fingerprint().await;
    let sent = (0..count).map(|at| site.send(&clients[at % CLIENTS], mutation, input, &selection));
    let mut answers: BTreeSet<String> = join_all(sent).await.into_iter().collect();
    let after = site.fingerprint().await;
    // Once more, when all is over: nothing is added, and nothing new is said.
    let again = site.send(&clients[0], mutation, input, &selection).await;
    if site.fingerprint().await != after {
        return Err(format!("{mutation}: done again when all was over: {again}"));
    }
    answers.insert(again);
    let (done, late): (Vec<&String>, Vec<&String>) =
        answers.iter().partition(|answer| answer.contains("\"userErrors\":[]"));
    match (done.len(), late.len()) {
        (1, 0 | 1) => Ok(gained(&before, &after)),
        _ => Err(format!("{mutation}: {done:#?} {late:#?}")),
    }
}

on_both! {
    async fn a_request_without_a_key_that_is_sent_many_times_at_once_is_done_once(fixture: Fixture) {
        let start = Instant::now();
        let site = filled(&fixture).await;
        let clients: Vec<Http> = (0..CLIENTS).map(|_| Http::new()).collect();
        let count = if times(1) == 1 { AT_ONCE } else { 20 };
        let keyed = keyed();
        let cases: Vec<_> = one_of_each().into_iter().filter(|(name, _)| !keyed.contains(*name)).collect();
        let named: BTreeSet<String> = cases.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(&named | &keyed, all(&site).await);
        let mut told = vec![];
        let mut tried = 0;
        for (mutation, input) in &cases {
            if ANOTHER.contains(mutation) {
                continue;
            }
            tried += 1;
            match storm(&site, &clients, mutation, input, count).await {
                Ok(gained) => eprintln!("{mutation} {gained:?}"),
                Err(why) => told.push(why),
            }
        }
        eprintln!("repeat, {:?}: {tried} mutations without a key, {count} times at once; {:?}", fixture.engine, start.elapsed());
        assert!(told.is_empty(), "{}", told.join("\n"));
        site.close().await;
    }
}
