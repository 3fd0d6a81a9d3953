//! Output as text that can be searched: without sequences and without controls
//! that only a terminal makes something of.

use super::scanner::{C1_LEAD, State, plain_length};

/// Removes sequences and controls from a stream that comes in pieces. What is left
/// does not depend on where it is cut. Tab, line feed, carriage return and backspace
/// stay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readable {
    state: State,
    /// The last byte may begin a C1 control.
    lead: bool,
}

impl Readable {
    /// A stream that begins outside of any sequence and character.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends to `out` what is left of a piece.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.lead) {
                rest = self.after_lead(rest, out);
            } else if !self.state.is_safe() {
                let (state, taken) = self.state.run_until_safe(rest);
                self.state = state;
                rest = &rest[taken..];
            } else {
                let plain = plain_length(rest);
                keep_text(&rest[..plain], out);
                rest = &rest[plain..];
                if plain == 0 && first == C1_LEAD {
                    self.lead = true;
                    rest = &rest[1..];
                } else if plain == 0 {
                    self.state = self.state.step(first);
                    rest = &rest[1..];
                }
            }
        }
    }

    /// What follows `C2`: a C1 control, or the rest of a character or anything.
    fn after_lead<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        if (0x80..0xa0).contains(&bytes[0]) {
            self.state = State::GROUND.step(C1_LEAD).step(bytes[0]);
            return &bytes[1..];
        }
        out.push(C1_LEAD);
        if !(0xa0..0xc0).contains(&bytes[0]) {
            return bytes;
        }
        out.push(bytes[0]);
        &bytes[1..]
    }
}

fn keep_text(bytes: &[u8], out: &mut Vec<u8>) {
    let is_text = |byte: u8| (byte >= 0x20 && byte != 0x7f) || matches!(byte, 0x08..=0x0a | b'\r');
    out.extend(bytes.iter().copied().filter(|byte| is_text(*byte)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::reference::CORPUS;
    use proptest::prelude::*;

    fn readable(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut stream, mut out) = (Readable::new(), Vec::new());
        pieces.iter().for_each(|piece| stream.push(piece, &mut out));
        out
    }

    #[test]
    fn sequences_and_controls_are_removed() {
        let output = "a\x1b[1;31mb\x1b]0;title\x07c\x07\x1b]8;;u\x1b\\d\u{9b}31me\u{85}é\r\n\t\x08";
        assert_eq!(readable(&[output.as_bytes()]), "abcdeé\r\n\t\x08".as_bytes());
        assert_eq!(readable(&[b"\x1bPdata\x1b\\x\x1b(By\xc2"]), b"xy");
        assert_eq!(readable(&[b"\xc2", b"z\xc2", b"\xa9"]), b"\xc2z\xc2\xa9");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_stream_is_cut(
            pieces in prop::collection::vec(prop_oneof![
                prop::sample::select(CORPUS).prop_map(<[u8]>::to_vec),
                prop::collection::vec(any::<u8>(), 0..8),
            ], 0..6),
            at in any::<prop::sample::Index>(),
        ) {
            let whole = pieces.concat();
            let (head, tail) = whole.split_at(at.index(whole.len() + 1));
            prop_assert_eq!(readable(&[head, tail]), readable(&[&whole]));
        }
    }
}
