//! The screen beside the history: what a terminal that has read everything
//! would show, for a client that returns without knowing where it was.
//!
//! The screen follows late: see [`Backlog`].

use std::sync::Arc;
use std::time::Instant;

use super::backlog::{Backlog, Verdict, to_change};
use super::making::Making;
use super::shell::Shell;
use super::skim;
use crate::meter::{Gauge, Meter};
use offheap_ring::{Ring, Span};
use offheap_screen::{Client, Screen, ScreenOptions};

/// Output between two looks at how much memory the screen takes.
const ACCOUNT_EVERY: usize = 32 * 1024;

/// The client's colours of text, background and cursor: red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The colour of text.
    pub foreground: [u8; 3],
    /// The colour behind it.
    pub background: [u8; 3],
    /// The colour of the cursor.
    pub cursor: [u8; 3],
}

impl Default for Theme {
    /// The default theme of xterm.js: white on black.
    fn default() -> Self {
        Self { foreground: [0xff; 3], background: [0; 3], cursor: [0xff; 3] }
    }
}

/// A screen that is made once it has something to show, if one is wanted at all.
pub(super) struct Mirror {
    /// `None` when no screen is wanted: then this costs nothing.
    options: Option<ScreenOptions>,
    /// The terminal of clients that say nothing of theirs.
    own: Client,
    /// Shared with the snapshots that are being made of it: while there are any, a
    /// change makes a copy first.
    screen: Option<Arc<Screen>>,
    /// Whether its size was ever set, so that another one is a change.
    is_sized: bool,
    backlog: Backlog,
    /// What programs say of themselves in the output.
    pub(super) shell: Shell,
    theme: Theme,
    /// The size of a character in pixels, 0 when unknown.
    cell: (u16, u16),
    /// The same to a fraction of one.
    exact_cell: (f64, f64),
    counted: usize,
    since: usize,
    meter: Arc<Meter>,
}

impl Mirror {
    pub(super) fn new(options: Option<ScreenOptions>, meter: Arc<Meter>) -> Self {
        Self {
            own: options.as_ref().map(|options| options.client).unwrap_or_default(),
            options,
            screen: None,
            is_sized: false,
            backlog: Backlog::new(),
            shell: Shell::new(),
            theme: Theme::default(),
            cell: (0, 0),
            exact_cell: (0.0, 0.0),
            counted: 0,
            since: ACCOUNT_EVERY,
            meter,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.options.is_some()
    }

    /// Takes output whose first byte has the offset `at`, and which is about to be
    /// written to the history or stands there already. What it asks its terminal is
    /// answered at once, and so is heard what it says beside the text; what is plain
    /// may wait.
    pub(super) fn output(
        &mut self,
        ring: &Ring,
        at: u64,
        bytes: &[u8],
        answers: &mut Vec<u8>,
        now: Instant,
    ) {
        if bytes.is_empty() {
            return;
        }
        self.make();
        let Some(screen) = &mut self.screen else { return };
        let verdict = self.backlog.judge(screen, ring, at, bytes);
        if verdict == Verdict::Wait {
            return;
        }
        self.backlog.catch_up(screen, ring, at);
        if let Verdict::TakePlain(feeds) = verdict {
            let span = Span { start: at, head: bytes, tail: &[] };
            skim::skim(to_change(screen), &span, feeds);
        } else {
            let screen = to_change(screen);
            screen.feed_answering(bytes, answers);
            self.shell.hear(screen, at, now);
        }
        self.backlog.caught_up(at + bytes.len() as u64);
        self.since += bytes.len();
        if self.since >= ACCOUNT_EVERY {
            self.account();
        }
    }

    /// Whether it is known of all output from one offset to another that it is plain.
    pub(super) const fn is_plain(&self, from: u64, to: u64) -> bool {
        self.backlog.is_plain(from, to)
    }

    /// Shows the screen what it has not seen yet.
    pub(super) fn catch_up(&mut self, ring: &Ring) {
        if let Some(screen) = &mut self.screen {
            self.backlog.catch_up(screen, ring, ring.end());
        }
    }

    /// Shows the screen what waits, or leaps over it, unless so much more can be
    /// written to the history without losing any of it.
    pub(super) fn make_room(&mut self, ring: &Ring, bytes: usize) {
        if self.backlog.has_room(ring, bytes) {
            return;
        }
        if let Some(screen) = &mut self.screen {
            self.backlog.leap(screen, ring);
        }
        if !self.backlog.has_room(ring, bytes) {
            self.catch_up(ring);
        }
    }

    /// Draws what a session had printed before this process had it; nobody waits
    /// for answers to that any more.
    pub(super) fn draw(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.make();
        if let Some(screen) = self.screen_mut() {
            screen.feed(bytes);
        }
    }

    /// The same for output whose first byte has the offset `at`.
    pub(super) fn draw_output(&mut self, bytes: &[u8], at: u64) {
        self.draw(bytes);
        if let Some(screen) = &mut self.screen {
            self.shell.hear_again(to_change(screen), at, Instant::now());
        }
    }

    /// Everything up to an offset has been drawn.
    pub(super) fn drawn(&mut self, to: u64) {
        self.backlog.caught_up(to);
        if let Some(screen) = &self.screen {
            self.shell.see_titles(screen);
        }
        self.account();
    }

    /// Makes the screen, unless there is one or none is wanted.
    fn make(&mut self) {
        let Some(options) = self.options.as_ref().filter(|_| self.screen.is_none()) else { return };
        let mut screen = Screen::new(options);
        screen.listen();
        self.screen = Some(Arc::new(screen));
        self.dress();
    }

    /// The screen, to change it.
    fn screen_mut(&mut self) -> Option<&mut Screen> {
        self.screen.as_mut().map(to_change)
    }

    /// Sets the size that the terminal begins with.
    pub(super) fn begin(&mut self, cols: u16, rows: u16) {
        self.is_sized = false;
        self.resize(cols, rows);
    }

    /// Resizes the screen. One that has shown nothing yet is made for it, unless
    /// this is its first size: what it was once is a part of what it is.
    pub(super) fn resize(&mut self, cols: u16, rows: u16) {
        let Some(options) = &mut self.options else { return };
        let is_change = std::mem::replace(&mut self.is_sized, true)
            && (options.cols, options.rows) != (cols, rows);
        if self.screen.is_none() && !is_change {
            (options.cols, options.rows) = (cols, rows);
            return;
        }
        self.make();
        if let Some(screen) = self.screen_mut() {
            screen.resize(cols, rows);
            self.account();
        }
    }

    /// The terminal of clients that say nothing of theirs.
    pub(super) const fn own_client(&self) -> Client {
        self.own
    }

    /// The terminal that the screen follows.
    pub(super) fn client(&self) -> Client {
        self.options.as_ref().map_or(self.own, |options| options.client)
    }

    /// Says what the terminal of the clients is from here on; `false` where that
    /// changes nothing.
    pub(super) fn set_client(&mut self, client: Client) -> bool {
        let Some(options) = &mut self.options else { return false };
        if std::mem::replace(&mut options.client, client) == client {
            return false;
        }
        if let Some(screen) = self.screen_mut() {
            screen.set_client(client);
            self.account();
        }
        true
    }

    /// Sets the client's colours, for answers.
    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        self.dress();
    }

    /// Sets the size of a character in pixels, for answers, and to a fraction of one,
    /// for images.
    pub(super) fn set_cell_size(&mut self, width: u16, height: u16, exact: (f64, f64)) {
        self.cell = (width, height);
        self.exact_cell = exact;
        self.dress();
    }

    fn dress(&mut self) {
        let Theme { foreground, background, cursor } = self.theme;
        let (cell, exact) = (self.cell, self.exact_cell);
        if let Some(screen) = self.screen_mut() {
            screen.set_theme(foreground, background, cursor);
            screen.set_cell_size(cell.0, cell.1);
            screen.set_exact_cell_size(exact.0, exact.1);
        }
    }

    /// The snapshot, the bytes at its end that are an unfinished character, and
    /// the size it is for. `None` when no screen is kept.
    pub(super) fn snapshot(
        &mut self,
        lines: Option<usize>,
    ) -> Option<(Vec<u8>, usize, (u16, u16))> {
        self.account();
        let options = self.options.as_ref()?;
        let mut bytes = Vec::new();
        match &self.screen {
            Some(screen) => {
                screen.snapshot(lines, &mut bytes);
                Some((bytes, screen.unfinished_character(), screen.size()))
            }
            // Nothing was printed yet: a fresh terminal is what it would show.
            None => Some((bytes, 0, (options.cols, options.rows))),
        }
    }

    /// Bytes that make a fresh terminal of that size become what it has to be at an
    /// earlier offset, so that the output since makes the screen of it. They are few,
    /// and nothing is drawn for them. `None` where all that waits leaves something of
    /// the screen as it is.
    pub(super) fn head_start(&mut self, ring: &Ring) -> Option<(u64, Vec<u8>, (u16, u16))> {
        let screen = self.screen.as_mut()?;
        let offset = self.backlog.leap(screen, ring)?;
        let mut bytes = Vec::new();
        screen.head_start(&mut bytes);
        Some((offset, bytes, screen.size()))
    }

    /// The same to be made in pieces, of a screen that has seen everything up to `end`.
    pub(super) fn begin_snapshot(&mut self, lines: Option<usize>, end: u64) -> Option<Making> {
        self.account();
        let options = self.options.as_ref()?;
        Some(match &self.screen {
            Some(screen) => Making::of(screen, lines, end, self.counted),
            None => Making::blank(end, (options.cols, options.rows)),
        })
    }

    pub(super) fn text(&self) -> Option<String> {
        let options = self.options.as_ref()?;
        let blank = || "\n".repeat(usize::from(options.rows).saturating_sub(1));
        Some(self.screen.as_ref().map_or_else(blank, |screen| screen.text()))
    }

    /// Whether pastes are to be put between brackets.
    pub(super) fn brackets_pastes(&self) -> bool {
        self.screen.as_ref().is_some_and(|screen| screen.brackets_pastes())
    }

    /// The most lines of scrollback that the screen may have.
    pub(super) fn scrollback_lines(&self) -> usize {
        self.options.as_ref().map_or(0, |options| options.scrollback_lines)
    }

    pub(super) fn drop_scrollback(&mut self) {
        if let Some(screen) = self.screen_mut() {
            screen.drop_scrollback();
            self.account();
        }
    }

    /// Memory that the screen occupies, in bytes. It does not catch up for that.
    pub(super) fn memory(&mut self) -> usize {
        self.account();
        self.counted
    }

    pub(super) fn close(&mut self) {
        self.screen = None;
        self.options = None;
        self.account();
    }

    fn account(&mut self) {
        self.since = 0;
        let held = self.screen.as_ref().map_or(0, |screen| screen.bytes_held());
        let before = std::mem::replace(&mut self.counted, held);
        self.meter.add(Gauge::Screen, held.cast_signed() as i64 - before.cast_signed() as i64);
    }
}
