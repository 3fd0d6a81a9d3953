//! Parser states remembered at block borders.
//!
//! To know the state at an offset one looks back to the nearest ESC. In a long
//! stretch without any, such as a large log, each look would cross all of it.
//! What one look learns is therefore kept once per block, so that over the life
//! of a ring every byte is looked back over about once.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::text::scanner::State;

/// The distance between two remembered states, in bytes.
pub(super) const BLOCK: u64 = 65_536;

/// How many low bits of an entry hold the state; the rest is the block number.
const STATE_BITS: u32 = 16;

/// States at multiples of [`BLOCK`], each filled when first needed.
///
/// An entry carries its block number and the bytes at an offset never change,
/// so an entry is right or absent, never stale.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    entries: Box<[AtomicU64]>,
}

impl Checkpoints {
    /// Room for the blocks of an allocation of `bytes`; none for small ones,
    /// where looking back is cheap.
    pub(super) fn for_allocation(bytes: usize) -> Self {
        let count = bytes as u64 / BLOCK;
        let entries = if count < 2 { 0 } else { count };
        Self { entries: (0..entries).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The state at the beginning of `block`, if it is remembered.
    pub(super) fn get(&self, block: u64) -> Option<State> {
        let entry = self.entry(block)?.load(Relaxed);
        // An empty entry says that block 0 begins in the ground state. It does.
        let known = entry >> STATE_BITS == block;
        let bits = (entry & ((1 << STATE_BITS) - 1)) as u16;
        known.then(|| State::from_bits(bits))
    }

    /// Remembers the state at the beginning of `block`.
    pub(super) fn set(&self, block: u64, state: State) {
        if let Some(entry) = self.entry(block) {
            let number = block << STATE_BITS;
            entry.store(number | u64::from(state.to_bits()), Relaxed);
        }
    }

    fn entry(&self, block: u64) -> Option<&AtomicU64> {
        let count = self.entries.len() as u64;
        let index = block.checked_rem(count)?;
        self.entries.get(usize::try_from(index).ok()?)
    }
}
