//! Scrolling, regions, scrollback and the two buffers.

use super::super::{Screen, ScreenOptions};
use super::{screen, shown, snapshot, text};

fn lines(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|line| format!("line {line}\r\n")).collect();
    lines.concat()
}

#[test]
fn the_screen_scrolls_at_its_bottom() {
    assert_eq!(text(8, 3, &lines(5)), "line 3\nline 4\n");
}

#[test]
fn a_region_scrolls_alone() {
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\nx"), "a\nc\nx\nd");
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1bMx"), "a\nx\nb\nd");
}

#[test]
fn lines_are_inserted_and_deleted_in_the_region() {
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1b[L"), "a\n\nb\nd");
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1b[9M"), "a\n\n\nd");
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[S"), "a\nc\n\nd");
    assert_eq!(text(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2147483647T"), "a\n\n\nd");
}

#[test]
fn rows_that_leave_the_top_are_kept() {
    let screen = screen(8, 2, lines(4).as_bytes());
    assert!(shown(&screen).starts_with("line 0\r\nline 1\r\nline 2\r\nline 3\r\n"));
    let mut last = Vec::new();
    screen.snapshot(Some(1), &mut last);
    assert!(
        last.starts_with(b"\x18\x1bcline 2\r\nline 3\r\n"),
        "{:?}",
        last.escape_ascii().to_string()
    );
}

#[test]
fn a_region_at_the_top_scrolls_into_the_scrollback() {
    let screen = screen(3, 3, b"a\r\nb\r\nc\x1b[1;2r\x1b[2;1H\nx");
    assert!(shown(&screen).starts_with("a\r\nb\r\nx\r\nc"));
}

#[test]
fn the_scrollback_is_bounded_by_rows_and_bytes() {
    let options =
        ScreenOptions { cols: 20, rows: 2, scrollback_lines: 5, ..ScreenOptions::default() };
    let mut few = Screen::new(&options);
    few.feed(lines(100).as_bytes());
    assert!(shown(&few).starts_with("line 94\r\n"));
    let mut small = Screen::new(&ScreenOptions {
        scrollback_lines: 100_000,
        scrollback_bytes: 10_000,
        ..options
    });
    small.feed(lines(100_000).as_bytes());
    assert!(small.bytes_held() < 20_000, "{}", small.bytes_held());
}

#[test]
fn a_thousand_coloured_lines_take_little_memory() {
    let line = "\x1b[1;32m   Compiling\x1b[0m something v1.2.3 \x1b[38;5;208m(/home/user/something)\x1b[0m\r\n";
    let screen = screen(80, 24, line.repeat(1100).as_bytes());
    assert!(screen.bytes_held() < 110 * 1024, "{}", screen.bytes_held());
    assert!(super::screen(80, 24, b"").bytes_held() < 20 * 1024);
}

#[test]
fn the_scrollback_can_be_erased_or_given_up() {
    let mut screen = screen(8, 2, lines(50).as_bytes());
    let held = screen.bytes_held();
    screen.drop_scrollback();
    assert!(screen.bytes_held() < held);
    assert!(shown(&screen).starts_with("line 49\x1b[?25h"));
    screen.feed(lines(50).as_bytes());
    screen.feed(b"\x1b[3J");
    assert!(shown(&screen).starts_with("line 49\x1b[?25h"));
}

#[test]
fn rows_of_any_length_fit() {
    let cell = |column: usize| {
        format!("\x1b[38;2;{};{};7m\x1b]8;;http://{column}\x07x", column % 256, column / 4)
    };
    let row: String = (0..1000).map(cell).chain(["\x1b]8;;\x07\r\n".to_owned()]).collect();
    let mut screen = Screen::new(&ScreenOptions {
        cols: 1000,
        rows: 1,
        scrollback_bytes: 1 << 20,
        ..ScreenOptions::default()
    });
    screen.feed(row.repeat(2).as_bytes());
    let picture = snapshot(&screen);
    let links = picture.windows(9).filter(|window| window == b"http://99");
    assert_eq!(links.count(), 2 * 11);
}

#[test]
fn the_alternate_buffer_is_separate_and_new() {
    assert_eq!(text(5, 2, "ab\x1b[?1049hx"), "  x\n");
    assert_eq!(text(5, 2, "ab\x1b[?1049hx\x1b[?1049lc"), "abc\n");
    assert_eq!(text(5, 2, "ab\x1b[?47hx\x1b[?47l\x1b[?47hy"), "   y\n");
    assert_eq!(text(5, 2, "\x1b[?1049h1\r\n2\r\n3\x1b[?1049l"), "\n");
}

#[test]
fn resets_do_what_they_do_in_the_client() {
    assert_eq!(shown(&screen(5, 2, b"ab\x1b[1m\x1b[?1h\x1b[?1049hx\x1bc")), "\x1b[?25h\x1b[1;1H");
    assert_eq!(shown(&screen(5, 2, b"ab\x1b[1m\x1b[?1h\x1b[2;2r\x1b[!p")), "ab\x1b[?25h\x1b[1;3H");
}
