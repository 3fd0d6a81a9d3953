//! Output that goes straight into a journal, and the checkpoints of the screen
//! that have to be there before the history is drawn from a later one.

use std::io;
use std::time::Instant;

use offheap_journal::Resize;
use offheap_pty::PtySize;

use super::kept::Kept;
use super::stream::Stream;
use super::tap::Passage;

impl Stream {
    /// Has `read` put output where it is kept from the moment it is read. The
    /// lock is held meanwhile, so `read` must not wait; at most [`ROOM`] bytes
    /// are taken.
    ///
    /// [`ROOM`]: offheap_journal::ROOM
    pub(super) fn read_in(
        &mut self,
        answers: &mut Vec<u8>,
        now: Instant,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.draw_restored();
        self.mirror.make_room(&self.ring, offheap_journal::ROOM);
        self.checkpoint_if_due();
        let Some(kept) = &mut self.kept else { return Ok(0) };
        let from = self.ring.end();
        let count = kept.journal.read(&mut self.ring, read)?;
        let span = self.ring.slices(from, count);
        let mut at = from;
        for bytes in [span.head, span.tail].into_iter().filter(|bytes| !bytes.is_empty()) {
            for tap in &mut self.taps {
                tap.pass(Passage::Output(bytes), at, now);
            }
            self.mirror.output(&self.ring, at, bytes, answers);
            at += bytes.len() as u64;
        }
        if count > 0 {
            self.announce(count, now);
        }
        Ok(count)
    }

    /// Output that is in memory already, for a session with a journal.
    pub(super) fn append_journaled(
        &mut self,
        bytes: &[u8],
        answers: &mut Vec<u8>,
        now: Instant,
    ) -> u64 {
        let mut rest = bytes;
        while !rest.is_empty() && self.kept.is_some() {
            let taken = self.read_in(answers, now, |room| {
                let count = room.len().min(rest.len());
                room[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            });
            rest = &rest[taken.unwrap_or(rest.len())..];
        }
        self.ring.end()
    }

    /// Takes a checkpoint before the history may begin after the last one.
    fn checkpoint_if_due(&mut self) {
        if self.kept.as_ref().is_some_and(|kept| kept.journal.is_checkpoint_due(&self.ring)) {
            self.checkpoint();
        }
    }

    /// Keeps the screen as it is now in the journal, if there is one.
    pub(super) fn checkpoint(&mut self) {
        self.catch_up();
        if let Some(kept) = &mut self.kept {
            kept.checkpoint(&mut self.mirror, &self.ring);
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
