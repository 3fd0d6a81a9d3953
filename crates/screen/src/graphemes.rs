//! Which characters form one, as xterm.js' unicode-graphemes add-on has it.
//!
//! The rules are those of Unicode's grapheme clusters, as far as the add-on knows
//! them: of the character before it remembers the kind alone.

use super::grapheme_table::RUNS;

/// The kind of a code point in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(u8);

impl Kind {
    /// Anything that takes no part in them.
    pub(super) const OTHER: Self = Self(0);
    const PREPEND: Self = Self(1);
    const EXTEND: Self = Self(2);
    pub(super) const REGIONAL_INDICATOR: Self = Self(3);
    const SPACING_MARK: Self = Self(4);
    const HANGUL_L: Self = Self(5);
    const HANGUL_V: Self = Self(6);
    const HANGUL_T: Self = Self(7);
    const HANGUL_LV: Self = Self(8);
    const HANGUL_LVT: Self = Self(9);
    const ZERO_WIDTH_JOINER: Self = Self(10);
    const PICTOGRAPH: Self = Self(11);

    /// A kind by its number, of which the lowest four bits count.
    pub(super) const fn new(number: u8) -> Self {
        Self(number & 15)
    }

    /// Its number.
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// Whether any character that follows belongs to this one, even ASCII.
    pub(super) const fn takes_all(self) -> bool {
        self.0 == Self::PREPEND.0
    }

    /// Whether a character of kind `next` belongs to one of this kind before it.
    pub(super) fn takes(self, next: Self) -> bool {
        let hangul = match self {
            Self::HANGUL_L => {
                [Self::HANGUL_L, Self::HANGUL_V, Self::HANGUL_LV, Self::HANGUL_LVT].contains(&next)
            }
            Self::HANGUL_LV | Self::HANGUL_V => [Self::HANGUL_V, Self::HANGUL_T].contains(&next),
            Self::HANGUL_LVT | Self::HANGUL_T => next == Self::HANGUL_T,
            _ => false,
        };
        hangul
            || self.takes_all()
            || [Self::EXTEND, Self::ZERO_WIDTH_JOINER, Self::SPACING_MARK].contains(&next)
            || self == Self::ZERO_WIDTH_JOINER && next == Self::PICTOGRAPH
            || self == Self::REGIONAL_INDICATOR && next == Self::REGIONAL_INDICATOR
    }
}

/// The kind of a code point, and its columns: 1 or 2.
pub(super) fn properties(code: u32) -> (Kind, usize) {
    let after = RUNS.partition_point(|run| run >> 8 <= code);
    let run = RUNS[after.saturating_sub(1)];
    let number = run.to_le_bytes()[0];
    (Kind::new(number), usize::from(number >> 4))
}
