//! What the binary can be told.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use offheap_keeper::channel::Channel;
use offheap_keeper::daemon::{Daemon, Start, detach, refuse};
use offheap_keeper::place::Place;
use offheap_keeper::protocol::{Reason, VERSIONS};

const USAGE: &str = "usage: offheap-keeper serve DIRECTORY [--foreground] | --self-check";

/// Does what the arguments say.
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    match arguments.first().and_then(|first| first.to_str()) {
        Some("serve") => match start(&arguments[1..]) {
            Some(start) => serve(&start),
            None => say(USAGE),
        },
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
    let (oldest, newest) = (VERSIONS.start(), VERSIONS.end());
    let text = format!("offheap-keeper {} speaks {oldest}..{newest}", env!("CARGO_PKG_VERSION"));
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
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
