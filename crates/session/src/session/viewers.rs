//! The viewers of a session: their cursors, by key.

use slab::Slab;

use super::cursor::Cursor;

/// Names a viewer within its session. Never reused within a session, so a
/// stale one reaches nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerKey {
    slot: usize,
    serial: u64,
}

struct Slot {
    serial: u64,
    cursor: Cursor,
}

#[derive(Default)]
pub(super) struct Viewers {
    slots: Slab<Slot>,
    serial: u64,
}

impl Viewers {
    pub(super) fn insert(&mut self, cursor: Cursor) -> ViewerKey {
        self.serial += 1;
        let serial = self.serial;
        ViewerKey { slot: self.slots.insert(Slot { serial, cursor }), serial }
    }

    pub(super) fn get(&self, key: ViewerKey) -> Option<&Cursor> {
        let slot = self.slots.get(key.slot)?;
        (slot.serial == key.serial).then_some(&slot.cursor)
    }

    pub(super) fn get_mut(&mut self, key: ViewerKey) -> Option<&mut Cursor> {
        let slot = self.slots.get_mut(key.slot)?;
        (slot.serial == key.serial).then_some(&mut slot.cursor)
    }

    pub(super) fn remove(&mut self, key: ViewerKey) -> Option<Cursor> {
        self.get(key)?;
        Some(self.slots.remove(key.slot).cursor)
    }

    /// Takes all of them out.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Cursor> {
        self.slots.drain().map(|slot| slot.cursor)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Cursor> {
        self.slots.iter().map(|(_, slot)| &slot.cursor)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Cursor> {
        self.slots.iter_mut().map(|(_, slot)| &mut slot.cursor)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}
