//! The ledger: where every fen is, whose it is, and where it has been.
//!
//! Lot, account, entry, posting, holding, fund head. A *lot* is one giver's money under one restriction
//! from one receipt line, and keeps its identity for life. An *account* is a place money can be. A
//! *posting* moves part of a lot from one account to another; an *entry* is one business operation made
//! of postings. A *holding* is how much of which lot sits where now: the answer to "what did my money
//! pay for?" is one index walk, never a search.
//!
//! * Postings are the only truth; everything else here can be computed from them, and `verify` does.
//! * Nothing is edited or deleted: a mistake is reversed by a new entry that names the old one.
//! * Commands on one fund run one after another, behind its head ([`crate::fund::head`]).

pub mod account;
pub mod as_of;
pub mod chain;
pub mod document;
pub mod draw;
pub mod earmark;
pub mod flow;
pub mod graphql;
pub mod hands;
pub mod idem;
pub mod journal;
pub mod movement;
mod open;
pub mod place;
pub mod post;
pub mod privacy;
mod published;
pub mod relot;
pub mod reverse;
pub mod seal;
pub mod store;
pub mod swap;
pub mod trace;
pub mod transfer;
pub mod verify;
pub mod write_off;

pub use account::{Account, AccountKind, Asset};
pub use open::open;
pub use post::{Draft, Entry, EntryKind, Move, Posting, post};
