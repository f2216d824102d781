//! The parameters of a request: `query`, `operationName`, `variables`, `extensions`.
//!
//! * Only JSON is a body: every other type could be sent from a form on another site.
//! * Unknown keys are ignored; known keys of the wrong type are refused by name.
//! * In a query string an empty parameter is absent, in JSON a null is.

use poem::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::HttpError;

/// What a client asks the gate to admit.
#[derive(Debug, PartialEq)]
pub(super) struct Params {
    /// The document.
    pub query: String,
    /// Which of its operations to run.
    pub operation_name: Option<String>,
    /// The values of its variables.
    pub variables: Map<String, Value>,
}

/// Refuses a body that is not JSON in UTF-8.
pub(super) fn check_content(headers: &HeaderMap) -> Result<(), HttpError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|part| match part.split_once('=') {
        Some((key, value)) if key.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let is_plain =
        headers.get(header::CONTENT_ENCODING).is_none_or(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_utf8 && is_plain {
        return Ok(());
    }
    Err(HttpError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "Send the request as JSON in UTF-8, uncompressed, with `Content-Type: application/json`.",
    ))
}

impl Params {
    /// The parameters in a JSON body.
    pub fn from_body(body: &[u8]) -> Result<Self, HttpError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Self::from_fields(fields),
            Ok(Value::Array(_)) => {
                Err(HttpError::bad_request("Batches are not served; send one request for each operation."))
            }
            Ok(_) => Err(HttpError::bad_request("The body must be a JSON object with the document in `query`.")),
            Err(error) => Err(HttpError::bad_request(format!(
                "The body is not JSON, or nests more than 127 levels deep: see line {}, column {}.",
                error.line(),
                error.column()
            ))),
        }
    }

    /// The parameters in a query string.
    pub fn from_query(pairs: Vec<(String, String)>) -> Result<Self, HttpError> {
        let mut fields = Map::new();
        for (name, text) in pairs {
            if text.is_empty() {
                continue;
            }
            let value = match name.as_str() {
                "query" | "operationName" => Value::String(text),
                "variables" | "extensions" => serde_json::from_str(&text)
                    .map_err(|_| HttpError::bad_request(format!("`{name}` is not JSON; give it as a JSON object.")))?,
                _ => continue,
            };
            if fields.insert(name.clone(), value).is_some() {
                let message = format!("`{name}` is given more than once.");
                return Err(HttpError::bad_request(message));
            }
        }
        Self::from_fields(fields)
    }

    fn from_fields(mut fields: Map<String, Value>) -> Result<Self, HttpError> {
        let extensions = object("extensions", fields.remove("extensions"))?;
        let query = text("query", fields.remove("query"))?;
        let operation_name = text("operationName", fields.remove("operationName"))?;
        let variables = object("variables", fields.remove("variables"))?;
        let Some(query) = query.filter(|query| !query.is_empty()) else {
            // Clients that ask this way send the whole document once they read this code.
            if extensions.contains_key("persistedQuery") {
                return Err(HttpError::new(
                    StatusCode::BAD_REQUEST,
                    "PERSISTED_QUERY_NOT_SUPPORTED",
                    "PersistedQueryNotSupported",
                ));
            }
            return Err(HttpError::bad_request("Give the document in `query`."));
        };
        Ok(Self { query, operation_name: operation_name.filter(|name| !name.is_empty()), variables })
    }
}

fn text(name: &str, value: Option<Value>) -> Result<Option<String>, HttpError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(HttpError::bad_request(format!("`{name}` must be a string."))),
    }
}

fn object(name: &str, value: Option<Value>) -> Result<Map<String, Value>, HttpError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(HttpError::bad_request(format!("`{name}` must be a JSON object."))),
    }
}
