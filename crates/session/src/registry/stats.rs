//! A registry's numbers. They are counted as they change: asking costs the same
//! however many sessions there are.

use super::{Limit, Reason, Registry};
use crate::pressure::Level;

/// Numbers of a registry, at one moment.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Sessions that exist.
    pub sessions: usize,
    /// Of them, those whose program has ended.
    pub exited: usize,
    /// Of them, those whose output is held back.
    pub suspended: usize,
    /// Of them, those without a connection.
    pub detached: usize,
    /// Connections that are attached.
    pub connections: usize,
    /// Projects with sessions.
    pub projects: usize,
    /// Sessions ever created.
    pub created: u64,
    /// Sessions ever closed, by reason.
    pub closed: Vec<(Reason, u64)>,
    /// Limits ever hit.
    pub limits: Vec<(Limit, u64)>,
    /// Input bytes that wait for programs.
    pub input_queued: usize,
    /// How short memory was at the last check.
    pub memory: Level,
}

impl Registry {
    /// The registry's numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let memory = self.memory_level();
        let state = self.state.lock();
        Stats {
            sessions: state.sessions.len(),
            exited: state.sessions.len() - state.live,
            suspended: state.suspended,
            detached: state.detached.len(),
            connections: state.connections.len(),
            projects: state.populated,
            created: state.created,
            closed: Reason::ALL.iter().map(|r| (*r, state.closed[*r as usize])).collect(),
            limits: Limit::ALL.iter().map(|l| (*l, state.limits[*l as usize])).collect(),
            // Only sessions whose input was seen to wait are asked.
            input_queued: state
                .waiting
                .iter()
                .filter_map(|key| state.sessions.get(key))
                .map(|entry| entry.session.queued_input())
                .sum(),
            memory,
        }
    }
}
