mod delivering;
mod lasting;
mod mirroring;
mod tapping;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::pacing::STALL;
use super::stream::Stream;
use super::{Format, Gap, Origin, Replay, Session, ViewerKey, ViewerOptions};
use crate::meter::{Counter, Gauge, Meter};
use offheap_pty::{Gate, PtySize};
use offheap_ring::text::queries::{QueryFilter, Removed};
use offheap_screen::ScreenOptions;
use offheap_wake::{Reader, Signal};

const FRAME: usize = 64 * 1024;

/// Counts how often a reader was told.
struct Count(Arc<AtomicUsize>);

impl Reader for Count {
    fn readable(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A stream of its own, whose readers count what they are told.
struct Bench {
    stream: Stream,
    meter: Arc<Meter>,
    told: Arc<AtomicUsize>,
    signals: Vec<Arc<Signal>>,
    now: Instant,
}

impl Bench {
    fn new(history: usize) -> Self {
        let meter = Meter::new(None);
        let stream = Stream::new(history, None, Arc::clone(&meter));
        Self { stream, meter, told: Arc::default(), signals: Vec::new(), now: Instant::now() }
    }

    fn open(&mut self, origin: Origin, format: Format) -> ViewerKey {
        self.open_with(origin, format, FRAME)
    }

    fn open_with(&mut self, origin: Origin, format: Format, frame: usize) -> ViewerKey {
        let signal = Arc::new(Signal::new(Box::new(Count(Arc::clone(&self.told)))));
        self.signals.push(Arc::clone(&signal));
        let options = ViewerOptions { max_frame: frame, ..ViewerOptions::new(origin, format) };
        self.stream.open_viewer(&options, signal, self.now)
    }

    fn append(&mut self, bytes: &[u8]) {
        self.stream.append(bytes, &mut Vec::new(), self.now);
    }

    fn read(&mut self, key: ViewerKey) -> Option<Vec<u8>> {
        let mut out = vec![0; FRAME];
        let frame = self.stream.read_frame(key, &mut out, self.now)?;
        out.truncate(frame.length);
        Some(out)
    }

    fn read_all(&mut self, key: ViewerKey) -> Vec<u8> {
        std::iter::from_fn(|| self.read(key)).flatten().collect()
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    fn gate(&mut self) -> Gate {
        self.stream.gate(self.now)
    }

    /// How many readers have been told since the last look; they start to read.
    fn news(&self) -> usize {
        for signal in &self.signals {
            if signal.is_undelivered() {
                signal.delivered();
            }
        }
        self.told.swap(0, Ordering::SeqCst)
    }
}

#[test]
fn a_viewer_reads_what_was_printed_from_where_it_began() {
    let mut bench = Bench::new(4096);
    bench.append(b"before");
    let from_start = bench.open(Origin::Start, Format::Bytes);
    let from_end = bench.open(Origin::Now, Format::Bytes);
    let from_middle = bench.open(Origin::Offset(3), Format::Bytes);
    bench.append(b" after");
    assert_eq!(bench.read_all(from_start), b"before after");
    assert_eq!(bench.read_all(from_end), b" after");
    assert_eq!(bench.read_all(from_middle), b"ore after");
}

#[test]
fn a_viewer_whose_last_frame_is_out_and_was_the_last_has_caught_up() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(b"a");
    assert!(bench.read(key).is_some());
    bench.stream.frame_done(key, bench.now);
    bench.wait(STALL * 2);
    assert!(bench.stream.is_watched(bench.now), "it has everything, so it has not stalled");
}

#[test]
fn a_framed_viewer_gets_offsets_and_channels() {
    let mut bench = Bench::new(4096);
    let framed = bench.open(Origin::Start, Format::Framed);
    let channel = bench.open(Origin::Start, Format::Channel(7));
    bench.append(b"abc");
    assert_eq!(bench.read(framed), Some([&[0; 8][..], b"abc"].concat()));
    bench.append(b"de");
    assert_eq!(bench.read(framed), Some([&3_u64.to_be_bytes()[..], b"de"].concat()));
    let header = [&7_u32.to_be_bytes()[..], &[0; 8]].concat();
    assert_eq!(bench.read(channel), Some([&header[..], b"abcde"].concat()));
}

#[test]
fn a_reader_is_told_once_for_each_time_it_caught_up() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Bytes);
    assert_eq!(bench.read(key), None);
    bench.append(b"a");
    bench.append(b"b");
    bench.append(b"c");
    assert_eq!(bench.news(), 1);
    // Not caught up again: more output is no news.
    bench.append(b"d");
    assert_eq!(bench.news(), 0);
    assert_eq!(bench.read_all(key), b"abcd");
    bench.wait(Duration::from_millis(10));
    bench.append(b"e");
    assert_eq!(bench.news(), 1);
}

#[test]
fn a_reader_that_says_its_frame_is_out_is_told_of_what_is_left() {
    let mut bench = Bench::new(256 * 1024);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(&[b'x'; 200_000]);
    assert_eq!(bench.read(key).map(|frame| frame.len()), Some(FRAME));
    assert_eq!(bench.news(), 0);
    bench.stream.frame_done(key, bench.now);
    assert_eq!(bench.news(), 1);
}

#[test]
fn an_overtaken_reader_is_told_its_gap_and_goes_on_at_a_safe_boundary() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(b"start");
    bench.read_all(key);
    // The escape sequence and the characters straddle the oldest byte kept.
    let text = "\x1b[1;31mé".repeat(1000);
    bench.append(text.as_bytes());
    let oldest = bench.stream.ring().start();
    let mut frame = vec![0; FRAME];
    let made = bench.stream.read_frame(key, &mut frame, bench.now).expect("a frame");
    let gap = made.gap.expect("a gap");
    assert_eq!(gap.from, 5);
    assert!(gap.to >= oldest && gap.to < oldest + 9, "{gap:?} from {oldest}");
    frame.truncate(made.length);
    assert_eq!(frame, text.as_bytes()[usize::try_from(gap.to - 5).unwrap()..]);
    assert!(frame.starts_with(b"\x1b[1;31m") || frame.starts_with("é".as_bytes()));
    let missed = bench.stream.position(key).expect("an open viewer").missed;
    assert_eq!(missed, gap.to - gap.from);
    assert_eq!(bench.meter.total(Counter::BytesMissed), missed);
}

#[test]
fn a_json_reader_is_told_its_gap_by_a_frame() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Json);
    bench.append(&[b'x'; 5000]);
    assert_eq!(bench.read(key), Some(br#"{"type":"gap","from":0,"to":904}"#.to_vec()));
    let frame: serde_json::Value = serde_json::from_slice(&bench.read(key).unwrap()).unwrap();
    assert_eq!(frame["offset"], 5000);
    assert_eq!(frame["data"], "x".repeat(4096));
}

#[test]
fn two_gaps_before_a_read_are_told_as_one() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(&[b'x'; 5000]);
    bench.append(&[b'y'; 5000]);
    let mut frame = vec![0; FRAME];
    let made = bench.stream.read_frame(key, &mut frame, bench.now).unwrap();
    assert_eq!(made.gap, Some(Gap { from: 0, to: 10_000 - 4096 }));
}

#[test]
fn the_terminal_waits_while_every_live_viewer_is_far_behind() {
    let mut bench = Bench::new(8192);
    let fast = bench.open(Origin::Start, Format::Bytes);
    let slow = bench.open(Origin::Start, Format::Bytes);
    bench.append(&[b'x'; 4096]);
    assert_eq!(bench.gate(), Gate::Open, "half the history is not far");
    bench.append(&[b'x'; 1]);
    assert_eq!(bench.gate(), Gate::Shut(Some(bench.now + STALL)));
    bench.read(fast);
    assert_eq!(bench.gate(), Gate::Open, "the fastest sets the pace");
    bench.stream.close_viewer(fast);
    assert_ne!(bench.gate(), Gate::Open);
    bench.stream.close_viewer(slow);
    assert_eq!(bench.gate(), Gate::Open, "nobody is waited for who is gone");
}

#[test]
fn a_stalled_viewer_is_waited_for_no_longer_than_a_second() {
    let mut bench = Bench::new(8192);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(&[b'x'; 6000]);
    bench.wait(STALL - Duration::from_millis(1));
    assert_ne!(bench.gate(), Gate::Open);
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.gate(), Gate::Open);
    assert_eq!(bench.meter.total(Counter::Stalls), 1);
    // It reads again, so it counts again.
    bench.read(key);
    bench.append(&[b'x'; 6000]);
    assert_ne!(bench.gate(), Gate::Open);
}

#[test]
fn a_patient_viewer_is_waited_for_however_long_it_takes() {
    let mut bench = Bench::new(8192);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.stream.set_patient(key);
    bench.append(&[b'x'; 6000]);
    bench.wait(Duration::from_secs(3600));
    assert_ne!(bench.gate(), Gate::Open);
}

#[test]
fn a_terminal_waits_a_little_for_the_viewer_that_is_expected() {
    let mut bench = Bench::new(8192);
    bench.stream.expect_viewer(bench.now + STALL);
    bench.append(&[b'x'; 4000]);
    assert_eq!(bench.gate(), Gate::Open, "there is room");
    bench.append(&[b'x'; 200]);
    assert_eq!(bench.gate(), Gate::Shut(Some(bench.now + STALL)));
    bench.open(Origin::Now, Format::Bytes);
    assert_eq!(bench.gate(), Gate::Open, "it has come");
    bench.stream.expect_viewer(bench.now + STALL);
    bench.wait(STALL);
    assert_eq!(bench.gate(), Gate::Open, "nobody came");
}

#[test]
fn a_pause_shuts_the_gate_without_a_limit() {
    let mut bench = Bench::new(8192);
    bench.stream.set_paused(true);
    assert_eq!(bench.gate(), Gate::Shut(None));
    bench.stream.set_paused(false);
    assert_eq!(bench.gate(), Gate::Open);
}

#[test]
fn an_unfinished_sequence_waits_for_its_rest_or_the_end() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Bytes);
    bench.append(b"a\x1b[3");
    assert_eq!(bench.read(key), Some(b"a".to_vec()));
    assert_eq!(bench.read(key), None);
    bench.append(b"1m\xe2\x82");
    assert_eq!(bench.read(key), Some(b"\x1b[31m".to_vec()));
    assert_eq!(bench.read(key), None);
    bench.stream.end();
    assert_eq!(bench.read(key), Some(b"\xe2\x82".to_vec()));
}

#[test]
fn replayed_bytes_are_named_and_ask_no_questions() {
    let mut bench = Bench::new(4096);
    bench.append(b"past\x1b[c\x1b[6n");
    let key = bench.open(Origin::Start, Format::Json);
    assert_eq!(bench.stream.replay(key, Replay::History), 11);
    bench.append(b"live\x1b[c");
    let history = r#"{"type":"history","data":"past","offset":11}"#;
    assert_eq!(bench.read(key), Some(history.as_bytes().to_vec()));
    let stream = r#"{"type":"stream","data":"live\u001b[c","offset":18}"#;
    assert_eq!(bench.read(key), Some(stream.as_bytes().to_vec()));
}

#[test]
fn what_was_missed_while_away_comes_as_buffered_with_its_questions() {
    let mut bench = Bench::new(4096);
    let key = bench.open(Origin::Start, Format::Json);
    bench.append(b"x\x1b[c");
    bench.stream.replay(key, Replay::Buffered);
    let buffered = r#"{"type":"buffered","data":"x\u001b[c","offset":4}"#;
    assert_eq!(bench.read(key), Some(buffered.as_bytes().to_vec()));
}

/// The text of a JSON viewer's frames, and the type of the last one.
fn texts(bench: &mut Bench, key: ViewerKey) -> (String, String) {
    let (mut text, mut kind) = (String::new(), String::new());
    while let Some(frame) = bench.read(key) {
        let value: serde_json::Value = serde_json::from_slice(&frame).expect("a JSON frame");
        text.push_str(value["data"].as_str().expect("text"));
        kind = value["type"].as_str().expect("a type").to_owned();
    }
    (text, kind)
}

#[test]
fn with_a_screen_no_viewer_of_json_is_asked_anything() {
    let mut bench = mirroring::stream(64 * 1024, &ScreenOptions::default());
    let json = bench.open(Origin::Start, Format::Json);
    let bytes = bench.open(Origin::Start, Format::Bytes);
    let output = b"a\x1b[31mb\x07\x1b[6n\x1b]52;c;aGk=\x07\x1b]11;?\x07\x05\x1b[>q\r\nc";
    bench.append(output);
    let live = ("a\x1b[31mb\x07\x1b]52;c;aGk=\x07\r\nc".to_owned(), "stream".to_owned());
    assert_eq!(texts(&mut bench, json), live);
    assert_eq!(bench.read_all(bytes), output);
}

#[test]
fn what_is_sent_again_neither_rings_nor_copies_nor_notifies() {
    let output =
        b"a\x07\x1b[6n\x1b]52;c;aGk=\x07\x1b]9;done\x07\x1b]777;notify;x;y\x07\x1b]0;t\x07b";
    for (replay, kind) in
        [(Replay::History, "history"), (Replay::Resumed, "stream"), (Replay::Buffered, "buffered")]
    {
        let mut bench = mirroring::stream(64 * 1024, &ScreenOptions::default());
        bench.append(output);
        let key = bench.open(Origin::Start, Format::Json);
        bench.stream.replay(key, replay);
        assert_eq!(texts(&mut bench, key), ("a\x1b]0;t\x07b".to_owned(), kind.to_owned()));
    }
}

#[test]
fn what_is_longer_than_a_frame_is_removed_to_its_end() {
    for (sequence, kept) in [("52;c;", false), ("8;;http://x/", true)] {
        let mut bench = mirroring::stream(1 << 20, &ScreenOptions::default());
        let long = format!("\x1b]{sequence}{}\x07", "A".repeat(200_000));
        bench.append(format!("a{long}b\x07c").as_bytes());
        let key = bench.open_with(Origin::Start, Format::Json, 16 * 1024);
        bench.stream.replay(key, Replay::History);
        let expected = if kept { format!("a{long}bc") } else { "abc".to_owned() };
        assert!(texts(&mut bench, key).0 == expected, "{sequence}");
    }
}

#[test]
fn a_closed_session_holds_nothing_and_tells_its_viewers() {
    let (meter, told) = (Meter::new(None), Arc::new(AtomicUsize::new(0)));
    let reader = || Box::new(Count(Arc::clone(&told)));
    let session = Session::new(65_536, None, Arc::clone(&meter));
    let all = ViewerOptions::new(Origin::Start, Format::Bytes);
    session.append(&[b'x'; 10_000]).unwrap();
    let (key, signal) = session.open_viewer(&all, reader()).unwrap();
    assert!(meter.bytes_held() >= 10_000);
    assert_eq!(meter.level(Gauge::Viewers), 1);
    assert!(session.close());
    assert!(!session.close(), "only the first call does it");
    assert_eq!((meter.bytes_held(), meter.level(Gauge::Viewers)), (0, 0));
    assert!(session.append(b"more").is_err());
    assert!(session.open_viewer(&all, reader()).is_err());
    assert_eq!(session.read_frame(key, &mut [0; FRAME]), None);
    assert_eq!(told.load(Ordering::SeqCst), 1);
    assert!(!signal.is_waiting());
}

#[test]
fn a_viewer_key_of_the_past_reaches_nobody() {
    let mut bench = Bench::new(4096);
    let old = bench.open(Origin::Start, Format::Bytes);
    bench.stream.close_viewer(old);
    let new = bench.open(Origin::Start, Format::Bytes);
    bench.append(b"text");
    assert_eq!(bench.read(old), None);
    bench.stream.close_viewer(old);
    assert_eq!(bench.read(new), Some(b"text".to_vec()));
}

#[test]
fn a_dropped_session_gives_back_what_it_was_counted_for() {
    let meter = Meter::new(None);
    let session = Session::new(65_536, None, Arc::clone(&meter));
    session.append(b"text").unwrap();
    drop(session);
    assert_eq!(meter.bytes_held(), 0);
}

/// Terminal-like bytes: text, escapes, characters of all lengths, and rubbish.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[ -~]{0,20}".prop_map(String::into_bytes),
        "\\PC{0,8}".prop_map(String::into_bytes),
        Just(b"\x1b[38;2;1;2;3m".to_vec()),
        Just(b"\x1b]0;title\x07".to_vec()),
        prop::sample::select(vec!["\x1b[6n", "\x05"]).prop_map(|query| query.as_bytes().to_vec()),
        Just(b"\r\n\t\x00\x7f\"\\".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn json_frames_hold_the_text_whatever_the_chunks(
        bytes in output(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        reads in any::<bool>(),
        has_screen in any::<bool>(),
    ) {
        // What is invalid on both sides of a query could be valid without it.
        let bytes =
            if has_screen { String::from_utf8_lossy(&bytes).into_owned().into() } else { bytes };
        let options = ScreenOptions::default();
        let mut bench =
            if has_screen { mirroring::stream(1 << 16, &options) } else { Bench::new(1 << 16) };
        let key = bench.open(Origin::Start, Format::Json);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.push(bytes.len());
        at.sort_unstable();
        let (mut frames, mut start) = (Vec::new(), 0);
        for cut in at {
            bench.append(&bytes[start..cut]);
            start = cut;
            while reads && let Some(frame) = bench.read(key) {
                frames.push(frame);
            }
        }
        bench.stream.end();
        while let Some(frame) = bench.read(key) {
            frames.push(frame);
        }
        let mut text = String::new();
        let mut end = 0;
        for frame in &frames {
            let frame: serde_json::Value = serde_json::from_slice(frame).unwrap();
            prop_assert_eq!(&frame["type"], "stream");
            text.push_str(frame["data"].as_str().unwrap());
            let offset = frame["offset"].as_u64().unwrap();
            prop_assert!(offset > end);
            end = offset;
        }
        prop_assert_eq!(end, bytes.len() as u64);
        // A screen answers what is asked.
        let mut shown = Vec::new();
        let mut filter = QueryFilter::removing(Removed::Queries);
        filter.push(&bytes, &mut shown);
        filter.pass_held(&mut shown);
        let shown = if has_screen { shown } else { bytes };
        prop_assert_eq!(text, String::from_utf8_lossy(&shown).into_owned());
    }

    #[test]
    fn byte_frames_add_up_and_tear_nothing(bytes in output(), frame in 1024_usize..2048) {
        let mut bench = Bench::new(1 << 16);
        let key = bench.open_with(Origin::Start, Format::Bytes, frame);
        let bytes = bytes.repeat(20);
        bench.append(&bytes);
        let mut read = Vec::new();
        while let Some(frame) = bench.read(key) {
            read.extend(frame);
            let at = read.len() as u64;
            prop_assert_eq!(bench.stream.ring().safe_start(at), at);
        }
        bench.stream.end();
        read.extend(bench.read_all(key));
        prop_assert_eq!(read, bytes);
    }
}
