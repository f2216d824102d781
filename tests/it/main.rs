//! The tests from outside: one binary, every body on both engines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod cli;
mod concepts;
mod model;
mod refusals;
mod rights;
mod socket;
mod support;
mod tamper;
mod world;
