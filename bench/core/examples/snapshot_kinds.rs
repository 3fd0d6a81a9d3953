//! Makes snapshots of one kind of screen, for tools that count instructions:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_DEBUG=1 cargo build --profile bench --example snapshot_kinds
//! valgrind --tool=callgrind --toggle-collect='*Screen*snapshot*' \
//!     target/release/examples/snapshot_kinds coloured 1000
//! ```
//!
//! The first argument is `ordinary`, `dense`, `plain` or `coloured`, the second how
//! many snapshots are made. The screens are those of the benchmark `snapshot`; the
//! last two have 1000 lines of scrollback.

use std::hint::black_box;

use core_benches::sample;
use offheap_screen::{Screen, ScreenOptions};

const CHUNK: usize = 4096;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_default();
    let times = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1000);
    let (text, lines) = match kind.as_str() {
        "ordinary" => (sample::full_screen(100_000), 0),
        "dense" => (sample::dense(100_000), 0),
        "plain" => (sample::log(200_000), 1000),
        "coloured" => (sample::coloured(200_000), 1000),
        _ => panic!("no kind of screen is called {kind:?}"),
    };
    let mut screen = Screen::new(&ScreenOptions::default());
    text.chunks(CHUNK).for_each(|chunk| screen.feed(chunk));
    let mut out = Vec::new();
    for _ in 0..times {
        out.clear();
        screen.snapshot(Some(lines), black_box(&mut out));
    }
    println!("{} bytes", out.len());
}
