//! One of many clients: what it asks of the server, and what it was told.

use reqwest::Client as Http;
use serde_json::{Value, json};

use super::town::Town;

/// Numbers that look random and are the same in every run with the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).unwrap()]
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Pledge,
    Contribution,
    Allocation,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Pledge, Self::Contribution, Self::Allocation];

    /// The mutation, its input's type and the object it answers with.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Pledge => ["pledgeOffer", "PledgeOfferInput", "pledge"],
            Self::Contribution => ["contributionReceive", "ContributionReceiveInput", "contribution"],
            Self::Allocation => ["allocationMake", "AllocationMakeInput", "allocation"],
        }
    }
}

/// A mutation with its key; the key is also its note, its reference or its memo.
#[derive(Clone, Debug)]
pub struct Operation {
    pub key: String,
    pub kind: Kind,
    pub fen: i64,
    /// Who gives; none of an allocation.
    pub donor: Option<String>,
    input: Value,
}

/// What the server said to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done(Done),
    /// It was refused, with this code.
    Refused(String),
}

/// What an operation made, and the whole answer that said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub id: String,
    pub body: String,
}

/// An operation that the server said it has done.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub operation: Operation,
    pub done: Done,
}

/// The server may have done it or not.
#[derive(Debug)]
pub enum Unanswered {
    /// No answer came.
    Gone,
    /// The server says in a sentence that its database is away.
    Away(String),
}

impl Operation {
    /// One of the three, of at most a yuan.
    pub fn thrown(dice: &mut Dice, town: &Town, key: String) -> Self {
        let kind = *dice.pick(&Kind::ALL);
        let fen = 1 + i64::try_from(dice.below(100)).unwrap();
        let amount = json!({ "amount": yuan(fen) });
        let giver = dice.pick(&town.donors).clone();
        let (donor, input) = match kind {
            Kind::Pledge => (
                Some(&giver),
                json!({ "fundId": town.fund, "donorId": giver, "terms": { "fixed": { "amount": amount } }, "note": key }),
            ),
            Kind::Contribution => {
                let line = json!({ "donorId": giver, "amount": amount, "oldestFirst": true });
                let input = json!({
                    "fundId": town.fund, "payerId": giver, "channel": "bank", "reference": key,
                    "receivedOn": dice.pick(&town.days), "amount": amount, "lines": [line],
                });
                (Some(&giver), input)
            }
            Kind::Allocation => {
                let decision = dice.pick(&town.decisions);
                (None, json!({ "decisionId": decision, "amount": amount, "effectiveOn": town.today, "memo": key }))
            }
        };
        let mut input = input;
        input["idempotencyKey"] = json!(key);
        Self { kind, fen, donor: donor.cloned(), input, key }
    }
}

impl Operation {
    /// Sends the same under another key.
    pub fn take_key(&mut self, key: String) {
        self.input["idempotencyKey"] = json!(key);
    }

    /// A pledge of a yuan, with its key as its note.
    pub fn pledge(town: &Town, key: String) -> Self {
        let (fen, donor) = (100, town.donors[0].clone());
        let input = json!({
            "fundId": town.fund, "donorId": donor, "terms": { "fixed": { "amount": { "amount": yuan(fen) } } },
            "note": key, "idempotencyKey": key,
        });
        Self { kind: Kind::Pledge, fen, donor: Some(donor), input, key }
    }
}

/// Somebody who talks to one server.
#[derive(Clone)]
pub struct Asker {
    http: Http,
    url: String,
    token: String,
}

impl Asker {
    pub fn new(http: &Http, url: String, token: &str) -> Self {
        Self { http: http.clone(), url, token: token.to_owned() }
    }

    /// The data of an answer without errors, and the answer.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<(Value, String), Unanswered> {
        let gone = |_| Unanswered::Gone;
        let request = self.http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        let response = request.bearer_auth(&self.token).send().await.map_err(gone)?;
        let status = response.status();
        let text = response.text().await.map_err(gone)?;
        let mut body: Value = serde_json::from_str(&text).map_err(|_| Unanswered::Gone)?;
        if body["errors"][0]["extensions"]["code"] == "UNAVAILABLE" {
            return Err(Unanswered::Away(body["errors"][0]["message"].as_str().unwrap().to_owned()));
        }
        assert!(status.is_success() && body.get("errors").is_none(), "{status}: {body} to {query} {variables}");
        Ok((body["data"].take(), text))
    }

    pub async fn read(&self, query: &str, variables: Value) -> Value {
        self.ask(query, variables).await.expect("the server answers").0
    }

    /// Does an operation, or does it again.
    pub async fn send(&self, operation: &Operation) -> Result<Answer, Unanswered> {
        let [mutation, input, object] = operation.kind.names();
        let query = format!(
            "mutation($input: {input}!) {{ {mutation}(input: $input) {{
                {object} {{ id amount {{ amount }} }} userErrors {{ code message }} }} }}"
        );
        let (data, body) = self.ask(&query, json!({ "input": operation.input })).await?;
        let payload = &data[mutation];
        if let Some(refused) = payload["userErrors"].as_array().unwrap().first() {
            return Ok(Answer::Refused(refused["code"].as_str().unwrap().to_owned()));
        }
        assert_eq!(fen(&payload[object]["amount"]), operation.fen, "{payload}");
        Ok(Answer::Done(Done { id: payload[object]["id"].as_str().unwrap().to_owned(), body }))
    }

    /// The id of what the mutation adds.
    pub async fn add(&self, mutation: &str, object: &str, input: Value) -> String {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} {{ id }} userErrors {{ message }} }} }}"
        );
        let data = self.read(&query, json!({ "input": input })).await;
        assert_eq!(data[mutation]["userErrors"], json!([]), "{mutation}");
        data[mutation][object]["id"].as_str().unwrap().to_owned()
    }
}

/// `0.07` for 7.
pub fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// What a `Money` holds, never below zero.
pub fn fen(money: &Value) -> i64 {
    let text = money["amount"].as_str().unwrap_or_else(|| panic!("{money} is no money"));
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    assert!(!text.starts_with('-'), "{text} is below zero");
    whole.parse::<i64>().unwrap() * 100 + format!("{part:0<2}").parse::<i64>().unwrap()
}
