//! Makes snapshots of one screen, for tools that count instructions:
//!
//! ```sh
//! CARGO_PROFILE_BENCH_DEBUG=1 cargo build --profile bench --example snapshot
//! valgrind --tool=callgrind target/release/examples/snapshot whole ordinary 100
//! ```
//!
//! The first argument is `whole` or `pieces`, the second `ordinary` (80×24), `editor`,
//! `dense` (each cell with a style of its own), `history` and `wrapped` (with a thousand
//! lines of scrollback, short ones in colours or longer than a row) or `large` (1000×500,
//! each cell with a colour of its own), the third how many.

use std::fmt::Write;
use std::sync::Arc;

use core_benches::sample;
use offheap_screen::{Screen, ScreenOptions, SnapshotWriter};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().unwrap_or_default();
    let (how, kind) = (argument(), argument());
    let times: usize = argument().parse().unwrap_or(1);
    let screen = Arc::new(screen(&kind));
    let mut out = Vec::new();
    for _ in 0..times {
        out.clear();
        if how == "pieces" {
            let mut writer = SnapshotWriter::new(Arc::clone(&screen), None);
            while !writer.write(&mut out) {}
        } else {
            screen.snapshot(None, &mut out);
        }
    }
    println!("{} bytes", out.len());
}

fn screen(kind: &str) -> Screen {
    let ordinary = ScreenOptions::default();
    let visible = ScreenOptions { scrollback_lines: 0, ..ordinary };
    let (options, text) = match kind {
        "ordinary" => (visible, sample::coloured(4000)),
        "editor" => (visible, sample::full_screen(100_000)),
        "dense" => (visible, sample::dense(100_000)),
        "history" => (ordinary, sample::coloured(200_000)),
        "wrapped" => (ordinary, sample::log(200_000)),
        "large" => (ScreenOptions { cols: 1000, rows: 500, ..ordinary }, truecolour(1000 * 500)),
        _ => panic!("no kind of screen is called {kind:?}"),
    };
    let mut screen = Screen::new(&options);
    screen.feed(&text);
    screen
}

fn truecolour(cells: u32) -> Vec<u8> {
    let mut text = String::new();
    for cell in 0..cells {
        let [_, red, green, blue] = cell.wrapping_mul(2_654_435_761).to_be_bytes();
        let _ = write!(text, "\x1b[38;2;{red};{green};{blue}mx");
    }
    text.into_bytes()
}
