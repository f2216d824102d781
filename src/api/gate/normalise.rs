//! An operation as it will run: no fragment left that could be spread, every response key once.
//!
//! This is CollectFields of the specification, done ahead. The executor would run a field as often as its key
//! is written and merge the answers, so `mutation { pay pay }` would pay twice.
//!
//! * Where the parent is an object, what comes out is fields only, each response key once.
//! * Where the parent stands for several objects, inline fragments on objects remain, and a key is never in both
//!   the parent's fields and a fragment that can apply beside them.
//! * `@skip` and `@include` are decided here, for one set of their variables' values.
//! * Fields keep the place they have in the client's document, so errors point there.
//! * The work is bounded by [`Limits::nodes_max`], whatever was measured before.

use std::collections::HashSet;

use apollo_compiler::ast::{DirectiveList, Value};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Node};
use async_graphql::Positioned;
use async_graphql::parser::types as executor;

use super::cost::Formula;
use super::error::{Code, GateError};
use super::limits::Limits;
use super::translate::Translator;
use super::types::Types;

/// Steps per field allowed. Plain operations take two; fragments on several objects take one more for each.
const WORK_PER_NODE: u64 = 4;

/// A normalised operation and its cost.
#[derive(Debug)]
pub(super) struct Shape {
    /// The document for the executor, with one operation and no fragment.
    pub document: executor::ExecutableDocument,
    /// What it costs, given its variables.
    pub cost: Formula,
}

/// Normalises an operation under these values of the variables that decide `@skip` and `@include`.
pub(super) fn normalise(
    types: &Types,
    limits: &Limits,
    document: &ExecutableDocument,
    operation: &Node<Operation>,
    conditions: &[(Name, bool)],
) -> Result<Shape, GateError> {
    let translator = Translator { sources: &document.sources };
    let mut normaliser = Normaliser { types, limits, document, conditions, translator, work: 0 };
    let root = operation.object_type();
    let entries = normaliser.collect(root, &[&operation.selection_set])?;
    if operation.is_mutation() {
        normaliser.check_repeats(&entries)?;
    }
    let mut set = Set::default();
    normaliser.emit(root, entries, &mut set)?;
    let document = normaliser.translator.document(operation, set.finish());
    Ok(Shape { document, cost: set.cost })
}

/// All selections of one response key.
struct Entry<'d> {
    field: &'d Node<Field>,
    sets: Vec<&'d SelectionSet>,
}

type Entries<'d> = IndexMap<&'d Name, Entry<'d>>;

#[derive(Default)]
struct Set {
    items: Vec<Positioned<executor::Selection>>,
    cost: Formula,
}

impl Set {
    fn finish(&mut self) -> Vec<Positioned<executor::Selection>> {
        std::mem::take(&mut self.items)
    }
}

struct Normaliser<'d> {
    types: &'d Types,
    limits: &'d Limits,
    document: &'d ExecutableDocument,
    conditions: &'d [(Name, bool)],
    translator: Translator<'d>,
    /// Selections looked at or emitted so far.
    work: u64,
}

impl<'d> Normaliser<'d> {
    /// The selections of a field whose value is of type `parent`.
    fn set(&mut self, parent: &Name, sets: &[&'d SelectionSet]) -> Result<Set, GateError> {
        let mut set = Set::default();
        if self.types.is_object(parent) {
            let entries = self.collect(parent, sets)?;
            self.emit(parent, entries, &mut set)?;
            return Ok(set);
        }
        let narrowed = self.narrowed(parent, sets);
        let common = self.collect_common(parent, sets)?;
        let mut variants = Vec::new();
        for object in &narrowed {
            variants.push((*object, self.collect(object, sets)?));
        }
        // Fields of an interface that all these objects share may not be fields of their own common type.
        let foreign = common.values().any(|entry| !self.has(parent, entry.field));
        let mut own = variants.iter();
        if foreign || own.any(|(_, entries)| overlap(&common, entries)) {
            variants.clear();
            for object in self.types.objects(parent) {
                variants.push((object, self.collect(object, sets)?));
            }
        } else {
            for (_, entries) in &mut variants {
                entries.retain(|key, _| !common.contains_key(key));
            }
            self.emit(parent, common, &mut set)?;
        }
        let mut costs = Vec::new();
        for (object, entries) in variants {
            if entries.is_empty() {
                continue;
            }
            let mut variant = Set::default();
            self.emit(object, entries, &mut variant)?;
            let items = variant.finish();
            set.items.push(self.translator.on(object, items));
            costs.push(variant.cost);
        }
        set.cost.add_variants(costs);
        Ok(set)
    }

    /// The fields an object of type `object` answers, in the order of their first mention.
    fn collect(&mut self, object: &Name, sets: &[&'d SelectionSet]) -> Result<Entries<'d>, GateError> {
        let types = self.types;
        self.collect_if(&|condition| types.is_of(object, condition), sets)
    }

    /// The fields that every object of type `parent` answers.
    fn collect_common(&mut self, parent: &Name, sets: &[&'d SelectionSet]) -> Result<Entries<'d>, GateError> {
        let types = self.types;
        self.collect_if(&|condition| covers(types, condition, parent), sets)
    }

    fn collect_if(
        &mut self,
        applies: &dyn Fn(&Name) -> bool,
        sets: &[&'d SelectionSet],
    ) -> Result<Entries<'d>, GateError> {
        let mut entries = Entries::default();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect_set(applies, set, &mut spread, &mut entries)?;
        }
        Ok(entries)
    }

    fn collect_set(
        &mut self,
        applies: &dyn Fn(&Name) -> bool,
        set: &'d SelectionSet,
        spread: &mut HashSet<&'d Name>,
        entries: &mut Entries<'d>,
    ) -> Result<(), GateError> {
        for selection in &set.selections {
            self.work()?;
            if !self.included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => self.add(field, entries)?,
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(applies) {
                        self.collect_set(applies, &inline.selection_set, spread, entries)?;
                    }
                }
                Selection::FragmentSpread(fragment) => {
                    let name = &fragment.fragment_name;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && applies(fragment.type_condition())
                        && spread.insert(name)
                    {
                        self.collect_set(applies, &fragment.selection_set, spread, entries)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&self, field: &'d Node<Field>, entries: &mut Entries<'d>) -> Result<(), GateError> {
        let entry = entries.entry(field.response_key()).or_insert_with(|| Entry { field, sets: Vec::new() });
        if !own_directives(&entry.field.directives).eq(own_directives(&field.directives)) {
            let key = field.response_key();
            let message =
                format!("`{key}` is selected more than once with different directives; give one of them an alias.");
            let error = GateError::new(Code::ValidationFailed, message);
            return Err(error.at(field.name.location(), self.translator.sources));
        }
        if !field.selection_set.selections.is_empty() {
            entry.sets.push(&field.selection_set);
        }
        Ok(())
    }

    /// The objects of `parent` that some fragment singles out.
    fn narrowed(&self, parent: &Name, sets: &[&'d SelectionSet]) -> Vec<&'d Name> {
        let mut conditions = HashSet::new();
        let mut spread = HashSet::new();
        for set in sets {
            self.conditions_of(set, &mut spread, &mut conditions);
        }
        conditions.retain(|condition| !covers(self.types, condition, parent));
        let objects = self.types.objects(parent);
        objects.filter(|object| conditions.iter().any(|condition| self.types.is_of(object, condition))).collect()
    }

    fn conditions_of(&self, set: &'d SelectionSet, spread: &mut HashSet<&'d Name>, conditions: &mut HashSet<&'d Name>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(_) => {}
                Selection::InlineFragment(inline) => {
                    conditions.extend(&inline.type_condition);
                    self.conditions_of(&inline.selection_set, spread, conditions);
                }
                Selection::FragmentSpread(fragment) => {
                    let name = &fragment.fragment_name;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && spread.insert(name)
                    {
                        conditions.insert(fragment.type_condition());
                        self.conditions_of(&fragment.selection_set, spread, conditions);
                    }
                }
            }
        }
    }

    /// Whether a type has a field itself; every type has its name.
    fn has(&self, parent: &Name, field: &Field) -> bool {
        field.name == "__typename" || self.types.field(parent, &field.name).is_some()
    }

    fn emit(&mut self, parent: &Name, entries: Entries<'d>, into: &mut Set) -> Result<(), GateError> {
        for entry in entries.into_values() {
            self.work()?;
            let field = entry.field;
            let mut inner = if entry.sets.is_empty() {
                Set::default()
            } else {
                // An object may answer with a narrower type than the interface the field was asked of.
                let own = self.types.field(parent, &field.name);
                let definition = own.unwrap_or(&field.definition);
                let mut inner = self.set(definition.ty.inner_named_type(), &entry.sets)?;
                if inner.items.is_empty() {
                    inner.items.push(self.translator.nothing());
                }
                inner
            };
            let items = inner.finish();
            into.items.push(self.translator.field(field, items));
            into.cost.add_field(field, inner.cost, self.limits);
        }
        Ok(())
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        let decides = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match value.as_ref() {
                Value::Boolean(truth) => Some(*truth),
                Value::Variable(variable) => {
                    let mut conditions = self.conditions.iter();
                    conditions.find_map(|(name, truth)| (name == variable).then_some(*truth))
                }
                _ => None,
            }
        };
        decides("skip") != Some(true) && decides("include") != Some(false)
    }

    fn work(&mut self) -> Result<(), GateError> {
        self.work += 1;
        // A selection is looked at once per object it may apply to, and emitted.
        if self.work <= self.limits.nodes_max.saturating_mul(WORK_PER_NODE) {
            return Ok(());
        }
        let max = self.limits.nodes_max;
        Err(GateError::new(
            Code::QueryTooComplex,
            format!("The operation spreads out to too many fields; the limit is {max}."),
        ))
    }

    fn check_repeats(&self, entries: &Entries<'d>) -> Result<(), GateError> {
        let max = self.limits.mutation_repeats_max;
        for entry in entries.values() {
            let name = &entry.field.name;
            let times = entries.values().filter(|other| other.field.name == *name);
            let times = times.count();
            if times > max {
                let message = format!(
                    "`{name}` is asked for {times} times in one request; the limit is {max}. Send several requests, or import a file."
                );
                let error = GateError::new(Code::QueryTooComplex, message);
                return Err(error.at(name.location(), self.translator.sources));
            }
        }
        Ok(())
    }
}

/// Whether every object of type `parent` is also of type `condition`.
fn covers(types: &Types, condition: &Name, parent: &Name) -> bool {
    condition == parent || types.objects(parent).all(|object| types.is_of(object, condition))
}

/// Whether an object would be asked twice for what a field selects: once by all, once by its own fragment.
fn overlap(common: &Entries<'_>, own: &Entries<'_>) -> bool {
    common.iter().any(|(key, entry)| own.get(key).is_some_and(|own| own.sets.len() != entry.sets.len()))
}

fn own_directives(directives: &DirectiveList) -> impl Iterator<Item = &Node<apollo_compiler::ast::Directive>> {
    directives.iter().filter(|directive| !matches!(directive.name.as_str(), "skip" | "include"))
}
