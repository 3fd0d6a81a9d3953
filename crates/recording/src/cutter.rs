//! Output on its way into events: cut only where a terminal may take over, and
//! without bytes that are no text.

use offheap_ring::text::scanner::State;

/// The longest unfinished sequence that is held back, in bytes. A longer one,
/// such as an image, is written in pieces that are cut between characters.
const MAX_HELD: usize = 64 * 1024;

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
    pub(crate) fn push(&mut self, bytes: &[u8], take: impl FnMut(&str)) {
        if self.held.is_empty() {
            let cut = self.cut(bytes);
            text(&bytes[..cut], take);
            self.held.extend_from_slice(&bytes[cut..]);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(bytes);
            let cut = self.cut(&held);
            text(&held[..cut], take);
            held.drain(..cut);
            self.held = held;
        }
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
        let (mut state, mut safe, mut at_safe) = (self.state, 0, self.state);
        for (index, &byte) in bytes.iter().enumerate() {
            state = state.step(byte);
            if state.is_safe() {
                (safe, at_safe) = (index + 1, state);
            }
        }
        if bytes.len() - safe > MAX_HELD {
            let whole = offheap_ring::text::utf8::complete_prefix(bytes);
            self.state = self.state.advance(&bytes[..whole]);
            return whole;
        }
        self.state = at_safe;
        safe
    }
}

fn text(bytes: &[u8], mut take: impl FnMut(&str)) {
    for chunk in bytes.utf8_chunks() {
        if !chunk.valid().is_empty() {
            take(chunk.valid());
        }
    }
}
