//! Output on its way into events: cut only where a terminal may take over, and
//! without bytes that are no text.

use offheap_ring::text::scanner::State;
use offheap_ring::text::utf8;

/// The longest unfinished sequence that is held back, in bytes. A longer one,
/// such as an image, is written in pieces that are cut between characters.
const MAX_HELD: usize = 64 * 1024;

/// How far from the end a boundary is looked for, in bytes: a little way first.
const NEAR: [usize; 5] = [4, 32, 256, 4096, usize::MAX];

/// Holds back what is unfinished: a character, or an escape sequence.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    /// The state before `held`.
    state: State,
    held: Vec<u8>,
}

impl Cutter {
    /// Takes bytes and hands on the text up to the last safe boundary. Bytes
    /// that are no UTF-8 are left out: terminals drop them, too.
    pub(crate) fn push(&mut self, bytes: &[u8], mut take: impl FnMut(&str)) {
        let rest = if self.held.is_empty() { bytes } else { self.complete(bytes, &mut take) };
        let cut = self.cut(rest);
        text(&rest[..cut], take);
        self.held.extend_from_slice(&rest[cut..]);
    }

    /// Completes what is held back, and hands it on; what is left of the bytes is
    /// returned.
    fn complete<'a>(&mut self, bytes: &'a [u8], take: impl FnMut(&str)) -> &'a [u8] {
        let (state, taken) = self.state.advance(&self.held).run_until_safe(bytes);
        let (now, rest) = bytes.split_at(taken);
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(now);
        if state.is_safe() {
            self.state = state;
            text(&held, take);
            held.clear();
        } else {
            let cut = self.cut(&held);
            text(&held[..cut], take);
            held.drain(..cut);
        }
        self.held = held;
        rest
    }

    /// Hands on what was held back: nothing follows.
    pub(crate) fn finish(&mut self, take: impl FnMut(&str)) {
        let held = std::mem::take(&mut self.held);
        text(&held, take);
        self.state = State::GROUND;
    }

    /// Bytes that are held back.
    pub(crate) fn held(&self) -> u64 {
        self.held.len() as u64
    }

    /// Forgets what was held back: other output follows than what was meant to.
    pub(crate) fn reset(&mut self) {
        self.held.clear();
        self.state = State::GROUND;
    }

    /// How many bytes may be handed on; the state moves there.
    fn cut(&mut self, bytes: &[u8]) -> usize {
        let end = self.state.advance(bytes);
        if end.is_safe() {
            self.state = end;
            return bytes.len();
        }
        let (safe, at_safe) =
            NEAR.iter().find_map(|&back| self.last_safe(bytes, back)).unwrap_or((0, self.state));
        if bytes.len() - safe > MAX_HELD {
            let whole = utf8::complete_prefix(bytes);
            self.state = self.state.advance(&bytes[..whole]);
            return whole;
        }
        self.state = at_safe;
        safe
    }

    /// The last safe boundary among the last `back` bytes, and the state there.
    fn last_safe(&self, bytes: &[u8], back: usize) -> Option<(usize, State)> {
        let from = bytes.len().saturating_sub(back);
        let mut state = self.state.advance(&bytes[..from]);
        let mut last = state.is_safe().then_some((from, state));
        for (index, &byte) in bytes[from..].iter().enumerate() {
            state = state.step(byte);
            if state.is_safe() {
                last = Some((from + index + 1, state));
            }
        }
        last
    }
}

/// Hands on what is text of some bytes.
pub(crate) fn text(bytes: &[u8], mut take: impl FnMut(&str)) {
    if bytes.is_empty() {
        return;
    }
    if let Some(text) = utf8::text(bytes) {
        return take(text);
    }
    let valid: String = bytes.utf8_chunks().map(|chunk| chunk.valid()).collect();
    if !valid.is_empty() {
        take(&valid);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cutter, MAX_HELD, State};
    use proptest::prelude::*;

    /// The last safe boundary, looked for from the front.
    fn boundary(bytes: &[u8]) -> usize {
        let mut state = State::GROUND;
        let mut safe = 0;
        for (index, &byte) in bytes.iter().enumerate() {
            state = state.step(byte);
            if state.is_safe() {
                safe = index + 1;
            }
        }
        safe
    }

    proptest! {
        #[test]
        fn it_hands_on_all_up_to_the_last_safe_boundary(
            pieces in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![
                &b"text\r\n"[..], b"\x1b", b"[", b"31", b"m", b"]0;title", b"\x07", b"\xe6", b"\xbc", b"\xa2",
                b"\xc2", b"\x9b", b"\xff", b"P1;2q", b"\x1b\\", b"a long line of text, longer than a few bytes",
            ]), 0..40), 0..12),
        ) {
            let (mut cutter, mut all, mut taken) = (Cutter::default(), Vec::new(), String::new());
            for piece in pieces {
                let piece = piece.concat();
                all.extend_from_slice(&piece);
                cutter.push(&piece, |text| taken.push_str(text));
                let safe = &all[..boundary(&all)];
                let expected: String = safe.utf8_chunks().map(|chunk| chunk.valid()).collect();
                prop_assert_eq!(&taken, &expected);
                prop_assert_eq!(cutter.held(), (all.len() - safe.len()) as u64);
            }
        }
    }

    #[test]
    fn a_sequence_that_is_too_long_is_cut_between_characters() {
        let mut taken = String::new();
        let mut cutter = Cutter::default();
        cutter.push(b"\x1b]52;c;", |text| taken.push_str(text));
        for _ in 0..=MAX_HELD / 3000 {
            cutter.push("\u{6f22}".repeat(1000).as_bytes(), |text| taken.push_str(text));
        }
        assert!(cutter.held() <= MAX_HELD as u64 && taken.len() > MAX_HELD);
    }
}
