//! The terminals that are kept, and the shells in them.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use offheap_pty::ExitStatus;
use offheap_pty::groups::{HungUp, Leader};
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};

use super::state::{Kept, own};
use super::{Source, has_ended};

/// One terminal.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Terminal {
    /// The session's name: that of its journal's file.
    pub(super) name: Vec<u8>,
    pub(super) pid: u32,
    /// `None` once it was let go.
    pub(super) master: Option<Arc<OwnedFd>>,
    /// The descriptor of a process that is not this one's child.
    pub(super) foreign: Option<OwnedFd>,
    pub(super) status: Option<ExitStatus>,
    /// The status was told to the server.
    pub(super) told: bool,
    pub(super) reaped: bool,
    /// Nothing can be read from it for now: its slave is closed.
    pub(super) hung_up: bool,
    /// All of its output was taken, and it has no more.
    pub(super) drained: bool,
    /// The server has let go of it for good.
    pub(super) closed: bool,
    ending: Option<Ending>,
}

/// A hang-up that is under way.
#[derive(Clone, Copy, Debug)]
struct Ending {
    kill_at: Instant,
    after: HungUp,
}

#[derive(Debug, Default)]
pub(super) struct Terminals {
    all: BTreeMap<u64, Terminal>,
    last: u64,
    orphans: bool,
}

impl Terminal {
    pub(super) fn new(name: Vec<u8>, pid: u32, master: OwnedFd) -> Self {
        Self {
            name,
            pid,
            master: Some(Arc::new(master)),
            foreign: None,
            status: None,
            told: false,
            reaped: false,
            hung_up: false,
            drained: false,
            closed: false,
            ending: None,
        }
    }

    /// As it was under another binary. The job that a hang-up found is forgotten:
    /// its number may mean another by now.
    fn resume(kept: Kept, now: Instant) -> Self {
        let after = HungUp::default();
        Self {
            name: kept.name,
            pid: kept.pid,
            master: kept.master.map(own).map(Arc::new),
            foreign: kept.foreign.map(own),
            status: kept.status,
            told: kept.told,
            reaped: kept.reaped,
            hung_up: false,
            drained: false,
            closed: kept.closed,
            ending: kept.kill_in.map(|left| Ending { kill_at: now + left, after }),
        }
    }

    /// When it is killed, if it was hung up on.
    pub(super) fn kill_at(&self) -> Option<Instant> {
        self.ending.map(|ending| ending.kill_at)
    }

    fn is_child(&self) -> bool {
        self.foreign.is_none()
    }

    pub(super) fn leader(&self) -> Leader {
        let gone = self.foreign.as_ref().is_some_and(has_ended);
        Leader { pid: self.pid, reaped: self.reaped || gone }
    }

    pub(super) fn hang_up(&mut self, now: Instant, grace: Duration) {
        let after = self.leader().hang_up(self.master.as_deref());
        // A second hang-up does not put off what the first announced.
        self.ending.get_or_insert(Ending { kill_at: now + grace, after });
    }

    /// Learns how the leader ended, and leaves it waitable: until it is reaped
    /// its number belongs to nobody else.
    fn find_status(&mut self) {
        if self.status.is_some() || !self.is_child() {
            return;
        }
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match self.waitid(look) {
            Ok(Some(status)) => {
                self.status = Some(ExitStatus {
                    code: status.exit_status().unwrap_or(0),
                    signal: status.terminating_signal().unwrap_or(0),
                });
                // What it left in its terminal can be read to the end.
                self.hung_up = false;
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            // There is no such child: how it ended is not to be known.
            Err(_) => {
                self.status = Some(ExitStatus::UNKNOWN);
                self.reaped = true;
            }
        }
    }

    /// Reaps the leader, which has ended.
    pub(super) fn reap(&mut self) {
        if self.status.is_some() && !self.reaped {
            let _ = self.waitid(WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
            self.reaped = true;
        }
    }

    fn waitid(&self, options: WaitIdOptions) -> rustix::io::Result<Option<WaitIdStatus>> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        waitid(WaitId::Pid(pid.ok_or(rustix::io::Errno::CHILD)?), options)
    }

    /// Whether nobody is there any more who was hung up on.
    pub(super) fn is_seen_off(&self) -> bool {
        self.reaped && self.ending.is_none()
    }

    /// Whether nothing is left to do for it.
    fn is_over(&self) -> bool {
        self.closed && self.status.is_some() && self.ending.is_none()
    }
}

impl Terminals {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn ids(&self) -> Vec<u64> {
        self.all.keys().copied().collect()
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Terminal> {
        self.all.get_mut(&id)
    }

    pub(super) fn get(&self, id: u64) -> Option<&Terminal> {
        self.all.get(&id)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (u64, &mut Terminal)> {
        self.all.iter_mut().map(|(id, terminal)| (*id, terminal))
    }

    /// Keeps a terminal; its number is never used again.
    pub(super) fn add(&mut self, terminal: Terminal) -> u64 {
        self.last += 1;
        self.all.insert(self.last, terminal);
        self.orphans = false;
        self.last
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Terminal)> {
        self.all.iter().map(|(id, terminal)| (*id, terminal))
    }

    /// The number that was given last.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// What another binary needs to go on.
    pub(super) fn state(&self, now: Instant) -> Vec<Kept> {
        let raw = |descriptor: &OwnedFd| descriptor.as_raw_fd();
        let kept = self.iter().map(|(id, terminal)| Kept {
            id,
            name: terminal.name.clone(),
            pid: terminal.pid,
            master: terminal.master.as_ref().map(Arc::as_ref).map(raw),
            foreign: terminal.foreign.as_ref().map(raw),
            status: terminal.status,
            told: terminal.told,
            reaped: terminal.reaped,
            closed: terminal.closed,
            kill_in: terminal.kill_at().map(|at| at.saturating_duration_since(now)),
        });
        kept.collect()
    }

    /// What another binary has kept up to now.
    pub(super) fn resume(kept: Vec<Kept>, last: u64, now: Instant) -> Self {
        let resumed = kept.into_iter().map(|kept| (kept.id, Terminal::resume(kept, now)));
        Self { all: resumed.collect(), last, orphans: false }
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.all.remove(&id);
    }

    /// What is to be watched while no server is there.
    pub(super) fn wanted<'a>(&'a self, draining: bool, wanted: &mut Vec<(Source, PollFd<'a>)>) {
        self.wanted_foreign(wanted);
        if !draining {
            return;
        }
        for (id, terminal) in &self.all {
            let Some(master) = &terminal.master else { continue };
            if !terminal.hung_up && !terminal.drained && !terminal.closed {
                let poll = PollFd::from_borrowed_fd(master.as_fd(), PollFlags::IN);
                wanted.push((Source::Terminal(*id), poll));
            }
        }
    }

    /// The ends of shells that are not this process's children.
    pub(super) fn wanted_foreign<'a>(&'a self, wanted: &mut Vec<(Source, PollFd<'a>)>) {
        for (id, terminal) in &self.all {
            if let (Some(foreign), None) = (&terminal.foreign, terminal.status) {
                let poll = PollFd::from_borrowed_fd(foreign.as_fd(), PollFlags::IN);
                wanted.push((Source::Foreign(*id), poll));
            }
        }
    }

    /// Looks which children have ended.
    pub(super) fn find_ended(&mut self) {
        for terminal in self.all.values_mut() {
            terminal.find_status();
        }
    }

    pub(super) fn foreign_ended(&mut self, id: u64) {
        if let Some(terminal) = self.all.get_mut(&id) {
            terminal.status.get_or_insert(ExitStatus::UNKNOWN);
            terminal.reaped = true;
        }
    }

    /// No server is there that could signal a number: all that have ended are
    /// reaped.
    pub(super) fn reap_all(&mut self) {
        for terminal in self.all.values_mut() {
            terminal.find_status();
            terminal.reap();
        }
    }

    pub(super) fn hang_up_all(&mut self, now: Instant, grace: Duration) {
        for terminal in self.all.values_mut() {
            terminal.hang_up(now, grace);
        }
    }

    /// Nobody has come for them: they are hung up on.
    pub(super) fn orphan(&mut self, now: Instant, grace: Duration) {
        self.orphans = true;
        self.hang_up_all(now, grace);
    }

    /// Whether something is due for them while nobody comes.
    pub(super) fn may_wait(&self) -> bool {
        !self.all.is_empty() && !self.orphans
    }

    /// Whether they were hung up on because nobody came.
    pub(super) fn are_orphans(&self) -> bool {
        self.orphans
    }

    /// A server has come: what was hung up on stays so, what comes new is not.
    pub(super) fn adopt(&mut self) {
        self.orphans = false;
        for terminal in self.all.values_mut() {
            terminal.told = false;
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.all.values().filter_map(|terminal| Some(terminal.ending?.kill_at)).min()
    }

    /// Kills what has ignored a hang-up for too long.
    pub(super) fn kill_overdue(&mut self, now: Instant) {
        for terminal in self.all.values_mut() {
            if let Some(ending) = terminal.ending.filter(|ending| now >= ending.kill_at) {
                terminal.leader().kill(ending.after);
                terminal.ending = None;
            }
        }
    }

    /// Reaps and forgets what the server has let go of. What ignores the
    /// hang-up is seen to first.
    pub(super) fn forget_closed(&mut self) {
        self.all.retain(|_, terminal| {
            if terminal.closed && terminal.told {
                terminal.reap();
            }
            if let Some(ending) = terminal.ending
                && terminal.reaped
                && !terminal.leader().remains(ending.after)
            {
                terminal.ending = None;
            }
            !(terminal.is_over() && terminal.reaped)
        });
    }
}
