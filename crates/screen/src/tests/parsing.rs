//! What the parser makes of odd input.

use super::{screen, snapshot, text};

#[test]
fn malformed_characters_are_dropped() {
    for bytes in [
        &b"a\xffb"[..],
        b"a\xc3b",
        b"a\xe2\x82b",
        b"a\xed\xa0\x80b",
        b"a\xc0\x80b",
        b"a\xef\xbb\xbfb",
    ] {
        assert_eq!(screen(5, 1, bytes).text(), "ab", "{bytes:x?}");
    }
}

#[test]
fn controls_work_inside_sequences() {
    assert_eq!(text(5, 2, "ab\x1b[1\n;1Hc"), "cb\n");
}

#[test]
fn cancelled_sequences_do_nothing() {
    assert_eq!(text(5, 1, "a\x1b[5\x18Cb"), "aCb");
    assert_eq!(screen(5, 1, b"\x1b]2;title\x18").title(), "");
}

#[test]
fn escape_starts_over() {
    assert_eq!(text(8, 1, "\x1b[3\x1b[2Cx"), "  x");
    assert_eq!(screen(5, 1, b"\x1b]2;title\x1b[C").title(), "title");
}

#[test]
fn c1_controls_come_as_characters() {
    assert_eq!(text(5, 2, "ab\u{85}c\u{9b}Cd"), "ab\nc d");
    assert_eq!(screen(5, 1, "\u{9d}2;x\u{9c}".as_bytes()).title(), "x");
}

#[test]
fn unknown_sequences_are_swallowed() {
    assert_eq!(text(5, 1, "\x1b[>5;6z\x1b[1<m\x1b[ $!p\x1b#3\x1bP1$tx\x1b\\\x1b_a\x1b\\b"), "b");
}

#[test]
fn more_parameters_than_kept_are_dropped() {
    let many = format!("\x1b[{}1mx", "1;".repeat(500));
    assert_eq!(text(5, 1, &many), "x");
    assert_eq!(text(5, 1, "\x1b[99999999999999999999Cx"), "    x");
}

#[test]
fn a_sequence_is_taken_in_any_pieces() {
    let bytes = "\x1b[1;31mé\x1b]8;id=a;http://x\x1b\\漢\x1b[2;3H\x1bPx\x1b\\".as_bytes();
    let whole = snapshot(&screen(8, 3, bytes));
    for cut in 0..bytes.len() {
        let mut parts = screen(8, 3, &bytes[..cut]);
        parts.feed(&bytes[cut..]);
        assert_eq!(snapshot(&parts), whole, "cut at {cut}");
    }
}

#[test]
fn endless_strings_take_bounded_memory() {
    for introducer in ["\x1b]2;", "\x1bPq", "\x1b_", "\x1bX", "\x1b[1;"] {
        let mut screen = screen(80, 24, introducer.as_bytes());
        for _ in 0..100 {
            screen.feed(&[b'1'; 10_000]);
        }
        assert!(screen.bytes_held() < 300_000, "{introducer:?} holds {}", screen.bytes_held());
        assert!(snapshot(&screen).len() < 100_000);
    }
}

#[test]
fn a_title_too_long_is_cut() {
    let title = format!("\x1b]2;{}\x07", "é".repeat(10_000));
    let screen = screen(5, 1, title.as_bytes());
    assert!(screen.title().len() <= 4096 && screen.title().starts_with("éé"));
}
