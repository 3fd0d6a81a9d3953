//! Recordings that another process goes on with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use offheap_ring::Ring;
use offheap_screen::{Screen, ScreenOptions};

use super::{Folder, Shell, ShellSource, open};
use crate::{Ending, Error, Kind, Note, Options, Prepared, Status, flush};

/// What a recording says was printed, and its markers.
fn content(path: &Path) -> (String, Vec<String>) {
    let (mut output, mut markers) = (String::new(), Vec::new());
    open(path)
        .events(|event| {
            match event.kind {
                Kind::Output => output.push_str(&event.data),
                Kind::Marker => markers.push(event.data.clone()),
                _ => {}
            }
            true
        })
        .unwrap();
    (output, markers)
}

fn with_journal(folder: &Folder, name: &str) -> Options {
    let journal = folder.write(&format!("{name}.journal"), "");
    Options { journal: Some(journal), ..folder.options(name) }
}

/// The files of a recording as they are at this moment, as a crash leaves them.
fn snapshot(folder: &Folder, name: &str, to: &Folder) -> PathBuf {
    for ending in ["cast", "keys", "json", "resume", "raw"] {
        let file = format!("{name}.{ending}");
        if folder.0.join(&file).exists() {
            std::fs::copy(folder.0.join(&file), to.0.join(&file)).unwrap();
        }
    }
    to.0.join(format!("{name}.cast"))
}

/// A session as the next process has it: with all that was printed until now.
fn go_on(first: &Path, printed: &[u8], capacity: usize) -> Result<Arc<Shell>, Error> {
    let prepared = Prepared::resume(first)?;
    let mut ring = Ring::new(capacity);
    ring.write(printed);
    let mut screen = Screen::new(&ScreenOptions { cols: 80, rows: 24, ..ScreenOptions::default() });
    screen.feed(printed);
    let ring = Mutex::new((ring, screen));
    let shell = Arc::new(Shell { ring, recording: prepared.recording() });
    let end = printed.len() as u64;
    shell.recording.feed().note(Note::Resize(80, 24), end, Instant::now());
    prepared.go_on(Box::new(ShellSource(Arc::clone(&shell))))?;
    Ok(shell)
}

#[test]
fn every_byte_once_wherever_the_cast_was_cut_off() {
    let folder = Folder::new();
    let shell =
        Shell::record(Options { raw: true, ..with_journal(&folder, "one") }, 80, 24, 1 << 16);
    shell.print(b"first\r\n");
    assert!(flush(Duration::from_mins(1)));
    let before = std::fs::metadata(folder.0.join("one.cast")).unwrap().len();
    shell.print(b"second \xff line \xc3");
    assert!(flush(Duration::from_mins(1)));
    let after = std::fs::metadata(folder.0.join("one.cast")).unwrap().len();
    assert!(after > before);
    let printed = b"first\r\nsecond \xff line \xc3\xbc\r\nmeanwhile\r\n";
    for length in before..=after {
        let copy = Folder::new();
        let first = snapshot(&folder, "one", &copy);
        std::fs::File::options().write(true).open(&first).unwrap().set_len(length).unwrap();
        let next = go_on(&first, printed, 1 << 16).unwrap();
        next.print(b"later\r\n");
        next.end(Ending::Stopped);
        let (output, markers) = content(&first);
        assert_eq!(output, "first\r\nsecond  line ü\r\nmeanwhile\r\nlater\r\n", "cut at {length}");
        assert_eq!(markers, ["the server restarted"]);
        assert_eq!(open(&first).status(), Status::Complete);
        let raw = std::fs::read(copy.0.join("one.raw")).unwrap();
        assert_eq!(raw, [&printed[..], b"later\r\n"].concat(), "cut at {length}");
        assert!(!copy.0.join("one.resume").exists());
    }
    shell.end(Ending::Stopped);
}

#[test]
fn one_timeline_and_keyframes_across_many_processes() {
    let folder = Folder::new();
    let line = "\x1b]0;title\x07a line that is long enough to be worth something\r\n";
    let mut printed = line.repeat(8000);
    let shell = Shell::record(with_journal(&folder, "many"), 80, 24, 1 << 22);
    shell.print(printed.as_bytes());
    assert!(flush(Duration::from_mins(1)));
    let first = folder.0.join("many.cast");
    for process in 0..3 {
        let copy = Folder::new();
        let kept = snapshot(&folder, "many", &copy);
        if process == 1 {
            // Keyframes that are gone are made again.
            std::fs::remove_file(copy.0.join("many.keys")).unwrap();
        }
        let next = go_on(&kept, printed.as_bytes(), 1 << 22).unwrap();
        let more = format!("process {process}\r\n{}", line.repeat(8000));
        next.print(more.as_bytes());
        printed.push_str(&more);
        next.end(Ending::Left);
        // As the next one finds it.
        for ending in ["cast", "keys", "resume"] {
            let name = format!("many.{ending}");
            std::fs::copy(copy.0.join(&name), folder.0.join(&name)).unwrap();
        }
        assert_eq!(open(&first).status(), Status::Recording, "the first process still has it");
    }
    shell.recording.feed().leave();
    let copy = Folder::new();
    let last = snapshot(&folder, "many", &copy);
    let end = go_on(&last, printed.as_bytes(), 1 << 22).unwrap();
    let (text, screen) = end.shown();
    end.end(Ending::Closed);
    let playback = open(&last);
    assert_eq!(playback.status(), Status::Complete);
    assert!(playback.segments().len() > 5, "{}", playback.segments().len());
    let moment = playback.at(playback.duration()).unwrap();
    assert_eq!((moment.text, moment.data), (text, screen));
    let (output, markers) = content(&last);
    assert!(output == printed);
    assert_eq!(markers.len(), 4);
    let mut time = 0;
    playback
        .events(|event| {
            assert!(event.time >= time);
            time = event.time;
            true
        })
        .unwrap();
}

#[test]
fn what_the_history_has_lost_is_said() {
    let folder = Folder::new();
    let shell = Shell::record(with_journal(&folder, "lost"), 80, 24, 1 << 16);
    shell.print(b"before\r\n");
    assert!(flush(Duration::from_mins(1)));
    let copy = Folder::new();
    let first = snapshot(&folder, "lost", &copy);
    let printed =
        [b"before\r\n".as_slice(), &b"0123456789abcde\n".repeat(1000), b"\x1b[2J\x1b[Hnow"]
            .concat();
    let next = go_on(&first, &printed, 4096).unwrap();
    next.end(Ending::Stopped);
    let (output, markers) = content(&first);
    assert!(output.starts_with("before\r\n") && output.contains("now"), "{output:?}");
    assert_eq!(markers[0], "the server restarted");
    assert!(markers[1].ends_with("bytes of output are missing"), "{markers:?}");
    assert_eq!(next.recording.missed(), printed.len() as u64 - 8);
    let playback = open(&first);
    assert_eq!(playback.at(playback.duration()).unwrap().text.trim(), "now");
    shell.end(Ending::Stopped);
}

#[test]
fn rotated_files_go_on_with_the_newest() {
    let folder = Folder::new();
    let options = Options { rotate_bytes: Some(4096), ..with_journal(&folder, "turn") };
    let shell = Shell::record(options, 80, 24, 1 << 20);
    for _ in 0..3 {
        shell.print("x".repeat(5000).as_bytes());
        assert!(flush(Duration::from_mins(1)));
    }
    shell.recording.feed().leave();
    shell.recording.feed().close(15_000, Vec::new(), Instant::now());
    let newest = shell.wait();
    assert_ne!(newest, folder.0.join("turn.cast"));
    let marks = folder.names().into_iter().filter(|name| name.ends_with(".resume"));
    assert_eq!(marks.count(), 1);
    let next = go_on(&folder.0.join("turn.cast"), &[b'x'; 15_000], 1 << 20).unwrap();
    assert_eq!(next.recording.file(), newest);
    next.print("y".repeat(5000).as_bytes());
    assert!(flush(Duration::from_mins(1)));
    let last = next.end(Ending::Stopped);
    assert_ne!(last, newest);
    assert!(content(&last).0.contains('y') || content(&newest).0.contains('y'));
}

#[test]
fn what_cannot_go_on_is_refused() {
    let folder = Folder::new();
    let shell = Shell::record(with_journal(&folder, "gone"), 80, 24, 1 << 16);
    let first = folder.0.join("gone.cast");
    let refused = |path: &Path| Prepared::resume(path).unwrap_err();
    #[cfg(unix)]
    assert_eq!(refused(&first).code(), "EBUSY");
    shell.end(Ending::Stopped);
    assert!(matches!(refused(&first), Error::Over));
    assert_eq!(refused(&folder.0.join("none").join("x.cast")).code(), "ENOENT");
    folder.write("gone.resume", "nothing of that kind");
    assert_eq!(refused(&first).code(), "ERR_RECORDING_INVALID");
    std::fs::remove_file(&first).unwrap();
    assert_eq!(refused(&first).code(), "ENOENT");
}

#[test]
fn a_recording_that_is_awaited_is_neither_marked_nor_removed() {
    let folder = Folder::new();
    let shell = Shell::record(with_journal(&folder, "kept"), 80, 24, 1 << 16);
    shell.print(b"hello");
    shell.recording.feed().leave();
    shell.recording.feed().close(5, Vec::new(), Instant::now());
    let path = shell.wait();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(open(&path).status(), Status::Interrupted);
    let limits = |name| Options { max_bytes: Some(4096), ..folder.options(name) };
    folder.write("kept.raw", vec![0; 8192]);
    let other = Shell::record(limits("other"), 80, 24, 4096);
    assert!(flush(Duration::from_mins(1)));
    other.end(Ending::Stopped);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // The session is gone for good.
    std::fs::remove_file(folder.0.join("kept.journal")).unwrap();
    let third = Shell::record(limits("third"), 80, 24, 4096);
    assert!(flush(Duration::from_mins(1)));
    third.end(Ending::Stopped);
    assert!(!path.exists());
    assert!(!folder.0.join("kept.resume").exists() && !folder.0.join("kept.json").exists());
}
