//! Files that nobody vouches for.

use proptest::prelude::*;

use super::{Folder, code, open, pages};
use crate::{Playback, Status};

const HEADER: &str = "{\"version\": 3, \"term\": {\"cols\": 20, \"rows\": 5}}\n";

#[test]
fn what_is_no_cast_is_refused_with_a_code() {
    let folder = Folder::new();
    let cases: [(&str, &[u8]); 14] = [
        ("ERR_RECORDING_INVALID", b""),
        ("ERR_RECORDING_INVALID", b"\n"),
        ("ERR_RECORDING_INVALID", b"hello\nworld\n"),
        ("ERR_RECORDING_INVALID", b"\xff\xfe\x00"),
        ("ERR_RECORDING_INVALID", b"[1,2,3]\n"),
        ("ERR_RECORDING_INVALID", b"{\"version\": 3"),
        ("ERR_RECORDING_INVALID", b"{\"version\": 3}\n"),
        ("ERR_RECORDING_INVALID", b"{\"version\": \"3\"}\n"),
        ("ERR_RECORDING_VERSION", b"{\"version\": 4, \"term\": {\"cols\": 1, \"rows\": 1}}\n"),
        ("ERR_RECORDING_INVALID", b"{\"version\": 2, \"width\": 0, \"height\": 5}\n"),
        ("ERR_RECORDING_INVALID", b"{\"version\": 2, \"width\": 70000, \"height\": 5}\n"),
        ("ERR_RECORDING_INVALID", b"{\"version\": 1, \"width\": 7, \"height\": 5}\n"),
        (
            "ERR_RECORDING_INVALID",
            b"{\"version\": 1, \"width\": 7, \"height\": 5, \"stdout\": [[1]]}\n",
        ),
        (
            "ERR_RECORDING_INVALID",
            b"{\"version\": 3, \"term\": {\"cols\": 2, \"rows\": 2}}\n[1, \"o\"]\n",
        ),
    ];
    for (expected, bytes) in cases {
        assert_eq!(
            code(&folder.write("x.cast", bytes)),
            expected,
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(code(&folder.0.join("none.cast")), "ENOENT");
    assert_eq!(code(&folder.0), "ERR_RECORDING_INVALID");
    let deep = format!("{HEADER}{}\n", "[".repeat(100_000));
    assert_eq!(code(&folder.write("deep.cast", deep)), "ERR_RECORDING_INVALID");
}

#[test]
fn a_line_has_a_bound() {
    let folder = Folder::new();
    let event = |length: usize| format!("{HEADER}[1, \"o\", \"{}\"]\n", "x".repeat(length));
    let most = crate::lines::MAX_LINE;
    assert_eq!(code(&folder.write("long.cast", event(most))), "ERR_RECORDING_LIMIT");
    assert_eq!(open(&folder.write("fits.cast", event(most - 20))).duration(), 1_000_000);
    let mut endless = HEADER.as_bytes().to_vec();
    endless.resize(most * 3, b'x');
    assert_eq!(code(&folder.write("endless.cast", endless)), "ERR_RECORDING_LIMIT");
}

#[test]
fn a_header_and_a_document_have_bounds() {
    let folder = Folder::new();
    let variables: Vec<_> = (0..30_000).map(|number| format!("\"v{number}\":\"x\"")).collect();
    let header = |version: u8, count: usize, rest: &str| {
        let env = variables[..count].join(",");
        let term = "\"term\":{\"cols\":2,\"rows\":2},\"width\":2,\"height\":2";
        format!("{{\"version\":{version},{term},\"env\":{{{env}}}{rest}}}\n")
    };
    assert_eq!(open(&folder.write("fits.cast", header(3, 15_000, ""))).header().env.len(), 1000);
    assert_eq!(code(&folder.write("long.cast", header(3, 30_000, ""))), "ERR_RECORDING_LIMIT");
    // One line or many, a document of version 1 may be longer than a header.
    let document = |frames: usize, between: &str| {
        let frames = vec!["[0.1,\"text\"]"; frames].join(between);
        header(1, 30_000, &format!(",\"stdout\":[{frames}]"))
    };
    for between in [",", ",\n"] {
        let playback = open(&folder.write("document.cast", document(100_000, between)));
        assert_eq!((playback.header().version, playback.header().env.len()), (1, 1000));
        assert_eq!(playback.duration(), 10_000_000_000);
        let longer = document(400_000, between);
        assert_eq!(code(&folder.write("longer.cast", longer)), "ERR_RECORDING_LIMIT");
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_a_file_is_waited_for_by_nobody() {
    let folder = Folder::new();
    let pipe = |name: &str| {
        let path = folder.0.join(name);
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    };
    assert_eq!(code(&pipe("pipe.cast")), "ERR_RECORDING_INVALID");
    let cast = folder.write("mine.cast", format!("{HEADER}[0.5, \"o\", \"kept\"]\n"));
    for name in ["mine.keys", "mine.json", "mine.resume"] {
        pipe(name);
    }
    assert_eq!(open(&cast).at(u64::MAX).unwrap().text.trim_end(), "kept");
    // Nor by the recorder, when it looks for recordings that were cut off.
    let shell = super::Shell::record(folder.options("next"), 20, 5, 4096);
    assert!(crate::flush(std::time::Duration::from_mins(1)));
    shell.end(crate::Ending::Stopped);
}

#[test]
fn an_index_that_is_out_of_proportion_is_not_used() {
    use crate::keyframes::{Place, anchor_of, header, put_keyframe};
    let folder = Folder::new();
    let cast = format!("{HEADER}{}", "[0.1, \"o\", \"0123456789\"]\n".repeat(200));
    let position = HEADER.len() as u64;
    let anchor = anchor_of(HEADER.as_bytes());
    let place = Place { time: 0, position, cols: 20, rows: 5, anchor };
    for (count, used) in [(4, true), (1000, false)] {
        let mut index = header(HEADER.as_bytes(), None).to_vec();
        for _ in 0..count {
            put_keyframe(&place, b"kept", &mut index);
        }
        let path = folder.write("x.cast", &cast);
        folder.write("x.keys", &index);
        assert_eq!(open(&path).segments().len(), if used { count + 1 } else { 1 });
    }
}

#[test]
fn resizes_of_any_size_and_number_take_a_bounded_time() {
    let folder = Folder::new();
    let resizes = "[0.1, \"r\", \"65535x256\"]\n[0.1, \"r\", \"2x65535\"]\n";
    let cast = format!("{HEADER}[0.1, \"o\", \"some text\\r\\n\"]\n{}", resizes.repeat(300));
    let playback = open(&folder.write("sizes.cast", &cast));
    assert_eq!(playback.at(500_000).unwrap().rows, 65_535);
    assert_eq!(playback.at(u64::MAX).unwrap_err().code(), "ERR_RECORDING_LIMIT");
    // Where keyframes have to be made, nobody gets as far.
    let long = format!("{cast}[0.1, \"o\", \"{}\"]\n", "x".repeat(300_000));
    assert_eq!(code(&folder.write("long.cast", long)), "ERR_RECORDING_LIMIT");
    assert!(!folder.names().iter().any(|name| name.contains("keys")));
    // Sizes as terminals have them may change all day.
    let usual = "[0.1, \"r\", \"120x50\"]\n[0.1, \"r\", \"80x24\"]\n".repeat(20_000);
    let playback = open(&folder.write("usual.cast", format!("{HEADER}{usual}")));
    assert!(playback.segments().len() > 200, "{}", playback.segments().len());
}

#[test]
fn a_size_that_no_screen_has_is_refused() {
    let folder = Folder::new();
    let sized = |size: &str| format!("{{\"version\": 2, {size}}}\n[0.1, \"o\", \"x\"]\n");
    let largest = sized("\"width\": 4096, \"height\": 4096");
    assert_eq!(open(&folder.write("largest.cast", largest)).at(0).unwrap().rows, 4096);
    let larger = sized("\"width\": 4096, \"height\": 4097");
    assert_eq!(code(&folder.write("larger.cast", larger)), "ERR_RECORDING_LIMIT");
    let resized = format!("{HEADER}[0.1, \"o\", \"x\"]\n[0.1, \"r\", \"65535x257\"]\n");
    let playback = open(&folder.write("resized.cast", resized));
    assert_eq!(playback.at(100_000).unwrap().cols, 20);
    assert_eq!(playback.at(200_000).unwrap_err().code(), "ERR_RECORDING_LIMIT");
    // What is wrong with a size is said, too.
    let none = folder.write("none.cast", sized("\"width\": 65536, \"height\": 1"));
    let error = Playback::open(&none, offheap_screen::Client::default()).unwrap_err();
    assert!(error.to_string().ends_with("the header has no valid size"), "{error}");
}

#[test]
fn what_is_read_of_long_texts_has_a_bound() {
    let folder = Folder::new();
    let event = |code: &str, data: &str| format!("[0.1, \"{code}\", \"{data}\"]\n");
    let long = "ü".repeat(500_000);
    let cast = [
        HEADER.to_owned(),
        event("m", &long),
        event("o", &format!("{}here{}\\r\\n", "x".repeat(30_000), "y".repeat(30_000))),
        event("o", &long).repeat(4),
    ];
    let playback = open(&folder.write("long.cast", cast.concat()));
    let markers = playback.markers(10).unwrap();
    assert_eq!(markers, [(100_000, "ü".repeat(2048))]);
    let hits = playback.search("HERE", 10).unwrap();
    assert!(hits[0].line.contains("xherey") && hits[0].line.len() <= 1024);
    // Pages end once they have a mebibyte.
    let counts: Vec<_> = pages(&playback, 1000).iter().map(Vec::len).collect();
    assert_eq!(counts, [2, 2, 2]);
}

#[test]
fn a_torn_last_line_is_left_out() {
    let folder = Folder::new();
    let whole = format!("{HEADER}[0.5, \"o\", \"kept\"]\n[0.5, \"o\", \"grüße\"]\n");
    let bytes = whole.as_bytes();
    for end in HEADER.len()..bytes.len() {
        let playback = open(&folder.write("torn.cast", &bytes[..end]));
        let text = playback.at(u64::MAX).unwrap().text;
        assert!(["", "kept", "keptgrüße"].contains(&text.trim_end()), "{end}: {text:?}");
        let at_line = bytes[end - 1] == b'\n' || bytes[end] == b'\n';
        assert_eq!(playback.status() == Status::Complete, at_line, "{end}");
    }
}

#[test]
fn times_that_make_no_sense_stay_in_bounds() {
    let folder = Folder::new();
    let cast = format!(
        "{HEADER}[-5, \"o\", \"a\"]\n[1e300, \"o\", \"b\"]\n[1e300, \"r\", \"0x0\"]\n[0, \"r\", \"99999x1\"]\n"
    );
    let playback = open(&folder.write("times.cast", cast));
    assert_eq!(playback.duration(), (1 << 53) - 1);
    assert_eq!(playback.at(0).unwrap().text.trim_end(), "a");
    assert_eq!(playback.at(u64::MAX).unwrap().text.trim_end(), "ab");
    // Times of version 2 that go back stand still.
    let cast = "{\"version\": 2, \"width\": 20, \"height\": 5}\n[2, \"o\", \"a\"]\n[1, \"o\", \"b\"]\n[3, \"o\", \"c\"]\n";
    let playback = open(&folder.write("back.cast", cast));
    let shown = [0, 1, 2, 3].map(|second| playback.at(second * 1_000_000).unwrap().text);
    assert_eq!(shown.map(|text| text.trim_end().to_owned()), ["", "", "ab", "abc"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A cast or keyframe file with any damage is read or refused, and never
    /// more than that.
    #[test]
    fn damage_is_survived(
        cast in prop::collection::vec((0usize..4000, any::<u8>()), 0..8),
        keys in prop::collection::vec((0usize..400, any::<u8>()), 0..8),
        cut in 0usize..4000,
    ) {
        let folder = Folder::new();
        let mut bytes = HEADER.as_bytes().to_vec();
        for number in 0..100 {
            bytes.extend_from_slice(format!("[0.01, \"o\", \"line {number}\\r\\n\"]\n").as_bytes());
        }
        let mut index = crate::keyframes::header(HEADER.as_bytes(), None).to_vec();
        let place = crate::keyframes::Place {
            time: 0, position: HEADER.len() as u64, cols: 20, rows: 5,
            anchor: crate::keyframes::anchor_of(HEADER.as_bytes()),
        };
        crate::keyframes::put_keyframe(&place, &[b'k'; 300], &mut index);
        for (at, byte) in &cast {
            if let Some(target) = bytes.get_mut(*at) { *target = *byte; }
        }
        for (at, byte) in &keys {
            if let Some(target) = index.get_mut(*at) { *target = *byte; }
        }
        bytes.truncate(cut);
        let path = folder.write("any.cast", &bytes);
        folder.write("any.keys", &index);
        if let Ok(playback) = Playback::open(&path, offheap_screen::Client::default()) {
            let _ = playback.at(playback.duration() / 2);
            let _ = playback.transcript();
            let _ = playback.search("line", 10);
            prop_assert!(!playback.segments().is_empty());
        }
    }
}
