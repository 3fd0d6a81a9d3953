//! The command that is started, and the errors of starting it.

use std::ffi::OsString;
use std::fmt::Display;

use portable_pty::CommandBuilder;

use crate::{SpawnError, SpawnOptions};

/// Without these a program hardly runs on Windows; Node adds them for its own
/// children too.
const NEEDED: [&str; 11] = [
    "HOMEDRIVE",
    "HOMEPATH",
    "LOGONSERVER",
    "PATH",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

pub(super) fn build(options: &SpawnOptions) -> CommandBuilder {
    let mut command = CommandBuilder::new(&options.file);
    command.args(&options.args);
    command.cwd(&options.cwd);
    // The builder begins with this process's environment and the registry's.
    command.env_clear();
    for name in NEEDED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for (name, value) in &options.env {
        command.env(name, value);
    }
    command
}

/// portable-pty would start the program in the user's home directory.
pub(super) fn check_cwd(options: &SpawnOptions) -> Result<(), SpawnError> {
    let path = options.cwd.to_string_lossy();
    match std::fs::metadata(&options.cwd) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(made(ERROR_DIRECTORY, "chdir", path.into_owned(), "not a directory")),
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(ERROR_FILE_NOT_FOUND);
            Err(made(number, "chdir", path.into_owned(), &error.to_string()))
        }
    }
}

/// An error of portable-pty, which has the system's number in its text alone.
pub(super) fn failed(
    options: &SpawnOptions,
    syscall: &'static str,
    error: &dyn Display,
) -> SpawnError {
    let text = format!("{error:#}");
    let path = OsString::from(&options.file).to_string_lossy().into_owned();
    made(system_number(&text).unwrap_or(0), syscall, path, &text)
}

fn system_number(text: &str) -> Option<i32> {
    let (_, after) = text.rsplit_once("(os error ")?;
    after.split(')').next()?.parse().ok()
}

const ERROR_FILE_NOT_FOUND: i32 = 2;
const ERROR_DIRECTORY: i32 = 267;

fn made(number: i32, syscall: &'static str, path: String, text: &str) -> SpawnError {
    let (code, errno) = errno(number);
    let message = text.lines().next().unwrap_or_default().to_owned();
    SpawnError { code, errno, syscall, path, message }
}

/// The system's numbers as the names and numbers that Node has on Windows.
fn errno(number: i32) -> (&'static str, i32) {
    match number {
        ERROR_FILE_NOT_FOUND | 3 | 15 | 53 | 123 | 126 | 161 => ("ENOENT", 4058),
        5 | 1314 => ("EACCES", 4092),
        ERROR_DIRECTORY => ("ENOTDIR", 4052),
        4 => ("EMFILE", 4066),
        8 | 14 => ("ENOMEM", 4057),
        11 | 193 => ("ENOEXEC", 4022),
        206 => ("ENAMETOOLONG", 4064),
        740 => ("EPERM", 4048),
        _ => ("EIO", 4070),
    }
}
