//! The viewers of a session, as its owner sees them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offheap_wake::{Reader, Signal};

use super::view::{Frame, Replay, ViewerOptions, ViewerPosition};
use super::viewers::ViewerKey;
use super::{Closed, Session};

impl Session {
    /// Opens a viewer: a cursor into the history, whose `reader` is told when
    /// there is something to read.
    ///
    /// # Errors
    /// [`Closed`].
    pub fn open_viewer(
        &self,
        options: &ViewerOptions,
        reader: Box<dyn Reader>,
    ) -> Result<(ViewerKey, Arc<Signal>), Closed> {
        let signal = Arc::new(Signal::new(reader));
        let mut stream = self.stream.lock();
        if self.is_closed() {
            return Err(Closed);
        }
        let key = stream.open_viewer(options, Arc::clone(&signal), Instant::now());
        drop(stream);
        self.gate_bell.ring();
        Ok((key, signal))
    }

    /// Says that a viewer is about to be opened: until then, or until the time
    /// has passed, the terminal waits rather than overwrite what it printed.
    pub fn expect_viewer(&self, within: Duration) {
        self.stream.lock().expect_viewer(Instant::now() + within);
    }

    /// Makes the terminal wait for this viewer however long it takes nothing:
    /// for a listener in the same process, which is slow but never gone.
    pub fn set_patient(&self, key: ViewerKey) {
        self.stream.lock().set_patient(key);
    }

    /// Closes a viewer. A terminal that was waiting for it reads on.
    pub fn close_viewer(&self, key: ViewerKey) {
        let mut stream = self.stream.lock();
        let last = stream.close_viewer(key) && stream.viewers() == 0;
        drop(stream);
        self.gate_bell.ring();
        if last && let Some(owner) = self.owner.get() {
            owner.unwatched(self);
        }
    }

    /// Makes a viewer's next frame at the front of `out`, which is as long as its
    /// frames may be, or arms its signal and returns `None` when it has caught
    /// up.
    pub fn read_frame(&self, key: ViewerKey, out: &mut [u8]) -> Option<Frame> {
        let mut stream = self.stream.lock();
        let was_waited_for = stream.paces();
        let frame = stream.read_frame(key, out, Instant::now());
        let resume = was_waited_for && !stream.paces();
        // The screen of a restored session may have been drawn for it.
        let has_news = stream.mirror.shell.has_news();
        drop(stream);
        self.tell_news_if(has_news);
        if resume {
            self.gate_bell.ring();
        }
        frame
    }

    /// Moves a viewer ahead to an offset.
    pub fn seek(&self, key: ViewerKey, offset: u64) {
        self.stream.lock().seek(key, offset);
        self.gate_bell.ring();
    }

    /// Says that a viewer's last frame is out; its signal is raised when there
    /// is more, as the policy of coalescing has it.
    pub fn frame_done(&self, key: ViewerKey) {
        self.stream.lock().frame_done(key, Instant::now());
    }

    /// Where a viewer is; `None` for one that is closed.
    #[must_use]
    pub fn position(&self, key: ViewerKey) -> Option<ViewerPosition> {
        self.stream.lock().position(key)
    }

    /// Marks what a viewer will read up to the present end as sent again.
    pub fn replay(&self, key: ViewerKey, replay: Replay) -> u64 {
        self.stream.lock().replay(key, replay)
    }

    /// How many viewers are open.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.stream.lock().viewers()
    }

    /// Whether every viewer that still reads has taken everything.
    #[must_use]
    pub(crate) fn is_drained(&self) -> bool {
        self.stream.lock().is_drained(Instant::now())
    }
}
