//! Sixty-four bytes, asked at once which of them are of some kind.

#![expect(unsafe_code, reason = "each function of a vector is unsafe to call")]

/// The bytes that are looked at at once: as many as a word of answers has bits.
pub(super) const LANES: usize = 64;

/// So many bytes in vectors. Bit `i` of an answer stands for byte `i`.
pub(super) trait Lanes: Copy {
    fn new(bytes: &[u8; LANES]) -> Self;

    /// Which bytes are this one.
    fn equal(self, byte: u8) -> u64;

    /// Which bytes are one of so many from `low` on.
    fn among(self, low: u8, count: u8) -> u64;

    /// Which bytes are one of so many from `low` on, or one of others.
    #[inline]
    fn among_or<const N: usize>(self, low: u8, count: u8, others: [u8; N]) -> u64 {
        others.into_iter().fold(self.among(low, count), |all, byte| all | self.equal(byte))
    }

    /// Which bytes are not ASCII.
    fn beyond_ascii(self) -> u64;
}

/// What is done with vectors, more than once. All of it has to be inlined, so that it is
/// compiled for the processor that has them.
pub(super) trait Task {
    type Output;

    fn run<L: Lanes>(self) -> Self::Output;
}

/// Does a task with the widest vectors that the processor has.
#[inline]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if avx2::is_there() {
        // SAFETY: the processor has what it is compiled for.
        return unsafe { avx2::run(task) };
    }
    task.run::<Usual>()
}

#[cfg(target_arch = "aarch64")]
pub(super) use neon::Lanes as Usual;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
pub(super) use scalar::Lanes as Usual;
#[cfg(target_arch = "x86_64")]
pub(super) use sse2::Lanes as Usual;

/// By the vectors that most x86-64 have.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::is_x86_feature_detected;
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8,
    };

    use super::{LANES, Task};

    /// Only [`run`] knows of it.
    #[derive(Clone, Copy)]
    struct Lanes([__m256i; 2]);

    #[inline]
    pub(super) fn is_there() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    }

    /// # Safety
    /// The processor has these features.
    #[target_feature(enable = "avx2,bmi1,lzcnt,popcnt")]
    pub(super) unsafe fn run<T: Task>(task: T) -> T::Output {
        task.run::<Lanes>()
    }

    #[expect(clippy::inline_always, reason = "it is compiled for AVX2 only within `run`")]
    impl super::Lanes for Lanes {
        #[inline(always)]
        fn new(bytes: &[u8; LANES]) -> Self {
            let (chunks, _) = bytes.as_chunks::<32>();
            // SAFETY: the pointers are to 32 bytes each, and need not be aligned. There is
            // AVX2 within `run`.
            unsafe {
                Self([
                    _mm256_loadu_si256(chunks[0].as_ptr().cast()),
                    _mm256_loadu_si256(chunks[1].as_ptr().cast()),
                ])
            }
        }

        #[inline(always)]
        fn equal(self, byte: u8) -> u64 {
            let [first, second] = self.0;
            // SAFETY: there is AVX2 within `run`.
            unsafe {
                let byte = _mm256_set1_epi8(byte.cast_signed());
                bits(_mm256_cmpeq_epi8(first, byte), _mm256_cmpeq_epi8(second, byte))
            }
        }

        #[inline(always)]
        fn among(self, low: u8, count: u8) -> u64 {
            self.among_or(low, count, [])
        }

        /// All is asked before the bits are gathered, which takes longer.
        #[inline(always)]
        fn among_or<const N: usize>(self, low: u8, count: u8, others: [u8; N]) -> u64 {
            let low = low.cast_signed();
            let most = (count - 1).cast_signed();
            let [first, second] = self.0;
            // SAFETY: there is AVX2 within `run`.
            let [mut first, mut second] = unsafe {
                let (low, most) = (_mm256_set1_epi8(low), _mm256_set1_epi8(most));
                let [one, other] = [_mm256_sub_epi8(first, low), _mm256_sub_epi8(second, low)];
                [
                    _mm256_cmpeq_epi8(_mm256_min_epu8(one, most), one),
                    _mm256_cmpeq_epi8(_mm256_min_epu8(other, most), other),
                ]
            };
            for byte in others {
                // SAFETY: there is AVX2 within `run`.
                unsafe {
                    let byte = _mm256_set1_epi8(byte.cast_signed());
                    first = _mm256_or_si256(first, _mm256_cmpeq_epi8(self.0[0], byte));
                    second = _mm256_or_si256(second, _mm256_cmpeq_epi8(self.0[1], byte));
                }
            }
            bits(first, second)
        }

        #[inline(always)]
        fn beyond_ascii(self) -> u64 {
            bits(self.0[0], self.0[1])
        }
    }

    /// The highest bit of each byte.
    #[expect(clippy::inline_always, reason = "it is compiled for AVX2 only within `run`")]
    #[inline(always)]
    fn bits(first: __m256i, second: __m256i) -> u64 {
        // SAFETY: there is AVX2 within `run`.
        let [first, second] =
            unsafe { [_mm256_movemask_epi8(first), _mm256_movemask_epi8(second)] };
        u64::from(second.cast_unsigned()) << 32 | u64::from(first.cast_unsigned())
    }
}

/// By the vectors that every x86-64 has.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::LANES;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes([__m128i; 4]);

    impl super::Lanes for Lanes {
        #[inline]
        fn new(bytes: &[u8; LANES]) -> Self {
            let (chunks, _) = bytes.as_chunks::<16>();
            // SAFETY: the pointer is to 16 bytes, and need not be aligned. Every x86-64
            // has SSE2.
            Self(std::array::from_fn(|at| unsafe { _mm_loadu_si128(chunks[at].as_ptr().cast()) }))
        }

        #[inline]
        fn equal(self, byte: u8) -> u64 {
            self.ask(|lanes| equal(lanes, byte))
        }

        #[inline]
        fn among(self, low: u8, count: u8) -> u64 {
            self.among_or(low, count, [])
        }

        /// All is asked before the bits are gathered, which takes longer.
        #[inline]
        fn among_or<const N: usize>(self, low: u8, count: u8, others: [u8; N]) -> u64 {
            self.ask(|lanes| {
                // SAFETY: every x86-64 has SSE2.
                let among = unsafe {
                    let above = _mm_sub_epi8(lanes, _mm_set1_epi8(low.cast_signed()));
                    let most = _mm_set1_epi8((count - 1).cast_signed());
                    _mm_cmpeq_epi8(_mm_min_epu8(above, most), above)
                };
                // SAFETY: every x86-64 has SSE2.
                let or = |one, other| unsafe { _mm_or_si128(one, other) };
                others.into_iter().fold(among, |all, byte| or(all, equal(lanes, byte)))
            })
        }

        #[inline]
        fn beyond_ascii(self) -> u64 {
            self.ask(|lanes| lanes)
        }
    }

    #[inline]
    fn equal(lanes: __m128i, byte: u8) -> __m128i {
        // SAFETY: every x86-64 has SSE2.
        unsafe { _mm_cmpeq_epi8(lanes, _mm_set1_epi8(byte.cast_signed())) }
    }

    impl Lanes {
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

    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes([uint8x16_t; 4]);

    impl super::Lanes for Lanes {
        #[inline]
        fn new(bytes: &[u8; LANES]) -> Self {
            let (chunks, _) = bytes.as_chunks::<16>();
            // SAFETY: the pointer is to 16 bytes. Every 64-bit ARM has NEON.
            Self(std::array::from_fn(|at| unsafe { vld1q_u8(chunks[at].as_ptr()) }))
        }

        #[inline]
        fn equal(self, byte: u8) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe { vceqq_u8(lanes, vdupq_n_u8(byte)) })
        }

        #[inline]
        fn among(self, low: u8, count: u8) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe {
                vcleq_u8(vsubq_u8(lanes, vdupq_n_u8(low)), vdupq_n_u8(count - 1))
            })
        }

        #[inline]
        fn beyond_ascii(self) -> u64 {
            // SAFETY: every 64-bit ARM has NEON.
            self.ask(|lanes| unsafe { vcgeq_u8(lanes, vdupq_n_u8(0x80)) })
        }
    }

    impl Lanes {
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

    #[derive(Clone, Copy)]
    pub(in super::super) struct Lanes([u8; LANES]);

    impl super::Lanes for Lanes {
        fn new(bytes: &[u8; LANES]) -> Self {
            Self(*bytes)
        }

        fn equal(self, byte: u8) -> u64 {
            self.ask(|each| each == byte)
        }

        fn among(self, low: u8, count: u8) -> u64 {
            self.ask(|each| each.wrapping_sub(low) < count)
        }

        fn beyond_ascii(self) -> u64 {
            self.ask(|each| each >= 0x80)
        }
    }

    impl Lanes {
        fn ask(self, question: impl Fn(u8) -> bool) -> u64 {
            let answer = |(at, &byte): (usize, &u8)| u64::from(question(byte)) << at;
            self.0.iter().enumerate().map(answer).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes, Task, Usual, run};
    use proptest::prelude::*;

    /// Asks all that can be asked.
    struct Asking<'a> {
        bytes: &'a [u8; LANES],
        wanted: u8,
    }

    impl Task for Asking<'_> {
        type Output = [u64; 5];

        #[expect(clippy::inline_always, reason = "as `Task` wants it")]
        #[inline(always)]
        fn run<L: Lanes>(self) -> [u64; 5] {
            let lanes = L::new(self.bytes);
            [
                lanes.equal(self.wanted),
                lanes.among(0, 0x20),
                lanes.among(0x30, 12),
                lanes.among(0xe0, 0x20),
                lanes.beyond_ascii(),
            ]
        }
    }

    proptest! {
        #[test]
        fn each_bit_stands_for_its_byte(bytes in prop::array::uniform32(any::<[u8; 2]>())) {
            let bytes: [u8; LANES] = bytes.concat().try_into().expect("so many");
            let asking = || Asking { bytes: &bytes, wanted: bytes[7] };
            let expected = |kind: &dyn Fn(u8) -> bool| {
                (0..).zip(bytes).map(|(at, byte)| u64::from(kind(byte)) << at).sum::<u64>()
            };
            let expected = [
                expected(&|byte| byte == bytes[7]),
                expected(&|byte| byte < 0x20),
                expected(&|byte| (0x30..0x3c).contains(&byte)),
                expected(&|byte| byte >= 0xe0),
                expected(&|byte| byte >= 0x80),
            ];
            prop_assert_eq!(asking().run::<Usual>(), expected);
            prop_assert_eq!(run(asking()), expected);
        }
    }
}
