//! Appends one kind of output to a session, for tools that count instructions:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_DEBUG=1 cargo build --profile bench --example append
//! valgrind --tool=callgrind target/release/examples/append late coloured 8
//! ```
//!
//! The first argument is `late`, `at-once`, `no-screen` or `screen` (a screen
//! alone), the second a kind of [`sample::floods`], the third how many mebibytes.

use core_benches::sample;
use offheap_screen::{Screen, ScreenOptions};
use offheap_session::meter::Meter;
use offheap_session::session::Session;

const CHUNK: usize = 4096;
const HISTORY: usize = 256 * 1024;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().unwrap_or_default();
    let (how, kind) = (argument(), argument());
    let times: usize = argument().parse().unwrap_or(1);
    let floods = sample::floods(1 << 20);
    let text = floods.iter().find(|(name, _)| *name == kind);
    let Some((_, text)) = text else { panic!("no kind of output is called {kind:?}") };
    let chunks = || (0..times).flat_map(|_| text.chunks(CHUNK));
    let options = (how == "late").then(ScreenOptions::default);
    let session = Session::new(HISTORY, options, Meter::new(None));
    let mut screen = Screen::new(&ScreenOptions::default());
    let mut answers = Vec::new();
    for chunk in chunks() {
        if matches!(how.as_str(), "at-once" | "screen") {
            screen.feed_answering(chunk, &mut answers);
        }
        if how != "screen" {
            session.append(chunk).expect("the session is open");
        }
    }
}
