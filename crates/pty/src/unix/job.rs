//! Groups of processes by their numbers, and whether a number still means the
//! same group.

use std::io;

use rustix::process::{Pid, Signal, test_kill_process_group};

use super::signal_group;

/// A group of the leader's session, not the leader's own, that had the terminal
/// in the foreground.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    group: Pid,
    session: libc::pid_t,
}

impl Job {
    pub(super) fn new(group: Pid, leader: u32) -> Option<Self> {
        let session = libc::pid_t::try_from(leader).ok()?;
        (group.as_raw_pid() != session).then_some(Self { group, session })
    }

    /// Whether the job has members left. Its first process may be gone before
    /// the others, so that only a process of another session that has its number
    /// tells that the number was given away; the session's own number is not
    /// given away while it has members.
    pub(super) fn lives(self) -> bool {
        let given_away = match Holder::of(self.group) {
            Holder::Nobody => false,
            Holder::InSession(session) => session != self.session,
            Holder::Unknown => true,
        };
        !given_away && test_kill_process_group(self.group).is_ok()
    }

    /// Sends a signal, unless the number was given away.
    pub(super) fn signal(self, signal: Signal) {
        if self.lives() {
            signal_group(self.group.as_raw_pid().cast_unsigned(), signal);
        }
    }
}

/// Who has a number as its process id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Holder {
    Nobody,
    /// A process of this session. The number of the session is 0 where its
    /// leader is outside this PID namespace, as it is for what `docker exec`
    /// starts: `rustix::process::getsid` cannot say that, its number is never 0.
    InSession(libc::pid_t),
    /// A process that the system tells nothing of.
    Unknown,
}

impl Holder {
    fn of(process: Pid) -> Self {
        // SAFETY: the call takes a number and touches none of this process's memory.
        let session = unsafe { libc::getsid(process.as_raw_pid()) };
        if session >= 0 {
            return Self::InSession(session);
        }
        match io::Error::last_os_error().raw_os_error() {
            Some(libc::ESRCH) => Self::Nobody,
            _ => Self::Unknown,
        }
    }
}

/// No process is given the number of a group that has members. So where the
/// leader is reaped and a process has its number, the group was empty in between
/// and is somebody else's now.
pub(super) fn group_lives(group: Pid, leader_reaped: bool) -> bool {
    let given_away = leader_reaped && Holder::of(group) != Holder::Nobody;
    !given_away && test_kill_process_group(group).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    /// Fails with what the system says of the group's number.
    #[track_caller]
    fn expect(group: Pid, lives: bool, leader_reaped: bool, when: &str) {
        let (holder, signal) = (Holder::of(group), test_kill_process_group(group));
        assert_eq!(
            group_lives(group, leader_reaped),
            lives,
            "{when}: group {group:?}, leader reaped: {leader_reaped}, holder of its number: \
             {holder:?}, signal to the group: {signal:?}"
        );
    }

    fn sleep(seconds: &str, group: i32) -> std::process::Child {
        Command::new("sleep").arg(seconds).process_group(group).spawn().expect("a process")
    }

    #[test]
    fn a_group_whose_number_a_new_process_has_is_not_the_leaders() {
        let mut stranger = sleep("60", 0);
        let pid = Pid::from_child(&stranger);
        expect(pid, true, false, "the process runs");
        expect(pid, false, true, "a process has the number of a leader that is gone");
        stranger.kill().expect("a process that runs");
        stranger.wait().expect("its end");
        expect(pid, false, true, "the process is gone");
    }

    #[test]
    fn a_group_outlives_its_leader_while_it_has_members() {
        let mut leader = sleep("60", 0);
        let group = Pid::from_child(&leader);
        // It joins while the leader is there: a group that is empty is none.
        let mut member = sleep("60", group.as_raw_pid());
        leader.kill().expect("a leader that runs");
        leader.wait().expect("its end");
        expect(group, true, true, "a member is left");
        member.kill().expect("a member that runs");
        member.wait().expect("its end");
        expect(group, false, true, "nobody is left");
    }

    #[test]
    fn a_job_outlives_its_first_process_and_is_of_its_own_session_alone() {
        let mut first = sleep("60", 0);
        let group = Pid::from_child(&first);
        let mut second = sleep("60", group.as_raw_pid());
        // SAFETY: the call takes a number and touches none of this process's memory.
        let session = unsafe { libc::getsid(0) };
        let job = Job { group, session };
        assert!(job.lives(), "both run");
        let foreign = Job { group, session: Pid::from_child(&second).as_raw_pid() };
        assert!(!foreign.lives(), "the number is another session's");
        foreign.signal(Signal::KILL);
        assert!(first.try_wait().expect("an answer").is_none(), "it was signalled all the same");
        first.kill().expect("a process that runs");
        first.wait().expect("its end");
        assert!(job.lives(), "the second runs");
        job.signal(Signal::KILL);
        second.wait().expect("its end");
        assert!(!job.lives(), "nobody is left");
    }

    /// As under `docker exec`: the session of all processes has its leader outside
    /// the PID namespace, and the number 0.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_session_from_outside_the_namespace_is_one_like_others() {
        let namespace = ["--user", "--map-root-user", "--pid", "--fork"];
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(namespace);
            command
        };
        if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
            return; // Some systems let nobody do so: there the tests above are all there is.
        }
        let output = unshare()
            .arg(std::env::current_exe().expect("this test's program"))
            .args(["job::tests::a_group", "job::tests::a_job"])
            .output()
            .expect("the tests, run again");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("3 passed"), "{said}");
    }
}
