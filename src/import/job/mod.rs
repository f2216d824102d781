//! Import jobs: one import of one file, as a row that outlives the process that works on it.
//!
//! ```text
//! QUEUED → PLANNING → PLANNED → COMMITTING → COMMITTED → UNDOING → UNDONE
//!                   ↘ REFUSED             ↘ CONFLICTED → COMMITTING
//! ```
//!
//! CANCELLED is reached from every state in which something is left to do, FAILED from those in which somebody works.
//!
//! * Whoever works on a job holds its lease, and renews it with every batch; a lease that runs out is taken over.
//! * The number of rows that are done moves in the transaction that does them: a job that is killed goes on behind
//!   its last batch, and each row is done once.
//! * What was planned is committed or nothing is: a plan whose rows would come out otherwise now is a conflict.

pub mod mapping;
pub mod store;
pub mod worker;

use async_graphql::Enum;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use crate::{
    db::Tx,
    error::{Language, Refusal, Result, check_range, check_text},
    fund::{self, Fund},
    id::{FundId, ImportJobId, PrincipalId, UploadId},
    money::Fen,
    upload,
    viewer::{Act, By},
};

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, Serialize, Deserialize)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "snake_case")]
#[graphql(name = "ImportState")]
pub enum State {
    /// It waits for a server to plan it.
    Queued,
    /// All rows are being tried; nothing is written to the books.
    Planning,
    /// What it would do is known: read it, then commit with its hash.
    Planned,
    /// The file as a whole cannot be imported; `error` says why.
    Refused,
    /// The rows are being booked, batch by batch.
    Committing,
    /// All is booked.
    Committed,
    /// Something moved since the plan was made. Read what changed, then commit with the new hash.
    Conflicted,
    /// Somebody stopped it; what had been booked stays booked until it is undone.
    Cancelled,
    /// It could not go on; `error` says why. What had been booked stays booked.
    Failed,
    /// What it booked is being taken back.
    Undoing,
    /// What it booked is taken back.
    Undone,
}

/// One import of one file.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Job {
    /// The key.
    pub id: ImportJobId,
    /// The fund it imports into.
    pub fund_id: FundId,
    /// In whose name.
    pub principal_id: PrincipalId,
    /// 1 where whoever holds the database started it.
    pub as_operator: i64,
    /// The file.
    pub upload_id: UploadId,
    /// What the rows are.
    pub kind: Kind,
    /// How far it has come.
    pub state: State,
    /// What the file is called.
    pub file_name: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The last committed import of the same file into the fund.
    pub earlier_id: Option<ImportJobId>,
    /// [`Options`] in JSON.
    pub options: String,
    /// What the file turned out to be; `None` until it was read.
    pub format: Option<String>,
    /// The rows that say something; `None` until they were counted.
    pub rows_total: Option<i64>,
    /// How many of them this step has done.
    pub rows_done: i64,
    /// Rows that made something, or would.
    pub created: i64,
    /// Rows that filled in or changed something, or would.
    pub changed: i64,
    /// Rows that say what is known already.
    pub unchanged: i64,
    /// Rows that are refused.
    pub refused: i64,
    /// Rows with the same content as an earlier row of the file.
    pub repeated: i64,
    /// Rows that look like something that was booked before from elsewhere.
    pub suspected: i64,
    /// Parties that were registered, or would be.
    pub parties: i64,
    /// What the rows that could be read add up to, in fen.
    pub total_fen: i64,
    /// What the rows that made something add up to, in fen.
    pub created_fen: i64,
    /// What the file's own total row says, in fen.
    pub control_total_fen: Option<i64>,
    /// The digest of every row's outcome and what it resolved to.
    pub plan_hash: Option<String>,
    /// What the plan stood on.
    pub basis: Option<String>,
    /// 1 once this commit has compared the plan with the books.
    pub is_checked: i64,
    /// Why it ended without effect, for programs.
    pub error_code: Option<String>,
    /// The same in English.
    pub error_en: Option<String>,
    /// The same in Chinese.
    pub error_zh: Option<String>,
    /// When it was started.
    pub created_at: DateTime<Utc>,
    /// When this step was begun or taken over.
    pub step_at: Option<DateTime<Utc>>,
    /// The rows that were done by then.
    pub step_rows: i64,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What happens when rows are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRefusal {
    /// Nothing is booked.
    #[default]
    Stop,
    /// The others are booked.
    GoOn,
}

/// What happens once the plan is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Somebody looks at it, and commits with its hash.
    #[default]
    Wait,
    /// It is booked, where no refusal forbids it.
    Commit,
}

/// How a file is to be read and judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The mapping file's text, in TOML; empty to guess the columns by their names.
    #[serde(default)]
    pub mapping: String,
    /// The sheet of a workbook; the first that fits where `None`.
    #[serde(default)]
    pub sheet: Option<String>,
    /// The day of rows that have none.
    #[serde(default)]
    pub date_default: Option<NaiveDate>,
    /// How many rows there must be.
    #[serde(default)]
    pub expect_count: Option<u64>,
    /// What they must add up to.
    #[serde(default)]
    pub expect_total: Option<Fen>,
    /// What happens when rows are refused.
    #[serde(default)]
    pub on_refusal: OnRefusal,
    /// Whose numbers the references in the file are, for instance a bank or a platform.
    #[serde(default)]
    pub source: Option<String>,
    /// What happens once the plan is made.
    #[serde(default)]
    pub then: Then,
}

/// The most characters of a source's or a mapping's name.
pub const NAME_MAX: usize = 60;

/// The longest mapping, in characters.
pub const MAPPING_MAX: usize = 64 * 1024;

/// What an import is started from.
#[derive(Clone, Debug)]
pub struct Start {
    /// The fund to import into.
    pub fund: FundId,
    /// What the rows are.
    pub kind: Kind,
    /// The file.
    pub upload: UploadId,
    /// How it is to be read and judged.
    pub options: Options,
}

impl Job {
    /// How the file is to be read and judged.
    pub fn options(&self) -> Result<Options> {
        serde_json::from_str(&self.options).map_err(|why| anyhow::anyhow!("an import's options: {why}").into())
    }

    /// Why it ended without effect.
    pub fn error(&self, language: Language) -> Option<&str> {
        match language {
            Language::En => self.error_en.as_deref(),
            Language::Zh => self.error_zh.as_deref(),
        }
    }

    /// Whether a server has work to do on it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Queued | State::Planning | State::Committing | State::Undoing)
    }
}

/// Starts an import: it is planned as soon as a server is free. Nothing is booked before it is committed.
///
/// # Errors
/// Refused for a fund or file that does not exist or has not arrived, and for options that make no sense; denied
/// to who may not import into the fund.
pub async fn start(tx: &mut Tx, by: By<'_>, start: &Start) -> Result<Job> {
    let found = fund::store::by_ids(&mut *tx, &[start.fund]).await?.pop();
    let fund = found.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fundId"))?;
    must_import(by, &fund, start.kind)?;
    let upload = upload::store::by_ids(&mut *tx, &[start.upload]).await?.pop();
    let upload = upload.filter(|upload| upload.fund_id == fund.id);
    let upload = upload.ok_or_else(|| Refusal::NotFound { what: "upload".into() }.at("uploadId"))?;
    let Some(sha256) = upload.sha256.clone() else { return Err(Refusal::UploadMissing {}.at("uploadId")) };
    let mut options = start.options.clone();
    options.source = options.source.as_deref().map(|name| check_text(name, NAME_MAX, "source")).transpose()?;
    options.sheet = options.sheet.as_deref().map(|name| check_text(name, NAME_MAX, "sheet")).transpose()?;
    check_mapping(&options.mapping, start.kind, "mapping")?;
    if let Some(total) = options.expect_total {
        check_range(total.0, 0, i64::MAX, "expectedTotal")?;
    }
    let earlier = store::committed_of_file(&mut *tx, fund.id, start.kind, &sha256).await?;
    upload::keep(tx, upload.id, by.now).await?;
    let options = serde_json::to_string(&options).map_err(|why| anyhow::anyhow!("options are no JSON: {why}"))?;
    let new = store::New {
        fund: fund.id,
        principal: by.viewer.actor()?,
        as_operator: by.viewer.is_operator(),
        upload: upload.id,
        kind: start.kind,
        file_name: upload.file_name,
        sha256,
        earlier,
        options,
    };
    Ok(store::insert(tx, &new, by.now).await?)
}

/// Checks that a mapping can be understood.
pub fn check_mapping(mapping: &str, kind: Kind, field: &str) -> Result<()> {
    let length = mapping.chars().count();
    if length > MAPPING_MAX {
        return Err(Refusal::TextTooLong { length, max: MAPPING_MAX }.at(field));
    }
    kind.mapping(mapping).map(drop).map_err(|why| Refusal::MappingUnreadable { why: why.message_en }.at(field))
}

/// Checks that the viewer may import rows of this kind into the fund.
pub fn must_import(by: By<'_>, fund: &Fund, kind: Kind) -> Result<()> {
    by.viewer.must(Act::Import, &[fund.on()])?;
    by.viewer.must(kind.act(), &[fund.on()])
}

/// Commits an import whose plan was looked at: its rows are booked as soon as a server is free.
///
/// Asked again with the same hash it changes nothing.
///
/// # Errors
/// Refused for an import that does not exist, is not planned, was planned otherwise, or has refused rows and books
/// all or nothing.
pub async fn commit(tx: &mut Tx, by: By<'_>, id: ImportJobId, plan_hash: &str) -> Result<Job> {
    let (job, fund) = locked(tx, id).await?;
    must_import(by, &fund, job.kind)?;
    if job.plan_hash.as_deref() != Some(plan_hash) && job.plan_hash.is_some() {
        return Err(Refusal::PlanMoved {}.at("planHash"));
    }
    match job.state {
        State::Committing | State::Committed => return Ok(job),
        State::Planned | State::Conflicted => {}
        state => return Err(not_while(state, "Planned or Conflicted")),
    }
    if job.refused > 0 && job.options()?.on_refusal == OnRefusal::Stop {
        return Err(Refusal::ImportRefused { refused: job.refused }.at("importJobId"));
    }
    store::queue_commit(tx, id).await?;
    upload::keep(tx, job.upload_id, by.now).await?;
    found(tx, id).await
}

/// Stops an import before or between batches. What was booked stays booked; see [`undo`].
///
/// # Errors
/// Refused for an import that does not exist or has ended; asked again it changes nothing.
pub async fn cancel(tx: &mut Tx, by: By<'_>, id: ImportJobId) -> Result<Job> {
    let (job, fund) = locked(tx, id).await?;
    must_import(by, &fund, job.kind)?;
    match job.state {
        State::Cancelled => return Ok(job),
        State::Queued | State::Planning | State::Planned | State::Committing | State::Conflicted => {}
        state => return Err(not_while(state, "Queued, Planning, Planned, Committing or Conflicted")),
    }
    store::end(tx, id, State::Cancelled, None, by.now).await?;
    found(tx, id).await
}

/// Takes back what an import has booked, by reversals: as soon as a server is free.
///
/// Asked again it changes nothing.
///
/// # Errors
/// Refused for an import that does not exist or is still at work, and when the money of one of its rows has moved
/// on; then nothing is taken back.
pub async fn undo(tx: &mut Tx, by: By<'_>, id: ImportJobId) -> Result<Job> {
    let (job, fund) = locked(tx, id).await?;
    must_import(by, &fund, job.kind)?;
    if let Some(act) = job.kind.undo_act() {
        by.viewer.must(act, &[fund.on()])?;
    }
    match job.state {
        State::Undoing | State::Undone => return Ok(job),
        State::Committed | State::Conflicted | State::Cancelled | State::Failed => {}
        state => return Err(not_while(state, "Committed, Conflicted, Cancelled or Failed")),
    }
    if let Some((row, why)) = job.kind.moved_on(tx, &job).await? {
        return Err(Refusal::ImportMovedOn { row, why }.at("importJobId"));
    }
    store::queue_undo(tx, id).await?;
    found(tx, id).await
}

fn not_while(state: State, accepted: &str) -> crate::error::Error {
    Refusal::ImportState { state: format!("{state:?}"), accepted: accepted.into() }.at("importJobId")
}

/// The job and its fund; nobody changes its state until the transaction ends.
async fn locked(tx: &mut Tx, id: ImportJobId) -> Result<(Job, Fund)> {
    let missing = || Refusal::NotFound { what: "import".into() }.at("importJobId");
    if store::lock(tx, id).await? == 0 {
        return Err(missing());
    }
    let job = found(tx, id).await?;
    let fund = fund::store::by_ids(&mut *tx, &[job.fund_id]).await?.pop().ok_or_else(missing)?;
    Ok((job, fund))
}

async fn found(tx: &mut Tx, id: ImportJobId) -> Result<Job> {
    let found = store::by_ids(&mut *tx, &[id]).await?.pop();
    found.ok_or_else(|| Refusal::NotFound { what: "import".into() }.at("importJobId"))
}
