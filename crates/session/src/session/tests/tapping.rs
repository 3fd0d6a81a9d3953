//! All that passes a session passes its taps, in order.

use offheap_pty::{ExitStatus, PtySize, Sink};

use super::*;
use crate::session::tap::{Passage, Tap};

/// Writes down what passes.
struct Notes(Arc<parking_lot::Mutex<Vec<(String, u64)>>>);

impl Tap for Notes {
    fn pass(&mut self, passage: Passage<'_>, offset: u64, _at: Instant) {
        let note = match passage {
            Passage::Output(bytes) => format!("output {}", String::from_utf8_lossy(bytes)),
            Passage::Input(bytes) => format!("input {}", String::from_utf8_lossy(bytes)),
            Passage::Resize(size) => format!("resize {}x{}", size.cols, size.rows),
            Passage::Exit(status) => format!("exit {}", status.code),
        };
        self.0.lock().push((note, offset));
    }
}

#[test]
fn output_input_sizes_and_the_exit_pass_in_their_order() {
    let notes = Arc::default();
    let mut stream = Stream::new(4096, None, Meter::new(None));
    let now = Instant::now();
    stream.tap(Box::new(Notes(Arc::clone(&notes))));
    stream.append(b"$ ", &mut Vec::new(), now);
    stream.input(b"exit\r", now);
    stream.resize(PtySize::new(100, 40), now);
    stream.append(b"bye", &mut Vec::new(), now);
    stream.exit(ExitStatus { code: 3, signal: 0 }, now);
    stream.close();
    let expected = [
        ("output $ ", 0),
        ("input exit\r", 2),
        ("resize 100x40", 2),
        ("output bye", 2),
        ("exit 3", 5),
    ];
    let expected: Vec<_> = expected.map(|(note, offset)| (note.to_owned(), offset)).into();
    assert_eq!(*notes.lock(), expected);
    assert_eq!(Arc::strong_count(&notes), 1, "a closed session has let go of its taps");
}

#[test]
fn a_session_hands_its_sinks_news_to_its_taps() {
    let notes = Arc::default();
    let session = Session::new(4096, None, Meter::new(None));
    session.tap(Box::new(Notes(Arc::clone(&notes))));
    session.output(b"text");
    session.resize(PtySize::new(90, 30));
    session.exited(ExitStatus { code: 0, signal: 0 });
    session.exited(ExitStatus { code: 1, signal: 0 });
    let expected = [("output text", 0), ("resize 90x30", 4), ("exit 0", 4)];
    let expected: Vec<_> = expected.map(|(note, offset)| (note.to_owned(), offset)).into();
    assert_eq!(*notes.lock(), expected);
}
