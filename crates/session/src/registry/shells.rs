//! What is told of the sessions' shells.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::core::{Registry, Step};
use super::event::Change;
use super::subject::Incarnation;

impl Registry {
    /// Tells what is new of a session's shell. What may not be told yet, since there
    /// is too much of it, is told later.
    pub(super) fn tell_shell_news(self: &Arc<Self>, key: Incarnation) {
        let later = self.step().tell_shell_news(key);
        if let Some(delay) = later {
            let registry = Arc::downgrade(self);
            offheap_pty::reactor::spawn(tell_later(registry, key, delay));
        }
    }
}

async fn tell_later(registry: Weak<Registry>, key: Incarnation, delay: Duration) {
    tokio::time::sleep(delay).await;
    if let Some(registry) = registry.upgrade() {
        registry.tell_shell_news(key);
    }
}

impl Step<'_> {
    /// Tells what may be told, in the order in which it is taken: news is taken
    /// under the registry's lock alone. Returns when there is more.
    fn tell_shell_news(&self, key: Incarnation) -> Option<Duration> {
        let entry = self.get(key)?;
        let (news, later) = entry.session().take_news();
        for news in news {
            self.tell_of(key, Change::Shell(news));
        }
        later
    }
}
