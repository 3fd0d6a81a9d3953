//! Appends one kind of output to a session, for tools that count instructions:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_DEBUG=1 cargo build --profile bench --example append
//! valgrind --tool=callgrind target/release/examples/append late coloured 8
//! ```
//!
//! The first argument is `late`, `at-once`, `no-screen`, `screen` (a screen alone),
//! `catch-up` (as `late`, with a snapshot after each mebibyte) or `journal` (as `late`,
//! with a history that outlives the process), the second a kind of [`sample::floods`],
//! the third how many mebibytes, the fourth how many bytes come at a time.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use core_benches::sample;
use offheap_pty::Local;
use offheap_screen::{Screen, ScreenOptions};
use offheap_session::meter::Meter;
use offheap_session::registry::{
    Clock, Event, EventListener, JournalOptions, Journals, NewSession, Options, Registry, Work,
};
use offheap_session::session::Session;

const CHUNK: usize = 4096;
const HISTORY: usize = 256 * 1024;

/// A listener that drops what it is told.
struct Nobody;

impl EventListener for Nobody {
    fn event(&self, _event: Event) {}

    fn work(&self, _work: Work) {}
}

/// A registry with journals in memory, where there is such a directory.
struct Kept {
    registry: Arc<Registry>,
    dir: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let parent =
            if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let dir = parent.join(format!("offheap-append-{}", std::process::id()));
        let journals = JournalOptions { dir: dir.clone(), max_bytes: None };
        let journals = Journals::open(&journals).expect("a directory");
        let options = Options { history: HISTORY, ..Options::default() };
        let registry = Registry::with_journals(
            options,
            Clock::system(),
            Arc::new(Nobody),
            Arc::new(Local),
            Meter::new(None),
            Some(journals),
        );
        Self { registry, dir }
    }

    fn session(&self) -> Arc<Session> {
        let new = NewSession { screen: Some(ScreenOptions::default()), ..NewSession::default() };
        self.registry.create(new, None).expect("a session").0.session
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.registry.shut();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().unwrap_or_default();
    let (how, kind) = (argument(), argument());
    let times: usize = argument().parse().unwrap_or(1);
    let floods = sample::floods(1 << 20);
    let text = floods.iter().find(|(name, _)| *name == kind);
    let Some((_, text)) = text else { panic!("no kind of output is called {kind:?}") };
    let chunk = argument().parse().unwrap_or(CHUNK);
    let options = matches!(how.as_str(), "late" | "catch-up").then(ScreenOptions::default);
    let kept = (how == "journal").then(Kept::new);
    let session = match &kept {
        Some(kept) => kept.session(),
        None => Session::new(HISTORY, options, Meter::new(None)),
    };
    let mut screen = Screen::new(&ScreenOptions::default());
    let mut answers = Vec::new();
    for _ in 0..times {
        for chunk in text.chunks(chunk) {
            if matches!(how.as_str(), "at-once" | "screen") {
                screen.feed_answering(chunk, &mut answers);
            }
            if how != "screen" {
                session.append(chunk).expect("the session is open");
            }
        }
        if how == "catch-up" {
            black_box(session.snapshot(None)).expect("the session is open");
        }
    }
}
