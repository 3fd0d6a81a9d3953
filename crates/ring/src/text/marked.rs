//! The bytes of text that are not simply copied on its way into JSON, sixty-four at a
//! time.

use super::lanes::{LANES, Lanes, Usual};
use super::scanner::C1_LEAD;

/// The bytes that are looked at at once: as many as a word of answers has bits.
pub const BLOCK: usize = LANES;

/// Which bytes are controls, quotes, backslashes or DEL, or begin the C1 controls in
/// UTF-8, and other characters. Bit `i` stands for byte `i`.
#[inline]
#[must_use]
pub fn marked(block: &[u8; BLOCK]) -> u64 {
    Usual::new(block).among_or(0, 0x20, [b'"', b'\\', 0x7f, C1_LEAD])
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, marked};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_bit_stands_for_its_byte(bytes in prop::array::uniform32(any::<[u8; 2]>())) {
            let block: [u8; BLOCK] = bytes.concat().try_into().expect("so many");
            let bits = (0..).zip(block).map(|(at, byte)| {
                u64::from(matches!(byte, 0..0x20 | b'"' | b'\\' | 0x7f | 0xc2)) << at
            });
            let expected: u64 = bits.sum();
            prop_assert_eq!(marked(&block), expected);
        }
    }
}
