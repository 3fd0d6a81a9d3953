//! Bytes that make a fresh terminal become this one.
//!
//! Rows are printed from the top in one go, so that they wrap and scroll into
//! the client's scrollback by themselves; then come the saved cursors, modes,
//! titles and colours, and last the cursor, so that nothing moves it any more.
//!
//! One of a large screen is written in pieces: [`Progress`] says where to go on.

mod cursor;
mod rows;
mod saved;

use super::buffer::Buffer;
use super::modes::{KeyboardStack, Mode};
use super::sequence::{write_csi, write_mode, write_number, write_position};
use super::terminal::Terminal;
use super::titles::TitleStack;
use rows::Place;

/// Ends whatever the client is in the middle of, and resets it.
const PROLOGUE: &[u8] = b"\x18\x1bc";
/// Resets the character sets, among what is written later, and the saved cursor of the
/// buffer that is shown.
const SOFT_RESET: &[u8] = b"\x1b[!p";

/// How far a snapshot has been written.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Rows of scrollback in it.
    kept: usize,
    /// The normal buffer's saved cursor was written before its rows.
    early: bool,
    next: Part,
}

/// A part of a snapshot, in their order.
#[derive(Debug)]
enum Part {
    Beginning,
    Normal(Place),
    Alternate(Place),
    End,
}

impl Progress {
    /// Nothing has been written yet. There will be at most so many rows of scrollback.
    pub(crate) fn new(scrollback_lines: Option<usize>) -> Self {
        let kept = scrollback_lines.unwrap_or(usize::MAX);
        Self { kept, early: false, next: Part::Beginning }
    }
}

impl Terminal {
    /// Goes on with a snapshot until the output has about `most` bytes; `true` once
    /// it is complete. Nothing may have changed since it was begun.
    #[inline(never)]
    pub(crate) fn write_snapshot(
        &self,
        progress: &mut Progress,
        most: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        loop {
            match std::mem::replace(&mut progress.next, Part::End) {
                Part::Beginning => {
                    progress.kept = self.scrollback.rows().min(progress.kept);
                    self.write_beginning(progress, out);
                    progress.next = Part::Normal(self.first_row(progress.kept));
                }
                Part::Normal(place) => {
                    let kept = progress.kept;
                    if let Some(place) = self.write_rows(self.normal(), (place, kept), most, out) {
                        progress.next = Part::Normal(place);
                        return false;
                    }
                    progress.next = self.write_after_normal(progress, out);
                }
                Part::Alternate(place) => {
                    if let Some(place) = self.write_rows(self.other(), (place, 0), most, out) {
                        progress.next = Part::Alternate(place);
                        return false;
                    }
                    self.write_after_alternate(out);
                }
                Part::End => {
                    self.write_end(out);
                    return true;
                }
            }
        }
    }

    /// Writes a snapshot without the rows; the normal buffer has scrolled as far as it
    /// has, though.
    pub(crate) fn write_head_start(&self, out: &mut Vec<u8>) {
        let mut progress = Progress::new(Some(self.normal().base));
        self.write_beginning(&mut progress, out);
        write_position(self.rows - 1, 0, out);
        out.extend(std::iter::repeat_n(b'\n', progress.kept));
        progress.next = self.write_after_normal(&progress, out);
        self.write_snapshot(&mut progress, usize::MAX, out);
    }

    const fn normal(&self) -> &Buffer {
        if self.alternate { &self.parked } else { &self.active }
    }

    /// The alternate buffer.
    const fn other(&self) -> &Buffer {
        if self.alternate { &self.active } else { &self.parked }
    }

    /// A client that has designated character sets saves all of them.
    fn is_other_first(&self) -> bool {
        let (other, normal) = (self.other(), self.normal());
        let is_fewer = other.saved.charsets.count < normal.saved.charsets.count;
        self.is_older(other) || is_fewer && !self.is_older(normal)
    }

    /// Whether a buffer's cursor was saved with more character sets than have been
    /// designated since they were last reset.
    const fn is_older(&self, buffer: &Buffer) -> bool {
        buffer.saved.charsets.count > self.charsets.count
    }

    /// Whether a reset in the alternate buffer loses nothing: its cursor is saved
    /// afterwards, or as such a reset has left it.
    fn may_reset_other(&self) -> bool {
        let saved = self.other().saved;
        !self.is_older(self.other()) || (saved.x, saved.y, saved.fg, saved.bg) == (0, 0, 0, 0)
    }

    /// Writes what comes before the rows.
    fn write_beginning(&self, progress: &mut Progress, out: &mut Vec<u8>) {
        out.extend_from_slice(PROLOGUE);
        if self.is_other_first() {
            self.write_other_saved(self.other(), out);
        }
        if self.is_older(self.other()) {
            out.extend_from_slice(SOFT_RESET);
        }
        progress.early = self.write_early_saved(self.normal(), progress.kept, out);
    }

    /// Writes what comes after the rows of the normal buffer.
    fn write_after_normal(&self, progress: &Progress, out: &mut Vec<u8>) -> Part {
        if !progress.early {
            self.write_saved(self.normal(), progress.kept, out);
        }
        if self.is_older(self.normal()) && self.may_reset_other() {
            out.extend_from_slice(b"\x1b[?47h");
            out.extend_from_slice(SOFT_RESET);
            out.extend_from_slice(b"\x1b[?47l");
        }
        write_keyboard(&self.keyboards[0], out);
        self.write_tabs_and_margins(self.normal(), out);
        if self.alternate {
            out.extend_from_slice(b"\x1b[?47h\x1b[H");
            return Part::Alternate(Place::default());
        }
        if !self.is_other_first() {
            self.write_other_saved(self.other(), out);
        }
        Part::End
    }

    /// Writes what comes after the rows of the alternate buffer.
    fn write_after_alternate(&self, out: &mut Vec<u8>) {
        write_keyboard(&self.keyboards[1], out);
        if !self.is_other_first() {
            self.write_saved(self.other(), 0, out);
        }
        self.write_tabs_and_margins(self.other(), out);
    }

    /// Writes what does not belong to one of the buffers, and the cursor.
    fn write_end(&self, out: &mut Vec<u8>) {
        write_titles(&self.titles.window, 2, out);
        write_titles(&self.titles.icon, 1, out);
        self.palette.write(out);
        self.write_modes(out);
        if let Some(images) = &self.images {
            images.write(out);
        }
        self.write_cursor(out);
    }

    /// Writes tab stops and margins of the buffer shown so far.
    fn write_tabs_and_margins(&self, buffer: &Buffer, out: &mut Vec<u8>) {
        if !buffer.tabs.is_default(self.cols) {
            out.extend_from_slice(b"\x1b[3g");
            for column in (0..self.cols).filter(|&column| buffer.tabs.has(column)) {
                write_position(0, column, out);
                out.extend_from_slice(b"\x1bH");
            }
        }
        if (buffer.top, buffer.bottom) != (0, self.rows - 1) {
            write_csi(&[buffer.top + 1, buffer.bottom + 1], b'r', out);
        }
    }

    /// Writes the modes that do not move the cursor or change how text prints.
    fn write_modes(&self, out: &mut Vec<u8>) {
        const PLAIN: [(Mode, usize); 8] = [
            (Mode::ApplicationCursor, 1),
            (Mode::ApplicationKeypad, 66),
            (Mode::BracketedPaste, 2004),
            (Mode::ReverseWrap, 45),
            (Mode::CursorBlink, 12),
            (Mode::SendFocus, 1004),
            (Mode::ColorScheme, 2031),
            (Mode::SixelDisplay, 80),
        ];
        for (mode, number) in PLAIN {
            if self.modes.has(mode) {
                write_mode(number, b'h', out);
            }
        }
        for number in [self.mouse.mode(), self.mouse_encoding.mode()].into_iter().flatten() {
            write_mode(usize::from(number), b'h', out);
        }
        if self.cursor_style != 0 {
            out.extend_from_slice(&[0x1b, b'[', b'0' + self.cursor_style, b' ', b'q']);
        }
        write_mode(25, if self.modes.has(Mode::CursorHidden) { b'l' } else { b'h' }, out);
        if self.modes.has(Mode::NewLine) {
            out.extend_from_slice(b"\x1b[20h");
        } else if self.client.convert_eol {
            out.extend_from_slice(b"\x1b[20l");
        }
    }
}

fn write_keyboard(stack: &KeyboardStack, out: &mut Vec<u8>) {
    let mut flags = stack.saved.iter().copied().chain([stack.flags]);
    let first = flags.next().unwrap_or(0);
    if first != 0 {
        out.extend_from_slice(b"\x1b[=");
        write_number(usize::from(first), out);
        out.push(b'u');
    }
    for flags in flags {
        out.extend_from_slice(b"\x1b[>");
        write_number(usize::from(flags), out);
        out.push(b'u');
    }
}

fn write_titles(stack: &TitleStack, number: usize, out: &mut Vec<u8>) {
    for title in &stack.saved {
        write_title(title, number, out);
        write_csi(&[22, number], b't', out);
    }
    if !stack.saved.is_empty() || !stack.current.is_empty() {
        write_title(&stack.current, number, out);
    }
}

fn write_title(title: &str, number: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b]");
    write_number(number, out);
    out.push(b';');
    out.extend_from_slice(title.as_bytes());
    out.extend_from_slice(b"\x1b\\");
}
