//! The screen that keyframes come from, drawn when one is due: most of what a
//! flood prints is gone from the scrollback by then, and is never drawn.

use memchr::memchr;
use offheap_ring::text::plain::{PlainText, feed_from_end};
use offheap_screen::{Screen, ScreenOptions};

use crate::keyframes;

/// Plain output that waits, at most, in bytes.
const MAX_WAITING: usize = 256 * 1024;
/// The most bytes of plain lines that a keyframe ends with as they were printed. A
/// screen of longer lines is drawn: it takes less room.
const MAX_LINES: usize = 64 * 1024;

/// A screen, and plain output that it was not shown yet.
pub(crate) struct Sketch {
    screen: Screen,
    plain: PlainText,
    waiting: Vec<u8>,
    /// The line feeds in it.
    feeds: usize,
}

impl Sketch {
    pub(crate) fn new(options: &ScreenOptions) -> Self {
        let screen = Screen::new(options);
        Self { screen, plain: PlainText::new(), waiting: Vec::new(), feeds: 0 }
    }

    /// Takes output: plain text may wait, anything else is drawn, and what waits
    /// before it. Returns whether it is plain.
    pub(crate) fn show(&mut self, text: &[u8]) -> bool {
        let feeds = self.plain.push(text).map(|piece| piece.feeds);
        self.take(text, feeds)
    }

    /// The same for output of which is known that it is plain, with so many line
    /// feeds, and ends outside of a sequence; or that it is not.
    pub(crate) fn show_judged(&mut self, text: &[u8], feeds: Option<usize>) -> bool {
        if self.plain.is_whole() { self.take(text, feeds) } else { self.show(text) }
    }

    fn take(&mut self, text: &[u8], feeds: Option<usize>) -> bool {
        let Some(feeds) = feeds else {
            self.draw();
            self.screen.feed(text);
            self.plain = PlainText::new();
            return false;
        };
        let visible = self.screen.lines_to_clear();
        if feeds > visible
            && self.screen.can_leap()
            && let Ok(last) = feed_from_end(text, visible)
        {
            self.leap_into(text, last);
            self.feeds = visible;
            return true;
        }
        self.feeds += feeds;
        self.waiting.extend_from_slice(text);
        if self.waiting.len() >= MAX_WAITING {
            self.leap();
            // Where that gains little, everything is drawn.
            if self.waiting.len() > MAX_WAITING / 2 {
                self.draw();
            }
        }
        true
    }

    /// The screen with everything drawn.
    pub(crate) fn screen(&mut self) -> &mut Screen {
        self.draw();
        &mut self.screen
    }

    /// Appends bytes that bring a fresh terminal to here. Where plain lines have
    /// pushed out of sight what came before, these are the lines, which nobody has to
    /// draw.
    pub(crate) fn keyframe(&mut self, out: &mut Vec<u8>) {
        self.leap();
        let is_filled = self.feeds >= self.screen.lines_to_clear() && self.screen.can_leap();
        if is_filled && self.waiting.len() <= MAX_LINES {
            self.screen.head_start(out);
            out.extend_from_slice(&self.waiting);
        } else {
            self.screen().snapshot(Some(keyframes::SCROLLBACK), out);
        }
    }

    fn draw(&mut self) {
        self.leap();
        self.screen.feed(&self.waiting);
        self.waiting.clear();
        self.feeds = 0;
    }

    /// Leaps over the lines that those after them push out of sight, which go on
    /// waiting.
    fn leap(&mut self) {
        let visible = self.screen.lines_to_clear();
        if self.feeds <= visible || !self.screen.can_leap() {
            return;
        }
        if let Ok(last) = feed_from_end(&self.waiting, visible) {
            self.screen.leap_uncounted(&self.waiting[..=last]);
            self.waiting.drain(..=last);
            self.feeds = visible;
        }
    }

    /// Leaps over all that waits and into text, up to its line feed at `last`.
    fn leap_into(&mut self, text: &[u8], last: usize) {
        // The line that lies in both is put together.
        let first = memchr(b'\n', text).map_or(0, |at| at + 1);
        let (begun, others) = text[..=last].split_at(first);
        self.waiting.extend_from_slice(begun);
        self.screen.leap_uncounted(&self.waiting);
        if !others.is_empty() {
            self.screen.leap_uncounted(others);
        }
        self.waiting.clear();
        self.waiting.extend_from_slice(&text[last + 1..]);
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_WAITING, Sketch};
    use offheap_screen::{Screen, ScreenOptions};
    use proptest::prelude::*;

    fn snapshot(screen: &Screen) -> Vec<u8> {
        let mut bytes = Vec::new();
        screen.snapshot(None, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn it_is_the_screen_that_everything_was_drawn_on(
            pieces in prop::collection::vec((
                prop::sample::select(vec![
                    "plain\r\n", "\u{1b}[31mred\r\n", "\u{1b}[", "2Jx", "1m", "\t漢字", "\u{1b}[?1049h",
                    "\u{1b}[?1049l", "\u{1b}[2;5r", "\u{1b}[r", "\u{1b}]0;t\u{7}", "\n\n", "\u{1b}[5;5H",
                ]),
                0_usize..60,
                prop::option::weighted(0.1, 5_u16..40),
                prop::option::weighted(0.1, prop::sample::select(vec!["many plain lines\r\n", "\u{1b}[35mlong \r\n", "x"])),
            ), 0..24),
        ) {
            let options = ScreenOptions { cols: 20, rows: 5, scrollback_lines: 10, ..ScreenOptions::default() };
            let (mut sketch, mut screen) = (Sketch::new(&options), Screen::new(&options));
            let mut rows = 5;
            for (piece, count, cols, flood) in pieces {
                let text = piece.repeat(count);
                if let Some(line) = flood {
                    // More than may wait, in parts of another length.
                    let lines = line.repeat(MAX_WAITING * 5 / 4 / line.len());
                    for part in lines.as_bytes().chunks(60_001) {
                        sketch.show(part);
                    }
                    screen.feed(lines.as_bytes());
                }
                sketch.show(text.as_bytes());
                screen.feed(text.as_bytes());
                if let Some(cols) = cols {
                    // Of as many rows, a narrower one depends on what a leap does not count.
                    rows = 11 - rows;
                    sketch.screen().resize(cols, rows);
                    screen.resize(cols, rows);
                }
            }
            let mut keyframe = Vec::new();
            sketch.keyframe(&mut keyframe);
            let exact = snapshot(&screen);
            prop_assert_eq!(snapshot(sketch.screen()), exact.clone());
            let [from_keyframe, from_snapshot] = [keyframe, exact].map(|bytes| {
                let (cols, rows) = screen.size();
                let mut fresh = Screen::new(&ScreenOptions { cols, rows, ..options });
                fresh.feed(&bytes);
                snapshot(&fresh)
            });
            prop_assert_eq!(from_keyframe, from_snapshot);
        }
    }
}
