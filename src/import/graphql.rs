//! Imports in the graph.
//!
//! An import holds names and amounts of givers: it is for those who may import, and for auditors.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    job::{self, Job, OnRefusal, Options, Start, State, Then, mapping, store},
    kind::Kind,
    word::{Outcome, Word},
};
use crate::{
    by_id,
    clock::Date,
    connection,
    error::{Result, UserError},
    fund::{Fund, FundById},
    id::{FundId, GlobalId, ImportJobId, NodeKind, UploadId},
    money::{Fen, Money, MoneyInput},
    narrowed_page_of,
    page::{Direction, Key, Page, PageArgs},
    page_of,
    viewer::{Act, Request},
};

by_id!(/// Imports by key.
    ImportJobById, ImportJobId, Job, store::by_ids);
page_of!(/// A page of each fund's imports.
    ImportsOfFund, FundId, Job, store::of_funds, |job: &Job| job.fund_id);
narrowed_page_of!(/// A page of what is worth a word of each import's rows.
    WordsOfImport, ImportJobId, Option<Outcome>, Word, store::words_of_jobs, |word: &Word| word.job_id);

connection!(ImportJobConnection, ImportJobEdge, ImportJob, "imports");
connection!(ImportRowConnection, ImportRowEdge, ImportRow, "rows");

/// One import of one file: planned first, then committed, and taken back where that is still possible.
#[derive(Clone, Debug)]
pub struct ImportJob(pub Job);

impl From<Job> for ImportJob {
    fn from(job: Job) -> Self {
        Self(job)
    }
}

/// How many rows came to what.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportCounts {
    /// The rows of the file that say something; titles, totals and signatures are none.
    pub rows: i64,
    /// Rows that made something new, or would.
    pub created: i64,
    /// Rows that filled in or changed something, or would.
    pub changed: i64,
    /// Rows that say what is known already.
    pub unchanged: i64,
    /// Rows that are refused.
    pub refused: i64,
    /// Rows with the same content as an earlier row of the file; each is kept, and counted as created too.
    pub repeated: i64,
    /// Rows that look like something booked before from elsewhere; each is kept, and counted as created too.
    pub suspected: i64,
    /// Parties that were registered, or would be.
    pub parties: i64,
}

/// How far the step at hand is.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportProgress {
    /// The rows that are done.
    pub rows_done: i64,
    /// All rows of the step; null until they were counted.
    pub rows_total: Option<i64>,
    /// How many rows a second were done since the step was begun or taken over; null when that says nothing yet.
    pub rows_per_second: Option<i64>,
    /// How long the rest takes at that rate; null when that is not known.
    pub seconds_remaining: Option<i64>,
}

/// Why an import ended without effect.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportError {
    /// A stable word for programs.
    pub code: String,
    /// What was wrong and what would be accepted, in the caller's language.
    pub message: String,
}

/// One import of one file: planned first, then committed, and taken back where that is still possible.
#[Object]
impl ImportJob {
    /// The import's id.
    #[graphql(name = "id")]
    pub async fn global_id(&self) -> ID {
        GlobalId::new(NodeKind::ImportJob, self.0.id).into()
    }

    /// The fund it imports into.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// What the rows are.
    async fn kind(&self) -> Kind {
        self.0.kind
    }

    /// How far it has come.
    async fn state(&self) -> State {
        self.0.state
    }

    /// What the file is called.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// SHA-256 of the file in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// The last committed import of the same file into the fund; null where there is none.
    async fn earlier(&self, ctx: &Context<'_>) -> Option<Result<ImportJob>> {
        let id = self.0.earlier_id?;
        Some(Request::of(ctx).need::<ImportJobById>(id).await.map(Into::into))
    }

    /// What the file turned out to be, for instance "CSV, GB18030"; null until it was read.
    async fn format(&self) -> Option<&str> {
        self.0.format.as_deref()
    }

    /// How many rows came to what: of the plan until it is committed, then of what was booked.
    async fn counts(&self) -> ImportCounts {
        let Job { rows_total, created, changed, unchanged, refused, repeated, suspected, parties, .. } = &self.0;
        ImportCounts {
            rows: rows_total.unwrap_or(0),
            created: *created,
            changed: *changed,
            unchanged: *unchanged,
            refused: *refused,
            repeated: *repeated,
            suspected: *suspected,
            parties: *parties,
        }
    }

    /// What the rows that could be read add up to.
    async fn total(&self) -> Money {
        Fen(self.0.total_fen).into()
    }

    /// What the rows that made something add up to.
    async fn created_total(&self) -> Money {
        Fen(self.0.created_fen).into()
    }

    /// What the file's own total row says; null where it has none that was compared.
    async fn control_total(&self) -> Option<Money> {
        self.0.control_total_fen.map(|fen| Fen(fen).into())
    }

    /// What to commit with, once the plan was looked at: the digest of every row's outcome. Null until it is planned.
    async fn plan_hash(&self) -> Option<&str> {
        self.0.plan_hash.as_deref()
    }

    /// Why it ended without effect; null where it did not.
    async fn error(&self, ctx: &Context<'_>) -> Option<ImportError> {
        let message = self.0.error(Request::of(ctx).language)?.to_owned();
        Some(ImportError { code: self.0.error_code.clone()?, message })
    }

    /// How far the step at hand is; ask again to see it move.
    async fn progress(&self, ctx: &Context<'_>) -> ImportProgress {
        let Job { rows_done, rows_total, step_at, step_rows, .. } = &self.0;
        let seconds = step_at.map_or(0, |at| (Request::of(ctx).clock.now() - at).num_milliseconds()) / 1000;
        let rate = (rows_done - step_rows).checked_div(seconds).filter(|rate| *rate > 0 && self.0.is_open());
        let left = rows_total.map(|total| total - rows_done);
        let remaining = rate.and_then(|rate| left?.checked_div(rate));
        ImportProgress {
            rows_done: *rows_done,
            rows_total: *rows_total,
            rows_per_second: rate,
            seconds_remaining: remaining,
        }
    }

    /// What is worth a word of its rows, in the order of the file: refusals, changes, doubts. Rows that came to what
    /// was expected are only counted; at most 100,000 words are kept.
    #[allow(clippy::too_many_arguments)]
    async fn rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only rows that came to this.")] outcome: Option<Outcome>,
        #[graphql(desc = "How many from the start, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<ImportRowConnection> {
        let args = PageArgs { first, after, last, before };
        let page = Page::new(&args, Direction::Asc, &[Key::Int(0), Key::Int(0)])?;
        let rows = Request::of(ctx).load::<WordsOfImport>((self.0.id, (outcome, page.clone()))).await?;
        let rows = page.finish(rows.unwrap_or_default(), |word| vec![word.row_no.into(), word.word_no.into()]);
        Ok(ImportRowConnection::new(rows, None))
    }

    /// Where to get the file back with what came of each row, below the address of the server and with the same
    /// token; null until it is planned.
    async fn result_url(&self) -> Option<String> {
        self.0.plan_hash.as_ref()?;
        Some(format!("/imports/{}/result", super::summary::global_id(self.0.id)))
    }

    /// When it was started.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its last step ended; null while there is work to do.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }
}

/// Something worth a word about a row of the file.
#[derive(Clone, Debug)]
pub struct ImportRow(Word);

impl From<Word> for ImportRow {
    fn from(word: Word) -> Self {
        Self(word)
    }
}

/// Something worth a word about a row of the file.
#[Object]
impl ImportRow {
    /// The row as a spreadsheet numbers rows, from 1; titles and blank rows count.
    async fn row(&self) -> i64 {
        self.0.row_no
    }

    /// What comes of it.
    async fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The column it is about, as the header writes it; the field's name where the file has no such column.
    async fn column(&self) -> &str {
        &self.0.column_name
    }

    /// A stable word for programs, for instance "amount_negative".
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The cell as it stands in the file, cut at 80 characters.
    async fn value(&self) -> &str {
        &self.0.value
    }

    /// What was found, and what would be accepted or was done, in the caller's language.
    async fn message(&self, ctx: &Context<'_>) -> &str {
        match Request::of(ctx).language {
            crate::error::Language::En => &self.0.message_en,
            crate::error::Language::Zh => &self.0.message_zh,
        }
    }
}

/// A page of a fund's imports, the newest first.
pub async fn imports_of_fund(request: &Request, fund: &Fund, args: &PageArgs) -> Result<ImportJobConnection> {
    request.viewer.must(Act::ReadImport, &[fund.on()])?;
    let page = Page::new(args, Direction::Desc, &[Key::Int(0)])?;
    let rows = request.load::<ImportsOfFund>((fund.id, page.clone())).await?.unwrap_or_default();
    Ok(ImportJobConnection::new(page.finish(rows, |job| vec![job.id.into()]), None))
}

/// The import of this key, where there is one; denied to who may not read it.
pub async fn import_by_id(request: &Request, id: ImportJobId) -> Result<Option<ImportJob>> {
    let Some(job) = request.load::<ImportJobById>(id).await? else { return Ok(None) };
    let fund = request.need::<FundById>(job.fund_id).await?;
    request.viewer.must(Act::ReadImport, &[fund.on()])?;
    Ok(Some(ImportJob(job)))
}

/// Queries for imports.
#[derive(Default)]
pub struct ImportQuery;

#[Object]
impl ImportQuery {
    /// An import by its id; null when there is none. Ask again to see it move.
    async fn import_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id that importStart gave.")] id: GlobalId,
    ) -> Option<Result<ImportJob>> {
        let key = match id.key_of(NodeKind::ImportJob) {
            Ok(key) => ImportJobId(key),
            Err(error) => return Some(Err(error)),
        };
        import_by_id(Request::of(ctx), key).await.transpose()
    }
}

/// What is to be imported, and how.
#[derive(InputObject)]
pub struct ImportStartInput {
    /// The fund to import into.
    pub fund_id: GlobalId,
    /// What the rows are.
    pub kind: Kind,
    /// The file: the id that `stagedUploadCreate` gave, once the file was sent to its address.
    pub upload_id: GlobalId,
    /// Which column is what, as a mapping file says it in TOML, for instance `giver = "捐赠单位"`; left out, the
    /// columns are guessed by their names.
    pub mapping: Option<String>,
    /// The name of a mapping that `importMappingSave` kept for this fund and kind. Not together with `mapping`.
    pub mapping_name: Option<String>,
    /// The sheet of a workbook; left out, the first that fits.
    pub sheet: Option<String>,
    /// The day of rows that have none.
    pub date_default: Option<Date>,
    /// How many records there must be; the file is refused when it has another number.
    pub expected_count: Option<i32>,
    /// What they must add up to; the file is refused when they do not.
    pub expected_total: Option<MoneyInput>,
    /// Whether the rows that are accepted are booked when others are refused.
    #[graphql(default)]
    pub continue_on_error: bool,
    /// Whose numbers the references in the file are, for instance a bank or a platform: then a record with a number
    /// that is known is the same record, whatever else it says.
    pub source: Option<String>,
}

impl ImportStartInput {
    fn read(self, mapping: String) -> Result<Start> {
        let bad =
            |count: i32| crate::error::Error::BadInput(format!("expectedCount is {count}; 0 or more is accepted."));
        let expect_count = self.expected_count.map(|count| u64::try_from(count).map_err(|_| bad(count))).transpose()?;
        Ok(Start {
            fund: FundId(self.fund_id.key_of(NodeKind::Fund)?),
            kind: self.kind,
            upload: UploadId(self.upload_id.key_of(NodeKind::Upload)?),
            options: Options {
                mapping,
                sheet: self.sheet,
                date_default: self.date_default.map(Into::into),
                expect_count,
                expect_total: self.expected_total.map(Into::into),
                on_refusal: if self.continue_on_error { OnRefusal::GoOn } else { OnRefusal::Stop },
                source: self.source,
                then: Then::Wait,
            },
        })
    }
}

/// Which import is meant.
#[derive(InputObject)]
pub struct ImportCancelInput {
    /// The import.
    pub import_job_id: GlobalId,
}

/// Which import is to be taken back.
#[derive(InputObject)]
pub struct ImportUndoInput {
    /// The import.
    pub import_job_id: GlobalId,
}

/// Which plan is to be booked.
#[derive(InputObject)]
pub struct ImportCommitInput {
    /// The import.
    pub import_job_id: GlobalId,
    /// The plan that was looked at, by the import's `planHash`.
    pub plan_hash: String,
}

/// A mapping to be kept by name.
#[derive(InputObject)]
pub struct ImportMappingSaveInput {
    /// The fund whose imports may use it.
    pub fund_id: GlobalId,
    /// What the rows are.
    pub kind: Kind,
    /// What it is called, in at most 60 characters; a mapping of this name is replaced.
    pub name: String,
    /// Which column is what, as a mapping file says it in TOML.
    pub mapping: String,
}

/// A mapping that is kept by name.
#[derive(Clone, Debug, SimpleObject)]
pub struct ImportMapping {
    /// What it is called.
    pub name: String,
    /// What the rows are.
    pub kind: Kind,
    /// Which column is what, in TOML.
    pub mapping: String,
}

macro_rules! payload {
    ($name:ident, $what:literal) => {
        #[doc = concat!("What came of ", $what, ".")]
        #[derive(SimpleObject)]
        pub struct $name {
            /// The import; null when it was refused.
            pub import_job: Option<ImportJob>,
            /// Why it was refused; empty when it was not.
            pub user_errors: Vec<UserError>,
        }

        impl $name {
            fn of((job, user_errors): (Option<Job>, Vec<UserError>)) -> Self {
                Self { import_job: job.map(ImportJob), user_errors }
            }
        }
    };
}

payload!(ImportStartPayload, "starting an import");
payload!(ImportCommitPayload, "committing an import");
payload!(ImportCancelPayload, "stopping an import");
payload!(ImportUndoPayload, "taking an import back");

/// What came of keeping a mapping.
#[derive(SimpleObject)]
pub struct ImportMappingSavePayload {
    /// The mapping; null when it was refused.
    pub mapping: Option<ImportMapping>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations of imports.
#[derive(Default)]
pub struct ImportMutation;

fn job_id(id: GlobalId) -> Result<ImportJobId> {
    id.key_of(NodeKind::ImportJob).map(ImportJobId)
}

#[Object]
impl ImportMutation {
    /// Starts an import: all rows of the file are tried, and nothing is booked before `importCommit`. Read the import
    /// until it is planned.
    async fn import_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be imported, and how.")] input: ImportStartInput,
    ) -> Result<ImportStartPayload> {
        if input.mapping.is_some() && input.mapping_name.is_some() {
            return Err(crate::error::Error::BadInput("Give `mapping` or `mappingName`, not both.".into()));
        }
        let mut start = {
            let mut input = input;
            let name = input.mapping_name.take();
            let text = input.mapping.take().unwrap_or_default();
            (input.read(text)?, name)
        };
        let started = Request::of(ctx)
            .write(async |tx, by| {
                if let Some(name) = &start.1 {
                    start.0.options.mapping = mapping::find(tx, by, start.0.fund, start.0.kind, name).await?;
                }
                job::start(tx, by, &start.0).await
            })
            .await?;
        Ok(ImportStartPayload::of(started))
    }

    /// Books what was planned, as soon as a server is free: all rows, or none when one is refused, unless the import
    /// was started with `continueOnError`. Asked again it changes nothing.
    async fn import_commit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan that is to be booked.")] input: ImportCommitInput,
    ) -> Result<ImportCommitPayload> {
        let id = job_id(input.import_job_id)?;
        let done = Request::of(ctx).write(async |tx, by| job::commit(tx, by, id, &input.plan_hash).await).await?;
        Ok(ImportCommitPayload::of(done))
    }

    /// Stops an import before it is committed, or between two batches; what was booked stays until it is undone.
    async fn import_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The import.")] input: ImportCancelInput,
    ) -> Result<ImportCancelPayload> {
        let id = job_id(input.import_job_id)?;
        let done = Request::of(ctx).write(async |tx, by| job::cancel(tx, by, id).await).await?;
        Ok(ImportCancelPayload::of(done))
    }

    /// Takes back what an import has booked, by reversals, while none of its money has moved on; refused with the row
    /// whose money has. Parties that it registered or completed stay. Asked again it changes nothing.
    async fn import_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The import.")] input: ImportUndoInput,
    ) -> Result<ImportUndoPayload> {
        let id = job_id(input.import_job_id)?;
        let done = Request::of(ctx).write(async |tx, by| job::undo(tx, by, id).await).await?;
        Ok(ImportUndoPayload::of(done))
    }

    /// Keeps a mapping by name, for later imports into the same fund.
    async fn import_mapping_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The mapping.")] input: ImportMappingSaveInput,
    ) -> Result<ImportMappingSavePayload> {
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let (saved, user_errors) = Request::of(ctx)
            .write(async |tx, by| mapping::save(tx, by, fund, input.kind, &input.name, &input.mapping).await)
            .await?;
        let mapping = saved.map(|name| ImportMapping { name, kind: input.kind, mapping: input.mapping.clone() });
        Ok(ImportMappingSavePayload { mapping, user_errors })
    }
}
