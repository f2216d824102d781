//! What is done with a job by whoever holds its lease: planned, compared, booked, taken back.
//!
//! * Every batch is one transaction with its checkpoint, and the checkpoint is refused to who lost the lease.
//! * A plan goes through the same code as what books, and writes nothing but what it found.

mod book;
mod plan;
mod undo;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::job::store::{self, Counts, Why};
use super::job::{Job, Options, State};
use super::kind::Verdict;
use super::list::{self, Reading, Record, Scan};
use super::refusal::FileRefusal;
use super::word::{Outcome, Word};
use crate::{
    clock::Clock,
    db::{Db, Tx},
    error::{Error, Language, Refusal, Result},
    fund::{self, Fund},
    id::ImportJobId,
    upload::{self, LocalFile},
    viewer::{By, Viewer, settle, token},
};

/// The rows of one transaction: some twenty statements for all of them, and some tenths of a second in which nobody
/// else books in the fund.
pub const BATCH_ROWS: usize = 1_000;

/// The words that are kept of one import: more than anybody reads, and few enough for a file of wrong rows.
pub const WORDS_MAX: i64 = 100_000;

/// Who works on jobs, and how.
#[derive(Clone, Debug)]
pub struct Runner {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The name under which leases are held: unlike any other process's.
    pub owner: String,
    /// How long a lease lasts that is not renewed.
    pub lease: Duration,
    /// Becomes true when the work is to be given up behind the batch in hand.
    pub stop: watch::Receiver<bool>,
}

impl Runner {
    /// Who works until the step of a job is done.
    ///
    /// # Errors
    /// A fault when the machine has no randomness.
    pub fn new(db: Db, clock: Clock, lease: Duration) -> Result<Self> {
        // Nobody tells it to stop.
        let (_, stop) = watch::channel(false);
        Ok(Self { db, clock, owner: super::job::worker::owner()?, lease, stop })
    }
}

/// How work on a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The step is done, well or not: the job says how.
    Done,
    /// It was given up, for anybody to take.
    Stopped,
    /// Somebody else has it now, or stopped it.
    Lost,
}

/// A job in hand.
struct Hand<'a> {
    runner: &'a Runner,
    job: Job,
    options: Options,
    fund: Fund,
    viewer: Viewer,
    reading: Reading,
}

impl Runner {
    /// Works on a job whose lease is held, to the end of its step.
    ///
    /// # Errors
    /// Faults: the job is as its last batch left it, and may be taken up again.
    pub async fn run(&self, id: ImportJobId) -> Result<Ended> {
        tokio::select! {
            done = self.work(id) => done,
            lost = self.keep(id) => lost.map(|()| Ended::Lost),
        }
    }

    /// Renews the lease until it is lost.
    async fn keep(&self, id: ImportJobId) -> Result<()> {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let mut tx = self.db.begin().await?;
            let renewed = store::renew(&mut tx, id, &self.owner, self.until()).await.map_err(Error::from);
            if settle(tx, renewed).await? == 0 {
                return Ok(());
            }
        }
    }

    /// When a lease that is taken now runs out.
    pub fn until(&self) -> DateTime<Utc> {
        self.clock.now() + self.lease
    }

    async fn work(&self, id: ImportJobId) -> Result<Ended> {
        let found = store::by_ids(&self.db, &[id]).await?.pop();
        let job = found.ok_or_else(|| anyhow::anyhow!("an import that is claimed is not there"))?;
        let ended = self.step(&job).await;
        let error = match ended {
            Ok(ended) => return Ok(ended),
            Err(error) => error,
        };
        let why = match &error {
            // Room may be made; the job waits where it is.
            Error::Refused(refused) if refused.refusal == (Refusal::StorageFull {}) => return Err(error),
            Error::Unavailable(_) => return Err(error),
            Error::Fault(fault) if fault.may_pass() => return Err(error),
            Error::Fault(fault) => {
                tracing::error!(import = id.0, error = %format!("{:#}", fault.0), "an import failed");
                Why {
                    code: "fault".into(),
                    en: format!("The server could not go on; its log says why. Reference: import {}.", id.0),
                    zh: format!("服务器无法继续;原因见其日志。编号:import {}。", id.0),
                }
            }
            Error::Denied(_) => why_of("denied", &error),
            Error::Refused(_) | Error::BadInput(_) => why_of("refused", &error),
        };
        self.end(id, State::Failed, Some(why)).await
    }

    /// Ends a job that is in hand.
    async fn end(&self, id: ImportJobId, state: State, why: Option<Why>) -> Result<Ended> {
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let ended = store::end_own(&mut tx, (id, &self.owner), state, why.as_ref(), now).await.map_err(Error::from);
        Ok(if settle(tx, ended).await? == 0 { Ended::Lost } else { Ended::Done })
    }

    async fn step(&self, job: &Job) -> Result<Ended> {
        let hand = self.take(job).await?;
        match job.state {
            State::Queued | State::Planning => hand.plan_whole().await,
            State::Committing => hand.commit().await,
            State::Undoing => hand.take_back().await,
            _ => Ok(Ended::Lost),
        }
    }

    async fn take(&self, job: &Job) -> Result<Hand<'_>> {
        let fund = fund::store::by_ids(&self.db, &[job.fund_id]).await?.pop();
        let fund = fund.ok_or_else(|| anyhow::anyhow!("an import's fund is not there"))?;
        let viewer = match job.as_operator {
            1 => Viewer::operator(job.principal_id),
            _ => token::on_behalf(&self.db, job.principal_id).await?,
        };
        let options = job.options()?;
        let reading = Reading { kind: job.kind, options: options.clone(), today: self.clock.today() };
        Ok(Hand { runner: self, job: job.clone(), options, fund, viewer, reading })
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Gives a job up.
    async fn give_up(&self, id: ImportJobId) -> Result<Ended> {
        let mut tx = self.db.begin().await?;
        let released = store::release(&mut tx, id, &self.owner).await.map_err(Error::from);
        settle(tx, released).await?;
        Ok(Ended::Stopped)
    }
}

fn why_of(code: &str, error: &Error) -> Why {
    Why { code: code.into(), en: error.message(Language::En), zh: error.message(Language::Zh) }
}

impl From<FileRefusal> for Why {
    fn from(refusal: FileRefusal) -> Self {
        Self { code: refusal.code.to_owned(), en: refusal.message_en, zh: refusal.message_zh }
    }
}

impl Hand<'_> {
    fn by(&self) -> By<'_> {
        By { viewer: &self.viewer, now: self.runner.clock.now(), today: self.reading.today }
    }

    /// The file, on this machine.
    async fn fetch(&self) -> Result<LocalFile> {
        let found = upload::store::by_ids(&self.runner.db, &[self.job.upload_id]).await?.pop();
        let upload = found.ok_or_else(|| anyhow::anyhow!("an import's upload is not there"))?;
        upload::fetch(&self.runner.db, &upload).await
    }

    /// The first pass over the file.
    async fn scan(&self, file: &LocalFile) -> Result<std::result::Result<Scan, FileRefusal>> {
        let (path, reading) = (file.path().to_owned(), self.reading.clone());
        let scanned = tokio::task::spawn_blocking(move || list::scan(&path, &reading)).await;
        scanned.map_err(|why| anyhow::anyhow!("a file was not read to its end: {why}").into())
    }

    /// Moves the checkpoint; `false` where the job is not in hand any more.
    async fn advance(&self, tx: &mut Tx, state: State, counts: &Counts) -> Result<bool> {
        let (id, runner) = (self.job.id, self.runner);
        Ok(store::advance(tx, id, &runner.owner, state, counts, runner.until()).await? == 1)
    }
}

/// What a row of a batch came to.
struct Row<'a> {
    row_no: i64,
    amount_fen: i64,
    verdict: &'a Verdict,
}

/// Puts verdicts back to their rows: a row that could not be read has its words already.
fn rows<'a>(records: &'a [Record], verdicts: &'a [Verdict], unread: &'a [Verdict]) -> Vec<Row<'a>> {
    let (mut verdicts, mut unread) = (verdicts.iter(), unread.iter());
    let row = |record: &Record| match record {
        Record::Draft(draft) => {
            let verdict = verdicts.next().expect("each draft has a verdict");
            Row { row_no: draft.row_no, amount_fen: draft.amount_fen, verdict }
        }
        Record::Refused { row_no, .. } => {
            let verdict = unread.next().expect("each row that could not be read has a verdict");
            Row { row_no: *row_no, amount_fen: 0, verdict }
        }
    };
    records.iter().map(row).collect()
}

/// The verdicts on rows that could not be read.
fn unread(records: &[Record]) -> Vec<Verdict> {
    let verdict = |record: &Record| match record {
        Record::Draft(_) => None,
        Record::Refused { words, .. } => Some(Verdict::refused(words.clone())),
    };
    records.iter().filter_map(verdict).collect()
}

fn counted(rows: &[Row<'_>], registered: i64) -> Counts {
    let of = |outcome: Outcome| size(rows.iter().filter(|row| row.verdict.outcome == outcome).count());
    let made = |row: &&Row<'_>| matches!(row.verdict.outcome, Outcome::Created | Outcome::Suspected);
    let says = |code: &str| {
        let has = |row: &&Row<'_>| row.verdict.words.iter().any(|word| word.code == code);
        size(rows.iter().filter(has).count())
    };
    Counts {
        rows: size(rows.len()),
        created: of(Outcome::Created) + of(Outcome::Suspected),
        changed: of(Outcome::Changed),
        unchanged: of(Outcome::Unchanged),
        refused: of(Outcome::Refused),
        repeated: says("repeated"),
        suspected: says("booked_alike"),
        parties: registered,
        total_fen: rows.iter().map(|row| row.amount_fen).sum(),
        created_fen: rows.iter().filter(made).map(|row| row.amount_fen).sum(),
    }
}

/// Words with their numbers within their rows, in the order of the rows.
fn numbered<'a>(rows: &[Row<'a>]) -> Vec<(i64, &'a Word)> {
    rows.iter().flat_map(|row| (0..).zip(&row.verdict.words)).collect()
}

fn size(count: usize) -> i64 {
    i64::try_from(count).expect("a count fits 64 bits")
}
