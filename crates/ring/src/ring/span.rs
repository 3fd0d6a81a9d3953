//! A borrowed stretch of the history.

/// Bytes kept by a [`Ring`](super::Ring), in order: first `head`, then `tail`.
///
/// Two slices because the memory is circular; `tail` is empty unless the
/// stretch runs over the end of the allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// The absolute offset of the first byte.
    pub start: u64,
    /// The older part.
    pub head: &'a [u8],
    /// The newer part, directly following `head`.
    pub tail: &'a [u8],
}

impl Span<'_> {
    /// The number of bytes in both parts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether there is no byte at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// The absolute offset after the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.len() as u64
    }

    /// Copies both parts to the front of `target`.
    ///
    /// # Panics
    ///
    /// When `target` is shorter than the span.
    pub fn copy_to(&self, target: &mut [u8]) {
        let (head, rest) = target.split_at_mut(self.head.len());
        head.copy_from_slice(self.head);
        rest[..self.tail.len()].copy_from_slice(self.tail);
    }

    /// Both parts in one new allocation.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        [self.head, self.tail].concat()
    }
}
