//! Who waits for what a session's output will show.

use std::sync::Arc;

use tokio::sync::Notify;

/// Who may wait for one session at a time.
pub(super) const MAX_WAITS: usize = 16;

/// The bells of those who wait.
#[derive(Debug, Default)]
pub(super) struct Waits(Vec<Arc<Notify>>);

impl Waits {
    /// Something has happened that they may wait for.
    #[inline]
    pub(super) fn wake(&self) {
        for bell in &self.0 {
            bell.notify_one();
        }
    }

    /// Somebody waits; `false` when too many do already.
    pub(super) fn add(&mut self, bell: &Arc<Notify>) -> bool {
        let has_room = self.0.len() < MAX_WAITS;
        if has_room {
            self.0.push(Arc::clone(bell));
        }
        has_room
    }

    pub(super) fn remove(&mut self, bell: &Arc<Notify>) {
        self.0.retain(|known| !Arc::ptr_eq(known, bell));
    }
}
