//! Bytes that are gathered before they are written.

use std::io;

use offheap_ring::text::quoted::{Encoder, ROOM};

/// Room that is kept however little is written.
const SMALL: usize = 16 * 1024;
/// How often in a row room has to be spare before it is given back.
const PATIENCE: u32 = 256;

/// A buffer whose room, once made, is neither cleared nor made again: text is
/// encoded straight into it.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Its beginning is what was gathered, the rest is room.
    room: Vec<u8>,
    length: usize,
    /// How often in a row much less was gathered than there is room for.
    spare: u32,
}

impl Gathered {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.room[..self.length]
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.room.truncate(self.length);
        self.room
    }

    /// Forgets what was gathered, and gives back room that was not needed for a
    /// while.
    pub(crate) fn clear(&mut self) {
        let is_spare = self.room.len() > SMALL && self.length < self.room.len() / 8;
        self.spare = if is_spare { self.spare + 1 } else { 0 };
        if self.spare == PATIENCE {
            self.room.truncate(SMALL);
            self.room.shrink_to_fit();
            self.spare = 0;
        }
        self.length = 0;
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.room[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Appends text as the inside of a JSON string. Returns the line feeds in it, if
    /// it is plain and ends outside of a sequence.
    pub(crate) fn put_text(&mut self, text: &str) -> Option<usize> {
        let mut encoder = Encoder::new(text);
        while encoder.left() > 0 {
            // Most text becomes little longer.
            self.make_room(encoder.left() + encoder.left() / 4 + ROOM);
            self.length += encoder.encode(&mut self.room[self.length..]);
        }
        encoder.plain_feeds()
    }

    fn make_room(&mut self, bytes: usize) {
        let least = self.length + bytes;
        if self.room.len() < least {
            self.room.resize(least.next_multiple_of(4096), 0);
        }
    }
}

impl io::Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Gathered;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_json_string_whatever_was_gathered_before(
            texts in prop::collection::vec(("\\PC{0,40}|[\u{0}-\u{7f}]{0,40}", 1_usize..400), 0..8),
        ) {
            let mut gathered = Gathered::default();
            for (text, count) in texts {
                let text = text.repeat(count);
                gathered.put(b"\"");
                gathered.put_text(&text);
                gathered.put(b"\"");
                let read: String = serde_json::from_slice(gathered.bytes()).unwrap();
                prop_assert_eq!(read, text);
                gathered.clear();
            }
        }
    }
}
