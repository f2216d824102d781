//! Anyone who can give or receive: partner units, merchants, groups, departments, social organisations
//! and residents.
//!
//! * A party is active in one area at least, and may be in several.
//! * A unified social credit code is kept once and checked; a failing code needs a reason.
//! * What the public reads of a name is the party's choice, and never a resident's name. Who may know
//!   more has a role on the party or where it is active.

mod change;
pub mod credit_code;
pub mod fill;
mod graphql;
pub mod name;
mod register;
pub mod store;

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::Enum;
use chrono::{DateTime, Utc};

pub use change::{
    Amend, GroupChange, GroupChangeDraft, GroupChangeKind, GroupCorrection, GroupLine, KnownLine, group_change,
};
pub use graphql::{
    Department, Group, GroupChangeConnection, GroupChangeEdge, GroupChangeMutation, GroupConnection,
    GroupCorrectPayload, GroupEdge, GroupMutation, GroupQuery, GroupRegisterPayload, GroupRestorePayload,
    GroupStrikeOffPayload, Merchant, PartnerUnit, PartyById, PartyConnection, PartyEdge, PartyMutation, PartyNode,
    PartyPaths, PartyQuery, Resident, SocialOrganization, is_known_to, knows,
};
pub use register::{
    GROUPS_MAX, GroupDraft, GroupField, GroupFilter, GroupLineState, GroupRegistration, GroupStanding,
    REGISTER_NUMBER_MAX, Registered, group_register,
};

use crate::{
    area,
    db::Tx,
    error::{Language, Refusal, Result, check_size, check_text},
    id::{AreaId, NodeKind, PartyId},
    viewer::{Act, By, Held, On, Viewer},
};

/// What kind of giver or receiver a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartyKind {
    /// 共建单位: an enterprise or agency with a co-building agreement.
    PartnerUnit,
    /// 爱心商家: a shop that gives by rule.
    Merchant,
    /// "三自"组织: a self-organized residents' group.
    Group,
    /// 机关部门: a department of the administration.
    Department,
    /// 社会组织: a registered social organisation, such as a charity association.
    SocialOrganization,
    /// 居民: a private person.
    Resident,
}

impl PartyKind {
    /// The type of the object in the graph.
    pub fn node(self) -> NodeKind {
        match self {
            Self::PartnerUnit => NodeKind::PartnerUnit,
            Self::Merchant => NodeKind::Merchant,
            Self::Group => NodeKind::Group,
            Self::Department => NodeKind::Department,
            Self::SocialOrganization => NodeKind::SocialOrganization,
            Self::Resident => NodeKind::Resident,
        }
    }
}

/// What the public reads in place of a giver's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Publicity {
    /// The name itself; of a resident, only that it is one.
    Name,
    /// The alias.
    Alias,
    /// Nothing.
    Anon,
}

/// Whether a giver is told one by one to everybody: by its name, or the alias it chose. Residents never are.
pub fn is_told(kind: PartyKind, publicity: Publicity) -> bool {
    kind != PartyKind::Resident && publicity != Publicity::Anon
}

/// Anyone who can give or receive.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Party {
    /// The key.
    pub id: PartyId,
    /// What kind of giver or receiver it is.
    pub kind: PartyKind,
    /// The real name.
    pub name: String,
    /// The name as it is compared, see [`name::name_key`].
    pub name_key: String,
    /// The name it wishes to be published under.
    pub alias: Option<String>,
    /// What the public reads in place of the name.
    pub publicity: Publicity,
    /// The unified social credit code, 18 symbols; `None` for residents and unregistered groups.
    pub credit_code: Option<String>,
    /// Why a code that fails its check was accepted.
    pub credit_code_override: Option<String>,
    /// Its number in the system it was imported from.
    pub external_id: Option<String>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

impl Party {
    /// Whether everybody may read its name.
    pub fn is_public(&self) -> bool {
        self.kind != PartyKind::Resident && self.publicity == Publicity::Name
    }

    /// Whether `viewer` may read its name, for a party that is active in the areas of these paths.
    pub fn is_known(&self, viewer: &Viewer, paths: &[String]) -> bool {
        let act = if self.kind == PartyKind::Resident { Act::ReadResident } else { Act::ReadGiving };
        self.is_public()
            || viewer.may(act, On::Party(self.id))
            || paths.iter().any(|path| viewer.may(act, On::Area(path)))
    }

    /// What those read who may not read its name.
    pub fn masked_name(&self, language: Language) -> String {
        let masked = match (&self.alias, self.publicity, self.kind, language) {
            (Some(alias), Publicity::Alias, ..) => alias,
            (_, _, PartyKind::Resident, Language::Zh) => "居民",
            (_, _, PartyKind::Resident, Language::En) => "Resident",
            (.., Language::Zh) => "爱心人士",
            (.., Language::En) => "Anonymous giver",
        };
        masked.to_owned()
    }
}

/// Which parties a list holds.
#[derive(Clone, Debug, Default)]
pub struct PartyFilter {
    /// Only of this kind.
    pub kind: Option<PartyKind>,
    /// Only those active in this area or below it.
    pub area: Option<AreaId>,
    /// Only those whose [`name::name_key`] contains this.
    pub search: Option<String>,
    /// Only the one with this credit code.
    pub credit_code: Option<String>,
}

/// Whose names a viewer may read, besides the public ones. A list by name holds these only: a masked
/// name must not be told by its place in the alphabet, by its cursor or by a search that finds it.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Everybody's.
    pub all: bool,
    /// Those of these parties; never empty.
    pub parties: Vec<PartyId>,
    /// Those of organisations active below these paths; never empty.
    pub paths: Vec<String>,
    /// Those of residents active below these paths; never empty.
    pub paths_residents: Vec<String>,
}

impl Sight {
    /// What `viewer` may read.
    pub fn of(viewer: &Viewer) -> Self {
        let giving = viewer.reach(Act::ReadGiving);
        let residents = viewer.reach(Act::ReadResident).unwrap_or_default();
        let paths = |helds: &[&Held]| -> Vec<String> {
            let paths = helds.iter().filter_map(|held| match held {
                Held::Area(path) => Some(path.clone()),
                Held::Fund(_) | Held::Party(_) => None,
            });
            // A list in a statement is never empty; no area has this path, and no party the key below.
            paths.chain([String::new()]).collect()
        };
        let parties = residents.iter().filter_map(|held| match held {
            Held::Party(party) => Some(*party),
            Held::Area(_) | Held::Fund(_) => None,
        });
        Self {
            all: giving.is_none(),
            parties: parties.chain([PartyId(0)]).collect(),
            paths: paths(&giving.unwrap_or_default()),
            paths_residents: paths(&residents),
        }
    }
}

/// What a party is registered from.
#[derive(Clone, Debug)]
pub struct Registration {
    /// What kind of giver or receiver it is.
    pub kind: PartyKind,
    /// The real name.
    pub name: String,
    /// The name it wishes to be published under.
    pub alias: Option<String>,
    /// What the public reads; `None` for a resident's or an organisation's usual choice.
    pub publicity: Option<Publicity>,
    /// The unified social credit code.
    pub credit_code: Option<String>,
    /// Why the code is right although it fails its check.
    pub credit_code_override: Option<String>,
    /// Its number in the system it is imported from.
    pub external_id: Option<String>,
    /// Where it is active: one area at least.
    pub areas: Vec<AreaId>,
}

/// The most characters of a name or an alias.
pub const NAME_MAX: usize = 200;
/// The most characters of the reason for a failing code.
pub const OVERRIDE_MAX: usize = 500;
/// The most characters of an external number.
pub const EXTERNAL_ID_MAX: usize = 100;
/// The most areas a party is registered in at once.
pub const AREAS_MAX: usize = 100;

/// What the decision about registrations needs to know.
struct Known {
    codes: HashSet<String>,
    paths: HashMap<AreaId, String>,
}

/// Registers parties, each with its own outcome; what is refused does not hold up the others.
///
/// # Errors
/// Faults. The outcome of each is refused for a text that is empty or too long, no area or too many, a
/// credit code that fails without a reason or is taken, and an area that does not exist; and denied
/// unless the viewer registers parties in each of its areas.
pub async fn register(tx: &mut Tx, by: By<'_>, drafts: &[Registration]) -> Result<Vec<Result<Party>>> {
    let mut known = load(tx, drafts).await?;
    let decided: Vec<_> = drafts.iter().map(|draft| decide(by, &mut known, draft)).collect();
    let accepted: Vec<Party> = decided.iter().flatten().map(|(party, _)| party.clone()).collect();
    let mut ids = store::insert(tx, &accepted).await?.into_iter();
    let mut active = vec![];
    let outcomes = decided.into_iter().map(|decision| {
        let (party, areas) = decision?;
        let id = ids.next().expect("every party that was added has its key");
        active.extend(areas.into_iter().map(|area| (area, id)));
        Ok(Party { id, ..party })
    });
    let outcomes = outcomes.collect();
    store::insert_areas(tx, &active, by.today).await?;
    Ok(outcomes)
}

/// What [`register`] would answer to each draft; nothing is written.
///
/// # Errors
/// As [`register`].
pub async fn register_check(tx: &mut Tx, by: By<'_>, drafts: &[Registration]) -> Result<Vec<Result<()>>> {
    let mut known = load(tx, drafts).await?;
    Ok(drafts.iter().map(|draft| decide(by, &mut known, draft).map(drop)).collect())
}

async fn load(tx: &mut Tx, drafts: &[Registration]) -> Result<Known> {
    let codes = drafts.iter().filter_map(|draft| draft.credit_code.as_deref().map(credit_code::normalize));
    let codes: BTreeSet<String> = codes.collect();
    let areas: BTreeSet<AreaId> = drafts.iter().flat_map(|draft| draft.areas.iter().copied()).collect();
    let mut known = Known { codes: HashSet::new(), paths: HashMap::new() };
    if !codes.is_empty() {
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let taken = store::codes_taken(&mut *tx, &codes).await?;
        known.codes.extend(taken.into_iter().map(|(code,)| code));
    }
    if !areas.is_empty() {
        let areas: Vec<AreaId> = areas.into_iter().collect();
        let found = area::store::by_ids(&mut *tx, &areas).await?;
        known.paths.extend(found.into_iter().map(|area| (area.id, area.path)));
    }
    Ok(known)
}

fn decide(by: By<'_>, known: &mut Known, draft: &Registration) -> Result<(Party, BTreeSet<AreaId>)> {
    let areas: BTreeSet<AreaId> = draft.areas.iter().copied().collect();
    for path in areas.iter().filter_map(|area| known.paths.get(area)) {
        by.viewer.must(Act::RegisterParty, &[On::Area(path)])?;
    }
    let text = |text: &Option<String>, max, field| text.as_deref().map(|t| check_text(t, max, field)).transpose();
    let name = check_text(&draft.name, NAME_MAX, "name")?;
    let alias = text(&draft.alias, NAME_MAX, "aliasName")?;
    let credit_code_override = text(&draft.credit_code_override, OVERRIDE_MAX, "creditCodeOverride")?;
    let external_id = text(&draft.external_id, EXTERNAL_ID_MAX, "externalId")?;
    let usual = if draft.kind == PartyKind::Resident { Publicity::Anon } else { Publicity::Name };
    let publicity = draft.publicity.unwrap_or(usual);
    if publicity == Publicity::Alias && alias.is_none() {
        return Err(Refusal::TextEmpty {}.at("aliasName"));
    }
    check_size(areas.len(), 1, AREAS_MAX, "areaIds")?;
    let code = draft.credit_code.as_deref().map(credit_code::normalize);
    let credit_code = code.map(|code| check_text(&code, credit_code::LENGTH, "creditCode")).transpose()?;
    let failure = credit_code.as_deref().and_then(|code| failure_of(draft.kind, code));
    if let (Some(code), Some(reason), None) = (&credit_code, &failure, &credit_code_override) {
        return Err(Refusal::CreditCodeInvalid { code: code.clone(), reason: reason.clone() }.at("creditCode"));
    }
    if let Some(code) = credit_code.as_ref().filter(|code| known.codes.contains(*code)) {
        return Err(Refusal::CreditCodeTaken { code: code.clone() }.at("creditCode"));
    }
    if areas.iter().any(|area| !known.paths.contains_key(area)) {
        return Err(Refusal::NotFound { what: "area".into() }.at("areaIds"));
    }
    known.codes.extend(credit_code.clone());
    let party = Party {
        id: PartyId(0),
        kind: draft.kind,
        name_key: name::name_key(&name),
        name,
        alias,
        publicity,
        credit_code,
        // A reason given in advance for a code that passes explains nothing.
        credit_code_override: credit_code_override.filter(|_| failure.is_some()),
        external_id,
        created_at: by.now,
    };
    Ok((party, areas))
}

/// Why this code cannot be that of a party of this kind.
fn failure_of(kind: PartyKind, code: &str) -> Option<String> {
    if kind == PartyKind::Resident {
        return Some("a private person has none".into());
    }
    credit_code::check(code).err()
}

/// Makes a party active in another community; one that is already stays as it is.
///
/// # Errors
/// Refused for a party or an area that does not exist. Denied unless the viewer registers parties in
/// that area, and may read the party's name: being active where one works tells that name.
pub async fn join_area(tx: &mut Tx, by: By<'_>, party: PartyId, area: AreaId) -> Result<Party> {
    join_area_all(tx, by, &[party], area).await?.remove(0)
}

/// Makes parties active in a community as [`join_area`] does, each with its own outcome.
///
/// # Errors
/// Of the whole: an area that does not exist, and a viewer who does not register parties in it.
pub async fn join_area_all(tx: &mut Tx, by: By<'_>, parties: &[PartyId], area: AreaId) -> Result<Vec<Result<Party>>> {
    let outcomes = join_area_check(tx, by, parties, area).await?;
    let joined: BTreeSet<PartyId> = outcomes.iter().flatten().map(|party| party.id).collect();
    let joined: Vec<_> = joined.into_iter().map(|party| (area, party)).collect();
    store::insert_areas(tx, &joined, by.today).await?;
    Ok(outcomes)
}

/// What [`join_area_all`] would answer; nothing is written.
///
/// # Errors
/// As [`join_area_all`].
pub async fn join_area_check(tx: &mut Tx, by: By<'_>, parties: &[PartyId], area: AreaId) -> Result<Vec<Result<Party>>> {
    let found = area::store::by_ids(&mut *tx, &[area]).await?.pop();
    let area = found.ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("areaId"))?;
    by.viewer.must(Act::RegisterParty, &[On::Area(&area.path)])?;
    if parties.is_empty() {
        return Ok(vec![]);
    }
    let found = store::by_ids(&mut *tx, parties).await?;
    let known: HashMap<PartyId, Party> = found.into_iter().map(|party| (party.id, party)).collect();
    let mut paths: HashMap<PartyId, Vec<String>> = HashMap::new();
    for (party, path) in store::paths_of_parties(&mut *tx, parties).await? {
        paths.entry(party).or_default().push(path);
    }
    let decide = |id: &PartyId| {
        let party = known.get(id).ok_or_else(|| Refusal::NotFound { what: "party".into() }.at("partyId"))?;
        if !party.is_known(by.viewer, paths.get(id).map_or(&[], Vec::as_slice)) {
            return Err(by.viewer.denied(Act::ReadResident));
        }
        Ok(party.clone())
    };
    Ok(parties.iter().map(decide).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::Role;

    #[test]
    fn what_is_read_of_a_name_is_the_partys_choice() {
        use PartyKind::{Merchant, Resident};
        use Publicity::{Alias, Anon, Name};
        // Kind, publicity, alias; what the public reads; in Chinese.
        let rows = [
            (Merchant, Name, None, "real", "real"),
            (Merchant, Alias, Some("alias"), "alias", "alias"),
            (Merchant, Anon, Some("alias"), "Anonymous giver", "爱心人士"),
            (Resident, Name, Some("alias"), "Resident", "居民"),
            (Resident, Alias, Some("alias"), "alias", "alias"),
            (Resident, Anon, None, "Resident", "居民"),
        ];
        for (kind, publicity, alias, english, chinese) in rows {
            let party = Party {
                id: PartyId(1),
                kind,
                name: "real".into(),
                name_key: "real".into(),
                alias: alias.map(str::to_owned),
                publicity,
                credit_code: None,
                credit_code_override: None,
                external_id: None,
                created_at: DateTime::UNIX_EPOCH,
            };
            let read = |viewer: &Viewer, language| {
                let known = party.is_known(viewer, &["/1/2/".to_owned()]);
                if known { party.name.clone() } else { party.masked_name(language) }
            };
            assert_eq!(read(&Viewer::public(), Language::En), english);
            assert_eq!(read(&Viewer::public(), Language::Zh), chinese);
            let mut auditor = Viewer::public();
            auditor.grants = vec![(Role::Auditor, Held::Area("/1/".into()))];
            assert_eq!(read(&auditor, Language::En), "real");
        }
    }
}
