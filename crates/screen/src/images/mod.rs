//! Images, as far as they move the cursor: with xterm.js' image add-on. The place
//! that an image takes stays as it is; nobody can draw the image again.
//!
//! Terminals with xterm.js 6.0 have add-on 0.9, and those with 6.1 have 0.10.

mod base64;
mod command;
mod files;
mod header;
mod kitty;
mod payload;
mod placement;
pub(super) mod readers;
mod sixel;
mod space;

use super::client::XtermVersion;
use super::modes::Mode;
use super::terminal::Terminal;
use kitty::{Kitty, Outcome};
use placement::{Placement, place};
use readers::{Protocol, Read};
use space::Space;

impl Terminal {
    /// Begins to read an image, if the client does.
    pub(super) fn begin_image(&mut self, protocol: Protocol) -> bool {
        let (parts, version) = (self.client.images, self.client.version);
        let is_read = match protocol {
            Protocol::Sixel => parts.sixel,
            Protocol::Iip => parts.iip,
            Protocol::Kitty => parts.kitty && version == XtermVersion::V6_1,
        };
        if is_read {
            self.images.get_or_insert_default().begin(protocol);
        }
        is_read
    }

    /// Reads more of an image.
    pub(super) fn read_image(&mut self, bytes: &[u8]) {
        let version = self.client.version;
        let answer = self.images.as_mut().and_then(|images| images.take(bytes, version));
        if let Some(answer) = answer {
            self.answer(&answer);
        }
    }

    /// Shows the image that was read; `is_whole` says whether it was not cancelled.
    pub(super) fn end_image(&mut self, is_whole: bool) {
        let Some(mut images) = self.images.take() else { return };
        let space = Space::new(self.exact_cell_size, self.cols, self.rows);
        match images.end(is_whole, self.client.version, &space) {
            Read::Nothing => {}
            Read::Sixels(width, height) => self.show_sixels(width, height, &space),
            Read::File(width, height) => self.show_file(width, height, &space),
            Read::Command(outcome) => self.perform_command(&outcome, &mut images.kitty, &space),
        }
        self.images = Some(images);
    }

    /// Goes on below a sixel image, in the column where it begins.
    fn show_sixels(&mut self, width: u32, height: u32, space: &Space) {
        if height == 0 || self.modes.has(Mode::SixelDisplay) {
            return;
        }
        let rows = (f64::from(height) / space.cell.1).ceil();
        self.pass_image(rows, width > 0);
    }

    /// Goes on in the last row of an image file: before it in add-on 0.9, behind it in
    /// 0.10.
    fn show_file(&mut self, width: f64, height: f64, space: &Space) {
        let is_new = self.client.version == XtermVersion::V6_1;
        if !is_new && self.modes.has(Mode::SixelDisplay) {
            return;
        }
        let columns = (width / space.cell.0).ceil();
        self.pass_image((height / space.cell.1).ceil(), true);
        if is_new {
            self.pass_columns(columns);
        }
    }

    fn perform_command(&mut self, outcome: &Outcome, kitty: &mut Kitty, space: &Space) {
        if let Some(answer) = &outcome.answer {
            self.answer(answer);
        }
        let Some((id, size)) = outcome.shown else { return };
        let placement = size.and_then(|size| place(&outcome.command, size, space));
        if let Some(placement) = placement {
            let stays = outcome.command.movement == Some(1.0);
            self.show_placement(placement, stays);
            kitty.note_shown(id, self.alternate);
        }
        if let Some(answer) = outcome.told(id, placement.is_some()) {
            self.answer(&answer);
        }
    }

    /// Goes on behind an image of kitty's, or stays where it begins.
    fn show_placement(&mut self, placement: Placement, stays: bool) {
        let (y, base) = (self.active.y, self.active.base);
        self.pass_image(placement.rows, true);
        if stays {
            self.active.y = y.saturating_sub(self.active.base.saturating_sub(base));
        } else {
            self.pass_columns(placement.columns);
        }
    }

    /// Goes down to the last row of an image. So many line feeds must be paid for: few
    /// bytes ask for a million.
    fn pass_image(&mut self, rows: f64, keeps_column: bool) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut")]
        let rows = rows.clamp(1.0, f64::from(u32::MAX)) as usize;
        let x = self.active.x;
        for _ in 1..self.budget.take(rows, self.cols) {
            self.line_feed();
            if keeps_column {
                self.active.x = x;
            }
        }
    }

    /// Goes right behind an image.
    fn pass_columns(&mut self, columns: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut")]
        let columns = columns.clamp(0.0, f64::from(u32::MAX)) as usize;
        self.active.x = (self.active.x + columns).min(self.cols);
    }
}
