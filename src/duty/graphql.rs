//! Duties to publish in the graph: open to the public, who may know what is late.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{
    About, Duty, FundDates, Lasting, Period, Periods, Publication, RelatedDay, Rule, Status, after, meet, of_fund,
    of_lasting, of_related, set_period, setting::by_host, store,
};
use crate::{
    campaign::graphql::{Campaign, CampaignById},
    clock::Date,
    connection,
    db::{Session, Tx},
    disclosure::{DisclosureById, DisclosureNode},
    error::{Error, Result, UserError},
    fund::{Fund, FundById, Host},
    id::{FundId, GlobalId, HostId, NodeKind, TargetId},
    page::{Direction, Key, Page, PageArgs},
    project::{TargetById, TargetNode},
    viewer::{Load, Request},
};

connection!(DisclosureDutyConnection, DisclosureDutyEdge, DisclosureDuty, "duties to publish");

/// What each host has set.
struct SettingsOf;

impl Load for SettingsOf {
    type Key = HostId;
    type Value = Vec<store::Setting>;

    async fn load(request: &Request, hosts: Vec<HostId>) -> Result<HashMap<HostId, Vec<store::Setting>>> {
        let mut found: HashMap<HostId, Vec<store::Setting>> = HashMap::new();
        for one in store::settings(&mut *request.session().await?, &hosts).await? {
            found.entry(one.host_id).or_default().push(one);
        }
        Ok(found)
    }
}

/// What each project must publish by a day.
struct DutiesOfProject;

impl Load for DutiesOfProject {
    type Key = (TargetId, NaiveDate);
    type Value = Vec<Duty>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<Duty>>> {
        let mut session = request.session().await?;
        let session = &mut *session;
        let ids = once(keys.iter().map(|(project, _)| *project));
        let projects = store::projects_by_ids(&mut *session, &ids).await?;
        let funds = once(projects.iter().map(|project| project.fund_id));
        if funds.is_empty() {
            return Ok(HashMap::new());
        }
        let funds = store::funds_by_ids(&mut *session, &funds).await?;
        let held = Held::of_projects(session, &funds, projects).await?;
        let wanted = |(project, on): (TargetId, NaiveDate)| {
            let mut duties = held.duties(&funds, on);
            duties.retain(|duty| duty.about == About::Project(project));
            ((project, on), duties)
        };
        Ok(keys.into_iter().map(wanted).collect())
    }
}

/// What some funds, their projects and their campaigns must publish by a day: as many statements for many places as
/// for one.
struct DutiesOf;

impl Load for DutiesOf {
    type Key = (store::Where, NaiveDate);
    type Value = Vec<Duty>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<Duty>>> {
        let mut session = request.session().await?;
        let session = &mut *session;
        let mut places: (Vec<FundId>, Vec<HostId>, Vec<&str>) = Default::default();
        let mut funds = vec![];
        for (place, _) in &keys {
            match place {
                store::Where::Fund(fund) => places.0.push(*fund),
                store::Where::Host(host) => places.1.push(*host),
                store::Where::Path(path) => places.2.push(path),
            }
        }
        if !places.0.is_empty() {
            funds.extend(store::funds_by_ids(&mut *session, &once(places.0)).await?);
        }
        if !places.1.is_empty() {
            funds.extend(store::funds_of_hosts(&mut *session, &once(places.1)).await?);
        }
        if !places.2.is_empty() {
            funds.extend(store::funds_below(&mut *session, &places.2).await?);
        }
        funds.sort_unstable_by_key(|fund| fund.fund_id);
        funds.dedup_by_key(|fund| fund.fund_id);
        let mut held = Held::default();
        for some in funds.chunks(Tx::ROWS_MAX) {
            held.add(session, some).await?;
        }
        let wanted = |(place, on): Self::Key| {
            let here: Vec<FundDates> = funds.iter().filter(|fund| place.holds(fund)).cloned().collect();
            let duties = held.duties(&here, on);
            ((place, on), duties)
        };
        Ok(keys.into_iter().map(wanted).collect())
    }
}

/// Keys, each once.
fn once<T: Ord>(keys: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut keys: Vec<T> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What the duties of some funds are computed from.
#[derive(Default)]
struct Held {
    periods: HashMap<HostId, Periods>,
    lasting: HashMap<FundId, Vec<Lasting>>,
    related: HashMap<FundId, Vec<RelatedDay>>,
    published: HashMap<FundId, Vec<Publication>>,
}

impl Held {
    async fn add(&mut self, session: &mut Session, funds: &[FundDates]) -> Result<()> {
        let ids: Vec<FundId> = funds.iter().map(|fund| fund.fund_id).collect();
        let projects = store::projects(&mut *session, &ids).await?;
        for one in projects.into_iter().chain(store::campaigns(&mut *session, &ids).await?) {
            self.lasting.entry(one.fund_id).or_default().push(one);
        }
        let gifts = store::related_gifts(&mut *session, &ids).await?;
        for one in gifts.into_iter().chain(store::related_expenses(&mut *session, &ids).await?) {
            self.related.entry(one.fund_id).or_default().push(one);
        }
        self.add_set(session, funds).await
    }

    async fn of_projects(session: &mut Session, funds: &[FundDates], projects: Vec<Lasting>) -> Result<Self> {
        let mut held = Self::default();
        for one in projects {
            held.lasting.entry(one.fund_id).or_default().push(one);
        }
        held.add_set(session, funds).await?;
        Ok(held)
    }

    /// What is set for some funds, and what they have published.
    async fn add_set(&mut self, session: &mut Session, funds: &[FundDates]) -> Result<()> {
        let ids: Vec<FundId> = funds.iter().map(|fund| fund.fund_id).collect();
        let hosts = once(funds.iter().map(|fund| fund.host_id));
        self.periods.extend(by_host(store::settings(&mut *session, &hosts).await?));
        for one in store::publications(&mut *session, &ids).await? {
            self.published.entry(one.fund_id).or_default().push(one);
        }
        Ok(())
    }

    /// What some funds must publish: all that was due by `on`, and the next, by the day it is due.
    fn duties(&self, funds: &[FundDates], on: NaiveDate) -> Vec<Duty> {
        let mut all = vec![];
        for fund in funds {
            let periods = self.periods.get(&fund.host_id).copied().unwrap_or(Periods::LAW);
            let lasting = self.lasting.get(&fund.fund_id).into_iter().flatten();
            let related = self.related.get(&fund.fund_id).into_iter().flatten();
            let mut duties = of_fund(fund, on, &periods);
            duties.extend(lasting.flat_map(|one| of_lasting(one, on, &periods)));
            duties.extend(related.filter_map(|day| of_related(day, on, &periods)));
            let published = self.published.get(&fund.fund_id).map_or(&[][..], Vec::as_slice);
            meet(&mut duties, published, on);
            all.extend(duties);
        }
        all.sort();
        all
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
    let duties = request.load::<DutiesOfProject>((project, on)).await?.unwrap_or_default();
    Ok(duties.into_iter().map(|duty| DisclosureDuty { duty, on }).collect())
}

async fn duties(
    request: &Request,
    of: store::Where,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    let on = day(request, on)?;
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0), Key::Int(0), Key::Int(0), Key::Int(0)];
    let page = Page::new(args, Direction::Asc, &shape)?;
    let all = request.load::<DutiesOf>((of, on)).await?.unwrap_or_default();
    let wanted = all.into_iter().filter(|duty| status.is_none_or(|status| duty.status(on) == status));
    let key = |one: &DisclosureDuty| {
        let Duty { due_on, fund_id, about, rule, .. } = one.duty;
        let (kind, key) = match about {
            About::Fund => (0, 0),
            About::Project(project) => (1, project.0),
            About::Campaign(campaign) => (2, campaign.0),
        };
        vec![Key::Date(due_on), fund_id.into(), Key::Int(kind), Key::Int(key), Key::Int(rule as i64)]
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
    duties(request, store::Where::Fund(fund), on, status, args).await
}

/// What a host's funds and their projects must publish.
pub async fn duties_of_host(
    request: &Request,
    host: HostId,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    duties(request, store::Where::Host(host), on, status, args).await
}

/// What the funds of an area and below it, and their projects, must publish.
pub async fn duties_of_area(
    request: &Request,
    path: &str,
    on: Option<Date>,
    status: Option<Status>,
    args: &PageArgs,
) -> Result<DisclosureDutyConnection> {
    duties(request, store::Where::Path(path.to_owned()), on, status, args).await
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

    /// The project it is about; null for a campaign and for the fund itself.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<TargetNode>> {
        let About::Project(project) = self.duty.about else { return None };
        Some(Request::of(ctx).need::<TargetById>(project).await)
    }

    /// The campaign it is about; null for a project and for the fund itself.
    async fn campaign(&self, ctx: &Context<'_>) -> Option<Result<Campaign>> {
        let About::Campaign(campaign) = self.duty.about else { return None };
        Some(Request::of(ctx).need::<CampaignById>(campaign).await.map(Campaign))
    }

    /// The day it was met, in time or late; null while it is not.
    async fn met_on(&self) -> Option<Date> {
        self.duty.met.map(|(on, _)| on.into())
    }

    /// What met it first; what corrects that is found there. Null while it is not met.
    async fn met_by(&self, ctx: &Context<'_>) -> Option<Result<DisclosureNode>> {
        let (_, by) = self.duty.met?;
        Some(Request::of(ctx).need::<DisclosureById>(by).await.map(DisclosureNode))
    }
}

/// One of the periods within which the funds of a host publish.
#[derive(SimpleObject)]
pub struct DutyPeriod {
    /// Which one.
    pub name: Period,
    /// How long it is, or which month or day.
    pub amount: i64,
    /// What the law asks for, which holds where nothing is set.
    pub law: i64,
    /// The day it was set; null where the law's holds.
    pub set_on: Option<Date>,
}

/// The periods within which a host's funds publish.
pub async fn periods_of_host(request: &Request, host: HostId) -> Result<Vec<DutyPeriod>> {
    let set = request.load::<SettingsOf>(host).await?.unwrap_or_default();
    let period = |name: Period| {
        let law = i64::from(Periods::LAW.amount(name));
        let set = set.iter().find(|one| one.name == name);
        let amount = set.map_or(law, |one| one.amount);
        DutyPeriod { name, amount, law, set_on: set.map(|one| one.set_on.into()) }
    };
    Ok(Period::ALL.into_iter().map(period).collect())
}

/// Which period is set for whom.
#[derive(InputObject)]
pub struct DutyPeriodSetInput {
    /// The host.
    pub host_id: GlobalId,
    /// Which period.
    pub name: Period,
    /// How long it is, or which month or day; the bounds are those of its name.
    pub amount: i64,
}

/// What came of setting a period.
#[derive(SimpleObject)]
pub struct DutyPeriodSetPayload {
    /// The host; null when it was refused.
    pub host: Option<Host>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of duties.
#[derive(Default)]
pub struct DutyMutation;

#[Object]
impl DutyMutation {
    /// Sets one of the periods within which a host's funds publish, where the law or a rule above the host asks for
    /// another. For host officers. Setting it again changes nothing.
    async fn duty_period_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which period, for whom.")] input: DutyPeriodSetInput,
    ) -> Result<DutyPeriodSetPayload> {
        let request = Request::of(ctx);
        let host = HostId(input.host_id.key_of(NodeKind::Host)?);
        let (host, user_errors) =
            request.write(async |tx, by| set_period(tx, by, host, input.name, input.amount).await).await?;
        Ok(DutyPeriodSetPayload { host, user_errors })
    }
}
