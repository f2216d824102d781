//! The tests from outside: one binary, every body on both engines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod concepts;
mod import;
mod support;
mod tamper;
mod world;
mod writer;
