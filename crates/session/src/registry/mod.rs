//! The one place where sessions are: created, found, limited, timed and ended.
//!
//! All indexes change in one step under one lock ([`index`]), and the events of
//! a change are told under the same lock, so that listeners hear of changes in
//! their order. The lock is never held while a shell starts, a terminal is hung
//! up on, or output is parsed.

#![allow(clippy::ref_option, reason = "an index keyed by an option is asked by its reference")]

mod background;
mod clock;
mod closing;
mod connections;
mod core;
mod create;
mod deadlines;
mod event;
mod focus;
mod heap;
mod index;
mod info;
mod journals;
mod memory;
mod metrics;
mod options;
mod owner;
mod reason;
mod recording;
mod refusal;
mod restore;
mod shells;
mod start;
mod stats;
mod subject;
mod suspension;
mod update;
mod watch;

#[cfg(test)]
mod tests;

pub use self::core::Registry;
pub use clock::Clock;
pub use event::{Change, Event, EventListener, EventName, Heaviest, Pressure, Work};
pub use index::Unfound;
pub use info::{Details, Handle, Info, NewSession, Update};
pub use journals::{JournalFault, JournalOptions, Journals};
pub use memory::{MemoryReport, Relief, read_usage};
pub use options::{OnProjectLimit, Options};
pub use reason::{Action, Limit, Reason};
pub use refusal::Refusal;
pub use stats::Stats;
pub use subject::{Incarnation, Subject};
