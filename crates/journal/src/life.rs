//! How a session stands: the one record that every change commits.
//!
//! Two places take turns. A record carries a number and a checksum, so whoever
//! reads takes the newest that is whole; one that was being written when the
//! process died is not, and the other is.

use offheap_ring::Place;

use crate::blocks::Era;
use crate::fields::{self, Reader, Writer};
use crate::layout::{LIVES, PAGE};
use crate::system::FileId;

/// The size of a record, its checksum included.
pub(crate) const RECORD: usize = 128;

const _: () = assert!(LIVES[1] + RECORD <= PAGE);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code.
    pub code: i32,
    /// The signal that ended it, 0 for none.
    pub signal: i32,
}

/// What changes while a session lives, beside its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// Tells this session from others that had its id before.
    pub incarnation: u64,
    /// The process id of its program; 0 when there is none.
    pub pid: u32,
    /// When that process started, in the system's own units; tells it from a
    /// later one with the same id.
    pub started: u64,
    /// How its program ended, once it has.
    pub exit: Option<Exit>,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The session was left on purpose, for the next process.
    pub left: bool,
}

/// A record: the life, and where the ring stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) sequence: u64,
    pub(crate) life: Life,
    pub(crate) place: Place,
    /// How often the size was changed.
    pub(crate) resizes: u64,
    /// The checksum of the bytes from the last block border up to the end.
    pub(crate) tail: u32,
    /// The boot of the system that wrote it.
    pub(crate) boot: [u8; 16],
    /// The file that it was written to: a copy is another.
    pub(crate) file: FileId,
    /// The era of the history's end.
    pub(crate) era: Era,
}

const EXITED: u16 = 1;
const LEFT: u16 = 2;

impl Record {
    fn encode(&self, seed: u32) -> [u8; RECORD] {
        let Life { incarnation, pid, started, exit, cols, rows, left } = self.life;
        let flags = if exit.is_some() { EXITED } else { 0 } | if left { LEFT } else { 0 };
        let exit = exit.unwrap_or(Exit { code: 0, signal: 0 });
        let mut record = [0; RECORD];
        let mut writer = Writer::new(&mut record);
        writer.u64(self.sequence).u64(self.place.start).u64(self.place.end);
        writer.u64(incarnation).u64(self.resizes).u64(started).bytes(&self.boot);
        writer.u64(self.file.number);
        writer.u32(pid).i32(exit.code).i32(exit.signal).u32(self.tail);
        writer.u16(cols).u16(rows).u16(self.place.state).u16(flags);
        writer.u64(self.file.device).u64(self.era.from).u32(self.era.number);
        writer.u64(self.file.born);
        fields::seal(&mut record, seed);
        record
    }

    fn decode(record: &[u8], seed: u32) -> Option<Self> {
        if !fields::is_sealed(record, seed) {
            return None;
        }
        let mut reader = Reader(record);
        let sequence = reader.u64();
        let (start, end) = (reader.u64(), reader.u64());
        let (incarnation, resizes, started) = (reader.u64(), reader.u64(), reader.u64());
        let (boot, number) = (reader.array(), reader.u64());
        let (pid, code, signal, tail) = (reader.u32(), reader.i32(), reader.i32(), reader.u32());
        let (cols, rows, state, flags) = (reader.u16(), reader.u16(), reader.u16(), reader.u16());
        let device = reader.u64();
        let era = Era { from: reader.u64(), number: reader.u32() };
        let file = FileId { device, number, born: reader.u64() };
        let exit = (flags & EXITED != 0).then_some(Exit { code, signal });
        let left = flags & LEFT != 0;
        Some(Self {
            sequence,
            life: Life { incarnation, pid, started, exit, cols, rows, left },
            place: Place { start, end, state },
            resizes,
            tail,
            boot,
            file,
            era,
        })
    }

    /// Writes the record with the next number over the older one.
    pub(crate) fn commit(&mut self, head: &mut [u8], seed: u32) {
        self.sequence += 1;
        let at = LIVES[usize::from(self.sequence % 2 == 1)];
        head[at..][..RECORD].copy_from_slice(&self.encode(seed));
    }

    /// The newest whole record.
    pub(crate) fn newest(head: &[u8], seed: u32) -> Option<Self> {
        let records = LIVES.map(|at| Self::decode(&head[at..][..RECORD], seed));
        records.into_iter().flatten().max_by_key(|record| record.sequence)
    }
}
