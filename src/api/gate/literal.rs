//! The values a document holds, read once when its plan is made.
//!
//! The compiler has checked their shape. What is left: the scalars of the domain, `@oneOf`, and how variables are
//! used, because the executor looks at a variable only when it reaches the field, and fields before it have run.
//!
//! * Only the chosen operation and the fragments it reaches are read, each fragment once.

use std::collections::{BTreeSet, HashSet};

use apollo_compiler::ast::{Argument, DirectiveList, InputValueDefinition, Type, Value};
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node};

use super::error::{Code, ERRORS_MAX, GateError};
use super::scalar::{self, Written};
use super::types::{self, Types};

/// How an operation uses its variables.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Variables that decide a `@skip` or `@include`.
    pub conditions: BTreeSet<Name>,
    /// Nullable variables in a place that takes no null: they may be absent there, but not null.
    pub not_null: BTreeSet<Name>,
    /// Variables that, when absent, make an argument absent.
    pub arguments: BTreeSet<Name>,
}

/// Reads every literal an operation can reach.
pub(super) fn read(
    types: &Types,
    document: &ExecutableDocument,
    operation: &Operation,
) -> Result<Uses, Vec<GateError>> {
    let mut reader =
        Reader { types, document, operation, fragments: HashSet::new(), uses: Uses::default(), errors: Vec::new() };
    for variable in &operation.variables {
        if let Some(default) = &variable.default_value {
            reader.value(&variable.ty, default, &format!("${}", variable.name));
        }
    }
    reader.selections(&operation.selection_set);
    if reader.errors.is_empty() {
        Ok(reader.uses)
    } else {
        reader.errors.truncate(ERRORS_MAX);
        Err(reader.errors)
    }
}

struct Reader<'d> {
    types: &'d Types,
    document: &'d ExecutableDocument,
    operation: &'d Operation,
    fragments: HashSet<&'d Name>,
    uses: Uses,
    errors: Vec<GateError>,
}

impl<'d> Reader<'d> {
    fn selections(&mut self, set: &'d SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        let definition = types::argument(&field.definition, &argument.name);
                        self.argument(&field.name, definition, argument);
                    }
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(inline) => self.selections(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && self.fragments.insert(&spread.fragment_name)
                    {
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'d DirectiveList) {
        for directive in directives.iter() {
            if matches!(directive.name.as_str(), "skip" | "include")
                && let Some(value) = directive.specified_argument_by_name("if")
                && let Value::Variable(name) = value.as_ref()
            {
                self.uses.conditions.insert(name.clone());
            }
            let schema = self.types;
            let definition = schema.schema.directive_definitions.get(&directive.name);
            for argument in &directive.arguments {
                let definition = definition.and_then(|directive| directive.argument_by_name(&argument.name));
                self.argument(&directive.name, definition, argument);
            }
        }
    }

    fn argument(&mut self, owner: &Name, definition: Option<&Node<InputValueDefinition>>, argument: &Argument) {
        let Some(definition) = definition else {
            return;
        };
        if let Value::Variable(name) = argument.value.as_ref() {
            self.uses.arguments.insert(name.clone());
        }
        let path = format!("{owner}.{}", argument.name);
        self.value(&definition.ty, &argument.value, &path);
    }

    fn value(&mut self, ty: &Type, value: &Node<Value>, path: &str) {
        let named = match (ty, value.as_ref()) {
            (_, Value::Null) => return,
            (_, Value::Variable(name)) => return self.variable(ty, name),
            (Type::List(item) | Type::NonNullList(item), Value::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(item, value, &format!("{path}.{index}"));
                }
                return;
            }
            (Type::List(item) | Type::NonNullList(item), _) => {
                return self.value(item, value, path);
            }
            (Type::Named(named) | Type::NonNullNamed(named), _) => named,
        };
        let types = self.types;
        match (types.schema.types.get(named), value.as_ref()) {
            (Some(ExtendedType::InputObject(object)), Value::Object(fields)) => {
                if types::is_one_of(object) {
                    self.one_of(named, fields, value.location(), path);
                }
                for (name, value) in fields {
                    if let Some(definition) = object.fields.get(name) {
                        self.value(&definition.ty, value, &format!("{path}.{name}"));
                    }
                }
            }
            (Some(ExtendedType::Scalar(_)), _) => {
                if let Err(reason) = scalar::check(named, &written(value)) {
                    self.refuse(Code::BadUserInput, value.location(), path, &reason);
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, ty: &Type, name: &Name) {
        if ty.is_non_null() && self.is_nullable(name) {
            self.uses.not_null.insert(name.clone());
        }
    }

    fn is_nullable(&self, name: &Name) -> bool {
        let mut variables = self.operation.variables.iter();
        variables.any(|variable| variable.name == *name && !variable.ty.is_non_null())
    }

    fn one_of(&mut self, named: &Name, fields: &[(Name, Node<Value>)], span: Option<SourceSpan>, path: &str) {
        let reason = match fields {
            [(_, value)] if value.is_null() => {
                format!("the one field of a {named} must not be null.")
            }
            [(_, value)] => match value.as_variable() {
                Some(name) if self.is_nullable(name) => {
                    format!("`${name}` must have a type that ends with `!` as the one field of a {named}.")
                }
                _ => return,
            },
            _ => format!("a {named} takes exactly one field, not {}.", fields.len()),
        };
        self.refuse(Code::ValidationFailed, span, path, &reason);
    }

    fn refuse(&mut self, code: Code, span: Option<SourceSpan>, path: &str, reason: &str) {
        if self.errors.len() < ERRORS_MAX {
            let error = GateError::new(code, format!("`{path}`: {reason}"));
            self.errors.push(error.at(span, &self.document.sources));
        }
    }
}

fn written(value: &Value) -> Written<'_> {
    match value {
        Value::String(text) => Written::Text(text),
        Value::Int(int) => Written::Whole(int.as_str()),
        Value::Float(float) => Written::Float(float.as_str()),
        Value::Enum(name) => Written::Other(name),
        Value::Boolean(true) => Written::Other("true"),
        Value::Boolean(false) => Written::Other("false"),
        Value::List(_) => Written::Other("a list"),
        Value::Object(_) => Written::Other("an object"),
        Value::Null | Value::Variable(_) => Written::Other("null"),
    }
}
