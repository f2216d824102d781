//! The dates that duties are computed from, in the database.

use super::{FundDates, Periods, ProjectDates};
use crate::{
    db::{Result, Sql},
    id::{AreaId, FundId, HostId, TargetId},
};

/// The periods that are set.
pub async fn periods<'c>(on: impl Sql<'c>) -> Result<Periods> {
    let rows: Vec<(String, i64)> = on.sql("SELECT rule, amount FROM duty_period").all().await?;
    let of = |rule: &str, law: u32| {
        let set = rows.iter().find(|row| row.0 == rule).and_then(|row| row.1.try_into().ok());
        set.unwrap_or(law)
    };
    Ok(Periods {
        long: of("LONG", 6),
        progress: of("PROGRESS", 3),
        last: of("FINAL", 3),
        yearly: (of("YEARLY_MONTH", 5), of("YEARLY_DAY", 31)),
    })
}

/// The projects of these keys.
pub async fn projects_by_ids<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<ProjectDates>> {
    on.sql(
        "SELECT j.id AS target_id, t.fund_id,
                (SELECT MIN(m.moved_on) FROM project_move m WHERE m.project_id = j.id AND m.to_state = 'APPROVED')
                    AS started_on,
                (SELECT MAX(s.due_on) FROM milestone s WHERE s.project_id = j.id) AS planned_to,
                (SELECT MIN(m.moved_on) FROM project_move m
                 WHERE m.project_id = j.id AND m.to_state IN ('COMPLETED', 'CLOSED', 'CANCELLED')) AS ended_on
         FROM project j JOIN target t ON t.id = j.id WHERE j.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The projects of these funds.
pub async fn projects_of_funds<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<ProjectDates>> {
    on.sql(
        "SELECT j.id AS target_id, t.fund_id,
                (SELECT MIN(m.moved_on) FROM project_move m WHERE m.project_id = j.id AND m.to_state = 'APPROVED')
                    AS started_on,
                (SELECT MAX(s.due_on) FROM milestone s WHERE s.project_id = j.id) AS planned_to,
                (SELECT MIN(m.moved_on) FROM project_move m
                 WHERE m.project_id = j.id AND m.to_state IN ('COMPLETED', 'CLOSED', 'CANCELLED')) AS ended_on
         FROM target t JOIN project j ON j.id = t.id WHERE t.fund_id IN (..)",
    )
    .bind_list(funds)
    .all()
    .await
}

/// These funds.
pub async fn funds<'c>(on: impl Sql<'c>, ids: &[FundId]) -> Result<Vec<FundDates>> {
    on.sql("SELECT id AS fund_id, opened_on FROM fund WHERE id IN (..)").bind_list(ids).all().await
}

/// The funds that each of `hosts` holds.
pub async fn funds_of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId]) -> Result<Vec<(HostId, FundId)>> {
    on.sql("SELECT host_id, id FROM fund WHERE host_id IN (..)").bind_list(hosts).all().await
}

/// The funds in each of `areas` and below it.
pub async fn funds_below<'c>(on: impl Sql<'c>, areas: &[AreaId]) -> Result<Vec<(AreaId, FundId)>> {
    on.sql(
        "SELECT top.id, f.id FROM area top
         JOIN area own ON substr(own.path, 1, length(top.path)) = top.path
         JOIN fund f ON f.area_id = own.id
         WHERE top.id IN (..)",
    )
    .bind_list(areas)
    .all()
    .await
}
