//! What a server says.

use std::ops::RangeInclusive;
use std::time::Duration;

use offheap_pty::PtySize;

use super::{Fields, MAX_NAME, Malformed, Writer};

/// What a server says to a keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The first message: who speaks, and what it wants.
    Hello(Hello),
    /// Start a program on a new terminal.
    Spawn(Spawn),
    /// Hand over everything that is kept.
    Take {
        /// Named in the answers.
        request: u64,
    },
    /// The descriptors of the last message that had some have arrived.
    Got,
    /// Some of them have not: send the message again.
    Again,
    /// Signal a terminal's process groups.
    Kill {
        /// The terminal.
        terminal: u64,
        /// The signal's number.
        signal: i32,
    },
    /// Let go of a terminal for good: hang up, and kill what ignores that.
    Close {
        /// The terminal.
        terminal: u64,
        /// The time between the hang-up and the kill.
        grace: Duration,
    },
    /// An exit was noted: the keeper may forget it and reap the process.
    Noted {
        /// The terminal.
        terminal: u64,
    },
    /// What runs in the foreground?
    Name {
        /// Named in the answer.
        request: u64,
        /// The terminal.
        terminal: u64,
    },
    /// The server has let go of all its terminals and will touch none again.
    Left,
    /// Keep a terminal that another keeper kept; its master comes along.
    Keep(Kept),
    /// Become another binary, with all that is kept.
    Upgrade {
        /// Named in the answer.
        request: u64,
        /// The binary's path.
        binary: Vec<u8>,
    },
}

/// The first message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    /// The versions of the protocol that the server speaks.
    pub(crate) versions: RangeInclusive<u64>,
    /// Whether another server is to be asked to leave.
    pub(crate) takeover: bool,
    /// How long output waits in the terminals while no server is there.
    pub(crate) drain_after: Duration,
    /// How long shells live while no server is there.
    pub(crate) orphan_timeout: Duration,
}

/// A program to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spawn {
    /// Named in the answer.
    pub(crate) request: u64,
    /// The name of the session: that of its journal's file.
    pub(crate) name: Vec<u8>,
    /// The program: a path, or a name that is looked up in the child's `PATH`.
    pub(crate) file: Vec<u8>,
    /// What the program sees as its own name, when it is not `file`.
    pub(crate) argv0: Option<Vec<u8>>,
    /// The arguments after the program's own name.
    pub(crate) args: Vec<Vec<u8>>,
    /// The whole environment: names and values.
    pub(crate) env: Vec<(Vec<u8>, Vec<u8>)>,
    /// The working directory, absolute.
    pub(crate) cwd: Vec<u8>,
    /// The first window size.
    pub(crate) size: PtySize,
    /// The user to run as.
    pub(crate) uid: Option<u32>,
    /// The group to run as.
    pub(crate) gid: Option<u32>,
}

/// A terminal that lost its keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Named in the answer.
    pub(crate) request: u64,
    /// The name of the session.
    pub(crate) name: Vec<u8>,
    /// The leader's process id.
    pub(crate) pid: u32,
    /// How many descriptors come with it: the master, or the master and the
    /// process.
    pub(crate) descriptors: u8,
}

mod kind {
    pub(super) const HELLO: u16 = 1;
    pub(super) const SPAWN: u16 = 2;
    pub(super) const TAKE: u16 = 3;
    pub(super) const GOT: u16 = 4;
    pub(super) const AGAIN: u16 = 5;
    pub(super) const KILL: u16 = 6;
    pub(super) const CLOSE: u16 = 7;
    pub(super) const NOTED: u16 = 8;
    pub(super) const NAME: u16 = 9;
    pub(super) const LEFT: u16 = 10;
    pub(super) const KEEP: u16 = 11;
    pub(super) const UPGRADE: u16 = 12;
}

mod tag {
    pub(super) const REQUEST: u16 = 1;
    pub(super) const TERMINAL: u16 = 2;
    pub(super) const NAME: u16 = 3;
    pub(super) const PID: u16 = 4;
    pub(super) const SIGNAL: u16 = 5;
    pub(super) const GRACE: u16 = 6;
    pub(super) const OLDEST: u16 = 7;
    pub(super) const NEWEST: u16 = 8;
    pub(super) const TAKEOVER: u16 = 9;
    pub(super) const DRAIN_AFTER: u16 = 10;
    pub(super) const ORPHAN_TIMEOUT: u16 = 11;
    pub(super) const FILE: u16 = 12;
    pub(super) const ARGUMENT: u16 = 13;
    pub(super) const VARIABLE: u16 = 14;
    pub(super) const VALUE: u16 = 15;
    pub(super) const CWD: u16 = 16;
    pub(super) const COLS: u16 = 17;
    pub(super) const ROWS: u16 = 18;
    pub(super) const PIXEL_WIDTH: u16 = 19;
    pub(super) const PIXEL_HEIGHT: u16 = 20;
    pub(super) const UID: u16 = 21;
    pub(super) const GID: u16 = 22;
    pub(super) const BINARY: u16 = 23;
    pub(super) const DESCRIPTORS: u16 = 24;
    pub(super) const ARGV0: u16 = 25;
}

impl Request {
    /// The message's bytes.
    #[must_use]
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello(hello) => hello.encode(),
            Self::Spawn(spawn) => spawn.encode(),
            Self::Take { request } => numbered(kind::TAKE, *request).finish(),
            Self::Got => Writer::new(kind::GOT, 0).finish(),
            Self::Again => Writer::new(kind::AGAIN, 0).finish(),
            Self::Kill { terminal, signal } => {
                about(kind::KILL, *terminal).signed(tag::SIGNAL, *signal).finish()
            }
            Self::Close { terminal, grace } => {
                about(kind::CLOSE, *terminal).number(tag::GRACE, millis(*grace)).finish()
            }
            Self::Noted { terminal } => about(kind::NOTED, *terminal).finish(),
            Self::Name { request, terminal } => {
                numbered(kind::NAME, *request).number(tag::TERMINAL, *terminal).finish()
            }
            Self::Left => Writer::new(kind::LEFT, 0).finish(),
            Self::Keep(kept) => Writer::new(kind::KEEP, kept.descriptors.into())
                .number(tag::REQUEST, kept.request)
                .bytes(tag::NAME, &kept.name)
                .number(tag::PID, kept.pid.into())
                .number(tag::DESCRIPTORS, kept.descriptors.into())
                .finish(),
            Self::Upgrade { request, binary } => {
                numbered(kind::UPGRADE, *request).bytes(tag::BINARY, binary).finish()
            }
        }
    }

    /// Reads a message's fields; `None` for a kind that this version does not
    /// know.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn decode(kind: u16, fields: &[u8]) -> Result<Option<Self>, Malformed> {
        let every = Every::read(fields)?;
        Ok(Some(match kind {
            kind::HELLO => Self::Hello(every.hello()?),
            kind::SPAWN => Self::Spawn(every.spawn()?),
            kind::TAKE => Self::Take { request: every.request },
            kind::GOT => Self::Got,
            kind::AGAIN => Self::Again,
            kind::KILL => {
                let signal = every.signal.ok_or(Malformed("no signal"))?;
                Self::Kill { terminal: every.terminal()?, signal }
            }
            kind::CLOSE => Self::Close { terminal: every.terminal()?, grace: every.grace },
            kind::NOTED => Self::Noted { terminal: every.terminal()? },
            kind::NAME => Self::Name { request: every.request, terminal: every.terminal()? },
            kind::LEFT => Self::Left,
            kind::KEEP => Self::Keep(Kept {
                request: every.request,
                pid: every.pid.ok_or(Malformed("no process id"))?,
                name: every.spawn.name,
                descriptors: every.descriptors,
            }),
            kind::UPGRADE => Self::Upgrade { request: every.request, binary: every.binary },
            _ => return Ok(None),
        }))
    }
}

fn numbered(kind: u16, request: u64) -> Writer {
    Writer::new(kind, 0).number(tag::REQUEST, request)
}

fn about(kind: u16, terminal: u64) -> Writer {
    Writer::new(kind, 0).number(tag::TERMINAL, terminal)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Hello {
    fn encode(&self) -> Vec<u8> {
        Writer::new(kind::HELLO, 0)
            .number(tag::OLDEST, *self.versions.start())
            .number(tag::NEWEST, *self.versions.end())
            .number(tag::TAKEOVER, self.takeover.into())
            .number(tag::DRAIN_AFTER, millis(self.drain_after))
            .number(tag::ORPHAN_TIMEOUT, millis(self.orphan_timeout))
            .finish()
    }
}

impl Spawn {
    fn encode(&self) -> Vec<u8> {
        let mut writer = numbered(kind::SPAWN, self.request)
            .bytes(tag::NAME, &self.name)
            .bytes(tag::FILE, &self.file)
            .bytes(tag::CWD, &self.cwd)
            .number(tag::COLS, self.size.cols.into())
            .number(tag::ROWS, self.size.rows.into())
            .number(tag::PIXEL_WIDTH, self.size.pixel_width.into())
            .number(tag::PIXEL_HEIGHT, self.size.pixel_height.into())
            .maybe(tag::UID, self.uid.map(u64::from))
            .maybe(tag::GID, self.gid.map(u64::from));
        if let Some(argv0) = &self.argv0 {
            writer = writer.bytes(tag::ARGV0, argv0);
        }
        for argument in &self.args {
            writer = writer.bytes(tag::ARGUMENT, argument);
        }
        for (name, value) in &self.env {
            writer = writer.bytes(tag::VARIABLE, name).bytes(tag::VALUE, value);
        }
        writer.finish()
    }
}

/// Every field that a request may have. Those that are not given keep what
/// they mean then.
struct Every {
    request: u64,
    terminal: Option<u64>,
    pid: Option<u32>,
    signal: Option<i32>,
    grace: Duration,
    oldest: Option<u64>,
    newest: Option<u64>,
    takeover: bool,
    drain_after: Duration,
    orphan_timeout: Duration,
    binary: Vec<u8>,
    descriptors: u8,
    spawn: Spawn,
}

impl Every {
    fn new() -> Self {
        Self {
            request: 0,
            terminal: None,
            pid: None,
            signal: None,
            grace: offheap_pty::DEFAULT_GRACE,
            oldest: None,
            newest: None,
            takeover: false,
            drain_after: crate::DEFAULT_DRAIN_AFTER,
            orphan_timeout: crate::DEFAULT_ORPHAN_TIMEOUT,
            binary: Vec::new(),
            descriptors: 1,
            spawn: Spawn {
                request: 0,
                name: Vec::new(),
                file: Vec::new(),
                argv0: None,
                args: Vec::new(),
                env: Vec::new(),
                cwd: b"/".to_vec(),
                size: PtySize::new(80, 24),
                uid: None,
                gid: None,
            },
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut every = Self::new();
        let mut fields = Fields::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                tag::REQUEST => every.request = field.number()?,
                tag::TERMINAL => every.terminal = Some(field.number()?),
                tag::PID => every.pid = Some(field.small()?),
                tag::SIGNAL => every.signal = Some(field.signed()?),
                tag::GRACE => every.grace = Duration::from_millis(field.number()?),
                tag::OLDEST => every.oldest = Some(field.number()?),
                tag::NEWEST => every.newest = Some(field.number()?),
                tag::TAKEOVER => every.takeover = field.number()? != 0,
                tag::DRAIN_AFTER => every.drain_after = Duration::from_millis(field.number()?),
                tag::ORPHAN_TIMEOUT => {
                    every.orphan_timeout = Duration::from_millis(field.number()?);
                }
                tag::BINARY => every.binary = field.value.to_vec(),
                tag::DESCRIPTORS => every.descriptors = field.small()?,
                _ => every.spawn.field(field)?,
            }
        }
        check_name(&every.spawn.name)?;
        Ok(every)
    }

    fn terminal(&self) -> Result<u64, Malformed> {
        self.terminal.ok_or(Malformed("no terminal"))
    }

    fn hello(&self) -> Result<Hello, Malformed> {
        let missing = Malformed("no version");
        Ok(Hello {
            versions: self.oldest.ok_or(missing)?..=self.newest.ok_or(missing)?,
            takeover: self.takeover,
            drain_after: self.drain_after,
            orphan_timeout: self.orphan_timeout,
        })
    }

    fn spawn(self) -> Result<Spawn, Malformed> {
        if self.spawn.file.is_empty() {
            return Err(Malformed("no program"));
        }
        if self.spawn.env.last().is_some_and(|(name, _)| name.is_empty()) {
            return Err(Malformed("a value without its variable"));
        }
        Ok(Spawn { request: self.request, ..self.spawn })
    }
}

impl Spawn {
    fn field(&mut self, field: super::fields::Field<'_>) -> Result<(), Malformed> {
        let value = || field.value.to_vec();
        match field.tag {
            tag::NAME => self.name = value(),
            tag::FILE => self.file = value(),
            tag::ARGV0 => self.argv0 = Some(value()),
            tag::CWD => self.cwd = value(),
            tag::COLS => self.size.cols = field.small()?,
            tag::ROWS => self.size.rows = field.small()?,
            tag::PIXEL_WIDTH => self.size.pixel_width = field.small()?,
            tag::PIXEL_HEIGHT => self.size.pixel_height = field.small()?,
            tag::UID => self.uid = Some(field.small()?),
            tag::GID => self.gid = Some(field.small()?),
            tag::ARGUMENT => self.args.push(value()),
            tag::VARIABLE => self.env.push((value(), Vec::new())),
            tag::VALUE => {
                let variable = self.env.last_mut().ok_or(Malformed("a value alone"))?;
                variable.1 = value();
            }
            // A newer server says more than this keeper knows.
            _ => {}
        }
        Ok(())
    }
}

/// A session's name is that of a file in the directory and leads nowhere else.
fn check_name(name: &[u8]) -> Result<(), Malformed> {
    let plain = name.len() <= MAX_NAME && !name.contains(&b'/') && !name.contains(&0);
    if plain && name != b"." && name != b".." {
        Ok(())
    } else {
        Err(Malformed("a name that is no file's"))
    }
}
