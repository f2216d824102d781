//! Committees and councils of funds, leading groups of areas, and who holds their seats.

use std::collections::HashMap;

use async_graphql::Enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Constituency, HOLDER_MAX, Majority, Rule, SEATS_MAX, TITLE_MAX, store};
use crate::{
    area::{self, Area},
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_past, check_range, check_size, check_text, ensure_rows},
    fund::{self, Fund, head},
    id::{AreaId, CommitteeId, FundId, PartyId, PrincipalId, SeatId},
    party,
    viewer::{Act, By, On},
};

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommitteeKind {
    /// 基金管理委员会: decides on a fund's money; an odd number of voting seats, five at least.
    Committee,
    /// 社区基金议事会: a community's council of seven, which decides in the same way.
    Council,
    /// 工作领导小组: coordinates and oversees the funds of a street or district, and decides on none.
    LeadingGroup,
}

/// What a seat is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeatDuty {
    /// To vote.
    #[default]
    Member,
    /// To watch, without a vote.
    Supervisor,
}

/// A body that decides on a fund's money, or oversees the funds of an area.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Committee {
    /// The key.
    pub id: CommitteeId,
    /// The fund it decides on; `None` for a leading group.
    pub fund_id: Option<FundId>,
    /// The area it is of.
    pub area_id: AreaId,
    /// What kind of body it is.
    pub kind: CommitteeKind,
    /// What it is called.
    pub name: String,
    /// The day it was formed.
    pub formed_on: Date,
}

/// A seat, and who holds it on the day it is asked about.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CommitteeSeat {
    /// The key.
    pub id: SeatId,
    /// The committee.
    pub committee_id: CommitteeId,
    /// The fund that the committee decides on.
    pub fund_id: Option<FundId>,
    /// Its number, from 1.
    pub seat_no: i64,
    /// For whom it is held.
    pub constituency: Constituency,
    /// Whether it votes.
    pub duty: SeatDuty,
    /// Who holds it, as the minutes name them; `None` while it is vacant.
    pub holder: Option<String>,
    /// Who votes for it through the API.
    pub principal_id: Option<PrincipalId>,
    /// The unit its holder is of.
    pub party_id: Option<PartyId>,
    /// The first day of the holder's term.
    pub from_on: Option<Date>,
    /// The last day of the holder's term; `None` for no end.
    pub to_on: Option<Date>,
    /// The path of the committee's area.
    pub area_path: String,
}

/// Who holds a seat, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// As the minutes name them.
    pub name: String,
    /// The name of the principal who votes for the seat through the API.
    pub principal: Option<String>,
    /// The unit they are of.
    pub party: Option<PartyId>,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day; `None` for no end.
    pub to_on: Option<NaiveDate>,
}

/// A seat of a committee that is formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatDraft {
    /// For whom it is held.
    pub constituency: Constituency,
    /// Whether it votes.
    pub duty: SeatDuty,
    /// Who holds it first.
    pub holder: Holder,
}

/// What a committee is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Institution {
    /// A fund, on whose money it decides by this quorum and majority.
    Fund(FundId, i64, Majority),
    /// An area, whose funds it oversees.
    Area(AreaId),
}

/// What a committee is formed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitteeDraft {
    /// What it is of.
    pub of: Institution,
    /// What kind of body it is; a leading group of an area, another of a fund.
    pub kind: CommitteeKind,
    /// What it is called.
    pub name: String,
    /// The day it is formed.
    pub formed_on: NaiveDate,
    /// Its seats in their order.
    pub seats: Vec<SeatDraft>,
}

/// The least voting seats of a committee.
const MEMBERS_MIN: usize = 5;
/// The voting seats of a council.
const COUNCIL: usize = 7;

/// Forms a committee with its seats and their first holders; from that day the fund decides by its rule.
///
/// # Errors
/// Refused for texts and days out of bounds, a fund, area or party that does not exist, a fund or area that
/// has such a body, a number of voting seats that the kind does not have, no supervisor, and a quorum above
/// the voting seats.
pub async fn form(tx: &mut Tx, by: By<'_>, draft: &CommitteeDraft) -> Result<Committee> {
    let (fund, area) = of(tx, draft.of).await?;
    let on = fund.as_ref().map_or(On::Area(&area.path), Fund::on);
    by.viewer.must(Act::FormCommittee, &[on])?;
    if let Some(fund) = &fund {
        head::lock(tx, fund.id).await?;
    }
    let name = check_text(&draft.name, TITLE_MAX, "name")?;
    check_past(draft.formed_on, by.today, "formedOn")?;
    check_size(draft.seats.len(), 1, SEATS_MAX, "seats")?;
    for (i, seat) in draft.seats.iter().enumerate() {
        check_holder(&seat.holder).map_err(|error| error.below(&format!("seats.{i}")))?;
    }
    let holders: Vec<&Holder> = draft.seats.iter().map(|seat| &seat.holder).collect();
    let principals = principals_of(tx, &holders).await?;
    let known = match draft.kind {
        CommitteeKind::LeadingGroup => store::leading_groups(&mut *tx, &[area.id]).await?.pop(),
        _ => store::committee_of(&mut *tx, area.id).await?,
    };
    if let Some(known) = known {
        return Err(Refusal::NameTaken { name: known.name }.at("name"));
    }
    let members = check_seats(draft)?;
    let committee = Committee {
        id: CommitteeId(0),
        fund_id: fund.as_ref().map(|fund| fund.id),
        area_id: area.id,
        kind: draft.kind,
        name,
        formed_on: draft.formed_on.into(),
    };
    let id = store::insert_committee(tx, &committee).await?;
    let seats = store::insert_seats(tx, id, &draft.seats).await?;
    let terms: Vec<_> = seats.into_iter().zip(holders).zip(principals).map(|((seat, of), by)| (seat, of, by)).collect();
    store::insert_terms(tx, &terms).await?;
    if let Institution::Fund(fund, quorum, majority) = draft.of {
        check_range(quorum, 1, members, "quorum")?;
        let valid_from = draft.formed_on.into();
        let rule = Rule { fund_id: fund, seats: members, quorum, majority, valid_from, decision_id: None };
        store::insert_rule(tx, &rule).await?;
    }
    Ok(Committee { id, ..committee })
}

async fn of(tx: &mut Tx, of: Institution) -> Result<(Option<Fund>, Area)> {
    let (fund, area) = match of {
        Institution::Fund(id, ..) => {
            let found = fund::store::by_ids(&mut *tx, &[id]).await?.pop();
            let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
            let area = fund.area_id;
            (Some(fund), area)
        }
        Institution::Area(area) => (None, area),
    };
    let found = area::store::by_ids(&mut *tx, &[area]).await?.pop();
    Ok((fund, found.ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("areaId"))?))
}

/// The number of voting seats, where it is one that this kind of body has.
fn check_seats(draft: &CommitteeDraft) -> Result<i64> {
    let members = draft.seats.iter().filter(|seat| seat.duty == SeatDuty::Member).count();
    let supervisors = draft.seats.len() - members;
    let (fits, accepted) = match (draft.kind, draft.of) {
        (CommitteeKind::Committee, Institution::Fund(..)) => {
            (members >= MEMBERS_MIN && !members.is_multiple_of(2), "an odd number, 5 or more")
        }
        (CommitteeKind::Council, Institution::Fund(..)) => (members == COUNCIL, "7"),
        (CommitteeKind::LeadingGroup, Institution::Area(_)) => (members >= 1, "1 or more"),
        (_, Institution::Fund(..)) => (false, "none: a fund has a committee or a council"),
        (_, Institution::Area(_)) => (false, "none: an area has a leading group"),
    };
    if !fits {
        return Err(Refusal::CommitteeSeats { members, accepted: accepted.into() }.at("seats"));
    }
    if supervisors == 0 && draft.kind != CommitteeKind::LeadingGroup {
        return Err(Refusal::SupervisorMissing {}.at("seats"));
    }
    Ok(i64::try_from(members).expect("a list in memory is shorter"))
}

fn check_holder(holder: &Holder) -> Result<()> {
    check_text(&holder.name, HOLDER_MAX, "holder.name")?;
    if let Some(to) = holder.to_on
        && to < holder.from_on
    {
        return Err(Refusal::PeriodReversed { from: holder.from_on, to }.at("holder.to"));
    }
    Ok(())
}

/// The principals of these holders, whose units all exist.
async fn principals_of(tx: &mut Tx, holders: &[&Holder]) -> Result<Vec<Option<PrincipalId>>> {
    let mut units: Vec<PartyId> = holders.iter().filter_map(|holder| holder.party).collect();
    units.sort_unstable();
    units.dedup();
    if !units.is_empty() && party::store::by_ids(&mut *tx, &units).await?.len() != units.len() {
        return Err(Refusal::NotFound { what: "party".into() }.at("holder.partyId"));
    }
    let names: Vec<&str> = holders.iter().filter_map(|holder| holder.principal.as_deref()).collect();
    let known: HashMap<String, PrincipalId> = match names.as_slice() {
        [] => HashMap::new(),
        names => store::principals_by_names(&mut *tx, names).await?.into_iter().collect(),
    };
    let principal = |holder: &&Holder| match &holder.principal {
        None => Ok(None),
        Some(name) => match known.get(name) {
            Some(id) => Ok(Some(*id)),
            None => Err(Refusal::NotFound { what: "principal".into() }.at("holder.principal")),
        },
    };
    holders.iter().map(principal).collect()
}

/// Gives a seat to somebody from a day on; the term of whoever holds it ends on the day before.
///
/// # Errors
/// Refused for a broken text or term, a seat or party that does not exist, and a first day that is not after
/// the first day of the term before.
pub async fn fill(tx: &mut Tx, by: By<'_>, seat: SeatId, holder: &Holder) -> Result<CommitteeSeat> {
    let find = async |tx: &mut Tx| -> Result<CommitteeSeat> {
        let found = store::seats_by_ids(&mut *tx, &[seat], by.today).await?.pop();
        found.ok_or_else(|| Refusal::NotFound { what: "seat".into() }.at("seatId"))
    };
    let found = find(tx).await?;
    let on = found.fund_id.map_or(On::Area(&found.area_path), |fund| On::Fund(fund, &found.area_path));
    by.viewer.must(Act::FormCommittee, &[on])?;
    if let Some(fund) = found.fund_id {
        head::lock(tx, fund).await?;
    }
    check_holder(holder)?;
    let principal = principals_of(tx, &[holder]).await?[0];
    if let Some(last) = store::last_term(&mut *tx, seat).await? {
        let before = holder.from_on.pred_opt().unwrap_or(holder.from_on);
        if before < last.from_on.0 {
            return Err(Refusal::PeriodReversed { from: last.from_on.0, to: before }.at("holder.from"));
        }
        if last.to_on.is_none_or(|to| to.0 > before) {
            ensure_rows(store::set_term_end(tx, last.id, before).await?, 1, "seat term")?;
        }
    }
    store::insert_terms(tx, &[(seat, holder, principal)]).await?;
    find(tx).await
}
