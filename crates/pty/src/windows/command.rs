//! The command that is started, and the errors of starting it.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use portable_pty::CommandBuilder;

use crate::environment::{self, Variables, is_same_in_any_case};
use crate::windows_rules::{batch, failure, search};
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

/// The command, unless what runs it would read an argument as a command.
pub(super) fn build(options: &SpawnOptions) -> Result<CommandBuilder, SpawnError> {
    let variables = environment::for_windows(&options.env, needed());
    let file = program(options, &variables);
    if batch::is_batch_file(&file)
        && let Some(argument) = batch::unsafe_argument(&options.args)
    {
        let path = options.file.to_string_lossy();
        return Err(failure::unsafe_argument(&path, &argument.to_string_lossy()));
    }
    let mut command = CommandBuilder::new(file);
    command.args(&options.args);
    command.cwd(&options.cwd);
    // The builder begins with this process's environment and the registry's.
    command.env_clear();
    for (name, value) in variables {
        command.env(name, value);
    }
    Ok(command)
}

fn needed() -> Variables {
    let value = |name: &str| Some((OsString::from(name), std::env::var_os(name)?));
    NEEDED.into_iter().filter_map(value).collect()
}

fn program(options: &SpawnOptions, variables: &Variables) -> PathBuf {
    let value = |wanted: &str| {
        let mut all = variables.iter();
        all.find(|(name, _)| is_same_in_any_case(name, wanted.as_ref())).map(|(_, value)| value)
    };
    let directories: Vec<PathBuf> =
        value("PATH").map(std::env::split_paths).into_iter().flatten().collect();
    let extensions = value("PATHEXT").map_or(".EXE".into(), |list| list.to_string_lossy());
    let extensions: Vec<String> = extensions.split(';').map(str::to_owned).collect();
    search::find(&options.file, &directories, &extensions, Path::exists)
}

/// portable-pty would start the program in the user's home directory.
pub(super) fn check_cwd(options: &SpawnOptions) -> Result<(), SpawnError> {
    let path = options.cwd.to_string_lossy();
    match std::fs::metadata(&options.cwd) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(failure::no_directory(&path)),
        Err(error) => Err(failure::os_error(&error, "chdir", &path)),
    }
}

/// An error of portable-pty, which has the system's number in its text alone.
pub(super) fn failed(
    options: &SpawnOptions,
    syscall: &'static str,
    error: &dyn Display,
) -> SpawnError {
    let text = format!("{error:#}");
    let number = failure::system_number(&text).unwrap_or(0);
    failure::error(number, syscall, &options.file.to_string_lossy(), &text)
}
