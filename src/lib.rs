//! cobuild links communities, partner units, merchants, self-organized groups and micro-venture grants,
//! so that partners pledge to projects and can follow, to the fen, what their money paid for.
//!
//! The modules stand lowest level first, and a module uses only what stands above it: reading this file
//! downwards is the tour of the code. A folder is a concept of the domain, and inside it are the same
//! three files: `mod.rs` (types, rules, operations), `store.rs` (SQL and nothing else), `graphql.rs`
//! (arguments in, operation called, relations out).

// Level 0: what every concept stands on.
pub mod clock;
pub mod money;
pub mod page;

pub mod ranking;

pub mod failure;

pub mod error;

pub mod id;

pub mod sheet;

pub mod db;

// Level 1: who asks, where, and who gives or receives.
pub mod viewer;

pub mod area;

pub mod party;

// Level 2: funds, their ledger, what it is spent on and who decides.
pub mod fund;

pub mod ledger;

pub mod project;

pub mod committee;

pub mod related;

pub mod grant;

pub mod contest;

// Level 3: what is promised, given, allocated and paid.
pub mod agreement;

pub mod campaign;

pub mod pledge;

pub mod sales;

pub mod contribution;

pub mod allocation;

pub mod expense;

pub mod bank;

// Level 4: what is told of the books, what reads and writes in bulk, and what is looked at from above and published.
pub mod statement;

pub mod duty;

pub mod upload;

pub mod import;

pub mod oversight;

pub mod disclosure;

// Level 5: the edge.
pub mod api;

pub mod server;

// Level 6: the program: what it is told and what it does.
pub mod demo;

pub mod config;

pub mod cli;
