//! Files in and out: what GraphQL is no transport for.
//!
//! | path | what it does |
//! |---|---|
//! | `PUT` or `POST /uploads/{secret}` | takes the file that `stagedUploadCreate` made room for |
//!
//! * A body is never held: it goes to the database as it comes.
//! * Every refusal is one sentence in JSON, with a code.

use std::{sync::Arc, time::Duration};

use poem::{
    Endpoint, Request, Response,
    endpoint::make,
    http::{Method, StatusCode, header},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use super::in_hand::InHand;
use crate::{
    clock::Clock,
    db::Db,
    error::{Error, Language, Refusal},
    id::{GlobalId, NodeKind},
    upload,
};

/// The bytes that are read of a body that is refused.
const DRAINED_MAX: u64 = 64 << 20;

/// How long they are waited for.
const DRAIN_FOR: Duration = Duration::from_secs(10);

/// What the endpoints of files share.
#[derive(Clone, Debug)]
pub struct Files {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// What keeps the server from ending in the middle.
    pub in_hand: InHand,
    /// The largest file that is taken.
    pub bytes_max: u64,
}

/// Takes a file in at its one-time address.
pub fn uploads(files: Arc<Files>) -> impl Endpoint<Output = Response> + 'static {
    make(move |request: Request| {
        let files = files.clone();
        async move {
            let _hold = files.in_hand.hold();
            take(&files, request).await
        }
    })
}

async fn take(files: &Files, mut request: Request) -> Response {
    let language = language(&request);
    if !matches!(*request.method(), Method::PUT | Method::POST) {
        let message = match language {
            Language::En => "Send the file's bytes as the body of one PUT or POST.",
            Language::Zh => "请以 PUT 或 POST 发送文件内容作为请求正文。",
        };
        return refused(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message);
    }
    // What says beforehand that it is too large need not be kept.
    let announced = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let mut body = request.take_body().into_async_read();
    if announced.is_some_and(|bytes| bytes > files.bytes_max) {
        let refusal = Refusal::UploadTooLarge { max: files.bytes_max >> 20 };
        drain(&mut body).await;
        return told(&refusal.into(), language);
    }
    let Some(secret) = request.uri().path().rsplit('/').next().map(str::to_owned) else {
        return told(&Refusal::NotFound { what: "upload".into() }.into(), language);
    };
    match upload::receive(&files.db, &secret, files.clock.now(), files.bytes_max, &mut body).await {
        Ok(arrived) => {
            let id = GlobalId::new(NodeKind::Upload, arrived.upload).to_string();
            let body = serde_json::json!({ "id": id, "sha256": arrived.sha256, "size": arrived.size });
            json(StatusCode::CREATED, &body)
        }
        Err(error) => {
            drain(&mut body).await;
            told(&error, language)
        }
    }
}

/// Reads on in a body that is refused, within bounds: most clients hear an answer only when they have sent all.
pub async fn drain(body: &mut (impl AsyncRead + Unpin)) {
    let rest = &mut body.take(DRAINED_MAX);
    // What cannot be read need not be.
    let _ = timeout(DRAIN_FOR, tokio::io::copy(rest, &mut tokio::io::sink())).await;
}

/// The language of whoever sends a request.
pub fn language(request: &Request) -> Language {
    Language::accepted(request.header(header::ACCEPT_LANGUAGE))
}

/// An error as an answer: its status, a code for programs and a sentence for people.
pub fn told(error: &Error, language: Language) -> Response {
    let (status, code) = match error {
        Error::Refused(refused) => match &refused.refusal {
            Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Refusal::UploadTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Refusal::UploadDone {} | Refusal::PlanMoved {} | Refusal::Conflict {} | Refusal::ImportState { .. } => {
                (StatusCode::CONFLICT, "CONFLICT")
            }
            Refusal::StorageFull {} => (StatusCode::INSUFFICIENT_STORAGE, "STORAGE_FULL"),
            _ => (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
        },
        Error::Denied(denied) if denied.anonymous => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        Error::Denied(_) => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        Error::BadInput(_) => (StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
        Error::Fault(fault) => {
            tracing::error!(error = %format!("{:#}", fault.0), "a file could not be served");
            let message = match language {
                Language::En => "Internal error; the server's log says more.",
                Language::Zh => "内部错误;详见服务器日志。",
            };
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message);
        }
    };
    refused(status, code, &error.message(language))
}

/// One sentence in JSON.
pub fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &serde_json::json!({ "error": { "code": code, "message": message } }))
}

/// A JSON answer.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let response = Response::builder().status(status).header(header::CACHE_CONTROL, "no-store");
    response.content_type("application/json; charset=utf-8").body(body.to_string())
}
