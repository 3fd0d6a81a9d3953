//! The one place for a server, and who is in it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use super::Source;
use crate::channel::Channel;
use crate::peer::Peer;

/// How long a server that is to go has for it. Then it is ended.
pub(super) const LEAVE_WITHIN: Duration = Duration::from_secs(1);
/// How often a process is asked after that there is no descriptor of.
const ASK_AFTER: Duration = Duration::from_millis(20);

pub(super) enum Seat {
    /// No server is there.
    Empty { since: Instant },
    /// A server has the terminals.
    Taken(Box<Server>),
    /// A server's connection has ended without a word, or it did not go when it
    /// was asked to. While its process lives it may still read a terminal.
    Departing { peer: Peer, until: Instant },
}

pub(super) struct Server {
    pub(super) channel: Channel,
    pub(super) peer: Peer,
    /// Terminals that are still to be handed over, and for which request.
    pub(super) handing: Option<(u64, VecDeque<u64>)>,
    /// It was asked to leave and has until then.
    pub(super) leave_by: Option<Instant>,
}

impl Seat {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty { .. })
    }

    pub(super) fn server(&mut self) -> Option<&mut Server> {
        match self {
            Self::Taken(server) => Some(server),
            _ => None,
        }
    }

    /// The process that the place belongs to, 0 when that is nobody.
    pub(super) fn holder(&self) -> u32 {
        match self {
            Self::Empty { .. } => 0,
            Self::Taken(server) => server.peer.pid,
            Self::Departing { peer, .. } => peer.pid,
        }
    }

    /// When it is to be looked at again; never, once its time is over.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let deadline = match self {
            Self::Empty { .. } => None,
            Self::Taken(server) => server.leave_by,
            Self::Departing { peer, until } if peer.descriptor().is_some() => Some(*until),
            Self::Departing { .. } => Some(now + ASK_AFTER),
        };
        deadline.filter(|deadline| *deadline > now)
    }

    pub(super) fn wanted<'a>(&'a self, wanted: &mut Vec<(Source, PollFd<'a>)>) {
        match self {
            Self::Empty { .. } => {}
            Self::Taken(server) => wanted.push((Source::Server, server.wanted())),
            Self::Departing { peer, .. } => {
                if let Some(descriptor) = peer.descriptor() {
                    let poll = PollFd::from_borrowed_fd(descriptor, PollFlags::IN);
                    wanted.push((Source::Departing, poll));
                }
            }
        }
    }
}

/// Requests are left unread while this much waits to be sent, in bytes: a
/// server that reads nothing is not served on and on.
const MOST_QUEUED: usize = 1 << 20;

impl Server {
    pub(super) fn new(channel: Channel, peer: Peer) -> Self {
        Self { channel, peer, handing: None, leave_by: None }
    }

    /// Whether nothing is half said in either direction.
    pub(super) fn is_at_rest(&self) -> bool {
        self.channel.is_at_rest() && self.handing.is_none() && self.leave_by.is_none()
    }

    fn wanted(&self) -> PollFd<'_> {
        let mut flags = PollFlags::empty();
        if self.channel.queued() < MOST_QUEUED {
            flags |= PollFlags::IN;
        }
        if self.channel.wants_to_write() {
            flags |= PollFlags::OUT;
        }
        PollFd::from_borrowed_fd(self.channel.socket(), flags)
    }
}
