//! GraphQL over HTTP, as its specification and the 61 audits of `graphql-http` have it.
//!
//! * `POST` takes JSON and nothing else, so a browser asks first before another site can send a mutation.
//! * `GET` runs queries only.
//! * Nothing runs before the gate has admitted it and `prepare` has said who asks.
//! * A mutation, once begun, goes on to its end: neither a client that leaves nor the time limit stops it halfway.
//! * Every error has `extensions.code`. What has none was not meant for the client: the log keeps it, and the
//!   client gets a reference.
//! * Refusals of a request (it never ran) have no `data`.

mod accept;
mod answer;
mod params;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Request, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::gate::{Code, Gate, GateError, OperationKind};
use crate::error::Language;
use accept::Media;
use answer::Answer;
use params::Params;

/// Bytes of a request's body: a large document with large variables, not a file.
const BODY_BYTES_MAX: usize = 1 << 20;

/// From the first byte of a request to its answer.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Asks for `extensions.cost` when it is `1`.
const COST_HEADER: &str = "x-cobuild-cost";

/// Names the request in the answer and in the log.
const REQUEST_ID_HEADER: &str = "x-request-id";

/// A refusal that is not the gate's, with the status it answers under every media type.
#[derive(Debug, Clone)]
pub struct HttpError {
    /// The status of the answer.
    pub status: StatusCode,
    /// `extensions.code` of the one error in the answer.
    pub code: &'static str,
    /// The sentence the client reads.
    pub message: String,
    /// Headers the status calls for, such as `Retry-After` or `WWW-Authenticate`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl HttpError {
    /// A refusal without headers of its own.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    /// The same refusal with one header more.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadRequest.as_str(), message)
    }
}

/// Says who asks, and adds what resolvers need to the request; or refuses.
///
/// The request's data already holds its [`RequestId`] and its [`Cost`]. Called after the gate and before anything runs.
pub type Prepare = Arc<
    dyn for<'r> Fn(&'r HeaderMap, OperationKind, Request) -> BoxFuture<'r, Result<Request, HttpError>> + Send + Sync,
>;

/// The id of a request, in its data: the client's own `x-request-id`, or one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// What a request costs, in its data: for a budget per caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost(pub u64);

/// The endpoint of one graph.
pub struct Endpoint<E> {
    executor: E,
    gate: Arc<Gate>,
    prepare: Prepare,
    time_max: Duration,
}

/// How a request ended without a run.
enum Refused {
    /// By HTTP: its own status.
    Http(HttpError),
    /// By the gate: a status by the media type.
    Gate(Vec<GateError>),
    /// By a panic, already logged.
    Panic,
}

impl From<HttpError> for Refused {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}

/// A run's response and its cost.
struct Ran {
    response: Response,
    cost: u64,
}

impl<E: Executor> Endpoint<E> {
    /// An endpoint that runs what `gate` admits and `prepare` prepares.
    pub fn new(executor: E, gate: Arc<Gate>, prepare: Prepare) -> Self {
        Self { executor, gate, prepare, time_max: TIME_MAX }
    }

    /// The same endpoint with another time limit.
    #[must_use]
    pub fn with_time_max(mut self, time_max: Duration) -> Self {
        self.time_max = time_max;
        self
    }

    async fn respond(&self, request: poem::Request) -> poem::Response {
        let id = RequestId::of(request.headers());
        let wants_cost = request.header(COST_HEADER) == Some("1");
        let Some(media) = accept::negotiate(request.headers()) else {
            let error = HttpError::new(
                StatusCode::NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                "The answer can be application/graphql-response+json or application/json; accept one of them.",
            );
            return Answer::http(error).response(Media::Json, &id.0);
        };
        let language = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = Language::accepted(language);
        let run = unwinding(self.run(request, &id), &id).await;
        let answer = match run.and_then(|ran| ran) {
            Ok(Ran { response, cost }) => {
                let cost = wants_cost.then(|| (cost, self.gate.limits().cost_max));
                Answer::ran(response, cost, &id.0, media, language)
            }
            Err(Refused::Http(error)) => Answer::http(error),
            Err(Refused::Gate(errors)) => Answer::gate(errors, media),
            Err(Refused::Panic) => Answer::fault(&id.0),
        };
        answer.response(media, &id.0)
    }

    async fn run(&self, mut request: poem::Request, id: &RequestId) -> Result<Ran, Refused> {
        let deadline = Instant::now() + self.time_max;
        let params = read(&mut request, deadline).await?;
        let admitted = self
            .gate
            .admit(&params.query, params.operation_name.as_deref(), params.variables)
            .map_err(Refused::Gate)?;
        check_kind(request.method(), admitted.kind)?;
        let kind = admitted.kind;
        let admitted_request = admitted.request.data(id.clone()).data(Cost(admitted.cost));
        let run = async {
            let prepared = (self.prepare)(request.headers(), kind, admitted_request).await?;
            let executor = self.executor.clone();
            if kind != OperationKind::Mutation {
                return Ok(executor.execute(prepared).await);
            }
            let id = id.clone();
            let mutation = async move { unwinding(executor.execute(prepared), &id).await };
            let mutation = tokio::spawn(mutation.in_current_span());
            // A task that panics is caught inside it; one that is cancelled dies with the runtime.
            mutation.await.unwrap_or(Err(Refused::Panic))
        };
        let response = timeout_at(deadline, run).await.map_err(|_| out_of_time(kind))??;
        Ok(Ran { response, cost: admitted.cost })
    }
}

impl<E: Executor> poem::Endpoint for Endpoint<E> {
    type Output = poem::Response;

    async fn call(&self, request: poem::Request) -> poem::Result<poem::Response> {
        Ok(self.respond(request).await)
    }
}

impl RequestId {
    /// The longest id taken from a client.
    const CHARS_MAX: usize = 64;

    /// The id that a client gave its request, or one of ours.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match given {
            Some(id) if (1..=Self::CHARS_MAX).contains(&id.len()) && id.bytes().all(plain) => Self(id.to_owned()),
            _ => Self::new(),
        }
    }

    fn new() -> Self {
        let mut bytes = [0; 12];
        // Without randomness an id is useless, but the request is not.
        if let Err(error) = getrandom::fill(&mut bytes) {
            tracing::warn!(%error, "no randomness for a request id");
        }
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Reads the parameters of a request, whatever its method.
async fn read(request: &mut poem::Request, deadline: Instant) -> Result<Params, HttpError> {
    match *request.method() {
        Method::GET => {
            let pairs = request.params::<Vec<(String, String)>>();
            let pairs = pairs
                .map_err(|_| HttpError::bad_request("The query string cannot be read; percent-encode its values."))?;
            Params::from_query(pairs)
        }
        Method::POST => {
            params::check_content(request.headers())?;
            let body = request.take_body().into_bytes_limit(BODY_BYTES_MAX);
            let body = timeout_at(deadline, body).await.map_err(|_| {
                HttpError::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "TIMEOUT",
                    "The body did not arrive in time; send the request again.",
                )
            })?;
            Params::from_body(&body.map_err(unreadable)?)
        }
        _ => Err(not_allowed("Use POST, or GET for queries.", "GET, POST")),
    }
}

fn unreadable(error: poem::error::ReadBodyError) -> HttpError {
    match error {
        poem::error::ReadBodyError::PayloadTooLarge => HttpError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("The body is larger than {BODY_BYTES_MAX} bytes; stage a file to send more."),
        ),
        _ => HttpError::bad_request("The body could not be read to its end; send the request again."),
    }
}

fn check_kind(method: &Method, kind: OperationKind) -> Result<(), HttpError> {
    match kind {
        OperationKind::Query => Ok(()),
        OperationKind::Mutation if method == Method::POST => Ok(()),
        OperationKind::Mutation => Err(not_allowed("A mutation needs POST; GET runs queries only.", "POST")),
        OperationKind::Subscription => {
            Err(HttpError::bad_request("A subscription needs a stream; this address answers once."))
        }
    }
}

fn not_allowed(message: &str, allow: &'static str) -> HttpError {
    HttpError::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
        .with_header(header::ALLOW, HeaderValue::from_static(allow))
}

// Not 408: clients repeat a request on 408 by themselves, and a mutation may still be running.
fn out_of_time(kind: OperationKind) -> HttpError {
    let message = match kind {
        OperationKind::Mutation => {
            "The mutation took too long to wait for and may still be running; send it again with the same idempotencyKey, or read what it changes first."
        }
        _ => "The request took too long and was stopped; ask for less.",
    };
    HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", message)
}

/// Runs a future to its end or its panic, which it logs.
async fn unwinding<F: Future>(future: F, id: &RequestId) -> Result<F::Output, Refused> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        tracing::error!(reference = %id.0, panic = %text, "a request panicked");
        Refused::Panic
    })
}
