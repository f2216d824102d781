//! An import through a server, over its plain door.

use std::{path::Path, time::Duration};

use reqwest::{Body, Client, RequestBuilder, Response, StatusCode, Url, header};
use serde_json::Value;
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{Args, progress_bar};
use crate::{
    cli::{
        exit::{DENIED, Failure},
        output,
    },
    error::Language,
    import::summary::Summary,
};

/// How often the server is asked how far it has come.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How often a server that does not answer is asked again.
const TRIES: u32 = 20;

/// The longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// A server, as the holder of a token sees it.
struct Door {
    http: Client,
    url: Url,
    token: String,
}

/// Imports a file, and writes its result where the person wants one.
pub async fn run(server: &str, given: &Args, file_name: String, file: File) -> Result<Summary, Failure> {
    let door = Door::to(server, given)?;
    let bytes = file.metadata().await.map_err(|why| Failure::usage(format!("{}: {why}", given.file.display())))?.len();
    let mut asked = given.asked()?;
    asked.push(("file", file_name));
    let sent = door.http.post(door.at(&format!("import/{}", given.kind.name()))?).query(&asked);
    // Whether it is large or small: the person sees it go on.
    let sent = sent.header("Prefer", "respond-async").header(header::CONTENT_LENGTH, bytes).body(Body::from(file));
    let mut answer = door.send(sent).await?;
    let bar = progress_bar();
    let summary = loop {
        let pending = answer.status() == StatusCode::ACCEPTED;
        let summary = summary(answer).await?;
        bar.set_length(u64::try_from(summary.rows).unwrap_or(0));
        bar.set_position(u64::try_from(summary.rows_done).unwrap_or(0));
        if !pending {
            break summary;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        answer = door.ask(&format!("imports/{}", summary.import_job_id)).await?;
    };
    bar.finish_and_clear();
    if let (Some(path), Some(_)) = (&given.result, &summary.plan_hash) {
        door.write_result(&summary, path).await?;
    }
    Ok(summary)
}

impl Args {
    /// What the address says besides the kind.
    fn asked(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut asked = vec![("fund", self.fund.clone())];
        if let Some(path) = &self.map {
            let text = std::fs::read_to_string(path);
            asked.push(("map", text.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?));
        }
        let optional = [
            ("sheet", self.sheet.clone()),
            ("source", self.source.clone()),
            ("date", self.date.map(|day| day.to_string())),
            ("expectCount", self.expect_count.map(|count| count.to_string())),
            ("expectTotal", self.expect_total.clone()),
        ];
        asked.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let flags = [("commit", self.commit), ("continueOnError", self.continue_on_error)];
        asked.extend(flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| (name, "true".to_owned())));
        Ok(asked)
    }
}

impl Door {
    fn to(server: &str, given: &Args) -> Result<Self, Failure> {
        let url = Url::parse(&format!("{}/", server.trim_end_matches('/')));
        let url = url.map_err(|why| Failure::usage(format!("--server {server}: {why}; write http://HOST:PORT")))?;
        let token = given.token.clone().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Failure::usage("--server needs a token, in --token or COBUILD_TOKEN"))?;
        let http = Client::builder().connect_timeout(CONNECT_MAX).build();
        let http = http.map_err(|why| Failure::fault(format!("no connection can be made: {why}")))?;
        Ok(Self { http, url, token })
    }

    fn at(&self, path: &str) -> Result<Url, Failure> {
        self.url.join(path).map_err(|why| Failure::usage(format!("{}: {why}", self.url)))
    }

    fn lost(&self, why: &reqwest::Error) -> Failure {
        let cause = std::error::Error::source(why).map_or_else(|| why.to_string(), ToString::to_string);
        Failure::fault(format!("{} cannot be reached: {cause}", self.url))
    }

    /// The answer where there is one, also to an import that did not go well.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let language = match output::language() {
            Language::En => "en",
            Language::Zh => "zh",
        };
        let request = request.bearer_auth(&self.token).header(header::ACCEPT_LANGUAGE, language);
        request.send().await.map_err(|why| self.lost(&why))
    }

    /// Asks until the server answers: it may be restarted meanwhile.
    async fn ask(&self, path: &str) -> Result<Response, Failure> {
        let mut tried = 0;
        loop {
            match self.send(self.http.get(self.at(path)?)).await {
                Ok(answer) if answer.status() != StatusCode::SERVICE_UNAVAILABLE => return Ok(answer),
                Err(lost) if tried == TRIES => return Err(lost),
                _ => {}
            }
            tried += 1;
            tokio::time::sleep(LOOK_EVERY * tried).await;
        }
    }

    async fn write_result(&self, summary: &Summary, path: &Path) -> Result<(), Failure> {
        let unwritable = |why: std::io::Error| Failure::fault(format!("{}: {why}", path.display()));
        let mut answer = self.ask(&format!("imports/{}/result", summary.import_job_id)).await?;
        if answer.status() != StatusCode::OK {
            return Err(failure(answer.status(), &answer.json().await.unwrap_or_default()));
        }
        let mut file = File::create(path).await.map_err(unwritable)?;
        while let Some(bytes) = answer.chunk().await.map_err(|why| self.lost(&why))? {
            file.write_all(&bytes).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)
    }
}

/// What the server says of the import; or why there is none.
async fn summary(answer: Response) -> Result<Summary, Failure> {
    let status = answer.status();
    let told: Value = answer.json().await.map_err(|_| Failure::fault(format!("the server answers {status}")))?;
    if told.get("import_job_id").is_none() {
        return Err(failure(status, &told));
    }
    serde_json::from_value(told).map_err(|why| Failure::fault(format!("the server is of another version: {why}")))
}

fn failure(status: StatusCode, told: &Value) -> Failure {
    let message =
        told["error"]["message"].as_str().map_or_else(|| format!("the server answers {status}"), str::to_owned);
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure { code: DENIED, sentence: message },
        StatusCode::CONFLICT => Failure::conflict(message),
        StatusCode::BAD_REQUEST => Failure::usage(message),
        status if status.is_client_error() => Failure::refused(message),
        _ => Failure::fault(message),
    }
}
