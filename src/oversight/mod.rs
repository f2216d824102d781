//! Oversight: what those above a fund look at, and the five musts (五有) that every fund and project is to keep.
//!
//! * A must is computed from what is recorded, never ticked by anybody.
//! * The figures of an area are the sums of the figures of the funds in it and below it.

mod graphql;
pub mod must;
pub mod store;

pub use graphql::{FundOversightConnection, FundOversightEdge, Oversight, musts_of_fund, musts_of_project, oversight};
pub use must::{Gap, Must, MustKind};
