//! The screen beside the history: what a terminal that has read everything
//! would show, for a client that returns without knowing where it was.
//!
//! The screen follows late: see [`Backlog`].

use std::sync::Arc;

use super::backlog::{Backlog, Verdict};
use super::skim;
use crate::meter::{Gauge, Meter};
use offheap_ring::{Ring, Span};
use offheap_screen::{Screen, ScreenOptions};

/// Output between two looks at how much memory the screen takes.
const ACCOUNT_EVERY: usize = 32 * 1024;

/// A screen that is made with the first output, if one is wanted at all.
pub(super) struct Mirror {
    /// `None` when no screen is wanted: then this costs nothing.
    options: Option<ScreenOptions>,
    screen: Option<Box<Screen>>,
    backlog: Backlog,
    counted: usize,
    since: usize,
    meter: Arc<Meter>,
}

impl Mirror {
    pub(super) fn new(options: Option<ScreenOptions>, meter: Arc<Meter>) -> Self {
        Self {
            options,
            screen: None,
            backlog: Backlog::new(),
            counted: 0,
            since: ACCOUNT_EVERY,
            meter,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.options.is_some()
    }

    /// Takes output that is about to be written to the history. What it asks its
    /// terminal is answered at once; what asks nothing may wait.
    pub(super) fn output(&mut self, ring: &Ring, bytes: &[u8], answers: &mut Vec<u8>) {
        let Some(options) = self.options.as_ref().filter(|_| !bytes.is_empty()) else { return };
        let screen = self.screen.get_or_insert_with(|| Box::new(Screen::new(options)));
        let verdict = self.backlog.judge(screen, ring, bytes);
        if verdict == Verdict::Wait {
            return;
        }
        self.backlog.catch_up(screen, ring);
        match verdict {
            Verdict::TakePlain(feeds) => {
                let span = Span { start: ring.end(), head: bytes, tail: &[] };
                skim::skim(screen, &span, feeds);
            }
            _ => screen.feed_answering(bytes, answers),
        }
        self.backlog.caught_up(ring.end() + bytes.len() as u64);
        self.since += bytes.len();
        if self.since >= ACCOUNT_EVERY {
            self.account();
        }
    }

    /// Shows the screen what it has not seen yet.
    pub(super) fn catch_up(&mut self, ring: &Ring) {
        if let Some(screen) = &mut self.screen {
            self.backlog.catch_up(screen, ring);
        }
    }

    pub(super) fn resize(&mut self, cols: u16, rows: u16) {
        if let Some(options) = &mut self.options {
            (options.cols, options.rows) = (cols, rows);
        }
        if let Some(screen) = &mut self.screen {
            screen.resize(cols, rows);
            self.account();
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
        let Some(screen) = &self.screen else {
            // Nothing was printed yet: a fresh terminal is what it would show.
            return Some((Vec::new(), 0, (options.cols, options.rows)));
        };
        let mut bytes = Vec::new();
        screen.snapshot(lines, &mut bytes);
        Some((bytes, screen.unfinished_character(), screen.size()))
    }

    pub(super) fn text(&self) -> Option<String> {
        self.options.as_ref()?;
        Some(self.screen.as_ref().map_or_else(String::new, |screen| screen.text()))
    }

    pub(super) fn drop_scrollback(&mut self) {
        if let Some(screen) = &mut self.screen {
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
