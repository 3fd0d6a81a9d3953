//! A `Pty`'s state: its listeners, and what they have been told.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi::bindgen_prelude::{Env, JsValue, Result, Unknown};
use napi::sys;
use offheap_wake::Signal;

use super::callback::{Callback, Reference};
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

/// What listeners are told of. The numbers are those of `pty.js`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Output.
    Data = 0,
    /// All input that had to wait has been taken.
    Drain = 1,
    /// No output will come any more.
    End = 2,
    /// The terminal is gone: after the end.
    Close = 3,
    /// The program has ended: its code and signal.
    Exit = 4,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [Self::Data, Self::Drain, Self::End, Self::Close, Self::Exit];
}

/// The listeners of one kind, in their order, and whether any was told of what
/// is told once.
#[derive(Default)]
struct Group {
    callbacks: RefCell<Rc<[Callback]>>,
    told: Cell<bool>,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.callbacks.borrow().is_empty()
    }

    /// A copy of the list: listeners may change it while they are called.
    fn callbacks(&self) -> Rc<[Callback]> {
        Rc::clone(&self.callbacks.borrow())
    }

    fn set(&self, callbacks: Vec<Callback>) -> Rc<[Callback]> {
        self.callbacks.replace(callbacks.into())
    }
}

pub(super) struct State {
    pub(super) session: Arc<Session>,
    pub(super) file: String,
    hub: Rc<Hub>,
    token: Token,
    me: Weak<Self>,
    decoder: RefCell<Decoder>,
    groups: [Group; 5],
    /// Listeners of the exit that came when others had been told of it.
    late: RefCell<Vec<Callback>>,
    /// What listeners are called on, while there are any.
    receiver: RefCell<Option<Reference>>,
    viewer: RefCell<Option<(ViewerKey, Arc<Signal>)>>,
    /// Up to where listeners of output have read, once there were any.
    read_up_to: Cell<Option<u64>>,
    paused: Cell<bool>,
    /// How the program ended, once it has.
    exit: Cell<Option<ExitStatus>>,
    /// All output before the exit has been handed out, and its listeners told.
    exited: Cell<bool>,
    /// No output will come any more.
    ended: Cell<bool>,
    /// Something waits for listeners that came late.
    reminded: Cell<bool>,
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
            News::Event(..) | News::Work(_) | News::Recorded | News::Waited(_) => {}
        }
    }

    fn shut(&self) {
        self.session.close();
        self.forget_listeners();
    }
}

impl State {
    /// The state of a terminal that has just been started. The hub holds it
    /// until all has been told: a terminal that nobody holds any more runs on
    /// and tells its listeners, as node-pty's does.
    pub(super) fn start(
        session: Arc<Session>,
        file: String,
        decoder: Decoder,
        hub: Rc<Hub>,
        token: Token,
    ) -> Rc<Self> {
        let state = Rc::new_cyclic(|me| Self {
            session,
            file,
            hub,
            token,
            me: Weak::clone(me),
            decoder: RefCell::new(decoder),
            groups: Default::default(),
            late: RefCell::default(),
            receiver: RefCell::default(),
            viewer: RefCell::new(None),
            read_up_to: Cell::new(None),
            paused: Cell::new(false),
            exit: Cell::new(None),
            exited: Cell::new(false),
            ended: Cell::new(false),
            reminded: Cell::new(false),
            holds: Cell::new(false),
            referenced: Cell::new(true),
        });
        state.register();
        state.update_hold();
        state
    }

    fn register(&self) {
        if let Some(me) = self.me.upgrade() {
            self.hub.register_strong(self.token, me);
        }
    }

    /// Whether the exit has been told, or the terminal was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.session.is_closed() || self.exited.get()
    }

    /// Whether nobody could notice that the terminal goes away.
    pub(super) fn is_unheard(&self) -> bool {
        self.groups.iter().all(Group::is_empty) && !self.holds.get()
    }

    fn viewer_key(&self) -> Option<ViewerKey> {
        self.viewer.borrow().as_ref().map(|(key, _)| *key)
    }

    fn group(&self, kind: Kind) -> &Group {
        &self.groups[kind as usize]
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
            if frame.gap.is_some() {
                // The other part of a character is gone with what lay between.
                self.decoder.borrow_mut().forget();
            }
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

    /// Tells the end and the exit, as far as they have come and all output
    /// before them has been handed out, and takes leave when nothing more can
    /// come. A paused terminal keeps both until it is resumed.
    fn finish(&self, env: &Env) {
        let has_news = self.ended.get() || self.exit.get().is_some();
        if self.paused.get() || !has_news || !self.hand_out_rest(env) {
            return;
        }
        self.reminded.set(false);
        if self.ended.get() {
            if self.viewer_key().is_some() {
                self.emit_unfinished(env);
            }
            self.tell_once(Kind::End, &[]);
            self.tell_once(Kind::Close, &[]);
        }
        if let Some(status) = self.exit.get() {
            self.exited.set(true);
            self.tell_exit(env, status);
        }
        self.update_hold();
        if self.ended.get() && self.exited.get() && !self.reminded.get() {
            self.take_leave();
        }
    }

    fn tell_once(&self, kind: Kind, arguments: &[sys::napi_value]) {
        let group = self.group(kind);
        if !group.told.get() && !group.is_empty() {
            group.told.set(true);
            self.emit(kind, arguments);
        }
    }

    fn tell_exit(&self, env: &Env, status: ExitStatus) {
        let late = self.late.take();
        let arguments = [number(env, status.code), number(env, status.signal)];
        self.tell_once(Kind::Exit, &arguments);
        self.call(&late, &arguments);
    }

    /// Nothing more can come: lets go of the listeners, which may hold their
    /// terminal and would keep it for ever, and of the output, unless it waits
    /// for a first listener.
    fn take_leave(&self) {
        self.hub.unregister(self.token);
        if !self.has_unread() {
            self.session.release();
        }
        self.forget_listeners();
    }

    fn forget_listeners(&self) {
        for group in &self.groups {
            drop(group.set(Vec::new()));
        }
        drop(self.late.take());
        drop(self.receiver.take());
        self.stop_reading();
    }

    /// Whether there is output that no listener has had.
    fn has_unread(&self) -> bool {
        let (start, end) = self.session.span();
        let read = match self.viewer_key() {
            Some(key) => self.session.position(key).map(|position| position.offset),
            None => self.read_up_to.get(),
        };
        read.unwrap_or(start) < end
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

    fn emit(&self, kind: Kind, arguments: &[sys::napi_value]) {
        self.call(&self.group(kind).callbacks(), arguments);
    }

    fn call(&self, callbacks: &[Callback], arguments: &[sys::napi_value]) {
        for callback in callbacks {
            let receiver = self.receiver.borrow().as_ref().map(Reference::value);
            callback.call_on(receiver, arguments);
        }
    }

    /// Replaces the listeners of a kind; `added` is the one that is new. What
    /// waited for them is told at the next turn of the loop, as anything is.
    pub(super) fn listen(
        &self,
        kind: Kind,
        callbacks: Vec<Callback>,
        receiver: Reference,
        added: Option<Callback>,
    ) {
        let group = self.group(kind);
        if kind == Kind::Exit && group.told.get() {
            self.late.borrow_mut().extend(added);
        }
        let heard = !callbacks.is_empty();
        drop(group.set(callbacks));
        let any = self.groups.iter().any(|group| !group.is_empty());
        drop(self.receiver.replace(any.then_some(receiver)));
        if kind == Kind::Data {
            if heard { self.start_reading() } else { self.stop_reading() }
        }
        if heard && self.waits_for(kind) {
            self.remind();
        }
    }

    /// Whether something that has happened is still to be told to listeners.
    fn waits_for(&self, kind: Kind) -> bool {
        let untold = !self.group(kind).told.get();
        match kind {
            Kind::Data => self.is_closed() && self.has_unread(),
            Kind::Drain => false,
            Kind::End | Kind::Close => self.ended.get() && untold,
            Kind::Exit => self.exited.get() && (untold || !self.late.borrow().is_empty()),
        }
    }

    /// Has [`Self::finish`] called at the next turn of the loop, which does not
    /// end before.
    fn remind(&self) {
        if self.reminded.replace(true) {
            return;
        }
        self.register();
        self.update_hold();
        self.push_news();
    }

    fn push_news(&self) {
        if let Some(status) = self.exit.get() {
            self.hub.teller(self.token).tell(News::Exited(status));
        } else if self.ended.get() {
            self.hub.teller(self.token).tell(News::Ended);
        }
    }

    /// From the first listener on output comes to JavaScript. It gets the newest
    /// that is kept; one that comes after others gets what they have not had.
    fn start_reading(&self) {
        if self.viewer_key().is_some() {
            return;
        }
        let origin = self.read_up_to.get().map_or(Origin::Start, Origin::Offset);
        let options = ViewerOptions { max_frame: CHUNK, ..ViewerOptions::new(origin, Format::Raw) };
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
            if let Some(position) = self.session.position(key) {
                self.read_up_to.set(Some(position.offset));
            }
            self.session.close_viewer(key);
        }
    }

    pub(super) fn set_encoding(&self, env: &Env, encoding: Unknown<'_>) -> Result<()> {
        self.decoder.borrow_mut().set_encoding(env, encoding)
    }

    /// `true` when that has changed.
    pub(super) fn set_paused(&self, paused: bool) -> bool {
        if self.paused.replace(paused) == paused {
            return false;
        }
        self.session.set_paused(paused);
        if !paused {
            if let Some(key) = self.viewer_key() {
                self.session.frame_done(key);
            }
            // What waited is told at the next turn of the loop, as anything is.
            self.push_news();
        }
        true
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

    /// A live terminal keeps the process running unless `unref()` says not to;
    /// so does one that has something left to tell.
    fn update_hold(&self) {
        let wanted = self.referenced.get() && (!self.exited.get() || self.reminded.get());
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
        let written = args::with_bytes(env, data, "data", |bytes| self.session.write(bytes))?;
        error::written(env, written)
    }
}

fn number(env: &Env, value: i32) -> sys::napi_value {
    let mut made = std::ptr::null_mut();
    // SAFETY: the call only fills the value.
    unsafe { sys::napi_create_int32(env.raw(), value, &raw mut made) };
    made
}
