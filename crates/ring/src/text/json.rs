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
            at += self.put_front(&input[at..], valid.end.saturating_sub(at));
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

    /// Writes the bytes at the front: of the first `valid` ones, or if that is zero, of
    /// all that are ASCII. Stops at the latest where there is no more room, perhaps
    /// inside a character, and at the soonest at a byte that needs an escape. Returns
    /// how many they are.
    #[inline]
    fn put_front(&mut self, input: &[u8], valid: usize) -> usize {
        let (input, stops) = if valid > 0 { (&input[..valid], 0) } else { (input, repeat(0x80)) };
        let done = self.put_strides(input, stops);
        let copied = copy_plain(&input[done..], &mut self.out[self.written..], stops);
        self.written += copied;
        done + copied
    }

    /// Writes whole strides at the front, up to one that has any of the bits of
    /// `stops` or for which there may not be enough room. Returns their length.
    #[inline]
    fn put_strides(&mut self, input: &[u8], stops: u64) -> usize {
        let (strides, _) = input.as_chunks::<STRIDE>();
        let mut done = 0;
        for stride in strides {
            let room = self.out[self.written..].first_chunk_mut::<STRIDE_ROOM>();
            let (Some(target), (words, _)) = (room, stride.as_chunks::<WORD>()) else { break };
            let any = |of: fn(u64, u64) -> u64| {
                words.iter().fold(0, |all, &word| all | of(u64::from_le_bytes(word), stops))
            };
            if any(special_bytes) == 0 {
                target[..STRIDE].copy_from_slice(stride);
                self.written += STRIDE;
            } else if any(|word, stops| word & stops) == 0 {
                self.written += escape_words(words, target);
            } else {
                break;
            }
            done += STRIDE;
        }
        done
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
        let escape = ESCAPES[usize::from(byte)];
        let (bytes, length) = (escape.to_le_bytes(), (escape >> LENGTH_BIT) as usize);
        if let Some(target) = self.out[self.written..].first_chunk_mut() {
            // A whole word at once: what is too much is written over.
            *target = bytes;
            self.written += length;
            return 1;
        }
        self.put_all(&bytes[..length], 1)
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

/// Writes words as they must be; how many bytes that is. Those that have no byte to be
/// escaped are copied, of others each byte is looked up: without a branch for each,
/// which text with an escape in every line would often mispredict.
#[inline]
fn escape_words(words: &[[u8; WORD]], target: &mut [u8; STRIDE_ROOM]) -> usize {
    let mut written = 0;
    let mut put = |bytes: [u8; WORD], length: usize| {
        // A whole word at once: what is too much is written over.
        if let Some(target) = target[written..].first_chunk_mut() {
            *target = bytes;
        }
        written += length;
    };
    for &word in words {
        if special_bytes(u64::from_le_bytes(word), 0) == 0 {
            put(word, WORD);
            continue;
        }
        for byte in word {
            let escape = ESCAPES[usize::from(byte)];
            put(escape.to_le_bytes(), (escape >> LENGTH_BIT) as usize);
        }
    }
    written
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
/// How many bytes are looked at together where there are many.
const STRIDE: usize = 4 * WORD;
/// What a stride may become, and the rest of the word that its last byte is written as.
const STRIDE_ROOM: usize = STRIDE * MAX_PER_BYTE + WORD;

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

/// How each byte is written: at most six bytes, the first one lowest, and how many
/// they are from [`LENGTH_BIT`] on.
static ESCAPES: [u64; 256] = escapes();
const LENGTH_BIT: u32 = 56;

const fn escapes() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        let Escape { bytes, length } = escape(byte);
        table[byte as usize] = u64::from_le_bytes(bytes) | (length as u64) << LENGTH_BIT;
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
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
