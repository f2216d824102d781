//! The register of self-organized groups in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{
    Group, PartyById,
    change::{GroupChangeConnection, changes},
};
use crate::{
    all_of,
    area::{Area, AreaById},
    clock::Date,
    connection,
    error::{Error, Result, UserError},
    id::{AreaId, GlobalId, NodeKind, PartyId},
    page::{Direction, Key, Page, PageArgs},
    party::{
        Amend, GroupCorrection, GroupDraft, GroupField, GroupFilter, GroupLineState, GroupRegistration, GroupStanding,
        Party, Registered, group_register, store,
    },
    viewer::{Action, Request},
};

connection!(GroupConnection, GroupEdge, Group, "registered groups");

all_of!(/// The line of the register about each group.
    RegistrationsOf, PartyId, GroupRegistration, store::registrations_of, |row: &GroupRegistration| row.party_id);

impl From<Party> for Group {
    fn from(party: Party) -> Self {
        Self(party)
    }
}

/// The line of the register about a group; `None` where it has none.
pub(super) async fn registration(ctx: &Context<'_>, group: PartyId) -> Result<Option<GroupRegistration>> {
    Ok(Request::of(ctx).load::<RegistrationsOf>(group).await?.and_then(|mut found| found.pop()))
}

/// The line of a self-organized group in the register.
#[Object]
impl GroupRegistration {
    /// The community it belongs to.
    async fn area(&self, ctx: &Context<'_>) -> Result<Area> {
        Request::of(ctx).need::<AreaById>(self.area_id).await
    }

    /// What it does.
    async fn field(&self) -> GroupField {
        self.field
    }

    /// How it is known to the authorities.
    async fn standing(&self) -> GroupStanding {
        self.standing
    }

    /// The number it is known under.
    async fn number(&self) -> &str {
        &self.number
    }

    /// The day it was registered or filed.
    async fn registered_on(&self) -> Date {
        self.registered_on
    }

    /// The day from which it is struck off; null while it stands.
    async fn struck_off_on(&self) -> Option<Date> {
        self.struck_off_on
    }

    /// What was changed of it, the last first.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<GroupChangeConnection> {
        changes(ctx, self.party_id, &PageArgs { first, after, last, before }).await
    }

    /// What can be done to it next, and whether the viewer may.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<Action>> {
        let request = Request::of(ctx);
        let area = request.need::<AreaById>(self.area_id).await?;
        let action = |name: &str, amend: Amend| {
            Action::new(request, name, None, self.may_amend(&request.viewer, &area.path, &amend))
        };
        Ok(vec![
            action("groupCorrect", Amend::Correct(GroupCorrection::default()))?,
            action("groupStrikeOff", Amend::StrikeOff)?,
            action("groupRestore", Amend::Restore)?,
        ])
    }
}

/// Queries about self-organized groups.
#[derive(Default)]
pub struct GroupQuery;

#[Object]
impl GroupQuery {
    /// The register of self-organized groups ("三自"组织), in the order they were registered here.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only groups that belong to this area or one below it.")] area: Option<GlobalId>,
        #[graphql(desc = "Only groups that do this.")] field: Option<GroupField>,
        #[graphql(desc = "Only groups that are known like this to the authorities.")] standing: Option<GroupStanding>,
        #[graphql(desc = "Only groups whose lines are like this.", default)] state: GroupLineState,
    ) -> Result<GroupConnection> {
        let area = area.map(|id| id.key_of(NodeKind::Area)).transpose()?.map(AreaId);
        let filter = GroupFilter { area, field, standing, state };
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let request = Request::of(ctx);
        let rows = store::groups(&mut *request.session().await?, filter, &page).await?;
        let total = match ctx.look_ahead().field("totalCount").exists() {
            true => Some(store::groups_count(&mut *request.session().await?, filter).await?),
            false => None,
        };
        Ok(GroupConnection::new(page.finish(rows, |party: &Party| vec![party.id.into()]), total))
    }
}

/// One group of a list that is registered.
#[derive(InputObject)]
pub struct GroupRegisterLineInput {
    /// The group, where it is a party already; else give its name.
    pub group_id: Option<GlobalId>,
    /// The name of a new group, at most 200 characters.
    pub name: Option<String>,
    /// The community it belongs to.
    pub area_id: GlobalId,
    /// What it does.
    pub field: GroupField,
    /// How it is known to the authorities.
    pub standing: GroupStanding,
    /// The number it is known under, at most 60 characters; no other group has it.
    pub number: String,
    /// The day it was registered or filed, not to come.
    pub registered_on: Date,
}

impl GroupRegisterLineInput {
    fn read(self) -> Result<GroupDraft> {
        let group = match (self.group_id, self.name) {
            (Some(id), None) => Registered::Known(PartyId(id.key_of(NodeKind::Group)?)),
            (None, Some(name)) => Registered::New(name),
            _ => return Err(Error::BadInput("Give either `groupId` or `name` of each group.".into())),
        };
        Ok(GroupDraft {
            group,
            area: AreaId(self.area_id.key_of(NodeKind::Area)?),
            field: self.field,
            standing: self.standing,
            number: self.number,
            registered_on: self.registered_on.into(),
        })
    }
}

/// The groups that are registered.
#[derive(InputObject)]
pub struct GroupRegisterInput {
    /// 1 to 100 groups, all of which are registered or none.
    pub groups: Vec<GroupRegisterLineInput>,
}

/// What came of registering groups.
#[derive(SimpleObject)]
pub struct GroupRegisterPayload {
    /// The groups in the order they were given; null when they were refused.
    pub groups: Option<Vec<Group>>,
    /// Why they were refused; empty when they were not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of the register of groups.
#[derive(Default)]
pub struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Enters self-organized groups into the register; those that are no parties yet become parties. For staff of every
    /// community they belong to.
    async fn group_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which groups.")] input: GroupRegisterInput,
    ) -> Result<GroupRegisterPayload> {
        let request = Request::of(ctx);
        let drafts: Vec<GroupDraft> = input.groups.into_iter().map(|line| line.read()).collect::<Result<_>>()?;
        let (done, user_errors) = request.write(async |tx, by| group_register(tx, by, &drafts).await).await?;
        if let Some(parties) = &done {
            parties.iter().for_each(|party| request.prime::<PartyById>(party.id, party.clone()));
        }
        Ok(GroupRegisterPayload { groups: done.map(|all| all.into_iter().map(Group).collect()), user_errors })
    }
}
