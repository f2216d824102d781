//! What stands between a client and the graph.
//!
//! `gate` judges a document and its variables before anything runs; `http` carries requests and answers as
//! the GraphQL over HTTP specification says. Neither knows the domain: they need a schema's SDL and an executor.

pub mod gate;
pub mod http;
#[cfg(test)]
mod toy;
