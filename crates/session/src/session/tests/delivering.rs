//! Snapshots as a viewer gets them: in pieces, at one offset, with the output
//! that follows.

use offheap_screen::{Screen, ScreenOptions};
use offheap_wire::{Header, Position};

use super::*;
use crate::session::Recovery;
use crate::session::cursor::SCREEN;
use crate::session::delivery::Deliveries;
use crate::session::view::SnapshotHead;

const HISTORY: usize = 64 * 1024;
/// The smallest frame that viewers may have.
const SMALL: usize = 1024;

fn bench() -> Bench {
    bench_with(ScreenOptions::default())
}

/// A session whose snapshots take no time from those of other tests.
fn bench_with(options: ScreenOptions) -> Bench {
    let mut bench = Bench::new(HISTORY);
    bench.stream = Stream::new(HISTORY, Some(options), Arc::clone(&bench.meter));
    bench.stream.deliveries = Box::leak(Box::new(Deliveries::new(usize::MAX, Duration::MAX)));
    bench
}

/// One whose snapshot takes several pieces to make.
fn large() -> Bench {
    let options = ScreenOptions { cols: 1000, rows: 200, ..ScreenOptions::default() };
    let mut bench = bench_with(options);
    bench.append(&b"\x1b[38;2;1;2;3mx\x1b[38;2;3;2;1my".repeat(100_000));
    bench
}

/// Reads until the snapshot begins: its head, its first piece and how often there was
/// nothing yet. The reader is told each time that it is to come again.
fn wait_for_screen(bench: &mut Bench, key: ViewerKey) -> (SnapshotHead, Vec<u8>, usize) {
    let mut frame = vec![0; SMALL];
    for waited in 0.. {
        bench.news();
        if let Some(first) = bench.stream.read_frame(key, &mut frame, bench.now) {
            frame.truncate(first.length);
            return (first.snapshot.expect("it is the first"), frame.split_off(8), waited);
        }
        assert_eq!(bench.news(), 1);
        assert!(bench.stream.position(key).expect("it is open").screen_due);
    }
    unreachable!()
}

/// Output that fills the screen with colours: some 20 KB of snapshot.
fn colourful(bench: &mut Bench) {
    for row in 0..24 {
        for col in 0..80 {
            bench.append(format!("\x1b[38;2;{row};{col};7mx").as_bytes());
        }
    }
}

fn open(bench: &mut Bench, origin: Origin, format: Format) -> ViewerKey {
    let signal = Arc::new(Signal::new(Box::new(Count(Arc::clone(&bench.told)))));
    bench.signals.push(Arc::clone(&signal));
    let options = ViewerOptions {
        recovery: Recovery::Screen(None),
        max_frame: SMALL,
        ..ViewerOptions::new(origin, format)
    };
    bench.stream.open_viewer(&options, signal, bench.now)
}

fn shows(bytes: &[u8]) -> String {
    let mut screen = Screen::new(&ScreenOptions::default());
    screen.feed(bytes);
    let mut snapshot = Vec::new();
    screen.snapshot(None, &mut snapshot);
    String::from_utf8(snapshot).unwrap()
}

/// What a client makes of the frames of `offheap.v1`: the bytes of the snapshot
/// and the output after it.
fn read_framed(bench: &mut Bench, key: ViewerKey) -> (Vec<u8>, Vec<u8>) {
    let (mut snapshot, mut output) = (Vec::new(), Vec::new());
    while let Some(frame) = bench.read(key) {
        assert!(frame.len() <= SMALL);
        let (header, position, bytes) = Header::parse(&frame, false).unwrap();
        assert_eq!(header, Header::Position);
        match position {
            Position::Snapshot(_) => snapshot.extend_from_slice(bytes),
            Position::Output(_) => output.extend_from_slice(bytes),
        }
    }
    (snapshot, output)
}

#[test]
fn a_viewer_begins_with_the_screen_in_pieces_and_goes_on_with_what_follows() {
    let mut bench = bench();
    colourful(&mut bench);
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    let mut frame = vec![0; SMALL];
    let first = bench.stream.read_frame(key, &mut frame, bench.now).expect("a piece");
    let head = first.snapshot.expect("it is the first");
    let end = bench.stream.ring().end();
    assert_eq!((head.offset, head.cols, head.rows), (end, 80, 24));
    assert!(head.length > 10 * SMALL);
    bench.append(b"\x1b[mmeanwhile");
    let (rest, output) = read_framed(&mut bench, key);
    let snapshot = [&frame[8..first.length], &rest].concat();
    assert_eq!(snapshot.len(), head.length);
    assert_eq!(output, b"\x1b[mmeanwhile");
    let expected = bench.stream.snapshot(None).unwrap().data;
    assert_eq!(shows(&[snapshot, output].concat()), String::from_utf8(expected).unwrap());
}

#[test]
fn a_gap_is_followed_by_the_screen() {
    let mut bench = bench();
    let key = open(&mut bench, Origin::Offset(0), Format::Framed);
    bench.append(&b"line of text\r\n".repeat(HISTORY / 10));
    let end = bench.stream.ring().end();
    let mut frame = vec![0; SMALL];
    let first = bench.stream.read_frame(key, &mut frame, bench.now).expect("a piece");
    assert_eq!(first.gap.map(|gap| gap.from), Some(0));
    assert_eq!(first.snapshot.map(|head| head.offset), Some(end));
    assert_eq!(bench.stream.position(key).map(|position| position.offset), Some(end));
}

#[test]
fn a_viewer_gets_four_screens_at_once_and_then_one_in_a_quarter_of_a_second() {
    let mut bench = bench();
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    let screens = |bench: &mut Bench| {
        let mut frame = vec![0; SMALL];
        bench.append(&b"line of text\r\n".repeat(HISTORY / 10));
        let mut count = 0;
        while let Some(next) = bench.stream.read_frame(key, &mut frame, bench.now) {
            count += usize::from(next.snapshot.is_some());
        }
        count
    };
    let at_once: Vec<_> = (0..6).map(|_| screens(&mut bench)).collect();
    assert_eq!(at_once, [1, 1, 1, 1, 0, 0]);
    assert!(bench.stream.position(key).expect("it is open").screen_due);
    bench.now += SCREEN;
    assert_eq!(screens(&mut bench), 1);
    assert!(!bench.stream.position(key).expect("it is open").screen_due);
    assert_eq!(screens(&mut bench), 0);
}

#[test]
fn json_pieces_are_whole_text_and_only_the_last_has_the_offset() {
    let mut bench = bench();
    bench.append("中文".repeat(900).as_bytes());
    let key = open(&mut bench, Origin::Screen, Format::Json);
    let frames: Vec<serde_json::Value> = std::iter::from_fn(|| bench.read(key))
        .map(|f| serde_json::from_slice(&f).unwrap())
        .collect();
    assert!(frames.len() > 3);
    assert!(frames.iter().all(|frame| frame["type"] == "history"));
    let (last, others) = frames.split_last().unwrap();
    assert!(others.iter().all(|frame| frame.get("offset").is_none()));
    assert_eq!(last["offset"], bench.stream.ring().end());
    let text: String = frames.iter().map(|frame| frame["data"].as_str().unwrap()).collect();
    assert_eq!(text.into_bytes(), bench.stream.snapshot(None).unwrap().data);
}

#[test]
fn viewers_that_begin_together_share_a_snapshot_until_something_is_printed() {
    let mut bench = bench();
    colourful(&mut bench);
    let keys = [(); 3].map(|()| open(&mut bench, Origin::Screen, Format::Framed));
    let delivery = |bench: &mut Bench, key| {
        bench.read(key).expect("a piece");
        let viewer = bench.stream.viewers.get(key).unwrap();
        Arc::as_ptr(&viewer.delivery.as_ref().expect("more pieces").0)
    };
    let first = delivery(&mut bench, keys[0]);
    assert_eq!(delivery(&mut bench, keys[1]), first);
    bench.append(b"news");
    assert_ne!(delivery(&mut bench, keys[2]), first);
}

#[test]
fn an_empty_screen_is_a_snapshot_of_no_bytes() {
    let mut bench = bench();
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    let mut frame = vec![0; SMALL];
    let only = bench.stream.read_frame(key, &mut frame, bench.now).expect("a frame");
    assert_eq!((only.length, only.snapshot.map(|head| head.length)), (8, Some(0)));
    assert_eq!(bench.read(key), None);
}

#[test]
fn without_a_screen_the_oldest_bytes_kept_come_in_its_place() {
    let mut bench = Bench::new(HISTORY);
    bench.append(b"text");
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    assert_eq!(read_framed(&mut bench, key), (Vec::new(), b"text".to_vec()));
}

#[test]
fn a_large_screen_is_made_in_pieces_and_stands_for_the_moment_it_was_begun() {
    let mut bench = large();
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    let expected = bench.stream.snapshot(None).expect("a screen");
    assert_eq!(bench.read(key), None, "it is begun");
    bench.append(b"\x1b[H\x1b[2Jmeanwhile");
    let (head, first, waited) = wait_for_screen(&mut bench, key);
    assert!(waited >= 3, "{waited} pieces");
    assert_eq!((head.offset, head.length), (expected.offset, expected.data.len()));
    let (rest, output) = read_framed(&mut bench, key);
    assert!([first, rest].concat() == expected.data);
    assert_eq!(output, b"\x1b[H\x1b[2Jmeanwhile");
}

#[test]
fn viewers_share_the_snapshot_that_is_being_made_whatever_is_printed() {
    let mut bench = large();
    let [first, second] = [(); 2].map(|()| open(&mut bench, Origin::Screen, Format::Framed));
    assert_eq!(bench.read(first), None);
    bench.append(b"news");
    assert_eq!(bench.read(second), None);
    let (head, _, waited) = wait_for_screen(&mut bench, first);
    assert_eq!(wait_for_screen(&mut bench, second).0, head);
    assert!(waited > 0);
    // It is made now, and something was printed since it was begun.
    let third = open(&mut bench, Origin::Screen, Format::Framed);
    assert_eq!(bench.read(third), None);
    assert_eq!(wait_for_screen(&mut bench, third).0.offset, bench.stream.ring().end());
}

#[test]
fn a_snapshot_that_is_being_made_is_begun_anew_when_the_size_changes() {
    let mut bench = large();
    let key = open(&mut bench, Origin::Screen, Format::Framed);
    assert_eq!(bench.read(key), None);
    bench.stream.resize(PtySize::new(900, 80), bench.now);
    let (head, ..) = wait_for_screen(&mut bench, key);
    assert_eq!((head.cols, head.rows), (900, 80));
}

#[test]
fn a_snapshot_for_which_nobody_waits_is_dropped() {
    let mut bench = large();
    let [first, second] = [(); 2].map(|()| open(&mut bench, Origin::Screen, Format::Framed));
    assert_eq!((bench.read(first), bench.read(second)), (None, None));
    let delivery = bench.stream.latest.as_ref().expect("it is begun").delivery.clone();
    bench.stream.close_viewer(first);
    assert!(delivery.upgrade().is_some(), "the other one waits");
    bench.stream.close();
    assert!(delivery.upgrade().is_none());
}
