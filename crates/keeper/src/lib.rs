//! The keeper: a small process that holds terminals while servers come and go.
//!
//! It starts shells for a server, keeps a duplicate of each terminal's master,
//! reaps, and hands everything to the next server. It interprets no output.
//! This library is the protocol, the server's side of it and the keeper itself;
//! the binary `offheap-keeper` only calls the last.

#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod client;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod daemon;
mod error;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod version;

#[cfg(unix)]
pub use client::{Custody, Events, Found, Keeper, Settings, replace};
#[cfg(unix)]
pub use command::run;
pub use error::KeeperError;

/// How long output waits in the terminals while no server is there, before the
/// keeper takes it into the journals.
#[cfg(unix)]
const DEFAULT_DRAIN_AFTER: Duration = Duration::from_secs(5);
/// How long shells live while no server is there.
#[cfg(unix)]
const DEFAULT_ORPHAN_TIMEOUT: Duration = Duration::from_mins(10);
