//! The process groups of a terminal, for a process that holds its master
//! without a [`Pty`](crate::Pty): signals, and the hang-up with what follows it.

use std::os::fd::OwnedFd;

use rustix::process::{Pid, Signal};

use super::adopt::signal_number;
use super::job::{Job, group_lives};
use super::{process_name, signal_group};

/// A terminal's leader, by its process id.
///
/// `reaped` says that somebody has waited for it: its number may belong to
/// another process then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leader {
    /// The process id.
    pub pid: u32,
    /// Whether it was waited for.
    pub reaped: bool,
}

/// What a hang-up leaves behind: the job that had the terminal then.
#[derive(Clone, Copy, Debug, Default)]
pub struct HungUp(Option<Job>);

impl Leader {
    /// Sends a signal to the leader's group and to the job in the foreground of
    /// its terminal. A number that is no signal does nothing.
    pub fn signal(self, master: Option<&OwnedFd>, signal: i32) {
        if let Some(signal) = signal_number(signal) {
            self.send(self.job(master), signal);
        }
    }

    /// Hangs up on both.
    #[must_use]
    pub fn hang_up(self, master: Option<&OwnedFd>) -> HungUp {
        let job = self.job(master);
        self.send(job, Signal::HUP);
        // A stopped process acts on the hang-up only when it runs again.
        self.send(job, Signal::CONT);
        HungUp(job)
    }

    /// Kills what a hang-up has left.
    pub fn kill(self, after: HungUp) {
        if self.lives() {
            signal_group(self.pid, Signal::KILL);
        }
        if let Some(job) = after.0 {
            job.signal(Signal::KILL);
        }
    }

    /// Whether anybody that was hung up on is still there.
    #[must_use]
    pub fn remains(self, after: HungUp) -> bool {
        self.lives() || after.0.is_some_and(Job::lives)
    }

    /// The name of the process in the foreground of the terminal.
    #[must_use]
    pub fn foreground(self, master: &OwnedFd) -> Option<String> {
        process_name::foreground(master, self.pid)
    }

    fn lives(self) -> bool {
        let group = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        group.is_some_and(|group| group_lives(group, self.reaped))
    }

    fn job(self, master: Option<&OwnedFd>) -> Option<Job> {
        Job::new(rustix::termios::tcgetpgrp(master?).ok()?, self.pid)
    }

    fn send(self, job: Option<Job>, signal: Signal) {
        if self.lives() {
            signal_group(self.pid, signal);
        }
        if let Some(job) = job {
            job.signal(signal);
        }
    }
}
