//! What a keeper says.

use super::{Fields, Malformed, Writer};
use offheap_pty::ExitStatus;

/// What a keeper says to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The server is the keeper's server from here on.
    Welcome(Welcome),
    /// It is not.
    Refused {
        /// Why.
        reason: Reason,
        /// The process that is the keeper's server, 0 where there is none or
        /// its number is not known.
        holder: u32,
        /// What is wrong, where the reason does not say it.
        problem: String,
    },
    /// A program runs; its terminal's master comes along, and the descriptor of
    /// its process where the system has such.
    Spawned {
        /// The request.
        request: u64,
        /// The terminal.
        held: Held,
    },
    /// A program could not be started.
    SpawnFailed {
        /// The request.
        request: u64,
        /// The errno's number.
        errno: i32,
        /// The call that failed.
        syscall: String,
        /// The path it failed on.
        path: String,
        /// A sentence for a person.
        message: String,
    },
    /// Some of what is kept, their descriptors in the same order.
    Terminals {
        /// The request.
        request: u64,
        /// Nothing follows.
        last: bool,
        /// The terminals.
        held: Vec<Held>,
    },
    /// A terminal's leader has ended.
    Exited {
        /// The terminal.
        terminal: u64,
        /// How.
        status: ExitStatus,
    },
    /// Another server wants to take over: let go of everything, and say so.
    Leave,
    /// What runs in a terminal's foreground.
    Name {
        /// The request.
        request: u64,
        /// The name, empty when there is none.
        name: String,
    },
    /// A request is done, or not.
    Done {
        /// The request.
        request: u64,
        /// What is wrong; empty when nothing is.
        problem: String,
        /// The terminal that it was about, 0 for none.
        terminal: u64,
    },
    /// The descriptors of the last message that had some have arrived.
    Got,
}

/// A keeper's first message to its server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Welcome {
    /// The version to be spoken.
    pub(crate) version: u64,
    /// Which server of this keeper it is; the first is 1.
    pub(crate) generation: u64,
    /// The keeper's process id, as the keeper sees it.
    pub(crate) pid: u32,
    /// The keeper's PID namespace, 0 where the system has none. Process ids
    /// mean something to a server in the same one only.
    pub(crate) namespace: u64,
    /// How many terminals are kept.
    pub(crate) terminals: u64,
    /// The version of the package that the keeper's binary is of; empty where it
    /// does not say so.
    pub(crate) product: String,
}

/// Why a server was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is another server.
    Busy,
    /// The keeper does not speak the server's versions.
    Version,
    /// Another keeper serves this directory: ask that one.
    Elsewhere,
    /// Something that this version does not know.
    Other,
}

/// A terminal that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its number, never used again.
    pub(crate) terminal: u64,
    /// The name of its session.
    pub(crate) name: Vec<u8>,
    /// The leader's process id, as the keeper sees it.
    pub(crate) pid: u32,
    /// How the leader ended, if it has.
    pub(crate) status: Option<ExitStatus>,
    /// How many descriptors come with it: none, the master, or the master and
    /// the process.
    pub(crate) descriptors: u8,
}

mod kind {
    pub(super) const WELCOME: u16 = 1;
    pub(super) const REFUSED: u16 = 2;
    pub(super) const SPAWNED: u16 = 3;
    pub(super) const SPAWN_FAILED: u16 = 4;
    pub(super) const TERMINALS: u16 = 5;
    pub(super) const EXITED: u16 = 6;
    pub(super) const LEAVE: u16 = 7;
    pub(super) const NAME: u16 = 8;
    pub(super) const DONE: u16 = 9;
    pub(super) const GOT: u16 = 10;
}

mod tag {
    pub(super) const REQUEST: u16 = 1;
    pub(super) const TERMINAL: u16 = 2;
    pub(super) const NAME: u16 = 3;
    pub(super) const PID: u16 = 4;
    pub(super) const CODE: u16 = 5;
    pub(super) const SIGNAL: u16 = 6;
    pub(super) const DESCRIPTORS: u16 = 7;
    pub(super) const HELD: u16 = 8;
    pub(super) const LAST: u16 = 9;
    pub(super) const VERSION: u16 = 10;
    pub(super) const GENERATION: u16 = 11;
    pub(super) const NAMESPACE: u16 = 12;
    pub(super) const TERMINALS: u16 = 13;
    pub(super) const REASON: u16 = 14;
    pub(super) const ERRNO: u16 = 15;
    pub(super) const SYSCALL: u16 = 16;
    pub(super) const PATH: u16 = 17;
    pub(super) const MESSAGE: u16 = 18;
    pub(super) const PRODUCT: u16 = 19;
}

const BUSY: u64 = 1;
const VERSION: u64 = 2;
const ELSEWHERE: u64 = 3;

impl Reply {
    /// How many descriptors travel with it.
    #[must_use]
    pub(crate) fn descriptors(&self) -> usize {
        match self {
            Self::Spawned { held, .. } => held.descriptors.into(),
            Self::Terminals { held, .. } => {
                held.iter().map(|held| usize::from(held.descriptors)).sum()
            }
            _ => 0,
        }
    }

    /// The message's bytes.
    #[must_use]
    pub(crate) fn encode(&self) -> Vec<u8> {
        let begin = |kind| Writer::new(kind, self.descriptors());
        match self {
            Self::Welcome(welcome) => begin(kind::WELCOME)
                .number(tag::VERSION, welcome.version)
                .number(tag::GENERATION, welcome.generation)
                .number(tag::PID, welcome.pid.into())
                .number(tag::NAMESPACE, welcome.namespace)
                .number(tag::TERMINALS, welcome.terminals)
                .bytes(tag::PRODUCT, welcome.product.as_bytes()),
            Self::Refused { reason, holder, problem } => begin(kind::REFUSED)
                .number(tag::REASON, reason.number())
                .number(tag::PID, (*holder).into())
                .bytes(tag::MESSAGE, problem.as_bytes()),
            Self::Spawned { request, held } => {
                begin(kind::SPAWNED).number(tag::REQUEST, *request).bytes(tag::HELD, &held.fields())
            }
            Self::SpawnFailed { request, errno, syscall, path, message } => {
                begin(kind::SPAWN_FAILED)
                    .number(tag::REQUEST, *request)
                    .signed(tag::ERRNO, *errno)
                    .bytes(tag::SYSCALL, syscall.as_bytes())
                    .bytes(tag::PATH, path.as_bytes())
                    .bytes(tag::MESSAGE, message.as_bytes())
            }
            Self::Terminals { request, last, held } => {
                let writer = begin(kind::TERMINALS)
                    .number(tag::REQUEST, *request)
                    .number(tag::LAST, (*last).into());
                held.iter().fold(writer, |writer, held| writer.bytes(tag::HELD, &held.fields()))
            }
            Self::Exited { terminal, status } => {
                with_status(begin(kind::EXITED).number(tag::TERMINAL, *terminal), *status)
            }
            Self::Leave => begin(kind::LEAVE),
            Self::Name { request, name } => {
                begin(kind::NAME).number(tag::REQUEST, *request).bytes(tag::NAME, name.as_bytes())
            }
            Self::Done { request, problem, terminal } => begin(kind::DONE)
                .number(tag::REQUEST, *request)
                .bytes(tag::MESSAGE, problem.as_bytes())
                .number(tag::TERMINAL, *terminal),
            Self::Got => begin(kind::GOT),
        }
        .finish()
    }

    /// Reads a message's fields; `None` for a kind that this version does not
    /// know.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn decode(kind: u16, fields: &[u8]) -> Result<Option<Self>, Malformed> {
        let every = Every::read(fields)?;
        let request = every.request;
        Ok(Some(match kind {
            kind::WELCOME => Self::Welcome(Welcome {
                version: every.version.ok_or(Malformed("no version"))?,
                generation: every.generation,
                pid: every.pid,
                namespace: every.namespace,
                terminals: every.terminals,
                product: every.product,
            }),
            kind::REFUSED => {
                Self::Refused { reason: every.reason, holder: every.pid, problem: every.message }
            }
            kind::SPAWNED => {
                let held = every.held.into_iter().next().ok_or(Malformed("no terminal"))?;
                Self::Spawned { request, held }
            }
            kind::SPAWN_FAILED => Self::SpawnFailed {
                request,
                errno: every.errno,
                syscall: every.syscall,
                path: every.path,
                message: every.message,
            },
            kind::TERMINALS => Self::Terminals { request, last: every.last, held: every.held },
            kind::EXITED => Self::Exited {
                terminal: every.terminal.ok_or(Malformed("no terminal"))?,
                status: every.status.into_exit().ok_or(Malformed("no status"))?,
            },
            kind::LEAVE => Self::Leave,
            kind::NAME => Self::Name { request, name: every.name },
            kind::DONE => Self::Done {
                request,
                problem: every.message,
                terminal: every.terminal.unwrap_or(0),
            },
            kind::GOT => Self::Got,
            _ => return Ok(None),
        }))
    }
}

impl Reason {
    fn number(self) -> u64 {
        match self {
            Self::Busy => BUSY,
            Self::Version => VERSION,
            Self::Elsewhere => ELSEWHERE,
            Self::Other => 0,
        }
    }

    fn of(number: u64) -> Self {
        match number {
            BUSY => Self::Busy,
            VERSION => Self::Version,
            ELSEWHERE => Self::Elsewhere,
            _ => Self::Other,
        }
    }
}

fn with_status(writer: Writer, status: ExitStatus) -> Writer {
    writer.signed(tag::CODE, status.code).signed(tag::SIGNAL, status.signal)
}

/// A status that may be there.
#[derive(Default)]
struct Status {
    code: Option<i32>,
    signal: Option<i32>,
}

impl Status {
    fn into_exit(self) -> Option<ExitStatus> {
        Some(ExitStatus { code: self.code?, signal: self.signal? })
    }
}

impl Held {
    fn fields(&self) -> Vec<u8> {
        let writer = Writer::nested()
            .number(tag::TERMINAL, self.terminal)
            .bytes(tag::NAME, &self.name)
            .number(tag::PID, self.pid.into())
            .number(tag::DESCRIPTORS, self.descriptors.into());
        match self.status {
            Some(status) => with_status(writer, status),
            None => writer,
        }
        .into_fields()
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let (mut terminal, mut pid, mut name) = (None, 0, Vec::new());
        let (mut descriptors, mut status) = (0, Status::default());
        let mut fields = Fields::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                tag::TERMINAL => terminal = Some(field.number()?),
                tag::NAME => name = field.value.to_vec(),
                tag::PID => pid = field.small()?,
                tag::DESCRIPTORS => descriptors = field.small()?,
                tag::CODE => status.code = Some(field.signed()?),
                tag::SIGNAL => status.signal = Some(field.signed()?),
                _ => {}
            }
        }
        let terminal = terminal.ok_or(Malformed("no terminal"))?;
        Ok(Self { terminal, name, pid, status: status.into_exit(), descriptors })
    }
}

/// Every field that a reply may have.
struct Every {
    request: u64,
    terminal: Option<u64>,
    name: String,
    pid: u32,
    status: Status,
    held: Vec<Held>,
    last: bool,
    version: Option<u64>,
    generation: u64,
    namespace: u64,
    terminals: u64,
    reason: Reason,
    errno: i32,
    syscall: String,
    path: String,
    message: String,
    product: String,
}

impl Every {
    fn new() -> Self {
        Self {
            request: 0,
            terminal: None,
            name: String::new(),
            pid: 0,
            status: Status::default(),
            held: Vec::new(),
            last: false,
            version: None,
            generation: 0,
            namespace: 0,
            terminals: 0,
            reason: Reason::Other,
            errno: 0,
            syscall: String::new(),
            path: String::new(),
            message: String::new(),
            product: String::new(),
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut every = Self::new();
        let mut fields = Fields::new(bytes);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                tag::REQUEST => every.request = field.number()?,
                tag::TERMINAL => every.terminal = Some(field.number()?),
                tag::NAME => every.name = field.text(),
                tag::PID => every.pid = field.small()?,
                tag::CODE => every.status.code = Some(field.signed()?),
                tag::SIGNAL => every.status.signal = Some(field.signed()?),
                tag::HELD => every.held.push(Held::read(field.value)?),
                tag::LAST => every.last = field.number()? != 0,
                tag::VERSION => every.version = Some(field.number()?),
                tag::GENERATION => every.generation = field.number()?,
                tag::NAMESPACE => every.namespace = field.number()?,
                tag::TERMINALS => every.terminals = field.number()?,
                tag::REASON => every.reason = Reason::of(field.number()?),
                tag::ERRNO => every.errno = field.signed()?,
                tag::SYSCALL => every.syscall = field.text(),
                tag::PATH => every.path = field.text(),
                tag::MESSAGE => every.message = field.text(),
                tag::PRODUCT => every.product = field.text(),
                _ => {}
            }
        }
        Ok(every)
    }
}
