//! The schema as the gate asks it: which objects a type condition can stand for, what an input accepts.

use std::collections::{BTreeSet, HashMap};

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema};

/// A valid schema with its objects indexed by the types they are.
pub(super) struct Types {
    /// The schema itself.
    pub schema: Valid<Schema>,
    /// Per output type the objects it can be; an object is itself.
    objects: HashMap<Name, BTreeSet<Name>>,
}

impl Types {
    pub fn new(schema: Valid<Schema>) -> Self {
        let mut objects: HashMap<Name, BTreeSet<Name>> = HashMap::new();
        let mut is = |name: &Name, object: &Name| {
            objects.entry(name.clone()).or_default().insert(object.clone());
        };
        for (name, definition) in &schema.types {
            match definition {
                ExtendedType::Object(object) => {
                    is(name, name);
                    for interface in &object.implements_interfaces {
                        is(interface, name);
                    }
                }
                ExtendedType::Union(union) => {
                    for member in &union.members {
                        is(name, member);
                    }
                }
                _ => {}
            }
        }
        Self { schema, objects }
    }

    /// The objects a value of this type can be, in the order of their names.
    pub fn objects(&self, name: &Name) -> impl Iterator<Item = &Name> {
        self.objects.get(name).into_iter().flatten()
    }

    /// Whether an object is of a type.
    pub fn is_of(&self, object: &Name, condition: &Name) -> bool {
        self.objects.get(condition).is_some_and(|objects| objects.contains(object))
    }

    /// A field of an object or interface; introspection's own fields aside.
    pub fn field(&self, parent: &Name, name: &Name) -> Option<&FieldDefinition> {
        let fields = match self.schema.types.get(parent)? {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return None,
        };
        fields.get(name).map(|field| field.node.as_ref())
    }

    /// Whether a type is an object type, and not one that stands for several.
    pub fn is_object(&self, name: &Name) -> bool {
        matches!(self.schema.types.get(name), Some(ExtendedType::Object(_)))
    }
}

/// Whether exactly one field of an input object must be given.
///
/// The compiler does not know `@oneOf`, so the gate checks it.
pub(super) fn is_one_of(object: &InputObjectType) -> bool {
    object.directives.has("oneOf")
}

/// Whether an input must be given.
pub(super) fn is_required(definition: &InputValueDefinition) -> bool {
    definition.ty.is_non_null() && definition.default_value.is_none()
}

/// The definition of an argument.
pub(super) fn argument<'t>(field: &'t FieldDefinition, name: &Name) -> Option<&'t Node<InputValueDefinition>> {
    field.arguments.iter().find(|argument| argument.name == *name)
}
