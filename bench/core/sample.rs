//! Terminal output to measure with.

/// At least `size` bytes of `line`, numbered so that lines differ.
fn repeat(size: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str(&line(number));
    }
    let mut end = size;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.into_bytes()
}

/// A log as servers write it: ASCII, a line break about every 90 bytes.
#[must_use]
pub fn log(size: usize) -> Vec<u8> {
    repeat(size, |number| {
        let path = format!("/api/v1/projects/{}/sessions", number % 97);
        format!(
            "2025-03-01T12:00:{:02}.123Z INFO  GET {path} 200 {number} bytes in 12 ms\r\n",
            number % 60
        )
    })
}

/// Coloured output as build tools write it: a sequence about every 15 bytes.
#[must_use]
pub fn coloured(size: usize) -> Vec<u8> {
    repeat(size, |number| {
        format!(
            "\x1b[1;32m   Compiling\x1b[0m crate-\x1b[36m{number}\x1b[0m v1.2.{}\r\n",
            number % 10
        )
    })
}

/// Text beyond ASCII: Chinese, French, emoji and box drawing.
#[must_use]
pub fn unicode(size: usize) -> Vec<u8> {
    repeat(size, |number| {
        format!("│ 终端输出的中文文本 {number} │ déjà « vu » à l'été │ 😀🎉 ───── │\r\n")
    })
}

/// Images as terminals take them: long strings without any ESC.
#[must_use]
pub fn images(size: usize) -> Vec<u8> {
    repeat(size, |number| format!("\x1bPq#{number}{}\x1b\\", "!12~?@-".repeat(15_000)))
}

/// Frames of an editor: rows in three colours, inserted lines, a status line.
#[must_use]
pub fn full_screen(size: usize) -> Vec<u8> {
    let mut text = String::from("\x1b[?1049h");
    for frame in 0.. {
        if text.len() >= size {
            break;
        }
        text.push_str("\x1b[?2026h\x1b[?25l\x1b[2;23r\x1b[2;1H\x1b[L\x1b[r");
        for row in 0..6 {
            text.push_str(&format!(
                "\x1b[{};1H\x1b[38;5;242m{frame:4} \x1b[34mlet\x1b[m mut row = \x1b[32m\"{row}\"\x1b[m;\x1b[K",
                2 + (frame + row * 5) % 22,
            ));
        }
        text.push_str("\x1b[24;1H\x1b[7m-- INSERT --\x1b[K\x1b[m\x1b[12;40H\x1b[?25h\x1b[?2026l");
    }
    text.into_bytes()
}

/// Cells that all differ from their neighbours.
#[must_use]
pub fn dense(size: usize) -> Vec<u8> {
    let mut text = String::new();
    for cell in 0.. {
        if text.len() >= size {
            break;
        }
        if cell % 1920 == 0 {
            text.push_str("\x1b[H");
        }
        let letter = char::from(b'A' + u8::try_from(cell % 26).unwrap_or(0));
        text.push_str(&format!("\x1b[38;5;{};48;5;{};1m{letter}", cell % 251, cell % 241));
    }
    text.into_bytes()
}

/// All kinds of text, by name.
#[must_use]
pub fn all(size: usize) -> [(&'static str, Vec<u8>); 4] {
    [
        ("log", log(size)),
        ("coloured", coloured(size)),
        ("unicode", unicode(size)),
        ("images", images(size)),
    ]
}

/// What programs print without end, by name. The first ones a screen may follow
/// late, and leaps over most of them; of the last ones it has to see every byte.
#[must_use]
pub fn floods(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let lines = |line: &str| line.repeat(size / line.len()).into_bytes();
    let long = format!("{}\r\n", "a line that is longer than the screen is wide. ".repeat(4));
    let progress = format!("{}\r\n", "\rprogress: [#########          ] 47 %".repeat(14));
    let links = format!("{}\x1b]8;;http://x/\x07link\x1b]8;;\x07\r\n", "plain text\r\n".repeat(50));
    vec![
        ("plain", whole(log(size))),
        ("coloured", whole(coloured(size))),
        ("UTF-8", whole(unicode(size))),
        ("y", lines("y\r\n")),
        ("long lines", lines(&long)),
        ("progress bars", lines(&progress)),
        ("one line", vec![b'x'; size]),
        ("a link every 50 lines", lines(&links)),
    ]
}

/// Without the line that was cut off, so that the text can come again and again.
fn whole(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    text.truncate(end);
    text
}
