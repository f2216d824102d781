//! What is known about a document before its variables are.
//!
//! A plan is made once per document and operation name: parsed, measured, validated, its operation chosen and its
//! literals read. A shape is the plan's operation normalised for one set of the variables that decide `@skip` and
//! `@include`; most operations have none, and one shape.
//!
//! * The document is measured before it is validated: validation is fast, but not on everything.
//! * A plan exists only for a valid document.

use std::sync::{Arc, Mutex, PoisonError};

use apollo_compiler::ast::Document;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::{Operation, OperationType};
use apollo_compiler::parser::Parser;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Node};

use super::OperationKind;
use super::error::{Code, ERRORS_MAX, GateError, position};
use super::limits::Limits;
use super::literal::{self, Uses};
use super::measure::measure;
use super::normalise::{self, Shape};
use super::types::Types;

/// Shapes a plan remembers.
const SHAPES_MAX: usize = 8;

/// A valid operation, ready for variables.
pub(super) struct Plan {
    /// The kind of the chosen operation.
    pub kind: OperationKind,
    /// The chosen operation.
    pub operation: Node<Operation>,
    /// How it uses its variables.
    pub uses: Uses,
    /// The fields it can hold in memory, for the cache to count.
    pub weight: u64,
    document: Valid<ExecutableDocument>,
    shapes: Mutex<Vec<(Vec<bool>, Arc<Shape>)>>,
}

impl Plan {
    /// Parses, measures and validates a document and chooses its operation.
    pub fn new(
        types: &Types,
        limits: &Limits,
        document: &str,
        operation_name: Option<&str>,
    ) -> Result<Self, Vec<GateError>> {
        if document.len() > limits.document_bytes_max {
            let (bytes, max) = (document.len(), limits.document_bytes_max);
            return Err(vec![GateError::new(
                Code::QueryTooComplex,
                format!("The document has {bytes} bytes; the limit is {max}."),
            )]);
        }
        let ast = parse(document, limits)?;
        let measured = measure(&ast, limits).map_err(|error| vec![error])?;
        let document = ast
            .to_executable_validate(&types.schema)
            .map_err(|failed| diagnosed(&failed.errors, Code::ValidationFailed))?;
        let operation = choose(&document, operation_name)?;
        let uses = literal::read(types, &document, &operation)?;
        let shapes = if uses.conditions.is_empty() { 1 } else { SHAPES_MAX };
        let weight = measured.nodes.saturating_mul(shapes as u64);
        Ok(Self {
            kind: match operation.operation_type {
                OperationType::Query => OperationKind::Query,
                OperationType::Mutation => OperationKind::Mutation,
                OperationType::Subscription => OperationKind::Subscription,
            },
            operation,
            uses,
            weight,
            document,
            shapes: Mutex::default(),
        })
    }

    /// The operation normalised for these coerced variables.
    pub fn shape(&self, types: &Types, limits: &Limits, variables: &JsonMap) -> Result<Arc<Shape>, GateError> {
        let truth = |name: &Name| variables.get(name.as_str()) == Some(&JsonValue::Bool(true));
        let key: Vec<bool> = self.uses.conditions.iter().map(truth).collect();
        if let Some((_, shape)) = self.shapes().iter().find(|(known, _)| *known == key) {
            return Ok(Arc::clone(shape));
        }
        let conditions = self.uses.conditions.iter().cloned();
        let conditions: Vec<(Name, bool)> = conditions.zip(key.iter().copied()).collect();
        let shape = Arc::new(normalise::normalise(types, limits, &self.document, &self.operation, &conditions)?);
        let mut shapes = self.shapes();
        if shapes.len() >= SHAPES_MAX {
            shapes.remove(0);
        }
        shapes.push((key, Arc::clone(&shape)));
        Ok(shape)
    }

    fn shapes(&self) -> std::sync::MutexGuard<'_, Vec<(Vec<bool>, Arc<Shape>)>> {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(document: &str, limits: &Limits) -> Result<Document, Vec<GateError>> {
    Parser::new()
        .recursion_limit(limits.recursion_max)
        .token_limit(limits.tokens_max)
        .parse_ast(document, "document")
        .map_err(|failed| {
            over_limit(&failed.errors, limits)
                .map(|error| vec![error])
                .unwrap_or_else(|| diagnosed(&failed.errors, Code::ParseFailed))
        })
}

/// The parser's limit that a document is over; what else it reports then only follows from stopping there.
fn over_limit(list: &DiagnosticList, limits: &Limits) -> Option<GateError> {
    let messages = list.iter().map(|diagnostic| diagnostic.error.to_string());
    let mut over = messages.filter(|message| message.contains("limit reached"));
    let message = if over.next()?.contains("token") {
        let max = limits.tokens_max;
        format!("The document has more than {max} tokens, blanks and commas included.")
    } else {
        let max = limits.recursion_max;
        format!("The document nests more than {max} levels deep.")
    };
    Some(GateError::new(Code::QueryTooComplex, message))
}

fn diagnosed(list: &DiagnosticList, code: Code) -> Vec<GateError> {
    let errors = list.iter().take(ERRORS_MAX).map(|diagnostic| {
        let message = diagnostic.error.to_string();
        let mut error = GateError::new(code, message);
        error.locations.extend(position(diagnostic.error.location(), diagnostic.sources));
        error
    });
    errors.collect()
}

fn choose(document: &ExecutableDocument, operation_name: Option<&str>) -> Result<Node<Operation>, Vec<GateError>> {
    let operations = &document.operations;
    if let Ok(operation) = operations.get(operation_name) {
        return Ok(operation.clone());
    }
    let message = match operation_name {
        _ if operations.is_empty() => "The document has no operation, only fragments.".to_owned(),
        None => format!("The document has {} operations; name the one to run in `operationName`.", operations.len()),
        Some(_) => "The document has no operation of the name that `operationName` asks for.".to_owned(),
    };
    Err(vec![GateError::new(Code::OperationResolutionFailure, message)])
}
