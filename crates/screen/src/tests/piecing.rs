//! Snapshots that are written in pieces.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::snapshot_writer::PIECE;
use super::super::{Screen, ScreenOptions, SnapshotWriter};
use super::properties::stream;
use super::{client, screen, snapshot};

/// All pieces of a snapshot.
fn pieces(mut writer: SnapshotWriter, size: usize) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    loop {
        let mut piece = Vec::new();
        let is_last = writer.write_up_to(size, &mut piece);
        pieces.push(piece);
        if is_last {
            return pieces;
        }
    }
}

/// A screen whose cells all have a colour of their own.
fn colourful(cols: u16, rows: u16) -> Screen {
    let mut bytes = Vec::new();
    for row in 0..u32::from(rows) {
        for col in 0..u32::from(cols) {
            let (red, green) = (row % 256, col % 256);
            bytes.extend(format!("\x1b[38;2;{red};{green};7;48;2;{green};{red};9mx").bytes());
        }
    }
    screen(cols, rows, &bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_size_are_the_whole_snapshot(
        client in client(),
        bytes in stream(60),
        (cols, rows) in (2..30_u16, 1..9_u16),
        (kept, lines) in (0..60_usize, prop::option::of(0..70_usize)),
        size in prop_oneof![Just(1), 1..60_usize, 1..2000_usize],
    ) {
        let options = ScreenOptions { cols, rows, scrollback_lines: kept, client, ..ScreenOptions::default() };
        let mut screen = Arc::new(Screen::new(&options));
        Arc::make_mut(&mut screen).feed(&bytes);
        let mut whole = Vec::new();
        screen.snapshot(lines, &mut whole);
        let writer = SnapshotWriter::new(Arc::clone(&screen), lines);
        // What happens meanwhile does not count.
        Arc::make_mut(&mut screen).feed(b"\x1bc\x1b[3Jmeanwhile");
        prop_assert_eq!(pieces(writer, size).concat(), whole);
    }

    // The rows of both buffers, long lines and wide characters at every edge.
    #[test]
    fn rows_that_wrap_are_the_same_in_pieces(
        text in "([a-z]{1,9}|[漢字😀]{1,4}| {1,7}|\r\n){1,80}",
        alternate in prop::bool::ANY,
        (cols, rows) in (2..12_u16, 1..6_u16),
        size in 1..40_usize,
    ) {
        let enter = if alternate { "\x1b[?1049h" } else { "" };
        let screen = screen(cols, rows, format!("{text}{enter}{text}").as_bytes());
        let whole = snapshot(&screen);
        prop_assert_eq!(pieces(SnapshotWriter::new(Arc::new(screen), None), size).concat(), whole);
    }
}

#[test]
fn no_piece_is_much_longer_than_the_bound() {
    let screen = Arc::new(colourful(1000, 120));
    let mut whole = Vec::new();
    screen.snapshot(None, &mut whole);
    let row = whole.len() / 120;
    let pieces = pieces(SnapshotWriter::new(screen, None), PIECE);
    assert!(pieces.len() > 8, "{} of {} bytes", pieces.len(), whole.len());
    assert!(pieces.iter().all(|piece| piece.len() <= PIECE + 2 * row), "{row}");
    assert!(pieces.concat() == whole);
}

#[test]
fn blank_cells_and_short_rows_count_too() {
    // All cells of these rows are stored, and two of each are drawn.
    let wide = screen(1000, 1000, &b"x\x1b[998Cx\r\n".repeat(999));
    assert!(snapshot(&wide).len() < PIECE);
    assert!(pieces(SnapshotWriter::new(Arc::new(wide), None), PIECE).len() > 1);
    let options = ScreenOptions { scrollback_lines: 100_000, ..ScreenOptions::default() };
    let mut long = Screen::new(&options);
    long.feed(&b"\r\n".repeat(50_000));
    assert!(snapshot(&long).len() < PIECE);
    assert!(pieces(SnapshotWriter::new(Arc::new(long), None), PIECE).len() > 1);
}

#[test]
fn lines_kept_as_they_were_printed_come_once_and_only_where_wanted() {
    let log: String = (0..2000).map(|line| format!("line {line}\r\n")).collect();
    let fed = |end: &str| Arc::new(screen(80, 24, format!("{log}{end}").as_bytes()));
    // The other buffer has no scrollback, and a piece may begin among the rows.
    let screens = [fed(""), fed("\x1b[?1049hfull screen")];
    for (screen, lines) in screens.iter().flat_map(|screen| [(screen, None), (screen, Some(0))]) {
        let mut whole = Vec::new();
        screen.snapshot(lines, &mut whole);
        let feeds = memchr::memchr_iter(b'\n', &whole).count();
        let scrollback = if lines.is_none() { 1000 } else { 0 };
        assert!((scrollback..scrollback + 2 * 24).contains(&feeds), "{feeds} of {scrollback}");
        assert_eq!(pieces(SnapshotWriter::new(Arc::clone(screen), lines), 64).concat(), whole);
    }
}

#[test]
fn an_ordinary_screen_is_one_piece() {
    let mut bytes = b"\x1b[31mone line of many with some text in it\x1b[m\r\n".repeat(1000);
    bytes.extend_from_slice(&b"\x1b[38;2;1;2;3mx\x1b[38;2;3;2;1my".repeat(40 * 24));
    let ordinary = Arc::new(screen(80, 24, &bytes));
    assert_eq!(pieces(SnapshotWriter::new(ordinary, None), PIECE).len(), 1);
}
