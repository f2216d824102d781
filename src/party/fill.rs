//! Filling in what is not known of a party yet: its credit code and its number in another system.
//!
//! * What is known is never replaced: two codes are two parties, and a person decides.

use std::collections::{BTreeSet, HashMap};

use super::{EXTERNAL_ID_MAX, Party, credit_code, failure_of, store};
use crate::{
    db::Tx,
    error::{Refusal, Result, check_text},
    id::PartyId,
    viewer::{Act, By, On},
};

/// What becomes known of a party.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fill {
    /// The party.
    pub party: PartyId,
    /// Its unified social credit code.
    pub credit_code: Option<String>,
    /// Its number in another system.
    pub external_id: Option<String>,
}

impl Fill {
    /// Whether there is nothing to fill in.
    pub fn is_empty(&self) -> bool {
        self.credit_code.is_none() && self.external_id.is_none()
    }
}

/// What of each `fill` is news and may be filled in by who works in the area of `path`; nothing is written.
///
/// # Errors
/// Of the whole: a viewer who does not register parties there, a fault. Each is refused for a code that is none or
/// is taken, and for a number that is too long.
pub async fn fill_check(tx: &mut Tx, by: By<'_>, path: &str, fills: &[Fill]) -> Result<Vec<Result<Fill>>> {
    if fills.is_empty() {
        return Ok(vec![]);
    }
    by.viewer.must(Act::RegisterParty, &[On::Area(path)])?;
    let ids: Vec<PartyId> = fills.iter().map(|fill| fill.party).collect();
    let known = store::by_ids(&mut *tx, &ids).await?;
    let known: HashMap<PartyId, Party> = known.into_iter().map(|party| (party.id, party)).collect();
    let codes = fills.iter().filter_map(|fill| fill.credit_code.as_deref().map(credit_code::normalize));
    let codes: BTreeSet<String> = codes.collect();
    let mut taken = BTreeSet::new();
    if !codes.is_empty() {
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        taken.extend(store::codes_taken(&mut *tx, &codes).await?.into_iter().map(|(code,)| code));
    }
    let decide = |fill: &Fill| {
        let missing = || Refusal::NotFound { what: "party".into() }.at("partyId");
        let party = known.get(&fill.party).ok_or_else(missing)?;
        let code = fill.credit_code.as_deref().map(credit_code::normalize).filter(|_| party.credit_code.is_none());
        if let Some(code) = &code {
            if let Some(reason) = failure_of(party.kind, code) {
                return Err(Refusal::CreditCodeInvalid { code: code.clone(), reason }.at("creditCode"));
            }
            if taken.contains(code) {
                return Err(Refusal::CreditCodeTaken { code: code.clone() }.at("creditCode"));
            }
        }
        let number = fill.external_id.as_deref().filter(|_| party.external_id.is_none());
        let number = number.map(|number| check_text(number, EXTERNAL_ID_MAX, "externalId")).transpose()?;
        Ok(Fill { party: party.id, credit_code: code, external_id: number })
    };
    Ok(fills.iter().map(decide).collect())
}

/// Fills in what [`fill_check`] finds to be news, each with its own outcome.
///
/// # Errors
/// As [`fill_check`].
pub async fn fill(tx: &mut Tx, by: By<'_>, path: &str, fills: &[Fill]) -> Result<Vec<Result<Fill>>> {
    let outcomes = fill_check(tx, by, path, fills).await?;
    let news: Vec<&Fill> = outcomes.iter().flatten().filter(|fill| !fill.is_empty()).collect();
    store::fill(tx, &news).await?;
    Ok(outcomes)
}
