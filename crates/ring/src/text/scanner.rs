//! The state a terminal's parser is in between two bytes of output.
//!
//! The table is the one of DEC's VT500 as xterm.js implements it, reduced to
//! what decides where a sequence ends: CAN and SUB abort anything, ESC starts
//! anew anywhere, C0 controls inside a CSI sequence do not end it, BEL ends an
//! OSC string only, and C1 controls count in their UTF-8 form (`C2 80` to
//! `C2 9F`). Characters are decoded as the Encoding Standard says, so a lead
//! byte that is not followed by its continuation is dropped and does not
//! swallow its successor.
//!
//! In one place the table is stricter than xterm.js: a character beyond ASCII
//! does not end an SOS, PM or APC string. Other terminals agree, and to call
//! fewer positions safe never harms.

use memchr::{memchr2, memrchr};

use Parser::{
    CsiEntry, CsiIgnore, CsiIntermediate, CsiParam, DcsEntry, DcsIntermediate, DcsParam, DcsString,
    Escape, EscapeIntermediate, Ground, OscString, SosPmApcString,
};

/// The byte that begins a new sequence whatever came before it.
pub(crate) const ESC: u8 = 0x1b;
/// The lead byte of the C1 controls when they are written as UTF-8.
pub(crate) const C1_LEAD: u8 = 0xc2;
/// Ends an OSC string; a mere control elsewhere.
pub(crate) const BEL: u8 = 0x07;
/// Aborts any sequence.
pub(crate) const CAN: u8 = 0x18;
/// Aborts any sequence, as [`CAN`] does.
pub(crate) const SUB: u8 = 0x1a;

/// Where the escape-sequence parser stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Parser {
    /// Outside any sequence.
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and at least one intermediate (`ESC (`).
    EscapeIntermediate,
    /// Directly after CSI.
    CsiEntry,
    /// In the parameters of a CSI sequence.
    CsiParam,
    /// In the intermediates of a CSI sequence.
    CsiIntermediate,
    /// In a malformed CSI sequence, which still runs to its final byte.
    CsiIgnore,
    /// Directly after DCS.
    DcsEntry,
    /// In the parameters of a DCS sequence.
    DcsParam,
    /// In the intermediates of a DCS sequence.
    DcsIntermediate,
    /// In the data of a DCS string, handled or ignored.
    DcsString,
    /// In an OSC string.
    OscString,
    /// In an SOS, PM or APC string.
    SosPmApcString,
}

/// All parser states in the order of their numbers.
const PARSERS: [Parser; 13] = [
    Ground,
    Escape,
    EscapeIntermediate,
    CsiEntry,
    CsiParam,
    CsiIntermediate,
    CsiIgnore,
    DcsEntry,
    DcsParam,
    DcsIntermediate,
    DcsString,
    OscString,
    SosPmApcString,
];

/// What the UTF-8 decoder still expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Pending {
    /// Nothing: the position is not inside a character.
    Nothing,
    /// One byte after `C2`: below `A0` it makes a C1 control.
    C1,
    /// One continuation byte.
    One,
    /// Two continuation bytes.
    Two,
    /// Three continuation bytes.
    Three,
    /// Two bytes after `E0`, the next in `A0..=BF`.
    E0,
    /// Two bytes after `ED`, the next in `80..=9F`.
    Ed,
    /// Three bytes after `F0`, the next in `90..=BF`.
    F0,
    /// Three bytes after `F4`, the next in `80..=8F`.
    F4,
}

/// All decoder states in the order of their numbers.
const PENDINGS: [Pending; 9] = [
    Pending::Nothing,
    Pending::C1,
    Pending::One,
    Pending::Two,
    Pending::Three,
    Pending::E0,
    Pending::Ed,
    Pending::F0,
    Pending::F4,
];

impl Pending {
    /// What a byte that begins a character leaves to expect; nothing for a
    /// byte that can begin none.
    const fn after_lead(byte: u8) -> Self {
        match byte {
            0xc2 => Self::C1,
            0xc3..=0xdf => Self::One,
            0xe0 => Self::E0,
            0xed => Self::Ed,
            0xe1..=0xef => Self::Two,
            0xf0 => Self::F0,
            0xf1..=0xf3 => Self::Three,
            0xf4 => Self::F4,
            _ => Self::Nothing,
        }
    }

    /// What remains after a continuation byte, or `None` when the byte does
    /// not continue the character.
    const fn after_continuation(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::C1 | Self::One, 0x80..=0xbf) => Some(Self::Nothing),
            (Self::Two, 0x80..=0xbf) | (Self::E0, 0xa0..=0xbf) | (Self::Ed, 0x80..=0x9f) => {
                Some(Self::One)
            }
            (Self::Three, 0x80..=0xbf) | (Self::F0, 0x90..=0xbf) | (Self::F4, 0x80..=0x8f) => {
                Some(Self::Two)
            }
            _ => None,
        }
    }
}

/// From how many bytes on it pays to look for a stretch without any sequence
/// before looking for the last ESC.
const LONG: usize = 1024;

/// The full state between two bytes: two bytes wide, cheap to copy and keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    parser: Parser,
    pending: Pending,
}

impl Default for State {
    fn default() -> Self {
        Self::GROUND
    }
}

impl State {
    /// Outside any sequence and character: the state at the first byte.
    pub const GROUND: Self = Self { parser: Ground, pending: Pending::Nothing };

    /// The state after an ESC, which does not depend on what came before it.
    pub(crate) const ESCAPE: Self = Self { parser: Escape, pending: Pending::Nothing };

    /// Whether output may be cut here: not inside a character or sequence.
    #[inline]
    #[must_use]
    pub fn is_safe(self) -> bool {
        self == Self::GROUND
    }

    /// Whether no sequence is open and the character that may be open cannot
    /// become a C1 control: only [`plain_length`] tells how long that lasts.
    #[inline]
    #[must_use]
    pub(crate) fn stays_ground(self) -> bool {
        self.parser == Ground && self.pending != Pending::C1
    }

    /// Whether the position is inside the text of an OSC, DCS, SOS, PM or APC
    /// string, including the parameters of a DCS.
    #[inline]
    #[must_use]
    pub(crate) fn is_string(self) -> bool {
        self.parser as u8 >= DcsEntry as u8
    }

    /// Where the escape-sequence parser stands.
    #[inline]
    #[must_use]
    pub fn parser(self) -> Parser {
        self.parser
    }

    /// The state as a number below 65536, for tables of states.
    #[must_use]
    pub(crate) fn to_bits(self) -> u16 {
        (u16::from(self.parser as u8) << 8) | u16::from(self.pending as u8)
    }

    /// The state that [`State::to_bits`] made `bits` of; the ground state for
    /// numbers it never returns.
    #[must_use]
    pub(crate) fn from_bits(bits: u16) -> Self {
        let [parser, pending] = bits.to_be_bytes().map(usize::from);
        match (PARSERS.get(parser), PENDINGS.get(pending)) {
            (Some(&parser), Some(&pending)) => Self { parser, pending },
            _ => Self::GROUND,
        }
    }

    /// The state after one more byte.
    #[inline]
    #[must_use]
    pub fn step(self, byte: u8) -> Self {
        if byte < 0x80 {
            let parser = ASCII[self.parser as usize][usize::from(byte)];
            return Self { parser, pending: Pending::Nothing };
        }
        self.step_beyond_ascii(byte)
    }

    fn step_beyond_ascii(self, byte: u8) -> Self {
        match self.pending.after_continuation(byte) {
            None => Self { parser: self.parser, pending: Pending::after_lead(byte) },
            Some(Pending::Nothing) => {
                Self { parser: after_character(self, byte), pending: Pending::Nothing }
            }
            Some(pending) => Self { pending, ..self },
        }
    }

    /// The state after all of `bytes`.
    ///
    /// Equal to stepping through them, but begins at the last ESC and skips
    /// stretches in which nothing can change.
    #[inline]
    #[must_use]
    pub fn advance(self, bytes: &[u8]) -> Self {
        self.advance_noting(bytes).0
    }

    /// [`State::advance`], and whether there was an ESC.
    #[must_use]
    pub(crate) fn advance_noting(self, bytes: &[u8]) -> (Self, bool) {
        if bytes.len() >= LONG && self.may_skip() && self.skip(bytes) == bytes.len() {
            let pending = pending_after(bytes);
            return (Self { pending, ..self }, false);
        }
        match memrchr(ESC, bytes) {
            Some(at) => (Self::ESCAPE.run(&bytes[at + 1..]), true),
            None => (self.run(bytes), false),
        }
    }

    /// The state after text that ends with `last`, its last three bytes, and
    /// is known to hold nothing that could leave the ground state.
    #[inline]
    #[must_use]
    pub(crate) fn after_plain(last: [u8; 3]) -> Self {
        Self { parser: Ground, pending: pending_after(&last) }
    }

    /// The state after all of `bytes`, from the front; best where they hold no
    /// ESC.
    #[must_use]
    pub fn run(self, bytes: &[u8]) -> Self {
        let mut state = self;
        let mut at = 0;
        while at < bytes.len() {
            if state.may_skip() {
                at += state.skip(&bytes[at..]);
                state.pending = pending_after(&bytes[..at]);
            }
            if let Some(&byte) = bytes.get(at) {
                state = state.step(byte);
                at += 1;
            }
        }
        state
    }

    /// Steps until the position is safe, or to the end of `bytes`; returns the
    /// state there and the number of bytes taken.
    #[must_use]
    pub fn run_until_safe(self, bytes: &[u8]) -> (Self, usize) {
        let mut state = self;
        let mut at = 0;
        while at < bytes.len() && !state.is_safe() {
            if state.may_skip() {
                at += state.skip(&bytes[at..]);
                state.pending = pending_after(&bytes[..at]);
            }
            if let Some(&byte) = bytes.get(at) {
                state = state.step(byte);
                at += 1;
            }
        }
        (state, at)
    }

    /// How many leading bytes only continue the string that the position is
    /// inside of, and the state after them.
    #[must_use]
    pub(crate) fn skip_string(self, bytes: &[u8]) -> (Self, usize) {
        if !self.is_string() || !self.may_skip() {
            return (self, 0);
        }
        let length = self.skip(bytes);
        let pending = pending_after(&bytes[..length]);
        (Self { pending, ..self }, length)
    }

    /// How many leading bytes cannot change where the parser stands, so that
    /// only their last three matter. Zero when the next byte must be stepped.
    fn skip(self, bytes: &[u8]) -> usize {
        if self.parser == Ground { plain_length(bytes) } else { string_length(bytes) }
    }

    /// Whether [`State::skip`] applies.
    #[inline]
    fn may_skip(self) -> bool {
        let lasting = self.parser == Ground || self.parser as u8 >= DcsString as u8;
        lasting && self.pending == Pending::Nothing
    }
}

/// How many leading bytes leave a parser in the ground state: up to the first
/// ESC or C1 control, or to a last `C2` that may become one.
#[must_use]
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = memchr2(ESC, C1_LEAD, &bytes[from..]) {
        let at = from + found;
        if may_leave_ground(bytes[at], bytes.get(at + 1)) {
            return at;
        }
        // Where one such character is, there are more.
        from = at + 1 + plain_blocks(&bytes[at + 1..]);
    }
    bytes.len()
}

/// Whether `byte`, with the one after it, may begin a sequence.
fn may_leave_ground(byte: u8, next: Option<&u8>) -> bool {
    byte == ESC || byte == C1_LEAD && next.is_none_or(|next| !(0xa0..=0xbf).contains(next))
}

/// How many leading bytes, in whole blocks, are plain.
#[expect(clippy::needless_bitwise_bool, reason = "a branch per byte would be many times slower")]
fn plain_blocks(bytes: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let mut at = 0;
    while let Some(block) = bytes.get(at..=at + BLOCK) {
        let pairs = block.iter().zip(&block[1..]);
        if pairs.fold(false, |found, (&byte, &next)| {
            found | (byte == ESC) | (byte == C1_LEAD) & (next < 0xa0)
        }) {
            break;
        }
        at += BLOCK;
    }
    at
}

/// How many leading bytes cannot end a string.
fn string_length(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<32>();
    let clean = blocks.iter().take_while(|block| !may_end_string(block)).count() * 32;
    let stops = |byte: &u8| matches!(*byte, ESC | BEL | CAN | SUB | C1_LEAD);
    let rest = &bytes[clean..];
    clean + rest.iter().position(stops).unwrap_or(rest.len())
}

/// Whether a block holds a byte that may end a string. Without a branch per
/// byte the compiler compares the block at once.
fn may_end_string(block: &[u8; 32]) -> bool {
    let found = block.map(|byte| {
        let ends = [ESC, BEL, CAN, SUB, C1_LEAD].map(|end| u8::from(byte == end));
        ends[0] | ends[1] | ends[2] | ends[3] | ends[4]
    });
    found.iter().fold(0, |all, one| all | one) != 0
}

/// What the decoder expects after `bytes` whose beginning is not inside a
/// character: decided by the last three, since no character is longer than four.
#[inline]
fn pending_after(bytes: &[u8]) -> Pending {
    if bytes.last().is_none_or(u8::is_ascii) {
        return Pending::Nothing;
    }
    let last = &bytes[bytes.len().saturating_sub(3)..];
    last.iter().fold(Pending::Nothing, |pending, &byte| {
        let next = pending.after_continuation(byte);
        next.unwrap_or(Pending::after_lead(byte))
    })
}

/// Where the parser stands after a whole character beyond ASCII that ended
/// with `byte`.
const fn after_character(state: State, byte: u8) -> Parser {
    if matches!(state.pending, Pending::C1) && byte < 0xa0 {
        return match byte {
            0x90 => DcsEntry,
            0x9b => CsiEntry,
            0x9d => OscString,
            0x98 | 0x9e | 0x9f => SosPmApcString,
            _ => Ground,
        };
    }
    match state.parser {
        CsiIgnore | DcsString | OscString | SosPmApcString => state.parser,
        _ => Ground,
    }
}

/// Where the parser stands after an ASCII byte, indexed by state and byte.
static ASCII: [[Parser; 128]; 13] = ascii_table();

const fn ascii_table() -> [[Parser; 128]; 13] {
    let mut table = [[Ground; 128]; 13];
    let mut row = 0;
    while row < PARSERS.len() {
        let mut byte = 0u8;
        while byte < 128 {
            table[row][byte as usize] = after_ascii(PARSERS[row], byte);
            byte += 1;
        }
        row += 1;
    }
    table
}

const fn after_ascii(parser: Parser, byte: u8) -> Parser {
    match (parser, byte) {
        (_, ESC) => Escape,
        (_, CAN | SUB) | (OscString, BEL) => Ground,
        // Other controls are executed or ignored and change nothing.
        (_, 0x00..=0x1f | 0x7f) | (Ground | DcsString | OscString | SosPmApcString, _) => parser,
        (Escape, _) => after_escape(byte),
        (EscapeIntermediate, 0x20..=0x2f) => EscapeIntermediate,
        (EscapeIntermediate, _) => Ground,
        (CsiEntry | CsiParam | CsiIntermediate | CsiIgnore, _) => after_csi(parser, byte),
        (DcsEntry | DcsParam | DcsIntermediate, _) => after_dcs(parser, byte),
    }
}

const fn after_escape(byte: u8) -> Parser {
    match byte {
        0x20..=0x2f => EscapeIntermediate,
        b'[' => CsiEntry,
        b']' => OscString,
        b'P' => DcsEntry,
        b'X' | b'^' | b'_' => SosPmApcString,
        _ => Ground,
    }
}

const fn after_csi(parser: Parser, byte: u8) -> Parser {
    match (parser, byte) {
        (_, 0x40..=0xff) => Ground,
        (CsiIgnore, _) | (CsiIntermediate, 0x30..) | (CsiParam, 0x3c..) => CsiIgnore,
        (_, 0x30..) => CsiParam,
        _ => CsiIntermediate,
    }
}

const fn after_dcs(parser: Parser, byte: u8) -> Parser {
    match (parser, byte) {
        (_, 0x20..=0x2f) => DcsIntermediate,
        (DcsIntermediate, 0x30..=0x3f) | (DcsParam, 0x3c..=0x3f) => DcsString,
        (_, 0x30..=0x3f) => DcsParam,
        _ => DcsString,
    }
}

#[cfg(test)]
pub(crate) mod tests;
