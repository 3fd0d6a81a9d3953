//! Answers to the queries of programs, as xterm.js gives them.

use super::client::XtermVersion;
use super::modes::{Mode, MouseEncoding, MouseProtocol};
use super::palette::color_name;
use super::parser::params::Params;
use super::style::bg;
use super::terminal::Terminal;

const fn id(prefix: u32, last: u8) -> u32 {
    prefix << 8 | last as u32
}

const PRIVATE: u32 = b'?' as u32;
const DEVICE: u32 = b'c' as u32;
const DEVICE_SECONDARY: u32 = id(b'>' as u32, b'c');
const DEVICE_TERTIARY: u32 = id(b'=' as u32, b'c');
const VERSION: u32 = id(b'>' as u32, b'q');
const KEYBOARD: u32 = id(PRIVATE, b'u');
const STATUS: u32 = b'n' as u32;
const STATUS_PRIVATE: u32 = id(PRIVATE, b'n');
const MODE: u32 = id(b'$' as u32, b'p');
const MODE_PRIVATE: u32 = id(id(PRIVATE, b'$'), b'p');
const STATUS_STRING: u32 = id(b'$' as u32, b'q');

/// What the client calls itself.
const fn name(version: XtermVersion) -> &'static str {
    match version {
        XtermVersion::V6_0 => "xterm.js(6.0.0)",
        XtermVersion::V6_1 => "xterm.js(6.1.0)",
    }
}

impl Terminal {
    /// Answers a control sequence, if it is a query and anybody listens.
    pub(super) fn report(&mut self, ident: u32, params: &Params) {
        if self.answers.is_none() {
            return;
        }
        let value = params.get(0);
        let (row, column) = (self.active.y + 1, self.active.x + 1);
        match (ident, value) {
            // With the image add-on, one of the attributes says that it takes sixels.
            (DEVICE, ..=0) if self.client.images.sixel => self.answer("\x1b[?62;4;9;22c"),
            (DEVICE, ..=0) => self.answer("\x1b[?1;2c"),
            (DEVICE_SECONDARY, ..=0) => self.answer("\x1b[>0;276;0c"),
            (DEVICE_TERTIARY, ..=0) => self.answer("\x1bP!|00000000\x1b\\"),
            (VERSION, ..=0) => {
                let name = name(self.client.version);
                self.answer(&format!("\x1bP>|{name}\x1b\\"));
            }
            (KEYBOARD, _) => {
                let flags = self.keyboard().flags;
                self.answer(&format!("\x1b[?{flags}u"));
            }
            (STATUS, 5) => self.answer("\x1b[0n"),
            (STATUS, 6) => self.answer(&format!("\x1b[{row};{column}R")),
            (STATUS_PRIVATE, 996) if self.client.version == XtermVersion::V6_1 => {
                let scheme = if self.palette.is_dark() { 1 } else { 2 };
                self.answer(&format!("\x1b[?997;{scheme}n"));
            }
            (STATUS_PRIVATE, 6) => self.answer(&format!("\x1b[?{row};{column}R")),
            (MODE, _) => {
                let state = self.mode_state(value);
                self.answer(&format!("\x1b[{value};{state}$y"));
            }
            (MODE_PRIVATE, _) => {
                let state = self.private_mode_state(value);
                self.answer(&format!("\x1b[?{value};{state}$y"));
            }
            _ => {}
        }
    }

    /// Answers a query about the window: its text area in pixels (14) or
    /// characters (18), or the size of a character (16). Pixels are known only
    /// once the client has said them.
    pub(super) fn report_window(&mut self, params: &Params) {
        let (cols, rows) = (self.cols, self.rows);
        match (params.get(0), self.cell_size) {
            (14, Some((width, height))) => {
                let (width, height) = (usize::from(width) * cols, usize::from(height) * rows);
                self.answer(&format!("\x1b[4;{height};{width}t"));
            }
            (16, Some((width, height))) => self.answer(&format!("\x1b[6;{height};{width}t")),
            (18, _) => self.answer(&format!("\x1b[8;{rows};{cols}t")),
            _ => {}
        }
    }

    pub(super) fn answer(&mut self, answer: &str) {
        if let Some(answers) = &mut self.answers {
            answers.push(answer);
        }
    }

    /// 0 unknown, 1 set, 2 reset, 3 always set, 4 never set.
    fn mode_state(&self, mode: i32) -> u8 {
        match mode {
            2 => 4,
            12 => 3,
            4 => state(self.modes.has(Mode::Insert)),
            20 => state(self.modes.has(Mode::NewLine)),
            _ => 0,
        }
    }

    fn private_mode_state(&self, mode: i32) -> u8 {
        let modes = self.modes;
        match mode {
            1 => state(modes.has(Mode::ApplicationCursor)),
            6 => state(modes.has(Mode::Origin)),
            7 => state(modes.has(Mode::Wraparound)),
            8 => 3,
            9 => state(self.mouse == MouseProtocol::X10),
            12 => state(modes.has(Mode::CursorBlink)),
            25 => state(!modes.has(Mode::CursorHidden)),
            45 => state(modes.has(Mode::ReverseWrap)),
            66 => state(modes.has(Mode::ApplicationKeypad)),
            67 | 1005 | 1015 => 4,
            1000 => state(self.mouse == MouseProtocol::Vt200),
            1002 => state(self.mouse == MouseProtocol::Drag),
            1003 => state(self.mouse == MouseProtocol::Any),
            1004 => state(modes.has(Mode::SendFocus)),
            1006 => state(self.mouse_encoding == MouseEncoding::Sgr),
            1016 => state(self.mouse_encoding == MouseEncoding::SgrPixels),
            1048 => 1,
            47 | 1047 | 1049 => state(self.alternate),
            2004 => state(modes.has(Mode::BracketedPaste)),
            2026 => state(modes.has(Mode::SynchronizedOutput)),
            _ => 0,
        }
    }

    /// Answers a device control string, if it asks for a setting.
    pub(super) fn perform_dcs(&mut self, ident: u32, data: &[u8]) {
        if self.answers.is_none() || ident != STATUS_STRING {
            return;
        }
        let (top, bottom) = (self.active.top + 1, self.active.bottom + 1);
        let protected = u8::from(self.pen.bg & bg::PROTECTED != 0);
        // xterm.js answers with its option for the cursor, not with DECSCUSR's.
        let cursor = if self.modes.has(Mode::CursorBlink) { 1 } else { 2 };
        let setting = match data {
            b"\"q" => format!("1$r{protected}\"q"),
            b"\"p" => "1$r61;1\"p".to_owned(),
            b"r" => format!("1$r{top};{bottom}r"),
            b"m" => "1$r0m".to_owned(),
            b" q" => format!("1$r{cursor} q"),
            _ => "0$r".to_owned(),
        };
        self.answer(&format!("\x1bP{setting}\x1b\\"));
    }

    /// Answers with a colour.
    pub(super) fn report_color(&mut self, number: u16) {
        if self.answers.is_some() {
            let [red, green, blue] = self.palette.get(number).map(|part| u16::from(part) * 0x101);
            let name = color_name(number);
            self.answer(&format!("\x1b]{name};rgb:{red:04x}/{green:04x}/{blue:04x}\x1b\\"));
        }
    }
}

const fn state(on: bool) -> u8 {
    if on { 1 } else { 2 }
}
