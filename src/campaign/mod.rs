//! Campaigns (团购 / 集市 / 义卖 / 百家宴): events and drives that money is raised at.
//!
//! * A campaign has days, and a code of its own in its fund; what was sold there is told by sales reports.
//! * Once closed, nothing more is promised or sold at it. Its totals are computed, never entered.

pub mod graphql;
pub mod store;

use async_graphql::Enum;
use chrono::NaiveDate;

use crate::{
    db::Tx,
    error::{Refusal, Result, check_past, check_range, check_size, check_text},
    fund::{self, head},
    id::{CampaignId, FundId},
    ledger::place,
    project::TITLE_MAX,
    viewer::{Act, By},
};

/// What a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, serde::Serialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CampaignKind {
    /// 团购: neighbours buy together.
    GroupBuy,
    /// 集市: a fair.
    Fair,
    /// 义卖: things are sold for the good of others.
    CharitySale,
    /// 百家宴: a banquet.
    Banquet,
    /// A drive for gifts.
    Drive,
    /// Something else.
    Other,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Campaign {
    /// The key.
    pub id: CampaignId,
    /// The fund it raises money for.
    pub fund_id: FundId,
    /// Its short name in the fund.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: CampaignKind,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: NaiveDate,
    /// How many took part; `None` until it is counted.
    pub participants: Option<i64>,
    /// The day it was closed.
    pub closed_on: Option<NaiveDate>,
}

impl Campaign {
    /// Checks that something may still be promised or sold at it.
    ///
    /// # Errors
    /// [`Refusal::CampaignClosed`] at `campaignId`.
    pub fn ensure_open(&self) -> Result<()> {
        match self.closed_on {
            Some(on) => Err(Refusal::CampaignClosed { code: self.code.clone(), on }.at("campaignId")),
            None => Ok(()),
        }
    }
}

/// Something that was sold or handed out at a campaign.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Goods {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// What it is.
    pub name: String,
    /// How much, in hundredths of the unit.
    pub quantity: i64,
    /// What it is counted in.
    pub unit: String,
    /// What all of it weighs, in grams; `None` where it was not weighed.
    pub grams: Option<i64>,
}

/// What a campaign is opened from.
#[derive(Clone, Debug)]
pub struct CampaignDraft {
    /// The fund it raises money for.
    pub fund: FundId,
    /// Its short name in the fund.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: CampaignKind,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day.
    pub ends_on: NaiveDate,
}

/// What is counted when a campaign is closed.
#[derive(Clone, Debug)]
pub struct Close {
    /// The campaign.
    pub campaign: CampaignId,
    /// The day.
    pub on: NaiveDate,
    /// How many took part.
    pub participants: i64,
    /// What was sold or handed out; the campaign of each is not read.
    pub goods: Vec<Goods>,
}

/// The most people of one campaign: there are cities of thirty million.
pub const PARTICIPANTS_MAX: i64 = 100_000_000;
/// The most goods of one campaign.
pub const GOODS_MAX: usize = 500;
/// The largest quantity in hundredths, and the largest weight in grams.
const MEASURE_MAX: i64 = 1_000_000_000_000;
/// The most characters of a unit.
const UNIT_MAX: usize = 20;

/// Opens a campaign.
///
/// # Errors
/// Refused for texts out of bounds, days in the wrong order and a code that is taken in the fund.
pub async fn open(tx: &mut Tx, by: By<'_>, draft: &CampaignDraft) -> Result<Campaign> {
    let code = check_text(&draft.code, fund::CODE_MAX, "code")?;
    let name = check_text(&draft.name, TITLE_MAX, "name")?;
    if draft.ends_on < draft.starts_on {
        return Err(Refusal::PeriodReversed { from: draft.starts_on, to: draft.ends_on }.at("endsOn"));
    }
    head::lock(tx, draft.fund).await?;
    let fund = place::fund(tx, draft.fund).await?;
    by.viewer.must(Act::RunCampaign, &[fund.on()])?;
    if store::by_code(&mut *tx, fund.id, &code).await?.is_some() {
        return Err(Refusal::NameTaken { name: code }.at("code"));
    }
    let draft = CampaignDraft { code, name, ..draft.clone() };
    Ok(store::insert(tx, &draft, by.viewer.actor()?).await?)
}

/// Closes a campaign, with what was counted at it.
///
/// # Errors
/// Refused for numbers and texts out of bounds, a day to come or before it began, a campaign that is not there, and
/// one that was closed before.
pub async fn close(tx: &mut Tx, by: By<'_>, input: &Close) -> Result<Campaign> {
    let mut goods = input.goods.clone();
    for (at, one) in goods.iter_mut().enumerate() {
        one.name = check_text(&one.name, TITLE_MAX, &format!("goods.{at}.name"))?;
        one.unit = check_text(&one.unit, UNIT_MAX, &format!("goods.{at}.unit"))?;
    }
    check_past(input.on, by.today, "on")?;
    check_size(goods.len(), 0, GOODS_MAX, "goods")?;
    check_range(input.participants, 0, PARTICIPANTS_MAX, "participants")?;
    for (at, one) in goods.iter().enumerate() {
        check_range(one.quantity, 1, MEASURE_MAX, &format!("goods.{at}.quantity"))?;
        one.grams.map(|grams| check_range(grams, 1, MEASURE_MAX, &format!("goods.{at}.grams"))).transpose()?;
    }
    let not_found = || Refusal::NotFound { what: "campaign".into() }.at("campaignId");
    let campaign = store::by_ids(&mut *tx, &[input.campaign]).await?.pop().ok_or_else(not_found)?;
    head::lock(tx, campaign.fund_id).await?;
    let campaign = store::by_ids(&mut *tx, &[input.campaign]).await?.pop().ok_or_else(not_found)?;
    by.viewer.must(Act::RunCampaign, &[place::fund(tx, campaign.fund_id).await?.on()])?;
    campaign.ensure_open()?;
    if input.on < campaign.starts_on {
        return Err(Refusal::PeriodReversed { from: campaign.starts_on, to: input.on }.at("on"));
    }
    store::set_closed(tx, campaign.id, input.on, input.participants).await?;
    store::insert_goods(tx, campaign.id, &goods).await?;
    Ok(Campaign { participants: Some(input.participants), closed_on: Some(input.on), ..campaign })
}
