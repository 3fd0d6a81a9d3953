//! What the leader process is made of, and what happens when it cannot be.
//!
//! Making it is the platform's: [`super::launch`].

use std::io;

use std::os::fd::OwnedFd;

use super::launch::{self, Failure};
use crate::errno::os_error;
use crate::{SpawnError, SpawnOptions};

/// Starts the leader and returns its process id. A program that cannot be
/// started is an error here, not a line of text in the terminal.
pub(super) fn start(options: &SpawnOptions, slave: &OwnedFd) -> Result<u32, SpawnError> {
    give_to_user(options, slave);
    launch::launch(options, slave).map_err(|failure| describe(&failure, options))
}

/// The slave belongs to who will use it, so that programs run as another user
/// can open their own terminal again (`tty`, `screen`, `mesg`).
fn give_to_user(options: &SpawnOptions, slave: &OwnedFd) {
    // That number is no user: when the program takes it, that is said.
    if let Some(uid) = options.uid.filter(|uid| *uid != u32::MAX) {
        let _ = rustix::fs::fchown(slave, Some(rustix::fs::Uid::from_raw(uid)), None);
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
