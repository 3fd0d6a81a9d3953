//! Methods on the raw Node-API path, for what is called per chunk of output.
//!
//! A method made by the derive macro costs about 270 ns before it does
//! anything; a raw function that finds its object by a data pointer costs a
//! tenth.

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use napi::bindgen_prelude::{Env, JsValue, Object};
use napi::sys;

use super::error::{Class, throw};

/// What a raw method does with its object's state, its first argument
/// (`undefined` where none was given) and its second, if there is one.
pub(super) type Body<T> =
    fn(&Env, &T, sys::napi_value, Option<sys::napi_value>) -> napi::Result<f64>;

struct Method<T> {
    state: Rc<T>,
    body: Body<T>,
}

/// A raw method of one object, as a function that needs no receiver. It shares
/// the state's ownership, so it is safe to call however long it is kept.
pub(super) fn function<T: 'static>(
    env: &Env,
    name: &CStr,
    state: Rc<T>,
    body: Body<T>,
) -> napi::Result<sys::napi_value> {
    let method = Box::into_raw(Box::new(Method { state, body }));
    let mut function = std::ptr::null_mut();
    // SAFETY: the data pointer stays valid until the finalizer of the function
    // that uses it frees it; without a finalizer it is freed here, and the
    // function, which nobody has seen, is never called.
    unsafe {
        let made = sys::napi_create_function(
            env.raw(),
            name.as_ptr(),
            name.count_bytes().cast_signed(),
            Some(call::<T>),
            method.cast(),
            &raw mut function,
        );
        let owned = napi::check_status!(made).and_then(|()| {
            napi::check_status!(sys::napi_add_finalizer(
                env.raw(),
                function,
                method.cast(),
                Some(free::<T>),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            ))
        });
        if let Err(error) = owned {
            drop(Box::from_raw(method));
            return Err(error);
        }
    }
    Ok(function)
}

/// Puts a raw method onto an object, in the place of its class's: the first
/// call of such a method comes through the class, the calls that follow find
/// the raw one. Where that fails the class's method goes on serving.
pub(super) fn install<T: 'static>(
    env: &Env,
    object: &Object<'_>,
    name: &CStr,
    state: Rc<T>,
    body: Body<T>,
) {
    let Ok(value) = function(env, name, state, body) else { return };
    let property = sys::napi_property_descriptor {
        utf8name: name.as_ptr(),
        name: std::ptr::null_mut(),
        method: None,
        getter: None,
        setter: None,
        value,
        attributes: sys::PropertyAttributes::writable | sys::PropertyAttributes::configurable,
        data: std::ptr::null_mut(),
    };
    // SAFETY: the descriptor and what it points to outlive the call.
    unsafe { sys::napi_define_properties(env.raw(), object.raw(), 1, &raw const property) };
}

unsafe extern "C" fn free<T>(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `install` made this pointer, and a finalizer runs once.
    drop(unsafe { Box::from_raw(data.cast::<Method<T>>()) });
}

/// A number as V8 has it; small ones need no memory of their own.
unsafe fn number(env: sys::napi_env, value: f64) -> sys::napi_value {
    let mut made = std::ptr::null_mut();
    #[expect(clippy::cast_possible_truncation, reason = "checked by the way back")]
    let small = value as i32;
    #[expect(clippy::float_cmp, reason = "both are whole numbers")]
    let is_small = f64::from(small) == value;
    // SAFETY: the environment is the caller's, and the calls fill the value.
    unsafe {
        if is_small {
            sys::napi_create_int32(env, small, &raw mut made);
        } else {
            sys::napi_create_double(env, value, &raw mut made);
        }
    }
    made
}

unsafe extern "C" fn call<T>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut arguments = [std::ptr::null_mut(); 2];
    let mut count = arguments.len();
    let mut data = std::ptr::null_mut();
    let mut result = std::ptr::null_mut();
    // SAFETY: the engine calls with a live environment and info; `data` is the
    // method that `install` gave it, and lives as long as the function.
    unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            arguments.as_mut_ptr(),
            std::ptr::null_mut(),
            &raw mut data,
        );
        let method = &*data.cast::<Method<T>>();
        let outer = Env::from_raw(env);
        let [first, second] = arguments;
        let second = (count >= 2).then_some(second);
        let body = AssertUnwindSafe(|| (method.body)(&outer, &method.state, first, second));
        match catch_unwind(body) {
            Ok(Ok(value)) => result = number(env, value),
            // The exception is pending already.
            Ok(Err(_)) => {}
            Err(_) => {
                throw(
                    &outer,
                    Class::Error,
                    "ERR_INTERNAL",
                    "offheap-terminal met a bug of its own",
                );
            }
        }
    }
    result
}
