//! A terminal that a keeper holds, as its server knows it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use offheap_pty::{
    Adopted, ExitReport, ExitStatus, Holder, KeptTerminal, Manner, Pty, Sink, SpawnError, adopt,
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
    pub(super) name: String,
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
            name: String::from_utf8_lossy(&held.name).into_owned(),
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

    pub(super) fn status(&self) -> Option<ExitStatus> {
        self.status
    }

    pub(super) fn number(&self) -> u64 {
        self.terminal.number()
    }
}

impl KeptTerminal for Found {
    fn name(&self) -> &str {
        &self.terminal.name
    }

    fn pid(&self) -> u32 {
        self.terminal.pid
    }

    fn adopt(
        self: Box<Self>,
        manner: Manner,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        let Some(master) = self.master else {
            return Err(wrong(libc::EBADF, "its descriptor was not handed over"));
        };
        let shares = self.terminal.shares_processes();
        check(&master, self.terminal.pid, shares)?;
        let pid = self.terminal.pid.cast_signed();
        let process = self.process.filter(|process| is_of(process.as_fd(), pid, shares));
        let holder: Arc<dyn Holder> = Arc::<Terminal>::clone(&self.terminal);
        let adopted = Adopted {
            master,
            pid: self.terminal.pid,
            process,
            report: Arc::clone(&self.terminal.report),
            holder,
            manner,
        };
        let pty = adopt(adopted, sink)?;
        *self.terminal.pty.lock() = Some(Arc::downgrade(&pty));
        Ok(pty)
    }

    fn close(self: Box<Self>) {
        Holder::close(self.terminal.as_ref(), offheap_pty::DEFAULT_GRACE);
    }
}

fn wrong(errno: i32, problem: &str) -> SpawnError {
    offheap_pty::spawn_error(errno, "recvmsg", String::from("pty"), String::from(problem))
}

/// Whether a descriptor is a terminal's, and a number its leader's. What is not is
/// not used: a signal to a wrong number would be another process's.
fn check(master: &OwnedFd, pid: u32, shares: bool) -> Result<(), SpawnError> {
    if rustix::termios::tcgetwinsize(master).is_err() {
        return Err(wrong(libc::ENOTTY, "what was handed over is no terminal"));
    }
    // A terminal whose leader has ended belongs to no session.
    let is_leader = peer::leader_of(master.as_fd())
        .is_none_or(|leader| leader == 0 || leader.cast_unsigned() == pid);
    if pid <= 1 || (shares && !is_leader) {
        return Err(wrong(libc::ESRCH, "the process is not the leader of the terminal"));
    }
    Ok(())
}

/// Whether a descriptor is that of a process: of this one, where its number means
/// something here.
fn is_of(process: BorrowedFd<'_>, pid: i32, shares: bool) -> bool {
    let known = peer::process_of(process);
    if cfg!(not(target_os = "linux")) {
        return false;
    }
    known.is_some_and(|known| !shares || known == pid || known == -1)
}

impl std::fmt::Debug for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Found").field("pid", &self.pid()).finish_non_exhaustive()
    }
}
