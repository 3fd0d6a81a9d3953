//! Criterion benchmarks of the crates; they are in `benches/`. Here is what they
//! have in common: the output that they measure with.

#![allow(clippy::format_push_string, reason = "streams are made before the clock runs")]

pub mod sample;
