//! Duties to publish in the graph: open to the public, who may know what is late.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{Context, Object};
use chrono::NaiveDate;

use super::{Duty, Periods, ProjectDates, Rule, Status, after, of_fund, of_project, store};
use crate::{
    clock::Date,
    connection,
    error::{Error, Result},
    fund::{Fund, FundById},
    id::{AreaId, FundId, HostId, TargetId},
    page::{Direction, Key, Page, PageArgs},
    project::{TargetById, TargetNode},
    viewer::{Load, Request},
};

connection!(DisclosureDutyConnection, DisclosureDutyEdge, DisclosureDuty, "duties to publish");

/// The periods that are set.
struct PeriodsSet;

impl Load for PeriodsSet {
    type Key = ();
    type Value = Periods;

    async fn load(request: &Request, _: Vec<()>) -> Result<HashMap<(), Periods>> {
        Ok([((), store::periods(&mut *request.session().await?).await?)].into())
    }
}

/// Whose duties: a fund's, or those of all funds that a host holds, or that are in an area or below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Fund(FundId),
    Host(HostId),
    Area(AreaId),
}

/// The dates of each project.
struct DatesOf;

impl Load for DatesOf {
    type Key = TargetId;
    type Value = ProjectDates;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, ProjectDates>> {
        let rows = store::projects_by_ids(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.target_id, row)).collect())
    }
}

/// What some funds and their projects must publish.
struct DutiesOf;

impl Load for DutiesOf {
    type Key = (Whose, NaiveDate);
    type Value = Vec<Duty>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<Duty>>> {
        let mut session = request.session().await?;
        let periods = store::periods(&mut *session).await?;
        let (mut own, mut hosts, mut areas) = (vec![], vec![], vec![]);
        for (whose, _) in &keys {
            match whose {
                Whose::Fund(fund) => own.push((Whose::Fund(*fund), *fund)),
                Whose::Host(host) => hosts.push(*host),
                Whose::Area(area) => areas.push(*area),
            }
        }
        if !hosts.is_empty() {
            let held = store::funds_of_hosts(&mut *session, &hosts).await?;
            own.extend(held.into_iter().map(|(host, fund)| (Whose::Host(host), fund)));
        }
        if !areas.is_empty() {
            let below = store::funds_below(&mut *session, &areas).await?;
            own.extend(below.into_iter().map(|(area, fund)| (Whose::Area(area), fund)));
        }
        let all: Vec<FundId> = own.iter().map(|(_, fund)| *fund).collect::<BTreeSet<_>>().into_iter().collect();
        if all.is_empty() {
            return Ok(HashMap::new());
        }
        let funds = store::funds(&mut *session, &all).await?;
        let projects = store::projects_of_funds(&mut *session, &all).await?;
        let of_key = |(whose, on): Self::Key| {
            let mine: BTreeSet<FundId> = own.iter().filter(|(one, _)| *one == whose).map(|(_, fund)| *fund).collect();
            let of_funds =
                funds.iter().filter(|one| mine.contains(&one.fund_id)).flat_map(|one| of_fund(one, on, &periods));
            let of_projects =
                projects.iter().filter(|one| mine.contains(&one.fund_id)).flat_map(|one| of_project(one, on, &periods));
            let mut duties: Vec<Duty> = of_funds.chain(of_projects).collect();
            duties.sort();
            ((whose, on), duties)
        };
        Ok(keys.into_iter().map(of_key).collect())
    }
}

/// The furthest day that can be asked about, in months from today: duties go on without an end.
const AHEAD_MONTHS: u32 = 120;

/// The day that is asked about.
fn day(request: &Request, on: Option<Date>) -> Result<NaiveDate> {
    let today = request.clock.today();
    let (on, last) = (on.map_or(today, |on| on.0), after(today, AHEAD_MONTHS));
    if on > last {
        return Err(Error::BadInput(format!("`on` is {on}; the furthest day that can be asked about is {last}.")));
    }
    Ok(on)
}

/// What a project must publish: all that was due by the day, and the next.
pub async fn duties_of_project(request: &Request, project: TargetId, on: Option<Date>) -> Result<Vec<DisclosureDuty>> {
    let on = day(request, on)?;
    let periods = request.need::<PeriodsSet>(()).await?;
    let dates = request.need::<DatesOf>(project).await?;
    Ok(of_project(&dates, on, &periods).into_iter().map(|duty| DisclosureDuty { duty, on }).collect())
}

async fn duties(
    request: &Request,
    of: Whose,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    let on = day(request, on)?;
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0), Key::Int(0), Key::Int(0)];
    let page = Page::new(args, Direction::Asc, &shape)?;
    let all = request.load::<DutiesOf>((of, on)).await?.unwrap_or_default();
    let wanted = all.into_iter().filter(|duty| status.is_none_or(|status| duty.status(on) == status));
    let key = |one: &DisclosureDuty| {
        let Duty { due_on, fund_id, target_id, rule, .. } = one.duty;
        vec![Key::Date(due_on), fund_id.into(), Key::Int(target_id.map_or(0, |target| target.0)), Key::Int(rule as i64)]
    };
    Ok(DisclosureDutyConnection::new(page.pick(wanted.map(|duty| DisclosureDuty { duty, on }), key), None))
}

/// What a fund and its projects must publish.
pub async fn duties_of_fund(
    request: &Request,
    fund: FundId,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    duties(request, Whose::Fund(fund), on, status, args).await
}

/// What a host's funds and their projects must publish.
pub async fn duties_of_host(
    request: &Request,
    host: HostId,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    duties(request, Whose::Host(host), on, status, args).await
}

/// What the funds of an area and below it, and their projects, must publish.
pub async fn duties_of_area(
    request: &Request,
    area: AreaId,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    duties(request, Whose::Area(area), on, status, args).await
}

/// Something that must be published by a day, as the law asks.
#[derive(Clone, Copy, Debug)]
pub struct DisclosureDuty {
    duty: Duty,
    on: NaiveDate,
}

/// Something that must be published by a day, as the law asks.
#[Object]
impl DisclosureDuty {
    /// Why.
    async fn rule(&self) -> Rule {
        self.duty.rule
    }

    /// How urgent it is on the day that is asked about.
    async fn status(&self) -> Status {
        self.duty.status(self.on)
    }

    /// The last day on which it is in time.
    async fn due_on(&self) -> Date {
        self.duty.due_on.into()
    }

    /// The first day that is to be told of.
    async fn from(&self) -> Date {
        self.duty.from.into()
    }

    /// The last day that is to be told of.
    async fn to(&self) -> Date {
        self.duty.to.into()
    }

    /// Whose duty it is.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.duty.fund_id).await
    }

    /// The project it is about; null for the fund itself.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        Some(Request::of(ctx).need::<TargetById>(self.duty.target_id?).await)
    }
}
