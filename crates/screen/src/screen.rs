//! The screen as its users see it.

use super::answers::Answers;
use super::options::{MAX_SIZE, ScreenOptions, clamp_size};
use super::parser::Parser;
use super::terminal::Terminal;

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
