//! What the reader makes of casts.

use std::time::{Duration, Instant};

use offheap_screen::{Client, Screen, ScreenOptions, UnicodeVersion};
use proptest::prelude::*;

use super::{Folder, Shell, open, pages};
use crate::{Ending, Hit, Kind, Note, Options, Playback, Status, flush};

/// A recording of some megabytes with colours and resizes.
fn long(folder: &Folder) -> (std::path::PathBuf, Vec<(u64, String)>) {
    let shell = Shell::record(folder.options("long"), 80, 24, 8 << 20);
    let start = Instant::now();
    let mut shown = Vec::new();
    for step in 0..20_000_u64 {
        let at = start + Duration::from_millis(10 * step);
        // Not all of it is plain.
        let title = if step % 2 == 0 { "\x1b]0;steps\x07" } else { "" };
        let text = format!(
            "{title}\x1b[3{}mstep {step}\x1b[m {}\r\n",
            step % 8,
            "漢".repeat((step % 30) as usize)
        );
        shell.print_at(text.as_bytes(), at);
        if step % 1500 == 7 {
            shell.note(Note::Resize(60 + (step % 50) as u16, 20 + (step % 17) as u16), at);
        }
        if step % 997 == 0 {
            let offset =
                start.duration_since(shell.recording.started) + Duration::from_millis(10 * step);
            shown.push((offset.as_micros() as u64, shell.shown().0));
        }
        if step % 500 == 0 {
            assert!(flush(Duration::from_secs(30)));
        }
    }
    (shell.end(Ending::Stopped), shown)
}

#[test]
fn every_moment_is_what_was_shown() {
    let folder = Folder::new();
    let (path, shown) = long(&folder);
    let playback = open(&path);
    assert_eq!(playback.status(), Status::Complete);
    let segments = playback.segments();
    assert!(segments.len() > 3, "{}", segments.len());
    assert!(
        segments
            .windows(2)
            .all(|pair| pair[0].end == pair[1].start && pair[0].time <= pair[1].time)
    );
    assert_eq!(segments.last().unwrap().end, std::fs::metadata(&path).unwrap().len());
    for (time, text) in &shown {
        // Whole milliseconds, and the next step is 10 ms away.
        assert_eq!(&playback.at(time + 2000).unwrap().text, text, "at {time}");
    }
    assert!(playback.duration() >= shown.last().unwrap().0);
}

#[test]
fn keyframes_are_made_anew_when_they_are_missing_foreign_or_damaged() {
    let folder = Folder::new();
    let (path, shown) = long(&folder);
    let keys = path.with_extension("keys");
    let good = std::fs::read(&keys).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    let mut foreign = good.clone();
    foreign[16] ^= 1;
    let moments = |what: &str| {
        let playback = open(&path);
        for (time, text) in shown.iter().step_by(3) {
            assert_eq!(&playback.at(time + 2000).unwrap().text, text, "{what}, at {time}");
        }
        assert!(playback.segments().len() > 3 || what == "torn", "{what}");
    };
    moments("as written");
    std::fs::remove_file(&keys).unwrap();
    moments("missing");
    assert!(keys.exists());
    for (what, bytes) in [
        ("flipped", &flipped[..]),
        ("foreign", &foreign),
        ("torn", &good[..good.len() / 3]),
        ("empty", &[]),
        ("noise", &[0xff; 5000]),
    ] {
        std::fs::write(&keys, bytes).unwrap();
        moments(what);
    }
}

#[test]
fn keyframes_are_for_the_terminal_that_was_recorded() {
    let folder = Folder::new();
    // Not plain: what is plain is in a keyframe as it was printed.
    let text = "😀".repeat(11);
    let line = format!("[0.01, \"o\", \"\\u001b[?25h{text}\\r\\n\"]\n").repeat(6000);
    let cast = format!("{{\"version\":3,\"term\":{{\"cols\":20,\"rows\":5}}}}\n{line}");
    let newer = Client { unicode: UnicodeVersion::V11, ..Client::default() };
    let (first, second) = (folder.write("first.cast", &cast), folder.write("second.cast", &cast));
    let screens = |path: &std::path::Path, client| {
        let playback = Playback::open(path, client).unwrap();
        let segments = playback.segments();
        assert!(segments.len() > 1);
        playback.keyframe(segments[1].start).unwrap()
    };
    let old = screens(&first, Client::default());
    let new = screens(&second, newer);
    assert!(old != new);
    // Those of the one are none of the other's.
    assert!(screens(&first, newer) == new);
    assert!(screens(&second, Client::default()) == old);
    // Of a recording of ours it is known.
    let shell = Shell::record(Options { client: newer, ..folder.options("ours") }, 20, 5, 1 << 16);
    let ours = shell.end(Ending::Stopped);
    std::fs::remove_file(ours.with_extension("keys")).unwrap();
    assert_eq!(open(&ours).client(), &newer);
    // A card that says nothing of it, or nonsense.
    for terminal in ["null", "{\"unicodeVersion\":\"12\"}", "5"] {
        let card = format!("{{\"version\":1,\"session\":\"s\",\"terminal\":{terminal}}}");
        folder.write("ours.json", card);
        assert_eq!(open(&ours).client(), &Client::default());
    }
}

#[test]
fn events_are_read_in_pages_from_anywhere() {
    let folder = Folder::new();
    let (path, _) = long(&folder);
    let playback = open(&path);
    let mut all = Vec::new();
    playback
        .events(|event| {
            all.push(event.clone());
            true
        })
        .unwrap();
    for limit in [999, 100_000] {
        assert_eq!(pages(&playback, limit).concat(), all, "{limit}");
    }
    let moment = playback.at(playback.duration() / 2).unwrap();
    let next = playback.events_from(moment.position, 1).unwrap();
    assert!(next[0].time > moment.time && next[0].end > moment.position);
    for segment in playback.segments() {
        let expected = all.iter().find(|event| event.end > segment.start);
        assert_eq!(playback.events_from(segment.start, 1).unwrap().first(), expected);
    }
    assert_eq!(playback.events_from(u64::MAX, 5).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whoever has written a cast, and wherever its events are torn: with keyframes
    /// that were made from it alone, any moment is what was shown then. Without the
    /// alternate screen, which in xterm.js keeps lines above it when it was larger
    /// once: those are in no snapshot.
    #[test]
    fn a_foreign_cast_is_the_same_from_any_keyframe(
        events in prop::collection::vec((
            prop::sample::select(vec![
                "plain lines\r\n", "\u{1b}[31mred\u{1b}[m\r\n", "\u{1b}[", "2;3H", "1mx", "漢字 e\u{301}\r\n", "\u{1b}]0;ti",
                "tle\u{7}", "\u{1b}[2;5r", "\u{1b}[r", "\n",
            ]),
            1_usize..6000,
            prop::option::weighted(0.2, (20_u16..90, 2_u16..30)),
        ), 12..40),
        version in 2_u8..4,
    ) {
        let folder = Folder::new();
        let header = serde_json::json!({
            "version": version, "width": 40, "height": 10, "term": { "cols": 40, "rows": 10 },
        });
        let mut cast = format!("{header}\n");
        // How xterm.js lays lines out anew depends on how many it keeps.
        let scrollback_lines = crate::keyframes::SCROLLBACK;
        let options = ScreenOptions { cols: 40, rows: 10, scrollback_lines, ..ScreenOptions::default() };
        let mut screen = Screen::new(&options);
        let (mut time, mut shown) = (0_u32, Vec::new());
        let mut put = |code: &str, data: &str| {
            time += 250;
            let seconds = f64::from(if version == 2 { time } else { 250 }) / 1000.0;
            cast.push_str(&serde_json::json!([seconds, code, data]).to_string());
            cast.push('\n');
            u64::from(time) * 1000
        };
        for (piece, count, size) in events {
            let text = piece.repeat(count);
            screen.feed(text.as_bytes());
            shown.push((put("o", &text), screen.text()));
            if let Some((cols, rows)) = size {
                screen.resize(cols, rows);
                shown.push((put("r", &format!("{cols}x{rows}")), screen.text()));
            }
        }
        let path = folder.write("foreign.cast", cast);
        for again in ["made", "read"] {
            let playback = open(&path);
            for (time, text) in &shown {
                prop_assert_eq!(&playback.at(*time).unwrap().text, text, "{} at {}", again, time);
            }
        }
    }
}

#[test]
fn a_cast_that_was_changed_does_not_get_the_keyframes_of_the_old_one() {
    let folder = Folder::new();
    let (path, _) = long(&folder);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.remove(5);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let playback = open(&path);
    let first = playback.segments()[1];
    let byte = std::fs::read(&path).unwrap()[usize::try_from(first.start).unwrap() - 1];
    assert_eq!(byte, b'\n');
}

#[test]
fn keyframes_of_plain_lines_are_further_apart() {
    let folder = Folder::new();
    let segments = |name: &str, line: &str| {
        let shell = Shell::record(folder.options(name), 80, 24, 8 << 20);
        for part in line.repeat((4 << 20) / line.len()).as_bytes().chunks(4096) {
            shell.print(part);
        }
        let path = shell.end(Ending::Stopped);
        let playback = open(&path);
        let sizes: Vec<_> = playback.segments().iter().map(|part| part.end - part.start).collect();
        let moment = playback.at(playback.duration()).unwrap();
        assert_eq!(moment.data, shell.shown().1);
        // There are about as many when they are made anew.
        std::fs::remove_file(path.with_extension("keys")).unwrap();
        let anew = open(&path).segments().len();
        assert!(anew.abs_diff(sizes.len()) <= 1, "{anew}, {}", sizes.len());
        (sizes.len(), sizes.into_iter().max().unwrap())
    };
    let (plain, most) = segments("plain", "a line in \x1b[32mgreen\x1b[m\r\n");
    assert!((4..8).contains(&plain) && most < 1 << 21, "{plain}, {most}");
    let (drawn, most) = segments("drawn", "\x1b[Ha line at the top of the screen\r\n");
    assert!(drawn > 15 && most < 1 << 19, "{drawn}, {most}");
}

#[test]
fn a_recording_can_be_read_while_it_is_written() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("live"), 80, 24, 1 << 20);
    shell.print(b"so far");
    assert!(flush(Duration::from_secs(30)));
    let playback = open(&shell.recording.file());
    assert_eq!(playback.status(), Status::Recording);
    assert_eq!(playback.at(u64::MAX).unwrap().text.trim_end(), "so far");
    shell.end(Ending::Stopped);
}

#[test]
fn versions_1_and_2_are_read() {
    let folder = Folder::new();
    let v2 = "{\"version\": 2, \"width\": 20, \"height\": 5, \"timestamp\": 1, \"title\": \"T\"}\n\
              [0.5, \"o\", \"a\"]\n[1.25, \"i\", \"x\"]\n[2.0, \"r\", \"30x6\"]\n[1.5, \"o\", \"b\"]";
    let playback = open(&folder.write("two.cast", v2));
    assert_eq!((playback.header().version, playback.header().title.as_deref()), (2, Some("T")));
    // The clock that stepped back stands still, and the last line counts.
    assert_eq!(playback.duration(), 2_000_000);
    assert_eq!(playback.at(600_000).unwrap().text.trim_end(), "a");
    let end = playback.at(2_000_000).unwrap();
    assert_eq!((end.text.trim_end(), end.cols, end.rows), ("ab", 30, 6));
    let v1 = "{\n \"version\": 1, \"width\": 20, \"height\": 5, \"duration\": 1.5,\n \"stdout\": [[0.5, \"a\\r\\n\"],\n [1.0, \"\\u00fc\"]]\n}";
    let playback = open(&folder.write("one.cast", v1));
    assert_eq!(playback.duration(), 1_500_000);
    assert_eq!(playback.at(u64::MAX).unwrap().text.trim_end(), "a\nü");
    assert_eq!(playback.header().version, 1);
    let v3 = "{\"version\": 3, \"term\": {\"cols\": 20, \"rows\": 5}}\n# a comment\n\n[0.123456, \"o\", \"a\"]\n\
              [0.1, \"z\", {\"any\": 1}]\n[1e-3, \"m\", \"\"]\n";
    assert_eq!(open(&folder.write("three.cast", v3)).duration(), 224_456);
}

#[test]
fn the_transcript_is_what_somebody_would_have_read() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("text"), 80, 24, 1 << 20);
    shell.print(b"$ lx\x08s -l\r\n\x1b[31mred\x1b[m and \x1b]0;title\x07plain\r\n");
    shell.print(b"10%\r50%\r100%\r\n\x1b[?1049hfull screen\x1b[3;5Hediting\x1b[?1049lback\r\n");
    shell.print("grüße 漢字\r\nabcdef\x1b[3D\x1b[Kx\r\nlast".as_bytes());
    let playback = open(&shell.end(Ending::Stopped));
    assert_eq!(
        playback.transcript().unwrap(),
        "$ ls -l\nred and plain\n100%\nback\ngrüße 漢字\nabcx\nlast\n"
    );
    let lines = |text: &str| -> Vec<String> {
        playback.search(text, 10).unwrap().into_iter().map(|Hit { line, .. }| line).collect()
    };
    assert_eq!(lines("RED AND"), ["red and plain"]);
    assert_eq!(lines("editing"), ["    editing"]);
    assert_eq!(lines("GRÜSSE"), Vec::<String>::new());
    assert_eq!(lines("GRÜßE"), ["grüße 漢字"]);
    assert_eq!(playback.search("l", 2).unwrap().len(), 2);
}

#[test]
fn a_hit_is_shown_at_its_time() {
    let folder = Folder::new();
    let shell = Shell::record(folder.options("hits"), 80, 24, 1 << 20);
    let start = Instant::now();
    for step in 0..200_u64 {
        shell.print_at(
            format!("line {step}.\r\n").as_bytes(),
            start + Duration::from_millis(step * 50),
        );
    }
    let playback = open(&shell.end(Ending::Stopped));
    let hits = playback.search("line 150.", 10).unwrap();
    assert_eq!(hits.len(), 1);
    assert!(playback.at(hits[0].time).unwrap().text.contains("line 150."));
    assert!(!playback.at(hits[0].time - 10_000).unwrap().text.contains("line 150."));
}

#[test]
fn version_2_is_written_and_read_again() {
    let folder = Folder::new();
    let (path, shown) = long(&folder);
    let playback = open(&path);
    let out = folder.0.join("out.cast");
    playback.to_v2(&out).unwrap();
    assert_eq!(playback.to_v2(&out).unwrap_err().code(), "ERR_RECORDING_EXISTS");
    let second = open(&out);
    assert_eq!(second.header().version, 2);
    assert_eq!(second.duration(), playback.duration());
    let (time, text) = &shown[7];
    assert_eq!(&second.at(time + 2000).unwrap().text, text);
    let count = |playback: &crate::Playback, kind| {
        let mut count = 0;
        playback
            .events(|event| {
                count += usize::from(event.kind == kind);
                true
            })
            .unwrap();
        count
    };
    assert_eq!(count(&second, Kind::Output), count(&playback, Kind::Output));
    assert_eq!(count(&second, Kind::Exit), 0);
}

#[test]
fn a_long_recording_is_searched_in_parts_that_miss_nothing_between_them() {
    let folder = Folder::new();
    let mut cast = String::from("{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n");
    let mut text = String::new();
    for number in 0..300_000 {
        // Some lines are printed over and over, and some programs take the screen.
        let line = match number % 1000 {
            7 => format!("\u{1b}[?1049hfull {number}\u{1b}[?1049l"),
            8 => format!("{number}%\rdone {number}"),
            _ => format!("\u{1b}[3{}mline\u{1b}[m {number} of many", number % 8),
        };
        text.push_str(&line);
        text.push_str("\r\n");
        if text.len() > 1500 {
            // Not at the end of a line.
            let rest = text.split_off(text.len() - 5);
            cast.push_str(&serde_json::json!([0.01, "o", text]).to_string());
            cast.push('\n');
            text = rest;
        }
    }
    cast.push_str(&serde_json::json!([0.01, "o", text]).to_string());
    cast.push('\n');
    let path = folder.write("long.cast", cast);
    let playback = open(&path);
    let found = |wanted: &str| -> Vec<String> {
        let hits = playback.search(wanted, 100_000).unwrap();
        assert!(hits.windows(2).all(|pair| pair[0].time <= pair[1].time));
        hits.into_iter().map(|hit| hit.line).collect()
    };
    let numbers = |wanted: &dyn Fn(u32) -> bool| -> Vec<String> {
        let plain = |number: &u32| !matches!(number % 1000, 7 | 8);
        let lines = (0..300_000).filter(|number| wanted(*number)).filter(plain);
        lines.map(|number| format!("line {number} of many")).collect()
    };
    assert_eq!(found("LINE 1234"), numbers(&|number| number.to_string().starts_with("1234")));
    assert_eq!(found("9 OF MANY").len(), numbers(&|number| number % 10 == 9).len());
    assert_eq!(found("full ").len(), 300);
    assert_eq!(
        found("done 5").len(),
        found("done ").iter().filter(|line| line.contains(" 5")).count()
    );
    assert_eq!(found("%").len(), 0);
    assert_eq!(playback.search("line", 10).unwrap().len(), 10);
    // One sequence that goes over all parts: nothing in it is a line.
    let mut cast = String::from(
        "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n[0.1, \"o\", \"before\\r\\n\\u001b]0;\"]\n",
    );
    let line = format!("[0.1, \"o\", \"{}\"]\n", "hidden text\\r\\n".repeat(100));
    cast.push_str(&line.repeat(10_000));
    let playback = open(&folder.write("sequence.cast", cast));
    assert_eq!(playback.search("before", 5).unwrap().len(), 1);
    assert_eq!(playback.search("hidden", 5).unwrap().len(), 0);
}
