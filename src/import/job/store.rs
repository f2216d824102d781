//! Import jobs and what is kept of their rows, in the database.

use chrono::{DateTime, Utc};

use super::{Job, State};
use crate::{
    db::{Result, Sql, Tx},
    id::{FundId, ImportJobId, PrincipalId, UploadId},
    import::{
        kind::Kind,
        word::{Outcome, Word},
    },
    page::Page,
};

/// The columns of a job, behind `rest`'s beginning.
macro_rules! jobs {
    ($rest:literal) => {
        concat!(
            "SELECT id, fund_id, principal_id, as_operator, upload_id, kind, state, file_name, sha256, earlier_id,
                    options, format, rows_total, rows_done, created, changed, unchanged, refused, repeated, suspected,
                    parties, total_fen, created_fen, control_total_fen, plan_hash, basis, is_checked, error_code,
                    error_en, error_zh, created_at, step_at, step_rows, ended_at
             FROM import_job ",
            $rest
        )
    };
}

/// A job about to be added.
#[derive(Clone, Debug)]
pub struct New {
    /// The fund.
    pub fund: FundId,
    /// In whose name.
    pub principal: PrincipalId,
    /// Whether whoever holds the database started it.
    pub as_operator: bool,
    /// The file.
    pub upload: UploadId,
    /// What the rows are.
    pub kind: Kind,
    /// What the file is called.
    pub file_name: String,
    /// Its digest.
    pub sha256: String,
    /// The last committed import of the same file.
    pub earlier: Option<ImportJobId>,
    /// The options in JSON.
    pub options: String,
}

/// The jobs of these keys.
pub async fn by_ids<'c>(on: impl Sql<'c>, ids: &[ImportJobId]) -> Result<Vec<Job>> {
    on.sql(jobs!("WHERE id IN (..)")).bind_list(ids).all().await
}

/// A page of each fund's jobs.
pub async fn of_funds<'c>(on: impl Sql<'c>, funds: &[FundId], page: &Page) -> Result<Vec<Job>> {
    on.sql(jobs!("WHERE fund_id = {owner} {page}")).page(page, "id").each_of(funds).all().await
}

/// The last committed import of a file into a fund.
pub async fn committed_of_file<'c>(
    on: impl Sql<'c>,
    fund: FundId,
    kind: Kind,
    sha256: &str,
) -> Result<Option<ImportJobId>> {
    let found: Option<(ImportJobId,)> = on
        .sql(
            "SELECT id FROM import_job
             WHERE fund_id = $1 AND sha256 = $2 AND kind = $3 AND state = 'COMMITTED'
             ORDER BY id DESC LIMIT 1",
        )
        .bind(fund)
        .bind(sha256.to_owned())
        .bind(kind)
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

/// Adds a job that waits to be planned.
pub async fn insert(tx: &mut Tx, new: &New, now: DateTime<Utc>) -> Result<Job> {
    let (id,): (ImportJobId,) = tx
        .sql(
            "INSERT INTO import_job (fund_id, principal_id, as_operator, upload_id, kind, state, file_name, sha256,
                                     earlier_id, options, created_at)
             VALUES ($1, $2, $3, $4, $5, 'QUEUED', $6, $7, $8, $9, $10) RETURNING id",
        )
        .bind(new.fund)
        .bind(new.principal)
        .bind(i64::from(new.as_operator))
        .bind(new.upload)
        .bind(new.kind)
        .bind(new.file_name.clone())
        .bind(new.sha256.clone())
        .bind(new.earlier)
        .bind(new.options.clone())
        .bind(now)
        .one()
        .await?;
    tx.sql(jobs!("WHERE id = $1")).bind(id).one().await
}

/// Keeps the state of a job as it is until the transaction ends; gives how many there are.
pub async fn lock(tx: &mut Tx, id: ImportJobId) -> Result<u64> {
    tx.sql("UPDATE import_job SET state = state WHERE id = $1").bind(id).execute().await
}

/// Takes the oldest job that nobody works on.
///
/// On PostgreSQL those that another server is just taking are passed over; SQLite has one writer.
pub async fn claim(tx: &mut Tx, owner: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<ImportJobId>> {
    let found: Option<(ImportJobId,)> = tx
        .either(
            "UPDATE import_job SET lease_owner = $1, lease_until = $2, step_at = $3, step_rows = rows_done
             WHERE id = (SELECT id FROM import_job
                         WHERE state IN ('QUEUED', 'PLANNING', 'COMMITTING', 'UNDOING')
                           AND (lease_until IS NULL OR lease_until < $3)
                         ORDER BY id LIMIT 1)
             RETURNING id",
            "UPDATE import_job SET lease_owner = $1, lease_until = $2, step_at = $3, step_rows = rows_done
             WHERE id = (SELECT id FROM import_job
                         WHERE state IN ('QUEUED', 'PLANNING', 'COMMITTING', 'UNDOING')
                           AND (lease_until IS NULL OR lease_until < $3)
                         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id",
        )
        .bind(owner.to_owned())
        .bind(until)
        .bind(now)
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

/// Takes this job, where nobody works on it.
pub async fn claim_one(
    tx: &mut Tx,
    id: ImportJobId,
    owner: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<u64> {
    tx.sql(
        "UPDATE import_job SET lease_owner = $1, lease_until = $2, step_at = $3, step_rows = rows_done
         WHERE id = $4 AND state IN ('QUEUED', 'PLANNING', 'COMMITTING', 'UNDOING')
           AND (lease_until IS NULL OR lease_until < $3)",
    )
    .bind(owner.to_owned())
    .bind(until)
    .bind(now)
    .bind(id)
    .execute()
    .await
}

/// Gives a job up, for anybody to take.
pub async fn release(tx: &mut Tx, id: ImportJobId, owner: &str) -> Result<u64> {
    tx.sql("UPDATE import_job SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2")
        .bind(id)
        .bind(owner.to_owned())
        .execute()
        .await
}

/// Renews the lease of a job.
pub async fn renew(tx: &mut Tx, id: ImportJobId, owner: &str, until: DateTime<Utc>) -> Result<u64> {
    tx.sql("UPDATE import_job SET lease_until = $1 WHERE id = $2 AND lease_owner = $3")
        .bind(until)
        .bind(id)
        .bind(owner.to_owned())
        .execute()
        .await
}

/// Begins to try all rows: what an earlier attempt found is forgotten. Gives 0 where the job was taken over or stopped.
pub async fn begin_plan(tx: &mut Tx, id: ImportJobId, owner: &str, state: State) -> Result<u64> {
    forget_rows(tx, id).await?;
    tx.sql(
        "UPDATE import_job
         SET state = CASE WHEN state = 'QUEUED' THEN 'PLANNING' ELSE state END, rows_done = 0, step_rows = 0,
             created = 0, changed = 0, unchanged = 0, refused = 0, repeated = 0, suspected = 0, parties = 0,
             total_fen = 0, created_fen = 0
         WHERE id = $1 AND lease_owner = $2 AND state = $3",
    )
    .bind(id)
    .bind(owner.to_owned())
    .bind(state)
    .execute()
    .await
}

/// Begins to book: the plan was compared with the books. Gives 0 where the job was taken over or stopped. What looked
/// like something booked before stays counted: only a plan looks.
pub async fn begin_booking(tx: &mut Tx, id: ImportJobId, owner: &str) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET is_checked = 1, rows_done = 0, step_rows = 0, created = 0, changed = 0, unchanged = 0, refused = 0,
             repeated = 0, parties = 0, total_fen = 0, created_fen = 0
         WHERE id = $1 AND lease_owner = $2 AND state = 'COMMITTING'",
    )
    .bind(id)
    .bind(owner.to_owned())
    .execute()
    .await
}

async fn forget_rows(tx: &mut Tx, id: ImportJobId) -> Result<()> {
    tx.sql("DELETE FROM import_row WHERE job_id = $1").bind(id).execute().await?;
    tx.sql("DELETE FROM import_batch WHERE job_id = $1").bind(id).execute().await?;
    Ok(())
}

/// What the scan of a file has found.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// What the file is.
    pub format: String,
    /// The rows that say something.
    pub rows: i64,
    /// The file's own total, in fen.
    pub control_total_fen: Option<i64>,
}

/// Writes down what the scan has found.
pub async fn set_scanned(tx: &mut Tx, id: ImportJobId, scanned: &Scanned) -> Result<u64> {
    tx.sql("UPDATE import_job SET format = $1, rows_total = $2, control_total_fen = $3 WHERE id = $4")
        .bind(scanned.format.clone())
        .bind(scanned.rows)
        .bind(scanned.control_total_fen)
        .bind(id)
        .execute()
        .await
}

/// What some rows came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many rows.
    pub rows: i64,
    /// Those that made something.
    pub created: i64,
    /// Those that filled something in.
    pub changed: i64,
    /// Those that say what is known.
    pub unchanged: i64,
    /// Those that are refused.
    pub refused: i64,
    /// Those that repeat another row of the file.
    pub repeated: i64,
    /// Those that look like something booked before.
    pub suspected: i64,
    /// The parties that were registered.
    pub parties: i64,
    /// What they add up to.
    pub total_fen: i64,
    /// What those that made something add up to.
    pub created_fen: i64,
}

/// Moves the checkpoint over the rows of one batch, in the transaction that does them. Gives 0 where the job was
/// taken over or stopped meanwhile: then nothing of the batch may last.
pub async fn advance(
    tx: &mut Tx,
    id: ImportJobId,
    owner: &str,
    state: State,
    counts: &Counts,
    until: DateTime<Utc>,
) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET lease_until = $1, rows_done = rows_done + $2, created = created + $3, changed = changed + $4,
             unchanged = unchanged + $5, refused = refused + $6, repeated = repeated + $7,
             suspected = suspected + $8, parties = parties + $9, total_fen = total_fen + $10,
             created_fen = created_fen + $11
         WHERE id = $12 AND lease_owner = $13 AND state = $14",
    )
    .bind(until)
    .bind(counts.rows)
    .bind(counts.created)
    .bind(counts.changed)
    .bind(counts.unchanged)
    .bind(counts.refused)
    .bind(counts.repeated)
    .bind(counts.suspected)
    .bind(counts.parties)
    .bind(counts.total_fen)
    .bind(counts.created_fen)
    .bind(id)
    .bind(owner.to_owned())
    .bind(state)
    .execute()
    .await
}

/// Says that all rows are planned.
pub async fn set_planned(
    tx: &mut Tx,
    id: ImportJobId,
    owner: &str,
    state: State,
    plan_hash: &str,
    basis: &str,
    now: DateTime<Utc>,
) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET state = $1, plan_hash = $2, basis = $3, lease_owner = NULL, lease_until = NULL, ended_at = $4
         WHERE id = $5 AND lease_owner = $6 AND state IN ('PLANNING', 'COMMITTING')",
    )
    .bind(state)
    .bind(plan_hash.to_owned())
    .bind(basis.to_owned())
    .bind(now)
    .bind(id)
    .bind(owner.to_owned())
    .execute()
    .await
}

/// Lets a server book what is planned.
pub async fn queue_commit(tx: &mut Tx, id: ImportJobId) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET state = 'COMMITTING', is_checked = 0, rows_done = 0, step_rows = 0, lease_owner = NULL, lease_until = NULL,
             error_code = NULL, error_en = NULL, error_zh = NULL, ended_at = NULL
         WHERE id = $1",
    )
    .bind(id)
    .execute()
    .await
}

/// Lets a server take back what was booked.
pub async fn queue_undo(tx: &mut Tx, id: ImportJobId) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET state = 'UNDOING', rows_done = 0, step_rows = 0, rows_total = created, lease_owner = NULL,
             lease_until = NULL, error_code = NULL, error_en = NULL, error_zh = NULL, ended_at = NULL
         WHERE id = $1",
    )
    .bind(id)
    .execute()
    .await
}

/// Why a job ends without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// For programs.
    pub code: String,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// Ends a job, or a step of it.
pub async fn end(tx: &mut Tx, id: ImportJobId, state: State, why: Option<&Why>, now: DateTime<Utc>) -> Result<u64> {
    tx.sql(
        "UPDATE import_job
         SET state = $1, error_code = $2, error_en = $3, error_zh = $4, ended_at = $5, lease_owner = NULL,
             lease_until = NULL
         WHERE id = $6",
    )
    .bind(state)
    .bind(why.map(|why| why.code.clone()))
    .bind(why.map(|why| why.en.clone()))
    .bind(why.map(|why| why.zh.clone()))
    .bind(now)
    .bind(id)
    .execute()
    .await
}

/// Ends a job that `owner` works on, unless it was taken over or stopped meanwhile.
pub async fn end_own(
    tx: &mut Tx,
    job: (ImportJobId, &str),
    state: State,
    why: Option<&Why>,
    now: DateTime<Utc>,
) -> Result<u64> {
    let (id, owner) = job;
    let own = tx.sql("UPDATE import_job SET state = state WHERE id = $1 AND lease_owner = $2");
    if own.bind(id).bind(owner.to_owned()).execute().await? == 0 {
        return Ok(0);
    }
    end(tx, id, state, why, now).await
}

/// Keeps what came of some rows, one letter each.
pub async fn insert_batch(tx: &mut Tx, id: ImportJobId, rows_before: i64, outcomes: &str) -> Result<u64> {
    tx.sql("INSERT INTO import_batch (job_id, rows_before, outcomes) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(rows_before)
        .bind(outcomes.to_owned())
        .execute()
        .await
}

/// What came of the rows of the batch that begins behind so many, one letter each.
pub async fn batch<'c>(on: impl Sql<'c>, id: ImportJobId, rows_before: i64) -> Result<Option<(String,)>> {
    on.sql("SELECT outcomes FROM import_batch WHERE job_id = $1 AND rows_before = $2")
        .bind(id)
        .bind(rows_before)
        .optional()
        .await
}

/// Keeps what is worth a word.
pub async fn insert_words(tx: &mut Tx, id: ImportJobId, words: &[(i64, &Word)]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO import_row (job_id, row_no, word_no, outcome, column_name, code, value, message_en, message_zh)
         VALUES (..)",
        words,
        |row, (word_no, word)| {
            row.bind(id)
                .bind(word.row_no)
                .bind(*word_no)
                .bind(word.outcome)
                .bind(word.column_name.clone())
                .bind(word.code.clone())
                .bind(word.value.clone())
                .bind(word.message_en.clone())
                .bind(word.message_zh.clone())
        },
    )
    .await
}

/// Keeps what is worth a word of rows that came out otherwise than planned; what is told already stays.
pub async fn insert_late_words(tx: &mut Tx, id: ImportJobId, words: &[(i64, &Word)]) -> Result<u64> {
    tx.insert_all(
        "INSERT INTO import_row (job_id, row_no, word_no, outcome, column_name, code, value, message_en, message_zh)
         VALUES (..) ON CONFLICT (job_id, row_no, word_no) DO NOTHING",
        words,
        |row, (word_no, word)| {
            row.bind(id)
                .bind(word.row_no)
                .bind(*word_no)
                .bind(word.outcome)
                .bind(word.column_name.clone())
                .bind(word.code.clone())
                .bind(word.value.clone())
                .bind(word.message_en.clone())
                .bind(word.message_zh.clone())
        },
    )
    .await
}

/// A page of what is worth a word of each job's rows.
pub async fn words_of_jobs<'c>(
    on: impl Sql<'c>,
    jobs: &[ImportJobId],
    outcome: &Option<Outcome>,
    page: &Page,
) -> Result<Vec<Word>> {
    on.sql(
        "SELECT job_id, row_no, word_no, outcome, column_name, code, value, message_en, message_zh
         FROM import_row WHERE job_id = {owner} AND (outcome = $1 OR $1 IS NULL) {page}",
    )
    .bind(*outcome)
    .page(page, "row_no, word_no")
    .each_of(jobs)
    .all()
    .await
}

/// What is worth a word of the next rows behind a row: whole rows, about so many words.
pub async fn words_after<'c>(on: impl Sql<'c>, id: ImportJobId, row: i64, limit: i64) -> Result<Vec<Word>> {
    on.sql(
        "SELECT w.job_id, w.row_no, w.word_no, w.outcome, w.column_name, w.code, w.value, w.message_en, w.message_zh
         FROM import_row w
         WHERE w.job_id = $1 AND w.row_no > $2 AND w.row_no <= (
             SELECT MAX(page.row_no) FROM (
                 SELECT row_no FROM import_row WHERE job_id = $1 AND row_no > $2 ORDER BY row_no LIMIT $3) AS page)
         ORDER BY w.row_no, w.word_no",
    )
    .bind(id)
    .bind(row)
    .bind(limit)
    .all()
    .await
}

/// Remembers what rows have made.
pub async fn insert_made(tx: &mut Tx, id: ImportJobId, made: &[(i64, i64)]) -> Result<u64> {
    tx.insert_all("INSERT INTO import_made (job_id, row_no, object_id) VALUES (..)", made, |row, (row_no, object)| {
        row.bind(id).bind(*row_no).bind(*object)
    })
    .await
}

/// What the next rows have made, behind a row.
pub async fn made_after<'c>(on: impl Sql<'c>, id: ImportJobId, row: i64, limit: i64) -> Result<Vec<(i64, i64)>> {
    on.sql(
        "SELECT row_no, object_id FROM import_made WHERE job_id = $1 AND row_no > $2
         ORDER BY row_no, object_id LIMIT $3",
    )
    .bind(id)
    .bind(row)
    .bind(limit)
    .all()
    .await
}

/// Forgets what rows have made, which was taken back.
pub async fn delete_made(tx: &mut Tx, id: ImportJobId, first: i64, last: i64) -> Result<u64> {
    tx.sql("DELETE FROM import_made WHERE job_id = $1 AND row_no >= $2 AND row_no <= $3")
        .bind(id)
        .bind(first)
        .bind(last)
        .execute()
        .await
}
