//! Colours as parameters of an SGR sequence, put together beside the output: a
//! snapshot of a colourful screen is little else.

use super::style::color;

/// Room for two RGB colours and a sequence's begin: `ESC [ 38;2;255;255;255;` and
/// as much for the background, and what writing numbers four bytes at a time needs.
const ROOM: usize = 40;

/// Every byte in decimal with a semicolon, and how long that is.
static DECIMAL: [([u8; 4], u8); 256] = decimals();

/// Parameters, each followed by a semicolon.
pub(super) struct ColorCodes {
    bytes: [u8; ROOM],
    len: usize,
}

impl ColorCodes {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; ROOM], len: 0 }
    }

    /// Appends them. All the room is copied, which costs less than to ask how much.
    #[inline]
    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.len;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }

    /// The sequence that the parameters make.
    #[inline]
    pub(super) fn sequence(foreground: Option<u32>, background: Option<u32>) -> Self {
        let mut codes = Self { bytes: [0; ROOM], len: 2 };
        codes.bytes[..2].copy_from_slice(b"\x1b[");
        for (word, base) in [(foreground, 30), (background, 40)] {
            match word {
                Some(word) if word & color::MODE == 0 => codes.number(base + 9),
                Some(word) => codes.color(word, base),
                None => {}
            }
        }
        codes.bytes[codes.len - 1] = b'm';
        codes
    }

    /// Adds a colour, unless it is the default one; `base` is 30 or 40.
    #[inline]
    pub(super) fn color(&mut self, word: u32, base: u8) {
        let [.., red, green, blue] = word.to_be_bytes();
        match word & color::MODE {
            color::ANSI => {
                self.number(if blue < 8 { base + blue } else { base + 60 + (blue & 7) });
            }
            color::INDEXED => self.numbers(&[base + 8, 5, blue]),
            color::RGB => self.numbers(&[base + 8, 2, red, green, blue]),
            _ => {}
        }
    }

    #[inline]
    fn numbers(&mut self, values: &[u8]) {
        for &value in values {
            self.number(value);
        }
    }

    #[inline]
    fn number(&mut self, value: u8) {
        let (digits, len) = DECIMAL[usize::from(value)];
        self.bytes[self.len..self.len + 4].copy_from_slice(&digits);
        self.len += usize::from(len);
    }
}

const fn decimals() -> [([u8; 4], u8); 256] {
    let mut table = [([0; 4], 0); 256];
    let mut value = 0;
    while value < table.len() {
        #[expect(clippy::cast_possible_truncation, reason = "the table has 256 entries")]
        let byte = value as u8;
        let (hundreds, tens, ones) = (b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10);
        table[value] = match byte {
            0..10 => ([ones, b';', 0, 0], 2),
            10..100 => ([tens, ones, b';', 0], 3),
            _ => ([hundreds, tens, ones, b';'], 4),
        };
        value += 1;
    }
    table
}
