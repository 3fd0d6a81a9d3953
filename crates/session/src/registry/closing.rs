//! The end of sessions: one way out, whatever the reason.

use super::core::Registry;
use super::event::Event;
use super::index::Unfound;
use super::info::Handle;
use super::reason::Reason;
use super::subject::Incarnation;

impl Registry {
    /// Closes a session by name.
    ///
    /// # Errors
    /// [`Unfound`].
    pub fn close(&self, id: &str, project: Option<&str>) -> Result<(), Unfound> {
        let mut step = self.step();
        let key = step.find(id, project)?.key();
        step.close(key, Reason::Closed);
        Ok(())
    }

    /// Closes the session of a handle; `false` when it was closed.
    pub fn close_handle(&self, handle: &Handle) -> bool {
        self.step().close(handle.subject.incarnation, Reason::Closed)
    }

    /// Closes a project's sessions; how many there were.
    pub fn close_project(&self, project: &str) -> usize {
        let keys = self.step().keys_of(project);
        self.close_keys(&keys, Reason::Project)
    }

    /// Closes every session; how many there were.
    pub fn close_all(&self) -> usize {
        let keys = self.step().keys();
        self.close_keys(&keys, Reason::Closed)
    }

    /// Closes every session and takes no more. Idempotent; `true` when this call
    /// did it.
    pub fn shut(&self) -> bool {
        let mut step = self.step();
        let (first, keys) = (step.shut(), step.keys());
        drop(step);
        self.close_keys(&keys, Reason::Registry);
        self.finish_shut(first);
        first
    }

    pub(super) fn finish_shut(&self, first: bool) {
        if let Some(journals) = &self.journals {
            journals.unlock();
        }
        // After that, so that whoever comes next finds the directory free.
        self.spawner.leave();
        if first {
            self.step().tell(Event::Shut);
            self.timer.notify_one();
        }
    }

    /// One step for each, so that others have their turn in between.
    fn close_keys(&self, keys: &[Incarnation], reason: Reason) -> usize {
        keys.iter().filter(|key| self.step().close(**key, reason)).count()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.abandon();
    }
}
