//! Showing a screen plain output without drawing what nobody will see of it.

use memchr::memrchr;
use offheap_ring::Span;
use offheap_ring::text::plain::feed_from_end;
use offheap_screen::Screen;

use super::stretches::Stretch;

/// Shows plain output with so many line feeds: leaps over the lines that those
/// after them push out of sight, and draws the rest.
pub(super) fn skim(screen: &mut Screen, span: &Span<'_>, feeds: usize) {
    let visible = screen.lines_to_clear();
    let skipped = if feeds > visible && screen.can_leap() { split(span, visible) } else { 0 };
    let (skipped, rest) = cut(span, skipped);
    leap(screen, &skipped);
    screen.feed(rest.head);
    screen.feed(rest.tail);
}

/// Leaps over as much of plain output as those lines allow that follow; returns
/// how many bytes that was.
pub(super) fn leap_ahead(screen: &mut Screen, span: &Span<'_>) -> usize {
    let skipped = split(span, screen.lines_to_clear());
    leap(screen, &cut(span, skipped).0);
    skipped
}

/// Leaps over whole lines, of which nearly everything is known if they were measured.
pub(super) fn leap_over(screen: &mut Screen, lines: &Span<'_>, stretch: Stretch) {
    let Some(wraps) = stretch.wraps.filter(|_| screen.is_between_lines()) else {
        return leap(screen, lines);
    };
    if stretch.has_sequences {
        parts(lines, |part| screen.carry_attributes(part));
    }
    screen.leap_counted(stretch.feeds, stretch.controls, wraps);
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

/// Leaps over whole lines.
fn leap(screen: &mut Screen, lines: &Span<'_>) {
    parts(lines, |part| screen.leap(part));
}

/// Takes whole lines part by part. The one that lies in both of the span's parts is put
/// together.
fn parts(lines: &Span<'_>, mut take: impl FnMut(&[u8])) {
    let whole = memrchr(b'\n', lines.head).map_or(0, |at| at + 1);
    let (head, begun) = lines.head.split_at(whole);
    let ended =
        if begun.is_empty() { 0 } else { memchr::memchr(b'\n', lines.tail).map_or(0, |at| at + 1) };
    let (end, tail) = lines.tail.split_at(ended);
    for part in [head, &[begun, end].concat(), tail] {
        if !part.is_empty() {
            take(part);
        }
    }
}

#[cfg(test)]
mod tests;
