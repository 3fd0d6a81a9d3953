//! Checksums of the history, one for each block that is complete.
//!
//! A process that dies leaves its stores behind in their order, and needs none
//! of this. A machine that dies does not, and neither does a copy that is made
//! while the process writes: there, blocks that are not what they were are found
//! and left out.

use crate::fields::{self, Reader, Writer};

/// The size of a block.
pub(crate) const BLOCK: usize = 4096;
/// The size of an entry: a checksum, and the low half of the block's number.
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

/// The checksum of a block of which no byte has come yet.
pub(crate) fn empty(seed: u32) -> u32 {
    seed
}

/// Follows bytes that begin at `offset` with a checksum that has seen those of
/// their block before them; keeps the checksums of blocks that they complete in
/// `table`. Returns the checksum of the last, unfinished block.
pub(crate) fn follow(
    table: &mut [u8],
    seed: u32,
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
            put(table, next / BLOCK as u64 - 1, sum);
            sum = empty(seed);
        }
    }
    sum
}

fn put(table: &mut [u8], block: u64, sum: u32) {
    let at = place(table, block);
    Writer::new(&mut table[at..][..ENTRY]).u32(sum).u32(low(block));
}

/// Whether these bytes are what the block was when it was completed.
pub(crate) fn is_whole(table: &[u8], seed: u32, block: u64, bytes: &[u8]) -> bool {
    let mut entry = Reader(&table[place(table, block)..]);
    let (sum, number) = (entry.u32(), entry.u32());
    number == low(block) && sum == fields::crc(empty(seed), bytes)
}

/// The low half of a block's number.
fn low(block: u64) -> u32 {
    u32::try_from(block & u64::from(u32::MAX)).unwrap_or(0)
}

fn place(table: &[u8], block: u64) -> usize {
    let count = (table.len() / ENTRY) as u64;
    usize::try_from(block % count).unwrap_or(0) * ENTRY
}
