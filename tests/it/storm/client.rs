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
    /// It was done, and this is the id of what it made.
    Done(String),
    /// It was refused, with this code.
    Refused(String),
}

/// An operation that the server said it has done.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub operation: Operation,
    pub id: String,
}

/// No answer came: the server may have done it or not.
#[derive(Debug)]
pub struct Unanswered;

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

    /// The data of an answer without errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, Unanswered> {
        let request = self.http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        let response = request.bearer_auth(&self.token).send().await.map_err(|_| Unanswered)?;
        let status = response.status();
        let body = response.bytes().await.map_err(|_| Unanswered)?;
        let mut body: Value = serde_json::from_slice(&body).map_err(|_| Unanswered)?;
        assert!(status.is_success() && body.get("errors").is_none(), "{status}: {body} to {query} {variables}");
        Ok(body["data"].take())
    }

    pub async fn read(&self, query: &str, variables: Value) -> Value {
        self.ask(query, variables).await.expect("the server answers")
    }

    /// Does an operation, or does it again.
    pub async fn send(&self, operation: &Operation) -> Result<Answer, Unanswered> {
        let [mutation, input, object] = operation.kind.names();
        let query = format!(
            "mutation($input: {input}!) {{ {mutation}(input: $input) {{
                {object} {{ id amount {{ amount }} }} userErrors {{ code message }} }} }}"
        );
        let data = self.ask(&query, json!({ "input": operation.input })).await?;
        let payload = &data[mutation];
        if let Some(refused) = payload["userErrors"].as_array().unwrap().first() {
            return Ok(Answer::Refused(refused["code"].as_str().unwrap().to_owned()));
        }
        assert_eq!(fen(&payload[object]["amount"]), operation.fen, "{payload}");
        Ok(Answer::Done(payload[object]["id"].as_str().unwrap().to_owned()))
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
