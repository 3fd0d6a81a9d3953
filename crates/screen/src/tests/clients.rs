//! What clients differ in, and how a screen goes from one to another.

use super::super::{Client, ImageSupport, Screen, ScreenOptions, UnicodeVersion, XtermVersion};
use super::{client, snapshot};
use proptest::prelude::*;

fn make(client: Client, cols: u16, rows: u16, text: &str) -> Screen {
    let mut screen = Screen::new(&ScreenOptions { cols, rows, client, ..ScreenOptions::default() });
    screen.feed(text.as_bytes());
    screen
}

fn answer(screen: &mut Screen, query: &str) -> String {
    let mut answers = Vec::new();
    screen.feed_answering(query.as_bytes(), &mut answers);
    String::from_utf8(answers).expect("ASCII")
}

/// The row and the column of the cursor, as a program is told.
fn cursor(client: Client, text: &str) -> String {
    let place = answer(&mut make(client, 20, 4, text), "\x1b[6n");
    place.trim_start_matches("\x1b[").trim_end_matches('R').to_owned()
}

const NEW: Client = Client {
    version: XtermVersion::V6_1,
    unicode: UnicodeVersion::V6,
    push_title: false,
    pop_title: false,
    scroll_on_erase: false,
    reflow_cursor_line: false,
    convert_eol: false,
    images: ImageSupport::NONE,
    tab_stop_width: 8,
};

#[test]
fn titles_are_saved_where_the_client_saves_them() {
    let text = "\x1b]0;shell\x07\x1b[22;0;0t\x1b]0;vim\x07\x1b[23;0;0t";
    assert_eq!(make(Client::default(), 5, 1, text).title(), "vim");
    let saving = Client { push_title: true, pop_title: true, ..Client::default() };
    assert_eq!(make(saving, 5, 1, text).title(), "shell");
    let pushing = Client { push_title: true, ..Client::default() };
    assert_eq!(make(pushing, 5, 1, text).title(), "vim");
}

#[test]
fn a_line_feed_returns_where_the_client_lets_it() {
    let client = Client { convert_eol: true, ..Client::default() };
    assert_eq!(make(client, 5, 2, "ab\nc").text(), "ab\nc");
    assert_eq!(make(client, 5, 2, "\x1b[20lab\nc").text(), "ab\n  c");
    assert_eq!(make(client, 5, 2, "\x1bcab\nc").text(), "ab\nc");
}

#[test]
fn tab_stops_are_as_far_apart_as_the_client_has_them() {
    let client = Client { tab_stop_width: 3, ..Client::default() };
    assert_eq!(make(client, 12, 1, "\ta\tb").text(), "   a  b");
    let mut screen = make(client, 4, 1, "\x1bc");
    screen.resize(12, 1);
    screen.feed(b"\t\t\tx");
    assert_eq!(screen.text(), "         x");
}

#[test]
fn erasing_the_screen_scrolls_it_away_where_the_client_does() {
    let client = Client { scroll_on_erase: true, ..Client::default() };
    let mut screen = make(client, 5, 4, "a\r\nb\x1b[2J\x1b[4Hc");
    assert_eq!(screen.text(), "\n\n\nc");
    screen.resize(5, 6);
    assert_eq!(screen.text(), "a\nb\n\n\n\nc", "the rows are in the scrollback");
}

#[test]
fn the_line_with_the_cursor_is_laid_out_anew_where_the_client_does() {
    let resized = |client| {
        let mut screen = make(client, 4, 3, "abcdefg");
        screen.resize(8, 3);
        screen.text()
    };
    assert_eq!(resized(Client::default()), "abcd\nefg\n");
    let client = Client { reflow_cursor_line: true, ..Client::default() };
    assert_eq!(resized(client), "abcdefg\n\n");
}

#[test]
fn a_soft_hyphen_takes_no_column_from_6_1_on() {
    assert_eq!(cursor(Client::default(), "a\u{ad}b"), "1;4");
    assert_eq!(cursor(NEW, "a\u{ad}b"), "1;3");
    assert_eq!(make(NEW, 5, 1, "a\u{ad}b\u{ad}").text(), "ab");
}

#[test]
fn restoring_the_cursor_restores_modes_and_sets_from_6_1_on() {
    let text = "\x1b[?7l\x1b)0\x0e\x1b7\x1b[?7h\x0f\x1b8";
    let printed = "q123456789012345678901";
    assert_eq!(cursor(Client::default(), &format!("{text}{printed}")), "2;3");
    assert_eq!(cursor(NEW, &format!("{text}{printed}")), "1;21");
    assert!(make(NEW, 20, 2, &format!("{text}q")).text().starts_with('─'));
}

#[test]
fn other_sequences_of_6_1_are_known() {
    assert_eq!(make(NEW, 3, 3, "a\x1b[^").text(), "\na\n");
    assert_eq!(make(Client::default(), 3, 3, "a\x1b[^").text(), "a\n\n");
    let shown = |client, text: &str| snapshot(&make(client, 3, 1, text));
    assert_eq!(shown(NEW, "\x1b[1;2m\x1b[221mx"), shown(NEW, "\x1b[2mx"));
    assert_eq!(shown(NEW, "\x1b[1;2m\x1b[222mx"), shown(NEW, "\x1b[1mx"));
    let plain = Client::default();
    assert_eq!(shown(plain, "\x1b[1;2m\x1b[221;222mx"), shown(plain, "\x1b[1;2mx"));
    assert_eq!(make(NEW, 9, 1, "\x1b_Gé\x1b\\x").text(), "x");
    assert_eq!(make(plain, 9, 1, "\x1b_Gé\x1b\\x").text(), "x");
    assert_eq!(make(NEW, 9, 1, "\x1b_Gé1").text(), "");
    assert_eq!(make(plain, 9, 1, "\x1b_Gé1").text(), "1");
}

#[test]
fn a_program_is_told_whether_the_client_is_dark_from_6_1_on() {
    assert_eq!(answer(&mut make(Client::default(), 5, 1, ""), "\x1b[?996n"), "");
    let mut screen = make(NEW, 5, 1, "");
    assert_eq!(answer(&mut screen, "\x1b[?996n"), "\x1b[?997;1n");
    screen.set_theme([0; 3], [0xff; 3], [0; 3]);
    assert_eq!(answer(&mut screen, "\x1b[?996n"), "\x1b[?997;2n");
}

#[test]
fn graphemes_are_one_character_where_the_client_knows_them() {
    let client = Client { unicode: UnicodeVersion::V15Graphemes, ..Client::default() };
    for (text, columns) in [
        ("👩\u{200d}🚀", 2),
        ("🇩🇪", 2),
        ("🇩🇪🇫", 3),
        ("⚠\u{fe0f}", 2),
        ("#\u{fe0f}\u{20e3}", 2),
        ("e\u{301}", 1),
        ("\u{600}a", 1),
        ("\u{1112}\u{1161}\u{11ab}", 2),
    ] {
        assert_eq!(cursor(client, text), format!("1;{}", columns + 1), "{text:?}");
        let screen = make(client, 20, 1, text);
        assert_eq!(screen.text(), text);
        let bytes = snapshot(&screen);
        assert_eq!(snapshot(&make(client, 20, 1, &String::from_utf8_lossy(&bytes))), bytes);
    }
    // What becomes too wide for its row goes to the next one.
    assert_eq!(make(client, 3, 2, "ab⚠\u{fe0f}x").text(), "ab\n⚠\u{fe0f}x");
    assert_eq!(make(client, 3, 2, "\x1b[?7lab⚠\u{fe0f}").text(), "ab⚠\n");
}

#[test]
fn another_client_goes_on_with_what_is_drawn() {
    let eleven = Client { unicode: UnicodeVersion::V11, ..Client::default() };
    let mut screen = make(eleven, 6, 3, "😀😀😀\r\nb😀b\r\n😀😀😀wrapped\r\nx");
    screen.set_client(Client::default());
    let bytes = snapshot(&screen);
    let copy = make(Client::default(), 6, 3, &String::from_utf8_lossy(&bytes));
    assert_eq!(copy.text(), "wrappe\nd\nx");
    let mut tall = copy;
    tall.resize(6, 8);
    assert_eq!(tall.text(), "😀 😀 😀\nb😀 b\n😀 😀 😀\nwrappe\nd\nx\n\n");
    // And back: nothing has been lost.
    screen.set_client(eleven);
    let bytes = snapshot(&screen);
    let mut tall = make(eleven, 6, 3, &String::from_utf8_lossy(&bytes));
    tall.resize(6, 8);
    assert_eq!(tall.text(), "😀😀😀\nb😀b\n😀😀😀\nwrappe\nd\nx\n\n");
}

#[test]
fn another_client_has_its_own_stops_and_line_ends() {
    let mut screen = make(Client::default(), 12, 2, "");
    screen.set_client(Client { tab_stop_width: 4, convert_eol: true, ..Client::default() });
    screen.feed(b"a\tb\nc");
    assert_eq!(screen.text(), "a   b\nc");
    screen.set_client(Client::default());
    screen.feed(b"\x1b[H\tB\n\x1b[3GC");
    assert_eq!(screen.text(), "a   b   B\nc C");
}

#[test]
fn sixel_images_move_the_cursor_where_the_client_shows_them() {
    let with = Client { images: ImageSupport::ALL, ..Client::default() };
    // By the raster attributes, by what is drawn, and where nothing is.
    for (image, place) in [
        ("\x1bPq\"1;1;20;28#0~~\x1b\\", "2;3"),
        ("\x1bPq\"1;1;20;29#0~~\x1b\\", "3;3"),
        ("\x1bP0;1;0q!5~-~-~-$\x1b\\", "2;3"),
        ("\x1bPq~-~-~\x1b\\", "2;3"),
        ("\x1bPq\"1;1;0;43#\x1b\\", "4;3"),
        ("\x1bPq\x1b\\", "1;3"),
        ("\x1bPq\"1;1;20;999\x18", "1;3"),
        ("\x1bPq\"1;1;20;999~\x1b\\", "4;3"),
        ("\x1bPq\"1;1;20;99999999~\x1b\\", "1;3"),
        ("\x1b[?80h\x1bPq\"1;1;20;999~\x1b\\", "1;3"),
    ] {
        assert_eq!(cursor(with, &format!("ab{image}")), place, "{image:?}");
        assert_eq!(cursor(Client::default(), &format!("ab{image}")), "1;3", "{image:?}");
    }
    let mut screen = make(with, 20, 9, "");
    screen.set_exact_cell_size(9.0, 17.5);
    screen.feed(b"\x1bPq\"1;1;9;35~\x1b\\");
    assert_eq!(answer(&mut screen, "\x1b[6n"), "\x1b[2;1R");
    assert_eq!(answer(&mut screen, "\x1b[c"), "\x1b[?62;4;9;22c");
    assert_eq!(answer(&mut make(Client::default(), 5, 1, ""), "\x1b[c"), "\x1b[?1;2c");
}

#[test]
fn an_image_that_is_cut_ends_where_it_would_have() {
    let with = Client { images: ImageSupport::ALL, ..Client::default() };
    let drawn = "~".repeat(90_000);
    for (begun, rest) in [
        ("\x1bPq\"1;1;20;28".to_owned(), "#0~~\x1b\\"),
        ("\x1bPq\"1;1;20;43#0~~".to_owned() + &drawn, "~~\x1b\\"),
        ("\x1bPq!9~-~~-".to_owned(), "~-\x1b\\"),
        ("\x1bPq!9~-~~-".to_owned() + &"$~".repeat(40_000), "$-$-~\x1b\\"),
    ] {
        let mut screen = make(with, 20, 9, &begun);
        let mut copy = make(with, 20, 9, "");
        copy.feed(&snapshot(&screen));
        screen.feed(rest.as_bytes());
        copy.feed(rest.as_bytes());
        let place = answer(&mut screen, "\x1b[6n");
        assert!(place.as_str() > "\x1b[1;9R", "{begun:.20?}: {place:?}");
        assert_eq!(answer(&mut copy, "\x1b[6n"), place, "{begun:.20?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn going_from_client_to_client_never_fails(
        clients in prop::collection::vec((client(), "[ -~漢😀🇩\u{fe0f}\u{301}\r\n]{0,40}"), 1..6),
        (cols, rows) in (2..12_u16, 1..5_u16),
    ) {
        let mut screen = make(Client::default(), cols, rows, "");
        for (client, text) in clients {
            screen.set_client(client);
            screen.feed(text.as_bytes());
            let mut copy = make(client, cols, rows, "");
            copy.feed(&snapshot(&screen));
            prop_assert_eq!(copy.text(), screen_text_as_drawn(&screen, client));
        }
    }
}

/// The text of a screen as its snapshot draws it: what takes other columns now is
/// not there as it was.
fn screen_text_as_drawn(screen: &Screen, client: Client) -> String {
    let (cols, rows) = screen.size();
    let mut copy = make(client, cols, rows, "");
    copy.feed(&snapshot(screen));
    let mut again = make(client, cols, rows, "");
    again.feed(&snapshot(&copy));
    again.text()
}
