//! Raw terminal output as the inside of a JSON string.
//!
//! The encoder writes into the caller's buffer, allocates nothing and may stop
//! and continue at any character, so a frame of JSON is made straight from the
//! history. Bytes that are not UTF-8 become U+FFFD exactly as `TextDecoder`
//! would have them.

use super::quoted;
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
        while at < input.len() {
            if !valid.extend(input, at) {
                let taken = self.put_character(&input[at..]);
                if taken == 0 {
                    break;
                }
                at += taken;
                continue;
            }
            let (taken, written) =
                quoted::put(&input[at..valid.end], &mut self.out[self.written..]);
            self.written += written;
            at += taken;
            if at < valid.end {
                return at - self.step_back(input, at);
            }
        }
        at
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
    const LAST_STEP: usize = 16 * 1024;

    /// Looks further, from the character at `at` on; false if that character is
    /// invalid or incomplete.
    fn extend(&mut self, input: &[u8], at: usize) -> bool {
        let input = &input[at..input.len().min(at + self.step)];
        let ascii = ascii_front(input);
        if ascii > 0 && ascii < Self::FIRST_STEP {
            self.end = at + ascii;
            return true;
        }
        let (valid, is_wrong) = match simdutf8::compat::from_utf8(input) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        self.end = at + valid;
        self.step = if is_wrong { Self::FIRST_STEP } else { Self::LAST_STEP.min(2 * self.step) };
        valid > 0
    }
}

/// How many of the first bytes are ASCII, as far as one look shows.
fn ascii_front(bytes: &[u8]) -> usize {
    let Some(word) = bytes.first_chunk() else { return 0 };
    let beyond = u128::from_le_bytes(*word) & u128::from_ne_bytes([0x80; Validated::FIRST_STEP]);
    beyond.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests;
