//! What a pledge promises, kind by kind, in the graph.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;

use super::{
    super::{
        accrue::Ratio,
        claim::Room,
        schedule::PledgeInterval,
        store::{self, ClaimRow, GoodsRow, MatchRow, ScheduleRow},
        terms::{Category, Funding, Sharing},
    },
    Rate,
    due::quantity,
};
use crate::{
    all_of,
    clock::Date,
    error::Result,
    id::{PledgeId, TargetId},
    money::{Decimal, Money},
    project::{TargetById, TargetNode},
    viewer::{Load, Request},
};

all_of!(/// The schedules of each pledge.
    SchedulesOf, PledgeId, ScheduleRow, store::schedules_of, |row: &ScheduleRow| row.pledge_id);
all_of!(/// What each in-kind pledge gives.
    GoodsOf, PledgeId, GoodsRow, store::goods_of, |row: &GoodsRow| row.pledge_id);
all_of!(/// How each match is paid for.
    MatchOf, PledgeId, MatchRow, store::matches_of, |row: &MatchRow| row.pledge_id);
all_of!(/// What each claim takes.
    ClaimOf, PledgeId, ClaimRow, store::claims_of, |row: &ClaimRow| row.pledge_id);

/// How each pledge stood on a day.
pub struct StandingOf;

impl Load for StandingOf {
    type Key = (PledgeId, NaiveDate);
    type Value = store::Standing;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, store::Standing>> {
        let mut found = HashMap::new();
        for (day, pledges) in crate::viewer::by_page(keys) {
            let rows = store::standing(&mut *request.session().await?, &pledges, day).await?;
            found.extend(rows.into_iter().map(|row| ((row.pledge_id, day), row)));
        }
        Ok(found)
    }
}

/// The room that each project leaves to claim, today.
pub struct RoomOf;

impl Load for RoomOf {
    type Key = TargetId;
    type Value = Room;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, Room>> {
        let today = request.by().today;
        let rows = store::rooms(&mut *request.session().await?, &keys, today).await?;
        Ok(rows.into_iter().map(|row| (row.project_id, row)).collect())
    }
}

/// What a recurring pledge promises from a day on.
pub struct PledgeSchedule(pub ScheduleRow);

/// What a recurring pledge promises from a day on.
#[Object]
impl PledgeSchedule {
    /// 1 as it was offered, and one more for each amendment.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// From which day on.
    async fn from(&self) -> Date {
        self.0.from_on.into()
    }

    /// What each due comes to.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// How far two dues are apart.
    async fn every(&self) -> PledgeInterval {
        self.0.every
    }

    /// How many dues; null where the last day says it.
    async fn times(&self) -> Option<i64> {
        self.0.times
    }

    /// The day after which nothing is due; null where the count says it.
    async fn last_on(&self) -> Option<Date> {
        self.0.last_on.map(Date)
    }

    /// What is promised in all from this version on.
    async fn promised(&self) -> Money {
        self.0.promised.into()
    }

    /// The day it was agreed.
    async fn agreed_on(&self) -> Date {
        self.0.agreed_on.into()
    }

    /// Why it was changed; empty for the offer.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
}

/// What an in-kind pledge gives.
#[derive(SimpleObject)]
pub struct PledgeGoods {
    /// What kind of thing.
    pub category: Category,
    /// How much, in units.
    pub quantity: Decimal,
    /// What it is counted in.
    pub unit: String,
    /// What it is.
    pub description: String,
}

impl From<GoodsRow> for PledgeGoods {
    fn from(row: GoodsRow) -> Self {
        let quantity = quantity(row.quantity);
        Self { category: row.category, quantity, unit: row.unit, description: row.description }
    }
}

/// How a match is paid for, and its caps beside the one in all.
#[derive(SimpleObject)]
pub struct PledgeMatchTerms {
    /// How it is paid for.
    pub funding: Funding,
    /// The most it gives for one gift; null for no limit.
    pub per_gift: Option<Money>,
    /// The most it gives into one project; null for no limit.
    pub per_project: Option<Money>,
}

impl From<MatchRow> for PledgeMatchTerms {
    fn from(row: MatchRow) -> Self {
        let [per_gift, per_project] = [row.per_gift, row.per_project].map(|cap| cap.map(Into::into));
        Self { funding: row.funding, per_gift, per_project }
    }
}

/// The units of a project that a claim takes.
pub struct PledgeClaim(pub ClaimRow);

/// The units of a project that a claim takes.
#[Object]
impl PledgeClaim {
    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<TargetNode> {
        Request::of(ctx).need::<TargetById>(self.0.project_id).await
    }

    /// How many units.
    async fn units(&self) -> i64 {
        self.0.units
    }

    /// Whether others may claim what is left.
    async fn sharing(&self) -> Sharing {
        self.0.sharing
    }
}

/// How a project may be claimed, and what is left.
#[derive(SimpleObject)]
pub struct ClaimRoom {
    /// How many units it has.
    pub units: i64,
    /// What one is worth.
    pub unit_value: Money,
    /// How many are claimed.
    pub taken: i64,
    /// How many may still be claimed.
    pub left: i64,
}

impl From<Room> for ClaimRoom {
    fn from(room: Room) -> Self {
        Self { units: room.units, unit_value: room.unit_value.into(), taken: room.taken, left: room.left() }
    }
}

/// How a project may be claimed; `None` where it may not.
pub async fn room_of_project(request: &Request, project: TargetId) -> Result<Option<ClaimRoom>> {
    Ok(request.load::<RoomOf>(project).await?.map(Into::into))
}

/// What the sales reported so far come to.
#[derive(SimpleObject)]
pub struct PledgeAccrual {
    /// What was reported: yuan, or for a pledge per unit null.
    pub sales: Option<Money>,
    /// How many pieces were reported; null for a share of sales.
    pub units: Option<i64>,
    /// What they come to: the sum of the dues.
    pub stated: Money,
    /// The part of a fen that rounding has left for the dues to come: a numerator over the rate's denominator.
    pub remainder: Rate,
    /// How much more it gives at most; null where it has no limit.
    pub cap_left: Option<Money>,
}

/// What sales of `basis` fen or pieces come to.
pub fn accrual(pledge: &super::Row, basis: i64) -> PledgeAccrual {
    let is_sum = pledge.kind == super::PledgeKind::ShareOfSales;
    let ratio = Ratio { num: pledge.rate_num, den: pledge.rate_den };
    PledgeAccrual {
        sales: is_sum.then(|| crate::money::Fen(basis).into()),
        units: (!is_sum).then_some(basis),
        stated: pledge.stated.into(),
        remainder: Rate { numerator: ratio.remainder(basis), denominator: pledge.rate_den },
        cap_left: pledge.amount.map(|cap| (cap - pledge.stated).into()),
    }
}
