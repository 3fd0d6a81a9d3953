//! The keeper's binary.

fn main() {}
