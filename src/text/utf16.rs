//! UTF-16, the form in which JavaScript hands over strings, to UTF-8.

/// The most bytes of UTF-8 that one UTF-16 unit becomes. (A surrogate pair
/// becomes four, two per unit.)
pub const MAX_UTF8_PER_UNIT: usize = 3;

const REPLACEMENT: u32 = 0xfffd;

/// Writes `units` to the front of `out` as UTF-8, each lone surrogate as
/// U+FFFD, and returns the number of bytes.
///
/// # Panics
///
/// When `out` is shorter than [`MAX_UTF8_PER_UNIT`] times the units and the
/// text does not fit.
pub fn to_utf8_lossy(units: &[u16], out: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while from < units.len() {
        let run = narrow_ascii(&units[from..], &mut out[to..]);
        from += run;
        to += run;
        while from < units.len() && units[from] >= 0x80 {
            let (taken, code) = decode(&units[from..]);
            from += taken;
            to += put_utf8(code, &mut out[to..]);
        }
    }
    to
}

/// The length of the largest prefix of at most `max` units that does not end
/// between the two halves of a surrogate pair.
///
/// `max` must be at least 2, so that there is always progress.
#[must_use]
pub fn block_length(units: &[u16], max: usize) -> usize {
    if units.len() <= max {
        return units.len();
    }
    let splits_pair = is_high(units[max - 1]) && is_low(units[max]);
    max - usize::from(splits_pair)
}

fn is_high(unit: u16) -> bool {
    unit & 0xfc00 == 0xd800
}

fn is_low(unit: u16) -> bool {
    unit & 0xfc00 == 0xdc00
}

/// Copies the ASCII units at the front and returns their number.
#[inline]
#[expect(clippy::cast_possible_truncation)]
fn narrow_ascii(units: &[u16], out: &mut [u8]) -> usize {
    const BLOCK: usize = 16;
    let mut done = 0;
    for (block, target) in units.chunks_exact(BLOCK).zip(out.chunks_exact_mut(BLOCK)) {
        if block.iter().fold(0, |all, &unit| all | unit) >= 0x80 {
            break;
        }
        for (byte, &unit) in target.iter_mut().zip(block) {
            *byte = unit as u8;
        }
        done += BLOCK;
    }
    for (byte, &unit) in out[done..].iter_mut().zip(&units[done..]) {
        if unit >= 0x80 {
            break;
        }
        *byte = unit as u8;
        done += 1;
    }
    done
}

/// The character at the front and the number of its units.
#[inline]
fn decode(units: &[u16]) -> (usize, u32) {
    let unit = units[0];
    if unit & 0xf800 != 0xd800 {
        return (1, u32::from(unit));
    }
    match units.get(1) {
        Some(&low) if is_high(unit) && is_low(low) => {
            let high = u32::from(unit & 0x3ff) << 10;
            (2, 0x1_0000 + (high | u32::from(low & 0x3ff)))
        }
        _ => (1, REPLACEMENT),
    }
}

/// Writes one character from U+0080 on and returns its number of bytes.
#[inline]
fn put_utf8(code: u32, out: &mut [u8]) -> usize {
    if code < 0x800 {
        out[..2].copy_from_slice(&[0xc0 | bits(code, 6, 0x1f), trail(code, 0)]);
        return 2;
    }
    if code < 0x1_0000 {
        let bytes = [0xe0 | bits(code, 12, 0x0f), trail(code, 6), trail(code, 0)];
        out[..3].copy_from_slice(&bytes);
        return 3;
    }
    let lead = 0xf0 | bits(code, 18, 0x07);
    let bytes = [lead, trail(code, 12), trail(code, 6), trail(code, 0)];
    out[..4].copy_from_slice(&bytes);
    4
}

#[inline]
fn trail(code: u32, shift: u32) -> u8 {
    0x80 | bits(code, shift, 0x3f)
}

/// Some bits of a code point, which the mask makes fit.
#[inline]
#[expect(clippy::cast_possible_truncation)]
fn bits(code: u32, shift: u32, mask: u32) -> u8 {
    ((code >> shift) & mask) as u8
}

#[cfg(test)]
mod tests;
