//! The size and the limits of a screen.

use super::width::UnicodeVersion;

/// Columns at least; xterm.js has no narrower terminal either.
const MIN_COLS: u16 = 2;
/// Columns and rows at most.
pub(super) const MAX_SIZE: u16 = 1000;

/// The size and the limits of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenOptions {
    /// Columns, from 2 to 1000.
    pub cols: u16,
    /// Rows, from 1 to 1000.
    pub rows: u16,
    /// Rows of scrollback, which should be what the client keeps.
    pub scrollback_lines: usize,
    /// Bytes of scrollback.
    pub scrollback_bytes: usize,
    /// The width table of the client.
    pub unicode: UnicodeVersion,
}

impl Default for ScreenOptions {
    fn default() -> Self {
        Self {
            cols: 80,
            rows: 24,
            scrollback_lines: 1000,
            scrollback_bytes: 256 * 1024,
            unicode: UnicodeVersion::V11,
        }
    }
}

impl ScreenOptions {
    /// The same with a size in range.
    pub(super) fn clamped(&self) -> Self {
        let (cols, rows) = clamp_size(self.cols, self.rows);
        Self { cols, rows, ..*self }
    }
}

/// Brings a size into range.
pub(super) fn clamp_size(cols: u16, rows: u16) -> (u16, u16) {
    (cols.clamp(MIN_COLS, MAX_SIZE), rows.clamp(1, MAX_SIZE))
}
