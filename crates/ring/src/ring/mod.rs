//! A bounded history of bytes in which every byte has an absolute offset.
//!
//! [`Ring`] keeps the newest bytes of a stream in one circular allocation that
//! grows on demand, or in mapped memory of fixed size. Offsets count from the first byte ever written, so a reader
//! is no more than a number and sees for itself when it has been overtaken. The
//! ring also knows where the stream may be cut without tearing a character or
//! an escape sequence, however its beginning was evicted.

#![forbid(unsafe_code)]

mod boundary;
mod checkpoint;
mod mapped;
mod span;
mod storage;

pub use boundary::MAX_HELD;
pub use mapped::Place;
pub use span::Span;

use crate::text::scanner::{self, State};
use checkpoint::Checkpoints;
use storage::Storage;

/// The capacity when none is asked for, in bytes.
pub const DEFAULT_CAPACITY: usize = 65_536;
/// The largest capacity, in bytes: 1 GiB.
pub const MAX_CAPACITY: usize = 1 << 30;

/// The size of the first allocation, in bytes.
const FIRST_ALLOCATION: usize = 4096;
/// How far the search for plain text looks ahead of the oldest byte, in bytes:
/// enough to make it rare, little enough to keep one write short.
const LOOK_AHEAD: usize = 4096;

/// The newest bytes of a stream, at most as many as its capacity.
///
/// Nothing is allocated before the first write; then 4 KiB, doubled as needed
/// until the capacity is reached. A ring from [`Ring::restore`] lies in mapped
/// memory instead and allocates nothing.
#[derive(Debug)]
pub struct Ring {
    buffer: Storage,
    capacity: usize,
    /// The most bytes to keep in the memory there is now: all of it on the heap;
    /// in mapped memory the capacity, and what lies beyond is room for reads.
    limit: usize,
    /// The index in `buffer` at which the next byte goes.
    next: usize,
    start: u64,
    end: u64,
    /// The parser's state at `start`.
    state: State,
    /// When not before `start`: the parser is in the ground state from `start`
    /// to here, so that evicting these bytes needs no look at them.
    plain_until: u64,
    checkpoints: Checkpoints,
}

impl Default for Ring {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl Ring {
    /// An empty ring that allocates nothing yet.
    ///
    /// `capacity` is brought into `1..=`[`MAX_CAPACITY`]; whoever takes it from
    /// a user refuses other values before.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            buffer: Storage::EMPTY,
            capacity: capacity.clamp(1, MAX_CAPACITY),
            limit: 0,
            next: 0,
            start: 0,
            end: 0,
            state: State::GROUND,
            plain_until: 0,
            checkpoints: Checkpoints::default(),
        }
    }

    /// The most bytes that are kept.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The number of bytes kept now.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        // Both offsets lie within one allocation, so the difference fits.
        usize::try_from(self.end - self.start).unwrap_or(usize::MAX)
    }

    /// Whether no byte is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The offset of the oldest byte kept.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The offset after the newest byte: how many were ever written.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The bytes of heap held for the history now, at most the capacity. None
    /// when it lies in mapped memory, which the system gives and takes.
    ///
    /// Rings of 128 KiB and more hold another 8 bytes per 64 KiB for the search
    /// of boundaries, which are not counted.
    #[must_use]
    pub fn allocated(&self) -> usize {
        if self.buffer.is_mapped() { 0 } else { self.buffer.len() }
    }

    /// Appends `data` and returns the new end.
    ///
    /// The oldest bytes make room. Of data larger than the capacity only the
    /// newest bytes are kept; offsets count all of them.
    #[inline]
    pub fn write(&mut self, data: &[u8]) -> u64 {
        let count = data.len();
        if count >= self.capacity {
            return self.replace(data);
        }
        if count > self.limit - self.len() {
            self.make_room(count);
        }
        self.put(data);
        self.end
    }

    /// Copies data behind the newest byte; there is room for it.
    #[inline]
    fn put(&mut self, data: &[u8]) {
        let (count, next) = (data.len(), self.next);
        let buffer = &mut self.buffer[..];
        let until_wrap = buffer.len() - next;
        if count < until_wrap {
            buffer[next..][..count].copy_from_slice(data);
            self.next += count;
        } else {
            let (head, tail) = data.split_at(until_wrap);
            buffer[next..].copy_from_slice(head);
            buffer[..tail.len()].copy_from_slice(tail);
            self.next = tail.len();
        }
        self.end += count as u64;
    }

    /// At most `max` bytes from `from` on, which is first brought into the kept
    /// range. Costs nothing: the span borrows.
    #[must_use]
    pub fn slices(&self, from: u64, max: usize) -> Span<'_> {
        let start = from.clamp(self.start, self.end);
        let behind = self.end - start;
        let behind = usize::try_from(behind).unwrap_or(usize::MAX);
        let count = behind.min(max);
        let buffer = &self.buffer[..];
        let index = if self.next >= behind {
            self.next - behind
        } else {
            self.next + buffer.len() - behind
        };
        let head = count.min(buffer.len() - index);
        Span { start, head: &buffer[index..][..head], tail: &buffer[..count - head] }
    }

    /// Copies what fits from `from` on into `target` and returns the number of
    /// bytes. `from` is first brought into the kept range.
    pub fn copy_to(&self, from: u64, target: &mut [u8]) -> usize {
        let span = self.slices(from, target.len());
        span.copy_to(target);
        span.len()
    }

    /// Drops all bytes and gives their memory back. Offsets continue; a ring in
    /// mapped memory lets go of it and continues on the heap.
    pub fn clear(&mut self) {
        self.evict(self.len());
        self.buffer = Storage::EMPTY;
        self.limit = 0;
        self.checkpoints = Checkpoints::default();
        self.next = 0;
    }

    /// Changes the capacity, keeping the newest bytes that fit, and gives memory
    /// back when it shrinks. `capacity` is treated as in [`Ring::new`]. Mapped
    /// memory keeps its size, and its ring the capacity.
    pub fn resize(&mut self, capacity: usize) {
        if self.buffer.is_mapped() {
            return;
        }
        self.capacity = capacity.clamp(1, MAX_CAPACITY);
        self.evict(self.len().saturating_sub(self.capacity));
        if self.is_empty() {
            self.clear();
        } else if self.buffer.len() > self.capacity {
            self.reallocate(allocation_for(self.len()).min(self.capacity));
        }
    }

    /// Makes the allocation large enough for one more write of `count` bytes,
    /// which is below the capacity, then drops what is still in the way.
    #[cold]
    fn grow_for(&mut self, count: usize) {
        self.grow(self.len() + count);
        self.evict((self.len() + count).saturating_sub(self.limit));
    }

    fn make_room(&mut self, count: usize) {
        if self.limit < self.capacity {
            self.grow_for(count);
        } else {
            self.evict(self.len() + count - self.limit);
        }
    }

    /// Enlarges the allocation to hold `needed` bytes, or as many as allowed.
    fn grow(&mut self, needed: usize) {
        if needed > self.limit && self.limit < self.capacity {
            self.reallocate(allocation_for(needed).min(self.capacity));
        }
    }

    /// Moves the bytes to the front of a new allocation that holds them.
    fn reallocate(&mut self, size: usize) {
        // Zeroed memory comes from the kernel untouched and stays out of RSS.
        let mut buffer = vec![0; size];
        let kept = self.copy_to(self.start, &mut buffer);
        self.next = if kept == size { 0 } else { kept };
        self.buffer = Storage::Heap(buffer);
        self.limit = size;
        self.checkpoints = Checkpoints::for_allocation(size);
    }

    /// Writes data that leaves nothing of the old content.
    #[cold]
    fn replace(&mut self, data: &[u8]) -> u64 {
        self.grow(self.capacity);
        self.evict(self.len());
        let (dropped, kept) = data.split_at(data.len() - self.capacity);
        self.state = self.state.advance(dropped);
        self.start += dropped.len() as u64;
        self.end = self.start;
        self.next = self.index_when_empty(self.start);
        self.put(kept);
        self.end
    }

    /// Drops the oldest `count` bytes, following the parser over them.
    #[inline]
    fn evict(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let start = self.start + count as u64;
        let is_plain = start <= self.plain_until;
        if is_plain && count >= 3 {
            let last = self.slices(start - 3, 3);
            if let Ok(last) = <[u8; 3]>::try_from(last.head) {
                self.state = State::after_plain(last);
                self.start = start;
                return;
            }
        }
        self.evict_scanning(count);
    }

    fn evict_scanning(&mut self, count: usize) {
        let span = self.slices(self.start, count);
        let (state, escape) = self.state.advance_noting(span.head);
        let (state, _) = state.advance_noting(span.tail);
        self.state = state;
        self.start += count as u64;
        // Who evicts this much at once looks at every byte once as it is.
        if self.start > self.plain_until && count < LOOK_AHEAD {
            // Where one sequence was, the next is near: not worth a look.
            self.plain_until = if escape { 0 } else { self.look_ahead() };
        }
    }

    /// The offset up to which the parser stays in the ground state, as far as
    /// one look shows; before the start when it is not in it.
    fn look_ahead(&self) -> u64 {
        if !self.state.stays_ground() {
            return 0;
        }
        let span = self.slices(self.start, LOOK_AHEAD);
        self.start + scanner::plain_length(span.head) as u64
    }
}

/// The size to allocate for `needed` bytes before the capacity limits it.
fn allocation_for(needed: usize) -> usize {
    needed.max(FIRST_ALLOCATION).next_power_of_two()
}

#[cfg(test)]
mod tests;
