//! An exact screen, kept beside the bytes that draw it.
//!
//! A [`Screen`] takes the output of a program, in any pieces, and knows at any
//! time what an xterm.js that had seen the same bytes would show. It can hand
//! out a snapshot: bytes that turn a fresh xterm.js of the same size into that
//! terminal, so that a viewer who comes late sees what all the others see.
//!
//! Parser, cells, modes, wrapping and reflow follow xterm.js 6, its quirks
//! included: where a standard and the client disagree, the client is right.
//! What can grow without end there is bounded here, since the bytes come from
//! programs nobody vouches for.
//!
//! The rows that scroll off are kept as bytes, see [`scrollback`].

#![cfg_attr(
    test,
    allow(
        clippy::duration_suboptimal_units,
        clippy::format_collect,
        clippy::large_stack_arrays,
        clippy::needless_for_each,
        clippy::unchecked_time_subtraction,
        reason = "tests may be plain"
    )
)]
#![forbid(unsafe_code)]

mod answers;
mod budget;
mod buffer;
mod cell;
mod charset;
mod codec;
mod color_codes;
mod csi;
mod cursor;
mod erase;
mod modes;
mod osc;
mod palette;
mod parser;
mod passing;
mod print;
mod reflow;
mod remainder;
mod resize;
mod row;
mod scrollback;
mod sgr;
mod snapshot;
mod store;
mod style;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod titles;
mod width;
mod width_table;

use answers::Answers;
use parser::Parser;
use terminal::Terminal;

pub use width::UnicodeVersion;

/// Columns at least; xterm.js has no narrower terminal either.
const MIN_COLS: u16 = 2;
/// Columns and rows at most.
const MAX_SIZE: u16 = 1000;

/// The size and the limits of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenOptions {
    /// Columns, from 2 to 1000.
    pub cols: u16,
    /// Rows, from 1 to 1000.
    pub rows: u16,
    /// Rows of scrollback, which should be what the client keeps.
    pub scrollback_lines: usize,
    /// Bytes of scrollback.
    pub scrollback_bytes: usize,
    /// The width table of the client.
    pub unicode: UnicodeVersion,
}

impl Default for ScreenOptions {
    fn default() -> Self {
        Self {
            cols: 80,
            rows: 24,
            scrollback_lines: 1000,
            scrollback_bytes: 256 * 1024,
            unicode: UnicodeVersion::V11,
        }
    }
}

impl ScreenOptions {
    fn clamped(&self) -> Self {
        let (cols, rows) = clamp_size(self.cols, self.rows);
        Self { cols, rows, ..*self }
    }
}

fn clamp_size(cols: u16, rows: u16) -> (u16, u16) {
    (cols.clamp(MIN_COLS, MAX_SIZE), rows.clamp(1, MAX_SIZE))
}

/// A terminal without a display.
#[derive(Debug)]
pub struct Screen {
    parser: Parser,
    terminal: Terminal,
}

impl Screen {
    /// A screen in its initial state. Sizes out of range are brought into it.
    #[must_use]
    pub fn new(options: &ScreenOptions) -> Self {
        Self { parser: Parser::new(), terminal: Terminal::new(&options.clamped()) }
    }

    /// Takes output. Any bytes will do, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(bytes, &mut self.terminal);
    }

    /// Takes output and appends the answers to queries in it, as xterm.js with
    /// its default theme gives them. Answers beyond a few kilobytes are dropped.
    pub fn feed_answering(&mut self, bytes: &[u8], answers: &mut Vec<u8>) {
        self.terminal.answers = Some(Answers::default());
        self.feed(bytes);
        if let Some(given) = self.terminal.answers.take() {
            answers.extend_from_slice(&given.into_bytes());
        }
    }

    /// Changes the size, reflowing the normal buffer as xterm.js does. Sizes
    /// out of range are brought into it.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        let (cols, rows) = clamp_size(cols, rows);
        self.terminal.resize(usize::from(cols), usize::from(rows));
    }

    /// Appends bytes that turn a fresh xterm.js of the same size, or one that
    /// fell behind, into this terminal, with at most so many rows of scrollback.
    ///
    /// The bytes hold no query and no bell. They end in the middle of a sequence
    /// or character if the output did, so that the output can go on from there.
    pub fn snapshot(&self, scrollback_lines: Option<usize>, out: &mut Vec<u8>) {
        self.terminal.write_snapshot(scrollback_lines.unwrap_or(usize::MAX), out);
        self.parser.write_unfinished(out);
    }

    /// Bytes at the end of the snapshot that begin a character which the output
    /// has not completed yet.
    #[must_use]
    pub const fn unfinished_character(&self) -> usize {
        self.parser.partial_len()
    }

    /// The visible screen as text: rows without blanks at their end, joined by `\n`.
    #[must_use]
    pub fn text(&self) -> String {
        self.terminal.text()
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        let narrow = |size: usize| u16::try_from(size).unwrap_or(MAX_SIZE);
        (narrow(self.terminal.cols), narrow(self.terminal.rows))
    }

    /// The window title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.terminal.titles.window.current
    }

    /// Bytes of memory the screen holds.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        size_of::<Self>()
            + self.parser.bytes_held()
            + self.terminal.bytes_held()
            + self.terminal.scrollback.bytes_held()
    }

    /// Gives up the scrollback, to free its memory.
    pub fn drop_scrollback(&mut self) {
        self.terminal.scrollback.clear();
    }
}
