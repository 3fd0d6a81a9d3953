//! Whether output is plain: lines of text and colours, which neither move the
//! cursor about nor change how a terminal works nor ask it anything nor ring.
//!
//! A screen that follows its output late may leave plain output unread, since
//! nothing in it needs an answer or is to be told, and may skip what has scrolled away before
//! anybody looked.

use memchr::memrchr;

use super::scanner::{BEL, C1_LEAD, ESC};

/// What a piece of output ends in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    /// After ESC.
    Escape,
    /// In the parameters of a control sequence.
    Parameters,
    /// After `C2`, which the next byte may make a C1 control.
    C1,
}

/// Follows a stream, piece by piece, for as long as it is plain.
///
/// Plain are printable text in any encoding, valid or not, the controls below
/// 0x20 but BEL, VT, FF, SO, SI and ESC, and the sequences SGR (`CSI … m`) and EL
/// (`CSI … K`) whose parameters are digits, `:` and `;`. DEL and the C1 controls
/// are not. The result does not depend on where the stream is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainText {
    open: Open,
}

impl PlainText {
    /// A stream that begins outside of any sequence and character.
    #[must_use]
    pub const fn new() -> Self {
        Self { open: Open::Nothing }
    }

    /// Whether the pieces so far end outside of any sequence.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self.open, Open::Nothing)
    }

    /// Follows one more piece and returns how many line feeds it has; `None` once
    /// the stream is not plain, after which this value means nothing any more.
    ///
    /// A sequence that the piece leaves unfinished counts as plain so far.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        let survey = Survey::of(bytes);
        if survey.has_special {
            return None;
        }
        let taken = self.finish(bytes)?;
        let is_plain = !survey.has_lead || self.run(&bytes[taken..]);
        is_plain.then_some(survey.feeds)
    }

    /// Takes the bytes that complete what the piece before left open, and returns
    /// how many these are; `None` when it turns out not to be plain.
    fn finish(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut taken = 0;
        while self.open != Open::Nothing
            && let Some(&byte) = bytes.get(taken)
        {
            self.open = match (self.open, byte) {
                (Open::Escape, b'[') | (Open::Parameters, b'0'..=b';') => Open::Parameters,
                (Open::Parameters, b'm' | b'K') => Open::Nothing,
                (Open::C1, ..0x80 | 0xa0..) => {
                    // The byte is looked at again, for what it begins.
                    self.open = Open::Nothing;
                    return Some(taken);
                }
                _ => return None,
            };
            taken += 1;
        }
        Some(taken)
    }

    /// The bytes from outside of any sequence on.
    fn run(&mut self, bytes: &[u8]) -> bool {
        let mut at = 0;
        while let Some(found) = next_lead(&bytes[at..]) {
            at += found + 1;
            let lead = bytes[at - 1];
            let rest = &bytes[at..];
            if lead == C1_LEAD {
                match rest.first() {
                    Some(0x80..=0x9f) => return false,
                    Some(_) => {}
                    None => self.open = Open::C1,
                }
                continue;
            }
            match rest.first() {
                Some(b'[') => {}
                Some(_) => return false,
                None => {
                    self.open = Open::Escape;
                    return true;
                }
            }
            let length = parameters(&rest[1..]);
            match rest.get(1 + length) {
                Some(b'm' | b'K') => at += length + 2,
                Some(_) => return false,
                None => {
                    self.open = Open::Parameters;
                    return true;
                }
            }
        }
        true
    }
}

/// A one in each byte of a word, and the top bit of each.
const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = ONES << 7;

/// Where the next byte is that begins a sequence or may begin a C1 control, eight
/// at a time: where colours are, the next one is near, and a search made for long
/// ways would cost more than it saves.
#[inline]
fn next_lead(bytes: &[u8]) -> Option<usize> {
    // The lowest byte of zero is marked by its top bit; marks above it mean nothing.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ (ONES * u64::from(ESC))) | zero(word ^ (ONES * u64::from(C1_LEAD)));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|&byte| byte == ESC || byte == C1_LEAD)?;
    Some(words.len() * 8 + at)
}

/// How many bytes at the front are parameters: digits, `:` and `;`. Most are so few
/// that the first eight are looked at together, without a branch for each.
#[inline]
fn parameters(bytes: &[u8]) -> usize {
    let mut length = 0;
    if let Some(word) = bytes.first_chunk() {
        let word = u64::from_le_bytes(*word);
        let low = word & !TOPS;
        let above = low + ONES * (0x80 - 0x3c);
        let not_below = (low | TOPS) - ONES * 0x30;
        let others = (word | above | !not_below) & TOPS;
        if others != 0 {
            return others.trailing_zeros() as usize / 8;
        }
        length = 8;
    }
    let is_parameter = |byte: &&u8| (b'0'..=b';').contains(byte);
    length + bytes[length..].iter().take_while(is_parameter).count()
}

/// What a piece is made of, found out in one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Survey {
    /// There is BEL, VT, FF, SO, SI or DEL.
    has_special: bool,
    /// There is ESC or a byte that may begin a C1 control.
    has_lead: bool,
    /// Line feeds.
    feeds: usize,
}

impl Survey {
    fn of(bytes: &[u8]) -> Self {
        let mut survey = Self::default();
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            survey.add(block);
        }
        if !rest.is_empty() {
            survey.add(&padded(rest));
        }
        survey
    }

    /// Without a way out of the loop, and with a sum that fits a byte, many bytes are
    /// looked at at once.
    #[inline]
    fn add(&mut self, block: &[u8; BLOCK]) {
        let (mut special, mut lead, mut feeds) = (0, 0, 0);
        for &byte in block {
            let is_near = u8::from(byte.wrapping_sub(0x0b) < 5) & u8::from(byte != b'\r');
            special |= is_near | u8::from(byte == 0x7f) | u8::from(byte == BEL);
            lead |= u8::from(byte == ESC) | u8::from(byte == C1_LEAD);
            feeds += u8::from(byte == b'\n');
        }
        self.has_special |= special != 0;
        self.has_lead |= lead != 0;
        self.feeds += usize::from(feeds);
    }
}

/// Bytes that are looked at at once: so few that a byte holds their number, and a
/// multiple of what vectors hold.
const BLOCK: usize = 192;

/// A block that begins with less than one and goes on with spaces, which are
/// nothing special.
fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// How many line feeds there are.
fn line_feeds(bytes: &[u8]) -> usize {
    let count = |block: &[u8; BLOCK]| {
        usize::from(block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>())
    };
    let (blocks, rest) = bytes.as_chunks();
    let last = if rest.is_empty() { 0 } else { count(&padded(rest)) };
    blocks.iter().map(count).sum::<usize>() + last
}

/// Bytes in which line feeds are counted before they are looked for one by one.
const COUNTED: usize = 1024;

/// Finds the line feed that has `after` others behind it.
///
/// # Errors
/// How many more others there would have to be.
pub fn feed_from_end(bytes: &[u8], after: usize) -> Result<usize, usize> {
    let mut after = after;
    let mut end = bytes.len();
    while end > 0 {
        let begin = end.saturating_sub(COUNTED);
        let count = line_feeds(&bytes[begin..end]);
        if count <= after {
            after -= count;
            end = begin;
            continue;
        }
        while let Some(at) = memrchr(b'\n', &bytes[..end]) {
            let Some(left) = after.checked_sub(1) else { return Ok(at) };
            after = left;
            end = at;
        }
    }
    Err(after)
}

#[cfg(test)]
mod tests;
