//! Rings over memory of fixed size that outlives them, and room to read into.

use memmap2::MmapMut;

use super::checkpoint::Checkpoints;
use super::storage::Storage;
use super::{MAX_CAPACITY, Ring};
use crate::text::scanner::State;

/// What else than its bytes makes a ring: enough to go on with it later, over
/// the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The offset of the oldest byte kept.
    pub start: u64,
    /// The offset after the newest byte.
    pub end: u64,
    /// The state of the parser at `start`, see [`State::to_bits`].
    pub state: u16,
}

impl Ring {
    /// A ring over memory that holds bytes already, or none yet where
    /// `place.start` and `place.end` are the same.
    ///
    /// The byte at an offset lies at that offset modulo the size of the memory,
    /// always. So whoever finds the memory later needs only a [`Place`] to go
    /// on. The memory is never reallocated; what it has beyond `capacity` is
    /// room for [`Ring::reserve`].
    ///
    /// `None` when the numbers contradict each other: no capacity, more
    /// capacity than memory or than [`MAX_CAPACITY`], more bytes than capacity,
    /// or offsets that run out.
    #[must_use]
    pub fn restore(memory: MmapMut, capacity: usize, place: Place) -> Option<Self> {
        let size = memory.len();
        let kept = place.end.checked_sub(place.start)?;
        let fits = capacity <= size && kept <= capacity as u64 && place.end <= u64::MAX / 2;
        if capacity == 0 || capacity > MAX_CAPACITY || !fits {
            return None;
        }
        Some(Self {
            next: index(place.end, size),
            buffer: Storage::Mapped(memory),
            capacity,
            limit: capacity,
            start: place.start,
            end: place.end,
            state: State::from_bits(place.state),
            plain_until: 0,
            checkpoints: Checkpoints::for_allocation(size),
        })
    }

    /// What [`Ring::restore`] needs beside the bytes.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { start: self.start, end: self.end, state: self.state.to_bits() }
    }

    /// Whether the bytes lie in mapped memory.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.buffer.is_mapped()
    }

    /// Room for the next bytes, which [`Ring::commit`] then makes part of the
    /// history: up to the end of the memory, and no more than it has beyond the
    /// capacity. No byte that is kept lies there. Empty for a ring on the heap.
    pub fn reserve(&mut self) -> &mut [u8] {
        let room = self.buffer.len() - self.limit;
        let room = room.min(self.buffer.len() - self.next);
        let next = self.next;
        &mut self.buffer[next..][..room]
    }

    /// Takes the first `count` bytes of the room into the history, and drops the
    /// oldest bytes beyond the capacity. Returns the new end.
    ///
    /// # Panics
    ///
    /// When there is less room than that.
    pub fn commit(&mut self, count: usize) -> u64 {
        assert!(count <= self.reserve().len(), "more bytes than there is room for");
        self.next += count;
        if self.next == self.buffer.len() {
            self.next = 0;
        }
        self.end += count as u64;
        self.evict(self.len().saturating_sub(self.limit));
        self.end
    }

    /// Where the byte at an offset goes when nothing is kept: in mapped memory
    /// every offset has its place.
    pub(super) fn index_when_empty(&self, offset: u64) -> usize {
        if self.buffer.is_mapped() { index(offset, self.buffer.len()) } else { 0 }
    }
}

/// The place of an offset in memory of that size.
fn index(offset: u64, size: usize) -> usize {
    // A remainder is below the size, so it fits.
    usize::try_from(offset % size as u64).unwrap_or(0)
}
