//! Files that a viewer may take along: written as they are read, from one snapshot, in bounded memory.
//!
//! * Who asks and what they may read is decided as the graph decides it; a refusal comes before the first byte.
//! * What fails after that ends the connection, so that a file that was cut off is not taken for a whole one.
//! * A file holds a connection of the database until it is sent: only [`AT_ONCE_MAX`] are made at the same time.

use std::{io, sync::Arc};

use chrono::NaiveDate;
use futures_util::stream;
use poem::{
    Body, Endpoint, Response,
    endpoint::make,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use super::{caller, in_hand::InHand};
use crate::{
    api::http::{HttpError, RequestId},
    clock::Clock,
    db::Db,
    error::{Denied, Error, Language, Refusal, Result},
    fund,
    id::GlobalId,
    ledger::{graphql::as_of::AsOfInput, journal},
    page::PeriodInput,
    sheet::Format,
    statement::graphql::file::Made,
    viewer::{Act, Request},
};

/// Files made at the same time; the readers of the graph need the other connections.
const AT_ONCE_MAX: usize = 4;

/// Chunks that wait for a slow client before the reading waits too.
const CHUNKS_MAX: usize = 4;

/// Makes files. Cloning shares the room for them.
#[derive(Clone)]
pub struct Downloads {
    db: Db,
    clock: Clock,
    in_hand: InHand,
    room: Arc<Semaphore>,
}

/// A file about to be sent.
struct File {
    /// Its name in Latin letters, for clients that read no other.
    name: String,
    /// Its name in the reader's language.
    named: String,
    content_type: &'static str,
    body: Body,
}

impl Downloads {
    /// With room for a few files at a time.
    pub fn new(db: Db, clock: Clock, in_hand: InHand) -> Self {
        Self { db, clock, in_hand, room: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// `GET /export/journal?fund=CODE`: a fund's journal, for those who keep or oversee its books.
    pub fn journal(&self) -> impl Endpoint<Output = Response> + 'static {
        let downloads = self.clone();
        make(move |request: poem::Request| {
            let downloads = downloads.clone();
            async move { downloads.answer(request, async |asked, query| downloads.journal_file(asked, &query).await).await }
        })
    }

    /// `GET /statements/party/ID?year=2026&format=xlsx` (also `from`, `to`, `fund`), and the same of a `fund` and a
    /// `host`: with the rights that the graph asks for.
    pub fn statement(&self) -> impl Endpoint<Output = Response> + 'static {
        let downloads = self.clone();
        make(move |request: poem::Request| {
            let downloads = downloads.clone();
            async move {
                let path: std::result::Result<(String, String), _> = request.path_params();
                let make = async |asked, query: Query| {
                    let (of, id) = path.map_err(|_| Error::BadInput(ADDRESS.into()))?;
                    downloads.statement_file(asked, &of, &id, &query).await
                };
                downloads.answer(request, make).await
            }
        })
    }

    async fn statement_file(&self, request: Request, of: &str, id: &str, query: &Query) -> Result<File, Why> {
        let format = query.get("format").unwrap_or("csv");
        let format = Format::named(format);
        let format = format.ok_or_else(|| Error::BadInput("`format` is csv, xlsx or json.".into()))?;
        let period = query.period()?;
        let id: GlobalId = id.parse().map_err(|_| Error::BadInput(ADDRESS.into()))?;
        let fund = query.get("fund").map(|id| id.parse::<GlobalId>());
        let fund = fund.transpose().map_err(|_| Error::BadInput("`fund` is the id of a fund.".into()))?;
        let as_of = query.as_of()?;
        let made = match of {
            "party" => Made::party(&request, id, period, fund, as_of).await?,
            "fund" => Made::fund(&request, id, period, as_of).await?,
            "host" => Made::host(&request, id, period, as_of).await?,
            _ => return Err(Error::BadInput(ADDRESS.into()).into()),
        };
        let (from, to) = (period.from.0, period.to.0);
        let ending = format.ending();
        let name = format!("statement-{of}-{from}-{to}.{ending}");
        let named = match request.language {
            Language::En => format!("Statement of {}, {from} to {to}.{ending}", made.name()),
            Language::Zh => format!("{}对账单{from}至{to}.{ending}", made.name()),
        };
        let body = self.send(async move |sink| made.write(&request, format, sink).await)?;
        Ok(File { name, named, content_type: format.content_type(), body })
    }

    async fn journal_file(&self, request: Request, query: &Query) -> Result<File, Why> {
        let code = query.text("fund")?.to_owned();
        let fund = fund::store::by_code(&mut *request.session().await?, &code).await?;
        let fund = fund.ok_or_else(|| Error::from(Refusal::NotFound { what: "fund".into() }))?;
        request.viewer.must(Act::ReadJournal, &[fund.on()])?;
        let named = match request.language {
            Language::En => format!("Journal of {}.jsonl", fund.name),
            Language::Zh => format!("{}分录.jsonl", fund.name),
        };
        let body = self.send(async move |sink| {
            let mut session = request.session().await?;
            journal::export(&mut session, &code, &sink).await.map(drop)
        })?;
        Ok(File { name: format!("journal-{}.jsonl", fund.code), named, content_type: "application/jsonl", body })
    }

    /// Answers a request for a file.
    async fn answer(
        &self,
        request: poem::Request,
        make: impl AsyncFnOnce(Request, Query) -> Result<File, Why>,
    ) -> Response {
        let id = RequestId::of(request.headers());
        let (headers, query) = (request.headers().clone(), Query(request.params().unwrap_or_default()));
        let asked = caller::of_download(&headers, &self.db, &self.clock, &self.in_hand, &id.0).await;
        let asked = match asked {
            Ok(asked) => asked,
            Err(error) => return refused(&error, &id),
        };
        let language = asked.language;
        match make(asked, query).await {
            Ok(file) => file.response(&id),
            Err(why) => refused(&status(why, language, &id), &id),
        }
    }

    /// Runs `work` beside the answer that sends what it gives.
    ///
    /// # Errors
    /// When too many files are made already.
    fn send<W>(&self, work: impl FnOnce(mpsc::Sender<Vec<u8>>) -> W) -> Result<Body, Why>
    where
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Why::Busy)?;
        let hold = self.in_hand.hold();
        let (sink, chunks) = mpsc::channel(CHUNKS_MAX);
        let work = work(sink);
        let task = tokio::spawn(async move {
            let done = work.await;
            drop((room, hold));
            done
        });
        let chunks = stream::unfold((chunks, Some(task)), |(mut chunks, mut task)| async move {
            if let Some(chunk) = chunks.recv().await {
                return Some((Ok(chunk), (chunks, task)));
            }
            match task.take()?.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => {
                    tracing::warn!(error = %error.message(Language::En), "a file was not sent to its end");
                    Some((Err(io::Error::other("the file could not be read to its end")), (chunks, None)))
                }
                Err(error) => {
                    tracing::error!(%error, "a file was not sent to its end");
                    Some((Err(io::Error::other("the file could not be read to its end")), (chunks, None)))
                }
            }
        });
        Ok(Body::from_bytes_stream(chunks))
    }
}

/// Why there is no file.
enum Why {
    /// As the graph would say it.
    Error(Error),
    /// Too many are made at this moment.
    Busy,
}

impl<E: Into<Error>> From<E> for Why {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// What stands after the `?` of an address.
struct Query(Vec<(String, String)>);

impl Query {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| Error::BadInput(format!("`{name}` is missing: add `?{name}=…` to the address.")))
    }
}

impl Query {
    /// The period: a `year`, or `from` and `to`.
    fn period(&self) -> Result<PeriodInput> {
        let wrong = || Error::BadInput("Say which `year` (2026), or `from` and `to` (2026-01-01).".into());
        let day = |text: &str| text.parse::<NaiveDate>().map_err(|_| wrong());
        let (from, to) = match (self.get("year"), self.get("from"), self.get("to")) {
            (Some(year), None, None) => {
                let year: i32 = year.parse().map_err(|_| wrong())?;
                let days = (NaiveDate::from_ymd_opt(year, 1, 1), NaiveDate::from_ymd_opt(year, 12, 31));
                (days.0.ok_or_else(wrong)?, days.1.ok_or_else(wrong)?)
            }
            (None, Some(from), Some(to)) => (day(from)?, day(to)?),
            _ => return Err(wrong()),
        };
        Ok(PeriodInput { from: from.into(), to: to.into() })
    }

    /// `date`, `seq`, and `marks` with commas between them.
    fn as_of(&self) -> Result<Option<AsOfInput>> {
        let wrong =
            |name: &str| Error::BadInput(format!("`{name}` cannot be read: date=2026-12-31, seq=56, marks=ID,ID."));
        let date = self.get("date").map(|text| text.parse::<NaiveDate>().map(Into::into)).transpose();
        let seq = self.get("seq").map(str::parse).transpose();
        let marks = self.get("marks").map(|text| text.split(',').map(str::parse).collect()).transpose();
        Ok(Some(AsOfInput {
            date: date.map_err(|_| wrong("date"))?,
            seq: seq.map_err(|_| wrong("seq"))?,
            marks: marks.map_err(|_| wrong("marks"))?,
        }))
    }
}

const ADDRESS: &str = "The address is /statements/party/ID, /statements/fund/ID or /statements/host/ID, with the id that the graph gives.";

impl File {
    fn response(self, id: &RequestId) -> Response {
        let encoded: String = self.named.bytes().map(escaped).collect();
        let disposition = format!("attachment; filename=\"{}\"; filename*=UTF-8''{encoded}", self.name);
        Response::builder()
            .content_type(self.content_type)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::CONTENT_DISPOSITION, disposition)
            .header(header::VARY, "Authorization, Accept-Language")
            .header("x-request-id", &id.0)
            .body(self.body)
    }
}

/// As RFC 8187 writes a byte of a name.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn status(why: Why, language: Language, id: &RequestId) -> HttpError {
    let Why::Error(error) = why else {
        let message = match language {
            Language::En => "Other files are being made; ask again in a few seconds.",
            Language::Zh => "正在生成其他文件，请几秒后再试。",
        };
        return HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", message)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"));
    };
    let message = error.message(language);
    match error {
        Error::Refused(refused) => match refused.refusal {
            Refusal::NotFound { .. } => HttpError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message),
            _ => HttpError::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message),
        },
        Error::BadInput(message) => HttpError::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message),
        Error::Denied(Denied { anonymous: true, .. }) => {
            HttpError::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Bearer realm="cobuild""#))
        }
        Error::Denied(_) => HttpError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message),
        Error::Unavailable(_) => HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1")),
        Error::Fault(_) => {
            tracing::error!(reference = %id.0, error = %message, "a file could not be made");
            let message = match language {
                Language::En => format!("Internal error. Reference: {}", id.0),
                Language::Zh => format!("内部错误。编号：{}", id.0),
            };
            HttpError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
        }
    }
}

/// A refusal in the form the graph gives it.
fn refused(error: &HttpError, id: &RequestId) -> Response {
    let body = json!({ "errors": [{ "message": error.message, "extensions": { "code": error.code } }] });
    let mut response = Response::builder().status(error.status).header("x-request-id", &id.0);
    for (name, value) in &error.headers {
        response = response.header(name, value);
    }
    response.content_type("application/json; charset=utf-8").body(body.to_string())
}
