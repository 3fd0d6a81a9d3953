//! The history of a terminal: the newest bytes of its output, each with an
//! absolute offset, and where that output may be cut.
//!
//! [`Ring`] holds the bytes; [`text`] knows characters and escape sequences.

#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::duration_suboptimal_units,
        clippy::format_collect,
        clippy::large_stack_arrays,
        clippy::needless_for_each,
        clippy::unchecked_time_subtraction,
        reason = "tests may be plain"
    )
)]

mod ring;
pub mod text;

pub use ring::{DEFAULT_CAPACITY, MAX_CAPACITY, MAX_HELD, Place, Ring, Span};
