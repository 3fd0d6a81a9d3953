//! The modules of offheap-terminal that never name Node, as a library.
//!
//! Benchmarks, fuzz targets and miri use it: miri cannot run the addon's crate,
//! which registers itself with Node before `main`.

#[path = "../../src/ring/mod.rs"]
pub mod ring;
#[path = "../../src/screen/mod.rs"]
pub mod screen;
#[path = "../../src/text/mod.rs"]
pub mod text;
