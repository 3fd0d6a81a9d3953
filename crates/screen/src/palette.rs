//! Colours that programs change: the 256 indexed ones, text, background, cursor.

use std::collections::BTreeMap;

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// Number of the text colour, after the indexed ones; then background, cursor.
pub(super) const FOREGROUND: u16 = 256;
const COLORS: u16 = 259;

/// The sixteen colours of xterm.js' default theme.
const ANSI: [Rgb; 16] = [
    [0x2e, 0x34, 0x36],
    [0xcc, 0x00, 0x00],
    [0x4e, 0x9a, 0x06],
    [0xc4, 0xa0, 0x00],
    [0x34, 0x65, 0xa4],
    [0x75, 0x50, 0x7b],
    [0x06, 0x98, 0x9a],
    [0xd3, 0xd7, 0xcf],
    [0x55, 0x57, 0x53],
    [0xef, 0x29, 0x29],
    [0x8a, 0xe2, 0x34],
    [0xfc, 0xe9, 0x4f],
    [0x72, 0x9f, 0xcf],
    [0xad, 0x7f, 0xa8],
    [0x34, 0xe2, 0xe2],
    [0xee, 0xee, 0xec],
];

/// Text, background and cursor of xterm.js' default theme.
const DEFAULT_THEME: [Rgb; 3] = [[0xff; 3], [0; 3], [0xff; 3]];

/// The theme of the client, and the colours that programs have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Palette {
    theme: [Rgb; 3],
    changed: BTreeMap<u16, Rgb>,
}

impl Default for Palette {
    fn default() -> Self {
        Self { theme: DEFAULT_THEME, changed: BTreeMap::new() }
    }
}

impl Palette {
    /// Sets the client's colours of text, background and cursor, which a program
    /// may change and restore.
    pub(super) const fn set_theme(&mut self, theme: [Rgb; 3]) {
        self.theme = theme;
    }

    /// The colour of a number: as a program has set it, or the theme's.
    pub(super) fn get(&self, number: u16) -> Rgb {
        let special = number.checked_sub(FOREGROUND).map(usize::from);
        let of_theme = special.and_then(|index| self.theme.get(index)).copied();
        let changed = self.changed.get(&number).copied();
        changed.or(of_theme).unwrap_or_else(|| indexed_color(number))
    }

    /// Whether the background is darker than the text, as the eye sees it.
    pub(super) fn is_dark(&self) -> bool {
        luminance(self.get(FOREGROUND + 1)) < luminance(self.get(FOREGROUND))
    }

    /// Changes a colour.
    pub(super) fn set(&mut self, number: u16, color: Rgb) {
        if number < COLORS {
            self.changed.insert(number, color);
        }
    }

    /// Goes back to the theme's colour.
    pub(super) fn restore(&mut self, number: u16) {
        self.changed.remove(&number);
    }

    /// Goes back to the theme's indexed colours.
    pub(super) fn restore_indexed(&mut self) {
        self.changed.retain(|&number, _| number >= FOREGROUND);
    }

    /// Bytes of memory held, about.
    pub(super) fn bytes_held(&self) -> usize {
        self.changed.len() * 2 * size_of::<(u16, Rgb)>()
    }

    /// Writes the sequences that change a fresh terminal's colours to these.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (&number, color) in &self.changed {
            let [red, green, blue] = color;
            let name = color_name(number);
            let text = format!("\x1b]{name};rgb:{red:02x}/{green:02x}/{blue:02x}\x1b\\");
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// The relative luminance of a colour, as WCAG defines it.
fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.039_28 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    red * 0.2126 + green * 0.7152 + blue * 0.0722
}

/// The command that sets or queries a colour, with the number of an indexed one.
pub(super) fn color_name(number: u16) -> String {
    match number.checked_sub(FOREGROUND) {
        Some(special) => (10 + special).to_string(),
        None => format!("4;{number}"),
    }
}

/// A colour of xterm.js' default theme, by its index.
fn indexed_color(number: u16) -> Rgb {
    const LEVELS: [u8; 6] = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
    let index = usize::from(number);
    match index {
        0..16 => ANSI[index],
        16..232 => {
            let cube = index - 16;
            [LEVELS[cube / 36], LEVELS[cube / 6 % 6], LEVELS[cube % 6]]
        }
        _ => [u8::try_from(8 + (index - 232) * 10).unwrap_or(0); 3],
    }
}

/// Reads `rgb:r/g/b` or `#rgb` with one to four digits each.
pub(super) fn parse_color(text: &str) -> Option<Rgb> {
    let text = text.to_ascii_lowercase();
    if let Some(parts) = text.strip_prefix("rgb:") {
        let mut parts = parts.split('/');
        let color = [parts.next()?, parts.next()?, parts.next()?];
        let len = color[0].len();
        if parts.next().is_some() || color.iter().any(|part| part.len() != len) {
            return None;
        }
        return Some([scaled(color[0])?, scaled(color[1])?, scaled(color[2])?]);
    }
    let digits = text.strip_prefix('#')?;
    let len = digits.len() / 3;
    if !digits.is_ascii() || digits.len() != len * 3 || !(1..=4).contains(&len) {
        return None;
    }
    let part = |index: usize| cut(&digits[index * len..(index + 1) * len]);
    Some([part(0)?, part(1)?, part(2)?])
}

fn hex(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// A value of one to four digits, scaled to a byte.
fn scaled(digits: &str) -> Option<u8> {
    let most = match digits.len() {
        len @ 1..=4 => (1_u32 << (4 * len)) - 1,
        _ => return None,
    };
    u8::try_from((hex(digits)? * 510 + most) / (2 * most)).ok()
}

/// The high byte of a value of one to four digits.
fn cut(digits: &str) -> Option<u8> {
    let value = hex(digits)?;
    let byte = match digits.len() {
        1 => value << 4,
        2 => value,
        3 => value >> 4,
        _ => value >> 8,
    };
    u8::try_from(byte).ok()
}
