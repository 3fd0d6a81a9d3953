//! What the app says of a session, and says differently later.

use super::core::Registry;
use super::event::Change;
use super::info::Update;
use super::journals::describe;
use super::refusal::Refusal;
use super::subject::Subject;

impl Registry {
    /// Changes what the app says of a session, and tells of it when that differs
    /// from before. `false` when the session is closed.
    ///
    /// # Errors
    /// [`Refusal::Journal`] when the session's journal has no room for it; then
    /// nothing has changed.
    pub fn update(&self, subject: &Subject, update: Update) -> Result<bool, Refusal> {
        let key = subject.incarnation;
        let mut step = self.step();
        if let Some(entry) = step.get(key) {
            let details = update.clone().apply(&entry.info(&self.clock).details);
            entry.session().change_identity(|identity| describe(identity, &details))?;
        }
        if step.update(key, update)
            && let Some(entry) = step.get(key)
        {
            let now = Box::new((entry.handle(), entry.info(&self.clock)));
            step.tell_of(key, Change::Updated(now));
        }
        Ok(step.get(key).is_some())
    }
}
