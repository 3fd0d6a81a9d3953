//! UTF-8 as it arrives from a terminal: cut anywhere, valid or not.

/// What stands at the front of a stretch of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A whole character: its code point and its length in bytes.
    Character(u32, usize),
    /// Bytes that begin no character, to be replaced by one U+FFFD: their
    /// number, chosen as the Encoding Standard does (maximal subpart).
    Invalid(usize),
    /// A character that is right as far as it goes, but goes on after the end:
    /// the number of its bytes present.
    Incomplete(usize),
}

/// Whether all bytes are ASCII.
#[inline]
#[must_use]
pub fn is_ascii(bytes: &[u8]) -> bool {
    bytes.is_ascii()
}

/// The bytes as text; `None` where not all of them are UTF-8.
#[must_use]
pub fn text(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// The length of the longest prefix that does not end inside a character.
///
/// What follows the prefix is at most three bytes that a caller holds until
/// more arrive. Bytes that can no longer become a character are not held.
#[must_use]
pub fn complete_prefix(bytes: &[u8]) -> usize {
    let low = bytes.len().saturating_sub(3);
    for at in (low..bytes.len()).rev() {
        if bytes[at] < 0x80 {
            break;
        }
        if bytes[at] >= 0xc0 {
            return match decode(&bytes[at..]) {
                Decoded::Incomplete(_) => at,
                _ => bytes.len(),
            };
        }
    }
    bytes.len()
}

/// Decodes the character at the front of `bytes`, which must not be empty.
///
/// # Panics
///
/// When `bytes` is empty.
#[inline]
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let lead = bytes[0];
    let (length, low, high) = match lead {
        0x00..=0x7f => return Decoded::Character(u32::from(lead), 1),
        0xc2..=0xdf => (2, 0x80, 0xbf),
        0xe0 => (3, 0xa0, 0xbf),
        0xed => (3, 0x80, 0x9f),
        0xe1..=0xef => (3, 0x80, 0xbf),
        0xf0 => (4, 0x90, 0xbf),
        0xf1..=0xf3 => (4, 0x80, 0xbf),
        0xf4 => (4, 0x80, 0x8f),
        _ => return Decoded::Invalid(1),
    };
    let Some(&second) = bytes.get(1) else {
        return Decoded::Incomplete(1);
    };
    if second < low || second > high {
        return Decoded::Invalid(1);
    }
    let lead_bits = u32::from(lead) & (0x7f >> length);
    let mut code = (lead_bits << 6) | u32::from(second & 0x3f);
    for at in 2..length {
        match bytes.get(at) {
            None => return Decoded::Incomplete(at),
            Some(&byte @ 0x80..=0xbf) => code = (code << 6) | u32::from(byte & 0x3f),
            Some(_) => return Decoded::Invalid(at),
        }
    }
    Decoded::Character(code, length)
}

/// Appends `bytes` to `out` as UTF-16, invalid and incomplete characters as
/// U+FFFD.
///
/// A caller that decodes a stream passes only a [`complete_prefix`].
pub fn to_utf16_lossy(bytes: &[u8], out: &mut Vec<u16>) {
    let begin = out.len();
    // No byte makes more than one unit.
    out.resize(begin + bytes.len(), 0);
    let target = &mut out[begin..];
    let (mut from, mut to) = (0, 0);
    while from < bytes.len() {
        let run = widen_ascii(&bytes[from..], &mut target[to..]);
        from += run;
        to += run;
        while from < bytes.len() && bytes[from] >= 0x80 {
            let (taken, code) = replaced(decode(&bytes[from..]));
            from += taken;
            to += put_utf16(code, &mut target[to..]);
        }
    }
    out.truncate(begin + to);
}

/// How many bytes a decoded character takes, and what stands for it.
fn replaced(decoded: Decoded) -> (usize, u32) {
    match decoded {
        Decoded::Character(code, length) => (length, code),
        Decoded::Invalid(length) | Decoded::Incomplete(length) => (length, 0xfffd),
    }
}

/// Copies the ASCII bytes at the front and returns their number.
#[inline]
fn widen_ascii(bytes: &[u8], out: &mut [u16]) -> usize {
    const BLOCK: usize = 16;
    let mut done = 0;
    for (block, target) in bytes.chunks_exact(BLOCK).zip(out.chunks_exact_mut(BLOCK)) {
        if !block.is_ascii() {
            break;
        }
        for (unit, &byte) in target.iter_mut().zip(block) {
            *unit = u16::from(byte);
        }
        done += BLOCK;
    }
    for (unit, &byte) in out[done..].iter_mut().zip(&bytes[done..]) {
        if byte >= 0x80 {
            break;
        }
        *unit = u16::from(byte);
        done += 1;
    }
    done
}

/// Writes one character and returns its number of units. The low halves of the
/// numbers are taken on purpose: they fit by construction.
#[inline]
#[expect(clippy::cast_possible_truncation)]
fn put_utf16(code: u32, out: &mut [u16]) -> usize {
    if code < 0x1_0000 {
        out[0] = code as u16;
        return 1;
    }
    let code = code - 0x1_0000;
    out[0] = 0xd800 | (code >> 10) as u16;
    out[1] = 0xdc00 | (code & 0x3ff) as u16;
    2
}

#[cfg(test)]
mod tests;
