//! A keeper as a maker of terminals, which is looked for when it is first
//! needed.

use std::sync::Arc;

use offheap_pty::{KeptTerminal, Pty, Sink, SpawnError, SpawnOptions, Spawner};
use parking_lot::Mutex;

use super::{Events, Keeper, Settings};
use crate::error::KeeperError;

/// Terminals that outlive this process, made by the keeper of a directory.
#[derive(Clone)]
pub struct Custody(Arc<Inner>);

struct Inner {
    settings: Settings,
    events: Arc<dyn Events>,
    keeper: Mutex<Option<Keeper>>,
}

impl Custody {
    /// Nothing is looked for yet.
    #[must_use]
    pub fn new(settings: Settings, events: Arc<dyn Events>) -> Self {
        Self(Arc::new(Inner { settings, events, keeper: Mutex::default() }))
    }

    /// The connection, made when it is first asked for.
    ///
    /// # Errors
    /// What [`Keeper::connect_or_start`] says.
    pub fn keeper(&self, takeover: bool) -> Result<Keeper, KeeperError> {
        let mut slot = self.0.keeper.lock();
        if let Some(keeper) = &*slot {
            return Ok(keeper.clone());
        }
        let settings = Settings { takeover, ..self.0.settings.clone() };
        let keeper = Keeper::connect_or_start(settings, Arc::clone(&self.0.events))?;
        *slot = Some(keeper.clone());
        Ok(keeper)
    }

    /// Everything that the keeper has. With `takeover`, another server is asked
    /// to leave.
    ///
    /// # Errors
    /// What [`Keeper::connect_or_start`] and [`Keeper::take`] say.
    pub fn take(&self, takeover: bool) -> Result<Vec<Box<dyn KeptTerminal>>, KeeperError> {
        let found = self.keeper(takeover)?.take();
        if found.is_err() {
            // Who has not got everything is not the server of anything.
            self.leave();
        }
        Ok(found?.into_iter().map(|each| Box::new(each) as Box<dyn KeptTerminal>).collect())
    }

    /// Says that every terminal was let go of ([`Keeper::leave`]).
    pub fn leave(&self) {
        let keeper = self.0.keeper.lock().take();
        if let Some(keeper) = keeper {
            keeper.leave();
        }
    }
}

impl std::fmt::Debug for Custody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Custody")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

impl Spawner for Custody {
    /// Terminals that belong to no journal are nobody's to keep.
    fn spawn(
        &self,
        options: &SpawnOptions,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        offheap_pty::Local.spawn(options, sink)
    }

    fn for_journal(&self, name: &str) -> Option<Box<dyn Spawner>> {
        Some(Box::new(Named { custody: self.clone(), name: name.to_owned() }))
    }

    fn leave(&self) {
        Self::leave(self);
    }
}

/// Makes the terminal of one session.
struct Named {
    custody: Custody,
    name: String,
}

impl Spawner for Named {
    fn spawn(
        &self,
        options: &SpawnOptions,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        let keeper = self.custody.keeper(false);
        let spawned = keeper.and_then(|keeper| keeper.spawn(self.name.as_bytes(), options, sink));
        spawned.map_err(|error| match error {
            KeeperError::Spawn(error) => error,
            other => SpawnError {
                code: other.code(),
                errno: 0,
                syscall: "spawn",
                path: options.file.to_string_lossy().into_owned(),
                message: other.to_string(),
            },
        })
    }
}
