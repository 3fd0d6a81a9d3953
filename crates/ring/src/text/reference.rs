//! What the scanner must agree with: the same rules, written as a recogniser
//! that reads everything from the first byte on, whole characters at a time.

use std::str::Chars;

const ESC: char = '\x1b';
const CAN: char = '\x18';
const SUB: char = '\x1a';

/// How reading one sequence ended.
enum End {
    Complete,
    /// A character that begins anew.
    Restart(char),
    Unfinished,
}

/// Whether a stream that begins with `bytes` may be cut after them.
pub fn is_safe(bytes: &[u8]) -> bool {
    let is_open = |chunk: std::str::Utf8Chunk<'_>| {
        let error = std::str::from_utf8(chunk.invalid()).err();
        error.is_some_and(|error| error.error_len().is_none())
    };
    if bytes.utf8_chunks().last().is_some_and(is_open) {
        return false;
    }
    let text: String = bytes.utf8_chunks().map(|chunk| chunk.valid()).collect();
    let mut chars = text.chars();
    while let Some(mut char) = chars.next() {
        loop {
            match sequence(char, &mut chars) {
                End::Complete => break,
                End::Restart(next) => char = next,
                End::Unfinished => return false,
            }
        }
    }
    true
}

/// For each position in `bytes`, its end included, whether it is safe.
pub fn safe_positions(bytes: &[u8]) -> Vec<bool> {
    (0..=bytes.len()).map(|at| is_safe(&bytes[..at])).collect()
}

fn sequence(char: char, chars: &mut Chars<'_>) -> End {
    match char {
        ESC => escape(chars),
        '\u{9b}' => csi(chars),
        '\u{90}' => dcs(chars),
        '\u{9d}' => string(chars, true),
        '\u{98}' | '\u{9e}' | '\u{9f}' => string(chars, false),
        _ => End::Complete,
    }
}

/// The end that comes before any other rule, or whether to ignore `char`.
fn anywhere(char: char) -> Option<End> {
    match char {
        CAN | SUB => Some(End::Complete),
        ESC | '\u{80}'..='\u{9f}' => Some(End::Restart(char)),
        _ => None,
    }
}

fn escape(chars: &mut Chars<'_>) -> End {
    let mut intermediates = false;
    while let Some(char) = chars.next() {
        if let Some(end) = anywhere(char) {
            return end;
        }
        match char {
            '\0'..='\x1f' | '\x7f' => {}
            ' '..='/' => intermediates = true,
            '[' if !intermediates => return csi(chars),
            ']' if !intermediates => return string(chars, true),
            'P' if !intermediates => return dcs(chars),
            'X' | '^' | '_' if !intermediates => return string(chars, false),
            _ => return End::Complete,
        }
    }
    End::Unfinished
}

/// Whether a CSI or DCS has parameters or markers where none may be.
fn is_malformed(header: &str) -> bool {
    let header = header.strip_prefix(['<', '=', '>', '?']).unwrap_or(header);
    let rest = header.trim_start_matches(|char| ('0'..=';').contains(&char));
    !rest.chars().all(|char| (' '..='/').contains(&char))
}

fn csi(chars: &mut Chars<'_>) -> End {
    let mut header = String::new();
    for char in chars {
        if let Some(end) = anywhere(char) {
            return end;
        }
        match char {
            '\0'..='\x1f' | '\x7f' => {}
            '@'..='~' => return End::Complete,
            ' '..='?' => header.push(char),
            _ if is_malformed(&header) => {}
            _ => return End::Complete,
        }
    }
    End::Unfinished
}

fn dcs(chars: &mut Chars<'_>) -> End {
    let mut header = String::new();
    while let Some(char) = chars.next() {
        if let Some(end) = anywhere(char) {
            return end;
        }
        match char {
            '\0'..='\x1f' | '\x7f' => {}
            '@'..='~' => return string(chars, false),
            ' '..='?' => header.push(char),
            _ => return End::Complete,
        }
        if is_malformed(&header) {
            return string(chars, false);
        }
    }
    End::Unfinished
}

fn string(chars: &mut Chars<'_>, is_osc: bool) -> End {
    for char in chars {
        if is_osc && char == '\x07' {
            return End::Complete;
        }
        if let Some(end) = anywhere(char) {
            return end;
        }
    }
    End::Unfinished
}

/// Output with every kind of sequence and character, whole and broken.
pub const CORPUS: &[&[u8]] = &[
    b"plain ",
    "é→日😀".as_bytes(),
    b"\x1b[m\x1b[1;31mred\x1b[38:2:1:2:3m\x1b[0m",
    b"\x1b[?25l\x1b[>4;2m\x1b[2 q\x1b[!p\x1b[?2026$p\x1b[=c",
    b"\x1b[3\n1\x07mcontrols inside\x1b[3\x7fm",
    b"\x1b[1?2mignored\x1b[$3zignored\x1b[ ?\xc3\xa9xignored",
    b"\x1b]0;title\x07\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]2;é😀 \u{9c}after \x1b]2;tab\there\x07".as_bytes(),
    b"\x1bP1;2|data\x07\x1b\\\x1bP+q544e\x1b\\\x1bPq#0;2;0~~\xe6\x97\xa5\x1b\\",
    b"\x1bP?0?x\x07y\x1b\\\x1bP1$2x\x1b\\\x1bP1\xc3\xa9aborted",
    b"\x1b_Ga=q;AAAA\x1b\\\x1bXsos\x1b\\\x1b^pm\x07\xc3\xa9\x1b\\",
    b"\x1b7\x1b8\x1bM\x1b=\x1b>\x1bc\x1b(B\x1b)0\x1b#8\x1b%G\x1b (F\x1b\n7",
    b"\x1b[12\x18can\x1b]0;x\x1asub\x1bPx\x18y\x1b(\x18\x1b\x1az",
    b"\x1b[3\x1b[31mesc in csi\x1b]0;t\x1b[1mesc in osc\x1b\x1b\x1bA",
    b"\x1b\xc3\xa9\x1b(\xc3\xa9\x1b[1\xc3\xa9\x1b[\xf0\x9f\x98\x80",
    b"\xc2\x9b1mc1\xc2\x9d0;t\xc2\x9c\xc2\x90q\xc2\x9c\xc2\x85\x1b[1\xc2\x85\xc2\xa0x",
    b"\xff\x80\xc3(\xe0\x80\x80\xed\xa0\x80\xf0\x8f\xbf\xbf\xf4\x90\x80\x80\xf5\xc0\xc1",
    b"\xe2\x82\x1b[1m\xf0\x9f\x98\xc3\xa9\xf0\x9f\x1b]0;\xf0\x9f\x07\xc2\xc2\xa9\xc2\x1b7\xc2",
    b"\r\nend\r\n",
];

/// All of [`CORPUS`] in a row.
pub fn corpus() -> Vec<u8> {
    CORPUS.concat()
}
