//! Where the bytes of a ring lie.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Memory that looks the same to the ring wherever it comes from.
///
/// Both kinds are a pointer and a length, so that a look at the bytes costs
/// what it costs with a vector.
#[derive(Debug)]
pub(super) enum Storage {
    /// Grows with what is written.
    Heap(Vec<u8>),
    /// Has its full size from the beginning and never moves.
    Mapped(MmapMut),
}

impl Storage {
    pub(super) const EMPTY: Self = Self::Heap(Vec::new());

    pub(super) fn is_mapped(&self) -> bool {
        matches!(self, Self::Mapped(_))
    }
}

impl Deref for Storage {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

impl DerefMut for Storage {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}
