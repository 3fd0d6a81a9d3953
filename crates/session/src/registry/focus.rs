//! Focus: a project has few sessions that are looked at, and the least recently
//! used one gives way.

use std::sync::Arc;

use super::core::{Registry, Step};
use super::event::Change;
use super::index::Unfound;
use super::reason::Limit;
use super::subject::Incarnation;

impl Registry {
    /// Gives a session the focus of its project. Where too many have it, the
    /// least recently active one gives way.
    ///
    /// # Errors
    /// [`Unfound`].
    pub fn focus(&self, id: &str, project: Option<&str>) -> Result<(), Unfound> {
        let mut step = self.step();
        let entry = step.find(id, project)?;
        let (key, project) = (entry.key(), entry.subject().project.clone());
        self.touch(&mut step, key);
        if step.set_focus(key, true) {
            self.yield_focus(&mut step, &project);
            tell_focus(&step, key, true);
        }
        Ok(())
    }

    /// Takes the focus from the least recently active sessions of a project where
    /// too many have it. Who got it last was used last, and is never one of them.
    pub(super) fn yield_focus(&self, step: &mut Step<'_>, project: &Option<Arc<str>>) {
        while let Some(loser) = step.focus_to_yield(project, self.options.max_focused) {
            step.set_focus(loser, false);
            step.count_limit(Limit::Focus);
            tell_focus(step, loser, false);
        }
    }

    /// Takes a session's focus away.
    ///
    /// # Errors
    /// [`Unfound`].
    pub fn blur(&self, id: &str, project: Option<&str>) -> Result<(), Unfound> {
        let mut step = self.step();
        let key = step.find(id, project)?.key();
        if step.set_focus(key, false) {
            tell_focus(&step, key, false);
        }
        Ok(())
    }

    /// Ids of a project's focused sessions, least recently active first.
    #[must_use]
    pub fn focused(&self, project: &str) -> Vec<Arc<str>> {
        self.step().focused(&Some(Arc::from(project)))
    }
}

fn tell_focus(step: &Step<'_>, key: Incarnation, focused: bool) {
    let Some(entry) = step.get(key) else { return };
    let all = step.focused(&entry.subject().project);
    step.tell_of(key, Change::FocusChanged { focused, all });
}
