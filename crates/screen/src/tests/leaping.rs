//! Lines that are leapt over leave the screen as if they had been drawn.

use super::super::{Screen, ScreenOptions, UnicodeVersion};
use super::{client, shown, snapshot};
use crate::charset::Charset;
use crate::width::width_of;
use proptest::collection::vec;
use proptest::prelude::*;

/// A screen that puts plain output off, as somebody who has the bytes may, and
/// draws no more of it than can be seen.
struct Late {
    options: ScreenOptions,
    screen: Screen,
    pending: Vec<u8>,
    leaps: usize,
}

impl Late {
    fn plain(&mut self, bytes: &[u8]) {
        if self.pending.is_empty() && !self.screen.is_at_rest() {
            self.screen.feed(bytes);
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }

    fn screen(&mut self) -> &mut Screen {
        let feeds = self.pending.iter().enumerate().filter(|&(_, &byte)| byte == b'\n');
        let last = feeds.map(|(at, _)| at + 1).rev().nth(self.screen.lines_to_clear());
        let mut pending = std::mem::take(&mut self.pending);
        if let Some(end) = last.filter(|_| self.screen.can_leap()) {
            self.screen.leap(&pending[..end]);
            pending.drain(..end);
            self.leaps += 1;
            let mut start = Vec::new();
            self.screen.head_start(&mut start);
            let mut started = self.fresh(&start);
            started.feed(&pending);
            self.screen.feed(&pending);
            // A snapshot cannot say all of a cursor that was saved below the screen.
            if shown(&started) != shown(&self.screen) {
                assert_eq!(shown(&started), shown(&self.fresh(&snapshot(&self.screen))));
            }
            return &mut self.screen;
        }
        self.screen.feed(&pending);
        &mut self.screen
    }

    /// Another screen of the size that this one has, which has been fed so much.
    fn fresh(&self, bytes: &[u8]) -> Screen {
        let (cols, rows) = self.screen.size();
        let mut screen = Screen::new(&ScreenOptions { cols, rows, ..self.options });
        screen.feed(bytes);
        screen
    }
}

#[derive(Clone, Debug)]
enum Step {
    Plain(Vec<u8>, usize),
    Other(Vec<u8>),
    Resize(u16, u16),
    Look,
    DropScrollback,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{0,12}",
        2 => "[ -~]{0,90}",
        2 => "[漢字é\u{301}\u{200d}한😀·±x]{0,14}",
        1 => "[x#\u{ad}\u{fe0f}\u{20e3}☁👩🚀🇩\u{200d}\u{600}\u{1112}\u{1161}\u{11ab}]{0,14}",
    ]
}

fn plain_line() -> impl Strategy<Value = Vec<u8>> {
    let codes = vec!["", "0", "1;31", "44", "7", "0;4:3", "38;5;9", "48;2;1;2;3", "58;5;3", "39"];
    let sequence = prop_oneof![
        5 => prop::sample::select(codes).prop_map(|codes| format!("\x1b[{codes}m")),
        1 => prop::sample::select(vec!["", "1", "2"]).prop_map(|how| format!("\x1b[{how}K")),
        1 => prop::sample::select(vec!["\t", "\x08", "\r", "\x07", "\0", "\x18"]).prop_map(str::to_owned),
        3 => Just(String::new()),
    ];
    let end = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\n\n", "\r", ""]);
    let bad = prop::sample::select(vec![
        b"".to_vec(),
        b"".to_vec(),
        b"\xe2\x82".to_vec(),
        b"\xff\xc3".to_vec(),
    ]);
    (vec((text(), sequence), 1..4), bad, end).prop_map(|(parts, bad, end)| {
        let parts: String = parts.into_iter().map(|(text, sequence)| text + &sequence).collect();
        [parts.as_bytes(), &bad, end.as_bytes()].concat()
    })
}

/// What plain lines may depend on, set or reset.
fn setting() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "\x1b[?7l", "\x1b[?7h", "\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[20l", "\x1b[?6h", "\x1b[?6l",
            "\x1b[?45h", "\x1b[?45l", "\x1b[?1049h", "\x1b[?1049l", "\x1b[2;3r", "\x1b[r", "\x1b[3g",
            "\x1b[5G\x1bH", "\x0e", "\x0f", "\x1b(0", "\x1b(B", "\x1b[1\"q", "\x1b[0\"q", "\x1b7", "\x1b8",
            "\x1b[3J", "\x1b[H", "\x1b[99H", "\x1b[2J", "\x1b]8;;http://x\x07", "\x1b]8;;\x07", "\x1b[9 A",
            "\x1b[3b", "\x1bc", "\x1b[!p",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => "\x1b\\]0;[a-z]{0,5}(\x07)?".prop_map(String::into_bytes),
        1 => prop::sample::select(vec!["\x1b[3", "\x1b", "1m", "漢"]).prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (vec(plain_line(), 1..12), 1..30_usize).prop_map(|(lines, times)| Step::Plain(lines.concat(), times)),
        4 => setting().prop_map(Step::Other),
        2 => (prop_oneof![2..12_u16, 2..60_u16], 1..9_u16).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        2 => Just(Step::Look),
        1 => Just(Step::DropScrollback),
    ]
}

fn hidden(screen: &Screen) -> String {
    let terminal = &screen.terminal;
    let active = &terminal.active;
    let mut budget = terminal.budget;
    let rows: Vec<_> = terminal.scrollback.newest(usize::MAX).collect();
    format!(
        "{:?} {:?} {:?} {:?} {} {} {:?}",
        (active.x, active.y, active.base, active.turned, active.top, active.bottom, active.saved),
        (terminal.join, terminal.in_run, terminal.pen, terminal.modes, terminal.charsets),
        (terminal.parked.saved, terminal.parked.base, terminal.parked.turned, terminal.alternate),
        rows,
        budget.take(usize::MAX, 1),
        terminal.tables.links.len(),
        screen.text(),
    )
}

fn check(steps: Vec<Step>, options: &ScreenOptions) -> Result<usize, TestCaseError> {
    let mut eager = Screen::new(options);
    let mut late =
        Late { options: *options, screen: Screen::new(options), pending: Vec::new(), leaps: 0 };
    for step in steps.into_iter().chain([
        Step::Look,
        Step::Resize(3, 2),
        Step::Look,
        Step::Resize(50, 9),
        Step::Look,
    ]) {
        match step {
            Step::Plain(bytes, times) => {
                let bytes = bytes.repeat(times);
                // In an unfinished sequence nothing is plain.
                let at_rest = eager.is_at_rest();
                eager.feed(&bytes);
                if at_rest {
                    late.plain(&bytes);
                } else {
                    late.screen().feed(&bytes);
                }
            }
            Step::Other(bytes) => {
                eager.feed(&bytes);
                late.screen().feed(&bytes);
            }
            Step::Resize(cols, rows) => {
                eager.resize(cols, rows);
                late.screen().resize(cols, rows);
            }
            Step::Look => {
                let screen = late.screen();
                prop_assert_eq!(snapshot(screen), snapshot(&eager));
                prop_assert_eq!(hidden(screen), hidden(&eager));
            }
            Step::DropScrollback => {
                eager.drop_scrollback();
                late.screen().drop_scrollback();
            }
        }
    }
    Ok(late.leaps)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leaping_and_drawing_come_to_the_same(
        steps in vec(step(), 1..16),
        (cols, rows) in prop::sample::select(vec![(1, 1), (10, 3), (20, 3), (80, 5), (7, 2), (40, 1)]),
        scrollback_lines in prop::sample::select(vec![0, 1, 3, 20, 100]),
        scrollback_bytes in prop::sample::select(vec![500, 100_000]),
        client in client(),
    ) {
        check(steps, &ScreenOptions { cols, rows, scrollback_lines, scrollback_bytes, client })?;
    }
}

/// A line, and how often it goes on in another row where there are so many columns.
fn measured_line(cols: usize) -> impl Strategy<Value = (String, usize)> {
    let codes =
        prop::sample::select(vec!["", "\x1b[1;31m", "\x1b[m", "\x1b[48;2;1;2;3m", "\x1b[K"]);
    let ascii = "[ -~]{0,70}".prop_map(move |text| {
        let wraps = text.len().saturating_sub(1) / cols;
        (text, wraps)
    });
    let narrow = prop_oneof!["[漢é😀x]{0,10}", "[─┼█]{0,20}"].prop_map(|text| (text, 0));
    (codes, prop_oneof![ascii, narrow])
        .prop_map(|(codes, (text, wraps))| (format!("{codes}{text}\r\n"), wraps))
}

proptest! {
    #[test]
    fn lines_of_known_width_leave_the_same_behind(
        settings in vec(setting(), 0..3),
        begun in "[a-z]{0,3}\r",
        lines in vec(measured_line(20), 1..60),
        client in client(),
    ) {
        let options = ScreenOptions { cols: 20, rows: 3, scrollback_lines: 9, client, ..ScreenOptions::default() };
        let before = [settings.concat(), begun.into_bytes()].concat();
        let [mut glanced, mut walked] = [(); 2].map(|()| {
            let mut screen = Screen::new(&options);
            screen.feed(&before);
            screen
        });
        prop_assume!(walked.can_leap() && walked.is_between_lines());
        let text: String = lines.iter().map(|(line, _)| line.as_str()).collect();
        let controls = text.bytes().filter(|&byte| byte < 0x20).count();
        glanced.leap_counted(lines.len(), controls, lines.iter().map(|(_, wraps)| wraps).sum());
        glanced.carry_attributes(text.as_bytes());
        walked.leap(text.as_bytes());
        for screen in [&mut glanced, &mut walked] {
            screen.feed(&b"in sight\r\n".repeat(screen.lines_to_clear()));
        }
        prop_assert_eq!(snapshot(&glanced), snapshot(&walked));
        prop_assert_eq!(hidden(&glanced), hidden(&walked));
    }
}

/// Each of these is why there is a condition, or why something is carried along.
#[test]
fn what_a_leap_must_heed_is_heeded() {
    let lines = |text: &str, count: usize| Step::Plain(text.as_bytes().to_vec(), count);
    let other = |text: &str| Step::Other(text.as_bytes().to_vec());
    for before in [
        "\x1b]0;t",
        "\x1b[?1049h",
        "\x1b[1;2r",
        "\x1b[?45hxxxxxxxxxxxx\x08\x08",
        "\x1b[?7l",
        "\x1b[20h",
    ] {
        let steps = vec![other(before), lines("x\r\ny\r\n", 12), lines("1\r\n", 9), Step::Look];
        let options =
            ScreenOptions { cols: 10, rows: 3, scrollback_lines: 2, ..ScreenOptions::default() };
        check(steps, &options).expect("a leap came to something else");
    }
    // Lines that begin at the top do not push out of sight what is below them.
    let steps = vec![lines("below\r\n", 5), other("\x1b[H"), lines("\r\n", 8), Step::Look];
    let options =
        ScreenOptions { cols: 20, rows: 6, scrollback_lines: 0, ..ScreenOptions::default() };
    check(steps, &options).expect("a leap came to something else");
    // How often the screen has turned, wraps included, shows when it gets narrower.
    let steps = vec![
        lines("\r\n", 6),
        lines("s\r\n", 3),
        lines("\r\n", 1),
        lines("zzzzzzzzzzzzzzzzzz\r\n", 1),
        lines("zzzzzzzzzzzzzzzzz\r\n", 1),
        Step::Resize(4, 3),
        Step::Look,
    ];
    let options =
        ScreenOptions { cols: 20, rows: 3, scrollback_lines: 1, ..ScreenOptions::default() };
    assert!(check(steps, &options).expect("a leap came to something else") > 0);
}

/// Hops over lines rest on it.
#[test]
fn no_character_is_wider_than_its_bytes_allow() {
    for unicode in [UnicodeVersion::V6, UnicodeVersion::V11, UnicodeVersion::V15Graphemes] {
        assert!((0x80..0x800).all(|code| width_of(code, unicode) < 2), "two columns in two bytes");
        assert!((0x2500..0x25c0).all(|code| width_of(code, unicode) < 2), "a wide box");
        for set in (b'0'..=b'~').filter_map(Charset::designated) {
            assert!((0x20..0x7f).all(|code| width_of(set.map(code), unicode) == 1));
        }
    }
}

proptest! {
    #[test]
    fn lines_that_nobody_counts_leave_the_same_to_be_seen(
        fed in prop::sample::select(vec![0, 30_000]),
        begun in "[a-z]{0,50}\x1b\\[[1-3]H[a-z]{0,3}",
        lines in vec(prop::sample::select(vec![
            "short\r\n", "\x1b[1;31mfar too long to be in one row\r\n", "漢字\x1b[m\r\n", "\n", "\t\r\n", "a\rb\r\n", "\x1b[44m\x1b[K\r\n",
        ]), 1..60),
    ) {
        let options = ScreenOptions { cols: 20, rows: 3, scrollback_lines: 9, ..ScreenOptions::default() };
        let before = ["\r\n".repeat(fed), begun].concat();
        let [mut uncounted, mut drawn] = [(); 2].map(|()| {
            let mut screen = Screen::new(&options);
            screen.feed(before.as_bytes());
            screen
        });
        let text = lines.concat();
        uncounted.leap_uncounted(text.as_bytes());
        drawn.feed(text.as_bytes());
        for screen in [&mut uncounted, &mut drawn] {
            screen.feed(&b"in sight\r\n".repeat(screen.lines_to_clear()));
        }
        prop_assert_eq!(snapshot(&uncounted), snapshot(&drawn));
    }
}
