//! Suspension: a mark for whoever sends output to clients, that it is to be kept
//! and not sent. The registry itself holds nothing back: the output is in the
//! history like any other.

use super::core::{Registry, Step};
use super::event::Change;
use super::info::{Handle, Info};
use super::subject::{Incarnation, Subject};

impl Registry {
    /// Marks a project's sessions as suspended; how many changed.
    pub fn suspend(&self, project: &str) -> usize {
        self.set_project_suspended(project, true).len()
    }

    /// Takes the mark from a project's sessions; those that had it.
    pub fn resume(&self, project: &str) -> Vec<(Handle, Info)> {
        self.set_project_suspended(project, false)
    }

    fn set_project_suspended(&self, project: &str, suspended: bool) -> Vec<(Handle, Info)> {
        let mut step = self.step();
        let mut changed = step.keys_of(project);
        changed.retain(|key| mark(&mut step, *key, suspended));
        let entries = changed.iter().filter_map(|key| step.get(*key));
        entries.map(|entry| (entry.handle(), entry.info(&self.clock))).collect()
    }

    /// Marks one session as suspended, or takes the mark from it; `true` when
    /// that changed something.
    pub fn set_suspended(&self, subject: &Subject, suspended: bool) -> bool {
        mark(&mut self.step(), subject.incarnation, suspended)
    }
}

fn mark(step: &mut Step<'_>, key: Incarnation, suspended: bool) -> bool {
    let changed = step.set_suspended(key, suspended);
    if changed {
        step.tell_of(key, if suspended { Change::Suspended } else { Change::Resumed });
    }
    changed
}
