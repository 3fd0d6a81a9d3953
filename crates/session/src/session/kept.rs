//! A session's journal, and the screen that is kept in it.

use offheap_journal::{Exit, Journal, Life, Recovered, Resize};
use offheap_pty::{ExitStatus, PtySize};
use offheap_ring::Ring;

use super::mirror::Mirror;

/// What a screen that no snapshot of fits into the journal is restored as: a
/// fresh one.
const RESET: &[u8] = b"\x18\x1bc";

/// The journal of a session.
pub(super) struct Kept {
    pub(super) journal: Journal,
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

    /// The changes of size from an offset on, of a screen that was not drawn yet.
    pub(super) fn resizes_since(&self, offset: u64) -> Vec<Resize> {
        let undrawn = self.undrawn.iter().flatten();
        undrawn.filter(|resize| resize.offset >= offset).copied().collect()
    }

    /// How the program ended. Nothing once the session is left: what ended it was
    /// that its terminal was closed then.
    pub(super) fn set_exit(&mut self, status: ExitStatus) {
        if self.journal.life().left {
            return;
        }
        let exit = Some(Exit { code: status.code, signal: status.signal });
        self.journal.set_life(Life { exit, ..self.journal.life() });
    }

    /// A program runs from here on.
    pub(super) fn set_program(&mut self, pid: u32) {
        let started = started(pid);
        self.journal.set_life(Life { pid, started, exit: None, ..self.journal.life() });
    }

    /// The session is left on purpose.
    pub(super) fn leave(&mut self) {
        self.journal.set_life(Life { left: true, ..self.journal.life() });
    }

    /// Another process has the session from here on, under a new incarnation.
    pub(super) fn take_over(&mut self, incarnation: u64) {
        self.journal.set_life(Life { left: false, incarnation, ..self.journal.life() });
    }

    /// The offset from which the screen is drawn.
    pub(super) fn drawn_from(&self, ring: &Ring) -> u64 {
        let last = self.journal.last_checkpoint();
        last.map_or_else(|| ring.safe_start(ring.start()), |checkpoint| checkpoint.offset)
    }

    /// Draws the screen of a restored session up to the end: its checkpoint, and
    /// the output since, each piece of it at the size that the window had.
    /// `false` when that was done before.
    #[inline]
    pub(super) fn draw(&mut self, mirror: &mut Mirror, ring: &Ring) -> bool {
        let Some(resizes) = self.undrawn.take() else { return false };
        if let Some(last) = self.journal.last_checkpoint() {
            mirror.resize(last.cols, last.rows);
            mirror.draw(last.data);
        }
        let mut at = self.drawn_from(ring);
        for Resize { offset, cols, rows } in resizes {
            draw(mirror, ring, at, offset);
            mirror.resize(cols, rows);
            at = offset.max(at);
        }
        draw(mirror, ring, at, ring.end());
        true
    }

    /// Keeps the screen, with as much of its scrollback as there is room for.
    pub(super) fn checkpoint(&mut self, mirror: &mut Mirror, ring: &Ring) {
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

    pub(super) fn resize(&mut self, mirror: &mut Mirror, ring: &Ring, size: PtySize) {
        if !self.journal.resize(ring, size.cols, size.rows) {
            // The list is full; what is in it goes into a checkpoint, which has
            // the new size already.
            self.checkpoint(mirror, ring);
            self.journal.resize(ring, size.cols, size.rows);
        }
    }
}

fn draw(mirror: &mut Mirror, ring: &Ring, from: u64, to: u64) {
    let span = ring.slices(from, usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX));
    mirror.draw(span.head);
    mirror.draw(span.tail);
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
