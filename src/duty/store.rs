//! The dates that duties are computed from, and what is published, in the database.

use chrono::NaiveDate;

use super::{About, FundDates, Lasting, Period, Publication, RelatedDay, Rule};
use crate::{
    db::{Result, Sql, Tx},
    id::{CampaignId, FundId, HostId, PrincipalId, TargetId},
};

/// A period that a host has set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Setting {
    /// The host.
    pub host_id: HostId,
    /// Which period.
    pub name: Period,
    /// How long it is.
    pub amount: i64,
    /// The day it was set.
    pub set_on: NaiveDate,
}

/// The periods that these hosts have set.
pub async fn settings<'c>(on: impl Sql<'c>, hosts: &[HostId]) -> Result<Vec<Setting>> {
    on.sql("SELECT host_id, name, amount, set_on FROM duty_period WHERE host_id IN (..)").bind_list(hosts).all().await
}

/// The path of a host's area.
pub async fn path_of_host<'c>(on: impl Sql<'c>, host: HostId) -> Result<Option<String>> {
    let found: Option<(String,)> = on
        .sql("SELECT a.path FROM host h JOIN area a ON a.id = h.area_id WHERE h.id = $1")
        .bind(host)
        .optional()
        .await?;
    Ok(found.map(|(path,)| path))
}

/// Sets a period of a host, on a day and by somebody; one that is the same already is left as it is.
pub async fn set_period(
    tx: &mut Tx,
    host: HostId,
    name: Period,
    amount: i64,
    (on, by): (NaiveDate, PrincipalId),
) -> Result<u64> {
    tx.sql(
        "INSERT INTO duty_period (host_id, name, amount, set_on, set_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (host_id, name) DO UPDATE
         SET amount = excluded.amount, set_on = excluded.set_on, set_by = excluded.set_by
         WHERE duty_period.amount <> excluded.amount",
    )
    .bind(host)
    .bind(name)
    .bind(amount)
    .bind(on)
    .bind(by)
    .execute()
    .await
}

/// Which funds: some, those of some hosts, or those below an area.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// This fund.
    Fund(FundId),
    /// The funds of this host.
    Host(HostId),
    /// The funds of the areas whose paths begin so.
    Path(String),
}

impl Where {
    /// Whether a fund is one of them.
    pub fn holds(&self, fund: &FundDates) -> bool {
        match self {
            Self::Fund(id) => fund.fund_id == *id,
            Self::Host(id) => fund.host_id == *id,
            Self::Path(path) => fund.area_path.starts_with(path),
        }
    }
}

/// The funds of these keys.
pub async fn funds_by_ids<'c>(on: impl Sql<'c>, ids: &[FundId]) -> Result<Vec<FundDates>> {
    on.sql(
        "SELECT f.id AS fund_id, f.host_id, a.path AS area_path, f.opened_on
         FROM fund f JOIN area a ON a.id = f.area_id WHERE f.id IN (..)",
    )
    .bind_list(ids)
    .all()
    .await
}

/// The funds of these hosts.
pub async fn funds_of_hosts<'c>(on: impl Sql<'c>, hosts: &[HostId]) -> Result<Vec<FundDates>> {
    on.sql(
        "SELECT f.id AS fund_id, f.host_id, a.path AS area_path, f.opened_on
         FROM fund f JOIN area a ON a.id = f.area_id WHERE f.host_id IN (..)",
    )
    .bind_list(hosts)
    .all()
    .await
}

/// The funds of the areas whose paths begin with one of these.
pub async fn funds_below<'c>(on: impl Sql<'c>, paths: &[&str]) -> Result<Vec<FundDates>> {
    on.sql(
        "SELECT f.id AS fund_id, f.host_id, a.path AS area_path, f.opened_on
         FROM fund f JOIN area a ON a.id = f.area_id
         WHERE EXISTS (SELECT 1 FROM {list} k WHERE substr(a.path, 1, length(k.value)) = k.value)",
    )
    .bind_table(paths)
    .all()
    .await
}

/// The dates of a project.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct ProjectDates {
    target_id: TargetId,
    fund_id: FundId,
    started_on: Option<NaiveDate>,
    planned_to: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
}

impl From<ProjectDates> for Lasting {
    fn from(row: ProjectDates) -> Self {
        let ProjectDates { target_id, fund_id, started_on, planned_to, ended_on } = row;
        Self { about: About::Project(target_id), fund_id, started_on, planned_to, ended_on }
    }
}

/// The projects that `rest` leaves.
macro_rules! projects {
    ($rest:literal) => {
        concat!(
            "SELECT j.id AS target_id, t.fund_id,
                    (SELECT MIN(m.moved_on) FROM project_move m WHERE m.project_id = j.id AND m.to_state = 'APPROVED')
                        AS started_on,
                    (SELECT MAX(s.due_on) FROM milestone s WHERE s.project_id = j.id) AS planned_to,
                    (SELECT MIN(m.moved_on) FROM project_move m
                     WHERE m.project_id = j.id AND m.to_state IN ('COMPLETED', 'CLOSED', 'CANCELLED')) AS ended_on
             FROM target t JOIN project j ON j.id = t.id ",
            $rest
        )
    };
}

/// The projects of these keys.
pub async fn projects_by_ids<'c>(on: impl Sql<'c>, ids: &[TargetId]) -> Result<Vec<Lasting>> {
    let rows: Vec<ProjectDates> = on.sql(projects!("WHERE t.id IN (..)")).bind_list(ids).all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The projects of these funds.
pub async fn projects<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Lasting>> {
    let rows: Vec<ProjectDates> = on.sql(projects!("WHERE t.fund_id IN (..)")).bind_list(funds).all().await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The campaigns of these funds: over on their last day, or on the day they were closed where that was sooner.
pub async fn campaigns<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Lasting>> {
    let rows: Vec<(CampaignId, FundId, NaiveDate, NaiveDate)> = on
        .sql(
            "SELECT id, fund_id, starts_on, CASE WHEN closed_on < ends_on THEN closed_on ELSE ends_on END AS ended_on
             FROM campaign WHERE fund_id IN (..)",
        )
        .bind_list(funds)
        .all()
        .await?;
    let lasting = |(id, fund_id, from, to)| Lasting {
        about: About::Campaign(id),
        fund_id,
        started_on: Some(from),
        planned_to: Some(to),
        ended_on: Some(to),
    };
    Ok(rows.into_iter().map(lasting).collect())
}

/// The days on which parties that were related on the day gave to these funds.
pub async fn related_gifts<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<RelatedDay>> {
    let rows: Vec<(FundId, NaiveDate)> = on
        .sql(
            "SELECT DISTINCT l.fund_id, l.received_on
             FROM related_party r
             JOIN lot l ON l.donor_id = r.party_id AND l.received_on >= r.valid_from
                       AND (r.valid_to IS NULL OR l.received_on <= r.valid_to)
             JOIN fund f ON f.id = l.fund_id AND f.host_id = r.host_id AND (r.fund_id IS NULL OR r.fund_id = f.id)
             WHERE f.id IN (..)",
        )
        .bind_list(funds)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(fund_id, on)| RelatedDay { fund_id, rule: Rule::RelatedGift, on }).collect())
}

/// The days on which these funds paid parties that were related on the day.
pub async fn related_expenses<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<RelatedDay>> {
    let rows: Vec<(FundId, NaiveDate)> = on
        .sql(
            "SELECT DISTINCT x.fund_id, x.incurred_on
             FROM related_party r
             JOIN expense x ON x.payee_id = r.party_id AND x.incurred_on >= r.valid_from
                           AND (r.valid_to IS NULL OR x.incurred_on <= r.valid_to)
             JOIN fund f ON f.id = x.fund_id AND f.host_id = r.host_id AND (r.fund_id IS NULL OR r.fund_id = f.id)
             WHERE f.id IN (..)",
        )
        .bind_list(funds)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(fund_id, on)| RelatedDay { fund_id, rule: Rule::RelatedExpense, on }).collect())
}

/// What these funds have published, of themselves and of their projects.
pub async fn publications<'c>(on: impl Sql<'c>, funds: &[FundId]) -> Result<Vec<Publication>> {
    on.sql(
        "SELECT id, fund_id, project_id, period_from, period_to, published_on
         FROM disclosure WHERE state = 'PUBLISHED' AND fund_id IN (..)",
    )
    .bind_list(funds)
    .all()
    .await
}
