//! A history that lies in a journal: what is read goes straight into the file,
//! and a checkpoint of the screen is always there to draw it from.

use std::io;
use std::time::Instant;

use offheap_journal::{Exit, Journal, Life, Recovered, Resize};
use offheap_pty::{ExitStatus, PtySize};
use offheap_ring::Ring;

use super::mirror::Mirror;
use super::stream::Stream;
use super::tap::Passage;

/// What a screen that no snapshot of fits into the journal is restored as: a
/// fresh one.
const RESET: &[u8] = b"\x18\x1bc";

/// The journal of a session.
pub(super) struct Kept {
    journal: Journal,
    /// The changes of size since the checkpoint, while the screen of a restored
    /// session has not been drawn yet.
    undrawn: Option<Vec<Resize>>,
}

impl Kept {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, undrawn: None }
    }

    /// The journal of a restored session, and its history.
    pub(super) fn restored(recovered: Recovered) -> (Self, Ring) {
        let Recovered { journal, ring, resizes, .. } = recovered;
        (Self { journal, undrawn: Some(resizes) }, ring)
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn into_journal(self) -> Journal {
        self.journal
    }

    pub(super) fn change(&mut self, change: impl FnOnce(&mut Life)) {
        let mut life = self.journal.life();
        change(&mut life);
        self.journal.set_life(life);
    }

    /// The offset from which the screen is drawn.
    pub(super) fn drawn_from(&self, ring: &Ring) -> u64 {
        let last = self.journal.last_checkpoint();
        last.map_or(ring.start(), |checkpoint| checkpoint.offset)
    }

    /// Draws the screen of a restored session up to the end: its checkpoint, and
    /// the output since, each piece of it at the size that the window had.
    /// `false` when that was done before.
    #[inline]
    fn draw(&mut self, mirror: &mut Mirror, ring: &Ring) -> bool {
        let Some(resizes) = self.undrawn.take() else { return false };
        if let Some(last) = self.journal.last_checkpoint() {
            mirror.resize(last.cols, last.rows);
            mirror.feed(last.data, None);
        }
        let mut at = self.drawn_from(ring);
        for Resize { offset, cols, rows } in resizes {
            feed(mirror, ring, at, offset);
            mirror.resize(cols, rows);
            at = offset.max(at);
        }
        feed(mirror, ring, at, ring.end());
        true
    }

    /// Keeps the screen, with as much of its scrollback as there is room for.
    fn checkpoint(&mut self, mirror: &mut Mirror, ring: &Ring) {
        let limit = self.journal.checkpoint_limit();
        let mut lines = None;
        while let Some((data, _, (cols, rows))) = mirror.snapshot(lines) {
            if self.journal.checkpoint(ring, cols, rows, &data) {
                return;
            }
            if lines == Some(0) {
                self.journal.checkpoint(ring, cols, rows, RESET);
                return;
            }
            let most = lines.unwrap_or_else(|| mirror.scrollback_lines());
            // What the screen itself takes is not known: rather too few lines.
            lines = Some(most.saturating_mul(limit) / data.len() / 2);
        }
    }

    fn resize(&mut self, mirror: &mut Mirror, ring: &Ring, size: PtySize) {
        if !self.journal.resize(ring, size.cols, size.rows) {
            // The list is full; what is in it goes into a checkpoint, which has
            // the new size already.
            self.checkpoint(mirror, ring);
            self.journal.resize(ring, size.cols, size.rows);
        }
    }
}

fn feed(mirror: &mut Mirror, ring: &Ring, from: u64, to: u64) {
    let span = ring.slices(from, usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX));
    mirror.feed(span.head, None);
    mirror.feed(span.tail, None);
}

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
        let late = self.may_mirror_late(offheap_journal::ROOM);
        if !late {
            self.catch_up();
        }
        self.checkpoint_if_due();
        let Some(kept) = &mut self.kept else { return Ok(0) };
        let from = self.ring.end();
        let count = kept.journal.read(&mut self.ring, read)?;
        let span = self.ring.slices(from, count);
        for bytes in [span.head, span.tail].into_iter().filter(|bytes| !bytes.is_empty()) {
            for tap in &mut self.taps {
                tap.pass(Passage::Output(bytes), from, now);
            }
            if !late {
                self.mirror.feed(bytes, self.viewers.is_empty().then_some(answers));
            }
        }
        if !late {
            self.mirrored = self.ring.end();
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

    /// Draws the screen of a restored session when it is first needed.
    #[inline]
    pub(super) fn draw_restored(&mut self) {
        if let Some(kept) = &mut self.kept
            && kept.draw(&mut self.mirror, &self.ring)
        {
            self.mirrored = self.ring.end();
        }
    }

    pub(super) fn journal_resize(&mut self, size: PtySize) {
        if let Some(kept) = &mut self.kept {
            kept.resize(&mut self.mirror, &self.ring, size);
        }
    }

    pub(super) fn journal_exit(&mut self, status: ExitStatus) {
        let exit = Some(Exit { code: status.code, signal: status.signal });
        if let Some(kept) = &mut self.kept {
            kept.change(|life| life.exit = exit);
        }
    }

    /// A program runs on the session's terminal from here on.
    pub(super) fn journal_program(&mut self, pid: u32) {
        if let Some(kept) = &mut self.kept {
            kept.change(|life| (life.pid, life.started, life.exit) = (pid, started(pid), None));
        }
    }
}

/// When a process started, in ticks since the system did; 0 where that is not
/// to be known.
#[cfg(target_os = "linux")]
fn started(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may contain anything; the time is field 22.
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    fields.split(' ').nth(19).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn started(_pid: u32) -> u64 {
    0
}
