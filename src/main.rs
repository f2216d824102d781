//! The `cobuild` binary.

fn main() {}
