//! Rows that left the screen at the top, as bytes in fixed blocks.

use super::edges::Edges;
use super::remainder;
use super::row::Row;
use super::row_writer::Writer;
use super::tables::Tables;
use std::collections::VecDeque;

/// Bytes of a block. A row never spans two; a longer row has a block to itself.
const BLOCK: usize = 4096;

/// A bounded queue of rows.
///
/// A row is stored as a byte for its edges, its length in seven bits a byte,
/// the bytes that draw it, and what these leave out, if anything.
#[derive(Debug)]
pub(super) struct Scrollback {
    blocks: VecDeque<Vec<u8>>,
    /// Bytes of the first block that are no longer needed.
    head: usize,
    rows: usize,
    bytes: usize,
    max_rows: usize,
    max_bytes: usize,
    scratch: Vec<u8>,
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
        while self.rows > self.max_rows || self.bytes > self.max_bytes && self.rows > 0 {
            self.drop_oldest();
        }
    }

    /// The newest `count` rows, oldest first.
    pub(super) fn newest(&self, count: usize) -> Records<'_> {
        let mut records = Records { scrollback: self, block: 0, at: self.head, left: self.rows };
        for _ in count..self.rows {
            records.next();
        }
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
        let (block, at) = (records.block, records.at);
        if let Some(edges) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at)) {
            *edges = Edges(*edges).unwrapped().0;
        }
    }

    /// Drops all rows and their memory.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.max_rows, self.max_bytes);
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        let blocks: usize = self.blocks.iter().map(Vec::capacity).sum();
        blocks + self.blocks.capacity() * size_of::<Vec<u8>>() + self.scratch.capacity()
    }

    fn store(&mut self, edges: Edges, bytes: &[u8]) {
        if let (Ok(short @ ..0x80), Some(block)) =
            (u8::try_from(bytes.len()), self.blocks.back_mut())
            && block.capacity() - block.len() >= bytes.len() + 2
        {
            // Most rows are short, and most blocks have room.
            block.extend_from_slice(&[edges.0, short]);
            block.extend_from_slice(bytes);
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
        if self.blocks.back().is_none_or(|block| block.capacity() - block.len() < size) {
            self.open_block(size);
        }
        if let Some(block) = self.blocks.back_mut() {
            block.extend_from_slice(&header[..len]);
            block.extend_from_slice(bytes);
            self.rows += 1;
            self.bytes += size;
        }
    }

    fn open_block(&mut self, size: usize) {
        self.blocks.push_back(Vec::with_capacity(size.max(BLOCK)));
    }

    fn drop_oldest(&mut self) {
        let Some(first) = self.blocks.front() else { return };
        let end = read_record(first, self.head).map_or(first.len(), |record| record.end);
        self.bytes -= end - self.head;
        self.rows -= 1;
        self.head = end;
        if end == first.len() {
            self.blocks.pop_front();
            self.head = 0;
        }
    }
}

/// Where a row lies in its block.
struct Record {
    edges: Edges,
    start: usize,
    end: usize,
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
            return Some(Record { edges, start, end: start + len });
        }
    }
}

/// Reads rows: their edges and their bytes.
pub(super) struct Records<'a> {
    scrollback: &'a Scrollback,
    block: usize,
    at: usize,
    left: usize,
}

impl Records<'_> {
    /// Moves on to the block that holds the next row.
    fn settle(&mut self) {
        if self.scrollback.blocks.get(self.block).is_some_and(|block| block.len() == self.at) {
            self.block += 1;
            self.at = 0;
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (Edges, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        self.settle();
        let block = self.scrollback.blocks.get(self.block)?;
        let record = read_record(block, self.at)?;
        self.at = record.end;
        Some((record.edges, block.get(record.start..record.end)?))
    }
}
