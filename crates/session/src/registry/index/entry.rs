//! What the indexes hold of a session.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::registry::clock::Clock;
use crate::registry::info::{Details, Handle, Info, NewSession};
use crate::registry::reason::Reason;
use crate::registry::subject::{Incarnation, Subject};
use crate::session::Session;
use offheap_pty::ExitStatus;

/// How soon an exited session whose viewers still read is looked at again.
const DRAIN_POLL: Duration = Duration::from_millis(250);

/// What is known of a session. The registry's files read it by its methods;
/// what an index depends on changes in the index alone.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(in crate::registry) struct Entry {
    pub(super) subject: Subject,
    pub(super) session: Arc<Session>,
    pub(super) details: Arc<Details>,
    pub(super) rate_key: Option<Arc<str>>,
    pub(super) focused: bool,
    pub(super) suspended: bool,
    pub(super) connections: BTreeSet<Arc<str>>,
    created_ms: u64,
    /// Restored from a journal, and no program was started on it since.
    pub(super) dormant: bool,
    pub(super) active: Instant,
    /// Orders sessions by their last use, also within one clock tick.
    pub(super) active_seq: u64,
    /// Overrides the inactivity time-out after the last connection has gone.
    pub(super) keep_alive: Option<Duration>,
    pub(super) exit: Option<(ExitStatus, Instant)>,
    /// Its program keeps the process running for as long as it runs.
    pub(super) holds: bool,
    /// Its program is being started.
    pub(super) starting: bool,
    /// Where the session stands in the queue of deadlines.
    pub(super) deadline: Option<Instant>,
}

/// What is to become of a session whose deadline has come.
pub(in crate::registry) enum Fate {
    /// Look again then, or never.
    Later(Option<Instant>),
    Close(Reason),
}

/// The times that sessions live by.
#[derive(Clone, Copy)]
pub(in crate::registry) struct Terms {
    /// Without a connection, a viewer or input; zero for ever.
    pub(in crate::registry) inactive: Duration,
    /// After the program's end.
    pub(in crate::registry) linger: Duration,
}

impl Terms {
    pub(in crate::registry) fn inactive_after(self, from: Instant) -> Option<Instant> {
        (!self.inactive.is_zero()).then(|| from + self.inactive)
    }
}

impl Entry {
    pub(in crate::registry) fn new(
        subject: Subject,
        new: NewSession,
        session: Arc<Session>,
        now: Instant,
        created_ms: u64,
    ) -> Self {
        Self {
            focused: subject.project.is_none(),
            subject,
            session,
            details: Arc::new(new.details),
            rate_key: new.rate_key,
            suspended: false,
            connections: BTreeSet::new(),
            created_ms,
            dormant: false,
            active: now,
            active_seq: 0,
            keep_alive: None,
            exit: None,
            holds: false,
            starting: false,
            deadline: None,
        }
    }

    /// A session as an earlier process has left it.
    pub(in crate::registry) fn restored(
        subject: Subject,
        new: NewSession,
        session: Arc<Session>,
        now: Instant,
        created_ms: u64,
    ) -> Self {
        Self { dormant: true, ..Self::new(subject, new, session, now, created_ms) }
    }

    pub(in crate::registry) fn key(&self) -> Incarnation {
        self.subject.incarnation
    }

    pub(in crate::registry) fn subject(&self) -> &Subject {
        &self.subject
    }

    pub(in crate::registry) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(in crate::registry) fn rate_key(&self) -> Option<&Arc<str>> {
        self.rate_key.as_ref()
    }

    /// How the program ended that an earlier process had started.
    fn earlier_exit(&self) -> Option<ExitStatus> {
        if self.dormant { self.session.exit_status() } else { None }
    }

    /// Whether it counts for the limits: its program runs, or may come yet.
    pub(super) fn is_live(&self) -> bool {
        self.exit.is_none() && !self.dormant
    }

    /// Whether it was restored, and no program was started on it since.
    pub(in crate::registry) fn is_dormant(&self) -> bool {
        self.dormant
    }

    pub(in crate::registry) fn has_exited(&self) -> bool {
        self.exit.is_some()
    }

    /// Whether a program may be started on it, as far as the registry knows.
    pub(in crate::registry) fn may_start(&self) -> bool {
        !self.starting && self.exit.is_none() && self.session.pid() == 0
    }

    pub(in crate::registry) fn handle(&self) -> Handle {
        Handle { session: Arc::clone(&self.session), subject: self.subject.clone() }
    }

    pub(in crate::registry) fn info(&self, clock: &Clock) -> Info {
        Info {
            details: Arc::clone(&self.details),
            focused: self.focused,
            suspended: self.suspended,
            connections: self.connections.len(),
            created_ms: self.created_ms,
            active_ms: clock.to_epoch_ms(self.active),
            exit: self.exit.map(|(status, _)| status).or_else(|| self.earlier_exit()),
            lost: self.dormant,
        }
    }

    /// Larger for what was used later.
    pub(in crate::registry) fn last_use(&self) -> u64 {
        self.active_seq
    }

    /// Whether somebody looks at it: a connection, or a viewer without one.
    pub(in crate::registry) fn is_watched(&self) -> bool {
        !self.connections.is_empty() || self.session.viewers() > 0
    }

    /// Whether nobody has typed and nothing was printed for so long.
    pub(in crate::registry) fn is_quiet(&self, now: Instant, since: Duration) -> bool {
        let quiet = |last: Instant| now.saturating_duration_since(last) >= since;
        quiet(self.active) && quiet(self.session.last_output())
    }

    /// What is to become of it now that its deadline has come.
    pub(in crate::registry) fn fate(&self, now: Instant, terms: Terms) -> Fate {
        if let Some((_, at)) = self.exit {
            let end = at + terms.linger;
            let over = now >= end && self.session.is_drained();
            return if over {
                Fate::Close(Reason::Exit)
            } else {
                Fate::Later(Some(end.max(now + DRAIN_POLL)))
            };
        }
        if self.is_watched() {
            return Fate::Later(terms.inactive_after(now));
        }
        match self.due(terms) {
            Some(due) if due <= now => Fate::Close(Reason::Inactive),
            due => Fate::Later(due),
        }
    }

    /// When it closes if nobody uses it any more.
    pub(in crate::registry) fn due(&self, terms: Terms) -> Option<Instant> {
        let promised = self.keep_alive.map(|keep| self.active + keep);
        promised.or_else(|| terms.inactive_after(self.active))
    }

    /// Where the session stands in the orders of use.
    pub(super) fn place(&self) -> (u64, Incarnation) {
        (self.active_seq, self.key())
    }

    /// Whether it stands among its project's focused sessions. One without a
    /// project has focus too, but takes it from nobody.
    pub(super) fn takes_focus(&self) -> bool {
        self.focused && self.subject.project.is_some()
    }

    /// Whether its status is "suspended": once exited it is that.
    pub(super) fn is_held_back(&self) -> bool {
        self.suspended && self.exit.is_none()
    }
}
