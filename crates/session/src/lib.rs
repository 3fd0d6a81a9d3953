//! Terminal sessions.
//!
//! A [`session`] is a bounded history with viewers; a [`registry`] owns
//! sessions, their limits and their clocks, and acts when memory is short
//! ([`pressure`]).

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

pub mod meter;
pub mod pressure;
pub mod registry;
pub mod session;
