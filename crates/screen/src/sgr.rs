//! Attributes: reading SGR sequences, and writing them.

use super::client::XtermVersion;
use super::color_codes::ColorCodes;
use super::parser::params::{OMITTED, Params};
use super::sequence::write_number;
use super::style::{Style, bg, color, fg};

/// The underline colour that SGR 59 leaves in xterm.js.
const NO_UNDERLINE_COLOR: u32 = color::ALL;

impl Style {
    /// Applies the parameters of an SGR sequence.
    pub(super) fn select(&mut self, params: &Params, version: XtermVersion) {
        let values = params.values();
        let mut index = 0;
        while index < values.len() {
            match values[index] {
                38 | 48 | 58 => index += self.extended_color(params, index),
                4 => self.underline_by(params.subs(index).first().copied().unwrap_or(1)),
                221 if version == XtermVersion::V6_1 => self.fg &= !fg::BOLD,
                222 if version == XtermVersion::V6_1 => self.bg &= !bg::DIM,
                value => self.apply(value),
            }
            index += 1;
        }
    }

    /// Applies the parameters of an SGR sequence as they stand in it, if they are of
    /// the common kind: few numbers, semicolons, no colour in an odd form. Returns
    /// whether they are; if not, the style is of no use any more.
    #[inline]
    pub(super) fn select_from(&mut self, params: &[u8]) -> bool {
        let Some((values, count)) = read_values(params) else { return false };
        let mut values = &values[..count];
        while let [value, rest @ ..] = values {
            values = rest;
            match *value {
                word @ (38 | 48) => {
                    let (color, after) = match rest {
                        [5, index, after @ ..] => (color::INDEXED | index & 0xff, after),
                        [2, red, green, blue, after @ ..] => {
                            let rgb = (red & 0xff) << 16 | (green & 0xff) << 8 | blue & 0xff;
                            (color::RGB | rgb, after)
                        }
                        _ => return false,
                    };
                    set_color(if word == 38 { &mut self.fg } else { &mut self.bg }, color);
                    values = after;
                }
                // These depend on more than the sequence.
                58 | 221 | 222 => return false,
                4 => self.underline_by(1),
                value => self.apply(value.cast_signed()),
            }
        }
        true
    }

    /// Applies the parameters of an SGR sequence as they stand in it, whatever they
    /// are. `scratch` is for those that are out of the common.
    #[inline]
    pub(super) fn select_all(&mut self, bytes: &[u8], scratch: &mut Params, version: XtermVersion) {
        let mut style = *self;
        if style.select_from(bytes) {
            *self = style;
            return;
        }
        scratch.reset();
        for &byte in bytes {
            scratch.take(byte);
        }
        self.select(scratch, version);
    }

    fn apply(&mut self, value: i32) {
        match value {
            0 => self.reset(),
            1 => self.fg |= fg::BOLD,
            2 => self.bg |= bg::DIM,
            3 => self.bg |= bg::ITALIC,
            5 => self.fg |= fg::BLINK,
            7 => self.fg |= fg::INVERSE,
            8 => self.fg |= fg::INVISIBLE,
            9 => self.fg |= fg::STRIKETHROUGH,
            21 => self.set_underline(2),
            22 => {
                self.fg &= !fg::BOLD;
                self.bg &= !bg::DIM;
            }
            23 => self.bg &= !bg::ITALIC,
            24 => self.set_underline(0),
            25 => self.fg &= !fg::BLINK,
            27 => self.fg &= !fg::INVERSE,
            28 => self.fg &= !fg::INVISIBLE,
            29 => self.fg &= !fg::STRIKETHROUGH,
            53 => self.bg |= bg::OVERLINE,
            55 => self.bg &= !bg::OVERLINE,
            59 => {
                self.set_underline_color(NO_UNDERLINE_COLOR);
                self.update_extended();
            }
            _ => self.apply_color(value),
        }
    }

    fn apply_color(&mut self, value: i32) {
        let Ok(value) = u32::try_from(value) else { return };
        match value {
            30..=37 => set_color(&mut self.fg, color::ANSI | (value - 30)),
            40..=47 => set_color(&mut self.bg, color::ANSI | (value - 40)),
            90..=97 => set_color(&mut self.fg, color::ANSI | (value - 90) | 8),
            100..=107 => set_color(&mut self.bg, color::ANSI | (value - 100) | 8),
            39 => set_color(&mut self.fg, 0),
            49 => set_color(&mut self.bg, 0),
            _ => {}
        }
    }

    /// Back to the default attributes; a link stays.
    fn reset(&mut self) {
        let link = self.link;
        *self = Self { link, ..Self::default() };
        self.update_extended();
    }

    fn underline_by(&mut self, style: i32) {
        let style = u32::try_from(style).ok().filter(|&style| style <= 5).unwrap_or(1);
        self.set_underline(style);
    }

    /// Applies SGR 38, 48 or 58 at `index`; returns how many parameters it took
    /// beside its own. Semicolons and colons may be mixed, and a colour space
    /// may stand before the values, just as in xterm.js.
    fn extended_color(&mut self, params: &Params, index: usize) -> usize {
        let values = params.values();
        let mut slots = [0, 0, OMITTED, 0, 0, 0];
        let mut space = 0;
        let mut advance = 0;
        loop {
            slots[advance + space] = values[index + advance];
            let subs = params.subs(index + advance);
            if !subs.is_empty() {
                read_subs(&mut slots, subs, advance, &mut space);
                break;
            }
            let at = advance + space;
            if slots[1] == 5 && at >= 2 || slots[1] == 2 && at >= 5 {
                break;
            }
            if slots[1] != 0 {
                space = 1;
            }
            advance += 1;
            if advance + index >= values.len() || advance + space >= slots.len() {
                break;
            }
        }
        self.set_slots(slots);
        advance
    }

    fn set_slots(&mut self, slots: [i32; 6]) {
        let byte = |slot: usize| {
            if slots[slot] == OMITTED { 0 } else { slots[slot].cast_unsigned() & 0xff }
        };
        let value = match slots[1] {
            2 => color::RGB | byte(3) << 16 | byte(4) << 8 | byte(5),
            5 => color::INDEXED | byte(3),
            _ => return,
        };
        match slots[0] {
            38 => set_color(&mut self.fg, value),
            48 => set_color(&mut self.bg, value),
            58 => self.set_underline_color(value),
            _ => {}
        }
    }

    /// Writes the SGR sequence that turns the default attributes, or with
    /// `reset` any others, into these. Links are not its business.
    pub(super) fn write_sgr(self, reset: bool, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(b"\x1b[");
        let first = out.len();
        if reset {
            out.extend_from_slice(b"0;");
        }
        self.write_flags(out);
        self.write_colors(out);
        if self.bg & bg::EXTENDED != 0 && self.underline_color() != 0 {
            write_underline_color(self.underline_color(), out);
        }
        if out.len() == first {
            out.truncate(start);
        } else {
            let last = out.len() - 1;
            out[last] = b'm';
        }
        if self.bg & bg::PROTECTED != 0 {
            out.extend_from_slice(b"\x1b[1\"q");
        }
    }

    /// Writes the SGR sequence that turns these attributes into `next`. Links are
    /// not its business.
    #[inline]
    pub(super) fn write_to(self, next: Self, out: &mut Vec<u8>) {
        let (fg, bg) = (self.fg ^ next.fg, self.bg ^ next.bg);
        if next == Self::default() {
            out.extend_from_slice(b"\x1b[m");
        } else if self.underline != next.underline || (fg | bg) & !color::ALL != 0 {
            next.write_sgr(self != Self::default(), out);
        } else {
            let (fg, bg) = ((fg != 0).then_some(next.fg), (bg != 0).then_some(next.bg));
            ColorCodes::sequence(fg, bg).append_to(out);
        }
    }

    fn write_colors(self, out: &mut Vec<u8>) {
        let mut codes = ColorCodes::new();
        codes.color(self.fg, 30);
        codes.color(self.bg, 40);
        codes.append_to(out);
    }

    /// Writes SGR sequences that turn these attributes into `next`, without any
    /// that would bring underline style and link into play again.
    pub(super) fn write_change(self, next: Self, out: &mut Vec<u8>) {
        const FG: [(u32, &[u8], &[u8]); 4] = [
            (fg::BLINK, b"5", b"25"),
            (fg::INVERSE, b"7", b"27"),
            (fg::INVISIBLE, b"8", b"28"),
            (fg::STRIKETHROUGH, b"9", b"29"),
        ];
        const BG: [(u32, &[u8], &[u8]); 2] =
            [(bg::ITALIC, b"3", b"23"), (bg::OVERLINE, b"53", b"55")];
        let mut codes = Vec::new();
        for (flag, on, off) in FG {
            write_switch(self.fg & flag, next.fg & flag, on, off, &mut codes);
        }
        for (flag, on, off) in BG {
            write_switch(self.bg & flag, next.bg & flag, on, off, &mut codes);
        }
        if (self.fg ^ next.fg) & fg::BOLD != 0 || (self.bg ^ next.bg) & bg::DIM != 0 {
            codes.extend_from_slice(b"22;");
            write_switch(0, next.fg & fg::BOLD, b"1", b"", &mut codes);
            write_switch(0, next.bg & bg::DIM, b"2", b"", &mut codes);
        }
        codes.extend_from_slice(b"39;49;");
        next.write_colors(&mut codes);
        codes.pop();
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&codes);
        out.push(b'm');
        if (self.bg ^ next.bg) & bg::PROTECTED != 0 {
            let how = if next.bg & bg::PROTECTED == 0 { b'0' } else { b'1' };
            out.extend_from_slice(&[0x1b, b'[', how, b'"', b'q']);
        }
    }

    fn write_flags(self, out: &mut Vec<u8>) {
        const FG: [(u32, &[u8]); 5] = [
            (fg::BOLD, b"1;"),
            (fg::BLINK, b"5;"),
            (fg::INVERSE, b"7;"),
            (fg::INVISIBLE, b"8;"),
            (fg::STRIKETHROUGH, b"9;"),
        ];
        const BG: [(u32, &[u8]); 3] =
            [(bg::DIM, b"2;"), (bg::ITALIC, b"3;"), (bg::OVERLINE, b"53;")];
        if self.fg & !color::ALL != 0 {
            for (flag, code) in FG {
                if self.fg & flag != 0 {
                    out.extend_from_slice(code);
                }
            }
            self.write_underline(out);
        }
        if self.bg & !color::ALL != 0 {
            for (flag, code) in BG {
                if self.bg & flag != 0 {
                    out.extend_from_slice(code);
                }
            }
        }
    }

    fn write_underline(self, out: &mut Vec<u8>) {
        match self.shown_underline() {
            0 => {}
            1 => out.extend_from_slice(b"4;"),
            style => {
                out.extend_from_slice(b"4:");
                write_number(style as usize, out);
                out.push(b';');
            }
        }
    }
}

/// The most parameters that are read at once.
const FEW: usize = 16;
/// The largest number to which another digit is added.
const LARGE: u32 = 99_999;

/// The numbers between semicolons, 0 where there is none; none of it if there is
/// anything else or too much.
#[inline]
fn read_values(params: &[u8]) -> Option<([u32; FEW], usize)> {
    let mut values = [0; FEW];
    let mut index = 0;
    for &byte in params {
        match byte {
            b'0'..=b'9' if values[index] <= LARGE => {
                values[index] = values[index] * 10 + u32::from(byte - b'0');
            }
            b';' if index + 1 < FEW => index += 1,
            _ => return None,
        }
    }
    Some((values, index + 1))
}

fn write_switch(old: u32, new: u32, on: &[u8], off: &[u8], out: &mut Vec<u8>) {
    if old != new {
        out.extend_from_slice(if new == 0 { off } else { on });
        out.push(b';');
    }
}

fn read_subs(slots: &mut [i32; 6], subs: &[i32], advance: usize, space: &mut usize) {
    for (offset, &sub) in subs.iter().enumerate() {
        if slots[1] == 5 {
            *space = 1;
        }
        let Some(slot) = slots.get_mut(advance + offset + 1 + *space) else { return };
        *slot = sub;
    }
}

/// Replaces the colour and leaves the flags beside it.
const fn set_color(word: &mut u32, value: u32) {
    *word = *word & !color::ALL | value;
}

fn write_underline_color(value: u32, out: &mut Vec<u8>) {
    if value & color::MODE == color::RGB {
        out.extend_from_slice(b"58:2::");
        for (shift, after) in [(16, b':'), (8, b':'), (0, b';')] {
            write_number((value >> shift & 0xff) as usize, out);
            out.push(after);
        }
    } else {
        out.extend_from_slice(b"58:5:");
        write_number((value & 0xff) as usize, out);
        out.push(b';');
    }
}
