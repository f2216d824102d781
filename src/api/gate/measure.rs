//! The size of a document, known before any fragment is spread.
//!
//! A document of 1 KB can stand for 2³⁰ fields. Each fragment is measured once, and a spread adds its measure.
//!
//! * The time is linear in the document, whatever it stands for.
//! * Sums saturate: an overflow is a large number, not a small one.
//! * Unknown fragments and cycles count as nothing here; validation names them.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};

use super::error::{Code, GateError};
use super::limits::Limits;

/// Selection sets inside one another, spreads included: bounds every recursion that comes after.
const NESTING_MAX: usize = 100;

/// The fields of the introspection schema that lead from types to types.
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// How often a document may ask for the whole schema.
const INTROSPECTION_SCHEMAS_MAX: u64 = 2;

/// How often a document may ask for one type of the schema.
const INTROSPECTION_TYPES_MAX: u64 = 20;

/// What a selection set stands for once its fragments are spread.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measure {
    /// Fields.
    pub nodes: u64,
    /// Fields with an alias.
    aliases: u64,
    /// Levels of fields, introspection aside.
    depth: u64,
    /// Levels of fields below `__schema` and `__type`.
    introspection_depth: u64,
    /// The most lists of introspection inside one another, anywhere.
    lists: u64,
    /// The same below `__schema` and `__type`, where it matters.
    introspection_lists: u64,
    /// Fields named `types`, anywhere.
    types: u64,
    /// The same below `__schema`, each the whole schema.
    schemas: u64,
    /// Fields `__type`.
    single_types: u64,
}

impl Measure {
    fn beside(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            depth: self.depth.max(other.depth),
            introspection_depth: self.introspection_depth.max(other.introspection_depth),
            lists: self.lists.max(other.lists),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
            types: self.types.saturating_add(other.types),
            schemas: self.schemas.saturating_add(other.schemas),
            single_types: self.single_types.saturating_add(other.single_types),
        }
    }

    /// The measure of a field `name` that selects `self`.
    fn under(self, name: &str, aliased: bool) -> Self {
        let mut field = self;
        field.nodes = self.nodes.saturating_add(1);
        field.aliases = self.aliases.saturating_add(u64::from(aliased));
        field.lists = self.lists + u64::from(INTROSPECTION_LISTS.contains(&name));
        field.types = self.types.saturating_add(u64::from(name == "types"));
        match name {
            "__schema" | "__type" => {
                field.depth = 1;
                field.introspection_depth = self.depth + 1;
                field.introspection_lists = self.lists;
                field.schemas = field.schemas.saturating_add(self.types);
                field.single_types += u64::from(name == "__type");
            }
            _ => field.depth = self.depth + 1,
        }
        field
    }

    /// Refuses what is over a limit.
    fn check(&self, limits: &Limits) -> Result<(), GateError> {
        let rows = [
            ("spreads out to", "fields", self.nodes, limits.nodes_max),
            ("nests", "levels deep", self.depth, limits.depth_max),
            ("nests", "levels of introspection deep", self.introspection_depth, limits.introspection_depth_max),
            ("has", "aliases", self.aliases, limits.aliases_max),
            ("nests", "lists of types inside one another in introspection", self.introspection_lists, 1),
            ("asks", "times for the whole schema", self.schemas, INTROSPECTION_SCHEMAS_MAX),
            ("asks", "times for a type of the schema", self.single_types, INTROSPECTION_TYPES_MAX),
        ];
        match rows.iter().find(|(_, _, count, max)| count > max) {
            None => Ok(()),
            Some((verb, noun, count, max)) => Err(GateError::new(
                Code::QueryTooComplex,
                format!("The document {verb} {count} {noun}; the limit is {max}."),
            )),
        }
    }
}

/// Measures all operations of a document together, and refuses it when it is too large.
pub(super) fn measure(document: &Document, limits: &Limits) -> Result<Measure, GateError> {
    let mut ruler = Ruler { fragments: HashMap::new(), measured: HashMap::new() };
    let mut operations = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => operations.push(&operation.selection_set),
            Definition::FragmentDefinition(fragment) => {
                ruler.fragments.insert(&fragment.name, &fragment.selection_set);
            }
            _ => {}
        }
    }
    let mut total = Measure::default();
    for selections in operations {
        total = total.beside(ruler.selections(selections, 0)?);
    }
    total.check(limits)?;
    // A fragment that no operation spreads is an error, but validation walks it before it says so.
    let names: Vec<&Name> = ruler.fragments.keys().copied().collect();
    for name in names {
        ruler.fragment(name, 0)?.check(limits)?;
    }
    Ok(total)
}

struct Ruler<'d> {
    fragments: HashMap<&'d Name, &'d Vec<Selection>>,
    /// `None` while a fragment is being measured: a spread of it then is a cycle.
    measured: HashMap<&'d Name, Option<Measure>>,
}

impl<'d> Ruler<'d> {
    fn selections(&mut self, selections: &'d [Selection], nesting: usize) -> Result<Measure, GateError> {
        if nesting > NESTING_MAX {
            return Err(GateError::new(
                Code::QueryTooComplex,
                format!("The document nests more than {NESTING_MAX} selection sets and fragments inside one another."),
            ));
        }
        let mut total = Measure::default();
        for selection in selections {
            let part = match selection {
                Selection::Field(field) => {
                    self.selections(&field.selection_set, nesting + 1)?.under(&field.name, field.alias.is_some())
                }
                Selection::InlineFragment(inline) => self.selections(&inline.selection_set, nesting + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name, nesting + 1)?,
            };
            total = total.beside(part);
        }
        Ok(total)
    }

    fn fragment(&mut self, name: &'d Name, nesting: usize) -> Result<Measure, GateError> {
        if let Some(measured) = self.measured.get(name) {
            return Ok(measured.unwrap_or_default());
        }
        let Some(selections) = self.fragments.get(name).copied() else {
            return Ok(Measure::default());
        };
        self.measured.insert(name, None);
        let measure = self.selections(selections, nesting)?;
        self.measured.insert(name, Some(measure));
        Ok(measure)
    }
}
