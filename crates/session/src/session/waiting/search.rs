//! Looking for a pattern in output as it comes.

use offheap_ring::text::readable::Readable;

use super::pattern::{Found, Pattern};
use crate::session::Session;

/// Output looked at in one go, in bytes: others wait for the thread meanwhile.
const PIECE: usize = 64 * 1024;
/// How much text before what is new may belong to a match, in bytes.
const OVERLAP: usize = 8 * 1024;

/// How far a pattern was looked for.
pub(super) struct Search {
    pattern: Pattern,
    /// The offset of the output that is looked at next.
    next: u64,
    stream: Readable,
    /// The end of the text so far, of which a match may be a part.
    text: Vec<u8>,
}

/// What one look has found.
pub(super) enum Searched {
    Found(Found),
    /// There is more output to look at.
    More,
    /// All output was looked at.
    Nothing,
}

impl Search {
    pub(super) fn new(pattern: Pattern, from: u64) -> Self {
        Self { pattern, next: from, stream: Readable::new(), text: Vec::new() }
    }

    /// Looks at a piece of the output that has come. What the history has lost
    /// meanwhile is skipped.
    pub(super) fn look(&mut self, session: &Session) -> Searched {
        let piece = session.read_from(self.next, PIECE);
        if piece.bytes.is_empty() {
            return Searched::Nothing;
        }
        if piece.missed > 0 {
            self.stream = Readable::new();
            self.text.clear();
        }
        self.next = piece.start + piece.bytes.len() as u64;
        match self.take(&piece.bytes) {
            Some(found) => Searched::Found(found),
            None if piece.bytes.len() == PIECE => Searched::More,
            None => Searched::Nothing,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Option<Found> {
        let dropped = self.text.len().saturating_sub(OVERLAP);
        self.text.drain(..dropped);
        let before = self.text.len();
        self.stream.push(bytes, &mut self.text);
        // Where lines end with CR and LF, patterns name the line feed alone.
        let fresh = self.text.split_off(before);
        self.text.extend(fresh.into_iter().filter(|byte| !matches!(byte, b'\r' | 0x08)));
        self.pattern.find(&String::from_utf8_lossy(&self.text))
    }
}
