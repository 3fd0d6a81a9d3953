use proptest::prelude::*;

use super::*;
use crate::text::reference;

/// Bytes that matter to the parser, and plain ones between them.
pub fn terminal_bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let interesting =
        b"\x1b\x1b\x1b[[]P_^X\\;?$ (m7qc10\x07\x18\x1a\n\x7f\x9b\x9c\xc2\xc3\xa9\xe2\x82\xac";
    let byte = prop_oneof![
        4 => prop::sample::select(&interesting[..]),
        2 => prop::sample::select(&b"abc 0123"[..]),
        1 => any::<u8>(),
    ];
    let piece = prop_oneof![
        3 => byte.prop_map(|byte| vec![byte]),
        1 => prop::sample::select(reference::CORPUS).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

fn stepped(bytes: &[u8]) -> State {
    bytes.iter().fold(State::GROUND, |state, &byte| state.step(byte))
}

fn check(bytes: &[u8]) {
    for at in 0..=bytes.len() {
        let prefix = &bytes[..at];
        let state = stepped(prefix);
        assert_eq!(
            state.is_safe(),
            reference::is_safe(prefix),
            "after {:?}",
            prefix.escape_ascii()
        );
        assert_eq!(State::GROUND.advance(prefix), state, "over {:?}", prefix.escape_ascii());
        assert_eq!(State::from_bits(state.to_bits()), state);
    }
}

#[test]
fn every_position_of_the_corpus_is_judged_right() {
    check(&reference::corpus());
}

#[test]
fn every_piece_is_judged_right_on_its_own() {
    for piece in reference::CORPUS {
        check(piece);
    }
}

#[test]
fn advancing_may_be_split_anywhere() {
    let bytes = reference::corpus();
    let whole = stepped(&bytes);
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(State::GROUND.advance(head).advance(tail), whole);
        assert_eq!(stepped(head).run(tail), whole, "from {at}");
    }
}

#[test]
fn running_until_safe_stops_at_the_first_safe_position() {
    let bytes = reference::corpus();
    let safe = reference::safe_positions(&bytes);
    for from in 0..=bytes.len() {
        let (state, taken) = stepped(&bytes[..from]).run_until_safe(&bytes[from..]);
        let expected = (from..=bytes.len()).find(|&at| safe[at]);
        assert_eq!(state.is_safe(), expected.is_some());
        assert_eq!(from + taken, expected.unwrap_or(bytes.len()), "from {from}");
    }
}

#[test]
fn long_stretches_are_skipped_without_missing_their_end() {
    let strings: [&[u8]; 4] = [b"\x1b]52;c;", b"\x1bPq", b"\x1b_G", b""];
    for begin in strings {
        for length in 0..100 {
            let mut bytes = begin.to_vec();
            bytes.resize(begin.len() + length, b'A');
            bytes.extend_from_slice("é\u{9c}".as_bytes());
            let (state, taken) =
                State::GROUND.step(bytes.first().copied().unwrap()).run_until_safe(&bytes[1..]);
            assert!(state.is_safe());
            assert!(begin.is_empty() || taken + 1 == bytes.len(), "{begin:?} {length}");
            assert_eq!(State::GROUND.advance(&bytes), State::GROUND);
        }
    }
}

#[test]
fn plain_text_ends_at_what_may_leave_the_ground_state() {
    assert_eq!(plain_length("abc é € \u{a0} 😀".as_bytes()), 18);
    assert_eq!(plain_length(b"ab\x1b[m"), 2);
    assert_eq!(plain_length("a\u{a9}b\u{9b}".as_bytes()), 4);
    assert_eq!(plain_length(b"ab\xc2"), 2);
    assert_eq!(plain_length(b"ab\xc2c"), 2);
}

#[test]
fn numbers_that_are_no_state_are_the_ground_state() {
    assert_eq!(State::from_bits(u16::MAX), State::GROUND);
    assert_eq!(State::default(), State::GROUND);
}

const ENDS: &[&[u8]] = &[b"\xc2\x9f", b"\xc2\x80", b"\xc2", b"\x1b", b"\xc2a", b""];

/// The first byte that may begin a sequence, looked for one by one.
fn naive_plain_length(bytes: &[u8]) -> usize {
    let begins = |at: &usize| match (bytes[*at], bytes.get(at + 1)) {
        (ESC, _) => true,
        (C1_LEAD, next) => next.is_none_or(|&next| next < 0xa0),
        _ => false,
    };
    (0..bytes.len()).find(begins).unwrap_or(bytes.len())
}

proptest! {
    #[test]
    fn plain_text_ends_where_it_must(
        repeats in prop::collection::vec((prop::sample::select(&b"\xc2\xa0ab\xbf\xc3\xa9"[..]), 1..20usize), 1..20),
        last in prop::sample::select(ENDS),
    ) {
        let mut bytes = "\u{a0}".as_bytes().to_vec();
        for (byte, count) in repeats {
            bytes.extend(std::iter::repeat_n(byte, count));
        }
        bytes.extend_from_slice(last);
        bytes.extend_from_slice(&[b'x'; 40]);
        let length = plain_length(&bytes);
        let naive = naive_plain_length(&bytes);
        // A broken character is no reason to look further than needed.
        let broken = bytes[length..].first() == Some(&C1_LEAD) && bytes[length + 1] >= 0xc0;
        prop_assert!(length == naive || length < naive && broken);
    }

    #[test]
    fn the_reference_agrees_on_anything(bytes in terminal_bytes(24)) {
        check(&bytes);
    }

    #[test]
    fn skipping_equals_stepping(bytes in terminal_bytes(200), at in any::<prop::sample::Index>()) {
        let (head, tail) = bytes.split_at(at.index(bytes.len() + 1));
        prop_assert_eq!(stepped(head).advance(tail), stepped(&bytes));
    }
}
