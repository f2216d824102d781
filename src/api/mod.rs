//! The edge: the merged schema, and what stands between a client and it.
//!
//! * `schema` merges what every concept contributes and exports the SDL, which is the product.
//! * `gate` judges a document and its variables before anything runs; `http` carries requests and answers as
//!   the GraphQL over HTTP specification says. Neither knows the domain: they need an SDL and an executor.
//! * `page` is the one page of our own, on which a person tries a query.

pub mod gate;
pub mod http;
pub mod node;
pub mod page;
pub mod schema;
#[cfg(test)]
mod toy;
