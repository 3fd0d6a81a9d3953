//! Rows of a snapshot, and how they follow each other.

use super::super::buffer::Buffer;
use super::super::cell::Cell;
use super::super::edges::Edges;
use super::super::row::Row;
use super::super::row_writer::Writer;
use super::super::sequence::{write_number, write_position};
use super::super::tables::Tables;
use super::super::terminal::Terminal;

/// A row to be printed.
enum Source<'a> {
    Bytes(&'a [u8]),
    Row(&'a Row),
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
        self.flush(edges);
        self.held = Some((edges, source));
    }

    /// Prints the row held, and makes the next one be where it belongs.
    fn flush(&mut self, next: Edges) {
        let Some((edges, source)) = self.held.take() else { return };
        if !self.begun {
            self.begin(edges);
        } else if !self.flowing {
            self.out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        self.print(&source);
        self.flowing = next.is_wrapped() && edges.flows_into(next);
        if next.is_wrapped() && !self.flowing {
            self.flowing = self.wrap_by_force(edges, &source);
        }
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
    fn wrap_by_force(&mut self, edges: Edges, source: &Source) -> bool {
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

    fn print(&mut self, source: &Source) {
        match source {
            Source::Bytes(bytes) => self.out.extend_from_slice(bytes),
            Source::Row(row) => {
                Writer::new(self.tables, self.out).row(row, self.cols);
            }
        }
    }
}

impl Terminal {
    pub(super) fn write_normal_rows(&self, normal: &Buffer, kept: usize, out: &mut Vec<u8>) {
        if kept == 0 {
            self.write_rows(normal, out);
            return;
        }
        let mut rows = self.printer(out);
        for (edges, bytes) in self.scrollback.newest(kept) {
            rows.add(edges, Source::Bytes(edges.drawing(bytes)));
        }
        self.add_rows(normal, normal.height(), &mut rows);
    }

    /// Writes the rows of a buffer without scrollback; blank ones at the end
    /// are there already.
    pub(super) fn write_rows(&self, buffer: &Buffer, out: &mut Vec<u8>) {
        let is_blank = |&y: &usize| {
            let row = buffer.row(y);
            row.stored().is_empty() && row.tail() == Cell::BLANK && !row.wrapped
        };
        let blank = (0..buffer.height()).rev().take_while(is_blank).count();
        let mut rows = self.printer(out);
        self.add_rows(buffer, buffer.height() - blank, &mut rows);
    }

    fn add_rows<'a>(&'a self, buffer: &'a Buffer, count: usize, rows: &mut Rows<'a>) {
        for y in 0..count {
            let row = buffer.row(y);
            rows.add(Edges::of(row, self.cols, &self.tables.styles), Source::Row(row));
        }
        rows.flush(Edges::default());
    }

    fn printer<'a>(&'a self, out: &'a mut Vec<u8>) -> Rows<'a> {
        Rows {
            cols: self.cols,
            height: self.rows,
            tables: &self.tables,
            out,
            held: None,
            begun: false,
            flowing: false,
        }
    }
}
