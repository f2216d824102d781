//! Dues in the database, as they are settled.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql, Tx},
    id::{DueId, EarmarkId, FundId, PartyId, PledgeId, PrincipalId, SalesReportId},
    money::Fen,
    pledge::{Pledge, PledgeKind, PledgeState, due::ChangeKind},
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
