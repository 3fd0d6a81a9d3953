//! From a reading to a level, without flapping.

use super::options::Options;
use super::threshold::Bound;
use super::usage::Usage;

/// A level that has been reached is left when usage is this far below the
/// threshold, so that a value that trembles around it does not flap.
const LEAVE: f64 = 0.95;
/// Usage this far along the way to a warning is looked at more often.
const NEAR: f64 = 0.9;
/// A group whose every task waits for memory this much of the time, in percent,
/// is short of it whatever its numbers say.
const STALLED: f64 = 10.0;
/// Below this part of what is used of a limit, the pressure is somebody else's:
/// what this process could give back would make no difference.
const SMALL: f64 = 0.25;

/// How short memory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// There is enough.
    #[default]
    Normal,
    /// It is short.
    Warning,
    /// It is about to run out.
    Critical,
}

impl Level {
    /// Every level, from the least to the most serious.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Warning, Self::Critical];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The level now.
    pub level: Level,
    /// The level before.
    pub previous: Level,
    /// What is nearest to the threshold of the level, or of a warning.
    pub bound: Option<Bound>,
    /// A warning is not far, or given: look again soon.
    pub near: bool,
    /// The pressure is not this process's own: its part of what is used is small.
    pub is_foreign: bool,
    /// Bytes that are left before a warning, as far as that is known.
    pub headroom: Option<u64>,
}

/// Keeps the level from one check to the next.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    level: Level,
}

impl Monitor {
    /// The level of the last check.
    #[must_use]
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// Judges a reading.
    pub(crate) fn judge(&mut self, options: &Options, usage: &Usage) -> Judgement {
        let warning = options.warning.nearest(usage);
        let critical = options.critical.nearest(usage);
        let fill = |bound: Option<Bound>| bound.map_or(0.0, |bound| bound.fill());
        let reached = |bound, level| fill(bound) >= if self.level >= level { LEAVE } else { 1.0 };
        let stalled = usage.cgroup_stall.is_some_and(|percent| percent >= STALLED);
        let level = if reached(critical, Level::Critical) {
            Level::Critical
        } else if reached(warning, Level::Warning) || stalled {
            Level::Warning
        } else {
            Level::Normal
        };
        let previous = std::mem::replace(&mut self.level, level);
        let bound = if level == Level::Critical { critical } else { warning };
        let near = stalled || fill(warning) >= NEAR;
        let is_foreign = bound.is_some_and(|bound| usage.own_share(bound.cause) < SMALL);
        let headroom = warning.map(|bound| bound.left());
        Judgement { level, previous, bound, near, is_foreign, headroom }
    }
}
