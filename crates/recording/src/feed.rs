//! What happens to a session beside its output, on its way to the recorder's
//! thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::keyframes::Ending;

/// How exactly output is timed.
const TIMING: Duration = Duration::from_millis(4);
/// Notes that wait, at most; from half of it on output is timed more roughly.
const MAX_NOTES: usize = 16 * 1024;
/// Bytes of input and markers that wait, at most.
const MAX_TEXT: usize = 1 << 20;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The output from here on came at this time.
    Time,
    /// A new size: columns and rows.
    Resize(u16, u16),
    /// Bytes for the program.
    Input(Vec<u8>),
    /// A marker.
    Mark(String),
    /// The program exited with this status.
    Exit(i32),
    /// Nothing more is recorded.
    End(Ending),
}

/// A note with its place in the output and its time.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) note: Note,
    pub(crate) offset: u64,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct Notes {
    list: Vec<Noted>,
    /// Bytes of text in the list.
    text: usize,
    /// The end of the output.
    end: u64,
    timed: Option<Instant>,
    /// The output that was left when the session was closed, and its offset.
    rest: Option<(u64, Vec<u8>)>,
}

/// Takes notes from whoever drives a session, without ever waiting, and wakes
/// the recorder's thread.
pub struct Feed {
    notes: Mutex<Notes>,
    /// The offset up to which the recorder has read.
    taken: AtomicU64,
    queued: AtomicBool,
    urgent: AtomicBool,
    /// Nothing is taken any more.
    done: AtomicBool,
    /// The session is left to another process.
    left: AtomicBool,
    wake: Box<dyn Fn(bool) + Send + Sync>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Feed").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Feed {
    pub(crate) fn new(wake: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self {
            notes: Mutex::default(),
            taken: AtomicU64::new(0),
            queued: AtomicBool::new(false),
            urgent: AtomicBool::new(false),
            done: AtomicBool::new(false),
            left: AtomicBool::new(false),
            wake: Box::new(wake),
        }
    }

    /// Output came: from one offset up to another. `capacity` is what the
    /// history keeps of it.
    pub fn output(&self, start: u64, end: u64, capacity: usize, at: Instant) {
        if self.is_done() {
            return;
        }
        let mut notes = self.notes.lock();
        notes.end = end;
        let due = notes.timed.is_none_or(|timed| at.saturating_duration_since(timed) >= TIMING);
        if due && notes.list.len() < MAX_NOTES / 2 {
            notes.timed = Some(at);
            notes.list.push(Noted { note: Note::Time, offset: start, at });
        }
        drop(notes);
        // The recorder has to hurry when the history fills up.
        self.wake(end.saturating_sub(self.taken()) >= capacity as u64 / 4);
    }

    /// Something else happened, just before the output from `offset` on. Input
    /// and markers beyond the bound are left out: `false`.
    pub fn note(&self, note: Note, offset: u64, at: Instant) -> bool {
        let mut notes = self.notes.lock();
        notes.end = notes.end.max(offset);
        let kept = notes.push(Noted { note, offset, at });
        drop(notes);
        self.wake(false);
        kept
    }

    /// The same, from who does not know the offset.
    pub(crate) fn note_now(&self, note: Note) -> bool {
        let mut notes = self.notes.lock();
        let offset = notes.end;
        let kept = notes.push(Noted { note, offset, at: Instant::now() });
        drop(notes);
        self.wake(true);
        kept
    }

    /// The session will be closed because another process goes on with it.
    pub fn leave(&self) {
        self.left.store(true, Ordering::Release);
    }

    /// The session is closed. `rest` is its output from `start` on, which goes
    /// with it.
    pub fn close(&self, start: u64, rest: Vec<u8>, at: Instant) {
        let mut notes = self.notes.lock();
        let end = start + rest.len() as u64;
        if !self.is_done() {
            notes.rest = Some((start, rest));
            let left = self.left.load(Ordering::Acquire);
            let ending = if left { Ending::Left } else { Ending::Closed };
            notes.push(Noted { note: Note::End(ending), offset: end, at });
        }
        drop(notes);
        self.wake(true);
    }

    /// The offset up to which the recorder has read.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Acquire)
    }

    /// Whether nothing is taken any more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    fn wake(&self, urgent: bool) {
        let news = if urgent {
            let first = !self.urgent.swap(true, Ordering::AcqRel);
            self.queued.store(true, Ordering::Release);
            first
        } else {
            !self.queued.swap(true, Ordering::AcqRel)
        };
        if news {
            (self.wake)(urgent);
        }
    }

    /// The recorder looks now: what comes from here on wakes it again.
    pub(crate) fn looking(&self) {
        self.queued.store(false, Ordering::Release);
        self.urgent.store(false, Ordering::Release);
    }

    pub(crate) fn drain(&self, into: &mut std::collections::VecDeque<Noted>) {
        let mut notes = self.notes.lock();
        into.extend(notes.list.drain(..));
        notes.text = 0;
    }

    pub(crate) fn rest(&self) -> Option<(u64, Vec<u8>)> {
        self.notes.lock().rest.take()
    }

    /// Whether the end is among the notes.
    pub(crate) fn is_ending(&self) -> bool {
        let is_last = |noted: &Noted| matches!(noted.note, Note::Exit(_) | Note::End(_));
        self.notes.lock().list.iter().any(is_last)
    }

    pub(crate) fn set_taken(&self, offset: u64) {
        self.taken.store(offset, Ordering::Release);
    }

    pub(crate) fn set_done(&self) {
        self.done.store(true, Ordering::Release);
        *self.notes.lock() = Notes::default();
    }
}

impl Notes {
    fn push(&mut self, noted: Noted) -> bool {
        let text = match &noted.note {
            Note::Input(bytes) => bytes.len(),
            Note::Mark(label) => label.len(),
            Note::Resize(..) => return self.push_resize(noted),
            Note::Time | Note::Exit(_) | Note::End(_) => 0,
        };
        let last = matches!(noted.note, Note::Exit(_) | Note::End(_));
        if !last && (self.list.len() >= MAX_NOTES || self.text + text > MAX_TEXT) {
            return false;
        }
        self.text += text;
        self.list.push(noted);
        true
    }

    /// Of many resizes that wait only the last matters.
    fn push_resize(&mut self, noted: Noted) -> bool {
        if self.list.len() < MAX_NOTES {
            self.list.push(noted);
        } else if let Some(known) =
            self.list.iter_mut().rev().find(|known| matches!(known.note, Note::Resize(..)))
        {
            *known = noted;
        }
        true
    }
}
