//! Checksums of the history, one for each block that is complete.
//!
//! A process that dies leaves its stores behind in their order, and needs none
//! of this. A machine that dies does not, and neither does a copy that is made
//! while the process writes: there, every byte may be of another moment. A
//! checksum covers the block's number, its era and its bytes, so what is taken for
//! a block is what was printed at its offsets, whatever moments the parts are of.
//!
//! An era begins when a history goes on although its newest bytes may be missing:
//! what was printed there in the era before has no claim to those offsets.

use crate::fields::{self, Reader, Writer};

/// The size of a block.
pub(crate) const BLOCK: usize = 4096;
/// The size of an entry: a checksum, and the era that completed the block.
pub(crate) const ENTRY: usize = 8;

/// The offset at which the block of `offset` begins.
pub(crate) fn border(offset: u64) -> u64 {
    offset - offset % BLOCK as u64
}

/// The bytes from a block's border up to `end`, which lie together.
pub(crate) fn border_part(memory: &[u8], border: u64, end: u64) -> &[u8] {
    let at = usize::try_from(border % memory.len() as u64).unwrap_or(0);
    &memory[at..][..usize::try_from(end - border).unwrap_or(0)]
}

/// The number of the block of `offset`.
pub(crate) fn number(offset: u64) -> u64 {
    offset / BLOCK as u64
}

/// What the checksums of a journal's blocks begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) seed: u32,
    pub(crate) era: Era,
}

/// An era of a history, and the offset at which it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Era {
    pub(crate) number: u32,
    pub(crate) from: u64,
}

impl Era {
    /// Whether what an era says of an offset holds in this one, which began after
    /// all that earlier ones have left.
    pub(crate) fn holds(&self, era: u32, offset: u64) -> bool {
        if offset > self.from { era == self.number } else { era <= self.number }
    }
}

impl Marks {
    /// The checksum of a block of which no byte has come yet.
    pub(crate) fn empty(&self, block: u64) -> u32 {
        self.empty_in(self.era.number, block)
    }

    fn empty_in(&self, era: u32, block: u64) -> u32 {
        fields::crc(fields::crc(self.seed, &block.to_le_bytes()), &era.to_le_bytes())
    }

    /// Follows bytes that begin at `offset` with a checksum that has seen those of
    /// their block before them; keeps the checksums of blocks that they complete
    /// in `table`. Returns the checksum of the last, unfinished block.
    pub(crate) fn follow(
        &self,
        table: &mut [u8],
        mut sum: u32,
        mut offset: u64,
        bytes: &[u8],
    ) -> u32 {
        let mut rest = bytes;
        while !rest.is_empty() {
            let next = border(offset) + BLOCK as u64;
            let left = usize::try_from(next - offset).unwrap_or(BLOCK);
            let (piece, more) = rest.split_at(left.min(rest.len()));
            sum = fields::crc(sum, piece);
            offset += piece.len() as u64;
            rest = more;
            if offset == next {
                self.put(table, number(next) - 1, sum);
                sum = self.empty(number(next));
            }
        }
        sum
    }

    fn put(&self, table: &mut [u8], block: u64, sum: u32) {
        let at = place(table, block);
        Writer::new(&mut table[at..][..ENTRY]).u32(sum).u32(self.era.number);
    }

    /// Whether these bytes are what the block was when it was completed.
    pub(crate) fn is_whole(&self, table: &[u8], block: u64, bytes: &[u8]) -> bool {
        let mut entry = Reader(&table[place(table, block)..]);
        let (sum, era) = (entry.u32(), entry.u32());
        // The block of the offset at which the era began ends in this era.
        let holds = self.era.holds(era, (block + 1) * BLOCK as u64);
        holds && sum == fields::crc(self.empty_in(era, block), bytes)
    }
}

fn place(table: &[u8], block: u64) -> usize {
    let count = (table.len() / ENTRY) as u64;
    usize::try_from(block % count).unwrap_or(0) * ENTRY
}
