//! A GraphQL platform for community co-building funds.

pub mod api;
