//! Snapshots: the screen as bytes, together with the offset that it stands for.

use offheap_wire::{Kind, Message, ROOM};

use super::{Closed, Session};
use offheap_ring::text::json;

/// The screen at one moment. A terminal that writes `data` and then the output
/// from `offset` on shows what one shows that has read everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Bytes for a fresh terminal.
    pub data: Vec<u8>,
    /// The offset of the output that follows.
    pub offset: u64,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

impl Snapshot {
    /// `{"type":"history","data":"…","offset":N}`, ready to be sent as text.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = vec![0; self.data.len() * json::MAX_PER_BYTE + ROOM];
        let mut message = Message::begin(Kind::History, &mut text);
        let encoded = json::encode(&self.data, &[], message.text(), true);
        let length = message.finish(encoded.written, Some(self.offset));
        text.truncate(length);
        text
    }
}

impl Session {
    /// The screen now, with at most so many lines of scrollback; `None` when the
    /// session keeps no screen.
    ///
    /// A character whose last bytes have not come yet is left to the output
    /// that follows, so the snapshot is whole text.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn snapshot(&self, lines: Option<usize>) -> Result<Option<Snapshot>, Closed> {
        let mut stream = self.stream.lock();
        if self.is_closed() { Err(Closed) } else { Ok(stream.snapshot(lines)) }
    }

    /// The visible screen as text, lines joined by `\n`; `None` when the session
    /// keeps no screen.
    #[must_use]
    pub fn screen_text(&self) -> Option<String> {
        self.stream.lock().mirror().text()
    }

    /// Whether the session keeps a screen.
    #[must_use]
    pub fn has_screen(&self) -> bool {
        self.stream.lock().mirror().is_wanted()
    }

    /// Gives up what has scrolled off the screen, to free its memory.
    pub fn drop_scrollback(&self) {
        let mut stream = self.stream.lock();
        stream.mirror().drop_scrollback();
        stream.checkpoint();
    }
}
