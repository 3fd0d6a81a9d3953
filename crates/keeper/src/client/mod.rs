//! A server's side: finding or starting the keeper, having it start shells,
//! taking over what it keeps.
//!
//! Nothing here waits longer than 2 s for a keeper. One that has not
//! answered in time is not asked again until it has. If the keeper dies, the
//! terminals go on: this process has descriptors of its own, and gives them to
//! the next keeper.

mod connect;
mod link;
mod relink;
mod renewal;
mod spawner;
mod terminal;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use offheap_pty::{KeptTerminal, Manner, Pty, Sink, SpawnOptions};
use parking_lot::{Condvar, Mutex};

use crate::error::KeeperError;
use crate::place::Place;
use crate::protocol::{MAX_MESSAGE, Reply, Request, Spawn, Welcome};
pub use connect::replace;
use link::Link;
pub use spawner::Custody;
pub use terminal::Found;
use terminal::Terminal;

/// The longest that anything waits for a keeper that is connected.
pub(crate) const BOUND: Duration = Duration::from_secs(2);

/// How a keeper is found and told to work.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory that it serves: this user's alone.
    pub directory: PathBuf,
    /// The keeper's binary.
    pub binary: PathBuf,
    /// Whether another server is asked to leave, and ended if it does not.
    pub takeover: bool,
    /// How long output waits in the terminals while no server is there.
    pub drain_after: Duration,
    /// How long shells live while no server is there.
    pub orphan_timeout: Duration,
}

impl Settings {
    /// The defaults.
    #[must_use]
    pub fn new(directory: PathBuf, binary: PathBuf) -> Self {
        Self {
            directory,
            binary,
            takeover: false,
            drain_after: crate::DEFAULT_DRAIN_AFTER,
            orphan_timeout: crate::DEFAULT_ORPHAN_TIMEOUT,
        }
    }
}

/// What a keeper wants of its server. Called on a thread of the connection's
/// own, which nothing else waits for.
pub trait Events: Send + Sync + 'static {
    /// Another server takes over: let go of every terminal
    /// ([`Pty::leave`](offheap_pty::Pty::leave)) and call [`Keeper::leave`],
    /// at once: who has not after a second is ended.
    fn leave(&self);
}

/// A connection to the keeper of a directory.
#[derive(Clone)]
pub struct Keeper(Arc<Shared>);

struct Shared {
    settings: Settings,
    place: Place,
    events: Arc<dyn Events>,
    state: Mutex<State>,
    /// The link has changed.
    changed: Condvar,
}

struct State {
    link: Option<Arc<Link>>,
    welcome: Welcome,
    terminals: Vec<Weak<Terminal>>,
    /// Somebody is looking for a new keeper.
    relinking: bool,
    left: bool,
}

impl Keeper {
    /// Connects to the directory's keeper, or starts it.
    ///
    /// # Errors
    /// A [`KeeperError`]; what the keeper has stays with it.
    pub fn connect_or_start(
        settings: Settings,
        events: Arc<dyn Events>,
    ) -> Result<Self, KeeperError> {
        let place = Place::open(&settings.directory)?;
        let (channel, welcome) = connect::connect_or_start(&place, &settings)?;
        let state =
            State { link: None, welcome, terminals: Vec::new(), relinking: false, left: false };
        let shared = Arc::new(Shared {
            settings,
            place,
            events,
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let link = Link::start(channel, &shared)?;
        shared.state.lock().link = Some(link);
        renewal::begin(&shared);
        Ok(Self(shared))
    }

    /// Which of the keeper's servers this is; the first is 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.state.lock().welcome.generation
    }

    /// Everything that the keeper has.
    ///
    /// # Errors
    /// [`KeeperError::Descriptors`] when there is no room for it here,
    /// [`KeeperError::Timeout`], [`KeeperError::Lost`]. The keeper has it still.
    pub fn take(&self) -> Result<Vec<Found>, KeeperError> {
        let link = self.0.link()?;
        let answers = link.ask(
            |request| Request::Take { request },
            Vec::new(),
            |reply| matches!(reply, Reply::Terminals { last: true, .. }),
        )?;
        let mut found = Vec::new();
        for answer in answers {
            if answer.incomplete {
                return Err(KeeperError::Descriptors);
            }
            found.extend(answer.found);
        }
        Ok(found)
    }

    /// Starts a program on a new terminal that the keeper holds, named for the
    /// session it is for: that is the name of its journal's file.
    ///
    /// # Errors
    /// [`KeeperError::Spawn`] and what [`Keeper::take`] may say.
    pub fn spawn(
        &self,
        name: &[u8],
        options: &SpawnOptions,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, KeeperError> {
        let link = self.0.link()?;
        let spawn = request(name, options);
        if Request::Spawn(spawn.clone()).encode().len() > MAX_MESSAGE {
            return Err(KeeperError::TooLong(MAX_MESSAGE));
        }
        let mut answers =
            link.ask(|request| Request::Spawn(Spawn { request, ..spawn }), Vec::new(), |_| true)?;
        let answer = answers.pop().ok_or(KeeperError::Lost)?;
        if let Reply::SpawnFailed { errno, syscall, path, message, .. } = answer.reply {
            return Err(offheap_pty::spawn_error(errno, &syscall, path, message).into());
        }
        let found = answer.found.into_iter().next().ok_or(KeeperError::Lost)?;
        if answer.incomplete {
            Box::new(found).close();
            return Err(KeeperError::Descriptors);
        }
        Ok(Box::new(found).adopt(Manner::from(options), sink)?)
    }

    /// Says that every terminal was let go of: the next server may come. To be
    /// called after they were, and after what was read of them has been kept.
    /// Nothing can be asked of this connection any more.
    pub fn leave(&self) {
        self.0.leave();
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keeper").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Shared {
    /// The connection, or the next one if that comes soon enough.
    fn link(self: &Arc<Self>) -> Result<Arc<Link>, KeeperError> {
        let until = Instant::now() + BOUND;
        let mut state = self.state.lock();
        loop {
            if state.left {
                return Err(KeeperError::Lost);
            }
            if let Some(link) = state.link.as_ref().filter(|link| !link.is_lost()) {
                return Ok(Arc::clone(link));
            }
            if Instant::now() >= until {
                return Err(KeeperError::Lost);
            }
            if !state.relinking {
                self.begin_to_relink(&mut state)?;
            }
            self.changed.wait_until(&mut state, until);
        }
    }

    /// Sends something that is not answered, if there is anybody to hear it.
    fn tell(&self, request: &Request) {
        let link = self.state.lock().link.clone();
        if let Some(link) = link {
            link.send(request, Vec::new());
        }
    }

    fn leave(&self) {
        let mut state = self.state.lock();
        let first = !std::mem::replace(&mut state.left, true);
        let link = state.link.take();
        drop(state);
        self.changed.notify_all();
        // What was closed and has not ended yet is waited for without a keeper.
        for terminal in self.terminals() {
            terminal.set_number(0);
            terminal.report.set_held(false);
        }
        if let Some(link) = link.filter(|_| first) {
            link.send(&Request::Left, Vec::new());
            link.end(BOUND);
        }
    }
}

impl Drop for Shared {
    /// Nobody has a terminal any more, or this would not be dropped.
    fn drop(&mut self) {
        self.leave();
    }
}

fn request(name: &[u8], options: &SpawnOptions) -> Spawn {
    use std::os::unix::ffi::OsStrExt;
    let bytes = |text: &std::ffi::OsStr| text.as_bytes().to_vec();
    // The keeper's directory is another one.
    let cwd = std::path::absolute(&options.cwd).unwrap_or_else(|_| options.cwd.clone());
    Spawn {
        request: 0,
        name: name.to_vec(),
        file: bytes(&options.file),
        argv0: options.argv0.as_deref().map(bytes),
        args: options.args.iter().map(|argument| bytes(argument)).collect(),
        env: options.env.iter().map(|(name, value)| (bytes(name), bytes(value))).collect(),
        cwd: bytes(cwd.as_os_str()),
        size: options.size,
        uid: options.uid,
        gid: options.gid,
    }
}
