//! Raw terminal output as the inside of a JSON string.
//!
//! The encoder writes into the caller's buffer, allocates nothing and may stop
//! and continue at any character, so a frame of JSON is made straight from the
//! history. Bytes that are not UTF-8 become U+FFFD exactly as `TextDecoder`
//! would have them.

use super::utf8::{Decoded, decode};

/// The most bytes that one byte of input becomes (`\u001b`).
pub const MAX_PER_BYTE: usize = 6;

/// U+FFFD in UTF-8.
const REPLACEMENT: &[u8; 3] = b"\xef\xbf\xbd";

/// How far [`encode`] came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes of input that are done with, counted over both slices.
    pub consumed: usize,
    /// The bytes of output written.
    pub written: usize,
}

/// Encodes `head` followed by `tail` into the front of `out`.
///
/// Stops at a character boundary before `out` overflows. A character that is
/// right as far as it goes but cut by the end of the input is left for the next
/// call, unless `flush` says that nothing will follow; then it becomes U+FFFD.
///
/// With room for [`MAX_PER_BYTE`] bytes there is always progress, except for
/// such a held character of at most three bytes.
#[must_use]
pub fn encode(head: &[u8], tail: &[u8], out: &mut [u8], flush: bool) -> Encoded {
    let mut sink = Sink { out, written: 0 };
    let mut consumed = sink.encode(head);
    let rest = &head[consumed..];
    if matches!(rest.first().map(|_| decode(rest)), Some(Decoded::Incomplete(_))) {
        match sink.join(rest, tail) {
            Some(taken) => consumed += taken,
            None => return sink.finish(consumed, rest.len() + tail.len(), flush),
        }
    }
    if let Some(from) = consumed.checked_sub(head.len()) {
        consumed += sink.encode(&tail[from..]);
        let rest = &tail[consumed - head.len()..];
        if matches!(rest.first().map(|_| decode(rest)), Some(Decoded::Incomplete(_))) {
            return sink.finish(consumed, rest.len(), flush);
        }
    }
    Encoded { consumed, written: sink.written }
}

/// The output and how much of it is used.
struct Sink<'a> {
    out: &'a mut [u8],
    written: usize,
}

impl Sink<'_> {
    /// Encodes as much of `input` as fits and returns its length. Stops before
    /// an incomplete character.
    fn encode(&mut self, input: &[u8]) -> usize {
        let mut at = 0;
        let mut valid = Validated::default();
        loop {
            at += self.put_plain(&input[at..], valid.end.saturating_sub(at));
            let Some(&byte) = input.get(at) else {
                return at;
            };
            let taken = if byte < 0x80 {
                self.put_ascii(byte)
            } else if at < valid.end {
                return at - self.step_back(input, at);
            } else if valid.extend(input, at) {
                continue;
            } else {
                self.put_character(&input[at..])
            };
            if taken == 0 {
                return at;
            }
            at += taken;
        }
    }

    /// Copies the bytes at the front that stand for themselves: of the first
    /// `valid` ones, or if that is zero, of all that are ASCII. Returns how many
    /// they are, perhaps not whole characters if there is no more room.
    #[inline]
    fn put_plain(&mut self, input: &[u8], valid: usize) -> usize {
        let out = &mut self.out[self.written..];
        let copied = if valid > 0 {
            copy_plain(&input[..valid], out, 0)
        } else {
            copy_plain(input, out, repeat(0x80))
        };
        self.written += copied;
        copied
    }

    /// Undoes the beginning of the character that lies across `at`, within valid
    /// input, and returns its length.
    fn step_back(&mut self, input: &[u8], at: usize) -> usize {
        let is_inside = |back: &usize| input[at - back] & 0xc0 == 0x80;
        let back = (0..at).take_while(is_inside).count();
        self.written -= back;
        back
    }

    /// Encodes the character that `head` begins and `tail` continues. Returns
    /// the bytes consumed, or `None` if it is still incomplete. `Some(0)` means
    /// that there is no room.
    fn join(&mut self, head: &[u8], tail: &[u8]) -> Option<usize> {
        let mut joined = [0; 4];
        let missing = tail.len().min(joined.len() - head.len());
        let length = head.len() + missing;
        joined[..head.len()].copy_from_slice(head);
        joined[head.len()..length].copy_from_slice(&tail[..missing]);
        let joined = &joined[..length];
        match decode(joined) {
            Decoded::Incomplete(_) => None,
            Decoded::Character(_, length) => Some(self.put_all(&joined[..length], length)),
            Decoded::Invalid(length) => Some(self.put_all(REPLACEMENT, length)),
        }
    }

    /// Ends with an incomplete character of `rest` bytes.
    fn finish(mut self, consumed: usize, rest: usize, flush: bool) -> Encoded {
        let taken = if flush { self.put_all(REPLACEMENT, rest) } else { 0 };
        Encoded { consumed: consumed + taken, written: self.written }
    }

    /// Encodes the character beyond ASCII at the front and returns how many
    /// bytes it takes, zero if it is incomplete or does not fit.
    fn put_character(&mut self, input: &[u8]) -> usize {
        match decode(input) {
            Decoded::Character(_, length) => self.put_all(&input[..length], length),
            Decoded::Invalid(length) => self.put_all(REPLACEMENT, length),
            Decoded::Incomplete(_) => 0,
        }
    }

    /// Writes an ASCII byte as it must be and returns 1, or 0 if it does not
    /// fit.
    #[inline]
    fn put_ascii(&mut self, byte: u8) -> usize {
        let escape = &ESCAPES[usize::from(byte)];
        if let Some(target) = self.out[self.written..].first_chunk_mut() {
            // A whole word at once: what is too much is written over.
            *target = escape.bytes;
            self.written += escape.length;
            return 1;
        }
        self.put_all(&escape.bytes[..escape.length], 1)
    }

    /// Writes all of `bytes` and returns `taken`, or writes nothing and returns
    /// zero if there is no room.
    #[inline]
    fn put_all(&mut self, bytes: &[u8], taken: usize) -> usize {
        let Some(target) = self.out[self.written..].get_mut(..bytes.len()) else {
            return 0;
        };
        target.copy_from_slice(bytes);
        self.written += bytes.len();
        taken
    }
}

/// Copies the bytes at the front that need no escape and have none of the bits
/// of `stops`, as far as there is room, and returns their number. May scribble
/// over `out` after them.
#[inline]
fn copy_plain(input: &[u8], out: &mut [u8], stops: u64) -> usize {
    let (words, _) = input.as_chunks::<WORD>();
    let (room, _) = out.as_chunks_mut::<WORD>();
    let mut done = 0;
    for (&source, target) in words.iter().zip(room) {
        *target = source;
        let special = special_bytes(u64::from_le_bytes(source), stops);
        if special != 0 {
            return done + special.trailing_zeros() as usize / 8;
        }
        done += WORD;
    }
    for (target, &byte) in out[done..].iter_mut().zip(&input[done..]) {
        if special_bytes(u64::from(byte) | PADDING, stops) != 0 {
            break;
        }
        *target = byte;
        done += 1;
    }
    done
}

/// Seven bytes that are not special, above the one looked at.
const PADDING: u64 = repeat(b' ') << 8;

/// How many bytes are looked at together.
const WORD: usize = size_of::<u64>();

/// How far input is known to be UTF-8.
///
/// Validating many bytes at once is fast per byte but dear where it fails, so
/// the steps grow from few to many as long as all is well.
struct Validated {
    end: usize,
    step: usize,
}

impl Default for Validated {
    fn default() -> Self {
        Self { end: 0, step: Self::FIRST_STEP }
    }
}

impl Validated {
    const FIRST_STEP: usize = 16;
    const LAST_STEP: usize = 1024;

    /// Looks further, from the character at `at` on; false if that character is
    /// invalid or incomplete.
    fn extend(&mut self, input: &[u8], at: usize) -> bool {
        let end = input.len().min(at + self.step);
        let (valid, is_wrong) = match simdutf8::compat::from_utf8(&input[at..end]) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        self.end = at + valid;
        self.step = if is_wrong { Self::FIRST_STEP } else { Self::LAST_STEP.min(2 * self.step) };
        valid > 0
    }
}

/// How a byte is written.
#[derive(Clone, Copy, Debug)]
pub struct Escape {
    /// The bytes, with zeros behind them.
    pub bytes: [u8; WORD],
    /// How many of them count.
    pub length: usize,
}

/// How each ASCII byte is written.
static ESCAPES: [Escape; 128] = escapes();

const fn escapes() -> [Escape; 128] {
    let mut table = [Escape { bytes: [0; WORD], length: 1 }; 128];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = escape(byte);
        byte += 1;
    }
    table
}

/// How a byte is written; one that is not ASCII as it is.
#[must_use]
pub const fn escape(byte: u8) -> Escape {
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
            return Escape { bytes: [b'\\', b'u', b'0', b'0', high, low, 0, 0], length: 6 };
        }
        _ => return Escape { bytes: [byte, 0, 0, 0, 0, 0, 0, 0], length: 1 },
    };
    Escape { bytes: [b'\\', short, 0, 0, 0, 0, 0, 0], length: 2 }
}

/// Marks with its top bit the lowest byte that is a control, a quote, a
/// backslash or has a bit of `unchecked`; marks above that one mean nothing.
#[inline]
const fn special_bytes(word: u64, unchecked: u64) -> u64 {
    let quote = word ^ repeat(b'"');
    let backslash = word ^ repeat(b'\\');
    let control = word.wrapping_sub(repeat(0x20));
    let quote = quote.wrapping_sub(repeat(1));
    let backslash = backslash.wrapping_sub(repeat(1));
    // A subtraction borrows into a byte's top bit only if the byte was smaller.
    let escaped = (control | quote | backslash) & !word & repeat(0x80);
    escaped | (word & unchecked)
}

/// A word of eight times the same byte.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests;
