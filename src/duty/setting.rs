//! How soon what must be published is due: the law's periods, and what a host has set in their place.

use std::collections::HashMap;

use async_graphql::Enum;

use super::store;
use crate::{
    db::Tx,
    error::{Refusal, Result, check_range},
    fund::{self, Host},
    id::HostId,
    viewer::{Act, By, On},
};

/// One of the periods within which something must be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, sqlx::Type)]
#[graphql(name = "DutyPeriodName")]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Period {
    /// Months beyond which a project or a campaign lasts long; 1 to 120.
    LongMonths,
    /// Months from one progress report to the next; 1 to 120.
    ProgressMonths,
    /// Months from the end of a project or a campaign to its last report; 1 to 120.
    FinalMonths,
    /// The month of the next year by which a year is told; 1 to 12.
    YearlyMonth,
    /// The day of that month, or its last where it has none such; 1 to 31.
    YearlyDay,
    /// Days from a dealing with a related party until it is told; 1 to 366.
    RelatedDays,
}

impl Period {
    /// All of them, in their order.
    pub const ALL: [Self; 6] = [
        Self::LongMonths,
        Self::ProgressMonths,
        Self::FinalMonths,
        Self::YearlyMonth,
        Self::YearlyDay,
        Self::RelatedDays,
    ];

    /// The most it may be.
    pub fn max(self) -> i64 {
        match self {
            Self::LongMonths | Self::ProgressMonths | Self::FinalMonths => 120,
            Self::YearlyMonth => 12,
            Self::YearlyDay => 31,
            Self::RelatedDays => 366,
        }
    }
}

/// How soon what must be published is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// Months beyond which a project or a campaign lasts long.
    pub long: u32,
    /// Months from one progress report to the next.
    pub progress: u32,
    /// Months from the end to the last report.
    pub last: u32,
    /// The month and the day by which a year is told.
    pub yearly: (u32, u32),
    /// Days from a dealing with a related party until it is told.
    pub related: u32,
}

impl Periods {
    /// Charity Law: what lasts more than six months is published every three months, and in full within three months
    /// after its end. Order 81 of the Ministry of Civil Affairs: the yearly report by the 31st of May, dealings with
    /// related parties within thirty days.
    pub const LAW: Self = Self { long: 6, progress: 3, last: 3, yearly: (5, 31), related: 30 };

    /// The law's, with those in their place that a host has set.
    pub fn of(set: &[store::Setting]) -> Self {
        let mut periods = Self::LAW;
        for one in set {
            let amount = u32::try_from(one.amount).expect("a CHECK keeps it between 1 and 366");
            *periods.place(one.name) = amount;
        }
        periods
    }

    fn place(&mut self, name: Period) -> &mut u32 {
        match name {
            Period::LongMonths => &mut self.long,
            Period::ProgressMonths => &mut self.progress,
            Period::FinalMonths => &mut self.last,
            Period::YearlyMonth => &mut self.yearly.0,
            Period::YearlyDay => &mut self.yearly.1,
            Period::RelatedDays => &mut self.related,
        }
    }

    /// How long one of them is.
    pub fn amount(mut self, name: Period) -> u32 {
        *self.place(name)
    }
}

/// The periods of each host, by what was set.
pub fn by_host(settings: Vec<store::Setting>) -> HashMap<HostId, Periods> {
    let mut set: HashMap<HostId, Vec<store::Setting>> = HashMap::new();
    for one in settings {
        set.entry(one.host_id).or_default().push(one);
    }
    set.into_iter().map(|(host, set)| (host, Periods::of(&set))).collect()
}

/// Sets one of the periods within which a host's funds publish; setting it again changes nothing.
///
/// # Errors
/// Refused for a period out of bounds, and a host that is not there.
pub async fn set_period(tx: &mut Tx, by: By<'_>, host: HostId, name: Period, amount: i64) -> Result<Host> {
    let not_found = || Refusal::NotFound { what: "host".into() }.at("hostId");
    let found = fund::store::hosts_by_ids(&mut *tx, &[host]).await?.pop().ok_or_else(not_found)?;
    let path = store::path_of_host(&mut *tx, host).await?.ok_or_else(not_found)?;
    by.viewer.must(Act::SetUp, &[On::Area(&path)])?;
    check_range(amount, 1, name.max(), "amount")?;
    store::set_period(tx, host, name, amount, (by.today, by.viewer.actor()?)).await?;
    Ok(found)
}
