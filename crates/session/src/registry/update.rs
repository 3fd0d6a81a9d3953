//! What the app says of a session, and says differently later.

use super::core::Registry;
use super::event::Change;
use super::info::Update;
use super::subject::Subject;

impl Registry {
    /// Changes what the app says of a session, and tells of it when that differs
    /// from before. `false` when the session is closed.
    pub fn update(&self, subject: &Subject, update: Update) -> bool {
        let key = subject.incarnation;
        let mut step = self.step();
        if step.update(key, update)
            && let Some(entry) = step.get(key)
        {
            let now = Box::new((entry.handle(), entry.info(&self.clock)));
            step.tell_of(key, Change::Updated(now));
        }
        step.get(key).is_some()
    }
}
