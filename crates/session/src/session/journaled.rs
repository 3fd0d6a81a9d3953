//! Output that goes straight into a journal, and the checkpoints of the screen
//! that have to be there before the history is drawn from a later one.

use std::ops::Range;
use std::time::Instant;

use offheap_journal::{Checkpoint, ROOM, Resize};
use offheap_pty::PtySize;

use super::kept::Kept;
use super::stream::Stream;
use super::tap::Passage;

/// What everything that is not text begins with.
const ESCAPE: u8 = 0x1b;
/// The last byte of U+009D, which does the same for what programs say of
/// themselves.
const LAST_OF_C1_OSC: u8 = 0x9d;

impl Stream {
    /// The part of the room behind the history that output is to be read into, where
    /// it is kept from the moment it is read. Nothing else may be appended before
    /// [`Stream::end_read`].
    pub(super) fn begin_read(&mut self) -> Option<Range<usize>> {
        self.prepare();
        let kept = self.kept.as_mut()?;
        Some(kept.journal.begin_read(&mut self.ring))
    }

    /// Takes what was read.
    pub(super) fn end_read(&mut self, count: usize, answers: &mut Vec<u8>, now: Instant) {
        let from = self.ring.end();
        if let Some(kept) = &mut self.kept {
            kept.journal.end_read(&mut self.ring, count);
            self.tell(from, count, answers, now);
        }
    }

    /// Sees to it that as much can be appended as one read returns, at most [`ROOM`].
    fn prepare(&mut self) {
        self.draw_restored();
        self.mirror.make_room(&self.ring, ROOM);
        self.checkpoint_if_due();
    }

    /// Shows everybody what has just come into the history.
    fn tell(&mut self, from: u64, count: usize, answers: &mut Vec<u8>, now: Instant) {
        let span = self.ring.slices(from, count);
        let mut at = from;
        for bytes in [span.head, span.tail].into_iter().filter(|bytes| !bytes.is_empty()) {
            for tap in &mut self.taps {
                tap.pass(Passage::Output(bytes), at, now);
            }
            self.mirror.output(&self.ring, at, bytes, answers, now);
            at += bytes.len() as u64;
        }
        if count > 0 {
            self.announce(count, now);
        }
    }

    /// Output that is in memory already, for a session with a journal.
    pub(super) fn append_journaled(
        &mut self,
        bytes: &[u8],
        answers: &mut Vec<u8>,
        now: Instant,
    ) -> u64 {
        for piece in bytes.chunks(ROOM) {
            self.prepare();
            let from = self.ring.end();
            if let Some(kept) = &mut self.kept {
                kept.journal.write(&mut self.ring, piece);
                self.tell(from, piece.len(), answers, now);
            }
        }
        self.ring.end()
    }

    /// Takes a checkpoint before the history may begin after the last one.
    fn checkpoint_if_due(&mut self) {
        let is_due = |kept: &Kept| kept.journal.is_checkpoint_due(&self.ring);
        if self.kept.as_ref().is_some_and(is_due) && !self.checkpoint_ahead() {
            self.checkpoint();
        }
    }

    /// Takes a checkpoint of little, where the output that the screen has not seen yet
    /// pushes everything else out of sight: in a flood of lines. `false` where it does
    /// not, or begins so far back that the next one would be due soon.
    fn checkpoint_ahead(&mut self) -> bool {
        let Some((offset, data, (cols, rows))) = self.mirror.head_start(&self.ring) else {
            return false;
        };
        let most = (self.ring.capacity() / 4 * 3) as u64;
        if self.ring.end() - offset > most {
            return false;
        }
        self.keep_shell();
        let checkpoint = Checkpoint { offset, cols, rows, data: &data };
        self.kept.as_mut().is_some_and(|kept| kept.journal.keep_checkpoint(&self.ring, checkpoint))
    }

    /// Keeps the screen as it is now in the journal, if there is one.
    pub(super) fn checkpoint(&mut self) {
        self.catch_up();
        // First: from the checkpoint on the output is looked at again.
        self.keep_shell();
        if let Some(kept) = &mut self.kept {
            kept.checkpoint(&mut self.mirror, &self.ring);
        }
    }

    /// Keeps what is known of the shell in the journal, if there is one.
    pub(super) fn keep_shell(&mut self) {
        self.draw_restored();
        if let Some(kept) = &mut self.kept {
            kept.keep_shell(self.mirror.shell.keep(self.ring.end()));
        }
    }

    /// Notes in the journal that the session is left on purpose; `false` when
    /// there is none.
    pub(super) fn mark_left(&mut self) -> bool {
        self.kept.as_mut().map(Kept::leave).is_some()
    }

    /// Draws the screen of a restored session when it is first needed.
    #[inline]
    pub(super) fn draw_restored(&mut self) {
        if let Some(kept) = &mut self.kept
            && kept.draw(&mut self.mirror, &self.ring)
        {
            self.mirror.drawn(self.ring.end());
        }
    }

    /// Draws the screen of a restored session if its output goes on where the process
    /// before had stopped to listen, and may say something of the shell there: a
    /// keeper has taken it, and has not looked.
    pub(super) fn hear_restored(&mut self) {
        let unheard = self.ring.slices(self.mirror.shell.known_to(), usize::MAX);
        let says = |bytes: &[u8]| memchr::memchr2(ESCAPE, LAST_OF_C1_OSC, bytes).is_some();
        if says(unheard.head) || says(unheard.tail) {
            self.draw_restored();
        }
    }

    /// The changes of size that the journal of a session knows which was just
    /// restored, from an offset on.
    pub(super) fn resizes_since(&self, offset: u64) -> Vec<Resize> {
        self.kept.as_ref().map(|kept| kept.resizes_since(offset)).unwrap_or_default()
    }

    pub(super) fn journal_resize(&mut self, size: PtySize) {
        if let Some(kept) = &mut self.kept {
            kept.resize(&mut self.mirror, &self.ring, size);
        }
    }
}
