//! The screen may see output late, but nobody can tell.

use super::*;
use offheap_screen::{Screen, ScreenOptions};

const HISTORY: usize = 64 * 1024;

fn stream() -> Bench {
    let mut bench = Bench::new(HISTORY);
    bench.stream = Stream::new(HISTORY, Some(ScreenOptions::default()), Arc::clone(&bench.meter));
    bench
}

fn answers(bench: &mut Bench, bytes: &[u8]) -> Vec<u8> {
    let mut answers = Vec::new();
    bench.stream.append(bytes, &mut answers, bench.now);
    answers
}

#[test]
fn a_question_is_answered_once_by_whoever_was_there() {
    let mut bench = stream();
    assert_eq!(answers(&mut bench, b"\x1b[5n"), b"\x1b[0n");
    let key = bench.open(Origin::Start, Format::Bytes);
    assert_eq!(answers(&mut bench, b"\x1b[5n"), b"", "the viewer answers");
    bench.stream.close_viewer(key);
    assert_eq!(answers(&mut bench, b"text"), b"", "what the viewer was asked is past");
    assert_eq!(answers(&mut bench, b"\x1b[5n"), b"\x1b[0n");
}

/// What happens to a session, in some order.
#[derive(Clone, Debug)]
enum Step {
    Output(Vec<u8>, usize),
    Open,
    Close,
    Resize(u16, u16),
    Look,
    Shrink(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (output(), 1..400_usize).prop_map(|(bytes, times)| Step::Output(bytes, times)),
        2 => Just(Step::Open),
        1 => Just(Step::Close),
        1 => (2..120_u16, 1..50_u16).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        1 => Just(Step::Look),
        1 => (1..HISTORY).prop_map(Step::Shrink),
    ]
}

proptest! {
    #[test]
    fn the_screen_is_what_one_would_be_that_saw_everything_at_once(
        steps in proptest::collection::vec(step(), 1..30),
    ) {
        let mut bench = stream();
        let mut expected = Screen::new(&ScreenOptions::default());
        let mut keys = Vec::new();
        let look = |bench: &mut Bench, expected: &Screen| {
            let mut snapshot = Vec::new();
            expected.snapshot(None, &mut snapshot);
            let (bytes, ..) = bench.stream.mirror().snapshot(None).expect("a screen");
            prop_assert_eq!(bytes, snapshot);
            Ok(())
        };
        // The screen is made with the first output, at the size of then.
        bench.append(b" ");
        expected.feed(b" ");
        for step in steps {
            match step {
                Step::Output(bytes, times) => {
                    let bytes = bytes.repeat(times);
                    bench.append(&bytes);
                    expected.feed(&bytes);
                }
                Step::Open => keys.push(bench.open(Origin::Now, Format::Bytes)),
                Step::Close => {
                    if let Some(key) = keys.pop() {
                        bench.stream.close_viewer(key);
                    }
                }
                Step::Resize(cols, rows) => {
                    bench.stream.mirror().resize(cols, rows);
                    expected.resize(cols, rows);
                }
                Step::Look => look(&mut bench, &expected)?,
                Step::Shrink(keep) => {
                    bench.stream.shrink(keep);
                }
            }
        }
        look(&mut bench, &expected)?;
    }
}
