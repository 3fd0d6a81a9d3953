//! The one place where sessions are: created, found, limited, timed and ended.
//!
//! All indexes change in one step under one lock, and the events of a change
//! are told under the same lock, so that listeners hear of changes in their
//! order. The lock is never held while a shell starts or a terminal is hung up
//! on.

#![allow(clippy::ref_option, reason = "an index keyed by an option is asked by its reference")]

mod clock;
mod closing;
mod connections;
mod create;
mod deadlines;
mod event;
mod focus;
mod info;
mod memory;
mod metrics;
mod options;
mod owner;
mod start;
mod state;
mod stats;
mod suspension;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::meter::Meter;
use offheap_pty::reactor::lag::Lag;
use offheap_pty::{SpawnError, Spawner};

pub use clock::Clock;
pub use event::{Action, Event, EventListener, Limit, Pressure, Reason};
pub use info::{Details, Handle, Info, NewSession};
pub use memory::{MemoryReport, Relief, read_usage};
pub use options::{OnProjectLimit, Options, Retry};
use state::{Entry, Key, Name, State};
pub use stats::Stats;

/// Why a registry refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Too many sessions in all.
    #[error("{0} sessions are open, which is the limit; close one first")]
    SessionLimit(usize),
    /// Too many sessions in the project.
    #[error("the project has {0} sessions, which is its limit; close one first")]
    ProjectLimit(usize),
    /// Too many new shells in the last minute.
    #[error("{0} shells were started within a minute, which is the limit; wait a little")]
    SpawnRate(usize),
    /// Memory is about to run out.
    #[error("memory is short; close a session first")]
    Memory,
    /// The id is taken in that project.
    #[error("a session \"{0}\" exists already")]
    Exists(String),
    /// The session has, or had, a program already.
    #[error("the session was started before")]
    Started,
    /// The registry, or the session, is closed.
    #[error("the registry or the session is closed")]
    Closed,
    /// The shell could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

/// A set of sessions with its limits and clocks.
pub struct Registry {
    state: Mutex<State>,
    watch: Mutex<memory::Watch>,
    options: Options,
    clock: Clock,
    listener: Arc<dyn EventListener>,
    spawner: Arc<dyn Spawner>,
    meter: Arc<Meter>,
    lag: Arc<Lag>,
    /// Notified when something is due earlier than what is waited for.
    timer: Arc<Notify>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Registry {
    /// An empty registry, whose events `listener` is told and whose terminals
    /// `spawner` makes.
    #[must_use]
    pub fn new(
        options: Options,
        clock: Clock,
        listener: Arc<dyn EventListener>,
        spawner: Arc<dyn Spawner>,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        let registry = Arc::new(Self {
            state: Mutex::default(),
            watch: Mutex::default(),
            options,
            clock,
            listener,
            spawner,
            meter,
            lag: Arc::default(),
            timer: Arc::new(Notify::new()),
        });
        registry.meter.set_bell(Arc::clone(&registry.timer));
        registry.lag.probe();
        registry.start_clock();
        registry
    }

    /// The limits and clocks it was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What its sessions hold and have moved.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Finds a session by id, and by project where one is given; the oldest
    /// where several projects have that id.
    #[must_use]
    pub fn get(&self, id: &str, project: Option<&str>) -> Option<(Handle, Info)> {
        let state = self.state.lock();
        let entry = state.sessions.get(&state.find(id, project)?)?;
        Some(self.describe(entry))
    }

    /// Sessions of a project, or all of them, oldest first.
    #[must_use]
    pub fn list(&self, project: Option<&str>) -> Vec<(Handle, Info)> {
        let state = self.state.lock();
        let keys = project.map_or_else(|| state.keys(), |project| state.keys_of(project));
        let entries = keys.iter().filter_map(|key| state.sessions.get(key));
        entries.map(|entry| self.describe(entry)).collect()
    }

    /// What is known of a session now; `None` once it is closed.
    #[must_use]
    pub fn info(&self, handle: &Handle) -> Option<Info> {
        let state = self.state.lock();
        state.sessions.get(&handle.key).map(|entry| entry.info(&self.clock))
    }

    /// Whether the registry was closed.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.state.lock().shut
    }

    /// Whether a live program is to keep the process running.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state.lock().holds > 0
    }

    /// Says whether a session's program is to keep the process running.
    pub fn set_hold(&self, handle: &Handle, holds: bool) {
        let runs = handle.session.pid() != 0;
        let mut state = self.state.lock();
        // An exit is noted under the same lock, so none can come in between.
        let live = state.sessions.get(&handle.key).is_some_and(|entry| entry.exit.is_none());
        state.set_hold(handle.key, holds && runs && live);
    }

    fn describe(&self, entry: &Entry) -> (Handle, Info) {
        (handle(entry), entry.info(&self.clock))
    }

    /// Tells the listener of an event. The caller holds the lock of the state
    /// that the event is about, so that events come in the order of changes.
    fn tell(&self, _state: &State, event: Event) {
        self.listener.event(event);
    }
}

/// Whether a count has reached a limit; 0 is no limit.
fn reached(count: usize, limit: usize) -> bool {
    limit > 0 && count >= limit
}

fn handle(entry: &Entry) -> Handle {
    Handle {
        session: Arc::clone(&entry.session),
        id: Arc::clone(&entry.name.1),
        project: entry.name.0.clone(),
        key: entry.key,
    }
}
