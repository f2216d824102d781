//! A whole import in one call, by a process that holds the database and waits: the same job as a server's.

use std::time::Duration;

use tokio::io::AsyncRead;

use super::{
    job::{self, Job, OnRefusal, Options, Start, State, store, worker},
    kind::Kind,
    run::Runner,
};
use crate::{
    error::{Refusal, Result},
    fund,
    id::ImportJobId,
    upload,
    viewer::{By, Viewer, settle},
};

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct Order {
    /// The code of the fund to import into.
    pub fund_code: String,
    /// What the rows are.
    pub kind: Kind,
    /// What the file is called.
    pub file_name: String,
    /// How it is to be read and judged.
    pub options: Options,
    /// How far to go.
    pub until: Until,
}

/// How far an import goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// It is planned, and nothing is booked.
    Planned,
    /// It is booked, where the plan has no refusal that forbids it.
    Committed,
}

/// How often it is told how far an import is.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Imports a file; `tell` is called now and then with the job as it is.
///
/// # Errors
/// A fund that does not exist, a viewer without the right, a fault. A file or rows that are refused stand in the job.
pub async fn run(
    runner: &Runner,
    viewer: &Viewer,
    order: Order,
    file: impl AsyncRead + Unpin,
    mut tell: impl FnMut(&Job),
) -> Result<Job> {
    let (db, clock) = (&runner.db, &runner.clock);
    let by = || By { viewer, now: clock.now(), today: clock.today() };
    let fund = fund::store::by_code(db, &order.fund_code).await?;
    let fund = fund.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fund"))?;
    let mut tx = db.begin().await?;
    let staged = upload::stage(&mut tx, by(), fund.id, &order.file_name).await;
    let staged = settle(tx, staged).await?;
    let arrived = upload::receive(db, &staged.secret, clock.now(), upload::BYTES_MAX, file).await?;
    let goes_on = order.options.on_refusal == OnRefusal::GoOn;
    let start = Start { fund: fund.id, kind: order.kind, upload: arrived.upload, options: order.options };
    let mut tx = db.begin().await?;
    let job = job::start(&mut tx, by(), &start).await;
    let job = settle(tx, job).await?;
    let job = worked(runner, job.id, &mut tell).await?;
    let accepted = job.refused == 0 || goes_on;
    match (job.state, order.until, job.plan_hash.clone()) {
        (State::Planned, Until::Committed, Some(hash)) if accepted => {
            let mut tx = db.begin().await?;
            let committed = job::commit(&mut tx, by(), job.id, &hash).await;
            settle(tx, committed).await?;
            worked(runner, job.id, &mut tell).await
        }
        _ => Ok(job),
    }
}

/// Takes back what an import has booked.
///
/// # Errors
/// As [`job::undo`]; a fault.
pub async fn undo(runner: &Runner, viewer: &Viewer, id: ImportJobId) -> Result<Job> {
    let by = By { viewer, now: runner.clock.now(), today: runner.clock.today() };
    let mut tx = runner.db.begin().await?;
    let undone = job::undo(&mut tx, by, id).await;
    settle(tx, undone).await?;
    worked(runner, id, &mut |_| {}).await
}

/// Works on a job to the end of its step.
async fn worked(runner: &Runner, id: ImportJobId, tell: &mut impl FnMut(&Job)) -> Result<Job> {
    let telling = async {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            // It is told for somebody who watches; the work goes on without.
            if let Ok(jobs) = store::by_ids(&runner.db, &[id]).await {
                jobs.iter().for_each(&mut *tell);
            }
        }
    };
    tokio::select! {
        done = worker::work_on(runner, id) => done?,
        () = telling => {}
    }
    let found = store::by_ids(&runner.db, &[id]).await?.pop();
    found.ok_or_else(|| anyhow::anyhow!("the import that was started is not there").into())
}
