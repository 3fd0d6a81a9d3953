//! The bytes of text that are not simply copied on its way into JSON, sixty-four at a
//! time.

/// The bytes that are looked at at once: as many as a word of answers has bits.
pub const BLOCK: usize = 64;

/// Which bytes are controls, quotes, backslashes or DEL, or begin the C1 controls in
/// UTF-8, and other characters. Bit `i` stands for byte `i`.
#[inline]
#[must_use]
pub fn marked(block: &[u8; BLOCK]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    return sse2::marked(block);
    #[cfg(not(target_arch = "x86_64"))]
    return portable(block);
}

/// Without a way out of the loops, many bytes are looked at at once.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable(block: &[u8; BLOCK]) -> u64 {
    // The lowest bits of eight bytes, side by side.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut flags = [0u8; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let is_escaped = u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
        *flag = is_escaped | u8::from(byte == 0x7f) | u8::from(byte == super::scanner::C1_LEAD);
    }
    let (words, _) = flags.as_chunks::<8>();
    words.iter().enumerate().fold(0, |bits, (index, word)| {
        bits | (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (8 * index)
    })
}

/// By the vectors that every x86-64 has: all is asked before the bits are gathered.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "each function of a vector is unsafe to call")]
mod sse2 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8,
    };

    use super::BLOCK;
    use crate::text::scanner::C1_LEAD;

    #[inline]
    pub(super) fn marked(block: &[u8; BLOCK]) -> u64 {
        let (chunks, _) = block.as_chunks::<16>();
        chunks.iter().rev().fold(0, |bits, chunk| bits << 16 | u64::from(marked_of(chunk)))
    }

    #[inline]
    fn marked_of(chunk: &[u8; 16]) -> u32 {
        // SAFETY: the pointer is to 16 bytes, and need not be aligned. Every x86-64 has
        // SSE2.
        let bits = unsafe {
            let bytes = _mm_loadu_si128(chunk.as_ptr().cast());
            let equal = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte.cast_signed()));
            let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
            let escaped = _mm_or_si128(equal(b'"'), equal(b'\\'));
            let others = _mm_or_si128(equal(0x7f), equal(C1_LEAD));
            _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(escaped, others)))
        };
        bits.cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, marked, portable};
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
            prop_assert_eq!(portable(&block), expected);
        }
    }
}
