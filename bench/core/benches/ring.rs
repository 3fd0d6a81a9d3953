//! What the history costs: writing into a full ring, reading, finding boundaries.

use std::hint::black_box;

use core_benches::sample;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use offheap_ring::Ring;

const CAPACITY: usize = 256 * 1024;

fn full_ring(capacity: usize, text: &[u8]) -> Ring {
    let mut ring = Ring::new(capacity);
    for chunk in text.chunks(4096).cycle() {
        if ring.end() > 2 * capacity as u64 {
            break;
        }
        ring.write(chunk);
    }
    ring
}

/// Writes successive stretches of the text, so that sequences are cut anywhere.
fn write(criterion: &mut Criterion) {
    for (name, text) in sample::all(1 << 20) {
        let mut group = criterion.benchmark_group(format!("write/{name}"));
        for size in [16, 64, 1024, 16_384, 65_536] {
            let mut ring = full_ring(CAPACITY, &text);
            let mut at = 0;
            group.throughput(Throughput::Bytes(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| {
                    at = if at + 2 * size > text.len() { 0 } else { at + size };
                    ring.write(black_box(&text[at..at + size]))
                });
            });
        }
    }
}

/// Copies out of a full ring, from wherever a viewer stands.
fn read(criterion: &mut Criterion) {
    let text = sample::log(1 << 20);
    let ring = full_ring(CAPACITY, &text);
    let mut group = criterion.benchmark_group("read");
    for size in [1024, 65_536] {
        let mut target = vec![0; size];
        let mut from = ring.start();
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let next = from + 4099;
                from = if next + size as u64 > ring.end() { ring.start() } else { next };
                ring.copy_to(black_box(from), &mut target)
            });
        });
    }
}

/// A safe tail, as a reconnecting client gets it.
fn tail(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tail of 5 KB");
    for (name, text) in sample::all(1 << 20) {
        let ring = full_ring(CAPACITY, &text);
        let mut target = vec![0; 5000];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let from = ring.safe_start(black_box(ring.end() - 5000));
                ring.copy_to(from, &mut target)
            });
        });
    }
}

/// Where a frame of 64 KB may end, in histories of different size.
fn frame_end(criterion: &mut Criterion) {
    for capacity in [CAPACITY, 64 << 20] {
        let mut group =
            criterion.benchmark_group(format!("end of a frame in {} KB", capacity >> 10));
        for (name, text) in sample::all(1 << 20) {
            let ring = full_ring(capacity, &text);
            let mut from = ring.start();
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    from = if from + 100_000 > ring.end() { ring.start() } else { from + 4099 };
                    ring.safe_end(from, from + 65_536)
                });
            });
        }
    }
}

criterion_group!(benches, write, read, tail, frame_end);
criterion_main!(benches);
