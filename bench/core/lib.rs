//! The modules of offheap-terminal that never name Node, as a library.
//!
//! Only benchmarks and fuzz targets use it. Tests stay with the addon's crate,
//! which has them for development.

#[path = "../../src/ring/mod.rs"]
pub mod ring;
#[path = "../../src/text/mod.rs"]
pub mod text;
