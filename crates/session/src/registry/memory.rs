//! The watch over memory, and what is done when it is short: the mildest first,
//! each an option, and each told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Action, Entry, Event, Key, Pressure, Reason, Registry, State};
use crate::meter::{Counter, Gauge};
use crate::pressure::{
    self, Level, Measured, Monitor, Options, Usage, Verdict, sessions_for, system, trim_allocator,
};
use crate::session::Session;

/// A level that is near is looked at this much more often.
const HASTE: u32 = 10;
/// Smaller growth than this is not worth a check out of turn.
const GROWTH: u64 = 1 << 20;
/// Tables and allocations that a session needs beside its own structures:
/// about a dozen index nodes and its names.
const INDEX_BYTES: usize = 1024;

/// What is kept between two checks.
#[derive(Default)]
pub(super) struct Watch {
    monitor: Monitor,
    usage: Usage,
    last: Option<Instant>,
    next: Option<Instant>,
    /// The JS thread was asked for its part and has not answered.
    asked: bool,
    /// Checks in a row that found memory critical.
    critical: u32,
    collected: Option<Instant>,
}

/// What only the asking thread can do about memory.
pub trait Relief {
    /// Drops what is kept for speed.
    fn drop_caches(&mut self);
    /// Collects garbage: the reading after it, or `None` where that cannot be
    /// done.
    fn collect_garbage(&mut self) -> Option<Usage>;
}

/// What a check found.
#[derive(Clone, Copy, Debug)]
pub struct MemoryReport {
    /// The judgement.
    pub verdict: Verdict,
    /// The reading that it was made from.
    pub usage: Usage,
    /// Whether new sessions are refused.
    pub refusing: bool,
}

impl Registry {
    /// How short memory was at the last check.
    #[must_use]
    pub fn memory_level(&self) -> Level {
        self.watch.lock().monitor.level()
    }

    /// The last reading.
    #[must_use]
    pub fn memory_usage(&self) -> Usage {
        self.watch.lock().usage
    }

    /// Asks the JS thread for a check when one is due; when the next one is.
    /// A registry without sessions is not watched.
    pub(super) fn watch_memory(&self) -> Option<Instant> {
        let interval = self.options.memory.interval;
        let rung = self.meter.take_alarm();
        let empty = self.state.lock().sessions.is_empty();
        let mut watch = self.watch.lock();
        if interval.is_zero() || (empty && watch.monitor.level() == Level::Normal) {
            watch.next = None;
            return None;
        }
        let now = self.clock.now();
        let hasty = watch.last.map_or(now, |last| last + interval / HASTE);
        let next = watch.next.unwrap_or(hasty);
        let next = if rung { next.min(hasty) } else { next };
        if next > now {
            watch.next = Some(next);
            return Some(next);
        }
        watch.next = Some(now + interval);
        if !std::mem::replace(&mut watch.asked, true) {
            drop(watch);
            let usage = system::read(&system::Roots::default());
            self.listener.memory_due(usage);
        }
        Some(now + interval)
    }

    /// Judges a reading and does what the options say.
    pub fn check_memory(&self, usage: Usage, relief: &mut dyn Relief) -> MemoryReport {
        let options = &self.options.memory;
        let (mut usage, mut verdict) = (usage, self.judge(usage));
        if verdict.level >= Level::Warning {
            let freed = self.shrink_histories(options, &verdict);
            self.drop_caches(options, &verdict, freed, relief);
        }
        if verdict.level == Level::Critical
            && let Some(after) = self.collect_garbage(options, &verdict, usage, relief)
        {
            (usage, verdict) = (after, self.judge(after));
        }
        let critical = verdict.level == Level::Critical;
        let closed = if critical { self.close_inactive(options, &verdict) } else { 0 };
        self.refuse(critical && options.actions.refuse, &verdict);
        if critical && closed == 0 {
            self.close_oldest(options, &verdict);
        }
        self.schedule(options, &verdict);
        MemoryReport { verdict, usage, refusing: self.state.lock().refusing }
    }

    fn judge(&self, usage: Usage) -> Verdict {
        let mut watch = self.watch.lock();
        watch.usage = usage;
        // The answer is here: what goes wrong with it must not end the asking.
        watch.asked = false;
        let verdict = watch.monitor.judge(&self.options.memory, &usage);
        drop(watch);
        if verdict.level != verdict.previous {
            self.tell_pressure(&verdict, None, 0, 0);
        }
        verdict
    }

    fn schedule(&self, options: &Options, verdict: &Verdict) {
        let now = self.clock.now();
        let mut watch = self.watch.lock();
        let critical = verdict.level == Level::Critical;
        watch.critical = if critical { watch.critical.saturating_add(1) } else { 0 };
        watch.last = Some(now);
        if !options.interval.is_zero() {
            let wait = if verdict.near { options.interval / HASTE } else { options.interval };
            watch.next = Some(now + wait);
            self.meter.set_alarm((verdict.headroom.unwrap_or(0) / 2).max(GROWTH));
            self.timer.notify_one();
        }
    }

    /// Sessions that nobody types into and that print nothing, watched or not.
    fn quiet_sessions(&self, options: &Options) -> Vec<Arc<Session>> {
        let now = self.clock.now();
        let state = self.state.lock();
        let entries = state.sessions.values();
        let quiet = entries.filter(|entry| is_quiet(entry, now, options.idle_after));
        quiet.map(|entry| Arc::clone(&entry.session)).collect()
    }

    /// Quiet sessions give back the older part of their histories.
    fn shrink_histories(&self, options: &Options, verdict: &Verdict) -> u64 {
        if !options.actions.shrink_histories {
            return 0;
        }
        let quiet = self.quiet_sessions(options);
        let freed = quiet.iter().map(|session| session.shrink_history(options.keep_history) as u64);
        let (sessions, bytes) =
            freed.filter(|bytes| *bytes > 0).fold((0, 0), |(n, sum), bytes| (n + 1, sum + bytes));
        if sessions > 0 {
            self.tell_pressure(verdict, Some(Action::ShrinkHistories), sessions, bytes);
        }
        bytes
    }

    /// Drops the scrollback of quiet sessions' screens, which is there for who
    /// comes back, and what the allocator keeps; once for each rise of the level
    /// and when there is something to return to the system.
    fn drop_caches(
        &self,
        options: &Options,
        verdict: &Verdict,
        freed: u64,
        relief: &mut dyn Relief,
    ) {
        if options.actions.drop_caches && (verdict.level > verdict.previous || freed > 0) {
            let before = self.meter.level(Gauge::Screen);
            let quiet = self.quiet_sessions(options);
            for session in &quiet {
                session.drop_scrollback();
            }
            relief.drop_caches();
            trim_allocator();
            let bytes = before.saturating_sub(self.meter.level(Gauge::Screen));
            self.tell_pressure(verdict, Some(Action::DropCaches), quiet.len(), bytes);
        }
    }

    /// A collection stops the world, so it is not made more often than checks
    /// are when all is well.
    fn collect_garbage(
        &self,
        options: &Options,
        verdict: &Verdict,
        before: Usage,
        relief: &mut dyn Relief,
    ) -> Option<Usage> {
        let now = self.clock.now();
        let pause = options.interval.max(Duration::from_secs(1));
        let recent = |at: Instant| now.saturating_duration_since(at) < pause;
        if !options.actions.collect_garbage || self.watch.lock().collected.is_some_and(recent) {
            return None;
        }
        let after = relief.collect_garbage()?;
        self.watch.lock().collected = Some(now);
        let freed = before.heap_used.unwrap_or(0).saturating_sub(after.heap_used.unwrap_or(0));
        self.tell_pressure(verdict, Some(Action::CollectGarbage), 0, freed);
        Some(after)
    }

    fn refuse(&self, refusing: bool, verdict: &Verdict) {
        let before = std::mem::replace(&mut self.state.lock().refusing, refusing);
        if refusing && !before {
            self.tell_pressure(verdict, Some(Action::Refuse), 0, 0);
        }
    }

    fn close_inactive(&self, options: &Options, verdict: &Verdict) -> usize {
        if !options.actions.close_inactive {
            return 0;
        }
        let now = self.clock.now();
        let idle = |state: &State| idle_sessions(state, now, options.idle_after);
        self.close_for(verdict, Action::CloseInactive, idle)
    }

    /// The last resort: only when the check before found it critical, too, and
    /// what was done then was not enough.
    fn close_oldest(&self, options: &Options, verdict: &Verdict) {
        let lasting = self.watch.lock().critical > 0;
        if lasting && options.actions.close_oldest {
            self.close_for(verdict, Action::CloseOldest, oldest_sessions);
        }
    }

    fn close_for(
        &self,
        verdict: &Verdict,
        action: Action,
        choose: impl FnOnce(&State) -> Vec<Key>,
    ) -> usize {
        let before = self.meter.bytes_held();
        let mut state = self.state.lock();
        let keys = choose(&state);
        let sessions: Vec<Arc<Session>> =
            keys.iter().filter_map(|key| self.take_out(&mut state, *key, Reason::Memory)).collect();
        drop(state);
        for session in &sessions {
            session.hang_up();
        }
        if !sessions.is_empty() {
            trim_allocator();
            let freed = before.saturating_sub(self.meter.bytes_held());
            self.tell_pressure(verdict, Some(action), sessions.len(), freed);
        }
        sessions.len()
    }

    fn tell_pressure(
        &self,
        verdict: &Verdict,
        action: Option<Action>,
        sessions: usize,
        bytes: u64,
    ) {
        let Verdict { level, previous, bound, .. } = *verdict;
        let pressure = Pressure { level, previous, action, sessions, bytes, bound };
        self.tell(&self.state.lock(), Event::MemoryPressure(pressure));
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
}

fn is_quiet(entry: &Entry, now: Instant, idle_after: Duration) -> bool {
    let quiet = |since: Instant| now.saturating_duration_since(since) >= idle_after;
    quiet(entry.active) && quiet(entry.session.last_output())
}

/// A quarter of the sessions that are idle, the least recently used first: the
/// next check sees whether that was enough.
fn idle_sessions(state: &State, now: Instant, idle_after: Duration) -> Vec<Key> {
    let mut keys: Vec<Key> = state
        .detached
        .iter()
        .filter_map(|(_, key)| state.sessions.get(key))
        .filter(|entry| is_quiet(entry, now, idle_after) && !entry.is_watched())
        .map(|entry| entry.key)
        .collect();
    keys.truncate(keys.len().div_ceil(4));
    keys
}

/// A twentieth of all sessions, the least recently used first, and none that
/// is watched before all that are not.
fn oldest_sessions(state: &State) -> Vec<Key> {
    let mut order: Vec<(bool, u64, Key)> = state
        .sessions
        .values()
        .map(|entry| (entry.is_watched(), entry.active_seq, entry.key))
        .collect();
    order.sort_unstable();
    order.truncate(order.len().div_ceil(20));
    order.into_iter().map(|(_, _, key)| key).collect()
}

/// A reading of the system, completed by what the caller knows.
#[must_use]
pub fn read_usage(known: Usage) -> Usage {
    known.or(pressure::system::read(&system::Roots::default()))
}
