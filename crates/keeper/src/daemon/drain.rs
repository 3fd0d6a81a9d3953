//! Taking output into the journals while no server is there to do so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use offheap_journal::{Directory, Error, Exit, Journal, Life, Recovered};
use offheap_pty::ExitStatus;
use offheap_ring::Ring;
use rustix::io::Errno;

use super::terminals::{Terminal, Terminals};

/// How often a terminal is tried whose programs have all closed it although its
/// leader runs: the leader may open it again, which cannot be waited for.
const HUNG_UP_PAUSE: Duration = Duration::from_secs(1);

/// How often a journal is looked for that could not be opened.
const MISSING_PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Drain {
    directory: PathBuf,
    on: bool,
    open: BTreeMap<u64, History>,
    /// Those whose journal could not be had the last time.
    failed: BTreeSet<u64>,
    retry_at: Option<Instant>,
}

/// One session's history, as the keeper goes on with it.
struct History {
    journal: Journal,
    ring: Ring,
}

/// What one read has found.
enum Read {
    Something,
    Nothing,
    HungUp,
}

impl Drain {
    /// Nothing is opened before it is needed.
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            on: false,
            open: BTreeMap::new(),
            failed: BTreeSet::new(),
            retry_at: None,
        }
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
        self.failed = BTreeSet::new();
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
    pub(super) fn take(&mut self, terminals: &mut Terminals, id: u64) {
        let Some(terminal) = terminals.get_mut(id) else { return };
        if !self.on || terminal.drained {
            return;
        }
        if !self.open.contains_key(&id) {
            match self.recover(&terminal.name) {
                Ok(history) => drop(self.open.insert(id, history)),
                Err(_) => return leave_alone(terminal),
            }
        }
        let Some(history) = self.open.get_mut(&id) else { return };
        match read(terminal, history) {
            Read::Something | Read::Nothing => {}
            Read::HungUp if terminal.status.is_some() => terminal.drained = true,
            Read::HungUp => {
                terminal.hung_up = true;
                self.retry_at.get_or_insert(Instant::now() + HUNG_UP_PAUSE);
            }
        }
    }

    fn recover(&self, name: &[u8]) -> Result<History, Error> {
        let directory = Directory::open(&self.directory, None)?;
        let Recovered { journal, ring, .. } = directory.recover(&String::from_utf8_lossy(name))?;
        Ok(History { journal, ring })
    }

    /// Tries again what could not be read before.
    pub(super) fn retry(&mut self, terminals: &mut Terminals, now: Instant) {
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
            self.failed.clear();
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
            .filter(|(id, terminal)| {
                terminal.drained && terminal.reaped && !self.failed.contains(id)
            })
            .filter_map(|(id, terminal)| Some((id, terminal.status?, terminal.name.clone())))
            .collect();
        for (id, status, name) in done {
            let history = self.open.remove(&id).or_else(|| self.recover(&name).ok());
            let written = history.map(|history| write_down(history, status));
            if written.is_some() || terminals.are_orphans() {
                terminals.remove(id);
            } else {
                // Not at every turn: what is missing seldom comes back.
                self.failed.insert(id);
                self.retry_at.get_or_insert(Instant::now() + MISSING_PAUSE);
            }
        }
    }
}

fn write_down(mut history: History, status: ExitStatus) {
    let exit = Some(Exit { code: status.code, signal: status.signal });
    let life = history.journal.life();
    history.journal.set_life(Life { exit, ..life });
}

/// Its program waits until a server comes, or until it is hung up on.
fn leave_alone(terminal: &mut Terminal) {
    // With its end its last words are lost: there is nowhere to put them.
    terminal.drained = terminal.status.is_some();
    terminal.hung_up = true;
}

fn read(terminal: &Terminal, history: &mut History) -> Read {
    let Some(master) = &terminal.master else { return Read::HungUp };
    let History { journal, ring } = history;
    match journal.read(ring, |room| rustix::io::read(master, room)) {
        Ok(0) => Read::HungUp,
        Ok(_) => Read::Something,
        Err(Errno::AGAIN | Errno::INTR) => Read::Nothing,
        // The last holder of the slave is gone.
        Err(_) => Read::HungUp,
    }
}
