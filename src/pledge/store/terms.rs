//! The terms of pledges in the database, as far as the pledge itself does not hold them.

use chrono::NaiveDate;

use crate::{
    db::{Result, Sql, Tx},
    id::{PledgeId, TargetId},
    money::Fen,
    pledge::{
        claim::Room,
        offer::Made,
        schedule::PledgeInterval,
        terms::{Category, Funding, Sharing, Terms},
    },
};

/// Adds the terms of pledges; `all` gives the units of a project.
pub(in crate::pledge) async fn insert_terms(
    tx: &mut Tx,
    made: &[Made<'_>],
    all: impl Fn(&TargetId) -> i64,
) -> Result<()> {
    let (mut schedules, mut goods, mut matches, mut claims) = (vec![], vec![], vec![], vec![]);
    for one in made {
        match &one.offer.terms {
            Terms::Recurring(schedule) => schedules.push(ScheduleRow {
                pledge_id: one.pledge,
                version: 1,
                from_on: schedule.first_on,
                anchor_on: schedule.first_on,
                amount: schedule.amount,
                every: schedule.every,
                times: schedule.end.times(),
                last_on: schedule.end.last_on(),
                promised: one.plan.amount.unwrap_or(Fen::ZERO),
                agreed_on: one.offer.offered_on,
                reason: String::new(),
            }),
            Terms::InKind { category, quantity, unit, description, .. } => {
                goods.push((one.pledge, *category, *quantity, unit.trim(), description.trim()));
            }
            Terms::Matching { funding, per_gift, per_project, .. } => {
                matches.push((one.pledge, *funding, *per_gift, *per_project));
            }
            Terms::Claim { project, units, sharing, .. } => {
                claims.push((one.pledge, *project, units.unwrap_or_else(|| all(project)), *sharing));
            }
            Terms::Fixed { .. } | Terms::ShareOfSales { .. } | Terms::PerUnit { .. } => {}
        }
    }
    insert_schedules(tx, &schedules).await?;
    tx.insert_all(
        "INSERT INTO pledge_goods (pledge_id, category, quantity, unit, description) VALUES (..)",
        &goods,
        |row, (pledge, category, quantity, unit, description)| {
            row.bind(*pledge).bind(*category).bind(*quantity).bind(*unit).bind(*description)
        },
    )
    .await?;
    tx.insert_all(
        "INSERT INTO pledge_match (pledge_id, funding, per_gift, per_project) VALUES (..)",
        &matches,
        |row, (pledge, funding, per_gift, per_project)| {
            row.bind(*pledge).bind(*funding).bind(*per_gift).bind(*per_project)
        },
    )
    .await?;
    tx.insert_all(
        "INSERT INTO pledge_claim (pledge_id, project_id, units, sharing) VALUES (..)",
        &claims,
        |row, (pledge, project, units, sharing)| row.bind(*pledge).bind(*project).bind(*units).bind(*sharing),
    )
    .await?;
    Ok(())
}

/// What a recurring pledge promises from a day on.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ScheduleRow {
    /// The pledge.
    pub pledge_id: PledgeId,
    /// 1 as it was offered, and one more for each amendment.
    pub version: i64,
    /// From which day on.
    pub from_on: NaiveDate,
    /// The day from which the others are counted.
    pub anchor_on: NaiveDate,
    /// What each due comes to.
    pub amount: Fen,
    /// How far two dues are apart.
    pub every: PledgeInterval,
    /// How many dues; `None` where the last day says it.
    pub times: Option<i64>,
    /// The last day.
    pub last_on: Option<NaiveDate>,
    /// What is promised in all from this version on.
    pub promised: Fen,
    /// The day it was agreed.
    pub agreed_on: NaiveDate,
    /// Why it was changed; empty for the offer.
    pub reason: String,
}

/// Adds schedules.
pub async fn insert_schedules(tx: &mut Tx, schedules: &[ScheduleRow]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO pledge_schedule (pledge_id, version, from_on, anchor_on, amount, every, times, last_on, promised,
                                      agreed_on, reason)
         VALUES (..)",
        schedules,
        |row, one| {
            row.bind(one.pledge_id)
                .bind(one.version)
                .bind(one.from_on)
                .bind(one.anchor_on)
                .bind(one.amount)
                .bind(one.every)
                .bind(one.times)
                .bind(one.last_on)
                .bind(one.promised)
                .bind(one.agreed_on)
                .bind(one.reason.clone())
        },
    )
    .await
}

/// The schedules of pledges, the oldest first.
pub async fn schedules_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<ScheduleRow>> {
    on.sql(
        "SELECT pledge_id, version, from_on, anchor_on, amount, every, times, last_on, promised, agreed_on, reason
         FROM pledge_schedule WHERE pledge_id IN (..) ORDER BY pledge_id, version",
    )
    .bind_list(pledges)
    .all()
    .await
}

/// What an in-kind pledge gives.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GoodsRow {
    /// The pledge.
    pub pledge_id: PledgeId,
    /// What kind of thing.
    pub category: Category,
    /// How much, in hundredths of the unit.
    pub quantity: i64,
    /// What it is counted in.
    pub unit: String,
    /// What it is.
    pub description: String,
}

/// What in-kind pledges give.
pub async fn goods_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<GoodsRow>> {
    on.sql("SELECT pledge_id, category, quantity, unit, description FROM pledge_goods WHERE pledge_id IN (..)")
        .bind_list(pledges)
        .all()
        .await
}

/// How a match is paid for, and its caps beside the one in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MatchRow {
    /// The pledge.
    pub pledge_id: PledgeId,
    /// How it is paid for.
    pub funding: Funding,
    /// The most for one gift.
    pub per_gift: Option<Fen>,
    /// The most into one project.
    pub per_project: Option<Fen>,
}

/// How matches are paid for.
pub async fn matches_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<MatchRow>> {
    on.sql("SELECT pledge_id, funding, per_gift, per_project FROM pledge_match WHERE pledge_id IN (..)")
        .bind_list(pledges)
        .all()
        .await
}

/// The units of a project that a claim takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ClaimRow {
    /// The pledge.
    pub pledge_id: PledgeId,
    /// The project.
    pub project_id: TargetId,
    /// How many units.
    pub units: i64,
    /// Whether others may claim what is left.
    pub sharing: Sharing,
}

/// What claims take.
pub async fn claims_of<'c>(on: impl Sql<'c>, pledges: &[PledgeId]) -> Result<Vec<ClaimRow>> {
    on.sql("SELECT pledge_id, project_id, units, sharing FROM pledge_claim WHERE pledge_id IN (..)")
        .bind_list(pledges)
        .all()
        .await
}

/// Changes what a recurring pledge promises in all; `met_on` where that has arrived.
pub async fn set_promised(
    tx: &mut Tx,
    pledge: PledgeId,
    amount: Fen,
    ends_on: Option<NaiveDate>,
    met_on: Option<NaiveDate>,
) -> Result<u64> {
    tx.sql(
        "UPDATE pledge
         SET amount = $1, stated = $1, ends_on = $2,
             state = CASE WHEN $3 = 1 THEN 'FULFILLED' WHEN state = 'FULFILLED' THEN 'ACCEPTED' ELSE state END,
             ended_on = CASE WHEN $3 = 1 THEN $4 WHEN state = 'FULFILLED' THEN NULL ELSE ended_on END
         WHERE id = $5",
    )
    .bind(amount)
    .bind(ends_on)
    .bind(i64::from(met_on.is_some()))
    .bind(met_on)
    .bind(pledge)
    .execute()
    .await
}

/// The room of projects that may be claimed, without claims that had expired on `today`.
pub async fn rooms<'c>(on: impl Sql<'c>, projects: &[TargetId], today: NaiveDate) -> Result<Vec<Room>> {
    on.sql(
        "SELECT c.project_id, c.units, c.unit_value, CAST(COALESCE(SUM(s.units), 0) AS BIGINT) AS taken,
                CAST(COALESCE(SUM(CASE WHEN s.sharing = 'EXCLUSIVE' THEN 1 ELSE 0 END), 0) AS BIGINT) AS exclusive
         FROM claimable c
         LEFT JOIN (
             SELECT k.project_id, k.units, k.sharing FROM pledge_claim k JOIN pledge p ON p.id = k.pledge_id
             WHERE p.state = 'FULFILLED' OR (p.state IN ('OFFERED', 'ACCEPTED') AND p.ends_on >= $1)) AS s
           ON s.project_id = c.project_id
         WHERE c.project_id IN (..)
         GROUP BY c.project_id, c.units, c.unit_value",
    )
    .bind(today)
    .bind_list(projects)
    .all()
    .await
}

/// Lets claims of projects lapse that had expired on `today`.
pub async fn lapse_expired(tx: &mut Tx, projects: &[TargetId], today: NaiveDate) -> Result<u64> {
    tx.sql(
        "UPDATE pledge SET state = 'LAPSED', ended_on = $1
         WHERE state IN ('OFFERED', 'ACCEPTED') AND ends_on < $1
           AND id IN (SELECT k.pledge_id FROM pledge_claim k WHERE k.project_id IN (..))",
    )
    .bind(today)
    .bind_list(projects)
    .execute()
    .await
}

/// Says how a project may be claimed.
pub async fn set_claimable(tx: &mut Tx, project: TargetId, units: i64, unit_value: Fen) -> Result<u64> {
    tx.sql(
        "INSERT INTO claimable (project_id, units, unit_value) VALUES ($1, $2, $3)
         ON CONFLICT (project_id) DO UPDATE SET units = excluded.units, unit_value = excluded.unit_value",
    )
    .bind(project)
    .bind(units)
    .bind(unit_value)
    .execute()
    .await
}
