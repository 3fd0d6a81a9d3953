//! The screen as its users see it.

use super::answers::Answers;
use super::client::Client;
use super::modes::Mode;
use super::options::{ScreenOptions, clamp_size};
use super::parser::Parser;
use super::said::Said;
use super::snapshot::Progress;
use super::terminal::Terminal;

/// A terminal without a display.
///
/// A clone shares nothing with it and takes as much memory.
#[derive(Clone, Debug)]
pub struct Screen {
    parser: Parser,
    pub(super) terminal: Terminal,
}

impl Screen {
    /// A screen in its initial state. Sizes out of range are brought into it.
    #[must_use]
    pub fn new(options: &ScreenOptions) -> Self {
        let mut parser = Parser::new();
        parser.follow(&options.client);
        Self { parser, terminal: Terminal::new(&options.clamped()) }
    }

    /// Takes output. Any bytes will do, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(bytes, &mut self.terminal);
    }

    /// Takes output and appends the answers to queries in it. Answers beyond a
    /// few kilobytes are dropped.
    ///
    /// Answered are device attributes (DA1 to DA3), status and cursor position
    /// (DSR), modes (DECRQM), settings (DECRQSS), the version (XTVERSION), the
    /// keyboard flags of kitty's protocol, colours (OSC 4, 10, 11 and 12) and
    /// sizes (`CSI 14 t`, `16 t` and `18 t`), as xterm.js answers where it does.
    /// See [`set_theme`](Self::set_theme) and [`set_cell_size`](Self::set_cell_size).
    pub fn feed_answering(&mut self, bytes: &[u8], answers: &mut Vec<u8>) {
        self.terminal.answers = Some(Answers::default());
        self.feed(bytes);
        if let Some(given) = self.terminal.answers.take() {
            answers.extend_from_slice(&given.into_bytes());
        }
    }

    /// Keeps what programs say beside their output from here on, for
    /// [`take_said`](Self::take_said).
    pub fn listen(&mut self) {
        self.terminal.said.get_or_insert_default();
    }

    /// What was said since the last call; `None` when nothing was, or nobody
    /// [listens](Self::listen).
    pub fn take_said(&mut self) -> Option<Said> {
        self.terminal.said.as_mut().filter(|said| !said.is_empty()).map(std::mem::take)
    }

    /// Sets the client's colours of text, background and cursor (red, green and
    /// blue), for answers. Initially those of xterm.js' default theme: white on
    /// black. What a program has changed stays changed.
    pub const fn set_theme(&mut self, foreground: [u8; 3], background: [u8; 3], cursor: [u8; 3]) {
        self.terminal.palette.set_theme([foreground, background, cursor]);
    }

    /// The client's terminal is another one from here on. What was drawn stays where
    /// it is: a character that takes fewer columns in the new client has a space
    /// beside it, and one that takes more is blank. Stops and modes that programs
    /// have set stay, and titles they have saved, if the client has any.
    pub fn set_client(&mut self, client: Client) {
        self.parser.follow(&client);
        self.terminal.adapt(client);
    }

    /// Sets how large a character is in the client, in pixels, for answers; 0 is
    /// unknown, and queries for pixels stay without an answer then.
    pub const fn set_cell_size(&mut self, width: u16, height: u16) {
        let known = width > 0 && height > 0;
        self.terminal.cell_size = if known { Some((width, height)) } else { None };
    }

    /// Sets how large a character is in the client to a fraction of a pixel, for
    /// images; 0 is unknown, and 7 by 14 is assumed then, as by the image add-on.
    pub fn set_exact_cell_size(&mut self, width: f64, height: f64) {
        let is_known = width > 0.0 && height > 0.0;
        self.terminal.exact_cell_size = is_known.then_some((width, height));
    }

    /// Whether the output so far ended outside of any sequence and character.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        self.parser.is_at_rest()
    }

    /// Line feeds after which nothing is left of what was printed before them, if
    /// only text and colours come with them: the first ones may only reach the bottom.
    #[must_use]
    pub fn lines_to_clear(&self) -> usize {
        let Terminal { rows, scrollback, active, .. } = &self.terminal;
        (rows - 1 - active.y) + rows + scrollback.max_rows()
    }

    /// Whether [`Screen::leap`] may be called now: the output is between two
    /// sequences, and new lines enter a normal buffer without margins.
    #[must_use]
    pub fn can_leap(&self) -> bool {
        self.is_at_rest() && self.terminal.can_leap()
    }

    /// Follows lines that nobody will see, several times faster than
    /// [`feed`](Self::feed): they are not drawn, only what they leave behind is
    /// worked out (attributes, column, how far the screen has scrolled).
    ///
    /// Three things must hold, or what the screen shows is wrong from then on:
    ///
    /// - [`can_leap`](Self::can_leap) returns `true`;
    /// - `lines` ends with a line feed and is plain: text, the controls below 0x20
    ///   but VT, FF, SO and SI, and `CSI … m` and `CSI … K` with no more than digits,
    ///   `:` and `;` as parameters;
    /// - what is fed next, before the screen is asked for anything or resized, is
    ///   plain as well and has at least [`lines_to_clear`](Self::lines_to_clear)
    ///   line feeds in it.
    ///
    /// ```
    /// use offheap_screen::{Screen, ScreenOptions};
    ///
    /// let options = ScreenOptions { scrollback_lines: 10, ..ScreenOptions::default() };
    /// let (mut drawn, mut leapt) = (Screen::new(&options), Screen::new(&options));
    /// let lines = b"\x1b[32mone of many\r\n".repeat(1000);
    /// drawn.feed(&lines);
    /// let seen = leapt.lines_to_clear() * (lines.len() / 1000);
    /// let (skipped, rest) = lines.split_at(lines.len() - seen);
    /// assert!(leapt.can_leap());
    /// leapt.leap(skipped);
    /// leapt.feed(rest);
    /// let (mut one, mut other) = (Vec::new(), Vec::new());
    /// drawn.snapshot(None, &mut one);
    /// leapt.snapshot(None, &mut other);
    /// assert_eq!(one, other);
    /// ```
    pub fn leap(&mut self, lines: &[u8]) {
        self.terminal.leap(lines);
    }

    /// Whether [`leap_counted`](Self::leap_counted) may take the place of
    /// [`leap`](Self::leap) now: a line begins at the left edge.
    #[must_use]
    pub const fn is_between_lines(&self) -> bool {
        self.terminal.is_between_lines()
    }

    /// Leaps over lines of which everything is known that matters: there are `feeds`
    /// of them, each of which ends with CR LF; they have so many controls, line feeds and
    /// the beginnings of sequences included; and they go on in another row `wraps` times
    /// if lines wrap at all. Where they have sequences,
    /// [`carry_attributes`](Self::carry_attributes) comes with it, in any order.
    pub fn leap_counted(&mut self, feeds: usize, controls: usize, wraps: usize) {
        self.terminal.leap_counted(feeds, controls, wraps);
    }

    /// Text is printed with the attributes from here on that plain lines end with.
    pub fn carry_attributes(&mut self, lines: &[u8]) {
        self.terminal.carry_pen(lines);
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
    ///
    /// The time that takes grows with the screen: see [`SnapshotWriter`] for large
    /// ones.
    ///
    /// [`SnapshotWriter`]: crate::SnapshotWriter
    pub fn snapshot(&self, scrollback_lines: Option<usize>, out: &mut Vec<u8>) {
        self.write_snapshot(&mut Progress::new(scrollback_lines), usize::MAX, out);
    }

    /// Appends bytes that turn a fresh terminal of the same size into one that
    /// becomes the same as this one by any further output that is plain and has at
    /// least [`lines_to_clear`](Self::lines_to_clear) line feeds in it: a snapshot
    /// without what such output pushes out of sight. To be called while
    /// [`can_leap`](Self::can_leap) returns `true`.
    pub fn head_start(&self, out: &mut Vec<u8>) {
        self.terminal.write_head_start(out);
        self.parser.write_unfinished(self.terminal.images.as_deref(), out);
    }

    /// Leaps over lines as [`leap`](Self::leap) does, and hardly looks at them: how many
    /// rows they take is not counted. That shows in one case alone: where xterm.js has
    /// as many lines as it keeps, and gets narrower without getting higher or lower, some
    /// lines come round to the end of its list, by how far that has turned.
    pub fn leap_uncounted(&mut self, lines: &[u8]) {
        self.terminal.leap_uncounted(lines);
    }

    /// Goes on with a snapshot until the output has about `most` bytes; `true` once
    /// it is complete. Nothing may have changed since it was begun.
    pub(super) fn write_snapshot(
        &self,
        progress: &mut Progress,
        most: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let complete = self.terminal.write_snapshot(progress, most, out);
        if complete {
            self.parser.write_unfinished(self.terminal.images.as_deref(), out);
        }
        complete
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
        let narrow = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
        (narrow(self.terminal.cols), narrow(self.terminal.rows))
    }

    /// The window title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.terminal.titles.window.current
    }

    /// The icon name.
    #[must_use]
    pub fn icon_name(&self) -> &str {
        &self.terminal.titles.icon.current
    }

    /// Whether pastes are to be put between brackets (mode 2004).
    #[must_use]
    pub const fn brackets_pastes(&self) -> bool {
        self.terminal.modes.has(Mode::BracketedPaste)
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
