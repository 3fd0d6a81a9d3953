//! Sequences, written as bytes.

use super::charset::{Charset, Charsets};
use super::store::LinkTable;

/// Writes a decimal number.
#[inline]
pub(super) fn write_number(value: usize, out: &mut Vec<u8>) {
    let digit = |value: usize| b'0' + u8::try_from(value % 10).unwrap_or(0);
    match value {
        0..10 => out.push(digit(value)),
        10..100 => out.extend_from_slice(&[digit(value / 10), digit(value)]),
        100..1000 => out.extend_from_slice(&[digit(value / 100), digit(value / 10), digit(value)]),
        _ => {
            write_number(value / 1000, out);
            out.extend_from_slice(&[digit(value / 100), digit(value / 10), digit(value)]);
        }
    }
}

/// Writes a control sequence.
pub(super) fn write_csi(params: &[usize], last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    for (index, &param) in params.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        write_number(param, out);
    }
    out.push(last);
}

/// Writes a sequence that sets (`h`) or resets (`l`) a private mode.
pub(super) fn write_mode(number: usize, last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[?");
    write_number(number, out);
    out.push(last);
}

/// Writes a move of the cursor, counted from 0.
pub(super) fn write_position(y: usize, x: usize, out: &mut Vec<u8>) {
    write_csi(&[y + 1, x + 1], b'H', out);
}

/// Writes the designation of a character set.
pub(super) fn write_designation(introducer: u8, charset: Charset, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x1b, introducer, charset.designator()]);
}

/// Designates all character sets that are not ASCII, and the highest that was
/// designated, as xterm.js remembers which that was.
pub(super) fn write_designated(charsets: &Charsets, out: &mut Vec<u8>) {
    for (level, introducer) in (0..4).zip(*b"()*+") {
        let charset = charsets.designated[level];
        if charset != Charset::Ascii || level + 1 == charsets.count {
            write_designation(introducer, charset, out);
        }
    }
}

/// The sequence that shifts a character set in.
pub(super) const fn shift_to(level: usize) -> &'static [u8] {
    match level {
        0 => b"\x0f",
        1 => b"\x0e",
        2 => b"\x1bn",
        _ => b"\x1bo",
    }
}

/// Writes the sequence that opens a link, or closes the one open.
pub(super) fn write_link(link: u32, links: &LinkTable, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b]8;");
    match links.get(link) {
        Some(link) => {
            if !link.id.is_empty() {
                out.extend_from_slice(b"id=");
                out.extend_from_slice(link.id.as_bytes());
            }
            out.push(b';');
            out.extend_from_slice(link.uri.as_bytes());
        }
        None => out.push(b';'),
    }
    out.extend_from_slice(b"\x1b\\");
}
