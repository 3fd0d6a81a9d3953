//! A registry on its own: its clock is moved by hand and its events are kept.

mod clocks;
mod faults;
mod limits;
mod memory;
mod metrics;
mod model;
mod shells;

use std::sync::Arc;
use std::time::Duration;

use offheap_pty::Local;
use offheap_wake::Reader;
use parking_lot::Mutex;

use super::{
    Change, Clock, Event, EventListener, Handle, NewSession, Options, Reason, Refusal, Registry,
    Work,
};
use crate::meter::Meter;
use crate::session::{Format, Origin, ViewerKey, ViewerOptions};

pub(super) struct Bench {
    pub(super) registry: Arc<Registry>,
    pub(super) clock: Clock,
    pub(super) meter: Arc<Meter>,
    events: Arc<Events>,
}

/// Keeps events until somebody looks.
#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl EventListener for Events {
    fn event(&self, event: Event) {
        self.0.lock().push(event);
    }

    fn work(&self, _work: Work) {}
}

impl Bench {
    pub(super) fn new(options: Options) -> Self {
        let (clock, meter) = (Clock::manual(), Meter::new(None));
        let events = Arc::new(Events::default());
        let listener: Arc<dyn EventListener> = Arc::<Events>::clone(&events);
        let registry =
            Registry::new(options, clock.clone(), listener, Arc::new(Local), Arc::clone(&meter));
        Self { registry, clock, meter, events }
    }

    pub(super) fn create(&self, id: &str, project: Option<&str>) -> Result<Handle, Refusal> {
        let (id, project) = (Some(id.into()), project.map(Arc::from));
        let new = NewSession { project, id, ..NewSession::default() };
        self.registry.create(new, None).map(|(handle, _)| handle)
    }

    pub(super) fn make(&self, id: &str) -> Handle {
        self.create(id, None).expect("a session")
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.registry.tick();
    }

    pub(super) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.0.lock())
    }

    /// Ids and reasons of the sessions that were closed since the last look.
    pub(super) fn closed(&self) -> Vec<(String, Reason)> {
        let closed = |event| match event {
            Event::Session { subject, change: Change::Closed(reason) } => {
                Some((subject.id.to_string(), reason))
            }
            _ => None,
        };
        self.events().into_iter().filter_map(closed).collect()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.registry.get(id, None).is_ok()
    }

    pub(super) fn check(&self) {
        self.registry.step().assert_consistent();
    }
}

/// A reader that is told in vain.
struct Nobody;

impl Reader for Nobody {
    fn readable(&self) {}
}

pub(super) fn view(handle: &Handle) -> ViewerKey {
    let opened = handle
        .session
        .open_viewer(&ViewerOptions::new(Origin::Now, Format::Bytes), Box::new(Nobody));
    opened.expect("a viewer").0
}

/// No limit and no clock but those that a test names.
pub(super) fn unlimited() -> Options {
    Options {
        max_sessions: 0,
        max_per_project: 0,
        spawns_per_minute: 0,
        spawns_in_all: 0,
        inactive: Duration::ZERO,
        screen: None,
        ..Options::default()
    }
}

/// What happened to which session, of the events that are about one.
pub(super) fn changes(events: Vec<Event>) -> Vec<(String, Change)> {
    let change = |event| match event {
        Event::Session { subject, change } => Some((subject.id.to_string(), change)),
        _ => None,
    };
    events.into_iter().filter_map(change).collect()
}
