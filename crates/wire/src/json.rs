//! Text frames: `{"type":"stream","data":"…","offset":N}` and its like.

use std::io::Write as _;

/// Bytes that a text frame needs beside its text: braces, type and offset.
pub const ROOM: usize = 96;

/// What a text frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Output as it comes.
    Stream,
    /// The past of a session, or its screen.
    History,
    /// Output that was held back while the viewer looked away.
    Buffered,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::History => "history",
            Self::Buffered => "buffered",
        }
    }
}

/// A text frame in the making: begun, filled by the caller, finished.
#[derive(Debug)]
pub struct Message<'a> {
    out: &'a mut [u8],
    text: usize,
}

impl<'a> Message<'a> {
    /// Begins a frame at the front of `out`, which has [`ROOM`] bytes more than
    /// the text will need.
    #[must_use]
    pub fn begin(kind: Kind, out: &'a mut [u8]) -> Self {
        let text = put(out, 0, format_args!(r#"{{"type":"{}","data":""#, kind.name()));
        Self { out, text }
    }

    /// Where the text goes, as the inside of a JSON string.
    pub fn text(&mut self) -> &mut [u8] {
        let end = self.out.len() - (ROOM - self.text).min(self.out.len() - self.text);
        &mut self.out[self.text..end]
    }

    /// Ends a frame whose text is `written` bytes long; the frame's length. The
    /// offset is that of the output that follows; a frame that more of the same
    /// snapshot follows has none.
    #[must_use]
    pub fn finish(self, written: usize, offset: Option<u64>) -> usize {
        let at = self.text + written;
        match offset {
            Some(offset) => put(self.out, at, format_args!(r#"","offset":{offset}}}"#)),
            None => put(self.out, at, format_args!(r#""}}"#)),
        }
    }
}

/// Writes `{"type":"gap","from":N,"to":M}`; its length.
#[must_use]
pub fn put_gap(from: u64, to: u64, out: &mut [u8]) -> usize {
    put(out, 0, format_args!(r#"{{"type":"gap","from":{from},"to":{to}}}"#))
}

/// Writes text at a place for which there is room; the place after it.
fn put(out: &mut [u8], at: usize, text: std::fmt::Arguments<'_>) -> usize {
    let mut rest = &mut out[at..];
    let room = rest.len();
    // A frame's words and numbers always fit; `ROOM` is kept for them.
    let _ = rest.write_fmt(text);
    at + room - rest.len()
}

#[cfg(test)]
mod tests {
    use offheap_ring::text::json;

    use super::*;

    fn parse(frame: &[u8]) -> serde_json::Value {
        serde_json::from_slice(frame).expect("a frame is JSON")
    }

    #[test]
    fn a_message_of_any_kind_is_json_and_fits_its_room() {
        for kind in [Kind::Stream, Kind::History, Kind::Buffered] {
            let mut out = [0; ROOM + 64];
            let mut message = Message::begin(kind, &mut out);
            let encoded = json::encode(&[0x1b; 1000], &[], message.text(), true);
            assert!(encoded.written >= 60, "the room is for the text");
            let length = message.finish(encoded.written, Some(u64::MAX >> 1));
            let frame = parse(&out[..length]);
            assert_eq!(frame["type"], kind.name());
            assert_eq!(frame["data"], "\u{1b}".repeat(encoded.consumed));
            assert_eq!(frame["offset"], u64::MAX >> 1);
        }
    }

    #[test]
    fn a_piece_of_a_snapshot_has_no_offset() {
        let mut out = [0; 256];
        let length = Message::begin(Kind::History, &mut out).finish(0, None);
        let expected = serde_json::json!({ "type": "history", "data": "" });
        assert_eq!(parse(&out[..length]), expected);
    }

    #[test]
    fn a_gap_names_both_ends() {
        let mut out = [0; ROOM];
        let length = put_gap(1, u64::MAX, &mut out);
        assert_eq!(
            parse(&out[..length]),
            serde_json::json!({ "type": "gap", "from": 1, "to": u64::MAX })
        );
    }
}
