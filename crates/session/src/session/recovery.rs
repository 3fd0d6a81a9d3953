//! What a viewer gets that begins with the screen, or that has lost bytes: it is
//! told its gap, and given the screen.

use std::sync::Arc;
use std::time::Instant;

use offheap_ring::Ring;

use super::cursor::{Cursor, SCREEN};
use super::delivery::{Delivery, Latest, Readiness};
use super::snapshot::Snapshot;
use super::stream::Stream;
use super::view::{Gap, Recovery};
use super::viewers::ViewerKey;
use crate::meter::{Counter, Meter};

impl Stream {
    /// Skips what a viewer has lost, and makes a piece of its snapshot where it is to
    /// get one. The viewer has to wait while that is not complete, and longer where
    /// many snapshots wait to be sent or were made lately.
    pub(super) fn prepare_screen(&mut self, key: ViewerKey, now: Instant) -> Readiness {
        let Some(cursor) = self.viewers.get_mut(key) else { return Readiness::Ready };
        if cursor.delivery.is_none() && cursor.offset < self.ring.start() {
            skip_gap(cursor, &self.ring, &self.meter);
            cursor.wants_screen |=
                matches!(cursor.recovery, Recovery::Screen(_)) && self.mirror.is_wanted();
        }
        if cursor.wants_screen && !self.begin_screen(key, now) {
            return Readiness::Later;
        }
        let cursor = self.viewers.get(key);
        let delivery = cursor.and_then(|cursor| cursor.delivery.as_ref());
        delivery.map_or(Readiness::Ready, |(delivery, _)| self.deliveries.go_on(delivery, now))
    }

    /// Begins the snapshot that a viewer is to get; `false` when it has to wait for that.
    fn begin_screen(&mut self, key: ViewerKey, now: Instant) -> bool {
        let Some(cursor) = self.viewers.get_mut(key) else { return false };
        if !cursor.screens.is_left(now) {
            return false;
        }
        let lines = match cursor.recovery {
            Recovery::Screen(lines) => lines,
            Recovery::Boundary => None,
        };
        let Some(delivery) = self.deliver(lines, now) else { return false };
        let Some(cursor) = self.viewers.get_mut(key) else { return false };
        cursor.wants_screen = false;
        cursor.screens.take(SCREEN);
        cursor.move_to(delivery.offset);
        cursor.replay = None;
        cursor.delivery = Some((delivery, 0));
        true
    }

    /// The snapshot as it is now: the one that others are being sent, while nothing
    /// has changed since, or the one that is being made for them. `None` when too many
    /// wait already.
    fn deliver(&mut self, lines: Option<usize>, now: Instant) -> Option<Arc<Delivery>> {
        if let Some(known) = self.known(lines) {
            return Some(known);
        }
        if !self.deliveries.has_room(now) {
            return None;
        }
        let (end, deliveries) = (self.ring.end(), self.deliveries);
        let delivery = deliveries.begin(|| self.mirror().begin_snapshot(lines, end), now)?;
        self.latest = Some(Latest { end, lines, delivery: Arc::downgrade(&delivery) });
        Some(delivery)
    }

    /// The last snapshot, if it is the one that would be made now. One that is still
    /// being made is as good, as long as all that was printed since is kept.
    fn known(&self, lines: Option<usize>) -> Option<Arc<Delivery>> {
        let latest = self.latest.as_ref().filter(|latest| latest.lines == lines)?;
        let delivery = latest.delivery.upgrade()?;
        let is_now = latest.end == self.ring.end();
        let is_near = delivery.is_being_made() && delivery.offset >= self.ring.start();
        (delivery.is_kept() && (is_now || is_near)).then_some(delivery)
    }

    /// The screen has another size, or is another terminal's: a snapshot that is still
    /// being made shows what it was before, and is begun anew.
    pub(super) fn forget_snapshots(&mut self) {
        self.latest = None;
        for cursor in self.viewers.iter_mut() {
            if cursor.delivery.take_if(|(delivery, _)| delivery.is_being_made()).is_some() {
                cursor.wants_screen = true;
            }
        }
    }

    /// The screen and the offset at which the output goes on; `None` without a
    /// screen. A character whose last bytes have not come yet is left to the
    /// output that follows.
    pub(super) fn snapshot(&mut self, lines: Option<usize>) -> Option<Snapshot> {
        let end = self.ring.end();
        let (mut data, open, (cols, rows)) = self.mirror().snapshot(lines)?;
        data.truncate(data.len() - open);
        Some(Snapshot { data, offset: end - open as u64, cols, rows })
    }
}

/// Moves a cursor that the history has overtaken to the oldest safe boundary,
/// and remembers what was lost until the reader has been told.
fn skip_gap(cursor: &mut Cursor, ring: &Ring, meter: &Meter) {
    let from = cursor.gap.map_or(cursor.offset, |gap| gap.from);
    let to = ring.safe_start(ring.start());
    let lost = to - cursor.offset;
    cursor.gap = Some(Gap { from, to });
    cursor.missed += lost;
    cursor.move_to(to);
    meter.count(Counter::Gaps, 1);
    meter.count(Counter::BytesMissed, lost);
}
