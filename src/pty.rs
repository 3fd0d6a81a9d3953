//! `Pty`: a program on a pseudo terminal, as `pty.js` needs it. node-pty's
//! interface is made there, over a session that stands alone.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Array, Env, JsValue, ObjectFinalize, Result, Unknown};
use napi_derive::napi;

use super::callback::{Callback, Reference};
use super::decoder::Decoder;
use super::error::{self, out_of_range};
use super::hub::Hub;
use super::pty_state::{HISTORY, Kind, State};
use super::{args, pty_options};
use offheap_pty::Local;
use offheap_session::meter::Meter;
use offheap_session::session::Session;

/// node-pty's default program.
const DEFAULT_FILE: &str = if cfg!(windows) { "cmd.exe" } else { "sh" };

/// How long a program that prints more than half of what is kept waits for the
/// first listener, before it runs free.
const FIRST_LISTENER: Duration = Duration::from_secs(1);

/// A program on a pseudo terminal: node-pty's terminal, and more. It is an
/// `EventEmitter` of `data` (the output), `exit` (code, signal), `drain`, `end`
/// (no output will come any more), `close` (after it), `pause` and `resume`.
///
/// Without a data listener no output comes to JavaScript; the newest 256 KiB
/// wait for the first one. With one, each call carries all that is ready, up to
/// 64 KiB, and a listener that is slow makes the terminal wait: nothing is lost.
/// A listener that comes after others gets what they have not had. The exit is
/// told after the last byte, also to a listener that comes after it.
///
/// A live terminal keeps the process running, as in node-pty; `unref()` lifts
/// that.
#[napi(custom_finalize)]
pub struct Pty {
    state: Rc<State>,
}

#[napi]
impl Pty {
    /// Starts a program, as `spawn()` does.
    ///
    /// @param file - The program: a path, or a name that is looked up in the
    /// child's `PATH`. Default `sh`, on Windows `cmd.exe`.
    /// @param args - Its arguments; on Windows also one command line.
    /// @throws The errno's name as `code` (`ENOENT`, `EACCES`, `ENOTDIR`, …) with
    /// `errno`, `syscall` and `path`; `ERR_INVALID_ARG_TYPE`,
    /// `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`, `ERR_UNKNOWN_ENCODING`.
    #[napi(
        constructor,
        catch_unwind,
        ts_args_type = "file?: string | null, args?: string[] | string | null, options?: PtyOptions | null"
    )]
    pub fn new(
        env: Env,
        file: Option<Unknown<'_>>,
        args: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Result<Self> {
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
        let hub = Hub::of(&env)?;
        let token = hub.token();
        let session = Session::new(HISTORY, None, Meter::new(Some(hub.meter())));
        session.set_owner(Arc::new(hub.teller(token)));
        // The listener is added after this returns, and the program may print
        // much before that: a busy machine runs it first.
        session.expect_viewer(FIRST_LISTENER);
        session.spawn(&Local, &spawn_options).map_err(|failure| error::spawn(&env, &failure))?;
        Ok(Self { state: State::start(session, file, decoder, hub, token) })
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

    /// The path of the program's side; empty on Windows.
    #[napi(getter, catch_unwind, skip_typescript)]
    pub fn tty_name(&self) -> String {
        self.state.session.tty_name().unwrap_or_default().to_owned()
    }

    /// The number of the master's descriptor; -1 once it is gone.
    #[napi(getter, catch_unwind, skip_typescript)]
    pub fn descriptor(&self) -> i32 {
        self.state.session.pty().and_then(|pty| pty.descriptor()).unwrap_or(-1)
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

    /// Replaces the listeners of a kind. `receiver` is what they are called on;
    /// `added` is the one of them that is new, if one is.
    #[napi(catch_unwind, skip_typescript)]
    pub fn listen(
        &self,
        env: Env,
        kind: Unknown<'_>,
        listeners: Array<'_>,
        receiver: Unknown<'_>,
        added: Option<Unknown<'_>>,
    ) -> Result<()> {
        let kind = kind_of(&env, kind)?;
        let mut callbacks = Vec::with_capacity(listeners.len() as usize);
        for index in 0..listeners.len() {
            if let Some(listener) = listeners.get::<Unknown<'_>>(index)? {
                callbacks.push(callback(&env, listener)?);
            }
        }
        let added = args::given(added).map(|added| callback(&env, added)).transpose()?;
        let receiver = Reference::new(&env, receiver.raw())?;
        self.state.listen(kind, callbacks, receiver, added);
        Ok(())
    }

    /// Gives input to the program, in order. All of it is taken or nothing.
    ///
    /// @returns `false` when some of it has to wait (`drain` follows), or the
    /// program has exited (then it goes nowhere).
    /// @throws `ERR_INPUT_QUEUE_FULL` past `maxInputBytes`,
    /// `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "data: string | Uint8Array")]
    pub fn write(&self, env: Env, data: Unknown<'_>) -> Result<bool> {
        self.state.write(&env, data)
    }

    /// Sets the window size. Nothing happens once the program has exited.
    ///
    /// @param cols - Above 0, up to 65535. A fraction is cut off.
    /// @param rows - The same; `cols * rows` is 16777216 (4096×4096) at most.
    /// @param pixelSize - The size in pixels, for programs that draw images.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
    #[napi(
        catch_unwind,
        ts_args_type = "cols: number, rows: number, pixelSize?: { width: number, height: number } | null"
    )]
    pub fn resize(
        &self,
        env: Env,
        cols: Unknown<'_>,
        rows: Unknown<'_>,
        pixel_size: Option<Unknown<'_>>,
    ) -> Result<()> {
        self.state.session.resize(args::terminal_size(&env, cols, rows, pixel_size)?);
        Ok(())
    }

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
    #[napi(catch_unwind, ts_args_type = "signal?: string | number | null")]
    pub fn kill(&self, env: Env, signal: Option<Unknown<'_>>) -> Result<()> {
        self.state.kill(pty_options::signal(&env, signal)?);
        Ok(())
    }

    /// How output becomes strings from here on; `null` for Buffers.
    #[napi(catch_unwind, skip_typescript)]
    pub fn set_encoding(&self, env: Env, encoding: Unknown<'_>) -> Result<()> {
        self.state.set_encoding(&env, encoding)
    }

    /// Stops reading, or reads on; `true` when that has changed.
    #[napi(catch_unwind, skip_typescript)]
    pub fn set_paused(&self, paused: bool) -> bool {
        self.state.set_paused(paused)
    }

    /// Whether the process is kept running while the program runs.
    #[napi(catch_unwind, skip_typescript)]
    pub fn set_referenced(&self, referenced: bool) {
        self.state.set_referenced(referenced);
    }

    /// Closes the terminal at once: hangs up, frees its memory, and kills after
    /// `killGrace` what is left of the process group. Output that was not read
    /// is dropped; the exit is still told. Idempotent.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.state.close();
    }
}

fn kind_of(env: &Env, value: Unknown<'_>) -> Result<Kind> {
    let number = args::integer(env, value, "kind", 0, Kind::ALL.len() as u64 - 1)?;
    let kind = usize::try_from(number).ok().and_then(|index| Kind::ALL.get(index));
    kind.copied().ok_or_else(|| out_of_range(env, "kind", "a kind of event", number as f64))
}

fn callback(env: &Env, value: Unknown<'_>) -> Result<Callback> {
    Callback::new(env, &args::function(env, value, "listener")?)
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
