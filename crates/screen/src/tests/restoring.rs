//! Snapshots.

use super::super::{Client, Screen, ScreenOptions, XtermVersion};
use super::{restored, screen, shown, snapshot};

/// Feeds `bytes`, restores, and compares all that both screens would show,
/// also after `more`.
fn check(bytes: &str, more: &str) {
    let mut original = screen(20, 6, bytes.as_bytes());
    let mut copy = restored(&original);
    assert_eq!(shown(&copy), shown(&original), "{bytes:?}");
    original.feed(more.as_bytes());
    copy.feed(more.as_bytes());
    assert_eq!(shown(&copy), shown(&original), "{bytes:?} and then {more:?}");
}

#[test]
fn attributes_are_restored() {
    for sgr in [
        "1",
        "2",
        "3",
        "4",
        "5",
        "7",
        "8",
        "9",
        "21",
        "53",
        "4:3",
        "4:4",
        "4:5",
        "31",
        "42",
        "95",
        "106",
        "38;5;200",
        "48;5;9",
        "38;2;1;2;3",
        "48;2;4;5;6",
        "4;58;5;77",
        "4:2;58:2::7:8:9",
        "1;3;4;7;9;38;5;1;48;2;0;0;0",
    ] {
        check(&format!("a\x1b[{sgr}mb\x1b[mc\x1b[{sgr}m"), "d");
    }
}

#[test]
fn indexed_and_ansi_colours_stay_apart() {
    let ansi = shown(&screen(5, 1, b"\x1b[31mx"));
    assert_ne!(shown(&screen(5, 1, b"\x1b[38;5;1mx")), ansi);
}

#[test]
fn backgrounds_of_erased_cells_are_restored() {
    check("\x1b[44m\x1b[2J\x1b[2;3Hx\x1b[41m\x1b[K\x1b[3;1H\x1b[42m\x1b[5X", "\x1b[my");
}

#[test]
fn links_are_restored() {
    check(
        "\x1b]8;id=7;http://a\x1b\\one\x1b]8;;\x1b\\ \x1b]8;;http://b\x1b\\two",
        "more\x1b]8;;\x07x",
    );
}

#[test]
fn a_pending_wrap_is_restored() {
    check("12345678901234567890", "x");
    check("1234567890123456789漢", "x");
    check("\x1b[31m12345678901234567890\x1b[m", "x");
    check("12345678901234567890\x1b[1K", "x");
    check("\x1b[?1049h12345678901234567890\x1b[7m", "x");
    check("\x1b[?7l12345678901234567890", "x");
    check("1234567890123456789q\x1b(0\x1b[1m", "q");
}

#[test]
fn wraps_are_restored() {
    check("1234567890123456789012345\r\nx\r\n", "\x1b[2;1H\x08");
    check("1234567890123456789漢\r\nx", "y");
    check("12345678901234567890x\x1b[1;15H\x1b[K\x1b[5;5H", "y");
    check(&"12345678901234567890x\x1b[A\x1b[10G\x1b[K\r\n\n".repeat(9), "y");
}

#[test]
fn a_mark_joins_what_was_printed_before_the_snapshot() {
    for text in
        ["e", "漢", "\x1b(0q", "\x1b(4]", "\x1b[4habc\x1b[1Gx", "\x1b[3;5r\x1b[?6hx", "e\u{308}"]
    {
        check(text, "\u{301}");
        check(text, "\x1b[2b");
    }
}

#[test]
fn saved_cursors_are_restored() {
    check("\x1b[2;3H\x1b[1;31m\x1b7\x1b[m\x1b[5;5H", "\x1b8x");
    check("ab\x1b[?1049h\x1b[3;3H\x1b7\x1b[H", "\x1b8x\x1b[?1049ly");
    check("\x1b[?1049h\x1b[3;3H\x1b7\x1b[?1049l", "\x1b[?47h\x1b8x");
    check("\x1b(0\x1b7\x1b(B", "\x1b8q");
    check("\x1b7\x1b[4:3m\x1b8", "x\x1b[4my");
}

#[test]
fn a_saved_cursor_keeps_its_place_in_the_scrollback() {
    check(
        &format!("{}\x1b[4;3H\x1b7\x1b[6;1H{}", "\r\n".repeat(9), "\r\n".repeat(4)),
        "\x1b[3J\x1b8x",
    );
    check("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\x1b7\x1b[3J", "\n\x1b8x");
}

#[test]
fn modes_are_restored() {
    for mode in [
        "?1", "?6", "?7", "?12", "?25", "?45", "?66", "?9", "?1000", "?1002", "?1003", "?1004",
        "?1006", "?1016", "?2004", "?2026", "4", "20",
    ] {
        check(&format!("ab\x1b[{mode}h"), "x\ny");
        check(&format!("ab\x1b[{mode}h\x1b[{mode}l"), "x\ny");
    }
    for style in 0..=6 {
        check(&format!("\x1b[{style} q"), "x");
    }
    check("\x1b[2;5r\x1b[?6h\x1b[2;4H", "\x1b[Hx\n\n\n\n\ny");
}

#[test]
fn tab_stops_and_charsets_are_restored() {
    check("\x1b[3g\x1b[5G\x1bH\x1b[11G\x1bH\r", "\ta\tb");
    check("\x1b)0\x1b*A\x1b+K\x0e", "q\x1bn#\x1bo[\x0fq");
}

#[test]
fn titles_and_colours_are_restored() {
    let client = Client { push_title: true, pop_title: true, ..Client::default() };
    let make = |bytes: &[u8]| {
        let options = ScreenOptions { cols: 5, rows: 1, client, ..ScreenOptions::default() };
        let mut screen = Screen::new(&options);
        screen.feed(bytes);
        screen
    };
    let original = make(b"\x1b]0;both\x07\x1b[22;0t\x1b]2;window\x07\x1b]1;icon\x07\x1b]4;5;#010203\x07\x1b]11;#fff\x07");
    let mut copy = make(&snapshot(&original));
    assert_eq!(copy.title(), "window");
    assert_eq!(shown(&copy), shown(&original));
    copy.feed(b"\x1b[23;0t");
    assert_eq!(copy.title(), "both");
}

#[test]
fn the_keyboard_stack_is_restored() {
    check("\x1b[>1u\x1b[>5u\x1b[?1049h\x1b[=3u", "\x1b[<u\x1b[?1049l\x1b[<u");
}

#[test]
fn both_buffers_are_restored() {
    check("normal\r\n\x1b[32mtext\x1b[?1049h\x1b[H\x1b[7malternate\x1b[m", "x\x1b[?1049ly");
    check(&format!("{}\x1b[?1049h\x1b[2;4rx", "line\r\n".repeat(20)), "\n\n\n\x1b[?1049l\n");
}

#[test]
fn an_unfinished_sequence_goes_on() {
    for (begun, rest) in [
        ("\x1b", "[31mx"),
        ("\x1b[3", "1mx"),
        ("\x1b[3\n", "1mx"),
        ("\x1b]2;ti", "tle\x07x"),
        ("\x1b]8;;http://", "x\x1b\\x"),
        ("\x1bP$q", "m\x1b\\x"),
        ("\x1b\nP1;2$qa\nb", "m\x1b\\x"),
        ("\x1b_hidden", "more\x1b\\x"),
        ("\x1b(", "0q"),
        ("\u{9b}", "31mx"),
    ] {
        check(begun, rest);
    }
}

#[test]
fn an_unfinished_character_goes_on() {
    let bytes = "a漢".as_bytes();
    for cut in 2..bytes.len() {
        let original = screen(5, 1, &bytes[..cut]);
        assert_eq!(original.unfinished_character(), cut - 1);
        let mut copy = restored(&original);
        copy.feed(&bytes[cut..]);
        assert_eq!(copy.text(), "a漢");
    }
}

#[test]
fn an_unfinished_string_too_long_to_keep_stays_ignored() {
    let mut original = screen(5, 1, b"\x1b]52;c;");
    original.feed(&vec![b'A'; 100_000]);
    let mut copy = restored(&original);
    copy.feed(b"AAAA\x07x");
    assert_eq!(copy.text(), "x");
    assert!(!snapshot(&original).windows(4).any(|window| window == b"]52;"));
}

#[test]
fn a_snapshot_asks_nothing_and_rings_no_bell() {
    let bytes = "\x07\x1b[c\x1b[6n\x1b[?25$p\x1b]10;?\x07\x1b]52;c;aGk=\x07\x1bP$qm\x1b\\text\x07";
    let mut copy = screen(20, 6, b"");
    let mut answers = Vec::new();
    let picture = snapshot(&screen(20, 6, bytes.as_bytes()));
    copy.feed_answering(&picture, &mut answers);
    assert!(answers.is_empty());
    assert!(!picture.contains(&7) && !shown(&copy).contains("52;"));
}

#[test]
fn a_snapshot_replaces_whatever_the_client_has() {
    let picture = snapshot(&screen(20, 6, b"\x1b[1mnew"));
    let mut client = screen(20, 6, b"\x1b[?1049hold\x1b[?25l\x1b[5;6r\x1b(0\x1b]2;half a tit");
    client.feed(&picture);
    assert_eq!(snapshot(&client), picture);
    assert_eq!(client.title(), "");
}

#[test]
fn links_and_styles_beyond_counting_do_no_harm() {
    let mut original = screen(100, 60, b"");
    for number in 0..20_000 {
        original.feed(format!("\x1b[38;2;1;{};{}m", number / 256, number % 256).as_bytes());
        original.feed(format!("\x1b]8;id={number};http://{number}\x07{number} ").as_bytes());
    }
    let picture = shown(&original);
    assert!(picture.contains("http://19999\x1b\\") && !picture.contains("http://9999\x1b\\"));
    assert_eq!(shown(&restored(&original)), picture);
    assert!(original.bytes_held() < 1 << 20, "{}", original.bytes_held());
}

#[test]
fn the_first_row_of_all_continues_one_that_is_gone() {
    for alternate in ["", "\x1b[?47h\x1b[H"] {
        let bytes = format!("{alternate}abcdefghij\x1b[3J");
        let mut before = screen(4, 2, bytes.as_bytes());
        let mut after = restored(&before);
        assert_eq!(after.text(), "efgh\nij");
        // Scrolled down, the row has one above it again.
        for screen in [&mut before, &mut after] {
            screen.feed(b"\x1b[H\x1bM");
        }
        assert_eq!(snapshot(&after), snapshot(&before));
    }
}

#[test]
fn a_cursor_saved_above_the_screen_is_restored() {
    // Erasing the scrollback brings its row back into view.
    check("\x1b[2;3H\x1b7\x1b[6H\n\n\n\n\n", "\x1b[3J\x1b8x");
    check("ab\x1b7\x1b[6H\n\n\n", "\x1b[3J\x1b8x");
}

#[test]
fn the_gap_before_a_wide_character_is_no_space() {
    for (style, reset) in [("7", ""), ("7;1", ""), ("4:3;31", ""), ("9", "\x1b[m"), ("0", "")] {
        for before in ["", "\r\n\r\n\r\n\r\n"] {
            let text = format!("\x1b[{style}m中文中文中文中文中{reset}{before}");
            let original = screen(9, 3, text.as_bytes());
            let mut copy = restored(&original);
            copy.feed(b"\x1b[m\r\n\r\n");
            copy.resize(40, 3);
            assert!(shown(&copy).contains("中文中文中文中文中"), "{style} {}", shown(&copy));
        }
    }
    // A space, or a gap that was given other attributes later, is kept.
    for text in ["\x1b[7m中文中文 中文", "\x1b[7m中文中文中文\x1b[1;9H\x1b[31m \x1b[3;1H"]
    {
        let mut copy = restored(&screen(9, 3, text.as_bytes()));
        copy.feed(b"\x1b[m\r\n\r\n");
        copy.resize(40, 3);
        assert!(!shown(&copy).contains("中文中文中文"), "{}", shown(&copy));
    }
}

#[test]
fn hundreds_of_marks_on_a_character_are_kept() {
    let marks: String = (0..300).filter_map(|at| char::from_u32(0x300 + at % 0x60)).collect();
    let text = format!("a{marks}b{marks}c");
    let mut original = screen(10, 3, text.as_bytes());
    let rows = |screen: &Screen| screen.text().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&original)[0], format!("a{marks}b{marks}c"));
    assert_eq!(restored(&original).text(), original.text());
    // Through the scrollback and back.
    original.feed(b"\r\n\r\n\r\n");
    original.resize(20, 6);
    assert_eq!(rows(&original)[0], format!("a{marks}b{marks}c"));
    let endless = screen(10, 3, format!("x{}", marks.repeat(1000)).as_bytes());
    let kept = endless.text().trim_end().len();
    assert!((4000..=4096).contains(&kept) && endless.bytes_held() < 256 * 1024, "{kept}");
}

#[test]
fn of_an_unknown_cursor_style_only_the_blinking_counts() {
    for (sequences, restored) in [
        ("\x1b[7 q", "\x1b[7 q"),
        ("\x1b[12 q", "\x1b[8 q"),
        ("\x1b[4 q\x1b[9 q", "\x1b[3 q"),
        ("\x1b[5 q\x1b[8 q", "\x1b[6 q"),
        ("\x1b[7 q\x1b[8 q", "\x1b[8 q"),
        ("\x1b[7 q\x1b[2 q", "\x1b[2 q"),
    ] {
        assert!(shown(&screen(8, 2, sequences.as_bytes())).contains(restored), "{sequences:?}");
    }
    assert!(!shown(&screen(8, 2, b"\x1b[7 q\x1b[0 q")).contains(" q"));
}

#[test]
fn a_character_set_restored_before_a_pending_wrap_is() {
    check("\x1b(0\x1b8\x1b[1;20Hq\x1b[J", "q\x0fq");
}

#[test]
fn an_underline_that_lost_its_kind_is_restored() {
    check("\x1b[4m\x1b7\x1b[m\x1b8\x1b]8;;\x1b\\a", "b\x1b[1mc\x1b[58;5;1md");
    check("\x1b[4;1m\x1b7\x1b[m\x1b8\x1b]8;;\x1b\\\x1b[31ma", "b\x1b8c");
    // And saved again.
    check("\x1b[4m\x1b7\x1b[m\x1b8\x1b]8;;\x1b\\\x1b7\x1b[ma", "b\x1b8c");
}

#[test]
fn character_sets_saved_before_a_reset_are_restored() {
    let client = Client { version: XtermVersion::V6_1, ..Client::default() };
    for before in [
        "\x1b*0\x1b[2;3H\x1b7\x1b[?47h\x1b[!p\x1b7",
        "\x1b[?47h\x1b*0\x1b[2;3H\x1b7\x1b[?47l\x1b[!p\x1b7",
    ] {
        let [mut original, mut restored] = [(); 2].map(|()| {
            Screen::new(&ScreenOptions { cols: 20, rows: 6, client, ..ScreenOptions::default() })
        });
        original.feed(before.as_bytes());
        restored.feed(&snapshot(&original));
        let saved = |screen: &Screen| {
            [&screen.terminal.active, &screen.terminal.parked].map(|buffer| buffer.saved)
        };
        assert_eq!(saved(&restored), saved(&original), "{before:?}");
        assert_eq!(restored.terminal.charsets, original.terminal.charsets, "{before:?}");
    }
}
