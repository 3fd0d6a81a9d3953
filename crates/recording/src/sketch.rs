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
    /// before it.
    pub(crate) fn show(&mut self, text: &[u8]) {
        if let Some(piece) = self.plain.push(text) {
            self.feeds += piece.feeds;
            self.waiting.extend_from_slice(text);
            if self.waiting.len() >= MAX_WAITING {
                self.draw();
            }
        } else {
            self.draw();
            self.screen.feed(text);
            self.plain = PlainText::new();
        }
    }

    /// The screen with everything drawn.
    pub(crate) fn screen(&mut self) -> &mut Screen {
        self.draw();
        &mut self.screen
    }

    fn draw(&mut self) {
        let visible = self.screen.lines_to_clear();
        let mut rest = self.waiting.as_slice();
        if std::mem::take(&mut self.feeds) > visible && self.screen.can_leap() {
            let last = feed_from_end(rest, visible);
            let (skipped, shown) = rest.split_at(last.map_or(0, |at| at + 1));
            self.screen.leap(skipped);
            rest = shown;
        }
        self.screen.feed(rest);
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Sketch;
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
            ), 0..24),
        ) {
            let options = ScreenOptions { cols: 20, rows: 5, scrollback_lines: 10, ..ScreenOptions::default() };
            let (mut sketch, mut screen) = (Sketch::new(&options), Screen::new(&options));
            for (piece, count, cols) in pieces {
                let text = piece.repeat(count);
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
