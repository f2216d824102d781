//! Hosts, purposes and funds.
//!
//! * A host holds the funds of the areas below its own in its bank account; a party is a host once.
//! * Purposes are one tree. What is allowed on a purpose is allowed on all below it.
//! * An area owns one fund at most; a fund spends on its allow-list and nothing else.
//! * A fund lives with its head (see [`head`]) and its accounts, which [`crate::ledger::open`] adds.

mod graphql;
pub mod head;
pub mod purpose;
pub mod store;

use std::collections::BTreeSet;

use async_graphql::SimpleObject;
use chrono::NaiveDate;

pub use graphql::{
    FundById, FundConnection, FundEdge, FundMutation, FundQuery, HostById, HostConnection, HostEdge, PurposeById,
    PurposeConnection, PurposeEdge,
};
pub use purpose::{Purpose, purpose_allowed, purpose_create};

use crate::{
    area::{self, Area},
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_past, check_range, check_size, check_text, ensure_rows},
    id::{AreaId, FundId, HostId, PartyId, PurposeId},
    party,
    viewer::{Act, By, On},
};

/// A charity association in whose bank account funds are held.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Host {
    /// The key.
    pub id: HostId,
    /// The association.
    pub party_id: PartyId,
    /// The area whose funds it may hold.
    pub area_id: AreaId,
}

/// A community's, street's or district's fund: a sub-account of its host with books of its own.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject, sqlx::FromRow)]
#[graphql(complex)]
pub struct Fund {
    /// The key.
    #[graphql(skip)]
    pub id: FundId,
    /// Who holds it.
    #[graphql(skip)]
    pub host_id: HostId,
    /// Whose fund it is.
    #[graphql(skip)]
    pub area_id: AreaId,
    /// Its short name, unlike any other fund's.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The day it was opened.
    pub opened_on: Date,
    /// How many seats its committee had when it was opened; `rules` has what holds since.
    pub seats: i64,
    /// How many had to sit for a decision to stand when it was opened; `rules` has what holds since.
    pub quorum: i64,
    /// The path of its area: what rights on it are held by.
    #[graphql(skip)]
    pub area_path: String,
}

impl Fund {
    /// What an act on this fund is about.
    pub fn on(&self) -> On<'_> {
        On::Fund(self.id, &self.area_path)
    }
}

/// Which funds a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FundFilter {
    /// Only those of this area or below it.
    pub area: Option<AreaId>,
    /// Only those this host holds.
    pub host: Option<HostId>,
}

/// What a fund is opened from.
#[derive(Clone, Debug)]
pub struct FundDraft {
    /// Who holds it.
    pub host: HostId,
    /// Whose fund it is.
    pub area: AreaId,
    /// Its short name.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The day it was opened.
    pub opened_on: NaiveDate,
    /// How many seats its committee has.
    pub seats: i64,
    /// How many must sit for a decision to stand.
    pub quorum: i64,
    /// The allow-list: one purpose at least.
    pub purposes: Vec<PurposeId>,
}

/// The most characters of a fund's, a purpose's or a project's code.
pub const CODE_MAX: usize = 40;
/// The most characters of a name.
pub const NAME_MAX: usize = 100;
/// The most seats of a committee.
pub const SEATS_MAX: i64 = 99;
/// The most purposes of an allow-list.
pub const PURPOSES_MAX: usize = 100;

/// Makes a party the host of the funds in an area.
///
/// # Errors
/// Refused for a party that is a host already, and for a party or an area that does not exist.
pub async fn host_create(tx: &mut Tx, by: By<'_>, party: PartyId, area: AreaId) -> Result<Host> {
    let area = area_by_id(tx, area).await?;
    by.viewer.must(Act::SetUp, &[On::Area(&area.path)])?;
    let found = party::store::by_ids(&mut *tx, &[party]).await?.pop();
    let party = found.ok_or_else(|| Refusal::NotFound { what: "party".into() }.at("partyId"))?;
    if store::host_of_party(&mut *tx, party.id).await?.is_some() {
        return Err(Refusal::NameTaken { name: party.name }.at("partyId"));
    }
    Ok(store::insert_host(tx, party.id, area.id).await?)
}

async fn area_by_id(tx: &mut Tx, id: AreaId) -> Result<Area> {
    let found = area::store::by_ids(&mut *tx, &[id]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("areaId"))
}

/// Adds a fund with its allow-list and its head, and without the accounts that [`crate::ledger::open`] gives it.
///
/// # Errors
/// Refused for texts and numbers out of bounds, a day to come, an empty allow-list, a code that is taken
/// or an area that has a fund, a host, area or purpose that does not exist, and an area that is too small
/// for a fund or not the host's.
pub(crate) async fn create(tx: &mut Tx, by: By<'_>, draft: &FundDraft) -> Result<Fund> {
    let area = area_by_id(tx, draft.area).await?;
    by.viewer.must(Act::SetUp, &[On::Area(&area.path)])?;
    let code = check_text(&draft.code, CODE_MAX, "code")?;
    let name = check_text(&draft.name, NAME_MAX, "name")?;
    check_past(draft.opened_on, by.today, "openedOn")?;
    let purposes: BTreeSet<PurposeId> = draft.purposes.iter().copied().collect();
    check_size(purposes.len(), 1, PURPOSES_MAX, "purposeIds")?;
    check_range(draft.seats, 1, SEATS_MAX, "seats")?;
    check_range(draft.quorum, 1, draft.seats, "quorum")?;
    if store::by_code(&mut *tx, &code).await?.is_some() {
        return Err(Refusal::NameTaken { name: code }.at("code"));
    }
    if let Some(fund) = store::of_area(&mut *tx, area.id).await? {
        return Err(Refusal::NameTaken { name: fund.name }.at("areaId"));
    }
    let host = store::hosts_by_ids(&mut *tx, &[draft.host]).await?.pop();
    let host = host.ok_or_else(|| Refusal::NotFound { what: "host".into() }.at("hostId"))?;
    let purposes: Vec<PurposeId> = purposes.into_iter().collect();
    if store::purposes_by_ids(&mut *tx, &purposes).await?.len() != purposes.len() {
        return Err(Refusal::NotFound { what: "purpose".into() }.at("purposeIds"));
    }
    if !area.level.owns_fund() {
        let accepted = "District, Street, Community".into();
        return Err(Refusal::AreaLevel { level: format!("{:?}", area.level), accepted }.at("areaId"));
    }
    if !area.path.starts_with(&area_by_id(tx, host.area_id).await?.path) {
        return Err(Refusal::NotFound { what: "area of this host".into() }.at("areaId"));
    }
    // The key is the database's; the path is a copy of the area's.
    let fund = Fund {
        id: FundId(0),
        host_id: host.id,
        area_id: area.id,
        code,
        name,
        opened_on: draft.opened_on.into(),
        seats: draft.seats,
        quorum: draft.quorum,
        area_path: area.path,
    };
    let id = store::insert(tx, &fund).await?;
    store::insert_purposes(tx, id, &purposes).await?;
    store::insert_head(tx, id).await?;
    Ok(Fund { id, ..fund })
}

/// Sets whether a fund asks for different hands: who proposed or recorded, who allocates, who pays and who is
/// paid are then different persons.
///
/// # Errors
/// Refused when there is no such fund.
pub async fn set_two_persons(tx: &mut Tx, by: By<'_>, fund: FundId, rule: TwoPersons) -> Result<Fund> {
    let not_found = || Refusal::NotFound { what: "fund".into() }.at("fundId");
    let found = store::by_ids(&mut *tx, &[fund]).await?.pop().ok_or_else(not_found)?;
    by.viewer.must(Act::SetUp, &[On::Area(&found.area_path)])?;
    let head = head::lock(tx, fund).await?;
    let is_asked = !store::two_persons(&mut *tx, &[fund]).await?.is_empty();
    if is_asked != (rule == TwoPersons::Asked) {
        let since = (!is_asked).then_some(head.seq);
        ensure_rows(store::set_two_persons_since(tx, fund, since).await?, 1, "fund")?;
    }
    Ok(found)
}

/// Whether a fund asks for different hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
pub enum TwoPersons {
    /// Who proposed or recorded, who allocates, who pays and who is paid are different persons.
    Asked,
    /// One person may do all of it, as in a community with one clerk.
    NotAsked,
}
