//! Campaigns in the graph: open to the public, as on a notice board.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Campaign as Row, CampaignDraft, CampaignKind, Close, Goods, close, open, store};
use crate::{
    all_of, by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{CampaignId, FundId, GlobalId, NodeKind},
    money::{Decimal, Fen, Money},
    page::{Direction, Key, Page, PageArgs},
    page_of,
    sales::graphql::{SalesReportConnection, reports_of_campaign},
    viewer::{Load, Request},
};

by_id!(/// Campaigns by key.
    CampaignById, CampaignId, Row, store::by_ids);
page_of!(/// A page of each fund's campaigns.
    CampaignsOfFund, FundId, Row, store::of_funds, |campaign: &Row| campaign.fund_id);
all_of!(/// What was sold or handed out at each campaign.
    GoodsOfCampaign, CampaignId, Goods, store::goods_of, |goods: &Goods| goods.campaign_id);

connection!(CampaignConnection, CampaignEdge, Campaign, "campaigns");

/// What each campaign came to.
struct TotalsOf;

impl Load for TotalsOf {
    type Key = CampaignId;
    type Value = store::Totals;

    async fn load(request: &Request, keys: Vec<CampaignId>) -> Result<HashMap<CampaignId, store::Totals>> {
        let rows = store::totals(&mut *request.session().await?, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.campaign_id, row)).collect())
    }
}

/// 团购、集市、义卖、百家宴: an event or drive that money is raised at.
#[derive(Clone, Debug)]
pub struct Campaign(pub Row);

impl From<Row> for Campaign {
    fn from(row: Row) -> Self {
        Self(row)
    }
}

/// 团购、集市、义卖、百家宴: an event or drive that money is raised at.
#[Object]
impl Campaign {
    /// The campaign's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::Campaign, self.0.id).into()
    }

    /// The fund it raises money for.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// Its short name in the fund.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is.
    async fn kind(&self) -> CampaignKind {
        self.0.kind
    }

    /// Its first day.
    async fn starts_on(&self) -> Date {
        self.0.starts_on.into()
    }

    /// Its last day.
    async fn ends_on(&self) -> Date {
        self.0.ends_on.into()
    }

    /// The day it was closed; null before.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }

    /// What it came to, computed from the reports, the dues and the books.
    async fn totals(&self, ctx: &Context<'_>) -> Result<CampaignTotals> {
        let totals = Request::of(ctx).need::<TotalsOf>(self.0.id).await?;
        Ok(CampaignTotals {
            participants: self.0.participants,
            merchants: totals.merchants,
            sales: totals.sales.into(),
            units: totals.units,
            dues: totals.dues.into(),
            received: totals.received.into(),
            grams: totals.grams,
        })
    }

    /// What was sold or handed out at it.
    async fn goods(&self, ctx: &Context<'_>) -> Result<Vec<CampaignGoods>> {
        let goods = Request::of(ctx).load::<GoodsOfCampaign>(self.0.id).await?.unwrap_or_default();
        Ok(goods.into_iter().map(Into::into).collect())
    }

    /// What merchants reported; for those who keep or oversee the fund's books.
    async fn reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Option<Result<SalesReportConnection>> {
        let args = PageArgs { first, after, last, before };
        Some(reports_of_campaign(Request::of(ctx), &self.0, &args).await)
    }
}

/// What a campaign came to.
#[derive(SimpleObject)]
pub struct CampaignTotals {
    /// How many took part; null until it is counted.
    pub participants: Option<i64>,
    /// How many reported what they sold.
    pub merchants: i64,
    /// For how much was sold, after corrections.
    pub sales: Money,
    /// How many pieces were sold, after corrections.
    pub units: i64,
    /// What became due of the sales, and what was promised at it, less what was waived.
    pub dues: Money,
    /// What of that has arrived.
    pub received: Money,
    /// What the weighed goods weigh, in grams.
    pub grams: i64,
}

/// Something that was sold or handed out at a campaign.
#[derive(SimpleObject)]
pub struct CampaignGoods {
    /// What it is.
    pub name: String,
    /// How much, in units.
    pub quantity: Decimal,
    /// What it is counted in.
    pub unit: String,
    /// What all of it weighs, in grams; null where it was not weighed.
    pub grams: Option<i64>,
}

impl From<Goods> for CampaignGoods {
    fn from(row: Goods) -> Self {
        Self { name: row.name, quantity: Decimal(Fen(row.quantity)), unit: row.unit, grams: row.grams }
    }
}

/// A page of a fund's campaigns, by their first day.
pub async fn campaigns_of_fund(
    request: &Request,
    fund: FundId,
    direction: Option<Direction>,
    args: &PageArgs,
) -> Result<CampaignConnection> {
    let shape = [Key::Date(NaiveDate::MIN), Key::Int(0)];
    let page = Page::new(args, direction.unwrap_or_default(), &shape)?;
    let rows = request.load::<CampaignsOfFund>((fund, page.clone())).await?.unwrap_or_default();
    let key = |row: &Row| vec![Key::Date(row.starts_on), row.id.into()];
    Ok(CampaignConnection::new(page.finish(rows, key), None))
}

/// What a campaign is.
#[derive(InputObject)]
pub struct CampaignOpenInput {
    /// The fund it raises money for.
    pub fund_id: GlobalId,
    /// Its short name, unique in the fund.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: CampaignKind,
    /// Its first day.
    pub starts_on: Date,
    /// Its last day.
    pub ends_on: Date,
}

/// What came of opening a campaign.
#[derive(SimpleObject)]
pub struct CampaignOpenPayload {
    /// The campaign; null when it was refused.
    pub campaign: Option<Campaign>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Something that was sold or handed out.
#[derive(InputObject)]
pub struct CampaignGoodsInput {
    /// What it is.
    pub name: String,
    /// How much, with at most two decimals.
    pub quantity: Decimal,
    /// What it is counted in, at most 20 characters.
    pub unit: String,
    /// What all of it weighs, in grams.
    pub grams: Option<i64>,
}

/// What is counted when a campaign is closed.
#[derive(InputObject)]
pub struct CampaignCloseInput {
    /// The campaign.
    pub campaign_id: GlobalId,
    /// The day; today where it is left out.
    pub on: Option<Date>,
    /// How many took part.
    pub participants: i64,
    /// What was sold or handed out, 500 at most.
    #[graphql(default)]
    pub goods: Vec<CampaignGoodsInput>,
}

/// What came of closing a campaign.
#[derive(SimpleObject)]
pub struct CampaignClosePayload {
    /// The campaign; null when it was refused.
    pub campaign: Option<Campaign>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of campaigns.
#[derive(Default)]
pub struct CampaignMutation;

#[Object]
impl CampaignMutation {
    /// Opens a campaign. For those who run the community's campaigns.
    async fn campaign_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is, and when.")] input: CampaignOpenInput,
    ) -> Result<CampaignOpenPayload> {
        let request = Request::of(ctx);
        let draft = CampaignDraft {
            fund: FundId(input.fund_id.key_of(NodeKind::Fund)?),
            code: input.code,
            name: input.name,
            kind: input.kind,
            starts_on: input.starts_on.into(),
            ends_on: input.ends_on.into(),
        };
        let (done, user_errors) = request.write(async |tx, by| open(tx, by, &draft).await).await?;
        Ok(CampaignOpenPayload { campaign: done.map(Campaign), user_errors })
    }

    /// Closes a campaign, with what was counted at it. For those who run the community's campaigns.
    async fn campaign_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which campaign, and what was counted.")] input: CampaignCloseInput,
    ) -> Result<CampaignClosePayload> {
        let request = Request::of(ctx);
        let campaign = CampaignId(input.campaign_id.key_of(NodeKind::Campaign)?);
        let goods = |one: CampaignGoodsInput| Goods {
            campaign_id: campaign,
            name: one.name,
            quantity: one.quantity.0.0,
            unit: one.unit,
            grams: one.grams,
        };
        let wanted = Close {
            campaign,
            on: input.on.map_or(request.by().today, Into::into),
            participants: input.participants,
            goods: input.goods.into_iter().map(goods).collect(),
        };
        let (done, user_errors) = request.write(async |tx, by| close(tx, by, &wanted).await).await?;
        Ok(CampaignClosePayload { campaign: done.map(Campaign), user_errors })
    }
}
