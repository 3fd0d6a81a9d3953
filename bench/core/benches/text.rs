//! What turning output into text costs, per byte of output.

use core_benches::sample;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use offheap_ring::text::queries::QueryFilter;
use offheap_ring::text::{json, utf8};

const SIZE: usize = 64 * 1024;

/// What `cat` of a compressed file prints: no text at all.
fn binary(size: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

fn encode_json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("json");
    for (name, text) in sample::all(SIZE).into_iter().chain([("binary", binary(SIZE))]) {
        let mut out = vec![0; SIZE * json::MAX_PER_BYTE];
        let (head, tail) = text.split_at(text.len() / 3);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| json::encode(head, tail, &mut out, true));
        });
    }
}

fn transcode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("utf-8 to utf-16");
    for (name, text) in sample::all(SIZE) {
        let mut out = Vec::new();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                utf8::to_utf16_lossy(&text, &mut out);
            });
        });
    }
}

fn filter_queries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("query filter");
    for (name, text) in sample::all(SIZE) {
        let mut out = Vec::with_capacity(SIZE);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                let mut filter = QueryFilter::new();
                filter.push(&text, &mut out);
                filter.finish(&mut out);
            });
        });
    }
}

criterion_group!(benches, encode_json, transcode, filter_queries);
criterion_main!(benches);
