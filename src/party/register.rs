//! The register of self-organized groups: which are registered with the authority or filed with the street, and
//! where.
//!
//! * A group is registered once, in one community, under a number that no other has.
//! * A list is registered as a whole, or nothing of it. What is changed later is told in `change`.

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use chrono::NaiveDate;

use super::{NAME_MAX, Party, PartyKind, Registration, register, store};
use crate::{
    area,
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_past, check_size, check_text},
    id::{AreaId, PartyId},
    viewer::{Act, By, On},
};

/// What a self-organized group does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupField {
    /// 为老服务: it cares for the elderly.
    ElderlyCare,
    /// 托幼服务: it looks after children.
    ChildCare,
    /// 重点人员帮扶: it helps those in need.
    Assistance,
    /// 义务送餐: it cooks and brings meals.
    Catering,
    /// 环境治理: it keeps compounds clean and green.
    Environment,
    /// 平安巡逻: it patrols and watches.
    Safety,
    /// 矛盾调解: it settles disputes.
    Mediation,
    /// 文体活动: culture and sport.
    Culture,
    /// Anything else.
    Other,
}

/// How a group is known to the authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupStanding {
    /// 登记: registered with the civil affairs authority.
    Registered,
    /// 备案: filed with the street office.
    Filed,
}

/// Whether a line of the register stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupLineState {
    /// The group is in the register.
    #[default]
    Standing,
    /// It was struck off.
    StruckOff,
}

/// The line of a group in the register.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GroupRegistration {
    /// The group.
    pub party_id: PartyId,
    /// The community it belongs to.
    pub area_id: AreaId,
    /// What it does.
    pub field: GroupField,
    /// How it is known to the authorities.
    pub standing: GroupStanding,
    /// The number it is known under.
    pub number: String,
    /// The day it was registered or filed.
    pub registered_on: Date,
    /// The day from which it is struck off; `None` while it stands.
    pub struck_off_on: Option<Date>,
}

/// Which group a line of the register is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// One that is a party already.
    Known(PartyId),
    /// A new one of this name.
    New(String),
}

/// What a group is registered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDraft {
    /// Which group.
    pub group: Registered,
    /// The community it belongs to.
    pub area: AreaId,
    /// What it does.
    pub field: GroupField,
    /// How it is known to the authorities.
    pub standing: GroupStanding,
    /// The number it is known under.
    pub number: String,
    /// The day it was registered or filed.
    pub registered_on: NaiveDate,
}

/// Which groups of the register a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GroupFilter {
    /// Only those that belong to this area or one below it.
    pub area: Option<AreaId>,
    /// Only those that do this.
    pub field: Option<GroupField>,
    /// Only those that are known like this.
    pub standing: Option<GroupStanding>,
    /// Only those whose lines are like this.
    pub state: GroupLineState,
}

/// The most groups that are registered at once.
pub const GROUPS_MAX: usize = 100;
/// The most characters of a number in the register.
pub const REGISTER_NUMBER_MAX: usize = 60;

/// Registers groups, all or none; those that are no parties yet become parties.
///
/// # Errors
/// Refused, at the line it is about: texts and days out of bounds, an area that does not exist, a number that is
/// taken or named twice, something that is no group, and a group that is registered. Denied unless the viewer
/// registers parties in each of the areas.
pub async fn group_register(tx: &mut Tx, by: By<'_>, drafts: &[GroupDraft]) -> Result<Vec<Party>> {
    check_size(drafts.len(), 1, GROUPS_MAX, "groups")?;
    let actor = by.viewer.actor()?;
    let known = load(tx, drafts).await?;
    let mut numbers = known.numbers.clone();
    let mut new = vec![];
    let mut lines = vec![];
    for (i, draft) in drafts.iter().enumerate() {
        let (number, registration) =
            decide(by, &known, &mut numbers, draft).map_err(|error| error.below(&format!("groups.{i}")))?;
        new.extend(registration);
        lines.push(number);
    }
    let mut added = register(tx, by, &new).await?.into_iter();
    let mut parties = vec![];
    for draft in drafts {
        parties.push(match &draft.group {
            Registered::Known(group) => known.groups[group].clone(),
            Registered::New(_) => added.next().expect("each new group has its outcome")?,
        });
    }
    let row = |((draft, number), party): ((&GroupDraft, String), &Party)| GroupRegistration {
        party_id: party.id,
        area_id: draft.area,
        field: draft.field,
        standing: draft.standing,
        number,
        registered_on: draft.registered_on.into(),
        struck_off_on: None,
    };
    let rows: Vec<_> = drafts.iter().zip(lines).zip(&parties).map(row).collect();
    store::insert_registrations(tx, &rows, actor).await?;
    let active: Vec<_> = rows.iter().map(|row| (row.area_id, row.party_id)).collect();
    store::insert_areas(tx, &active, by.today).await?;
    Ok(parties)
}

/// What the decision about a list of groups needs to know.
struct Known {
    paths: HashMap<AreaId, String>,
    groups: HashMap<PartyId, Party>,
    registered: HashSet<PartyId>,
    numbers: HashSet<String>,
}

async fn load(tx: &mut Tx, drafts: &[GroupDraft]) -> Result<Known> {
    let areas: Vec<AreaId> = drafts.iter().map(|draft| draft.area).collect();
    let found = area::store::by_ids(&mut *tx, &areas).await?;
    let paths = found.into_iter().map(|area| (area.id, area.path)).collect();
    let wanted = |draft: &GroupDraft| match draft.group {
        Registered::Known(group) => Some(group),
        Registered::New(_) => None,
    };
    let wanted: Vec<PartyId> = drafts.iter().filter_map(wanted).collect();
    let mut known = Known { paths, groups: HashMap::new(), registered: HashSet::new(), numbers: HashSet::new() };
    if !wanted.is_empty() {
        let found = store::by_ids(&mut *tx, &wanted).await?;
        let groups = found.into_iter().filter(|party| party.kind == PartyKind::Group);
        known.groups = groups.map(|party| (party.id, party)).collect();
        let registered = store::registrations_of(&mut *tx, &wanted).await?;
        known.registered = registered.into_iter().map(|row| row.party_id).collect();
    }
    let numbers: Vec<&str> = drafts.iter().map(|draft| draft.number.trim()).collect();
    known.numbers = store::numbers_taken(&mut *tx, &numbers).await?.into_iter().map(|(number,)| number).collect();
    Ok(known)
}

/// The number of a line, and the registration of its group as a party where it is none yet.
fn decide(
    by: By<'_>,
    known: &Known,
    numbers: &mut HashSet<String>,
    draft: &GroupDraft,
) -> Result<(String, Option<Registration>)> {
    if let Some(path) = known.paths.get(&draft.area) {
        by.viewer.must(Act::RegisterParty, &[On::Area(path)])?;
    }
    let number = check_text(&draft.number, REGISTER_NUMBER_MAX, "number")?;
    check_past(draft.registered_on, by.today, "registeredOn")?;
    if !known.paths.contains_key(&draft.area) {
        return Err(Refusal::NotFound { what: "area".into() }.at("areaId"));
    }
    let registration = match &draft.group {
        Registered::New(name) => Some(Registration {
            kind: PartyKind::Group,
            name: check_text(name, NAME_MAX, "name")?,
            alias: None,
            publicity: None,
            credit_code: None,
            credit_code_override: None,
            external_id: None,
            areas: vec![draft.area],
        }),
        Registered::Known(group) => {
            let found = known.groups.get(group);
            let found = found.ok_or_else(|| Refusal::NotFound { what: "group".into() }.at("groupId"))?;
            if known.registered.contains(group) {
                return Err(Refusal::NameTaken { name: found.name.clone() }.at("groupId"));
            }
            None
        }
    };
    if !numbers.insert(number.clone()) {
        return Err(Refusal::NameTaken { name: number }.at("number"));
    }
    Ok((number, registration))
}
