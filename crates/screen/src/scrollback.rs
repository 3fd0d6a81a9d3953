//! Rows that left the screen at the top, as bytes in fixed blocks.

use super::cell::Cell;
use super::edges::Edges;
use super::remainder;
use super::row::Row;
use super::row_writer::Writer;
use super::tables::Tables;
use memchr::{memchr, memchr_iter, memrchr};
use std::collections::VecDeque;

/// Bytes of a block. A row never spans two; a longer row has a block to itself.
const BLOCK: usize = 4096;

/// A line that is kept as it was printed has fewer bytes than this: then its end
/// takes as much room as the edges and the length of a row.
pub(super) const LONGEST_LINE: usize = 0x80;
/// How many bytes of lines are worth a block of another kind.
const MANY: usize = 1024;

/// A bounded queue of rows.
///
/// A row is stored as a byte for its edges, its length in seven bits a byte,
/// the bytes that draw it, and what these leave out, if anything. Plain lines that
/// came many at a time are stored as they were printed, in blocks of their own.
#[derive(Clone, Debug)]
pub(super) struct Scrollback {
    blocks: VecDeque<Block>,
    /// Bytes of the first block that are no longer needed.
    head: usize,
    rows: usize,
    bytes: usize,
    max_rows: usize,
    max_bytes: usize,
    scratch: Vec<u8>,
}

/// Some rows in a piece of memory.
#[derive(Clone, Debug)]
struct Block {
    bytes: Vec<u8>,
    kind: Kind,
}

/// What the bytes of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rows,
    /// Printable ASCII, each line with CR LF behind it, on a screen of so many columns.
    Lines(usize),
}

impl Block {
    fn room(&self) -> usize {
        self.bytes.capacity() - self.bytes.len()
    }

    /// Where the row ends that lies at an index.
    #[inline]
    fn end_of_row(&self, at: usize) -> usize {
        if self.kind == Kind::Rows
            && let Some(&short @ ..0x80) = self.bytes.get(at + 1)
        {
            return at + 2 + usize::from(short);
        }
        record(self.kind, &self.bytes, at).map_or(self.bytes.len(), |record| record.end)
    }
}

impl Scrollback {
    /// An empty queue that keeps this many rows and bytes.
    pub(super) fn new(max_rows: usize, max_bytes: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            head: 0,
            rows: 0,
            bytes: 0,
            max_rows,
            max_bytes,
            scratch: Vec::new(),
        }
    }

    /// Rows that the queue may hold.
    pub(super) const fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Rows held.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row, at the cost of the oldest ones if there are too many.
    pub(super) fn push(&mut self, row: &Row, cols: usize, tables: &Tables) {
        if let Some(text) = plain_text(row, cols)
            && self.store_text(text, row.wrapped, cols)
        {
            return self.drop_what_is_too_much();
        }
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        let mut edges = Edges::of(row, cols, &tables.styles);
        if !Writer::new(tables, &mut bytes).row(row, cols) {
            remainder::append(row, cols, tables, &mut bytes);
            edges = edges.with_remainder();
        }
        self.push_bytes(edges, &bytes);
        self.scratch = bytes;
    }

    /// Adds a row of which the bytes are known.
    pub(super) fn push_bytes(&mut self, edges: Edges, bytes: &[u8]) {
        self.store(edges, bytes);
        self.drop_what_is_too_much();
    }

    /// Adds so many whole lines of printable ASCII with CR LF behind each, none of
    /// them as long as [`LONGEST_LINE`] or longer than a row of `cols` columns.
    pub(super) fn push_lines(&mut self, lines: &[u8], count: usize, cols: usize) {
        if lines.len() < MANY && !self.blocks.back().is_some_and(|block| block.kind != Kind::Rows) {
            return self.push_each(lines, cols);
        }
        let (lines, count) = self.last_that_fit(lines, count);
        let mut rest = lines;
        while !rest.is_empty() {
            let kind = Kind::Lines(cols);
            let back = self.blocks.back_mut().filter(|block| block.kind == kind);
            let room = back.as_ref().map_or(0, |block| block.room()).min(rest.len());
            let fits = memrchr(b'\n', &rest[..room]).map_or(0, |at| at + 1);
            match back {
                Some(block) if fits > 0 => block.bytes.extend_from_slice(&rest[..fits]),
                _ => self.open_block(LONGEST_LINE, kind),
            }
            rest = &rest[fits..];
        }
        self.rows += count;
        self.bytes += lines.len();
        self.drop_what_is_too_much();
    }

    /// The lines, or the last ones of them if they are too many bytes by themselves;
    /// then nothing is kept of what was there before.
    fn last_that_fit<'a>(&mut self, lines: &'a [u8], count: usize) -> (&'a [u8], usize) {
        let Some(excess) = lines.len().checked_sub(self.max_bytes + 1) else {
            return (lines, count);
        };
        self.clear();
        let skipped = memchr(b'\n', &lines[excess..]).map_or(lines.len(), |at| excess + at + 1);
        let feeds = memchr_iter(b'\n', &lines[..skipped]).count();
        (&lines[skipped..], count - feeds)
    }

    fn push_each(&mut self, lines: &[u8], cols: usize) {
        let mut rest = lines;
        while let Some(feed) = memchr(b'\n', rest) {
            let line = &rest[..feed.saturating_sub(1)];
            self.push_bytes(Edges::of_plain(line.len(), cols), line);
            rest = &rest[feed + 1..];
        }
    }

    fn drop_what_is_too_much(&mut self) {
        while self.rows > self.max_rows + 1 && self.drop_oldest_lines(self.rows - self.max_rows) {}
        while self.rows > self.max_rows || self.bytes > self.max_bytes && self.rows > 0 {
            self.drop_oldest();
        }
    }

    /// The newest `count` rows, oldest first.
    pub(super) fn newest(&self, count: usize) -> Records<'_> {
        let mark = Mark { block: 0, at: self.head, left: self.rows };
        let mut records = self.resume(mark);
        for _ in count..self.rows {
            records.next();
        }
        records
    }

    /// The rows from a mark on. Nothing may have changed since it was taken.
    pub(super) fn resume(&self, Mark { block, at, left }: Mark) -> Records<'_> {
        let (kind, rest) = (Kind::Rows, &[][..]);
        let mut records = Records { scrollback: self, block, kind, rest, left };
        records.enter(block, at);
        records
    }

    /// Makes the row that xterm.js counts as `line` of `base` stand alone.
    pub(super) fn unwrap_row(&mut self, line: usize, base: usize) {
        let Some(index) = line.checked_sub(base.saturating_sub(self.rows)) else { return };
        let mut records = self.newest(self.rows);
        if index > 0 {
            records.nth(index - 1);
        }
        records.settle();
        let Mark { block, at, .. } = records.mark();
        // Lines that were kept as they were printed stand alone anyway.
        if let Some(Block { bytes, kind: Kind::Rows }) = self.blocks.get_mut(block)
            && let Some(edges) = bytes.get_mut(at)
        {
            *edges = Edges(*edges).unwrapped().0;
        }
    }

    /// Drops all rows and their memory.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.max_rows, self.max_bytes);
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(|block| block.bytes.capacity()).sum();
        blocks + self.blocks.capacity() * size_of::<Block>() + self.scratch.capacity()
    }

    /// Stores a row of plain text in the newest block, if there is room.
    #[inline]
    fn store_text(&mut self, text: &[Cell], wrapped: bool, cols: usize) -> bool {
        let Some(block) = self.blocks.back_mut() else { return false };
        let size = text.len() + 2;
        if block.room() < size || wrapped && block.kind != Kind::Rows {
            return false;
        }
        let bytes = text.iter().map(|cell| cell.low_byte());
        if block.kind == Kind::Rows {
            let edges = Edges::of_plain(text.len(), cols);
            let edges = if wrapped { edges.wrapped() } else { edges };
            let len = u8::try_from(text.len()).unwrap_or(0);
            block.bytes.extend_from_slice(&[edges.0, len]);
            block.bytes.extend(bytes);
        } else if block.kind == Kind::Lines(cols) {
            block.bytes.extend(bytes);
            block.bytes.extend_from_slice(b"\r\n");
        } else {
            return false;
        }
        self.rows += 1;
        self.bytes += size;
        true
    }

    fn store(&mut self, edges: Edges, bytes: &[u8]) {
        if let (Ok(short @ ..0x80), Some(block)) =
            (u8::try_from(bytes.len()), self.blocks.back_mut())
            && block.kind == Kind::Rows
            && block.room() >= bytes.len() + 2
        {
            // Most rows are short, and most blocks have room.
            block.bytes.extend_from_slice(&[edges.0, short]);
            block.bytes.extend_from_slice(bytes);
            self.rows += 1;
            self.bytes += bytes.len() + 2;
            return;
        }
        let mut header = [edges.0, 0, 0, 0, 0, 0];
        let mut len = 1;
        let mut rest = bytes.len();
        loop {
            header[len] =
                u8::try_from(rest & 0x7f).unwrap_or(0) | if rest > 0x7f { 0x80 } else { 0 };
            len += 1;
            rest >>= 7;
            if rest == 0 || len == header.len() {
                break;
            }
        }
        let size = len + bytes.len();
        let has_room = |block: &Block| block.kind == Kind::Rows && block.room() >= size;
        if !self.blocks.back().is_some_and(has_room) {
            self.open_block(size, Kind::Rows);
        }
        if let Some(block) = self.blocks.back_mut() {
            block.bytes.extend_from_slice(&header[..len]);
            block.bytes.extend_from_slice(bytes);
            self.rows += 1;
            self.bytes += size;
        }
    }

    fn open_block(&mut self, size: usize, kind: Kind) {
        if let Some(block) = self.blocks.back_mut().filter(|block| block.kind != kind) {
            // One of the other kind gets no more rows.
            block.bytes.shrink_to_fit();
        }
        self.blocks.push_back(Block { bytes: Vec::with_capacity(size.max(BLOCK)), kind });
    }

    /// Drops the oldest rows at once, at most so many, if they are kept as they were
    /// printed; whether there were any.
    fn drop_oldest_lines(&mut self, most: usize) -> bool {
        let Some(first) = self.blocks.front().filter(|block| block.kind != Kind::Rows) else {
            return false;
        };
        let lines = &first.bytes[self.head..];
        let feeds = memchr_iter(b'\n', lines).count();
        let dropped = feeds.min(most);
        let len = if feeds <= most {
            lines.len()
        } else {
            memchr_iter(b'\n', lines).nth(most - 1).map_or(0, |at| at + 1)
        };
        self.rows -= dropped;
        self.bytes -= len;
        self.head += len;
        if self.head == first.bytes.len() {
            self.blocks.pop_front();
            self.head = 0;
        }
        dropped > 0
    }

    fn drop_oldest(&mut self) {
        let Some(first) = self.blocks.front() else { return };
        let end = first.end_of_row(self.head);
        self.bytes -= end - self.head;
        self.rows -= 1;
        self.head = end;
        if end == first.bytes.len() {
            self.blocks.pop_front();
            self.head = 0;
        }
    }
}

/// The cells of a row that is short text without attributes.
fn plain_text(row: &Row, cols: usize) -> Option<&[Cell]> {
    let cells = row.stored();
    let is_plain = row.tail() == Cell::BLANK
        && cells.len() < LONGEST_LINE
        && cells.len() <= cols
        && Cell::ascii_run(cells, Cell::BLANK) == cells.len();
    is_plain.then_some(cells)
}

/// Where a row lies in its block.
struct Record {
    edges: Edges,
    /// The first of its bytes, and the one after the last.
    start: usize,
    stop: usize,
    /// Where the next row lies.
    end: usize,
}

/// The row that lies at an index of such bytes.
#[inline]
fn record(kind: Kind, bytes: &[u8], at: usize) -> Option<Record> {
    let Kind::Lines(cols) = kind else { return read_record(bytes, at) };
    let feed = at + memchr(b'\n', bytes.get(at..)?)?;
    let line = at..feed.saturating_sub(1);
    let edges = Edges::of_plain(line.len(), cols);
    Some(Record { edges, start: line.start, stop: line.end, end: feed + 1 })
}

#[inline]
fn read_record(block: &[u8], at: usize) -> Option<Record> {
    let edges = Edges(*block.get(at)?);
    let mut start = at + 1;
    let (mut len, mut shift) = (0, 0);
    loop {
        let byte = usize::from(*block.get(start)?);
        start += 1;
        len |= (byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            let stop = start + len;
            return Some(Record { edges, start, stop, end: stop });
        }
    }
}

/// Where a row lies, and how many there are from it on. The default is the end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    block: usize,
    at: usize,
    left: usize,
}

/// Reads rows: their edges and their bytes.
pub(super) struct Records<'a> {
    scrollback: &'a Scrollback,
    /// The block that is read, and what its bytes are.
    block: usize,
    kind: Kind,
    /// What is left of it.
    rest: &'a [u8],
    /// Rows that are left.
    left: usize,
}

impl<'a> Records<'a> {
    /// The row that is read next.
    pub(super) fn mark(&self) -> Mark {
        let len = self.scrollback.blocks.get(self.block).map_or(0, |block| block.bytes.len());
        Mark { block: self.block, at: len - self.rest.len(), left: self.left }
    }

    fn enter(&mut self, block: usize, at: usize) {
        self.block = block;
        if let Some(block) = self.scrollback.blocks.get(block) {
            self.kind = block.kind;
            self.rest = block.bytes.get(at..).unwrap_or_default();
        }
    }

    /// Moves on to the block that holds the next row.
    #[inline]
    fn settle(&mut self) {
        if self.rest.is_empty() {
            self.enter(self.block + 1, 0);
        }
    }

    /// Takes all lines of a block but the last, if lines that are kept as they were
    /// printed come next; with them, how many they are.
    #[inline]
    pub(super) fn lines(&mut self) -> Option<(&'a [u8], usize)> {
        if self.left == 0 {
            return None;
        }
        self.settle();
        if self.kind == Kind::Rows { None } else { self.whole_lines() }
    }

    #[inline(never)]
    fn whole_lines(&mut self) -> Option<(&'a [u8], usize)> {
        let (_, before_end) = self.rest.split_last()?;
        let (lines, rest) = self.rest.split_at(memrchr(b'\n', before_end)? + 1);
        let count = memchr_iter(b'\n', lines).count();
        self.rest = rest;
        self.left -= count;
        Some((lines, count))
    }

    #[inline(never)]
    fn next_uncommon(&mut self) -> Option<(Edges, &'a [u8])> {
        let Record { edges, start, stop, end } = record(self.kind, self.rest, 0)?;
        let row = self.rest.get(start..stop)?;
        self.rest = self.rest.get(end..)?;
        Some((edges, row))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (Edges, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.settle();
        // Most rows are short.
        if self.kind == Kind::Rows
            && let [edges, short @ ..0x80, rest @ ..] = self.rest
            && let Some((row, rest)) = rest.split_at_checked(usize::from(*short))
        {
            self.rest = rest;
            return Some((Edges(*edges), row));
        }
        self.next_uncommon()
    }
}
