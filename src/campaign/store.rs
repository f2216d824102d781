//! Campaigns in the database.

use chrono::NaiveDate;

use super::{Campaign, CampaignDraft, Goods};
use crate::{
    db::{Result, Sql, Tx},
    id::{CampaignId, FundId, PrincipalId},
    money::Fen,
    page::Page,
};

/// The campaigns of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[CampaignId]) -> Result<Vec<Campaign>> {
    on.sql(
        "SELECT id, fund_id, code, name, kind, starts_on, ends_on, participants, closed_on
         FROM campaign WHERE id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The campaigns of these keys, of which there may be none.
pub async fn by_ids_or_none<'c>(on: impl Sql<'c>, ids: &[CampaignId]) -> Result<Vec<Campaign>> {
    if ids.is_empty() { Ok(vec![]) } else { by_ids(on, ids).await }
}

/// The campaign of this code in a fund.
pub async fn by_code<'c>(on: impl Sql<'c>, fund: FundId, code: &str) -> Result<Option<Campaign>> {
    on.sql(
        "SELECT id, fund_id, code, name, kind, starts_on, ends_on, participants, closed_on
         FROM campaign WHERE fund_id = $1 AND code = $2",
    )
    .bind(fund)
    .bind(code.to_owned())
    .optional()
    .await
}

/// A page of each fund's campaigns by their first day.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Campaign>> {
    on.sql(
        "SELECT id, fund_id, code, name, kind, starts_on, ends_on, participants, closed_on
         FROM campaign WHERE fund_id = {owner} {page}",
    )
    .page(page, "starts_on, id")
    .each_of(funds)
    .all()
    .await
}

/// The campaigns of a fund that had a day between two, by their first day.
pub async fn between<'c>(on: impl Sql<'c>, fund: FundId, (from, to): (NaiveDate, NaiveDate)) -> Result<Vec<Campaign>> {
    on.sql(
        "SELECT id, fund_id, code, name, kind, starts_on, ends_on, participants, closed_on
         FROM campaign WHERE fund_id = $1 AND starts_on <= $3 AND ends_on >= $2 ORDER BY starts_on, id",
    )
    .bind(fund)
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// Adds a campaign.
pub async fn insert(tx: &mut Tx, draft: &CampaignDraft, actor: PrincipalId) -> Result<Campaign> {
    tx.sql(
        "INSERT INTO campaign (fund_id, code, name, kind, starts_on, ends_on, principal_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         RETURNING id, fund_id, code, name, kind, starts_on, ends_on, participants, closed_on",
    )
    .bind(draft.fund)
    .bind(draft.code.clone())
    .bind(draft.name.clone())
    .bind(draft.kind)
    .bind(draft.starts_on)
    .bind(draft.ends_on)
    .bind(actor)
    .one()
    .await
}

/// Closes a campaign.
pub async fn set_closed(tx: &mut Tx, campaign: CampaignId, on: NaiveDate, participants: i64) -> Result<u64> {
    tx.sql("UPDATE campaign SET closed_on = $1, participants = $2 WHERE id = $3")
        .bind(on)
        .bind(participants)
        .bind(campaign)
        .execute()
        .await
}

/// Adds what was sold or handed out at a campaign.
pub async fn insert_goods(tx: &mut Tx, campaign: CampaignId, goods: &[Goods]) -> Result<u64> {
    let numbered: Vec<_> = (1_i64..).zip(goods).collect();
    tx.insert_all(
        "INSERT INTO campaign_goods (campaign_id, line_no, name, quantity, unit, grams) VALUES (..)",
        &numbered,
        |row, (number, one)| {
            row.bind(campaign)
                .bind(*number)
                .bind(one.name.clone())
                .bind(one.quantity)
                .bind(one.unit.clone())
                .bind(one.grams)
        },
    )
    .await
}

/// What was sold or handed out at campaigns, in its order.
pub async fn goods_of<'c>(on: impl Sql<'c>, campaigns: &[CampaignId]) -> Result<Vec<Goods>> {
    on.sql(
        "SELECT campaign_id, name, quantity, unit, grams FROM campaign_goods
         WHERE campaign_id IN (..) ORDER BY campaign_id, line_no",
    )
    .bind_list(campaigns)
    .all()
    .await
}

/// What a campaign came to.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Totals {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// How many reported what they sold.
    pub merchants: i64,
    /// For how much was sold.
    pub sales: Fen,
    /// How many pieces were sold.
    pub units: i64,
    /// What became due of it, and what was promised at it.
    pub dues: Fen,
    /// What of that has arrived.
    pub received: Fen,
    /// What the goods weigh.
    pub grams: i64,
}

/// What campaigns came to: of each report its last correction, of each due what it owes.
pub async fn totals<'c>(on: impl Sql<'c>, campaigns: &[CampaignId]) -> Result<Vec<Totals>> {
    on.sql(
        "SELECT c.id AS campaign_id, CAST(COALESCE(s.merchants, 0) AS BIGINT) AS merchants,
                CAST(COALESCE(s.sales, 0) AS BIGINT) AS sales, CAST(COALESCE(s.units, 0) AS BIGINT) AS units,
                CAST(COALESCE(d.dues, 0) AS BIGINT) AS dues, CAST(COALESCE(d.received, 0) AS BIGINT) AS received,
                CAST(COALESCE((SELECT SUM(g.grams) FROM campaign_goods g WHERE g.campaign_id = c.id), 0) AS BIGINT)
                    AS grams
         FROM campaign c
         LEFT JOIN (
             SELECT r.campaign_id, COUNT(DISTINCT r.merchant_id) AS merchants, SUM(r.amount) AS sales,
                    SUM(r.units) AS units
             FROM sales_report r
             WHERE r.campaign_id IN (..) AND NOT EXISTS (SELECT 1 FROM sales_report x WHERE x.corrects_id = r.id)
             GROUP BY r.campaign_id) AS s ON s.campaign_id = c.id
         LEFT JOIN (
             SELECT q.campaign_id, SUM(q.owed) AS dues, SUM(q.received) AS received
             FROM (
                 SELECT r.campaign_id, u.amount + u.corrected - u.waived AS owed, u.received
                 FROM sales_report r JOIN sales_due b ON b.report_id = r.id JOIN pledge_due u ON u.id = b.due_id
                 WHERE r.campaign_id IN (..)
                 UNION ALL
                 SELECT p.campaign_id, u.amount + u.corrected - u.waived, u.received
                 FROM pledge p JOIN pledge_due u ON u.pledge_id = p.id
                 WHERE p.campaign_id IN (..) AND p.kind NOT IN ('SHARE_OF_SALES', 'PER_UNIT')
                   AND p.state IN ('ACCEPTED', 'FULFILLED')) AS q
             GROUP BY q.campaign_id) AS d ON d.campaign_id = c.id
         WHERE c.id IN (..)",
    )
    .bind_list(campaigns)
    .bind_list(campaigns)
    .bind_list(campaigns)
    .bind_list(campaigns)
    .all()
    .await
}
