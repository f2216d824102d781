//! An import in the database itself, by whoever holds it.

use std::path::Path;

use tokio::fs::File;

use super::{Args, progress_bar};
use crate::{
    cli::{Context, exit::Failure, open, output},
    clock::Clock,
    db::Db,
    import::{
        inline::{self, Order, Until},
        job::{Job, Options, worker},
        result,
        run::Runner,
        summary::Summary,
    },
    viewer::operator,
};

/// Imports a file, and writes its result where the person wants one.
pub async fn run(
    given: &Args,
    context: &Context,
    options: Options,
    file_name: String,
    file: File,
) -> Result<Summary, Failure> {
    let db = open::existing(&context.config.database).await?;
    let clock = Clock::System;
    let viewer = operator(&db, clock.now()).await?;
    let until = if given.commit { Until::Committed } else { Until::Planned };
    let order = Order { fund_code: given.fund.clone(), kind: given.kind, file_name, options, until };
    let runner = Runner::new(db.clone(), clock, worker::LEASE)?;
    let bar = progress_bar();
    let told = |job: &Job| {
        bar.set_length(job.rows_total.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0));
        bar.set_position(u64::try_from(job.rows_done).unwrap_or(0));
    };
    let done = inline::run(&runner, &viewer, order, file, told).await;
    bar.finish_and_clear();
    let told = match &done {
        Ok(job) => Summary::of(&db, job, &given.fund).await,
        Err(error) => Err(error.clone()),
    };
    let written = match (&done, &given.result) {
        (Ok(job), Some(path)) if job.plan_hash.is_some() => write_result(&db, job, path).await,
        _ => Ok(()),
    };
    db.close().await;
    written?;
    Ok(told?)
}

/// Writes the result of an import to where the person wants it.
async fn write_result(db: &Db, job: &Job, path: &Path) -> Result<(), Failure> {
    let result = result::write(db, &Clock::System, job, output::language()).await?;
    let copied = tokio::fs::copy(result.file.path(), path).await;
    copied.map(drop).map_err(|why| Failure::fault(format!("{}: {why}", path.display())))
}
