//! What a viewer gets that begins with the screen, or that has lost bytes: it is
//! told its gap, and given the screen.

use std::sync::Arc;
use std::time::Instant;

use offheap_ring::Ring;

use super::cursor::{Cursor, SCREEN};
use super::delivery::{DELIVERIES, Delivery, Latest};
use super::snapshot::Snapshot;
use super::stream::Stream;
use super::view::{Gap, Recovery};
use super::viewers::ViewerKey;
use crate::meter::{Counter, Meter};

impl Stream {
    /// Skips what a viewer has lost, and begins its snapshot where it is to get
    /// one. `false` when it has to wait for that, because many snapshots wait to be
    /// sent or were made lately: to be tried again soon.
    pub(super) fn prepare_screen(&mut self, key: ViewerKey, now: Instant) -> bool {
        let Some(cursor) = self.viewers.get_mut(key) else { return true };
        if cursor.delivery.is_none() && cursor.offset < self.ring.start() {
            skip_gap(cursor, &self.ring, &self.meter);
            cursor.wants_screen |=
                matches!(cursor.recovery, Recovery::Screen(_)) && self.mirror.is_wanted();
        }
        if !cursor.wants_screen {
            return true;
        }
        if !cursor.screens.is_left(now) {
            return false;
        }
        let lines = match cursor.recovery {
            Recovery::Screen(lines) => lines,
            Recovery::Boundary => None,
        };
        let Some(delivery) = self.deliver(lines, now) else { return false };
        let Some(cursor) = self.viewers.get_mut(key) else { return true };
        cursor.wants_screen = false;
        cursor.screens.take(SCREEN);
        if let Some(snapshot) = delivery.take(now) {
            cursor.move_to(snapshot.offset);
            cursor.replay = None;
        }
        cursor.delivery = Some((delivery, 0));
        true
    }

    /// The snapshot as it is now: the one that others are being sent, while
    /// nothing has changed since. `None` when too many wait already.
    fn deliver(&mut self, lines: Option<usize>, now: Instant) -> Option<Arc<Delivery>> {
        let end = self.ring.end();
        let same = |latest: &&Latest| latest.end == end && latest.lines == lines;
        let known = self.latest.as_ref().filter(same).and_then(|latest| latest.delivery.upgrade());
        if let Some(known) = known.filter(|known| known.take(now).is_some()) {
            return Some(known);
        }
        if !DELIVERIES.has_room(now) {
            return None;
        }
        let snapshot = DELIVERIES.make(|| self.snapshot(lines))?;
        let delivery = DELIVERIES.begin(snapshot, now);
        self.latest = Some(Latest { end, lines, delivery: Arc::downgrade(&delivery) });
        Some(delivery)
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
