//! The saved cursors of a snapshot.

use super::super::buffer::{Buffer, Saved};
use super::super::charset::Charset;
use super::super::sequence::{
    shift_to, write_designated, write_designation, write_link, write_mode, write_position,
};
use super::super::style::{Style, bg, fg};
use super::super::terminal::Terminal;

impl Terminal {
    /// The alternate buffer keeps its saved cursor while it is not shown.
    pub(super) fn write_other_saved(&self, alternate: &Buffer, out: &mut Vec<u8>) {
        if !Self::is_initial(alternate, client_line(alternate, 0)) {
            out.extend_from_slice(b"\x1b[?47h");
            self.write_saved(alternate, 0, out);
            out.extend_from_slice(b"\x1b[?47l\x1b[H");
        }
    }

    fn saved_position(&self, buffer: &Buffer) -> (usize, usize) {
        let y = buffer.saved.y.saturating_sub(buffer.base);
        (buffer.saved.x.min(self.cols - 1), y.min(self.rows - 1))
    }

    /// Whether the saved cursor, in this line of the client, is that of a fresh
    /// terminal.
    fn is_initial(buffer: &Buffer, line: usize) -> bool {
        let saved = buffer.saved;
        saved == Saved { y: saved.y, ..Saved::default() } && line == 0
    }

    /// Writes a saved cursor on the screen; the client has so many rows of scrollback.
    pub(super) fn write_saved(&self, buffer: &Buffer, kept: usize, out: &mut Vec<u8>) {
        if !Self::is_initial(buffer, client_line(buffer, kept)) {
            self.write_saved_at(buffer, self.saved_position(buffer), out);
        }
    }

    /// Writes a saved cursor that is not on the screen, before there are any
    /// rows; returns whether there was one.
    ///
    /// xterm.js counts its row from the start of the scrollback and does not
    /// change it when the scrollback is erased. So the row can be reached by
    /// scrolling, saving, and erasing the scrollback again.
    pub(super) fn write_early_saved(
        &self,
        buffer: &Buffer,
        kept: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let below = buffer.saved.y >= buffer.base + self.rows;
        let above = buffer.saved.y < buffer.base;
        let line = client_line(buffer, kept);
        if !below && !above || Self::is_initial(buffer, line) {
            return false;
        }
        // One further down cannot be reached: the client has no more lines.
        let line = line.min(self.scrollback.max_rows() + self.rows - 1);
        let rows_down = line.min(self.rows - 1);
        let scrolled = line - rows_down;
        if scrolled > 0 {
            write_position(self.rows - 1, 0, out);
            out.extend(std::iter::repeat_n(b'\n', scrolled));
        }
        self.write_saved_at(buffer, (buffer.saved.x.min(self.cols - 1), rows_down), out);
        out.extend_from_slice(b"\x1b[3J\x1b[H");
        true
    }

    fn write_saved_at(&self, buffer: &Buffer, (x, y): (usize, usize), out: &mut Vec<u8>) {
        let saved = buffer.saved;
        write_position(y, x, out);
        if saved.charset != Charset::Ascii {
            write_designation(b'(', saved.charset, out);
        }
        write_modes_to_save(saved, (y, x), out);
        let mut style = Style { fg: saved.fg, bg: saved.bg, ..Style::default() };
        let linked = saved.bg & bg::EXTENDED != 0 && saved.fg & fg::UNDERLINE == 0;
        if saved.fg & fg::UNDERLINE != 0 {
            style.set_underline(1);
        }
        // Only an open link makes the attributes extended without an underline.
        if linked {
            match self.pen.link {
                0 => out.extend_from_slice(b"\x1b]8;;about:blank\x1b\\"),
                link => write_link(link, &self.tables.links, out),
            }
        }
        style.write_sgr(false, out);
        out.extend_from_slice(b"\x1b7\x1b[m");
        if saved.fg & fg::UNDERLINE != 0 && saved.bg & bg::EXTENDED == 0 {
            // A client saves every underline as extended; once that is restored, the end of a
            // link looks whether there is anything that makes it so.
            out.extend_from_slice(b"\x1b8");
            write_link(0, &self.tables.links, out);
            out.extend_from_slice(b"\x1b7\x1b[m");
        }
        if linked {
            write_link(0, &self.tables.links, out);
        }
        if saved.charset != Charset::Ascii {
            write_designation(b'(', Charset::Ascii, out);
        }
        write_modes_saved(saved, out);
    }
}

/// Brings about what xterm.js 6.1 saves beside the rest. Nothing has been
/// designated so far, and there are no margins yet.
fn write_modes_to_save(saved: Saved, (y, x): (usize, usize), out: &mut Vec<u8>) {
    let charsets = saved.charsets;
    write_designated(&charsets, out);
    out.extend_from_slice(shift_to(charsets.level));
    if !saved.wraparound {
        write_mode(7, b'l', out);
    }
    if saved.origin {
        write_mode(6, b'h', out);
        write_position(y, x, out);
    }
}

/// Undoes what was brought about to be saved.
fn write_modes_saved(saved: Saved, out: &mut Vec<u8>) {
    for (level, introducer) in (0..4).zip(*b"()*+") {
        if saved.charsets.designated[level] != Charset::Ascii {
            write_designation(introducer, Charset::Ascii, out);
        }
    }
    if saved.charsets.level != 0 {
        out.extend_from_slice(shift_to(0));
    }
    if !saved.wraparound {
        write_mode(7, b'h', out);
    }
    if saved.origin {
        write_mode(6, b'l', out);
    }
}

/// The line of a saved cursor in a client with so many rows of scrollback.
fn client_line(buffer: &Buffer, kept: usize) -> usize {
    (kept + buffer.saved.y).saturating_sub(buffer.base)
}
