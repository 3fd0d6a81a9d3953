//! Where what lies in a file, and its first page, which says so.

use crate::blocks;
use crate::fields::{self, Reader, Writer};
use crate::identity::{self, MAX_IDENTITY};
use crate::{checkpoint, resizes};
use offheap_ring::MAX_CAPACITY;

/// The version of the format that is written and read.
pub(crate) const VERSION: u32 = 1;

/// The most bytes that one read may return, in bytes: so much beyond the end of
/// the history is filled before, so that what was read can be told from what
/// was not.
pub const ROOM: usize = 4096;

/// The least history that a journal keeps, in bytes: with less, a checkpoint
/// would be due with almost every read.
pub(crate) const MIN_CAPACITY: usize = 64 * 1024;

/// Everything begins at a multiple of this.
pub(crate) const PAGE: usize = 4096;

/// How far offsets move on with an era, at least.
const ERA_STEP: u64 = 1 << 40;
/// After so many eras offsets move on no more: numbers of JavaScript end there.
const MAX_STEPS: u32 = 4000;

const MAGIC: &[u8; 8] = b"OFFHEAPJ";
/// The bytes of the header, its checksum included.
pub(crate) const HEADER: usize = 64;
/// Where the two records of life lie, on cache lines of their own.
pub(crate) const LIVES: [usize; 2] = [1024, 2048];

/// How large a journal's parts are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of history. Fewer than 64 KiB become so many.
    pub capacity: usize,
    /// Bytes that a checkpoint may have; 0 for a session without a screen.
    pub checkpoint: usize,
}

/// Why a header is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Damaged(&'static str),
    Version(u32),
}

/// The parts of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) capacity: usize,
    pub(crate) checkpoint: usize,
    /// Bytes of each identity at most.
    pub(crate) identity: usize,
    /// Tells this journal's records from those of any other.
    pub(crate) nonce: u64,
}

impl Layout {
    pub(crate) const RESIZES: usize = PAGE;
    pub(crate) const IDENTITY: usize = 2 * PAGE;

    /// The memory of the ring: what is kept, one read, the room that is filled
    /// behind it, and one block more, so that none of this touches the block of
    /// the oldest byte before the next record is written.
    pub(crate) fn ring_size(&self) -> usize {
        pages(self.capacity + 2 * ROOM + blocks::BLOCK)
    }

    /// Room for an identity, and for as much more to be said later.
    pub(crate) fn identity_room(texts: usize) -> usize {
        (2 * texts).clamp(PAGE - identity::HEADER, MAX_IDENTITY)
    }

    pub(crate) fn identity_slot(&self, index: usize) -> usize {
        Self::IDENTITY + index * self.identity_size()
    }

    pub(crate) fn identity_size(&self) -> usize {
        pages(identity::HEADER + self.identity)
    }

    pub(crate) fn blocks(&self) -> usize {
        self.identity_slot(2)
    }

    pub(crate) fn slot(&self, index: usize) -> usize {
        let blocks = self.ring_size() / blocks::BLOCK * blocks::ENTRY;
        self.blocks() + pages(blocks) + index * self.slot_size()
    }

    pub(crate) fn slot_size(&self) -> usize {
        if self.checkpoint == 0 { 0 } else { pages(checkpoint::HEADER + self.checkpoint) }
    }

    /// Where the ring begins: all before it is the head.
    pub(crate) fn ring(&self) -> usize {
        self.slot(2)
    }

    pub(crate) fn file_size(&self) -> u64 {
        (self.ring() + self.ring_size()) as u64
    }

    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let mut writer = Writer::new(&mut header);
        writer.bytes(MAGIC).u32(VERSION).u32(0).u64(self.file_size());
        writer.u64(self.capacity as u64).u64(self.checkpoint as u64).u64(self.identity as u64);
        writer.u64(self.nonce);
        fields::seal(&mut header, 0);
        header
    }

    /// Reads a header. Sizes are believed only where they make up the size that
    /// the file has.
    pub(crate) fn decode(header: &[u8; HEADER], file_size: u64) -> Result<Self, Unreadable> {
        let mut reader = Reader(header);
        if reader.bytes(8) != MAGIC {
            return Err(Unreadable::Damaged("it is no journal"));
        }
        let version = reader.u32();
        if version != VERSION {
            return Err(Unreadable::Version(version));
        }
        if !fields::is_sealed(header, 0) {
            return Err(Unreadable::Damaged("its header is damaged"));
        }
        reader.u32();
        let claimed = reader.u64();
        let mut size = || usize::try_from(reader.u64()).ok();
        let sizes = (size(), size(), size());
        let layout = match sizes {
            (Some(capacity), Some(checkpoint), Some(identity))
                if (MIN_CAPACITY..=MAX_CAPACITY).contains(&capacity)
                    && checkpoint <= MAX_CAPACITY
                    && identity <= MAX_IDENTITY =>
            {
                Self { capacity, checkpoint, identity, nonce: reader.u64() }
            }
            _ => return Err(Unreadable::Damaged("its sizes are out of range")),
        };
        if claimed != file_size || layout.file_size() != file_size {
            return Err(Unreadable::Damaged("it is cut off, or longer than it says"));
        }
        Ok(layout)
    }

    /// What is added to the offsets in the file in an era: whole turns of the ring,
    /// and more than was ever printed in the era before, so that no offset that
    /// somebody was told means other bytes later.
    pub(crate) fn base(&self, era: u32) -> u64 {
        let step = ERA_STEP.next_multiple_of(self.ring_size() as u64);
        u64::from(era.min(MAX_STEPS)) * step
    }

    /// What all other checksums of the file begin with.
    pub(crate) fn seed(&self) -> u32 {
        fields::crc(0, &self.encode())
    }
}

/// A size in whole pages.
fn pages(bytes: usize) -> usize {
    bytes.next_multiple_of(PAGE)
}

const _: () = {
    assert!(LIVES[0] >= HEADER && resizes::SIZE <= PAGE && ROOM >= blocks::BLOCK);
};
