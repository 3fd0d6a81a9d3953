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
        loop {
            let run = copy_plain(&input[at..], &mut self.out[self.written..]);
            at += run;
            self.written += run;
            let Some(&byte) = input.get(at) else {
                return at;
            };
            let taken =
                if byte < 0x80 { self.put_escape(byte) } else { self.put_characters(&input[at..]) };
            if taken == 0 {
                return at;
            }
            at += taken;
        }
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

    /// Encodes the characters beyond ASCII at the front and returns how many
    /// bytes they take, zero if the first is incomplete or does not fit.
    fn put_characters(&mut self, input: &[u8]) -> usize {
        let mut at = 0;
        while input.get(at).is_some_and(|&byte| byte >= 0x80) {
            let rest = &input[at..];
            let taken = match decode(rest) {
                Decoded::Character(_, length) => self.put_all(&rest[..length], length),
                Decoded::Invalid(length) => self.put_all(REPLACEMENT, length),
                Decoded::Incomplete(_) => 0,
            };
            if taken == 0 {
                break;
            }
            at += taken;
        }
        at
    }

    /// Writes an ASCII byte that must be escaped; returns 1, or 0 if it needs
    /// no escape (and was left because there is no room) or does not fit.
    fn put_escape(&mut self, byte: u8) -> usize {
        let short = match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' | b'\\' => byte,
            0x00..=0x1f => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                return self.put_all(&[b'\\', b'u', b'0', b'0', digits[0], digits[1]], 1);
            }
            _ => return 0,
        };
        self.put_all(&[b'\\', short], 1)
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

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Copies the bytes at the front that stand for themselves, as far as there is
/// room, and returns their number. May scribble over `out` after them.
#[inline]
fn copy_plain(input: &[u8], out: &mut [u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let mut done = 0;
    for (source, target) in input.chunks_exact(WORD).zip(out.chunks_exact_mut(WORD)) {
        let mut word = [0; WORD];
        word.copy_from_slice(source);
        target.copy_from_slice(&word);
        let special = special_bytes(u64::from_le_bytes(word));
        if special != 0 {
            return done + special.trailing_zeros() as usize / 8;
        }
        done += WORD;
    }
    for (target, &byte) in out[done..].iter_mut().zip(&input[done..]) {
        if special_bytes(u64::from(byte) | PADDING) != 0 {
            break;
        }
        *target = byte;
        done += 1;
    }
    done
}

/// Seven bytes that are not special, above the one looked at.
const PADDING: u64 = repeat(b' ') << 8;

/// Marks with its top bit the lowest byte that is a control, a quote, a
/// backslash or beyond ASCII; marks above that one mean nothing.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    let quote = word ^ repeat(b'"');
    let backslash = word ^ repeat(b'\\');
    let control = word.wrapping_sub(repeat(0x20));
    let quote = quote.wrapping_sub(repeat(1));
    let backslash = backslash.wrapping_sub(repeat(1));
    // A subtraction borrows into a byte's top bit only if the byte was smaller.
    (control | quote | backslash | word) & repeat(0x80)
}

/// A word of eight times the same byte.
const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests;
