//! The ledger: lots, accounts, entries, postings, holdings and the fund's head.

pub mod account;
mod open;

pub use open::open;
