//! The end of a snapshot: cursor, attributes, and what depends on both.

use super::super::cell::Cell;
use super::super::charset::{Charset, Charsets};
use super::super::client::XtermVersion;
use super::super::modes::Mode;
use super::super::row_writer::Writer;
use super::super::sequence::{
    shift_to, write_csi, write_designated, write_designation, write_link, write_mode,
    write_position,
};
use super::super::style::{Style, bg, color, fg};
use super::super::terminal::Terminal;
use super::super::width::width_of;

impl Terminal {
    /// Writes the cursor, and everything that must come right before or after it.
    pub(super) fn write_cursor(&self, out: &mut Vec<u8>) {
        let reprinted = self.last_printed();
        if self.active.x >= self.cols && reprinted.is_none() {
            self.write_pending_place_and_pen(out);
        } else {
            self.write_charsets(out);
            self.write_pen_and_place(out);
        }
        if self.modes.has(Mode::Insert) {
            out.extend_from_slice(b"\x1b[4h");
        }
        if !self.modes.has(Mode::Wraparound) {
            write_mode(7, b'l', out);
        }
        if self.modes.has(Mode::SynchronizedOutput) {
            write_mode(2026, b'h', out);
        }
        if let Some((cell, text)) = reprinted {
            self.write_again(cell, &text, out);
        }
    }

    /// Something is printed for the wrap to be pending, in ASCII: so the other
    /// character sets come after it, but for one that only restoring brings back,
    /// which moves the cursor.
    fn write_pending_place_and_pen(&self, out: &mut Vec<u8>) {
        let restored = self.charset_is_restored() && self.charsets.current == Charset::Ascii;
        if restored {
            self.write_charsets(out);
            self.write_shift(out);
            out.extend_from_slice(b"\x1b8\x1b[m");
        }
        self.write_place(true, out);
        out.extend_from_slice(b"\x1b[m");
        if restored {
            self.write_pen(out);
        } else {
            self.write_charsets(out);
            self.write_pen(out);
            self.write_shift(out);
        }
    }

    fn write_pen_and_place(&self, out: &mut Vec<u8>) {
        if self.pen_is_restored() {
            self.write_restored_pen(out);
            self.write_place(false, out);
        } else if self.charset_is_restored() {
            self.write_shift(out);
            out.extend_from_slice(b"\x1b8\x1b[m");
            self.write_place(false, out);
            self.write_pen(out);
        } else {
            self.write_place(false, out);
            self.write_pen(out);
            self.write_shift(out);
        }
    }

    fn write_charsets(&self, out: &mut Vec<u8>) {
        match self.client.version {
            XtermVersion::V6_0 => {
                write_designated(&Charsets { count: 0, ..self.charsets }, out);
            }
            XtermVersion::V6_1 => write_designated(&self.charsets, out),
        }
    }

    /// Shifts the character set in, once nothing else is to be printed.
    fn write_shift(&self, out: &mut Vec<u8>) {
        if self.charsets.level > 0 || self.charsets.designated[0] != self.active.saved.charset {
            out.extend_from_slice(shift_to(self.charsets.level));
        }
    }

    /// Whether the pen is as only a restored cursor can leave it, and the saved
    /// cursor still has what that takes.
    fn pen_is_restored(&self) -> bool {
        let (pen, saved) = (self.pen, self.active.saved);
        let same_underline = (pen.fg ^ saved.fg) & fg::UNDERLINE == 0;
        let reached = if is_plainly_underlined(pen) {
            pen.underline_style() == 0 && pen.link == 0
        } else {
            (pen.bg ^ saved.bg) & bg::EXTENDED == 0
        };
        !pen.is_consistent() && same_underline && reached
    }

    /// Whether the character set is.
    fn charset_is_restored(&self) -> bool {
        let charsets = self.charsets;
        self.client.version == XtermVersion::V6_0
            && charsets.current != charsets.designated[charsets.level]
            && charsets.current == self.active.saved.charset
    }

    /// Writes the pen by restoring the cursor, which leaves underline style and
    /// link as they are, and then changing what differs.
    fn write_restored_pen(&self, out: &mut Vec<u8>) {
        self.write_shift(out);
        let (pen, saved) = (self.pen, self.active.saved);
        let mut style = Style { underline: pen.underline, link: pen.link, ..Style::default() };
        style.set_underline(pen.underline_style());
        style.write_sgr(false, out);
        write_hidden_underline_color(style, out);
        if style.link != 0 {
            write_link(style.link, &self.tables.links, out);
        }
        out.extend_from_slice(b"\x1b8");
        let background = saved.bg & !bg::EXTENDED | pen.bg & bg::EXTENDED;
        Style { fg: saved.fg, bg: background, ..pen }.write_change(pen, out);
        if is_plainly_underlined(pen) {
            // A client saves every underline as extended; the end of a link looks
            // whether there is anything that makes it so.
            write_link(0, &self.tables.links, out);
        }
        match self.client.version {
            XtermVersion::V6_0 if saved.charset != self.charsets.current => self.write_shift(out),
            XtermVersion::V6_0 => {}
            XtermVersion::V6_1 => self.write_after_restoring(out),
        }
    }

    /// Brings back what restoring the cursor has changed in xterm.js 6.1.
    fn write_after_restoring(&self, out: &mut Vec<u8>) {
        for (level, introducer) in (0..4).zip(*b"()*+") {
            if self.active.saved.charsets.designated[level] != self.charsets.designated[level] {
                write_designation(introducer, self.charsets.designated[level], out);
            }
        }
        out.extend_from_slice(shift_to(self.charsets.level));
        if !self.active.saved.wraparound {
            write_mode(7, b'h', out);
        }
        if self.active.saved.origin {
            write_mode(6, b'l', out);
        }
    }

    fn write_pen(&self, out: &mut Vec<u8>) {
        let pen = if self.pen.is_consistent() { self.pen } else { self.pen.effective() };
        pen.write_sgr(false, out);
        write_hidden_underline_color(self.pen, out);
        if pen.link != 0 {
            write_link(pen.link, &self.tables.links, out);
        }
    }

    /// Writes the cursor's position, with origin mode if it is set.
    fn write_place(&self, pending: bool, out: &mut Vec<u8>) {
        let (x, y) = (self.active.x, self.active.y);
        let origin = self.modes.has(Mode::Origin);
        let top = if origin { self.active.top } else { 0 };
        if origin {
            write_mode(6, b'h', out);
        }
        let reachable = !origin || (self.active.top..=self.active.bottom).contains(&y);
        if !self.alternate
            && (!reachable || pending && !self.active.row(y).get(self.cols - 1).has_content())
        {
            self.write_place_elsewhere(pending, out);
        } else if pending {
            self.write_pending(y.saturating_sub(top), out);
        } else {
            write_position(y.saturating_sub(top), x, out);
        }
    }

    /// Puts the cursor by way of the alternate buffer, which takes it along
    /// and has no margins.
    fn write_place_elsewhere(&self, pending: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[?47h");
        write_position(self.active.y, self.active.x.min(self.cols - 1), out);
        if pending {
            out.push(b' ');
        }
        out.extend_from_slice(b"\x1b[?47l");
    }

    /// Prints what stands in the last column again, so that a wrap is pending.
    fn write_pending(&self, y: usize, out: &mut Vec<u8>) {
        let row = self.active.row(self.active.y);
        let mut column = self.cols - 1;
        if row.get(column).is_stub() && row.get(column - 1).width() == 2 {
            column -= 1;
        }
        let cell = row.get(column);
        write_position(y, column, out);
        if cell.has_content() {
            let mut writer = Writer::new(&self.tables, out);
            writer.character(cell);
            writer.finish();
            return;
        }
        out.push(b' ');
        let style = self.tables.styles.get(cell.style());
        let uniform = (0..self.cols).all(|at| row.get(at) == cell);
        if uniform && !style.marks_empty_cells() {
            Style::background(style.bg).write_sgr(false, out);
            out.extend_from_slice(b"\x1b[1K\x1b[m");
        }
    }

    /// What was printed last, if a mark that comes next would join it: the cell
    /// and the characters that print it in the character set in use.
    fn last_printed(&self) -> Option<(Cell, String)> {
        let column = self.active.x.checked_sub(self.join.width().max(1))?;
        let cell = self.active.row(self.active.y).get(column);
        if self.join.is_none() || !cell.has_content() || cell.width() != self.join.width() {
            return None;
        }
        if self.tables.styles.get(cell.style()) != self.pen.effective() {
            return None;
        }
        let text = match cell.cluster() {
            Some(number) => self.tables.clusters.get(number).to_owned(),
            None => char::from_u32(cell.code())?.to_string(),
        };
        let charset = self.charsets.current;
        let unmapped: Option<String> = text
            .chars()
            .map(|character| char::from_u32(charset.unmap(u32::from(character))?))
            .collect();
        Some((cell, unmapped?))
    }

    fn write_again(&self, cell: Cell, text: &str, out: &mut Vec<u8>) {
        let width = cell.width();
        let top = if self.modes.has(Mode::Origin) { self.active.top } else { 0 };
        let reachable = self.active.y.checked_sub(top);
        let Some(y) = reachable.filter(|_| self.active.y <= self.active.bottom || top == 0) else {
            return;
        };
        write_position(y, self.active.x - width, out);
        if self.modes.has(Mode::Insert) {
            // What is joined to the first code point is not inserted.
            let first = text.chars().next().map_or(0, u32::from);
            write_csi(&[width_of(first, self.tables.unicode).max(1)], b'P', out);
        }
        out.extend_from_slice(text.as_bytes());
    }
}

/// Whether the style has an underline without what makes one extended.
const fn is_plainly_underlined(style: Style) -> bool {
    style.fg & fg::UNDERLINE != 0 && style.bg & bg::EXTENDED == 0
}

/// An underline colour is kept for an underline to come.
fn write_hidden_underline_color(style: Style, out: &mut Vec<u8>) {
    if style.bg & bg::EXTENDED == 0 && style.fg & fg::UNDERLINE == 0 && style.underline_color() != 0
    {
        let mut shown =
            Style { fg: 0, bg: bg::EXTENDED, underline: style.underline_color(), link: 0 };
        shown.underline &= color::ALL;
        shown.write_sgr(false, out);
    }
}
