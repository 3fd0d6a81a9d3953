//! A `Pty`'s state: its listeners, and what they have been told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, Function, JsValue, Object, Result, Unknown};
use napi::sys;
use offheap_wake::Signal;

use super::callback::Callback;
use super::decoder::Decoder;
use super::hub::{Hub, Target};
use super::news::{News, Token};
use super::{args, error};
use offheap_pty::ExitStatus;
use offheap_session::session::{Format, Origin, Session, ViewerKey, ViewerOptions};

/// Output kept for a listener that is behind. The terminal pauses when half of
/// it waits, so a listener loses nothing.
pub(super) const HISTORY: usize = 256 * 1024;
/// Most bytes handed to a listener at a time.
const CHUNK: usize = 64 * 1024;

/// What a listener is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Exit,
    Drain,
}

/// How a listener was added, which decides what it gets and how often.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `onExit` and its like: one argument.
    Event,
    /// `on`: an exit is told as two arguments.
    Emitter,
    /// `once`: the same, and only the first time.
    Once,
}

#[derive(Clone)]
struct Listener {
    id: u64,
    kind: Kind,
    style: Style,
    callback: Rc<Callback>,
}

/// node-pty's way of letting a program hold back its output: the user's pause
/// and resume characters go to the reading of the terminal.
pub(super) struct FlowControl {
    pub(super) enabled: Cell<bool>,
    pub(super) pause: Vec<u8>,
    pub(super) resume: Vec<u8>,
}

pub(super) struct State {
    pub(super) session: Arc<Session>,
    pub(super) file: String,
    pub(super) flow: FlowControl,
    hub: Rc<Hub>,
    token: Token,
    decoder: RefCell<Decoder>,
    listeners: RefCell<Vec<Listener>>,
    next_id: Cell<u64>,
    viewer: RefCell<Option<(ViewerKey, Arc<Signal>)>>,
    paused: Cell<bool>,
    /// The exit, until it has been told.
    exit: Cell<Option<ExitStatus>>,
    /// The exit has been told.
    exited: Cell<bool>,
    /// No output will come any more.
    ended: Cell<bool>,
    /// Whether the terminal keeps the process running.
    holds: Cell<bool>,
    referenced: Cell<bool>,
}

impl Target for State {
    fn tell(&self, env: &Env, news: News) {
        match news {
            News::Readable => {
                if let Some((_, signal)) = &*self.viewer.borrow() {
                    signal.delivered();
                }
                self.pump(env);
            }
            News::Drained => self.emit(Kind::Drain, &[]),
            News::Ended => {
                self.ended.set(true);
                self.finish(env);
            }
            News::Exited(status) => {
                self.exit.set(Some(status));
                self.finish(env);
            }
            News::Event(..) | News::Work(_) => {}
        }
    }

    fn shut(&self) {
        self.session.close();
        self.listeners.borrow_mut().clear();
    }
}

impl State {
    /// The state of a terminal that has just been started. The hub holds it
    /// until all has been told: a terminal that nobody holds any more runs on
    /// and tells its listeners, as node-pty's does.
    pub(super) fn start(
        session: Arc<Session>,
        file: String,
        flow: FlowControl,
        decoder: Decoder,
        hub: Rc<Hub>,
        token: Token,
    ) -> Rc<Self> {
        let state = Rc::new(Self {
            session,
            file,
            flow,
            hub: Rc::clone(&hub),
            token,
            decoder: RefCell::new(decoder),
            listeners: RefCell::default(),
            next_id: Cell::new(0),
            viewer: RefCell::new(None),
            paused: Cell::new(false),
            exit: Cell::new(None),
            exited: Cell::new(false),
            ended: Cell::new(false),
            holds: Cell::new(false),
            referenced: Cell::new(true),
        });
        let target: Rc<dyn Target> = Rc::<Self>::clone(&state);
        hub.register_strong(token, target);
        state.update_hold();
        state
    }

    /// Whether the exit has been told, or the terminal was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.session.is_closed() || self.exited.get()
    }

    /// Whether nobody could notice that the terminal goes away.
    pub(super) fn is_unheard(&self) -> bool {
        self.listeners.borrow().is_empty() && !self.holds.get()
    }

    fn viewer_key(&self) -> Option<ViewerKey> {
        self.viewer.borrow().as_ref().map(|(key, _)| *key)
    }

    /// Hands one chunk to the listeners: all that is ready, up to 64 KiB.
    fn pump(&self, env: &Env) {
        if self.paused.get() {
            return;
        }
        if self.next_chunk(env)
            && let Some(key) = self.viewer_key()
        {
            self.session.frame_done(key);
        }
        self.finish(env);
    }

    /// `false` when nothing was there to hand out.
    fn next_chunk(&self, env: &Env) -> bool {
        let Some(key) = self.viewer_key() else { return false };
        let mut chunk = std::mem::take(&mut *self.hub.chunk.borrow_mut());
        chunk.resize(CHUNK, 0);
        let frame = self.session.read_frame(key, &mut chunk);
        if let Some(frame) = &frame {
            self.emit_data(env, &chunk[..frame.length]);
        }
        *self.hub.chunk.borrow_mut() = chunk;
        frame.is_some()
    }

    fn emit_data(&self, env: &Env, bytes: &[u8]) {
        let decoded = self.decoder.borrow_mut().decode(env, bytes);
        if let Ok(Some(value)) = decoded {
            self.emit(Kind::Data, &[value.raw()]);
        }
    }

    /// Tells the exit, if there is one and all output before it has been
    /// handed out, and takes leave when nothing more can come. A paused
    /// terminal keeps both until it is resumed.
    fn finish(&self, env: &Env) {
        let over = self.ended.get() && self.exited.get();
        if self.paused.get() || (self.exit.get().is_none() && !over) {
            return;
        }
        if !self.hand_out_rest(env) {
            return;
        }
        if self.ended.get() {
            self.emit_unfinished(env);
        }
        if let Some(status) = self.exit.take() {
            self.exited.set(true);
            self.emit_exit(env, status);
            self.update_hold();
        }
        if self.ended.get() {
            self.take_leave();
        }
    }

    /// Nothing more can come: lets go of the memory, and of the listeners, which
    /// may hold their terminal and would keep it for ever.
    fn take_leave(&self) {
        self.hub.unregister(self.token);
        self.session.release();
        self.listeners.take();
    }

    /// Hands out what had been printed up to now, and no more: a background
    /// process may print for ever. `false` when a listener paused meanwhile.
    fn hand_out_rest(&self, env: &Env) -> bool {
        let (_, end) = self.session.span();
        let behind = || {
            let key = self.viewer_key()?;
            self.session.position(key).filter(|position| position.offset < end)
        };
        while behind().is_some() && self.next_chunk(env) {
            if self.paused.get() {
                return false;
            }
        }
        if let Some(key) = self.viewer_key().filter(|_| !self.ended.get()) {
            self.session.frame_done(key);
        }
        true
    }

    fn emit_unfinished(&self, env: &Env) {
        let rest = self.decoder.borrow_mut().finish(env);
        if let Ok(Some(rest)) = rest {
            self.emit(Kind::Data, &[rest.raw()]);
        }
    }

    fn emit_exit(&self, env: &Env, status: ExitStatus) {
        for listener in self.take(Kind::Exit) {
            let Ok(arguments) = exit_arguments(env, listener.style, status) else { continue };
            listener.callback.call(&arguments);
        }
    }

    fn emit(&self, kind: Kind, arguments: &[sys::napi_value]) {
        for listener in self.take(kind) {
            listener.callback.call(arguments);
        }
    }

    /// The listeners to call now. Those of `once` are removed before any runs.
    fn take(&self, kind: Kind) -> Vec<Listener> {
        let mut listeners = self.listeners.borrow_mut();
        let wanted: Vec<_> =
            listeners.iter().filter(|listener| listener.kind == kind).cloned().collect();
        if wanted.iter().any(|listener| listener.style == Style::Once) {
            listeners.retain(|known| known.kind != kind || known.style != Style::Once);
        }
        wanted
    }

    pub(super) fn add(
        &self,
        env: &Env,
        kind: Kind,
        function: &Function<'_, (), ()>,
        style: Style,
    ) -> Result<u64> {
        let id = self.next_id.get() + 1;
        self.next_id.set(id);
        if self.ended.get() && self.exited.get() {
            return Ok(id);
        }
        let callback = Rc::new(Callback::new(env, function)?);
        self.listeners.borrow_mut().push(Listener { id, kind, style, callback });
        if kind == Kind::Data {
            self.start_reading();
        }
        Ok(id)
    }

    pub(super) fn remove(&self, id: u64) {
        let mut listeners = self.listeners.borrow_mut();
        listeners.retain(|listener| listener.id != id);
        let heard = listeners.iter().any(|listener| listener.kind == Kind::Data);
        drop(listeners);
        if !heard {
            self.stop_reading();
        }
    }

    /// Removes the newest registration of a function, as an `EventEmitter` does.
    pub(super) fn remove_function(&self, kind: Kind, function: sys::napi_value) {
        let found = {
            let listeners = self.listeners.borrow();
            let mut known = listeners.iter().rev().filter(|known| known.kind == kind);
            known.find(|known| known.callback.is(function)).map(|known| known.id)
        };
        if let Some(id) = found {
            self.remove(id);
        }
    }

    /// From the first listener on output comes to JavaScript; until then it
    /// stays in the history, whose newest bytes the listener gets first.
    fn start_reading(&self) {
        if self.viewer_key().is_some() {
            return;
        }
        let options =
            ViewerOptions { max_frame: CHUNK, ..ViewerOptions::new(Origin::Start, Format::Raw) };
        let opened = self.session.open_viewer(&options, Box::new(self.hub.teller(self.token)));
        if let Ok((key, signal)) = opened {
            self.session.set_patient(key);
            self.viewer.replace(Some((key, signal)));
            self.session.frame_done(key);
        }
    }

    /// With nobody listening the terminal runs free.
    fn stop_reading(&self) {
        if let Some((key, _)) = self.viewer.take() {
            self.session.close_viewer(key);
        }
    }

    pub(super) fn set_paused(&self, paused: bool) {
        if self.paused.replace(paused) == paused {
            return;
        }
        self.session.set_paused(paused);
        if paused {
            return;
        }
        if let Some(key) = self.viewer_key() {
            self.session.frame_done(key);
        }
        // What waited is told at the next turn of the loop, as anything is.
        if let Some(status) = self.exit.get() {
            self.hub.teller(self.token).tell(News::Exited(status));
        } else if self.ended.get() {
            self.hub.teller(self.token).tell(News::Ended);
        }
    }

    /// Sends a signal, or hangs up. A terminal that is paused while its program
    /// is being ended would never tell the exit, so that lifts the pause.
    pub(super) fn kill(&self, signal: Option<i32>) {
        const ENDING: [i32; 3] = [1, 9, 15]; // SIGHUP, SIGKILL, SIGTERM
        if let Some(pty) = self.session.pty() {
            match signal {
                Some(signal) => pty.kill(signal),
                None => pty.hang_up(),
            }
        }
        if signal.is_none_or(|signal| ENDING.contains(&signal)) {
            self.set_paused(false);
        }
    }

    pub(super) fn set_referenced(&self, referenced: bool) {
        self.referenced.set(referenced);
        self.update_hold();
    }

    /// A live terminal keeps the process running unless `unref()` says not to.
    fn update_hold(&self) {
        let wanted = self.referenced.get() && !self.exited.get();
        if self.holds.replace(wanted) != wanted {
            if wanted { self.hub.hold() } else { self.hub.release() }
        }
    }

    pub(super) fn close(&self) {
        self.session.close();
        self.viewer.take();
        self.set_paused(false);
    }

    pub(super) fn write(&self, env: &Env, data: Unknown<'_>) -> Result<bool> {
        let written = args::with_bytes(env, data, "data", |bytes| {
            if self.flow.enabled.get() {
                if bytes == self.flow.pause {
                    self.set_paused(true);
                    return Ok(true);
                }
                if bytes == self.flow.resume {
                    self.set_paused(false);
                    return Ok(true);
                }
            }
            self.session.write(bytes)
        })?;
        error::written(env, written)
    }
}

/// `onExit` gets `{ exitCode, signal }`, `on('exit')` gets both as arguments.
fn exit_arguments(env: &Env, style: Style, status: ExitStatus) -> Result<Vec<sys::napi_value>> {
    if style != Style::Event {
        return Ok(vec![number(env, status.code), number(env, status.signal)]);
    }
    let mut object = Object::new(env)?;
    object.set("exitCode", status.code)?;
    object.set("signal", status.signal)?;
    Ok(vec![object.raw()])
}

fn number(env: &Env, value: i32) -> sys::napi_value {
    let mut made = std::ptr::null_mut();
    // SAFETY: the call only fills the value.
    unsafe { sys::napi_create_int32(env.raw(), value, &raw mut made) };
    made
}
