//! What a session's `append` costs, in pieces of 4 KiB: with a screen of 1000 lines
//! of scrollback that follows late, without one, and, to compare, with one beside
//! it that is drawn at once. And what a snapshot costs then.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use core_benches::sample;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use offheap_screen::{Screen, ScreenOptions};
use offheap_session::meter::Meter;
use offheap_session::session::Session;

/// What one read of a terminal gives, at most.
const CHUNK: usize = 4096;
/// The default history of a session.
const HISTORY: usize = 256 * 1024;

fn session(screen: Option<ScreenOptions>) -> Arc<Session> {
    Session::new(HISTORY, screen, Meter::new(None))
}

fn append(criterion: &mut Criterion) {
    for (name, text) in sample::floods(1 << 20) {
        let mut group = criterion.benchmark_group(format!("append {name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        for (kind, screen) in [("late", Some(ScreenOptions::default())), ("no screen", None)] {
            let session = session(screen);
            group.bench_function(kind, |bencher| {
                bencher.iter(|| {
                    for chunk in text.chunks(CHUNK) {
                        black_box(session.append(black_box(chunk))).ok();
                    }
                });
            });
        }
        let session = session(None);
        let mut screen = Screen::new(&ScreenOptions::default());
        let mut answers = Vec::new();
        group.bench_function("at once", |bencher| {
            bencher.iter(|| {
                for chunk in text.chunks(CHUNK) {
                    screen.feed_answering(black_box(chunk), &mut answers);
                    black_box(session.append(black_box(chunk))).ok();
                }
            });
        });
    }
}

/// A snapshot of a session whose history is full: of one whose screen has to catch
/// up first, and of one whose screen has seen everything.
fn snapshot(criterion: &mut Criterion) {
    for (name, text) in sample::floods(2 * HISTORY) {
        let mut group = criterion.benchmark_group(format!("snapshot after {name}"));
        let session = session(Some(ScreenOptions::default()));
        group.bench_function("has to catch up", |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    for chunk in text.chunks(CHUNK) {
                        session.append(chunk).ok();
                    }
                    let begin = Instant::now();
                    black_box(session.snapshot(None)).ok();
                    spent += begin.elapsed();
                }
                spent
            });
        });
        group.bench_function("has not", |bencher| {
            bencher.iter(|| black_box(session.snapshot(None)).ok());
        });
    }
}

/// So that all of it takes less than two minutes.
fn brief() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1200))
}

criterion_group! {
    name = benches;
    config = brief();
    targets = append, snapshot
}
criterion_main!(benches);
