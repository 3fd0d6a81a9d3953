//! Control sequences and escape sequences, by their final byte.

use super::charset::Charset;
use super::client::XtermVersion;
use super::modes::{Mode, MouseEncoding, MouseProtocol};
use super::parser::params::Params;
use super::style::bg;
use super::terminal::Terminal;

/// The number of a sequence: prefix, intermediate and final bytes.
const fn id(bytes: &[u8]) -> u32 {
    let mut ident = 0;
    let mut index = 0;
    while index < bytes.len() {
        ident = ident << 8 | bytes[index] as u32;
        index += 1;
    }
    ident
}

const PRIVATE: u32 = id(b"?\0");
const SPACE: u32 = id(b" \0");

impl Terminal {
    /// Performs a control sequence.
    pub(super) fn perform_csi(&mut self, ident: u32, params: &Params) {
        match ident.to_be_bytes() {
            [0, 0, 0, last] => self.perform_plain(last, params),
            [0, 0, b'?', last] => self.perform_private(last, params),
            _ => self.perform_other(ident, params),
        }
    }

    fn perform_plain(&mut self, last: u8, params: &Params) {
        match last {
            b'm' => {
                let version = self.client.version;
                self.pen_mut().select(params, version);
            }
            b'H' | b'f' => self.position(params),
            b'K' => self.erase_line(params, false),
            b'J' => self.erase_display(params, false),
            b'A' => self.cursor_up(params),
            b'B' => self.cursor_down(params),
            b'C' | b'a' => self.cursor_right(params),
            b'D' => self.cursor_left(params),
            b'E' => {
                self.cursor_down(params);
                self.active.x = 0;
            }
            b'F' => {
                self.cursor_up(params);
                self.active.x = 0;
            }
            b'G' | b'`' => self.column(params),
            b'd' => self.row_position(params),
            b'e' => self.row_forward(params),
            b'I' => self.tab_forward(params.count(0)),
            b'Z' => self.tab_back(params.count(0)),
            b'g' => self.clear_tabs(params),
            _ => self.perform_edit(last, params),
        }
    }

    fn perform_edit(&mut self, last: u8, params: &Params) {
        match last {
            b'@' => self.insert_chars(params),
            b'P' => self.delete_chars(params),
            b'X' => self.erase_chars(params),
            b'L' => self.insert_lines(params),
            b'M' => self.delete_lines(params),
            b'S' => self.scroll_up(params),
            b'T' => self.scroll_down(params),
            b'^' if self.client.version == XtermVersion::V6_1 => self.scroll_down(params),
            b'b' => self.repeat(params.count(0)),
            b'r' => self.set_margins(params),
            b's' => self.save_cursor(),
            b'u' => self.restore_cursor(),
            b'h' => self.set_modes(params, true),
            b'l' => self.set_modes(params, false),
            b't' => {
                self.titles.window_option(params, &self.client);
                self.report_window(params);
            }
            b'c' | b'n' => self.report(u32::from(last), params),
            _ => {}
        }
    }

    fn perform_private(&mut self, last: u8, params: &Params) {
        match last {
            b'h' => self.set_private_modes(params, true),
            b'l' => self.set_private_modes(params, false),
            b'J' => self.erase_display(params, true),
            b'K' => self.erase_line(params, true),
            b'n' | b'u' => self.report(PRIVATE | u32::from(last), params),
            _ => {}
        }
    }

    fn perform_other(&mut self, ident: u32, params: &Params) {
        const SCROLL_LEFT: u32 = SPACE | b'@' as u32;
        const SCROLL_RIGHT: u32 = SPACE | b'A' as u32;
        const CURSOR_STYLE: u32 = SPACE | b'q' as u32;
        const SOFT_RESET: u32 = id(b"!p");
        const PROTECT: u32 = id(b"\"q");
        const INSERT_COLUMNS: u32 = id(b"'}");
        const DELETE_COLUMNS: u32 = id(b"'~");
        const PUSH_KEYBOARD: u32 = id(b">u");
        const POP_KEYBOARD: u32 = id(b"<u");
        const SET_KEYBOARD: u32 = id(b"=u");
        match ident {
            SCROLL_LEFT => self.delete_columns(0, params),
            SCROLL_RIGHT => self.insert_columns(0, params),
            CURSOR_STYLE => self.set_cursor_style(params.get(0)),
            SOFT_RESET => self.soft_reset(),
            PROTECT => self.protect(params.get(0)),
            INSERT_COLUMNS => self.insert_columns(self.active.x, params),
            DELETE_COLUMNS => self.delete_columns(self.active.x, params),
            PUSH_KEYBOARD => self.keyboard().push(flags(params)),
            POP_KEYBOARD => self.keyboard().pop(params.count(0)),
            SET_KEYBOARD => self.keyboard().change(flags(params), params.get(1)),
            _ => self.report(ident, params),
        }
    }

    fn set_cursor_style(&mut self, style: i32) {
        // Of a style that xterm.js does not know it takes the blinking alone.
        let blinks = style % 2 == 1;
        self.cursor_style = match (u8::try_from(style), self.cursor_style) {
            (Ok(style @ 0..=6), _) => style,
            (_, known @ 1..=6) => (known - 1) / 2 * 2 + if blinks { 1 } else { 2 },
            _ if blinks => 7,
            _ => 8,
        };
    }

    fn protect(&mut self, how: i32) {
        match how {
            1 => self.pen_mut().bg |= bg::PROTECTED,
            0 | 2 => self.pen_mut().bg &= !bg::PROTECTED,
            _ => {}
        }
    }

    fn set_modes(&mut self, params: &Params, on: bool) {
        for &mode in params.values() {
            match mode {
                4 => self.modes.set(Mode::Insert, on),
                20 => self.modes.set(Mode::NewLine, on),
                _ => {}
            }
        }
    }

    fn set_private_modes(&mut self, params: &Params, on: bool) {
        let is_new = self.client.version == XtermVersion::V6_1;
        for &mode in params.values() {
            match mode {
                1 => self.modes.set(Mode::ApplicationCursor, on),
                2 if on => self.charsets_to_ascii(),
                6 => {
                    self.modes.set(Mode::Origin, on);
                    self.put_cursor(0, 0);
                }
                7 => self.modes.set(Mode::Wraparound, on),
                12 if !is_new => self.modes.set(Mode::CursorBlink, on),
                25 => self.modes.set(Mode::CursorHidden, !on),
                45 => self.modes.set(Mode::ReverseWrap, on),
                66 => self.modes.set(Mode::ApplicationKeypad, on),
                80 if self.client.images.is_any() => self.modes.set(Mode::SixelDisplay, on),
                1004 => self.modes.set(Mode::SendFocus, on),
                2004 => self.modes.set(Mode::BracketedPaste, on),
                2026 => self.modes.set(Mode::SynchronizedOutput, on),
                2031 if is_new => self.modes.set(Mode::ColorScheme, on),
                9 | 1000 | 1002 | 1003 | 1006 | 1016 => self.set_mouse(mode, on),
                47 | 1047..=1049 => self.set_buffer(mode, on),
                _ => {}
            }
        }
    }

    fn charsets_to_ascii(&mut self) {
        for level in 0..4 {
            self.charsets.designate(level, Charset::Ascii);
        }
    }

    fn set_mouse(&mut self, mode: i32, on: bool) {
        match (mode, on) {
            (1006, true) => self.mouse_encoding = MouseEncoding::Sgr,
            (1016, true) => self.mouse_encoding = MouseEncoding::SgrPixels,
            (1006 | 1016, false) => self.mouse_encoding = MouseEncoding::Default,
            (9, true) => self.mouse = MouseProtocol::X10,
            (1000, true) => self.mouse = MouseProtocol::Vt200,
            (1002, true) => self.mouse = MouseProtocol::Drag,
            (1003, true) => self.mouse = MouseProtocol::Any,
            _ => self.mouse = MouseProtocol::None,
        }
    }

    fn set_buffer(&mut self, mode: i32, on: bool) {
        if on {
            if mode >= 1048 {
                self.save_cursor();
            }
            if mode != 1048 {
                self.enter_alternate();
            }
        } else {
            if mode != 1048 {
                self.leave_alternate();
            }
            if mode >= 1048 {
                self.restore_cursor();
            }
        }
    }

    /// Performs an escape sequence.
    pub(super) fn perform_esc(&mut self, ident: u32) {
        match ident.to_be_bytes() {
            [0, 0, 0, last] => self.perform_plain_esc(last),
            [0, 0, b'%', b'@' | b'G'] => {
                self.charsets.shift(0);
                self.charsets.designate(0, Charset::Ascii);
            }
            [0, 0, b'#', b'8'] => self.alignment_pattern(),
            [0, 0, b'(', set] => self.designate(0, set),
            [0, 0, b')' | b'-', set] => self.designate(1, set),
            [0, 0, b'*' | b'.', set] => self.designate(2, set),
            [0, 0, b'+', set] => self.designate(3, set),
            _ => {}
        }
    }

    fn perform_plain_esc(&mut self, last: u8) {
        match last {
            b'7' => self.save_cursor(),
            b'8' => self.restore_cursor(),
            b'D' => self.index(),
            b'E' => self.next_line(),
            b'H' => self.set_tab(),
            b'M' => self.reverse_index(),
            b'=' => self.modes.set(Mode::ApplicationKeypad, true),
            b'>' => self.modes.set(Mode::ApplicationKeypad, false),
            b'c' => self.full_reset(),
            b'n' | b'}' => self.charsets.shift(2),
            b'o' | b'|' => self.charsets.shift(3),
            b'~' => self.charsets.shift(1),
            _ => {}
        }
    }

    fn designate(&mut self, level: usize, set: u8) {
        if let Some(charset) = Charset::designated(set) {
            self.charsets.designate(level, charset);
        }
    }
}

fn flags(params: &Params) -> u8 {
    u8::try_from(params.get(0) & 0xff).unwrap_or(0)
}
