//! Sixty-four bytes, asked at once which of them are of some kind.

#![expect(unsafe_code, reason = "each function of a vector is unsafe to call")]

/// The bytes that are looked at at once: as many as a word of answers has bits.
pub(super) const LANES: usize = 64;

#[cfg(target_arch = "aarch64")]
pub(super) use neon::Lanes;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
pub(super) use scalar::Lanes;
#[cfg(target_arch = "x86_64")]
pub(super) use sse2::Lanes;

/// By the vectors that every x86-64 has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_set1_epi8,
        _mm_sub_epi8,
    };

    use super::LANES;

    /// Bit `i` of an answer stands for byte `i`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes([__m128i; 4]);

    impl Lanes {
        #[inline]
        pub(in super::super) fn new(bytes: &[u8; LANES]) -> Self {
            let (chunks, _) = bytes.as_chunks::<16>();
            // SAFETY: the pointer is to 16 bytes, and need not be aligned. Every x86-64
            // has SSE2.
            Self(std::array::from_fn(|at| unsafe { _mm_loadu_si128(chunks[at].as_ptr().cast()) }))
        }

        /// Which bytes are this one.
        #[inline]
        pub(in super::super) fn equal(self, byte: u8) -> u64 {
            // SAFETY: every x86-64 has SSE2.
            self.ask(|lanes| unsafe { _mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte.cast_signed())) })
        }

        /// Which bytes are one of so many from `low` on.
        #[inline]
        pub(in super::super) fn among(self, low: u8, count: u8) -> u64 {
            // SAFETY: every x86-64 has SSE2.
            self.ask(|lanes| unsafe {
                let above = _mm_sub_epi8(lanes, _mm_set1_epi8(low.cast_signed()));
                let most = _mm_set1_epi8((count - 1).cast_signed());
                _mm_cmpeq_epi8(_mm_min_epu8(above, most), above)
            })
        }

        /// Which bytes are not ASCII.
        #[inline]
        pub(in super::super) fn beyond_ascii(self) -> u64 {
            self.ask(|lanes| lanes)
        }

        #[inline]
        fn ask(self, question: impl Fn(__m128i) -> __m128i) -> u64 {
            let answer = |at: usize| {
                // SAFETY: every x86-64 has SSE2.
                let bits = unsafe { _mm_movemask_epi8(question(self.0[at])) };
                u64::from(bits.cast_unsigned()) << (16 * at)
            };
            answer(0) | answer(1) | answer(2) | answer(3)
        }
    }
}

/// By the vectors that every 64-bit ARM has.
#[cfg(target_arch = "aarch64")]
mod neon {
    use std::arch::aarch64::{
        uint8x16_t, vandq_u8, vceqq_u8, vcgeq_u8, vcleq_u8, vdupq_n_u8, vdupq_n_u64,
        vgetq_lane_u64, vld1q_u8, vpaddq_u8, vreinterpretq_u8_u64, vreinterpretq_u64_u8, vsubq_u8,
    };

    use super::LANES;

    /// A bit of its own for each of eight bytes.
    const BITS: u64 = 0x8040_2010_0804_0201;

    /// Bit `i` of an answer stands for byte `i`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes([uint8x16_t; 4]);

    impl Lanes {
        #[inline]
        pub(in super::super) fn new(bytes: &[u8; LANES]) -> Self {
            let (chunks, _) = bytes.as_chunks::<16>();
            // SAFETY: the pointer is to 16 bytes. Every 64-bit ARM has NEON.
            Self(std::array::from_fn(|at| unsafe { vld1q_u8(chunks[at].as_ptr()) }))
        }

        /// Which bytes are this one.
        #[inline]
        pub(in super::super) fn equal(self, byte: u8) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe { vceqq_u8(lanes, vdupq_n_u8(byte)) })
        }

        /// Which bytes are one of so many from `low` on.
        #[inline]
        pub(in super::super) fn among(self, low: u8, count: u8) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe {
                vcleq_u8(vsubq_u8(lanes, vdupq_n_u8(low)), vdupq_n_u8(count - 1))
            })
        }

        /// Which bytes are not ASCII.
        #[inline]
        pub(in super::super) fn beyond_ascii(self) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe { vcgeq_u8(lanes, vdupq_n_u8(0x80)) })
        }

        /// Adds up the bits of eight bytes each, which makes a byte of them.
        #[inline]
        fn ask(self, question: impl Fn(uint8x16_t) -> uint8x16_t) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            unsafe {
                let bits = vreinterpretq_u8_u64(vdupq_n_u64(BITS));
                let answer = |at: usize| vandq_u8(question(self.0[at]), bits);
                let halves = [vpaddq_u8(answer(0), answer(1)), vpaddq_u8(answer(2), answer(3))];
                let quarters = vpaddq_u8(halves[0], halves[1]);
                vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(quarters, quarters)))
            }
        }
    }
}

/// Where there are no vectors to count on, byte by byte.
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod scalar {
    use super::LANES;

    /// Bit `i` of an answer stands for byte `i`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes<'a>(&'a [u8; LANES]);

    impl<'a> Lanes<'a> {
        pub(in super::super) fn new(bytes: &'a [u8; LANES]) -> Self {
            Self(bytes)
        }

        /// Which bytes are this one.
        pub(in super::super) fn equal(self, byte: u8) -> u64 {
            self.ask(|each| each == byte)
        }

        /// Which bytes are one of so many from `low` on.
        pub(in super::super) fn among(self, low: u8, count: u8) -> u64 {
            self.ask(|each| each.wrapping_sub(low) < count)
        }

        /// Which bytes are not ASCII.
        pub(in super::super) fn beyond_ascii(self) -> u64 {
            self.ask(|each| each >= 0x80)
        }

        fn ask(self, question: impl Fn(u8) -> bool) -> u64 {
            let answer = |(at, &byte): (usize, &u8)| u64::from(question(byte)) << at;
            self.0.iter().enumerate().map(answer).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_bit_stands_for_its_byte(bytes in prop::array::uniform32(any::<[u8; 2]>())) {
            let bytes: [u8; LANES] = bytes.concat().try_into().expect("so many");
            let lanes = Lanes::new(&bytes);
            let wanted = bytes[7];
            for (at, byte) in bytes.into_iter().enumerate() {
                let has = |answer: u64| answer >> at & 1 == 1;
                prop_assert_eq!(has(lanes.equal(wanted)), byte == wanted);
                prop_assert_eq!(has(lanes.among(0x30, 12)), (0x30..0x3c).contains(&byte));
                prop_assert_eq!(has(lanes.among(0xe0, 0x20)), byte >= 0xe0);
                prop_assert_eq!(has(lanes.beyond_ascii()), byte >= 0x80);
            }
        }
    }
}
