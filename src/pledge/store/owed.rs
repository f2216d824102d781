//! Dues in the database, as they are read: page by page, with their changes, and as they stood on a day.

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql},
    id::{DueId, FundId, PartyId, PledgeId},
    money::Fen,
    page::Page,
    pledge::due::{Change, Due, DueStatus},
};

/// The dues that `rest` leaves, as they are read.
macro_rules! read {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.pledge_id, d.due_no, d.fund_id, d.donor_id, d.due_on, d.amount, d.corrected, d.received,
                    d.waived, p.state, p.ended_on,
                    CASE WHEN d.amount + d.corrected = 0 AND EXISTS (
                        SELECT 1 FROM due_change c WHERE c.due_id = d.id AND c.kind = 'WITHDRAWAL')
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS withdrawn
             FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id ",
            $rest
        )
    };
}

/// The dues of these keys.
pub async fn dues_by_ids<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<Due>> {
    on.sql(read!("WHERE d.id IN (..)")).bind_list(dues).all().await
}

/// All dues of these pledges, in their order.
pub async fn dues_with_changes<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<Due>> {
    on.sql(read!("WHERE d.pledge_id IN (..) ORDER BY d.pledge_id, d.due_no")).bind_list(pledges).all().await
}

/// A page of each pledge's dues, in their order.
pub async fn dues_page_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId], page: &Page) -> Result<Vec<Due>> {
    on.sql(read!("WHERE d.pledge_id = {owner} {page}")).page(page, "d.due_no").each_of(pledges).all().await
}

/// What narrows a list of dues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DueFilter {
    /// Only those that stand so on a day.
    pub status: Option<(DueStatus, NaiveDate)>,
    /// Only those due on these days.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// Only this giver's.
    pub donor: Option<PartyId>,
    /// Only those owed to this fund.
    pub fund: Option<FundId>,
    /// Only those owed to these funds; `None` for all.
    pub reach: Option<Vec<FundId>>,
}

/// The condition that a due stands as `$3` says on the day `$4`: what `Due::status` computes.
macro_rules! filtered {
    ($owner:literal) => {
        concat!(
            "SELECT d.id, d.pledge_id, d.due_no, d.fund_id, d.donor_id, d.due_on, d.amount, d.corrected, d.received,
                    d.waived, p.state, p.ended_on,
                    CASE WHEN d.amount + d.corrected = 0 AND EXISTS (
                        SELECT 1 FROM due_change c WHERE c.due_id = d.id AND c.kind = 'WITHDRAWAL')
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS withdrawn
             FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id ",
            "WHERE ",
            $owner,
            " = {owner}
               AND (d.due_on >= $1 OR $1 IS NULL) AND (d.due_on <= $2 OR $2 IS NULL)
               AND ($3 = CASE
                   WHEN d.amount + d.corrected = 0 AND EXISTS (
                       SELECT 1 FROM due_change c WHERE c.due_id = d.id AND c.kind = 'WITHDRAWAL') THEN 'WITHDRAWN'
                   WHEN d.received + d.waived >= d.amount + d.corrected AND d.waived > 0 THEN 'WAIVED'
                   WHEN d.received + d.waived >= d.amount + d.corrected THEN 'PAID'
                   WHEN p.state IN ('CANCELLED', 'LAPSED') THEN 'WITHDRAWN'
                   WHEN d.due_on < $4 THEN 'OVERDUE'
                   WHEN d.received > 0 THEN 'PART_PAID'
                   ELSE 'DUE' END OR $3 IS NULL)
               AND (d.donor_id = $5 OR $5 IS NULL) AND (d.fund_id = $6 OR $6 IS NULL)
               AND ($7 = 1 OR d.fund_id IN (..)) {page}"
        )
    };
}

fn filter_values<'c>(statement: crate::db::Statement<'c>, filter: &DueFilter) -> crate::db::Statement<'c> {
    // No fund has the key 0.
    let reach = filter.reach.clone().filter(|funds| !funds.is_empty()).unwrap_or_else(|| vec![FundId(0)]);
    statement
        .bind(filter.days.map(|(from, _)| from))
        .bind(filter.days.map(|(_, to)| to))
        .bind(filter.status.map(|(status, _)| status.code()))
        .bind(filter.status.map(|(_, today)| today))
        .bind(filter.donor)
        .bind(filter.fund)
        .bind(i64::from(filter.reach.is_none()))
        .bind_list(&reach)
}

/// A page of what is owed to each fund, by the day it is due.
pub async fn dues_of_funds<'c>(
    on: impl Sql<'c>,
    funds: &[FundId],
    filter: &DueFilter,
    page: &Page,
) -> Result<Vec<Due>> {
    let statement = filter_values(on.sql(filtered!("d.fund_id")), filter);
    statement.page(page, "d.due_on, d.id").each_of(funds).all().await
}

/// A page of what each party owes, by the day it is due.
pub async fn dues_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &DueFilter,
    page: &Page,
) -> Result<Vec<Due>> {
    let statement = filter_values(on.sql(filtered!("d.donor_id")), filter);
    statement.page(page, "d.due_on, d.id").each_of(parties).all().await
}

/// The changes of these dues, the oldest first.
pub async fn changes_of<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<Change>> {
    on.sql(
        "SELECT id, due_id, kind, amount, basis, report_id, changed_on, reason FROM due_change
         WHERE due_id IN (..) ORDER BY id",
    )
    .bind_list(dues)
    .all()
    .await
}

/// How a pledge stood on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// The pledge.
    pub pledge_id: PledgeId,
    /// What was promised in all; `None` for a share without limit.
    pub promised: Option<Fen>,
    /// What had become due.
    pub due: Fen,
    /// What had arrived.
    pub received: Fen,
    /// What had become due, had not arrived and was still asked for.
    pub outstanding: Fen,
    /// The part of it whose day had passed.
    pub overdue: Fen,
}

/// How these pledges stood at the end of a day, from their lines and not from what is kept beside them.
pub async fn standing<'c>(on: impl Sql<'c>, pledges: &[PledgeId], day: NaiveDate) -> Result<Vec<Standing>> {
    on.sql(
        "SELECT p.id AS pledge_id,
                CASE WHEN p.kind = 'RECURRING' THEN COALESCE((
                    SELECT s.promised FROM pledge_schedule s
                    WHERE s.pledge_id = p.id AND (s.agreed_on <= $1 OR s.version = 1)
                    ORDER BY s.version DESC LIMIT 1), p.amount) ELSE p.amount END AS promised,
                CAST(COALESCE(SUM(CASE WHEN q.due_on <= $1 THEN q.owed ELSE 0 END), 0) AS BIGINT) AS due,
                CAST(COALESCE(SUM(q.received), 0) AS BIGINT) AS received,
                CAST(COALESCE(SUM(CASE WHEN q.due_on <= $1 AND (p.state NOT IN ('CANCELLED', 'LAPSED') OR p.ended_on > $1)
                                       THEN q.owed - q.waived - q.received ELSE 0 END), 0) AS BIGINT) AS outstanding,
                CAST(COALESCE(SUM(CASE WHEN q.due_on < $1 AND (p.state NOT IN ('CANCELLED', 'LAPSED') OR p.ended_on > $1)
                                       THEN q.owed - q.waived - q.received ELSE 0 END), 0) AS BIGINT) AS overdue
         FROM pledge p
         LEFT JOIN (
             SELECT d.pledge_id, d.due_on,
                    d.amount + COALESCE((
                        SELECT SUM(c.amount) FROM due_change c
                        WHERE c.due_id = d.id AND c.kind <> 'WAIVER' AND c.changed_on <= $1), 0) AS owed,
                    COALESCE((
                        SELECT -SUM(c.amount) FROM due_change c
                        WHERE c.due_id = d.id AND c.kind = 'WAIVER' AND c.changed_on <= $1), 0) AS waived,
                    COALESCE((
                        SELECT SUM(l.amount) FROM lot l
                        WHERE l.due_id = d.id AND l.parent_id IS NULL AND l.received_on <= $1
                          AND NOT EXISTS (
                              SELECT 1 FROM entry e JOIN entry x ON x.reverses_id = e.id
                              WHERE e.receipt_id = l.receipt_id AND x.effective_on <= $1)), 0) AS received
             FROM pledge_due d WHERE d.pledge_id IN (..)) AS q ON q.pledge_id = p.id
         WHERE p.id IN (..)
         GROUP BY p.id, p.kind, p.amount",
    )
    .bind(day)
    .bind_list(pledges)
    .bind_list(pledges)
    .all()
    .await
}
