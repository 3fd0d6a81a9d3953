//! Suspension: a mark that output is kept and not sent. The output itself is in
//! the history like any other and is stored nowhere else.

use super::{Event, Handle, Info, Key, Registry, State};

impl Registry {
    /// Holds back the output of a project's sessions; how many changed.
    pub fn suspend(&self, project: &str) -> usize {
        self.set_project(project, true).len()
    }

    /// Lets the output of a project's sessions go again; those that are
    /// released.
    pub fn resume(&self, project: &str) -> Vec<(Handle, Info)> {
        self.set_project(project, false)
    }

    fn set_project(&self, project: &str, suspended: bool) -> Vec<(Handle, Info)> {
        let mut state = self.state.lock();
        let mut changed = Vec::new();
        for key in state.keys_of(project) {
            if self.set_one(&mut state, key, suspended) {
                changed.extend(state.sessions.get(&key).map(|entry| self.describe(entry)));
            }
        }
        changed
    }

    /// Holds back, or lets go, the output of one session.
    pub fn set_session_suspended(&self, handle: &Handle, suspended: bool) -> bool {
        self.set_one(&mut self.state.lock(), handle.key, suspended)
    }

    fn set_one(&self, state: &mut State, key: Key, suspended: bool) -> bool {
        let changed = state.set_suspended(key, suspended);
        if changed && let Some(entry) = state.sessions.get(&key) {
            let (id, project) = (entry.id(), entry.project());
            let event = if suspended {
                Event::Suspended { id, project }
            } else {
                Event::Resumed { id, project }
            };
            self.tell(state, event);
        }
        changed
    }
}
