//! Becoming another binary without ending a shell: by exec in place, so that
//! parenthood, process ids and descriptors stay. There is no way back from it,
//! so the new binary is asked first whether it can do this at all.

use std::ffi::{CString, OsString};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::{FdFlags, fcntl_setfd};

use super::seat::{Seat, Server};
use super::signals::{self, Signals};
use super::state::{STATE_VERSION, State, own};
use super::terminals::Terminals;
use super::{Daemon, Drain, spare};
use crate::channel::Channel;
use crate::peer::Peer;
use crate::place::Place;
use crate::protocol::{Reply, VERSIONS};
use crate::version;

/// How long the new binary may take to say what it can.
const CHECK_WITHIN: Duration = Duration::from_secs(1);
/// How long the server's connection may take to be at rest.
const REST_WITHIN: Duration = Duration::from_secs(1);

/// A replacement that was asked for.
pub(super) struct Upgrade {
    channel: Channel,
    request: u64,
    binary: PathBuf,
    until: Instant,
}

impl Upgrade {
    pub(super) fn new(channel: Channel, request: u64, binary: Vec<u8>) -> Self {
        let binary = PathBuf::from(OsString::from_vec(binary));
        Self { channel, request, binary, until: Instant::now() + REST_WITHIN }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.until
    }

    fn refuse(mut self, problem: String) {
        done(&mut self.channel, self.request, problem);
    }
}

fn done(channel: &mut Channel, request: u64, problem: String) {
    channel.push(Reply::Done { request, problem, terminal: 0 }.encode(), Vec::new());
    let _ = channel.flush();
}

/// What `--self-check` says: the versions of the protocol and of the state.
#[must_use]
pub(crate) fn abilities() -> String {
    let (oldest, newest) = (VERSIONS.start(), VERSIONS.end());
    let product = version::product();
    format!("{product} speaks {oldest}..{newest} resumes {STATE_VERSION}")
}

/// Whether a binary says that it can go on with this one's state.
fn check(binary: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", binary.display());
    let mut child = Command::new(binary)
        .arg("--self-check")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let until = Instant::now() + CHECK_WITHIN;
    while child.try_wait().map_err(failed)?.is_none() {
        if Instant::now() >= until {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{}: it did not answer", binary.display()));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        output.take(1024).read_to_string(&mut said).map_err(failed)?;
    }
    if version::in_product(&said).is_some() && resumes(&said, STATE_VERSION) {
        return Ok(());
    }
    Err(format!("{}: it cannot go on with what this keeper has", binary.display()))
}

/// Whether a binary says that it goes on with a state of that version: it names
/// one, or the oldest and the newest.
fn resumes(said: &str, version: u64) -> bool {
    let Some((_, range)) = said.trim_end().rsplit_once(" resumes ") else { return false };
    let (oldest, newest) = range.split_once("..").unwrap_or((range, range));
    match (oldest.parse::<u64>(), newest.parse::<u64>()) {
        (Ok(oldest), Ok(newest)) => (oldest..=newest).contains(&version),
        _ => false,
    }
}

impl Daemon {
    /// Replaces this binary as soon as nothing is half said. Does not return if
    /// it could.
    pub(super) fn upgrade(&mut self) {
        let Some(upgrade) = self.upgrade.take() else { return };
        let at_rest = match &mut self.seat {
            Seat::Empty { .. } => true,
            Seat::Taken(server) => server.is_at_rest(),
            Seat::Departing { .. } => false,
        };
        if !at_rest && Instant::now() < upgrade.until {
            self.upgrade = Some(upgrade);
        } else if !at_rest {
            upgrade.refuse(String::from("the connection to the server is not at rest"));
        } else if let Err(problem) = check(&upgrade.binary) {
            upgrade.refuse(problem);
        } else {
            let drains = self.drain.is_on();
            self.drain.stop(&mut self.terminals);
            let error = self.exec(&upgrade);
            if drains {
                self.drain.begin();
            }
            upgrade.refuse(format!("exec: {error}"));
        }
    }

    fn exec(&self, upgrade: &Upgrade) -> io::Error {
        let state = self.state(upgrade);
        let stored = match state.store() {
            Ok(stored) => stored,
            Err(error) => return error,
        };
        let mut kept = state.descriptors();
        kept.push(stored.as_raw_fd());
        for descriptor in &kept {
            set_inherited(*descriptor, true);
        }
        // A signal that comes while nobody catches it would end the keeper.
        signals::block(true);
        let error = exec(
            &upgrade.binary,
            &[
                b"offheap-keeper",
                b"resume",
                stored.as_raw_fd().to_string().as_bytes(),
                self.place.path().as_os_str().as_bytes(),
                upgrade.request.to_string().as_bytes(),
            ],
        );
        signals::block(false);
        for descriptor in kept {
            set_inherited(descriptor, false);
        }
        error
    }

    fn state(&self, upgrade: &Upgrade) -> State {
        let now = Instant::now();
        State {
            directory: self.place.path().as_os_str().as_bytes().to_vec(),
            listener: self.listener.as_raw_fd(),
            lock: self.lock.as_raw_fd(),
            server: match &self.seat {
                Seat::Taken(server) => Some(server.channel.socket().as_raw_fd()),
                _ => None,
            },
            asker: Some(upgrade.channel.socket().as_raw_fd()),
            generation: self.generation,
            last: self.terminals.last(),
            stays: self.stays,
            drain_after: self.drain_after,
            orphan_timeout: self.orphan_timeout,
            alone: match self.seat {
                Seat::Empty { since } => now.saturating_duration_since(since),
                _ => Duration::ZERO,
            },
            terminals: self.terminals.state(now),
        }
    }

    /// A keeper that goes on where another binary was, which left its state in a
    /// descriptor and was asked to under this number.
    ///
    /// # Errors
    /// When there is no such state. Nothing can be done about it then.
    pub(crate) fn resume(descriptor: RawFd, request: u64) -> io::Result<Self> {
        let state = State::load(descriptor)?;
        for descriptor in state.descriptors() {
            set_inherited(descriptor, false);
        }
        let directory = PathBuf::from(OsString::from_vec(state.directory.clone()));
        let place = Place::open(&directory).map_err(io::Error::other)?;
        let signals = Signals::catch()?;
        let now = Instant::now();
        let since = now.checked_sub(state.alone).unwrap_or(now);
        let seat = match state.server.map(|raw| server(own(raw))) {
            Some(server) => Seat::Taken(Box::new(server?)),
            None => Seat::Empty { since },
        };
        let mut daemon = Self {
            drain: Drain::new(place.path().to_owned()),
            place,
            listener: own(state.listener),
            spare: spare(),
            lock: own(state.lock),
            signals,
            seat,
            guests: Vec::new(),
            terminals: Terminals::resume(state.terminals, state.last, now),
            generation: state.generation,
            drain_after: state.drain_after,
            orphan_timeout: state.orphan_timeout,
            stays: state.stays,
            ending: None,
            upgrade: None,
        };
        // Whose end came in between was told to nobody.
        daemon.on_signals();
        if let Some(asker) = state.asker {
            done(&mut Channel::new(own(asker))?, request, String::new());
        }
        Ok(daemon)
    }
}

/// Becomes the program. By hand: `std` would let signals through before that.
fn exec(binary: &Path, arguments: &[&[u8]]) -> io::Error {
    let text = |bytes: &[u8]| CString::new(bytes);
    let Ok(path) = text(binary.as_os_str().as_bytes()) else {
        return io::ErrorKind::InvalidInput.into();
    };
    let Ok(arguments) = arguments.iter().map(|each| text(each)).collect::<Result<Vec<_>, _>>()
    else {
        return io::ErrorKind::InvalidInput.into();
    };
    let mut pointers: Vec<_> = arguments.iter().map(|argument| argument.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: path and arguments are C strings, the list of them ends with a
    // null pointer, and all of it lives until the call fails.
    unsafe { libc::execv(path.as_ptr(), pointers.as_ptr()) };
    io::Error::last_os_error()
}

fn server(socket: OwnedFd) -> io::Result<Server> {
    let channel = Channel::new(socket)?;
    let peer = Peer::of(channel.socket())?;
    Ok(Server::new(channel, peer))
}

fn set_inherited(raw: RawFd, inherited: bool) {
    let flags = if inherited { FdFlags::empty() } else { FdFlags::CLOEXEC };
    // SAFETY: the caller has it open for as long as this takes.
    let descriptor = unsafe { BorrowedFd::borrow_raw(raw) };
    let _ = fcntl_setfd(descriptor, flags);
}

#[cfg(test)]
mod tests {
    use super::resumes;

    #[test]
    fn a_binary_says_which_states_it_goes_on_with() {
        let can = |said: &str| resumes(&format!("offheap-keeper 9.9.9 speaks 1..4 {said}\n"), 2);
        assert!(can("resumes 2") && can("resumes 1..2") && can("resumes 2..9"));
        assert!(!can("resumes 1") && !can("resumes 3..9") && !can("resumes x") && !can(""));
        assert!(super::abilities().contains(" speaks ") && resumes(&super::abilities(), 1));
    }
}
