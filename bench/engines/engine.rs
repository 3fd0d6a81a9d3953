//! What is asked of every engine, and ours.

use offheap_screen::{Screen, ScreenOptions};

pub const COLS: u16 = 80;
pub const ROWS: u16 = 24;

/// A terminal of 80×24 without a display.
pub trait Engine {
    const NAME: &'static str;

    /// With at most so many rows of scrollback.
    fn new(lines: usize) -> Self;

    fn feed(&mut self, bytes: &[u8]);

    /// Appends bytes that draw the terminal, with so many rows of scrollback if
    /// it can give those; false if it can give nothing.
    fn serialise(&self, _lines: usize, _out: &mut Vec<u8>) -> bool {
        false
    }

    /// Bytes of memory that it counts itself.
    fn held(&self) -> Option<usize> {
        None
    }
}

pub struct Ours(Screen);

impl Engine for Ours {
    const NAME: &'static str = "offheap-terminal";

    fn new(lines: usize) -> Self {
        let size = ScreenOptions { cols: COLS, rows: ROWS, ..ScreenOptions::default() };
        Self(Screen::new(&ScreenOptions { scrollback_lines: lines, ..size }))
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    fn serialise(&self, lines: usize, out: &mut Vec<u8>) -> bool {
        self.0.snapshot(Some(lines), out);
        true
    }

    fn held(&self) -> Option<usize> {
        Some(self.0.bytes_held())
    }
}
