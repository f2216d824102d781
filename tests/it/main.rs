//! The tests from outside: one binary, every body on both engines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bank;
mod brought;
mod cli;
mod concepts;
mod gone;
mod import;
mod kill;
mod load;
mod model;
mod pledge;
mod readme;
mod refusals;
mod rights;
mod socket;
mod storm;
mod support;
mod tamper;
mod tidy;
mod width;
mod worked_example;
mod world;
mod writer;
