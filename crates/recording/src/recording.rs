//! The handle of one recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use crate::error::Error;
use crate::event;
use crate::feed::{Feed, Note};
use crate::keyframes::Ending;
use crate::options::SlowDisk;

type Told = Box<dyn FnOnce() + Send>;
/// A code and a message.
type Problem = (&'static str, String);

#[derive(Default)]
struct State {
    file: PathBuf,
    bytes: u64,
    missed: u64,
    problem: Option<Problem>,
    /// Why another file could not be begun; this one goes on.
    refused: Option<Problem>,
    ending: Option<Ending>,
    on_end: Vec<Told>,
}

/// A recording while it is written, and what is known of it afterwards. No
/// method waits for the disk.
pub struct Recording {
    pub(crate) id: u64,
    feed: Feed,
    pub(crate) started: Instant,
    /// The first file, of which later ones are numbered sequels.
    first: PathBuf,
    input: bool,
    slow_disk: SlowDisk,
    state: Mutex<State>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Recording").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Recording {
    pub(crate) fn new(
        id: u64,
        feed: Feed,
        input: bool,
        slow_disk: SlowDisk,
        (first, file): (PathBuf, PathBuf),
    ) -> Arc<Self> {
        let state = Mutex::new(State { file, ..State::default() });
        Arc::new(Self { id, feed, started: Instant::now(), first, input, slow_disk, state })
    }

    /// Where it is told what happens.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Whether it is to be told of input.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.input && !self.feed.is_done()
    }

    /// Whether the terminal waits for this recording however long it takes.
    #[must_use]
    pub fn is_patient(&self) -> bool {
        self.slow_disk == SlowDisk::Pause && !self.feed.is_done()
    }

    /// Whether the terminal waits for this recording while it keeps up: the
    /// recorder is at work, rather than waiting for a disk.
    #[must_use]
    pub fn is_keeping_up(&self) -> bool {
        !self.feed.is_done() && !crate::disk::is_waiting() && self.state.lock().problem.is_none()
    }

    /// The file that is being written, or was last.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.state.lock().file.clone()
    }

    /// The file that it began with.
    #[must_use]
    pub fn first_file(&self) -> &Path {
        &self.first
    }

    /// Bytes of the casts written so far, in all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.state.lock().bytes
    }

    /// Bytes of output that are missing.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.state.lock().missed
    }

    /// What keeps it from being written, or from being gone on with in another
    /// file, or ended it: a code and a message.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let state = self.state.lock();
        state.problem.as_ref().or(state.refused.as_ref()).cloned()
    }

    /// How it ended, once everything is in the file.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.state.lock().ending
    }

    /// Puts a marker at this moment; `false` when too much waits to be written,
    /// or the recording has ended. A label is cut at 4096 bytes.
    pub fn mark(&self, label: &str) -> bool {
        !self.feed.is_done() && self.feed.note_now(Note::Mark(event::label(label).to_owned()))
    }

    /// Ends the recording after what was printed so far. Idempotent.
    pub fn stop(&self) {
        if !self.feed.is_done() {
            self.feed.note_now(Note::End(Ending::Stopped));
        }
    }

    /// Ends the recording and removes its files.
    pub fn discard(self: &Arc<Self>) {
        let me = Arc::clone(self);
        self.on_end(move || crate::folder::remove(&me.file()));
        self.stop();
    }

    /// Calls back when everything is in the file: from the recorder's thread, or
    /// at once when it is already.
    pub fn on_end(&self, told: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        if state.ending.is_none() {
            state.on_end.push(Box::new(told));
        } else {
            drop(state);
            told();
        }
    }

    pub(crate) fn set_file(&self, file: PathBuf) {
        self.state.lock().file = file;
    }

    pub(crate) fn set_bytes(&self, bytes: u64) {
        self.state.lock().bytes = bytes;
    }

    pub(crate) fn add_missed(&self, bytes: u64) {
        self.state.lock().missed += bytes;
    }

    pub(crate) fn set_problem(&self, problem: Option<&Error>) {
        self.state.lock().problem = problem.map(problem_of);
    }

    pub(crate) fn set_refused(&self, problem: Option<&Error>) {
        self.state.lock().refused = problem.map(problem_of);
    }

    pub(crate) fn end(&self, ending: Ending) {
        self.feed.set_done();
        let mut state = self.state.lock();
        state.ending = Some(ending);
        let told = std::mem::take(&mut state.on_end);
        drop(state);
        for told in told {
            told();
        }
    }
}

fn problem_of(error: &Error) -> Problem {
    (error.code(), error.to_string())
}
