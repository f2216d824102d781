//! What an operation costs, as a formula over its variables.
//!
//! A field costs 1. A connection (a field with an argument `first` or `last`) multiplies what is selected in it
//! by the page it asks for; a field with an argument `ids` by the number of ids. Of fragments on different types
//! only the dearest counts, for an object has one type.
//!
//! * What is known from the document alone is folded into constants when the plan is made.
//! * Sums and products saturate.

use apollo_compiler::Name;
use apollo_compiler::executable::{Field, Value};
use apollo_compiler::response::{JsonMap, JsonValue};

use super::limits::Limits;

/// The cost of a selection set.
#[derive(Debug, Default)]
pub(super) struct Formula {
    constant: u64,
    terms: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    /// A factor times a formula.
    Times(Factor, Formula),
    /// The dearest of several.
    Max(Vec<Formula>),
}

#[derive(Debug)]
enum Factor {
    Fixed(u64),
    /// The larger page of `first` and `last`.
    Page(Vec<Size>),
}

#[derive(Debug)]
enum Size {
    Fixed(u64),
    /// A number or a list in a variable, bounded by a maximum; the default when it is absent or null.
    Variable {
        name: Name,
        default: u64,
        max: u64,
    },
}

impl Formula {
    /// Adds a field that selects `inner`.
    pub fn add_field(&mut self, field: &Field, inner: Formula, limits: &Limits) {
        self.constant = self.constant.saturating_add(1);
        let factor = Factor::of(field, limits);
        match (factor, inner.terms.is_empty()) {
            (Factor::Fixed(count), true) => {
                let cost = count.saturating_mul(inner.constant);
                self.constant = self.constant.saturating_add(cost);
            }
            (factor, _) => self.terms.push(Term::Times(factor, inner)),
        }
    }

    /// Adds fragments of which at most one applies to an object.
    pub fn add_variants(&mut self, variants: Vec<Formula>) {
        if variants.iter().all(|variant| variant.terms.is_empty()) {
            let dearest = variants.iter().map(|variant| variant.constant).max();
            self.constant = self.constant.saturating_add(dearest.unwrap_or(0));
        } else {
            self.terms.push(Term::Max(variants));
        }
    }

    /// The cost with these coerced variables.
    pub fn cost(&self, variables: &JsonMap) -> u64 {
        let terms = self.terms.iter().map(|term| match term {
            Term::Times(factor, inner) => factor.size(variables).saturating_mul(inner.cost(variables)),
            Term::Max(variants) => variants.iter().map(|variant| variant.cost(variables)).max().unwrap_or(0),
        });
        terms.fold(self.constant, u64::saturating_add)
    }
}

impl Factor {
    fn of(field: &Field, limits: &Limits) -> Self {
        let mut sizes = Vec::new();
        let mut connection = false;
        for definition in &field.definition.arguments {
            let page = matches!(definition.name.as_str(), "first" | "last");
            if !page && definition.name != "ids" {
                continue;
            }
            connection |= page;
            let max = if page { limits.page_max } else { u64::MAX };
            let default = match definition.default_value.as_deref() {
                Some(Value::Int(int)) => int.as_str().parse().unwrap_or(limits.page_default),
                _ => limits.page_default,
            };
            match field.argument_by_name(&definition.name).map(|value| value.as_ref()) {
                Ok(Value::Int(int)) => {
                    sizes.push(Size::Fixed(int.as_str().parse().unwrap_or(0).min(max)));
                }
                Ok(Value::List(items)) => sizes.push(Size::Fixed(count(items.len()))),
                Ok(Value::Variable(name)) => {
                    sizes.push(Size::Variable { name: name.clone(), default: if page { default } else { 1 }, max })
                }
                _ => {}
            }
        }
        if sizes.is_empty() {
            return Self::Fixed(if connection { limits.page_default } else { 1 });
        }
        let fixed = |size: &Size| match size {
            Size::Fixed(size) => Some(*size),
            Size::Variable { .. } => None,
        };
        match sizes.iter().map(fixed).collect::<Option<Vec<u64>>>() {
            Some(known) => Self::Fixed(known.into_iter().max().unwrap_or(1)),
            None => Self::Page(sizes),
        }
    }

    fn size(&self, variables: &JsonMap) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Page(sizes) => {
                let sizes = sizes.iter().map(|size| size.of(variables));
                sizes.max().unwrap_or(1)
            }
        }
    }
}

impl Size {
    fn of(&self, variables: &JsonMap) -> u64 {
        match self {
            Self::Fixed(size) => *size,
            Self::Variable { name, default, max } => match variables.get(name.as_str()) {
                None | Some(JsonValue::Null) => *default,
                Some(JsonValue::Array(items)) => count(items.len()),
                Some(JsonValue::Number(number)) => number.as_u64().unwrap_or(0).min(*max),
                Some(_) => 1,
            },
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
