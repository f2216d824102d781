//! What is changed of the register of groups, in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};

use super::{Group, PartyById, is_known_to, name};
use crate::{
    area::{Area, AreaById},
    clock::Date,
    connection,
    error::{Result, UserError},
    id::{AreaId, GlobalId, NodeKind, PartyId},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{
        Amend, GroupChange, GroupChangeDraft, GroupChangeKind, GroupCorrection, GroupField, GroupLine, GroupStanding,
        Party, group_change, store,
    },
    viewer::{Act, On, Request},
};

connection!(GroupChangeConnection, GroupChangeEdge, GroupChangeNode, "changes of a line of the register");

page_of!(/// A page of the changes of each group's line.
    ChangesOfGroup, PartyId, GroupChange, store::changes_of_groups, |change: &GroupChange| change.party_id);

impl From<GroupChange> for GroupChangeNode {
    fn from(change: GroupChange) -> Self {
        Self(change)
    }
}

/// A page of what was changed of a group's line, the last first.
pub(super) async fn changes(ctx: &Context<'_>, group: PartyId, args: &PageArgs) -> Result<GroupChangeConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Date(NaiveDate::MIN), Key::Int(0)])?;
    let rows = Request::of(ctx).load::<ChangesOfGroup>((group, page.clone())).await?.unwrap_or_default();
    let key = |change: &GroupChange| vec![Key::Date(change.changed_on.0), change.id.into()];
    Ok(GroupChangeConnection::new(page.finish(rows, key), None))
}

/// A change of a group's line in the register.
pub struct GroupChangeNode(GroupChange);

/// A change of a group's line in the register: what it was, and what it is from then on.
#[Object(name = "GroupChange")]
impl GroupChangeNode {
    /// What was done.
    async fn kind(&self) -> GroupChangeKind {
        self.0.kind
    }

    /// The day it holds from.
    async fn changed_on(&self) -> Date {
        self.0.changed_on
    }

    /// When it was entered.
    async fn entered_at(&self) -> DateTime<Utc> {
        self.0.entered_at
    }

    /// The name of the principal who entered it; null for those who may not read the journal where the group belongs.
    async fn entered_by(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.is_overseen(ctx).await?.then_some(self.0.entered_by.as_str()))
    }

    /// Why; null for those who may not read the journal where the group belongs.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.is_overseen(ctx).await?.then_some(self.0.reason.as_str()))
    }

    /// The line as it was.
    async fn before(&self) -> GroupLineNode {
        GroupLineNode { group: self.0.party_id, line: self.0.before.clone() }
    }

    /// The line as it is from then on; as it was, where it was struck off or restored.
    async fn after(&self) -> GroupLineNode {
        GroupLineNode { group: self.0.party_id, line: self.0.after.clone() }
    }
}

impl GroupChangeNode {
    async fn is_overseen(&self, ctx: &Context<'_>) -> Result<bool> {
        let request = Request::of(ctx);
        let area = request.need::<AreaById>(self.0.after.area_id).await?;
        Ok(request.viewer.may(Act::ReadJournal, On::Area(&area.path)))
    }
}

/// What the register says of a group at some time.
pub struct GroupLineNode {
    group: PartyId,
    line: GroupLine,
}

/// What the register says of a group at some time.
#[Object(name = "GroupLine")]
impl GroupLineNode {
    /// The group's name then; of one that does not wish to be named, what is read in place of it now.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        let request = Request::of(ctx);
        let party: Party = request.need::<PartyById>(self.group).await?;
        if is_known_to(request, &party).await? {
            return Ok(self.line.name.clone());
        }
        name(ctx, &party).await
    }

    /// The community it belonged to.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.line.area_id).await
    }

    /// What it did.
    async fn field(&self) -> GroupField {
        self.line.field
    }

    /// How it was known to the authorities.
    async fn standing(&self) -> GroupStanding {
        self.line.standing
    }

    /// The number it was known under.
    async fn number(&self) -> &str {
        &self.line.number
    }

    /// The day it was registered or filed.
    async fn registered_on(&self) -> Date {
        self.line.registered_on
    }
}

/// What the line of a group becomes; what is left out stays.
#[derive(InputObject)]
pub struct GroupCorrectLineInput {
    /// The group, which is in the register.
    pub group_id: GlobalId,
    /// Its name, at most 200 characters.
    pub name: Option<String>,
    /// The community it belongs to.
    pub area_id: Option<GlobalId>,
    /// What it does.
    pub field: Option<GroupField>,
    /// How it is known to the authorities.
    pub standing: Option<GroupStanding>,
    /// The number it is known under, at most 60 characters; no other group has it or had it.
    pub number: Option<String>,
    /// The day it was registered or filed, not after the day of the change.
    pub registered_on: Option<Date>,
    /// The day the change holds from: not to come, and not before the last change or its entry.
    pub changed_on: Date,
    /// Why, at most 500 characters.
    pub reason: String,
}

impl GroupCorrectLineInput {
    fn read(self) -> Result<GroupChangeDraft> {
        let correction = GroupCorrection {
            name: self.name,
            area: self.area_id.map(|id| id.key_of(NodeKind::Area)).transpose()?.map(AreaId),
            field: self.field,
            standing: self.standing,
            number: self.number,
            registered_on: self.registered_on.map(Into::into),
        };
        draft(self.group_id, Amend::Correct(correction), self.changed_on, self.reason)
    }
}

fn draft(group: GlobalId, amend: Amend, changed_on: Date, reason: String) -> Result<GroupChangeDraft> {
    Ok(GroupChangeDraft {
        group: PartyId(group.key_of(NodeKind::Group)?),
        amend,
        changed_on: changed_on.into(),
        reason,
    })
}

/// The lines of the register that are corrected.
#[derive(InputObject)]
pub struct GroupCorrectInput {
    /// 1 to 100 groups, all of whose lines are corrected or none.
    pub groups: Vec<GroupCorrectLineInput>,
}

/// A group that is struck off or restored, and why.
#[derive(InputObject)]
pub struct GroupStrikeLineInput {
    /// The group, which is in the register.
    pub group_id: GlobalId,
    /// The day it holds from: not to come, and not before the last change or its entry.
    pub changed_on: Date,
    /// Why, at most 500 characters.
    pub reason: String,
}

/// The groups that are struck off the register.
#[derive(InputObject)]
pub struct GroupStrikeOffInput {
    /// 1 to 100 groups, all of which are struck off or none.
    pub groups: Vec<GroupStrikeLineInput>,
}

/// The groups that are restored to the register.
#[derive(InputObject)]
pub struct GroupRestoreInput {
    /// 1 to 100 groups, all of which are restored or none.
    pub groups: Vec<GroupStrikeLineInput>,
}

macro_rules! payloads_of_groups {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The groups in the order they were given; null when they were refused.
            pub groups: Option<Vec<Group>>,
            /// Why they were refused; empty when they were not.
            pub user_errors: Vec<UserError>,
        }
    )*};
}

payloads_of_groups! {
    /// What came of correcting lines of the register.
    GroupCorrectPayload
    /// What came of striking groups off the register.
    GroupStrikeOffPayload
    /// What came of restoring groups to the register.
    GroupRestorePayload
}

async fn change(ctx: &Context<'_>, drafts: Vec<GroupChangeDraft>) -> Result<(Option<Vec<Group>>, Vec<UserError>)> {
    let request = Request::of(ctx);
    let (done, user_errors) = request.write(async |tx, by| group_change(tx, by, &drafts).await).await?;
    if let Some(parties) = &done {
        parties.iter().for_each(|party| request.prime::<PartyById>(party.id, party.clone()));
    }
    Ok((done.map(|all| all.into_iter().map(Group).collect()), user_errors))
}

/// Mutations that change the register of groups.
#[derive(Default)]
pub struct GroupChangeMutation;

#[Object]
impl GroupChangeMutation {
    /// Corrects lines of the register of groups; what they were is kept. For staff of the community that each group
    /// belongs to, and of the one it is to belong to.
    async fn group_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which lines, and what they become.")] input: GroupCorrectInput,
    ) -> Result<GroupCorrectPayload> {
        let drafts = input.groups.into_iter().map(GroupCorrectLineInput::read).collect::<Result<_>>()?;
        let (groups, user_errors) = change(ctx, drafts).await?;
        Ok(GroupCorrectPayload { groups, user_errors })
    }

    /// Strikes groups off the register that have dissolved: they apply for no micro-grant any more. For staff of the
    /// community that each belongs to.
    async fn group_strike_off(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which groups, and why.")] input: GroupStrikeOffInput,
    ) -> Result<GroupStrikeOffPayload> {
        let one = |line: GroupStrikeLineInput| draft(line.group_id, Amend::StrikeOff, line.changed_on, line.reason);
        let (groups, user_errors) = change(ctx, input.groups.into_iter().map(one).collect::<Result<_>>()?).await?;
        Ok(GroupStrikeOffPayload { groups, user_errors })
    }

    /// Restores groups to the register that were struck off. For staff of the community that each belongs to.
    async fn group_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which groups, and why.")] input: GroupRestoreInput,
    ) -> Result<GroupRestorePayload> {
        let one = |line: GroupStrikeLineInput| draft(line.group_id, Amend::Restore, line.changed_on, line.reason);
        let (groups, user_errors) = change(ctx, input.groups.into_iter().map(one).collect::<Result<_>>()?).await?;
        Ok(GroupRestorePayload { groups, user_errors })
    }
}
