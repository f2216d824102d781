//! The plain door of imports: a file in one request, and its result back.
//!
//! | path | what it does |
//! |---|---|
//! | `POST /import/{kind}?fund=CODE` | takes the body as a file, plans it, with `commit=true` books it |
//! | `GET /imports/{id}` | how far an import is |
//! | `GET /imports/{id}/result` | the file as it came, with what came of each row |
//!
//! * Who asks shows a bearer token, and needs the same rights as in the graph.
//! * What takes longer than [`WAIT_MAX`] is answered with 202 and where to ask again; `Prefer: respond-async` does not
//!   wait at all.

use std::{sync::Arc, time::Duration};

use poem::{
    Body, Endpoint, Request, Response,
    endpoint::make,
    http::{Method, StatusCode, header},
};
use tokio::{
    io::AsyncRead,
    time::{Instant, sleep},
};

use super::{
    caller,
    files::{Files, drain, json, language, told},
};
use crate::{
    error::{Error, Language, Refusal, Result},
    fund::{self, Fund},
    id::{GlobalId, ImportJobId, NodeKind},
    import::{
        self,
        job::{self, Job, OnRefusal, Options, Start, State, Then, mapping, store},
        kind::{KINDS, Kind},
        result,
        summary::{Summary, global_id},
    },
    money::Fen,
    upload,
    viewer::{Act, By, Viewer, settle},
};

/// How long a request waits for its import.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// `POST /import/{kind}`.
pub fn import(files: Arc<Files>) -> impl Endpoint<Output = Response> + 'static {
    make(move |mut request: Request| {
        let files = files.clone();
        async move {
            let _hold = files.in_hand.hold();
            let language = language(&request);
            let mut body = request.take_body().into_async_read();
            let answered = async {
                let (job, fund) = start(&files, &request, &mut body).await?;
                answer(&files, &job, &fund).await
            };
            match answered.await {
                Ok(response) => response,
                Err(error) => {
                    drain(&mut body).await;
                    told(&error, language)
                }
            }
        }
    })
}

/// `GET /imports/{id}`.
pub fn status(files: Arc<Files>) -> impl Endpoint<Output = Response> + 'static {
    make(move |request: Request| {
        let files = files.clone();
        async move {
            let language = language(&request);
            let found = async {
                let (job, fund) = readable(&files, &request).await?;
                answer(&files, &job, &fund).await
            };
            found.await.unwrap_or_else(|error| told(&error, language))
        }
    })
}

/// `GET /imports/{id}/result`.
pub fn result_file(files: Arc<Files>) -> impl Endpoint<Output = Response> + 'static {
    make(move |request: Request| {
        let files = files.clone();
        async move {
            let language = language(&request);
            send(&files, &request, language).await.unwrap_or_else(|error| told(&error, language))
        }
    })
}

async fn viewer(files: &Files, request: &Request) -> Result<Viewer> {
    caller::viewer(&files.db, request.headers(), &files.clock).await
}

/// Takes the file in, starts its import, and waits for it a while.
async fn start(files: &Files, request: &Request, body: &mut (impl AsyncRead + Unpin)) -> Result<(Job, Fund)> {
    if *request.method() != Method::POST {
        return Err(Error::BadInput("Send the file's bytes as the body of a POST.".into()));
    }
    let viewer = viewer(files, request).await?;
    if viewer.read_only {
        return Err(viewer.denied(Act::Import));
    }
    let asked = Asked::of(request)?;
    // RFC 7240: whoever shows how far it has come need not wait here.
    let at_once = request.header("prefer").is_some_and(|wish| wish.eq_ignore_ascii_case("respond-async"));
    let db = &files.db;
    let by = || By { viewer: &viewer, now: files.clock.now(), today: files.clock.today() };
    let fund = fund::store::by_code(db, &asked.fund).await?;
    let fund = fund.ok_or_else(|| Refusal::NotFound { what: "fund".into() }.at("fund"))?;
    job::must_import(by(), &fund, asked.kind)?;
    let mut options = asked.options;
    let mut tx = db.begin().await?;
    let staged = async {
        if let Some(name) = &asked.mapping {
            options.mapping = mapping::find(&mut tx, by(), fund.id, asked.kind, name).await?;
        }
        upload::stage(&mut tx, by(), fund.id, &asked.file_name).await
    };
    let staged = staged.await;
    let staged = settle(tx, staged).await?;
    let arrived = upload::receive(db, &staged.secret, files.clock.now(), files.bytes_max, body).await?;
    let start = Start { fund: fund.id, kind: asked.kind, upload: arrived.upload, options };
    let mut tx = db.begin().await?;
    let job = job::start(&mut tx, by(), &start).await;
    let job = settle(tx, job).await?;
    let job = if at_once { job } else { waited(files, job).await? };
    Ok((job, fund))
}

/// Waits until there is nothing to do on a job, or long enough.
async fn waited(files: &Files, mut job: Job) -> Result<Job> {
    let until = Instant::now() + WAIT_MAX;
    while job.is_open() && Instant::now() < until {
        sleep(LOOK_EVERY).await;
        let found = store::by_ids(&files.db, &[job.id]).await?.pop();
        job = found.ok_or_else(|| anyhow::anyhow!("the import that was started is not there"))?;
    }
    Ok(job)
}

/// What a request asks for.
struct Asked {
    kind: Kind,
    fund: String,
    file_name: String,
    mapping: Option<String>,
    options: Options,
}

impl Asked {
    fn of(request: &Request) -> Result<Self> {
        let bad = |why: String| Error::BadInput(why);
        let name = request.path_params::<String>().unwrap_or_default();
        let kinds = || KINDS.map(Kind::name).join(", ");
        let kind = Kind::of_name(&name)
            .ok_or_else(|| bad(format!("{name:?} is nothing that is imported; accepted: {}.", kinds())))?;
        let given = request.params::<Vec<(String, String)>>();
        let given = given.map_err(|_| bad("The query string cannot be read; percent-encode its values.".into()))?;
        let mut asked = Self {
            kind,
            fund: String::new(),
            file_name: format!("{name}.upload"),
            mapping: None,
            options: Options::default(),
        };
        for (name, value) in given {
            asked.take(&name, value)?;
        }
        if asked.fund.is_empty() {
            return Err(bad("Say into which fund, by its code: `?fund=CODE`.".into()));
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, value: String) -> Result<()> {
        let bad = |why: &str| Error::BadInput(format!("{name}={value}: {why}"));
        let yes = || match value.as_str() {
            "true" | "1" | "yes" => Ok(true),
            "false" | "0" | "no" => Ok(false),
            _ => Err(bad("write true or false.")),
        };
        match name {
            "fund" => self.fund = value,
            "file" => self.file_name = value,
            "mapping" => self.mapping = Some(value),
            "map" => self.options.mapping = value,
            "sheet" => self.options.sheet = Some(value),
            "source" => self.options.source = Some(value),
            "date" => self.options.date_default = Some(value.parse().map_err(|_| bad("write a day as 2026-05-20."))?),
            "expectCount" => {
                self.options.expect_count = Some(value.parse().map_err(|_| bad("write a whole number."))?);
            }
            "expectTotal" => {
                let fen = import::total_fen(&value, import::Unit::Yuan);
                let fen = fen.map_err(|_| bad("write yuan with at most two decimals."))?;
                self.options.expect_total = Some(Fen(fen));
            }
            "commit" if yes()? => self.options.then = Then::Commit,
            "continueOnError" if yes()? => self.options.on_refusal = OnRefusal::GoOn,
            "commit" | "continueOnError" => {}
            _ => {
                let known =
                    "fund, file, map, mapping, sheet, source, date, expectCount, expectTotal, commit, continueOnError";
                return Err(Error::BadInput(format!("{name:?} is not asked for here; accepted: {known}.")));
            }
        }
        Ok(())
    }
}

/// The summary of a job: 200 where it went well, 202 while it goes on, 409 and 422 where something is in the way.
async fn answer(files: &Files, job: &Job, fund: &Fund) -> Result<Response> {
    let summary = Summary::of(&files.db, job, &fund.code).await?;
    let status = match job.state {
        _ if job.is_open() => StatusCode::ACCEPTED,
        State::Conflicted | State::Cancelled => StatusCode::CONFLICT,
        State::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        State::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        _ if job.refused > 0 => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let body = serde_json::to_value(&summary).map_err(|why| anyhow::anyhow!("a summary is no JSON: {why}"))?;
    let mut response = json(status, &body);
    let place = format!("/imports/{}", global_id(job.id));
    if let Ok(place) = place.parse() {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// The import of a path's id, where the caller may read it.
async fn readable(files: &Files, request: &Request) -> Result<(Job, Fund)> {
    let missing = || Refusal::NotFound { what: "import".into() };
    let viewer = viewer(files, request).await?;
    let id = request.path_params::<String>().unwrap_or_default();
    let id: GlobalId = id.parse().map_err(|()| missing())?;
    let id = ImportJobId(id.key_of(NodeKind::ImportJob)?);
    let job = store::by_ids(&files.db, &[id]).await?.pop().ok_or_else(missing)?;
    let fund = fund::store::by_ids(&files.db, &[job.fund_id]).await?.pop().ok_or_else(missing)?;
    viewer.must(Act::ReadImport, &[fund.on()])?;
    Ok((job, fund))
}

async fn send(files: &Files, request: &Request, language: Language) -> Result<Response> {
    let (job, _) = readable(files, request).await?;
    let result = result::write(&files.db, &files.clock, &job, language).await?;
    let file = tokio::fs::File::open(result.file.path()).await;
    // The file is open, and its name may go.
    let file = file.map_err(|why| anyhow::Error::from(why).context("the result of an import"))?;
    let shown: String = result
        .name
        .chars()
        .map(|symbol| if symbol.is_ascii_alphanumeric() || "-_.".contains(symbol) { symbol } else { '_' })
        .collect();
    let encoded: String = result.name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let disposition = format!("attachment; filename=\"{shown}\"; filename*=UTF-8''{encoded}");
    Ok(Response::builder()
        .status(StatusCode::OK)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_DISPOSITION, disposition)
        .content_type("application/octet-stream")
        .body(Body::from_async_read(file)))
}
