//! `CircularBuffer`: the history of a session, to be used by itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use napi::bindgen_prelude::{Env, JsValue, Object, ObjectFinalize, Result, Unknown};
use napi::sys;
use napi_derive::napi;

use super::error::closed;
use super::{args, buffer, fast};
use offheap_ring::{DEFAULT_CAPACITY, MAX_CAPACITY, Ring};

/// The most bytes of UTF-8 that a UTF-16 unit becomes.
const UTF8_PER_UNIT: usize = 3;
/// Room for strings is kept between calls up to this many bytes.
const SCRATCH_BYTES: usize = 192 * 1024;

/// What the object and its raw `write` share. It never leaves the JS thread.
struct State {
    ring: RefCell<Option<Ring>>,
    /// Native bytes that the garbage collector has been told of.
    reported: Cell<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A bounded history of bytes, outside the V8 heap.
///
/// Every byte ever written has an absolute offset, counted from 0. When the
/// buffer is full the oldest bytes make room; offsets go on. Memory is taken on
/// demand, from 4 KiB up to the capacity, and given back by `clear()` and
/// `close()`.
///
/// @example
/// ```js
/// const history = new CircularBuffer(64 * 1024)
/// history.write('hello\r\n')
/// history.write(Buffer.from([0x1b, 0x5b, 0x6d]))
/// console.log(history.toString(), history.start, history.end)
/// history.close()
/// ```
#[napi(custom_finalize)]
pub struct CircularBuffer {
    state: Rc<State>,
}

#[napi]
impl CircularBuffer {
    /// Makes an empty buffer. Nothing is allocated before the first write.
    ///
    /// @param capacity - Most bytes kept, 1 to 1073741824 (1 GiB). Default 65536.
    /// @throws `ERR_INVALID_ARG_TYPE` when `capacity` is no number,
    /// `ERR_OUT_OF_RANGE` when it is no integer within the bounds.
    #[napi(constructor, catch_unwind, ts_args_type = "capacity?: number | null")]
    pub fn new(env: Env, capacity: Option<Unknown<'_>>) -> Result<Self> {
        let range = (1, MAX_CAPACITY);
        let capacity = args::size_or(&env, capacity, "capacity", range, DEFAULT_CAPACITY)?;
        Ok(Self {
            state: Rc::new(State {
                ring: RefCell::new(Some(Ring::new(capacity))),
                reported: Cell::new(0),
            }),
        })
    }

    /// Most bytes kept; 0 once closed.
    #[napi(getter, catch_unwind)]
    pub fn capacity(&self) -> f64 {
        self.state.number(|ring| ring.capacity() as u64)
    }

    /// Bytes kept now.
    #[napi(getter, catch_unwind)]
    pub fn length(&self) -> f64 {
        self.state.number(|ring| ring.len() as u64)
    }

    /// Offset of the oldest byte kept.
    #[napi(getter, catch_unwind)]
    pub fn start(&self) -> f64 {
        self.state.number(Ring::start)
    }

    /// Offset past the newest byte: how many bytes were ever written.
    #[napi(getter, catch_unwind)]
    pub fn end(&self) -> f64 {
        self.state.number(Ring::end)
    }

    /// Bytes of native memory held for the history now.
    #[napi(getter, catch_unwind)]
    pub fn allocated(&self) -> f64 {
        self.state.number(|ring| ring.allocated() as u64)
    }

    /// Whether `close()` has been called.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.state.ring.borrow().is_none()
    }

    /// Appends bytes, or a string as UTF-8 (a lone surrogate becomes U+FFFD).
    /// Of data larger than the capacity the newest bytes are kept; offsets
    /// count all of it.
    ///
    /// Arrays of up to 1 KiB and strings of up to 1024 UTF-16 units are
    /// gathered, at most 8 KiB of UTF-8, and go over together, before anything
    /// is read. The room for them is made by the first such write, freed by
    /// `close()`, and not counted in `allocated`.
    ///
    /// @returns The new `end`.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "data: string | Uint8Array")]
    pub fn write(&self, env: Env, data: Unknown<'_>) -> Result<f64> {
        write(&env, &self.state, data.raw(), None)
    }

    /// `write(data, count)` as a function for the package's entry, which calls
    /// it for whatever it does not gather. With `count`, that many bytes of a
    /// `Uint8Array` are taken.
    #[napi(catch_unwind, skip_typescript)]
    pub fn raw_write(&self, env: Env) -> Result<Unknown<'static>> {
        let function = fast::function(&env, c"write", Rc::clone(&self.state), raw_write)?;
        // SAFETY: the function is a value of this environment and this call.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), function) })
    }

    /// A copy of everything kept.
    ///
    /// @throws `ERR_CLOSED`.
    #[napi(catch_unwind, ts_return_type = "Buffer")]
    pub fn read(&self, env: Env) -> Result<Unknown<'static>> {
        self.state.with(&env, |ring| {
            let span = ring.slices(ring.start(), ring.len());
            buffer::copy_span(&env, span)
        })?
    }

    /// A copy of the bytes from `offset` on. Where they are gone already, the
    /// copy begins with the oldest byte kept and `missed` says how many bytes
    /// are missing; beyond the end it is empty.
    ///
    /// @param offset - 0 to 2^53 - 1.
    /// @param maxBytes - Most bytes to return. Default: all.
    /// @returns `start` and `end` are the offsets of `data`.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(
        catch_unwind,
        ts_args_type = "offset: number, maxBytes?: number | null",
        ts_return_type = "{ data: Buffer, start: number, end: number, missed: number }"
    )]
    pub fn read_from(
        &self,
        env: Env,
        offset: Unknown<'_>,
        max_bytes: Option<Unknown<'_>>,
    ) -> Result<Object<'static>> {
        let offset = args::integer(&env, offset, "offset", 0, args::MAX_SAFE)?;
        let max = args::size_or(&env, max_bytes, "maxBytes", (0, MAX_CAPACITY), MAX_CAPACITY)?;
        self.state.with(&env, |ring| {
            let span = ring.slices(offset, max);
            let missed = ring.start().saturating_sub(offset);
            buffer::stretch(&env, span, missed)
        })?
    }

    /// Copies bytes from `offset` on into `target`, as many as fit.
    ///
    /// @returns How many bytes were copied; they begin at
    /// `Math.max(offset, start)`.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "target: Uint8Array, offset: number")]
    pub fn read_into(&self, env: Env, target: Unknown<'_>, offset: Unknown<'_>) -> Result<f64> {
        let offset = args::integer(&env, offset, "offset", 0, args::MAX_SAFE)?;
        // SAFETY: both are values of this call.
        let Some(target) = (unsafe { args::Bytes::of(env.raw(), target.raw()) }) else {
            return Err(super::error::invalid_type(&env, "target", "an instance of Uint8Array"));
        };
        self.state.with(&env, |ring| {
            // SAFETY: no JavaScript runs meanwhile.
            unsafe { target.fill(|target| ring.copy_to(offset, target)) as f64 }
        })
    }

    /// A copy of the newest bytes, beginning at a safe boundary: not inside a
    /// UTF-8 character and not inside an escape sequence.
    ///
    /// @param maxBytes - Most bytes to return.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "maxBytes: number", ts_return_type = "Buffer")]
    pub fn tail(&self, env: Env, max_bytes: Unknown<'_>) -> Result<Unknown<'static>> {
        let max = args::size(&env, max_bytes, "maxBytes", 0, MAX_CAPACITY)?;
        self.state.with(&env, |ring| buffer::copy_span(&env, ring.tail(max)))?
    }

    /// The newest bytes as text, from a safe boundary on. What is not UTF-8
    /// becomes U+FFFD.
    ///
    /// @param maxBytes - Most bytes to decode. Default: all.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`,
    /// `ERR_STRING_TOO_LONG`.
    #[napi(
        catch_unwind,
        js_name = "toString",
        ts_args_type = "maxBytes?: number | null",
        ts_return_type = "string"
    )]
    pub fn text(&self, env: Env, max_bytes: Option<Unknown<'_>>) -> Result<Unknown<'static>> {
        let max = args::size_or(&env, max_bytes, "maxBytes", (0, MAX_CAPACITY), MAX_CAPACITY)?;
        let bytes = self.state.with(&env, |ring| {
            let span = ring.tail(max);
            [span.head, span.tail].concat()
        })?;
        buffer::text(&env, &bytes)
    }

    /// Drops all bytes and gives their memory back. Offsets go on.
    ///
    /// @throws `ERR_CLOSED`.
    #[napi(catch_unwind)]
    pub fn clear(&self, env: Env) -> Result<()> {
        self.state.with_mut(&env, Ring::clear)
    }

    /// Changes the capacity, keeping the newest bytes.
    ///
    /// @param capacity - 1 to 1073741824.
    /// @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "capacity: number")]
    pub fn resize(&self, env: Env, capacity: Unknown<'_>) -> Result<()> {
        let capacity = args::size(&env, capacity, "capacity", 1, MAX_CAPACITY)?;
        self.state.with_mut(&env, |ring| ring.resize(capacity))
    }

    /// Frees the memory at once. Further calls do nothing; other methods throw
    /// `ERR_CLOSED`.
    #[napi(catch_unwind, ts_args_type = "")]
    pub fn close(&self, env: Env, staging: Option<Unknown<'_>>) {
        self.state.close(&env);
        if let Some(staging) = args::given(staging) {
            buffer::free(&env, &staging);
        }
    }

    /// The same as `close()`, for `using`.
    #[napi(catch_unwind, well_known_symbol = "dispose")]
    pub fn dispose(&self, env: Env) {
        self.state.close(&env);
    }
}

impl State {
    fn number(&self, read: impl FnOnce(&Ring) -> u64) -> f64 {
        self.ring.borrow().as_ref().map_or(0, read) as f64
    }

    fn with<T>(&self, env: &Env, act: impl FnOnce(&Ring) -> T) -> Result<T> {
        let ring = self.ring.borrow();
        ring.as_ref().map(act).ok_or_else(|| closed(env, "buffer"))
    }

    fn with_mut<T>(&self, env: &Env, act: impl FnOnce(&mut Ring) -> T) -> Result<T> {
        let result = match self.ring.borrow_mut().as_mut() {
            Some(ring) => act(ring),
            None => return Err(closed(env, "buffer")),
        };
        self.report(env);
        Ok(result)
    }

    fn close(&self, env: &Env) {
        self.ring.take();
        self.report(env);
    }

    /// Tells the garbage collector how much memory hangs on the object.
    fn report(&self, env: &Env) {
        let held = self.ring.borrow().as_ref().map_or(0, Ring::allocated);
        let before = self.reported.replace(held);
        if held != before {
            let mut total = 0;
            let change = held.cast_signed() - before.cast_signed();
            // SAFETY: the environment is the running one.
            unsafe { sys::napi_adjust_external_memory(env.raw(), change as i64, &raw mut total) };
        }
    }
}

impl ObjectFinalize for CircularBuffer {
    /// Memory that a collected object still held is no longer V8's to count.
    fn finalize(self, env: Env) -> Result<()> {
        self.state.close(&env);
        Ok(())
    }
}

/// The body of `rawWrite()`'s function: no allocation, no napi wrapper.
fn raw_write(
    env: &Env,
    state: &State,
    data: sys::napi_value,
    count: Option<sys::napi_value>,
) -> Result<f64> {
    let most = count.map(|count| {
        let mut most = 0;
        // SAFETY: the value is of this call; where it is no number, `most`
        // stays 0.
        unsafe { sys::napi_get_value_uint32(env.raw(), count, &raw mut most) };
        most as usize
    });
    write(env, state, data, most)
}

/// Appends a string, or at most `most` bytes of an array.
fn write(env: &Env, state: &State, data: sys::napi_value, most: Option<usize>) -> Result<f64> {
    let mut slot = state.ring.borrow_mut();
    let Some(ring) = slot.as_mut() else {
        drop(slot);
        return Err(closed(env, "buffer"));
    };
    let before = ring.allocated();
    // SAFETY: environment and value are those of the running call.
    let end = match unsafe { args::Bytes::of(env.raw(), data) } {
        Some(bytes) => {
            let most = most.unwrap_or(usize::MAX);
            // SAFETY: no JavaScript runs before the copy.
            Some(unsafe { bytes.with(most, |bytes| ring.write(bytes)) })
        }
        None => write_string(env.raw(), ring, data),
    };
    let changed = ring.allocated() != before;
    drop(slot);
    if changed {
        state.report(env);
    }
    if let Some(end) = end {
        Ok(end as f64)
    } else {
        let expected = "of type string or an instance of Buffer or Uint8Array";
        Err(super::error::invalid_type(env, "data", expected))
    }
}

/// Appends a string as UTF-8, by way of a scratch; `None` for other values.
fn write_string(env: sys::napi_env, ring: &mut Ring, value: sys::napi_value) -> Option<u64> {
    let room = utf8_room(env, value)?;
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.len() < room {
            scratch.resize(room, 0);
        }
        let mut written = 0;
        let into = scratch.as_mut_ptr().cast();
        // SAFETY: the call writes at most `room` bytes, which the scratch has.
        unsafe {
            sys::napi_get_value_string_utf8(env, value, into, room, &raw mut written);
        }
        let end = ring.write(&scratch[..written]);
        if scratch.len() > SCRATCH_BYTES {
            *scratch = Vec::new();
        }
        Some(end)
    })
}

/// The room that V8 needs for a string and the NUL it adds; `None` for other
/// values. Where the scratch has enough for whatever the text may be, V8
/// transcodes without looking at it before.
fn utf8_room(env: sys::napi_env, value: sys::napi_value) -> Option<usize> {
    let mut count = 0;
    // SAFETY: with a null buffer the calls only measure, or say that the value
    // is no string.
    let status = unsafe {
        sys::napi_get_value_string_utf16(env, value, std::ptr::null_mut(), 0, &raw mut count)
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    let most = count * UTF8_PER_UNIT;
    if most < SCRATCH_BYTES {
        return Some(most + 1);
    }
    // SAFETY: as above.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, std::ptr::null_mut(), 0, &raw mut count)
    };
    (status == sys::Status::napi_ok).then_some(count + 1)
}
