//! Hosts, purposes and funds.

pub mod head;
