//! `spawn` and `Pty`: node-pty's interface, over a session that stands alone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use napi::ValueType;
use napi::bindgen_prelude::{
    Env, Function, JsValue, Object, ObjectFinalize, Result, This, Unknown,
};
use napi::sys;
use napi_derive::napi;

use super::callback::Callback;
use super::decoder::Decoder;
use super::error::{self, Class, invalid_type, throw};
use super::hub::{Hub, Target};
use super::{args, pty_options};
use crate::inbox::{News, Token};
use crate::meter::Meter;
use crate::pty::{ExitStatus, PtySize};
use crate::session::{Format, Origin, Session, Teller, ViewerKey};

/// Output kept for a listener that is behind. The terminal pauses when half of
/// it waits, so a listener loses nothing.
const HISTORY: usize = 256 * 1024;
/// Most bytes handed to a listener at a time.
const CHUNK: usize = 64 * 1024;

/// What a listener is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Data,
    Exit,
    Drain,
}

struct Listener {
    id: u64,
    kind: Kind,
    callback: Rc<Callback>,
}

/// node-pty's way of letting a program hold back its output: the user's pause
/// and resume characters go to the reading of the terminal.
struct FlowControl {
    enabled: Cell<bool>,
    pause: Vec<u8>,
    resume: Vec<u8>,
}

pub(super) struct State {
    session: Arc<Session>,
    hub: Rc<Hub>,
    token: Token,
    file: String,
    decoder: RefCell<Decoder>,
    flow: FlowControl,
    listeners: RefCell<Vec<Listener>>,
    next_id: Cell<u64>,
    viewer: Cell<Option<ViewerKey>>,
    paused: Cell<bool>,
    /// The exit, until it has been told.
    exit: Cell<Option<ExitStatus>>,
    exited: Cell<bool>,
    /// Whether the terminal keeps the process running.
    holds: Cell<bool>,
    referenced: Cell<bool>,
}

impl Target for State {
    fn tell(&self, env: &Env, news: News) {
        match news {
            News::Readable(signal) => {
                signal.delivered();
                self.pump(env);
            }
            News::Drained(_) => self.emit(env, Kind::Drain, &[]),
            News::Exited(_, status) => {
                self.exit.set(Some(status));
                self.finish(env);
            }
            News::Event(..) | News::MemoryDue(..) => {}
        }
    }

    fn shut(&self) {
        self.session.close();
        self.listeners.borrow_mut().clear();
    }
}

impl State {
    /// Hands one chunk to the listeners: all that is ready, up to 64 KiB.
    fn pump(&self, env: &Env) {
        if self.paused.get() {
            return;
        }
        if self.next_chunk(env)
            && let Some(key) = self.viewer.get()
        {
            self.session.frame_done(key);
        }
        self.finish(env);
    }

    /// `false` when nothing was there to hand out.
    fn next_chunk(&self, env: &Env) -> bool {
        let Some(key) = self.viewer.get() else { return false };
        let mut chunk = std::mem::take(&mut *self.hub.chunk.borrow_mut());
        let read = self.session.read_frame(key, &mut chunk).is_some();
        if read {
            self.emit_data(env, &chunk);
        }
        *self.hub.chunk.borrow_mut() = chunk;
        read
    }

    fn emit_data(&self, env: &Env, bytes: &[u8]) {
        let decoded = self.decoder.borrow_mut().decode(env, bytes);
        if let Ok(Some(value)) = decoded {
            self.emit(env, Kind::Data, &[value.raw()]);
        }
    }

    /// Tells the exit, if there is one and all output before it has been
    /// handed out. A paused terminal keeps both until it is resumed.
    fn finish(&self, env: &Env) {
        if self.exit.get().is_none() || self.paused.get() {
            return;
        }
        // A listener may pause or close in the middle of it.
        while self.next_chunk(env) {
            if self.paused.get() {
                return;
            }
        }
        let Some(status) = self.exit.take() else { return };
        if let Ok(Some(rest)) = self.decoder.borrow_mut().finish(env) {
            self.emit(env, Kind::Data, &[rest.raw()]);
        }
        self.exited.set(true);
        self.emit_exit(env, status);
        self.update_hold();
        self.hub.unregister(self.token);
    }

    fn emit_exit(&self, env: &Env, status: ExitStatus) {
        let listeners = self.of(Kind::Exit);
        for (style, callback) in listeners {
            let Ok(arguments) = exit_arguments(env, style, status) else { continue };
            callback.call(&arguments);
        }
    }

    fn emit(&self, _env: &Env, kind: Kind, arguments: &[sys::napi_value]) {
        for (_, callback) in self.of(kind) {
            callback.call(arguments);
        }
    }

    fn of(&self, kind: Kind) -> Vec<(u64, Rc<Callback>)> {
        let listeners = self.listeners.borrow();
        let wanted = listeners.iter().filter(|listener| listener.kind == kind);
        wanted.map(|listener| (listener.id, Rc::clone(&listener.callback))).collect()
    }

    fn add(
        &self,
        env: &Env,
        kind: Kind,
        function: &Function<'_, (), ()>,
        plain: bool,
    ) -> Result<u64> {
        let callback = Rc::new(Callback::new(env, function)?);
        let id = self.next_id.get() + 2;
        self.next_id.set(id);
        // The lowest bit says how an exit is told: to `on('exit')` as two
        // arguments, to `onExit` as one object.
        let id = id | u64::from(plain);
        self.listeners.borrow_mut().push(Listener { id, kind, callback });
        if kind == Kind::Data {
            self.start_reading();
        }
        Ok(id)
    }

    fn remove(&self, id: u64) {
        self.listeners.borrow_mut().retain(|listener| listener.id != id);
        if self.of(Kind::Data).is_empty() {
            self.stop_reading();
        }
    }

    /// From the first listener on output comes to JavaScript; until then it
    /// stays in the history, whose newest bytes the listener gets first.
    fn start_reading(&self) {
        if self.viewer.get().is_some() {
            return;
        }
        let opened = self.session.open_viewer(Origin::Start, Format::Bytes, CHUNK, self.token);
        if let Ok((key, _)) = opened {
            self.session.set_patient(key);
            self.viewer.set(Some(key));
            self.session.frame_done(key);
        }
    }

    /// With nobody listening the terminal runs free.
    fn stop_reading(&self) {
        if let Some(key) = self.viewer.take() {
            self.session.close_viewer(key);
        }
    }

    fn set_paused(&self, paused: bool) {
        if self.paused.replace(paused) == paused {
            return;
        }
        self.session.set_paused(paused);
        if paused {
            return;
        }
        if let Some(key) = self.viewer.get() {
            self.session.frame_done(key);
        }
        if let Some(status) = self.exit.get() {
            // Told at the next turn of the loop, as anything that is told.
            self.hub.inbox().push(News::Exited(self.token, status));
        }
    }

    /// A live terminal keeps the process running unless `unref()` says not to.
    fn update_hold(&self) {
        let wanted = self.referenced.get() && !self.exited.get();
        if self.holds.replace(wanted) != wanted {
            if wanted { self.hub.hold() } else { self.hub.release() }
        }
    }

    fn close(&self) {
        self.session.close();
        self.viewer.take();
    }

    fn write(&self, env: &Env, data: Unknown<'_>) -> Result<bool> {
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
fn exit_arguments(env: &Env, style: u64, status: ExitStatus) -> Result<Vec<sys::napi_value>> {
    if style & 1 == 1 {
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

/// A listener's registration, as node-pty returns it.
#[napi]
pub struct Disposable {
    state: Rc<State>,
    id: u64,
}

#[napi]
impl Disposable {
    /// Removes the listener. Idempotent.
    #[napi(catch_unwind)]
    pub fn dispose(&self) {
        self.state.remove(self.id);
    }

    /// The same as `dispose()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose_symbol(&self) {
        self.state.remove(self.id);
    }
}

/// A program on a pseudo terminal, with node-pty's interface.
///
/// Without a data listener no output comes to JavaScript. With one, each call
/// carries all that is ready, up to 64 KiB, and a listener that is slow makes
/// the terminal wait: nothing is lost. The exit is told after the last byte.
///
/// A live terminal keeps the process running, as in node-pty; `unref()` lifts
/// that.
#[napi(custom_finalize)]
pub struct Pty {
    state: Rc<State>,
}

/// Starts a program on a pseudo terminal, as node-pty's `spawn` does.
///
/// @param file - The program: a path, or a name that is looked up in the
/// child's `PATH`.
/// @param args - Its arguments; on Windows also one command line.
/// @throws The errno's name as `code` (`ENOENT`, `EACCES`, `ENOTDIR`, …) with
/// `errno`, `syscall` and `path`; `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
///
/// @example
/// ```js
/// const pty = spawn('bash', ['-l'], { name: 'xterm-256color', cols: 80, rows: 30 })
/// pty.onData((data) => process.stdout.write(data))
/// pty.onExit(({ exitCode, signal }) => console.log(exitCode, signal))
/// pty.write('ls\r')
/// ```
#[napi(catch_unwind, ts_args_type = "file: string, args?: string[] | string, options?: PtyOptions")]
pub fn spawn(
    env: Env,
    file: Unknown<'_>,
    args: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
) -> Result<Pty> {
    let file = self::args::string(&env, file, "file")?;
    let arguments = match self::args::given(args) {
        Some(list) => pty_options::arguments(&env, list, "args")?,
        None => Vec::new(),
    };
    let object = self::args::options(&env, options)?;
    let spawn_options = pty_options::common(&env, object.as_ref(), &file, arguments, "options.")?;
    let decoder = Decoder::of_options(&env, object.as_ref())?;
    let flow = flow_control(&env, object.as_ref())?;
    let hub = Hub::of(&env)?;
    let token = hub.token();
    let session = Session::new(HISTORY, None, hub.inbox(), Meter::new(Some(hub.meter())));
    session.set_owner(Arc::new(Teller { inbox: hub.inbox(), token }));
    session.spawn(&spawn_options).map_err(|failure| error::spawn(&env, &failure))?;
    let state = Rc::new(State {
        session,
        hub: Rc::clone(&hub),
        token,
        file,
        decoder: RefCell::new(decoder),
        flow,
        listeners: RefCell::default(),
        next_id: Cell::new(0),
        viewer: Cell::new(None),
        paused: Cell::new(false),
        exit: Cell::new(None),
        exited: Cell::new(false),
        holds: Cell::new(false),
        referenced: Cell::new(true),
    });
    let target: Rc<dyn Target> = Rc::<State>::clone(&state);
    // Held strongly until the exit is told: a terminal that nobody holds any
    // more runs on and tells its listeners, as node-pty's does.
    hub.register_strong(token, target);
    state.update_hold();
    Ok(Pty { state })
}

fn flow_control(env: &Env, object: Option<&Object<'_>>) -> Result<FlowControl> {
    let word = |name: &str, default: &str| -> Result<Vec<u8>> {
        let value = args::property(object, name)?;
        let value = args::string_or_none(env, value, &format!("options.{name}"))?;
        Ok(value.unwrap_or_else(|| default.to_owned()).into_bytes())
    };
    let enabled = match args::property(object, "handleFlowControl")? {
        Some(value) => args::boolean(env, value, "options.handleFlowControl")?,
        None => false,
    };
    Ok(FlowControl {
        enabled: Cell::new(enabled),
        pause: word("flowControlPause", "\x13")?,
        resume: word("flowControlResume", "\x11")?,
    })
}

#[napi]
impl Pty {
    /// The program's process id.
    #[napi(getter, catch_unwind)]
    pub fn pid(&self) -> u32 {
        self.state.session.pid()
    }

    /// Columns.
    #[napi(getter, catch_unwind)]
    pub fn cols(&self) -> u32 {
        u32::from(self.state.session.size().cols)
    }

    /// Rows.
    #[napi(getter, catch_unwind)]
    pub fn rows(&self) -> u32 {
        u32::from(self.state.session.size().rows)
    }

    /// The name of the process in the foreground; the program's own where it is
    /// not known.
    #[napi(getter, catch_unwind)]
    pub fn process(&self) -> String {
        let name = self.state.session.pty().and_then(|pty| pty.process_name());
        name.unwrap_or_else(|| self.state.file.clone())
    }

    /// Whether `write` takes the flow control words as orders to pause and
    /// resume.
    #[napi(getter, catch_unwind)]
    pub fn handle_flow_control(&self) -> bool {
        self.state.flow.enabled.get()
    }

    /// Turns flow control by words on and off.
    #[napi(setter, catch_unwind, js_name = "handleFlowControl")]
    pub fn set_handle_flow_control(&self, enabled: bool) {
        self.state.flow.enabled.set(enabled);
    }

    /// Input bytes that wait for the program to read.
    #[napi(getter, catch_unwind)]
    pub fn writable_length(&self) -> f64 {
        self.state.session.queued_input() as f64
    }

    /// Whether the terminal was closed or its exit has been told.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.state.session.is_closed() || self.state.exited.get()
    }

    /// Adds a listener for output.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (data: string) => any",
        ts_return_type = "IDisposable"
    )]
    pub fn on_data(&self, env: Env, listener: Unknown<'_>) -> Result<Disposable> {
        self.listen(&env, Kind::Data, listener)
    }

    /// Adds a listener for the exit: `{ exitCode, signal }`, `signal` being a
    /// number, 0 when no signal ended the program.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (event: { exitCode: number, signal?: number }) => any",
        ts_return_type = "IDisposable"
    )]
    pub fn on_exit(&self, env: Env, listener: Unknown<'_>) -> Result<Disposable> {
        self.listen(&env, Kind::Exit, listener)
    }

    /// Adds a listener that is called when all input that had to wait has been
    /// taken.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "listener: () => any", ts_return_type = "IDisposable")]
    pub fn on_drain(&self, env: Env, listener: Unknown<'_>) -> Result<Disposable> {
        self.listen(&env, Kind::Drain, listener)
    }

    /// Adds a listener in the style of an `EventEmitter`: `data` (the output),
    /// `exit` (code, signal) or `drain`.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
    #[napi(
        catch_unwind,
        ts_generic_types = "E extends keyof PtyEvents",
        ts_args_type = "event: E, listener: PtyEvents[E]",
        ts_return_type = "this"
    )]
    pub fn on<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        let kind = kind(&env, event)?;
        let listener = args::function(&env, listener, "listener")?;
        self.state.add(&env, kind, &listener, true)?;
        Ok(this.object)
    }

    /// Removes a listener that `on` added.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
    #[napi(
        catch_unwind,
        js_name = "removeListener",
        ts_generic_types = "E extends keyof PtyEvents",
        ts_args_type = "event: E, listener: PtyEvents[E]",
        ts_return_type = "this"
    )]
    pub fn remove_listener<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        let kind = kind(&env, event)?;
        let listener = args::function(&env, listener, "listener")?;
        let found = {
            let listeners = self.state.listeners.borrow();
            let mut known = listeners.iter().rev().filter(|known| known.kind == kind);
            known.find(|known| known.callback.is(listener.raw())).map(|known| known.id)
        };
        if let Some(id) = found {
            self.state.remove(id);
        }
        Ok(this.object)
    }

    /// Gives input to the program, in order. All of it is taken or nothing.
    ///
    /// @returns `false` when some of it has to wait (`onDrain` follows), or the
    /// program has exited (then it goes nowhere).
    /// @throws `ERR_INPUT_QUEUE_FULL` past `maxInputBytes`,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "data: string | Uint8Array")]
    pub fn write(&self, env: Env, data: Unknown<'_>) -> Result<bool> {
        self.state.write(&env, data)
    }

    /// Sets the window size. Nothing happens once the program has exited.
    ///
    /// @param cols - 1 to 65535.
    /// @param rows - 1 to 65535.
    /// @param pixelSize - The size in pixels, for programs that draw images.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(
        catch_unwind,
        ts_args_type = "cols: number, rows: number, pixelSize?: { width: number, height: number }"
    )]
    pub fn resize(
        &self,
        env: Env,
        cols: Unknown<'_>,
        rows: Unknown<'_>,
        pixel_size: Option<Unknown<'_>>,
    ) -> Result<()> {
        let mut size = PtySize::new(
            args::dimension(&env, cols, "cols")?,
            args::dimension(&env, rows, "rows")?,
        );
        if let Some(pixels) = args::given(pixel_size) {
            let pixels = args::object(&env, pixels, "pixelSize")?;
            size.pixel_width = args::pixels(&env, &pixels, "width")?;
            size.pixel_height = args::pixels(&env, &pixels, "height")?;
        }
        self.state.session.resize(size);
        Ok(())
    }

    /// Clears `ConPTY`'s own screen; does nothing elsewhere, as in node-pty.
    #[napi(catch_unwind)]
    pub fn clear(&self) {
        if let Some(pty) = self.state.session.pty() {
            pty.clear();
        }
    }

    /// Sends a signal to the program's process group and the group in the
    /// foreground. Returns at once; nothing happens once the program has exited.
    ///
    /// Without a signal the terminal hangs up: SIGHUP, and SIGKILL after
    /// `killGrace` (2 s) for what ignores it.
    ///
    /// @throws `ERR_UNKNOWN_SIGNAL`.
    #[napi(catch_unwind, ts_args_type = "signal?: string")]
    pub fn kill(&self, env: Env, signal: Option<Unknown<'_>>) -> Result<()> {
        let signal = pty_options::signal(&env, signal)?;
        if let Some(pty) = self.state.session.pty() {
            match signal {
                Some(signal) => pty.kill(signal),
                None => pty.hang_up(),
            }
        }
        Ok(())
    }

    /// Stops reading: the program waits when the terminal's buffer is full.
    #[napi(catch_unwind)]
    pub fn pause(&self) {
        self.state.set_paused(true);
    }

    /// Reads on.
    #[napi(catch_unwind)]
    pub fn resume(&self) {
        self.state.set_paused(false);
    }

    /// Lets the process exit although the program runs.
    #[napi(catch_unwind, js_name = "unref")]
    pub fn unref(&self) {
        self.state.referenced.set(false);
        self.state.update_hold();
    }

    /// Keeps the process running while the program runs: the default.
    #[napi(catch_unwind, js_name = "ref")]
    pub fn reference(&self) {
        self.state.referenced.set(true);
        self.state.update_hold();
    }

    /// Closes the terminal at once: hangs up, frees its memory, and kills after
    /// `killGrace` what is left of the process group. Output that was not read
    /// is dropped; the exit is still told. Idempotent.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.state.close();
    }

    /// node-pty's name for `close()`.
    #[napi(catch_unwind)]
    pub fn destroy(&self) {
        self.state.close();
    }

    /// The same as `close()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self) {
        self.state.close();
    }

    fn listen(&self, env: &Env, kind: Kind, listener: Unknown<'_>) -> Result<Disposable> {
        let listener = args::function(env, listener, "listener")?;
        let id = self.state.add(env, kind, &listener, false)?;
        Ok(Disposable { state: Rc::clone(&self.state), id })
    }
}

fn kind(env: &Env, event: Unknown<'_>) -> Result<Kind> {
    if event.get_type()? != ValueType::String {
        return Err(invalid_type(env, "event", "of type string"));
    }
    match args::string(env, event, "event")?.as_str() {
        "data" => Ok(Kind::Data),
        "exit" => Ok(Kind::Exit),
        "drain" => Ok(Kind::Drain),
        other => {
            let message = format!("There is no event \"{other}\"; there are data, exit and drain");
            Err(throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message))
        }
    }
}

impl ObjectFinalize for Pty {
    fn finalize(self, _env: Env) -> Result<()> {
        // The terminal lives on for its listeners; without any nobody could
        // reach it any more.
        if self.state.listeners.borrow().is_empty() && !self.state.holds.get() {
            self.state.close();
        }
        Ok(())
    }
}
