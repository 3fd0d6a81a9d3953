//! Bytes that make a fresh terminal become this one.
//!
//! Rows are printed from the top in one go, so that they wrap and scroll into
//! the client's scrollback by themselves; then come the saved cursors, modes,
//! titles and colours, and last the cursor, so that nothing moves it any more.

mod cursor;
mod rows;
mod saved;

use super::buffer::Buffer;
use super::modes::{KeyboardStack, Mode};
use super::sequence::{write_csi, write_mode, write_number, write_position};
use super::terminal::Terminal;
use super::titles::TitleStack;

/// Ends whatever the client is in the middle of, and resets it.
const PROLOGUE: &[u8] = b"\x18\x1bc";

/// What a snapshot has of the rows.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// Those on the screen and at most so many of the scrollback.
    Drawn(usize),
    /// None of them; the normal buffer has scrolled as far as it has, though.
    Scrolled,
}

impl Terminal {
    /// Writes the snapshot.
    pub(crate) fn write_snapshot(&self, text: Text, out: &mut Vec<u8>) {
        out.extend_from_slice(PROLOGUE);
        let (normal, other) = if self.alternate {
            (&self.parked, &self.active)
        } else {
            (&self.active, &self.parked)
        };
        // A client that has designated character sets saves all of them.
        let other_first = other.saved.charsets.count < normal.saved.charsets.count;
        if other_first {
            self.write_other_saved(other, out);
        }
        let kept = match text {
            Text::Drawn(lines) => self.scrollback.rows().min(lines),
            Text::Scrolled => normal.base,
        };
        let early = self.write_early_saved(normal, kept, out);
        match text {
            Text::Drawn(_) => self.write_normal_rows(normal, kept, out),
            Text::Scrolled => {
                write_position(self.rows - 1, 0, out);
                out.extend(std::iter::repeat_n(b'\n', kept));
            }
        }
        write_keyboard(&self.keyboards[0], out);
        if !early {
            self.write_saved(normal, kept, out);
        }
        self.write_tabs_and_margins(normal, out);
        if self.alternate {
            out.extend_from_slice(b"\x1b[?47h\x1b[H");
            self.write_rows(&self.active, out);
            write_keyboard(&self.keyboards[1], out);
            if !other_first {
                self.write_saved(other, 0, out);
            }
            self.write_tabs_and_margins(other, out);
        } else if !other_first {
            self.write_other_saved(other, out);
        }
        write_titles(&self.titles.window, 2, out);
        write_titles(&self.titles.icon, 1, out);
        self.palette.write(out);
        self.write_modes(out);
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
