//! The gate in front of the executor: what a client sends is judged here before anything runs.
//!
//! The executor trusts its documents: a value nested 1,500 deep ends the process, fragments that spread fragments
//! keep a worker busy for minutes, a field written twice runs twice, and a missing variable is noticed after the
//! fields before it have run. The gate hands it only what it can bear:
//!
//! * parsed and validated by the compiler, within limits of size, nesting and cost ([`Limits`]);
//! * every variable coerced, every literal of the domain's scalars checked, before the first field runs;
//! * fragments spread and equal keys merged, so that every field runs once;
//! * refused, if refused, by a sentence that never repeats the document ([`GateError`]).
//!
//! The order is fixed: size, parse, measure, validate, choose the operation, read literals, coerce variables,
//! normalise, count the cost.

mod cache;
mod coerce;
mod cost;
mod error;
mod limits;
mod literal;
mod measure;
mod normalise;
mod plan;
mod scalar;
#[cfg(test)]
mod tests;
mod translate;
mod types;

use std::sync::Arc;

use apollo_compiler::Schema;
use async_graphql::Request;
use serde_json::{Map, Value};

pub use error::{Code, ERRORS_MAX, GateError, MESSAGE_CHARS_MAX, cut};
pub use limits::Limits;

use cache::Cache;
use plan::Plan;
use types::Types;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, then reads.
    Mutation,
    /// Listens.
    Subscription,
}

/// A request that may run.
#[derive(Debug)]
pub struct Admitted {
    /// What the operation does.
    pub kind: OperationKind,
    /// The normalised document and the coerced variables. `query` is empty: the parsed document is set.
    pub request: Request,
    /// What the operation costs; see [`Limits::cost_max`].
    pub cost: u64,
}

/// Judges requests against one schema.
pub struct Gate {
    types: Types,
    limits: Limits,
    cache: Cache,
}

impl Gate {
    /// A gate for the schema that `sdl` describes.
    ///
    /// # Panics
    ///
    /// When the SDL is not valid: it comes from the program itself.
    pub fn new(sdl: &str, limits: Limits) -> Self {
        let schema = match Schema::parse_and_validate(sdl, "schema.graphql") {
            Ok(schema) => schema,
            Err(invalid) => panic!("the program's own schema is invalid: {}", invalid.errors),
        };
        Self { types: Types::new(schema), cache: Cache::new(&limits), limits }
    }

    /// The limits of this gate.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lets a request through, or says everything that is wrong with it.
    ///
    /// Values for variables that the operation does not declare are ignored.
    pub fn admit(
        &self,
        document: &str,
        operation_name: Option<&str>,
        variables: Map<String, Value>,
    ) -> Result<Admitted, Vec<GateError>> {
        let plan = self.plan(document, operation_name)?;
        let values = coerce::coerce(&self.types, &plan.operation, &plan.uses, variables)?;
        let shape = plan.shape(&self.types, &self.limits, &values).map_err(|error| vec![error])?;
        let cost = shape.cost.cost(&values);
        if cost > self.limits.cost_max {
            let max = self.limits.cost_max;
            return Err(vec![GateError::new(
                Code::QueryTooComplex,
                format!(
                    "The operation costs {cost}; the limit is {max}. Ask for fewer fields or smaller pages (`first`)."
                ),
            )]);
        }
        let mut document = shape.document.clone();
        let absent = |name: &str| !values.contains_key(name);
        if plan.uses.arguments.iter().any(|name| absent(name)) {
            translate::drop_arguments(&mut document, &absent);
        }
        let mut request = Request::new("").variables(coerce::variables(&values));
        request.operation_name = plan.operation.name.as_ref().map(|name| name.to_string());
        request.set_parsed_query(document);
        Ok(Admitted { kind: plan.kind, request, cost })
    }

    fn plan(&self, document: &str, operation_name: Option<&str>) -> Result<Arc<Plan>, Vec<GateError>> {
        if document.len() > self.limits.plan_bytes_max {
            return Plan::new(&self.types, &self.limits, document, operation_name).map(Arc::new);
        }
        let key = cache::key(document, operation_name);
        if let Some(plan) = self.cache.plan(&key) {
            return Ok(plan);
        }
        let plan = Plan::new(&self.types, &self.limits, document, operation_name)?;
        let plan = Arc::new(plan);
        self.cache.insert(key, Arc::clone(&plan));
        Ok(plan)
    }
}
