//! What holds for any input.

use super::super::{Screen, ScreenOptions};
use super::{client, restored, snapshot};
use crate::edges::Edges;
use proptest::collection::vec;
use proptest::prelude::*;

/// Text, controls and sequences, complete and broken.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let small = || prop_oneof![4 => 0..12_u32, 1 => Just(1_000_000), 1 => 0..2000_u32];
    let csi = (
        prop::sample::select(vec!["", "?", ">", "="]),
        vec(small(), 0..4),
        prop::sample::select(vec!["", "", "", " ", "!", "'", "\"", "$"]),
        prop::sample::select((0x40..0x7f_u8).collect::<Vec<_>>()),
    )
        .prop_map(|(prefix, params, middle, last)| {
            let params: Vec<String> = params.iter().map(u32::to_string).collect();
            format!("\x1b[{prefix}{}{middle}{}", params.join(";"), char::from(last)).into_bytes()
        });
    let mode = (
        prop::sample::select(vec![
            "?1", "?6", "?7", "?45", "?47", "?1047", "?1048", "?1049", "4", "20", "?2026",
        ]),
        prop::bool::ANY,
    )
        .prop_map(|(mode, on)| format!("\x1b[{mode}{}", if on { 'h' } else { 'l' }).into_bytes());
    let sgr = vec(
        prop::sample::select(vec![
            "0",
            "1",
            "4:3",
            "7",
            "31",
            "48;5;7",
            "38;2;1;2;3",
            "58;5;4",
            "24",
            "59",
        ]),
        1..4,
    )
    .prop_map(|codes| format!("\x1b[{}m", codes.join(";")).into_bytes());
    let escape =
        (prop::sample::select(b" #()*+%".to_vec()), 0x30..0x7f_u8).prop_map(|(middle, last)| {
            if middle == b' ' { vec![0x1b, last] } else { vec![0x1b, middle, last] }
        });
    let string = (
        prop::sample::select(vec!["\x1b]0;", "\x1b]8;;", "\x1b]8;id=x;", "\x1bP$q", "\x1b_"]),
        "[a-z:/]{0,9}",
        prop::bool::ANY,
    )
        .prop_map(|(begin, text, ended)| {
            format!("{begin}{text}{}", if ended { "\x1b\\" } else { "" }).into_bytes()
        });
    prop_oneof![
        6 => "[ -~]{1,30}".prop_map(String::into_bytes),
        2 => "[漢字語😀é\u{301}\u{200d}한]{1,8}".prop_map(String::into_bytes),
        3 => prop::sample::select(vec!["\r\n", "\n", "\r", "\x08", "\t", "\x0e", "\x0f", "\x18"]).prop_map(|text| text.as_bytes().to_vec()),
        6 => csi,
        2 => mode,
        3 => sgr,
        2 => escape,
        1 => string,
        1 => vec(any::<u8>(), 1..8),
    ]
}

pub(super) fn stream(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(token(), 1..most).prop_map(|tokens| tokens.concat())
}

/// Whole lines, most of them plain or coloured, of every length up to a bit more
/// than fits, and now and then something that is neither.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let text = || {
        prop_oneof![
            4 => "[ -~]{0,14}",
            2 => "[漢字😀é─│█x ]{0,9}",
            1 => "[漢é x⚠]{0,6}(\u{fe0f}|\u{301}{1,30})?[ 👩]?\u{200d}?[🚀é]",
            1 => "[漢é x\u{ad}\u{301}\u{feff}\u{9b}]{0,4}",
        ]
    };
    let sgr = || {
        prop::sample::select(vec![
            "1;31",
            "44",
            "0;7",
            "38;5;9",
            "4:3",
            "",
            "0",
            "58;5;3",
            "48;2;1;2;3",
        ])
    };
    let coloured =
        (text(), sgr(), text(), sgr(), text(), prop::sample::select(vec!["", "0", "0", "39"]))
            .prop_map(|(a, one, b, two, c, end)| {
                format!("{a}\x1b[{one}m{b}\x1b[{two}m{c}\x1b[{end}m\r\n").into_bytes()
            });
    prop_oneof![
        8 => text().prop_map(|text| format!("{text}\r\n").into_bytes()),
        8 => coloured,
        1 => token(),
    ]
}

/// The rows of the scrollback, as they are kept.
fn kept_rows(screen: &Screen) -> impl Iterator<Item = (Edges, &[u8])> {
    screen.terminal.scrollback.newest(usize::MAX)
}

fn options(cols: u16, rows: u16) -> ScreenOptions {
    ScreenOptions { cols, rows, scrollback_lines: 50, ..ScreenOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_same_screen(bytes in stream(40), cuts in vec(any::<prop::sample::Index>(), 0..12), cols in 2..30_u16, rows in 1..9_u16) {
        let mut whole = Screen::new(&options(cols, rows));
        whole.feed(&bytes);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let mut parts = Screen::new(&options(cols, rows));
        let mut begin = 0;
        for cut in cuts {
            parts.feed(&bytes[begin..cut]);
            begin = cut;
        }
        parts.feed(&bytes[begin..]);
        prop_assert_eq!(snapshot(&parts), snapshot(&whole));
        prop_assert_eq!(parts.text(), whole.text());
    }

    #[test]
    fn a_byte_at_a_time_gives_the_same_screen(bytes in stream(20), cols in 2..30_u16, rows in 1..9_u16) {
        let mut whole = Screen::new(&options(cols, rows));
        whole.feed(&bytes);
        let mut parts = Screen::new(&options(cols, rows));
        for byte in &bytes {
            parts.feed(std::slice::from_ref(byte));
        }
        prop_assert_eq!(snapshot(&parts), snapshot(&whole));
    }

    // Many lines at once take another way into the scrollback.
    #[test]
    fn lines_at_once_give_the_same_screen(
        lines in vec(line(), 1..90),
        times in 1..4_usize,
        cols in 2..50_u16,
        rows in 1..9_u16,
        kept in prop::sample::select(vec![0, 3, 3, 20, 1000]),
        client in client(),
        chunk in 1..2000_usize,
    ) {
        let bytes = lines.concat().repeat(times);
        let options = ScreenOptions {
            scrollback_lines: kept,
            scrollback_bytes: 2000,
            client,
            ..options(cols, rows)
        };
        let (mut parts, mut bytewise) = (Screen::new(&options), Screen::new(&options));
        for part in bytes.chunks(chunk.max(bytes.len() / 20)) {
            parts.feed(part);
            part.chunks(1).for_each(|byte| bytewise.feed(byte));
            prop_assert_eq!(snapshot(&parts), snapshot(&bytewise));
            prop_assert!(kept_rows(&parts).eq(kept_rows(&bytewise)));
        }
        parts.resize(cols + 5, rows + 1);
        bytewise.resize(cols + 5, rows + 1);
        prop_assert_eq!(snapshot(&parts), snapshot(&bytewise));
    }

    // What a snapshot cannot say, such as half a wide character, is gone from
    // the first copy; from then on nothing may change.
    #[test]
    fn a_restored_screen_is_restored_the_same(bytes in stream(40), cols in 2..30_u16, rows in 2..9_u16) {
        let mut original = Screen::new(&options(cols, rows));
        original.feed(&bytes);
        let copy = restored(&original);
        prop_assert_eq!(copy.title(), original.title());
        let again = restored(&copy);
        prop_assert_eq!(again.text(), copy.text());
        prop_assert_eq!(snapshot(&restored(&again)), snapshot(&again));
    }

    #[test]
    fn a_snapshot_gives_no_answers(bytes in stream(40)) {
        let mut original = Screen::new(&options(20, 5));
        original.feed(&bytes);
        let mut answers = Vec::new();
        Screen::new(&options(20, 5)).feed_answering(&snapshot(&original), &mut answers);
        prop_assert!(answers.is_empty());
    }

    #[test]
    fn no_bytes_and_no_sizes_do_harm(pieces in vec((stream(12), 0..40_u16, 0..12_u16), 1..8), big in 0..1200_u16) {
        let mut screen = Screen::new(&options(pieces[0].1, pieces[0].2));
        for (bytes, cols, rows) in pieces {
            screen.feed(&bytes);
            let _ = snapshot(&screen);
            screen.resize(cols, rows);
        }
        screen.resize(big, big / 3);
        let _ = snapshot(&screen);
        screen.resize(2, 1);
        prop_assert!(screen.bytes_held() < 1 << 20);
    }

    #[test]
    fn raw_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..2000), cols in 0..50_u16, rows in 0..50_u16) {
        let mut screen = Screen::new(&options(cols, rows));
        screen.feed(&bytes);
        let copy = restored(&screen);
        prop_assert_eq!(restored(&copy).text(), copy.text());
    }
}
