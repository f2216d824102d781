//! Related parties (关联方): who stands so close to a host or a fund that dealings with them must be told.
//!
//! * A declaration names a party, the host or fund it is related to, why, and since when; related to a host
//!   is related to all its funds.
//! * Expenses to and gifts from a related party are flagged by the day they were made, and listed: the
//!   charity law has them published within 30 days (Order 81, article 14).

pub mod graphql;
pub mod store;

use chrono::NaiveDate;

use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, check_text, ensure_rows},
    fund::Fund,
    id::{FundId, HostId, PartyId, RelatedPartyId},
    ledger::place,
    viewer::{Act, By, On},
};

/// The declaration that a party is related.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RelatedParty {
    /// The key.
    pub id: RelatedPartyId,
    /// The host that it is about.
    pub host_id: HostId,
    /// The fund that it is about; `None` for the host and all its funds.
    pub fund_id: Option<FundId>,
    /// The party.
    pub party_id: PartyId,
    /// Why it is related.
    pub reason: String,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The last day; `None` while it goes on.
    pub valid_to: Option<NaiveDate>,
}

impl RelatedParty {
    /// Whether it is about dealings with `fund` on `day`.
    pub fn is_about(&self, fund: &Fund, day: NaiveDate) -> bool {
        let with = self.host_id == fund.host_id && self.fund_id.is_none_or(|own| own == fund.id);
        with && self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

/// To what a party is related.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To a host, and so to all its funds.
    Host(HostId),
    /// To one fund.
    Fund(FundId),
}

/// What a declaration is made from.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// To what.
    pub to: To,
    /// Who.
    pub party: PartyId,
    /// Why.
    pub reason: String,
    /// Since when.
    pub valid_from: NaiveDate,
}

/// The most characters of a reason.
const REASON_MAX: usize = 500;

/// Declares a party as related.
///
/// # Errors
/// Refused for a broken text or day, a host, fund or party that does not exist, and a party that is declared so
/// already.
pub async fn declare(tx: &mut Tx, by: By<'_>, wanted: &Declaration) -> Result<RelatedParty> {
    let actor = by.viewer.actor()?;
    let (found, what, field) = match wanted.to {
        To::Host(host) => (store::host(&mut *tx, host).await?, "host", "hostId"),
        To::Fund(fund) => (store::fund(&mut *tx, fund).await?, "fund", "fundId"),
    };
    let place = found.ok_or_else(|| Refusal::NotFound { what: what.into() }.at(field))?;
    must(by, &place)?;
    let reason = check_text(&wanted.reason, REASON_MAX, "reason")?;
    check_past(wanted.valid_from, by.today, "validFrom")?;
    if place::parties_known(tx, &[wanted.party]).await?.is_empty() {
        return Err(Refusal::NotFound { what: "party".into() }.at("partyId"));
    }
    store::lock(tx, place.host_id).await?;
    let declared = store::of_parties(&mut *tx, &[wanted.party]).await?;
    let same = |one: &RelatedParty| {
        (one.host_id, one.fund_id) == (place.host_id, place.fund_id)
            && one.valid_to.is_none_or(|last| last >= wanted.valid_from)
    };
    if declared.iter().any(same) {
        return Err(Refusal::NothingChanges {}.at("partyId"));
    }
    // The key is the database's.
    let row = RelatedParty {
        id: RelatedPartyId(0),
        host_id: place.host_id,
        fund_id: place.fund_id,
        party_id: wanted.party,
        reason,
        valid_from: wanted.valid_from,
        valid_to: None,
    };
    Ok(RelatedParty { id: store::insert(tx, &row, actor).await?, ..row })
}

/// Ends a declaration; ending it again on the same day changes nothing.
///
/// # Errors
/// Refused when there is no such declaration, for a day before it began or to come, and when it has ended on
/// another day.
pub async fn end(tx: &mut Tx, by: By<'_>, id: RelatedPartyId, on: NaiveDate) -> Result<RelatedParty> {
    by.viewer.actor()?;
    let not_found = || Refusal::NotFound { what: "related party".into() }.at("relatedPartyId");
    let row = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    let place = match row.fund_id {
        Some(fund) => store::fund(&mut *tx, fund).await?,
        None => store::host(&mut *tx, row.host_id).await?,
    };
    must(by, &place.ok_or_else(not_found)?)?;
    store::lock(tx, row.host_id).await?;
    let row = store::by_ids(&mut *tx, &[id]).await?.pop().ok_or_else(not_found)?;
    check_past(on, by.today, "validTo")?;
    if on < row.valid_from {
        return Err(Refusal::PeriodReversed { from: row.valid_from, to: on }.at("validTo"));
    }
    match row.valid_to {
        Some(last) if last == on => Ok(row),
        Some(_) => Err(Refusal::NothingChanges {}.at("validTo")),
        None => {
            ensure_rows(store::set_valid_to(tx, id, on).await?, 1, "related party")?;
            Ok(RelatedParty { valid_to: Some(on), ..row })
        }
    }
}

fn must(by: By<'_>, place: &store::Place) -> Result<()> {
    let on = match place.fund_id {
        Some(fund) => On::Fund(fund, &place.area_path),
        None => On::Area(&place.area_path),
    };
    by.viewer.must(Act::RegisterParty, &[on])
}
