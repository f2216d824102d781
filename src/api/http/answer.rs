//! What a client reads: errors with codes, `data` only when something ran, one media type, one status.

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::accept::Media;
use super::{HttpError, REQUEST_ID_HEADER};
use crate::api::gate::{Code, ERRORS_MAX, GateError, cut};
use crate::error::{Error, Language};

const INTERNAL: &str = "INTERNAL_SERVER_ERROR";

/// How the executor begins a message about a value it could not read as an input type.
const INPUT_ERRORS: [&str; 3] = ["Failed to parse \"", "Expected input type \"", "Invalid value for argument \""];

/// An answer before it is written.
pub(super) struct Answer {
    status: StatusCode,
    body: Body,
    headers: HeaderMap,
}

#[derive(Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: std::collections::BTreeMap<String, Value>,
}

impl Answer {
    /// The answer to a request that HTTP itself refuses.
    pub fn http(error: HttpError) -> Self {
        Self {
            status: error.status,
            body: Body::refusal(vec![coded(ServerError::new(error.message, None), error.code)]),
            headers: error.headers.into_iter().collect(),
        }
    }

    /// The answer to a request that the gate refuses.
    pub fn gate(errors: Vec<GateError>, media: Media) -> Self {
        let errors = errors.into_iter().map(|error| {
            let code = error.code.as_str();
            let mut shown = ServerError::new(error.message, None);
            shown.locations = error.locations;
            coded(shown, code)
        });
        Self { status: refused(media), body: Body::refusal(errors.collect()), headers: HeaderMap::new() }
    }

    /// The answer to a request that panicked.
    pub fn fault(id: &str) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            body: Body::refusal(vec![masked(ServerError::new("", None), id)]),
            headers: HeaderMap::new(),
        }
    }

    /// The answer to a request that ran; `cost` is what it cost and the limit, if the client wants to know.
    pub fn ran(response: Response, cost: Option<(u64, u64)>, id: &str, media: Media, language: Language) -> Self {
        let mut response = response;
        response.errors.truncate(ERRORS_MAX);
        // What fails before the first field has neither data nor a path.
        let ran = response.data != Value::Null
            || response.errors.is_empty()
            || response.errors.iter().any(|error| !error.path.is_empty());
        let errors: Vec<ServerError> = response.errors.into_iter().map(|error| settled(error, id, language)).collect();
        let internal = errors.iter().any(|error| code(error) == Some(INTERNAL));
        if let Some((requested, limit)) = cost {
            let cost = async_graphql::value!({ "requested": requested, "limit": limit });
            response.extensions.insert("cost".to_owned(), cost);
        }
        Self {
            status: match ran {
                true => StatusCode::OK,
                false if internal => StatusCode::INTERNAL_SERVER_ERROR,
                false => refused(media),
            },
            body: Body { errors, data: ran.then_some(response.data), extensions: response.extensions },
            headers: response.http_headers,
        }
    }

    /// The answer as HTTP.
    pub fn response(self, media: Media, id: &str) -> poem::Response {
        let (status, body) = match serde_json::to_vec(&self.body) {
            Ok(body) => (self.status, body),
            Err(error) => {
                tracing::error!(reference = %id, %error, "an answer cannot be written as JSON");
                let body = format!(
                    r#"{{"errors":[{{"message":"Internal error. Reference: {id}","extensions":{{"code":"{INTERNAL}"}}}}]}}"#
                );
                (StatusCode::INTERNAL_SERVER_ERROR, body.into_bytes())
            }
        };
        let mut response = poem::Response::builder().status(status).body(body);
        let headers = response.headers_mut();
        headers.extend(self.headers);
        let fixed = [
            (header::CONTENT_TYPE, media.content_type()),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.append(header::VARY, HeaderValue::from_static("Accept"));
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID_HEADER, id);
        }
        response
    }
}

impl Body {
    fn refusal(errors: Vec<ServerError>) -> Self {
        Self { errors, data: None, extensions: Default::default() }
    }
}

/// The status of an answer of the graph that says nothing ran.
fn refused(media: Media) -> StatusCode {
    match media {
        Media::GraphQLResponse => StatusCode::BAD_REQUEST,
        Media::Json => StatusCode::OK,
    }
}

/// An error as the client may see it.
fn settled(mut error: ServerError, id: &str, language: Language) -> ServerError {
    if code(&error).is_some() {
        // A denial knows its sentence in both languages.
        if let Some(own) = error.source::<Error>() {
            let message = own.message(language);
            if let Error::Unavailable(why) = own {
                let why = format!("{:#}", why.0);
                tracing::warn!(reference = %id, error = why, path = ?error.path, "the database is away");
            }
            error.message = message;
        }
        return error;
    }
    // An error that a resolver's `?` made has a source, and its text is nobody's business.
    let input = error.source.is_none() && INPUT_ERRORS.iter().any(|start| error.message.starts_with(start));
    if input {
        error.message = cut(error.message);
        return coded(error, Code::BadUserInput.as_str());
    }
    tracing::error!(reference = %id, error = %error.message, path = ?error.path, "a request failed");
    masked(error, id)
}

fn masked(mut error: ServerError, id: &str) -> ServerError {
    error.message = format!("Internal error. Reference: {id}");
    error.extensions = None;
    coded(error, INTERNAL)
}

fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

fn code(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}
