//! A session in a journal is the same as one that is not, and the same again
//! when another process restores it.

use std::path::PathBuf;

use offheap_journal::{Directory, Identity, Life, Sizes};
use offheap_pty::{ExitStatus, PtySize, Sink};
use offheap_screen::{Client, ScreenOptions, UnicodeVersion};

use super::*;
use crate::session::{checkpoint_size, shape};

const HISTORY: usize = 64 * 1024;

/// A directory that goes with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("offheap-session-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn open(&self) -> Directory {
        Directory::open(&self.0, None).expect("a directory")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn screen() -> ScreenOptions {
    ScreenOptions { scrollback_lines: 100, scrollback_bytes: 40_000, ..ScreenOptions::default() }
}

fn create(directory: &Directory, screen: Option<ScreenOptions>) -> Arc<Session> {
    let identity =
        Identity { id: "s".to_owned(), screen: screen.as_ref().map(shape), ..Identity::default() };
    let sizes = Sizes { capacity: HISTORY, checkpoint: checkpoint_size(screen.as_ref()) };
    let (journal, ring) = directory.create(&identity, Life::default(), sizes).expect("a journal");
    Session::in_journal(journal, ring, screen, Meter::new(None))
}

/// A session that was restored from the very file of one that is still there, as
/// when its process is killed at this moment. The file is as it was afterwards.
struct Killed {
    restored: Option<Arc<Session>>,
    path: PathBuf,
    content: Vec<u8>,
}

impl Killed {
    fn now(directory: &Directory, session: &Session) -> Self {
        let name = session.journal_name().expect("a name");
        let path = directory.path().join(&name);
        let content = std::fs::read(&path).expect("a file");
        let found = directory.recover(&name).expect("a session");
        assert!(found.exact);
        let restored = Some(Session::restored(found, Meter::new(None)));
        Self { restored, path, content }
    }

    fn session(&self) -> &Arc<Session> {
        self.restored.as_ref().expect("a session")
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.restored = None;
        // Not truncated: it is mapped.
        let mut file = std::fs::File::options().write(true).open(&self.path).expect("the file");
        std::io::Write::write_all(&mut file, &self.content).expect("room on the disk");
    }
}

/// What can be seen of a session.
#[derive(Debug, PartialEq)]
struct Look {
    span: (u64, u64),
    bytes: Vec<u8>,
    text: Option<String>,
    screen: Option<crate::session::Snapshot>,
}

/// Says what differs, and no more: histories are long.
fn same(left: &Look, right: &Look) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.span, right.span);
    prop_assert!(left.bytes == right.bytes, "other bytes");
    prop_assert_eq!(&left.text, &right.text);
    if left.screen != right.screen && drawn_again(left) != drawn_again(right) {
        let shown = |look: &Look| {
            look.screen.as_ref().map(|screen| {
                let data = String::from_utf8_lossy(&screen.data).escape_debug().to_string();
                (screen.offset, screen.cols, screen.rows, data)
            })
        };
        prop_assert_eq!(shown(left), shown(right));
    }
    Ok(())
}

/// The snapshot of a screen that was made of the snapshot. Of a cursor that was saved
/// below a window which has become lower, a snapshot cannot say all.
fn drawn_again(look: &Look) -> Option<Vec<u8>> {
    let crate::session::Snapshot { data, cols, rows, .. } = look.screen.as_ref()?;
    let options = ScreenOptions { cols: *cols, rows: *rows, ..screen() };
    let session = Session::new(HISTORY, Some(options), Meter::new(None));
    session.append(data).expect("an open session");
    Some(session.snapshot(None).expect("an open session")?.data)
}

fn look(session: &Session) -> Look {
    let span = session.span();
    Look {
        span,
        bytes: session.read_from(span.0, usize::MAX).bytes,
        text: session.screen_text(),
        screen: session.snapshot(None).expect("an open session"),
    }
}

/// What happens to a session, in some order.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<u8>, usize),
    Read(Vec<u8>, usize),
    Flood(String, usize),
    Resize(u16, u16),
    Restore,
}

/// What programs print. Left out is what a snapshot cannot say, and a screen that
/// is drawn from one lacks: tab stops beyond a narrow window, wide characters that
/// it has cut in two, and lines above an alternate screen that has scrolled.
fn printed() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[ -~]{0,30}".prop_map(String::into_bytes),
        (0..256_u16).prop_map(|color| format!("\x1b[38;5;{color}m").into_bytes()),
        (1..40_u16, 1..90_u16).prop_map(|(row, col)| format!("\x1b[{row};{col}H").into_bytes()),
        Just(b"\x1b]0;title\x07".to_vec()),
        Just(b"\x1b[?1049h\x1b[2;3Hfull\x1b[?1049l".to_vec()),
        Just(b"\r\n\t".to_vec()),
        Just("\r\n\u{e9}\u{2500}".into()),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (printed(), 1..400_usize).prop_map(|(bytes, times)| Step::Append(bytes, times)),
        4 => (printed(), 1..400_usize).prop_map(|(bytes, times)| Step::Read(bytes, times)),
        3 => ("(\\x1b\\[3[1-7]m)?[ -~]{0,60}", 1..5000_usize)
            .prop_map(|(line, times)| Step::Flood(line, times)),
        2 => (20..120_u16, 5..50_u16).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        1 => Just(Step::Restore),
    ]
}

/// So many lines of which no two are the same.
fn lines(line: &str, times: usize) -> Vec<u8> {
    let lines: String = (0..times).map(|number| format!("{number} {line}\r\n")).collect();
    lines.into_bytes()
}

/// Output as the reactor reads it.
fn read(session: &Session, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut scratch = [0; 1];
        let count = Sink::read(session, &mut scratch, &mut |target| {
            let count = target.len().min(rest.len());
            target[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        });
        rest = &rest[count.expect("a read")..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_is_restored_as_it_was(steps in proptest::collection::vec(step(), 1..16)) {
        let scratch = Scratch::new();
        let directory = scratch.open();
        let plain = Session::new(HISTORY, Some(screen()), Meter::new(None));
        let mut session = create(&directory, Some(screen()));
        for step in steps {
            match step {
                Step::Append(bytes, times) => {
                    let bytes = bytes.repeat(times);
                    prop_assert_eq!(session.append(&bytes), plain.append(&bytes));
                }
                Step::Read(bytes, times) => {
                    let bytes = bytes.repeat(times);
                    read(&session, &bytes);
                    read(&plain, &bytes);
                }
                Step::Flood(line, times) => {
                    let lines = lines(&line, times);
                    read(&session, &lines);
                    read(&plain, &lines);
                }
                Step::Resize(cols, rows) => {
                    session.resize(PtySize::new(cols, rows));
                    plain.resize(PtySize::new(cols, rows));
                }
                Step::Restore => {
                    let name = session.journal_name().expect("a name");
                    drop(session);
                    let found = directory.recover(&name).expect("a session");
                    session = Session::restored(found, Meter::new(None));
                }
            }
            let killed = Killed::now(&directory, &session);
            prop_assert_eq!(killed.session().size(), session.size());
            let restored = look(killed.session());
            drop(killed);
            same(&restored, &look(&session))?;
            same(&restored, &look(&plain))?;
        }
    }
}

#[test]
fn in_a_flood_of_lines_a_checkpoint_is_small() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let session = create(&directory, Some(screen()));
    let plain = Session::new(HISTORY, Some(screen()), Meter::new(None));
    for target in [&session, &plain] {
        read(target, b"\x1b[1;31mnothing of this is left\r\n");
        read(target, &lines("of a log, as long as they usually are", 10_000));
    }
    let name = session.journal_name().expect("a name");
    let killed = Killed::now(&directory, &session);
    same(&look(killed.session()), &look(&plain)).expect("the same");
    drop((killed, session));
    let found = directory.recover(&name).expect("a session");
    let last = found.journal.last_checkpoint().expect("a checkpoint");
    assert!(last.offset > 0 && last.data.len() < 4096, "{}", last.data.len());
}

#[test]
fn a_screen_that_does_not_fit_is_kept_with_fewer_lines() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let wide = ScreenOptions { cols: 1000, rows: 200, ..screen() };
    let session = create(&directory, Some(wide));
    session.resize(PtySize::new(1000, 200));
    let line: String = (0..900).map(|x| format!("\x1b[38;5;{}mx", x % 256)).collect();
    let text = format!("{line}\r\n").repeat(400);
    session.append(text.as_bytes()).expect("an open session");
    let span = session.span();
    let killed = Killed::now(&directory, &session);
    assert_eq!(killed.session().span(), span);
    assert!(killed.session().screen_text().is_some());
}

#[test]
fn the_client_is_restored_with_what_was_drawn_for_another() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let own = Client { unicode: UnicodeVersion::V11, push_title: true, ..Client::default() };
    let session = create(&directory, Some(ScreenOptions { client: own, ..screen() }));
    session.append("😀\x1b[3Gx\r\n".as_bytes()).expect("an open session");
    session.set_client(Client { tab_stop_width: 4, ..Client::default() });
    session.append("😀\x1b[3Gx\ty\r\n".as_bytes()).expect("an open session");
    let goes_on = |session: &Session| {
        session.append("\t😀\x1b[7Gz".as_bytes()).expect("an open session");
        let text = session.screen_text().expect("a screen");
        let rows: Vec<_> = text.split('\n').take(3).collect();
        assert_eq!(rows[1..], ["😀 x y", "    😀 z"]);
        assert_eq!(session.own_client(), own);
        text
    };
    let killed = Killed::now(&directory, &session);
    let text = goes_on(killed.session());
    assert!(text.starts_with("😀 x\n"), "two columns, one of them blank by now");
    drop(killed);
    goes_on(&session);
}

#[test]
fn the_exit_and_the_size_are_restored() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let session = create(&directory, None);
    session.append(b"bye").expect("an open session");
    session.resize(PtySize::new(100, 30));
    let status = ExitStatus { code: 7, signal: 0 };
    Sink::exited(&*session, status);
    let killed = Killed::now(&directory, &session);
    let restored = killed.session();
    assert_eq!(restored.exit_status(), Some(status));
    assert_eq!(restored.size(), PtySize::new(100, 30));
    assert_eq!((restored.tail(9), restored.has_screen()), (b"bye".to_vec(), false));
}

#[test]
fn a_session_that_is_left_stays_and_one_that_is_closed_does_not() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let session = create(&directory, Some(screen()));
    session.append(b"one\r\ntwo").expect("an open session");
    let before = look(&session);
    assert!(session.leave());
    assert!(session.is_closed() && !session.leave());
    let name = directory.names().expect("names").remove(0);
    let found = directory.recover(&name).expect("a session");
    assert!(found.life.left);
    let restored = Session::restored(found, Meter::new(None));
    assert_eq!(look(&restored), before);
    assert!(restored.close());
    assert_eq!(directory.names().expect("names").len(), 0);
    assert_eq!(directory.used(), 0);
}

#[test]
fn memory_of_a_journaled_history_is_not_counted_as_the_processs_own() {
    let scratch = Scratch::new();
    let directory = scratch.open();
    let session = create(&directory, None);
    session.append(&[b'x'; 100_000]).expect("an open session");
    assert_eq!((session.bytes_held(), session.shrink_history(10)), (0, 0));
    assert_eq!(session.span(), (100_000 - HISTORY as u64, 100_000));
}
