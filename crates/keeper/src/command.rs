//! What the binary can be told.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::channel::Channel;
use crate::client::replace;
use crate::daemon::{Daemon, Start, abilities, detach, refuse};
use crate::place::Place;
use crate::protocol::Reason;

const USAGE: &str = "usage: offheap-keeper serve DIRECTORY [--foreground]
       offheap-keeper upgrade DIRECTORY
       offheap-keeper --self-check";

/// Does what the process's arguments say: the keeper's whole life. To be called
/// while the process has one thread.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("serve") => match start(&arguments[1..]) {
            Some(start) => serve(&start),
            None => say(USAGE),
        },
        Some("upgrade") if arguments.len() == 2 => upgrade(&arguments[1]),
        Some("resume") if arguments.len() == 4 => resume(&arguments[1], &arguments[3]),
        Some("--self-check") => self_check(),
        _ => say(USAGE),
    }
}

fn start(arguments: &[OsString]) -> Option<Start> {
    let foreground = arguments.iter().any(|argument| argument == "--foreground");
    let mut rest = arguments.iter().filter(|argument| *argument != "--foreground");
    let directory = std::path::absolute(PathBuf::from(rest.next()?)).ok()?;
    rest.next().is_none().then_some(Start { directory, foreground })
}

fn say(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(2)
}

/// Says what it speaks, so that whoever wants to start it knows that it can be
/// started.
fn self_check() -> ExitCode {
    match writeln!(std::io::stdout(), "{}", abilities()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Has the directory's keeper become this binary.
fn upgrade(directory: &OsString) -> ExitCode {
    let replaced = std::env::current_exe()
        .map_err(|error| error.to_string())
        .and_then(|own| replace(directory.as_ref(), &own).map_err(|error| error.to_string()));
    match replaced {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => say(&format!("offheap-keeper: {problem}")),
    }
}

/// Goes on where another binary was. For a keeper that becomes this one; the
/// directory between the arguments is for who reads a list of processes.
fn resume(descriptor: &OsString, request: &OsString) -> ExitCode {
    let number = |text: &OsString| text.to_str()?.parse::<u64>().ok();
    let descriptor = number(descriptor).and_then(|number| i32::try_from(number).ok());
    let (Some(descriptor), Some(request)) = (descriptor, number(request)) else {
        return say(USAGE);
    };
    match Daemon::resume(descriptor, request) {
        Ok(daemon) => {
            daemon.run();
            ExitCode::SUCCESS
        }
        Err(error) => say(&format!("offheap-keeper: {error}")),
    }
}

fn serve(start: &Start) -> ExitCode {
    let first = match detach(start.foreground) {
        Ok(first) => first,
        Err(error) => return say(&format!("offheap-keeper: {error}")),
    };
    // Whoever started it is told what is wrong on its connection.
    let telling = first.as_ref().and_then(|first| first.try_clone().ok());
    let fail = |reason, problem: &str| {
        let copy = telling.as_ref().and_then(|socket| socket.try_clone().ok());
        if let Some(mut channel) = copy.and_then(|socket| Channel::new(socket).ok()) {
            refuse(&mut channel, reason, 0, problem);
        }
        say(&format!("offheap-keeper: {problem}"))
    };
    let place = match Place::open(&start.directory) {
        Ok(place) => place,
        Err(error) => return fail(Reason::Other, &error.to_string()),
    };
    let lock = match place.lock() {
        Ok(Some(lock)) => lock,
        Ok(None) => return fail(Reason::Elsewhere, "another keeper serves this directory"),
        Err(error) => return fail(Reason::Other, &format!("lock: {error}")),
    };
    match Daemon::new(place, lock, first) {
        Ok(daemon) => {
            // The server's connection is the daemon's alone, to be closed by it.
            drop(telling);
            daemon.run();
            ExitCode::SUCCESS
        }
        Err(problem) => fail(Reason::Other, &problem),
    }
}
