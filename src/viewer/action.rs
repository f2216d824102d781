//! What may be done next to an object, so that a client need not know the rules.
//!
//! * An action is asked of the same function that decides when it is done; nothing here judges.

use async_graphql::SimpleObject;

use super::Request;
use crate::error::{Error, Result};

/// Something that can be done to an object, and whether the viewer may do it as things stand.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct Action {
    /// The mutation that does it.
    pub name: String,
    /// The state or value that it leads to; null where the mutation leads to one only.
    pub to: Option<String>,
    /// Whether it would be done now; what the input itself may be refused for is not looked at.
    pub allowed: bool,
    /// Why not, in the caller's language; null when it is allowed.
    pub reason: Option<String>,
}

impl Action {
    /// The action that the mutation `name` does, with what its rules say of it.
    ///
    /// # Errors
    /// What is neither a refusal nor a denial.
    pub fn new(request: &Request, name: &str, to: Option<String>, outcome: Result<()>) -> Result<Self> {
        let reason = match outcome {
            Ok(()) => None,
            Err(Error::Refused(refused)) => Some(refused.refusal.message(request.language)),
            Err(Error::Denied(denied)) => Some(denied.message(request.language)),
            Err(other) => return Err(other),
        };
        Ok(Self { name: name.to_owned(), to, allowed: reason.is_none(), reason })
    }
}

/// A GraphQL enum value's name, for [`Action::to`].
pub fn value_name<T: async_graphql::resolver_utils::EnumType>(value: T) -> String {
    match async_graphql::resolver_utils::enum_value(value) {
        async_graphql::Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}
