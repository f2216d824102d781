//! Reports of sales, and what they add to pledges, in the database.

use std::collections::HashMap;

use super::{Following, SalesReport};
use crate::{
    db::{Result, Sql, Tx},
    id::{CampaignId, DueId, FundId, PartyId, SalesReportId},
    ledger::idem::{self, Origin},
    page::Page,
};

/// The reports that `rest` leaves.
macro_rules! report {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.fund_id, r.merchant_id, r.campaign_id, r.from_on, r.to_on, r.amount, r.units,
                    r.reported_on, r.first_id, r.corrects_id, r.source, r.external_ref, r.note, r.principal_id
             FROM sales_report r ",
            $rest
        )
    };
}

/// The reports of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[SalesReportId]) -> Result<Vec<SalesReport>> {
    on.sql(report!("WHERE r.id IN (..)")).bind_list(ids).all().await
}

/// The last correction of each of these first reports, or the report itself.
pub async fn latest_of<'c>(on: impl Sql<'c>, firsts: &[SalesReportId]) -> Result<Vec<SalesReport>> {
    on.sql(report!("WHERE r.first_id IN (..) AND NOT EXISTS (SELECT 1 FROM sales_report c WHERE c.corrects_id = r.id)"))
        .bind_list(firsts)
        .all()
        .await
}

/// The reports of the same sales as each of these first ones, oldest first.
pub async fn trail_of<'c>(on: impl Sql<'c>, firsts: &[SalesReportId]) -> Result<Vec<SalesReport>> {
    on.sql(report!("WHERE r.first_id IN (..) ORDER BY r.id")).bind_list(firsts).all().await
}

/// A page of each fund's reports by their last day.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<SalesReport>> {
    on.sql(report!("WHERE r.fund_id = {owner} {page}")).page(page, "r.to_on, r.id").each_of(funds).all().await
}

/// A page of each campaign's reports, in the order they were made.
pub async fn of_campaigns<'c>(on: impl Sql<'c>, campaigns: &[CampaignId], page: &Page) -> Result<Vec<SalesReport>> {
    on.sql(report!("WHERE r.campaign_id = {owner} {page}")).page(page, "r.id").each_of(campaigns).all().await
}

/// What merchants reported without an origin, as it stands after corrections under its first key.
pub async fn sold_by(tx: &mut Tx, fund: FundId, merchants: &[PartyId]) -> Result<Vec<SalesReport>> {
    if merchants.is_empty() {
        return Ok(vec![]);
    }
    tx.sql(
        "SELECT f.id, f.fund_id, f.merchant_id, f.campaign_id, f.from_on, f.to_on, r.amount, r.units,
                f.reported_on, f.first_id, f.corrects_id, f.source, f.external_ref, f.note, f.principal_id
         FROM sales_report f
         JOIN sales_report r ON r.first_id = f.id
         WHERE f.fund_id = $1 AND f.source IS NULL AND f.corrects_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM sales_report c WHERE c.corrects_id = r.id) AND f.merchant_id IN (..)",
    )
    .bind(fund)
    .bind_list(merchants)
    .all()
    .await
}

/// The reports to a fund that were taken over from these origins.
pub async fn of_origins(tx: &mut Tx, fund: FundId, origins: &[&Origin]) -> Result<HashMap<Origin, SalesReportId>> {
    let mut found = HashMap::new();
    // A statement for each source: a list has its own numbers, and those of contents.
    for (source, references) in idem::by_source(origins) {
        let known: Vec<(String, SalesReportId)> = tx
            .sql(
                "SELECT value, id FROM (
                     SELECT k.value, (SELECT p.id FROM sales_report p WHERE p.fund_id = $1 AND p.source = $2
                                        AND p.external_ref = k.value) AS id
                     FROM {list} k) AS looked_up
                 WHERE id IS NOT NULL",
            )
            .bind(fund)
            .bind(source.to_owned())
            .bind_table(&references)
            .all()
            .await?;
        let origin = |reference| Origin { source: source.to_owned(), reference };
        found.extend(known.into_iter().map(|(reference, id)| (origin(reference), id)));
    }
    Ok(found)
}

/// The pledges that `rest` leaves, with what they come to so far.
macro_rules! following {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.donor_id, p.kind, p.amount, p.rate_num, p.rate_den, p.campaign_id, p.due_on, p.ends_on,
                    p.settle_days, p.stated,
                    CAST(COALESCE(s.basis, 0) + COALESCE(c.basis, 0) AS BIGINT) AS basis,
                    CAST(COALESCE(s.dues, 0) AS BIGINT) AS dues
             FROM pledge p
             LEFT JOIN (
                 SELECT d.pledge_id, SUM(b.basis) AS basis, COUNT(*) AS dues
                 FROM pledge q JOIN pledge_due d ON d.pledge_id = q.id JOIN sales_due b ON b.due_id = d.id
                 WHERE q.fund_id = $1 AND q.donor_id IN (..)
                 GROUP BY d.pledge_id) AS s ON s.pledge_id = p.id
             LEFT JOIN (
                 SELECT d.pledge_id, SUM(x.basis) AS basis
                 FROM pledge q JOIN pledge_due d ON d.pledge_id = q.id JOIN due_change x ON x.due_id = d.id
                 WHERE q.fund_id = $1 AND q.donor_id IN (..)
                 GROUP BY d.pledge_id) AS c ON c.pledge_id = p.id ",
            $rest
        )
    };
}

/// The accepted pledges of these givers to a fund that follow sales, the oldest first.
pub async fn following<'c>(on: impl Sql<'c>, fund: FundId, merchants: &[PartyId]) -> Result<Vec<Following>> {
    on.sql(following!(
        "WHERE p.fund_id = $1 AND p.donor_id IN (..) AND p.kind IN ('SHARE_OF_SALES', 'PER_UNIT')
           AND p.state IN ('ACCEPTED', 'FULFILLED')
         ORDER BY p.id"
    ))
    .bind(fund)
    .bind_list(merchants)
    .bind_list(merchants)
    .bind_list(merchants)
    .all()
    .await
}

/// Adds reports.
pub async fn insert(tx: &mut Tx, reports: &[SalesReport]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO sales_report (id, fund_id, merchant_id, campaign_id, from_on, to_on, amount, units, reported_on,
                                   first_id, corrects_id, source, external_ref, note, principal_id)
         VALUES (..)",
        reports,
        |row, one| {
            row.bind(one.id)
                .bind(one.fund_id)
                .bind(one.merchant_id)
                .bind(one.campaign_id)
                .bind(one.from_on)
                .bind(one.to_on)
                .bind(one.amount)
                .bind(one.units)
                .bind(one.reported_on)
                .bind(one.first_id)
                .bind(one.corrects_id)
                .bind(one.source.clone())
                .bind(one.external_ref.clone())
                .bind(one.note.clone())
                .bind(one.principal_id)
        },
    )
    .await
}

/// What a due comes of.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// The due.
    pub due: DueId,
    /// The report.
    pub report: SalesReportId,
    /// Fen or pieces.
    pub basis: i64,
}

/// Writes down what dues come of.
pub async fn insert_bases(tx: &mut Tx, bases: &[Basis]) -> Result<u64> {
    tx.insert_all("INSERT INTO sales_due (due_id, report_id, basis) VALUES (..)", bases, |row, one| {
        row.bind(one.due).bind(one.report).bind(one.basis)
    })
    .await
}

/// A due that stands on a report, with what it was applied to after corrections.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Standing {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    pub pledge_id: crate::id::PledgeId,
    /// Fen or pieces.
    pub basis: i64,
}

/// The dues that stand on a first report, of pledges that are not ended.
pub async fn standing_on<'c>(on: impl Sql<'c>, first: SalesReportId) -> Result<Vec<Standing>> {
    on.sql(
        "SELECT b.due_id, d.pledge_id,
                CAST(b.basis + COALESCE((SELECT SUM(x.basis) FROM due_change x WHERE x.due_id = b.due_id), 0) AS BIGINT)
                    AS basis
         FROM sales_due b JOIN pledge_due d ON d.id = b.due_id JOIN pledge p ON p.id = d.pledge_id
         WHERE b.report_id = $1 AND p.state IN ('ACCEPTED', 'FULFILLED')
         ORDER BY b.due_id",
    )
    .bind(first)
    .all()
    .await
}

/// What the sales of each of these pledges come to: fen or pieces.
pub async fn bases_of<'c>(
    on: impl Sql<'c>,
    pledges: &[crate::id::PledgeId],
) -> Result<Vec<(crate::id::PledgeId, i64)>> {
    on.sql(
        "SELECT d.pledge_id,
                CAST(SUM(b.basis + COALESCE((SELECT SUM(x.basis) FROM due_change x WHERE x.due_id = d.id), 0)) AS BIGINT)
         FROM pledge_due d JOIN sales_due b ON b.due_id = d.id
         WHERE d.pledge_id IN (..)
         GROUP BY d.pledge_id",
    )
    .bind_list(pledges)
    .all()
    .await
}

/// A due with the report it stands on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueOfReport {
    /// The report.
    pub report_id: SalesReportId,
    /// The due.
    pub due_id: DueId,
}

/// A page of the dues that stand on each of these first reports.
pub async fn dues_of_reports<'c>(on: impl Sql<'c>, firsts: &[SalesReportId], page: &Page) -> Result<Vec<DueOfReport>> {
    on.sql("SELECT report_id, due_id FROM sales_due WHERE report_id = {owner} {page}")
        .page(page, "due_id")
        .each_of(firsts)
        .all()
        .await
}
