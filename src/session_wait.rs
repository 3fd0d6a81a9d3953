//! Promises for what a session's output will show. `session-wait.js` makes
//! `Session.run()` and `Session.waitFor()` of them.

use napi::bindgen_prelude::{Env, Function, FunctionCallContext, JsValue, Object, Result, Unknown};
use napi::sys;
use napi_derive::napi;

use super::args;
use super::error::{self, Class};
use super::hub::Hub;
use super::news::News;
use super::promise::pending;
use super::session::Session;
use offheap_ring::MAX_CAPACITY;
use offheap_session::session::{Awaited, Found, Outcome, Pattern, Ran, WaitError};

/// Output of a command that is wanted by default, in bytes.
const MAX_OUTPUT: usize = 1024 * 1024;
/// How long there must be no output for a session to be idle, in ms.
const QUIET: u64 = 500;
/// The longest line that can be run, in bytes.
const MAX_LINE: usize = 32 * 1024;

#[napi]
impl Session {
    /// For the package itself: begins to wait. Returns the promise, and a function
    /// that takes the wait back.
    #[napi(catch_unwind, skip_typescript)]
    pub fn begin_wait(&self, env: Env, options: Unknown<'_>) -> Result<Object<'static>> {
        let session = self.open_core(&env)?;
        let options = args::object(&env, options, "options")?;
        let awaited = awaited(&env, &options)?;
        let timeout =
            args::millis(&env, args::property(Some(&options), "timeout")?, "options.timeout")?;
        let timeout = timeout.filter(|timeout| !timeout.is_zero());
        let hub = Hub::of(&env)?;
        let token = hub.token();
        let teller = hub.teller(token);
        let begun =
            session.wait_for(awaited, timeout, move |outcome| teller.tell(News::Waited(outcome)));
        let abort = begun.map_err(|problem| wait_error(&env, problem))?;
        let promise = pending(&env, &hub, token, settle)?;
        let mut object = Object::new(&env)?;
        object.set("promise", promise)?;
        let abort = move |_: FunctionCallContext<'_>| {
            abort.abort();
            Ok(())
        };
        let abort: Function<'_, (), ()> = env.create_function_from_closure("abort", abort)?;
        object.set("abort", abort)?;
        Ok(object)
    }
}

/// What an options object of `session-wait.js` asks for.
fn awaited(env: &Env, options: &Object<'_>) -> Result<Awaited> {
    let get = |name: &str| args::property(Some(options), name);
    let kind = args::string_or_none(env, get("kind")?, "kind")?.unwrap_or_default();
    Ok(match kind.as_str() {
        "prompt" => Awaited::Prompt,
        "idle" => {
            let quiet = args::millis(env, get("quiet")?, "options.quiet")?;
            Awaited::Idle(quiet.unwrap_or(std::time::Duration::from_millis(QUIET)))
        }
        "screen" => Awaited::Screen(pattern(env, options)?),
        "output" => {
            let from = get("from")?;
            let from = from.map(|from| args::integer(env, from, "options.from", 0, args::MAX_SAFE));
            Awaited::Output(pattern(env, options)?, from.transpose()?)
        }
        _ => {
            let most = get("maxOutput")?;
            let most =
                args::size_or(env, most, "options.maxOutput", (1, MAX_CAPACITY), MAX_OUTPUT)?;
            Awaited::Command(line(env, options)?, most)
        }
    })
}

fn line(env: &Env, options: &Object<'_>) -> Result<String> {
    let line = args::property(Some(options), "line")?;
    let line = line.ok_or_else(|| error::invalid_type(env, "line", "of type string"))?;
    let line = args::string(env, line, "line")?;
    let refuse = |what: &str| {
        let message = format!("The \"line\" argument must be {what}");
        Err(error::throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message))
    };
    if line.trim().is_empty() || line.contains(char::is_control) {
        return refuse("one line with something in it, without control characters");
    }
    if line.len() > MAX_LINE {
        return refuse(&format!("{MAX_LINE} bytes long at most"));
    }
    Ok(line)
}

fn pattern(env: &Env, options: &Object<'_>) -> Result<Pattern> {
    let get = |name: &str| args::string_or_none(env, args::property(Some(options), name)?, name);
    let made = match get("source")? {
        Some(source) => Pattern::expression(&source, &get("flags")?.unwrap_or_default()),
        None => Pattern::literal(&get("text")?.unwrap_or_default()),
    };
    made.map_err(|problem| {
        let message = format!("The \"pattern\" argument cannot be used: {problem}");
        error::throw(env, Class::Type, "ERR_INVALID_ARG_VALUE", &message)
    })
}

const fn code_of(problem: WaitError) -> &'static str {
    match problem {
        WaitError::Closed => "ERR_CLOSED",
        WaitError::Exited => "ERR_SHELL_EXITED",
        WaitError::TimedOut => "ERR_TIMED_OUT",
        WaitError::Aborted => "ABORT_ERR",
        WaitError::NotIntegrated => "ERR_NOT_INTEGRATED",
        WaitError::Busy => "ERR_SHELL_BUSY",
        WaitError::NoScreen => "ERR_SCREEN_DISABLED",
        WaitError::TooMany => "ERR_TOO_MANY_WAITS",
        WaitError::QueueFull => "ERR_INPUT_QUEUE_FULL",
    }
}

fn wait_error(env: &Env, problem: WaitError) -> napi::Error {
    error::throw(env, Class::Error, code_of(problem), &problem.to_string())
}

fn settle(env: &Env, deferred: sys::napi_deferred, news: News) {
    let News::Waited(outcome) = news else { return };
    let problem = match outcome {
        Ok(outcome) => match value(env, outcome) {
            Ok(value) => {
                // SAFETY: the deferred was made in this environment and not used yet.
                unsafe { sys::napi_resolve_deferred(env.raw(), deferred, value.raw()) };
                return;
            }
            Err(_) => WaitError::Closed,
        },
        Err(problem) => problem,
    };
    let value = error::value(env, code_of(problem), &problem.to_string());
    // SAFETY: as above.
    unsafe { sys::napi_reject_deferred(env.raw(), deferred, value) };
}

fn value(env: &Env, outcome: Outcome) -> Result<Object<'static>> {
    let mut object = Object::new(env)?;
    match outcome {
        Outcome::Reached => {
            object.set("text", args::null(env)?)?;
            object.set("groups", Vec::<String>::new())?;
        }
        Outcome::Found(Found { text, groups }) => {
            object.set("text", text)?;
            object.set("groups", groups)?;
        }
        Outcome::Ran(Ran { output, truncated, exit_code, duration }) => {
            object.set("output", &*String::from_utf8_lossy(&output))?;
            object.set("exitCode", exit_code)?;
            object.set("duration", duration.as_secs_f64() * 1000.0)?;
            object.set("truncated", truncated)?;
        }
    }
    Ok(object)
}
