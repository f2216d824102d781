//! The compiler's tree in the executor's types.
//!
//! The executor's own parser is never used: it recurses without bound, and its positions would be those of a
//! document the client never wrote.

use std::collections::HashSet;

use apollo_compiler::ast::{Directive, DirectiveList, Type, Value};
use apollo_compiler::executable::{Field, Operation, OperationType};
use apollo_compiler::parser::{SourceMap, SourceSpan};
use apollo_compiler::{Name, Node};
use async_graphql::parser::types as executor;
use async_graphql::{Name as GraphQLName, Pos, Positioned, Value as ConstValue};
use async_graphql_value::Value as InputValue;
use serde_json::Number;

use super::error::position;

/// Translates nodes of one document.
#[derive(Clone, Copy)]
pub(super) struct Translator<'d> {
    /// The texts that the compiler's spans point into.
    pub sources: &'d SourceMap,
}

impl Translator<'_> {
    /// The document that holds this operation alone, selecting `items`.
    pub fn document(
        self,
        operation: &Node<Operation>,
        mut items: Vec<Positioned<executor::Selection>>,
    ) -> executor::ExecutableDocument {
        if items.is_empty() {
            items.push(self.nothing());
        }
        let pos = self.pos(operation.location());
        let mut definition = executor::OperationDefinition {
            ty: match operation.operation_type {
                OperationType::Query => executor::OperationType::Query,
                OperationType::Mutation => executor::OperationType::Mutation,
                OperationType::Subscription => executor::OperationType::Subscription,
            },
            variable_definitions: operation
                .variables
                .iter()
                .map(|variable| {
                    let pos = self.pos(variable.location());
                    let default = variable.default_value.as_deref();
                    let definition = executor::VariableDefinition {
                        name: self.name(&variable.name),
                        var_type: Positioned::new(ty(&variable.ty), pos),
                        directives: self.directives(&variable.directives),
                        default_value: default.map(|value| Positioned::new(constant(value), pos)),
                    };
                    Positioned::new(definition, pos)
                })
                .collect(),
            directives: self.directives(&operation.directives),
            selection_set: Positioned::new(executor::SelectionSet { items }, pos),
        };
        keep_used_variables(&mut definition);
        let definition = Positioned::new(definition, pos);
        let operations = match &operation.name {
            None => executor::DocumentOperations::Single(definition),
            Some(name) => {
                executor::DocumentOperations::Multiple([(GraphQLName::new(name), definition)].into_iter().collect())
            }
        };
        executor::ExecutableDocument { operations, fragments: Default::default() }
    }

    /// A field that selects `items`.
    pub fn field(
        self,
        field: &Node<Field>,
        items: Vec<Positioned<executor::Selection>>,
    ) -> Positioned<executor::Selection> {
        let pos = self.pos(field.name.location());
        let arguments = field.arguments.iter().map(|argument| {
            let pos = self.pos(argument.value.location());
            let value = Positioned::new(input(&argument.value), pos);
            (self.name(&argument.name), value)
        });
        let field = executor::Field {
            alias: field.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&field.name),
            arguments: arguments.collect(),
            directives: self.directives(&field.directives),
            selection_set: Positioned::new(executor::SelectionSet { items }, pos),
        };
        Positioned::new(executor::Selection::Field(Positioned::new(field, pos)), pos)
    }

    /// A fragment on an object, selecting `items`.
    pub fn on(self, object: &Name, items: Vec<Positioned<executor::Selection>>) -> Positioned<executor::Selection> {
        let pos = items.first().map(|item| item.pos).unwrap_or_default();
        let condition = executor::TypeCondition { on: Positioned::new(GraphQLName::new(object), pos) };
        let fragment = executor::InlineFragment {
            type_condition: Some(Positioned::new(condition, pos)),
            directives: Vec::new(),
            selection_set: Positioned::new(executor::SelectionSet { items }, pos),
        };
        let fragment = Positioned::new(fragment, pos);
        Positioned::new(executor::Selection::InlineFragment(fragment), pos)
    }

    /// A selection that answers nothing.
    ///
    /// The executor's grammar has no empty selection set, but `@skip` can leave one.
    pub fn nothing(self) -> Positioned<executor::Selection> {
        let placed = |name: &str| Positioned::new(GraphQLName::new(name), Pos::default());
        let always = Positioned::new(InputValue::Boolean(true), Pos::default());
        let skip = executor::Directive { name: placed("skip"), arguments: vec![(placed("if"), always)] };
        let field = executor::Field {
            alias: None,
            name: placed("__typename"),
            arguments: Vec::new(),
            directives: vec![Positioned::new(skip, Pos::default())],
            selection_set: Positioned::default(),
        };
        let field = Positioned::new(field, Pos::default());
        Positioned::new(executor::Selection::Field(field), Pos::default())
    }

    /// Directives but those that are already decided.
    fn directives(self, directives: &DirectiveList) -> Vec<Positioned<executor::Directive>> {
        let kept = directives.iter().filter(|directive| !matches!(directive.name.as_str(), "skip" | "include"));
        kept.map(|directive| self.directive(directive)).collect()
    }

    fn directive(self, directive: &Node<Directive>) -> Positioned<executor::Directive> {
        let pos = self.pos(directive.location());
        let arguments = directive.arguments.iter().map(|argument| {
            let value = Positioned::new(input(&argument.value), pos);
            (self.name(&argument.name), value)
        });
        let directive = executor::Directive { name: self.name(&directive.name), arguments: arguments.collect() };
        Positioned::new(directive, pos)
    }

    fn name(self, name: &Name) -> Positioned<GraphQLName> {
        Positioned::new(GraphQLName::new(name), self.pos(name.location()))
    }

    fn pos(self, span: Option<SourceSpan>) -> Pos {
        position(span, self.sources).unwrap_or_default()
    }
}

/// Takes the arguments away whose value is a variable that was not given.
///
/// The executor would read such an argument as null instead of taking the argument's default.
pub(super) fn drop_arguments(document: &mut executor::ExecutableDocument, absent: &dyn Fn(&str) -> bool) {
    if let Some(operation) = operation(document) {
        drop_in(&mut operation.selection_set.node, absent);
        keep_used_variables(operation);
    }
}

/// The one operation of a normalised document.
fn operation(document: &mut executor::ExecutableDocument) -> Option<&mut executor::OperationDefinition> {
    match &mut document.operations {
        executor::DocumentOperations::Single(operation) => Some(&mut operation.node),
        executor::DocumentOperations::Multiple(operations) => {
            operations.values_mut().next().map(|operation| &mut operation.node)
        }
    }
}

fn drop_in(set: &mut executor::SelectionSet, absent: &dyn Fn(&str) -> bool) {
    for item in &mut set.items {
        match &mut item.node {
            executor::Selection::Field(field) => {
                field.node.arguments.retain(|(_, value)| match &value.node {
                    InputValue::Variable(name) => !absent(name),
                    _ => true,
                });
                drop_in(&mut field.node.selection_set.node, absent);
            }
            executor::Selection::InlineFragment(inline) => {
                drop_in(&mut inline.node.selection_set.node, absent);
            }
            executor::Selection::FragmentSpread(_) => {}
        }
    }
}

/// Takes away the definitions of variables that are no longer used, which the executor would refuse.
fn keep_used_variables(operation: &mut executor::OperationDefinition) {
    let mut used = HashSet::new();
    variables_of_directives(&operation.directives, &mut used);
    variables_of(&operation.selection_set.node, &mut used);
    let used: HashSet<GraphQLName> = used.into_iter().cloned().collect();
    operation.variable_definitions.retain(|definition| used.contains(&definition.node.name.node));
}

fn variables_of<'d>(set: &'d executor::SelectionSet, used: &mut HashSet<&'d GraphQLName>) {
    for item in &set.items {
        variables_of_directives(item.node.directives(), used);
        match &item.node {
            executor::Selection::Field(field) => {
                for (_, value) in &field.node.arguments {
                    variables_of_value(&value.node, used);
                }
                variables_of(&field.node.selection_set.node, used);
            }
            executor::Selection::InlineFragment(inline) => {
                variables_of(&inline.node.selection_set.node, used);
            }
            executor::Selection::FragmentSpread(_) => {}
        }
    }
}

fn variables_of_directives<'d>(directives: &'d [Positioned<executor::Directive>], used: &mut HashSet<&'d GraphQLName>) {
    for directive in directives {
        for (_, value) in &directive.node.arguments {
            variables_of_value(&value.node, used);
        }
    }
}

fn variables_of_value<'d>(value: &'d InputValue, used: &mut HashSet<&'d GraphQLName>) {
    match value {
        InputValue::Variable(name) => {
            used.insert(name);
        }
        InputValue::List(items) => {
            for item in items {
                variables_of_value(item, used);
            }
        }
        InputValue::Object(fields) => {
            for field in fields.values() {
                variables_of_value(field, used);
            }
        }
        _ => {}
    }
}

fn ty(of: &Type) -> executor::Type {
    let base = match of {
        Type::Named(name) | Type::NonNullNamed(name) => executor::BaseType::Named(GraphQLName::new(name)),
        Type::List(item) | Type::NonNullList(item) => executor::BaseType::List(Box::new(ty(item))),
    };
    executor::Type { base, nullable: !of.is_non_null() }
}

fn input(value: &Value) -> InputValue {
    match value {
        Value::Variable(name) => InputValue::Variable(GraphQLName::new(name)),
        Value::List(items) => InputValue::List(items.iter().map(|item| input(item)).collect()),
        Value::Object(fields) => {
            InputValue::Object(fields.iter().map(|(name, value)| (GraphQLName::new(name), input(value))).collect())
        }
        Value::Null => InputValue::Null,
        Value::Enum(name) => InputValue::Enum(GraphQLName::new(name)),
        Value::String(text) => InputValue::String(text.clone()),
        Value::Boolean(truth) => InputValue::Boolean(*truth),
        Value::Int(int) => number(int.as_str()).map_or(InputValue::Null, InputValue::Number),
        Value::Float(float) => number(float.as_str()).map_or(InputValue::Null, InputValue::Number),
    }
}

/// A value without variables; validation has seen to it that a default holds none.
fn constant(value: &Value) -> ConstValue {
    input(value).into_const().unwrap_or_default()
}

/// A number of the grammar, which is JSON's; `None` beyond the range of a double, which no scalar accepts.
fn number(digits: &str) -> Option<Number> {
    digits.parse().ok()
}
