//! Which sessions of a project have its focus.

use std::sync::Arc;

use super::Index;
use crate::registry::subject::Incarnation;

impl Index {
    /// Ids of a project's focused sessions, least recently active first.
    pub(in crate::registry) fn focused(&self, project: &Option<Arc<str>>) -> Vec<Arc<str>> {
        let Some(project) = self.projects.get(project) else { return Vec::new() };
        let entries = project.focused.iter().filter_map(|(_, key)| self.sessions.get(key));
        entries.map(|entry| Arc::clone(&entry.subject.id)).collect()
    }

    /// Whether one more session of a project may have the focus, of which `most`
    /// have it.
    pub(in crate::registry) fn has_focus_left(
        &self,
        project: &Option<Arc<str>>,
        most: usize,
    ) -> bool {
        let focused = self.projects.get(project).map_or(0, |project| project.focused.len());
        most == 0 || focused < most
    }

    /// The focused session that gives way where a project has more than `most`.
    pub(in crate::registry) fn focus_to_yield(
        &self,
        project: &Option<Arc<str>>,
        most: usize,
    ) -> Option<Incarnation> {
        let focused = &self.projects.get(project)?.focused;
        focused.first().filter(|_| most > 0 && focused.len() > most).map(|(_, key)| *key)
    }

    /// `true` when it changed. Without a project a session always has focus.
    pub(in crate::registry) fn set_focus(&mut self, key: Incarnation, focused: bool) -> bool {
        let Some(entry) = self.sessions.get_mut(&key) else { return false };
        if entry.focused == focused || entry.subject.project.is_none() {
            return false;
        }
        entry.focused = focused;
        let place = entry.place();
        if let Some(project) = self.projects.get_mut(&entry.subject.project) {
            if focused {
                project.focused.insert(place);
            } else {
                project.focused.remove(&place);
            }
        }
        true
    }
}
