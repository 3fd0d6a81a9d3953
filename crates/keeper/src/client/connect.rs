//! Finding the directory's keeper, or starting one.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::Settings;
use crate::channel::Channel;
use crate::error::KeeperError;
use crate::place::Place;
use crate::protocol::{Hello, Reason, Reply, Request, VERSIONS, Welcome};

/// The pause before a keeper is looked for again, which was about to come or
/// to go.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest that anything here waits: a server that is taken over from has a second
/// to leave, and a binary that replaces another one has two.
const GREETED_WITHIN: Duration = Duration::from_secs(5);

/// Why a greeting came to nothing.
enum Failure {
    /// It may come to something the next time.
    Again,
    Final(KeeperError),
}

/// A connection to the keeper, whose server this process is from here on.
pub(super) fn connect_or_start(
    place: &Place,
    settings: &Settings,
) -> Result<(Channel, Welcome), KeeperError> {
    let until = Instant::now() + GREETED_WITHIN;
    loop {
        let socket = match place.connect() {
            Ok(socket) => Some(socket),
            Err(error) if is_absent(&error) => Some(start(place, settings, until)?),
            // So many wait already that nobody more can.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => {
                return Err(KeeperError::directory(place.path(), error.to_string()));
            }
        };
        if let Some(socket) = socket {
            match greet(socket, settings, until) {
                Ok(welcomed) => return Ok(welcomed),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again) => {}
            }
        }
        if Instant::now() + PAUSE >= until {
            return Err(KeeperError::Timeout(GREETED_WITHIN.as_millis()));
        }
        std::thread::sleep(PAUSE);
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Starts the binary with one end of a connection, which waits there until the
/// keeper listens to it.
fn start(place: &Place, settings: &Settings, until: Instant) -> Result<OwnedFd, KeeperError> {
    let failed =
        |error: &io::Error| KeeperError::Start(format!("{}: {error}", settings.binary.display()));
    let (ours, theirs) = pair().map_err(|error| failed(&error))?;
    let mut child = Command::new(&settings.binary)
        .arg("serve")
        .arg(place.path())
        // What this process was told is no business of one that stays.
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    // It ends as soon as the keeper is a process of its own.
    if !wait(&mut child, until) {
        std::thread::spawn(move || child.wait());
        return Err(KeeperError::Timeout(GREETED_WITHIN.as_millis()));
    }
    Ok(ours)
}

fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = SocketFlags::CLOEXEC;
    #[cfg(target_vendor = "apple")]
    let flags = SocketFlags::empty();
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    for end in [&ours, &theirs] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((ours, theirs))
}

/// Reaps the child if it ends in time.
pub(super) fn wait(child: &mut Child, until: Instant) -> bool {
    let mut pause = Duration::from_micros(200);
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return true,
            Ok(None) if Instant::now() >= until => return false,
            Ok(None) => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Says hello and waits for the answer.
fn greet(
    socket: OwnedFd,
    settings: &Settings,
    until: Instant,
) -> Result<(Channel, Welcome), Failure> {
    let mut channel = Channel::new(socket).map_err(|_| Failure::Again)?;
    let hello = Hello {
        versions: VERSIONS,
        takeover: settings.takeover,
        drain_after: settings.drain_after,
        orphan_timeout: settings.orphan_timeout,
    };
    channel.push(Request::Hello(hello).encode(), Vec::new());
    loop {
        channel.flush().map_err(|_| Failure::Again)?;
        await_readable(&channel, until)?;
        match channel.receive() {
            Ok(true) | Err(Errno::AGAIN | Errno::INTR) => {}
            // It was about to end.
            Ok(false) | Err(_) => return Err(Failure::Again),
        }
        let frame = channel.next_message().map_err(|_| Failure::Final(KeeperError::Version))?;
        let Some(frame) = frame else { continue };
        let reply = Reply::decode(frame.kind, &frame.fields);
        return match reply.map_err(|_| Failure::Final(KeeperError::Version))? {
            // It was told which versions are known here.
            Some(Reply::Welcome(welcome)) if VERSIONS.contains(&welcome.version) => {
                Ok((channel, welcome))
            }
            Some(Reply::Refused { reason, holder, problem }) => {
                Err(refused(reason, holder, problem))
            }
            _ => Err(Failure::Final(KeeperError::Version)),
        };
    }
}

fn await_readable(channel: &Channel, until: Instant) -> Result<(), Failure> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Failure::Final(KeeperError::Timeout(GREETED_WITHIN.as_millis())));
    }
    let mut flags = PollFlags::IN;
    if channel.wants_to_write() {
        flags |= PollFlags::OUT;
    }
    let left =
        Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
    let _ = poll(&mut [PollFd::from_borrowed_fd(channel.socket(), flags)], Some(&left));
    Ok(())
}

/// Has the directory's keeper become another binary, with all that it has. A
/// binary that does not pass its check is not used.
///
/// # Errors
/// [`KeeperError::Lost`] when there is no keeper, [`KeeperError::Start`] with
/// what is wrong, [`KeeperError::Timeout`].
pub fn replace(directory: &Path, binary: &Path) -> Result<(), KeeperError> {
    let until = Instant::now() + GREETED_WITHIN;
    let place = Place::open(directory)?;
    let lost = |_| KeeperError::Lost;
    let mut channel =
        Channel::new(place.connect().map_err(lost)?).map_err(|_| KeeperError::Lost)?;
    let binary = std::path::absolute(binary).unwrap_or_else(|_| binary.to_owned());
    let binary = binary.as_os_str().as_bytes().to_vec();
    channel.push(Request::Upgrade { request: 1, binary }.encode(), Vec::new());
    loop {
        channel.flush().map_err(|_| KeeperError::Lost)?;
        await_readable(&channel, until).map_err(|failure| match failure {
            Failure::Final(error) => error,
            Failure::Again => KeeperError::Lost,
        })?;
        match channel.receive() {
            Ok(true) | Err(Errno::AGAIN | Errno::INTR) => {}
            Ok(false) | Err(_) => return Err(KeeperError::Lost),
        }
        let Some(frame) = channel.next_message().map_err(|_| KeeperError::Version)? else {
            continue;
        };
        return match Reply::decode(frame.kind, &frame.fields) {
            Ok(Some(Reply::Done { problem, .. })) if problem.is_empty() => Ok(()),
            Ok(Some(Reply::Done { problem, .. })) => Err(KeeperError::Start(problem)),
            _ => Err(KeeperError::Version),
        };
    }
}

fn refused(reason: Reason, holder: u32, problem: String) -> Failure {
    match reason {
        Reason::Busy => Failure::Final(KeeperError::Busy { holder }),
        Reason::Version => Failure::Final(KeeperError::Version),
        Reason::Elsewhere => Failure::Again,
        Reason::Other => Failure::Final(KeeperError::Start(problem)),
    }
}
