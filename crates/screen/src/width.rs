//! How many columns a code point takes, and what it does with the one before it.

use super::width_table::{BLOCKS, V6_HIGH, V6_LOW, V11_HIGH, V11_LOW};

/// The width table the client uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnicodeVersion {
    /// The table built into xterm.js.
    V6,
    /// The table of xterm.js' unicode11 addon.
    #[default]
    V11,
}

impl UnicodeVersion {
    /// Whether a character that takes columns always begins a cell of its own,
    /// whatever comes before it.
    pub(super) const fn separates_by_width(self) -> bool {
        match self {
            Self::V6 | Self::V11 => true,
        }
    }
}

/// What the parser remembers of the last printed character: its width, and
/// whether it was joined to the character before. Zero after anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Join(u8);

impl Join {
    /// Nothing printed directly before.
    pub(super) const NONE: Self = Self(0);
    /// A narrow character printed directly before.
    pub(super) const NARROW: Self = Self(1 << 1);

    fn new(width: usize, joined: bool) -> Self {
        Self(u8::try_from(width).unwrap_or(0) << 1 | u8::from(joined))
    }

    /// A character of one or two columns that belongs to no cell before it.
    pub(super) const fn alone(width: usize) -> Self {
        Self(if width == 2 { 2 << 1 } else { 1 << 1 })
    }

    /// Columns of the character, joined marks included.
    pub(super) const fn width(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether the character belongs to the cell of the one before.
    pub(super) const fn is_joined(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether nothing was printed directly before.
    pub(super) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The state after `code` follows this one.
    pub(super) fn followed_by(self, code: u32, version: UnicodeVersion) -> Self {
        let width = width_of(code, version);
        if width == 0 && !self.is_none() && self.width() > 0 {
            return Self::new(self.width(), true);
        }
        Self::new(width, false)
    }
}

/// Columns of one code point: 0, 1 or 2.
pub(super) fn width_of(code: u32, version: UnicodeVersion) -> usize {
    if code < 127 {
        return usize::from(code >= 32);
    }
    let (low, high) = match version {
        UnicodeVersion::V6 => (&V6_LOW, &V6_HIGH[..]),
        UnicodeVersion::V11 => (&V11_LOW, &V11_HIGH[..]),
    };
    let block = (code >> 8) as usize;
    let id = if let Some(&id) = low.get(block) {
        id
    } else {
        let after = high.partition_point(|&(first, _)| usize::from(first) <= block);
        high.get(after.wrapping_sub(1)).map_or(0, |&(_, id)| id)
    };
    let word = BLOCKS[usize::from(id) * 16 + (code >> 4 & 15) as usize];
    (word >> ((code & 15) * 2) & 3) as usize
}
