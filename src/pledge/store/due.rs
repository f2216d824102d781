//! Dues in the database, as they are settled.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql, Tx},
    id::{DueId, EarmarkId, FundId, PartyId, PledgeId, PrincipalId, SalesReportId},
    money::Fen,
    page::Page,
    pledge::{
        Pledge, PledgeKind, PledgeState,
        due::{self, Change, ChangeKind, DueStatus},
    },
};

/// A due about to be stated.
#[derive(Clone, Debug)]
pub struct DueRow {
    /// The due.
    pub id: DueId,
    /// Its pledge.
    pub pledge_id: PledgeId,
    /// Which of its dues.
    pub due_no: i64,
    /// The fund it is owed to.
    pub fund_id: FundId,
    /// Who owes it.
    pub donor_id: PartyId,
    /// The day it is due.
    pub due_on: NaiveDate,
    /// How much.
    pub amount: Fen,
}

/// Adds dues.
pub async fn insert_dues(tx: &mut Tx, dues: &[DueRow]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO pledge_due (id, pledge_id, due_no, fund_id, donor_id, due_on, amount) VALUES (..)",
        dues,
        |row, due| {
            row.bind(due.id)
                .bind(due.pledge_id)
                .bind(due.due_no)
                .bind(due.fund_id)
                .bind(due.donor_id)
                .bind(due.due_on)
                .bind(due.amount)
        },
    )
    .await
}

/// A due as its settlement needs it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    pub pledge_id: PledgeId,
    /// The fund it is owed to.
    pub fund_id: FundId,
    /// Who owes it.
    pub donor_id: PartyId,
    /// What it may be used for.
    pub earmark_id: EarmarkId,
    /// How its pledge says what it will give.
    pub kind: PledgeKind,
    /// Whether it is paid into the pot of a match: 1 for a match that is paid ahead.
    pub to_match: i64,
    /// How far its pledge has come.
    pub state: PledgeState,
    /// What has not arrived and is still asked for.
    pub outstanding: Fen,
}

/// The dues that `rest` leaves, as their settlement needs them.
macro_rules! due {
    ($rest:literal) => {
        concat!(
            "SELECT d.id AS due_id, p.id AS pledge_id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.state,
                    d.amount + d.corrected - d.waived - d.received AS outstanding,
                    CASE WHEN p.kind = 'MATCHING' AND NOT EXISTS (
                        SELECT 1 FROM pledge_match m WHERE m.pledge_id = p.id AND m.funding = 'DUE')
                    THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS to_match
             FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id ",
            $rest
        )
    };
}

/// The dues of these keys.
pub async fn settled_dues<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<Due>> {
    on.sql(due!("WHERE d.id IN (..)")).bind_list(dues).all().await
}

/// The dues of these pledges, the oldest first.
pub async fn dues_of_pledges<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<Due>> {
    on.sql(due!("WHERE d.pledge_id IN (..) ORDER BY d.due_on, d.id")).bind_list(pledges).all().await
}

/// What these givers have been accepted to owe a fund, the oldest due first.
pub async fn dues_of_donors<'c>(on: impl Sql<'c>, fund: FundId, donors: &[PartyId]) -> Result<Vec<Due>> {
    on.sql(due!(
        "WHERE d.fund_id = $1 AND d.donor_id IN (..) AND p.state = 'ACCEPTED'
           AND d.received + d.waived < d.amount + d.corrected
         ORDER BY d.due_on, d.id"
    ))
    .bind(fund)
    .bind_list(donors)
    .all()
    .await
}

/// Adds what arrived on dues.
pub async fn add_received_to_dues(tx: &mut Tx, received: &[(DueId, Fen)]) -> Result<u64> {
    tx.insert_all(
        "UPDATE pledge_due SET received = pledge_due.received + CAST(d.column2 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE pledge_due.id = CAST(d.column1 AS BIGINT)",
        received,
        |row, (due, amount)| row.bind(*due).bind(*amount),
    )
    .await
}

/// Adds what arrived on pledges, with the day of the last of it; those that are met end on it.
pub async fn add_received(tx: &mut Tx, received: &[(PledgeId, Fen, NaiveDate)]) -> Result<u64> {
    tx.insert_all(
        "UPDATE pledge
         SET received = pledge.received + CAST(d.column2 AS BIGINT),
             state = CASE WHEN pledge.received + pledge.waived + CAST(d.column2 AS BIGINT) = pledge.amount
                     THEN 'FULFILLED' ELSE pledge.state END,
             ended_on = CASE WHEN pledge.received + pledge.waived + CAST(d.column2 AS BIGINT) = pledge.amount
                        THEN d.column3 ELSE pledge.ended_on END
         FROM (VALUES (..)) AS d
         WHERE pledge.id = CAST(d.column1 AS BIGINT)",
        received,
        |row, (pledge, amount, day)| row.bind(*pledge).bind(*amount).bind(*day),
    )
    .await
}

/// A pledge with the due it was found by.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PledgeOfDue {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    #[sqlx(flatten)]
    pub pledge: Pledge,
}

/// The pledge of each of these dues.
pub async fn of_dues<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<PledgeOfDue>> {
    on.sql(
        "SELECT d.id AS due_id, p.id, p.fund_id, p.donor_id, p.earmark_id, p.kind, p.amount, p.rate_num, p.rate_den,
                p.state, p.offered_on, p.due_on, p.ends_on, p.settle_days, p.ended_on, p.stated, p.received, p.waived,
                p.agreement_id, p.campaign_id, p.source, p.external_ref, p.note
         FROM pledge_due d JOIN pledge p ON p.id = d.pledge_id
         WHERE d.id IN (..)",
    )
    .bind_list(dues)
    .all()
    .await
}

/// Adds what became due to what pledges state.
pub async fn add_stated(tx: &mut Tx, stated: &[(PledgeId, Fen)]) -> Result<u64> {
    tx.insert_all(
        "UPDATE pledge SET stated = pledge.stated + CAST(d.column2 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE pledge.id = CAST(d.column1 AS BIGINT)",
        stated,
        |row, (pledge, amount)| row.bind(*pledge).bind(*amount),
    )
    .await
}

/// What a due still owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenDue {
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    pub pledge_id: PledgeId,
    /// What has not arrived and is still asked for.
    pub outstanding: Fen,
}

/// The dues of these pledges that owe something, the oldest first.
pub async fn open_dues(tx: &mut Tx, pledges: &[PledgeId]) -> Result<Vec<OpenDue>> {
    if pledges.is_empty() {
        return Ok(vec![]);
    }
    tx.sql(
        "SELECT id AS due_id, pledge_id, amount + corrected - waived - received AS outstanding
         FROM pledge_due
         WHERE received + waived < amount + corrected AND pledge_id IN (..)
         ORDER BY due_on, id",
    )
    .bind_list(pledges)
    .all()
    .await
}

/// A change of a due about to be made.
#[derive(Clone, Debug)]
pub struct ChangeRow {
    /// The change.
    pub id: i64,
    /// The due.
    pub due_id: DueId,
    /// Its pledge.
    pub pledge_id: PledgeId,
    /// Why.
    pub kind: ChangeKind,
    /// What it adds to what is owed.
    pub amount: Fen,
    /// What it adds to what the rate is applied to.
    pub basis: i64,
    /// The report it stands on.
    pub report_id: Option<SalesReportId>,
    /// The day.
    pub changed_on: NaiveDate,
    /// In the words of who changed it.
    pub reason: String,
    /// Who changed it.
    pub principal_id: PrincipalId,
}

/// Adds changes, and what they come to, to the dues and their pledges.
pub async fn insert_changes(tx: &mut Tx, changes: &[ChangeRow]) -> Result<()> {
    tx.insert_all(
        "INSERT INTO due_change (id, due_id, kind, amount, basis, report_id, changed_on, reason, principal_id)
         VALUES (..)",
        changes,
        |row, one| {
            row.bind(one.id)
                .bind(one.due_id)
                .bind(one.kind)
                .bind(one.amount)
                .bind(one.basis)
                .bind(one.report_id)
                .bind(one.changed_on)
                .bind(one.reason.clone())
                .bind(one.principal_id)
        },
    )
    .await?;
    // What a waiver takes off is kept apart from what was corrected and withdrawn.
    let parts = |one: &ChangeRow| match one.kind {
        ChangeKind::Waiver => (Fen::ZERO, -one.amount),
        _ => (one.amount, Fen::ZERO),
    };
    let mut dues: BTreeMap<DueId, (Fen, Fen)> = BTreeMap::new();
    let mut pledges: BTreeMap<PledgeId, (Fen, Fen)> = BTreeMap::new();
    for one in changes {
        let (corrected, waived) = parts(one);
        for sums in [dues.entry(one.due_id).or_default(), pledges.entry(one.pledge_id).or_default()] {
            *sums = (sums.0 + corrected, sums.1 + waived);
        }
    }
    let rows: Vec<_> = dues.into_iter().collect();
    tx.insert_all(
        "UPDATE pledge_due
         SET corrected = pledge_due.corrected + CAST(d.column2 AS BIGINT),
             waived = pledge_due.waived + CAST(d.column3 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE pledge_due.id = CAST(d.column1 AS BIGINT)",
        &rows,
        |row, (due, (corrected, waived))| row.bind(*due).bind(*corrected).bind(*waived),
    )
    .await?;
    let rows: Vec<_> = pledges.into_iter().collect();
    tx.insert_all(
        "UPDATE pledge
         SET stated = pledge.stated + CAST(d.column2 AS BIGINT),
             waived = pledge.waived + CAST(d.column3 AS BIGINT)
         FROM (VALUES (..)) AS d
         WHERE pledge.id = CAST(d.column1 AS BIGINT)",
        &rows,
        |row, (pledge, (stated, waived))| row.bind(*pledge).bind(*stated).bind(*waived),
    )
    .await?;
    Ok(())
}

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
pub async fn dues_by_ids<'c>(on: impl Sql<'c>, dues: &[DueId]) -> Result<Vec<due::Due>> {
    on.sql(read!("WHERE d.id IN (..)")).bind_list(dues).all().await
}

/// All dues of these pledges, in their order.
pub async fn dues_with_changes<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<due::Due>> {
    on.sql(read!("WHERE d.pledge_id IN (..) ORDER BY d.pledge_id, d.due_no")).bind_list(pledges).all().await
}

/// A page of each pledge's dues, in their order.
pub async fn dues_page_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId], page: &Page) -> Result<Vec<due::Due>> {
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
) -> Result<Vec<due::Due>> {
    let statement = filter_values(on.sql(filtered!("d.fund_id")), filter);
    statement.page(page, "d.due_on, d.id").each_of(funds).all().await
}

/// A page of what each party owes, by the day it is due.
pub async fn dues_of_parties<'c>(
    on: impl Sql<'c>,
    parties: &[PartyId],
    filter: &DueFilter,
    page: &Page,
) -> Result<Vec<due::Due>> {
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
