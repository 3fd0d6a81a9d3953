//! The writer's side of one file.

use std::ops::Range;
use std::sync::atomic::{Ordering, compiler_fence};

use memmap2::MmapMut;
use offheap_ring::Ring;

use crate::blocks::Marks;
use crate::checkpoint::{self, Checkpoint, Slot};
use crate::layout::{Layout, ROOM};
use crate::life::Record;
use crate::place::Place;
use crate::resizes::{self, Resize};
use crate::{Error, Identity, Life, identity};

/// The byte that fills the room: no character has it, so what ends in others
/// was read.
pub(crate) const FILL: u8 = 0xff;

/// One session's file, but for the history itself, which the ring that was made
/// with it holds. Both belong together: every method that takes a ring means
/// that one.
///
/// Dropping a journal leaves the file as it is.
#[derive(Debug)]
pub struct Journal {
    head: MmapMut,
    layout: Layout,
    marks: Marks,
    /// What is added to the offsets in the file.
    base: u64,
    place: Place,
    record: Record,
    /// The offset up to which the room is filled.
    filled: u64,
    /// What `filled` was before the read that is under way.
    before: u64,
    slots: Slots,
    room: Option<Room>,
}

/// The memory of a history once more, for who reads into the room behind its end
/// while others look at what is before it.
#[derive(Debug)]
pub struct Room(MmapMut);

impl Room {
    pub(crate) fn new(memory: MmapMut) -> Self {
        Self(memory)
    }

    /// A part of it, as [`Journal::begin_read`] returns one.
    ///
    /// # Panics
    /// When it is of another journal, and too large.
    pub fn part(&mut self, part: Range<usize>) -> &mut [u8] {
        &mut self.0[part]
    }
}

/// What a journal knows of its two slots.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slots {
    /// The one with the checkpoint that the history is drawn from; the other is
    /// free.
    pub(crate) used: Option<(usize, Slot)>,
    /// The highest number that a checkpoint has had.
    pub(crate) sequence: u64,
}

impl Journal {
    pub(crate) fn new(
        head: MmapMut,
        layout: Layout,
        place: Place,
        record: Record,
        slots: Slots,
        room: Room,
    ) -> Self {
        let base = layout.base(record.era.number);
        let filled = record.place.end + base;
        let marks = Marks { seed: layout.seed(), era: record.era };
        let room = Some(room);
        Self { head, layout, marks, base, place, record, filled, before: filled, slots, room }
    }

    /// The room to read into; `None` when it was taken before.
    pub fn take_room(&mut self) -> Option<Room> {
        self.room.take()
    }

    /// The name of the file in its directory.
    #[must_use]
    pub fn name(&self) -> &str {
        self.place.name()
    }

    /// The bytes of disk that the file takes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layout.file_size()
    }

    /// The most bytes that a checkpoint may have; 0 when none is kept.
    #[must_use]
    pub fn checkpoint_limit(&self) -> usize {
        self.layout.checkpoint
    }

    /// What is added to the offsets in the file.
    #[cfg(test)]
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// How the session stands.
    #[must_use]
    pub fn life(&self) -> Life {
        self.record.life
    }

    /// Has `read` put bytes behind the end of the history, where they are kept
    /// whatever happens from there on, and makes them part of it. The room it is
    /// given holds at most [`ROOM`] bytes. Returns what `read` returns: how many
    /// bytes it put there, from the front on.
    ///
    /// # Errors
    /// What `read` returns; then nothing has changed.
    ///
    /// # Panics
    /// When `read` claims more bytes than it had room for.
    #[inline]
    pub fn read<E>(
        &mut self,
        ring: &mut Ring,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.begin_read(ring);
        let count = read(room(ring))?;
        self.end_read(ring, count);
        Ok(count)
    }

    /// Prepares the room for a read, and returns which part of the memory it is. What
    /// is put there from the front on is kept whatever happens from there on. Until
    /// [`Journal::end_read`], or the next call of this one, nothing else may be
    /// appended.
    #[inline]
    pub fn begin_read(&mut self, ring: &mut Ring) -> Range<usize> {
        self.prepare(ring);
        // Should the read fail, nobody knows what it has left there.
        self.before = std::mem::replace(&mut self.filled, ring.end());
        let size = self.layout.ring_size() as u64;
        let at = usize::try_from(ring.end() % size).unwrap_or(0);
        at..at + room(ring).len()
    }

    /// Makes the first bytes of the room part of the history.
    ///
    /// # Panics
    /// When there are more of them than there was room for.
    #[inline]
    pub fn end_read(&mut self, ring: &mut Ring, count: usize) {
        compiler_fence(Ordering::SeqCst);
        self.filled = self.before;
        if count > 0 {
            let before = ring.end();
            ring.commit(count);
            self.publish(ring, before);
        }
    }

    /// Fills the room behind the end, but for what is filled still.
    fn prepare(&mut self, ring: &mut Ring) {
        let end = ring.end();
        let room = room(ring);
        let ready = usize::try_from(self.filled.saturating_sub(end)).unwrap_or(0);
        if let Some(rest) = room.get_mut(ready..) {
            rest.fill(FILL);
            self.filled = end + room.len() as u64;
        }
        compiler_fence(Ordering::SeqCst);
    }

    /// Appends bytes that are in memory already, and returns the new end. With
    /// checkpoints, [`Journal::read`] is for who has more than [`ROOM`] of them:
    /// a checkpoint may come due in between.
    pub fn write(&mut self, ring: &mut Ring, data: &[u8]) -> u64 {
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.read(ring, |room| {
                let count = room.len().min(rest.len());
                room[..count].copy_from_slice(&rest[..count]);
                Ok::<_, std::convert::Infallible>(count)
            });
            let Ok(count) = taken;
            if count == 0 {
                break;
            }
            rest = &rest[count..];
        }
        ring.end()
    }

    /// Takes what an earlier process had read beyond the end, and commits that
    /// this one goes on from here.
    pub(crate) fn adopt(&mut self, ring: &mut Ring, unpublished: usize) {
        let before = ring.end();
        ring.commit(unpublished);
        self.filled = ring.end();
        self.publish(ring, before);
    }

    /// Commits what the ring has got since `before`. The room behind it comes
    /// first: what is not filled there would be taken for output.
    fn publish(&mut self, ring: &mut Ring, before: u64) {
        self.prepare(ring);
        let span = ring.slices(before, usize::MAX);
        let start = span.start - self.base;
        let middle = start + span.head.len() as u64;
        let table = &mut self.head[self.layout.blocks()..self.layout.slot(0)];
        let sum = self.marks.follow(table, self.record.tail, start, span.head);
        self.record.tail = self.marks.follow(table, sum, middle, span.tail);
        self.record.place = moved_back(ring.place(), self.base);
        self.commit();
    }

    fn commit(&mut self) {
        // The compiler keeps what was stored before this before it.
        compiler_fence(Ordering::SeqCst);
        self.record.commit(&mut self.head, self.marks.seed);
        compiler_fence(Ordering::SeqCst);
    }

    /// Changes how the session stands.
    pub fn set_life(&mut self, life: Life) {
        if life != self.record.life {
            self.record.life = life;
            self.commit();
        }
    }

    /// Changes who the session is.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the file has no room for it; then nothing has
    /// changed.
    pub fn change_identity(&mut self, change: impl FnOnce(&mut Identity)) -> Result<(), Error> {
        let head = Head(&self.head, self.layout);
        let Some((index, sequence, texts)) = head.identity(self.marks.seed) else { return Ok(()) };
        let mut identity = Identity::decode(texts).unwrap_or_default();
        change(&mut identity);
        self.put_identity(1 - index, sequence + 1, &identity.encode()?)
    }

    pub(crate) fn put_identity(
        &mut self,
        index: usize,
        sequence: u64,
        texts: &[u8],
    ) -> Result<(), Error> {
        let limit = self.layout.identity;
        if texts.len() > limit {
            return Err(Error::TooLarge { bytes: texts.len(), limit });
        }
        let (at, size) = (self.layout.identity_slot(index), self.layout.identity_size());
        compiler_fence(Ordering::SeqCst);
        identity::write(&mut self.head[at..][..size], sequence, texts, self.marks.seed);
        compiler_fence(Ordering::SeqCst);
        Ok(())
    }

    /// Notes a new size of the window, for the output from here on. `false` when
    /// the list is full: then a checkpoint is due first.
    pub fn resize(&mut self, ring: &Ring, cols: u16, rows: u16) -> bool {
        if self.layout.checkpoint > 0 {
            let since = self.record.resizes - self.slots.used.map_or(0, |(_, slot)| slot.resizes);
            if since >= resizes::COUNT {
                return false;
            }
            self.record.resizes += 1;
            let list = &mut self.head[Layout::RESIZES..][..resizes::SIZE];
            let resize = Resize { offset: ring.end() - self.base, cols, rows };
            resizes::put(list, self.marks, self.record.resizes, resize);
        }
        self.record.life.cols = cols;
        self.record.life.rows = rows;
        self.commit();
        true
    }

    /// Whether a checkpoint has to be taken before the next [`Journal::read`]:
    /// that might make the history begin after the last one.
    #[inline]
    #[must_use]
    pub fn is_checkpoint_due(&self, ring: &Ring) -> bool {
        let last = self.slots.used.map_or(0, |(_, slot)| slot.offset);
        let kept = self.base + last + self.layout.capacity as u64;
        self.layout.checkpoint > 0 && ring.end() + ROOM as u64 > kept
    }

    /// Keeps the screen as it is at the end of the history: bytes that make a
    /// fresh terminal of that size become it. `false` when they are more than
    /// [`Journal::checkpoint_limit`].
    pub fn checkpoint(&mut self, ring: &Ring, cols: u16, rows: u16, data: &[u8]) -> bool {
        self.keep_checkpoint(ring, Checkpoint { offset: ring.end(), cols, rows, data })
    }

    /// Keeps what makes the screen at the end of the history together with the output
    /// since an earlier offset, which has no change of size after it. It need not be
    /// the screen that was there: what the output pushes out of sight may be missing.
    /// So without all of that output it is not used. `false` as for
    /// [`Journal::checkpoint`].
    pub fn keep_checkpoint(&mut self, ring: &Ring, checkpoint: Checkpoint<'_>) -> bool {
        let Checkpoint { offset, cols, rows, data } = checkpoint;
        let Some(length) = u32::try_from(data.len()).ok().filter(|_| self.fits(data)) else {
            return false;
        };
        let index = self.slots.used.map_or(0, |(at, _)| 1 - at);
        let sequence = self.slots.sequence + 1;
        let (offset, resizes) = (offset - self.base, self.record.resizes);
        let (era, needs) = (self.marks.era.number, ring.end() - self.base);
        let slot = Slot { sequence, offset, resizes, cols, rows, length, era, needs };
        let (at, size) = (self.layout.slot(index), self.layout.slot_size());
        compiler_fence(Ordering::SeqCst);
        slot.write(&mut self.head[at..][..size], data, self.marks.seed);
        compiler_fence(Ordering::SeqCst);
        self.slots = Slots { used: Some((index, slot)), sequence };
        true
    }

    /// The newest checkpoint whose offset is part of the history. `None` when
    /// there is none: then the bytes from the beginning on draw the screen.
    #[must_use]
    pub fn last_checkpoint(&self) -> Option<Checkpoint<'_>> {
        let (index, slot) = self.slots.used?;
        let last = slot.checkpoint(Head(&self.head, self.layout).slot(index));
        Some(Checkpoint { offset: last.offset + self.base, ..last })
    }

    fn fits(&self, data: &[u8]) -> bool {
        self.layout.checkpoint > 0 && data.len() <= self.layout.checkpoint
    }

    /// Deletes the file. The ring over it is to be cleared or dropped before, and so
    /// is its room: Windows does not delete a file that is mapped.
    ///
    /// # Errors
    /// [`Error::System`]; a file that is gone already is none.
    pub fn remove(self) -> Result<(), Error> {
        let Self { head, room, place, layout, .. } = self;
        drop((head, room));
        place.remove(layout.file_size())
    }
}

/// A place of the ring as the file has it.
fn moved_back(place: offheap_ring::Place, base: u64) -> offheap_ring::Place {
    let offheap_ring::Place { start, end, state } = place;
    offheap_ring::Place { start: start - base, end: end - base, state }
}

/// The room for one read.
fn room(ring: &mut Ring) -> &mut [u8] {
    let room = ring.reserve();
    let size = room.len().min(ROOM);
    &mut room[..size]
}

/// The parts of the head that recovery reads.
pub(crate) struct Head<'a>(pub(crate) &'a [u8], pub(crate) Layout);

impl<'a> Head<'a> {
    pub(crate) fn table(&self) -> &'a [u8] {
        &self.0[self.1.blocks()..self.1.slot(0)]
    }

    pub(crate) fn slot(&self, index: usize) -> &'a [u8] {
        &self.0[self.1.slot(index)..][..self.1.slot_size()]
    }

    /// The newest whole identity: its slot, its number, its texts.
    pub(crate) fn identity(&self, seed: u32) -> Option<(usize, u64, &'a [u8])> {
        let slot = |index| &self.0[self.1.identity_slot(index)..][..self.1.identity_size()];
        let texts = [0, 1].map(|index| {
            identity::read(slot(index), seed).map(|(sequence, texts)| (index, sequence, texts))
        });
        texts.into_iter().flatten().max_by_key(|(_, sequence, _)| *sequence)
    }

    /// The slots with a whole checkpoint, newest first.
    pub(crate) fn slots(&self, seed: u32) -> Vec<(usize, Slot)> {
        if self.1.slot_size() < checkpoint::HEADER {
            return Vec::new();
        }
        let slots = [0, 1].map(|at| Slot::read(self.slot(at), seed).map(|slot| (at, slot)));
        let mut slots: Vec<_> = slots.into_iter().flatten().collect();
        slots.sort_by_key(|(_, slot)| std::cmp::Reverse(slot.sequence));
        slots
    }

    pub(crate) fn resizes(&self) -> &'a [u8] {
        &self.0[Layout::RESIZES..][..resizes::SIZE]
    }
}
