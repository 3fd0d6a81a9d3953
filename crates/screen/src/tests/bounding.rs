//! What a few bytes can ask for is bounded, and ordinary use never meets a bound.

use super::{Screen, ScreenOptions, screen, snapshot, text};

/// The column that the only character on the screen is in.
fn column(screen: &Screen) -> usize {
    let text = screen.text();
    text.lines().find_map(|line| line.find('x')).unwrap_or(usize::MAX)
}

const SHIFT_RIGHT: &[u8] = b"\x1b[ A";

#[test]
fn shifting_the_columns_of_an_ordinary_screen_is_never_refused() {
    let mut screen = screen(80, 24, b"x");
    for moved in 1..=79 {
        screen.feed(SHIFT_RIGHT);
        assert_eq!(column(&screen), moved);
    }
    for _ in 0..20_000 {
        screen.feed(b"\x1b[ @\r\n\x1b[ A\x1b[H");
    }
    assert_eq!(column(&screen), 79);
}

#[test]
fn links_do_not_make_a_snapshot_many_times_the_screen() {
    let uri = |name: char| format!("http://x/{}", String::from(name).repeat(4000));
    let link = |name: char| format!("\x1b]8;;{}\x1b\\{name}", uri(name));
    let row = format!("{}\x1b]8;;\x1b\\\r\n", [link('a'), link('b')].concat().repeat(40));
    let screen = screen(80, 24, row.repeat(24).as_bytes());
    let drawn = snapshot(&screen);
    assert!(drawn.len() < 24 * 21 * 1024, "{} bytes", drawn.len());
    // The first ones are kept, and so is all text.
    let drawn = String::from_utf8(drawn).expect("text");
    assert!(drawn.contains(&uri('a')) && drawn.contains(&uri('b')));
    assert_eq!(screen.text().lines().next(), Some(&*"ab".repeat(40)));
}

#[test]
fn shifting_a_huge_screen_is_refused_until_it_is_earned() {
    let mut screen = screen(1000, 1000, b"x");
    screen.feed(&SHIFT_RIGHT.repeat(100));
    assert_eq!(column(&screen), 4);
    screen.feed(&b"\r\n".repeat(2000));
    screen.feed(b"\x1b[Hx");
    screen.feed(&SHIFT_RIGHT.repeat(100));
    assert_eq!(column(&screen), 4);
}

#[test]
fn erasing_around_protected_cells_is_bounded_and_without_any_is_not() {
    let mut huge = screen(1000, 1000, b"");
    for _ in 0..100 {
        huge.feed(b"\x1b[Hx\x1b[H\x1b[?J");
        assert_eq!(column(&huge), usize::MAX);
    }
    huge.feed(b"\x1b[1\"qp\x1b[0\"q");
    huge.feed(&b"\x1b[H\x1b[?J".repeat(9));
    huge.feed(b"\x1b[2;1Hx\x1b[H\x1b[?J");
    assert_eq!(column(&huge), 0);
}

#[test]
fn repeating_goes_on_through_the_whole_scrollback() {
    let count = 80 * 1000;
    let repeated = screen(80, 24, format!("x\x1b[{}b\r", count - 1).as_bytes());
    let printed = screen(80, 24, ("x".repeat(count) + "\r").as_bytes());
    assert!(snapshot(&repeated) == snapshot(&printed));
}

#[test]
fn repeating_without_end_ends() {
    let mut screen = screen(1000, 1000, b"");
    for _ in 0..100 {
        screen
            .feed("e\u{301}\u{302}\x1b[2147483647b漢\x1b[2147483647bx\x1b[2147483647b".as_bytes());
    }
    assert!(screen.text().contains('x'));
}

#[test]
fn clusters_of_any_number_take_bounded_memory() {
    let options = ScreenOptions { cols: 300, rows: 300, ..ScreenOptions::default() };
    let mut screen = Screen::new(&options);
    let mark = |number: u32| char::from_u32(0x300 + number % 64).unwrap_or('\u{300}');
    for cell in 0..90_000 {
        let marks: String = (0..50).map(|place| mark(cell >> (place % 17))).collect();
        screen.feed(format!("e{marks}").as_bytes());
    }
    assert!(screen.bytes_held() < 20 << 20, "{}", screen.bytes_held());
    assert!(text(4, 1, "e\u{301}").contains('\u{301}'));
}
