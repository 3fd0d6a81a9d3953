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

/// Frames of an editor: rows in three colours, inserted lines, a status line.
fn full_screen(size: usize) -> Vec<u8> {
    let mut text = String::from("\x1b[?1049h");
    for frame in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str("\x1b[?2026h\x1b[?25l\x1b[2;23r\x1b[2;1H\x1b[L\x1b[r");
        for row in 0..6 {
            text.push_str(&format!(
                "\x1b[{};1H\x1b[38;5;242m{frame:4} \x1b[34mlet\x1b[m mut row = \x1b[32m\"{row}\"\x1b[m;\x1b[K",
                2 + (frame + row * 5) % 22,
            ));
        }
        text.push_str("\x1b[24;1H\x1b[7m-- INSERT --\x1b[K\x1b[m\x1b[12;40H\x1b[?25h\x1b[?2026l");
    }
    text.into_bytes()
}

/// Cells that all differ from their neighbours.
fn dense(size: usize) -> Vec<u8> {
    let mut text = String::new();
    for cell in 0.. {
        if text.len() >= size {
            break;
        }
        if cell % 1920 == 0 {
            text.push_str("\x1b[H");
        }
        let letter = char::from(b'A' + u8::try_from(cell % 26).unwrap_or(0));
        text.push_str(&format!("\x1b[38;5;{};48;5;{};1m{letter}", cell % 251, cell % 241));
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
        ("a full screen", full_screen(1 << 20)),
        ("dense cells", dense(1 << 20)),
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
        ("ordinary", full_screen(100_000), 0),
        ("dense", dense(100_000), 0),
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
