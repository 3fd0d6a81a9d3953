//! One terminal's life on the reactor: read to the end, learn how the leader
//! ended, say so after the last byte; or, when it is closed, see its process
//! group off.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::input::Input;
use super::job::{self, Job};
use super::leader::Leader;
use super::{Master, UnixPty, signal_group};
use crate::reactor;
use crate::reactor::courtesy::{Flow, Keys};
use crate::{ExitStatus, Gate, Sink};

/// How often a group is asked whether it is still there.
const POLL: Duration = Duration::from_millis(50);
/// The kernel hands over about 4 KiB a read; more room costs nothing.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    /// The reactor's one read buffer, shared by all terminals: it is filled
    /// and handed on within one call, never across an await.
    static READ_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

pub(super) struct Life {
    pub(super) leader: Leader,
    pub(super) orders: Arc<Orders>,
    pub(super) input: Arc<Input>,
    pub(super) keys: Arc<Keys>,
    pub(super) pty: Weak<UnixPty>,
    pub(super) sink: Arc<dyn Sink>,
    pub(super) drain: Duration,
    pub(super) grace: Duration,
}

/// What the owner of the terminal asks of its life.
#[derive(Default)]
pub(super) struct Orders {
    /// The terminal was closed.
    pub(super) close: Notify,
    /// The terminal was hung up on: what ignores it is killed after the grace.
    pub(super) hang_up: Notify,
    /// The terminal was left to whoever else keeps it.
    pub(super) leave: Notify,
    /// As above, for the reader to see before it reads.
    pub(super) left: AtomicBool,
    /// The job that was in the foreground then, unless it is the leader's own.
    pub(super) job: Mutex<Option<Job>>,
}

/// What ended the wait of one turn of the loop.
enum Turn {
    End,
    Ended(ExitStatus),
    DrainOver,
    HungUp,
    GraceOver,
    Close,
    Leave,
}

/// How far the leader's end has come.
#[derive(Clone, Copy)]
enum Leadership {
    Running,
    /// Ended; its exit is said when the terminal ends or the instant passes.
    Ended(ExitStatus, Instant),
    Said,
}

#[derive(Clone, Copy)]
struct Progress {
    leader: Leadership,
    kill_at: Option<Instant>,
}

impl Life {
    /// Lives to the end, and if that is a panic, tidies up: a fault ends at most
    /// its own terminal, and never in silence (the panic hook has said it).
    pub(super) async fn live(self, master: Master) {
        if reactor::caught(self.run(master)).await.is_err() {
            let _ = reactor::caught(self.fail()).await;
        }
    }

    /// What is left after a panic: nothing is read any more, the groups are hung
    /// up on and reaped.
    async fn fail(&self) {
        self.input.close();
        if let Some(pty) = self.pty.upgrade() {
            pty.hang_up_groups();
            drop(pty.take_master());
        }
        self.sink.failed();
        self.sink.ended();
        self.see_off(Leadership::Running).await;
    }

    async fn run(&self, master: Master) {
        let mut now = Progress { leader: Leadership::Running, kill_at: None };
        loop {
            match self.turn(&master, now).await {
                Turn::End => return self.finish(master, now).await,
                Turn::Ended(status) => {
                    now.leader = Leadership::Ended(status, Instant::now() + self.drain);
                }
                Turn::DrainOver => now.leader = self.say(now.leader),
                // A second hang-up does not put off what the first announced.
                Turn::HungUp => {
                    now.kill_at.get_or_insert(Instant::now() + self.grace);
                }
                Turn::GraceOver => {
                    now.kill_at = None;
                    self.kill_groups();
                }
                // What goes on is not for this process to tell.
                Turn::Leave => return,
                Turn::Close => {
                    drop(master);
                    self.sink.ended();
                    return self.see_off(now.leader).await;
                }
            }
        }
    }

    /// Waits for whatever comes first. Orders and bytes to read are looked at
    /// before the timers.
    async fn turn(&self, master: &Master, now: Progress) -> Turn {
        let running = matches!(now.leader, Leadership::Running);
        let drain_over = match now.leader {
            Leadership::Ended(_, deadline) => Some(deadline),
            _ => None,
        };
        tokio::select! {
            biased;
            () = self.orders.leave.notified() => Turn::Leave,
            () = self.orders.close.notified() => Turn::Close,
            () = self.orders.hang_up.notified() => Turn::HungUp,
            () = self.read(master, running) => Turn::End,
            status = self.leader.exit(), if running => Turn::Ended(status),
            () = at(drain_over), if drain_over.is_some() => Turn::DrainOver,
            () = at(now.kill_at), if now.kill_at.is_some() => Turn::GraceOver,
        }
    }

    /// Reads to the end, whenever there is room for it and something to read.
    /// Yields after each read, so that every ready terminal gets one a round.
    ///
    /// While the leader runs an end is not the end: it may have let go of its
    /// terminal and open it again. That cannot be waited for, only tried.
    async fn read(&self, master: &AsyncFd<OwnedFd>, running: bool) {
        let mut flow = Flow::new(Arc::clone(&self.keys));
        loop {
            let Ok(mut guard) = master.readable().await else { return };
            // Asked only now: it may have shut while nothing was to be read.
            if self.sink.gate() != Gate::Open {
                self.pass_gate().await;
                continue;
            }
            if self.orders.left.load(Ordering::Acquire) {
                // The other keeper's to read: this life is about to end.
                return std::future::pending().await;
            }
            match read_once(master.get_ref(), self.sink.as_ref()) {
                Ok(count) if count > 0 => match flow.read(count, || self.sink.is_watched()) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => tokio::task::yield_now().await,
                },
                Err(Errno::AGAIN) => {
                    // A hang-up stays on the descriptor, which seems ready ever
                    // after, also when somebody has opened the terminal again.
                    let hung_up = guard.ready().is_read_closed();
                    guard.clear_ready();
                    if hung_up {
                        tokio::time::sleep(super::HUNG_UP_PAUSE).await;
                    }
                }
                Err(Errno::INTR) => {}
                _ if running => tokio::time::sleep(super::HUNG_UP_PAUSE).await,
                // The last holder of the slave is gone: EIO on Linux, else 0.
                _ => return,
            }
        }
    }

    async fn pass_gate(&self) {
        loop {
            let changed = self.sink.gate_bell().rung();
            match self.sink.gate() {
                Gate::Open => return,
                Gate::Shut(None) => changed.await,
                Gate::Shut(Some(until)) => {
                    let _ = tokio::time::timeout_at(until.into(), changed).await;
                }
            }
        }
    }

    /// The drain bound has passed: a background process holds the terminal. A
    /// terminal whose reading is paused still holds bytes of the leader, so its
    /// exit waits for them.
    fn say(&self, leader: Leadership) -> Leadership {
        let Leadership::Ended(status, _) = leader else { return leader };
        if let Gate::Shut(_) = self.sink.gate() {
            return Leadership::Ended(status, Instant::now() + Duration::from_millis(50));
        }
        self.tell(status);
        Leadership::Said
    }

    /// Tells of the exit, and whoever keeps its memory that it was told.
    pub(super) fn tell(&self, status: ExitStatus) {
        self.sink.exited(status);
        self.leader.noted();
    }

    /// Nothing more will come: the terminal is let go and the exit said.
    async fn finish(&self, master: Master, now: Progress) {
        self.input.close();
        if let Some(pty) = self.pty.upgrade() {
            drop(pty.take_master());
        }
        drop(master);
        self.sink.ended();
        if let Leadership::Ended(status, _) = now.leader {
            self.tell(status);
        }
        if let Some(deadline) = now.kill_at {
            self.hunt(deadline).await;
        }
    }
}

/// Seeing the processes off: whoever is hung up on is killed after the grace
/// period, if it is still there.
///
/// The scope is the leader's process group and the job that was in the
/// foreground. Processes that left both (`setsid`, `nohup` in the background of
/// an interactive shell) have lost their terminal and are not hunted: the system
/// offers no name for them that could not mean somebody else by then.
impl Life {
    /// After a close: reaps the leader, and kills what is left when the grace
    /// is over.
    async fn see_off(&self, leader: Leadership) {
        let deadline = Instant::now() + self.grace;
        match leader {
            Leadership::Running => {
                let status = self.exit_or_kill(deadline).await;
                self.tell(status);
            }
            Leadership::Ended(status, _) => {
                self.hang_up_rest();
                self.tell(status);
            }
            Leadership::Said => self.hang_up_rest(),
        }
        self.hunt(deadline).await;
    }

    async fn exit_or_kill(&self, deadline: Instant) -> ExitStatus {
        if let Ok(status) = tokio::time::timeout_at(deadline, self.leader.exit()).await {
            return status;
        }
        self.kill_groups();
        self.leader.exit().await
    }

    /// Waits for the groups to be gone, and kills them when the time is over.
    async fn hunt(&self, deadline: Instant) {
        let job = *self.orders.job.lock();
        while self.group_lives() || job.is_some_and(Job::lives) {
            if Instant::now() >= deadline {
                return self.kill_groups();
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + POLL)).await;
        }
    }

    /// The leader is reaped, others of its group may still hold the terminal:
    /// they hear of its end here.
    fn hang_up_rest(&self) {
        if self.group_lives() {
            signal_group(self.leader.pid(), Signal::HUP);
            signal_group(self.leader.pid(), Signal::CONT);
        }
    }

    /// A group that has members keeps its number to itself; one that is empty
    /// and whose leader is reaped must not be signalled, since the number may
    /// have been given away.
    fn kill_groups(&self) {
        if let Some(holder) = self.leader.stranger() {
            return holder.signal(Signal::KILL.as_raw());
        }
        if self.group_lives() {
            signal_group(self.leader.pid(), Signal::KILL);
        }
        if let Some(job) = self.orders.job.lock().take() {
            job.signal(Signal::KILL);
        }
    }

    /// Whether the leader's group has members, and is still the leader's.
    fn group_lives(&self) -> bool {
        if !self.leader.has_number() {
            return false;
        }
        let group = i32::try_from(self.leader.pid()).ok().and_then(Pid::from_raw);
        group.is_some_and(|group| job::group_lives(group, self.leader.is_reaped()))
    }
}

/// Sleeps until the instant; the caller checks that there is one.
async fn at(instant: Option<Instant>) {
    if let Some(instant) = instant {
        sleep_until(instant).await;
    }
}

fn read_once(fd: &OwnedFd, sink: &dyn Sink) -> Result<usize, Errno> {
    READ_BUFFER.with_borrow_mut(|scratch| {
        let mut read = |target: &mut [u8]| Ok(rustix::io::read(fd, target)?);
        sink.read(scratch, &mut read)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    })
}
