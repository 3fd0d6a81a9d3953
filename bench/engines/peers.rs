//! The other engines, each as its own documentation drives it.

use std::num::NonZeroU16;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::term::{Config, Term, test::TermSize};
use alacritty_terminal::vte::ansi::Processor;

use crate::engine::{COLS, Engine, ROWS};

pub struct Alacritty {
    parser: Processor,
    term: Term<VoidListener>,
}

impl Engine for Alacritty {
    const NAME: &'static str = "alacritty_terminal";

    fn new(lines: usize) -> Self {
        let config = Config { scrolling_history: lines, ..Config::default() };
        let size = TermSize::new(COLS.into(), ROWS.into());
        Self { parser: Processor::new(), term: Term::new(config, &size, VoidListener) }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }
}

pub struct Vt100(vt100::Parser);

impl Engine for Vt100 {
    const NAME: &'static str = "vt100";

    fn new(lines: usize) -> Self {
        let size = |value| NonZeroU16::new(value).unwrap_or(NonZeroU16::MIN);
        Self(vt100::Parser::new(size(ROWS), size(COLS), lines))
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.0.process(bytes);
    }

    fn serialise(&self, _lines: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.0.screen().state_formatted().as_bytes());
        true
    }
}

/// Takes text, not bytes: those are decoded first, which is part of its costs.
pub struct Avt {
    terminal: avt::Terminal,
    /// A character that the last piece cut.
    torn: Vec<u8>,
}

impl Engine for Avt {
    const NAME: &'static str = "avt";

    fn new(lines: usize) -> Self {
        let terminal = avt::Terminal::with_scrollback(COLS.into(), ROWS.into(), Some(lines))
            .unwrap_or_else(|_| unreachable!("neither side is zero"));
        Self { terminal, torn: Vec::new() }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut all = std::mem::take(&mut self.torn);
        let bytes = if all.is_empty() {
            bytes
        } else {
            all.extend_from_slice(bytes);
            &all
        };
        // The streams are valid, so that only a cut character can be in the way.
        let end = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let (whole, torn) = bytes.split_at(end);
        self.terminal.feed(str::from_utf8(whole).unwrap_or_default());
        self.torn = torn.to_vec();
    }

    fn serialise(&self, _lines: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.terminal.dump().as_bytes());
        true
    }
}

#[cfg(feature = "rio")]
mod rio {
    use rio_vt::ansi::CursorShape;
    use rio_vt::crosswords::{Crosswords, CrosswordsSize};
    use rio_vt::event::{VoidListener, WindowId};
    use rio_vt::performer::handler::Processor;

    use crate::engine::{COLS, Engine, ROWS};

    pub struct Rio {
        parser: Processor,
        terminal: Crosswords<VoidListener>,
    }

    impl Engine for Rio {
        const NAME: &'static str = "rio-vt";

        fn new(lines: usize) -> Self {
            let size = CrosswordsSize::new(COLS.into(), ROWS.into());
            let window = WindowId::from(0);
            let terminal =
                Crosswords::new(size, CursorShape::Block, VoidListener, window, 0, lines);
            Self { parser: Processor::default(), terminal }
        }

        fn feed(&mut self, bytes: &[u8]) {
            self.parser.advance(&mut self.terminal, bytes);
        }
    }
}

#[cfg(feature = "rio")]
pub use rio::Rio;
