//! What a project or micro-grant was given and what it spent: open to the public.

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};

use super::Balance;
use crate::{
    all_of,
    contribution::graphql::own_parties,
    error::Result,
    fund::FundById,
    id::{FundId, TargetId},
    ledger::{
        as_of::{self, Cut},
        privacy, trace,
    },
    money::{Decimal, Fen, Money},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    party::{PartyById, PartyNode},
    viewer::{Act, Load, Request},
};

page_of!(/// A page of the givers of each project or grant.
    FundersOfTarget, TargetId, trace::Share, trace::parties_of_targets, |one: &trace::Share| one.target_id);

all_of!(/// All givers of each project or grant, to decide who is shown.
    GiversOfTarget, TargetId, privacy::Giver, trace::givers_of_targets, |one: &privacy::Giver| TargetId(one.owner));

/// Where each project's or grant's cash is, by kind of place.
struct SumsOfTarget;

impl Load for SumsOfTarget {
    type Key = (TargetId, Cut);
    type Value = Vec<trace::KindSum>;

    async fn load(request: &Request, keys: Vec<Self::Key>) -> Result<HashMap<Self::Key, Vec<trace::KindSum>>> {
        let mut found = HashMap::new();
        for (cut, targets) in crate::viewer::by_page(keys) {
            let session = &mut *request.session().await?;
            let rows = match cut.is_now() {
                true => trace::sums_of_targets(session, &targets).await?,
                false => as_of::sums_of_targets(session, &targets, &cut).await?,
            };
            crate::viewer::deal(&mut found, &cut, rows, |sum| TargetId(sum.owner));
        }
        Ok(found)
    }
}

/// What each project or grant moved altogether.
struct LeverageOf;

impl Load for LeverageOf {
    type Key = TargetId;
    type Value = trace::LeverageSum;

    async fn load(request: &Request, keys: Vec<TargetId>) -> Result<HashMap<TargetId, trace::LeverageSum>> {
        let rows = trace::leverage_of_targets(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.target_id, row)).collect())
    }
}

/// What a project or grant was given, less what went back, and where it is.
pub async fn balance_of_target(request: &Request, target: TargetId, cut: Cut) -> Result<Balance> {
    Ok(Balance::of(&request.load::<SumsOfTarget>((target, cut)).await?.unwrap_or_default()))
}

/// How much a project moved altogether for each yuan of the fund's own money in it (撬动).
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Leverage {
    /// What it spent of gifts: the fund's own money, the denominator.
    pub own: Money,
    /// What it spent of the residents' own part, paid through the fund.
    pub copay: Money,
    /// What was paid for it beside the fund, with evidence.
    pub external: Money,
    /// All of it: the numerator.
    pub total: Money,
    /// total ÷ own with two decimals, rounded down; null while nothing of the fund's own is spent.
    pub ratio: Option<Decimal>,
}

impl Leverage {
    /// The leverage of some projects together.
    pub fn of<'a>(sums: impl IntoIterator<Item = &'a trace::LeverageSum>) -> Self {
        let (mut own, mut copay, mut external) = (Fen::ZERO, Fen::ZERO, Fen::ZERO);
        for sum in sums {
            own += sum.own;
            copay += sum.copay;
            external += sum.external;
        }
        let total = own + copay + external;
        Self {
            own: own.into(),
            copay: copay.into(),
            external: external.into(),
            total: total.into(),
            ratio: trace::leverage_ratio(own, total).map(Decimal),
        }
    }
}

/// What a project or grant moved altogether.
pub async fn leverage_of_target(request: &Request, target: TargetId) -> Result<Leverage> {
    Ok(Leverage::of(request.load::<LeverageOf>(target).await?.as_ref()))
}

/// What each fund's projects moved altogether.
struct LeverageOfFund;

impl Load for LeverageOfFund {
    type Key = FundId;
    type Value = trace::FundLeverage;

    async fn load(request: &Request, keys: Vec<FundId>) -> Result<HashMap<FundId, trace::FundLeverage>> {
        let rows = trace::leverage_of_funds(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.fund_id, row)).collect())
    }
}

/// What a fund's projects moved altogether.
pub async fn leverage_of_fund(request: &Request, fund: FundId) -> Result<Leverage> {
    Ok(Leverage::of(request.load::<LeverageOfFund>(fund).await?.map(|row| row.sum).as_ref()))
}

/// Who gave a project's or grant's money, the largest sum first.
pub async fn funders_of_target(
    request: &Request,
    fund: FundId,
    target: TargetId,
    args: &PageArgs,
) -> Result<FunderConnection> {
    let page = Page::new(args, Direction::Desc, &[Key::Int(0), Key::Int(0)])?;
    let key = |one: &trace::Share| vec![(one.spent + one.waiting + one.in_kind).0.into(), one.party_id.into()];
    let fund = request.need::<FundById>(fund).await?;
    let (slice, others) = if request.viewer.may(Act::ReadGiving, fund.on()) {
        let rows = request.load::<FundersOfTarget>((target, page.clone())).await?.unwrap_or_default();
        (page.finish(rows, key), None)
    } else {
        let givers = request.load::<GiversOfTarget>(target).await?.unwrap_or_default();
        let seen = privacy::seen(&givers, &own_parties(request).unwrap_or_default());
        let share = |one: privacy::Part| trace::Share {
            party_id: one.party_id,
            target_id: target,
            spent: one.spent,
            waiting: one.waiting,
            in_kind: one.in_kind,
        };
        (page.pick(seen.named.into_iter().map(share), key), seen.others.map(OtherGivers::from))
    };
    let page_info = slice.info();
    let edges = slice.rows.into_iter().map(|(cursor, row)| FunderEdge { cursor, row }).collect();
    Ok(FunderConnection { edges, page_info, others })
}

/// Givers that are not listed one by one: they did not choose to be named, or are residents.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct OtherGivers {
    /// How many they are; null when they are too few for it to be told.
    pub count: Option<i64>,
    /// What of their money was spent.
    pub spent: Money,
    /// What of their money is allocated and not yet spent.
    pub waiting: Money,
    /// Their goods and services, at the stated value; those of an expense in kind are `spent`.
    pub in_kind: Money,
}

impl From<privacy::Others> for OtherGivers {
    fn from(others: privacy::Others) -> Self {
        Self {
            count: others.count,
            spent: others.spent.into(),
            waiting: others.waiting.into(),
            in_kind: others.in_kind.into(),
        }
    }
}

/// A page of the givers of a project or micro-grant.
#[derive(SimpleObject)]
pub struct FunderConnection {
    /// The givers of this page, each with its part.
    pub edges: Vec<FunderEdge>,
    /// What lies before and after this page.
    pub page_info: async_graphql::connection::PageInfo,
    /// The givers that are not listed to you, together; null when all are.
    pub others: Option<OtherGivers>,
}

/// A giver with its part of a project's or micro-grant's money.
pub struct FunderEdge {
    cursor: String,
    row: trace::Share,
}

/// A giver with its part of a project's or micro-grant's money.
#[Object]
impl FunderEdge {
    /// Where the giver stands in the list: pass it as `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The giver.
    async fn node(&self, ctx: &Context<'_>) -> Result<PartyNode> {
        Ok(Request::of(ctx).need::<PartyById>(self.row.party_id).await?.into())
    }

    /// How much of its money was spent.
    async fn spent(&self) -> Money {
        self.row.spent.into()
    }

    /// How much of its money is allocated and not yet spent.
    async fn waiting(&self) -> Money {
        self.row.waiting.into()
    }

    /// What it gave in goods and services, at the stated value; not in `spent` or `waiting`.
    async fn in_kind(&self) -> Money {
        self.row.in_kind.into()
    }
}
