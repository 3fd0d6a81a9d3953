//! A snapshot that is being made, in pieces.

use std::sync::Arc;

use offheap_screen::{Screen, SnapshotWriter};

use super::snapshot::Snapshot;

/// A snapshot, as far as it has been made. It stands for the moment at which it was
/// begun, whatever is printed meanwhile.
pub(super) struct Making {
    /// `None` where nothing was printed yet.
    writer: Option<SnapshotWriter>,
    /// Bytes at its end that are an unfinished character.
    open: usize,
    /// Memory of the screen, which is a copy as soon as something is printed.
    held: usize,
    data: Vec<u8>,
    offset: u64,
    size: (u16, u16),
}

impl Making {
    /// A snapshot of a screen that has seen everything up to `end` and occupies `held`
    /// bytes, with at most so many lines of scrollback.
    pub(super) fn of(screen: &Arc<Screen>, lines: Option<usize>, end: u64, held: usize) -> Self {
        let open = screen.unfinished_character();
        let writer = Some(SnapshotWriter::new(Arc::clone(screen), lines));
        let (offset, size) = (end - open as u64, screen.size());
        Self { writer, open, held, data: Vec::new(), offset, size }
    }

    /// That of a fresh terminal, which takes no bytes.
    pub(super) const fn blank(end: u64, size: (u16, u16)) -> Self {
        Self { writer: None, open: 0, held: 0, data: Vec::new(), offset: end, size }
    }

    /// The offset of the output that follows it.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a piece of it has been made.
    pub(super) const fn is_begun(&self) -> bool {
        !self.data.is_empty()
    }

    /// Makes the next piece; the snapshot, once that was the last one.
    pub(super) fn go_on(&mut self) -> Option<Snapshot> {
        if let Some(writer) = &mut self.writer
            && !writer.write(&mut self.data)
        {
            return None;
        }
        let mut data = std::mem::take(&mut self.data);
        data.truncate(data.len().saturating_sub(self.open));
        // Its room has grown by doubling, and it may wait for long.
        data.shrink_to_fit();
        let (cols, rows) = self.size;
        Some(Snapshot { data, offset: self.offset, cols, rows })
    }

    /// Memory that it occupies, in bytes.
    pub(super) const fn memory(&self) -> usize {
        self.held + self.data.capacity()
    }
}
