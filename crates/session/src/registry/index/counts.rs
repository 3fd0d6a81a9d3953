//! A registry's numbers. They are counted as they change: asking costs the same
//! however many sessions there are.

use super::Index;
use crate::pressure::Level;
use crate::registry::reason::{Limit, Reason};
use crate::registry::stats::Stats;

impl Index {
    pub(in crate::registry) fn stats(&self, memory: Level) -> Stats {
        // Only sessions whose input was seen to wait are asked.
        let waiting = self.waiting.iter().filter_map(|key| self.get(*key));
        Stats {
            sessions: self.sessions.len(),
            exited: self.sessions.len() - self.live,
            suspended: self.suspended,
            detached: self.detached.len(),
            connections: self.connections.len(),
            projects: self.populated,
            created: self.created,
            closed: Reason::ALL.iter().map(|r| (*r, self.closed[*r as usize])).collect(),
            limits: Limit::ALL.iter().map(|l| (*l, self.limits[*l as usize])).collect(),
            input_queued: waiting.map(|entry| entry.session().queued_input()).sum(),
            memory,
        }
    }
}
