//! A registry's events on their way to its listeners.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, Function, JsValue, Object, Result};

use super::callback::Callback;
use super::hub::{Hub, Target};
use super::news::{News, Token};
use super::{
    memory_types, registry_journal, registry_memory, registry_types, shell_types, subject,
};
use offheap_session::registry::{Change, Event, EventName, Registry, Subject};

/// A registry as JavaScript knows it: with its listeners. It lives as long as
/// the registry's object, one of its sessions' objects, or a program that keeps
/// the process running; then the registry is closed.
pub(super) struct JsRegistry {
    pub(super) registry: Arc<Registry>,
    pub(super) hub: Rc<Hub>,
    token: Token,
    listeners: RefCell<Vec<(EventName, Rc<Callback>)>>,
    me: Weak<Self>,
    /// Itself, while it keeps the process running.
    held: RefCell<Option<Rc<Self>>>,
}

impl JsRegistry {
    pub(super) fn new(registry: Arc<Registry>, hub: Rc<Hub>, token: Token) -> Rc<Self> {
        let registry = Rc::new_cyclic(|me| Self {
            registry,
            hub,
            token,
            listeners: RefCell::default(),
            me: Weak::clone(me),
            held: RefCell::default(),
        });
        let target: Rc<dyn Target> = Rc::<Self>::clone(&registry);
        registry.hub.register(token, &target);
        registry
    }

    /// Makes a call into the registry and emits the events that it has caused;
    /// see [`Hub::call`].
    pub(super) fn call<T>(&self, env: &Env, act: impl FnOnce(&Arc<Registry>) -> T) -> T {
        let result = self.hub.call(env, self.token, || act(&self.registry));
        self.hold_after_call();
        result
    }

    /// What keeps the process running after a call that may have changed it.
    #[inline(never)]
    pub(super) fn hold_after_call(&self) {
        self.update_hold();
        // A program that was started may be over by now.
        self.hub.await_news();
    }

    /// A session with a live program keeps the process running, and so does an exit
    /// that was not told yet.
    fn update_hold(&self) {
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
            // An exit is told under the lock under which it ends a hold.
            self.hub.await_news();
            self.hub.release();
        }
        drop(before);
    }

    pub(super) fn add(
        &self,
        env: &Env,
        event: EventName,
        listener: &Function<'_, (), ()>,
    ) -> Result<()> {
        let callback = Rc::new(Callback::new(env, listener)?);
        self.listeners.borrow_mut().push((event, callback));
        Ok(())
    }

    /// Takes away the listener that was added last, as `EventEmitter` does.
    pub(super) fn remove(&self, event: EventName, listener: &Function<'_, (), ()>) {
        let mut list = self.listeners.borrow_mut();
        let found =
            list.iter().rposition(|(name, known)| *name == event && known.is(listener.raw()));
        if let Some(at) = found {
            list.remove(at);
        }
    }

    fn of(&self, event: EventName) -> Vec<Rc<Callback>> {
        let list = self.listeners.borrow();
        list.iter().filter(|(name, _)| *name == event).map(|(_, known)| Rc::clone(known)).collect()
    }
}

impl Target for JsRegistry {
    fn tell(&self, env: &Env, news: News) {
        let event = match news {
            News::Event(event, _) => event,
            News::Work(work) => return registry_memory::work(env, &self.registry, &self.hub, work),
            _ => return,
        };
        self.update_hold();
        let Some(name) = event.name() else {
            // The registry's end: nothing follows.
            return self.listeners.borrow_mut().clear();
        };
        let listeners = self.of(name);
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
        self.registry.abandon();
        // What was recorded last is on its way to its files. A disk that stands
        // still must not keep the process from ending.
        offheap_recording::flush(Duration::from_secs(1));
        // Else it would hold itself for ever.
        self.update_hold();
        self.listeners.borrow_mut().clear();
    }
}

impl Drop for JsRegistry {
    /// A registry that nobody holds any more is closed with its sessions; what
    /// has journals is left for the next process.
    fn drop(&mut self) {
        self.registry.abandon();
        self.hub.unregister(self.token);
    }
}

fn payload<'a>(env: &Env, event: &Event) -> Result<Object<'a>> {
    match event {
        Event::Session { subject, change } => session_payload(env, subject, change),
        Event::MemoryPressure(pressure) => memory_types::pressure(env, pressure),
        Event::JournalError(fault) => registry_journal::fault(env, fault),
        Event::LimitReached { limit, project } => {
            let mut object = Object::new(env)?;
            object.set("limit", limit.name())?;
            object.set("projectId", project.as_deref())?;
            Ok(object)
        }
        Event::Shut => Object::new(env),
    }
}

fn session_payload<'a>(env: &Env, subject: &Subject, change: &Change) -> Result<Object<'a>> {
    if let Change::Created(now) | Change::Updated(now) = change {
        return registry_types::info(env, &now.0, &now.1);
    }
    let mut object = Object::new(env)?;
    subject::set(&mut object, subject)?;
    match change {
        Change::Closed(reason) => object.set("reason", reason.name())?,
        Change::Exited(status) => {
            object.set("code", status.code)?;
            object.set("signal", status.signal)?;
        }
        Change::FocusChanged { focused, all } => {
            object.set("focused", *focused)?;
            let all: Vec<&str> = all.iter().map(|id| &**id).collect();
            object.set("allFocused", all)?;
        }
        Change::Attached(connection) | Change::Detached(connection) => {
            object.set("connectionId", &**connection)?;
        }
        Change::Recording(recording) => object.set("recording", *recording)?,
        Change::Restored { alive } => object.set("alive", *alive)?,
        Change::Shell(news) => shell_types::tell(env, &mut object, news)?,
        Change::Created(_)
        | Change::Updated(_)
        | Change::Suspended
        | Change::Resumed
        | Change::Drained => {}
    }
    Ok(object)
}
