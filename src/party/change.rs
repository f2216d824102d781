//! What is changed of the register of groups: a line is corrected, struck off when the group has dissolved, or restored.
//!
//! * Each change keeps the line as it was and as it is from then on, who changed it, when, and why.
//! * A line that is struck off is not corrected before it is restored, and its group applies for no grant.
//! * A list is changed as a whole, or nothing of it.

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use chrono::{DateTime, NaiveDate, Utc};

use super::{GROUPS_MAX, GroupField, GroupRegistration, GroupStanding, NAME_MAX, Party, REGISTER_NUMBER_MAX, store};
use crate::{
    area,
    clock::Date,
    db::Tx,
    error::{Refusal, Result, check_past, check_size, check_text, ensure_rows},
    id::{AreaId, GroupChangeId, PartyId},
    viewer::{Act, By, On, Viewer},
};

/// What was done to a line of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GroupChangeKind {
    /// Something in it was wrong, or has changed.
    Corrected,
    /// The group has dissolved, or is not known to the authorities any more.
    StruckOff,
    /// It was struck off by mistake, or the group is back.
    Restored,
}

/// What the register says of a group, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLine {
    /// The group's name.
    pub name: String,
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
}

/// A change of a line of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// The key; not read where it is made.
    pub id: GroupChangeId,
    /// The group.
    pub party_id: PartyId,
    /// What was done.
    pub kind: GroupChangeKind,
    /// The day it holds from.
    pub changed_on: Date,
    /// Why.
    pub reason: String,
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// The line as it was.
    pub before: GroupLine,
    /// The line as it is from then on.
    pub after: GroupLine,
    /// The name of the principal who entered it; not read where it is made.
    pub entered_by: String,
}

/// What a line becomes; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCorrection {
    /// The group's name.
    pub name: Option<String>,
    /// The community it belongs to.
    pub area: Option<AreaId>,
    /// What it does.
    pub field: Option<GroupField>,
    /// How it is known to the authorities.
    pub standing: Option<GroupStanding>,
    /// The number it is known under.
    pub number: Option<String>,
    /// The day it was registered or filed.
    pub registered_on: Option<NaiveDate>,
}

/// What is done to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amend {
    /// It is corrected.
    Correct(GroupCorrection),
    /// It is struck off.
    StrikeOff,
    /// It is restored.
    Restore,
}

/// What is done to the line of a group, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChangeDraft {
    /// The group.
    pub group: PartyId,
    /// What is done.
    pub amend: Amend,
    /// The day it holds from.
    pub changed_on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// The most characters of a reason.
pub const REASON_MAX: usize = 500;

/// What is known of a line when something is to be done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLine {
    /// The line.
    pub row: GroupRegistration,
    /// The group.
    pub party: Party,
    /// The path of its community.
    pub path: String,
    /// The day of its last change.
    pub last_on: Option<NaiveDate>,
}

impl KnownLine {
    /// The line with the name of its group.
    fn line(&self) -> GroupLine {
        let row = self.row.clone();
        GroupLine {
            name: self.party.name.clone(),
            area_id: row.area_id,
            field: row.field,
            standing: row.standing,
            number: row.number,
            registered_on: row.registered_on,
        }
    }
}

impl GroupRegistration {
    /// Whether `viewer` may do `amend` to this line, of a community at `path`.
    ///
    /// # Errors
    /// Denied without the right; refused for a line that is struck off, and for the restoration of one that is not.
    pub fn may_amend(&self, viewer: &Viewer, path: &str, amend: &Amend) -> Result<()> {
        viewer.must(Act::RegisterParty, &[On::Area(path)])?;
        match (amend, self.struck_off_on) {
            (Amend::Restore, None) => Err(Refusal::NothingChanges {}.at("groupId")),
            (Amend::Correct(_) | Amend::StrikeOff, Some(on)) => {
                Err(Refusal::GroupStruckOff { number: self.number.clone(), on: on.0 }.at("groupId"))
            }
            _ => Ok(()),
        }
    }
}

/// Changes lines of the register, all or none; nothing of the past is lost.
///
/// # Errors
/// Refused, at the line it is about: texts and days out of bounds, a group named twice or not in the register, what
/// [`GroupRegistration::may_amend`] refuses, a day before its last change or entry, an area that does not exist, a
/// number that is taken, and a correction that changes nothing. Denied unless the viewer registers parties where the
/// group belongs, and where it is to belong.
pub async fn group_change(tx: &mut Tx, by: By<'_>, drafts: &[GroupChangeDraft]) -> Result<Vec<Party>> {
    check_size(drafts.len(), 1, GROUPS_MAX, "groups")?;
    let actor = by.viewer.actor()?;
    let mut known = load(tx, drafts).await?;
    let mut changes = vec![];
    for (i, draft) in drafts.iter().enumerate() {
        changes.push(decide(by, &mut known, draft).map_err(|error| error.below(&format!("groups.{i}")))?);
    }
    store::insert_group_changes(tx, &changes, actor).await?;
    ensure_rows(store::set_registrations(tx, &changes).await?, changes.len(), "group_registration")?;
    ensure_rows(store::set_names(tx, &changes).await?, changes.len(), "party")?;
    let active: Vec<_> = changes.iter().map(|change| (change.after.area_id, change.party_id)).collect();
    store::insert_areas(tx, &active, by.today).await?;
    let ids: Vec<PartyId> = drafts.iter().map(|draft| draft.group).collect();
    let mut found: HashMap<PartyId, Party> =
        store::by_ids(&mut *tx, &ids).await?.into_iter().map(|party| (party.id, party)).collect();
    Ok(ids.iter().map(|id| found.remove(id).expect("each group is named once, and was found")).collect())
}

/// What the decision about a list of changes needs to know.
struct Known {
    lines: HashMap<PartyId, KnownLine>,
    paths: HashMap<AreaId, String>,
    numbers: HashSet<String>,
}

async fn load(tx: &mut Tx, drafts: &[GroupChangeDraft]) -> Result<Known> {
    let groups: Vec<PartyId> = drafts.iter().map(|draft| draft.group).collect();
    store::lock_registrations(tx, &groups).await?;
    let rows = store::registrations_of(&mut *tx, &groups).await?;
    let lasts: HashMap<_, _> = store::last_changes_of(&mut *tx, &groups).await?.into_iter().collect();
    let parties = store::by_ids(&mut *tx, &groups).await?;
    let mut parties: HashMap<_, _> = parties.into_iter().map(|party| (party.id, party)).collect();
    let corrections = drafts.iter().filter_map(|draft| match &draft.amend {
        Amend::Correct(correction) => Some(correction),
        Amend::StrikeOff | Amend::Restore => None,
    });
    let mut areas: Vec<AreaId> = rows.iter().map(|row| row.area_id).collect();
    areas.extend(corrections.clone().filter_map(|correction| correction.area));
    // A list in a statement is never empty; no area has this key.
    areas.push(AreaId(0));
    let paths: HashMap<_, _> =
        area::store::by_ids(&mut *tx, &areas).await?.into_iter().map(|area| (area.id, area.path)).collect();
    let numbers: Vec<&str> = corrections.filter_map(|one| one.number.as_deref()).map(str::trim).chain([""]).collect();
    let numbers = store::numbers_taken(&mut *tx, &numbers).await?.into_iter().map(|(number,)| number).collect();
    let line = |row: GroupRegistration| {
        let (party, path) = (parties.remove(&row.party_id)?, paths.get(&row.area_id)?.clone());
        Some((row.party_id, KnownLine { last_on: lasts.get(&row.party_id).copied(), row, party, path }))
    };
    Ok(Known { lines: rows.into_iter().filter_map(line).collect(), paths, numbers })
}

fn decide(by: By<'_>, known: &mut Known, draft: &GroupChangeDraft) -> Result<GroupChange> {
    // Taken out, so that a group that is named twice is not found again.
    let found = known.lines.remove(&draft.group);
    let found = found.ok_or_else(|| Refusal::NotFound { what: "group in the register".into() }.at("groupId"))?;
    found.row.may_amend(by.viewer, &found.path, &draft.amend)?;
    let reason = check_text(&draft.reason, REASON_MAX, "reason")?;
    check_past(draft.changed_on, by.today, "changedOn")?;
    let from = found.last_on.unwrap_or(found.row.registered_on.0);
    if draft.changed_on < from {
        return Err(Refusal::PeriodReversed { from, to: draft.changed_on }.at("changedOn"));
    }
    let before = found.line();
    let (kind, after) = match &draft.amend {
        Amend::Correct(correction) => {
            (GroupChangeKind::Corrected, decide_correction(by, known, &before, correction, draft.changed_on)?)
        }
        Amend::StrikeOff => (GroupChangeKind::StruckOff, before.clone()),
        Amend::Restore => (GroupChangeKind::Restored, before.clone()),
    };
    Ok(GroupChange {
        id: GroupChangeId(0),
        party_id: draft.group,
        kind,
        changed_on: draft.changed_on.into(),
        reason,
        entered_at: by.now,
        before,
        after,
        entered_by: String::new(),
    })
}

fn decide_correction(
    by: By<'_>,
    known: &mut Known,
    before: &GroupLine,
    wanted: &GroupCorrection,
    changed_on: NaiveDate,
) -> Result<GroupLine> {
    let mut after = before.clone();
    if let Some(name) = &wanted.name {
        after.name = check_text(name, NAME_MAX, "name")?;
    }
    if let Some(area) = wanted.area {
        let path = known.paths.get(&area).ok_or_else(|| Refusal::NotFound { what: "area".into() }.at("areaId"))?;
        by.viewer.must(Act::RegisterParty, &[On::Area(path)])?;
        after.area_id = area;
    }
    after.field = wanted.field.unwrap_or(after.field);
    after.standing = wanted.standing.unwrap_or(after.standing);
    if let Some(number) = &wanted.number {
        let number = check_text(number, REGISTER_NUMBER_MAX, "number")?;
        if number != before.number && !known.numbers.insert(number.clone()) {
            return Err(Refusal::NameTaken { name: number }.at("number"));
        }
        after.number = number;
    }
    if let Some(on) = wanted.registered_on {
        if on > changed_on {
            return Err(Refusal::PeriodReversed { from: on, to: changed_on }.at("registeredOn"));
        }
        after.registered_on = on.into();
    }
    if after == *before {
        return Err(Refusal::NothingChanges {}.at("groupId"));
    }
    Ok(after)
}
