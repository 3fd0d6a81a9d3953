//! Connections that have not become the server's, and the way there.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::seat::{LEAVE_WITHIN, Seat, Server};
use super::upgrade::Upgrade;
use super::{Daemon, peer, spare};
use crate::channel::Channel;
use crate::peer::Peer;
use crate::protocol::{Hello, Malformed, Reason, Reply, Request, Welcome, common_version};
use crate::version;

/// Most connections that wait at a time.
const MOST: usize = 16;
/// How long one may wait, for whatever reason.
const PATIENCE: Duration = Duration::from_secs(4);

/// A connection that is nobody's yet.
pub(super) struct Guest {
    channel: Channel,
    peer: Peer,
    until: Instant,
    /// What it wants, once it has said so.
    hello: Option<(Hello, u64)>,
    /// It asks for a replacement instead: under which number, and by what.
    upgrade: Option<(u64, Vec<u8>)>,
    gone: bool,
}

impl Guest {
    /// Takes a connection in, if it comes from this process's own user.
    pub(super) fn new(socket: OwnedFd) -> std::io::Result<Self> {
        let channel = Channel::new(socket)?;
        let peer = Peer::of(channel.socket())?;
        if peer.uid != rustix::process::geteuid().as_raw() {
            return Err(Errno::PERM.into());
        }
        let until = Instant::now() + PATIENCE;
        Ok(Self { channel, peer, until, hello: None, upgrade: None, gone: false })
    }

    pub(super) fn wanted(&self) -> PollFd<'_> {
        PollFd::from_borrowed_fd(self.channel.socket(), PollFlags::IN)
    }

    pub(super) fn deadline(&self) -> Instant {
        self.until
    }

    pub(super) fn is_gone(&self) -> bool {
        self.gone || Instant::now() >= self.until
    }

    /// Reads its first message. A second one waits for the server's place.
    fn read(&mut self) -> Result<(), Malformed> {
        match self.channel.receive() {
            Ok(true) => {}
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Ok(false) | Err(_) => {
                self.gone = true;
                return Ok(());
            }
        }
        if self.hello.is_some() {
            return Err(Malformed("more than a hello"));
        }
        let Some(frame) = self.channel.next_message()? else { return Ok(()) };
        let hello = match Request::decode(frame.kind, &frame.fields)? {
            Some(Request::Hello(hello)) => hello,
            Some(Request::Upgrade { request, binary }) => {
                self.upgrade = Some((request, binary));
                return Ok(());
            }
            _ => return Err(Malformed("no hello")),
        };
        match common_version(&hello.versions) {
            Some(version) => self.hello = Some((hello, version)),
            None => self.refuse(Reason::Version, 0, ""),
        }
        Ok(())
    }

    fn refuse(&mut self, reason: Reason, holder: u32, problem: &str) {
        refuse(&mut self.channel, reason, holder, problem);
        self.gone = true;
    }
}

/// Says no. It is a short message on a fresh connection: the socket takes it.
pub(crate) fn refuse(channel: &mut Channel, reason: Reason, holder: u32, problem: &str) {
    let problem = String::from(problem);
    channel.push(Reply::Refused { reason, holder, problem }.encode(), Vec::new());
    let _ = channel.flush();
}

/// What is to happen to the first of the guests.
enum Verdict {
    Wait,
    Welcome,
    Refuse,
}

impl Daemon {
    pub(super) fn accept(&mut self) {
        let socket = match rustix::net::accept(&self.listener) {
            Ok(socket) => socket,
            // Without a descriptor to spare the connection would stay in the
            // queue, and the loop would come back to it for ever.
            Err(Errno::MFILE | Errno::NFILE) => return self.turn_away(),
            Err(_) => return,
        };
        if self.guests.len() < MOST
            && let Ok(guest) = Guest::new(socket)
        {
            self.guests.push(guest);
        }
    }

    /// Takes a connection in the place of a descriptor that is kept for this, and
    /// ends it.
    fn turn_away(&mut self) {
        self.spare = None;
        drop(rustix::net::accept(&self.listener));
        self.spare = spare();
    }

    pub(super) fn on_guest(&mut self, at: usize) {
        let Some(guest) = self.guests.get_mut(at) else { return };
        if guest.read().is_err() {
            guest.gone = true;
        }
        let Some((request, binary)) = guest.upgrade.take() else { return };
        // Its place among the guests stays until the turn is over: others are
        // known by theirs.
        guest.gone = true;
        if let Ok(socket) = guest.channel.socket().try_clone_to_owned()
            && let Ok(channel) = Channel::new(socket)
        {
            self.upgrade = Some(Upgrade::new(channel, request, binary));
        }
    }

    /// Lets in who has said hello, one after the other.
    pub(super) fn admit(&mut self) {
        let now = Instant::now();
        self.see_out(now);
        while let Some(at) = self.guests.iter().position(|guest| guest.hello.is_some()) {
            match self.judge(at, now) {
                Verdict::Wait => break,
                Verdict::Welcome => {
                    let guest = self.guests.remove(at);
                    self.welcome(guest);
                }
                Verdict::Refuse => {
                    let holder = self.seat.holder();
                    let mut guest = self.guests.remove(at);
                    guest.refuse(Reason::Busy, holder, "");
                }
            }
        }
    }

    /// Whether the place of a server that was to go is free.
    fn see_out(&mut self, now: Instant) {
        if let Seat::Departing { peer, .. } = &self.seat
            && peer.has_ended()
        {
            self.vacate(now);
        }
    }

    fn judge(&mut self, at: usize, now: Instant) -> Verdict {
        let guest = &self.guests[at];
        let takeover = guest.hello.as_ref().is_some_and(|(hello, _)| hello.takeover);
        // Nobody is ended for a wish of its own process.
        let same = guest.peer.pid == self.seat.holder();
        match &mut self.seat {
            Seat::Empty { .. } => Verdict::Welcome,
            Seat::Taken(_) if !takeover => Verdict::Refuse,
            Seat::Taken(server) => match server.leave_by {
                None => {
                    server.channel.push(Reply::Leave.encode(), Vec::new());
                    server.leave_by = Some(now + LEAVE_WITHIN);
                    Verdict::Wait
                }
                Some(by) if now < by => Verdict::Wait,
                Some(_) if same => Verdict::Refuse,
                Some(_) => {
                    server.peer.kill();
                    self.depart(now);
                    Verdict::Wait
                }
            },
            // It has come back, and knows what it has.
            Seat::Departing { .. } if same => Verdict::Welcome,
            Seat::Departing { until, .. } if now < *until => Verdict::Wait,
            Seat::Departing { .. } => Verdict::Refuse,
        }
    }

    /// A server's connection is of no more use. Its process may still be there.
    pub(super) fn depart(&mut self, now: Instant) {
        let seat = std::mem::replace(&mut self.seat, Seat::Empty { since: now });
        if let Seat::Taken(server) = seat {
            self.seat = Seat::Departing { peer: server.peer, until: now + LEAVE_WITHIN };
            self.see_out(now);
        }
    }

    /// The place is free: what has ended is reaped, since nobody is there now
    /// who could signal its number.
    pub(super) fn vacate(&mut self, now: Instant) {
        self.seat = Seat::Empty { since: now };
        self.terminals.reap_all();
    }

    fn welcome(&mut self, guest: Guest) {
        let Guest { mut channel, peer, hello, .. } = guest;
        let Some((hello, version)) = hello else { return };
        self.drain.stop(&mut self.terminals);
        self.terminals.adopt();
        self.generation += 1;
        self.drain_after = hello.drain_after;
        self.orphan_timeout = hello.orphan_timeout;
        let welcome = Welcome {
            version,
            generation: self.generation,
            pid: std::process::id(),
            namespace: peer::namespace(),
            terminals: self.terminals.len() as u64,
            product: String::from(version::own()),
        };
        channel.push(Reply::Welcome(welcome).encode(), Vec::new());
        self.seat = Seat::Taken(Box::new(Server::new(channel, peer)));
        // What it has sent already waits in its channel.
        self.serve();
    }
}
