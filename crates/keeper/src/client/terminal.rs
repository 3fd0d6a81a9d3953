//! A terminal that a keeper holds, as its server knows it.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use offheap_pty::{
    Adopted, ExitReport, ExitStatus, Holder, Pty, Sink, SpawnError, SpawnOptions, adopt,
};
use parking_lot::Mutex;

use super::Shared;
use crate::peer;
use crate::protocol::{Held, Reply, Request};

/// What is known of a terminal for as long as this process has it.
pub(super) struct Terminal {
    shared: Arc<Shared>,
    /// Its number at the keeper, 0 while no keeper has it.
    number: AtomicU64,
    pub(super) name: Vec<u8>,
    pub(super) pid: u32,
    pub(super) report: Arc<ExitReport>,
    pty: Mutex<Option<Weak<dyn Pty>>>,
}

impl Terminal {
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Another keeper has it, or none.
    pub(super) fn set_number(&self, number: u64) {
        self.number.store(number, Ordering::Release);
    }

    /// The terminal itself, while it lives here.
    pub(super) fn pty(&self) -> Option<Arc<dyn Pty>> {
        self.pty.lock().as_ref().and_then(Weak::upgrade)
    }

    /// Tells the keeper something, if one has it.
    fn tell(&self, request: impl FnOnce(u64) -> Request) {
        let number = self.number();
        if number != 0 {
            self.shared.tell(&request(number));
        }
    }
}

impl Holder for Terminal {
    fn shares_processes(&self) -> bool {
        self.shared.state.lock().welcome.namespace == peer::namespace()
    }

    fn signal(&self, signal: i32) {
        self.tell(|terminal| Request::Kill { terminal, signal });
    }

    fn process_name(&self) -> Option<String> {
        let (terminal, link) = (self.number(), self.shared.link().ok()?);
        let question = |request| Request::Name { request, terminal };
        let answer = link.ask(question, Vec::new(), |_| true).ok()?.pop()?;
        match answer.reply {
            Reply::Name { name, .. } if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    fn noted(&self) {
        self.tell(|terminal| Request::Noted { terminal });
    }

    fn close(&self, grace: Duration) {
        self.tell(|terminal| Request::Close { terminal, grace });
    }
}

/// How an adopted terminal is to be treated.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Most input bytes that may wait for the program.
    pub max_input: usize,
    /// How long a background process may delay the exit.
    pub drain: Duration,
    /// Time between the hang-up at a close and the kill of what ignores it.
    pub grace: Duration,
}

impl Manner {
    /// As a program was started.
    #[must_use]
    pub fn of(options: &SpawnOptions) -> Self {
        Self { max_input: options.max_input, drain: options.drain, grace: options.grace }
    }
}

/// A terminal that a keeper has handed over. Dropped, it stays with the keeper.
pub struct Found {
    terminal: Arc<Terminal>,
    master: Option<OwnedFd>,
    process: Option<OwnedFd>,
    status: Option<ExitStatus>,
}

impl Found {
    pub(super) fn new(
        shared: &Arc<Shared>,
        held: &Held,
        master: Option<OwnedFd>,
        process: Option<OwnedFd>,
    ) -> Self {
        let terminal = Arc::new(Terminal {
            shared: Arc::clone(shared),
            number: AtomicU64::new(held.terminal),
            name: held.name.clone(),
            pid: held.pid,
            report: Arc::default(),
            pty: Mutex::default(),
        });
        if let Some(status) = held.status {
            terminal.report.tell(status);
        }
        shared.remember(&terminal);
        Self { terminal, master, process, status: held.status }
    }

    /// The name of its session: that of its journal's file.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.terminal.name
    }

    /// The leader's process id, as the keeper sees it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.terminal.pid
    }

    /// How the leader ended, if it had when the terminal was handed over. There
    /// may be output of it that nobody has read.
    #[must_use]
    pub fn status(&self) -> Option<ExitStatus> {
        self.status
    }

    /// Makes a terminal of it.
    ///
    /// # Errors
    /// When it cannot be watched; the keeper has it still.
    pub fn adopt(self, manner: Manner, sink: Arc<dyn Sink>) -> Result<Arc<dyn Pty>, SpawnError> {
        let Some(master) = self.master else {
            return Err(offheap_pty::spawn_error(
                libc::EBADF,
                "recvmsg",
                String::from("pty"),
                String::from("its descriptor was not handed over"),
            ));
        };
        let holder: Arc<dyn Holder> = Arc::<Terminal>::clone(&self.terminal);
        let adopted = Adopted {
            master,
            pid: self.terminal.pid,
            process: self.process,
            report: Arc::clone(&self.terminal.report),
            holder,
            max_input: manner.max_input,
            drain: manner.drain,
            grace: manner.grace,
        };
        let pty = adopt(adopted, sink)?;
        *self.terminal.pty.lock() = Some(Arc::downgrade(&pty));
        Ok(pty)
    }

    /// Has the keeper end it: nobody wants it.
    pub fn close(self) {
        Holder::close(self.terminal.as_ref(), offheap_pty::DEFAULT_GRACE);
    }

    pub(super) fn number(&self) -> u64 {
        self.terminal.number()
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Found").field("pid", &self.pid()).finish_non_exhaustive()
    }
}
