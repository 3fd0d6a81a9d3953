//! Tables that do not stay as large as they once had to be.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use crate::registry::subject::Incarnation;

/// Takes a key out of an index of sets; empty sets are not kept.
pub(super) fn forget(
    index: &mut HashMap<Arc<str>, BTreeSet<Incarnation>>,
    name: &Arc<str>,
    key: Incarnation,
) {
    if let Slot::Occupied(mut slot) = index.entry(Arc::clone(name)) {
        slot.get_mut().remove(&key);
        if slot.get().is_empty() {
            slot.remove();
        }
    }
}

/// Gives a table's memory back when it is mostly empty. Halving it at a
/// quarter full makes the cost of copying constant on average.
pub(super) fn shrink<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    const SMALL: usize = 64;
    if table.capacity() > SMALL && table.len() < table.capacity() / 4 {
        table.shrink_to(table.len() * 2);
    }
}
