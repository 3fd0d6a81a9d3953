//! What a registry's numbers are.

use super::reason::{Limit, Reason};
use crate::pressure::Level;

/// Numbers of a registry, at one moment.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Sessions that exist.
    pub sessions: usize,
    /// Of them, those whose program has ended.
    pub exited: usize,
    /// Of them, those that are marked as suspended.
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
