//! The registry itself, and the steps in which it changes.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::clock::Clock;
use super::event::{Change, Event, EventListener};
use super::heap::HeapDesk;
use super::index::{Index, Terms, Unfound};
use super::info::{Handle, Info};
use super::journals::Journals;
use super::options::Options;
use super::reason::Reason;
use super::stats::Stats;
use super::subject::{Incarnation, Subject};
use super::watch::Watch;
use crate::meter::{Counter, Gauge, Meter};
use crate::session::Session;
use offheap_pty::Spawner;
use offheap_pty::reactor::lag::Lag;

/// A set of sessions with its limits and clocks.
pub struct Registry {
    index: Mutex<Index>,
    pub(super) watch: Watch,
    pub(super) heap: HeapDesk,
    pub(super) options: Options,
    pub(super) clock: Clock,
    pub(super) listener: Arc<dyn EventListener>,
    pub(super) spawner: Arc<dyn Spawner>,
    /// Where the sessions' histories lie when they are to outlive the process.
    pub(super) journals: Option<Journals>,
    pub(super) meter: Arc<Meter>,
    pub(super) lag: Arc<Lag>,
    /// Notified when something is due earlier than what is waited for.
    pub(super) timer: Arc<Notify>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

/// One step: the index under its lock. When the step ends, the lock is released
/// first, and then the terminals of the sessions that it took out are hung up
/// on, which takes system calls.
#[must_use = "a step holds the lock for as long as it lives"]
pub(super) struct Step<'a> {
    // Fields are dropped in this order.
    index: MutexGuard<'a, Index>,
    leaving: Leaving,
    registry: &'a Registry,
}

/// Sessions that are hung up on when this is dropped.
#[derive(Default)]
struct Leaving(Vec<Arc<Session>>);

impl Drop for Leaving {
    fn drop(&mut self) {
        for session in &self.0 {
            session.hang_up();
        }
    }
}

impl Deref for Step<'_> {
    type Target = Index;

    fn deref(&self) -> &Index {
        &self.index
    }
}

impl DerefMut for Step<'_> {
    fn deref_mut(&mut self) -> &mut Index {
        &mut self.index
    }
}

impl Step<'_> {
    /// Tells the listener of an event, under the lock of what it is about: so
    /// events come in the order of changes.
    pub(super) fn tell(&self, event: Event) {
        self.registry.listener.event(event);
    }

    /// Tells what happened to a session.
    pub(super) fn tell_of(&self, key: Incarnation, change: Change) {
        if let Some(entry) = self.get(key) {
            self.tell(Event::Session { subject: entry.subject().clone(), change });
        }
    }

    /// Takes a session out of every index and tells of it. What becomes of it is
    /// the caller's to say.
    pub(super) fn take_out(&mut self, key: Incarnation, reason: Reason) -> Option<Arc<Session>> {
        let entry = self.index.remove(key)?;
        self.registry.meter.add(Gauge::Sessions, -1);
        self.index.count_closed(reason);
        let subject = entry.subject().clone();
        self.tell(Event::Session { subject, change: Change::Closed(reason) });
        Some(Arc::clone(entry.session()))
    }

    /// Takes a session out of every index, frees its memory and tells of it.
    /// `false` when there is none.
    pub(super) fn close(&mut self, key: Incarnation, reason: Reason) -> bool {
        let Some(entry) = self.index.remove(key) else { return false };
        let session = entry.session();
        // From here on it is hung up on, whatever happens.
        self.leaving.0.push(Arc::clone(session));
        let meter = &self.registry.meter;
        meter.add(Gauge::Sessions, -1);
        meter.count(Counter::HeldAtClose, session.memory() as u64);
        // Its readers are told, and one of them that panics ends nothing else.
        let freed = catch_unwind(AssertUnwindSafe(|| session.release()));
        let reason = if freed.is_ok() { reason } else { Reason::Fault };
        self.index.count_closed(reason);
        let subject = entry.subject().clone();
        self.tell(Event::Session { subject, change: Change::Closed(reason) });
        true
    }

    /// Wakes the timer when a session's deadline has become the first.
    pub(super) fn wake_timer(&self, key: Incarnation) {
        if self.first_deadline().is_some_and(|(_, first)| first == key) {
            self.registry.timer.notify_one();
        }
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
        Self::with_journals(options, clock, listener, spawner, meter, None)
    }

    /// The same, with histories that outlive the process when there are
    /// `journals` to keep them in.
    #[must_use]
    pub fn with_journals(
        options: Options,
        clock: Clock,
        listener: Arc<dyn EventListener>,
        spawner: Arc<dyn Spawner>,
        meter: Arc<Meter>,
        journals: Option<Journals>,
    ) -> Arc<Self> {
        let registry = Arc::new(Self {
            index: Mutex::default(),
            watch: Watch::default(),
            heap: HeapDesk::default(),
            options,
            clock,
            listener,
            spawner,
            journals,
            meter,
            lag: Arc::default(),
            timer: Arc::new(Notify::new()),
        });
        registry.meter.set_bell(Arc::clone(&registry.timer));
        registry.lag.probe();
        registry.start_clock();
        registry
    }

    /// Begins a step.
    pub(super) fn step(&self) -> Step<'_> {
        Step { index: self.index.lock(), leaving: Leaving::default(), registry: self }
    }

    pub(super) fn terms(&self) -> Terms {
        Terms { inactive: self.options.inactive, linger: self.options.linger }
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

    /// Finds a session by id and project; without a project, the one that has
    /// none, or else the only one of that id.
    ///
    /// # Errors
    /// [`Unfound`].
    pub fn get(&self, id: &str, project: Option<&str>) -> Result<(Handle, Info), Unfound> {
        let step = self.step();
        let entry = step.find(id, project)?;
        Ok((entry.handle(), entry.info(&self.clock)))
    }

    /// Sessions of a project, or all of them, oldest first.
    #[must_use]
    pub fn list(&self, project: Option<&str>) -> Vec<(Handle, Info)> {
        let step = self.step();
        let keys = project.map_or_else(|| step.keys(), |project| step.keys_of(project));
        let entries = keys.iter().filter_map(|key| step.get(*key));
        entries.map(|entry| (entry.handle(), entry.info(&self.clock))).collect()
    }

    /// What is known of a session now; `None` once it is closed.
    #[must_use]
    pub fn info(&self, subject: &Subject) -> Option<Info> {
        self.step().get(subject.incarnation).map(|entry| entry.info(&self.clock))
    }

    /// Whether the registry was closed.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.step().is_shut()
    }

    /// Whether a live program is to keep the process running.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.step().holds()
    }

    /// Says whether a session's program is to keep the process running.
    pub fn set_hold(&self, handle: &Handle, holds: bool) {
        let runs = handle.session.pid() != 0;
        let key = handle.subject.incarnation;
        let mut step = self.step();
        // An exit is noted under the same lock, so none can come in between.
        let live = step.get(key).is_some_and(|entry| !entry.has_exited());
        step.set_hold(key, holds && runs && live);
    }

    /// The registry's numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let memory = self.watch.level();
        self.step().stats(memory)
    }
}

/// Whether a count has reached a limit; 0 is no limit.
pub(super) fn reached(count: usize, limit: usize) -> bool {
    limit > 0 && count >= limit
}
