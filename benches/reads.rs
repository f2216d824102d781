//! What must be fast, beside its limit.

fn main() {}
