//! Recordings of a session: what ties the recorder to the history.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use offheap_pty::{ExitStatus, Gate};
use offheap_recording::{About, Note, Options, Prepared, Recording, Shown, Source, Taken};
use offheap_ring::Span;

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
        let input = options.input;
        let prepared = Prepared::new(options, about)?;
        let recording = prepared.recording();
        let mut stream = self.stream.lock();
        if self.is_closed() {
            drop(stream);
            prepared.discard();
            return Err(Closed.into());
        }
        let printed = stream.ring().end() > 0;
        let shown = if printed { stream.snapshot(Some(SCROLLBACK)) } else { None };
        let kept = stream.ring().safe_start(0);
        let capacity = stream.ring().capacity();
        stream.tap(Box::new(RecordingTap { recording: Arc::clone(&recording), capacity }));
        drop(stream);
        let shown = shown.map(|snapshot| Shown {
            data: snapshot.data,
            offset: snapshot.offset,
            cols: snapshot.cols,
            rows: snapshot.rows,
        });
        let offset = shown.as_ref().map_or(kept, |shown| shown.offset);
        let source = SessionSource { session: Arc::downgrade(self), behind: false };
        let begun = prepared.begin(Box::new(source), offset, shown).inspect_err(|_| {
            self.stream.lock().drop_taps();
        })?;
        self.remember(recording);
        self.records_input.fetch_or(input, Ordering::AcqRel);
        Ok(begun)
    }

    fn remember(&self, recording: Arc<Recording>) {
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
    /// The terminal may wait for what is taken now.
    behind: bool,
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
        self.behind |= ring.end() - start > ring.capacity() as u64 / 2;
        Taken { start, length: ring.copy_to(start, into) }
    }

    fn screen(&mut self) -> Option<Shown> {
        let snapshot = self.session.upgrade()?.snapshot(Some(SCROLLBACK)).ok()??;
        let (cols, rows) = (snapshot.cols, snapshot.rows);
        Some(Shown { data: snapshot.data, offset: snapshot.offset, cols, rows })
    }

    fn advanced(&mut self) {
        if !std::mem::take(&mut self.behind) {
            return;
        }
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
