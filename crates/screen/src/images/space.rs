//! The space that images are laid out in.

/// The size of a character where the client has not said it, in pixels: the add-on's
/// own assumption.
const DEFAULT_CELL: (f64, f64) = (7.0, 14.0);

/// Columns and rows, and how large they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Space {
    /// The width and the height of a character, in pixels.
    pub(super) cell: (f64, f64),
    pub(super) cols: usize,
    pub(super) rows: usize,
}

impl Space {
    pub(super) fn new(cell: Option<(f64, f64)>, cols: usize, rows: usize) -> Self {
        Self { cell: cell.unwrap_or(DEFAULT_CELL), cols, rows }
    }

    /// The width and the height of all of it: whole pixels in a browser.
    pub(super) fn total(&self) -> (f64, f64) {
        let whole = |cell: f64, count: usize| {
            (cell * f64::from(u32::try_from(count).unwrap_or(u32::MAX))).round()
        };
        (whole(self.cell.0, self.cols), whole(self.cell.1, self.rows))
    }
}
