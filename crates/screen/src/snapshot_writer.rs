//! Snapshots of large screens, in pieces.

use std::sync::Arc;

use super::screen::Screen;
use super::snapshot::Progress;

/// Bytes of a piece, about. Drawing them costs one or two milliseconds where every
/// cell has a colour of its own, and less elsewhere.
pub(super) const PIECE: usize = 384 * 1024;

/// Writes a [snapshot](Screen::snapshot) in pieces, so that none takes long however
/// large the screen is.
///
/// The writer shares the screen as it was at the beginning. Whoever changes it
/// meanwhile changes a copy of it, by [`Arc::make_mut`]; where nothing changes,
/// nothing is copied.
///
/// ```
/// use std::sync::Arc;
/// use offheap_screen::{Screen, ScreenOptions, SnapshotWriter};
///
/// let mut screen = Arc::new(Screen::new(&ScreenOptions::default()));
/// Arc::make_mut(&mut screen).feed(b"before");
/// let mut expected = Vec::new();
/// screen.snapshot(None, &mut expected);
///
/// let mut writer = SnapshotWriter::new(Arc::clone(&screen), None);
/// Arc::make_mut(&mut screen).feed(b" and after");
/// let mut snapshot = Vec::new();
/// while !writer.write(&mut snapshot) {
///     // There is time for something else.
/// }
/// assert_eq!(snapshot, expected);
/// ```
#[derive(Debug)]
pub struct SnapshotWriter {
    screen: Arc<Screen>,
    progress: Progress,
}

impl SnapshotWriter {
    /// A snapshot of the screen as it is now, with at most so many rows of scrollback.
    #[must_use]
    pub fn new(screen: Arc<Screen>, scrollback_lines: Option<usize>) -> Self {
        Self { screen, progress: Progress::new(scrollback_lines) }
    }

    /// Appends the next piece; `true` when it was the last one, after which there is
    /// nothing more to ask for.
    ///
    /// A piece ends with the row in which it passes 384 KiB, or within sixteen rows of
    /// scrollback, which are copied; the last one also has what comes behind the rows,
    /// such as titles and colours. The cells of a row count beside its bytes, so a piece
    /// with little to draw in it has fewer.
    pub fn write(&mut self, out: &mut Vec<u8>) -> bool {
        self.write_up_to(PIECE, out)
    }

    /// The same with pieces of about `piece` bytes.
    pub(super) fn write_up_to(&mut self, piece: usize, out: &mut Vec<u8>) -> bool {
        let most = out.len().saturating_add(piece);
        self.screen.write_snapshot(&mut self.progress, most, out)
    }
}
