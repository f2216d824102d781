//! The dates that duties are computed from, in the database.

use super::{FundDates, Periods, ProjectDates};
use crate::{
    db::{Result, Sql},
    id::{FundId, HostId, TargetId},
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

/// Which funds: one, a host's, or those below an area; `None` narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Where {
    /// This fund.
    pub fund: Option<FundId>,
    /// The funds of this host.
    pub host: Option<HostId>,
    /// The funds of the areas whose paths begin so.
    pub path: Option<String>,
}

/// The projects of some funds.
pub async fn projects<'c>(on: impl Sql<'c>, of: &Where) -> Result<Vec<ProjectDates>> {
    on.sql(
        "SELECT j.id AS target_id, t.fund_id,
                (SELECT MIN(m.moved_on) FROM project_move m WHERE m.project_id = j.id AND m.to_state = 'APPROVED')
                    AS started_on,
                (SELECT MAX(s.due_on) FROM milestone s WHERE s.project_id = j.id) AS planned_to,
                (SELECT MIN(m.moved_on) FROM project_move m
                 WHERE m.project_id = j.id AND m.to_state IN ('COMPLETED', 'CLOSED', 'CANCELLED')) AS ended_on
         FROM project j
         JOIN target t ON t.id = j.id
         JOIN fund f ON f.id = t.fund_id
         JOIN area a ON a.id = f.area_id
         WHERE (f.id = $1 OR $1 IS NULL) AND (f.host_id = $2 OR $2 IS NULL) AND (a.path LIKE $3 OR $3 IS NULL)",
    )
    .bind(of.fund)
    .bind(of.host)
    .bind(of.path.as_ref().map(|path| format!("{path}%")))
    .all()
    .await
}

/// Some funds.
pub async fn funds<'c>(on: impl Sql<'c>, of: &Where) -> Result<Vec<FundDates>> {
    on.sql(
        "SELECT f.id AS fund_id, f.opened_on FROM fund f JOIN area a ON a.id = f.area_id
         WHERE (f.id = $1 OR $1 IS NULL) AND (f.host_id = $2 OR $2 IS NULL) AND (a.path LIKE $3 OR $3 IS NULL)",
    )
    .bind(of.fund)
    .bind(of.host)
    .bind(of.path.as_ref().map(|path| format!("{path}%")))
    .all()
    .await
}
