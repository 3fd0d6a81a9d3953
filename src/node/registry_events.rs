//! A registry's events on their way to its listeners.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Function, JsValue, Object, Result};

use super::callback::Callback;
use super::hub::{Hub, Target};
use super::registry_types;
use crate::inbox::News;
use crate::registry::{Event, Registry};

/// The names that `on` knows.
pub(super) const NAMES: [&str; 8] = [
    "sessionCreated",
    "sessionClosed",
    "sessionExited",
    "focusChanged",
    "sessionSuspended",
    "sessionResumed",
    "limitReached",
    "drain",
];

/// The listeners of one registry.
pub(super) struct Listeners {
    pub(super) registry: Arc<Registry>,
    hub: Rc<Hub>,
    list: RefCell<Vec<(String, Rc<Callback>)>>,
    /// Whether the registry keeps the process running now.
    holds: Cell<bool>,
}

impl Listeners {
    pub(super) fn new(registry: Arc<Registry>, hub: Rc<Hub>) -> Self {
        Self { registry, hub, list: RefCell::default(), holds: Cell::new(false) }
    }

    /// A session with a live program keeps the process running.
    pub(super) fn update_hold(&self) {
        let wanted = self.registry.holds();
        if self.holds.replace(wanted) != wanted {
            if wanted { self.hub.hold() } else { self.hub.release() }
        }
    }

    pub(super) fn add(
        &self,
        env: &Env,
        event: String,
        listener: &Function<'_, (), ()>,
    ) -> Result<()> {
        let callback = Rc::new(Callback::new(env, listener)?);
        self.list.borrow_mut().push((event, callback));
        Ok(())
    }

    /// Takes away the listener that was added last, as `EventEmitter` does.
    pub(super) fn remove(&self, event: &str, listener: &Function<'_, (), ()>) {
        let mut list = self.list.borrow_mut();
        let found =
            list.iter().rposition(|(name, known)| name == event && known.is(listener.raw()));
        if let Some(at) = found {
            list.remove(at);
        }
    }

    fn of(&self, event: &str) -> Vec<Rc<Callback>> {
        let list = self.list.borrow();
        list.iter().filter(|(name, _)| name == event).map(|(_, known)| Rc::clone(known)).collect()
    }
}

impl Target for Listeners {
    fn tell(&self, env: &Env, news: News) {
        let News::Event(_, event) = news else { return };
        self.update_hold();
        let listeners = self.of(event.name());
        if listeners.is_empty() {
            return;
        }
        if let Ok(payload) = payload(env, &self.registry, &event) {
            for listener in listeners {
                listener.call(&[payload.raw()]);
            }
        }
    }

    fn shut(&self) {
        self.registry.shut();
        self.list.borrow_mut().clear();
    }
}

fn payload<'a>(env: &Env, registry: &Registry, event: &Event) -> Result<Object<'a>> {
    if let Event::Created(info) = event
        && let Some(handle) = registry.get(&info.id, info.project.as_deref())
    {
        return registry_types::info(env, &handle, info);
    }
    let mut object = Object::new(env)?;
    match event {
        Event::Created(info) => {
            name(&mut object, &info.id, info.project.as_deref())?;
        }
        Event::Closed { id, project, reason } => {
            name(&mut object, id, project.as_deref())?;
            object.set("reason", reason.name())?;
        }
        Event::Exited { id, project, status } => {
            name(&mut object, id, project.as_deref())?;
            object.set("code", status.code)?;
            object.set("signal", status.signal)?;
        }
        Event::FocusChanged { id, project, focused, all } => {
            name(&mut object, id, project.as_deref())?;
            object.set("focused", *focused)?;
            object.set("allFocused", all.clone())?;
        }
        Event::Suspended { id, project }
        | Event::Resumed { id, project }
        | Event::Drained { id, project } => name(&mut object, id, project.as_deref())?,
        Event::LimitReached { limit, project } => {
            object.set("limit", limit.name())?;
            object.set("projectId", project.as_deref())?;
        }
    }
    Ok(object)
}

fn name(object: &mut Object<'_>, id: &str, project: Option<&str>) -> Result<()> {
    object.set("id", id)?;
    object.set("projectId", project)
}
