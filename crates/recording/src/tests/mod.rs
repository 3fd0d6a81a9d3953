//! The recorder and the reader against each other, through the crate's public
//! items, with a history in memory in place of a session.

mod hostile;
mod playing;
mod recording;
mod resuming;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use offheap_ring::Ring;
use offheap_screen::{Client, Screen, ScreenOptions};

use crate::{
    About, Ending, Event, Note, Options, Playback, Prepared, Recording, Shown, Source, Taken,
};

/// A folder that is gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("offheap-rec-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn options(&self, name: &str) -> Options {
        Options { dir: self.0.clone(), name: Some(name.to_owned()), ..Options::default() }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn about(cols: u16, rows: u16) -> About {
    About { cols, rows, term: Some("xterm-256color".into()), ..About::default() }
}

/// What a session is to the recorder: a history, with a screen that has seen
/// all of it.
struct Shell {
    ring: Mutex<(Ring, Screen)>,
    recording: Arc<Recording>,
}

struct ShellSource(Arc<Shell>);

impl Source for ShellSource {
    fn take(&mut self, from: u64, into: &mut [u8]) -> Taken {
        let history = self.0.ring.lock().unwrap();
        let start = if from < history.0.start() { history.0.safe_start(from) } else { from };
        Taken { start, length: history.0.copy_to(start, into) }
    }

    fn screen(&mut self) -> Option<Shown> {
        let history = self.0.ring.lock().unwrap();
        let (cols, rows) = history.1.size();
        let mut data = Vec::new();
        history.1.snapshot(None, &mut data);
        let open = history.1.unfinished_character();
        data.truncate(data.len() - open);
        Some(Shown { data, offset: history.0.end() - open as u64, cols, rows })
    }

    fn advanced(&mut self) {}
    fn disk_changed(&mut self) {}
    fn ended(&mut self) {}
}

impl Shell {
    fn record(options: Options, cols: u16, rows: u16, capacity: usize) -> Arc<Self> {
        let prepared = Prepared::new(options, about(cols, rows)).unwrap();
        let screen = Screen::new(&ScreenOptions { cols, rows, ..ScreenOptions::default() });
        let ring = Mutex::new((Ring::new(capacity), screen));
        let shell = Arc::new(Self { ring, recording: prepared.recording() });
        prepared.begin(Box::new(ShellSource(Arc::clone(&shell))), 0, None).unwrap();
        shell
    }

    fn print(&self, bytes: &[u8]) {
        self.print_at(bytes, Instant::now());
    }

    fn print_at(&self, bytes: &[u8], at: Instant) {
        let mut history = self.ring.lock().unwrap();
        let start = history.0.end();
        let end = history.0.write(bytes);
        history.1.feed(bytes);
        self.recording.feed().output(start, end, history.0.capacity(), at);
    }

    fn note(&self, note: Note, at: Instant) {
        let mut history = self.ring.lock().unwrap();
        if let Note::Resize(cols, rows) = note {
            history.1.resize(cols, rows);
        }
        self.recording.feed().note(note, history.0.end(), at);
    }

    /// The screen now, as text and as a keyframe.
    fn shown(&self) -> (String, Vec<u8>) {
        let history = self.ring.lock().unwrap();
        let mut data = Vec::new();
        history.1.snapshot(Some(crate::keyframes::SCROLLBACK), &mut data);
        (history.1.text(), data)
    }

    /// Ends the recording and waits for its files.
    fn end(&self, ending: Ending) -> PathBuf {
        self.note(Note::End(ending), Instant::now());
        self.wait()
    }

    fn wait(&self) -> PathBuf {
        let (send, receive) = std::sync::mpsc::channel();
        self.recording.on_end(move || send.send(()).unwrap());
        receive.recv().unwrap();
        self.recording.file()
    }
}

fn open(path: &Path) -> Playback {
    Playback::open(path, Client::default()).unwrap()
}

/// All events, read in pages of at most so many.
fn pages(playback: &Playback, limit: usize) -> Vec<Vec<Event>> {
    let mut pages: Vec<Vec<Event>> = Vec::new();
    loop {
        let from = pages.last().map_or(0, |page| page.last().unwrap().end);
        let page = playback.events_from(from, limit).unwrap();
        if page.is_empty() {
            return pages;
        }
        pages.push(page);
    }
}

fn code(path: &Path) -> &'static str {
    Playback::open(path, Client::default()).unwrap_err().code()
}
