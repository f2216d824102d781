//! What is published of the district's books: each quarter, each year, each project that is closed.

use chrono::{Datelike as _, Days, NaiveDate};

use super::{Made, day, pilot::Quarter, places::Account};
use crate::{
    demo::clerk::Clerk,
    disclosure::{self, DisclosureDraft, NOTICE_DAYS},
    error::Result,
    id::TargetId,
};

/// Publishes a quarter that is over, and with the last of a year that year, too.
pub async fn publish_quarter(
    clerk: &mut Clerk<'_>,
    account: &Account,
    quarter: Quarter,
    made: &mut Made,
) -> Result<()> {
    let draft = draft(account, None, quarter.first, quarter.last());
    publish(clerk, &draft, quarter.last() + Days::new(11), made).await?;
    if quarter.last().month() == 12 && quarter.number > 0 {
        let year = quarter.last().year();
        let draft = DisclosureDraft { from: day(year, 1, 1), to: day(year, 12, 31), ..draft };
        publish(clerk, &draft, quarter.last() + Days::new(12), made).await?;
    }
    Ok(())
}

/// Publishes a project that was closed.
pub async fn publish_project(
    clerk: &mut Clerk<'_>,
    account: &Account,
    project: TargetId,
    from: NaiveDate,
    to: NaiveDate,
    made: &mut Made,
) -> Result<()> {
    publish(clerk, &draft(account, Some(project), from, to), to, made).await
}

fn draft(account: &Account, project: Option<TargetId>, from: NaiveDate, to: NaiveDate) -> DisclosureDraft {
    let remarks = "未尽事项将在下期说明。 What is still open will be told with the next.".into();
    DisclosureDraft { fund: account.fund, project, from, to, remarks }
}

async fn publish(clerk: &mut Clerk<'_>, draft: &DisclosureDraft, on: NaiveDate, made: &mut Made) -> Result<()> {
    let (tx, by) = clerk.on(on);
    let id = disclosure::draft(tx, by, draft).await?.id;
    disclosure::check(tx, by, id).await?;
    disclosure::approve(tx, by, id).await?;
    disclosure::publish(tx, by, id, NOTICE_DAYS).await?;
    made.publications += 1;
    Ok(())
}
