//! Sessions that outlive their process: made in a journal, restored from one,
//! and left for the next process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use offheap_journal::{Identity, Journal, Recovered, ScreenShape};
use offheap_pty::{ExitStatus, KeptTerminal, Manner, Pty, PtySize, Sink, SpawnError};
use offheap_ring::Ring;
use offheap_screen::{ScreenOptions, UnicodeVersion};

use super::Session;
use super::kept::Kept;
use super::stream::Stream;
use crate::meter::{Counter, Meter};

/// Room in a checkpoint for what is not scrollback: a screen of a usual size,
/// however colourful, with modes, titles and palette.
const SCREEN_ROOM: usize = 128 * 1024;

/// The bytes that checkpoints of such a screen may have.
pub(crate) fn checkpoint_size(screen: Option<&ScreenOptions>) -> usize {
    screen.map_or(0, |screen| screen.scrollback_bytes.saturating_add(SCREEN_ROOM))
}

/// A screen's options as a journal keeps them.
pub(crate) fn shape(screen: &ScreenOptions) -> ScreenShape {
    ScreenShape {
        cols: screen.cols,
        rows: screen.rows,
        scrollback_lines: screen.scrollback_lines as u64,
        scrollback_bytes: screen.scrollback_bytes as u64,
        unicode: match screen.unicode {
            UnicodeVersion::V6 => 6,
            UnicodeVersion::V11 => 11,
        },
    }
}

fn options(shape: &ScreenShape) -> ScreenOptions {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    ScreenOptions {
        cols: shape.cols,
        rows: shape.rows,
        scrollback_lines: size(shape.scrollback_lines),
        scrollback_bytes: size(shape.scrollback_bytes),
        unicode: if shape.unicode == 6 { UnicodeVersion::V6 } else { UnicodeVersion::V11 },
    }
}

impl Session {
    /// A session without a terminal whose history lies in a journal.
    pub(crate) fn in_journal(
        journal: Journal,
        ring: Ring,
        screen: Option<ScreenOptions>,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        let stream = Stream::over(ring, Some(Kept::new(journal)), screen, Arc::clone(&meter));
        Self::over(stream, PtySize::new(80, 24), None, meter)
    }

    /// A session as another process has left it, without a terminal. Its screen
    /// is drawn when somebody needs it.
    pub(crate) fn restored(recovered: Recovered, meter: Arc<Meter>) -> Arc<Self> {
        let life = recovered.life;
        let screen = recovered.identity.screen.as_ref().map(options);
        let exit = life.exit.map(|exit| ExitStatus { code: exit.code, signal: exit.signal });
        let (kept, ring) = Kept::restored(recovered);
        let stream = Stream::over(ring, Some(kept), screen, Arc::clone(&meter));
        let size = match (life.cols, life.rows) {
            (0, _) | (_, 0) => PtySize::new(80, 24),
            (cols, rows) => PtySize::new(cols, rows),
        };
        Self::over(stream, size, exit, meter)
    }

    /// Reads output straight into the journal. The lock is held over a read that
    /// does not wait: a few µs for at most 4 KiB.
    pub(super) fn read_in(
        &self,
        scratch: &mut [u8],
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut answers = Vec::new();
        let mut stream = self.stream.lock();
        if self.is_closed() {
            // A closed session's last bytes have nowhere to go.
            drop(stream);
            return read(scratch);
        }
        let count = stream.read_in(&mut answers, Instant::now(), read)?;
        drop(stream);
        self.meter.count(Counter::BytesOut, count as u64);
        if !answers.is_empty() {
            self.answer(&answers);
        }
        Ok(count)
    }

    /// The name of the session's file in the directory of journals.
    pub(crate) fn journal_name(&self) -> Option<String> {
        let stream = self.stream.lock();
        stream.kept.as_ref().map(|kept| kept.journal.name().to_owned())
    }

    /// The session is this process's from here on.
    pub(crate) fn take_over(&self, incarnation: u64) {
        if let Some(kept) = &mut self.stream.lock().kept {
            kept.take_over(incarnation);
        }
    }

    /// Changes what the session's journal says of it, if it has one.
    pub(crate) fn change_identity(
        &self,
        change: impl FnOnce(&mut Identity),
    ) -> Result<(), offheap_journal::Error> {
        match &mut self.stream.lock().kept {
            Some(kept) => kept.journal.change_identity(change),
            None => Ok(()),
        }
    }

    /// Takes a terminal that was kept for the session, which has its size
    /// already. It is read once it [begins](Pty::begin).
    pub(crate) fn take_terminal(
        self: &Arc<Self>,
        kept: Box<dyn KeptTerminal>,
        manner: Manner,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        let pty = kept.adopt(manner, Arc::clone(self) as Arc<dyn Sink>)?;
        if let Some(kept) = &mut self.stream.lock().kept {
            kept.set_program(pty.pid());
        }
        self.pid.store(pty.pid(), Ordering::Release);
        *self.pty.lock() = Some(Arc::clone(&pty));
        Ok(pty)
    }

    /// Leaves the terminal to whoever else keeps it, if anybody does. What was
    /// read of it has come once the reactor has settled.
    pub(crate) fn leave_terminal(&self) -> bool {
        let mut slot = self.pty.lock();
        let left = slot.as_ref().is_some_and(|pty| pty.leave());
        if left {
            // Taken out first: a terminal is not dropped under the lock.
            let pty = slot.take();
            drop(slot);
            drop(pty);
        }
        left
    }

    /// Lets go of the session, so that another process can restore it: its
    /// screen is kept as it is, its file stays, and its viewers are closed.
    /// `false` for one that is closed already or has no journal; then nothing
    /// has changed.
    pub(crate) fn leave(&self) -> bool {
        let mut stream = self.stream.lock();
        if self.is_closed() || !stream.mark_left() {
            return false;
        }
        drop(stream);
        self.leave_recordings();
        // What the terminal still prints from here on nobody would keep.
        let pty = self.pty.lock().take();
        if let Some(pty) = pty {
            pty.close();
        }
        let mut stream = self.stream.lock();
        stream.checkpoint();
        stream.kept = None;
        drop(stream);
        self.release()
    }
}
