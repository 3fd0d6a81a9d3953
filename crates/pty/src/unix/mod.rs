//! Terminals on Unix: the master is a non-blocking descriptor that the reactor
//! watches; nothing here has a thread of its own.
//!
//! portable-pty serves Windows only. On Unix it loses exec errors, falls back
//! to `$HOME` for a bad directory, reads by blocking and leaves zombies, so the
//! terminal is opened and the child started here.

mod adopt;
mod bare;
mod child;
pub mod groups;
mod input;
mod job;
mod launch;
mod leader;
mod life;
mod open;
mod process_name;

pub use bare::{BareTerminal, open_bare, process_of_descriptor, resize_descriptor};

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::unix::AsyncFd;

use super::{Manner, Pty, PtySize, Sink, SpawnError, SpawnOptions, WriteError};
use crate::errno::os_error;
use crate::reactor::courtesy::Keys;
pub use adopt::{Adopted, ExitReport, Holder, adopt};
use adopt::{Kept, signal_number};
use input::Input;
use job::Job;

/// The master side, shared by the reader, the writer and the JS thread. The
/// descriptor closes when the last of them lets go, so that no call can reach
/// a descriptor that the system has given to somebody else.
type Master = Arc<AsyncFd<OwnedFd>>;

/// How often a terminal is tried that hung up once and was opened again: its
/// descriptor cannot be waited for any more.
const HUNG_UP_PAUSE: Duration = Duration::from_millis(10);

struct UnixPty {
    pid: u32,
    /// `None` once the terminal has exited or was closed.
    master: Mutex<Option<Master>>,
    input: Arc<Input>,
    keys: Arc<Keys>,
    /// Set when the leader has been reaped: its number may belong to another
    /// process from then on, so it is signalled no more. Locked over both.
    reaped: Arc<Mutex<bool>>,
    closed: AtomicBool,
    orders: Arc<life::Orders>,
    /// Who holds it besides this process, if anybody does.
    holder: Option<Arc<dyn Holder>>,
    grace: Duration,
    /// The life on the reactor, until it begins.
    life: Mutex<Option<life::Life>>,
}

/// A program on a new terminal that nobody watches yet. It is a child of this
/// process, which has to wait for it.
#[derive(Debug)]
pub struct Launched {
    /// The terminal's master: non-blocking, closed on exec.
    pub master: OwnedFd,
    /// The leader's process id.
    pub pid: u32,
}

/// Starts `options.file` on a new terminal and leaves the rest to the caller:
/// for a process that has no reactor.
///
/// # Errors
/// A [`SpawnError`] with the errno's name, the system call and the path.
pub fn launch(options: &SpawnOptions) -> Result<Launched, SpawnError> {
    let open::Pair { master, slave } = open::open(options.size)?;
    let pid = child::start(options, &slave)?;
    Ok(Launched { master, pid })
}

pub(super) fn spawn(
    options: &SpawnOptions,
    sink: Arc<dyn Sink>,
) -> Result<Arc<dyn Pty>, SpawnError> {
    // All that can fail comes first: a program that has been started is not to
    // be ended again because there is no thread or descriptor to serve it.
    let _context = crate::reactor::ready()?.enter();
    let open::Pair { master, slave } = open::open(options.size)?;
    let master = watched(master)?;
    let pid = child::start(options, &slave)?;
    drop(slave);
    let manner = Manner::from(options);
    Ok(UnixPty::assemble(Parts { master, pid, kept: None, manner, sink }))
}

/// A master that the reactor watches; needs its context.
fn watched(master: OwnedFd) -> Result<Master, SpawnError> {
    // SAFETY: an `OwnedFd` is open and stays the same descriptor until dropped.
    let master = unsafe { AsyncFd::register(master) }
        .map_err(|error| os_error(&error.into_parts().1, "epoll_ctl", "pty"))?;
    Ok(Arc::new(master))
}

/// What a terminal is made of.
struct Parts {
    master: Master,
    pid: u32,
    kept: Option<Kept>,
    manner: Manner,
    sink: Arc<dyn Sink>,
}

impl UnixPty {
    /// Needs the reactor's context.
    fn assemble(parts: Parts) -> Arc<Self> {
        let Parts { master, pid, kept, manner, sink } = parts;
        let Manner { max_input, drain, grace } = manner;
        let input = Arc::new(Input::new(max_input, Arc::clone(&sink)));
        let pty = Arc::new(Self {
            pid,
            master: Mutex::new(Some(master)),
            input,
            keys: Arc::default(),
            reaped: Arc::default(),
            closed: AtomicBool::new(false),
            orders: Arc::default(),
            holder: kept.as_ref().map(|kept| Arc::clone(&kept.holder)),
            grace,
            life: Mutex::default(),
        });
        let reaped = Arc::clone(&pty.reaped);
        let life = life::Life {
            leader: match kept {
                Some(kept) => leader::Leader::watch_kept(pid, reaped, kept),
                None => leader::Leader::watch(pid, reaped),
            },
            orders: Arc::clone(&pty.orders),
            input: Arc::clone(&pty.input),
            keys: Arc::clone(&pty.keys),
            pty: Arc::downgrade(&pty),
            sink,
            drain,
            grace,
        };
        *pty.life.lock() = Some(life);
        pty
    }

    /// The holder, where numbers of processes mean nothing here.
    fn stranger(&self) -> Option<&dyn Holder> {
        self.holder.as_deref().filter(|holder| !holder.shares_processes())
    }

    fn master(&self) -> Option<Master> {
        self.master.lock().clone()
    }

    /// Forgets the master: from here on every call is a no-op.
    fn take_master(&self) -> Option<Master> {
        self.master.lock().take()
    }

    /// Signals the groups that a signal is for: the leader's own, and the one in
    /// the foreground of the terminal.
    fn signal_groups(&self, signal: Signal) {
        if let Some(holder) = self.stranger() {
            return holder.signal(signal.as_raw());
        }
        let job = self.job();
        let reaped = self.reaped.lock();
        if !*reaped {
            signal_group(self.pid, signal);
        }
        drop(reaped);
        if let Some(job) = job {
            job.signal(signal);
        }
    }

    /// The job in the foreground of the terminal, unless it is the leader's own.
    fn job(&self) -> Option<Job> {
        if self.stranger().is_some() {
            return None;
        }
        let group = rustix::termios::tcgetpgrp(self.master()?.get_ref()).ok()?;
        Job::new(group, self.pid)
    }

    /// Hangs up, and notes whom to kill if that is ignored.
    fn hang_up_groups(&self) {
        if let Some(job) = self.job() {
            *self.orders.job.lock() = Some(job);
        }
        self.signal_groups(Signal::HUP);
        // A stopped process acts on the hang-up only when it runs again.
        self.signal_groups(Signal::CONT);
    }
}

/// A group that is gone already needs no signal, so failures are no news.
fn signal_group(group: u32, signal: Signal) {
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

impl Pty for UnixPty {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn begin(&self) {
        let life = self.life.lock().take();
        if let (Some(life), Some(master)) = (life, self.master()) {
            crate::reactor::spawn(life.live(master));
        }
    }

    fn write(&self, data: &[u8]) -> Result<bool, WriteError> {
        let master = self.master().ok_or(WriteError::Exited)?;
        self.keys.input(data.len());
        self.input.write(&master, data)
    }

    fn queued(&self) -> usize {
        self.input.queued()
    }

    fn echoes(&self) -> bool {
        use rustix::termios::{LocalModes, tcgetattr};
        let modes = self.master().and_then(|master| tcgetattr(master.get_ref()).ok());
        modes.is_some_and(|modes| modes.local_modes.contains(LocalModes::ECHO))
    }

    fn resize(&self, size: PtySize) {
        if let Some(master) = self.master() {
            let _ = rustix::termios::tcsetwinsize(master.get_ref(), open::winsize(size));
        }
    }

    fn kill(&self, signal: i32) {
        if let Some(signal) = signal_number(signal) {
            self.signal_groups(signal);
        }
    }

    fn hang_up(&self) {
        self.hang_up_groups();
        self.orders.hang_up.notify_one();
    }

    fn tty_name(&self) -> Option<String> {
        open::name(self.master()?.get_ref())
    }

    fn descriptor(&self) -> Option<i32> {
        use std::os::fd::AsRawFd;
        Some(self.master()?.get_ref().as_raw_fd())
    }

    fn process_name(&self) -> Option<String> {
        if let Some(holder) = self.stranger() {
            return holder.process_name();
        }
        let master = self.master()?;
        process_name::foreground(master.get_ref(), self.pid)
    }

    fn directory(&self) -> Option<String> {
        if self.stranger().is_some() {
            // Its processes are not known here by their numbers.
            return None;
        }
        let master = self.master()?;
        process_name::directory(master.get_ref(), self.pid)
    }

    fn close(&self) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        // A life that never began has to see the groups off all the same.
        self.begin();
        self.hang_up_groups();
        self.input.close();
        drop(self.take_master());
        self.orders.close.notify_one();
        if let Some(holder) = &self.holder {
            holder.close(self.grace);
        }
    }

    fn duplicate_master(&self) -> Option<OwnedFd> {
        self.master()?.get_ref().try_clone().ok()
    }

    fn leave(&self) -> bool {
        if self.holder.is_none() || self.closed.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.orders.left.store(true, Ordering::Release);
        self.input.close();
        drop(self.take_master());
        // One that never began has nobody to tell.
        drop(self.life.lock().take());
        self.orders.leave.notify_one();
        true
    }
}

impl Drop for UnixPty {
    fn drop(&mut self) {
        self.close();
    }
}
