//! UTF-8 as xterm.js decodes it: what is malformed is dropped, never replaced.

/// One step of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A code point and the bytes it took.
    Char(u32, usize),
    /// So many bytes that mean nothing.
    Skip(usize),
    /// The start of a character whose end has not come yet.
    Incomplete,
}

/// The byte order mark, which xterm.js drops wherever it stands.
const BYTE_ORDER_MARK: u32 = 0xfeff;

/// Decodes the first character of `bytes`, which must not be empty.
#[inline]
pub(crate) fn decode(bytes: &[u8]) -> Step {
    let first = bytes[0];
    let (len, head) = match first {
        0x00..=0x7f => return Step::Char(u32::from(first), 1),
        0xc0..=0xdf => (2, first & 0x1f),
        0xe0..=0xef => (3, first & 0x0f),
        0xf0..=0xf7 => (4, first & 0x07),
        _ => return Step::Skip(1),
    };
    let mut code = u32::from(head);
    for index in 1..len {
        let Some(&byte) = bytes.get(index) else { return Step::Incomplete };
        if byte & 0xc0 != 0x80 {
            return Step::Skip(index);
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    let least = [0x80, 0x800, 0x1_0000][len - 2];
    if code < least || code == BYTE_ORDER_MARK && len == 3 || char::from_u32(code).is_none() {
        return Step::Skip(len);
    }
    Step::Char(code, len)
}
