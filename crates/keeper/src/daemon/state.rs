//! What a keeper hands to the binary that replaces it: everything it knows, with
//! the numbers of its descriptors, which stay open.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use offheap_pty::ExitStatus;

use crate::protocol::{Field, Fields, Malformed, Writer};

/// The version of the state that is written and read.
pub(crate) const STATE_VERSION: u64 = 1;
/// The longest state, in bytes: more is none.
const MOST: u64 = 64 << 20;

/// A keeper, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) directory: Vec<u8>,
    pub(super) listener: RawFd,
    pub(super) lock: RawFd,
    /// The connection of the server, if one is there.
    pub(super) server: Option<RawFd>,
    /// The connection on which the replacement was asked for.
    pub(super) asker: Option<RawFd>,
    pub(super) generation: u64,
    pub(super) last: u64,
    pub(super) stays: bool,
    pub(super) drain_after: Duration,
    pub(super) orphan_timeout: Duration,
    /// How long no server has been there.
    pub(super) alone: Duration,
    pub(super) terminals: Vec<Kept>,
}

/// A terminal, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: u64,
    pub(super) name: Vec<u8>,
    pub(super) pid: u32,
    pub(super) master: Option<RawFd>,
    pub(super) foreign: Option<RawFd>,
    pub(super) status: Option<ExitStatus>,
    pub(super) told: bool,
    pub(super) reaped: bool,
    pub(super) closed: bool,
    /// What is left of the time after which it is killed.
    pub(super) kill_in: Option<Duration>,
}

mod tag {
    pub(super) const VERSION: u16 = 1;
    pub(super) const DIRECTORY: u16 = 2;
    pub(super) const LISTENER: u16 = 3;
    pub(super) const LOCK: u16 = 4;
    pub(super) const SERVER: u16 = 5;
    pub(super) const ASKER: u16 = 6;
    pub(super) const GENERATION: u16 = 7;
    pub(super) const LAST: u16 = 8;
    pub(super) const STAYS: u16 = 9;
    pub(super) const DRAIN_AFTER: u16 = 10;
    pub(super) const ORPHAN_TIMEOUT: u16 = 11;
    pub(super) const ALONE: u16 = 12;
    pub(super) const TERMINAL: u16 = 13;
    pub(super) const NAME: u16 = 14;
    pub(super) const PID: u16 = 15;
    pub(super) const MASTER: u16 = 16;
    pub(super) const FOREIGN: u16 = 17;
    pub(super) const CODE: u16 = 18;
    pub(super) const SIGNAL: u16 = 19;
    pub(super) const TOLD: u16 = 20;
    pub(super) const REAPED: u16 = 21;
    pub(super) const CLOSED: u16 = 22;
    pub(super) const KILL_IN: u16 = 23;
    pub(super) const ID: u16 = 24;
}

/// A descriptor's number, for a field.
fn number(descriptor: RawFd) -> u64 {
    u64::try_from(descriptor).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn time(field: &Field<'_>) -> Result<Duration, Malformed> {
    field.number().map(Duration::from_millis)
}

impl State {
    pub(super) fn encode(&self) -> Vec<u8> {
        let writer = Writer::nested()
            .number(tag::VERSION, STATE_VERSION)
            .bytes(tag::DIRECTORY, &self.directory)
            .number(tag::LISTENER, number(self.listener))
            .number(tag::LOCK, number(self.lock))
            .maybe(tag::SERVER, self.server.map(number))
            .maybe(tag::ASKER, self.asker.map(number))
            .number(tag::GENERATION, self.generation)
            .number(tag::LAST, self.last)
            .number(tag::STAYS, self.stays.into())
            .number(tag::DRAIN_AFTER, millis(self.drain_after))
            .number(tag::ORPHAN_TIMEOUT, millis(self.orphan_timeout))
            .number(tag::ALONE, millis(self.alone));
        let terminals = self.terminals.iter();
        terminals
            .fold(writer, |writer, kept| writer.bytes(tag::TERMINAL, &kept.encode()))
            .into_fields()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut state = Self { listener: -1, lock: -1, ..Self::default() };
        let mut version = 0;
        let mut fields = Fields::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                tag::VERSION => version = field.number()?,
                tag::DIRECTORY => state.directory = field.value.to_vec(),
                tag::LISTENER => state.listener = field.small()?,
                tag::LOCK => state.lock = field.small()?,
                tag::SERVER => state.server = Some(field.small()?),
                tag::ASKER => state.asker = Some(field.small()?),
                tag::GENERATION => state.generation = field.number()?,
                tag::LAST => state.last = field.number()?,
                tag::STAYS => state.stays = field.number()? != 0,
                tag::DRAIN_AFTER => state.drain_after = time(&field)?,
                tag::ORPHAN_TIMEOUT => state.orphan_timeout = time(&field)?,
                tag::ALONE => state.alone = time(&field)?,
                tag::TERMINAL => state.terminals.push(Kept::decode(field.value)?),
                _ => {}
            }
        }
        let complete = version == STATE_VERSION && state.listener >= 0 && state.lock >= 0;
        if complete { Ok(state) } else { Err(Malformed("the state is not complete")) }
    }

    /// Every descriptor that has to stay open.
    pub(super) fn descriptors(&self) -> Vec<RawFd> {
        let terminals = self.terminals.iter().flat_map(|kept| [kept.master, kept.foreign]);
        let own = [Some(self.listener), Some(self.lock), self.server, self.asker];
        own.into_iter().chain(terminals).flatten().collect()
    }

    /// Puts it into a file without a name.
    pub(super) fn store(&self) -> io::Result<OwnedFd> {
        let mut file = nameless_file()?;
        file.write_all(&self.encode())?;
        file.rewind()?;
        Ok(file.into())
    }

    /// Reads it from there.
    pub(super) fn load(descriptor: RawFd) -> io::Result<Self> {
        // SAFETY: the number came with the command; whoever gave it has left the
        // descriptor to this process. A wrong one fails to be read.
        let file = unsafe { File::from_raw_fd(descriptor) };
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Self::decode(&bytes).map_err(io::Error::other)
    }
}

/// Takes a descriptor that the binary before this one has left.
pub(super) fn own(raw: RawFd) -> OwnedFd {
    // SAFETY: the state names each descriptor once, and nothing else in this
    // process knows of it.
    unsafe { OwnedFd::from_raw_fd(raw) }
}

#[cfg(target_os = "linux")]
fn nameless_file() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create("offheap-keeper", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn nameless_file() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("offheap-keeper-{}", std::process::id()));
    let mut options = File::options();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

impl Kept {
    fn encode(&self) -> Vec<u8> {
        let writer = Writer::nested()
            .number(tag::ID, self.id)
            .bytes(tag::NAME, &self.name)
            .number(tag::PID, self.pid.into())
            .maybe(tag::MASTER, self.master.map(number))
            .maybe(tag::FOREIGN, self.foreign.map(number))
            .number(tag::TOLD, self.told.into())
            .number(tag::REAPED, self.reaped.into())
            .number(tag::CLOSED, self.closed.into())
            .maybe(tag::KILL_IN, self.kill_in.map(millis));
        match self.status {
            Some(status) => {
                writer.signed(tag::CODE, status.code).signed(tag::SIGNAL, status.signal)
            }
            None => writer,
        }
        .into_fields()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut kept = Self::default();
        let (mut code, mut signal) = (None, None);
        let mut fields = Fields::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                tag::ID => kept.id = field.number()?,
                tag::NAME => kept.name = field.value.to_vec(),
                tag::PID => kept.pid = field.small()?,
                tag::MASTER => kept.master = Some(field.small()?),
                tag::FOREIGN => kept.foreign = Some(field.small()?),
                tag::TOLD => kept.told = field.number()? != 0,
                tag::REAPED => kept.reaped = field.number()? != 0,
                tag::CLOSED => kept.closed = field.number()? != 0,
                tag::KILL_IN => kept.kill_in = Some(time(&field)?),
                tag::CODE => code = Some(field.signed()?),
                tag::SIGNAL => signal = Some(field.signed()?),
                _ => {}
            }
        }
        kept.status = code.zip(signal).map(|(code, signal)| ExitStatus { code, signal });
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let kept = |id, master| Kept {
            id,
            name: b"one.journal".to_vec(),
            pid: 7,
            master,
            foreign: master.map(|number| number + 1),
            status: Some(ExitStatus::UNKNOWN),
            told: true,
            reaped: false,
            closed: true,
            kill_in: Some(Duration::from_secs(1)),
        };
        State {
            directory: b"/some/where".to_vec(),
            listener: 3,
            lock: 4,
            server: Some(5),
            asker: None,
            generation: 9,
            last: 12,
            stays: true,
            drain_after: Duration::from_secs(5),
            orphan_timeout: Duration::from_mins(10),
            alone: Duration::from_millis(1234),
            terminals: vec![kept(1, Some(10)), kept(2, None), Kept { id: 3, ..Kept::default() }],
        }
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let state = state();
        assert_eq!(State::decode(&state.encode()), Ok(state.clone()));
        let stored = state.store().expect("a file");
        let raw = std::os::fd::IntoRawFd::into_raw_fd(stored);
        assert_eq!(State::load(raw).expect("a state"), state);
        assert_eq!(state.descriptors(), [3, 4, 5, 10, 11]);
    }

    #[test]
    fn a_state_that_is_cut_off_is_none() {
        let bytes = state().encode();
        for length in 0..bytes.len() {
            let cut = State::decode(&bytes[..length]);
            assert!(cut.is_err() || cut.is_ok_and(|cut| cut.terminals.len() < 3), "{length}");
        }
    }
}
