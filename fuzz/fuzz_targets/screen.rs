//! The screen under any bytes, in any pieces, at any size: it never panics, its
//! memory is bounded, its pieces do not matter, one that leaps over lines is no
//! other than one that draws them, and what its snapshot makes is a screen whose
//! snapshot makes the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offheap_ring::text::plain::{PlainText, line_feeds};
use offheap_screen::{
    Client, ImageSupport, Screen, ScreenOptions, UnicodeVersion, XtermVersion,
};

/// What happens to a screen.
enum Step<'a> {
    Feed(&'a [u8]),
    /// The same again, so many times.
    Again(u8),
    Resize(u16, u16),
    Restore,
    DropScrollback,
}

/// Reads steps. The input is output of a program as it is, so that recordings
/// make a corpus; a byte that never occurs in UTF-8 introduces all other steps.
struct Steps<'a> {
    rest: &'a [u8],
}

const MARK: u8 = 0xff;

impl Steps<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        byte
    }

    /// Mostly small, where edges are near; now and then anything up to a large
    /// screen.
    fn size(&mut self) -> (u16, u16) {
        let most = match self.byte() {
            0..=1 => 1010,
            2..=9 => 200,
            10..=127 => 30,
            _ => 6,
        };
        let mut part = || u16::try_from(u32::from(self.byte()) * most / 255).unwrap_or(0);
        (part(), part())
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if *self.rest.first()? != MARK {
            let end = self.rest.iter().position(|&byte| byte == MARK).unwrap_or(self.rest.len());
            let (bytes, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(Step::Feed(bytes));
        }
        self.byte();
        Some(match self.byte() % 5 {
            0 => {
                let (cols, rows) = self.size();
                Step::Resize(cols, rows)
            }
            1 => Step::Restore,
            2 => Step::DropScrollback,
            3 => Step::Again(self.byte() / 4),
            _ => Step::Feed(&[MARK]),
        })
    }
}

/// Any terminal that a client may have; usually one as it comes.
fn client(bits: u8, is_plain: bool) -> Client {
    if is_plain {
        return Client::default();
    }
    let has = |bit: u8| bits >> bit & 1 != 0;
    Client {
        version: if has(0) { XtermVersion::V6_0 } else { XtermVersion::V6_1 },
        unicode: match bits >> 1 & 3 {
            0 => UnicodeVersion::V6,
            1 => UnicodeVersion::V11,
            _ => UnicodeVersion::V15Graphemes,
        },
        push_title: has(3),
        pop_title: has(3),
        scroll_on_erase: has(4),
        reflow_cursor_line: has(5),
        convert_eol: has(6),
        images: if has(3) { ImageSupport::ALL } else { ImageSupport::NONE },
        tab_stop_width: if has(7) { 8 } else { 3 },
    }
}

fn options(steps: &mut Steps) -> ScreenOptions {
    let (cols, rows) = steps.size();
    let limits = steps.byte();
    ScreenOptions {
        cols,
        rows,
        scrollback_lines: usize::from(limits >> 1),
        scrollback_bytes: 16 * 1024,
        client: client(steps.byte(), limits & 1 != 0),
    }
}

/// A screen that puts plain output off and leaps over what nobody will see of it.
struct Late {
    screen: Screen,
    text: PlainText,
    pending: Vec<u8>,
}

/// What is put off at most, in bytes.
const WINDOW: usize = 2000;

impl Late {
    fn new(options: &ScreenOptions) -> Self {
        let mut screen = Screen::new(options);
        screen.listen();
        Self { screen, text: PlainText::new(), pending: Vec::new() }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let is_open = self.pending.is_empty() && !self.screen.is_at_rest();
        if is_open || self.text.push(bytes).is_none() {
            self.screen().feed(bytes);
            return;
        }
        self.pending.extend_from_slice(bytes);
        if self.pending.len() > WINDOW && self.leap() == 0 {
            self.screen();
        }
    }

    /// Leaps as far as it may; returns over how many bytes.
    fn leap(&mut self) -> usize {
        let visible = self.screen.lines_to_clear();
        if line_feeds(&self.pending) <= visible || !self.screen.can_leap() {
            return 0;
        }
        let feeds = self.pending.iter().enumerate().rev().filter(|&(_, &byte)| byte == b'\n');
        let skipped = feeds.map(|(at, _)| at + 1).nth(visible).unwrap_or(0);
        self.screen.leap(&self.pending[..skipped]);
        self.pending.drain(..skipped);
        skipped
    }

    /// The screen, which has seen everything.
    fn screen(&mut self) -> &mut Screen {
        self.leap();
        self.screen.feed(&std::mem::take(&mut self.pending));
        self.text = PlainText::new();
        &mut self.screen
    }
}

fn snapshot(screen: &Screen) -> Vec<u8> {
    let mut bytes = Vec::new();
    screen.snapshot(None, &mut bytes);
    bytes
}

fn restored(screen: &Screen, options: &ScreenOptions) -> Screen {
    let (cols, rows) = screen.size();
    let mut copy = Screen::new(&ScreenOptions { cols, rows, ..*options });
    copy.feed(&snapshot(screen));
    copy
}

/// What a snapshot cannot say, such as half a wide character, is gone from the
/// first copy; from then on nothing may change.
fn check_restoring(screen: &Screen, options: &ScreenOptions) {
    let copy = restored(screen, options);
    let again = restored(&copy, options);
    assert_eq!(copy.title(), screen.title());
    assert_eq!(again.text(), copy.text());
}

fn check_memory(screen: &Screen) {
    let (cols, rows) = screen.size();
    let cells = usize::from(cols) * usize::from(rows);
    let held = screen.bytes_held();
    assert!(held < (2 << 20) + cells * 64, "{held} bytes for {cells} cells");
}

fuzz_target!(|data: &[u8]| {
    let mut steps = Steps { rest: data };
    let options = options(&mut steps);
    let (mut whole, mut pieces) = (Screen::new(&options), Screen::new(&options));
    let mut late = Late::new(&options);
    let mut last: &[u8] = &[];
    let mut answers = Vec::new();
    for step in steps {
        match step {
            Step::Feed(bytes) => {
                whole.feed_answering(bytes, &mut answers);
                bytes.chunks(1).for_each(|byte| pieces.feed(byte));
                late.feed(bytes);
                last = bytes;
            }
            Step::Again(times) => {
                for _ in 0..times {
                    whole.feed(last);
                    late.feed(last);
                }
                pieces.feed(&last.repeat(usize::from(times)));
            }
            Step::Resize(cols, rows) => {
                whole.resize(cols, rows);
                pieces.resize(cols, rows);
                late.screen().resize(cols, rows);
            }
            Step::Restore => {
                check_restoring(&whole, &options);
                assert!(snapshot(&whole) == snapshot(late.screen()), "leaping matters");
            }
            Step::DropScrollback => {
                whole.drop_scrollback();
                pieces.drop_scrollback();
                late.screen().drop_scrollback();
            }
        }
        check_memory(&whole);
    }
    assert!(snapshot(&whole) == snapshot(&pieces), "pieces matter");
    assert!(snapshot(&whole) == snapshot(late.screen()), "leaping matters");
    // How far the screen has turned shows when lines are laid out anew.
    let (cols, rows) = whole.size();
    whole.resize(cols / 2, rows);
    late.screen.resize(cols / 2, rows);
    assert!(snapshot(&whole) == snapshot(&late.screen), "leaping matters after a resize");
    check_restoring(&whole, &options);
});
