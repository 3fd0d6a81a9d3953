//! From a reading to a level, without flapping.

use super::options::Options;
use super::usage::Usage;

/// A level that has been reached is left when usage is this far below the
/// threshold, so that a value that trembles around it does not flap.
const RELEASE: f64 = 0.95;
/// Usage this far along the way to a warning is looked at more often.
const NEAR: f64 = 0.9;
/// A group whose every task waits for memory this much of the time, in percent,
/// is short of it whatever its numbers say.
const STALLED: f64 = 10.0;

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

/// Where a level begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// At this share of any limit that applies.
    Share(f64),
    /// At this many bytes of this process, resident or in the V8 heap.
    Bytes(u64),
}

/// Which limit is nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The V8 heap's.
    Heap,
    /// The control group's.
    Cgroup,
    /// The machine's.
    Machine,
    /// A number of bytes from the options.
    Process,
}

impl Cause {
    /// The name that listeners see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Cgroup => "cgroup",
            Self::Machine => "machine",
            Self::Process => "process",
        }
    }
}

/// A limit and what is used of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Whose limit it is.
    pub cause: Cause,
    /// Bytes used of it.
    pub used: u64,
    /// The limit in bytes.
    pub limit: u64,
}

impl Bound {
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no exact bytes")]
    fn fill(&self) -> f64 {
        if self.limit == 0 { 1.0 } else { self.used as f64 / self.limit as f64 }
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    fn times(self, share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a size is a size"
        )]
        Self { limit: (self.limit as f64 * share) as u64, ..self }
    }
}

impl Usage {
    /// The limits that apply. The machine's is what this process has and could
    /// still get: what others use is not ours to give back.
    fn bounds(&self) -> impl Iterator<Item = Bound> {
        let bound = |cause, used: Option<u64>, limit: Option<u64>| {
            Some(Bound { cause, used: used?, limit: limit? })
        };
        let reachable = self.rss.zip(self.machine_available).map(|(rss, free)| rss + free);
        [
            bound(Cause::Heap, self.heap_used, self.heap_limit),
            bound(Cause::Cgroup, self.cgroup_used, self.cgroup_limit),
            bound(Cause::Machine, self.rss, reachable),
        ]
        .into_iter()
        .flatten()
    }
}

impl Threshold {
    /// The bound that is nearest to this threshold, its limit being where the
    /// threshold lies.
    #[must_use]
    pub fn nearest(self, usage: &Usage) -> Option<Bound> {
        match self {
            Self::Share(share) => usage
                .bounds()
                .map(|bound| bound.times(share))
                .max_by(|a, b| a.fill().total_cmp(&b.fill())),
            Self::Bytes(limit) => {
                let used = usage.rss.max(usage.heap_used)?;
                Some(Bound { cause: Cause::Process, used, limit })
            }
        }
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The level now.
    pub level: Level,
    /// The level before.
    pub previous: Level,
    /// What is nearest to the threshold of the level, or of a warning.
    pub bound: Option<Bound>,
    /// A warning is not far, or given: look again soon.
    pub near: bool,
    /// Bytes that are left before a warning, as far as that is known.
    pub headroom: Option<u64>,
}

/// Keeps the level from one check to the next.
#[derive(Debug, Default)]
pub struct Monitor {
    level: Level,
}

impl Monitor {
    /// The level of the last check.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Judges a reading.
    pub fn judge(&mut self, options: &Options, usage: &Usage) -> Verdict {
        let warning = options.warning.nearest(usage);
        let critical = options.critical.nearest(usage);
        let fill = |bound: Option<Bound>| bound.map_or(0.0, |bound| bound.fill());
        let reached = |bound, level| fill(bound) >= if self.level >= level { RELEASE } else { 1.0 };
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
        Verdict { level, previous, bound, near, headroom: warning.map(|bound| bound.left()) }
    }
}
