//! Cursor movements, tab stops, erasing, inserting and deleting.

use super::text;

#[test]
fn the_cursor_goes_where_it_is_sent() {
    assert_eq!(text(5, 3, "\x1b[2;3Hx\x1b[Hy\x1b[9;9Hz"), "y\n  x\n    z");
    assert_eq!(text(5, 3, "\x1b[2;2H\x1b[Aa\x1b[2Bb\x1b[4Dc"), " a\n\nc b");
    assert_eq!(text(5, 3, "ab\x1b[Ec\x1b[Fd\x1b[3d\x1b[5Ge"), "db\nc\n    e");
}

#[test]
fn origin_mode_counts_from_the_margin() {
    assert_eq!(text(3, 4, "\x1b[2;3r\x1b[?6ha\x1b[9;1Hb"), "\na\nb\n");
}

#[test]
fn backspace_wraps_back_in_reverse_wrap_mode() {
    assert_eq!(text(3, 2, "\x1b[?45habcd\x08\x08x"), "abx\nd");
    assert_eq!(text(3, 2, "abcd\x08\x08x"), "abc\nx");
}

#[test]
fn tabs_stop_every_eight_columns_or_where_set() {
    assert_eq!(text(20, 1, "\ta\tb"), "        a       b");
    assert_eq!(text(20, 1, "\x1b[3g\x1b[4G\x1bH\r\ta\tb"), "   a               b");
    assert_eq!(text(20, 1, "\x1b[12G\x1b[Za\x1b[2Zb"), "b       a");
    assert_eq!(text(20, 1, "\x1b[9G\x1b[g\r\ta"), "                a");
}

#[test]
fn parts_of_a_row_are_erased() {
    assert_eq!(text(5, 1, "abcde\x1b[3G\x1b[K"), "ab");
    assert_eq!(text(5, 1, "abcde\x1b[3G\x1b[1K"), "   de");
    assert_eq!(text(5, 1, "abcde\x1b[2K"), "");
    assert_eq!(text(5, 1, "abcde\x1b[2G\x1b[2X"), "a  de");
}

#[test]
fn parts_of_the_screen_are_erased() {
    let full = "111\r\n222\r\n333\x1b[2;2H";
    assert_eq!(text(3, 3, &format!("{full}\x1b[J")), "111\n2\n");
    assert_eq!(text(3, 3, &format!("{full}\x1b[1J")), "\n  2\n333");
    assert_eq!(text(3, 3, &format!("{full}\x1b[2J")), "\n\n");
}

#[test]
fn protected_cells_are_spared() {
    assert_eq!(text(5, 1, "a\x1b[1\"qb\x1b[0\"qc\x1b[?2K"), " b");
    assert_eq!(text(5, 1, "a\x1b[1\"qb\x1b[0\"qc\x1b[2K"), "");
    assert_eq!(text(5, 1, "a\x1b[1\"qb\x1b[0\"qc\x1b[?2J"), " b");
}

#[test]
fn cells_are_inserted_and_deleted() {
    assert_eq!(text(5, 1, "abcde\x1b[2G\x1b[2@"), "a  bc");
    assert_eq!(text(5, 1, "abcde\x1b[2G\x1b[2P"), "ade");
    assert_eq!(text(5, 1, "ab漢e\x1b[4G\x1b[P"), "ab e");
    assert_eq!(text(5, 1, "abcde\x1b[2G\x1b[2147483647P"), "a");
}

#[test]
fn columns_are_inserted_and_deleted() {
    assert_eq!(text(4, 2, "abcd\r\nefgh\x1b[1;2H\x1b[1'}"), "a bc\ne fg");
    assert_eq!(text(4, 2, "abcd\r\nefgh\x1b[1;2H\x1b[2'~"), "ad\neh");
    assert_eq!(text(4, 2, "abcd\r\nefgh\x1b[ @"), "bcd\nfgh");
    assert_eq!(text(4, 2, "abcd\r\nefgh\x1b[ A"), " abc\n efg");
}

#[test]
fn the_screen_is_filled_for_alignment() {
    assert_eq!(text(3, 2, "x\x1b#8"), "EEE\nEEE");
}

#[test]
fn a_saved_cursor_comes_back() {
    assert_eq!(text(5, 2, "ab\x1b7\x1b[2;4Hc\x1b8d"), "abd\n   c");
    assert_eq!(text(5, 2, "ab\x1b[s\x1b[2;4Hc\x1b[ud"), "abd\n   c");
    assert_eq!(text(5, 2, "\x1b(0\x1b7\x1b(B\x1b8q"), "─\n");
}
