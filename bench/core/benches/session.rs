//! What a session's `append` costs: without a screen, with one that follows late,
//! and, to compare, a history with a screen beside it that is drawn at once.

#![allow(clippy::format_push_string, reason = "streams are made before the clock runs")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use offheap_ring::Ring;
use offheap_screen::{Screen, ScreenOptions};
use offheap_session::meter::Meter;
use offheap_session::session::Session;

#[allow(dead_code, reason = "not all kinds of text are of interest here")]
mod sample;

/// What one read of a terminal gives, at most.
const CHUNK: usize = 4096;
/// The default history of a session.
const HISTORY: usize = 256 * 1024;

/// The same line again and again.
fn lines(line: &str, size: usize) -> Vec<u8> {
    line.repeat(size / line.len()).into_bytes()
}

fn kinds(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let long = format!("{}\r\n", "a line that is longer than the screen is wide. ".repeat(4));
    let progress = format!("{}\r\n", "\rprogress: [#########          ] 47 %".repeat(14));
    let links = format!("{}\x1b]8;;http://x/\x07link\x1b]8;;\x07\r\n", "plain text\r\n".repeat(50));
    vec![
        ("plain lines", sample::log(size)),
        ("long lines", lines(&long, size)),
        ("coloured lines", sample::coloured(size)),
        ("unicode", sample::unicode(size)),
        ("y", lines("y\r\n", size)),
        ("progress bars", lines(&progress, size)),
        ("one line", vec![b'x'; size]),
        ("a link every 50 lines", lines(&links, size)),
    ]
}

fn append(criterion: &mut Criterion) {
    for (name, text) in kinds(1 << 20) {
        let mut group = criterion.benchmark_group(format!("a session takes {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        for (kind, screen) in [("late", Some(ScreenOptions::default())), ("no screen", None)] {
            let session = Session::new(HISTORY, screen, Meter::new(None));
            group.bench_function(kind, |bencher| {
                bencher.iter(|| {
                    for chunk in text.chunks(CHUNK) {
                        black_box(session.append(black_box(chunk))).ok();
                    }
                });
            });
        }
        let mut ring = Ring::new(HISTORY);
        let mut screen = Screen::new(&ScreenOptions::default());
        let mut answers = Vec::new();
        group.bench_function("at once", |bencher| {
            bencher.iter(|| {
                for chunk in text.chunks(CHUNK) {
                    ring.write(black_box(chunk));
                    screen.feed_answering(chunk, &mut answers);
                }
            });
        });
    }
}

/// A snapshot of a session whose screen has to catch up first.
fn catch_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a snapshot after");
    for (name, text) in kinds(HISTORY) {
        let session = Session::new(HISTORY, Some(ScreenOptions::default()), Meter::new(None));
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    for chunk in text.chunks(CHUNK) {
                        session.append(chunk).ok();
                    }
                    let begin = std::time::Instant::now();
                    black_box(session.snapshot(None)).ok();
                    spent += begin.elapsed();
                }
                spent
            });
        });
    }
}

criterion_group!(benches, append, catch_up);
criterion_main!(benches);
