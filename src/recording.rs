//! `Recording`: the handle of a recording while it is written.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, Object, Result, Unknown};
use napi::sys;
use napi_derive::napi;

use super::hub::Hub;
use super::news::News;
use super::promise::pending;
use super::{args, error};
use offheap_recording::Recording as Core;

/// A recording that is being written. It comes from `Session.record()` or
/// `Session.recordings`, and ends with the shell's exit, the session's close or
/// `stop()`. A recording that nobody holds goes on.
///
/// @example
/// ```js
/// const recording = session.record({ dir: '/var/lib/app/recordings' })
/// recording.mark('deploy')
/// await recording.stop()
/// const { duration } = await openRecording(recording.file)
/// ```
#[napi]
pub struct Recording {
    core: Arc<Core>,
}

pub(super) fn make(core: Arc<Core>) -> Recording {
    Recording { core }
}

#[napi]
impl Recording {
    /// For nobody: recordings are made by their session.
    #[napi(constructor, catch_unwind, skip_typescript)]
    pub fn new(env: Env) -> Result<Self> {
        Err(error::illegal_constructor(&env, "Recording", "Session.record()"))
    }

    /// The cast that is being written, or was last: after a rotation another one.
    #[napi(getter, catch_unwind)]
    pub fn file(&self) -> String {
        self.core.file().display().to_string()
    }

    /// Bytes of the casts written so far, in all files.
    #[napi(getter, catch_unwind)]
    pub fn bytes(&self) -> f64 {
        self.core.bytes() as f64
    }

    /// Bytes of output that are missing, since the disk was slower.
    #[napi(getter, catch_unwind)]
    pub fn missed(&self) -> f64 {
        self.core.missed() as f64
    }

    /// What keeps it from being written at this moment, such as a full disk
    /// (`ENOSPC`), or from going on in a next file: both are tried again every
    /// second. Or what ended it, such as `ENOENT` when its file was removed.
    #[napi(getter, catch_unwind, ts_return_type = "{ code: string, message: string } | null")]
    pub fn error(&self, env: Env) -> Result<Unknown<'static>> {
        let Some((code, message)) = self.core.problem() else { return args::null(&env) };
        let mut object = Object::new(&env)?;
        object.set("code", code)?;
        object.set("message", message)?;
        Ok(args::unknown(&env, &object))
    }

    /// Whether it has ended and everything is in the file.
    #[napi(getter, catch_unwind)]
    pub fn ended(&self) -> bool {
        self.core.ending().is_some()
    }

    /// Puts a marker at this moment.
    ///
    /// @param label - Cut at 4096 bytes.
    /// @returns `false` when the recording has ended, or more than 1 MiB of
    /// markers and input waits for a slow disk.
    /// @throws `ERR_INVALID_ARG_TYPE`.
    #[napi(catch_unwind, ts_args_type = "label: string")]
    pub fn mark(&self, env: Env, label: Unknown<'_>) -> Result<bool> {
        Ok(self.core.mark(&args::string(&env, label, "label")?))
    }

    /// Ends the recording after what was printed so far. The session goes on.
    /// Idempotent.
    ///
    /// @returns A promise that is fulfilled when everything is in the file, or
    /// after 5 seconds in which the disk refused: then `error` says why.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn stop(&self, env: Env) -> Result<Unknown<'static>> {
        let hub = Hub::of(&env)?;
        let token = hub.token();
        let promise = pending(&env, &hub, token, stopped)?;
        let teller = hub.teller(token);
        self.core.on_end(move || teller.tell(News::Recorded));
        self.core.stop();
        Ok(promise)
    }

    /// The same as `stop()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self) {
        self.core.stop();
    }
}

/// Ends every recording of the process, at its end: `process.exit()` tells no
/// addon. The wait has a bound, so that a disk that stands still does not keep
/// the process.
#[napi(catch_unwind, skip_typescript)]
pub fn finish_recordings() {
    offheap_recording::finish(Duration::from_secs(1));
}

/// Everything is in the file.
fn stopped(env: &Env, deferred: sys::napi_deferred, _: News) {
    let mut undefined = std::ptr::null_mut();
    // SAFETY: the deferred was made in this environment and not used yet.
    unsafe {
        sys::napi_get_undefined(env.raw(), &raw mut undefined);
        sys::napi_resolve_deferred(env.raw(), deferred, undefined);
    }
}
