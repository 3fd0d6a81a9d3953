//! Text, wrapping, widths, character sets.

use super::super::{Client, Screen, ScreenOptions, UnicodeVersion};
use super::text;

#[test]
fn text_stays_where_it_is_printed() {
    assert_eq!(text(10, 3, "one\r\ntwo\r\nthree"), "one\ntwo\nthree");
}

#[test]
fn text_wraps_only_when_more_follows() {
    assert_eq!(text(5, 3, "12345"), "12345\n\n");
    assert_eq!(text(5, 3, "12345\r\nx"), "12345\nx\n");
    assert_eq!(text(5, 3, "123456"), "12345\n6\n");
}

#[test]
fn text_overwrites_the_last_column_without_wrapping() {
    assert_eq!(text(5, 2, "\x1b[?7l1234567"), "12347\n");
}

#[test]
fn a_line_feed_ends_a_pending_wrap() {
    assert_eq!(text(3, 3, "abc\nd"), "abc\n  d\n");
}

#[test]
fn wide_characters_take_two_columns() {
    assert_eq!(text(5, 2, "漢字x"), "漢字x\n");
    assert_eq!(text(5, 2, "a漢字x"), "a漢字\nx");
}

#[test]
fn a_wide_character_that_does_not_fit_goes_to_the_next_row() {
    assert_eq!(text(5, 2, "abcd漢"), "abcd\n漢");
    assert_eq!(text(5, 2, "\x1b[?7labcd漢"), "abcd\n");
}

#[test]
fn overwriting_half_a_wide_character_empties_the_other() {
    assert_eq!(text(6, 1, "漢\x1b[1Gx"), "x");
    assert_eq!(text(6, 1, "漢\x1b[2Gx"), " x");
}

#[test]
fn marks_join_the_character_before() {
    assert_eq!(text(5, 1, "e\u{301}x"), "e\u{301}x");
    assert_eq!(text(5, 1, "漢\u{301}x"), "漢\u{301}x");
    assert_eq!(text(5, 1, "e\x07\u{301}x"), "e\u{301}x");
}

#[test]
fn marks_on_one_character_are_bounded() {
    let zalgo = "e".to_owned() + &"\u{301}".repeat(10_000);
    assert!((4000..=4096).contains(&text(5, 1, &zalgo).len()));
}

#[test]
fn the_width_table_is_that_of_the_client() {
    let width = |unicode, text: &str| {
        let client = Client { unicode, ..Client::default() };
        let options = ScreenOptions { cols: 9, rows: 1, client, ..ScreenOptions::default() };
        let mut screen = Screen::new(&options);
        screen.feed(format!("{text}\x1b[6n").as_bytes());
        let mut answers = Vec::new();
        screen.feed_answering(b"\x1b[6n", &mut answers);
        String::from_utf8(answers).expect("ASCII")
    };
    assert_eq!(width(UnicodeVersion::V6, "😀"), "\x1b[1;2R");
    assert_eq!(width(UnicodeVersion::V11, "😀"), "\x1b[1;3R");
    assert_eq!(width(UnicodeVersion::V11, "\u{20000}\u{e0100}\u{10ffff}"), "\x1b[1;4R");
}

#[test]
fn insert_mode_shifts_the_rest_of_the_row() {
    assert_eq!(text(6, 1, "abcd\x1b[1G\x1b[4hxy\x1b[4lz"), "xyzbcd");
}

#[test]
fn line_drawing_replaces_letters_while_shifted_in() {
    assert_eq!(text(8, 1, "\x1b(0lqk\x1b(Bq"), "┌─┐q");
    assert_eq!(text(8, 1, "\x1b)0q\x0eq\x0fq"), "q─q");
    assert_eq!(text(8, 1, "\x1b*0\x1bnq\x0fq"), "─q");
    assert_eq!(text(8, 1, "\x1b(Ka[\x1b%Gb["), "aÄb[");
}

#[test]
fn a_character_is_repeated() {
    assert_eq!(text(8, 1, "ab\x1b[3b"), "abbbb");
    assert_eq!(text(8, 1, "ab\x1b[m\x1b[3b"), "ab");
    assert!(text(4, 2, "x\x1b[2147483647b").starts_with("xxxx\n"));
}

#[test]
fn new_line_mode_returns_as_well() {
    assert_eq!(text(5, 2, "\x1b[20hab\nc"), "ab\nc");
}

#[test]
fn a_row_that_is_wider_than_the_screen_takes_no_more_text_than_there_are_columns() {
    let options = ScreenOptions { cols: 9, rows: 5, ..ScreenOptions::default() };
    let (mut whole, mut cut) = (Screen::new(&options), Screen::new(&options));
    for screen in [&mut whole, &mut cut] {
        // As resizes can leave one of an alternate buffer.
        screen.terminal.active.row_mut(0).resize(11);
        screen.feed(b"\x1b[1;4H");
    }
    let text = "\u{ff21}~ \u{3001}0123456789# ";
    whole.feed(text.as_bytes());
    text.bytes().for_each(|byte| cut.feed(&[byte]));
    assert_eq!(whole.text(), cut.text());
    assert!(cut.text().contains("\n012345678\n9#"), "{}", cut.text());
}
