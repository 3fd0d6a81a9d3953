//! What the recorder writes.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Folder, Shell, about, open};
use crate::{Ending, Error, Kind, Note, Options, Prepared, Status, flush};

/// The lines of a cast after its header, as JSON values.
fn lines(path: &std::path::Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn everything_that_happens_is_there_in_order() {
    let folder = Folder::new();
    let options = Options { raw: true, ..folder.options("all") };
    let shell = Shell::record(options, 80, 24, 1 << 20);
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    shell.print_at(b"one\r\n", at(0));
    shell.note(Note::Resize(100, 30), at(10));
    shell.print_at(b"two\r\n", at(20));
    shell.note(Note::Input(b"ls \xc3".to_vec()), at(30));
    shell.note(Note::Input(b"\xbc\xff\r".to_vec()), at(32));
    shell.note(Note::Mark("here".into()), at(40));
    shell.print_at(b"gr\xc3\xbc\xc3", at(50));
    shell.print_at(b"\x9fe \xff\xfe\x1b[1", at(50));
    shell.print_at(b"mbold", at(50));
    shell.note(Note::Exit(3), at(60));
    let path = shell.wait();
    let codes: Vec<_> = lines(&path)
        .iter()
        .map(|line| (line[1].as_str().unwrap().to_owned(), line[2].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        ("o", "one\r\n"),
        ("r", "100x30"),
        ("o", "two\r\n"),
        ("i", "ls "),
        ("i", "ü\r"),
        ("m", "here"),
        ("o", "grüße \u{1b}[1mbold"),
        ("x", "3"),
    ];
    let expected: Vec<_> = expected.map(|(code, data)| (code.to_owned(), data.to_owned())).into();
    assert_eq!(codes, expected);
    let header: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(&path).unwrap().lines().next().unwrap())
            .unwrap();
    assert_eq!(header["version"], 3);
    assert_eq!(header["term"]["cols"], 80);
    assert_eq!(header["term"]["type"], "xterm-256color");
    let now = crate::options::epoch().as_secs();
    assert!((now - 600..=now).contains(&header["timestamp"].as_u64().unwrap()));
    assert_eq!(folder.names(), ["all.cast", "all.json", "all.keys", "all.raw"]);
    assert_eq!(open(&path).status(), Status::Complete);
    assert_eq!(shell.recording.bytes(), std::fs::metadata(&path).unwrap().len());
}

#[test]
#[cfg(unix)]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let dir = folder.0.join("new");
    let options = Options { dir: dir.clone(), raw: true, ..folder.options("mine") };
    let shell = Shell::record(options, 80, 24, 4096);
    shell.end(Ending::Stopped);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for name in ["mine.cast", "mine.json", "mine.keys", "mine.raw"] {
        assert_eq!(mode(&dir.join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_name_cannot_leave_the_folder_and_nothing_is_overwritten() {
    let folder = Folder::new();
    for name in ["../x", "a/b", "", ".hidden", "a\0b", "a b", "c:d", &"x".repeat(201)] {
        let error = Prepared::new(folder.options(name), about(80, 24)).unwrap_err();
        assert!(matches!(error, Error::Name(_)), "{name:?}");
    }
    folder.write("taken.cast", "mine");
    let error = Prepared::new(folder.options("taken"), about(80, 24)).unwrap_err();
    assert_eq!(error.code(), "ERR_RECORDING_EXISTS");
    folder.write("beside.keys", "mine, too");
    let error = Prepared::new(folder.options("beside"), about(80, 24)).unwrap_err();
    assert_eq!(error.code(), "ERR_RECORDING_EXISTS");
    assert_eq!(std::fs::read_to_string(folder.0.join("taken.cast")).unwrap(), "mine");
    assert_eq!(folder.names(), ["beside.keys", "taken.cast"]);
    // A made-up name that is taken gets a number.
    let options = Options { name: None, label: "../../etc/x y".into(), ..folder.options("") };
    for _ in 0..20 {
        Shell::record(options.clone(), 80, 24, 4096).end(Ending::Stopped);
    }
    let made: Vec<_> =
        folder.names().into_iter().filter(|name| name.contains("-etc-x-y")).collect();
    assert_eq!(made.len(), 60);
}

#[test]
fn intervals_do_not_drift() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("drift"), 80, 24, 1 << 20);
    let start = Instant::now();
    for step in 0..5000_u64 {
        // 7.4 ms, which rounds down every time.
        shell.print_at(b"x", start + Duration::from_micros(7400 * step));
        if step % 512 == 0 {
            assert!(flush(Duration::from_secs(30)));
        }
    }
    let path = shell.end(Ending::Stopped);
    let begin = start.duration_since(shell.recording.started).as_micros();
    let sum: f64 = lines(&path).iter().map(|line| line[0].as_f64().unwrap()).sum();
    let expected = (begin + 7400 * 4999) as f64 / 1e6;
    assert!((sum - expected).abs() < 0.006, "{sum} {expected}");
}

#[test]
fn what_the_history_loses_is_said_and_the_screen_is_right_again() {
    let folder = Folder::new();
    let prepared = Prepared::new(folder.options("gap"), about(40, 10)).unwrap();
    let screen = offheap_screen::Screen::new(&offheap_screen::ScreenOptions {
        cols: 40,
        rows: 10,
        ..Default::default()
    });
    let ring = std::sync::Mutex::new((offheap_ring::Ring::new(4096), screen));
    let shell = std::sync::Arc::new(Shell { ring, recording: prepared.recording() });
    // All of this comes before the recorder takes anything.
    for line in 0..1000 {
        shell.print(format!("\x1b[3{}mline {line}\r\n", line % 8).as_bytes());
    }
    let total = shell.ring.lock().unwrap().0.end();
    prepared.begin(Box::new(super::ShellSource(std::sync::Arc::clone(&shell))), 0, None).unwrap();
    assert!(flush(Duration::from_secs(30)));
    shell.print(b"after");
    let path = shell.end(Ending::Closed);
    let playback = open(&path);
    assert_eq!(playback.at(u64::MAX).unwrap().text, shell.shown().0);
    assert!(playback.at(u64::MAX).unwrap().text.ends_with("after"));
    assert_eq!(shell.recording.missed(), total);
    let mut markers = Vec::new();
    playback
        .events(|event| {
            if event.kind == Kind::Marker {
                markers.push(event.data.clone());
            }
            true
        })
        .unwrap();
    assert_eq!(markers, [format!("{total} bytes of output are missing")]);
}

#[test]
fn a_new_file_goes_on_with_the_screen() {
    let folder = Folder::new();
    let options = Options { rotate_bytes: Some(4096), ..folder.options("turn") };
    let shell = Shell::record(options, 40, 10, 1 << 20);
    let mut shown = Vec::new();
    for line in 0..300 {
        shell.print(format!("line {line} \x1b[4{}mcolour\x1b[m\r\n", line % 8).as_bytes());
        if line % 30 == 0 {
            assert!(flush(Duration::from_secs(30)));
        }
        shown.push(shell.shown().0);
    }
    let last = shell.end(Ending::Stopped);
    let casts: Vec<_> = folder.names().into_iter().filter(|name| name.ends_with(".cast")).collect();
    assert!(casts.len() > 2, "{casts:?}");
    assert!(casts.contains(&"turn.2.cast".to_owned()), "{casts:?}");
    let end = open(&last).at(u64::MAX).unwrap();
    assert_eq!(end.text, shell.shown().0);
    for name in &casts {
        let playback = open(&folder.0.join(name));
        assert_eq!(playback.status(), Status::Complete);
        assert!(shown.contains(&playback.at(u64::MAX).unwrap().text), "{name}");
    }
}

#[test]
fn old_recordings_go_and_nothing_else_does() {
    let folder = Folder::new();
    folder.write("foreign.cast", "x".repeat(100_000));
    for name in ["a", "b", "c"] {
        let shell = Shell::record(folder.options(name), 80, 24, 1 << 20);
        shell.print(&b"0123456789".repeat(1000));
        let path = shell.end(Ending::Stopped);
        let age = Duration::from_secs(match name {
            "a" => 3000,
            "b" => 2000,
            _ => 1000,
        });
        let file = std::fs::File::options().append(true).open(path).unwrap();
        #[expect(clippy::disallowed_methods, reason = "files are dated by it")]
        let now = std::time::SystemTime::now();
        file.set_modified(now - age).unwrap();
    }
    // Without its keyframes it is known by its card.
    std::fs::remove_file(folder.0.join("a.keys")).unwrap();
    let live = Shell::record(folder.options("live"), 80, 24, 1 << 20);
    live.print(&b"0123456789".repeat(1000));
    assert!(flush(Duration::from_secs(30)));
    let options = Options {
        max_bytes: Some(25_000),
        max_age: Some(Duration::from_secs(2500)),
        ..folder.options("next")
    };
    let next = Shell::record(options, 80, 24, 1 << 20);
    assert!(flush(Duration::from_secs(30)));
    let casts: Vec<_> = folder.names().into_iter().filter(|name| name.ends_with(".cast")).collect();
    assert_eq!(casts, ["c.cast", "foreign.cast", "live.cast", "next.cast"]);
    assert!(!folder.names().iter().any(|name| name.starts_with("a.")));
    live.end(Ending::Stopped);
    next.end(Ending::Stopped);
}

#[test]
fn each_recording_of_a_folder_has_its_own_limits() {
    let folder = Folder::new();
    Shell::record(folder.options("old"), 80, 24, 4096).end(Ending::Stopped);
    let file = std::fs::File::options().append(true).open(folder.0.join("old.cast")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let limits = [(Some(u64::MAX), None), (None, Some(Duration::MAX)), (None, None)];
    let mut shells = Vec::new();
    for (number, (max_bytes, max_age)) in limits.into_iter().enumerate() {
        let options = Options { max_bytes, max_age, ..folder.options(&format!("live{number}")) };
        shells.push(Shell::record(options, 80, 24, 4096));
    }
    let max_age = Some(Duration::from_hours(1));
    shells.push(Shell::record(Options { max_age, ..folder.options("new") }, 80, 24, 4096));
    assert!(flush(Duration::from_secs(30)));
    assert!(!folder.names().iter().any(|name| name.starts_with("old.")));
    for shell in shells {
        shell.end(Ending::Stopped);
    }
}

#[test]
#[cfg(unix)]
fn what_nobody_can_find_any_more_is_not_written() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("gone"), 80, 24, 4096);
    shell.print(b"before");
    assert!(flush(Duration::from_secs(30)));
    // Another name for it, and then none.
    std::fs::hard_link(shell.recording.file(), folder.0.join("kept")).unwrap();
    std::fs::remove_file(shell.recording.file()).unwrap();
    shell.print(b"meanwhile");
    assert!(flush(Duration::from_secs(30)));
    assert_eq!(shell.recording.problem(), None);
    // The last one goes, and another file gets the first one.
    std::fs::write(shell.recording.file(), "another").unwrap();
    std::fs::remove_file(folder.0.join("kept")).unwrap();
    shell.print(b"after");
    shell.wait();
    assert_eq!(shell.recording.ending(), Some(Ending::Interrupted));
    assert_eq!(shell.recording.problem().unwrap().0, "ENOENT");
    assert_eq!(std::fs::read_to_string(shell.recording.file()).unwrap(), "another");
}

#[test]
fn texts_of_any_length_are_cut() {
    let folder = Folder::new();
    let long = Some("\u{1}ü".repeat(100_000));
    let about = || crate::About {
        session: "s".into(),
        command: long.clone(),
        title: long.clone(),
        shell: long.clone(),
        ..about(80, 24)
    };
    let prepared = Prepared::new(folder.options("long"), about()).unwrap();
    let path = prepared.recording().file();
    // The card is that of a recording of ours, and the header one that is read.
    assert!(crate::card::is_there(&path));
    let header = open(&path).header().clone();
    let lengths = [&header.command, &header.title].map(|text| text.as_ref().map(String::len));
    assert_eq!(lengths, [Some(4096); 2]);
    assert!(header.env.iter().all(|(_, value)| value.len() <= 4096));
    prepared.discard();
}

#[test]
fn a_recording_that_was_cut_off_is_marked_by_the_next_start() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("cut"), 80, 24, 1 << 20);
    shell.print(b"before the crash\r\n");
    let path = shell.end(Ending::Stopped);
    // What a crash leaves: no end in the keyframe file, and half a line.
    let keys = path.with_extension("keys");
    std::fs::File::options().write(true).open(&keys).unwrap().set_len(24).unwrap();
    let mut cast = std::fs::read(&path).unwrap();
    let whole = cast.len();
    cast.extend_from_slice(b"[0.100, \"o\", \"torn");
    std::fs::write(&path, &cast).unwrap();
    assert_eq!(open(&path).status(), Status::Interrupted);
    assert!(open(&path).at(u64::MAX).unwrap().text.contains("before the crash"));
    // The same folder by another name: this process has repaired it by the first.
    std::fs::create_dir(folder.0.join("sub")).unwrap();
    let again = folder.0.join("sub/..");
    let next = Shell::record(Options { dir: again, ..folder.options("next") }, 80, 24, 4096);
    assert!(flush(Duration::from_secs(30)));
    let repaired = std::fs::read_to_string(&path).unwrap();
    assert_eq!(&repaired[whole..], "[0.000, \"m\", \"interrupted\"]\n");
    let playback = open(&path);
    assert_eq!(playback.status(), Status::Interrupted);
    assert!(playback.at(u64::MAX).unwrap().text.contains("before the crash"));
    next.end(Ending::Stopped);
}

#[test]
fn markers_and_input_that_wait_are_bounded() {
    let folder = Folder::new();
    let prepared = Prepared::new(folder.options("many"), about(80, 24)).unwrap();
    let recording = prepared.recording();
    let kept = (0..2000).filter(|_| recording.mark(&"x".repeat(5000))).count();
    assert_eq!(kept, (1 << 20) / 4096);
    prepared.discard();
    assert_eq!(folder.names(), Vec::<String>::new());
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z \r\n]{0,40}".prop_map(String::into_bytes),
        "[äß漢字🙂e\u{301}]{1,6}".prop_map(String::into_bytes),
        "\x1b\\[[0-9;]{0,6}[ABCDHJKmLMPX@r]".prop_map(String::into_bytes),
        "\x1b\\]8;;http://x/[a-z]{1,5}\x1b\\\\".prop_map(String::into_bytes),
        Just(b"\x1b[?1049h".to_vec()),
        Just(b"\x1b[?1049l".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is printed, in whatever pieces, with resizes in between: the
    /// cast is valid, tears nothing, and plays to the same screen.
    #[test]
    fn any_output_plays_to_the_same_screen(
        pieces in prop::collection::vec((piece(), 1usize..7, prop::option::weighted(0.05, (2u16..90, 1u16..30))), 1..60),
    ) {
        let folder = Folder::new();
        let shell = Shell::record(folder.options("any"), 40, 10, 1 << 20);
        for (bytes, cut, size) in &pieces {
            for part in bytes.chunks(*cut) {
                shell.print(part);
            }
            if let Some((cols, rows)) = size {
                shell.note(Note::Resize(*cols, *rows), Instant::now());
            }
        }
        let path = shell.end(Ending::Stopped);
        let playback = open(&path);
        let moment = playback.at(u64::MAX).unwrap();
        prop_assert_eq!(moment.text, shell.shown().0);
        let mut torn = None;
        let last = lines(&path).len();
        let mut number = 0;
        playback.events(|event| {
            number += 1;
            let state = offheap_ring::text::scanner::State::GROUND.advance(event.data.as_bytes());
            // The last one holds what the program never finished.
            if event.kind == Kind::Output && number < last && !state.is_safe() {
                torn = Some(event.data.clone());
            }
            true
        }).unwrap();
        prop_assert!(torn.is_none(), "{:?}", torn);
    }
}
