//! What a registry takes and gives, between JavaScript and Rust.

use std::sync::Arc;

use napi::ValueType;
use napi::bindgen_prelude::{Env, Error, JsValue, Object, Result, Unknown};
use napi::sys;

use super::callback::Reference;
use super::error::{Class, Extra, invalid_type, throw_with};
use super::{args, client_options, memory_types, recording_options, shell_types, subject};
use offheap_pty::ExitStatus;
use offheap_ring::MAX_CAPACITY;
use offheap_screen::ScreenOptions;
use offheap_session::registry::{
    Details, Handle, Info, NewSession, OnProjectLimit, Options, Update,
};

/// A history smaller than this could not hold a frame's worth of output.
pub(super) const MIN_HISTORY: usize = 4096;

/// Unless told otherwise, a registry may start as many shells as this many
/// projects.
const SPAWNS_IN_ALL: usize = 6;

pub(super) fn registry_options(env: &Env, object: Option<&Object<'_>>) -> Result<Options> {
    let mut options = Options::default();
    let count = |name: &str, into: &mut usize| -> Result<()> {
        let value = args::property(object, name)?;
        *into = args::size_or(env, value, &format!("options.{name}"), (0, 1 << 24), *into)?;
        Ok(())
    };
    count("maxSessions", &mut options.max_sessions)?;
    count("maxSessionsPerProject", &mut options.max_per_project)?;
    count("maxFocusedPerProject", &mut options.max_focused)?;
    count("spawnsPerMinute", &mut options.spawns_per_minute)?;
    options.spawns_in_all = options.spawns_per_minute.saturating_mul(SPAWNS_IN_ALL);
    count("spawnsPerMinuteTotal", &mut options.spawns_in_all)?;
    let value = args::property(object, "historyBytes")?;
    options.history = history(env, value, options.history)?;
    options.screen = screen(env, args::property(object, "screen")?, options.screen)?;
    let value = args::property(object, "maxInputBytes")?;
    options.max_input =
        args::size_or(env, value, "options.maxInputBytes", (1, MAX_CAPACITY), options.max_input)?;
    let value = args::property(object, "inactiveTimeout")?;
    if let Some(inactive) = args::millis(env, value, "options.inactiveTimeout")? {
        options.inactive = inactive;
    }
    let value = args::property(object, "exitLinger")?;
    if let Some(linger) = args::millis(env, value, "options.exitLinger")? {
        options.linger = linger;
    }
    options.recording = recording_options::of_registry(env, args::property(object, "recording")?)?;
    policies(env, object, &mut options)?;
    Ok(options)
}

/// What is done when a project is full, or memory is short.
fn policies(env: &Env, object: Option<&Object<'_>>, options: &mut Options) -> Result<()> {
    if let Some(word) = args::property(object, "onProjectLimit")? {
        options.on_project_limit = on_project_limit(env, word)?;
    }
    options.memory = memory_types::options(env, args::property(object, "memory")?)?;
    Ok(())
}

fn history(env: &Env, value: Option<Unknown<'_>>, default: usize) -> Result<usize> {
    args::size_or(env, value, "options.historyBytes", (MIN_HISTORY, MAX_CAPACITY), default)
}

/// `false` for none, `true` for one, or an object with limits of its own.
fn screen(
    env: &Env,
    value: Option<Unknown<'_>>,
    default: Option<ScreenOptions>,
) -> Result<Option<ScreenOptions>> {
    let Some(value) = value else { return Ok(default) };
    let mut options = ScreenOptions::default();
    if value.get_type()? == ValueType::Boolean {
        let wanted = args::boolean(env, value, "options.screen")?;
        return Ok(wanted.then(|| default.unwrap_or(options)));
    }
    let object = args::object(env, value, "options.screen")?;
    let size = |name: &str, max: usize, default: usize| {
        let value = args::property(Some(&object), name)?;
        args::size_or(env, value, &format!("options.screen.{name}"), (0, max), default)
    };
    options.scrollback_lines = size("scrollbackLines", 1 << 20, options.scrollback_lines)?;
    options.scrollback_bytes = size("scrollbackBytes", MAX_CAPACITY, options.scrollback_bytes)?;
    options.client = client_options::read(env, Some(&object), "options.screen", options.client)?;
    Ok(Some(options))
}

fn on_project_limit(env: &Env, value: Unknown<'_>) -> Result<OnProjectLimit> {
    match args::string(env, value, "options.onProjectLimit")?.as_str() {
        "closeOldest" => Ok(OnProjectLimit::CloseOldest),
        "reject" => Ok(OnProjectLimit::Reject),
        _ => Err(invalid_type(env, "options.onProjectLimit", "'closeOldest' or 'reject'")),
    }
}

/// Whether a new session is to take the focus; `None` where that is not said.
fn focused(env: &Env, object: Option<&Object<'_>>) -> Result<Option<bool>> {
    let value = args::property(object, "focused")?;
    value.map(|value| args::boolean(env, value, "options.focused")).transpose()
}

pub(super) fn new_session(
    env: &Env,
    object: Option<&Object<'_>>,
    options: &Options,
) -> Result<NewSession> {
    let word = |name: &str| -> Result<Option<Arc<str>>> {
        let word = args::property(object, name)?;
        let word = args::string_or_none(env, word, &format!("options.{name}"))?;
        Ok(word.map(Arc::from))
    };
    let history_bytes = args::property(object, "historyBytes")?;
    let unrecorded = match args::property(object, "recording")? {
        Some(recording) => recording_options::is_false(env, recording)?,
        None => false,
    };
    Ok(NewSession {
        project: word("projectId")?,
        id: word("id")?,
        history: Some(history(env, history_bytes, options.history)?),
        integration: None,
        screen: screen(env, args::property(object, "screen")?, options.screen)?,
        recording: recording_options::of_session(
            env,
            args::property(object, "recording")?,
            options.recording.as_ref(),
        )?,
        unrecorded,
        rate_key: word("rateKey")?,
        focused: focused(env, object)?,
        details: Details {
            user: word("userId")?,
            mode: word("mode")?,
            cwd: word("cwd")?,
            metadata: stringify(env, args::property(object, "metadata")?, "options.metadata")?,
        },
    })
}

/// A change of what the app says of a session: what is `undefined` stays, what is
/// `null` is taken away.
pub(super) fn update(env: &Env, object: &Object<'_>) -> Result<Update> {
    let mentioned = |name: &str| -> Result<Option<Unknown<'_>>> {
        let value: Option<Unknown<'_>> = object.get(name)?;
        Ok(value.filter(|value| !matches!(value.get_type(), Ok(ValueType::Undefined))))
    };
    let word = |name: &str| -> Result<Option<Option<Arc<str>>>> {
        let Some(value) = mentioned(name)? else { return Ok(None) };
        let word = args::string_or_none(env, Some(value), &format!("changes.{name}"))?;
        Ok(Some(word.map(Arc::from)))
    };
    let metadata = match mentioned("metadata")? {
        Some(value) => Some(stringify(env, args::given(Some(value)), "changes.metadata")?),
        None => None,
    };
    Ok(Update { user: word("userId")?, mode: word("mode")?, cwd: word("cwd")?, metadata })
}

/// The app's own data is kept as JSON text, outside the V8 heap.
fn stringify(env: &Env, value: Option<Unknown<'_>>, name: &str) -> Result<Option<Arc<str>>> {
    let Some(value) = value else { return Ok(None) };
    let object = args::object(env, value, name)?;
    let text = call_json(env, c"stringify", object.raw()).map_err(|_| not_json(env, name))?;
    Ok(Some(args::string(env, text, name)?.into()))
}

/// What `JSON.stringify` threw, which has no code, becomes the cause of an error
/// that has one.
fn not_json(env: &Env, name: &str) -> Error {
    let mut cause = std::ptr::null_mut();
    // SAFETY: the environment is the running one.
    let found = unsafe { sys::napi_get_and_clear_last_exception(env.raw(), &raw mut cause) };
    let cause = (found == sys::Status::napi_ok).then_some(("cause", Extra::Value(cause)));
    let message = format!("The \"{name}\" argument must be what JSON can represent; see the cause");
    throw_with(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message, cause.as_slice())
}

/// The inverse of `stringify`; `null` for nothing.
pub(super) fn parse(env: &Env, text: Option<&str>) -> Result<Unknown<'static>> {
    match text {
        // SAFETY: the string is made in this environment.
        Some(text) => call_json(env, c"parse", unsafe { super::error::text(env.raw(), text) }),
        None => args::null(env),
    }
}

fn call_json(
    env: &Env,
    method: &std::ffi::CStr,
    argument: sys::napi_value,
) -> Result<Unknown<'static>> {
    let function = Reference::global(env, &[c"JSON", method])?;
    let mut value = std::ptr::null_mut();
    // SAFETY: all values are this environment's.
    unsafe {
        // An exception stays pending, for the caller.
        napi::check_status!(sys::napi_call_function(
            env.raw(),
            argument,
            function.value(),
            1,
            &raw const argument,
            &raw mut value
        ))?;
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

pub(super) fn status(info: &Info) -> &'static str {
    match info {
        Info { exit: Some(_), .. } => "exited",
        Info { lost: true, .. } => "lost",
        Info { suspended: true, .. } => "suspended",
        _ => "active",
    }
}

pub(super) fn exit(env: &Env, status: Option<ExitStatus>) -> Result<Unknown<'static>> {
    let Some(status) = status else { return args::null(env) };
    let mut object = Object::new(env)?;
    object.set("code", status.code)?;
    object.set("signal", status.signal)?;
    Ok(args::unknown(env, &object))
}

/// A `SessionInfo`.
pub(super) fn info(env: &Env, handle: &Handle, info: &Info) -> Result<Object<'static>> {
    let session = &handle.session;
    let size = session.size();
    let (start, end) = session.span();
    let mut object = Object::new(env)?;
    subject::set(&mut object, &handle.subject)?;
    object.set("userId", info.details.user.as_deref())?;
    object.set("mode", info.details.mode.as_deref())?;
    object.set("cwd", info.details.cwd.as_deref())?;
    object.set("metadata", parse(env, info.details.metadata.as_deref())?)?;
    object.set("status", if session.is_closed() { "closed" } else { status(info) })?;
    object.set("focused", info.focused)?;
    object.set("suspended", info.suspended)?;
    object.set("connections", info.connections as f64)?;
    object.set("viewers", session.viewers() as f64)?;
    object.set("createdAt", info.created_ms as f64)?;
    object.set("lastActiveAt", info.active_ms as f64)?;
    object.set("pid", Some(session.pid()).filter(|pid| *pid != 0))?;
    object.set("cols", u32::from(size.cols))?;
    object.set("rows", u32::from(size.rows))?;
    object.set("start", start as f64)?;
    object.set("end", end as f64)?;
    object.set("historyBytes", session.bytes_held() as f64)?;
    object.set("exit", exit(env, session.exit_status())?)?;
    object.set("recording", session.is_recorded())?;
    shell_types::describe(env, &mut object, session)?;
    Ok(object)
}
