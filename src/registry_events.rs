//! A registry's events on their way to its listeners.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Function, JsValue, Object, Result};

use super::callback::Callback;
use super::hub::{Hub, Target};
use super::news::{News, Token};
use super::{args, registry_memory, registry_types};
use offheap_session::registry::{Event, Registry};

/// The names that `on` knows.
pub(super) const NAMES: [&str; 11] = [
    "sessionCreated",
    "sessionClosed",
    "sessionExited",
    "focusChanged",
    "sessionSuspended",
    "sessionResumed",
    "sessionAttached",
    "sessionDetached",
    "limitReached",
    "memoryPressure",
    "drain",
];

/// A registry as JavaScript knows it: with its listeners. It lives as long as
/// the registry's object, one of its sessions' objects, or a program that keeps
/// the process running; then the registry is closed.
pub(super) struct Listeners {
    pub(super) registry: Arc<Registry>,
    pub(super) hub: Rc<Hub>,
    token: Token,
    list: RefCell<Vec<(String, Rc<Callback>)>>,
    me: Weak<Self>,
    /// Itself, while it keeps the process running.
    held: RefCell<Option<Rc<Self>>>,
}

impl Listeners {
    pub(super) fn new(registry: Arc<Registry>, hub: Rc<Hub>, token: Token) -> Rc<Self> {
        let listeners = Rc::new_cyclic(|me| Self {
            registry,
            hub,
            token,
            list: RefCell::default(),
            me: Weak::clone(me),
            held: RefCell::default(),
        });
        let target: Rc<dyn Target> = Rc::<Self>::clone(&listeners);
        listeners.hub.register(token, &target);
        listeners
    }

    /// A session with a live program keeps the process running.
    pub(super) fn update_hold(&self) {
        let wanted = self.registry.holds();
        if wanted == self.held.borrow().is_some() {
            return;
        }
        let me = if wanted { self.me.upgrade() } else { None };
        // What held it so far is dropped when the borrow is over.
        let before = self.held.replace(me);
        if wanted {
            self.hub.hold();
        } else {
            self.hub.release();
        }
        drop(before);
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
        let event = match news {
            News::Event(event) => event,
            News::MemoryDue(usage) => return registry_memory::check_now(env, self, *usage),
            _ => return,
        };
        self.update_hold();
        if matches!(event, Event::Shut) {
            self.list.borrow_mut().clear();
        }
        let listeners = self.of(event.name());
        if listeners.is_empty() {
            return;
        }
        if let Ok(payload) = payload(env, &event) {
            for listener in listeners {
                listener.call(&[payload.raw()]);
            }
        }
    }

    fn shut(&self) {
        self.registry.shut();
        // Else it would hold itself for ever.
        self.update_hold();
        self.list.borrow_mut().clear();
    }
}

impl Drop for Listeners {
    /// A registry that nobody holds any more is closed with its sessions.
    fn drop(&mut self) {
        self.registry.shut();
        self.hub.unregister(self.token);
    }
}

fn payload<'a>(env: &Env, event: &Event) -> Result<Object<'a>> {
    match event {
        Event::Created(session) => return registry_types::info(env, &session.0, &session.1),
        Event::MemoryPressure(pressure) => return registry_memory::pressure(env, pressure),
        _ => {}
    }
    let mut object = Object::new(env)?;
    if let Some((id, project)) = event.subject() {
        object.set("id", id)?;
        args::set_some(&mut object, "projectId", project)?;
    }
    match event {
        Event::Closed { reason, .. } => object.set("reason", reason.name())?,
        Event::Exited { status, .. } => {
            object.set("code", status.code)?;
            object.set("signal", status.signal)?;
        }
        Event::FocusChanged { focused, all, .. } => {
            object.set("focused", *focused)?;
            object.set("allFocused", all.clone())?;
        }
        Event::Attached { connection, .. } | Event::Detached { connection, .. } => {
            object.set("connectionId", connection.as_str())?;
        }
        Event::LimitReached { limit, project } => {
            object.set("limit", limit.name())?;
            args::set_some(&mut object, "projectId", project.as_deref())?;
        }
        _ => {}
    }
    Ok(object)
}
