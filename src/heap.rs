//! The V8 heap: what only its own thread can read, and do.

use napi::bindgen_prelude::{Env, FromNapiValue, JsValue, Object, Unknown};
use napi::sys;

use super::callback::Reference;
use offheap_session::pressure::Usage;

/// The heap after a collection, where garbage can be collected on demand.
pub(super) fn collect_garbage(env: &Env) -> Option<Usage> {
    call(env, &[c"gc"], None)?;
    Some(read(env))
}

/// The V8 heap, as `v8.getHeapStatistics()` knows it.
pub(super) fn read(env: &Env) -> Usage {
    let statistics = || -> Option<Usage> {
        // SAFETY: the string is made in this environment.
        let name = unsafe { super::error::text(env.raw(), "v8") };
        let module = call(env, &[c"process", c"getBuiltinModule"], Some(name))?;
        // SAFETY: the value is this environment's; a wrong type is an error.
        let module = unsafe { Object::from_napi_value(env.raw(), module).ok()? };
        let function: Unknown<'_> = module.get("getHeapStatistics").ok()??;
        let statistics = invoke(env, module.raw(), function.raw(), None)?;
        // SAFETY: as above.
        let statistics = unsafe { Object::from_napi_value(env.raw(), statistics).ok()? };
        let number = |name: &str| statistics.get::<f64>(name).ok().flatten().map(to_bytes);
        Some(Usage {
            heap_used: number("used_heap_size"),
            heap_limit: number("heap_size_limit"),
            external: number("external_memory"),
            ..Usage::default()
        })
    };
    let usage = statistics();
    clear_exception(env);
    usage.unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes")]
fn to_bytes(number: f64) -> u64 {
    number as u64
}

/// Calls a function of the global object; `None` when there is none, or when it
/// throws.
fn call(
    env: &Env,
    path: &[&std::ffi::CStr],
    argument: Option<sys::napi_value>,
) -> Option<sys::napi_value> {
    let called = Reference::global(env, path).ok().and_then(|function| {
        let receiver = Reference::global(env, &path[..path.len() - 1]).ok()?;
        invoke(env, receiver.value(), function.value(), argument)
    });
    clear_exception(env);
    called
}

fn invoke(
    env: &Env,
    receiver: sys::napi_value,
    function: sys::napi_value,
    argument: Option<sys::napi_value>,
) -> Option<sys::napi_value> {
    let arguments = argument.as_slice();
    let mut result = std::ptr::null_mut();
    // SAFETY: all values are this environment's; what is no function is refused
    // with a status.
    let status = unsafe {
        sys::napi_call_function(
            env.raw(),
            receiver,
            function,
            arguments.len(),
            arguments.as_ptr(),
            &raw mut result,
        )
    };
    (status == sys::Status::napi_ok).then_some(result)
}

/// A reading that failed is left out and is nobody's exception.
fn clear_exception(env: &Env) {
    let mut pending = false;
    let mut error = std::ptr::null_mut();
    // SAFETY: the environment is alive on this thread.
    unsafe {
        sys::napi_is_exception_pending(env.raw(), &raw mut pending);
        if pending {
            sys::napi_get_and_clear_last_exception(env.raw(), &raw mut error);
        }
    }
}
