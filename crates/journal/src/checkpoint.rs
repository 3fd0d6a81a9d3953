//! Checkpoints: the screen at an offset, in two slots that take turns.
//!
//! The slot that holds the newest whole checkpoint is never written to, so there
//! is one at every instant.

use crate::fields::{self, Reader, Writer};

/// The bytes before the snapshot.
pub(crate) const HEADER: usize = 64;

/// A screen and the offset of the output that follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint<'a> {
    /// The offset of the output that follows.
    pub offset: u64,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Bytes that make a fresh terminal of that size become the screen.
    pub data: &'a [u8],
}

/// What a slot says of the snapshot in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
    /// The number of the last change of size before it.
    pub(crate) resizes: u64,
    pub(crate) cols: u16,
    pub(crate) rows: u16,
    pub(crate) length: u32,
    /// The era that it is of.
    pub(crate) era: u32,
    /// The history up to here belongs to it: with less, it says nothing.
    pub(crate) needs: u64,
}

impl Slot {
    /// Writes snapshot and header. Until the last byte is written the checksum
    /// is wrong, so a slot is whole or none.
    pub(crate) fn write(&self, slot: &mut [u8], data: &[u8], seed: u32) {
        slot[HEADER..][..data.len()].copy_from_slice(data);
        let mut header = [0; HEADER];
        let mut writer = Writer::new(&mut header);
        writer.u64(self.sequence).u64(self.offset).u64(self.resizes);
        writer.u16(self.cols).u16(self.rows).u32(self.length).u32(self.era).u64(self.needs);
        let sum = fields::crc(seed, data);
        fields::seal(&mut header, sum);
        slot[..HEADER].copy_from_slice(&header);
    }

    /// Reads a slot whose snapshot is whole.
    pub(crate) fn read(slot: &[u8], seed: u32) -> Option<Self> {
        let mut reader = Reader(slot.get(..HEADER)?);
        let (sequence, offset, resizes) = (reader.u64(), reader.u64(), reader.u64());
        let (cols, rows, length) = (reader.u16(), reader.u16(), reader.u32());
        let (era, needs) = (reader.u32(), reader.u64());
        let data = slot[HEADER..].get(..length as usize)?;
        let sum = fields::crc(seed, data);
        let whole = sequence > 0 && fields::is_sealed(&slot[..HEADER], sum);
        whole.then_some(Self { sequence, offset, resizes, cols, rows, length, era, needs })
    }

    pub(crate) fn checkpoint<'a>(&self, slot: &'a [u8]) -> Checkpoint<'a> {
        let data = &slot[HEADER..][..self.length as usize];
        Checkpoint { offset: self.offset, cols: self.cols, rows: self.rows, data }
    }
}
