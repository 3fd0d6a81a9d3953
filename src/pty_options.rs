//! Spawn options from JavaScript: node-pty's, and a registry session's.

use std::ffi::OsString;
use std::path::PathBuf;

use napi::ValueType;
use napi::bindgen_prelude::{Env, JsValue, Object, Result, Unknown};

use super::args;
use super::callback::Reference;
use super::error::{self, Class, invalid_type, throw};
use offheap_pty::environment::{Variables, is_same_name};
use offheap_pty::{DEFAULT_DRAIN, DEFAULT_GRACE, PtySize, SpawnOptions, directory};
use offheap_ring::MAX_CAPACITY;
use offheap_session::session::Integration;

/// node-pty's default size.
const COLS: u16 = 80;
const ROWS: u16 = 24;

/// The `pty` of `SessionRegistry.create`, and how its shell is integrated:
/// `integration.js` has made an object of it.
pub(super) fn of_session(
    env: &Env,
    value: Unknown<'_>,
    cwd: Option<&str>,
    max_input: usize,
) -> Result<(SpawnOptions, Option<Integration>)> {
    let object = args::object(env, value, "options.pty")?;
    let file = args::property(Some(&object), "file")?;
    let file = file.ok_or_else(|| invalid_type(env, "options.pty.file", "of type string"))?;
    let file = args::string(env, file, "options.pty.file")?;
    let arguments = match args::property(Some(&object), "args")? {
        Some(list) => arguments(env, list, "options.pty.args")?,
        None => Vec::new(),
    };
    let mut options = common(env, Some(&object), &file, arguments, "options.pty.", cwd)?;
    options.max_input = max_input;
    let integration = args::property(Some(&object), "integration")?;
    let integration =
        integration.map(|value| integrate(env, value, &mut options.env)).transpose()?;
    Ok((options, integration))
}

/// Gives a shell the variables by which its scripts are found.
fn integrate(env: &Env, value: Unknown<'_>, pairs: &mut Variables) -> Result<Integration> {
    let object = args::object(env, value, "options.pty.integration")?;
    let text = |name: &str| {
        let value = args::property(Some(&object), name)?;
        args::string_or_none(env, value, &format!("options.pty.integration.{name}"))
    };
    let (shell, nonce) = (text("shell")?.unwrap_or_default(), text("nonce")?.unwrap_or_default());
    if let Some(more) = args::property(Some(&object), "env")? {
        for (key, value) in variables(env, more, "options.pty.integration.env")? {
            set(pairs, &key.to_string_lossy(), value);
        }
    }
    Ok(Integration { shell: shell.into(), nonce: nonce.into() })
}

/// What `spawn(file, args, options)` and `create({ pty })` have in common.
pub(super) fn common(
    env: &Env,
    object: Option<&Object<'_>>,
    file: &str,
    args: Vec<OsString>,
    prefix: &str,
    default_cwd: Option<&str>,
) -> Result<SpawnOptions> {
    let label = |name: &str| format!("{prefix}{name}");
    let get = |name: &str| args::property(object, name);
    let size = |name: &str, default: u16| -> Result<u16> {
        get(name)?.map_or(Ok(default), |value| args::dimension(env, value, &label(name)))
    };
    let id = |name: &str| -> Result<Option<u32>> {
        let value = get(name)?;
        let value =
            value.map(|value| args::integer(env, value, &label(name), 0, u64::from(u32::MAX)));
        Ok(value.transpose()?.and_then(|value| u32::try_from(value).ok()))
    };
    let millis = |name: &str| args::millis(env, get(name)?, &label(name));
    let max_input = get("maxInputBytes")?;
    let size = PtySize::new(size("cols", COLS)?, size("rows", ROWS)?);
    args::check_cells(env, size, &label("rows"))?;
    let range = (1, MAX_CAPACITY);
    let cwd = working_directory(env, get("cwd")?, default_cwd, &label("cwd"))?;
    let argv0 = args::string_or_none(env, get("argv0")?, &label("argv0"))?;
    let argv0 = argv0.map(|name| checked(env, &name, &label("argv0")).map(OsString::from));
    Ok(SpawnOptions {
        file: OsString::from(checked(env, file, &label("file"))?),
        argv0: argv0.transpose()?,
        args,
        env: environment(env, get("env")?, get("name")?, &cwd, prefix)?,
        cwd,
        size,
        uid: id("uid")?,
        gid: id("gid")?,
        max_input: args::size_or(
            env,
            max_input,
            &label("maxInputBytes"),
            range,
            offheap_pty::DEFAULT_MAX_INPUT,
        )?,
        drain: millis("drainTimeout")?.unwrap_or(DEFAULT_DRAIN),
        grace: millis("killGrace")?.unwrap_or(DEFAULT_GRACE),
    })
}

/// Arguments as a list, or, as node-pty takes it on Windows, one command line.
pub(super) fn arguments(env: &Env, value: Unknown<'_>, name: &str) -> Result<Vec<OsString>> {
    #[cfg(windows)]
    if value.get_type()? == ValueType::String {
        let line = args::string(env, value, name)?;
        let list = offheap_pty::command_line::split(checked(env, &line, name)?);
        return Ok(list.into_iter().map(OsString::from).collect());
    }
    let list = args::strings(env, value, name)?;
    list.iter().map(|item| checked(env, item, name).map(OsString::from)).collect()
}

/// A NUL would end the text early in the system's hands.
fn checked<'a>(env: &Env, text: &'a str, name: &str) -> Result<&'a str> {
    if text.contains('\0') {
        let message = format!("The \"{name}\" argument must be without null bytes");
        return Err(throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message));
    }
    Ok(text)
}

/// The working directory, absolute; an empty one is none, as in node-pty.
fn working_directory(
    env: &Env,
    value: Option<Unknown<'_>>,
    default: Option<&str>,
    name: &str,
) -> Result<PathBuf> {
    let given = args::string_or_none(env, value, name)?.filter(|path| !path.is_empty());
    let path = checked(env, given.as_deref().or(default).unwrap_or("."), name)?;
    directory::absolute(std::path::Path::new(path)).map_err(|failure| error::spawn(env, &failure))
}

/// The given environment, or the process's own. As in node-pty, `PWD` is the
/// working directory and `TERM` the terminal's name, and what describes the
/// terminal that Node itself runs in is left out.
fn environment(
    env: &Env,
    value: Option<Unknown<'_>>,
    name: Option<Unknown<'_>>,
    cwd: &std::path::Path,
    prefix: &str,
) -> Result<Variables> {
    // Read through JavaScript: a worker has an environment of its own, and only
    // Node's lock makes reading the process's safe while another thread sets it.
    let own = Reference::global(env, &[c"process", c"env"])?;
    let value = match value {
        Some(value) => value,
        // SAFETY: the reference holds a value of this environment.
        None => unsafe { Unknown::from_raw_unchecked(env.raw(), own.value()) },
    };
    let inherited = own.is(value.raw());
    let mut pairs = variables(env, value, &format!("{prefix}env"))?;
    if inherited {
        let foreign =
            ["TMUX", "TMUX_PANE", "STY", "WINDOW", "WINDOWID", "TERMCAP", "COLUMNS", "LINES"];
        pairs.retain(|(key, _)| !foreign.iter().any(|name| is_same_name(key, name.as_ref())));
    }
    set(&mut pairs, "PWD", cwd.as_os_str().to_owned());
    let label = format!("{prefix}name");
    let name = args::string_or_none(env, name, &label)?.filter(|name| !name.is_empty());
    if let Some(name) = name {
        set(&mut pairs, "TERM", checked(env, &name, &label)?.into());
    } else if !pairs.iter().any(|(key, _)| is_same_name(key, "TERM".as_ref())) {
        set(&mut pairs, "TERM", "xterm-256color".into());
    }
    Ok(pairs)
}

fn variables(env: &Env, value: Unknown<'_>, label: &str) -> Result<Variables> {
    let map = args::string_map(env, value, label)?;
    for (key, text) in &map {
        checked(env, key, label)?;
        checked(env, text, label)?;
    }
    Ok(map.into_iter().map(|(key, text)| (key.into(), text.into())).collect())
}

/// Where a variable has several names, the last is what the program gets.
fn set(pairs: &mut Variables, key: &str, value: OsString) {
    match pairs.iter().rposition(|(known, _)| is_same_name(known, key.as_ref())) {
        Some(at) => pairs[at].1 = value,
        None => pairs.push((key.into(), value)),
    }
}

/// A signal's name or number; `None` when none was given.
pub(super) fn signal(env: &Env, value: Option<Unknown<'_>>) -> Result<Option<i32>> {
    let Some(value) = args::given(value) else { return Ok(None) };
    let unknown = |what: &str| {
        let message = format!("Unknown signal: {what}");
        throw(env, Class::Type, "ERR_UNKNOWN_SIGNAL", &message)
    };
    if value.get_type()? == ValueType::Number {
        let number = args::integer(env, value, "signal", 0, 64)?;
        return Ok(i32::try_from(number).ok());
    }
    let name = args::string(env, value, "signal")?;
    let number = signal_number(&name).ok_or_else(|| unknown(&name))?;
    Ok(Some(number))
}

#[cfg(unix)]
fn signal_number(name: &str) -> Option<i32> {
    Some(match name {
        "SIGHUP" => libc::SIGHUP,
        "SIGINT" => libc::SIGINT,
        "SIGQUIT" => libc::SIGQUIT,
        "SIGILL" => libc::SIGILL,
        "SIGTRAP" => libc::SIGTRAP,
        "SIGABRT" => libc::SIGABRT,
        "SIGBUS" => libc::SIGBUS,
        "SIGFPE" => libc::SIGFPE,
        "SIGKILL" => libc::SIGKILL,
        "SIGUSR1" => libc::SIGUSR1,
        "SIGSEGV" => libc::SIGSEGV,
        "SIGUSR2" => libc::SIGUSR2,
        "SIGPIPE" => libc::SIGPIPE,
        "SIGALRM" => libc::SIGALRM,
        "SIGTERM" => libc::SIGTERM,
        "SIGCHLD" => libc::SIGCHLD,
        "SIGCONT" => libc::SIGCONT,
        "SIGSTOP" => libc::SIGSTOP,
        "SIGTSTP" => libc::SIGTSTP,
        "SIGTTIN" => libc::SIGTTIN,
        "SIGTTOU" => libc::SIGTTOU,
        "SIGURG" => libc::SIGURG,
        "SIGXCPU" => libc::SIGXCPU,
        "SIGXFSZ" => libc::SIGXFSZ,
        "SIGVTALRM" => libc::SIGVTALRM,
        "SIGPROF" => libc::SIGPROF,
        "SIGWINCH" => libc::SIGWINCH,
        "SIGIO" => libc::SIGIO,
        "SIGSYS" => libc::SIGSYS,
        _ => return None,
    })
}

/// Windows knows no signals: each of these ends the process.
#[cfg(windows)]
fn signal_number(name: &str) -> Option<i32> {
    Some(match name {
        "SIGHUP" => 1,
        "SIGINT" => 2,
        "SIGKILL" => 9,
        "SIGTERM" => 15,
        _ => return None,
    })
}
