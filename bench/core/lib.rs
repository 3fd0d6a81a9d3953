//! Criterion benchmarks of the crates; they are in `benches/`.
