//! Keeps web terminals off the V8 heap.
//!
//! Output goes from a pseudo terminal ([`pty`]) on the one [`reactor`] thread
//! into a [`session`]'s bounded history ([`ring`]); viewers are cursors into
//! it, and their frames go out from a reused buffer. A [`registry`] owns the
//! sessions, their limits and their clocks, and acts when memory is short
//! ([`pressure`]). What the JS thread should know waits in its [`inbox`] behind
//! a single wake-up. Only `node` names napi.

#![warn(clippy::pedantic)]
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

pub mod inbox;
pub mod meter;
pub mod pressure;
pub mod pty;
pub mod reactor;
pub mod registry;
pub mod ring;
pub mod screen;
pub mod session;
pub mod text;

mod node;
