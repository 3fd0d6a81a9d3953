//! A JavaScript function that is kept and called later.

use std::ffi::CStr;

use napi::bindgen_prelude::{Env, Function, JsValue, Result};
use napi::sys;

/// A strong reference to a value; used and dropped on the JS thread.
pub(super) struct Reference {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl Reference {
    pub(super) fn new(env: &Env, value: sys::napi_value) -> Result<Self> {
        let mut reference = std::ptr::null_mut();
        // SAFETY: the caller passes a value of this environment.
        napi::check_status!(unsafe {
            sys::napi_create_reference(env.raw(), value, 1, &raw mut reference)
        })?;
        Ok(Self { env: env.raw(), reference })
    }

    /// A property of the global object, by its path.
    pub(super) fn global(env: &Env, path: &[&CStr]) -> Result<Self> {
        let mut value = std::ptr::null_mut();
        // SAFETY: each step reads a property of a value of this environment.
        unsafe {
            sys::napi_get_global(env.raw(), &raw mut value);
            for name in path {
                let parent = value;
                napi::check_status!(sys::napi_get_named_property(
                    env.raw(),
                    parent,
                    name.as_ptr(),
                    &raw mut value
                ))?;
            }
        }
        Self::new(env, value)
    }

    /// The value itself.
    pub(super) fn value(&self) -> sys::napi_value {
        let mut value = std::ptr::null_mut();
        // SAFETY: the reference is strong and belongs to this environment.
        unsafe { sys::napi_get_reference_value(self.env, self.reference, &raw mut value) };
        value
    }
}

impl Reference {
    /// Whether it refers to this very value.
    pub(super) fn is(&self, value: sys::napi_value) -> bool {
        let mut same = false;
        // SAFETY: both are values of this environment.
        unsafe { sys::napi_strict_equals(self.env, self.value(), value, &raw mut same) };
        same
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: the reference was made in this environment, is deleted once,
        // and references are dropped on the environment's thread.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// A listener.
pub(super) struct Callback {
    function: Reference,
}

impl Callback {
    pub(super) fn new(env: &Env, function: &Function<'_, (), ()>) -> Result<Self> {
        Ok(Self { function: Reference::new(env, function.raw())? })
    }

    /// Calls the function. What it throws is an uncaught exception of the
    /// program, as with any listener, and does not stop other listeners.
    pub(super) fn call(&self, arguments: &[sys::napi_value]) {
        self.call_on(None, arguments);
    }

    /// The same, with a receiver: what `this` is in the function.
    pub(super) fn call_on(&self, on: Option<sys::napi_value>, arguments: &[sys::napi_value]) {
        // SAFETY: function, receiver and arguments are live values of this
        // environment, and this runs on its thread.
        unsafe {
            let mut receiver = std::ptr::null_mut();
            match on {
                Some(on) => receiver = on,
                None => _ = sys::napi_get_undefined(self.function.env, &raw mut receiver),
            }
            let status = sys::napi_call_function(
                self.function.env,
                receiver,
                self.function.value(),
                arguments.len(),
                arguments.as_ptr(),
                std::ptr::null_mut(),
            );
            if status != sys::Status::napi_ok {
                report(self.function.env);
            }
        }
    }

    /// Whether both refer to the same function.
    pub(super) fn is(&self, function: sys::napi_value) -> bool {
        self.function.is(function)
    }
}

/// Reports an exception that was left pending: with it, no other listener could
/// be called.
pub(super) fn settle(env: sys::napi_env) {
    let mut pending = false;
    // SAFETY: the environment is alive on this thread.
    unsafe {
        sys::napi_is_exception_pending(env, &raw mut pending);
        if pending {
            report(env);
        }
    }
}

/// Hands a pending exception to `process.on('uncaughtException')`.
unsafe fn report(env: sys::napi_env) {
    let mut error = std::ptr::null_mut();
    // SAFETY: the environment is alive on this thread.
    unsafe {
        if sys::napi_get_and_clear_last_exception(env, &raw mut error) == sys::Status::napi_ok {
            sys::napi_fatal_exception(env, error);
        }
    }
}
