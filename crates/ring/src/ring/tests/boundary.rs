//! Boundaries against a scanner that reads everything from the first byte on.

use proptest::prelude::*;

use super::super::*;
use crate::text::reference;

/// Compares every possible answer with `safe`, which tells for each offset from
/// zero whether a cut there is safe.
pub(super) fn check_all(ring: &Ring, safe: &[bool]) {
    let offsets = usize::try_from(ring.start()).unwrap()..safe.len();
    for from in offsets {
        check_start(ring, safe, from);
        (from..safe.len()).for_each(|to| check_end(ring, safe, from, to));
    }
}

fn check_start(ring: &Ring, safe: &[bool], from: usize) {
    let expected = (from..safe.len()).find(|&at| safe[at]).unwrap_or(safe.len() - 1);
    assert_eq!(ring.safe_start(from as u64), expected as u64, "from {from}");
}

fn check_end(ring: &Ring, safe: &[bool], from: usize, to: usize) {
    let found = ring.safe_end(from as u64, to as u64);
    let nearest = (from + 1..=to).rev().find(|&at| safe[at]);
    let held = usize::try_from(MAX_HELD).unwrap();
    if let Some(at) = nearest.filter(|&at| to - at <= held) {
        assert_eq!(found, at as u64, "from {from} to {to}");
    } else if to + 1 == safe.len() && safe[from] && to - from <= held {
        assert_eq!(found, from as u64, "waits from {from} to {to}");
    } else {
        assert_eq!(found, between_characters(ring, from, to), "streams from {from} to {to}");
    }
}

/// The last position in the range that tears no character.
fn between_characters(ring: &Ring, from: usize, to: usize) -> u64 {
    let bytes = ring.slices(from as u64, to - from).to_vec();
    let torn = bytes.utf8_chunks().last().map_or(0, |chunk| {
        let error = std::str::from_utf8(chunk.invalid()).err();
        let incomplete = error.is_some_and(|error| error.error_len().is_none());
        if incomplete { chunk.invalid().len() } else { 0 }
    });
    (to - torn) as u64
}

#[test]
fn every_cut_of_the_corpus_is_right() {
    let bytes = reference::corpus();
    let mut ring = Ring::new(bytes.len() + 10);
    ring.write(&bytes);
    check_all(&ring, &reference::safe_positions(&bytes));
}

#[test]
fn every_end_of_the_corpus_is_right() {
    let bytes = reference::corpus();
    let safe = reference::safe_positions(&bytes);
    let mut ring = Ring::new(bytes.len() + 10);
    for at in 0..bytes.len() {
        ring.write(&bytes[at..=at]);
        let safe = &safe[..at + 2];
        (0..safe.len()).for_each(|from| check_end(&ring, safe, from, at + 1));
    }
}

#[test]
fn boundaries_are_exact_whatever_was_evicted() {
    let bytes = reference::corpus();
    let safe = reference::safe_positions(&bytes);
    for capacity in (1..40).chain([64, 100, 200]) {
        for chunk in [1, 2, 3, 5, 64, capacity, capacity + 3] {
            let mut ring = Ring::new(capacity);
            let mut end = 0;
            for chunk in bytes.chunks(chunk) {
                ring.write(chunk);
                end += chunk.len();
                let start = usize::try_from(ring.start()).unwrap();
                let safe = &safe[..=end];
                check_start(&ring, safe, start);
                check_start(&ring, safe, start + ring.len() / 2);
                check_end(&ring, safe, start, end);
                check_end(&ring, safe, start, start + ring.len() / 2);
            }
        }
    }
}

#[test]
fn clearing_and_resizing_keep_track_of_the_state() {
    let bytes = reference::corpus();
    let safe = reference::safe_positions(&bytes);
    for at in 0..bytes.len() {
        let (head, tail) = bytes.split_at(at);
        let mut cleared = Ring::new(4096);
        cleared.write(head);
        cleared.clear();
        cleared.write(tail);
        check_start(&cleared, &safe, at);

        let mut resized = Ring::new(4096);
        resized.write(&bytes);
        resized.resize(tail.len());
        check_start(&resized, &safe, at);
    }
}

#[test]
fn an_unfinished_sequence_at_the_end_is_waited_for() {
    let mut ring = Ring::new(100);
    ring.write(b"abc\x1b[3");
    assert_eq!(ring.safe_end(0, 6), 3);
    assert_eq!(ring.safe_end(3, 6), 3);
    ring.write(b"1m");
    assert_eq!(ring.safe_end(3, 8), 8);
    ring.write("x€".as_bytes());
    assert_eq!((ring.safe_end(8, 10), ring.safe_end(9, 11), ring.safe_end(9, 12)), (9, 9, 12));
}

#[test]
fn a_small_reader_gets_through_a_sequence() {
    let mut ring = Ring::new(100);
    ring.write("\x1b]0;é€\x07".as_bytes());
    assert_eq!(ring.safe_end(0, 3), 3);
    assert_eq!(ring.safe_end(3, 5), 4);
    assert_eq!(ring.safe_end(4, 8), 6);
    assert_eq!(ring.safe_end(6, 10), 10);
}

#[test]
fn a_long_string_is_streamed_between_characters() {
    let held = usize::try_from(MAX_HELD).unwrap();
    let mut ring = Ring::new(100_000);
    ring.write(b"abc\x1bPq");
    ring.write("€".repeat(1363).as_bytes());
    assert_eq!(ring.len(), 3 + held - 4);
    assert_eq!(ring.safe_end(0, ring.end()), 3);
    ring.write(b"1234");
    assert_eq!(ring.safe_end(0, ring.end()), 3, "exactly the bound");
    assert_eq!(ring.safe_end(3, ring.end()), 3);
    ring.write("5€".as_bytes());
    assert_eq!(ring.safe_end(0, ring.end()), ring.end());
    assert_eq!(ring.safe_end(3, ring.end()), ring.end());
    assert_eq!(ring.safe_end(0, ring.end() - 1), ring.end() - 3);
    let inside = ring.end();
    ring.write(b"more\x1b\\rest\x1b[");
    assert_eq!(ring.safe_end(inside, ring.end()), inside + 10);
    assert_eq!(ring.safe_start(1000), inside + 6);
}

#[test]
fn offsets_outside_are_brought_inside() {
    let mut ring = Ring::new(4);
    assert_eq!((ring.safe_start(9), ring.safe_end(5, 9)), (0, 0));
    ring.write(b"abcdefgh");
    assert_eq!((ring.safe_start(0), ring.safe_start(99)), (4, 8));
    assert_eq!((ring.safe_end(0, 99), ring.safe_end(7, 5)), (8, 7));
}

#[test]
fn the_state_is_exact_far_from_any_escape() {
    let block = usize::try_from(super::super::checkpoint::BLOCK).unwrap();
    let texts: [&[u8]; 4] = [b"log line\r\n", "é€\u{a0}😀".as_bytes(), b"\x1b[1mx", b"\x1bPq~~"];
    let lengths = [3 * block / 2, block, 17, 2 * block + 5, 3];
    let mut all = Vec::new();
    let mut ring = Ring::new(6 * block + 77);
    for round in 0..24 {
        let text = texts[round * 7 % 4].iter();
        let filler: &[u8] = if round % 3 == 0 { b"\xe2\x82\xac" } else { b"plain" };
        let length = lengths[round % 5];
        let bytes: Vec<u8> = text.chain(filler.iter().cycle()).take(length).copied().collect();
        ring.write(&bytes);
        all.extend(bytes);
        check_states(&ring, &all, round);
        ring.resize(if round == 15 { 9 * block } else { ring.capacity() });
    }
}

fn check_states(ring: &Ring, all: &[u8], seed: usize) {
    let mut state = State::GROUND;
    for (at, &byte) in all.iter().enumerate() {
        // Some offsets are asked in every round, some once, borders always.
        let near_border = (at + 2) % 65_536 < 5;
        let wanted = near_border || at % 9973 == 0 || at % 7919 == seed;
        if wanted && at as u64 >= ring.start() {
            assert_eq!(ring.state_at(at as u64), state, "at {at} in round {seed}");
        }
        state = state.step(byte);
    }
    assert_eq!(ring.state_at(ring.end()), state);
}

proptest! {
    #[test]
    fn the_last_line_of_plain_output_says_where_it_may_be_cut(
        pieces in prop::collection::vec(prop::sample::select(vec![
            &b"text"[..], b"\r\n", b"\n", b"\x1b[31m", b"\x1b[0;38;5;200m", b"\x1b[K", b"\t", b"\xe6\xbc\xa2", b"\xe6", b"\xff",
        ]), 0..20),
        capacity in 1_usize..200,
    ) {
        let mut ring = Ring::new(capacity);
        for piece in pieces {
            ring.write(piece);
        }
        for from in ring.start()..=ring.end() {
            for to in from..=ring.end() {
                prop_assert_eq!(ring.safe_end_of_plain(from, to), ring.safe_end(from, to), "{} {}", from, to);
            }
        }
    }
}
