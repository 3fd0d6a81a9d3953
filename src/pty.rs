//! `spawn` and `Pty`: node-pty's interface, over a session that stands alone.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::ValueType;
use napi::bindgen_prelude::{
    Env, Function, JsValue, Object, ObjectFinalize, Result, This, Unknown,
};
use napi_derive::napi;

use super::decoder::Decoder;
use super::error::{self, Class, illegal_constructor, invalid_type, throw};
use super::hub::Hub;
use super::pty_state::{FlowControl, HISTORY, Kind, State, Style};
use super::{args, pty_options};
use offheap_pty::{Local, PtySize};
use offheap_session::meter::Meter;
use offheap_session::session::Session;

/// node-pty's default program.
const DEFAULT_FILE: &str = if cfg!(windows) { "cmd.exe" } else { "sh" };

/// A listener's registration, as node-pty returns it.
#[napi]
pub struct Disposable {
    state: Rc<State>,
    id: u64,
}

#[napi]
impl Disposable {
    /// For nobody: registrations come from the events of a `Pty`.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(illegal_constructor(&env, "Disposable", "Pty.onData() and the other events"))
    }

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

/// How long a program that prints more than half of what is kept waits for the
/// first listener, before it runs free.
const FIRST_LISTENER: Duration = Duration::from_secs(1);

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
    file: Option<Unknown<'_>>,
    args: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
) -> Result<Pty> {
    let file = match self::args::given(file) {
        Some(file) => self::args::string(&env, file, "file")?,
        None => String::new(),
    };
    let file = if file.is_empty() { DEFAULT_FILE.to_owned() } else { file };
    let arguments = match self::args::given(args) {
        Some(list) => pty_options::arguments(&env, list, "args")?,
        None => Vec::new(),
    };
    let object = self::args::options(&env, options)?;
    let spawn_options =
        pty_options::common(&env, object.as_ref(), &file, arguments, "options.", None)?;
    let decoder = Decoder::of_options(&env, object.as_ref())?;
    let flow = flow_control(&env, object.as_ref())?;
    let hub = Hub::of(&env)?;
    let token = hub.token();
    let session = Session::new(HISTORY, None, Meter::new(Some(hub.meter())));
    session.set_owner(Arc::new(hub.teller(token)));
    // The listener is added after this returns, and the program may print much
    // before that: a busy machine runs it first.
    session.expect_viewer(FIRST_LISTENER);
    session.spawn(&Local, &spawn_options).map_err(|failure| error::spawn(&env, &failure))?;
    Ok(Pty { state: State::start(session, file, flow, decoder, hub, token) })
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
    /// For nobody: terminals are started.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(illegal_constructor(&env, "Pty", "spawn()"))
    }

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
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(setter, catch_unwind, js_name = "handleFlowControl", ts_args_type = "enabled: boolean")]
    pub fn set_handle_flow_control(&self, env: Env, enabled: Unknown<'_>) -> Result<()> {
        self.state.flow.enabled.set(args::boolean(&env, enabled, "handleFlowControl")?);
        Ok(())
    }

    /// Input bytes that wait for the program to read.
    #[napi(getter, catch_unwind)]
    pub fn writable_length(&self) -> f64 {
        self.state.session.queued_input() as f64
    }

    /// Whether the terminal was closed or its exit has been told.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.state.is_closed()
    }

    /// Adds a listener for output. A function that may be called by itself.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(getter, catch_unwind, ts_return_type = "IEvent<string>")]
    pub fn on_data<'a>(&self, env: &'a Env) -> Result<Event<'a>> {
        self.event(env, Kind::Data)
    }

    /// Adds a listener for the exit: `{ exitCode, signal }`, `signal` being a
    /// number, 0 when no signal ended the program.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(getter, catch_unwind, ts_return_type = "IEvent<{ exitCode: number, signal?: number }>")]
    pub fn on_exit<'a>(&self, env: &'a Env) -> Result<Event<'a>> {
        self.event(env, Kind::Exit)
    }

    /// Adds a listener that is called when all input that had to wait has been
    /// taken.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(getter, catch_unwind, ts_return_type = "IEvent<void>")]
    pub fn on_drain<'a>(&self, env: &'a Env) -> Result<Event<'a>> {
        self.event(env, Kind::Drain)
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
        self.state.add(&env, kind, &listener, Style::Emitter)?;
        Ok(this.object)
    }

    /// The same as `on`, for the first time alone.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
    #[napi(
        catch_unwind,
        ts_generic_types = "E extends keyof PtyEvents",
        ts_args_type = "event: E, listener: PtyEvents[E]",
        ts_return_type = "this"
    )]
    pub fn once<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        let kind = kind(&env, event)?;
        let listener = args::function(&env, listener, "listener")?;
        self.state.add(&env, kind, &listener, Style::Once)?;
        Ok(this.object)
    }

    /// The same as `removeListener`.
    ///
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
    #[napi(
        catch_unwind,
        ts_generic_types = "E extends keyof PtyEvents",
        ts_args_type = "event: E, listener: PtyEvents[E]",
        ts_return_type = "this"
    )]
    pub fn off<'a>(
        &self,
        env: Env,
        this: This<'a, Object<'a>>,
        event: Unknown<'_>,
        listener: Unknown<'_>,
    ) -> Result<Object<'a>> {
        self.remove_listener(env, this, event, listener)
    }

    /// Removes a listener that `on` or `once` added.
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
        self.state.remove_function(kind, listener.raw());
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

    /// Does nothing: only `ConPTY` keeps a screen of its own, and it offers no
    /// way to clear it but in a library that node-pty brings along.
    #[napi(catch_unwind)]
    pub fn clear(&self) {}

    /// Sends a signal to the program's process group and the group in the
    /// foreground. Returns at once; nothing happens once the program has exited.
    ///
    /// Without a signal the terminal hangs up: SIGHUP, and SIGKILL after
    /// `killGrace` (2 s) for what ignores it. A terminal that is paused is
    /// resumed by that, and by SIGHUP, SIGTERM and SIGKILL: its exit comes after
    /// its last output.
    ///
    /// @param signal - A name such as `'SIGTERM'` or a number.
    /// @throws `ERR_UNKNOWN_SIGNAL`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(catch_unwind, ts_args_type = "signal?: string | number")]
    pub fn kill(&self, env: Env, signal: Option<Unknown<'_>>) -> Result<()> {
        self.state.kill(pty_options::signal(&env, signal)?);
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
        self.state.set_referenced(false);
    }

    /// Keeps the process running while the program runs: the default.
    #[napi(catch_unwind, js_name = "ref")]
    pub fn reference(&self) {
        self.state.set_referenced(true);
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

    /// As in node-pty the function is bound to its terminal: it may be handed
    /// on as an event of its own.
    fn event<'a>(&self, env: &'a Env, kind: Kind) -> Result<Event<'a>> {
        let state = Rc::clone(&self.state);
        env.create_function_from_closure("event", move |call| {
            if call.length() == 0 {
                return Err(invalid_type(call.env, "listener", "of type function"));
            }
            let listener = call.get::<Unknown<'_>>(0)?;
            let listener = args::function(call.env, listener, "listener")?;
            let id = state.add(call.env, kind, &listener, Style::Event)?;
            Ok(Disposable { state: Rc::clone(&state), id })
        })
    }
}

/// node-pty's `IEvent`.
type Event<'a> = Function<'a, (), Disposable>;

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
        if self.state.is_unheard() {
            self.state.close();
        }
        Ok(())
    }
}
