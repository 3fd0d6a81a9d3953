//! The size and the limits of a screen.

use super::client::Client;

/// Columns at least; xterm.js has no narrower terminal either.
const MIN_COLS: u16 = 2;
/// The most cells that a screen has, columns times rows: as many as 4096×4096.
/// Either side may be as long as that allows.
pub const MAX_CELLS: usize = 1 << 24;

/// The size and the limits of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenOptions {
    /// Columns, at least 2. With `rows`, no more than [`MAX_CELLS`].
    pub cols: u16,
    /// Rows, at least 1.
    pub rows: u16,
    /// Rows of scrollback, which should be what the client keeps.
    pub scrollback_lines: usize,
    /// Bytes of scrollback.
    pub scrollback_bytes: usize,
    /// What the client's terminal is.
    pub client: Client,
}

impl Default for ScreenOptions {
    fn default() -> Self {
        Self {
            cols: 80,
            rows: 24,
            scrollback_lines: 1000,
            scrollback_bytes: 256 * 1024,
            client: Client::default(),
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

/// Brings a size into range: too many rows are cut.
pub(super) fn clamp_size(cols: u16, rows: u16) -> (u16, u16) {
    let cols = cols.max(MIN_COLS);
    let most = u16::try_from(MAX_CELLS / usize::from(cols)).unwrap_or(u16::MAX);
    (cols, rows.clamp(1, most))
}
