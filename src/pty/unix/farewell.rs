//! Seeing a terminal's processes off: who is hung up on is killed after the
//! grace period, if it is still there.
//!
//! The scope is the leader's process group and the job that was in the
//! foreground. Processes that left both (`setsid`, `nohup` in the background
//! of an interactive shell) have lost their terminal and are not hunted: the
//! system offers no name for them that could not mean somebody else by then.

use std::time::Duration;

use rustix::process::{Pid, Signal, getsid, test_kill_process_group};
use tokio::time::Instant;

use super::life::{Leadership, Life};
use super::signal_group;
use crate::pty::ExitStatus;

/// How often a group is asked whether it is still there.
const POLL: Duration = Duration::from_millis(50);

/// A group of the leader's session that had the terminal when it was hung up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    group: Pid,
    leader: Pid,
}

impl Job {
    pub(super) fn new(group: Pid, leader: u32) -> Option<Self> {
        let leader = i32::try_from(leader).ok().and_then(Pid::from_raw)?;
        (group != leader).then_some(Self { group, leader })
    }

    /// A number that was given away belongs to another session; the session's
    /// own number is not given away while it has members.
    fn lives(self) -> bool {
        getsid(Some(self.group)).is_ok_and(|session| session == self.leader)
    }

    fn kill(self) {
        if self.lives() {
            signal_group(self.group.as_raw_pid().cast_unsigned(), Signal::KILL);
        }
    }
}

impl Life {
    /// After a close: reaps the leader, and kills what is left when the grace
    /// is over.
    pub(super) async fn see_off(&self, leader: Leadership) {
        let deadline = Instant::now() + self.grace;
        match leader {
            Leadership::Running => {
                let status = self.exit_or_kill(deadline).await;
                self.sink.exited(status);
            }
            Leadership::Ended(status, _) => {
                self.hang_up_rest();
                self.sink.exited(status);
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
    pub(super) async fn hunt(&self, deadline: Instant) {
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
    pub(super) fn kill_groups(&self) {
        if self.group_lives() {
            signal_group(self.leader.pid(), Signal::KILL);
        }
        if let Some(job) = self.orders.job.lock().take() {
            job.kill();
        }
    }

    /// Whether the leader's group has members, and is still the leader's.
    fn group_lives(&self) -> bool {
        let group = i32::try_from(self.leader.pid()).ok().and_then(Pid::from_raw);
        group.is_some_and(|group| group_lives(group, self.leader.is_reaped()))
    }
}

/// No process is given the number of a group that has members. So where the
/// leader is reaped and a process has its number, the group was empty in between
/// and is somebody else's now.
fn group_lives(group: Pid, leader_reaped: bool) -> bool {
    let given_away = leader_reaped && getsid(Some(group)).is_ok();
    !given_away && test_kill_process_group(group).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_group_whose_number_a_new_process_has_is_not_the_leaders() {
        let mut stranger = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let pid = Pid::from_child(&stranger);
        assert!(group_lives(pid, false), "a leader that is not reaped has its group");
        assert!(!group_lives(pid, true), "a process of that number has taken the group over");
        stranger.kill().expect("the stranger is there");
        stranger.wait().expect("nobody else waits for the stranger");
        assert!(!group_lives(pid, true), "a group without members is gone");
    }

    #[test]
    fn a_group_outlives_its_leader_while_it_has_members() {
        let mut leader = Command::new("sleep").arg("0").process_group(0).spawn().unwrap();
        let group = Pid::from_child(&leader);
        let join = group.as_raw_pid();
        let mut member = Command::new("sleep").arg("60").process_group(join).spawn().unwrap();
        leader.wait().unwrap();
        assert!(group_lives(group, true), "a member keeps the group");
        member.kill().unwrap();
        member.wait().unwrap();
        assert!(!group_lives(group, true), "the last member took the group along");
    }
}
