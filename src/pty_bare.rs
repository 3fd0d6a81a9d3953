//! Terminals without a program, for `pty.js`: node-pty's `open()` and `native`.

use std::os::fd::IntoRawFd;

use napi::bindgen_prelude::{Env, Object, Result, Unknown};
use napi_derive::napi;

use super::{args, error};

/// Opens a terminal; its descriptors are the caller's.
#[napi(catch_unwind, skip_typescript)]
pub fn open_bare_terminal<'a>(
    env: &'a Env,
    cols: Unknown<'_>,
    rows: Unknown<'_>,
) -> Result<Object<'a>> {
    let size = args::terminal_size(env, cols, rows, None)?;
    let terminal = offheap_pty::open_bare(size).map_err(|failure| error::spawn(env, &failure))?;
    let mut object = Object::new(env)?;
    object.set("master", terminal.master.into_raw_fd())?;
    object.set("slave", terminal.slave.into_raw_fd())?;
    object.set("pty", terminal.name)?;
    Ok(object)
}

/// Sets the size of a terminal by its descriptor.
#[napi(catch_unwind, skip_typescript)]
pub fn resize_bare_terminal(
    env: Env,
    descriptor: i32,
    cols: Unknown<'_>,
    rows: Unknown<'_>,
) -> Result<()> {
    let size = args::terminal_size(&env, cols, rows, None)?;
    offheap_pty::resize_descriptor(descriptor, size).map_err(|failure| error::spawn(&env, &failure))
}

/// The name of the process in a terminal's foreground, by its descriptor.
#[napi(catch_unwind, skip_typescript)]
pub fn process_of_bare_terminal(descriptor: i32) -> Option<String> {
    offheap_pty::process_of_descriptor(descriptor)
}
