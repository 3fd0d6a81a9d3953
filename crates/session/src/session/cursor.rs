//! One viewer's place in the history: an offset and what pacing needs to know.
//! It costs the same whether the viewer is current or a gigabyte behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offheap_ring::text::queries::QueryFilter;
use offheap_wake::Signal;

use super::allowance::Allowance;
use super::delivery::{Delivery, Readiness};
use super::pacing::{self, COALESCE, STALL};
use super::view::{Format, Gap, Recovery, Replay, ViewerOptions};

/// Bytes that a viewer is told of at once within one [`WINDOW`], if the one before
/// was no busier; what comes beyond travels together.
const PROMPT_BYTES: usize = 8 * 1024;
/// How often a viewer is told at once within one [`WINDOW`], beside echoes.
const PROMPT_TIMES: u32 = 4;
/// How long traffic is counted at a time. With many sessions that print without end
/// each of them prints little in a shorter one.
const WINDOW: Duration = Duration::from_millis(32);

/// What one screen takes of a viewer's allowance: four come at once, then four a second.
pub(super) const SCREEN: Duration = Duration::from_millis(250);
const SCREENS: Duration = Duration::from_secs(1);

/// What a cursor is told of output.
pub(super) struct Arrival {
    /// The offset behind it.
    pub(super) end: u64,
    /// Bytes that are new.
    pub(super) added: usize,
    /// It is likely the echo of input.
    pub(super) echo: bool,
    /// Unread bytes that do not wait for more, since the history is short.
    pub(super) most_waiting: usize,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Cursor {
    pub(super) offset: u64,
    pub(super) missed: u64,
    /// Lost bytes that the reader has not been told of yet.
    pub(super) gap: Option<Gap>,
    pub(super) format: Format,
    pub(super) max_frame: usize,
    pub(super) replay: Option<(Replay, u64)>,
    /// What follows a sequence that is longer than a frame.
    pub(super) filter: Option<Box<QueryFilter>>,
    /// What the reader gets where bytes are lost to it.
    pub(super) recovery: Recovery,
    /// The reader is to get the screen before anything else.
    pub(super) wants_screen: bool,
    /// The screen on its way, and how much of it has been sent.
    pub(super) delivery: Option<(Arc<Delivery>, usize)>,
    /// How many screens it may get in a time.
    pub(super) screens: Allowance,
    pub(super) signal: Arc<Signal>,
    /// The reader has everything that may be sent: all bytes, or all but an
    /// unfinished character or escape sequence.
    pub(super) caught_up: bool,
    /// When the reader last took something, or last had nothing to take.
    pub(super) active: Instant,
    /// The terminal waits for this viewer however slow it is.
    pub(super) patient: bool,
    stall_counted: bool,
    traffic: Traffic,
}

impl Cursor {
    pub(super) fn new(
        offset: u64,
        options: &ViewerOptions,
        signal: Arc<Signal>,
        now: Instant,
    ) -> Self {
        Self {
            offset,
            missed: 0,
            gap: None,
            format: options.format,
            max_frame: options.max_frame,
            replay: None,
            filter: None,
            recovery: options.recovery,
            wants_screen: false,
            delivery: None,
            screens: Allowance::new(SCREENS),
            signal,
            caught_up: false,
            active: now,
            patient: false,
            stall_counted: false,
            traffic: Traffic::new(now),
        }
    }

    /// Whether the reader is to get the screen, or is being sent it.
    pub(super) fn is_screen_due(&self) -> bool {
        self.wants_screen || self.delivery.is_some()
    }

    /// Moves to where the output does not follow what was read last.
    pub(super) fn move_to(&mut self, offset: u64) {
        self.offset = offset;
        self.filter = None;
    }

    /// Whether the terminal waits for this viewer. One that has not even been
    /// told yet, since its thread is busy, has had no chance to take anything.
    pub(super) fn is_live(&self, now: Instant) -> bool {
        self.patient
            || self.caught_up
            || self.signal.is_undelivered()
            || now.saturating_duration_since(self.active) < STALL
    }

    /// `true` once for each time the viewer stalls.
    pub(super) fn newly_stalled(&mut self, now: Instant) -> bool {
        let stalled = !self.is_live(now);
        let newly = stalled && !self.stall_counted;
        self.stall_counted = stalled;
        newly
    }

    /// When this viewer, if it takes nothing more, stops being waited for, or is
    /// to be looked at again.
    pub(super) fn stalls_at(&self, now: Instant) -> Instant {
        (self.active + STALL).max(now + COALESCE)
    }

    /// New output has come. Tells the reader at once when the traffic is light
    /// or enough waits, and otherwise lets it travel with what follows.
    pub(super) fn output(&mut self, arrival: &Arrival, now: Instant) {
        if self.caught_up {
            self.caught_up = false;
            self.active = now;
        }
        self.traffic.count(arrival.added, now);
        if !self.signal.is_waiting() {
            return;
        }
        let waiting = usize::try_from(arrival.end - self.offset).unwrap_or(usize::MAX);
        let enough = self.max_frame.min(arrival.most_waiting);
        if arrival.echo || self.traffic.is_light() || waiting >= enough {
            self.traffic.told += u32::from(!arrival.echo);
            self.signal.raise();
        } else {
            pacing::defer(&self.signal);
        }
    }

    /// The reader has to come again for its screen.
    pub(super) fn wait_for_screen(&mut self, readiness: Readiness, now: Instant) {
        self.taken(now);
        self.signal.arm();
        match readiness {
            Readiness::Later => pacing::defer(&self.signal),
            Readiness::Ready | Readiness::Soon => self.signal.raise(),
        }
    }

    /// The reader took a frame and there may be more.
    pub(super) fn taken(&mut self, now: Instant) {
        self.active = now;
    }
}

/// How much has come lately, in windows of [`WINDOW`].
#[derive(Debug)]
struct Traffic {
    window: Instant,
    bytes: usize,
    /// How many pieces they came in.
    pieces: u32,
    /// How often the viewer was told at once, beside echoes.
    told: u32,
    /// The window before this one carried more than is told of at once.
    busy: bool,
}

impl Traffic {
    fn new(now: Instant) -> Self {
        Self {
            window: now.checked_sub(WINDOW).unwrap_or(now),
            bytes: 0,
            pieces: 0,
            told: 0,
            busy: false,
        }
    }

    /// Counts output into its window, and opens the next window in time. One
    /// that comes late follows a quiet time.
    fn count(&mut self, added: usize, now: Instant) {
        let age = now.saturating_duration_since(self.window);
        if age >= WINDOW {
            let went_on = self.busy && self.pieces >= PROMPT_TIMES;
            let busy = age < 2 * WINDOW && (went_on || !self.has_room());
            *self = Self { window: now, bytes: 0, pieces: 0, told: 0, busy };
        }
        self.bytes += added;
        self.pieces += u32::from(added > 0);
    }

    /// Whether this window has not carried all that is told of at once.
    fn has_room(&self) -> bool {
        self.bytes <= PROMPT_BYTES && self.told < PROMPT_TIMES
    }

    fn is_light(&self) -> bool {
        !self.busy && self.has_room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each piece of so many bytes, so many milliseconds before the next one,
    /// is told at once.
    fn told(pieces: &[(usize, u64)]) -> Vec<bool> {
        let mut now = Instant::now();
        let mut traffic = Traffic::new(now);
        let mut told = Vec::new();
        for &(bytes, millis) in pieces {
            traffic.count(bytes, now);
            let is_told = traffic.is_light();
            traffic.told += u32::from(is_told);
            told.push(is_told);
            now += Duration::from_millis(millis);
        }
        told
    }

    #[test]
    fn little_is_told_at_once_unless_there_was_much_just_before() {
        let pieces = [(100, 36), (9000, 36), (100, 36), (100, 80), (9000, 120), (100, 36)];
        // More than is told of at once waits, and so does what follows closely.
        assert_eq!(told(&pieces), [true, false, false, true, false, true]);
    }

    #[test]
    fn what_comes_in_many_pieces_is_told_together_however_little_it_is() {
        let many = told(&[(50, 5); 40]);
        assert_eq!(many[..5], [true, true, true, true, false]);
        assert!(many[5..].iter().all(|is_told| !is_told), "it never ends, so it waits: {many:?}");
        assert!(told(&[(50, 12); 40]).iter().all(|&is_told| is_told));
    }
}
