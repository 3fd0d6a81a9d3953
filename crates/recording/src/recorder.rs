//! The one thread that writes every recording of the process.

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::clock::Clock;
use crate::disk::on_disk;
use crate::error::Error;
use crate::feed::{Feed, Note};
use crate::folder;
use crate::header::About;
use crate::keyframes::Ending;
use crate::options::{Options, epoch};
use crate::output::Output;
use crate::recording::Recording;
use crate::track::{Shown, Source, Step, Track};
use crate::upkeep;

/// How long output may wait for more of it, before it is written.
const GATHER: Duration = Duration::from_millis(20);
/// How often old recordings are looked for.
const RETAIN_EVERY: Duration = Duration::from_mins(1);
/// How many folders are remembered as repaired.
const MAX_FOLDERS: usize = 1024;
/// Bytes that are taken out of a history at once.
const BUFFER: usize = 64 * 1024;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static INBOX: Inbox = Inbox {
    state: Mutex::new(Waiting {
        begun: Vec::new(),
        ready: Vec::new(),
        urgent: false,
        soon: false,
        rounds: 0,
        wanted: 0,
        finishing: false,
        runs: false,
    }),
    bell: Condvar::new(),
    flushed: Condvar::new(),
};

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Waiting {
    begun: Vec<Track>,
    ready: Vec<u64>,
    urgent: bool,
    /// The thread sleeps no longer than output may wait.
    soon: bool,
    /// Rounds that wrote everything, and the round that somebody waits for.
    rounds: u64,
    wanted: u64,
    /// Every recording is to end.
    finishing: bool,
    runs: bool,
}

struct Inbox {
    state: Mutex<Waiting>,
    bell: Condvar,
    flushed: Condvar,
}

/// A recording whose files exist, and which has not begun yet.
pub struct Prepared {
    recording: Arc<Recording>,
    options: Options,
    about: About,
    output: Output,
    /// Where another process has stopped; `None` for a new recording.
    resumed: Option<u64>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Prepared").field(&self.recording).finish()
    }
}

impl Prepared {
    /// Makes the files of a recording.
    ///
    /// # Errors
    /// An [`Error`]; then there are none.
    pub fn new(options: Options, about: About) -> Result<Self, Error> {
        let about = about.bounded();
        let output = Output::create(&options, &about)?;
        Ok(Self::over(output, options, about, None))
    }

    /// Opens the files of a recording that another process has begun with
    /// [`Options::journal`], and has not ended. `first` is its first file. It has
    /// nothing more to be begun with: [`Prepared::go_on`].
    ///
    /// # Errors
    /// [`Error::Over`] for one that has ended; another [`Error`] where it cannot
    /// go on.
    pub fn resume(first: &Path) -> Result<Self, Error> {
        let (output, context, offset) = Output::resume(first)?;
        Ok(Self::over(output, context.options, context.about, Some(offset)))
    }

    fn over(output: Output, options: Options, about: About, resumed: Option<u64>) -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let feed = Feed::new(move |urgent| wake(id, urgent));
        let files = (output.first.clone(), output.path.clone());
        let recording = Recording::new(id, feed, options.input, options.slow_disk, files);
        Self { recording, options, about, output, resumed }
    }

    /// The recording's handle. What its feed is told before the beginning is not
    /// lost.
    #[must_use]
    pub fn recording(&self) -> Arc<Recording> {
        Arc::clone(&self.recording)
    }

    /// The offset of the output that is recorded next, for one that another
    /// process has begun; else 0.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.resumed.unwrap_or(0)
    }

    /// Begins to record the output of a source, from an offset on and with the
    /// screen there.
    ///
    /// # Errors
    /// [`Error::Thread`]; then the files are removed.
    pub fn begin(
        self,
        source: Box<dyn Source>,
        offset: u64,
        screen: Option<Shown>,
    ) -> Result<Arc<Recording>, Error> {
        let path = self.output.path.clone();
        let track = self.track(source, |track| track.begin(offset, screen));
        enter(track).inspect_err(|_| folder::remove(&path))
    }

    /// Goes on with what another process has begun: where it stopped, with a
    /// marker there.
    ///
    /// # Errors
    /// [`Error::Thread`]; then the files are as they were.
    pub fn go_on(self, source: Box<dyn Source>) -> Result<Arc<Recording>, Error> {
        let now = u64::try_from(epoch().as_millis()).unwrap_or(0);
        let (offset, elapsed) = (self.offset(), now.saturating_sub(self.output.started));
        enter(self.track(source, |track| track.go_on(offset, elapsed)))
    }

    fn track(self, source: Box<dyn Source>, begin: impl FnOnce(&mut Track)) -> Track {
        let mut track = Track::new(self.recording, self.options, self.about, self.output, source);
        begin(&mut track);
        track
    }

    /// Removes the files again.
    pub fn discard(self) {
        folder::remove(&self.output.path);
    }
}

/// Gives a track to the thread, which is started with the first.
fn enter(track: Track) -> Result<Arc<Recording>, Error> {
    let recording = Arc::clone(&track.recording);
    let mut state = INBOX.state.lock();
    if !state.runs {
        let thread = std::thread::Builder::new().name("offheap-recorder".into()).spawn(run);
        if let Err(error) = thread {
            drop(state);
            recording.end(Ending::Interrupted);
            return Err(Error::Thread(error));
        }
        state.runs = true;
    }
    state.ready.push(recording.id);
    state.begun.push(track);
    drop(state);
    INBOX.bell.notify_one();
    Ok(recording)
}

fn wake(id: u64, urgent: bool) {
    let mut state = INBOX.state.lock();
    state.ready.push(id);
    state.urgent |= urgent;
    let wakes_anyway = state.soon && !urgent;
    drop(state);
    if !wakes_anyway {
        INBOX.bell.notify_one();
    }
}

/// Waits until everything that was printed before has been handed to the
/// system, at most for so long; `false` when that was too short.
#[expect(clippy::must_use_candidate, reason = "many only want it tried")]
pub fn flush(within: Duration) -> bool {
    write_all(within, false)
}

/// Ends every recording of the process, for its end: as [`flush`], and each is
/// whole then.
#[expect(clippy::must_use_candidate, reason = "many only want it tried")]
pub fn finish(within: Duration) -> bool {
    write_all(within, true)
}

fn write_all(within: Duration, finish: bool) -> bool {
    let mut state = INBOX.state.lock();
    state.finishing |= finish;
    if !state.runs {
        return true;
    }
    // The round that runs now may have passed some recordings already.
    let wanted = state.rounds + 2;
    state.wanted = state.wanted.max(wanted);
    INBOX.bell.notify_one();
    let until = Instant::now() + within;
    while state.rounds < wanted {
        if INBOX.flushed.wait_until(&mut state, until).timed_out() {
            return state.rounds >= wanted;
        }
    }
    true
}

#[derive(Default)]
struct Thread {
    tracks: HashMap<u64, Track>,
    retries: HashMap<u64, Instant>,
    repaired: HashSet<PathBuf>,
    retained: Option<Instant>,
    clock: Clock,
}

fn run() {
    let mut thread = Thread::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        let (begun, ready, all) = thread.wait();
        for track in begun {
            thread.adopt(track);
        }
        thread.turn(ready, all, &mut buffer);
        thread.retain();
        let mut state = INBOX.state.lock();
        if all {
            state.rounds += 1;
        }
        INBOX.flushed.notify_all();
    }
}

impl Thread {
    /// Waits for something to do: new recordings, those that were woken, and
    /// whether all of them are to be written.
    fn wait(&mut self) -> (Vec<Track>, Vec<u64>, bool) {
        let mut state = INBOX.state.lock();
        let timer = self.timer();
        let until = match timer {
            // What was held back does not wait for more time than it has.
            Some(at) if at <= Instant::now() + GATHER => at,
            _ => {
                sleep(&mut state, timer);
                Instant::now() + GATHER
            }
        };
        state.soon = true;
        while !state.urgent && state.rounds >= state.wanted {
            if INBOX.bell.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        state.soon = false;
        state.urgent = false;
        let all = state.rounds < state.wanted;
        let finishing = std::mem::take(&mut state.finishing);
        let (begun, ready) = (std::mem::take(&mut state.begun), std::mem::take(&mut state.ready));
        drop(state);
        let open = self.tracks.values().chain(&begun).filter(|_| finishing);
        for track in open {
            // The next process may go on with what has a journal.
            let ending = if track.can_be_left() { Ending::Left } else { Ending::Closed };
            track.recording.feed().note_now(Note::End(ending));
        }
        (begun, ready, all)
    }

    fn timer(&self) -> Option<Instant> {
        let retain = self.retained.filter(|_| self.keeps()).map(|last| last + RETAIN_EVERY);
        self.retries.values().copied().chain(retain).min()
    }

    fn keeps(&self) -> bool {
        self.tracks.values().any(|track| is_limited(&track.options))
    }

    fn adopt(&mut self, track: Track) {
        let dir = track.options.dir.clone();
        if self.repaired.len() >= MAX_FOLDERS {
            self.repaired.clear();
        }
        if self.repaired.insert(dir.clone()) {
            // A folder that cannot be read now is none of this recording's business.
            let _ = on_disk(|| upkeep::repair(&dir));
        }
        if is_limited(&track.options) {
            self.retained = None;
        }
        self.tracks.insert(track.recording.id, track);
    }

    fn turn(&mut self, mut ready: Vec<u64>, all: bool, buffer: &mut [u8]) {
        let now = Instant::now();
        ready.extend(self.retries.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id));
        if all {
            ready.extend(self.tracks.keys());
        }
        ready.sort_unstable();
        ready.dedup();
        for id in ready {
            // Everything that was printed before a flush is written by its round.
            let mut more = self.step(id, buffer, all);
            while more && all {
                more = self.step(id, buffer, all);
            }
            if more {
                wake(id, true);
            }
        }
    }

    /// One turn of a recording; `true` when it wants another.
    fn step(&mut self, id: u64, buffer: &mut [u8], all: bool) -> bool {
        let Some(track) = self.tracks.get_mut(&id) else { return false };
        let step = catch_unwind(AssertUnwindSafe(|| track.step(buffer, all)));
        self.retries.remove(&id);
        match step {
            Ok(Step::Again) => return true,
            Ok(Step::Wait) => {}
            Ok(Step::Until(at)) => {
                self.retries.insert(id, at);
            }
            Ok(Step::Done) => {
                self.tracks.remove(&id);
            }
            // A panic ends its own recording, aloud: the panic hook has printed it.
            Err(_) => {
                if let Some(track) = self.tracks.remove(&id) {
                    let error = io::Error::other("the recorder failed");
                    track.recording.set_problem(Some(&Error::Thread(error)));
                    track.recording.end(Ending::Interrupted);
                }
            }
        }
        false
    }

    /// Removes old recordings, now and then.
    #[expect(clippy::disallowed_methods, reason = "files are dated by it")]
    fn retain(&mut self) {
        if !self.keeps() || self.retained.is_some_and(|last| last.elapsed() < RETAIN_EVERY) {
            return;
        }
        let now = Instant::now();
        self.retained = Some(now);
        let is_believed = self.clock.is_believed(now, SystemTime::now());
        let mut seen = HashSet::new();
        for Track { options, .. } in self.tracks.values() {
            let limits = (&options.dir, options.max_bytes, options.max_age);
            if is_limited(options) && seen.insert(limits) {
                let max_age = options.max_age.filter(|_| is_believed);
                // A folder that cannot be read is tried again later.
                let _ = on_disk(|| upkeep::retain(&options.dir, options.max_bytes, max_age));
            }
        }
    }
}

/// Sleeps until there is something to do, or it is time.
fn sleep(state: &mut MutexGuard<'_, Waiting>, timer: Option<Instant>) {
    while state.ready.is_empty() && state.begun.is_empty() && state.rounds >= state.wanted {
        match timer {
            Some(until) if INBOX.bell.wait_until(state, until).timed_out() => break,
            Some(_) => {}
            None => INBOX.bell.wait(state),
        }
    }
}

fn is_limited(options: &Options) -> bool {
    options.max_bytes.is_some() || options.max_age.is_some()
}
