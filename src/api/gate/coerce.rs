//! The values a request brings for its variables, judged as a whole before anything runs.
//!
//! The compiler coerces; this file first finds what it would refuse, to say where it is, and checks the scalars of
//! the domain, which the compiler does not know.
//!
//! * Every fault is named by the path of its value: `$input.amount.amount`.
//! * Values for variables that the operation does not declare are ignored, as the specification has it.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::{Name as GraphQLName, Value as ConstValue, Variables};
use serde_json::{Map, Number, Value};

use super::error::{Code, ERRORS_MAX, GateError};
use super::literal::Uses;
use super::scalar::{self, Written};
use super::types::{self, Types};

/// Fields a message lists when it says what an input has.
const FIELDS_LISTED_MAX: usize = 10;

/// Coerces the variables of an operation, or says everything that is wrong with them.
pub(super) fn coerce(
    types: &Types,
    operation: &Operation,
    uses: &Uses,
    variables: Map<String, Value>,
) -> Result<JsonMap, Vec<GateError>> {
    let mut judge = Judge { types, errors: Vec::new() };
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let mut path = format!("${name}");
        match variables.get(name) {
            Some(Value::Null) if uses.not_null.contains(name) => {
                judge.refuse(&path, "null is not accepted where it is used; leave it out.");
            }
            Some(value) => judge.value(&variable.ty, value, &mut path),
            None if variable.ty.is_non_null() && variable.default_value.is_none() => {
                let ty = &variable.ty;
                judge.refuse(&path, &format!("is missing; give a value of type {ty}."));
            }
            None => {}
        }
    }
    if !judge.errors.is_empty() {
        return Err(judge.errors);
    }
    let mut values = JsonMap::new();
    for (name, value) in variables {
        values.insert(name, JsonValue::from(value));
    }
    match coerce_variable_values(&types.schema, operation, &values) {
        Ok(values) => Ok(values.into_inner()),
        Err(error) => {
            let message = error.message().to_string();
            Err(vec![GateError::new(Code::BadUserInput, message)])
        }
    }
}

/// Coerced variables as the executor takes them.
pub(super) fn variables(values: &JsonMap) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in values {
        variables.insert(GraphQLName::new(name.as_str()), constant(value));
    }
    variables
}

fn constant(value: &JsonValue) -> ConstValue {
    match value {
        JsonValue::Null => ConstValue::Null,
        JsonValue::Bool(truth) => ConstValue::Boolean(*truth),
        JsonValue::Number(number) => ConstValue::Number(number.clone()),
        JsonValue::String(text) => ConstValue::String(text.as_str().to_owned()),
        JsonValue::Array(items) => ConstValue::List(items.iter().map(constant).collect()),
        JsonValue::Object(fields) => ConstValue::Object(
            fields.iter().map(|(name, value)| (GraphQLName::new(name.as_str()), constant(value))).collect(),
        ),
    }
}

struct Judge<'t> {
    types: &'t Types,
    errors: Vec<GateError>,
}

impl Judge<'_> {
    /// Judges a value; `path` comes back as it was.
    fn value(&mut self, ty: &Type, value: &Value, path: &mut String) {
        let named = match (ty, value) {
            (_, Value::Null) if ty.is_non_null() => {
                return self.refuse(path, &format!("is null; give a value of type {ty}."));
            }
            (_, Value::Null) => return,
            (Type::List(item) | Type::NonNullList(item), Value::Array(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.inside(path, &index.to_string(), |judge, path| {
                        judge.value(item, value, path);
                    });
                }
                return;
            }
            // One value stands for a list of one.
            (Type::List(item) | Type::NonNullList(item), _) => {
                return self.value(item, value, path);
            }
            (Type::Named(named) | Type::NonNullNamed(named), _) => named,
        };
        let types = self.types;
        match types.schema.types.get(named) {
            Some(ExtendedType::InputObject(object)) => self.object(object, value, path),
            Some(ExtendedType::Enum(definition)) => {
                let known = |text: &str| definition.values.keys().any(|name| name == text);
                if !value.as_str().is_some_and(known) {
                    let values = listed(definition.values.keys().map(|name| name.as_str()));
                    let quoted = quoted(value);
                    self.refuse(path, &format!("{quoted} is not a {named}; it is one of {values}."));
                }
            }
            Some(ExtendedType::Scalar(_)) => self.scalar(named, value, path),
            _ => self.refuse(path, &format!("a value of type {named} is expected.")),
        }
    }

    fn scalar(&mut self, named: &str, value: &Value, path: &str) {
        let (fits, expected) = match named {
            "Int" => (
                value.as_i64().is_some_and(|int| i32::try_from(int).is_ok()),
                "a whole number between -2147483648 and 2147483647",
            ),
            "Float" => (value.is_number(), "a number"),
            "String" => (value.is_string(), "a string"),
            "Boolean" => (value.is_boolean(), "true or false"),
            "ID" => (value.is_string() || value.is_i64(), "a string"),
            _ => {
                let digits = number_digits(value);
                if let Err(reason) = scalar::check(named, &written(value, &digits)) {
                    self.refuse(path, &reason);
                }
                return;
            }
        };
        if !fits {
            let quoted = quoted(value);
            self.refuse(path, &format!("{quoted} is not a valid {named}; give {expected}."));
        }
    }

    fn object(&mut self, object: &InputObjectType, value: &Value, path: &mut String) {
        let Some(fields) = value.as_object() else {
            let (quoted, name) = (quoted(value), &object.name);
            return self.refuse(path, &format!("{quoted} is not a {name}; give an object with its fields."));
        };
        if types::is_one_of(object) && (fields.len() != 1 || fields.values().any(Value::is_null)) {
            let name = &object.name;
            self.refuse(path, &format!("a {name} takes exactly one field, and not null."));
        }
        for name in fields.keys() {
            if !object.fields.contains_key(name.as_str()) {
                let known = listed(object.fields.keys().map(|name| name.as_str()));
                let reason = format!("is not a field of {}; it has {known}.", object.name);
                self.inside(path, name, |judge, path| judge.refuse(path, &reason));
            }
        }
        for (name, definition) in &object.fields {
            match fields.get(name.as_str()) {
                Some(value) => self.inside(path, name, |judge, path| {
                    judge.value(&definition.ty, value, path);
                }),
                None if types::is_required(definition) => {
                    let reason = format!("is missing; give a value of type {}.", definition.ty);
                    self.inside(path, name, |judge, path| judge.refuse(path, &reason));
                }
                None => {}
            }
        }
    }

    fn inside(&mut self, path: &mut String, step: &str, judge: impl FnOnce(&mut Self, &mut String)) {
        let length = path.len();
        path.push('.');
        path.push_str(step);
        judge(self, path);
        path.truncate(length);
    }

    fn refuse(&mut self, path: &str, reason: &str) {
        if self.errors.len() < ERRORS_MAX {
            // "`$a` is missing", but "`$a`: 1.5 is a float".
            let colon = if reason.starts_with("is ") { "" } else { ":" };
            let message = format!("`{path}`{colon} {reason}");
            self.errors.push(GateError::new(Code::BadUserInput, message));
        }
    }
}

fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len() > FIELDS_LISTED_MAX;
    let mut listed = names.take(FIELDS_LISTED_MAX).collect::<Vec<_>>().join(", ");
    if more {
        listed.push_str(" and others");
    }
    listed
}

fn number_digits(value: &Value) -> String {
    value.as_number().map(Number::to_string).unwrap_or_default()
}

fn quoted(value: &Value) -> String {
    let digits = number_digits(value);
    written(value, &digits).quoted()
}

fn written<'v>(value: &'v Value, digits: &'v str) -> Written<'v> {
    match value {
        Value::String(text) => Written::Text(text),
        Value::Number(number) if number.is_f64() => Written::Float(digits),
        Value::Number(_) => Written::Whole(digits),
        Value::Bool(true) => Written::Other("true"),
        Value::Bool(false) => Written::Other("false"),
        Value::Array(_) => Written::Other("a list"),
        Value::Object(_) => Written::Other("an object"),
        Value::Null => Written::Other("null"),
    }
}
