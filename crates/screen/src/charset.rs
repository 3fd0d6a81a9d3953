//! National and line drawing character sets, and which of them is in use.

/// A character set that can be designated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Charset {
    /// US-ASCII.
    #[default]
    Ascii,
    /// Another set, by the final byte that designates it.
    National(u8),
}

impl Charset {
    /// The set a final byte designates, if xterm.js knows it.
    pub(super) fn designated(byte: u8) -> Option<Self> {
        match byte {
            b'B' => Some(Self::Ascii),
            b'5' => Some(Self::National(b'C')),
            b'6' => Some(Self::National(b'E')),
            b'7' => Some(Self::National(b'H')),
            b'0' | b'A' | b'4' | b'C' | b'R' | b'Q' | b'K' | b'Y' | b'E' | b'Z' | b'H' | b'=' => {
                Some(Self::National(byte))
            }
            _ => None,
        }
    }

    /// The final byte that designates the set.
    pub(super) const fn designator(self) -> u8 {
        match self {
            Self::Ascii => b'B',
            Self::National(byte) => byte,
        }
    }

    /// What a code point below 127 becomes in this set.
    pub(super) fn map(self, code: u32) -> u32 {
        let Self::National(set) = self else { return code };
        let (from, to) = table(set);
        let found = from.chars().zip(to.chars()).find(|&(key, _)| u32::from(key) == code);
        found.map_or(code, |(_, value)| u32::from(value))
    }

    /// A character that this set turns into `code`, if there is one.
    pub(super) fn unmap(self, code: u32) -> Option<u32> {
        let Self::National(set) = self else { return Some(code) };
        if code >= 127 || self.map(code) == code {
            return Some(code);
        }
        let (from, to) = table(set);
        let found = to.chars().zip(from.chars()).find(|&(value, _)| u32::from(value) == code);
        found.map(|(_, key)| u32::from(key))
    }
}

/// The characters a set replaces, and what by. The Dutch set holds plain
/// letters where xterm.js takes the first letter of a pair.
const fn table(set: u8) -> (&'static str, &'static str) {
    match set {
        b'0' => ("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"),
        b'A' => ("#", "£"),
        b'4' => ("#@[\\]{|}~", "£¾i½|¨f¼´"),
        b'C' => ("[\\]^`{|}~", "ÄÖÅÜéäöåü"),
        b'R' => ("#@[\\]{|}~", "£à°ç§éùè¨"),
        b'Q' => ("@[\\]^`{|}~", "àâçêîôéùèû"),
        b'K' => ("@[\\]{|}~", "§ÄÖÜäöüß"),
        b'Y' => ("#@[\\]`{|}~", "£§°çéùàòèì"),
        b'E' => ("@[\\]^`{|}~", "ÄÆØÅÜäæøåü"),
        b'Z' => ("#@[\\]{|}", "£§¡Ñ¿°ñç"),
        b'H' => ("@[\\]^`{|}~", "ÉÄÖÅÜéäöåü"),
        b'=' => ("#@[\\]^_`{|}~", "ùàéçêîèôäöüû"),
        _ => ("", ""),
    }
}

/// The four designated sets, and the one that text is read in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charsets {
    /// G0 to G3.
    pub(super) designated: [Charset; 4],
    /// Which of them was shifted in last.
    pub(super) level: usize,
    /// The set in use. In xterm.js 6.0 a restored cursor can make it differ from that
    /// of `level`.
    pub(super) current: Charset,
    /// How many of the four have been designated, up to the highest. xterm.js saves
    /// and restores no more than these.
    pub(super) count: usize,
}

impl Charsets {
    /// Shifts one of the four sets in.
    pub(super) fn shift(&mut self, level: usize) {
        self.level = level & 3;
        self.current = self.designated[self.level];
    }

    /// Goes back to the sets that were saved.
    pub(super) fn restore(&mut self, saved: &Self) {
        for level in 0..saved.count {
            self.designate(level, saved.designated[level]);
        }
        self.shift(saved.level);
    }

    /// Designates one of the four sets.
    pub(super) fn designate(&mut self, level: usize, charset: Charset) {
        self.designated[level & 3] = charset;
        self.count = self.count.max((level & 3) + 1);
        if self.level == level {
            self.current = charset;
        }
    }
}
