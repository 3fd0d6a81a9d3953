//! What the screen costs: taking output with its scrollback on, and snapshots.

#![allow(clippy::format_push_string, reason = "streams are made before the clock runs")]

use std::hint::black_box;

use core_benches::sample;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use offheap_screen::{Screen, ScreenOptions};

/// What one read of a terminal gives, at most.
const CHUNK: usize = 4096;

/// Numbers, one a line, as `seq` prints them.
fn numbers(size: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 1.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&format!("{number}\r\n"));
    }
    text.into_bytes()
}

fn fed(bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(&ScreenOptions::default());
    bytes.chunks(CHUNK).for_each(|chunk| screen.feed(chunk));
    screen
}

fn feed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("screen takes");
    for (name, text) in [
        ("plain lines", sample::log(1 << 20)),
        ("numbers", numbers(1 << 20)),
        ("coloured lines", sample::coloured(1 << 20)),
        ("unicode", sample::unicode(1 << 20)),
        ("a full screen", sample::full_screen(1 << 20)),
        ("dense cells", sample::dense(1 << 20)),
    ] {
        let mut screen = fed(&text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| text.chunks(CHUNK).for_each(|chunk| screen.feed(black_box(chunk))));
        });
    }
}

fn snapshot(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("snapshot");
    let lines: Vec<u8> = sample::coloured(200_000);
    for (name, text, lines) in [
        ("ordinary", sample::full_screen(100_000), 0),
        ("dense", sample::dense(100_000), 0),
        ("1000 plain lines", sample::log(200_000), 1000),
        ("1000 coloured lines", lines, 1000),
    ] {
        let screen = fed(&text);
        let mut out = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                screen.snapshot(Some(lines), black_box(&mut out));
            });
        });
    }
}

/// Printed, not timed: what a screen keeps in memory.
fn memory(_: &mut Criterion) {
    for (name, text) in [
        ("nothing", Vec::new()),
        ("1000 plain lines", sample::log(200_000)),
        ("1000 coloured lines", sample::coloured(200_000)),
    ] {
        println!("memory of a screen with {name}: {} KB", fed(&text).bytes_held() / 1024);
    }
}

criterion_group!(benches, feed, snapshot, memory);
criterion_main!(benches);
