//! The keeper itself: one thread and one loop, which sleeps until something
//! happens.
//!
//! It holds a duplicate of every terminal's master and is the parent of every
//! shell. While a server is there it touches no terminal. While none is, it
//! first waits (`drain_after`), then takes output into the journals, and at the
//! end of its patience (`orphan_timeout`) hangs up.

mod detach;
mod drain;
mod guests;
mod requests;
mod seat;
mod signals;
mod state;
mod terminals;
mod upgrade;

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::peer;
use crate::place::Place;
use crate::{DEFAULT_DRAIN_AFTER, DEFAULT_ORPHAN_TIMEOUT};
pub(crate) use detach::{Start, detach};
use drain::Drain;
use guests::Guest;
pub(crate) use guests::refuse;
use seat::Seat;
use signals::Signals;
use terminals::Terminals;
use upgrade::Upgrade;
pub(crate) use upgrade::abilities;

/// A keeper of one directory.
pub(crate) struct Daemon {
    place: Place,
    listener: OwnedFd,
    /// Given up for a moment when there is no other descriptor left.
    spare: Option<OwnedFd>,
    /// Held for as long as the process lives, whichever binary it is.
    lock: OwnedFd,
    signals: Signals,
    seat: Seat,
    guests: Vec<Guest>,
    terminals: Terminals,
    drain: Drain,
    /// Which server was the last; the first is 1.
    generation: u64,
    drain_after: Duration,
    orphan_timeout: Duration,
    /// It stays although there is nothing to keep: something else ends it.
    stays: bool,
    /// It was told to end, and does so by then at the latest.
    ending: Option<Instant>,
    /// It is to become another binary.
    upgrade: Option<Upgrade>,
}

/// What the loop waits for, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Signals,
    Listener,
    Server,
    /// The process of a server that has gone, or is to go.
    Departing,
    Guest(usize),
    /// Output, or the end, of a terminal.
    Terminal(u64),
    /// The end of a shell that is not this process's child.
    Foreign(u64),
}

impl Daemon {
    /// A keeper of `place`, whose first connection is there already if a server
    /// started it.
    ///
    /// # Errors
    /// A sentence, when it cannot be.
    pub(crate) fn new(place: Place, lock: OwnedFd, first: Option<OwnedFd>) -> Result<Self, String> {
        let signals = Signals::catch().map_err(|error| format!("signals: {error}"))?;
        let listener = place.listen().map_err(|error| format!("socket: {error}"))?;
        let drain = Drain::new(place.path().to_owned());
        let stays = first.is_none();
        let guests = first.into_iter().filter_map(|socket| Guest::new(socket).ok()).collect();
        Ok(Self {
            place,
            listener,
            spare: spare(),
            lock,
            signals,
            seat: Seat::Empty { since: Instant::now() },
            guests,
            terminals: Terminals::default(),
            drain,
            generation: 0,
            drain_after: DEFAULT_DRAIN_AFTER,
            orphan_timeout: DEFAULT_ORPHAN_TIMEOUT,
            stays,
            ending: None,
            upgrade: None,
        })
    }

    /// Keeps until there is nothing to keep.
    pub(crate) fn run(mut self) {
        loop {
            let now = Instant::now();
            self.on_time(now);
            if self.is_done() {
                break;
            }
            for source in self.wait(now) {
                self.on(source);
            }
            self.after();
        }
        // Whoever finds no socket starts a keeper; one that waits for this
        // one's lock gets it now.
        self.place.remove_socket();
    }

    /// Nothing to keep, and nobody who might bring something.
    fn is_done(&self) -> bool {
        let idle = self.guests.is_empty() && matches!(self.seat, Seat::Empty { .. });
        if let Some(by) = self.ending {
            return self.terminals.is_empty() || Instant::now() >= by;
        }
        self.terminals.is_empty() && idle && (!self.stays || !self.place.is_in_place())
    }

    /// Sleeps until something happens, and says what.
    fn wait(&self, now: Instant) -> Vec<Source> {
        let wanted = self.wanted();
        let mut polled: Vec<_> = wanted.iter().map(|(_, poll)| poll.clone()).collect();
        let timeout = self.next_deadline(now).map(|at| timespec(at.saturating_duration_since(now)));
        // A signal interrupts the call and is found in its pipe the next time.
        if poll(&mut polled, timeout.as_ref()).is_err() {
            return Vec::new();
        }
        let sources = wanted.iter().map(|(source, _)| *source);
        let happened = sources.zip(&polled).filter(|(_, poll)| !poll.revents().is_empty());
        happened.map(|(source, _)| source).collect()
    }

    fn wanted(&self) -> Vec<(Source, PollFd<'_>)> {
        let read =
            |source, descriptor| (source, PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
        let mut wanted = vec![
            read(Source::Signals, self.signals.descriptor()),
            read(Source::Listener, self.listener.as_fd()),
        ];
        self.seat.wanted(&mut wanted);
        for (at, guest) in self.guests.iter().enumerate() {
            wanted.push((Source::Guest(at), guest.wanted()));
        }
        if self.seat.is_empty() {
            self.terminals.wanted(self.drain.is_on(), &mut wanted);
        } else {
            self.terminals.wanted_foreign(&mut wanted);
        }
        wanted
    }

    /// When something is due. What waits for a guest that has given up is not.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let seat = match &self.seat {
            Seat::Empty { since } if self.terminals.may_wait() => Some(if self.drain.is_on() {
                after(*since, self.orphan_timeout)
            } else {
                after(*since, self.drain_after.min(self.orphan_timeout))
            }),
            other => other.deadline(now),
        };
        let guests = self.guests.iter().map(Guest::deadline).min();
        let upgrade = self.upgrade.as_ref().map(Upgrade::deadline);
        let (terminals, drain) = (self.terminals.deadline(), self.drain.deadline());
        [seat, guests, terminals, drain, self.ending, upgrade].into_iter().flatten().min()
    }

    fn on(&mut self, source: Source) {
        match source {
            Source::Signals => self.on_signals(),
            Source::Listener => self.accept(),
            Source::Server => self.on_server(),
            // What waits for it is looked at after every turn.
            Source::Departing => {}
            Source::Guest(at) => self.on_guest(at),
            Source::Terminal(id) => self.drain.take(&mut self.terminals, id),
            Source::Foreign(id) => self.terminals.foreign_ended(id),
        }
    }

    /// What follows from a turn: who may come in, and what can be sent or
    /// forgotten.
    fn after(&mut self) {
        self.guests.retain(|guest| !guest.is_gone());
        self.admit();
        self.tell_exits();
        self.flush();
        self.terminals.forget_closed();
        self.upgrade();
    }

    fn on_signals(&mut self) {
        let seen = self.signals.take();
        if seen.terminate && self.ending.is_none() {
            let (now, grace) = (Instant::now(), offheap_pty::DEFAULT_GRACE);
            self.ending = Some(now + 2 * grace);
            self.terminals.orphan(now, grace);
            if self.seat.is_empty() {
                self.drain.begin();
            }
        }
        if self.seat.is_empty() {
            self.terminals.reap_all();
        } else {
            self.terminals.find_ended();
        }
    }

    fn on_time(&mut self, now: Instant) {
        self.terminals.kill_overdue(now);
        self.drain.retry(&mut self.terminals, now);
        let Seat::Empty { since } = self.seat else { return };
        if self.terminals.is_empty() {
            return;
        }
        if now >= after(since, self.drain_after) {
            self.drain.begin();
        }
        if now >= after(since, self.orphan_timeout) && !self.terminals.are_orphans() {
            self.drain.begin();
            self.terminals.orphan(now, offheap_pty::DEFAULT_GRACE);
        }
        self.drain.finish(&mut self.terminals);
    }
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Daemon").field("place", &self.place).finish_non_exhaustive()
    }
}

/// A descriptor that is of no other use.
fn spare() -> Option<OwnedFd> {
    std::fs::File::open("/dev/null").ok().map(OwnedFd::from)
}

/// The instant so much later. Some time that is too far to be told comes never.
fn after(since: Instant, duration: Duration) -> Instant {
    since + duration.min(Duration::from_hours(24 * 3650))
}

fn timespec(duration: Duration) -> Timespec {
    // A little more: a poll that ends early would only be made again.
    let duration = duration + Duration::from_millis(1);
    // macOS takes no more than this.
    let duration = duration.min(Duration::from_hours(24));
    Timespec {
        tv_sec: duration.as_secs().cast_signed(),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// Whether a descriptor of a process says that the process has ended.
fn has_ended(descriptor: &OwnedFd) -> bool {
    peer::is_readable(descriptor.as_fd())
}
