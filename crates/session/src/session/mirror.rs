//! The screen beside the history: what a terminal that has read everything
//! would show, for who comes back without knowing where it was.

use std::sync::Arc;

use crate::meter::{Gauge, Meter};
use offheap_screen::{Screen, ScreenOptions};

/// Output between two looks at how much memory the screen takes.
const ACCOUNT_EVERY: usize = 32 * 1024;

/// A screen that is made with the first output, if one is wanted at all.
pub(super) struct Mirror {
    /// `None` when no screen is wanted: then this costs nothing.
    options: Option<ScreenOptions>,
    screen: Option<Box<Screen>>,
    counted: usize,
    since: usize,
    meter: Arc<Meter>,
}

impl Mirror {
    pub(super) fn new(options: Option<ScreenOptions>, meter: Arc<Meter>) -> Self {
        Self { options, screen: None, counted: 0, since: ACCOUNT_EVERY, meter }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.options.is_some()
    }

    /// Takes output. With `answers`, questions in it are answered there, as the
    /// terminal of a viewer would if one were attached.
    pub(super) fn feed(&mut self, bytes: &[u8], answers: Option<&mut Vec<u8>>) {
        let Some(options) = self.options.as_ref().filter(|_| !bytes.is_empty()) else { return };
        let screen = self.screen.get_or_insert_with(|| Box::new(Screen::new(options)));
        match answers {
            Some(answers) => screen.feed_answering(bytes, answers),
            None => screen.feed(bytes),
        }
        self.since += bytes.len();
        if self.since >= ACCOUNT_EVERY {
            self.account();
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

    /// The most lines of scrollback that the screen may have.
    pub(super) fn scrollback_lines(&self) -> usize {
        self.options.as_ref().map_or(0, |options| options.scrollback_lines)
    }

    pub(super) fn drop_scrollback(&mut self) {
        if let Some(screen) = &mut self.screen {
            screen.drop_scrollback();
            self.account();
        }
    }

    /// Memory that the screen occupies, in bytes.
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
