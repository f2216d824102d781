//! Doing the same thing twice has the effect of doing it once.
//!
//! * A key belongs to the principal who sent it, or to the scope this program made it in, and never expires.
//! * The same key with the same request is given the stored answer; with another request it is refused.
//! * What was remembered is also how a write whose commit was lost finds out whether it is there.
//! * A refused request is not remembered: nothing happened, and it may be tried again.

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use crate::{
    db::{Sql, Tx},
    error::{Refusal, Result},
    id::EntryId,
    viewer::By,
};

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
        let response = serde_json::to_string(answer).map_err(|why| anyhow::anyhow!("answer is no JSON: {why}"))?;
        remember(tx, &[(self, entry, response)]).await
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
