//! What the watch over memory keeps from one check to the next.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::pressure::{Judgement, Level, Monitor, Options, Usage};

/// A level that is near is looked at this much more often.
const HASTE: u32 = 10;

#[derive(Default)]
pub(super) struct Watch(Mutex<Course>);

#[derive(Default)]
struct Course {
    monitor: Monitor,
    usage: Usage,
    last: Option<Instant>,
    next: Option<Instant>,
    /// A check has been asked for and has not come to its end.
    under_way: bool,
    /// Checks in a row that found memory critical.
    critical: u32,
    collected: Option<Instant>,
}

/// Whether a check is due.
pub(super) enum Due {
    Now,
    At(Instant),
    Never,
}

impl Watch {
    /// How short memory was at the last check.
    pub(super) fn level(&self) -> Level {
        self.0.lock().monitor.level()
    }

    /// The last reading.
    pub(super) fn usage(&self) -> Usage {
        self.0.lock().usage
    }

    /// Whether a check is due, which is then under way until it is
    /// [over](Self::over). `alarmed` says that histories have grown much.
    pub(super) fn due(&self, interval: Duration, now: Instant, alarmed: bool) -> Due {
        let mut course = self.0.lock();
        let hasty = course.last.map_or(now, |last| last + interval / HASTE);
        let next = course.next.unwrap_or(hasty);
        let next = if alarmed { next.min(hasty) } else { next };
        if next > now {
            course.next = Some(next);
            return Due::At(next);
        }
        course.next = Some(now + interval);
        if std::mem::replace(&mut course.under_way, true) {
            Due::At(now + interval)
        } else {
            Due::Now
        }
    }

    /// Nothing is to be watched.
    pub(super) fn rest(&self) -> Due {
        self.0.lock().next = None;
        Due::Never
    }

    pub(super) fn judge(&self, options: &Options, usage: Usage) -> Judgement {
        let mut course = self.0.lock();
        course.usage = usage;
        course.monitor.judge(options, &usage)
    }

    /// Whether the check before found memory critical, too.
    pub(super) fn is_lasting(&self) -> bool {
        self.0.lock().critical > 0
    }

    /// Whether garbage may be collected: that stops the world, so it is not done
    /// more often than `pause`.
    pub(super) fn may_collect(&self, now: Instant, pause: Duration) -> bool {
        let recent = |at: Instant| now.saturating_duration_since(at) < pause;
        !self.0.lock().collected.is_some_and(recent)
    }

    pub(super) fn collected(&self, now: Instant) {
        self.0.lock().collected = Some(now);
    }

    /// A check is over that found this.
    pub(super) fn note(&self, interval: Duration, judgement: &Judgement, now: Instant) {
        let mut course = self.0.lock();
        let critical = judgement.level == Level::Critical;
        course.critical = if critical { course.critical.saturating_add(1) } else { 0 };
        course.last = Some(now);
        if !interval.is_zero() {
            let wait = if judgement.near { interval / HASTE } else { interval };
            course.next = Some(now + wait);
        }
    }

    /// The check that was due has come to its end, whatever that was.
    pub(super) fn over(&self) {
        self.0.lock().under_way = false;
    }
}
