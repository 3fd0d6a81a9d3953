//! Reading what another process left behind.
//!
//! Nothing in a file is believed: sizes are compared with the file's before it
//! is mapped, records and blocks carry checksums, and what is damaged is left
//! out or costs this file.

use memmap2::MmapMut;
use offheap_ring::{Place, Ring};

use crate::blocks::{self, BLOCK};
use crate::journal::{FILL, Head, Slots};
use crate::layout::{Layout, ROOM};
use crate::life::Record;
use crate::resizes::{self, Resize};
use crate::system::boot_id;
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

/// What may be believed of the bytes beyond the published end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// The very file that was written to, and no restart since: all stores are
    /// there.
    File,
    /// A copy: the stores of one page may be older than those of the next.
    Copy,
    /// The system was started anew: any page may be older than any other.
    Nothing,
}

/// The kept part of a history.
struct Found {
    place: Place,
    /// The checksum of the last block from its border up to the end.
    tail: u32,
}

/// Puts together what is in a file. `Err` says why it cannot be restored.
pub(crate) fn recover(
    head: MmapMut,
    memory: MmapMut,
    layout: Layout,
    inode: u64,
    file: crate::place::Place,
) -> Result<Recovered, &'static str> {
    let seed = layout.seed();
    let parts = Head(&head, layout);
    let texts = parts.identity(seed).map(|(.., texts)| texts);
    let identity = texts.and_then(Identity::decode).ok_or("its identity is damaged")?;
    let mut record = Record::newest(&head, seed).ok_or("no record in it is whole")?;
    check(&record.place, &layout)?;
    let same_boot = record.boot == boot_id() && record.boot != [0; 16];
    let found = intact(&parts, &memory, seed, &record);
    let torn = found.place.end != record.place.end;
    let trust = match (same_boot && !torn, inode == record.inode) {
        (false, _) => Trust::Nothing,
        (true, true) => Trust::File,
        (true, false) => Trust::Copy,
    };
    let unpublished = beyond(&memory, found.place.end, trust);
    (record.place, record.tail) = (found.place, found.tail);
    (record.boot, record.inode) = (boot_id(), inode);
    let slots = parts.slots(seed);
    let sequence = slots.first().map_or(0, |(_, slot)| slot.sequence);
    let kept = found.place.start..=found.place.end;
    let used = slots.into_iter().find(|(_, slot)| kept.contains(&slot.offset));
    let since = used.map_or(0, |(_, slot)| slot.resizes);
    let resizes = resizes::between(parts.resizes(), seed, since, record.resizes);
    let begins = used.is_some() || found.place.start == 0;
    let exact = begins && resizes.is_some() && !torn;
    let life = record.life;
    let mut ring = Ring::restore(memory, layout.capacity, found.place)
        .ok_or("its offsets are out of range")?;
    let mut journal = Journal::new(head, layout, file, record, Slots { used, sequence });
    journal.adopt(&mut ring, unpublished);
    let resizes = resizes.unwrap_or_default();
    Ok(Recovered { journal, ring, identity, life, resizes, exact, same_boot })
}

fn check(place: &Place, layout: &Layout) -> Result<(), &'static str> {
    let kept = place.end.checked_sub(place.start);
    let fits = kept.is_some_and(|kept| kept <= layout.capacity as u64);
    if fits && place.end <= u64::MAX / 4 { Ok(()) } else { Err("its offsets are out of range") }
}

/// The newest run of bytes whose checksums are right, at best all that the
/// record tells of.
fn intact(head: &Head<'_>, memory: &[u8], seed: u32, record: &Record) -> Found {
    let Place { start, end, state } = record.place;
    let size = memory.len() as u64;
    let block = |number: u64| {
        let at = usize::try_from(number * BLOCK as u64 % size).unwrap_or(0);
        blocks::is_whole(head.table(), seed, number, &memory[at..][..BLOCK])
    };
    let border = blocks::border(end);
    let open = blocks::border_part(memory, border, end);
    let tail = crate::fields::crc(blocks::empty(seed), open);
    let (mut to, mut sum) = (end, tail);
    let mut from = border;
    if tail != record.tail {
        // The newest bytes are lost: the history ends with the last block that
        // is not.
        while from > start && !block(from / BLOCK as u64 - 1) {
            from -= BLOCK as u64;
        }
        (to, sum) = (from, blocks::empty(seed));
        if from <= start {
            return Found { place: Place { start: end, end, state: 0 }, tail };
        }
    }
    while from > start && block(from / BLOCK as u64 - 1) {
        from -= BLOCK as u64;
    }
    let (from, state) = if from > start { (from, 0) } else { (start, state) };
    Found { place: Place { start: from, end: to, state }, tail: sum }
}

/// How many bytes beyond the published end were read before the process died.
fn beyond(memory: &[u8], end: u64, trust: Trust) -> usize {
    let at = usize::try_from(end % memory.len() as u64).unwrap_or(0);
    let room = &memory[at..];
    let room = &room[..room.len().min(ROOM)];
    match trust {
        Trust::File => room.iter().rposition(|&byte| byte != FILL).map_or(0, |last| last + 1),
        Trust::Copy => room.iter().position(|&byte| byte == FILL).unwrap_or(room.len()),
        Trust::Nothing => 0,
    }
}
