//! What a keeper and a server say to each other: encode and decode, pure.
//!
//! A message is a length (4 bytes), a kind (2 bytes), the number of descriptors
//! that travel with it (2 bytes), and fields. A field is a tag (2 bytes), a
//! length (4 bytes) and a value. All numbers are little-endian. The length of a
//! message counts what follows it.
//!
//! Both sides skip fields and kinds that they do not know, so a newer side may
//! add to what it says. What an older side would get wrong without knowing it
//! needs a new version; the first message of a server names the range that it
//! speaks, the keeper's answer the one to be spoken.
//!
//! Only one message with descriptors is under way at a time, in either
//! direction: the other side says [`Request::Got`] or [`Reply::Got`] before the
//! next is sent. So it is always known to which message descriptors belong that
//! did not arrive, and the system's limit on descriptors in flight is never met.

mod fields;
mod reply;
mod request;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

pub(crate) use fields::{Field, Fields, Writer};
pub(crate) use reply::{Held, Reason, Reply, Welcome};
pub(crate) use request::{Hello, Kept, Request, Spawn};

/// The versions of the protocol that this code speaks.
pub(crate) const VERSIONS: RangeInclusive<u64> = 1..=1;
/// The longest message, in bytes. A program's arguments and environment are
/// the longest of what is said; systems take 2 MiB of them.
pub(crate) const MAX_MESSAGE: usize = 4 << 20;
/// Most descriptors in one message.
pub(crate) const MAX_DESCRIPTORS: usize = 64;
/// What comes before a message's fields, in bytes.
pub(crate) const HEADER: usize = 8;
/// The longest name of a session, in bytes: a file's name.
pub(crate) const MAX_NAME: usize = 255;

/// Bytes that are no message of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed message: {0}")]
pub(crate) struct Malformed(pub &'static str);

/// What stands before the fields of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The length of the fields, in bytes.
    pub(crate) length: usize,
    /// The kind.
    pub(crate) kind: u16,
    /// How many descriptors travel with the message.
    pub(crate) descriptors: usize,
}

impl Header {
    /// Reads the header at the front of `bytes`; `None` when it is not complete.
    ///
    /// # Errors
    /// [`Malformed`] when a bound is exceeded.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let (length, rest) = header.split_at(4);
        let number =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        let (length, descriptors) = (number(length), number(&rest[2..]));
        let fields = length.checked_sub(HEADER - 4).ok_or(Malformed("too short"))?;
        let kind = u16::from_le_bytes([rest[0], rest[1]]);
        if length > MAX_MESSAGE {
            return Err(Malformed("too long"));
        }
        if descriptors > MAX_DESCRIPTORS {
            return Err(Malformed("too many descriptors"));
        }
        Ok(Some(Self { length: fields, kind, descriptors }))
    }
}

/// The versions that both ranges have in common: the newest of them.
#[must_use]
pub(crate) fn common_version(theirs: &RangeInclusive<u64>) -> Option<u64> {
    let newest = *VERSIONS.end().min(theirs.end());
    let oldest = *VERSIONS.start().max(theirs.start());
    (oldest <= newest).then_some(newest)
}
