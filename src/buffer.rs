//! Buffers for JavaScript: fresh ones for results, pooled ones for frames.

use std::cell::RefCell;

use napi::bindgen_prelude::{Env, Error, JsValue, Object, Result, Unknown};
use napi::sys;

use super::error::{Class, throw};
use offheap_ring::Span;
use offheap_ring::text::utf8;

/// Frames that are kept for reuse, and the size of each.
const KEPT: usize = 32;
/// Small frames (an echo, a prompt) have a class of their own.
const SMALL: usize = 4 * 1024;
const LARGE: usize = 64 * 1024;

/// A fresh Buffer with a copy of the bytes.
pub(super) fn copy<'a>(env: &Env, bytes: &[u8]) -> Result<Unknown<'a>> {
    let mut value = std::ptr::null_mut();
    // SAFETY: the call copies from a live slice into memory that it makes.
    unsafe {
        napi::check_status!(sys::napi_create_buffer_copy(
            env.raw(),
            bytes.len(),
            bytes.as_ptr().cast(),
            std::ptr::null_mut(),
            &raw mut value,
        ))?;
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

/// Frees the memory of an array that nobody uses any more, without waiting for
/// the garbage collector. Where the engine refuses, that one does it.
pub(super) fn free(env: &Env, array: &Unknown<'_>) {
    let (mut kind, mut memory) = (0, std::ptr::null_mut());
    // SAFETY: the calls fill what they are given, or say that the value is no
    // typed array; V8 refuses to detach what cannot be.
    unsafe {
        let status = sys::napi_get_typedarray_info(
            env.raw(),
            array.raw(),
            &raw mut kind,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            &raw mut memory,
            std::ptr::null_mut(),
        );
        if status == sys::Status::napi_ok {
            sys::napi_detach_arraybuffer(env.raw(), memory);
        }
    }
}

/// A frame's memory: an `ArrayBuffer` that JavaScript sees through Buffers of
/// the frames' lengths.
pub(super) struct Slab {
    env: sys::napi_env,
    reference: sys::napi_ref,
    size: usize,
}

impl Slab {
    fn new(env: &Env, size: usize) -> Result<Self> {
        let (mut array, mut reference) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: both calls only fill what they are given.
        unsafe {
            napi::check_status!(sys::napi_create_arraybuffer(
                env.raw(),
                size,
                std::ptr::null_mut(),
                &raw mut array
            ))?;
            napi::check_status!(sys::napi_create_reference(
                env.raw(),
                array,
                1,
                &raw mut reference
            ))?;
        }
        Ok(Self { env: env.raw(), reference, size })
    }

    /// The array and its memory, which is looked up afresh each time: that of a
    /// detached array is empty.
    fn memory(&mut self) -> (sys::napi_value, &mut [u8]) {
        let (mut array, mut data, mut length) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
        // SAFETY: the calls only fill what they are given. The memory belongs to
        // the array, which the reference keeps alive, and only this thread has
        // it: no JavaScript runs while the slice is in use.
        unsafe {
            sys::napi_get_reference_value(self.env, self.reference, &raw mut array);
            sys::napi_get_arraybuffer_info(self.env, array, &raw mut data, &raw mut length);
            if data.is_null() {
                return (array, &mut []);
            }
            (array, std::slice::from_raw_parts_mut(data.cast(), length))
        }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: the reference is this environment's, deleted once, on its
        // thread.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// Frame memory that has come back and waits for the next frame.
#[derive(Default)]
pub(super) struct Pool {
    small: RefCell<Vec<Slab>>,
    large: RefCell<Vec<Slab>>,
    from: RefCell<Option<super::callback::Reference>>,
}

impl Pool {
    /// Lets go of all memory that waits for the next frame.
    pub(super) fn clear(&self) {
        self.small.borrow_mut().clear();
        self.large.borrow_mut().clear();
    }

    /// Copies a frame into pooled memory: the Buffer that JavaScript gets, and
    /// the memory behind it, to be given back when the frame is out.
    pub(super) fn lend<'a>(&self, env: &Env, frame: &[u8]) -> Result<(Unknown<'a>, Slab)> {
        let lent = self.lend_filled(env, frame.len(), |memory| {
            memory[..frame.len()].copy_from_slice(frame);
            Some(frame.len())
        })?;
        lent.ok_or_else(|| Error::from_reason("a frame that is filled is lent"))
    }

    /// Lends pooled memory of at least `size` bytes that `fill` has made a frame
    /// in. `fill` says how long it is, or that there is none; it must not run
    /// JavaScript.
    pub(super) fn lend_filled<'a>(
        &self,
        env: &Env,
        size: usize,
        fill: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<Option<(Unknown<'a>, Slab)>> {
        let size = if size <= SMALL { SMALL } else { size.next_power_of_two().max(LARGE) };
        let mut slab = self.take(env, size)?;
        let (mut array, mut memory) = slab.memory();
        if memory.len() < size {
            // Somebody has detached it: it holds nothing any more.
            slab = Slab::new(env, size)?;
            (array, memory) = slab.memory();
        }
        let Some(length) = fill(memory) else {
            self.give_back(slab);
            return Ok(None);
        };
        // SAFETY: the array is this environment's, and a frame is no longer.
        let buffer = unsafe { self.view(env, array, length)? };
        Ok(Some((buffer, slab)))
    }

    /// Takes a frame's memory back.
    pub(super) fn give_back(&self, slab: Slab) {
        let class = if slab.size <= SMALL { &self.small } else { &self.large };
        let mut kept = class.borrow_mut();
        if kept.len() < KEPT && slab.size <= LARGE {
            kept.push(slab);
        }
    }

    fn take(&self, env: &Env, size: usize) -> Result<Slab> {
        let class = if size <= SMALL { &self.small } else { &self.large };
        let kept = if size <= LARGE { class.borrow_mut().pop() } else { None };
        kept.map_or_else(|| Slab::new(env, size), Ok)
    }

    /// `Buffer.from(array, 0, length)`: Node-API 8 has no call for it.
    unsafe fn view<'a>(
        &self,
        env: &Env,
        array: sys::napi_value,
        length: usize,
    ) -> Result<Unknown<'a>> {
        let mut from = self.from.borrow_mut();
        if from.is_none() {
            *from = Some(super::callback::Reference::global(env, &[c"Buffer", c"from"])?);
        }
        let Some(from) = from.as_ref() else { unreachable!("it was made above") };
        // SAFETY: all values are this environment's.
        unsafe {
            let (mut zero, mut count, mut value) =
                (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
            sys::napi_create_uint32(env.raw(), 0, &raw mut zero);
            sys::napi_create_uint32(
                env.raw(),
                u32::try_from(length).unwrap_or(u32::MAX),
                &raw mut count,
            );
            let arguments = [array, zero, count];
            napi::check_status!(sys::napi_call_function(
                env.raw(),
                array,
                from.value(),
                arguments.len(),
                arguments.as_ptr(),
                &raw mut value,
            ))?;
            Ok(Unknown::from_raw_unchecked(env.raw(), value))
        }
    }
}

/// A fresh Buffer with a copy of a stretch of history.
pub(super) fn copy_span<'a>(env: &Env, span: Span<'_>) -> Result<Unknown<'a>> {
    if span.tail.is_empty() {
        return copy(env, span.head);
    }
    let (mut data, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the buffer that the call makes is as long as both parts.
    unsafe {
        let length = span.head.len() + span.tail.len();
        napi::check_status!(sys::napi_create_buffer(
            env.raw(),
            length,
            &raw mut data,
            &raw mut value
        ))?;
        span.copy_to(std::slice::from_raw_parts_mut(data.cast(), length));
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

/// `{ data, start, end, missed }`.
pub(super) fn stretch<'a>(env: &Env, span: Span<'_>, missed: u64) -> Result<Object<'a>> {
    let mut result = Object::new(env)?;
    result.set("data", copy_span(env, span)?)?;
    result.set("start", span.start as f64)?;
    result.set("end", span.end() as f64)?;
    result.set("missed", missed as f64)?;
    Ok(result)
}

/// A JavaScript string of UTF-8 bytes; what is invalid becomes U+FFFD. ASCII
/// becomes a one-byte string, other text is transcoded here, which is faster
/// than leaving it to V8.
pub(super) fn text<'a>(env: &Env, bytes: &[u8]) -> Result<Unknown<'a>> {
    thread_local! {
        static UNITS: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) };
    }
    let mut value = std::ptr::null_mut();
    // SAFETY: pointers and lengths describe live slices, which V8 copies.
    unsafe {
        if utf8::is_ascii(bytes) {
            let length = bytes.len().cast_signed();
            let data = bytes.as_ptr().cast();
            let made = sys::napi_create_string_latin1(env.raw(), data, length, &raw mut value);
            long_enough(env, made, bytes.len())?;
        } else {
            UNITS.with_borrow_mut(|units| {
                units.clear();
                utf8::to_utf16_lossy(bytes, units);
                let length = units.len().cast_signed();
                let made = sys::napi_create_string_utf16(
                    env.raw(),
                    units.as_ptr(),
                    length,
                    &raw mut value,
                );
                let count = units.len();
                if units.capacity() > 128 * 1024 {
                    *units = Vec::new();
                }
                long_enough(env, made, count)
            })?;
        }
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}

/// A string that V8 did not make is longer than it has strings.
fn long_enough(env: &Env, status: sys::napi_status, units: usize) -> Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    let message = format!("A string cannot be {units} characters long; ask for fewer bytes");
    Err(throw(env, Class::Error, "ERR_STRING_TOO_LONG", &message))
}
