//! One reading of all that concerns memory.

/// What is known at one moment, in bytes; `None` for what could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Resident memory of this process.
    pub rss: Option<u64>,
    /// Used bytes of the V8 heap.
    pub heap_used: Option<u64>,
    /// The most that the V8 heap may use.
    pub heap_limit: Option<u64>,
    /// Memory outside the V8 heap that its objects hold.
    pub external: Option<u64>,
    /// What the control group uses and could not give back at once.
    pub cgroup_used: Option<u64>,
    /// The control group's limit; the nearest, where groups are nested.
    pub cgroup_limit: Option<u64>,
    /// Percent of the last 10 s in which every task of the group waited for
    /// memory.
    pub cgroup_stall: Option<f64>,
    /// The machine's memory.
    pub machine_total: Option<u64>,
    /// What of it could still be had.
    pub machine_available: Option<u64>,
}

impl Usage {
    /// This reading, completed by another where it says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            rss: self.rss.or(other.rss),
            heap_used: self.heap_used.or(other.heap_used),
            heap_limit: self.heap_limit.or(other.heap_limit),
            external: self.external.or(other.external),
            cgroup_used: self.cgroup_used.or(other.cgroup_used),
            cgroup_limit: self.cgroup_limit.or(other.cgroup_limit),
            cgroup_stall: self.cgroup_stall.or(other.cgroup_stall),
            machine_total: self.machine_total.or(other.machine_total),
            machine_available: self.machine_available.or(other.machine_available),
        }
    }
}
