//! How many threads tell one thread that there is something to do, without
//! waking it more often than it can act.
//!
//! - [`Inbox`]: a list of news for one consumer, with at most one wake-up
//!   pending.
//! - [`Signal`]: tells one reader, once for each time that it has caught up,
//!   that there is more to read.
//!
//! Both are lock-free where it matters and small enough for a model checker:
//! `tests/loom.rs` runs every interleaving of their protocols.

#![forbid(unsafe_code)]

mod inbox;
mod signal;
mod sync;

#[cfg(all(test, not(loom)))]
mod tests;

pub use inbox::Inbox;
pub use signal::{Reader, Signal};
