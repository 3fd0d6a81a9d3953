//! Taking output into the journals while no server is there to do so.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use offheap_pty::ExitStatus;
use rustix::event::PollFlags;
use rustix::io::Errno;

use super::terminals::{Terminal, Terminals};

/// Where the output of a session goes while it has no server.
pub trait Journals {
    /// The journal of a session, by the name of its file.
    ///
    /// # Errors
    /// When there is none, or it cannot be written.
    fn open(&self, name: &[u8]) -> io::Result<Box<dyn Journal>>;
}

/// A session's history, as the keeper writes it.
pub trait Journal {
    /// Adds output.
    fn append(&mut self, bytes: &[u8]);
    /// Notes how the program ended: no output follows.
    fn ended(&mut self, status: ExitStatus);
}

/// No journals: output waits in the terminals, and so do their programs.
#[derive(Clone, Copy, Debug)]
pub struct NoJournals;

impl Journals for NoJournals {
    fn open(&self, _name: &[u8]) -> io::Result<Box<dyn Journal>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What is read at a time, in bytes; the system hands over less.
const READ: usize = 16 * 1024;
/// How often a terminal is tried whose programs have all closed it although its
/// leader runs: the leader may open it again, which cannot be waited for.
const HUNG_UP_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Drain {
    journals: Box<dyn Journals>,
    on: bool,
    open: BTreeMap<u64, Box<dyn Journal>>,
    buffer: Vec<u8>,
    retry_at: Option<Instant>,
}

/// What one read has found.
enum Read {
    Some(usize),
    Nothing,
    HungUp,
}

impl Drain {
    pub(super) fn new(journals: Box<dyn Journals>) -> Self {
        Self { journals, on: false, open: BTreeMap::new(), buffer: Vec::new(), retry_at: None }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn begin(&mut self) {
        self.on = true;
    }

    /// A server comes: the journals are its own from here on.
    pub(super) fn stop(&mut self, terminals: &mut Terminals) {
        self.on = false;
        self.open = BTreeMap::new();
        self.buffer = Vec::new();
        self.retry_at = None;
        for (_, terminal) in terminals.values_mut() {
            terminal.hung_up = false;
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Takes what a terminal has. One without a journal is left alone: its
    /// program waits.
    pub(super) fn take(&mut self, terminals: &mut Terminals, id: u64, _flags: PollFlags) {
        let Some(terminal) = terminals.get_mut(id) else { return };
        if !self.on || terminal.drained {
            return;
        }
        if !self.open.contains_key(&id) {
            match self.journals.open(&terminal.name) {
                Ok(journal) => drop(self.open.insert(id, journal)),
                Err(_) => return leave_alone(terminal),
            }
        }
        self.buffer.resize(READ, 0);
        match read(terminal, &mut self.buffer) {
            Read::Some(count) => {
                if let Some(journal) = self.open.get_mut(&id) {
                    journal.append(&self.buffer[..count]);
                }
            }
            Read::Nothing => {}
            Read::HungUp if terminal.status.is_some() => terminal.drained = true,
            Read::HungUp => {
                terminal.hung_up = true;
                self.retry_at.get_or_insert(Instant::now() + HUNG_UP_PAUSE);
            }
        }
    }

    /// Tries again what could not be read before.
    pub(super) fn retry(&mut self, terminals: &mut Terminals, now: Instant) {
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
            for (_, terminal) in terminals.values_mut() {
                terminal.hung_up = false;
            }
        }
    }

    /// Writes down the ends of those whose output was all taken, and forgets
    /// them: the journal says it from here on.
    pub(super) fn finish(&mut self, terminals: &mut Terminals) {
        if !self.on {
            return;
        }
        if terminals.are_orphans() {
            // Who was hung up on and is gone has said everything, although
            // somebody that left its group may hold the terminal.
            for (_, terminal) in terminals.values_mut() {
                terminal.drained |= terminal.is_seen_off();
            }
        }
        let done: Vec<_> = terminals
            .values_mut()
            .filter(|(_, terminal)| terminal.drained && terminal.reaped)
            .filter_map(|(id, terminal)| Some((id, terminal.status?)))
            .collect();
        for (id, status) in done {
            if let Some(mut journal) = self.open.remove(&id) {
                journal.ended(status);
                terminals.remove(id);
            } else if terminals.are_orphans() {
                terminals.remove(id);
            }
        }
    }
}

fn read(terminal: &Terminal, buffer: &mut [u8]) -> Read {
    let Some(master) = &terminal.master else { return Read::HungUp };
    match rustix::io::read(master, buffer) {
        Ok(0) => Read::HungUp,
        Ok(count) => Read::Some(count),
        Err(Errno::AGAIN | Errno::INTR) => Read::Nothing,
        // The last holder of the slave is gone.
        Err(_) => Read::HungUp,
    }
}

/// Its program waits until a server comes, or until it is hung up on.
fn leave_alone(terminal: &mut Terminal) {
    // With its end its last words are lost: there is nowhere to put them.
    terminal.drained = terminal.status.is_some();
    terminal.hung_up = true;
}
