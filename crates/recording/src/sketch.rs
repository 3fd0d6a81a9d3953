//! The screen that keyframes come from, drawn when one is due: most of what a
//! flood prints is gone from the scrollback by then, and is never drawn.

use offheap_ring::text::plain::{PlainText, feed_from_end};
use offheap_screen::{Screen, ScreenOptions};

/// Plain output that waits, at most, in bytes.
const MAX_WAITING: usize = 256 * 1024;

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
        self.feeds += feeds;
        self.waiting.extend_from_slice(text);
        if self.waiting.len() >= MAX_WAITING {
            self.make_room();
        }
        true
    }

    /// The screen with everything drawn.
    pub(crate) fn screen(&mut self) -> &mut Screen {
        self.draw();
        &mut self.screen
    }

    /// Leaps over the lines that those after them push out of sight, which go on
    /// waiting. Where that gains little, everything is drawn.
    fn make_room(&mut self) {
        let skipped = self.leap();
        self.waiting.drain(..skipped);
        if self.waiting.len() > MAX_WAITING / 2 {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let skipped = self.leap();
        self.screen.feed(&self.waiting[skipped..]);
        self.waiting.clear();
        self.feeds = 0;
    }

    /// Returns how many of the bytes that wait need not be drawn any more.
    fn leap(&mut self) -> usize {
        let visible = self.screen.lines_to_clear();
        if self.feeds <= visible || !self.screen.can_leap() {
            return 0;
        }
        let Ok(last) = feed_from_end(&self.waiting, visible) else { return 0 };
        self.screen.leap(&self.waiting[..=last]);
        self.feeds = visible;
        last + 1
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_WAITING, Sketch};
    use offheap_screen::{Screen, ScreenOptions};
    use proptest::prelude::*;

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
                    sketch.screen().resize(cols, 5);
                    screen.resize(cols, 5);
                }
            }
            let (mut one, mut other) = (Vec::new(), Vec::new());
            sketch.screen().snapshot(None, &mut one);
            screen.snapshot(None, &mut other);
            prop_assert_eq!(one, other);
        }
    }
}
