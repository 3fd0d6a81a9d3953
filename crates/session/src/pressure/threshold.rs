//! Where a level begins, and which limit is nearest to it.

use super::usage::Usage;

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
    pub(super) fn fill(&self) -> f64 {
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

    /// What part of what is used of a limit is this process's own.
    pub(super) fn own_share(&self, cause: Cause) -> f64 {
        match cause {
            Cause::Heap | Cause::Process => 1.0,
            Cause::Cgroup => part(self.rss, self.cgroup_used),
            Cause::Machine => {
                let taken = self.machine_total.zip(self.machine_available);
                part(self.rss, taken.map(|(total, free)| total.saturating_sub(free)))
            }
        }
    }
}

/// What part one number is of another; all of it where one is not known.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no exact bytes")]
fn part(of: Option<u64>, whole: Option<u64>) -> f64 {
    match (of, whole) {
        (Some(of), Some(whole)) if whole > 0 => of as f64 / whole as f64,
        _ => 1.0,
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
