//! Buffers for JavaScript: fresh ones for results, pooled ones for frames.

use std::cell::RefCell;

use napi::bindgen_prelude::{Env, JsValue, Object, Result, Unknown};
use napi::sys;

use crate::ring::Span;
use crate::text::utf8;

/// Frames that are kept for reuse, and the size of each.
const KEPT: usize = 32;
/// Small frames (an echo, a prompt) have a class of their own.
const SMALL: usize = 4 * 1024;

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
        let size = if frame.len() <= SMALL {
            SMALL
        } else {
            frame.len().next_power_of_two().max(64 * 1024)
        };
        let slab = self.take(env, size)?;
        // SAFETY: the memory is looked up afresh each time, so a detached
        // array yields length 0 and is not written to.
        let buffer = unsafe {
            let mut array = std::ptr::null_mut();
            sys::napi_get_reference_value(env.raw(), slab.reference, &raw mut array);
            let (mut data, mut length) = (std::ptr::null_mut(), 0);
            sys::napi_get_arraybuffer_info(env.raw(), array, &raw mut data, &raw mut length);
            if length < frame.len() {
                return Ok((copy(env, frame)?, slab));
            }
            std::ptr::copy_nonoverlapping(frame.as_ptr(), data.cast(), frame.len());
            self.view(env, array, frame.len())?
        };
        Ok((buffer, slab))
    }

    /// Takes a frame's memory back.
    pub(super) fn give_back(&self, slab: Slab) {
        let class = if slab.size <= SMALL { &self.small } else { &self.large };
        let mut kept = class.borrow_mut();
        if kept.len() < KEPT && slab.size <= 64 * 1024 {
            kept.push(slab);
        }
    }

    fn take(&self, env: &Env, size: usize) -> Result<Slab> {
        let class = if size <= SMALL { &self.small } else { &self.large };
        if size <= 64 * 1024
            && let Some(slab) = class.borrow_mut().pop()
        {
            return Ok(slab);
        }
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
        Ok(Slab { env: env.raw(), reference, size })
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
            napi::check_status!(sys::napi_create_string_latin1(
                env.raw(),
                bytes.as_ptr().cast(),
                bytes.len().cast_signed(),
                &raw mut value,
            ))?;
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
                if units.capacity() > 128 * 1024 {
                    *units = Vec::new();
                }
                napi::check_status!(made)
            })?;
        }
        Ok(Unknown::from_raw_unchecked(env.raw(), value))
    }
}
