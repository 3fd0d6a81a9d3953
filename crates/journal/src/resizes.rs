//! The changes of the window's size, each with the offset of the output that
//! follows it: without them the bytes since a checkpoint would be drawn on a
//! screen of the wrong size.

use crate::blocks::Marks;
use crate::fields::{self, Reader, Writer};

/// How many are kept. When they run out, the next checkpoint is due.
pub(crate) const COUNT: u64 = 64;
const ENTRY: usize = 32;
pub(crate) const SIZE: usize = 64 * ENTRY;

/// One change of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// The offset of the output that follows.
    pub offset: u64,
    /// Columns from there on.
    pub cols: u16,
    /// Rows from there on.
    pub rows: u16,
}

/// Puts the change with that number, counted from 1, into the list.
pub(crate) fn put(list: &mut [u8], marks: Marks, number: u64, resize: Resize) {
    let mut entry = [0; ENTRY];
    let mut writer = Writer::new(&mut entry);
    writer.u64(number).u64(resize.offset).u16(resize.cols).u16(resize.rows);
    writer.u32(marks.era.number);
    fields::seal(&mut entry, marks.seed);
    list[place(number)..][..ENTRY].copy_from_slice(&entry);
}

/// The changes after number `after` up to number `newest`; `None` when one of
/// them is not there any more.
pub(crate) fn between(list: &[u8], marks: Marks, after: u64, newest: u64) -> Option<Vec<Resize>> {
    if newest.saturating_sub(after) > COUNT {
        return None;
    }
    (after + 1..=newest).map(|number| get(list, marks, number)).collect()
}

fn get(list: &[u8], marks: Marks, number: u64) -> Option<Resize> {
    let entry = &list[place(number)..][..ENTRY];
    let mut reader = Reader(entry);
    let is_known = fields::is_sealed(entry, marks.seed) && reader.u64() == number;
    let resize = Resize { offset: reader.u64(), cols: reader.u16(), rows: reader.u16() };
    (is_known && marks.era.holds(reader.u32(), resize.offset)).then_some(resize)
}

fn place(number: u64) -> usize {
    usize::try_from(number % COUNT).unwrap_or(0) * ENTRY
}
