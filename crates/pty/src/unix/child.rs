//! What the leader process is made of, and what happens when it cannot be.
//!
//! Making it is the platform's: [`super::launch`].

use std::io;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use super::errno::os_error;
use super::launch::{self, Failure};
use super::open::Pair;
use crate::{SpawnError, SpawnOptions};

/// Starts the leader and returns its process id. A program that cannot be
/// started is an error here, not a line of text in the terminal.
pub(super) fn start(options: &SpawnOptions, pair: &Pair) -> Result<u32, SpawnError> {
    give_to_user(options, pair);
    launch::launch(options, pair).map_err(|failure| describe(&failure, options))
}

/// Kills and reaps a child whose terminal could not be watched after all.
pub(super) fn abandon(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()));
    }
}

/// The slave belongs to who will use it, so that programs run as another user
/// can open their own terminal again (`tty`, `screen`, `mesg`).
fn give_to_user(options: &SpawnOptions, pair: &Pair) {
    if let Some(uid) = options.uid {
        let _ = rustix::fs::fchown(&pair.slave, Some(rustix::fs::Uid::from_raw(uid)), None);
    }
}

fn describe(failure: &Failure, options: &SpawnOptions) -> SpawnError {
    let error = io::Error::from_raw_os_error(failure.errno);
    if failure.syscall == "chdir" {
        return os_error(&error, "chdir", &options.cwd.to_string_lossy());
    }
    let path = options.file.to_string_lossy();
    let mut made = os_error(&error, failure.syscall, &path);
    let exists = path.contains('/') && options.cwd.join(&options.file).exists();
    if made.code == "ENOENT" && exists {
        made.message = String::from("the file is there, but the interpreter it names is not");
    }
    made
}
