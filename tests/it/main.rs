//! The tests from outside: one binary, every body on both engines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by its panic")]

mod bank;
mod brought;
mod cli;
mod committee;
mod concepts;
mod contest;
mod corrections;
mod district;
mod duties;
mod fault;
mod gone;
mod grants;
mod hands;
mod import;
mod journal;
mod lists;
mod load;
mod model;
mod pledge;
mod privacy;
mod readme;
mod refusals;
mod rights;
mod socket;
mod statement;
mod storm;
mod support;
mod systems;
mod tamper;
mod tidy;
mod width;
mod worked_example;
mod world;
mod writer;
