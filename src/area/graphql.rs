//! Areas in the graph.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::{Area, AreaLevel, create, store};
use crate::{
    by_id,
    clock::Date,
    committee::{Committee, leading_group_of_area},
    connection,
    duty::{DisclosureDutyConnection, Status, duties_of_area},
    error::{Result, UserError},
    id::{AreaId, GlobalId, NodeKind},
    oversight::{Oversight, oversight},
    page::{Direction, Key, Page, PageArgs, PeriodInput, Slice},
    page_of,
    viewer::Request,
};

connection!(AreaConnection, AreaEdge, Area, "areas");

by_id!(/// Areas by key.
    AreaById, AreaId, Area, store::by_ids);
page_of!(/// A page of each area's children.
    ChildrenOf, AreaId, Area, store::of_parents, |area: &Area| area.parent_id.expect("it was found below a parent"));

#[ComplexObject]
impl Area {
    /// The area's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Area, self.id).into()
    }

    /// The area above; null for a district.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Area>> {
        Request::of(ctx).load::<AreaById>(self.parent_id?).await.transpose()
    }

    /// Who oversees the funds here and below; null where no leading group was formed.
    async fn leading_group(&self, ctx: &Context<'_>) -> Option<Result<Committee>> {
        leading_group_of_area(ctx, self.id).await.transpose()
    }

    /// What the funds here and below did in a period, and how they are kept today: what is reported upward.
    async fn oversight(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period, both days included.")] period: PeriodInput,
    ) -> Result<Oversight> {
        oversight(Request::of(ctx), self.id, period).await
    }

    /// What the funds of the area and below it, their projects and their campaigns must publish; ask for OVERDUE to
    /// see what is late.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a field")]
    async fn disclosure_duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "The day that is asked about, at most ten years ahead; today where it is left out.")]
        on: Option<Date>,
        #[graphql(desc = "Only duties of this urgency.")] status: Option<Status>,
    ) -> Result<DisclosureDutyConnection> {
        let args = PageArgs { first, after, last, before };
        duties_of_area(Request::of(ctx), &self.path, on, status, &args).await
    }

    /// What lies directly below.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<AreaConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let rows = Request::of(ctx).load::<ChildrenOf>((self.id, page.clone())).await?.unwrap_or_default();
        Ok(AreaConnection::new(finish(&page, rows), None))
    }
}

fn finish(page: &Page, rows: Vec<Area>) -> Slice<Area> {
    page.finish(rows, |area| vec![area.id.into()])
}

/// Queries about areas.
#[derive(Default)]
pub struct AreaQuery;

#[Object]
impl AreaQuery {
    /// All places, in the order they were added.
    async fn areas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only areas of this level.")] level: Option<AreaLevel>,
    ) -> Result<AreaConnection> {
        let page = Page::new(&PageArgs { first, after, last, before }, Direction::Asc, &[Key::Int(0)])?;
        let rows = store::all(&mut *Request::of(ctx).session().await?, level, &page).await?;
        Ok(AreaConnection::new(finish(&page, rows), None))
    }
}

/// What an area is created from.
#[derive(InputObject)]
pub struct AreaCreateInput {
    /// The area above; leave it out for a district.
    pub parent_id: Option<GlobalId>,
    /// How large it is; below its parent's level.
    pub level: AreaLevel,
    /// What it is called, at most 100 characters, once among its siblings.
    pub name: String,
}

/// What came of creating an area.
#[derive(SimpleObject)]
pub struct AreaCreatePayload {
    /// The area; null when it was refused.
    pub area: Option<Area>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of areas.
#[derive(Default)]
pub struct AreaMutation;

#[Object]
impl AreaMutation {
    /// Adds a place to the tree. For host officers of the area above.
    async fn area_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is created.")] input: AreaCreateInput,
    ) -> Result<AreaCreatePayload> {
        let request = Request::of(ctx);
        let parent = input.parent_id.map(|id| id.key_of(NodeKind::Area)).transpose()?;
        let (area, user_errors) =
            request.write(async |tx, by| create(tx, by, parent.map(AreaId), input.level, &input.name).await).await?;
        Ok(AreaCreatePayload { area, user_errors })
    }
}
