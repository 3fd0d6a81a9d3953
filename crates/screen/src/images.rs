//! Images, as far as they move the cursor: with xterm.js' image add-on. The place
//! that an image takes stays as it is; nobody can draw the image again.

use super::modes::Mode;
use super::sixel::Sixels;
use super::terminal::Terminal;

/// The size of a character where the client has not said it, in pixels. It is the
/// add-on's own assumption.
const DEFAULT_CELL_HEIGHT: f64 = 14.0;

impl Terminal {
    /// Goes on below a sixel image, in the column where it begins.
    pub(super) fn show_sixels(&mut self, sixels: &Sixels) {
        let Some((width, height)) = sixels.size() else { return };
        if height == 0 || self.modes.has(Mode::SixelDisplay) {
            return;
        }
        let x = self.active.x;
        for _ in 1..self.rows_of_image(f64::from(height)) {
            self.line_feed();
            if width > 0 {
                self.active.x = x;
            }
        }
    }

    /// Rows that an image takes. So many line feeds must be paid for: few bytes ask
    /// for a million.
    fn rows_of_image(&mut self, height: f64) -> usize {
        let cell = self.cell_height.unwrap_or(DEFAULT_CELL_HEIGHT);
        let rows = (height / cell).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut")]
        let rows = rows.clamp(1.0, f64::from(u32::MAX)) as usize;
        self.budget.take(rows, self.cols)
    }
}
