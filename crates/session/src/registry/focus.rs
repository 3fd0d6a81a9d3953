//! Focus: a project has few sessions that are looked at, and the least recently
//! used one gives way.

use std::sync::Arc;

use super::{Event, Key, Limit, Registry, State};

impl Registry {
    /// Gives a session the focus of its project. Where too many have it, the
    /// least recently active one gives way. `false` for an unknown session.
    pub fn focus(&self, id: &str, project: Option<&str>) -> bool {
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        self.touch(&mut state, key);
        if state.set_focus(key, true) {
            self.yield_focus(&mut state, key);
            self.tell_focus(&state, key, true);
        }
        true
    }

    /// The winner was used last, so it is never the one that gives way.
    fn yield_focus(&self, state: &mut State, winner: Key) {
        let Some(name) = state.sessions.get(&winner).map(|entry| entry.name.0.clone()) else {
            return;
        };
        let most = self.options.max_focused;
        while most > 0
            && let Some(project) = state.projects.get(&name)
            && project.focused.len() > most
            && let Some((_, loser)) = project.focused.first().copied()
        {
            state.set_focus(loser, false);
            state.limits[Limit::Focus as usize] += 1;
            self.tell_focus(state, loser, false);
        }
    }

    /// Takes a session's focus away. `false` for an unknown session.
    pub fn blur(&self, id: &str, project: Option<&str>) -> bool {
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        if state.set_focus(key, false) {
            self.tell_focus(&state, key, false);
        }
        true
    }

    /// Ids of a project's focused sessions, least recently active first.
    #[must_use]
    pub fn focused(&self, project: &str) -> Vec<String> {
        self.state.lock().focused(&Some(Arc::from(project)))
    }

    fn tell_focus(&self, state: &State, key: Key, focused: bool) {
        let Some(entry) = state.sessions.get(&key) else { return };
        let all = state.focused(&entry.name.0);
        let (id, project) = (entry.id(), entry.project());
        self.tell(state, Event::FocusChanged { id, project, focused, all });
    }
}
