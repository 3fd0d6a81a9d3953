use proptest::prelude::*;

use super::*;
use crate::text::reference;

/// The same, written as a grammar over the bytes of a whole stream.
fn is_plain(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x07 | 0x0b | 0x0c | 0x0e | 0x0f | 0x7f => return false,
            0xc2 if matches!(rest.first(), Some(0x80..=0x9f)) => return false,
            0x1b => match sequence(rest) {
                Some(length) => rest = &rest[length..],
                None => return false,
            },
            _ => {}
        }
    }
    true
}

/// The length of the rest of an SGR or EL sequence, complete or cut by the end.
fn sequence(rest: &[u8]) -> Option<usize> {
    match rest {
        [] => return Some(0),
        [b'[', ..] => {}
        _ => return None,
    }
    let is_parameter = |byte: &&u8| b"0123456789:;".contains(byte);
    let end = 1 + rest[1..].iter().take_while(is_parameter).count();
    match rest.get(end) {
        None => Some(end),
        Some(b'm' | b'K') => Some(end + 1),
        Some(_) => None,
    }
}

/// A line of plain output, without what ends it.
#[derive(Clone, Copy, Default)]
struct Measured {
    /// The most columns that it may take.
    columns: usize,
    /// It may take less.
    is_vague: bool,
    /// It may take any.
    is_unknown: bool,
}

/// Measures the lines of plain output, byte by byte; the last one is unfinished.
fn lines(bytes: &[u8]) -> Vec<Measured> {
    let mut lines = vec![Measured::default()];
    let mut before = 0;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let line = lines.last_mut().expect("there is one");
        match byte {
            b'\n' => {
                let is_unknown = before != b'\r';
                lines.push(Measured { is_unknown, ..Measured::default() });
            }
            b'\t' => line.is_unknown = true,
            b'\r' => line.is_vague |= after.first().is_some_and(|&next| next != b'\n'),
            0x1b => rest = &rest[sequence(rest).unwrap_or(0)..],
            0x20..0x7f => line.columns += 1,
            _ => {
                line.is_vague = true;
                let is_box = byte == 0xe2 && matches!(after.first(), Some(0x94..=0x96));
                line.columns += match byte {
                    0xc0..0xe0 => 1,
                    0xe0.. => 2 - usize::from(is_box),
                    _ => 0,
                };
            }
        }
        before = byte;
    }
    lines
}

/// How often the finished lines go on in another row, if that can be told.
fn wraps(lines: &[Measured], cols: usize) -> Option<usize> {
    let (_, finished) = lines.split_last()?;
    let wraps = |line: &Measured| match line {
        Measured { is_unknown: true, .. } => None,
        Measured { columns, .. } if *columns <= cols => Some(0),
        Measured { columns, is_vague, .. } => (!is_vague).then(|| (columns - 1) / cols),
    };
    finished.iter().map(wraps).sum()
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let likely: Vec<&[u8]> = vec![
        b"text",
        b"\r\n",
        b"\x1b[m",
        b"\x1b[1;38:5:7m",
        b"\x1b[K",
        b"\x1b[",
        b"\x1b",
        b"12;",
        b"m",
        b"\xc2",
        b"\x9b",
        b"\xa0",
        b"\xe2\x82",
        "├──┤".as_bytes(),
        b"\xac",
        b"\t\x08",
        b"\x07",
        b"[",
        b"n",
    ];
    prop_oneof![
        20 => prop::sample::select(likely).prop_map(<[u8]>::to_vec),
        1 => prop::sample::select(reference::CORPUS).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
        1 => Just(vec![b'x'; 300]),
        2 => (0_usize..70).prop_map(|count| vec![b'x'; count]),
    ]
}

proptest! {
    #[test]
    fn plain_text_is_recognised_however_it_is_cut(
        pieces in prop::collection::vec(piece(), 0..24),
        cols in prop::sample::select(vec![1_usize, 20, 80, 200]),
    ) {
        let mut plain = PlainText::new();
        let mut bytes = Vec::new();
        let mut sum = Some(0);
        for piece in pieces {
            bytes.extend_from_slice(&piece);
            let feeds = |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').count() - 1;
            let counted = |of: &[u8]| is_plain(&bytes).then(|| feeds(of));
            let pushed = plain.push_within(&piece, cols);
            prop_assert_eq!(pushed.map(|piece| piece.feeds), counted(&piece), "{}", bytes.escape_ascii());
            let whole = PlainText::new().push_within(&bytes, cols);
            prop_assert_eq!(whole.map(|piece| piece.feeds), counted(&bytes));
            let (Some(pushed), Some(whole)) = (pushed, whole) else { break };
            let controls = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte < 0x20).count();
            prop_assert_eq!([pushed.controls, whole.controls], [&piece, &bytes].map(|bytes| controls(bytes)));
            sum = sum.zip(pushed.wraps).map(|(sum, wraps)| sum + wraps);
            prop_assert!(pushed.has_sequences || !piece.contains(&0x1b));
            let lines = lines(&bytes);
            let expected = wraps(&lines, cols);
            // Several lines in one block are not measured one by one, nor is one that has
            // part in a block with what cannot be measured.
            let is_simple = |line: &Measured| !line.is_vague && !line.is_unknown;
            let is_certain = cols >= 2 * LANES && lines.iter().all(is_simple);
            for found in [whole.wraps, sum] {
                let is_right = found == expected || found.is_none() && !is_certain;
                prop_assert!(is_right, "{found:?}, not {expected:?}: {}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn line_feeds_are_counted(bytes in prop::collection::vec(prop::sample::select(&b"a\n"[..]), 0..2000)) {
        prop_assert_eq!(line_feeds(&bytes), bytes.split(|&byte| byte == b'\n').count() - 1);
    }

    #[test]
    fn a_line_feed_is_found_from_the_end(
        bytes in prop::collection::vec(prop::sample::select(&b"aaaa\n"[..]), 0..4000),
        after in 0_usize..1000,
    ) {
        let feeds: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at] == b'\n').collect();
        let expected = feeds.iter().rev().nth(after).copied().ok_or(after.saturating_sub(feeds.len()));
        prop_assert_eq!(feed_from_end(&bytes, after), expected);
    }
}

#[test]
fn whatever_asks_or_sets_something_is_not_plain() {
    for bytes in [
        &b"\x1b[6n"[..],
        b"\x1b[c",
        b"\x1b[?25h",
        b"\x1b[>4;1m",
        b"\x1b[H",
        b"\x1b]0;title\x07",
        b"\x1bP$qm\x1b\\",
        b"\x1b7",
        b"\x0e",
        b"ding\x07",
        b"\xc2\x9b6n",
        b"\x1b[1\n2m",
        b"\x1b\x1b[m",
    ] {
        assert!(PlainText::new().push(bytes).is_none(), "{}", bytes.escape_ascii());
    }
    for bytes in
        [&b""[..], b"a\r\n\t\x08", "é漢·😀".as_bytes(), b"\xff\xc2", b"\x1b[1;2:3mx\x1b[2K"]
    {
        assert!(PlainText::new().push(bytes).is_some(), "{}", bytes.escape_ascii());
    }
}
