//! The watch over memory, and what is done when it is short: the mildest first,
//! each an option, and each told.
//!
//! Checks that are due run in a thread of their own, so that they are made, and
//! acted on, while the JS thread is busy or blocked. It is asked for what only it
//! can do, and waited for a moment.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::background::{self, Job};
use super::core::Registry;
use super::event::{Event, Heaviest, Pressure, Work};
use super::index::{Entry, Index};
use super::info::Handle;
use super::reason::{Action, Reason};
use super::subject::Incarnation;
use super::watch::Due;
use crate::meter::{Counter, Gauge};
use crate::pressure::{Judgement, Level, Measured, Options, Usage, sessions_for, system};
use crate::session::Session;

/// Smaller growth than this is not worth a check out of turn.
const GROWTH: u64 = 1 << 20;
/// Tables and allocations that a session needs beside its own structures:
/// about a dozen index nodes and its names.
const INDEX_BYTES: usize = 1024;
/// How long the JS thread is waited for: for a reading, and for a collection.
const READING: Duration = Duration::from_millis(250);
const COLLECTION: Duration = Duration::from_secs(1);
/// Closing the heaviest session must be able to free this part of the limit:
/// one in so many.
const WORTHWHILE: u64 = 20;

/// What only the JS thread can do about memory.
pub trait Relief {
    /// Drops what is kept for speed.
    fn drop_caches(&mut self);
    /// Collects garbage: the reading after it, or `None` where that cannot be
    /// done.
    fn collect_garbage(&mut self) -> Option<Usage>;
}

/// The JS thread, as another thread reaches it.
struct Elsewhere<'a>(&'a Registry);

impl Relief for Elsewhere<'_> {
    fn drop_caches(&mut self) {
        self.0.listener.work(Work::DropCaches);
    }

    fn collect_garbage(&mut self) -> Option<Usage> {
        let heap = self.0.heap.collect(self.0.listener.as_ref(), COLLECTION)?;
        Some(read_usage(heap))
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct MemoryReport {
    /// The judgement.
    pub judgement: Judgement,
    /// The reading that it was made from.
    pub usage: Usage,
    /// The session that holds the most memory, while there is a warning.
    pub heaviest: Option<Heaviest>,
    /// Whether new sessions are refused.
    pub refusing: bool,
}

impl Registry {
    /// The JS thread has done what [`EventListener::work`] asked it for: what it
    /// read of the heap, or `None` where it cannot do that.
    ///
    /// [`EventListener::work`]: super::EventListener::work
    pub fn heap_read(&self, work: Work, heap: Option<Usage>) {
        self.heap.serve(work, heap);
    }

    /// Starts a check when one is due; when the next one is. A registry without
    /// sessions is not watched.
    pub(super) fn watch_memory(self: &Arc<Self>) -> Option<Instant> {
        match self.memory_due() {
            Due::Never => None,
            Due::At(at) => Some(at),
            Due::Now => {
                if !background::run(Job::Check(Arc::downgrade(self))) {
                    self.watch.over();
                }
                Some(self.clock.now() + self.options.memory.interval)
            }
        }
    }

    pub(super) fn memory_due(&self) -> Due {
        let interval = self.options.memory.interval;
        let alarmed = self.meter.take_alarm();
        let empty = self.step().is_empty();
        if interval.is_zero() || (empty && self.watch.level() == Level::Normal) {
            return self.watch.rest();
        }
        self.watch.due(interval, self.clock.now(), alarmed)
    }

    /// A check that is due, in the thread that makes them.
    pub(super) fn check_in_background(&self) {
        // Whatever happens, it is over then.
        struct Over<'a>(&'a Registry);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.watch.over();
            }
        }
        let _over = Over(self);
        let heap = self.heap.read(self.listener.as_ref(), READING);
        if !self.is_shut() {
            self.check_memory(read_usage(heap), &mut Elsewhere(self));
        }
    }

    /// Judges a reading and does what the options say.
    pub fn check_memory(&self, usage: Usage, relief: &mut dyn Relief) -> MemoryReport {
        let mut check = Check::new(self, usage);
        check.relieve(relief);
        check.close();
        check.schedule();
        let Check { judgement, usage, heaviest, .. } = check;
        MemoryReport { judgement, usage, heaviest, refusing: self.step().is_refusing() }
    }

    /// How many sessions fit into `memory` bytes; without a number, into what
    /// they hold now and what is left before memory is critical.
    #[must_use]
    pub fn max_sessions_for(&self, memory: Option<u64>, usage: &Usage) -> u64 {
        let stats = self.stats();
        let scrollback = self.options.screen.as_ref().map_or(0, |screen| screen.scrollback_bytes);
        let measured = Measured {
            sessions: stats.sessions as u64,
            held: self.meter.bytes_held() + stats.input_queued as u64,
            closed: stats.closed.iter().map(|(_, count)| count).sum(),
            held_at_close: self.meter.total(Counter::HeldAtClose),
            fixed: (size_of::<Session>() + size_of::<Entry>() + INDEX_BYTES) as u64,
            ceiling: (self.options.history + scrollback) as u64,
        };
        let memory = memory.unwrap_or_else(|| {
            let critical = self.options.memory.critical.nearest(usage);
            let left = critical.map_or(0, |bound| bound.left());
            left + measured.held + measured.sessions * measured.fixed
        });
        sessions_for(memory, &measured)
    }

    /// The session that holds the most memory, with its processes.
    fn heaviest(&self) -> Option<Heaviest> {
        let handles: Vec<Handle> = self.step().entries().map(Entry::handle).collect();
        if handles.is_empty() {
            return None;
        }
        let processes = system::sessions_memory(&system::Roots::default());
        let weighed = handles.into_iter().map(|handle| {
            let outside = processes.get(&handle.session.pid()).copied().unwrap_or(0);
            Heaviest { bytes: handle.session.memory() as u64 + outside, subject: handle.subject }
        });
        // The oldest where several weigh the same.
        weighed.max_by_key(|each| (each.bytes, Reverse(each.subject.incarnation)))
    }
}

/// One check, from its reading to its end.
struct Check<'a> {
    registry: &'a Registry,
    options: &'a Options,
    now: Instant,
    usage: Usage,
    judgement: Judgement,
    heaviest: Option<Heaviest>,
}

impl<'a> Check<'a> {
    fn new(registry: &'a Registry, usage: Usage) -> Self {
        let options = &registry.options.memory;
        let (now, judgement) = (registry.clock.now(), registry.watch.judge(options, usage));
        let mut check = Self { registry, options, now, usage, judgement, heaviest: None };
        if judgement.level >= Level::Warning {
            check.heaviest = registry.heaviest();
        }
        check.tell_level();
        check
    }

    fn is_critical(&self) -> bool {
        self.judgement.level == Level::Critical
    }

    /// What ends no session.
    fn relieve(&mut self, relief: &mut dyn Relief) {
        if self.judgement.level >= Level::Warning {
            let freed = self.shrink_histories();
            self.drop_caches(freed, relief);
        }
        if self.is_critical() {
            self.collect_garbage(relief);
        }
    }

    /// What ends sessions, or keeps new ones out.
    fn close(&self) {
        let critical = self.is_critical();
        let closed = critical && self.close_inactive();
        let refuses = critical && self.options.actions.refuse;
        if self.registry.step().set_refusing(refuses) {
            self.tell(Some(Action::Refuse), 0, 0);
        }
        // The last resorts: only when the check before found it critical, too,
        // and what was done then was not enough.
        if critical && !closed && self.registry.watch.is_lasting() && !self.close_heaviest() {
            self.close_oldest();
        }
    }

    fn schedule(&self) {
        self.registry.watch.note(self.options.interval, &self.judgement, self.now);
        if !self.options.interval.is_zero() {
            let growth = (self.judgement.headroom.unwrap_or(0) / 2).max(GROWTH);
            self.registry.meter.set_alarm(growth);
            self.registry.timer.notify_one();
        }
    }

    /// Sessions that nobody types into and that print nothing, watched or not.
    fn quiet_sessions(&self) -> Vec<Arc<Session>> {
        let step = self.registry.step();
        let quiet = step.entries().filter(|each| each.is_quiet(self.now, self.options.idle_after));
        quiet.map(|entry| Arc::clone(entry.session())).collect()
    }

    /// Quiet sessions give back the older part of their histories.
    fn shrink_histories(&self) -> u64 {
        if !self.options.actions.shrink_histories {
            return 0;
        }
        let quiet = self.quiet_sessions();
        let keep = self.options.keep_history;
        let freed = quiet.iter().map(|session| session.shrink_history(keep) as u64);
        let (sessions, bytes) =
            freed.filter(|bytes| *bytes > 0).fold((0, 0), |(n, sum), bytes| (n + 1, sum + bytes));
        if sessions > 0 {
            self.tell(Some(Action::ShrinkHistories), sessions, bytes);
        }
        bytes
    }

    /// Drops the scrollback of quiet sessions' screens, which is there for who
    /// returns, and what the allocator keeps; once for each rise of the level
    /// and when there is something to return to the system.
    fn drop_caches(&self, freed: u64, relief: &mut dyn Relief) {
        let rises = self.judgement.level > self.judgement.previous;
        if self.options.actions.drop_caches && (rises || freed > 0) {
            let before = self.registry.meter.level(Gauge::Screen);
            let quiet = self.quiet_sessions();
            for session in &quiet {
                session.drop_scrollback();
            }
            relief.drop_caches();
            background::run(Job::Trim);
            let bytes = before.saturating_sub(self.registry.meter.level(Gauge::Screen));
            self.tell(Some(Action::DropCaches), quiet.len(), bytes);
        }
    }

    /// A collection stops the world, so it is not made more often than checks
    /// are when all is well.
    fn collect_garbage(&mut self, relief: &mut dyn Relief) {
        let pause = self.options.interval.max(Duration::from_secs(1));
        let watch = &self.registry.watch;
        if !self.options.actions.collect_garbage || !watch.may_collect(self.now, pause) {
            return;
        }
        let Some(after) = relief.collect_garbage() else { return };
        watch.collected(self.now);
        let heap = |usage: &Usage| usage.heap_used.unwrap_or(0);
        let freed = heap(&self.usage).saturating_sub(heap(&after));
        self.tell(Some(Action::CollectGarbage), 0, freed);
        self.usage = after;
        self.judgement = watch.judge(self.options, after);
        self.tell_level();
    }

    /// `true` when there was one to close.
    fn close_inactive(&self) -> bool {
        let choose = |index: &Index| idle_sessions(index, self.now, self.options.idle_after);
        self.options.actions.close_inactive && self.close_chosen(Action::CloseInactive, choose)
    }

    fn close_oldest(&self) {
        let spares = self.judgement.is_foreign;
        if self.options.actions.close_oldest {
            self.close_chosen(Action::CloseOldest, |index| oldest_sessions(index, spares));
        }
    }

    /// The heaviest session, if closing it can make a difference. `true` when it
    /// was closed.
    fn close_heaviest(&self) -> bool {
        let limit = self.judgement.bound.map_or(0, |bound| bound.limit);
        let worth = |heaviest: &&Heaviest| heaviest.bytes >= limit / WORTHWHILE;
        match self.heaviest.as_ref().filter(worth) {
            Some(heaviest) if self.options.actions.close_heaviest => {
                let key = heaviest.subject.incarnation;
                self.close_chosen(Action::CloseHeaviest, |_| vec![key])
            }
            _ => false,
        }
    }

    fn close_chosen(
        &self,
        action: Action,
        choose: impl FnOnce(&Index) -> Vec<Incarnation>,
    ) -> bool {
        let before = self.registry.meter.bytes_held();
        let mut step = self.registry.step();
        let keys = choose(&step);
        let closed = keys.iter().filter(|key| step.close(**key, Reason::Memory)).count();
        drop(step);
        if closed > 0 {
            background::run(Job::Trim);
            let freed = before.saturating_sub(self.registry.meter.bytes_held());
            self.tell(Some(action), closed, freed);
        }
        closed > 0
    }

    fn tell_level(&self) {
        if self.judgement.level != self.judgement.previous {
            self.tell(None, 0, 0);
        }
    }

    fn tell(&self, action: Option<Action>, sessions: usize, bytes: u64) {
        let Judgement { level, previous, bound, .. } = self.judgement;
        let heaviest = self.heaviest.clone();
        let pressure = Pressure { level, previous, action, sessions, bytes, bound, heaviest };
        self.registry.step().tell(Event::MemoryPressure(pressure));
    }
}

/// A quarter of the sessions that are idle, the least recently used first: the
/// next check sees whether that was enough.
fn idle_sessions(index: &Index, now: Instant, idle_after: Duration) -> Vec<Incarnation> {
    let idle = index.detached().filter(|each| each.is_quiet(now, idle_after) && !each.is_watched());
    let mut keys: Vec<Incarnation> = idle.map(Entry::key).collect();
    keys.truncate(keys.len().div_ceil(4));
    keys
}

/// A twentieth of all sessions, the least recently used first, and none that
/// is watched before all that are not; those not at all when they are spared.
fn oldest_sessions(index: &Index, spares_watched: bool) -> Vec<Incarnation> {
    let order = index.entries().map(|entry| (entry.is_watched(), entry.last_use(), entry.key()));
    let mut order: Vec<_> = order.filter(|(watched, ..)| !(spares_watched && *watched)).collect();
    order.sort_unstable();
    order.truncate(order.len().div_ceil(20));
    order.into_iter().map(|(.., key)| key).collect()
}

/// A reading of the system, completed by what the caller knows.
#[must_use]
pub fn read_usage(known: Usage) -> Usage {
    known.or(system::read(&system::Roots::default()))
}
