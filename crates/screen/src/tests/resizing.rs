//! Resizing.

use super::super::{Screen, ScreenOptions};
use super::{restored, screen, shown};

#[test]
fn wrapped_lines_are_joined_when_there_is_room() {
    let mut screen = screen(5, 4, b"1234567890\r\nx");
    screen.resize(10, 4);
    assert_eq!(screen.text(), "1234567890\nx\n\n");
}

#[test]
fn long_lines_are_split_when_there_is_not() {
    let mut screen = screen(10, 4, b"1234567890\r\nx");
    screen.resize(4, 4);
    assert_eq!(screen.text(), "1234\n5678\n90\nx");
}

#[test]
fn the_line_with_the_cursor_is_left_to_the_program() {
    let mut screen = screen(10, 3, b"1234567890");
    screen.resize(4, 3);
    assert_eq!(screen.text(), "1234\n\n");
}

#[test]
fn a_wide_character_is_not_split() {
    let mut screen = screen(6, 4, "漢字語\r\nx".as_bytes());
    screen.resize(5, 4);
    assert_eq!(screen.text(), "漢字\n語\nx\n");
    screen.resize(6, 4);
    assert_eq!(screen.text(), "漢字語\nx\n\n");
}

#[test]
fn rows_come_back_from_the_scrollback() {
    let mut screen = screen(5, 4, b"1\r\n2\r\n\x1b[31m3\x1b[m\r\n4");
    screen.resize(5, 2);
    assert_eq!(screen.text(), "3\n4");
    assert!(shown(&screen).starts_with("1\r\n2\r\n\x1b[31m3"));
    screen.resize(5, 4);
    assert_eq!(screen.text(), "1\n2\n3\n4");
}

#[test]
fn the_scrollback_is_reflowed() {
    let mut screen = screen(10, 2, b"abcdefghij\r\nklmnopqrst\r\n1\r\n2");
    for cols in [5, 20, 7] {
        screen.resize(cols, 2);
        let shown = shown(&screen);
        assert!(shown.contains("abcdefghij\r\nklmnopqrst\r\n1\r\n2"), "{shown}");
    }
}

#[test]
fn attributes_links_and_marks_survive_a_reflow() {
    let mut before = screen(8, 2, "\x1b[4:3;38;5;9me\u{301}\x1b[m\x1b]8;id=a;http://x\x07漢\x1b]8;;\x07\x1b[44m\x1b[K\x1b[m\r\n1\r\n2".as_bytes());
    let picture = shown(&before);
    before.resize(20, 5);
    before.resize(8, 2);
    assert_eq!(shown(&before), picture);
}

#[test]
fn the_scrollback_keeps_an_empty_cell_apart_from_a_space() {
    // The wide character does not fit and leaves the last column underlined, but empty.
    let mut screen = screen(5, 2, "\x1b[4mabcd漢\x1b[m\r\n1\r\n2\r\n3".as_bytes());
    screen.resize(10, 5);
    assert_eq!(screen.text(), "abcd漢\n1\n2\n3\n");
}

#[test]
fn the_scrollback_keeps_half_of_a_wide_character() {
    // A program that repaints the line with the cursor finds what is left of it;
    // the half goes into the scrollback and is laid out as a wide character again.
    let mut screen = screen(4, 2, "ab漢e\u{301}\x1b[A".as_bytes());
    screen.resize(3, 2);
    screen.feed(b"\x1b[2;1H\r\n1\r\n2\r\n3");
    screen.resize(2, 6);
    assert_eq!(screen.text(), "ab\n漢\n1\n2\n3\n");
}

#[test]
fn the_alternate_buffer_is_cut_and_padded() {
    let mut screen = screen(5, 3, b"\x1b[?1049h\x1b[H12345\r\nab");
    screen.resize(3, 2);
    assert_eq!(screen.text(), "123\nab");
    screen.resize(6, 3);
    assert_eq!(screen.text(), "12345\nab\n");
}

#[test]
fn an_alternate_buffer_shown_after_a_lower_screen_keeps_rows_above() {
    let mut screen = screen(5, 3, b"");
    screen.resize(5, 6);
    screen.resize(5, 3);
    screen.feed(b"\x1b[?1049h1\r\n2\r\n3\r\n4\r\n5");
    assert_eq!(screen.text(), "3\n4\n5");
    screen.resize(5, 5);
    assert_eq!(screen.text(), "1\n2\n3\n4\n5");
    // From then on, what scrolls off is gone.
    screen.resize(5, 4);
    screen.resize(5, 5);
    assert_eq!(screen.text(), "2\n3\n4\n5\n");
}

#[test]
fn margins_are_reset_and_sizes_clamped() {
    let mut screen = screen(5, 5, b"\x1b[2;3r");
    screen.resize(5, 4);
    assert!(!shown(&screen).contains('r'));
    screen.resize(0, 0);
    assert_eq!(screen.size(), (2, 1));
    screen.resize(60_000, 60_000);
    assert_eq!(screen.size(), (60_000, 279));
    screen.resize(4096, 4097);
    assert_eq!(screen.size(), (4096, 4096));
}

#[test]
fn one_side_may_be_very_long() {
    let mut wide = screen(1400, 24, b"\x1b[5;1200HX");
    assert!(shown(&wide).contains("\x1b[1199CX"));
    wide.resize(65_535, 2);
    wide.feed(b"\x1b[1;65535HY\x1b[6n");
    assert!(wide.text().lines().next().is_some_and(|line| line.len() == 65_535));
    let tall = screen(2, 65_535, b"\x1b[65535;1HZ");
    assert_eq!(tall.text().lines().last(), Some("Z"));
}

#[test]
fn new_columns_have_tab_stops() {
    let mut screen = screen(8, 1, b"");
    screen.resize(30, 1);
    screen.feed(b"\t\t\tx");
    assert_eq!(screen.text(), format!("{}x", " ".repeat(24)));
}

/// The text of a screen that keeps four lines in all, after so many lines have
/// been pushed out and a line in the scrollback has been split.
fn overfull(pushed_out: usize) -> String {
    let options = ScreenOptions { cols: 10, rows: 2, scrollback_lines: 2, ..Default::default() };
    let mut screen = Screen::new(&options);
    // The pieces are too small to pass the screen by.
    (0..pushed_out).for_each(|_| screen.feed(b"1\r\n"));
    screen.feed(b"abcdefghij\r\n3\r\n4\r\n5");
    screen.resize(2, 2);
    screen.text()
}

#[test]
fn lines_beyond_the_first_come_round_to_the_end() {
    // As in xterm.js, the list of lines has room before the first line only as
    // far as it has turned.
    assert_eq!(overfull(0), "4\n5");
    assert_eq!(overfull(1), "4\ngh");
    assert_eq!(overfull(2), "ef\ngh");
    assert_eq!(overfull(4), "4\n5");
    assert_eq!(overfull(5), "4\ngh");
}

#[test]
fn half_a_character_is_no_reason_to_wrap() {
    let mut screen = screen(7, 5, "\x1b[?7lx글--한 \n".as_bytes());
    screen.resize(6, 5);
    // Its half goes to the next row, where it is restored as a blank.
    screen.feed("\x1b[2;3Hy".as_bytes());
    assert_eq!(restored(&screen).text(), "x글--\n  y\n\n\n");
}

#[test]
fn a_resize_ends_what_is_printed_in_one_go() {
    // The first character of a run empties the half that it leaves of a wide one.
    let mut screen = screen(40, 3, "a한".as_bytes());
    screen.resize(3, 3);
    screen.feed(b"x");
    assert_eq!(screen.text(), "a x\n\n");
}

#[test]
fn text_beyond_ascii_ends_at_the_edge_of_a_narrower_alternate_screen() {
    let mut screen = screen(12, 3, b"\x1b[?1049h");
    screen.resize(6, 3);
    screen.feed("aßßßßßßßß".as_bytes());
    assert_eq!(screen.text(), "aßßßßß\nßßß\n");
}
