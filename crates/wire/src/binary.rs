//! Binary frames: an optional channel, the position of the first byte, and
//! bytes as the program printed them.

/// Set in the position of a frame that is a piece of a snapshot.
const SNAPSHOT: u64 = 1 << 63;

/// What stands before the bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Nothing: the frame is the bytes.
    None,
    /// The position, as `offheap.v1` has it.
    Position,
    /// A channel's number and the position, as `offheap.mux.v1` has it.
    Channel(u32),
}

/// Where the bytes of a frame belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Output, whose first byte has this offset.
    Output(u64),
    /// A piece of the snapshot after which the output goes on at this offset.
    Snapshot(u64),
}

impl Header {
    /// Its length in bytes.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::None => 0,
            Self::Position => 8,
            Self::Channel(_) => 12,
        }
    }

    /// Writes the header at the front of a frame; its length.
    ///
    /// # Panics
    /// When `out` is shorter than the header.
    pub fn put(self, position: Position, out: &mut [u8]) -> usize {
        let value = match position {
            Position::Output(offset) => offset,
            Position::Snapshot(offset) => SNAPSHOT | offset,
        };
        let length = self.length();
        if let Self::Channel(channel) = self {
            out[..4].copy_from_slice(&channel.to_be_bytes());
        }
        if self != Self::None {
            out[length - 8..length].copy_from_slice(&value.to_be_bytes());
        }
        length
    }

    /// Reads a frame of `offheap.v1`, or with `mux` one of `offheap.mux.v1`: its
    /// header, its position and its bytes; `None` for one that is too short.
    #[must_use]
    pub fn parse(frame: &[u8], mux: bool) -> Option<(Self, Position, &[u8])> {
        let (header, rest) = if mux {
            let (channel, rest) = frame.split_first_chunk()?;
            (Self::Channel(u32::from_be_bytes(*channel)), rest)
        } else {
            (Self::Position, frame)
        };
        let (value, bytes) = rest.split_first_chunk()?;
        let value = u64::from_be_bytes(*value);
        let position = match value & SNAPSHOT {
            0 => Position::Output(value),
            _ => Position::Snapshot(value & !SNAPSHOT),
        };
        Some((header, position, bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_big_endian_and_of_the_documented_length() {
        let mut frame = [0; 12];
        assert_eq!(Header::None.put(Position::Output(7), &mut frame), 0);
        assert_eq!(Header::Position.put(Position::Output(0x0102), &mut frame), 8);
        assert_eq!(frame[..8], [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(Header::Channel(3).put(Position::Snapshot(5), &mut frame), 12);
        assert_eq!(frame, [0, 0, 0, 3, 0x80, 0, 0, 0, 0, 0, 0, 5]);
    }

    proptest! {
        #[test]
        fn what_is_put_is_parsed(
            channel in proptest::option::of(any::<u32>()),
            offset in 0..SNAPSHOT,
            snapshot: bool,
            bytes: Vec<u8>,
        ) {
            let header = channel.map_or(Header::Position, Header::Channel);
            let position =
                if snapshot { Position::Snapshot(offset) } else { Position::Output(offset) };
            let mut frame = vec![0; header.length()];
            header.put(position, &mut frame);
            frame.extend_from_slice(&bytes);
            let parsed = Header::parse(&frame, channel.is_some());
            prop_assert_eq!(parsed, Some((header, position, &bytes[..])));
        }

        #[test]
        fn a_frame_that_is_too_short_is_none(bytes in proptest::collection::vec(any::<u8>(), 0..8)) {
            prop_assert_eq!(Header::parse(&bytes, false), None);
            prop_assert_eq!(Header::parse(&bytes, true), None);
        }
    }
}
