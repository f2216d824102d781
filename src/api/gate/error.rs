//! Why the gate refused a request, in words for its caller.
//!
//! * A message is a sentence of at most [`MESSAGE_CHARS_MAX`] characters; it never repeats the document.
//! * At most [`ERRORS_MAX`] errors are reported for one request.

use std::fmt;

use apollo_compiler::parser::{SourceMap, SourceSpan};
use async_graphql::Pos;

/// The longest message in characters: enough for a sentence, too little for a dump.
pub const MESSAGE_CHARS_MAX: usize = 300;

/// The most errors one answer carries: a hostile document can hold thousands.
pub const ERRORS_MAX: usize = 100;

/// The machine-readable reason of a refusal, as `extensions.code` spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A variable or a literal has a value its type does not accept.
    BadUserInput,
    /// The document leaves open, or does not have, the operation to run.
    OperationResolutionFailure,
    /// The operation would be more work than one request may ask for.
    QueryTooComplex,
    /// The request itself is malformed.
    BadRequest,
}

impl Code {
    /// The code as clients know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::BadRequest => "BAD_REQUEST",
        }
    }
}

/// One reason why a request does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateError {
    /// What is wrong, where, and what would be accepted.
    pub message: String,
    /// The reason for machines.
    pub code: Code,
    /// Where in the client's document, counted from 1; empty when the fault is not in the document.
    pub locations: Vec<Pos>,
}

impl GateError {
    /// A refusal without a place in the document.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { message: cut(message.into()), code, locations: Vec::new() }
    }

    /// The same refusal, pointing at `span` of the client's document.
    pub(super) fn at(mut self, span: Option<SourceSpan>, sources: &SourceMap) -> Self {
        self.locations.extend(position(span, sources));
        self
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for GateError {}

/// The place a span begins at, in the client's own lines and columns.
pub(super) fn position(span: Option<SourceSpan>, sources: &SourceMap) -> Option<Pos> {
    let place = span?.line_column(sources)?;
    Some(Pos { line: place.line, column: place.column })
}

/// The first line of a message, cut to [`MESSAGE_CHARS_MAX`] characters.
pub fn cut(mut message: String) -> String {
    if let Some(end) = message.find('\n') {
        message.truncate(end);
    }
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
        let kept = message[..end].chars().count().saturating_sub(1);
        message = message.chars().take(kept).chain(['…']).collect();
    }
    message
}
