//! Connections: which sessions they use, and what happens when they go.

use std::time::Duration;

use super::core::Registry;
use super::event::Change;
use super::index::Unfound;

impl Registry {
    /// Notes that a connection uses a session.
    ///
    /// # Errors
    /// [`Unfound`].
    pub fn attach(&self, id: &str, project: Option<&str>, connection: &str) -> Result<(), Unfound> {
        let mut step = self.step();
        let key = step.find(id, project)?.key();
        let new = step.attach(key, connection);
        self.touch(&mut step, key);
        if let Some(connection) = new {
            step.tell_of(key, Change::Attached(connection));
        }
        Ok(())
    }

    /// Notes that a connection is gone. Sessions that nobody uses any more live
    /// for `keep_alive` from now on, or from the end of their last viewer on;
    /// without it until the inactivity time-out. How many it had.
    pub fn detach(&self, connection: &str, keep_alive: Option<Duration>) -> usize {
        let mut step = self.step();
        let Some((connection, keys)) = step.detach(connection) else { return 0 };
        for key in &keys {
            self.touch(&mut step, *key);
            if step.promise(*key, keep_alive) {
                self.reschedule(&mut step, *key);
            }
            step.tell_of(*key, Change::Detached(connection.clone()));
        }
        keys.len()
    }
}
