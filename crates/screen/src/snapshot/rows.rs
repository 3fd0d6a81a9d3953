//! Rows of a snapshot, how they follow each other, and where to go on with them.

use std::borrow::Cow;

use super::super::buffer::Buffer;
use super::super::cell::Cell;
use super::super::client::XtermVersion;
use super::super::edges::Edges;
use super::super::parser::params::Params;
use super::super::row::Row;
use super::super::row_writer::Writer;
use super::super::scrollback::Mark;
use super::super::sequence::{write_number, write_position};
use super::super::style::Style;
use super::super::tables::Tables;
use super::super::terminal::Terminal;
use super::super::width::UnicodeVersion;

/// A row to be printed.
#[derive(Clone, Copy)]
enum Source<'a> {
    Bytes(&'a [u8]),
    Row(&'a Row),
}

/// What a row costs beside its cells and bytes, in bytes written.
const ROW: usize = 16;
/// Rows of the scrollback between two looks at how much has been written. They are
/// copied, which takes little.
const BATCH: usize = 16;

/// Where the printing of a buffer's rows stands: the first row that is not printed
/// yet, in the scrollback and then on the screen, and how it is reached.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) record: Mark,
    y: usize,
    begun: bool,
    flowing: bool,
}

/// Prints rows one after the other.
struct Rows<'a> {
    cols: usize,
    height: usize,
    tables: &'a Tables,
    out: &'a mut Vec<u8>,
    /// The row whose following row is not known yet.
    held: Option<(Edges, Source<'a>)>,
    begun: bool,
    /// Whether the row held is reached by printing on from the row before.
    flowing: bool,
}

impl<'a> Rows<'a> {
    fn add(&mut self, edges: Edges, source: Source<'a>) {
        if let Some((held, held_source)) = self.held.replace((edges, source)) {
            self.print_before(held, held_source, edges, Some(source));
        }
    }

    /// Prints lines that are kept as they were printed, each with CR LF behind it, so
    /// that what a row would be reached by is there already.
    fn add_lines(&mut self, lines: &[u8]) {
        self.end();
        if self.begun {
            self.out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        self.out.extend_from_slice(lines.strip_suffix(b"\r\n").unwrap_or(lines));
    }

    /// Prints the last row.
    fn end(&mut self) {
        if let Some((held, source)) = self.held.take() {
            self.print_before(held, source, Edges::default(), None);
        }
    }

    /// Prints a row, and makes the next one be where it belongs.
    #[inline]
    fn print_before(
        &mut self,
        edges: Edges,
        source: Source,
        next: Edges,
        following: Option<Source>,
    ) {
        if !self.begun {
            self.begin(edges);
        } else if !self.flowing {
            self.out.extend_from_slice(b"\r\n");
        } else if self.tables.unicode == UnicodeVersion::V15Graphemes {
            // The rows were not printed in one go: what begins the one need not join
            // what ends the other.
            self.out.extend_from_slice(b"\x1b[m");
        }
        self.begun = true;
        let flows = next.is_wrapped() && edges.flows_into(next);
        if next.is_wrapped() && !flows {
            self.print_before_wrapped(edges, source, next, following);
        } else {
            // Most rows: text that the next one does not continue, or by itself.
            self.print(source);
            self.flowing = flows;
        }
    }

    /// Prints a row that the next one continues though printing does not go on there
    /// by itself.
    #[inline(never)]
    fn print_before_wrapped(
        &mut self,
        edges: Edges,
        source: Source,
        next: Edges,
        following: Option<Source>,
    ) {
        self.flowing = edges.may_leave_gap_before(next)
            && following.is_some_and(|following| self.print_up_to_gap(source, following));
        if self.flowing {
            return;
        }
        self.print(source);
        self.flowing = self.wrap_by_force(edges, source);
    }

    /// Makes the first row of all continue one that is gone, if it does: a row
    /// wraps at the bottom, is scrolled to the top, and the one before it erased.
    fn begin(&mut self, first: Edges) {
        if !first.is_wrapped() {
            return;
        }
        write_position(self.height - 1, self.cols - 1, self.out);
        self.out.extend_from_slice(b"  ");
        self.out.extend(std::iter::repeat_n(b'\n', self.height - 1));
        self.out.extend_from_slice(b"\x1b[3J\x1b[H\x1b[X");
    }

    /// Marks the next row as wrapped though this one does not run into it.
    fn wrap_by_force(&mut self, edges: Edges, source: Source) -> bool {
        if edges.is_full() {
            // A space wraps, and is erased again.
            self.out.extend_from_slice(b" \r\x1b[X");
            return true;
        }
        if self.height < 2 {
            return false;
        }
        self.write(&[b"\r\x1b[", b"G  \r\x1b[X\x1b[A\x1b[", b"G\x1b[X\r"]);
        self.print(source);
        self.out.extend_from_slice(b"\r\x1b[B");
        true
    }

    /// Writes parts with the number of columns between them.
    fn write(&mut self, parts: &[&[u8]]) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write_number(self.cols, self.out);
            }
            self.out.extend_from_slice(part);
        }
    }

    /// Prints a row without the space that stands for its last, empty column, if
    /// the wide character that follows leaves the same gap by itself.
    fn print_up_to_gap(&mut self, source: Source, following: Source) -> bool {
        let (row, next) = (self.drawing(source), self.drawing(following));
        let Some(text) = row.strip_suffix(b" \x1b[m") else { return false };
        let is_left = style_after(text).is_some_and(|gap| style_before_wide(&next) == Some(gap));
        if is_left {
            self.out.extend_from_slice(text);
            self.out.extend_from_slice(b"\x1b[m");
        }
        is_left
    }

    fn drawing<'b>(&self, source: Source<'b>) -> Cow<'b, [u8]> {
        match source {
            Source::Bytes(bytes) => Cow::Borrowed(bytes),
            Source::Row(row) => {
                let mut bytes = Vec::new();
                Writer::new(self.tables, &mut bytes).row(row, self.cols);
                Cow::Owned(bytes)
            }
        }
    }

    fn print(&mut self, source: Source) {
        match source {
            Source::Bytes(bytes) => self.out.extend_from_slice(bytes),
            Source::Row(row) => {
                Writer::new(self.tables, self.out).row(row, self.cols);
            }
        }
    }

    /// Where to go on, the row held being the next.
    const fn place(&self, record: Mark, y: usize) -> Place {
        Place { record, y, begun: self.begun, flowing: self.flowing }
    }
}

impl Terminal {
    /// Where to begin with a buffer and the newest `kept` rows of scrollback.
    pub(super) fn first_row(&self, kept: usize) -> Place {
        let record = if kept == 0 { Mark::default() } else { self.scrollback.newest(kept).mark() };
        Place { record, ..Place::default() }
    }

    /// Writes the rows of the scrollback and of a buffer from a place on, until the
    /// output has `most` bytes, or a row at least. The cells of a row count as well,
    /// as blank ones take time, too. Returns where to go on; `None` once that was all.
    ///
    /// Without scrollback, blank rows at the end are there already.
    pub(super) fn write_rows(
        &self,
        buffer: &Buffer,
        (place, kept): (Place, usize),
        mut most: usize,
        out: &mut Vec<u8>,
    ) -> Option<Place> {
        let mut records = self.scrollback.resume(place.record);
        let mut rows = self.printer(&place, out);
        loop {
            if let Some((lines, count)) = records.lines() {
                rows.add_lines(lines);
                most = most.saturating_sub(count * ROW);
            }
            for (edges, bytes) in records.by_ref().take(BATCH - 1) {
                rows.add(edges, Source::Bytes(edges.drawing(bytes)));
            }
            let mark = records.mark();
            let Some((edges, bytes)) = records.next() else { break };
            rows.add(edges, Source::Bytes(edges.drawing(bytes)));
            most = most.saturating_sub(BATCH * ROW);
            if rows.out.len() >= most {
                return Some(rows.place(mark, 0));
            }
        }
        let blank = if kept == 0 { blank_at_end(buffer) } else { 0 };
        for y in place.y..buffer.height() - blank {
            let row = buffer.row(y);
            rows.add(Edges::of(row, self.cols, &self.tables.styles), Source::Row(row));
            most = most.saturating_sub(row.stored().len() + ROW);
            // The first one is only held so far.
            if rows.out.len() >= most && y > place.y {
                return Some(rows.place(Mark::default(), y));
            }
        }
        rows.end();
        None
    }

    fn printer<'a>(&'a self, place: &Place, out: &'a mut Vec<u8>) -> Rows<'a> {
        Rows {
            cols: self.cols,
            height: self.rows,
            tables: &self.tables,
            out,
            held: None,
            begun: place.begun,
            flowing: place.flowing,
        }
    }
}

/// How many rows at the end of a buffer are as those of a fresh terminal.
fn blank_at_end(buffer: &Buffer) -> usize {
    let is_blank = |&y: &usize| {
        let row = buffer.row(y);
        row.stored().is_empty() && row.tail() == Cell::BLANK && !row.wrapped
    };
    (0..buffer.height()).rev().take_while(is_blank).count()
}

/// The attributes that a row's drawing sets before its first character, if that is
/// a wide one.
fn style_before_wide(drawing: &[u8]) -> Option<Style> {
    let text = drawing.iter().position(|&byte| byte >= 0x80)?;
    let sequences = &drawing[..text];
    // A wide character has three bytes at least, and nothing else comes first.
    (drawing[text] >= 0xe0 && sequences.ends_with(b"m")).then(|| style_after(sequences)).flatten()
}

/// The attributes that drawing ends with; none if it has more than SGR sequences
/// to set them, or text without any.
fn style_after(drawing: &[u8]) -> Option<Style> {
    let mut style = Style::default();
    let mut params = Params::new();
    let mut rest = drawing;
    while let Some(at) = rest.iter().position(|&byte| byte == 0x1b) {
        let sequence = rest[at..].strip_prefix(b"\x1b[")?;
        let len = sequence.iter().position(|byte| !matches!(byte, b'0'..=b';'))?;
        match sequence[len] {
            b'm' => {
                params.reset();
                sequence[..len].iter().for_each(|&byte| params.take(byte));
                style.select(&params, XtermVersion::default());
            }
            b'C' | b'X' => {}
            _ => return None,
        }
        rest = &sequence[len..];
    }
    Some(style)
}
