//! cobuild: a platform for community co-building funds.

pub mod import;
