//! The registry's clocks: one queue of deadlines and one timer for all sessions.
//!
//! A deadline is looked at when it comes, not moved at every use: a session
//! that was used meanwhile gets a later one.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Entry, Event, Handle, Key, Reason, Registry, State};
use offheap_pty::ExitStatus;

/// How soon an exited session whose viewers still read is looked at again.
const DRAIN_POLL: Duration = Duration::from_millis(250);

enum Verdict {
    Later(Option<Instant>),
    Close(Reason),
}

impl Registry {
    pub(super) fn start_clock(self: &Arc<Self>) {
        // A clock that a test moves has no timer: the test calls `tick`.
        if !self.clock.is_manual() {
            offheap_pty::reactor::spawn(keep_time(Arc::downgrade(self), Arc::clone(&self.timer)));
        }
    }

    /// Notes that a session is in use.
    pub fn touch_handle(&self, handle: &Handle) {
        self.touch(&mut self.state.lock(), handle.key);
    }

    pub(super) fn touch(&self, state: &mut State, key: Key) {
        let now = self.clock.now();
        let promised = state.sessions.get(&key).is_some_and(|entry| entry.keep_until.is_some());
        state.touch(key, now);
        if promised {
            // The promise may have been longer than what holds from here on.
            state.set_deadline(key, self.inactive_after(now));
            self.wake_timer(state, key);
        }
    }

    pub(super) fn inactive_after(&self, from: Instant) -> Option<Instant> {
        (!self.options.inactive.is_zero()).then(|| from + self.options.inactive)
    }

    /// Wakes the timer when a session's deadline has become the first.
    pub(super) fn wake_timer(&self, state: &State, key: Key) {
        if state.deadlines.first().is_some_and(|(_, first)| *first == key) {
            self.timer.notify_one();
        }
    }

    pub(super) fn session_exited(&self, key: Key, status: ExitStatus) {
        self.note_exit(&mut self.state.lock(), key, status);
    }

    /// The program has ended. The session stays for a while, so that its last
    /// output can be read.
    pub(super) fn note_exit(&self, state: &mut State, key: Key, status: ExitStatus) {
        let now = self.clock.now();
        if !state.set_exit(key, status, now) {
            return;
        }
        state.set_deadline(key, Some(now + self.options.linger));
        self.wake_timer(state, key);
        if let Some(entry) = state.sessions.get(&key) {
            let (id, project) = (entry.id(), entry.project());
            self.tell(state, Event::Exited { id, project, status });
        }
    }

    /// Does what is due at the clock's present; when the next thing is due.
    pub fn tick(&self) -> Option<Instant> {
        let now = self.clock.now();
        self.state.lock().spawns.expire(now);
        loop {
            let mut state = self.state.lock();
            let (due, key) = *state.deadlines.first()?;
            if due > now {
                return Some(due);
            }
            match state.sessions.get(&key).map(|entry| self.verdict(entry, now)) {
                Some(Verdict::Close(reason)) => {
                    let session = self.take_out(&mut state, key, reason);
                    drop(state);
                    if let Some(session) = session {
                        session.hang_up();
                    }
                }
                Some(Verdict::Later(at)) => state.set_deadline(key, at),
                None => drop(state.deadlines.pop_first()),
            }
        }
    }

    fn verdict(&self, entry: &Entry, now: Instant) -> Verdict {
        if let Some((_, at)) = entry.exit {
            let end = at + self.options.linger;
            let over = now >= end && entry.session.is_drained();
            return if over {
                Verdict::Close(Reason::Exit)
            } else {
                Verdict::Later(Some(end.max(now + DRAIN_POLL)))
            };
        }
        if entry.is_watched() {
            return Verdict::Later(self.inactive_after(now));
        }
        match entry.keep_until.or_else(|| self.inactive_after(entry.active)) {
            Some(due) if due <= now => Verdict::Close(Reason::Inactive),
            due => Verdict::Later(due),
        }
    }
}

/// The registry's one timer, for all its sessions and its watch over memory.
async fn keep_time(registry: Weak<Registry>, changed: Arc<Notify>) {
    loop {
        let next = match registry.upgrade() {
            Some(registry) if !registry.is_shut() => {
                let (deadline, check) = (registry.tick(), registry.watch_memory());
                deadline.into_iter().chain(check).min()
            }
            _ => return,
        };
        match next {
            Some(at) => drop(tokio::time::timeout_at(at.into(), changed.notified()).await),
            None => changed.notified().await,
        }
    }
}
