//! A session: a bounded history that every byte of output passes, the viewers
//! that read it, and the terminal it comes from, if it has one.

mod allowance;
mod backlog;
mod cursor;
mod delivery;
mod frame;
mod journaled;
mod kept;
mod knowledge;
mod lasting;
mod making;
mod mirror;
mod pacing;
mod record;
mod recovery;
mod shell;
mod sink;
mod skim;
mod snapshot;
mod stream;
mod stretches;
mod tap;
mod view;
mod viewers;
mod viewing;
mod waiting;
mod waits;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use offheap_journal::Room;
use offheap_recording::Recording;
use parking_lot::Mutex;

use crate::meter::{Counter, Meter};
use offheap_pty::{
    ExitStatus, GateBell, Pty, PtySize, Sink, SpawnError, SpawnOptions, Spawner, WriteError,
};
use offheap_screen::{Client, ScreenOptions};

pub use knowledge::ShellNews;
pub(crate) use lasting::{checkpoint_size, shape};
pub use mirror::Theme;
pub(crate) use record::Program;
pub use record::RecordError;
pub use shell::{Command, Facts, Integration, Notice, Progress, ProgressState, RemoteDirectory};
pub use snapshot::Snapshot;
use stream::Stream;
pub use tap::{Passage, Tap};
pub use view::{
    Format, Frame, Gap, Origin, Recovery, Replay, SnapshotHead, Stretch, ViewerOptions,
    ViewerPosition,
};
pub use viewers::ViewerKey;
pub use waiting::{Abort, Awaited, Found, Outcome, Pattern, PatternError, Ran, WaitError};

/// What happened to a session that its owner wants to know.
pub trait Owner: Send + Sync + 'static {
    /// The shell ended; everything it printed is in the history.
    fn exited(&self, session: &Session, status: ExitStatus);
    /// Input was given: the session is in use. `waits` says that some of the
    /// input has to wait.
    fn active(&self, _session: &Session, _waits: bool) {}
    /// The last viewer has just gone.
    fn unwatched(&self, _session: &Session) {}
    /// The terminal is gone: after the exit, no output will come any more.
    fn ended(&self, _session: &Session) {}
    /// Input that had to wait has all been taken.
    fn drained(&self, _session: &Session) {}
    /// It is recorded from now on, or no longer. Called from any thread.
    fn recorded(&self, _session: &Session, _recorded: bool) {}
    /// There is something new to be told of its shell.
    fn news(&self, _session: &Session) {}
    /// Something panicked that had to do with this session alone.
    fn failed(&self, _session: &Session) {}
}

/// A session is gone: it was closed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is closed")]
pub struct Closed;

/// A session's life-long state. The handle is shared; all methods may be
/// called from any thread and none waits for a terminal.
pub struct Session {
    /// Where the output for a journal is read to. Held over a read that does not wait,
    /// and by whoever else appends; taken before the stream.
    room: Mutex<Option<Room>>,
    stream: Mutex<Stream>,
    gate_bell: GateBell,
    pty: Mutex<Option<Arc<dyn Pty>>>,
    pid: AtomicU32,
    tty_name: OnceLock<String>,
    size: Mutex<PtySize>,
    status: OnceLock<ExitStatus>,
    /// How the program ended that an earlier process had started; it counts
    /// until there is another.
    earlier: Option<ExitStatus>,
    /// The history lies in a journal, which output is read straight into.
    journaled: bool,
    closed: AtomicBool,
    /// The terminal has ended: no output will come.
    ended: AtomicBool,
    meter: Arc<Meter>,
    owner: OnceLock<Arc<dyn Owner>>,
    recordings: Mutex<Vec<Arc<Recording>>>,
    /// A recording wants input, or once did.
    records_input: AtomicBool,
    /// Whether the owner was last told that it is recorded.
    told_recorded: AtomicBool,
    /// What was started on its terminal.
    program: OnceLock<Program>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl Session {
    /// A session without a terminal, whose history keeps `history` bytes, with
    /// a screen if one is asked for.
    #[must_use]
    pub fn new(history: usize, screen: Option<ScreenOptions>, meter: Arc<Meter>) -> Arc<Self> {
        let stream = Stream::new(history, screen, Arc::clone(&meter));
        Self::over(stream, PtySize::new(80, 24), None, meter)
    }

    fn over(
        mut stream: Stream,
        size: PtySize,
        earlier: Option<ExitStatus>,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        Arc::new(Self {
            journaled: stream.kept.is_some(),
            room: Mutex::new(stream.kept.as_mut().and_then(|kept| kept.journal.take_room())),
            stream: Mutex::new(stream),
            gate_bell: GateBell::default(),
            pty: Mutex::new(None),
            pid: AtomicU32::new(0),
            tty_name: OnceLock::new(),
            size: Mutex::new(size),
            status: OnceLock::new(),
            earlier,
            closed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            meter,
            owner: OnceLock::new(),
            recordings: Mutex::default(),
            records_input: AtomicBool::new(false),
            told_recorded: AtomicBool::new(false),
            program: OnceLock::new(),
        })
    }

    /// Names who is told of the session's exit. Only the first call counts.
    pub fn set_owner(&self, owner: Arc<dyn Owner>) {
        let _ = self.owner.set(owner);
    }

    /// Starts a program on a terminal of the session's own, which `spawner`
    /// makes. No lock is held meanwhile.
    ///
    /// # Errors
    /// What [`Spawner::spawn`] says; the session stays as it was.
    pub fn spawn(
        self: &Arc<Self>,
        spawner: &dyn Spawner,
        options: &SpawnOptions,
    ) -> Result<(), SpawnError> {
        let sink: Arc<dyn Sink> = Arc::clone(self) as Arc<dyn Sink>;
        let own = self.journal_name().and_then(|name| spawner.for_journal(&name));
        let pty = own.as_deref().unwrap_or(spawner).spawn(options, sink)?;
        let _ = self.program.set(Program::of(options));
        self.adopt(&pty, options.size);
        Ok(())
    }

    /// Takes a terminal, of which nothing has been read yet, for its own.
    fn adopt(&self, pty: &Arc<dyn Pty>, size: PtySize) {
        *self.size.lock() = size;
        let mut stream = self.stream.lock();
        stream.begin(size, Instant::now());
        if let Some(kept) = &mut stream.kept {
            kept.set_program(pty.pid());
        }
        drop(stream);
        self.pid.store(pty.pid(), Ordering::Release);
        if let Some(name) = pty.tty_name() {
            let _ = self.tty_name.set(name);
        }
        // An exit that comes at once finds the terminal in its place.
        *self.pty.lock() = Some(Arc::clone(pty));
        pty.begin();
    }

    /// The terminal, while its program runs.
    #[must_use]
    pub fn pty(&self) -> Option<Arc<dyn Pty>> {
        self.pty.lock().clone()
    }

    /// What was started on its terminal by this process.
    #[must_use]
    pub(crate) fn program(&self) -> Option<&Program> {
        self.program.get()
    }

    /// The process id of the program, 0 when there never was one.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Acquire)
    }

    /// The path of the program's side of the terminal, such as `/dev/pts/3`,
    /// also after its end; `None` without a terminal, and on Windows.
    #[must_use]
    pub fn tty_name(&self) -> Option<&str> {
        self.tty_name.get().map(String::as_str)
    }

    /// The window size.
    #[must_use]
    pub fn size(&self) -> PtySize {
        *self.size.lock()
    }

    /// How the program ended, once it has.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.status.get().copied().or_else(|| self.earlier.filter(|_| self.pid() == 0))
    }

    /// Whether the session was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Output from elsewhere, for sessions without a terminal. Returns the
    /// offset past the last byte.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn append(&self, bytes: &[u8]) -> Result<u64, Closed> {
        self.meter.count(Counter::BytesOut, bytes.len() as u64);
        let mut answers = Vec::new();
        let room = self.journaled.then(|| self.room.lock());
        let mut stream = self.stream.lock();
        if self.is_closed() {
            return Err(Closed);
        }
        let end = stream.append(bytes, &mut answers, Instant::now());
        let has_news = stream.mirror.shell.has_news();
        drop((stream, room));
        self.tell_news_if(has_news);
        if !answers.is_empty() {
            self.answer(&answers);
        }
        Ok(end)
    }

    /// What the screen answers for absent viewers. A program that reads so
    /// little that its queue is full gets no answer either.
    fn answer(&self, answers: &[u8]) {
        if let Some(pty) = self.pty() {
            let _ = pty.write(answers);
        }
    }

    /// Input for the program; `true` when all of it reached the terminal.
    ///
    /// # Errors
    /// What [`Pty::write`] says; [`WriteError::Exited`] without a terminal.
    pub fn write(&self, data: &[u8]) -> Result<bool, WriteError> {
        // A background process may still hold the terminal; input is not for it.
        let live = self.pty().filter(|_| self.status.get().is_none());
        let pty = live.ok_or(WriteError::Exited)?;
        // Asked before: what is typed blindly is not recorded.
        let recorded = self.records_input.load(Ordering::Acquire) && pty.echoes();
        self.stream.lock().input(data, Instant::now());
        if recorded {
            // Before the program can act on it, or end.
            self.record_input(data);
        }
        let direct = pty.write(data).inspect_err(|_| {
            if recorded {
                record::mark_refused(&self.recordings(), data.len());
            }
        })?;
        self.meter.count(Counter::BytesIn, data.len() as u64);
        if let Some(owner) = self.owner.get() {
            owner.active(self, !direct);
        }
        Ok(direct)
    }

    /// Input bytes that wait for the program.
    #[must_use]
    pub fn queued_input(&self) -> usize {
        self.pty().map_or(0, |pty| pty.queued())
    }

    /// Sets the window size; without a live terminal it is only remembered.
    pub fn resize(&self, size: PtySize) {
        *self.size.lock() = size;
        self.stream.lock().resize(size, Instant::now());
        if let Some(pty) = self.pty() {
            pty.resize(size);
        }
    }

    /// Sets the colours with which the screen answers queries for them. Initially
    /// those of xterm.js' default theme.
    pub fn set_theme(&self, theme: Theme) {
        self.stream.lock().set_theme(theme);
    }

    /// The terminal of clients that say nothing of theirs, as it was said when the
    /// session was made.
    #[must_use]
    pub fn own_client(&self) -> Client {
        self.stream.lock().mirror.own_client()
    }

    /// The newest `max` bytes, from a safe boundary on.
    #[must_use]
    pub fn tail(&self, max: usize) -> Vec<u8> {
        self.stream.lock().tail(max)
    }

    /// Offsets of the oldest byte kept and past the newest.
    #[must_use]
    pub fn span(&self) -> (u64, u64) {
        let stream = self.stream.lock();
        (stream.ring().start(), stream.ring().end())
    }

    /// Copies out up to `max` bytes from `offset` on.
    #[must_use]
    pub fn read_from(&self, offset: u64, max: usize) -> Stretch {
        self.stream.lock().read_from(offset, max)
    }

    /// Memory that the history occupies, in bytes.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.stream.lock().ring().allocated()
    }

    /// Memory that history and screen occupy now, in bytes. Output that the
    /// screen has not followed yet is not parsed for it.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.stream.lock().memory()
    }

    /// Gives the history's memory back, keeping the newest `keep` bytes; how
    /// much that was. Nothing is taken that a viewer has not read yet.
    pub(crate) fn shrink_history(&self, keep: usize) -> usize {
        self.stream.lock().shrink(keep)
    }

    /// When the last output came, or the session was made.
    #[must_use]
    pub(crate) fn last_output(&self) -> Instant {
        self.stream.lock().last_output()
    }

    /// Lets somebody listen to all that passes the session from now on, until it
    /// is closed.
    pub fn tap(&self, tap: Box<dyn Tap>) {
        self.stream.lock().tap(tap);
    }

    /// Stops and restarts the reading of the terminal, on the owner's word.
    pub fn set_paused(&self, paused: bool) {
        self.stream.lock().set_paused(paused);
        self.gate_bell.ring();
    }

    /// Sends a signal to the program's process group.
    pub fn kill(&self, signal: i32) {
        if let Some(pty) = self.pty() {
            pty.kill(signal);
        }
    }

    /// Drops the terminal once both its end and its program's exit are known:
    /// a program that is gone may have left others that print.
    fn let_go(&self) {
        if self.ended.load(Ordering::Acquire) && self.status.get().is_some() {
            // Taken out first: a terminal is not dropped under the lock.
            let pty = self.pty.lock().take();
            drop(pty);
        }
    }

    /// Ends the session: its memory is freed and its viewers are closed before
    /// this returns, its process group has been hung up on. Idempotent;
    /// `true` when this call did it.
    pub fn close(&self) -> bool {
        let first = self.release();
        self.hang_up();
        first
    }

    /// The first half of [`Session::close`]: frees the memory and closes the
    /// viewers. It makes no system call, so an owner may call it under a lock
    /// of its own.
    pub fn release(&self) -> bool {
        let mut stream = self.stream.lock();
        let first = !self.closed.swap(true, Ordering::AcqRel);
        if first {
            stream.close();
        }
        first
    }

    /// The second half of [`Session::close`]: lets go of the terminal.
    pub fn hang_up(&self) {
        let pty = self.pty.lock().take();
        if let Some(pty) = pty {
            pty.close();
        }
        self.gate_bell.ring();
        self.forget();
    }

    /// Deletes the journal of a session that is closed.
    fn forget(&self) {
        let kept = if self.is_closed() { self.stream.lock().kept.take() } else { None };
        if let Some(kept) = kept {
            drop(self.room.lock().take());
            // A file that cannot be deleted is restored once more.
            let _ = kept.journal.remove();
        }
    }
}
