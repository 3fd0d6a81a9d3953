//! Errors with a stable `code`, as Node's own have them.

use std::fmt::Display;

use napi::bindgen_prelude::{Env, Error, Result, Status, Unknown};
use napi::sys;

use offheap_pty::{SpawnError, WriteError};
use offheap_session::registry::{Refusal, Unfound};
use offheap_session::session::RecordError;

/// Which of JavaScript's error classes to throw.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Error,
    Type,
    Range,
}

/// Throws an error of a class with a code, and returns what makes napi leave
/// the exception alone.
pub(super) fn throw(env: &Env, class: Class, code: &str, message: &str) -> Error {
    throw_with(env, class, code, message, &[])
}

/// A value of an error's additional property.
pub(super) enum Extra<'a> {
    Text(&'a str),
    Number(f64),
    Value(sys::napi_value),
}

pub(super) fn throw_with(
    env: &Env,
    class: Class,
    code: &str,
    message: &str,
    extras: &[(&str, Extra<'_>)],
) -> Error {
    // SAFETY: all values are made in this call by the environment it runs in.
    unsafe {
        let raw = env.raw();
        let error = create(raw, class, text(raw, code), text(raw, message));
        for (name, extra) in extras {
            let value = match extra {
                Extra::Text(value) => text(raw, value),
                Extra::Number(value) => number(raw, *value),
                Extra::Value(value) => *value,
            };
            sys::napi_set_property(raw, error, text(raw, name), value);
        }
        sys::napi_throw(raw, error);
    }
    Error::new(Status::PendingException, message.to_owned())
}

unsafe fn create(
    env: sys::napi_env,
    class: Class,
    code: sys::napi_value,
    message: sys::napi_value,
) -> sys::napi_value {
    let mut error = std::ptr::null_mut();
    // SAFETY: the caller passes values of this environment.
    unsafe {
        match class {
            Class::Error => sys::napi_create_error(env, code, message, &raw mut error),
            Class::Type => sys::napi_create_type_error(env, code, message, &raw mut error),
            Class::Range => sys::napi_create_range_error(env, code, message, &raw mut error),
        };
    }
    error
}

pub(super) unsafe fn text(env: sys::napi_env, value: &str) -> sys::napi_value {
    let mut made = std::ptr::null_mut();
    // SAFETY: pointer and length describe a live string.
    unsafe {
        sys::napi_create_string_utf8(
            env,
            value.as_ptr().cast(),
            value.len().cast_signed(),
            &raw mut made,
        );
    }
    made
}

unsafe fn number(env: sys::napi_env, value: f64) -> sys::napi_value {
    let mut made = std::ptr::null_mut();
    // SAFETY: the environment is the caller's.
    unsafe { sys::napi_create_double(env, value, &raw mut made) };
    made
}

/// `ERR_INVALID_ARG_TYPE`, in Node's words.
pub(super) fn invalid_type(env: &Env, name: &str, expected: &str) -> Error {
    let message = format!("The \"{name}\" argument must be {expected}");
    throw(env, Class::Type, "ERR_INVALID_ARG_TYPE", &message)
}

/// `ERR_OUT_OF_RANGE`, in Node's words.
pub(super) fn out_of_range(env: &Env, name: &str, range: &str, received: f64) -> Error {
    let received: &dyn Display = match received {
        f64::INFINITY => &"Infinity",
        f64::NEG_INFINITY => &"-Infinity",
        _ => &received,
    };
    let message =
        format!("The value of \"{name}\" is out of range. It must be {range}. Received {received}");
    throw(env, Class::Range, "ERR_OUT_OF_RANGE", &message)
}

/// `ERR_ILLEGAL_CONSTRUCTOR`, as Node has it.
pub(super) fn illegal_constructor(env: &Env, class: &str, source: &str) -> Error {
    let message = format!("A {class} is not made by new: it comes from {source}");
    throw(env, Class::Type, "ERR_ILLEGAL_CONSTRUCTOR", &message)
}

/// `ERR_CLOSED`.
pub(super) fn closed(env: &Env, what: &str) -> Error {
    throw(env, Class::Error, "ERR_CLOSED", &format!("The {what} is closed"))
}

pub(super) fn spawn(env: &Env, error: &SpawnError) -> Error {
    if error.errno == 0 {
        // Not the system's: a keeper's.
        return throw(env, Class::Error, error.code, &error.message);
    }
    let extras = [
        ("errno", Extra::Number(f64::from(-error.errno))),
        ("syscall", Extra::Text(error.syscall)),
        ("path", Extra::Text(&error.path)),
    ];
    let message = format!("{} {}: {}: {}", error.syscall, error.path, error.code, error.message);
    throw_with(env, Class::Error, error.code, &message, &extras)
}

/// What a write of input says: a full queue is an error, a terminal that has
/// exited takes no input and says so with `false`, as node-pty's does.
pub(super) fn written(env: &Env, result: std::result::Result<bool, WriteError>) -> Result<bool> {
    match result {
        Ok(direct) => Ok(direct),
        Err(WriteError::Exited) => Ok(false),
        Err(error @ WriteError::QueueFull { .. }) => {
            let message = format!("Nothing was written: the {error}");
            Err(throw(env, Class::Error, "ERR_INPUT_QUEUE_FULL", &message))
        }
    }
}

pub(super) fn refusal(env: &Env, refusal: &Refusal) -> Error {
    let code = match refusal {
        Refusal::Spawn(error) => return spawn(env, error),
        Refusal::Recording(error) => error.code(),
        Refusal::Journal(error) => return journal(env, error),
        // What is full is the machine rather than a number, but what a client
        // can do about it is the same.
        Refusal::SessionLimit(_) | Refusal::Memory => "ERR_SESSION_LIMIT",
        Refusal::ProjectLimit(_) => "ERR_PROJECT_LIMIT",
        Refusal::SpawnRate(_) => "ERR_SPAWN_RATE",
        Refusal::Exists(_) => "ERR_SESSION_EXISTS",
        Refusal::Started => "ERR_SESSION_STARTED",
        Refusal::Closed => "ERR_CLOSED",
        Refusal::NoJournal => "ERR_JOURNAL_DISABLED",
    };
    throw(env, Class::Error, code, &refusal.to_string())
}

pub(super) fn recording(env: &Env, error: &RecordError) -> Error {
    match error {
        RecordError::Closed(_) => closed(env, "session"),
        RecordError::Recording(error) => throw(env, Class::Error, error.code(), &error.to_string()),
    }
}

/// An error as a value.
pub(super) fn value(env: &Env, code: &str, message: &str) -> sys::napi_value {
    // SAFETY: all values are made in this call by the environment it runs in.
    unsafe {
        let raw = env.raw();
        create(raw, Class::Error, text(raw, code), text(raw, message))
    }
}

/// An error that rejects a promise.
pub(super) fn rejection(env: &Env, error: &offheap_recording::Error) -> Error {
    // SAFETY: all values are made in this call by the environment it runs in.
    let value = unsafe {
        let raw = env.raw();
        let (code, message) = (text(raw, error.code()), text(raw, &error.to_string()));
        Unknown::from_raw_unchecked(raw, create(raw, Class::Error, code, message))
    };
    Error::from(value)
}

/// An error of a keeper.
#[cfg(unix)]
pub(super) fn keeper(env: &Env, error: &offheap_keeper::KeeperError) -> Error {
    throw(env, Class::Error, error.code(), &error.to_string())
}

/// An error of a journal, with its `path` where it is about one.
pub(super) fn journal(env: &Env, error: &offheap_journal::Error) -> Error {
    let path = error.path().map(|path| path.to_string_lossy().into_owned());
    let extras = path.as_deref().map(|path| ("path", Extra::Text(path)));
    throw_with(env, Class::Error, error.code(), &error.to_string(), extras.as_slice())
}

pub(super) fn no_screen(env: &Env) -> Error {
    let message = "The session keeps no screen: it was created with screen: false";
    throw(env, Class::Error, "ERR_SCREEN_DISABLED", message)
}

/// No session was found, or too many.
pub(super) fn unfound(env: &Env, id: &str, unfound: Unfound) -> Error {
    let (code, message) = match unfound {
        Unfound::Unknown => ("ERR_SESSION_NOT_FOUND", format!("There is no session \"{id}\"")),
        Unfound::Ambiguous => (
            "ERR_SESSION_AMBIGUOUS",
            format!("Several projects have a session \"{id}\"; name the project"),
        ),
    };
    throw(env, Class::Error, code, &message)
}
