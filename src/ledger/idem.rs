//! Doing the same thing twice has the effect of doing it once.
//!
//! * A key belongs to the principal who sent it, or to the scope this program made it in, and never expires.
//! * The same key with the same request is given the stored answer; with another request it is refused.
//! * What comes in bulk may have a natural key in place of it, an [`Origin`]: a repeat is known by that.
//! * What was remembered is also how a write whose commit was lost finds out whether it is there.
//! * A refused request is not remembered: nothing happened, and it may be tried again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result, check_text},
    id::EntryId,
    viewer::By,
};

/// Where something was taken over from, and its number there: what makes a repeat known without a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Origin {
    /// The list, platform or system.
    pub source: String,
    /// The number in it.
    pub reference: String,
}

/// The numbers of origins by their source, all trimmed.
pub fn by_source<'o>(origins: &[&'o Origin]) -> BTreeMap<&'o str, Vec<&'o str>> {
    let mut sorted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for origin in origins {
        sorted.entry(origin.source.trim()).or_default().push(origin.reference.trim());
    }
    sorted
}

/// The most characters of a source or a reference.
pub const ORIGIN_MAX: usize = 200;

impl Origin {
    /// The origin with its texts trimmed; `field` is the path of the two.
    ///
    /// # Errors
    /// [`Refusal::TextEmpty`] and [`Refusal::TextTooLong`].
    pub fn checked(&self, field: &str) -> Result<Self> {
        Ok(Self {
            source: check_text(&self.source, ORIGIN_MAX, &format!("{field}.source"))?,
            reference: check_text(&self.reference, ORIGIN_MAX, &format!("{field}.reference"))?,
        })
    }
}

/// Whether a request did something, or found it done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was made now.
    Created,
    /// It was made before, under the same origin.
    Known,
}

/// The longest key, in characters: a UUID has 36.
const KEY_MAX: usize = 100;

/// A request that must take effect once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    scope: String,
    key: String,
    request_hash: String,
}

#[derive(sqlx::FromRow)]
struct Known {
    key: String,
    request_hash: String,
    response: String,
}

impl Once {
    /// The request `input` to `operation`, under `key`.
    ///
    /// # Errors
    /// [`Refusal::KeyMalformed`]; a denial for the public, which has no keys.
    pub fn new(by: By<'_>, key: &str, operation: &str, input: &impl Serialize) -> Result<Self> {
        let length = key.chars().count();
        if length == 0 || length > KEY_MAX || key.chars().any(char::is_control) {
            return Err(Refusal::KeyMalformed {}.at("idempotencyKey"));
        }
        Self::in_scope(format!("p{}", by.viewer.actor()?.0), key, operation, input)
    }

    /// The request `input` to `operation`, under a key that this program made and that everybody shares
    /// within `scope`: what one person began, another may finish.
    ///
    /// # Errors
    /// A fault when `input` cannot be written as JSON.
    pub fn in_scope(scope: String, key: &str, operation: &str, input: &impl Serialize) -> Result<Self> {
        let input = serde_json::to_vec(input).map_err(|why| anyhow::anyhow!("input is no JSON: {why}"))?;
        let mut hasher = Sha256::new();
        hasher.update(operation);
        hasher.update([0]);
        hasher.update(input);
        let request_hash = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { scope, key: key.to_owned(), request_hash })
    }

    /// The stored answer to this request, where it was made before. Call it with the fund's head locked.
    ///
    /// # Errors
    /// [`Refusal::IdempotencyMismatch`] when the key was used for another request.
    pub async fn answered<T: DeserializeOwned>(&self, tx: &mut Tx) -> Result<Option<T>> {
        answered(&mut *tx, std::slice::from_ref(self)).await?.pop().flatten().transpose()
    }

    /// Stores the answer, in the transaction that does what it says.
    pub async fn remember(&self, tx: &mut Tx, entry: Option<EntryId>, answer: &impl Serialize) -> Result<()> {
        remember(tx, &[(self, entry, stored(answer)?)]).await
    }
}

/// The stored answers to many requests of one scope, in their order; a mismatch is the answer to its own
/// request only.
pub async fn answered<'c, T: DeserializeOwned>(on: impl Sql<'c>, many: &[Once]) -> Result<Vec<Option<Result<T>>>> {
    let Some(first) = many.first() else { return Ok(vec![]) };
    let keys: Vec<&str> = many.iter().map(|once| once.key.as_str()).collect();
    let known: Vec<Known> = on
        .sql("SELECT key, request_hash, response FROM idem WHERE scope = $1 AND key IN (..)")
        .bind(first.scope.clone())
        .bind_list(&keys)
        .all()
        .await?;
    let by_key: std::collections::HashMap<&str, &Known> = known.iter().map(|one| (one.key.as_str(), one)).collect();
    let answer = |once: &Once| {
        let known = by_key.get(once.key.as_str())?;
        if known.request_hash != once.request_hash {
            return Some(Err(Refusal::IdempotencyMismatch { key: once.key.clone() }.at("idempotencyKey")));
        }
        let answer = serde_json::from_str(&known.response);
        Some(answer.map_err(|why| anyhow::anyhow!("a stored answer cannot be read: {why}").into()))
    };
    Ok(many.iter().map(answer).collect())
}

/// The stored answers to requests some of which have a key, in their order.
pub async fn answered_some<T: DeserializeOwned, I>(
    tx: &mut Tx,
    many: &[(Option<Once>, I)],
) -> Result<Vec<Option<Result<T>>>> {
    let onces: Vec<Once> = many.iter().filter_map(|(once, _)| once.clone()).collect();
    let mut answers = answered(&mut *tx, &onces).await?.into_iter();
    Ok(many.iter().map(|(once, _)| once.as_ref().and_then(|_| answers.next().flatten())).collect())
}

/// An answer as it is stored.
pub fn stored(answer: &impl Serialize) -> Result<String> {
    serde_json::to_string(answer).map_err(|why| anyhow::anyhow!("answer is no JSON: {why}").into())
}

/// Stores many answers, each in JSON.
pub async fn remember(tx: &mut Tx, answers: &[(&Once, Option<EntryId>, String)]) -> Result<()> {
    tx.set_repeatable();
    tx.insert_all(
        "INSERT INTO idem (scope, key, request_hash, entry_id, response) VALUES (..)",
        answers,
        |row, (once, entry, response)| {
            row.bind(once.scope.clone())
                .bind(once.key.clone())
                .bind(once.request_hash.clone())
                .bind(*entry)
                .bind(response.clone())
        },
    )
    .await?;
    Ok(())
}
