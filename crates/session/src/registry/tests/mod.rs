//! A registry without Node: its clock is moved by hand and its events are taken
//! out of the inbox.

mod clocks;
mod limits;
mod memory;
mod metrics;
mod model;
mod retries;
mod shells;

use std::sync::Arc;
use std::time::Duration;

use super::{Clock, Event, Handle, NewSession, Options, Reason, Refusal, Registry};
use crate::inbox::{Inbox, News};
use crate::meter::Meter;
use crate::session::{Format, Origin, ViewerKey};

pub(super) struct Bench {
    pub(super) registry: Arc<Registry>,
    pub(super) clock: Clock,
    pub(super) meter: Arc<Meter>,
    inbox: Arc<Inbox>,
}

impl Bench {
    pub(super) fn new(options: Options) -> Self {
        let (clock, meter) = (Clock::manual(), Meter::new(None));
        let inbox = Inbox::new(|| ());
        let registry =
            Registry::new(options, clock.clone(), Arc::clone(&inbox), 1, Arc::clone(&meter));
        Self { registry, clock, meter, inbox }
    }

    pub(super) fn create(&self, id: &str, project: Option<&str>) -> Result<Handle, Refusal> {
        let (id, project) = (Some(id.to_owned()), project.map(str::to_owned));
        self.registry.create(NewSession { project, id, ..NewSession::default() }, None)
    }

    pub(super) fn make(&self, id: &str) -> Handle {
        self.create(id, None).expect("a session")
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.registry.tick();
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let mut news = Vec::new();
        self.inbox.drain(&mut news);
        let event = |news| if let News::Event(_, event) = news { Some(event) } else { None };
        news.into_iter().filter_map(event).collect()
    }

    /// Ids and reasons of the sessions that were closed since the last look.
    pub(super) fn closed(&self) -> Vec<(String, Reason)> {
        let closed = |event| match event {
            Event::Closed { id, reason, .. } => Some((id, reason)),
            _ => None,
        };
        self.events().into_iter().filter_map(closed).collect()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.registry.get(id, None).is_some()
    }

    pub(super) fn check(&self) {
        self.registry.state.lock().assert_consistent();
    }
}

pub(super) fn view(handle: &Handle) -> ViewerKey {
    let opened = handle.session.open_viewer(Origin::Now, Format::Bytes, 4096, 7);
    opened.expect("a viewer").0
}

/// No limit and no clock but those that a test names.
pub(super) fn unlimited() -> Options {
    Options {
        max_sessions: 0,
        max_per_project: 0,
        spawns_per_minute: 0,
        inactive: Duration::ZERO,
        screen: None,
        ..Options::default()
    }
}
