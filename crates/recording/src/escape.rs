//! Text as the inside of a JSON string, and in the same pass whether it is plain
//! in the sense of [`PlainText`]: most of what a flood costs a recorder.
//!
//! [`PlainText`]: offheap_ring::text::plain::PlainText

use offheap_ring::text::json::{Escape, escape};
use offheap_ring::text::marked::{BLOCK, marked};

/// How many bytes are copied together.
const RUN: usize = 32;
/// A block, and what is copied with its last byte.
const WINDOW: usize = BLOCK + RUN;
/// The most that a block becomes, and what is written over behind it.
pub(crate) const ROOM: usize = BLOCK * 6 + RUN;

const ESC: u8 = 0x1b;
/// The end of a line, as it is written.
const CR_LF: [u8; 8] = *b"\\r\\n\0\0\0\0";
/// The first byte of the C1 controls, and of other characters.
const C1_LEAD: u8 = 0xc2;

/// What a byte is, beside how it is written.
const FEED: u8 = 1;
/// What follows decides whether the text is plain.
const DECIDES: u8 = 2;
/// Text with it is not plain.
const REFUSED: u8 = 4;

/// How a byte is written, and what it is.
#[derive(Clone, Copy)]
struct Written {
    bytes: [u8; 8],
    length: u8,
    class: u8,
}

static WRITTEN: [Written; 256] = written();

const fn written() -> [Written; 256] {
    let mut table = [Written { bytes: [0; 8], length: 1, class: 0 }; 256];
    let mut byte = 0u8;
    loop {
        table[byte as usize] = written_byte(byte);
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is six at most")]
const fn written_byte(byte: u8) -> Written {
    let class = match byte {
        b'\n' => FEED,
        ESC | C1_LEAD => DECIDES,
        0x07 | 0x0b | 0x0c | 0x0e | 0x0f | 0x7f => REFUSED,
        _ => 0,
    };
    let Escape { bytes, length } = escape(byte);
    Written { bytes, length: length as u8, class }
}

/// Encodes text piece by piece.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    text: &'a [u8],
    at: usize,
    feeds: usize,
    is_plain: bool,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, feeds: 0, is_plain: true }
    }

    /// The bytes that are not encoded yet.
    pub(crate) fn left(&self) -> usize {
        self.text.len() - self.at
    }

    /// The line feeds in the text, if it is plain and ends outside of a sequence.
    pub(crate) fn plain_feeds(&self) -> Option<usize> {
        self.is_plain.then_some(self.feeds)
    }

    /// Encodes as many blocks as there is [`ROOM`] for in `out`; returns how many
    /// bytes that became.
    pub(crate) fn encode(&mut self, out: &mut [u8]) -> usize {
        let mut written = 0;
        while let Some(room) = out[written..].first_chunk_mut() {
            let rest = &self.text[self.at..];
            let length = match rest.first_chunk() {
                _ if rest.is_empty() => break,
                Some(window) => self.block(window, BLOCK, room, &mut written),
                None => self.block(&padded(rest), rest.len().min(BLOCK), room, &mut written),
            };
            self.at += length;
        }
        written
    }

    /// Encodes the first bytes of a window, at most a block, and returns how many
    /// they are.
    #[inline]
    fn block(
        &mut self,
        window: &[u8; WINDOW],
        length: usize,
        out: &mut [u8; ROOM],
        written: &mut usize,
    ) -> usize {
        let (mut from, mut put) = (0, 0);
        let (blocks, _) = window.as_chunks();
        let mut special = marked(&blocks[0]);
        while special != 0 {
            let at = special.trailing_zeros() as usize;
            special &= special - 1;
            put += copy(window, from, at, out, put);
            from = at + 1;
            if window[at..].starts_with(b"\r\n") && from < length {
                // So do most lines end: both at once.
                special &= special - 1;
                put += put_word(CR_LF, 4, out, put);
                from += 1;
                self.feeds += 1;
                continue;
            }
            let byte = &WRITTEN[usize::from(window[at])];
            put += put_word(byte.bytes, byte.length, out, put);
            self.feeds += usize::from(byte.class & FEED);
            if byte.class & (DECIDES | REFUSED) != 0 {
                self.is_plain &= byte.class == DECIDES && is_plain_at(&self.text[self.at + at..]);
            }
        }
        put += copy(window, from, length, out, put);
        *written += put;
        length
    }
}

/// Puts the first bytes of a word, and scribbles behind them; returns their number.
#[inline]
fn put_word(word: [u8; 8], length: u8, out: &mut [u8; ROOM], put: usize) -> usize {
    if let Some(target) = out[put..].first_chunk_mut() {
        *target = word;
    }
    usize::from(length)
}

/// Copies a part of a block, and scribbles behind it; returns its length.
#[inline]
fn copy(window: &[u8; WINDOW], from: usize, to: usize, out: &mut [u8; ROOM], put: usize) -> usize {
    copy_run(window, from, out, put);
    if to - from > RUN {
        copy_run(window, from + RUN, out, put + RUN);
    }
    to - from
}

/// Copies a run, wanted or not: to look would take longer.
#[inline]
fn copy_run(window: &[u8; WINDOW], from: usize, out: &mut [u8; ROOM], put: usize) {
    let source = window[from..].first_chunk::<RUN>();
    if let (Some(source), Some(target)) = (source, out[put..].first_chunk_mut::<RUN>()) {
        *target = *source;
    }
}

/// Whether what begins with ESC or with the first byte of a C1 control is plain:
/// `CSI … m` or `CSI … K` with digits, `:` and `;`, or a character.
#[inline]
fn is_plain_at(text: &[u8]) -> bool {
    match text {
        [ESC, b'[', params @ ..] => {
            let end = match params.first_chunk().and_then(|word| end_of_params(*word)) {
                Some(end) => Some(end),
                None => params.iter().copied().find(|byte| !is_param(*byte)),
            };
            matches!(end, Some(b'm' | b'K'))
        }
        [C1_LEAD, next, ..] => *next >= 0xa0,
        _ => false,
    }
}

const fn is_param(byte: u8) -> bool {
    matches!(byte, b'0'..=b';')
}

/// The first byte that is no parameter, if there is one among these: without a loop,
/// whose length nobody could foresee.
#[inline]
fn end_of_params(bytes: [u8; 8]) -> Option<u8> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Parameters become 0 to 11, and what is more than that gets its top bit.
    let from_zero = u64::from_le_bytes(bytes) ^ (ONES * 0x30);
    let beyond = (((from_zero & (ONES * 0x7f)) + ONES * (0x80 - 12)) | from_zero) & (ONES * 0x80);
    bytes.get(beyond.trailing_zeros() as usize / 8).copied()
}

/// What is less than a window, and spaces behind it.
#[cold]
fn padded(rest: &[u8]) -> [u8; WINDOW] {
    let mut window = [b' '; WINDOW];
    window[..rest.len()].copy_from_slice(rest);
    window
}

#[cfg(test)]
mod tests {
    use super::{Encoder, ROOM};
    use offheap_ring::text::plain::PlainText;
    use proptest::prelude::*;

    fn encode(text: &str, room: usize) -> (String, Option<usize>) {
        let (mut encoder, mut all) = (Encoder::new(text), b"\"".to_vec());
        while encoder.left() > 0 {
            let mut out = vec![0; ROOM + room];
            let count = encoder.encode(&mut out);
            all.extend_from_slice(&out[..count]);
        }
        all.push(b'"');
        (serde_json::from_slice(&all).unwrap(), encoder.plain_feeds())
    }

    fn plain_feeds(text: &str) -> Option<usize> {
        let mut plain = PlainText::new();
        let feeds = plain.push(text.as_bytes())?.feeds;
        plain.is_whole().then_some(feeds)
    }

    #[test]
    fn every_byte_is_written_as_json_says() {
        for code in 0..0x180_u32 {
            let text = format!("text before {} and after", char::from_u32(code).unwrap());
            assert_eq!(encode(&text, 0), (text.clone(), plain_feeds(&text)));
        }
    }

    proptest! {
        #[test]
        fn it_is_a_json_string_and_judged_as_plain_text_is(
            pieces in prop::collection::vec(prop_oneof![
                4 => "[ -~]{0,70}",
                3 => prop::sample::select(vec![
                    "\r\n", "\n", "\u{1b}[31m", "\u{1b}[0;38;5;200;48:2:1:2:3m", "\u{1b}[K", "\t", "\u{a0}", "漢", "\"",
                ]).prop_map(String::from),
                1 => prop::sample::select(vec!["\u{1b}[", "\u{1b}[H", "\u{7}", "\u{9b}", "\u{7f}", "\u{1b}"])
                    .prop_map(String::from),
                1 => any::<String>(),
            ], 0..30),
            room in 0_usize..2000,
        ) {
            let text = pieces.concat();
            prop_assert_eq!(encode(&text, room), (text.clone(), plain_feeds(&text)));
        }
    }
}
