//! Output as the text that a reader sees of it.

use memchr::{memchr, memrchr};
use offheap_ring::Span;
use offheap_ring::text::readable::Readable;

/// The text of output: without sequences, lines ending in a line feed, and of a line
/// that was written over again and again the last text.
pub(super) fn text_of(span: &Span<'_>) -> Vec<u8> {
    let mut stream = Readable::new();
    let mut text = Vec::with_capacity(span.len());
    stream.push(span.head, &mut text);
    stream.push(span.tail, &mut text);
    text
}

/// Writes lines as they stand in the end: a carriage return begins the line anew,
/// and a backspace takes one character back.
pub(super) fn settled(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        settle_line(line, &mut out);
        rest = after;
    }
    out
}

fn settle_line(line: &[u8], out: &mut Vec<u8>) {
    let (line, feed) = match line.split_last() {
        Some((b'\n', line)) => (line, true),
        _ => (line, false),
    };
    let line = &line[..line.len() - line.iter().rev().take_while(|&&byte| byte == b'\r').count()];
    let line = &line[memrchr(b'\r', line).map_or(0, |at| at + 1)..];
    let start = out.len();
    for &byte in line {
        if byte != 0x08 {
            out.push(byte);
            continue;
        }
        // The rest of a character goes with its first byte.
        while out.len() > start && out.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }
    if feed {
        out.push(b'\n');
    }
}

/// Takes away what zsh prints at the end of output that has no line feed there: a
/// mark, blanks to the end of the line, and the way back.
pub(super) fn without_end_mark(text: &[u8]) -> &[u8] {
    let Some(text) = text.strip_suffix(b"\r \r") else { return text };
    let blanks = text.iter().rev().take_while(|&&byte| byte == b' ').count();
    let text = &text[..text.len() - blanks];
    text.strip_suffix(b"%").or_else(|| text.strip_suffix(b"#")).unwrap_or(text)
}
