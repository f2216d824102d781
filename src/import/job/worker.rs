//! The background work of a server: it takes jobs that nobody works on, one after another.
//!
//! * Several servers on one database share the work, and one may die: its leases run out.
//! * A database that does not answer is waited for; the job goes on behind its last batch.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

use super::store;
use crate::{
    clock::Clock,
    db::Db,
    error::{Error, Language, Result},
    id::ImportJobId,
    import::run::Runner,
    upload,
    viewer::settle,
};

/// How long a lease lasts that is not renewed: a server that died is replaced after it.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often it is looked for jobs that another server took in, and after a fault.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often expired files are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// What tells the workers of this process that there is work, and when to end.
#[derive(Clone, Debug)]
pub struct Bell {
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
}

impl Default for Bell {
    fn default() -> Self {
        Self { wake: Arc::default(), stop: watch::Sender::new(false) }
    }
}

impl Bell {
    /// There is work.
    pub fn ring(&self) {
        self.wake.notify_one();
    }

    /// The workers end behind the batch in hand.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        self.wake.notify_waiters();
    }
}

/// A name for leases that nobody else has: the number of the process, so that people know whose it is, and chance.
pub fn owner() -> Result<String> {
    let mut bits = [0_u8; 12];
    getrandom::fill(&mut bits).map_err(|why| anyhow::anyhow!("no randomness for a lease: {why}"))?;
    let chance: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{chance}", std::process::id()))
}

/// Works on jobs until the bell says to stop.
pub async fn work(db: Db, clock: Clock, lease: Duration, bell: Bell) {
    let owner = match owner() {
        Ok(owner) => owner,
        Err(error) => {
            tracing::error!(error = %error.message(Language::En), "this server does not work on imports");
            return;
        }
    };
    let runner = Runner { db, clock, owner, lease, stop: bell.stop.subscribe() };
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    while !*runner.stop.borrow() {
        let waits = match one(&runner).await {
            Ok(done) => !done,
            Err(error) => {
                tracing::warn!(error = %error.message(Language::En), "an import waits");
                true
            }
        };
        if waits {
            tokio::select! {
                () = bell.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = sweep.tick() => {
                    if let Err(error) = upload::sweep(&runner.db, runner.clock.now()).await {
                        tracing::warn!(error = %error.message(Language::En), "expired uploads were not deleted");
                    }
                }
            }
        }
    }
}

/// Takes one job and works on it; `false` when there is none.
async fn one(runner: &Runner) -> Result<bool> {
    let mut tx = runner.db.begin().await?;
    let claimed = store::claim(&mut tx, &runner.owner, runner.clock.now(), runner.until()).await;
    let Some(id) = settle(tx, claimed.map_err(Error::from)).await? else { return Ok(false) };
    runner.run(id).await?;
    Ok(true)
}

/// Works on this job, for a command that waits for it; waits while another process has it.
///
/// # Errors
/// Faults: the job may be taken up again.
pub async fn work_on(runner: &Runner, id: ImportJobId) -> Result<()> {
    loop {
        let mut tx = runner.db.begin().await?;
        let now = runner.clock.now();
        let claimed = store::claim_one(&mut tx, id, &runner.owner, now, runner.until()).await;
        if settle(tx, claimed.map_err(Error::from)).await? == 1 {
            runner.run(id).await?;
        }
        let job = store::by_ids(&runner.db, &[id]).await?.pop();
        if job.is_none_or(|job| !job.is_open()) || *runner.stop.borrow() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
