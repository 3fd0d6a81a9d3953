//! The screen sees output late, but nobody can tell.

use super::*;
use offheap_screen::Screen;

pub(super) fn stream(history: usize, options: &ScreenOptions) -> Bench {
    let mut bench = Bench::new(history);
    bench.stream = Stream::new(history, Some(*options), Arc::clone(&bench.meter));
    bench
}

fn answers(bench: &mut Bench, bytes: &[u8]) -> Vec<u8> {
    let mut answers = Vec::new();
    bench.stream.append(bytes, &mut answers, bench.now);
    answers
}

#[test]
fn a_question_is_answered_once_and_at_once_whoever_is_there() {
    let mut bench = stream(64 * 1024, &ScreenOptions::default());
    assert_eq!(answers(&mut bench, b"\x1b[5n"), b"\x1b[0n");
    let key = bench.open(Origin::Start, Format::Bytes);
    assert_eq!(answers(&mut bench, b"\x1b[5n"), b"\x1b[0n");
    assert_eq!(answers(&mut bench, b"text"), b"");
    assert_eq!(answers(&mut bench, b"\x1b["), b"");
    assert_eq!(answers(&mut bench, b"6n"), b"\x1b[1;5R");
    bench.stream.close_viewer(key);
    assert_eq!(answers(&mut bench, b"more\x1b[6n"), b"\x1b[1;9R");
}

#[test]
fn without_a_screen_nobody_is_answered_here() {
    let mut bench = Bench::new(64 * 1024);
    assert_eq!(answers(&mut bench, b"\x1b[5n\x1b[c"), b"");
}

#[test]
fn the_memory_of_a_screen_is_what_it_holds_and_not_what_it_would() {
    let mut bench = stream(1 << 20, &ScreenOptions::default());
    bench.append(b"\x1b[1m first");
    bench.append(&b"a line of a log that waits\r\n".repeat(500));
    let late = bench.stream.memory();
    let text = bench.stream.mirror().text().expect("a screen");
    assert!(text.contains("waits"));
    assert!(bench.stream.memory() > late + 8 * 1024);
}

/// What happens to a session, in some order.
#[derive(Clone, Debug)]
enum Step {
    /// Lines that may wait, so many times, in pieces of so many bytes.
    Lines(Vec<u8>, usize, usize),
    Output(Vec<u8>),
    Open,
    Close,
    Resize(u16, u16),
    Look,
    Shrink(usize),
    DropScrollback,
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let text =
        prop_oneof![3 => "[ -~]{0,12}", 1 => "[ -~]{60,200}", 2 => "[漢é\u{301}한😀·x]{0,12}"];
    let sequence = prop::sample::select(vec![
        "",
        "",
        "\x1b[m",
        "\x1b[0m",
        "\x1b[1;32m",
        "\x1b[44;4:3m",
        "\x1b[K",
        "\t",
        "\x08",
        "\r",
    ]);
    let end = prop::sample::select(vec!["\r\n", "\r\n", "\r\n", "\n", ""]);
    (text, sequence, end)
        .prop_map(|(text, sequence, end)| [sequence, &text, end].concat().into_bytes())
}

/// What lines must not wait for, or what changes where they go.
fn other() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "\x1b[6n", "\x1b[c", "\x1b[?7l", "\x1b[?7h", "\x1b[?45h", "\x1b[?45l", "\x1b[?1049h",
            "\x1b[?1049l", "\x1b[2;3r", "\x1b[r", "\x1b[20h", "\x1b[20l", "\x1b[3J", "\x1b[H\x1b[2J",
            "\x1b]0;title\x07", "\x1b]8;;http://x\x07", "\x1b(0", "\x1b(B", "\x1bc", "\x1b[?25$p",
            "\x1b[3", "\x1b", "1m", "6n", "\u{9b}6n", "\u{301}", "\x1bP$qr\x1b\\",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => output(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let lines = proptest::collection::vec(line(), 1..10).prop_map(|lines| lines.concat());
    let lines = (
        lines,
        prop_oneof![1..40_usize, 40..800_usize],
        prop_oneof![1..200_usize, 200..9000_usize],
    );
    prop_oneof![
        10 => lines.prop_map(|(lines, times, piece)| Step::Lines(lines, times, piece)),
        5 => other().prop_map(Step::Output),
        1 => Just(Step::Open),
        1 => Just(Step::Close),
        2 => (1..120_u16, 1..50_u16).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        2 => Just(Step::Look),
        1 => (1..100_000_usize).prop_map(Step::Shrink),
        1 => Just(Step::DropScrollback),
    ]
}

/// A session, and a screen that sees everything at once.
struct Pair {
    late: Bench,
    eager: Screen,
    keys: Vec<ViewerKey>,
}

impl Pair {
    fn output(&mut self, bytes: &[u8]) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        self.eager.feed_answering(bytes, &mut expected);
        prop_assert_eq!(answers(&mut self.late, bytes), expected);
        Ok(())
    }

    fn look(&mut self) -> Result<(), TestCaseError> {
        let mut expected = Vec::new();
        self.eager.snapshot(None, &mut expected);
        let (bytes, ..) = self.late.stream.mirror().snapshot(None).expect("a screen");
        prop_assert_eq!(bytes, expected);
        prop_assert_eq!(self.late.stream.mirror().text(), Some(self.eager.text()));
        Ok(())
    }

    fn perform(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Lines(bytes, times, piece) => {
                for piece in bytes.repeat(times).chunks(piece) {
                    self.output(piece)?;
                }
            }
            Step::Output(bytes) => self.output(&bytes)?,
            Step::Open => self.keys.push(self.late.open(Origin::Now, Format::Bytes)),
            Step::Close => {
                if let Some(key) = self.keys.pop() {
                    self.late.stream.close_viewer(key);
                }
            }
            Step::Resize(cols, rows) => {
                self.late.stream.mirror().resize(cols, rows);
                self.eager.resize(cols, rows);
            }
            Step::Look => self.look()?,
            Step::Shrink(keep) => {
                self.late.stream.shrink(keep);
            }
            Step::DropScrollback => {
                self.late.stream.mirror().drop_scrollback();
                self.eager.drop_scrollback();
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn a_screen_that_follows_late_is_what_one_is_that_saw_everything_at_once(
        steps in proptest::collection::vec(step(), 1..16),
        (cols, rows) in prop::sample::select(vec![(80, 24), (10, 3), (1, 1), (20, 3)]),
        scrollback_lines in prop::sample::select(vec![0, 5, 100, 1000]),
        history in prop::sample::select(vec![4096, 20_000, 64 * 1024, 256 * 1024]),
    ) {
        let options = ScreenOptions { cols, rows, scrollback_lines, ..ScreenOptions::default() };
        let mut pair = Pair {
            late: stream(history, &options),
            eager: Screen::new(&options),
            keys: Vec::new(),
        };
        // The screen is made with the first output, at the size of then.
        pair.output(b" ")?;
        for step in steps.into_iter().chain([Step::Look, Step::Resize(7, 2), Step::Resize(90, 9), Step::Look]) {
            pair.perform(step)?;
        }
    }
}
