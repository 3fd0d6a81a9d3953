//! Whether output is plain: lines of text and colours, which neither move the
//! cursor about nor change how a terminal works nor ask it anything nor ring.
//!
//! A screen that follows its output late may leave plain output unread, since
//! nothing in it needs an answer or is to be told, and may skip what has scrolled away before
//! anybody looked.

use super::scanner::{BEL, C1_LEAD, ESC};
use memchr::memchr2;

/// How far the next escape character is looked for byte by byte: where colours
/// are, the next one is near, and a call would cost more than it saves.
const NEAR: usize = 24;

/// What a piece of output ends in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    /// After ESC.
    Escape,
    /// In the parameters of a control sequence.
    Parameters,
    /// After `C2`, which the next byte may make a C1 control.
    C1,
}

/// Follows a stream, piece by piece, for as long as it is plain.
///
/// Plain are printable text in any encoding, valid or not, the controls below
/// 0x20 but BEL, VT, FF, SO, SI and ESC, and the sequences SGR (`CSI … m`) and EL
/// (`CSI … K`) whose parameters are digits, `:` and `;`. DEL and the C1 controls
/// are not. The result does not depend on where the stream is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlainText {
    open: Open,
}

impl PlainText {
    /// A stream that begins outside of any sequence and character.
    #[must_use]
    pub const fn new() -> Self {
        Self { open: Open::Nothing }
    }

    /// Whether the pieces so far end outside of any sequence.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self.open, Open::Nothing)
    }

    /// Follows one more piece; `false` once the stream is not plain, after which
    /// this value means nothing any more.
    ///
    /// A sequence that the piece leaves unfinished counts as plain so far.
    #[must_use]
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        if has_special_control(bytes) {
            return false;
        }
        match self.finish(bytes) {
            Some(taken) => self.run(&bytes[taken..]),
            None => false,
        }
    }

    /// Takes the bytes that complete what the piece before left open, and returns
    /// how many these are; `None` when it turns out not to be plain.
    fn finish(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut taken = 0;
        while self.open != Open::Nothing
            && let Some(&byte) = bytes.get(taken)
        {
            self.open = match (self.open, byte) {
                (Open::Escape, b'[') | (Open::Parameters, b'0'..=b';') => Open::Parameters,
                (Open::Parameters, b'm' | b'K') => Open::Nothing,
                (Open::C1, ..0x80 | 0xa0..) => {
                    // The byte is looked at again, for what it begins.
                    self.open = Open::Nothing;
                    return Some(taken);
                }
                _ => return None,
            };
            taken += 1;
        }
        Some(taken)
    }

    /// The bytes from outside of any sequence on.
    fn run(&mut self, bytes: &[u8]) -> bool {
        let mut at = 0;
        while let Some(found) = next_lead(&bytes[at..]) {
            at += found + 1;
            let lead = bytes[at - 1];
            let rest = &bytes[at..];
            if lead == C1_LEAD {
                match rest.first() {
                    Some(0x80..=0x9f) => return false,
                    Some(_) => {}
                    None => self.open = Open::C1,
                }
                continue;
            }
            match rest.first() {
                Some(b'[') => {}
                Some(_) => return false,
                None => {
                    self.open = Open::Escape;
                    return true;
                }
            }
            match rest[1..].iter().position(|byte| !(b'0'..=b';').contains(byte)) {
                Some(length) if matches!(rest[1 + length], b'm' | b'K') => at += length + 2,
                Some(_) => return false,
                None => {
                    self.open = Open::Parameters;
                    return true;
                }
            }
        }
        true
    }
}

/// Where the next byte is that begins a sequence or may begin a C1 control.
#[inline]
fn next_lead(bytes: &[u8]) -> Option<usize> {
    let near = &bytes[..bytes.len().min(NEAR)];
    if let Some(at) = near.iter().position(|&byte| byte == ESC || byte == C1_LEAD) {
        return Some(at);
    }
    Some(near.len() + memchr2(ESC, C1_LEAD, &bytes[near.len()..])?)
}

/// Whether there is BEL, VT, FF, SO, SI or DEL.
fn has_special_control(bytes: &[u8]) -> bool {
    let is_special =
        |byte: u8| (byte.wrapping_sub(0x0b) < 5 && byte != b'\r') || byte == 0x7f || byte == BEL;
    // Without a way out of the inner loop, many bytes are looked at at once.
    bytes.chunks(256).any(|part| part.iter().fold(false, |found, &byte| found | is_special(byte)))
}

/// How many line feeds there are.
#[must_use]
pub fn line_feeds(bytes: &[u8]) -> usize {
    // So few that a byte holds their number, which keeps the sum fast.
    let count = |part: &[u8]| part.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>();
    bytes.chunks(255).map(|part| usize::from(count(part))).sum()
}

#[cfg(test)]
mod tests;
