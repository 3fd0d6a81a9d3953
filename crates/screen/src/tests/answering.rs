//! Answers to queries.

use super::screen;

fn answers(before: &str, query: &str) -> String {
    let mut screen = screen(80, 24, before.as_bytes());
    let mut answers = Vec::new();
    screen.feed_answering(query.as_bytes(), &mut answers);
    String::from_utf8(answers).expect("answers are text")
}

#[test]
fn attributes_and_status_are_reported() {
    assert_eq!(answers("", "\x1b[c"), "\x1b[?1;2c");
    assert_eq!(answers("", "\x1b[0c\x1b[1c\x1b[>c"), "\x1b[?1;2c\x1b[>0;276;0c");
    assert_eq!(answers("", "\x1b[5n"), "\x1b[0n");
    assert_eq!(answers("\x1b[5;7H", "\x1b[6n\x1b[?6n"), "\x1b[5;7R\x1b[?5;7R");
}

#[test]
fn modes_are_reported() {
    assert_eq!(
        answers("\x1b[?2004h\x1b[?1002h", "\x1b[?2004$p\x1b[?1002$p"),
        "\x1b[?2004;1$y\x1b[?1002;1$y"
    );
    assert_eq!(
        answers("", "\x1b[?25$p\x1b[?1049$p\x1b[4$p"),
        "\x1b[?25;1$y\x1b[?1049;2$y\x1b[4;2$y"
    );
    assert_eq!(answers("", "\x1b[?4711$p\x1b[99$p"), "\x1b[?4711;0$y\x1b[99;0$y");
}

#[test]
fn settings_are_reported() {
    assert_eq!(answers("\x1b[3;9r", "\x1bP$qr\x1b\\"), "\x1bP1$r3;9r\x1b\\");
    assert_eq!(answers("", "\x1bP$qnonsense\x1b\\"), "\x1bP0$r\x1b\\");
}

#[test]
fn colours_are_reported() {
    assert_eq!(
        answers("", "\x1b]10;?\x07\x1b]11;?\x1b\\"),
        "\x1b]10;rgb:ffff/ffff/ffff\x1b\\\x1b]11;rgb:0000/0000/0000\x1b\\"
    );
    assert_eq!(answers("\x1b]11;#123456\x07", "\x1b]11;?\x07"), "\x1b]11;rgb:1212/3434/5656\x1b\\");
    assert_eq!(answers("\x1b]10;rgb:f/0/8\x07", "\x1b]10;?;?\x07").len(), 2 * 25);
    assert_eq!(
        answers("\x1b]4;1;rgb:01/02/03\x07\x1b]104\x07", "\x1b]4;1;?;16;?\x07"),
        "\x1b]4;1;rgb:cccc/0000/0000\x1b\\\x1b]4;16;rgb:0000/0000/0000\x1b\\"
    );
}

#[test]
fn the_theme_of_the_client_is_reported_until_a_program_changes_it() {
    let mut screen = screen(80, 24, b"");
    screen.set_theme([1, 2, 3], [4, 5, 6], [7, 8, 9]);
    let mut ask = |query: &str| {
        let mut answers = Vec::new();
        screen.feed_answering(query.as_bytes(), &mut answers);
        String::from_utf8(answers).expect("answers are text")
    };
    assert_eq!(
        ask("\x1b]10;?;?;?\x07"),
        "\x1b]10;rgb:0101/0202/0303\x1b\\\x1b]11;rgb:0404/0505/0606\x1b\\\x1b]12;rgb:0707/0808/0909\x1b\\"
    );
    assert_eq!(ask("\x1b]11;#fff\x07\x1b]11;?\x07"), "\x1b]11;rgb:f0f0/f0f0/f0f0\x1b\\");
    assert_eq!(ask("\x1b]111\x07\x1b]11;?\x07"), "\x1b]11;rgb:0404/0505/0606\x1b\\");
}

#[test]
fn sizes_are_reported_as_far_as_they_are_known() {
    assert_eq!(answers("", "\x1b[14t\x1b[16t\x1b[18t"), "\x1b[8;24;80t");
    let mut screen = screen(80, 24, b"");
    screen.set_cell_size(9, 17);
    let mut answers = Vec::new();
    screen.feed_answering(b"\x1b[14t\x1b[16t\x1b[18t", &mut answers);
    assert_eq!(answers, b"\x1b[4;408;720t\x1b[6;17;9t\x1b[8;24;80t");
    screen.set_cell_size(0, 17);
    answers.clear();
    screen.feed_answering(b"\x1b[14t\x1b[16t", &mut answers);
    assert!(answers.is_empty());
}

#[test]
fn version_and_keyboard_are_reported() {
    assert_eq!(answers("", "\x1b[=c\x1b[>q"), "\x1bP!|00000000\x1b\\\x1bP>|xterm.js(6.0.0)\x1b\\");
    assert_eq!(answers("\x1b[>5u", "\x1b[?u\x1b[<u\x1b[?u"), "\x1b[?5u\x1b[?0u");
}

#[test]
fn nobody_is_answered_unasked() {
    let mut screen = screen(80, 24, b"\x1b[c\x1b[6n");
    let mut answers = Vec::new();
    screen.feed_answering(b"text", &mut answers);
    assert!(answers.is_empty());
}

#[test]
fn answers_are_bounded() {
    assert!(answers("", &"\x1b[c".repeat(100_000)).len() <= 4096);
}
