//! Reading what another process left behind.
//!
//! Nothing in a file is believed: sizes are compared with the file's before it
//! is mapped, records and blocks carry checksums, and what is damaged is left
//! out or costs this file.

use memmap2::MmapMut;
use offheap_ring::{Place, Ring};

use crate::blocks::{self, BLOCK, Era, Marks};
use crate::journal::{FILL, Head, Room, Slots};
use crate::layout::{Layout, ROOM};
use crate::life::Record;
use crate::resizes::{self, Resize};
use crate::system::{FileId, boot_id};
use crate::{Identity, Journal, Life};

/// A session as it was left.
#[derive(Debug)]
pub struct Recovered {
    /// Its file, to go on with.
    pub journal: Journal,
    /// Its history.
    pub ring: Ring,
    /// Who it is.
    pub identity: Identity,
    /// How it stood.
    pub life: Life,
    /// The changes of size after the last checkpoint.
    pub resizes: Vec<Resize>,
    /// Nothing is missing: the bytes since the last checkpoint, or all bytes,
    /// and all changes of size are there, so the screen is exact.
    pub exact: bool,
    /// The system has not been started anew since: the process id still means
    /// something.
    pub same_boot: bool,
}

/// Puts together what is in a file. `Err` says why it cannot be restored.
pub(crate) fn recover(
    (head, memory, room): (MmapMut, MmapMut, Room),
    layout: Layout,
    file: FileId,
    location: crate::place::Place,
) -> Result<Recovered, &'static str> {
    let seed = layout.seed();
    let parts = Head(&head, layout);
    let texts = parts.identity(seed).map(|(.., texts)| texts);
    let identity = texts.and_then(Identity::decode).ok_or("its identity is damaged")?;
    let mut record = Record::newest(&head, seed).ok_or("no record in it is whole")?;
    check(&record.place, &layout)?;
    let (place, torn) = intact(&parts, &memory, seed, &record);
    let same_boot = record.boot == boot_id();
    // In the very file that was written to, and without a restart of the system
    // since, all stores are there. Elsewhere every byte may be of another moment,
    // and no checksum covers what is beyond the end: it is left out, and what is
    // printed from here on gets offsets that nobody was ever told.
    let before = Marks { seed, era: record.era };
    let complete = !torn && same_boot && file == record.file;
    let knows_boot = boot_id() != [0; 16];
    let unpublished = if complete && knows_boot { beyond(&memory, place.end) } else { 0 };
    if !complete {
        record.era = Era { number: record.era.number.saturating_add(1), from: place.end };
    }
    let marks = Marks { seed, era: record.era };
    let open = blocks::border_part(&memory, blocks::border(place.end), place.end);
    record.tail = crate::fields::crc(marks.empty(blocks::number(place.end)), open);
    (record.boot, record.file, record.place) = (boot_id(), file, place);
    let slots = parts.slots(seed);
    let sequence = slots.first().map_or(0, |(_, slot)| slot.sequence);
    let kept = place.start..=place.end;
    let used = slots.into_iter().find(|(_, slot)| {
        let is_there = kept.contains(&slot.offset) && slot.needs <= place.end;
        is_there && before.era.holds(slot.era, slot.offset.max(slot.needs))
    });
    let since = used.map_or(0, |(_, slot)| slot.resizes);
    let resizes = resizes::between(parts.resizes(), before, since, record.resizes);
    let begins = used.is_some() || place.start == 0;
    let exact = begins && resizes.is_some() && !torn;
    let life = record.life;
    let base = layout.base(record.era.number);
    let Place { start, end, state } = place;
    let place = Place { start: start + base, end: end + base, state };
    let mut ring =
        Ring::restore(memory, layout.capacity, place).ok_or("its offsets are out of range")?;
    let mut journal = Journal::new(head, layout, location, record, Slots { used, sequence }, room);
    journal.adopt(&mut ring, unpublished);
    let moved = |resize: Resize| Resize { offset: resize.offset.saturating_add(base), ..resize };
    let resizes = resizes.unwrap_or_default().into_iter().map(moved).collect();
    let same_boot = same_boot && knows_boot;
    Ok(Recovered { journal, ring, identity, life, resizes, exact, same_boot })
}

fn check(place: &Place, layout: &Layout) -> Result<(), &'static str> {
    let kept = place.end.checked_sub(place.start);
    let fits = kept.is_some_and(|kept| kept <= layout.capacity as u64);
    if fits && place.end <= u64::MAX / 4 { Ok(()) } else { Err("its offsets are out of range") }
}

/// The newest run of bytes whose checksums are right, at best all that the
/// record tells of. Also says whether its newest bytes are lost.
fn intact(head: &Head<'_>, memory: &[u8], seed: u32, record: &Record) -> (Place, bool) {
    let marks = Marks { seed, era: record.era };
    let Place { start, end, state } = record.place;
    let size = memory.len() as u64;
    // Whether the block that ends at this border is what it was.
    let is_whole = |border: u64| {
        let block = blocks::number(border) - 1;
        let at = usize::try_from(block * BLOCK as u64 % size).unwrap_or(0);
        marks.is_whole(head.table(), block, &memory[at..][..BLOCK])
    };
    let border = blocks::border(end);
    let open = blocks::border_part(memory, border, end);
    let tail = crate::fields::crc(marks.empty(blocks::number(end)), open);
    let (mut to, mut from) = (end, border);
    let torn = tail != record.tail;
    if torn {
        // The newest bytes are lost: the history ends with the last block that
        // is not.
        while from > start && !is_whole(from) {
            from -= BLOCK as u64;
        }
        to = from;
        if from <= start {
            return (Place { start: end, end, state: 0 }, torn);
        }
    }
    while from > start && is_whole(from) {
        from -= BLOCK as u64;
    }
    let (from, state) = if from > start { (from, 0) } else { (start, state) };
    (Place { start: from, end: to, state }, torn)
}

/// How many bytes beyond the published end were read before the process died.
fn beyond(memory: &[u8], end: u64) -> usize {
    let at = usize::try_from(end % memory.len() as u64).unwrap_or(0);
    let room = &memory[at..];
    let room = &room[..room.len().min(ROOM)];
    room.iter().rposition(|&byte| byte != FILL).map_or(0, |last| last + 1)
}
