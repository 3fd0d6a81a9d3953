//! `Session`: the handle of one session of a registry.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Env, JsValue, Object, Result, This, Unknown};
use napi::sys;
use napi_derive::napi;

use super::error::{self, closed};
use super::recording::{self, Recording};
use super::registry_events::JsRegistry;
use super::viewer::{self, Viewer};
use super::{args, buffer, fast, pty_options, recording_options, registry_types};
use offheap_ring::{MAX_CAPACITY, Span};
use offheap_session::registry::{Handle, Info, Registry};

/// What the object and its raw `append` share.
struct Shared {
    handle: Handle,
    js: Rc<JsRegistry>,
    fast: Cell<bool>,
}

impl Shared {
    fn registry(&self) -> &Arc<Registry> {
        &self.js.registry
    }
}

/// A session of a registry: its history, its viewers and, if it was created
/// with `pty`, its shell. The object is a handle: all data stays outside the
/// V8 heap, and the session lives in its registry until it is closed. Methods
/// change it; an assignment to a property, or to one that it does not have, throws
/// `ERR_READ_ONLY_PROPERTY`.
#[napi]
pub struct Session {
    shared: Rc<Shared>,
    /// What was known last, for after the close.
    last: RefCell<Info>,
}

pub(super) fn make(js: &Rc<JsRegistry>, handle: Handle, info: Info) -> Session {
    let shared = Shared { handle, js: Rc::clone(js), fast: Cell::new(false) };
    Session { shared: Rc::new(shared), last: RefCell::new(info) }
}

impl Session {
    fn info(&self) -> Info {
        let now = self.shared.registry().info(&self.shared.handle.subject);
        if let Some(info) = now {
            self.last.replace(info);
        }
        self.last.borrow().clone()
    }

    pub(super) fn core(&self) -> &Arc<offheap_session::session::Session> {
        &self.shared.handle.session
    }

    pub(super) fn open_core(&self, env: &Env) -> Result<&Arc<offheap_session::session::Session>> {
        let session = self.core();
        if session.is_closed() { Err(closed(env, "session")) } else { Ok(session) }
    }
}

#[napi]
impl Session {
    /// For nobody: sessions are made by their registry.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(error::illegal_constructor(&env, "Session", "SessionRegistry.create()"))
    }

    /// The session's id, unique within its project.
    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> &str {
        &self.shared.handle.subject.id
    }

    /// The project it belongs to.
    #[napi(getter, catch_unwind)]
    pub fn project_id(&self) -> Option<&str> {
        self.shared.handle.subject.project.as_deref()
    }

    /// Counts up with each session that the registry creates: tells this one from
    /// an earlier or a later one of the same id.
    #[napi(getter, catch_unwind)]
    pub fn incarnation(&self) -> f64 {
        self.shared.handle.subject.incarnation as f64
    }

    /// The owner's user id.
    #[napi(getter, catch_unwind)]
    pub fn user_id(&self) -> Option<String> {
        self.info().details.user.as_deref().map(str::to_owned)
    }

    /// An application-defined kind.
    #[napi(getter, catch_unwind)]
    pub fn mode(&self) -> Option<String> {
        self.info().details.mode.as_deref().map(str::to_owned)
    }

    /// The working directory, as the app names it.
    #[napi(getter, catch_unwind)]
    pub fn cwd(&self) -> Option<String> {
        self.info().details.cwd.as_deref().map(str::to_owned)
    }

    /// A copy of the app's own data; `null` without any. To change it, call
    /// `update()`: what is done to the copy changes nothing.
    #[napi(getter, catch_unwind, ts_return_type = "any")]
    pub fn metadata(&self, env: Env) -> Result<Unknown<'static>> {
        registry_types::parse(&env, self.info().details.metadata.as_deref())
    }

    /// `active`, `suspended`, `exited`, `closed`, or `lost`: restored, while nobody
    /// knows how its shell ended.
    #[napi(getter, catch_unwind, ts_return_type = "SessionStatus")]
    pub fn status(&self) -> &'static str {
        if self.core().is_closed() { "closed" } else { registry_types::status(&self.info()) }
    }

    /// Whether it is marked as focused; without a project it always is.
    #[napi(getter, catch_unwind)]
    pub fn focused(&self) -> bool {
        self.info().focused
    }

    /// Whether it is marked as suspended; see `setSuspended()`.
    #[napi(getter, catch_unwind)]
    pub fn suspended(&self) -> bool {
        self.info().suspended
    }

    /// Connections attached to it.
    #[napi(getter, catch_unwind)]
    pub fn connections(&self) -> f64 {
        self.info().connections as f64
    }

    /// Viewers open on it.
    #[napi(getter, catch_unwind)]
    pub fn viewers(&self) -> f64 {
        self.core().viewers() as f64
    }

    /// When it was created, in ms since the epoch.
    #[napi(getter, catch_unwind)]
    pub fn created_at(&self) -> f64 {
        self.last.borrow().created_ms as f64
    }

    /// When it was last used (input, a connection, focus), in ms since the
    /// epoch.
    #[napi(getter, catch_unwind)]
    pub fn last_active_at(&self) -> f64 {
        self.info().active_ms as f64
    }

    /// The shell's process id; `null` for a session without one.
    #[napi(getter, catch_unwind)]
    pub fn pid(&self) -> Option<u32> {
        Some(self.core().pid()).filter(|pid| *pid != 0)
    }

    /// The name of the process in the terminal's foreground; `null` where it is
    /// not known.
    #[napi(getter, catch_unwind)]
    pub fn process(&self) -> Option<String> {
        let name = self.core().pty()?.process_name()?;
        Some(offheap_pty::short_name(&name).to_owned())
    }

    /// Columns of the terminal.
    #[napi(getter, catch_unwind)]
    pub fn cols(&self) -> u32 {
        u32::from(self.core().size().cols)
    }

    /// Rows of the terminal.
    #[napi(getter, catch_unwind)]
    pub fn rows(&self) -> u32 {
        u32::from(self.core().size().rows)
    }

    /// Offset of the oldest byte kept.
    #[napi(getter, catch_unwind)]
    pub fn start(&self) -> f64 {
        self.core().span().0 as f64
    }

    /// Offset past the newest byte: how many bytes were ever printed.
    #[napi(getter, catch_unwind)]
    pub fn end(&self) -> f64 {
        self.core().span().1 as f64
    }

    /// How the shell ended; `null` while it runs.
    #[napi(getter, catch_unwind, ts_return_type = "{ code: number, signal: number } | null")]
    pub fn exit(&self, env: Env) -> Result<Unknown<'static>> {
        registry_types::exit(&env, self.core().exit_status())
    }

    /// Input bytes that wait for the shell to read.
    #[napi(getter, catch_unwind)]
    pub fn writable_length(&self) -> f64 {
        self.core().queued_input() as f64
    }

    /// Whether the session has been closed.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.core().is_closed()
    }

    /// Starts a shell on a session that was created without one, or was restored
    /// without one. It is counted for `rateKey`, by default the session's project.
    ///
    /// @throws `ERR_SESSION_STARTED` when it has, or had, one; `ERR_SPAWN_RATE`,
    /// for a restored session also `ERR_SESSION_LIMIT` and `ERR_PROJECT_LIMIT`;
    /// `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`; the errno's
    /// name with `errno`, `syscall` and `path`. When it fails nothing has
    /// changed.
    #[napi(catch_unwind, ts_args_type = "pty: SessionPtyOptions & { rateKey?: string | null }")]
    pub fn spawn(&self, env: Env, pty: Unknown<'_>) -> Result<()> {
        self.open_core(&env)?;
        let details = self.info().details;
        let max_input = self.shared.registry().options().max_input;
        let (options, integration) =
            pty_options::of_session(&env, pty, details.cwd.as_deref(), max_input)?;
        let object = args::object(&env, pty, "options.pty")?;
        let rate_key = args::property(Some(&object), "rateKey")?;
        let rate_key = args::string_or_none(&env, rate_key, "options.pty.rateKey")?;
        let rate_key: Option<Arc<str>> = rate_key.map(Arc::from);
        let handle = &self.shared.handle;
        let start = |registry: &Arc<Registry>| {
            registry.start(handle, &options, integration, rate_key.as_ref())
        };
        let started = self.shared.js.call(&env, start);
        started.map_err(|refusal| error::refusal(&env, &refusal))
    }

    /// Changes what the app says of the session; the registry's `sessionUpdated`
    /// follows when that differs from before. What is `undefined` stays as it is,
    /// `null` takes a value away. A new `cwd` is for a later `spawn()`.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for metadata that
    /// JSON cannot represent, `ERR_JOURNAL_TOO_LARGE`, `ERR_CLOSED`. When it fails nothing has changed.
    #[napi(catch_unwind, ts_args_type = "changes: SessionUpdate")]
    pub fn update(&self, env: Env, changes: Unknown<'_>) -> Result<()> {
        let changes = args::object(&env, changes, "changes")?;
        let changes = registry_types::update(&env, &changes)?;
        let subject = &self.shared.handle.subject;
        let known = self.shared.js.call(&env, |registry| registry.update(subject, changes));
        // Remembered for after the close.
        self.info();
        let known = known.map_err(|refusal| error::refusal(&env, &refusal))?;
        if known { Ok(()) } else { Err(closed(&env, "session")) }
    }

    /// Notes that the session is in use: the inactivity time-out starts again.
    #[napi(catch_unwind)]
    pub fn touch(&self) {
        self.shared.registry().touch_session(&self.shared.handle.subject);
    }

    /// Gives input to the shell, in order. All of it is taken or nothing.
    ///
    /// @returns `false` when some of it has to wait, or the shell has exited
    /// (then it goes nowhere); the `drain` event of the registry follows when
    /// all that waited has been taken.
    /// @throws `ERR_INPUT_QUEUE_FULL` past `maxInputBytes`,
    /// `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "data: string | Uint8Array")]
    pub fn write(&self, env: Env, data: Unknown<'_>) -> Result<bool> {
        let session = self.open_core(&env)?;
        let written = args::with_bytes(&env, data, "data", |bytes| session.write(bytes))?;
        error::written(&env, written)
    }

    /// Adds output from elsewhere, for apps that run their own node-pty.
    ///
    /// @returns The new `end`.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "data: string | Uint8Array")]
    pub fn append(&self, env: Env, this: This<'_, Object<'_>>, data: Unknown<'_>) -> Result<f64> {
        if !self.shared.fast.replace(true) {
            fast::install(&env, &this.object, c"append", Rc::clone(&self.shared), raw_append);
        }
        append(&env, &self.shared, data.raw())
    }

    /// Sets the terminal's size. Nothing changes when it throws.
    ///
    /// @param cols - 1 to 65535.
    /// @param rows - 1 to 65535; `cols * rows` is 16777216 (4096×4096) at most.
    /// @param pixelSize - The size of all of it in pixels, which programs may ask
    /// for; 0, the default, is unknown.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "cols: number, rows: number, pixelSize?: { width?: number, height?: number } | null"
    )]
    pub fn resize(
        &self,
        env: Env,
        cols: Unknown<'_>,
        rows: Unknown<'_>,
        pixel_size: Option<Unknown<'_>>,
    ) -> Result<()> {
        let size = args::terminal_size(&env, cols, rows, pixel_size)?;
        self.open_core(&env)?.resize(size);
        self.shared.registry().touch_session(&self.shared.handle.subject);
        Ok(())
    }

    /// Sends a signal to the shell's process group and the foreground group.
    /// Nothing happens once the shell has exited.
    ///
    /// @param signal - A name such as `'SIGTERM'` or a number. Default: hang up
    /// (SIGHUP), and kill after `killGrace` (2 s) what ignores it.
    /// @throws `ERR_UNKNOWN_SIGNAL`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`,
    /// `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "signal?: string | number | null")]
    pub fn kill(&self, env: Env, signal: Option<Unknown<'_>>) -> Result<()> {
        let signal = pty_options::signal(&env, signal)?;
        if let Some(pty) = self.open_core(&env)?.pty() {
            match signal {
                Some(signal) => pty.kill(signal),
                None => pty.hang_up(),
            }
        }
        Ok(())
    }

    /// A copy of the newest output, from a safe boundary on.
    ///
    /// @param maxBytes - Most bytes to return. Default: all that is kept.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "maxBytes?: number | null", ts_return_type = "Buffer")]
    pub fn history(&self, env: Env, max_bytes: Option<Unknown<'_>>) -> Result<Unknown<'static>> {
        let max = args::size_or(&env, max_bytes, "maxBytes", (0, MAX_CAPACITY), MAX_CAPACITY)?;
        buffer::copy(&env, &self.open_core(&env)?.tail(max))
    }

    /// A copy of the output from an offset on, as `CircularBuffer.readFrom`.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "offset: number, maxBytes?: number | null",
        ts_return_type = "{ data: Buffer, start: number, end: number, missed: number }"
    )]
    pub fn read_from(
        &self,
        env: Env,
        offset: Unknown<'_>,
        max_bytes: Option<Unknown<'_>>,
    ) -> Result<Object<'static>> {
        let offset = args::integer(&env, offset, "offset", 0, args::MAX_SAFE)?;
        let max = args::size_or(&env, max_bytes, "maxBytes", (0, MAX_CAPACITY), MAX_CAPACITY)?;
        let read = self.open_core(&env)?.read_from(offset, max);
        let span = Span { start: read.start, head: &read.bytes, tail: &[] };
        buffer::stretch(&env, span, read.missed)
    }

    /// Records the session from now on, beginning with the screen as it is. The
    /// files are made by this call; everything else is written by a thread of its
    /// own, which no shell and no caller waits for.
    ///
    /// @param options - Default: the registry's `recording`.
    /// @throws `ERR_RECORDING_EXISTS`, `ERR_RECORDING_NAME`, `ERR_CLOSED`,
    /// `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; the
    /// errno's name (`EACCES`, `ENOSPC`, …). Then there are no files.
    #[napi(catch_unwind, ts_args_type = "options?: RecordingOptions | null")]
    pub fn record(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Recording> {
        self.open_core(&env)?;
        let registry = self.shared.registry();
        let options =
            recording_options::of_call(&env, options, registry.options().recording.as_ref())?;
        let begun = registry.record(&self.shared.handle, options);
        begun.map(recording::make).map_err(|error| error::recording(&env, &error))
    }

    /// Whether the session is being recorded.
    #[napi(getter, catch_unwind)]
    pub fn recording(&self) -> bool {
        self.core().is_recorded()
    }

    /// The recordings of this session, oldest first: all that are being written,
    /// and up to 16 that have ended.
    #[napi(getter, catch_unwind, ts_return_type = "Recording[]")]
    pub fn recordings(&self) -> Vec<Recording> {
        self.core().recordings().into_iter().map(recording::make).collect()
    }

    /// Opens a viewer.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "options?: ViewerOptions | null")]
    pub fn open_viewer(&self, env: Env, options: Option<Unknown<'_>>) -> Result<Viewer> {
        viewer::open(&env, self.core(), options)
    }

    /// Everything that is known of the session now.
    #[napi(js_name = "info", catch_unwind, ts_return_type = "SessionInfo")]
    pub fn info_object(&self, env: Env) -> Result<Object<'static>> {
        registry_types::info(&env, &self.shared.handle, &self.info())
    }

    /// Marks the session as suspended, or takes the mark away. The server module
    /// obeys it: it sends no output to the session's clients until it is resumed.
    /// The shell, the history and viewers go on.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "suspended: boolean")]
    pub fn set_suspended(&self, env: Env, suspended: Unknown<'_>) -> Result<()> {
        let suspended = args::boolean(&env, suspended, "suspended")?;
        let subject = &self.shared.handle.subject;
        self.shared.js.call(&env, |registry| registry.set_suspended(subject, suspended));
        Ok(())
    }

    /// Lets the process exit although the session's shell runs.
    #[napi(catch_unwind, js_name = "unref")]
    pub fn unref(&self) {
        self.shared.registry().set_hold(&self.shared.handle, false);
        self.shared.js.hold_after_call();
    }

    /// Keeps the process running while the session's shell runs: the default.
    #[napi(catch_unwind, js_name = "ref")]
    pub fn reference(&self) {
        self.shared.registry().set_hold(&self.shared.handle, true);
        self.shared.js.hold_after_call();
    }

    /// Closes the session: when this returns it is in no index any more, its
    /// memory is free, its viewers are closed and its process group has been
    /// hung up on (and is killed after `killGrace`, 2 s, if it ignores that).
    /// Idempotent.
    #[napi(catch_unwind)]
    pub fn close(&self, env: Env) {
        self.shared.js.call(&env, |registry| registry.close_handle(&self.shared.handle));
    }

    /// The same as `close()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self, env: Env) {
        self.close(env);
    }
}

/// `append` on the raw path.
fn raw_append(
    env: &Env,
    shared: &Shared,
    data: sys::napi_value,
    _: Option<sys::napi_value>,
) -> Result<f64> {
    append(env, shared, data)
}

fn append(env: &Env, shared: &Shared, data: sys::napi_value) -> Result<f64> {
    let session = &shared.handle.session;
    // SAFETY: environment and value are those of the running call.
    let end = if let Some(bytes) = unsafe { args::Bytes::of(env.raw(), data) } {
        // SAFETY: no JavaScript runs before the copy.
        unsafe { bytes.with(usize::MAX, |bytes| session.append(bytes)) }
    } else {
        // SAFETY: the value is this call's argument.
        let value = unsafe { Unknown::from_raw_unchecked(env.raw(), data) };
        args::with_bytes(env, value, "data", |bytes| session.append(bytes))?
    };
    end.map(|end| end as f64).map_err(|_| closed(env, "session"))
}
