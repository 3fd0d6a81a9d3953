//! Text, not any bytes, as the inside of a JSON string, a block at a time, and in the same
//! pass, where it is asked for, whether it is plain in the sense of
//! [`PlainText`](super::plain::PlainText). It is most of what a flood costs a recorder.

use super::lanes::{self, LANES, Lanes, Task};
use super::plain::Open;
use super::scanner::C1_LEAD;

/// How many bytes are copied together.
const RUN: usize = 32;
/// A block, and what is copied with its last byte.
const WINDOW: usize = LANES + RUN;
/// The most that a block becomes, up to a power of two, and what is written over
/// behind it.
pub const ROOM: usize = PLACES + RUN;
const PLACES: usize = (LANES * 6).next_power_of_two();

/// Fewer bytes than this are done sooner one by one.
const FEW: usize = 32;

/// The end of a line, as it is written.
const CR_LF: [u8; 8] = *b"\\r\\n\0\0\0\0";

/// How each byte is written: at most six bytes, and zeros behind them.
static WORDS: [[u8; 8]; 256] = words();
/// The length of that.
static LENGTHS: [u8; 256] = lengths();

const fn words() -> [[u8; 8]; 256] {
    let mut words = [[0; 8]; 256];
    let mut byte = 0u8;
    loop {
        words[byte as usize] = written(byte);
        if byte == u8::MAX {
            return words;
        }
        byte += 1;
    }
}

const fn lengths() -> [u8; 256] {
    let mut lengths = [0; 256];
    let mut byte = 0u8;
    loop {
        lengths[byte as usize] = match written(byte) {
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => 1,
        };
        if byte == u8::MAX {
            return lengths;
        }
        byte += 1;
    }
}

/// How a byte is written; one that is not ASCII as it is.
const fn written(byte: u8) -> [u8; 8] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        b'"' | b'\\' => byte,
        0x00..=0x1f => {
            let (high, low) = (HEX[(byte >> 4) as usize], HEX[(byte & 15) as usize]);
            return [b'\\', b'u', b'0', b'0', high, low, 0, 0];
        }
        _ => return [byte, 0, 0, 0, 0, 0, 0, 0],
    };
    [b'\\', short, 0, 0, 0, 0, 0, 0]
}

/// Puts as much as there is room for of some bytes, all of them ASCII or parts of
/// characters; returns how many they are, and how many they became.
pub(super) fn put(bytes: &[u8], out: &mut [u8]) -> (usize, usize) {
    let (mut done, mut written) = (0, 0);
    if bytes.len() >= FEW {
        let mut encoder = Encoder::<false>::over(bytes);
        written = encoder.encode(out);
        done = bytes.len() - encoder.left();
    }
    // Where there is little room, less than a block may need.
    for &byte in &bytes[done..] {
        let (word, length) = (WORDS[usize::from(byte)], usize::from(LENGTHS[usize::from(byte)]));
        let room = &mut out[written..];
        if let Some(target) = room.first_chunk_mut() {
            // A whole word at once: what is too much is written over.
            *target = word;
        } else if let Some(target) = room.get_mut(..length) {
            target.copy_from_slice(&word[..length]);
        } else {
            break;
        }
        written += length;
        done += 1;
    }
    (done, written)
}

/// Encodes text piece by piece, and `JUDGES` it on the way.
#[derive(Debug)]
pub struct Encoder<'a, const JUDGES: bool = true> {
    rest: &'a [u8],
    open: Open,
    feeds: usize,
    is_refused: bool,
}

impl<'a> Encoder<'a> {
    /// Begins with a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self::over(text.as_bytes())
    }

    /// The line feeds in the text, if it is plain and ends outside of a sequence.
    #[must_use]
    pub fn plain_feeds(&self) -> Option<usize> {
        (!self.is_refused && self.open == Open::default()).then_some(self.feeds)
    }
}

impl<'a, const JUDGES: bool> Encoder<'a, JUDGES> {
    fn over(rest: &'a [u8]) -> Self {
        Self { rest, open: Open::default(), feeds: 0, is_refused: false }
    }

    /// The bytes that are not encoded yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Encodes as much as there is [`ROOM`] for in `out`; returns how many bytes that
    /// became.
    pub fn encode(&mut self, out: &mut [u8]) -> usize {
        lanes::run(Encoding { encoder: self, out })
    }
}

/// Encoding as much as there is room for.
struct Encoding<'e, 'a, const JUDGES: bool> {
    encoder: &'e mut Encoder<'a, JUDGES>,
    out: &'e mut [u8],
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl<const JUDGES: bool> Task for Encoding<'_, '_, JUDGES> {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lanes>(self) -> usize {
        let Self { encoder, out } = self;
        let mut written = 0;
        while let Some(room) = out[written..].first_chunk_mut() {
            let rest = encoder.rest;
            let length = rest.len().min(LANES);
            written += match rest.first_chunk() {
                _ if length == 0 => break,
                Some(window) => encoder.block::<L>(window, LANES, room),
                // Spaces change nothing about what is plain.
                None => encoder.block::<L>(&padded(rest), length, room),
            };
            encoder.rest = &rest[length..];
        }
        written
    }
}

#[expect(clippy::inline_always, reason = "as `Task` wants it")]
impl<const JUDGES: bool> Encoder<'_, JUDGES> {
    /// Which bytes of the next block are controls, quotes, backslashes or DEL, or begin
    /// the C1 controls in UTF-8, and other characters.
    #[inline(always)]
    fn mark<L: Lanes>(&mut self, block: &[u8; LANES]) -> u64 {
        let lanes = L::new(block);
        let marked = lanes.among_or(0, 0x20, [b'"', b'\\', 0x7f, C1_LEAD]);
        if JUDGES && (marked != 0 || self.open != Open::default()) {
            let feeds = lanes.equal(b'\n');
            self.feeds += feeds.count_ones() as usize;
            let others = marked & !(feeds | lanes.equal(b'\r'));
            if others != 0 || self.open != Open::default() {
                self.is_refused |= self.open.follow(lanes, others).is_none();
            }
        }
        marked
    }

    /// Encodes the first bytes of a window, at most a block, and returns how many
    /// that became.
    ///
    /// What follows a marked byte is copied before it is known where the next one is,
    /// which is written over it.
    #[inline(always)]
    fn block<L: Lanes>(
        &mut self,
        window: &[u8; WINDOW],
        length: usize,
        out: &mut [u8; ROOM],
    ) -> usize {
        let (blocks, _) = window.as_chunks();
        let mut marked = self.mark::<L>(&blocks[0]);
        let (mut from, mut put) = (0, 0);
        copy_run(window, 0, out, 0);
        while marked != 0 {
            let at = marked.trailing_zeros() as usize % LANES;
            marked &= marked - 1;
            put += copy_rest(window, from, at, out, put);
            from = at + 1;
            if window[at..].starts_with(b"\r\n") && from < length {
                // So do most lines end: both at once.
                marked &= marked - 1;
                put += put_word(CR_LF, 4, out, put);
                from += 1;
            } else {
                let byte = usize::from(window[at]);
                put += put_word(WORDS[byte], LENGTHS[byte], out, put);
            }
            copy_run(window, from, out, put);
        }
        put + copy_rest(window, from, length, out, put)
    }
}

/// Puts the first bytes of a word, and scribbles behind them; returns their number.
#[expect(clippy::inline_always, reason = "as `Task` wants it")]
#[inline(always)]
fn put_word(word: [u8; 8], length: u8, out: &mut [u8; ROOM], put: usize) -> usize {
    if let Some(target) = out[put % PLACES..].first_chunk_mut() {
        *target = word;
    }
    usize::from(length)
}

/// Copies a part of a block of which the first run is copied; returns its length.
#[expect(clippy::inline_always, reason = "as `Task` wants it")]
#[inline(always)]
fn copy_rest(
    window: &[u8; WINDOW],
    from: usize,
    to: usize,
    out: &mut [u8; ROOM],
    put: usize,
) -> usize {
    if to - from > RUN {
        copy_run(window, from + RUN, out, put + RUN);
    }
    to - from
}

/// Copies a run, wanted or not: to look would take longer.
#[expect(clippy::inline_always, reason = "as `Task` wants it")]
#[inline(always)]
fn copy_run(window: &[u8; WINDOW], from: usize, out: &mut [u8; ROOM], put: usize) {
    let source = window[from..].first_chunk::<RUN>();
    // There is room: to say so is faster than to be told.
    let target = out[put % PLACES..].first_chunk_mut::<RUN>();
    if let (Some(source), Some(target)) = (source, target) {
        *target = *source;
    }
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
    use crate::text::plain::PlainText;
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
