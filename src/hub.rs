//! What one environment (the main thread, or a worker) has of the addon: its
//! inbox, the listeners behind the inbox's tokens, and what wakes it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use napi::bindgen_prelude::{Env, Error, Result, Status};
use napi::sys;
use parking_lot::Mutex;

use super::buffer::Pool;
use super::news::{self, Inbox, News, Teller, Token};
use offheap_session::meter::Meter;

/// Something that has listeners and is told news.
pub(super) trait Target {
    fn tell(&self, env: &Env, news: News);
    /// The environment ends: whatever lives outside it must go.
    fn shut(&self);
}

/// The threadsafe functions, until the environment ends. Calls hold the lock,
/// so that none can reach a function after it is gone.
///
/// There are two, used in turn. Node goes on calling a threadsafe function that
/// is called again while it runs, up to 1000 times before the event loop gets
/// to do anything else; with listeners slower than the output, timers and
/// sockets would stand still for seconds. While one of the pair runs, wake-ups
/// go to the other, and each runs at most once a turn of the loop.
#[derive(Default)]
struct Waker {
    functions: Mutex<Option<[Handle; 2]>>,
    /// Which of the two the next wake-up calls. Outside the lock: the JS thread
    /// wakes while the call that woke it still holds it.
    next: AtomicUsize,
}

struct Handle(sys::napi_threadsafe_function);

// SAFETY: a threadsafe function may be called from any thread by design; the
// lock around it orders calls against its end.
unsafe impl Send for Handle {}

impl Waker {
    fn wake(&self) {
        if let Some(handles) = &*self.functions.lock() {
            let handle = &handles[self.next.load(Ordering::Acquire)];
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the function is alive while it stands in its slot. A
            // full queue holds a wake-up already, which is all that is needed.
            unsafe { sys::napi_call_threadsafe_function(handle.0, std::ptr::null_mut(), mode) };
        }
    }

    /// The function at `index` runs: wake-ups go to the other one.
    fn running(&self, index: usize) {
        self.next.store(1 - index, Ordering::Release);
    }
}

/// A target, and whether the hub keeps it alive.
enum Listener {
    Weak(Weak<dyn Target>),
    Strong(Rc<dyn Target>),
}

impl Listener {
    fn target(&self) -> Option<Rc<dyn Target>> {
        match self {
            Self::Weak(target) => target.upgrade(),
            Self::Strong(target) => Some(Rc::clone(target)),
        }
    }
}

pub(super) struct Hub {
    env: sys::napi_env,
    inbox: Arc<Inbox>,
    meter: Arc<Meter>,
    waker: Arc<Waker>,
    targets: RefCell<HashMap<Token, Listener>>,
    next_token: Cell<Token>,
    news: RefCell<Vec<(Token, News)>>,
    /// A call has left news to be told, which keeps the process running until it is.
    awaited: Cell<bool>,
    /// Live terminals that keep the process from exiting.
    holds: Cell<usize>,
    /// Native bytes that the garbage collector has been told of.
    reported: Cell<i64>,
    pub(super) pool: Pool,
    /// Where a terminal's output is gathered before it becomes a value.
    pub(super) chunk: RefCell<Vec<u8>>,
}

thread_local! {
    /// Usually one; more when the addon is loaded again in the same thread, as
    /// Jest does with each test file.
    static HUBS: RefCell<Vec<Rc<Hub>>> = const { RefCell::new(Vec::new()) };
}

impl Hub {
    /// The hub of the running environment; the first call makes it.
    pub(super) fn of(env: &Env) -> Result<Rc<Self>> {
        let found = HUBS.with_borrow(|hubs| hubs.iter().find(|hub| hub.env == env.raw()).cloned());
        match found {
            Some(hub) => Ok(hub),
            None => Self::open(env),
        }
    }

    fn open(env: &Env) -> Result<Rc<Self>> {
        let waker = Arc::new(Waker::default());
        let inbox = {
            let waker = Arc::clone(&waker);
            Arc::new(Inbox::new(move || waker.wake()))
        };
        let hub = Rc::new(Self {
            env: env.raw(),
            inbox,
            meter: Meter::new(None),
            waker,
            targets: RefCell::default(),
            next_token: Cell::new(1),
            news: RefCell::default(),
            awaited: Cell::new(false),
            holds: Cell::new(0),
            reported: Cell::new(0),
            pool: Pool::default(),
            chunk: RefCell::default(),
        });
        let handles = [hub.create_function(on_first_wake)?, hub.create_function(on_second_wake)?];
        *hub.waker.functions.lock() = Some(handles);
        HUBS.with_borrow_mut(|hubs| hubs.push(Rc::clone(&hub)));
        // Registered after the threadsafe functions, and so run before their
        // clean-up: hooks run in reverse order.
        // SAFETY: the argument is the environment's address, used as a name.
        let status =
            unsafe { sys::napi_add_env_cleanup_hook(env.raw(), Some(clean_up), env.raw().cast()) };
        if status != sys::Status::napi_ok {
            return Err(Error::new(Status::from(status), "no clean-up hook could be set"));
        }
        Ok(hub)
    }

    fn create_function(&self, on_wake: OnWake) -> Result<Handle> {
        let mut function = std::ptr::null_mut();
        // SAFETY: no JavaScript function is behind it; the callback finds its
        // hub by the environment, so no context pointer can dangle.
        unsafe {
            let name = super::error::text(self.env, "offheap-terminal");
            napi::check_status!(sys::napi_create_threadsafe_function(
                self.env,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                name,
                1,
                1,
                std::ptr::null_mut(),
                None,
                std::ptr::null_mut(),
                Some(on_wake),
                &raw mut function,
            ))?;
            // By itself the addon does not keep the process alive.
            napi::check_status!(sys::napi_unref_threadsafe_function(self.env, function))?;
        }
        Ok(Handle(function))
    }

    /// Whoever uses it tells the target under the token.
    pub(super) fn teller(&self, token: Token) -> Teller {
        Teller { inbox: Arc::clone(&self.inbox), token }
    }

    pub(super) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    pub(super) fn token(&self) -> Token {
        let token = self.next_token.get();
        self.next_token.set(token + 1);
        token
    }

    /// News under the token goes to the target for as long as it lives.
    pub(super) fn register(&self, token: Token, target: &Rc<dyn Target>) {
        self.targets.borrow_mut().insert(token, Listener::Weak(Rc::downgrade(target)));
    }

    /// The same, and the target lives until `unregister`.
    pub(super) fn register_strong(&self, token: Token, target: Rc<dyn Target>) {
        self.targets.borrow_mut().insert(token, Listener::Strong(target));
    }

    pub(super) fn unregister(&self, token: Token) {
        self.targets.borrow_mut().remove(&token);
    }

    /// A live terminal keeps the process running, until `release`.
    pub(super) fn hold(&self) {
        self.holds.set(self.holds.get() + 1);
        if self.holds.get() == 1 {
            self.with_function(|env, function| {
                // SAFETY: the function is alive and this is its thread.
                unsafe { sys::napi_ref_threadsafe_function(env, function) };
            });
        }
    }

    pub(super) fn release(&self) {
        self.holds.set(self.holds.get() - 1);
        if self.holds.get() == 0 {
            self.with_function(|env, function| {
                // SAFETY: the function is alive and this is its thread.
                unsafe { sys::napi_unref_threadsafe_function(env, function) };
            });
        }
    }

    fn with_function(&self, act: impl FnOnce(sys::napi_env, sys::napi_threadsafe_function)) {
        if let Some(handles) = &*self.waker.functions.lock() {
            act(self.env, handles[0].0);
        }
    }

    /// Hands out all news, to whom it concerns. Called by the wake-up.
    pub(super) fn deliver(&self, env: &Env) {
        // A listener may cause news of its own: it is told at the next turn of
        // the loop, in order.
        let Ok(mut batch) = self.news.try_borrow_mut() else { return };
        let awaited = self.awaited.take();
        self.inbox.drain(&mut batch);
        for (token, news) in batch.drain(..) {
            self.hand_out_safely(env, token, news);
        }
        drop(batch);
        if awaited {
            self.release();
        }
        self.account(env);
    }

    /// Makes a call into what is told under `token`, and emits the events that
    /// the call itself has caused before it returns. Nobody else's listeners run
    /// inside the call: other news waits for the next turn of the event loop, and
    /// so does all of it when a listener made the call.
    pub(super) fn call<T>(&self, env: &Env, token: Token, act: impl FnOnce() -> T) -> T {
        let result = news::in_call(act);
        self.emit_own(env, token);
        result
    }

    /// Apart, so that there is one of it and not one for each kind of call.
    #[inline(never)]
    fn emit_own(&self, env: &Env, token: Token) {
        if let Ok(mut batch) = self.news.try_borrow_mut() {
            self.inbox.drain(&mut batch);
            for news in news::take_own(&mut batch, token) {
                self.hand_out_safely(env, token, news);
            }
            if !batch.is_empty() {
                self.waker.wake();
            }
        }
        self.account(env);
    }

    /// News that waits to be told keeps the process running until the next wake-up:
    /// else a program that was over at once, and holds nothing up any more, would be
    /// over without a word.
    #[inline(never)]
    pub(super) fn await_news(&self) {
        let left = || self.news.try_borrow().is_ok_and(|batch| !batch.is_empty());
        if (self.inbox.is_pending() || left()) && !self.awaited.replace(true) {
            self.hold();
        }
    }

    /// News that panics must not take other news with it. The panic hook has
    /// printed it.
    fn hand_out_safely(&self, env: &Env, token: Token, news: News) {
        let told = std::panic::AssertUnwindSafe(|| self.hand_out(env, token, news));
        let _ = std::panic::catch_unwind(told);
    }

    fn hand_out(&self, env: &Env, token: Token, news: News) {
        let target = self.targets.borrow().get(&token).and_then(Listener::target);
        let Some(target) = target else { return };
        let _scope = Scope::open(self.env);
        target.tell(env, news);
        super::callback::settle(self.env);
    }

    /// Tells the garbage collector what the native side holds for it, so that
    /// forgotten objects are collected before memory runs out.
    pub(super) fn account(&self, env: &Env) {
        /// Smaller changes are not worth a call.
        const STEP: i64 = 64 * 1024;
        let held = i64::try_from(self.meter.bytes_held()).unwrap_or(i64::MAX);
        let change = held - self.reported.get();
        if change.abs() >= STEP || (held == 0 && change != 0) {
            let mut total = 0;
            // SAFETY: the environment is alive on this thread.
            unsafe { sys::napi_adjust_external_memory(env.raw(), change, &raw mut total) };
            self.reported.set(held);
        }
    }

    fn shut(&self) {
        *self.waker.functions.lock() = None;
        let targets: Vec<_> = self.targets.borrow().values().filter_map(Listener::target).collect();
        for target in targets {
            target.shut();
        }
        self.targets.borrow_mut().clear();
    }
}

/// A handle scope, which closes when it is dropped: after a panic, too.
struct Scope {
    env: sys::napi_env,
    scope: sys::napi_handle_scope,
}

impl Scope {
    fn open(env: sys::napi_env) -> Self {
        let mut scope = std::ptr::null_mut();
        // SAFETY: called on the environment's thread, while the environment lives.
        unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
        Self { env, scope }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: as at its opening; scopes are locals, so they close in order.
        unsafe { sys::napi_close_handle_scope(self.env, self.scope) };
    }
}

type OnWake = unsafe extern "C" fn(sys::napi_env, sys::napi_value, *mut c_void, *mut c_void);

unsafe extern "C" fn on_first_wake(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    on_wake(env, 0);
}

unsafe extern "C" fn on_second_wake(
    env: sys::napi_env,
    _function: sys::napi_value,
    _context: *mut c_void,
    _data: *mut c_void,
) {
    on_wake(env, 1);
}

fn on_wake(env: sys::napi_env, index: usize) {
    // A null environment means that it is being torn down.
    if env.is_null() {
        return;
    }
    let deliver = || {
        let env = Env::from_raw(env);
        if let Ok(hub) = Hub::of(&env) {
            hub.waker.running(index);
            hub.deliver(&env);
        }
    };
    // A panic must not unwind into the engine. There is no caller to tell; the
    // panic hook has printed it.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(deliver));
}

unsafe extern "C" fn clean_up(env: *mut c_void) {
    let hub = HUBS.with_borrow_mut(|hubs| {
        let at = hubs.iter().position(|hub| hub.env.cast() == env)?;
        Some(hubs.swap_remove(at))
    });
    if let Some(hub) = hub {
        let shut = std::panic::AssertUnwindSafe(|| hub.shut());
        let _ = std::panic::catch_unwind(shut);
    }
}
