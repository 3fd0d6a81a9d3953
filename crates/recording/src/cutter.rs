//! Output on its way into events: cut only where a terminal may take over, and
//! without bytes that are no text.

use std::borrow::Cow;

use memchr::memrchr;
use offheap_ring::text::scanner::State;
use offheap_ring::text::utf8;

/// The longest unfinished sequence that is held back, in bytes. A longer one,
/// such as an image, is written in pieces that are cut between characters.
const MAX_HELD: usize = 64 * 1024;
const ESC: u8 = 0x1b;

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
    pub(crate) fn push(&mut self, bytes: &[u8], take: impl FnOnce(&str)) {
        if self.held.is_empty() {
            let cut = self.cut(bytes);
            take(&text(&bytes[..cut]));
            self.held.extend_from_slice(&bytes[cut..]);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(bytes);
            let cut = self.cut(&held);
            take(&text(&held[..cut]));
            held.drain(..cut);
            self.held = held;
        }
    }

    /// Hands on what was held back: nothing follows.
    pub(crate) fn finish(&mut self, take: impl FnOnce(&str)) {
        let held = std::mem::take(&mut self.held);
        take(&text(&held));
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
        let (begin, mut state) = self.near_the_end(bytes);
        let (mut safe, mut at_safe) = (begin, state);
        for (index, &byte) in bytes.iter().enumerate().skip(begin) {
            state = state.step(byte);
            if state.is_safe() {
                (safe, at_safe) = (index + 1, state);
            }
        }
        if bytes.len() - safe > MAX_HELD {
            let whole = utf8::complete_prefix(bytes);
            self.state = self.state.advance(&bytes[..whole]);
            return whole;
        }
        self.state = at_safe;
        safe
    }

    /// A safe boundary that is likely to be the last, or near it: where the last
    /// sequence begins, or the last character. Else the beginning.
    fn near_the_end(&self, bytes: &[u8]) -> (usize, State) {
        let places = [Some(utf8::complete_prefix(bytes)), memrchr(ESC, bytes)];
        let states = places.into_iter().flatten().map(|at| (at, self.state.advance(&bytes[..at])));
        let safe = states.filter(|(_, state)| state.is_safe()).max_by_key(|(at, _)| *at);
        safe.unwrap_or((0, self.state))
    }
}

/// What of the bytes is UTF-8.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    utf8::text(bytes).map_or_else(
        || bytes.utf8_chunks().map(|chunk| chunk.valid()).collect::<String>().into(),
        Cow::Borrowed,
    )
}

#[cfg(test)]
mod tests {
    use super::{Cutter, State};
    use proptest::prelude::*;

    /// The last safe boundary, found byte by byte.
    fn last_safe(bytes: &[u8]) -> usize {
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
        fn it_cuts_at_the_last_safe_boundary(
            pieces in prop::collection::vec(prop_oneof![
                "[a-z漢é\u{1b}\u{9b};0-9m\u{7}\\\\\\]P]{0,12}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..8),
            ], 0..12),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = pieces.concat();
            let (first, second) = bytes.split_at(cut.index(bytes.len() + 1));
            let mut cutter = Cutter::default();
            let mut taken = String::new();
            cutter.push(first, |text| taken.push_str(text));
            prop_assert_eq!(cutter.held(), (first.len() - last_safe(first)) as u64);
            cutter.push(second, |text| taken.push_str(text));
            prop_assert_eq!(cutter.held(), (bytes.len() - last_safe(&bytes)) as u64);
            cutter.finish(|text| taken.push_str(text));
            let whole: String = bytes.utf8_chunks().map(|chunk| chunk.valid()).collect();
            prop_assert_eq!(taken, whole);
        }
    }
}
