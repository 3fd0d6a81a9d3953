//! Showing a screen plain output without drawing what nobody will see of it.

use memchr::memrchr;
use offheap_ring::Span;
use offheap_ring::text::plain::{feed_from_end, line_feeds};
use offheap_screen::Screen;

/// Shows plain output with so many line feeds: leaps over the lines that those
/// after them push out of sight, and draws the rest.
pub(super) fn skim(screen: &mut Screen, span: &Span<'_>, feeds: usize) {
    let visible = screen.lines_to_clear();
    let skipped = if feeds > visible && screen.can_leap() { split(span, visible) } else { 0 };
    let (skipped, rest) = cut(span, skipped);
    leap(screen, &skipped, false);
    screen.feed(rest.head);
    screen.feed(rest.tail);
}

/// Leaps over as much of plain output as those lines allow that follow; returns
/// how many bytes that was. The lines are narrow if none of them has tabs or takes
/// more columns than there are, and each ends with CR LF.
pub(super) fn leap_ahead(screen: &mut Screen, span: &Span<'_>, is_narrow: bool) -> usize {
    let skipped = split(span, screen.lines_to_clear());
    leap(screen, &cut(span, skipped).0, is_narrow);
    skipped
}

/// How many bytes there are before the last `lines` line feeds, a line feed at
/// their end; 0 if there are no more line feeds than that.
fn split(span: &Span<'_>, lines: usize) -> usize {
    match feed_from_end(span.tail, lines) {
        Ok(at) => span.head.len() + at + 1,
        Err(left) => feed_from_end(span.head, left).map_or(0, |at| at + 1),
    }
}

fn cut<'a>(span: &Span<'a>, at: usize) -> (Span<'a>, Span<'a>) {
    let (head, rest) = span.head.split_at(at.min(span.head.len()));
    let (tail, end) = span.tail.split_at(at - head.len());
    let start = span.start + at as u64;
    let rest = if rest.is_empty() {
        Span { start, head: end, tail: &[] }
    } else {
        Span { start, head: rest, tail: end }
    };
    (Span { start: span.start, head, tail }, rest)
}

/// Leaps over whole lines. The one that lies in both parts is put together first.
fn leap(screen: &mut Screen, lines: &Span<'_>, is_narrow: bool) {
    let whole = memrchr(b'\n', lines.head).map_or(0, |at| at + 1);
    let (head, begun) = lines.head.split_at(whole);
    let ended =
        if begun.is_empty() { 0 } else { memchr::memchr(b'\n', lines.tail).map_or(0, |at| at + 1) };
    let (end, tail) = lines.tail.split_at(ended);
    for part in [head, &[begun, end].concat(), tail] {
        if part.is_empty() {
            continue;
        }
        if is_narrow {
            screen.leap_narrow(part, line_feeds(part));
        } else {
            screen.leap(part);
        }
    }
}

#[cfg(test)]
mod tests;
