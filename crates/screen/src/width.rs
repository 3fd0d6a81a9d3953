//! How many columns a code point takes, and what it does with the one before it.

use super::graphemes::{Kind, properties};
use super::width_table::{BLOCKS, V6_HIGH, V6_LOW, V11_HIGH, V11_LOW};

/// The width table the client uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnicodeVersion {
    /// The table built into xterm.js, Unicode 6.
    #[default]
    V6,
    /// The table of xterm.js' unicode11 addon.
    V11,
    /// The table of xterm.js' unicode-graphemes addon, by which several code points
    /// can form one character: `15-graphemes`.
    V15Graphemes,
}

impl UnicodeVersion {
    /// Its name, which is `unicode.activeVersion` in xterm.js.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V6 => "6",
            Self::V11 => "11",
            Self::V15Graphemes => "15-graphemes",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::V6, Self::V11, Self::V15Graphemes].into_iter().find(|each| each.name() == name)
    }

    /// Whether a character that takes columns always begins a cell of its own,
    /// whatever comes before it.
    pub(super) const fn separates_by_width(self) -> bool {
        match self {
            Self::V6 | Self::V11 => true,
            Self::V15Graphemes => false,
        }
    }
}

/// What the parser remembers of the last printed character: its width, whether it
/// was joined to the character before, and its kind where graphemes are known.
/// Zero after anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Join(u32);

impl Join {
    /// Nothing printed directly before.
    pub(super) const NONE: Self = Self(0);
    /// A narrow character printed directly before.
    pub(super) const NARROW: Self = Self(1 << 1);

    fn new(width: usize, joined: bool) -> Self {
        Self(u32::try_from(width & 3).unwrap_or(0) << 1 | u32::from(joined))
    }

    fn of_kind(self, kind: Kind) -> Self {
        Self(self.0 | u32::from(kind.number()) << KIND_SHIFT)
    }

    /// The kind of the character; the same for all where graphemes are not known.
    const fn kind(self) -> Kind {
        Kind::new(self.0.to_le_bytes()[0] >> KIND_SHIFT)
    }

    /// Whether any character that comes next is joined to it, even ASCII.
    #[inline]
    pub(super) const fn takes_all(self) -> bool {
        self.kind().takes_all()
    }

    /// A character of one or two columns that belongs to no cell before it.
    pub(super) const fn alone(width: usize) -> Self {
        Self(if width == 2 { 2 << 1 } else { 1 << 1 })
    }

    /// Columns of the character, joined marks included.
    pub(super) const fn width(self) -> usize {
        (self.0 >> 1 & 3) as usize
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
        if version == UnicodeVersion::V15Graphemes {
            return self.followed_in_grapheme(code);
        }
        let width = width_of(code, version);
        if width == 0 && !self.is_none() && self.width() > 0 {
            return Self::new(self.width(), true);
        }
        Self::new(width, false)
    }

    /// The same where graphemes are known: joining may make a character wide.
    fn followed_in_grapheme(self, code: u32) -> Self {
        let (kind, width) = properties(code);
        if self.is_none() || !self.kind().takes(kind) {
            return Self::new(width, false).of_kind(kind);
        }
        if kind == Kind::REGIONAL_INDICATOR {
            // Two make a flag, and a third one begins the next.
            return Self::new(self.width().max(2), true).of_kind(Kind::OTHER);
        }
        Self::new(self.width().max(width), true).of_kind(kind)
    }
}

/// Where the kind lies above the rest.
const KIND_SHIFT: u32 = 3;

/// Columns of a character and the marks joined to it: 0, 1 or 2.
pub(super) fn width_of_text(text: &str, version: UnicodeVersion) -> usize {
    if version == UnicodeVersion::V15Graphemes {
        let join = |join: Join, next: char| join.followed_by(u32::from(next), version);
        return text.chars().fold(Join::NONE, join).width();
    }
    text.chars().next().map_or(0, |first| width_of(u32::from(first), version))
}

/// Columns of one code point: 0, 1 or 2.
pub(super) fn width_of(code: u32, version: UnicodeVersion) -> usize {
    if code < 127 {
        return usize::from(code >= 32);
    }
    let (low, high) = match version {
        UnicodeVersion::V6 => (&V6_LOW, &V6_HIGH[..]),
        UnicodeVersion::V11 => (&V11_LOW, &V11_HIGH[..]),
        UnicodeVersion::V15Graphemes => return properties(code).1,
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
