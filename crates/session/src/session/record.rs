//! Recordings of a session: what ties the recorder to the history.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use offheap_pty::{ExitStatus, Gate, SpawnOptions};
use offheap_recording::{About, Note, Options, Prepared, Recording, Shown, Source, Taken};
use offheap_ring::Span;

use super::stream::Stream;
use super::tap::{Passage, Tap};
use super::{Closed, Session};

/// Lines of scrollback in the screen that a recording begins with.
const SCROLLBACK: usize = 1000;
/// How many recordings that have ended a session remembers.
const REMEMBERED: usize = 16;
/// How soon a terminal that waits for the recorder asks again whether it may go
/// on although the recorder has not.
const ASK_AGAIN: Duration = Duration::from_millis(10);
/// What a shell adds to a signal's number in an exit status.
const SIGNALLED: i32 = 128;

/// Why a recording could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The session is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The files could not be made.
    #[error(transparent)]
    Recording(#[from] offheap_recording::Error),
}

/// What a recording says of the program on a session's terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) term: Option<String>,
    pub(crate) shell: Option<String>,
    pub(crate) command: Option<String>,
}

impl Program {
    pub(crate) fn of(spawn: &SpawnOptions) -> Self {
        let variable = |name: &str| {
            let (_, value) = spawn.env.iter().find(|(known, _)| known == name)?;
            Some(value.to_string_lossy().into_owned())
        };
        let words = std::iter::once(&spawn.file).chain(&spawn.args);
        let command = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        Self { term: variable("TERM"), shell: variable("SHELL"), command: Some(command) }
    }
}

impl Session {
    /// Begins to record: with the screen as it is, or, where no screen is kept,
    /// with the history. The files are made before this returns; everything else
    /// is done by the recorder's thread. The recording ends with the program's
    /// exit or the session.
    ///
    /// # Errors
    /// [`RecordError`]; then there are no files.
    pub fn record(
        self: &Arc<Self>,
        options: Options,
        about: About,
    ) -> Result<Arc<Recording>, RecordError> {
        if self.is_closed() {
            return Err(Closed.into());
        }
        let client = self.stream.lock().mirror.client();
        let options = Options { client, ..options };
        let prepared = Prepared::new(options, about)?;
        let mut stream = self.stream.lock();
        if self.is_closed() {
            drop(stream);
            prepared.discard();
            return Err(Closed.into());
        }
        let printed = stream.ring().end() > 0;
        let shown = if printed { stream.snapshot(Some(SCROLLBACK)) } else { None };
        let kept = stream.ring().safe_start(0);
        tap(&mut stream, prepared.recording());
        drop(stream);
        let shown = shown.map(|snapshot| Shown {
            data: snapshot.data,
            offset: snapshot.offset,
            cols: snapshot.cols,
            rows: snapshot.rows,
        });
        let offset = shown.as_ref().map_or(kept, |shown| shown.offset);
        let source = Box::new(SessionSource { session: Arc::downgrade(self), took: false });
        let begun = prepared.begin(source, offset, shown).inspect_err(|_| {
            self.stream.lock().drop_taps();
        })?;
        self.remember(&begun);
        Ok(begun)
    }

    /// Goes on with a recording that another process has begun: `first` is its
    /// first file. For a session that was just restored.
    pub(crate) fn go_on_recording(
        self: &Arc<Self>,
        first: &Path,
    ) -> Result<(), offheap_recording::Error> {
        let prepared = Prepared::resume(first)?;
        let (recording, offset, now) = (prepared.recording(), prepared.offset(), Instant::now());
        let mut stream = self.stream.lock();
        let end = stream.ring().end();
        if offset > end {
            let reason = "it is ahead of its session's history";
            return Err(offheap_recording::Error::Invalid { position: 0, reason });
        }
        // What happened since, as far as the journal knows.
        for resize in stream.resizes_since(offset) {
            let note = Note::Resize(resize.cols, resize.rows);
            recording.feed().note(note, resize.offset, now);
        }
        let size = self.size();
        recording.feed().note(Note::Resize(size.cols, size.rows), end, now);
        if let Some(status) = self.exit_status() {
            recording.feed().note(Note::Exit(exit_code(status)), end, now);
        }
        tap(&mut stream, Arc::clone(&recording));
        drop(stream);
        let source = Box::new(SessionSource { session: Arc::downgrade(self), took: false });
        prepared.go_on(source).inspect_err(|_| self.stream.lock().drop_taps())?;
        self.remember(&recording);
        Ok(())
    }

    /// Tells the recordings that another process goes on with them.
    pub(super) fn leave_recordings(&self) {
        for recording in self.recordings() {
            recording.feed().leave();
        }
    }

    fn remember(self: &Arc<Self>, recording: &Arc<Recording>) {
        self.records_input.fetch_or(recording.wants_input(), Ordering::AcqRel);
        let session = Arc::downgrade(self);
        let over = move || {
            if let Some(session) = session.upgrade() {
                session.tell_recorded();
            }
        };
        self.keep(Arc::clone(recording));
        self.tell_recorded();
        recording.on_end(over);
    }

    /// Whether it is being recorded.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.recordings.lock().iter().any(|recording| recording.ending().is_none())
    }

    /// Tells the owner when it is recorded now and was not before, or the other
    /// way round.
    fn tell_recorded(&self) {
        let recorded = self.is_recorded();
        let before = self.told_recorded.swap(recorded, Ordering::AcqRel);
        if before != recorded
            && let Some(owner) = self.owner.get()
        {
            owner.recorded(self, recorded);
        }
    }

    fn keep(&self, recording: Arc<Recording>) {
        let mut recordings = self.recordings.lock();
        let ended = recordings.iter().filter(|known| known.ending().is_some()).count();
        if ended >= REMEMBERED
            && let Some(oldest) = recordings.iter().position(|known| known.ending().is_some())
        {
            recordings.remove(oldest);
        }
        recordings.push(recording);
    }

    /// The recordings that are being written, and the last that have ended,
    /// oldest first.
    #[must_use]
    pub fn recordings(&self) -> Vec<Arc<Recording>> {
        self.recordings.lock().clone()
    }

    /// Tells the recordings that want it of input that its terminal echoes.
    pub(super) fn record_input(&self, data: &[u8]) {
        let at = Instant::now();
        let offset = self.stream.lock().ring().end();
        for recording in self.recordings().iter().filter(|each| each.wants_input()) {
            recording.feed().note(Note::Input(data.to_vec()), offset, at);
        }
    }
}

/// Lets a recording listen from here on.
fn tap(stream: &mut Stream, recording: Arc<Recording>) {
    let capacity = stream.ring().capacity();
    stream.tap(Box::new(RecordingTap { recording, capacity }));
}

/// Says in the recordings that want input that the program did not get the last.
pub(super) fn mark_refused(recordings: &[Arc<Recording>], bytes: usize) {
    for recording in recordings.iter().filter(|each| each.wants_input()) {
        recording.mark(&format!("the last {bytes} bytes of input were refused"));
    }
}

/// Notes for the recorder what passes the session. Bytes of output stay in the
/// history, from which the recorder takes them.
struct RecordingTap {
    recording: Arc<Recording>,
    /// Bytes that the history keeps.
    capacity: usize,
}

impl Tap for RecordingTap {
    fn pass(&mut self, passage: Passage<'_>, offset: u64, at: Instant) {
        let feed = self.recording.feed();
        match passage {
            Passage::Output(bytes) => {
                feed.output(offset, offset + bytes.len() as u64, self.capacity, at);
            }
            // Whether the terminal echoes it is not known here.
            Passage::Input(_) => {}
            Passage::Resize(size) => {
                feed.note(Note::Resize(size.cols, size.rows), offset, at);
            }
            Passage::Exit(status) => {
                feed.note(Note::Exit(exit_code(status)), offset, at);
            }
        }
    }

    fn unread(&self) -> Option<u64> {
        (!self.is_done()).then(|| self.recording.feed().taken())
    }

    fn gate(&self, end: u64, capacity: usize, now: Instant) -> Gate {
        let feed = self.recording.feed();
        let behind = end.saturating_sub(feed.taken());
        if behind <= capacity as u64 / 2 {
            Gate::Open
        } else if self.recording.is_patient() {
            Gate::Shut(None)
        } else if self.recording.is_keeping_up() {
            Gate::Shut(Some(now + ASK_AGAIN))
        } else {
            Gate::Open
        }
    }

    fn is_done(&self) -> bool {
        self.recording.feed().is_done()
    }

    fn close(&mut self, rest: Span<'_>, at: Instant) {
        self.recording.feed().close(rest.start, [rest.head, rest.tail].concat(), at);
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    if status.signal == 0 { status.code } else { SIGNALLED + status.signal }
}

/// Takes output out of a session's history.
struct SessionSource {
    session: Weak<Session>,
    /// Something was taken that the terminal may wait for: whether it does may have
    /// changed since.
    took: bool,
}

impl Source for SessionSource {
    fn take(&mut self, from: u64, into: &mut [u8]) -> Taken {
        let Some(session) = self.session.upgrade() else { return Taken { start: from, length: 0 } };
        let stream = session.stream.lock();
        let ring = stream.ring();
        if session.is_closed() {
            // What was left is in the feed.
            return Taken { start: from, length: 0 };
        }
        let start = if from < ring.start() { ring.safe_start(from) } else { from };
        let length = ring.copy_to(start, into);
        self.took |= length > 0 || start > from;
        Taken { start, length }
    }

    fn screen(&mut self) -> Option<Shown> {
        let snapshot = self.session.upgrade()?.snapshot(Some(SCROLLBACK)).ok()??;
        let (cols, rows) = (snapshot.cols, snapshot.rows);
        Some(Shown { data: snapshot.data, offset: snapshot.offset, cols, rows })
    }

    fn advanced(&mut self) {
        if !std::mem::take(&mut self.took) {
            return;
        }
        if let Some(session) = self.session.upgrade() {
            session.gate_bell.ring();
        }
    }

    fn disk_changed(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.gate_bell.ring();
        }
    }

    fn ended(&mut self) {
        if let Some(session) = self.session.upgrade() {
            session.stream.lock().drop_taps();
            session.gate_bell.ring();
        }
    }
}
